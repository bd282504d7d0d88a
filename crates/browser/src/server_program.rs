//! Server programs in JavaScript as servers of the simulated world.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::rc::{Rc, Weak};
use std::task::{Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use crossexam_fetch::body::BodyStream;
use crossexam_fetch::request::RedirectMode;
use crossexam_fetch::response::InternalResponse;
use crossexam_fetch::websocket::{Close, Message};
use crossexam_fetch::{Body, Environment, FetchController, PolicyContainer, Request, Response};
use crossexam_html::environment::{
    Identities, Place, WindowEnvironment, set_up_a_window_environment_settings_object,
};
use crossexam_js::{
    ConsoleLevel, FetchInitiator, Limits, OperationId, RealmHost, RealmId, ScriptError, ServerHost,
    ServerProgram, ServerRequest, ServerResponse, SocketEvent,
};
use crossexam_sim::journal::{Event, ExchangeId, Holder, Journal, StateChange};
use crossexam_sim::{
    Client, ClientRequest, Executor, JoinHandle, LocalBoxFuture, Network, PeerInfo, Pieces, Random,
    ReasonPhrase, Server, ServerError, Upgrade, World, client::Redirects,
};
use crossexam_web::{HeaderList, Origin, Timestamp};
use indexmap::IndexMap;
use url::Url;

use crate::sockets::Socket;

/// How a server program is set up.
pub struct ServerOptions {
    /// The name of the machine it runs on.
    pub machine: String,
    /// Its own address, for example `https://alice.example/`.
    pub url: Url,
    /// The source text.
    pub source: String,
    /// The file's name, for errors and relative imports.
    pub filename: String,
    /// The source texts of the modules it may import, by name.
    pub modules: BTreeMap<String, String>,
    /// What its store holds in the beginning: JSON by key.
    pub store: IndexMap<String, String>,
    /// Further members of `env`, a JSON object.
    pub variables: String,
    /// What its script may use up.
    pub limits: Limits,
}

/// A server program that is running: a [`Server`] to be put on a machine. Clones are handles of the same one.
///
/// A handler that throws has the answer 500 and an entry in the journal; one that never settles has none, and the client
/// gives up when its time is out.
#[derive(Debug, Clone)]
pub struct JsServer(Rc<Running>);

#[derive(Debug)]
struct Running {
    program: ServerProgram,
    outside: Rc<Outside>,
}

impl JsServer {
    /// Starts a program.
    ///
    /// # Errors
    ///
    /// When it does not parse, throws, or has no handler.
    pub fn new(world: &World, options: ServerOptions) -> Result<Self, ScriptError> {
        let ServerOptions {
            machine,
            url,
            source,
            filename,
            modules,
            store,
            variables,
            limits,
        } = options;
        let outside = Rc::new(Outside {
            network: world.network().clone(),
            executor: world.executor().clone(),
            journal: world.journal().clone(),
            random: world.random(&format!("server {machine}")).into(),
            environment: environment_of(&url),
            machine,
            store: store.into(),
            variables,
            operations: RefCell::default(),
            accepted: RefCell::default(),
            under_way: RefCell::default(),
            entered_for: Cell::new(None),
            waiting: RefCell::default(),
            running: OnceCell::new(),
        });
        let host: Rc<dyn RealmHost> = outside.clone();
        let find = move |name: &str| modules.get(name).cloned();
        let program = ServerProgram::new(&source, &filename, find, host, limits)?;
        let running = Rc::new(Running { program, outside });
        // It is set here once and nowhere else.
        let _ = running.outside.running.set(Rc::downgrade(&running));
        Ok(Self(running))
    }

    /// What its store holds: JSON by key.
    pub fn store(&self) -> IndexMap<String, String> {
        self.0.outside.store.borrow().clone()
    }

    /// Changes its store from outside: its owner does that.
    pub fn set_store(&self, key: &str, value: String) {
        self.0.outside.change(key, Some(value), None);
    }
}

impl Server for JsServer {
    fn handle<'a>(
        &'a self,
        request: http::Request<Bytes>,
        peer: PeerInfo,
    ) -> LocalBoxFuture<'a, Result<http::Response<Bytes>, ServerError>> {
        Box::pin(async move {
            let running = &*self.0;
            let url = Url::parse(&peer.url(&request)).map_err(ServerError::new)?;
            let (parts, body) = request.into_parts();
            let mut header_list = HeaderList::with_capacity(parts.headers.len());
            for (name, value) in &parts.headers {
                header_list.append(
                    Bytes::copy_from_slice(name.as_str().as_bytes()),
                    Bytes::copy_from_slice(value.as_bytes()),
                );
            }
            if let Some(subject) = &peer.client_certificate {
                // As the proxies do it that end TLS in front of a program. What a client itself sends is not believed.
                header_list.delete(CERTIFICATE_HEADER);
                header_list.append(CERTIFICATE_HEADER, subject.clone());
            } else {
                header_list.delete(CERTIFICATE_HEADER);
            }
            let method = Bytes::copy_from_slice(parts.method.as_str().as_bytes());
            let request = ServerRequest {
                method,
                url,
                header_list,
                body,
            };
            let answer = running.answer(request, peer.exchange).await;
            match answer {
                Ok(answer) => {
                    let upgrade = answer
                        .socket
                        .and_then(|socket| running.outside.go_on(socket));
                    let pieces = answer.stream.clone();
                    let pieces = pieces.map(|stream| running.outside.network.pieces(stream));
                    into_http(answer, upgrade, pieces)
                }
                Err(error) => {
                    running.outside.script_error(&error);
                    http::Response::builder()
                        .status(500)
                        .header("content-type", "text/plain;charset=utf-8")
                        .body(Bytes::from_static(b"Internal Server Error"))
                        .map_err(ServerError::new)
                }
            }
        })
    }
}

