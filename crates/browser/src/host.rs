//! The browser as its agents see it.

use std::rc::{Rc, Weak};
use std::time::Duration;

use bytes::Bytes;
use crossexam_csp::{InlineCheck, InlineKind, ParserInserted};
use crossexam_fetch::body::BodyStream;
use crossexam_fetch::request::InitiatorType;
use crossexam_fetch::websocket::{Close, Message};
use crossexam_fetch::{Environment, FetchController, Request};
use crossexam_html::DomException;
use crossexam_html::content_security_policy::{
    InlineBehavior, apply_meta_policy, is_base_allowed, should_inline_behavior_be_blocked,
};
use crossexam_html::environment::{
    Identities, Place, WindowEnvironment, set_up_a_window_environment_settings_object,
};
use crossexam_html::event_source::WithCredentials;
use crossexam_html::messaging::{may_receive, parse_target_origin};
use crossexam_html::navigation::about_blank;
use crossexam_html::{SandboxingFlags, document_cookie, document_domain};
use crossexam_js::{
    ConsoleLevel, DocumentHost, DocumentProgress, DomError, ElementLoad, FetchInitiator,
    FormSubmission, FrameAttributes, ImageSources, InlineSource, InlineSourceKind, InsertedFrame,
    NavigationOptions, NavigationTarget, OperationId, PortHost, RealmHost, RealmId, ScriptError,
    SynchronousOutcome, WindowAccess, WindowFamily, WindowId, WorkerHost,
};
use crossexam_sim::journal::{Event, Exposure, Holder};
use crossexam_web::{Origin, Timestamp, Trace};
use url::Url;

use crate::cluster::Realms;
use crate::document::Document;
use crate::elements::select_image_source;
use crate::fetching::Cause;
use crate::global::{Global, Operation};
use crate::inner::Inner;

/// What an agent asks of its browser. Every method only notes what is to be done, or answers from what is known.
#[derive(Debug)]
pub(crate) struct AgentHost {
    browser: Weak<Inner>,
    realms: Rc<Realms>,
}

impl AgentHost {
    pub(crate) fn new(browser: Weak<Inner>, realms: Rc<Realms>) -> Self {
        Self { browser, realms }
    }

    /// The browser and the global object of a realm; `None` if one of them is gone.
    pub(crate) fn global_at(&self, realm: RealmId) -> Option<(Rc<Inner>, Rc<Global>)> {
        Some((self.browser.upgrade()?, self.realms.global(realm)?))
    }

    /// The browser and the document of a window's realm; `None` if one of them is gone.
    fn at(&self, realm: RealmId) -> Option<(Rc<Inner>, Rc<Document>)> {
        Some((self.browser.upgrade()?, self.realms.document(realm)?))
    }
}

/// The level of a console message as the journal has it.
pub(crate) const fn level_name(level: ConsoleLevel) -> &'static str {
    match level {
        ConsoleLevel::Debug => "debug",
        ConsoleLevel::Log => "log",
        ConsoleLevel::Info => "info",
        ConsoleLevel::Warn => "warn",
        ConsoleLevel::Error => "error",
    }
}

fn dom_error(error: DomException) -> DomError {
    DomError {
        name: error.name,
        message: error.message,
    }
}

impl RealmHost for AgentHost {
    fn now(&self) -> Timestamp {
        self.browser
            .upgrade()
            .map_or_else(Timestamp::default, |browser| browser.now())
    }

    fn random(&self) -> u64 {
        self.browser
            .upgrade()
            .map_or(0, |browser| browser.next_random())
    }

    fn environment(&self, realm: RealmId) -> Rc<Environment> {
        self.realms.environment(realm).unwrap_or_else(nowhere)
    }

    fn start_fetch(
        &self,
        realm: RealmId,
        operation: OperationId,
        initiator: FetchInitiator,
        request: Request,
    ) {
        let Some((browser, global)) = self.global_at(realm) else {
            return;
        };
        let controller = Rc::new(FetchController::new());
        global.operations.borrow_mut().insert(
            operation,
            Operation::Fetch {
                controller: controller.clone(),
                keepalive: request.keepalive,
            },
        );
        let initiator = match initiator {
            FetchInitiator::Fetch => "fetch()",
            FetchInitiator::XmlHttpRequest => "XMLHttpRequest",
            FetchInitiator::Beacon => "navigator.sendBeacon()",
        };
        let cause = Cause {
            client: Some(global.holder(&browser.name)),
            initiator: initiator.to_owned(),
        };
        let task = browser.clone();
        browser.spawn("fetches", async move {
            let Some(fetched) = task.fetch(cause, request, &controller).await else {
                return;
            };
            global.operations.borrow_mut().remove(&operation);
            task.run_task(&global, |agent| {
                agent.deliver_response(operation, &fetched.response)
            });
        });
    }

