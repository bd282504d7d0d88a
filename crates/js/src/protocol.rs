//! What a realm's scripts ask of the world around them, and what the world tells them: the whole border between the
//! engine and everything else. No type of the engine crosses it, so that another engine can stand behind it.
//!
//! A script's call never waits: the host starts what was asked for and returns; the outcome comes back later through
//! one of the agent's `deliver_*` methods, as a task of the realm's event loop. The host decides (through `fetch` and
//! `html`); this crate only binds.

mod elements;
mod ports;
mod workers;

use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use crossexam_fetch::body::BodyStream;
use crossexam_fetch::websocket::{Close, Message};
use crossexam_fetch::{Environment, Request, Response};
use crossexam_web::Timestamp;
use url::Url;

pub use elements::{ElementLoad, ElementOutcome, ImageSources, LoadingElement, PictureSource};
pub use ports::{PortHost, PortId};
pub use workers::{
    ImportedScript, NewWorker, UncaughtException, WorkerEvent, WorkerHost, WorkerSource, WorkerType,
};

/// A realm within its agent: one document, one worker or one server program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RealmId(pub u32);

/// What a realm is for: decides which interfaces it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RealmKind {
    /// A document's window.
    Window,
    /// A dedicated worker.
    Worker,
    /// A shared worker.
    SharedWorker,
    /// A server program.
    Server,
}

/// A navigable (a tab or a frame) within its browser: what a `WindowProxy` stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WindowId(pub u64);

/// What came of an `iframe`'s insertion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InsertedFrame {
    /// Its navigable.
    pub window: WindowId,
    /// Whether its first document, `about:blank`, is what it shows: then it has loaded by now.
    pub has_loaded: bool,
}

/// Something that was started and will be delivered, numbered within its agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OperationId(pub u64);

/// The world around an agent's realms.
///
/// All of these are called while script runs: they must not call the agent back (it would answer
/// [`ScriptError::Reentered`]), only note what is to be done. While a realm is being created none is called.
pub trait RealmHost {
    /// The time now.
    fn now(&self) -> Timestamp;

    /// The next number of the world's seeded randomness (for `Math.random`, `crypto.randomUUID`).
    fn random(&self) -> u64;

    /// The environment settings object of a realm.
    fn environment(&self, realm: RealmId) -> Rc<Environment>;

    /// Starts a fetch; its outcome is delivered with `Agent::deliver_response`.
    fn start_fetch(
        &self,
        realm: RealmId,
        operation: OperationId,
        initiator: FetchInitiator,
        request: Request,
    );

    /// Makes a fetch while the script waits; `timeout` is how long at most. `None` if that cannot be done here.
    fn fetch_synchronously(
        &self,
        realm: RealmId,
        request: Request,
        timeout: Option<Duration>,
    ) -> Option<SynchronousOutcome> {
        let _ = (realm, request, timeout);
        None
    }

    /// Reads the next chunk of a body; what comes of it is delivered with `Agent::deliver_chunk`.
    fn read_chunk(&self, realm: RealmId, operation: OperationId, stream: BodyStream);

    /// A script reached something that is not modelled.
    fn unmodelled(&self, realm: RealmId, what: &str) {
        let _ = (realm, what);
    }

    /// Aborts a fetch or an element's load.
    fn abort(&self, realm: RealmId, operation: OperationId);

    /// Starts a timer; when it is due, the host calls `Agent::deliver_timer`.
    fn start_timer(&self, realm: RealmId, operation: OperationId, delay: Duration);

    /// Forgets a timer.
    fn cancel_timer(&self, realm: RealmId, operation: OperationId);

    /// A script wrote to the console.
    fn console(&self, realm: RealmId, level: ConsoleLevel, text: &str);

    /// An exception that no script caught, or a promise rejection that nobody handled.
    fn report_exception(&self, realm: RealmId, error: ScriptError);