/// The header in which a program finds the subject of a client certificate that was shown.
const CERTIFICATE_HEADER: &[u8] = b"x-client-certificate";

fn into_http(
    answer: ServerResponse,
    upgrade: Option<Upgrade>,
    pieces: Option<Pieces>,
) -> Result<http::Response<Bytes>, ServerError> {
    let mut response = http::Response::builder().status(answer.status);
    if let Some(upgrade) = upgrade {
        response = response.extension(upgrade);
    }
    if let Some(pieces) = pieces {
        response = response.extension(pieces);
    }
    for header in &answer.header_list {
        response = response.header(&header.name[..], &header.value[..]);
    }
    if !answer.status_message.is_empty() {
        response = response.extension(ReasonPhrase(answer.status_message));
    }
    response.body(answer.body).map_err(ServerError::new)
}

/// Forgets a request when its client has given up.
struct UnderWay<'a> {
    running: &'a Running,
    operation: OperationId,
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.running
            .outside
            .under_way
            .borrow_mut()
            .remove(&self.operation);
        self.running.program.cancel_request(self.operation);
    }
}

impl Running {
    async fn answer(
        &self,
        request: ServerRequest,
        exchange: ExchangeId,
    ) -> Result<ServerResponse, ScriptError> {
        self.outside.entered_for.set(Some(exchange));
        let operation = self.program.start_request(request);
        self.outside.entered_for.set(None);
        self.outside
            .under_way
            .borrow_mut()
            .insert(operation, exchange);
        let _under_way = UnderWay {
            running: self,
            operation,
        };
        poll_fn(|context| match self.program.take_answer(operation) {
            Some(answer) => Poll::Ready(answer),
            None => {
                self.outside
                    .waiting
                    .borrow_mut()
                    .push(context.waker().clone());
                Poll::Pending
            }
        })
        .await
    }
}

/// The world around a server program.
struct Outside {
    network: Network,
    executor: Executor,
    journal: Rc<Journal>,
    random: RefCell<Random>,
    environment: Rc<Environment>,
    machine: String,
    store: RefCell<IndexMap<String, String>>,
    variables: String,
    /// Timers, and fetches of its own.
    operations: RefCell<BTreeMap<OperationId, Started>>,
    /// The connections that the program has accepted and not yet answered with.
    accepted: RefCell<BTreeMap<OperationId, Upgrade>>,
    /// The requests that are being answered.
    under_way: RefCell<BTreeMap<OperationId, ExchangeId>>,
    /// The exchange whose handler is running now.
    entered_for: Cell<Option<ExchangeId>>,
    waiting: RefCell<Vec<Waker>>,
    running: OnceCell<Weak<Running>>,
}

impl std::fmt::Debug for Outside {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Outside")
            .field("machine", &self.machine)
            .finish_non_exhaustive()
    }
}

enum Started {
    Socket(Rc<Socket>),
    /// A timer, or waiting for a chunk.
    Task(JoinHandle<()>),
    Fetch(Rc<FetchController>),
}

/// The environment of a program at this address. A server is no page: only its base URL counts.
fn environment_of(url: &Url) -> Rc<Environment> {
    set_up_a_window_environment_settings_object(
        &Identities::default(),
        WindowEnvironment {
            reserved_id: None,
            creation_url: url.clone(),
            origin: Origin::of_url(url).unwrap_or(Origin::opaque(u64::MAX)),
            policy_container: PolicyContainer::default(),
            about_base_url: None,
            place: Place {
                traversable: 0,
                parent: None,
            },
        },
    )
}

impl Outside {
    fn record(&self, event: Event) {
        self.journal.record(self.executor.now(), event);
    }

    fn holder(&self) -> Holder {
        Holder::Server {
            machine: self.machine.clone(),
        }
    }

