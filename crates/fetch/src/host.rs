//! What fetching is handed: the time, the network, and the user's answers.

use std::net::IpAddr;

use bytes::Bytes;
use crossexam_web::{HeaderList, Site, Timestamp};
use url::Url;

use crate::body::BodyStream;
use crate::connections::{Connection, ConnectionId, Established};
use crate::request::Request;
use crate::websocket::Endpoint;

/// The outside world of one browser.
///
/// A host whose futures are always ready makes of fetching a plain function; a simulated one gives a deterministic
/// world; a socket host speaks to real servers.
pub trait Host {
    /// The time now.
    fn now(&self) -> Timestamp;

    /// Whether the browser is offline. <https://html.spec.whatwg.org/multipage/system-state.html#is-offline>
    fn is_offline(&self) -> bool {
        false
    }

    /// The proxies for a URL, to be tried in this order; none means [`Proxy::Direct`].
    fn find_proxies(&self, _url: &Url) -> Vec<Proxy> {
        Vec::new()
    }

    /// Finds the addresses of a name. The answer may be remembered, for this key.
    fn resolve(
        &self,
        key: Option<&NetworkPartitionKey>,
        name: &str,
        request: &HttpRequest<'_>,
    ) -> impl Future<Output = Result<Vec<IpAddr>, NetworkFailure>>;

    /// Establishes a connection.
    fn create_connection(
        &self,
        params: ConnectionParams<'_>,
    ) -> impl Future<Output = Result<Established, ConnectionFailure>>;

    /// Whether a connection still stands and can carry another request.
    fn is_connected(&self, connection: ConnectionId) -> bool;

    /// Closes a connection.
    fn close_connection(&self, connection: ConnectionId);

    /// Makes one HTTP request over a connection.
    ///
    /// The header list is complete (no header may be added but `Host` and framing). Redirects are not followed.
    fn http_request(
        &self,
        connection: &Connection,
        request: HttpRequest<'_>,
    ) -> impl Future<Output = Result<HttpResponse, NetworkFailure>>;

    /// Begins a fetch whose response nobody waits for, and which goes on for itself: the host runs
    /// [`fetch_in_parallel`](crate::fetch_in_parallel) with the request when it can.
    fn fetch_in_parallel(&self, request: Request);

    /// Asks the person whether a page may use a powerful feature, by its permission's name.
    fn prompt_for_permission(
        &self,
        traversable: u64,
        origin: &str,
        permission: &'static str,
    ) -> impl Future<Output = bool> {
        let _ = (traversable, origin, permission);
        std::future::ready(false)
    }

    /// Whether a text parses as a classic script; `None` where there is no engine to ask.
    fn parses_as_java_script(&self, text: &str) -> Option<bool> {
        let _ = text;
        None
    }

    /// Asks the user for a user name and a password; `None` when the user declines.
    fn prompt_for_credentials(
        &self,
        traversable: u64,
        url: &Url,
        realm: &str,
    ) -> impl Future<Output = Option<(String, String)>>;

    /// Asks the user for a user name and a password for a proxy; `None` when the user declines.
    fn prompt_for_proxy_credentials(
        &self,
        _traversable: u64,
        _proxy: &Proxy,
        _realm: &str,
    ) -> impl Future<Output = Option<(String, String)>> {
        std::future::ready(None)
    }
}

/// The key of a partitioned store: the top-level site and, where an implementation wants one, a second key (always
/// null here). <https://fetch.spec.whatwg.org/#network-partition-key>
pub type NetworkPartitionKey = Site;

/// A way to a server.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Proxy {
    /// "DIRECT": none is used.
    Direct,
    /// An HTTP proxy: requests over plain HTTP are sent to it, everything else goes through a tunnel that it opens.
    Http {
        /// Its host name or address.
        host: Box<str>,
        /// Its port.
        port: u16,
    },
    /// A way that is not modelled, for example SOCKS or what a PAC script decides.
    Unmodelled {
        /// What it is.
        what: &'static str,
    },
}

