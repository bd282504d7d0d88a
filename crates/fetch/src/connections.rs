//! Connections: the pool that a user agent keeps, and how one is obtained.
//!
//! MODEL: a connection over HTTP/1.x carries one request at a time, and there is no limit to how many there are for an origin;
//! which of several addresses is taken, and whether they race each other, is the host's affair. Unreliable transports and
//! WebTransport's hashes are not modelled.
//!
//! <https://fetch.spec.whatwg.org/#connections>

use std::borrow::Cow;
use std::cell::Cell;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::rc::Rc;

use bytes::Bytes;
use crossexam_web::{Timestamp, algorithm};
use indexmap::{Equivalent, IndexMap};
use smallvec::SmallVec;
use url::{Position, Url};

use crate::fetch_params::coarsen_time;
use crate::host::{
    ConnectionFailure, ConnectionParams, Host, HttpRequest, NetworkFailure, NetworkPartitionKey,
    Proxy,
};
use crate::user_agent::UserAgent;

/// As many connections are kept; beyond that, one that is idle is closed for each new one.
pub const MOST_CONNECTIONS: usize = 256;

/// A connection pool. <https://fetch.spec.whatwg.org/#concept-connection-pool>
#[derive(Debug, Default)]
pub struct ConnectionPool {
    connections: IndexMap<PoolKey, SmallVec<[Rc<Connection>; 1]>>,
    count: usize,
}

/// What a connection is identified by.
#[derive(Debug, PartialEq, Eq, Hash)]
struct PoolKey {
    key: Option<NetworkPartitionKey>,
    origin: Box<str>,
    credentials: bool,
}

/// The same, borrowed.
#[derive(Debug, Clone, Copy, Hash)]
struct PoolKeyRef<'a> {
    key: Option<&'a NetworkPartitionKey>,
    origin: &'a str,
    credentials: bool,
}

impl Equivalent<PoolKey> for PoolKeyRef<'_> {
    fn equivalent(&self, other: &PoolKey) -> bool {
        self.credentials == other.credentials
            && *self.origin == *other.origin
            && self.key == other.key.as_ref()
    }
}

/// A connection. <https://fetch.spec.whatwg.org/#concept-connection>
#[derive(Debug)]
pub struct Connection {
    /// How the host knows it.
    pub id: ConnectionId,
    /// The network partition key.
    pub key: Option<NetworkPartitionKey>,
    /// The origin, serialized.
    pub origin: Box<str>,
    /// Whether it may carry credentials. One that may not has shown no client certificate.
    pub credentials: bool,
    /// Where it leads first.
    pub proxy: Proxy,
    /// When it was made.
    pub timing_info: ConnectionTimingInfo,
    /// The address at the other end, if it is known.
    pub ip_address: Option<IpAddr>,
    is_in_use: Cell<bool>,
    is_broken: Cell<bool>,
}

/// The name that a host gives to a connection; it uses none a second time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(pub u64);

/// Connection timing info. <https://fetch.spec.whatwg.org/#connection-timing-info>
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ConnectionTimingInfo {
    /// When the search for the address began.
    pub domain_lookup_start_time: Timestamp,
    /// When it ended.
    pub domain_lookup_end_time: Timestamp,
    /// When the connection began to be made.
    pub connection_start_time: Timestamp,
    /// When it stood.
    pub connection_end_time: Timestamp,
    /// When it began to be secured; zero if it is not.
    pub secure_connection_start_time: Timestamp,
    /// What is spoken over it.
    pub alpn_negotiated_protocol: Protocol,
}

/// An ALPN protocol id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Protocol {
    /// The empty string: nothing is known.
    #[default]
    Unknown,
    /// `http/1.1`
    Http11,
    /// `h2`
    Http2,
    /// `h3`
    Http3,
}

impl Protocol {
    /// The id.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "",
            Self::Http11 => "http/1.1",
            Self::Http2 => "h2",
            Self::Http3 => "h3",
        }
    }

    /// Whether several requests can be under way over one connection.
    pub const fn is_shared(self) -> bool {
        match self {
            Self::Unknown | Self::Http11 => false,
            Self::Http2 | Self::Http3 => true,
        }
    }
}