    fn script_error(&self, error: &ScriptError) {
        let location = match error {
            ScriptError::Exception { location, .. } => location
                .as_ref()
                .map(|(file, line, column)| format!("{file}:{line}:{column}")),
            ScriptError::Runaway { .. }
            | ScriptError::EndlessMicrotasks { .. }
            | ScriptError::Reentered
            | ScriptError::OutOfMemory { .. } => None,
        };
        self.record(Event::ScriptError {
            holder: self.holder(),
            message: error.to_string(),
            location,
        });
    }

    /// The exchange that is being answered by the script that runs now, as far as one can tell.
    fn exchange(&self) -> Option<ExchangeId> {
        self.entered_for.get().or_else(|| {
            let under_way = self.under_way.borrow();
            let mut exchanges = under_way.values();
            match (exchanges.next(), exchanges.next()) {
                (Some(only), None) => Some(*only),
                (_, _) => None,
            }
        })
    }

    fn change(&self, key: &str, after: Option<String>, exchange: Option<ExchangeId>) -> bool {
        let before = match &after {
            Some(value) => self
                .store
                .borrow_mut()
                .insert(key.to_owned(), value.clone()),
            None => self.store.borrow_mut().shift_remove(key),
        };
        let was_there = before.is_some();
        if before != after {
            let machine = self.machine.clone();
            let key = key.to_owned();
            self.record(Event::StateChange(StateChange {
                machine,
                key,
                before,
                after,
                exchange,
            }));
        }
        was_there
    }

    /// The handshake of this socket is answered: its messages go to the program from now on.
    fn go_on(&self, operation: OperationId) -> Option<Upgrade> {
        let upgrade = self.accepted.borrow_mut().remove(&operation)?;
        let running = running(self)?;
        let socket = match self.operations.borrow().get(&operation) {
            Some(Started::Socket(socket)) => socket.clone(),
            _ => return None,
        };
        let name = format!("{} listens", self.machine);
        self.executor.spawn(&name, async move {
            let outside = &running.outside;
            let deliver = |event: &SocketEvent| {
                if matches!(event, SocketEvent::Closed { .. }) {
                    outside.operations.borrow_mut().remove(&operation);
                }
                outside.enter(|program| program.deliver_socket(operation, event));
            };
            socket.listen(deliver).await;
        });
        Some(upgrade)
    }

    /// Lets the program go on with an outcome, and those who wait for answers look again.
    fn deliver(&self, operation: OperationId, steps: impl FnOnce(&ServerProgram)) {
        self.operations.borrow_mut().remove(&operation);
        self.enter(steps);
    }

    fn enter(&self, steps: impl FnOnce(&ServerProgram)) {
        if let Some(running) = self.running.get().and_then(Weak::upgrade) {
            steps(&running.program);
        }
        for waker in self.waiting.take() {
            waker.wake();
        }
    }

    /// Makes a request as a program does: no browser's rule holds.
    async fn fetch(&self, request: Request) -> Response {
        let failed =
            |reason| Response::from(crossexam_fetch::NetworkError::new(reason, own_step()));
        let url = request.current_url().clone();
        let client = match Client::of_machine(&self.network, &self.machine) {
            Ok(client) => client,
            Err(error) => {
                let why = error.to_string();
                return failed(crossexam_fetch::NetworkFailure::ServerFailed { why }.into());
            }
        };
        let redirects = match request.redirect_mode {
            RedirectMode::Follow => Redirects::Follow {
                most: 20,
                credentials_stray: false,
            },
            RedirectMode::Error | RedirectMode::Manual => Redirects::Stay,
        };
        let outgoing = ClientRequest {
            headers: request.header_list,
            body: request.body.and_then(|body| body.known_bytes().cloned()),
            ..ClientRequest::new(request.method, url).redirects(redirects)
        };
        match client.send(outgoing).await {
            Ok(answer) => {
                let mut response = InternalResponse::new();
                response.url_list = vec![answer.url];
                response.status = answer.status;
                response.status_message = answer.status_message;
                response.header_list = answer.headers;
                response.body = Some(Body::from_bytes(answer.body));
                response.into()
            }
            Err(crossexam_sim::ClientError::Network(failure)) => failed(failure.into()),
            Err(error) => {
                let why = error.to_string();
                failed(crossexam_fetch::NetworkFailure::NotHttp { why }.into())
            }
        }
    }
}

/// The step to name where a program's own request failed: it runs no algorithm of a standard.
fn own_step() -> &'static crossexam_web::Step {
    use crossexam_web::{Algorithm, Standard, Step};
    static ALGORITHM: Algorithm = Algorithm {
        standard: Standard::Http,
        id: "routing.outbound",
        name: "a server's own request",
    };
    static STEP: Step = Step {
        algorithm: &ALGORITHM,
        number: "1",
        text: "Send the request.",
    };
    &STEP
}