/// What a connection is established for. <https://fetch.spec.whatwg.org/#create-a-connection>
#[derive(Debug, Clone, Copy)]
pub struct ConnectionParams<'a> {
    /// The partition of the connection pool.
    pub key: Option<&'a NetworkPartitionKey>,
    /// Whom to connect to: scheme, host and port count.
    pub url: &'a Url,
    /// Whether the connection may carry credentials. Without, no TLS client certificate is sent.
    pub credentials: bool,
    /// The way.
    pub proxy: &'a Proxy,
    /// The addresses, in the order in which they were found; empty with a proxy, which finds them itself.
    pub hosts: &'a [IpAddr],
    /// The `Proxy-Authorization` value for the tunnel through the proxy, if one is known.
    pub proxy_authorization: Option<&'a Bytes>,
    /// Where a client certificate dialog can be shown, if anywhere.
    pub prompt: Option<u64>,
    /// The request that it is for. For people who watch; nothing of it goes on the wire yet.
    pub request: &'a HttpRequest<'a>,
}

/// Why there is no connection.
#[derive(Debug, Clone)]
pub enum ConnectionFailure {
    /// It cannot be established.
    Network(NetworkFailure),
    /// The proxy wants to know first who asks: its answer, with status 407.
    ProxyAuthentication(Box<HttpResponse>),
    /// The way is not modelled.
    Unmodelled {
        /// What is missing.
        what: &'static str,
    },
}

impl From<NetworkFailure> for ConnectionFailure {
    fn from(failure: NetworkFailure) -> Self {
        Self::Network(failure)
    }
}

/// One HTTP request as it goes on the wire.
#[derive(Debug, Clone)]
pub struct HttpRequest<'a> {
    /// The method.
    pub method: &'a Bytes,
    /// The URL.
    pub url: &'a Url,
    /// The headers, in order.
    pub header_list: &'a HeaderList,
    /// The body.
    pub body: Option<&'a Bytes>,
    /// Whether this is a CORS-preflight request. For people who watch; it changes nothing on the wire.
    pub purpose: HttpRequestPurpose,
}

/// Why a request goes out, for whoever watches the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HttpRequestPurpose {
    /// The request that was asked for.
    Actual,
    /// A CORS-preflight request.
    CorsPreflight,
}

/// The answer to an [`HttpRequest`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpResponse {
    /// The status code.
    pub status: u16,
    /// The reason phrase.
    pub status_message: Bytes,
    /// The headers, in order.
    pub header_list: HeaderList,
    /// The body, decoded from transfer codings.
    pub body: BodyStream,
    /// The connection, where the answer switches to the WebSocket protocol (status 101).
    pub upgrade: Option<Endpoint>,
    /// What came before it, in order.
    pub interim_responses: Vec<InterimResponse>,
}

/// A response with a status from 100 to 199, which another one follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InterimResponse {
    /// The status code.
    pub status: u16,
    /// The headers, in order.
    pub header_list: HeaderList,
    /// When it came.
    pub at: Timestamp,
}

impl Default for HttpResponse {
    /// A 200 with nothing in it.
    fn default() -> Self {
        Self {
            status: 200,
            status_message: Bytes::new(),
            header_list: HeaderList::new(),
            body: BodyStream::default(),
            upgrade: None,
            interim_responses: Vec::new(),
        }
    }
}

/// Why no answer came.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NetworkFailure {
    /// The browser has no network.
    #[error("the browser is offline")]
    Offline,
    /// Resolving the host's name failed.
    #[error("the name {host} does not resolve")]
    NameNotResolved {
        /// The name.
        host: String,
    },
    /// Nobody listens at the address.
    #[error("{address} refused the connection")]
    ConnectionRefused {
        /// The address and port.
        address: String,
    },
    /// No way leads to the address.
    #[error("{address} is out of reach")]
    AddressUnreachable {
        /// The address and port.
        address: String,
    },
    /// The connection broke.
    #[error("the connection was reset")]
    ConnectionReset,
    /// No answer within the time a browser waits.
    #[error("no answer came in time")]
    TimedOut,
    /// The server's certificate is not acceptable.
    #[error("the certificate is not valid for {host}: {why}")]
    CertificateInvalid {
        /// The name that was asked for.
        host: String,
        /// What is wrong with it.
        why: String,
    },
    /// The server demands a client certificate that was not sent.
    #[error("the server demands a client certificate")]
    ClientCertificateRequired,
    /// The answer is not HTTP.
    #[error("the answer is not HTTP: {why}")]
    NotHttp {
        /// What is wrong with it.
        why: String,
    },
    /// The server's program failed without an answer.
    #[error("the server failed: {why}")]
    ServerFailed {
        /// What is known of it.
        why: String,
    },
}
