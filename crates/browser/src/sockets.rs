//! WebSocket connections of pages, and of server programs.

use std::cell::{Cell, OnceCell};
use std::rc::Rc;
use std::time::Duration;

use crossexam_fetch::FetchController;
use crossexam_fetch::websocket::{
    Close, Endpoint, Frame, Handshake, Message, establish_a_websocket_connection, handshake_request,
};
use crossexam_js::{OperationId, SocketEvent};
use url::Url;

use crate::fetching::Cause;
use crate::global::{Global, Operation};
use crate::inner::Inner;

/// How long a connection must be silent until nobody waits for it any more.
pub(crate) const SILENCE: Duration = Duration::from_secs(1);

/// "No Status Rcvd": the Close frame had no code. <https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1>
const NO_STATUS: u16 = 1005;
/// "Abnormal Closure": there was no Close frame.
const ABNORMAL: u16 = 1006;
/// "Going Away": the page has gone.
const GOING_AWAY: u16 = 1001;

/// One side of a connection, from the handshake on.
#[derive(Debug, Default)]
pub(crate) struct Socket {
    /// Stops the handshake.
    pub(crate) controller: FetchController,
    endpoint: OnceCell<Endpoint>,
    close_sent: Cell<bool>,
}

impl Socket {
    /// One side of a connection that is there.
    pub(crate) fn established(endpoint: Endpoint) -> Self {
        Self {
            endpoint: OnceCell::from(endpoint),
            ..Self::default()
        }
    }

    /// Sends a message. Once this side has begun to close, nothing is sent.
    pub(crate) fn send(&self, message: Message) {
        if let Some(endpoint) = self.endpoint.get()
            && !self.close_sent.get()
        {
            endpoint.send(Frame::Message(message));
        }
    }

    /// Begins the closing handshake; says whether there is a connection.
    pub(crate) fn close(&self, close: Close) -> bool {
        let Some(endpoint) = self.endpoint.get() else {
            return false;
        };
        if !self.close_sent.replace(true) {
            endpoint.send(Frame::Close(close));
        }
        true
    }

    /// The page has gone. <https://websockets.spec.whatwg.org/#make-disappear>
    pub(crate) fn disappear(&self) {
        self.controller.terminate();
        let close = Close {
            code: Some(GOING_AWAY),
            reason: String::new(),
        };
        self.close(close);
        if let Some(endpoint) = self.endpoint.get() {
            endpoint.disconnect();
        }
    }

    /// Tells what arrives, until the connection is closed.
    pub(crate) async fn listen(&self, mut deliver: impl FnMut(&SocketEvent)) {
        let Some(endpoint) = self.endpoint.get() else {
            return;
        };
        loop {
            match endpoint.receive().await {
                Some(Frame::Message(message)) => deliver(&SocketEvent::Message(message)),
                Some(Frame::Close(close)) => {
                    if !self.close_sent.replace(true) {
                        deliver(&SocketEvent::Closing);
                        let answer = Close {
                            code: close.code,
                            reason: String::new(),
                        };
                        endpoint.send(Frame::Close(answer));
                    }
                    endpoint.disconnect();
                    deliver(&SocketEvent::Closed {
                        code: close.code.unwrap_or(NO_STATUS),
                        reason: close.reason,
                        was_clean: true,
                        failed: false,
                    });
                    return;
                }
                // Without a Close frame the connection was lost, which fails it (RFC 6455, 7.2.1).
                None => {
                    deliver(&failed());
                    return;
                }
            }
        }
    }
}

/// The connection failed, or never came about.
fn failed() -> SocketEvent {
    SocketEvent::Closed {
        code: ABNORMAL,
        reason: String::new(),
        was_clean: false,
        failed: true,
    }
}