    fn fetch_synchronously(
        &self,
        realm: RealmId,
        request: Request,
        timeout: Option<Duration>,
    ) -> Option<SynchronousOutcome> {
        let (browser, global) = self.global_at(realm)?;
        let initiator = match request.initiator_type {
            Some(InitiatorType::Script) => "import",
            _ => "XMLHttpRequest",
        };
        let cause = Cause {
            client: Some(global.holder(&browser.name)),
            initiator: initiator.to_owned(),
        };
        Some(browser.fetch_synchronously(cause, request, timeout))
    }

    fn read_chunk(&self, realm: RealmId, operation: OperationId, mut stream: BodyStream) {
        let Some((browser, global)) = self.global_at(realm) else {
            return;
        };
        let inner = browser.clone();
        let owner = global.clone();
        let task = browser.spawn("reads a body", async move {
            let chunk = stream.read_chunk().await;
            owner.operations.borrow_mut().remove(&operation);
            inner.run_task(&owner, |agent| agent.deliver_chunk(operation, chunk));
        });
        let reading = Operation::Read(task);
        global.operations.borrow_mut().insert(operation, reading);
    }

    fn unmodelled(&self, realm: RealmId, what: &str) {
        if let Some((browser, _)) = self.global_at(realm) {
            browser.unmodelled(what);
        }
    }

    fn abort(&self, realm: RealmId, operation: OperationId) {
        let Some((browser, global)) = self.global_at(realm) else {
            return;
        };
        let operation = global.operations.borrow_mut().remove(&operation);
        match operation {
            Some(Operation::Fetch { controller, .. }) => controller.abort(),
            Some(Operation::Timer { task, .. } | Operation::Read(task)) => task.abort(),
            Some(Operation::Socket(socket)) => socket.disappear(),
            Some(Operation::Worker(worker)) => browser.leave_worker(&worker, &global),
            None => {}
        }
    }

    fn open_socket(
        &self,
        realm: RealmId,
        operation: OperationId,
        url: &Url,
        protocols: Vec<String>,
    ) {
        if let Some((browser, global)) = self.global_at(realm) {
            browser.open_socket(&global, operation, url, protocols);
        }
    }

    fn send_over_socket(&self, realm: RealmId, operation: OperationId, message: Message) {
        if let Some((browser, global)) = self.global_at(realm) {
            browser.send_over_socket(&global, operation, message);
        }
    }

    fn close_socket(&self, realm: RealmId, operation: OperationId, close: Close) {
        if let Some((browser, global)) = self.global_at(realm) {
            browser.close_socket(&global, operation, close);
        }
    }

    fn open_event_source(
        &self,
        realm: RealmId,
        operation: OperationId,
        url: Url,
        with_credentials: bool,
    ) {
        let with_credentials = if with_credentials {
            WithCredentials::Yes
        } else {
            WithCredentials::No
        };
        if let Some((browser, global)) = self.global_at(realm) {
            browser.open_event_source(&global, operation, url, with_credentials);
        }
    }

    fn start_timer(&self, realm: RealmId, operation: OperationId, delay: Duration) {
        let Some((browser, global)) = self.global_at(realm) else {
            return;
        };
        let sleep = browser.executor.sleep(delay);
        let ticking = browser.activity.tick(sleep.deadline());
        let inner = browser.clone();
        let owner = global.clone();
        // Not counted as being under way: a page can have timers for ever.
        let name = format!("{} timer", browser.name);
        let task = browser.executor.spawn_in(browser.group, &name, async move {
            sleep.await;
            // The callback itself is under way, and so is what follows from it.
            let busy = inner.activity.begin();
            owner.operations.borrow_mut().remove(&operation);
            inner.run_task(&owner, |agent| agent.deliver_timer(operation));
            drop(busy);
        });
        let timer = Operation::Timer {
            task,
            _ticking: ticking,
        };
        global.operations.borrow_mut().insert(operation, timer);
    }

