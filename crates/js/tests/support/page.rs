//! A page in a world that writes down what the page asks for.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use crossexam_fetch::{Environment, Request};
use crossexam_js::{
    Agent, ConsoleLevel, DocumentHost, DocumentProgress, DocumentSource, DomError, ElementLoad,
    ElementOutcome, FetchInitiator, FormSubmission, FrameAttributes, ImageSources, InsertedFrame,
    Limits, NavigationOptions, NavigationTarget, OperationId, RealmHost, RealmId, RealmKind,
    ScriptError, WindowAccess, WindowFamily, WindowId,
};
use crossexam_web::Timestamp;

use super::environment;

/// What a page asked for, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    Load(OperationId, ElementLoad),
    Navigate(NavigationTarget, String, NavigationOptions),
    Submit(FormSubmission),
    Frame(OperationId, WindowId, FrameAttributes),
    UpdateFrame(WindowId, FrameAttributes),
    RemoveFrame(WindowId),
    Message(WindowId, String, String),
    Close(WindowId),
}

/// The windows of a realm, as the test sets them.
pub struct PageWorld {
    environments: RefCell<BTreeMap<RealmId, Rc<Environment>>>,
    pub families: RefCell<BTreeMap<RealmId, WindowFamily>>,
    /// What the windows show: a realm, or nothing that may be reached.
    pub shown: RefCell<BTreeMap<WindowId, WindowAccess>>,
    pub asked: RefCell<VecDeque<Asked>>,
    pub console: RefCell<Vec<String>>,
    pub errors: RefCell<Vec<ScriptError>>,
    pub exposed: RefCell<Vec<(&'static str, String)>>,
    pub progress: RefCell<Vec<(RealmId, DocumentProgress)>>,
    pub cookie: RefCell<String>,
    timers: RefCell<BTreeMap<(Duration, u64), ()>>,
    now: Cell<Duration>,
    next_window: Cell<u64>,
}

/// A page: an agent with a realm that shows a document.
pub struct Page {
    pub agent: Agent,
    pub world: Rc<PageWorld>,
    pub realm: RealmId,
}

pub const PAGE_URL: &str = "https://charlie.example/page/index.html";
pub const OWN: WindowId = WindowId(1);

pub fn cross_origin(window: WindowId) -> WindowAccess {
    WindowAccess::CrossOrigin {
        frames: Vec::new(),
        closed: false,
        parent: window,
        top: window,
        opener: None,
    }
}

impl Page {
    /// A window without a document yet.
    pub fn empty() -> Self {
        Self::with_limits(Limits::default())
    }

    pub fn with_limits(limits: Limits) -> Self {
        let world = Rc::new(PageWorld {
            environments: RefCell::default(),
            families: RefCell::default(),
            shown: RefCell::default(),
            asked: RefCell::default(),
            console: RefCell::default(),
            errors: RefCell::default(),
            exposed: RefCell::default(),
            progress: RefCell::default(),
            cookie: RefCell::default(),
            timers: RefCell::default(),
            now: Cell::new(Duration::ZERO),
            next_window: Cell::new(100),
        });
        let agent = Agent::new(Rc::clone(&world) as Rc<dyn RealmHost>, limits).unwrap();
        let realm = agent.create_realm(RealmKind::Window).unwrap();
        let page = Self {
            agent,
            world,
            realm,
        };
        page.place(realm, OWN, OWN, PAGE_URL);
        page
    }

    /// Puts a realm into a window.
    pub fn place(&self, realm: RealmId, window: WindowId, parent: WindowId, url: &str) {
        let family = WindowFamily {
            own: window,
            parent,
            top: OWN,
            opener: None,
            frames: Vec::new(),
            name: String::new(),
        };
        self.world.families.borrow_mut().insert(realm, family);
        self.world
            .environments
            .borrow_mut()
            .insert(realm, Rc::new(environment(url)));
        self.world
            .shown
            .borrow_mut()
            .insert(window, WindowAccess::Realm(realm));
    }