    /// A script was handed these bytes; `how` says by what, for example `Response.text()`. Called wherever data from
    /// outside the realm becomes visible to its scripts.
    fn exposed(&self, realm: RealmId, how: &'static str, bytes: &[u8]);

    /// Opens a WebSocket connection; what happens to it is delivered with `Agent::deliver_socket`.
    fn open_socket(
        &self,
        realm: RealmId,
        operation: OperationId,
        url: &Url,
        protocols: Vec<String>,
    ) {
        let _ = (realm, operation, url, protocols);
    }

    /// A server program accepts a handshake: from now on, `operation` is its end of the connection.
    fn accept_socket(&self, realm: RealmId, operation: OperationId) {
        let _ = (realm, operation);
    }

    /// Sends a message over a connection that is open.
    fn send_over_socket(&self, realm: RealmId, operation: OperationId, message: Message) {
        let _ = (realm, operation, message);
    }

    /// Starts the closing handshake, or gives up a connection that is not open yet.
    fn close_socket(&self, realm: RealmId, operation: OperationId, close: Close) {
        let _ = (realm, operation, close);
    }

    /// Connects to a stream of server-sent events; what comes is delivered with `Agent::deliver_event_source`, until
    /// the operation is aborted.
    fn open_event_source(
        &self,
        realm: RealmId,
        operation: OperationId,
        url: Url,
        with_credentials: bool,
    ) {
        let _ = (realm, operation, url, with_credentials);
    }

    /// What `navigator.userAgent` says.
    fn user_agent(&self) -> String {
        "Mozilla/5.0 (X11; Linux x86_64) Crossexam/1.0".to_owned()
    }

    /// `URL.createObjectURL`.
    fn create_object_url(&self, realm: RealmId, bytes: Bytes, content_type: &str) -> String {
        let _ = (realm, bytes, content_type);
        String::new()
    }

    /// `URL.revokeObjectURL`.
    fn revoke_object_url(&self, realm: RealmId, url: &str) {
        let _ = (realm, url);
    }

    /// Where there are message ports: in pages and workers.
    fn ports(&self) -> Option<&dyn PortHost> {
        None
    }

    /// Where there are workers: those of a page or of a worker, and the worker itself.
    fn workers(&self) -> Option<&dyn WorkerHost> {
        None
    }

    /// The document side of the world; `None` for a server program.
    fn document(&self) -> Option<&dyn DocumentHost> {
        None
    }

    /// The server side of the world; `None` for a page.
    fn server(&self) -> Option<&dyn ServerHost> {
        None
    }
}

/// What came of a fetch that a script waited for.
#[derive(Debug)]
pub enum SynchronousOutcome {
    /// A response, or a network error.
    Response(Box<Response>),
    /// Nothing, in the time there was.
    TimedOut,
    /// The world did not go on.
    Failed,
}

/// What happens to a WebSocket connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SocketEvent {
    /// It is established.
    Open {
        /// The subprotocol in use; empty for none.
        protocol: String,
        /// The extensions in use; empty for none.
        extensions: String,
    },
    /// A message arrives.
    Message(Message),
    /// The other side has begun the closing handshake.
    Closing,
    /// It is closed, or was never established.
    Closed {
        /// The close code: what the other side's Close frame said, 1005 if it said nothing, 1006 without one.
        code: u16,
        /// The reason in the other side's Close frame.
        reason: String,
        /// Whether both sides took part in the closing handshake.
        was_clean: bool,
        /// Whether it failed, so that an error is reported before.
        failed: bool,
    },
}

/// What comes of an `EventSource`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventSourceEvent {
    /// The connection is open.
    Open,
    /// An event.
    Message {
        /// Its type.
        event_type: String,
        /// The data.
        data: String,
        /// The serialized origin it came from.
        origin: String,
        /// The last event ID string.
        last_event_id: String,
    },
    /// The connection was lost and will be made again.
    Reconnecting,
    /// The connection failed for good.
    Failed,
}

/// Which interface started a fetch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FetchInitiator {
    /// `fetch()`
    Fetch,
    /// `XMLHttpRequest`
    XmlHttpRequest,
    /// `navigator.sendBeacon()`
    Beacon,
}

/// The level of a console message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConsoleLevel {
    /// `console.debug`
    Debug,
    /// `console.log`
    Log,
    /// `console.info`
    Info,
    /// `console.warn`
    Warn,
    /// `console.error`
    Error,
}

/// Why a script did not come to its end.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScriptError {
    /// It threw.
    #[error("{message}")]
    Exception {
        /// The exception as text, for example `TypeError: x is not a function`.
        message: String,
        /// The stack, one frame a line, as the engine gives it.
        stack: String,
        /// File, line and column of the throw, where known.
        location: Option<(String, u32, u32)>,
    },
    /// It ran longer than its budget.
    #[error(
        "the script ran for more than its budget of {budget} interrupt checks without returning"
    )]
    Runaway {
        /// The budget.
        budget: u64,
    },
    /// A microtask checkpoint came to no end. The agent runs no more script.
    #[error("a microtask checkpoint ran {limit} microtasks and there was no end to them")]
    EndlessMicrotasks {
        /// The limit.
        limit: u64,
    },
    /// The agent was called back while one of its scripts was running; nothing was done.
    #[error("the agent was entered again while its script was running")]
    Reentered,
    /// It used more memory than its agent may.
    #[error("the script used more than {limit} bytes of memory")]
    OutOfMemory {
        /// The limit in bytes.
        limit: usize,
    },
}