    fn cancel_timer(&self, realm: RealmId, operation: OperationId) {
        self.abort(realm, operation);
    }

    fn console(&self, realm: RealmId, level: ConsoleLevel, text: &str) {
        let Some((browser, global)) = self.global_at(realm) else {
            return;
        };
        let level = level_name(level);
        let holder = global.holder(&browser.name);
        browser.record(Event::Console {
            holder,
            level,
            text: text.to_owned(),
        });
    }

    fn report_exception(&self, realm: RealmId, error: ScriptError) {
        let Some((browser, global)) = self.global_at(realm) else {
            return;
        };
        browser.record_script_error(global.holder(&browser.name), &error);
    }

    fn exposed(&self, realm: RealmId, how: &'static str, bytes: &[u8]) {
        let Some((browser, global)) = self.global_at(realm) else {
            return;
        };
        browser.expose(
            global.holder(&browser.name),
            how,
            Bytes::copy_from_slice(bytes),
        );
    }

    fn user_agent(&self) -> String {
        self.browser.upgrade().map_or_else(String::new, |browser| {
            String::from_utf8_lossy(&browser.user_agent.choices.default_user_agent).into_owned()
        })
    }

    fn create_object_url(&self, realm: RealmId, bytes: Bytes, content_type: &str) -> String {
        self.global_at(realm)
            .map_or_else(String::new, |(browser, global)| {
                browser.create_object_url(&global, bytes, content_type)
            })
    }

    fn revoke_object_url(&self, realm: RealmId, url: &str) {
        if let Some((browser, global)) = self.global_at(realm) {
            browser.revoke_object_url(&global, url);
        }
    }

    fn ports(&self) -> Option<&dyn PortHost> {
        Some(self)
    }

    fn workers(&self) -> Option<&dyn WorkerHost> {
        Some(self)
    }

    fn document(&self) -> Option<&dyn DocumentHost> {
        Some(self)
    }
}

impl Inner {
    /// Tells on the console what violates a document's policies.
    pub(crate) fn tell_of_violations(&self, document: &Document) {
        let holder = document.holder(&self.name);
        for violation in self.user_agent.take_violations() {
            self.warn(holder.clone(), violation.to_string());
        }
    }

    /// Bytes come into somebody's hands.
    pub(crate) fn expose(&self, holder: Holder, how: impl Into<String>, bytes: Bytes) {
        self.record(Event::Exposure(Exposure {
            holder,
            how: how.into(),
            bytes,
        }));
    }
}

/// The environment of a realm that was never there: nobody's.
fn nowhere() -> Rc<Environment> {
    let identities = Identities::default();
    set_up_a_window_environment_settings_object(
        &identities,
        WindowEnvironment {
            reserved_id: None,
            creation_url: about_blank(),
            origin: Origin::opaque(u64::MAX),
            policy_container: crossexam_fetch::PolicyContainer::default(),
            about_base_url: None,
            place: Place {
                traversable: 0,
                parent: None,
            },
        },
    )
}

impl DocumentHost for AgentHost {
    fn url(&self, realm: RealmId) -> String {
        self.realms.document(realm).map_or_else(
            || about_blank().to_string(),
            |document| document.url.borrow().to_string(),
        )
    }

    fn cookie(&self, realm: RealmId) -> Result<String, DomError> {
        let Some((browser, document)) = self.at(realm) else {
            return Ok(String::new());
        };
        document_cookie::get(
            &document.url.borrow(),
            &document.origin.borrow(),
            &document.environment,
            &browser.user_agent,
            browser.now(),
            &Trace::off(),
        )
        .map_err(dom_error)
    }

    fn set_cookie(&self, realm: RealmId, cookie: &str) -> Result<(), DomError> {
        let Some((browser, document)) = self.at(realm) else {
            return Ok(());
        };
        document_cookie::set(
            &document.url.borrow(),
            &document.origin.borrow(),
            &document.environment,
            &browser.user_agent,
            browser.now(),
            cookie,
            &Trace::off(),
        )
        .map_err(dom_error)
    }