    /// A page with this document, as far as it loads without outcomes.
    pub fn of(html: &str) -> Self {
        let page = Self::empty();
        page.agent
            .load_document(page.realm, html, DocumentSource::default())
            .unwrap();
        page.agent.run_microtasks().unwrap();
        page
    }

    /// Runs a script in the page, with its microtasks.
    pub fn run(&self, source: &str) {
        self.agent
            .evaluate_script(self.realm, source, "test.js")
            .unwrap();
        self.agent.run_microtasks().unwrap();
    }

    /// The value of an expression, as the console writes it.
    pub fn value(&self, expression: &str) -> String {
        self.run(&format!("console.log({expression})"));
        self.world.console.borrow_mut().pop().unwrap()
    }

    /// What was written to the console since the last call.
    pub fn console(&self) -> Vec<String> {
        self.world.console.take()
    }

    pub fn errors(&self) -> Vec<String> {
        self.world
            .errors
            .take()
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    /// The next thing that the page asked for.
    pub fn asked(&self) -> Asked {
        let next = self.world.asked.borrow_mut().pop_front();
        next.unwrap_or_else(|| {
            panic!(
                "the page asked for nothing more; errors: {:?}",
                self.errors()
            )
        })
    }

    /// The next thing, which is a load.
    pub fn load(&self) -> (OperationId, ElementLoad) {
        match self.asked() {
            Asked::Load(operation, load) => (operation, load),
            other => panic!("not a load: {other:?}"),
        }
    }

    pub fn nothing_asked(&self) {
        assert_eq!(*self.world.asked.borrow(), []);
    }

    pub fn deliver(&self, operation: OperationId, outcome: ElementOutcome) {
        self.agent.deliver_element_load(operation, outcome).unwrap();
        self.agent.run_microtasks().unwrap();
    }

    pub fn deliver_script(&self, operation: OperationId, text: &str) {
        self.deliver(operation, loaded(text));
    }

    /// Lets all timers come due, in order.
    pub fn run_timers(&self) {
        loop {
            let first = self.world.timers.borrow_mut().pop_first();
            let Some(((due, operation), ())) = first else {
                return;
            };
            self.world.now.set(due);
            self.agent.deliver_timer(OperationId(operation)).unwrap();
            self.agent.run_microtasks().unwrap();
        }
    }

    pub fn progress(&self) -> DocumentProgress {
        self.agent.document_progress(self.realm).unwrap()
    }
}

/// A load that succeeded.
pub fn loaded(text: &str) -> ElementOutcome {
    ElementOutcome::Loaded {
        text: text.to_owned(),
        muted_errors: false,
        size: Some((3, 2)),
        cors_same_origin: true,
    }
}

impl RealmHost for PageWorld {
    fn now(&self) -> Timestamp {
        Timestamp::from_secs(1_000_000_000) + self.now.get()
    }

    fn random(&self) -> u64 {
        7 << 50
    }

    fn environment(&self, realm: RealmId) -> Rc<Environment> {
        Rc::clone(&self.environments.borrow()[&realm])
    }

    fn start_fetch(&self, _: RealmId, _: OperationId, _: FetchInitiator, _: Request) {}

    fn abort(&self, _: RealmId, operation: OperationId) {
        self.asked
            .borrow_mut()
            .retain(|asked| !matches!(asked, Asked::Load(id, _) if *id == operation));
    }

    fn read_chunk(&self, _: RealmId, _: OperationId, _: crossexam_fetch::body::BodyStream) {}

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

    fn console(&self, _: RealmId, _: ConsoleLevel, text: &str) {
        self.console.borrow_mut().push(text.to_owned());
    }

    fn report_exception(&self, _: RealmId, error: ScriptError) {
        self.errors.borrow_mut().push(error);
    }

    fn exposed(&self, _: RealmId, how: &'static str, bytes: &[u8]) {
        self.exposed
            .borrow_mut()
            .push((how, String::from_utf8_lossy(bytes).into_owned()));
    }

    fn create_object_url(&self, _: RealmId, _: Bytes, _: &str) -> String {
        "blob:https://charlie.example/1".to_owned()
    }

    fn revoke_object_url(&self, _: RealmId, _: &str) {}