/// What a document's scripts and elements ask for.
pub trait DocumentHost {
    /// The document's URL.
    fn url(&self, realm: RealmId) -> String;

    /// `document.cookie`, read.
    fn cookie(&self, realm: RealmId) -> Result<String, DomError>;

    /// `document.cookie`, set.
    fn set_cookie(&self, realm: RealmId, cookie: &str) -> Result<(), DomError>;

    /// `document.domain`, set.
    fn set_domain(&self, realm: RealmId, domain: &str) -> Result<(), DomError>;

    /// An element loads something; the outcome is delivered with `Agent::deliver_element_load`.
    fn load_element(&self, realm: RealmId, operation: OperationId, load: ElementLoad);

    /// Which of its sources an `img` takes: a URL as written, or `None`.
    fn select_image_source(&self, realm: RealmId, sources: ImageSources) -> Option<String> {
        let _ = realm;
        sources.src
    }

    /// A script or a link navigates a window.
    fn navigate(
        &self,
        realm: RealmId,
        target: NavigationTarget,
        url: &str,
        options: NavigationOptions,
    ) -> Result<Option<WindowId>, DomError>;

    /// A form is submitted.
    fn submit_form(&self, realm: RealmId, form: FormSubmission) -> Result<(), DomError>;

    /// An `iframe` was inserted: creates its navigable. When another document than its first has loaded, the host calls
    /// `Agent::deliver_frame_load`.
    fn insert_frame(
        &self,
        realm: RealmId,
        operation: OperationId,
        frame: FrameAttributes,
    ) -> InsertedFrame;

    /// An `iframe`'s `src` or `srcdoc` was changed.
    fn update_frame(&self, realm: RealmId, window: WindowId, frame: FrameAttributes);

    /// An `iframe` was removed.
    fn remove_frame(&self, realm: RealmId, window: WindowId);

    /// The window that a realm runs in, and those around it.
    fn windows(&self, realm: RealmId) -> WindowFamily;

    /// Whether a window shows the `about:blank` that it began with, which this realm may reach and which has no realm of its
    /// own yet; if so, whether scripts run in it.
    fn initial_document_without_realm(&self, realm: RealmId, window: WindowId) -> Option<bool> {
        let _ = (realm, window);
        None
    }

    /// Such a document was given a realm, `new`.
    fn adopt_realm(&self, realm: RealmId, window: WindowId, new: RealmId) {
        let _ = (realm, window, new);
    }

    /// What may be done with another window: the realm of a same origin-domain document in the same agent, or only
    /// what is allowed across origins.
    fn window_access(&self, realm: RealmId, window: WindowId) -> WindowAccess;

    /// `postMessage`; `data` is the message in serialized form. Delivered with `Agent::deliver_message`.
    fn post_message(
        &self,
        realm: RealmId,
        window: WindowId,
        data: String,
        target_origin: &str,
    ) -> Result<(), DomError>;

    /// `window.close()`.
    fn close_window(&self, realm: RealmId, window: WindowId);

    /// `window.name`, set.
    fn set_window_name(&self, realm: RealmId, name: &str) {
        let _ = (realm, name);
    }

    /// The realm's document, which `Agent::load_document` loads, has come this far.
    fn document_progress(&self, realm: RealmId, progress: DocumentProgress) {
        let _ = (realm, progress);
    }

    /// Whether something that is written into the document may run.
    fn allows_inline(&self, realm: RealmId, inline: InlineSource<'_>) -> bool {
        let _ = (realm, inline);
        true
    }

    /// Whether the URL of a `base` element may be used.
    fn allows_base(&self, realm: RealmId, url: &str) -> bool {
        let _ = (realm, url);
        true
    }

    /// A `meta` element brings a Content Security Policy.
    fn add_meta_policy(&self, realm: RealmId, content: &str) {
        let _ = (realm, content);
    }
}

/// How far the loading of a document has come: its `readyState`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DocumentProgress {
    /// It is being parsed.
    Loading,
    /// It is parsed; deferred scripts, style sheets, images or frames may be missing.
    Interactive,
    /// Everything is there, and its `load` event was fired.
    Complete,
}

