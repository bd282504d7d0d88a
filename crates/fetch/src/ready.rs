//! Running a fetch without an executor: with a host that is always ready, one poll is the whole fetch.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use crossexam_web::{HeaderList, Timestamp};
use url::Url;

use crate::Request;
use crate::connections::{Connection, ConnectionId, Established, Protocol};
use crate::host::{
    ConnectionFailure, ConnectionParams, Host, HttpRequest, HttpRequestPurpose, HttpResponse,
    NetworkFailure, NetworkPartitionKey, Proxy,
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
    /// The connection; they are numbered from 0.
    pub connection: ConnectionId,
}

/// Where the server is.
const SERVER: IpAddr = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 1));

/// A host whose server is a function and whose clock stands still until it is moved.
pub struct ReadyHost<S> {
    server: S,
    now: RefCell<Timestamp>,
    sent: RefCell<Vec<SentRequest>>,
    credentials: Option<(String, String)>,
    in_parallel: RefCell<Vec<Request>>,
    proxies: Vec<Proxy>,
    addresses: Vec<IpAddr>,
    protocol: Protocol,
    connections: Cell<u64>,
    closed: RefCell<BTreeSet<ConnectionId>>,
    offline: bool,
    script_parser: Option<fn(&str) -> bool>,
    address: Option<IpAddr>,
    grants_permissions: bool,
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
            proxies: Vec::new(),
            addresses: vec![SERVER],
            protocol: Protocol::Http2,
            connections: Cell::new(0),
            closed: RefCell::default(),
            offline: false,
            address: None,
            grants_permissions: false,
            script_parser: None,
        }
    }

    /// The same host with these proxies, the same for every URL.
    #[must_use]
    pub fn with_proxies(mut self, proxies: impl IntoIterator<Item = Proxy>) -> Self {
        self.proxies = proxies.into_iter().collect();
        self
    }

    /// The same host with a user who answers every password prompt like this.
    #[must_use]
    pub fn with_credentials(mut self, username: &str, password: &str) -> Self {
        self.credentials = Some((username.to_owned(), password.to_owned()));
        self
    }

    /// The same host, whose server speaks this; HTTP/2 if nothing else is said.
    #[must_use]
    pub fn with_protocol(mut self, protocol: Protocol) -> Self {
        self.protocol = protocol;
        self
    }

    /// The same host, where every name has these addresses; with none, no name resolves.
    #[must_use]
    pub fn with_addresses(mut self, addresses: impl IntoIterator<Item = IpAddr>) -> Self {
        self.addresses = addresses.into_iter().collect();
        self
    }

    /// The same host without a network.
    #[must_use]
    pub const fn offline(mut self) -> Self {
        self.offline = true;
        self
    }

    /// The same host with everything at this address.
    #[must_use]
    pub fn with_address(mut self, address: IpAddr) -> Self {
        self.address = Some(address);
        self
    }

    /// The same host with a user who allows whatever they are asked for.
    #[must_use]
    pub fn granting_permissions(mut self) -> Self {
        self.grants_permissions = true;
        self
    }

    /// The same host with somebody who knows what parses as a script.
    #[must_use]
    pub fn with_script_parser(mut self, parser: fn(&str) -> bool) -> Self {
        self.script_parser = Some(parser);
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
    async fn prompt_for_permission(&self, _: u64, _: &str, _: &'static str) -> bool {
        self.grants_permissions
    }

    fn parses_as_java_script(&self, text: &str) -> Option<bool> {
        self.script_parser.map(|parses| parses(text))
    }

    fn now(&self) -> Timestamp {
        *self.now.borrow()
    }

    fn is_offline(&self) -> bool {
        self.offline
    }

    fn find_proxies(&self, _url: &Url) -> Vec<Proxy> {
        self.proxies.clone()
    }

    async fn resolve(
        &self,
        _key: Option<&NetworkPartitionKey>,
        _name: &str,
        _request: &HttpRequest<'_>,
    ) -> Result<Vec<IpAddr>, NetworkFailure> {
        Ok(self.addresses.clone())
    }

    async fn create_connection(
        &self,
        params: ConnectionParams<'_>,
    ) -> Result<Established, ConnectionFailure> {
        let id = ConnectionId(self.connections.get());
        self.connections.set(id.0 + 1);
        if let Proxy::Unmodelled { what } = *params.proxy {
            return Err(ConnectionFailure::Unmodelled { what });
        }
        Ok(Established {
            id,
            secure_connection_start_time: (params.url.scheme() == "https").then(|| self.now()),
            protocol: self.protocol,
            ip_address: self.address,
        })
    }

    fn is_connected(&self, connection: ConnectionId) -> bool {
        !self.closed.borrow().contains(&connection)
    }

    fn close_connection(&self, connection: ConnectionId) {
        self.closed.borrow_mut().insert(connection);
    }

    async fn http_request(
        &self,
        connection: &Connection,
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
            connection: connection.id,
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

    async fn prompt_for_proxy_credentials(
        &self,
        _traversable: u64,
        _proxy: &Proxy,
        _realm: &str,
    ) -> Option<(String, String)> {
        self.credentials.clone()
    }
}