impl Inner {
    /// `new WebSocket(url)`.
    pub(crate) fn open_socket(
        &self,
        global: &Rc<Global>,
        operation: OperationId,
        url: &Url,
        protocols: Vec<String>,
    ) {
        let Some(browser) = self.this.upgrade() else {
            return;
        };
        let socket = Rc::new(Socket::default());
        global
            .operations
            .borrow_mut()
            .insert(operation, Operation::Socket(socket.clone()));
        let nonce = (u128::from(self.next_random()) << 64) | u128::from(self.next_random());
        let handshake = Handshake {
            url: url.clone(),
            protocols,
            nonce: nonce.to_be_bytes(),
        };
        let global = global.clone();
        self.spawn("opens a WebSocket", async move {
            let event = browser.shake_hands(&global, &socket, &handshake).await;
            let is_open = matches!(event, SocketEvent::Open { .. });
            browser.deliver_socket(&global, operation, &event);
            if !is_open {
                return;
            }
            // A connection can be open for ever: it is not counted as being under way.
            let (task, name) = (browser.clone(), format!("{} listens", browser.name));
            browser.executor.spawn(&name, async move {
                let deliver = |event: &SocketEvent| {
                    let busy = task.activity.begin();
                    task.deliver_socket(&global, operation, event);
                    drop(busy);
                };
                socket.listen(deliver).await;
            });
        });
    }

    async fn shake_hands(
        &self,
        global: &Rc<Global>,
        socket: &Socket,
        handshake: &Handshake,
    ) -> SocketEvent {
        let cause = Cause {
            client: Some(global.holder(&self.name)),
            initiator: "WebSocket".to_owned(),
        };
        let request = handshake_request(handshake, Some(global.environment.clone()));
        let (recording, wire) = self.begin_recording(cause, &request);
        let Some(wire) = wire else { return failed() };
        let outcome = establish_a_websocket_connection(
            &self.user_agent,
            &wire,
            handshake,
            request,
            &socket.controller,
            &recording.trace,
        )
        .await;
        let fetched = &outcome.fetched;
        let record = self.outcome_of(&fetched.response, fetched.passed);
        self.end_recording(recording, record);
        match outcome.result {
            Ok(established) if !socket.controller.is_canceled() => {
                // It is set here once and nowhere else.
                let _ = socket.endpoint.set(established.endpoint);
                SocketEvent::Open {
                    protocol: established.protocol,
                    extensions: established.extensions,
                }
            }
            Ok(_) => failed(),
            Err((failure, _)) => {
                let holder = global.holder(&self.name);
                self.warn(
                    holder,
                    format!(
                        "a WebSocket connection to {} failed: {failure}",
                        handshake.url
                    ),
                );
                failed()
            }
        }
    }

    fn deliver_socket(&self, global: &Rc<Global>, operation: OperationId, event: &SocketEvent) {
        self.wait_for_silence();
        if matches!(event, SocketEvent::Closed { .. }) {
            global.operations.borrow_mut().remove(&operation);
        }
        self.run_task(global, |agent| agent.deliver_socket(operation, event));
    }

    /// Whoever waits until nothing happens waits a little longer: an answer may come.
    pub(crate) fn wait_for_silence(&self) {
        self.wait_a_while(SILENCE);
    }

    /// The same for a given time.
    pub(crate) fn wait_a_while(&self, duration: Duration) {
        let sleep = self.executor.sleep(duration);
        let ticking = self.activity.tick(sleep.deadline());
        self.executor
            .spawn(&format!("{} waits for silence", self.name), async move {
                sleep.await;
                drop(ticking);
            });
    }

    /// `send()` on a socket.
    pub(crate) fn send_over_socket(
        &self,
        global: &Global,
        operation: OperationId,
        message: Message,
    ) {
        let socket = global.socket(operation);
        if let Some(socket) = socket {
            self.wait_for_silence();
            socket.send(message);
        }
    }

    /// `close()` on a socket.
    pub(crate) fn close_socket(&self, global: &Rc<Global>, operation: OperationId, close: Close) {
        let Some(socket) = global.socket(operation) else {
            return;
        };
        self.wait_for_silence();
        if !socket.close(close) {
            // Not open yet: the handshake is given up, which tells the page in a task of its own.
            socket.controller.terminate();
        }
    }
}

impl Global {
    fn socket(&self, operation: OperationId) -> Option<Rc<Socket>> {
        match self.operations.borrow().get(&operation) {
            Some(Operation::Socket(socket)) => Some(socket.clone()),
            _ => None,
        }
    }
}