/// A new connection setting. <https://fetch.spec.whatwg.org/#new-connection-setting>
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NewConnection {
    /// "no"
    No,
    /// "yes"
    Yes,
    /// "yes-and-dedicated"
    YesAndDedicated,
}

impl Connection {
    /// Marks the connection as taken, where only one request can be under way.
    pub fn begin_use(&self) {
        self.is_in_use
            .set(!self.timing_info.alpn_negotiated_protocol.is_shared());
    }

    /// The connection is of no use to anybody any more.
    pub fn break_off(&self) {
        self.is_broken.set(true);
        self.is_in_use.set(false);
    }

    /// Lets others take the connection.
    pub fn end_use(&self) {
        self.is_in_use.set(false);
    }
}

impl ConnectionPool {
    /// How many connections there are, those in use included.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The connections, in no order that means anything.
    pub fn iter(&self) -> impl Iterator<Item = &Rc<Connection>> {
        self.connections.values().flatten()
    }

    /// Forgets all connections; those in use go on to the end of what they are used for.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    fn append(&mut self, connection: Rc<Connection>, host: &impl Host) {
        let key = PoolKey {
            key: connection.key.clone(),
            origin: connection.origin.clone(),
            credentials: connection.credentials,
        };
        if self.count >= MOST_CONNECTIONS {
            let idle = self.iter().find(|other| !other.is_in_use.get()).cloned();
            if let Some(idle) = idle {
                host.close_connection(idle.id);
                self.remove(&idle);
            }
        }
        self.connections.entry(key).or_default().push(connection);
        self.count += 1;
    }

    /// Takes a connection out, if it is there.
    pub(crate) fn remove(&mut self, connection: &Connection) {
        let key = PoolKeyRef {
            key: connection.key.as_ref(),
            origin: &connection.origin,
            credentials: connection.credentials,
        };
        let Some(connections) = self.connections.get_mut(&key) else {
            return;
        };
        let before = connections.len();
        connections.retain(|other| other.id != connection.id);
        self.count -= before - connections.len();
        if connections.is_empty() {
            self.connections.swap_remove(&key);
        }
    }

    /// Takes out those for `key` that the host has closed meanwhile; gives one of the others that is not in use.
    fn find(&mut self, key: PoolKeyRef<'_>, host: &impl Host) -> Option<Rc<Connection>> {
        let connections = self.connections.get_mut(&key)?;
        let before = connections.len();
        connections.retain(|connection| {
            if connection.is_broken.get() {
                host.close_connection(connection.id);
                return false;
            }
            connection.is_in_use.get() || host.is_connected(connection.id)
        });
        self.count -= before - connections.len();
        let found = connections
            .iter()
            .find(|connection| !connection.is_in_use.get());
        let found = found.cloned();
        if connections.is_empty() {
            self.connections.swap_remove(&key);
        }
        found
    }
}

/// The origin of a URL, as connections know it: scheme, host and port.
fn origin_of(url: &Url) -> Cow<'_, str> {
    if url.username().is_empty() && url.password().is_none() {
        return Cow::Borrowed(&url[..Position::BeforePath]);
    }
    let scheme = &url[..Position::AfterScheme];
    let authority = &url[Position::BeforeHost..Position::BeforePath];
    Cow::Owned(format!("{scheme}://{authority}"))
}