    fn set_domain(&self, realm: RealmId, domain: &str) -> Result<(), DomError> {
        let Some((_, document)) = self.at(realm) else {
            return Ok(());
        };
        let origin = document_domain::set_document_domain(
            &document.origin.borrow(),
            document.sandboxing_flags,
            domain,
        )
        .map_err(dom_error)?;
        document.origin.replace(origin);
        Ok(())
    }

    fn select_image_source(&self, realm: RealmId, sources: ImageSources) -> Option<String> {
        let (browser, _) = self.at(realm)?;
        select_image_source(&browser, &sources)
    }

    fn load_element(&self, realm: RealmId, operation: OperationId, load: ElementLoad) {
        if let Some((browser, document)) = self.at(realm) {
            browser.load_element(&document, operation, &load);
        }
    }

    fn navigate(
        &self,
        realm: RealmId,
        target: NavigationTarget,
        url: &str,
        options: NavigationOptions,
    ) -> Result<Option<WindowId>, DomError> {
        let Some((browser, document)) = self.at(realm) else {
            return Ok(None);
        };
        browser.navigate_by_script(&document, &target, url, &options)
    }

    fn submit_form(&self, realm: RealmId, form: FormSubmission) -> Result<(), DomError> {
        if let Some((browser, document)) = self.at(realm) {
            browser.submit_form(&document, &form);
        }
        Ok(())
    }

    fn insert_frame(
        &self,
        realm: RealmId,
        operation: OperationId,
        frame: FrameAttributes,
    ) -> InsertedFrame {
        let inserted = self
            .at(realm)
            .and_then(|(browser, document)| browser.insert_frame(&document, operation, frame));
        inserted.unwrap_or(InsertedFrame {
            window: WindowId(0),
            has_loaded: false,
        })
    }

    fn update_frame(&self, realm: RealmId, window: WindowId, frame: FrameAttributes) {
        if let Some((browser, document)) = self.at(realm) {
            browser.update_frame(&document, window.0, frame);
        }
    }

    fn remove_frame(&self, realm: RealmId, window: WindowId) {
        if let Some((browser, _)) = self.at(realm) {
            browser.close_navigable(window.0);
        }
    }

    fn windows(&self, realm: RealmId) -> WindowFamily {
        let family = self.at(realm).and_then(|(browser, document)| {
            Some(browser.window_family(&*document.navigable.upgrade()?))
        });
        family.unwrap_or_else(|| WindowFamily {
            own: WindowId(0),
            parent: WindowId(0),
            top: WindowId(0),
            opener: None,
            frames: Vec::new(),
            name: String::new(),
        })
    }

    fn initial_document_without_realm(&self, realm: RealmId, window: WindowId) -> Option<bool> {
        let (browser, document) = self.at(realm)?;
        let other = browser
            .navigable_known_to(&document, window.0)?
            .document()?;
        let is_without = other.is_initial_about_blank && other.realm.get().is_none();
        (is_without && document.reaches(&other))
            .then(|| !other.sandboxing_flags.has(SandboxingFlags::SCRIPTS))
    }

    fn adopt_realm(&self, realm: RealmId, window: WindowId, new: RealmId) {
        let other = self.at(realm).and_then(|(browser, document)| {
            browser.navigable_known_to(&document, window.0)?.document()
        });
        if let Some(other) = other {
            let document = Rc::downgrade(&other);
            other.cluster.adopt_realm(new, &other.global, document);
        }
    }

    fn window_access(&self, realm: RealmId, window: WindowId) -> WindowAccess {
        let gone = WindowAccess::CrossOrigin {
            frames: Vec::new(),
            closed: true,
            parent: window,
            top: window,
            opener: None,
        };
        let Some((browser, document)) = self.at(realm) else {
            return gone;
        };
        let Some(navigable) = browser.navigable_known_to(&document, window.0) else {
            return gone;
        };
        let reachable = navigable
            .document()
            .filter(|other| document.reaches(other))
            .and_then(|other| other.realm.get());
        if let Some(realm) = reachable {
            return WindowAccess::Realm(realm);
        }
        let family = browser.window_family(&navigable);
        WindowAccess::CrossOrigin {
            frames: family.frames,
            closed: false,
            parent: family.parent,
            top: family.top,
            opener: family.opener,
        }
    }