/// The outside as a handle that tasks can keep.
fn running(outside: &Outside) -> Option<Rc<Running>> {
    outside.running.get().and_then(Weak::upgrade)
}

impl RealmHost for Outside {
    fn now(&self) -> Timestamp {
        self.executor.now()
    }

    fn random(&self) -> u64 {
        self.random.borrow_mut().next_u64()
    }

    fn environment(&self, _realm: RealmId) -> Rc<Environment> {
        self.environment.clone()
    }

    fn start_fetch(
        &self,
        _realm: RealmId,
        operation: OperationId,
        _initiator: FetchInitiator,
        request: Request,
    ) {
        let controller = Rc::new(FetchController::new());
        self.operations
            .borrow_mut()
            .insert(operation, Started::Fetch(controller.clone()));
        // While its module is evaluated, a program is not yet running: then nobody waits for the answer either.
        let Some(running) = running(self) else { return };
        self.executor
            .spawn(&format!("{} fetches", self.machine), async move {
                let outside = &running.outside;
                let Ok(response) = controller.unless_canceled(outside.fetch(request)).await else {
                    return;
                };
                outside.deliver(operation, |program| {
                    program.deliver_response(operation, &response)
                });
            });
    }

    fn read_chunk(&self, _realm: RealmId, operation: OperationId, mut stream: BodyStream) {
        let Some(running) = running(self) else { return };
        let task = self
            .executor
            .spawn(&format!("{} reads a body", self.machine), async move {
                let chunk = stream.read_chunk().await;
                running
                    .outside
                    .deliver(operation, |program| program.deliver_chunk(operation, chunk));
            });
        self.operations
            .borrow_mut()
            .insert(operation, Started::Task(task));
    }

    fn abort(&self, _realm: RealmId, operation: OperationId) {
        let started = self.operations.borrow_mut().remove(&operation);
        match started {
            Some(Started::Fetch(controller)) => controller.abort(),
            Some(Started::Task(task)) => task.abort(),
            Some(Started::Socket(socket)) => socket.disappear(),
            None => {}
        }
    }

    fn accept_socket(&self, _realm: RealmId, operation: OperationId) {
        let (upgrade, endpoint) = self.network.upgrade();
        let socket = Rc::new(Socket::established(endpoint));
        self.accepted.borrow_mut().insert(operation, upgrade);
        self.operations
            .borrow_mut()
            .insert(operation, Started::Socket(socket));
    }

    fn send_over_socket(&self, _realm: RealmId, operation: OperationId, message: Message) {
        if let Some(Started::Socket(socket)) = self.operations.borrow().get(&operation) {
            socket.send(message);
        }
    }

    fn close_socket(&self, _realm: RealmId, operation: OperationId, close: Close) {
        if let Some(Started::Socket(socket)) = self.operations.borrow().get(&operation) {
            socket.close(close);
        }
    }

    fn start_timer(&self, _realm: RealmId, operation: OperationId, delay: Duration) {
        let sleep = self.executor.sleep(delay);
        let Some(running) = running(self) else { return };
        let task = self
            .executor
            .spawn(&format!("{} timer", self.machine), async move {
                sleep.await;
                running
                    .outside
                    .deliver(operation, |program| program.deliver_timer(operation));
            });
        self.operations
            .borrow_mut()
            .insert(operation, Started::Task(task));
    }

    fn cancel_timer(&self, realm: RealmId, operation: OperationId) {
        self.abort(realm, operation);
    }

    fn console(&self, _realm: RealmId, level: ConsoleLevel, text: &str) {
        let level = crate::host::level_name(level);
        self.record(Event::Console {
            holder: self.holder(),
            level,
            text: text.to_owned(),
        });
    }

    fn report_exception(&self, _realm: RealmId, error: ScriptError) {
        self.script_error(&error);
    }

    fn exposed(&self, _realm: RealmId, _how: &'static str, _bytes: &[u8]) {
        // What reaches a machine is in its owner's hands already, whether its program looks at it or not; the network
        // records that.
    }

    fn server(&self) -> Option<&dyn ServerHost> {
        Some(self)
    }
}

impl ServerHost for Outside {
    fn store_get(&self, key: &str) -> Option<String> {
        self.store.borrow().get(key).cloned()
    }

    fn store_set(&self, key: &str, value: String) {
        self.change(key, Some(value), self.exchange());
    }

    fn store_delete(&self, key: &str) -> bool {
        self.change(key, None, self.exchange())
    }

    fn store_keys(&self) -> Vec<String> {
        self.store.borrow().keys().cloned().collect()
    }

    fn variables(&self) -> String {
        self.variables.clone()
    }
}