/// Resolves the origin of a URL: finds the addresses of its host.
///
/// # Errors
///
/// The host has none.
#[algorithm("resolve-an-origin", untraced)]
pub async fn resolve_an_origin<H: Host>(
    host: &H,
    key: Option<&NetworkPartitionKey>,
    url: &Url,
    request: &HttpRequest<'_>,
) -> Result<Vec<IpAddr>, NetworkFailure> {
    let name = match url.host() {
        /// 1. An address is its own.
        Some(url::Host::Ipv4(address)) => return Ok(vec![address.into()]),
        Some(url::Host::Ipv6(address)) => return Ok(vec![address.into()]),
        Some(url::Host::Domain(name)) => name,
        None => {
            let why = "the URL has no host".to_owned();
            return Err(NetworkFailure::NotHttp { why });
        }
    };
    let last_label = name.strip_suffix('.').unwrap_or(name).rsplit('.').next();
    if last_label == Some("localhost") {
        /// 2. The machine itself.
        return Ok(vec![Ipv6Addr::LOCALHOST.into(), Ipv4Addr::LOCALHOST.into()]);
    }
    /// 3. Somebody has to be asked.
    let addresses = host.resolve(key, name, request).await?;
    if addresses.is_empty() {
        /// 4. There is none.
        return Err(NetworkFailure::NameNotResolved {
            host: name.to_owned(),
        });
    }
    Ok(addresses)
}

/// What is needed to obtain a connection.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The network partition key.
    pub key: Option<&'a NetworkPartitionKey>,
    /// The URL: its origin counts.
    pub url: &'a Url,
    /// Whether the connection may carry credentials.
    pub credentials: bool,
    /// Whether it must be a new one.
    pub new: NewConnection,
    /// Where a dialog for a client certificate can be shown, if anywhere.
    pub prompt: Option<u64>,
    /// What it is wanted for.
    pub request: &'a HttpRequest<'a>,
}

/// Obtains a connection: one that stands already, or a new one.
///
/// # Errors
///
/// Why there is none: of several proxies, what was wrong with the last.
#[algorithm("concept-connection-obtain", untraced)]
pub async fn obtain_a_connection<H: Host>(
    user_agent: &UserAgent,
    host: &H,
    wanted: Wanted<'_>,
) -> Result<Rc<Connection>, ConnectionFailure> {
    let Wanted {
        key,
        url,
        credentials,
        new,
        ..
    } = wanted;
    let origin = origin_of(url);
    /// 1. One that stands already will do, unless it must be new.
    if new == NewConnection::No {
        let known = PoolKeyRef {
            key,
            origin: &origin,
            credentials,
        };
        /// 1.2. Those that were made for the same partition and origin, and with the same word about credentials.
        let connection = user_agent.connections.borrow_mut().find(known, host);
        if let Some(connection) = connection {
            /// 1.3. One of them.
            return Ok(connection);
        }
    }
    /// 2. Which way leads there?
    let mut proxies = host.find_proxies(url);
    if proxies.is_empty() {
        proxies.push(Proxy::Direct);
    }
    /// 3. Nothing has happened yet.
    let mut timing_info = ConnectionTimingInfo::default();
    let mut failure = ConnectionFailure::Network(NetworkFailure::ConnectionReset);
    /// 4. Try one after the other.
    for proxy in proxies {
        /// 4.1. The search begins.
        timing_info.domain_lookup_start_time = host.now();
        /// 4.2. A proxy finds the host itself.
        let mut hosts = Ok(Vec::new());
        if proxy == Proxy::Direct {
            /// 4.3. Without one it is up to the browser.
            hosts = resolve_an_origin(host, key, url, wanted.request).await;
        }
        let hosts = match hosts {
            Ok(hosts) => hosts,
            /// 4.4. It is not to be found.
            Err(not_found) => {
                failure = not_found.into();
                continue;
            }
        };
        /// 4.5. The search is over.
        timing_info.domain_lookup_end_time = host.now();
        let proxy_authorization = user_agent
            .authentication_entries
            .borrow()
            .proxy_authorization_for(&proxy);
        let params = ConnectionParams {
            key,
            url,
            credentials,
            proxy: &proxy,
            hosts: &hosts,
            proxy_authorization: proxy_authorization.as_ref(),
            prompt: wanted.prompt,
            request: wanted.request,
        };
        /// 4.6. Connect.
        let connection = create_a_connection(host, params, &origin, timing_info).await;
        let connection = match connection {
            Ok(connection) => Rc::new(connection),
            /// 4.7. It did not work.
            Err(not_made) => {
                failure = not_made;
                continue;
            }
        };
        if new != NewConnection::YesAndDedicated {
            /// 4.8. Keep it for others.
            user_agent
                .connections
                .borrow_mut()
                .append(Rc::clone(&connection), host);
        }
        /// 4.9. That is the connection.
        return Ok(connection);
    }
    /// 5. No way leads there.
    Err(failure)
}

