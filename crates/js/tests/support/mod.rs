//! A world that only writes down what it is asked, and does what the test says.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    reason = "every test file uses a part"
)]

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::BTreeMap;
use std::rc::{Rc, Weak};
use std::time::Duration;

use crossexam_fetch::Request;
use crossexam_fetch::client::{Environment, GlobalObject, PolicyContainer};
use crossexam_js::{
    Agent, ConsoleLevel, FetchInitiator, Limits, OperationId, RealmHost, RealmId, RealmKind,
    ScriptError,
};
use crossexam_web::{Origin, Timestamp};
use url::Url;

/// A started fetch.
pub struct Started {
    pub operation: OperationId,
    pub initiator: FetchInitiator,
    pub request: Request,
}

pub struct World {
    console: RefCell<Vec<String>>,
    errors: RefCell<Vec<ScriptError>>,
    timers: RefCell<BTreeMap<(Duration, u64), ()>>,
    now: Cell<Duration>,
    random: Cell<u64>,
    environment: Rc<Environment>,
    pub fetches: RefCell<Vec<Started>>,
    pub aborted: RefCell<Vec<OperationId>>,
    pub exposed: RefCell<Vec<(String, String)>>,
    agent: OnceCell<Weak<Agent>>,
    call_back: Cell<bool>,
    outcome: RefCell<Option<Result<(), ScriptError>>>,
}

pub struct Fake {
    pub agent: Rc<Agent>,
    pub world: Rc<World>,
}

pub const PAGE: &str = "https://charlie.example/page/index.html";

pub fn environment(url: &str) -> Environment {
    let url = Url::parse(url).unwrap();
    let origin = Origin::of_url(&url).unwrap();
    Environment {
        id: 1,
        creation_url: url.clone(),
        top_level_creation_url: url.clone(),
        top_level_origin: Some(origin.clone()),
        origin,
        api_base_url: RefCell::new(url.clone()),
        policy_container: RefCell::new(PolicyContainer::default()),
        has_cross_site_ancestor: false,
        global: GlobalObject::Window {
            traversable: Some(1),
            nested: false,
        },
        secure_context: true,
        cross_origin_isolated_capability: false,
        referrer_source: RefCell::new(Some(url)),
        partition_key: OnceCell::new(),
    }
}

impl Fake {
    pub fn new() -> Self {
        Self::with_limits(Limits::default())
    }

    pub fn with_limits(limits: Limits) -> Self {
        let world = Rc::new(World {
            console: RefCell::default(),
            errors: RefCell::default(),
            timers: RefCell::default(),
            now: Cell::new(Duration::ZERO),
            random: Cell::new(1 << 54),
            environment: Rc::new(environment(PAGE)),
            fetches: RefCell::default(),
            aborted: RefCell::default(),
            exposed: RefCell::default(),
            agent: OnceCell::new(),
            call_back: Cell::new(false),
            outcome: RefCell::default(),
        });
        let agent = Rc::new(Agent::new(Rc::clone(&world) as Rc<dyn RealmHost>, limits).unwrap());
        let _ = world.agent.set(Rc::downgrade(&agent));
        Self { agent, world }
    }

    pub fn realm(&self, kind: RealmKind) -> RealmId {
        self.agent.create_realm(kind).unwrap()
    }

    /// Runs a script and its microtasks; it must not fail.
    pub fn run(&self, realm: RealmId, source: &str) {
        self.agent
            .evaluate_script(realm, source, "test.js")
            .unwrap();
        self.agent.run_microtasks().unwrap();
    }

    /// Lets all timers come due, in order.
    pub fn run_timers(&self) {
        while let Some(((due, operation), ())) = {
            let first = self.world.timers.borrow_mut().pop_first();
            first
        } {
            self.world.now.set(due);
            self.agent.deliver_timer(OperationId(operation)).unwrap();
            self.agent.run_microtasks().unwrap();
        }
    }

    /// What was written to the console since the last call.
    pub fn console(&self) -> Vec<String> {
        self.world.console.take()
    }

    /// The exceptions that were reported.
    pub fn errors(&self) -> Vec<String> {
        self.world
            .errors
            .borrow()
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    pub fn exposed(&self) -> Vec<(String, String)> {
        self.world.exposed.take()
    }

    /// Takes the fetch that was started first.
    pub fn fetch(&self) -> Started {
        let mut fetches = self.world.fetches.borrow_mut();
        assert!(
            !fetches.is_empty(),
            "no fetch was started; errors: {:?}",
            self.errors()
        );
        fetches.remove(0)
    }

    pub fn call_back_on_console(&self) {
        self.world.call_back.set(true);
    }

    pub fn call_back_outcome(&self) -> Option<Result<(), ScriptError>> {
        self.world.outcome.take()
    }
}

impl RealmHost for World {
    fn now(&self) -> Timestamp {
        Timestamp::from_secs(1_000_000_000) + self.now.get()
    }

    fn random(&self) -> u64 {
        let number = self.random.get();
        self.random.set(number.wrapping_mul(3).wrapping_add(1));
        number
    }

    fn environment(&self, _: RealmId) -> Rc<Environment> {
        Rc::clone(&self.environment)
    }

    fn start_fetch(
        &self,
        _: RealmId,
        operation: OperationId,
        initiator: FetchInitiator,
        request: Request,
    ) {
        self.fetches.borrow_mut().push(Started {
            operation,
            initiator,
            request,
        });
    }

    fn abort(&self, _: RealmId, operation: OperationId) {
        self.aborted.borrow_mut().push(operation);
    }

    fn start_timer(&self, _: RealmId, operation: OperationId, delay: Duration) {
        self.timers
            .borrow_mut()
            .insert((self.now.get() + delay, operation.0), ());
    }

    fn cancel_timer(&self, _: RealmId, operation: OperationId) {
        self.timers
            .borrow_mut()
            .retain(|(_, id), ()| *id != operation.0);
    }

    fn console(&self, realm: RealmId, _: ConsoleLevel, text: &str) {
        self.console.borrow_mut().push(text.to_owned());
        if self.call_back.get()
            && let Some(agent) = self.agent.get().and_then(Weak::upgrade)
        {
            self.outcome
                .replace(Some(agent.evaluate_script(realm, "1", "again.js")));
        }
    }

    fn report_exception(&self, _: RealmId, error: ScriptError) {
        self.errors.borrow_mut().push(error);
    }

    fn exposed(&self, _: RealmId, how: &'static str, bytes: &[u8]) {
        self.exposed
            .borrow_mut()
            .push((how.to_owned(), String::from_utf8_lossy(bytes).into_owned()));
    }
}