/// An error that a binding turns into an exception of the page's realm.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name}: {message}")]
pub struct DomError {
    /// `TypeError`, or the name of a `DOMException`, for example `SecurityError`.
    pub name: &'static str,
    /// The message.
    pub message: String,
}

/// Something that is written into a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InlineSource<'a> {
    /// What it is.
    pub kind: InlineSourceKind,
    /// The source text.
    pub source: &'a str,
    /// The element's `nonce`; empty for none.
    pub nonce: &'a str,
    /// Whether the parser inserted the element.
    pub parser_inserted: bool,
}

/// What may be written into a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InlineSourceKind {
    /// A `script` element.
    Script,
    /// An event handler attribute.
    ScriptAttribute,
    /// A `style` element.
    Style,
    /// A `style` attribute.
    StyleAttribute,
    /// A `javascript:` URL.
    JavaScriptUrl,
}

/// Which window a navigation is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NavigationTarget {
    /// The realm's own window.
    Own,
    /// A window at hand.
    Window(WindowId),
    /// A name or keyword as in `target="…"` or `window.open(…, name)`; may open a new window.
    Named(String),
}

/// How a navigation is made.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NavigationOptions {
    /// Whether the session history entry is replaced.
    pub replace: bool,
    /// Whether it is a reload.
    pub reload: bool,
    /// The `referrerpolicy` attribute or feature as written.
    pub referrer_policy: Option<String>,
    /// `noopener`
    pub no_opener: bool,
    /// `noreferrer`
    pub no_referrer: bool,
    /// Whether the user's own action began it (a click of theirs).
    pub user_activation: bool,
}

/// A form's submission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormSubmission {
    /// The `action` as written; empty for the document's URL.
    pub action: String,
    /// The `method` as written.
    pub method: String,
    /// The `enctype` as written.
    pub enctype: String,
    /// The `target` as written.
    pub target: String,
    /// The `rel` attribute.
    pub rel: String,
    /// The entry list.
    pub entries: Vec<FormEntry>,
    /// Whether the user's own action began it.
    pub user_activation: bool,
}

/// An entry of a form's entry list or of a `FormData` object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormEntry {
    /// The name.
    pub name: String,
    /// The value.
    pub value: FormValue,
}

/// The value of a form's entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FormValue {
    /// A string.
    Text(String),
    /// A file.
    File {
        /// The file's name.
        name: String,
        /// Its content type.
        content_type: String,
        /// Its bytes.
        bytes: Bytes,
    },
}

/// What an `iframe` says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FrameAttributes {
    /// `src` as written.
    pub src: Option<String>,
    /// `srcdoc`
    pub srcdoc: Option<String>,
    /// `sandbox` as written; `None` when absent.
    pub sandbox: Option<String>,
    /// `name`
    pub name: String,
    /// `referrerpolicy` as written.
    pub referrer_policy: Option<String>,
    /// Whether the `credentialless` attribute is present.
    pub credentialless: bool,
}

/// The windows around a realm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WindowFamily {
    /// Its own.
    pub own: WindowId,
    /// The parent; itself at the top.
    pub parent: WindowId,
    /// The top.
    pub top: WindowId,
    /// Who opened it.
    pub opener: Option<WindowId>,
    /// The frames in it, in document order.
    pub frames: Vec<WindowId>,
    /// Its name.
    pub name: String,
}

/// What may be done with another window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WindowAccess {
    /// Everything: its realm in the same agent.
    Realm(RealmId),
    /// What is allowed across origins.
    CrossOrigin {
        /// How many frames it has (`length` is visible across origins).
        frames: Vec<WindowId>,
        /// Whether it is closed.
        closed: bool,
        /// Its parent.
        parent: WindowId,
        /// Its top.
        top: WindowId,
        /// Who opened it.
        opener: Option<WindowId>,
    },
}

/// What a server program asks for.
pub trait ServerHost {
    /// Reads the program's store; values are JSON.
    fn store_get(&self, key: &str) -> Option<String>;

    /// Writes the program's store.
    fn store_set(&self, key: &str, value: String);

    /// Deletes from the program's store; says whether the key was there.
    fn store_delete(&self, key: &str) -> bool;

    /// The store's keys, in the order of their insertion.
    fn store_keys(&self) -> Vec<String>;

    /// Further members of `env`: a JSON object, for example of a program's configuration.
    fn variables(&self) -> String {
        "{}".to_owned()
    }
}