    fn document(&self) -> Option<&dyn DocumentHost> {
        Some(self)
    }
}

impl DocumentHost for PageWorld {
    fn url(&self, realm: RealmId) -> String {
        self.environments.borrow()[&realm].creation_url.to_string()
    }

    fn cookie(&self, _: RealmId) -> Result<String, DomError> {
        Ok(self.cookie.borrow().clone())
    }

    fn set_cookie(&self, _: RealmId, cookie: &str) -> Result<(), DomError> {
        self.cookie.replace(cookie.to_owned());
        Ok(())
    }

    fn set_domain(&self, _: RealmId, domain: &str) -> Result<(), DomError> {
        if "charlie.example" == domain {
            return Ok(());
        }
        Err(DomError {
            name: "SecurityError",
            message: format!("{domain} is no suffix of the host"),
        })
    }

    /// The first that there is, as it is written.
    fn select_image_source(&self, _: RealmId, sources: ImageSources) -> Option<String> {
        let picture = sources.picture.into_iter().find_map(|it| it.srcset);
        picture.or(sources.srcset).or(sources.src)
    }

    fn load_element(&self, _: RealmId, operation: OperationId, load: ElementLoad) {
        self.asked
            .borrow_mut()
            .push_back(Asked::Load(operation, load));
    }

    fn navigate(
        &self,
        _: RealmId,
        target: NavigationTarget,
        url: &str,
        options: NavigationOptions,
    ) -> Result<Option<WindowId>, DomError> {
        let window = match &target {
            NavigationTarget::Own => OWN,
            NavigationTarget::Window(window) => *window,
            NavigationTarget::Named(_) => {
                self.next_window.set(self.next_window.get() + 1);
                let window = WindowId(self.next_window.get());
                self.shown.borrow_mut().insert(window, cross_origin(window));
                window
            }
        };
        self.asked
            .borrow_mut()
            .push_back(Asked::Navigate(target, url.to_owned(), options));
        Ok(Some(window))
    }

    fn submit_form(&self, _: RealmId, form: FormSubmission) -> Result<(), DomError> {
        self.asked.borrow_mut().push_back(Asked::Submit(form));
        Ok(())
    }

    fn insert_frame(
        &self,
        realm: RealmId,
        operation: OperationId,
        frame: FrameAttributes,
    ) -> InsertedFrame {
        self.next_window.set(self.next_window.get() + 1);
        let window = WindowId(self.next_window.get());
        self.shown.borrow_mut().insert(window, cross_origin(window));
        self.families
            .borrow_mut()
            .get_mut(&realm)
            .unwrap()
            .frames
            .push(window);
        self.asked
            .borrow_mut()
            .push_back(Asked::Frame(operation, window, frame));
        InsertedFrame {
            window,
            has_loaded: false,
        }
    }

    fn update_frame(&self, _: RealmId, window: WindowId, frame: FrameAttributes) {
        self.asked
            .borrow_mut()
            .push_back(Asked::UpdateFrame(window, frame));
    }

    fn remove_frame(&self, realm: RealmId, window: WindowId) {
        self.families
            .borrow_mut()
            .get_mut(&realm)
            .unwrap()
            .frames
            .retain(|frame| *frame != window);
        self.asked
            .borrow_mut()
            .push_back(Asked::RemoveFrame(window));
    }

    fn windows(&self, realm: RealmId) -> WindowFamily {
        self.families.borrow()[&realm].clone()
    }

    fn window_access(&self, _: RealmId, window: WindowId) -> WindowAccess {
        self.shown.borrow()[&window].clone()
    }

    fn post_message(
        &self,
        _: RealmId,
        window: WindowId,
        data: String,
        target_origin: &str,
    ) -> Result<(), DomError> {
        self.asked
            .borrow_mut()
            .push_back(Asked::Message(window, data, target_origin.to_owned()));
        Ok(())
    }

    fn close_window(&self, _: RealmId, window: WindowId) {
        self.asked.borrow_mut().push_back(Asked::Close(window));
    }

    fn document_progress(&self, realm: RealmId, progress: DocumentProgress) {
        self.progress.borrow_mut().push((realm, progress));
    }
}
