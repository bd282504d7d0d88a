//! A world that only writes down what it is asked, and does what the test says.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    reason = "every test file uses a part"
)]

pub mod page;

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::BTreeMap;
use std::rc::{Rc, Weak};
use std::time::Duration;

use crossexam_fetch::body::BodyStream;
use crossexam_fetch::client::{Environment, GlobalObject, PolicyContainer};
use crossexam_fetch::response::{ActualResponse, Filter, InternalResponse};
use crossexam_fetch::{BlockReason, Body, NetworkError, Request, Response};
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
    pub reads: RefCell<Vec<(OperationId, BodyStream)>>,
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
        has_trustworthy_ancestor: false,
        global: GlobalObject::Window {
            traversable: Some(1),
            nested: false,
        },
        secure_context: true,
        cross_origin_isolated_capability: false,
        referrer_source: RefCell::new(Some(url)),
        insecure_requests: Default::default(),
        fetch_group: Default::default(),
        cache: Default::default(),
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
            reads: RefCell::default(),
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
        while let Some((due, operation)) = self.world.next_timer() {
            self.world.now.set(due);
            self.agent.deliver_timer(OperationId(operation)).unwrap();
            self.agent.run_microtasks().unwrap();
        }
    }

    /// Lets milliseconds pass.
    pub fn wait(&self, milliseconds: u64) {
        let now = &self.world.now;
        now.set(now.get() + Duration::from_millis(milliseconds));
    }

    /// Delivers the chunks that are there to those who wait for one.
    pub fn run_reads(&self) {
        loop {
            let mut progress = false;
            for (operation, mut stream) in self.world.reads.take() {
                match crossexam_fetch::ready::poll_once(stream.read_chunk()) {
                    Some(chunk) => {
                        progress = true;
                        self.agent.deliver_chunk(operation, chunk).unwrap();
                        self.agent.run_microtasks().unwrap();
                    }
                    None => self.world.reads.borrow_mut().push((operation, stream)),
                }
            }
            if !progress {
                return;
            }
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

    /// Runs a script of checks: `same(actual, expected)`, `throws(steps, name)`, `await rejects(promise, name)`.
    /// The script is the body of an async function; it must come to its end.
    pub fn check(&self, realm: RealmId, source: &str) {
        self.begin_check(realm, source);
        self.end_check();
    }

    /// The first half of [`check`](Self::check), for scripts that wait for the host.
    pub fn begin_check(&self, realm: RealmId, source: &str) {
        const HARNESS: &str = "
            const show = (value) => typeof value === 'string' ? JSON.stringify(value) : value === undefined ? 'undefined'
                : Array.isArray(value) ? '[' + value.map(show).join(', ') + ']' : String(value);
            const same = (actual, expected, what = '') => {
                if (show(actual) !== show(expected)) throw new Error(`${what} is ${show(actual)}, not ${show(expected)}`);
            };
            const named = (error, name, what) => { if (error.name !== name) throw new Error(`${what}: ${error} is no ${name}`); };
            const throws = (steps, name = 'TypeError') => {
                try { steps(); } catch (error) { named(error, name, steps); return; }
                throw new Error(`${steps} does not throw`);
            };
            const rejects = async (promise, name = 'TypeError') => {
                try { await promise; } catch (error) { named(error, name, 'rejection'); return error; }
                throw new Error('the promise is not rejected');
            };";
        let source = format!(
            "(async () => {{ {HARNESS}\n {source} }})().then(() => console.log('checked'), (error) => console.log('FAILED ' + error + '\\n' + error.stack))"
        );
        self.run(realm, &source);
    }

    /// The second half.
    pub fn end_check(&self) {
        assert_eq!(self.console(), ["checked"], "errors: {:?}", self.errors());
        assert_eq!(self.errors(), Vec::<String>::new());
    }

    /// Delivers an answer to a fetch, and runs the microtasks.
    pub fn answer(&self, started: &Started, response: impl Into<Response>) {
        self.agent
            .deliver_response(started.operation, &response.into())
            .unwrap();
        self.agent.run_microtasks().unwrap();
    }

    pub fn call_back_on_console(&self) {
        self.world.call_back.set(true);
    }

    pub fn call_back_outcome(&self) -> Option<Result<(), ScriptError>> {
        self.world.outcome.take()
    }
}

impl World {
    fn next_timer(&self) -> Option<(Duration, u64)> {
        self.timers
            .borrow_mut()
            .pop_first()
            .map(|(timer, ())| timer)
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

    fn read_chunk(&self, _: RealmId, operation: OperationId, stream: BodyStream) {
        self.reads.borrow_mut().push((operation, stream));
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

/// A response as a filter shows it.
pub fn response(
    filter: Filter,
    url: &str,
    headers: &[(&'static str, &'static str)],
    body: &'static str,
) -> Response {
    let mut internal = InternalResponse::new();
    internal.url_list = vec![Url::parse(url).unwrap()];
    internal.status_message = "OK".into();
    internal.header_list = headers.iter().copied().collect();
    internal.body = Some(Body::from_bytes(body));
    internal.cors_exposed_header_names = vec!["X-Exposed".into()];
    Response::Actual(Box::new(ActualResponse { filter, internal }))
}

/// A network error for a reason that no page may learn.
pub fn network_error(reason: BlockReason) -> Response {
    NetworkError::new(reason, a_step()).into()
}

fn a_step() -> &'static crossexam_web::Step {
    static ALGORITHM: crossexam_web::Algorithm = crossexam_web::Algorithm {
        standard: crossexam_web::Standard::Fetch,
        id: "concept-cors-check",
        name: "CORS check",
    };
    static STEP: crossexam_web::Step = crossexam_web::Step {
        algorithm: &ALGORITHM,
        number: "2",
        text: "No value, no permission.",
    };
    &STEP
}