    fn post_message(
        &self,
        realm: RealmId,
        window: WindowId,
        data: String,
        target_origin: &str,
    ) -> Result<(), DomError> {
        let Some((browser, document)) = self.at(realm) else {
            return Ok(());
        };
        let sender = document.origin.borrow().clone();
        let target = parse_target_origin(target_origin, &sender).map_err(dom_error)?;
        let source = document
            .navigable
            .upgrade()
            .map(|navigable| WindowId(navigable.id));
        let holder = document.holder(&browser.name);
        if browser.navigable_known_to(&document, window.0).is_none() {
            return Ok(());
        }
        let inner = browser.clone();
        browser.spawn("delivers a message", async move {
            let receiver = || inner.navigable(window.0)?.document();
            let is_near = |other: &Rc<Document>| Rc::ptr_eq(&other.cluster, &document.cluster);
            if !receiver().is_some_and(|receiver| is_near(&receiver)) {
                // From one agent to another it takes a while: that a frame has loaded is known sooner than what its
                // load event's handlers send.
                inner.executor.sleep(Duration::ZERO).await;
            }
            let Some(receiver) = receiver() else {
                return;
            };
            let origin = receiver.origin.borrow().clone();
            if !may_receive(&target, &origin) {
                inner.warn(
                    holder,
                    format!("a message for another origin was not delivered to {origin}"),
                );
                return;
            }
            let Some(realm) = receiver.realm.get() else {
                return;
            };
            inner.run_task(&receiver, |agent| {
                agent.deliver_message(realm, &data, &sender.to_string(), source)
            });
        });
        Ok(())
    }

    fn close_window(&self, realm: RealmId, window: WindowId) {
        let Some((browser, document)) = self.at(realm) else {
            return;
        };
        let Some(navigable) = browser.navigable_known_to(&document, window.0) else {
            return;
        };
        // A script closes only what a script has opened.
        if navigable.holder.is_none() && navigable.opened_by_script {
            browser.close_navigable(window.0);
        }
    }

    fn set_window_name(&self, realm: RealmId, name: &str) {
        let navigable = self
            .realms
            .document(realm)
            .and_then(|document| document.navigable.upgrade());
        if let Some(navigable) = navigable {
            navigable.name.replace(name.to_owned());
        }
    }

    fn document_progress(&self, realm: RealmId, progress: DocumentProgress) {
        let Some((browser, document)) = self.at(realm) else {
            return;
        };
        match progress {
            DocumentProgress::Complete => {
                let inner = browser.clone();
                browser.spawn("shows a document", async move { inner.loaded(&document) });
            }
            DocumentProgress::Loading | DocumentProgress::Interactive => {}
        }
    }

    fn allows_inline(&self, realm: RealmId, inline: InlineSource<'_>) -> bool {
        let Some((browser, document)) = self.at(realm) else {
            return true;
        };
        let check = InlineCheck {
            kind: match inline.kind {
                InlineSourceKind::Script => InlineKind::Script,
                InlineSourceKind::ScriptAttribute => InlineKind::ScriptAttribute,
                InlineSourceKind::Style => InlineKind::Style,
                InlineSourceKind::StyleAttribute => InlineKind::StyleAttribute,
                InlineSourceKind::JavaScriptUrl => InlineKind::Navigation,
            },
            nonce: inline.nonce,
            source: inline.source,
            parser_inserted: if inline.parser_inserted {
                ParserInserted::Yes
            } else {
                ParserInserted::No
            },
        };
        let result =
            should_inline_behavior_be_blocked(&document.environment, &check, &browser.user_agent);
        browser.tell_of_violations(&document);
        result == InlineBehavior::Allowed
    }

    fn allows_base(&self, realm: RealmId, url: &str) -> bool {
        let (Some((browser, document)), Ok(url)) = (self.at(realm), Url::parse(url)) else {
            return true;
        };
        let result = is_base_allowed(&url, &document.environment, &browser.user_agent);
        browser.tell_of_violations(&document);
        result == InlineBehavior::Allowed
    }

    fn add_meta_policy(&self, realm: RealmId, content: &str) {
        if let Some((_, document)) = self.at(realm) {
            let origin = document.origin.borrow();
            apply_meta_policy(&document.environment, content, &origin);
        }
    }
}