#[algorithm("create-a-connection", untraced)]
async fn create_a_connection<H: Host>(
    host: &H,
    params: ConnectionParams<'_>,
    origin: &str,
    mut timing_info: ConnectionTimingInfo,
) -> Result<Connection, ConnectionFailure> {
    let (key, credentials, proxy) = (
        params.key.cloned(),
        params.credentials,
        params.proxy.clone(),
    );
    /// 1. It begins.
    timing_info.connection_start_time = host.now();
    /// 2. The host establishes it, and says when it began to be secured.
    let established = host.create_connection(params).await?;
    timing_info.connection_end_time = host.now();
    timing_info.secure_connection_start_time =
        established.secure_connection_start_time.unwrap_or_default();
    /// 3. What both sides speak.
    timing_info.alpn_negotiated_protocol = established.protocol;
    /// 4. That is the connection.
    Ok(Connection {
        id: established.id,
        key,
        origin: origin.into(),
        credentials,
        proxy,
        timing_info,
        ip_address: established.ip_address,
        is_in_use: Cell::new(false),
        is_broken: Cell::new(false),
    })
}

/// What may be shown of a connection's times: of one that stood before the request, nothing.
///
/// SPEC: the text sets the secure connection start time from the connection end time, which is a slip.
#[algorithm("clamp-and-coarsen-connection-timing-info", untraced)]
pub fn clamp_and_coarsen_connection_timing_info(
    timing_info: &ConnectionTimingInfo,
    default_start_time: Timestamp,
    cross_origin_isolated_capability: bool,
) -> ConnectionTimingInfo {
    if timing_info.connection_start_time < default_start_time {
        /// 1. It was there already.
        return ConnectionTimingInfo {
            domain_lookup_start_time: default_start_time,
            domain_lookup_end_time: default_start_time,
            connection_start_time: default_start_time,
            connection_end_time: default_start_time,
            secure_connection_start_time: default_start_time,
            alpn_negotiated_protocol: timing_info.alpn_negotiated_protocol,
        };
    }
    let coarsen = |time| coarsen_time(time, cross_origin_isolated_capability);
    /// 2. It was made for this request.
    ConnectionTimingInfo {
        domain_lookup_start_time: coarsen(timing_info.domain_lookup_start_time),
        domain_lookup_end_time: coarsen(timing_info.domain_lookup_end_time),
        connection_start_time: coarsen(timing_info.connection_start_time),
        connection_end_time: coarsen(timing_info.connection_end_time),
        secure_connection_start_time: coarsen(timing_info.secure_connection_start_time),
        alpn_negotiated_protocol: timing_info.alpn_negotiated_protocol,
    }
}

/// What a host says of a connection that it has made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Established {
    /// How it knows it.
    pub id: ConnectionId,
    /// When it began to be secured; `None` if it is not.
    pub secure_connection_start_time: Option<Timestamp>,
    /// What is spoken over it. Through a proxy's tunnel, what is spoken through the tunnel.
    pub protocol: Protocol,
    /// The address at the other end, if it is known: not behind a proxy.
    pub ip_address: Option<IpAddr>,
}

/// Whether a message asks for its connection to be closed. <https://httpwg.org/specs/rfc9112.html#persistent.tear-down>
pub fn says_close(list: &crossexam_web::HeaderList) -> bool {
    list.values(b"Connection").any(|value: &Bytes| {
        value
            .split(|&byte| byte == b',')
            .any(|option| option.trim_ascii().eq_ignore_ascii_case(b"close"))
    })
}
