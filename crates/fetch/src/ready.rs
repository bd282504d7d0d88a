//! Running a fetch without an executor: with a host that is always ready, one poll is the whole fetch.

use std::cell::RefCell;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use crossexam_web::{HeaderList, Timestamp};
use url::Url;

use crate::Request;
use crate::host::{
    ConnectionParams, Host, HttpRequest, HttpRequestPurpose, HttpResponse, NetworkFailure,
};

/// Polls a future once. `None` if it waits for something.
pub fn poll_once<F: Future>(future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    match future
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()))
    {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}

/// A request as it stood on the wire, kept by a [`ReadyHost`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentRequest {
    /// Why it was sent.
    pub purpose: HttpRequestPurpose,
    /// The method.
    pub method: Bytes,
    /// The URL, without its fragment: that never leaves the browser.
    pub url: Url,
    /// The headers.
    pub header_list: HeaderList,
    /// The body.
    pub body: Option<Bytes>,
    /// Whether the connection may carry credentials.
    pub credentials: bool,
}

/// A host whose server is a function and whose clock stands still until it is moved.
pub struct ReadyHost<S> {
    server: S,
    now: RefCell<Timestamp>,
    sent: RefCell<Vec<SentRequest>>,
    credentials: Option<(String, String)>,
    in_parallel: RefCell<Vec<Request>>,
}

impl<S> std::fmt::Debug for ReadyHost<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ReadyHost")
            .field("now", &self.now)
            .field("sent", &self.sent)
            .finish_non_exhaustive()
    }
}

impl<S> ReadyHost<S>
where
    S: Fn(&SentRequest) -> Result<HttpResponse, NetworkFailure>,
{
    /// A host with this server behind every address.
    pub fn new(server: S) -> Self {
        Self {
            server,
            now: RefCell::new(Timestamp::from_secs(1_767_225_600)),
            sent: RefCell::default(),
            credentials: None,
            in_parallel: RefCell::default(),
        }
    }

    /// The same host with a user who answers every password prompt like this.
    #[must_use]
    pub fn with_credentials(mut self, username: &str, password: &str) -> Self {
        self.credentials = Some((username.to_owned(), password.to_owned()));
        self
    }

    /// Moves the clock.
    pub fn advance(&self, duration: std::time::Duration) {
        let mut now = self.now.borrow_mut();
        *now = *now + duration;
    }

    /// The requests that are to be fetched in parallel, in the order in which they came up; the host forgets them. They
    /// are for [`fetch_in_parallel`](crate::fetch_in_parallel).
    pub fn take_in_parallel(&self) -> Vec<Request> {
        self.in_parallel.take()
    }

    /// The requests so far, in order; the host forgets them.
    pub fn take_sent(&self) -> Vec<SentRequest> {
        self.sent.take()
    }
}

impl<S> Host for ReadyHost<S>
where
    S: Fn(&SentRequest) -> Result<HttpResponse, NetworkFailure>,
{
    fn now(&self) -> Timestamp {
        *self.now.borrow()
    }

    async fn http_request(
        &self,
        connection: ConnectionParams<'_>,
        request: HttpRequest<'_>,
    ) -> Result<HttpResponse, NetworkFailure> {
        let mut url = request.url.clone();
        url.set_fragment(None);
        let sent = SentRequest {
            purpose: request.purpose,
            method: request.method.clone(),
            url,
            header_list: request.header_list.clone(),
            body: request.body.cloned(),
            credentials: connection.credentials,
        };
        let answer = (self.server)(&sent);
        self.sent.borrow_mut().push(sent);
        answer
    }

    fn fetch_in_parallel(&self, request: Request) {
        self.in_parallel.borrow_mut().push(request);
    }

    async fn prompt_for_credentials(
        &self,
        _traversable: u64,
        _url: &Url,
        _realm: &str,
    ) -> Option<(String, String)> {
        self.credentials.clone()
    }
}
