//! Origins and sites.
//!
//! <https://html.spec.whatwg.org/multipage/browsers.html#origin>

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use bytes::Bytes;
use url::Url;

/// An origin: the unit that the same-origin policy keeps apart.
///
/// Comparing with `==` asks whether two values are the same value (so `document.domain` counts). To make a decision,
/// use [`is_same_origin`](Self::is_same_origin) and its relatives.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Origin {
    /// An internal value that equals only itself and serializes as `null`.
    Opaque(OpaqueOrigin),
    /// A scheme, a host, a port and a domain.
    Tuple(Arc<TupleOrigin>),
}

/// The identity of an opaque origin. Two are the same origin only if one is a copy of the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OpaqueOrigin(u64);

impl OpaqueOrigin {
    /// The opaque origin with this identity. Whoever makes them (a browser, a world) gives each number once.
    pub const fn new(identity: u64) -> Self {
        Self(identity)
    }
}

/// A tuple origin.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TupleOrigin {
    /// The scheme, for example `https`.
    pub scheme: Box<str>,
    /// The host.
    pub host: Host,
    /// The port, or `None` for the scheme's default.
    pub port: Option<u16>,
    /// What `document.domain` was set to, if it was.
    pub domain: Option<Host>,
    /// The serialization, made once: every cross-origin request needs it.
    serialized: Bytes,
}

impl TupleOrigin {
    /// A tuple origin without a domain.
    pub fn new(scheme: &str, host: Host, port: Option<u16>) -> Self {
        let port_text = port.map_or_else(String::new, |port| format!(":{port}"));
        let serialized = format!("{scheme}://{host}{port_text}").into_bytes().into();
        Self {
            scheme: scheme.into(),
            host,
            port,
            domain: None,
            serialized,
        }
    }

    /// The same origin after `document.domain` was set.
    #[must_use]
    pub fn with_domain(&self, domain: Host) -> Self {
        Self {
            domain: Some(domain),
            ..self.clone()
        }
    }

    /// The serialization as bytes, for example `https://alice.example:8443`.
    pub fn serialized_bytes(&self) -> Bytes {
        self.serialized.clone()
    }
}

/// A URL's host.
///
/// <https://url.spec.whatwg.org/#concept-host>
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Host {
    /// A domain, in its ASCII form.
    Domain(Box<str>),
    /// An IPv4 address.
    Ipv4(Ipv4Addr),
    /// An IPv6 address.
    Ipv6(Ipv6Addr),
}

impl Host {
    /// The host of a URL, if it has one.
    pub fn of(url: &Url) -> Option<Self> {
        url.host().map(|host| match host {
            url::Host::Domain(domain) => Self::Domain(domain.into()),
            url::Host::Ipv4(address) => Self::Ipv4(address),
            url::Host::Ipv6(address) => Self::Ipv6(address),
        })
    }

    /// Whether this is the host of `url`, compared without copying.
    fn is_host_of(&self, url: &Url) -> bool {
        match (self, url.host()) {
            (Self::Domain(a), Some(url::Host::Domain(b))) => **a == *b,
            (Self::Ipv4(a), Some(url::Host::Ipv4(b))) => *a == b,
            (Self::Ipv6(a), Some(url::Host::Ipv6(b))) => *a == b,
            _ => false,
        }
    }

    /// The registrable domain: the public suffix and one label more. `None` for an IP address or a public suffix itself.
    ///
    /// A final dot stays: `alice.example.` is another registrable domain than `alice.example`.
    ///
    /// <https://url.spec.whatwg.org/#host-registrable-domain>
    pub fn registrable_domain(&self) -> Option<&str> {
        let domain = psl::domain(self.listable_domain()?.as_bytes())?;
        std::str::from_utf8(domain.as_bytes()).ok()
    }

    /// The public suffix, for example `co.uk`. `None` for an IP address. A name that no rule of the Public Suffix List
    /// knows has its last label as suffix; `localhost` is one.
    ///
    /// <https://url.spec.whatwg.org/#host-public-suffix>
    pub fn public_suffix(&self) -> Option<&str> {
        let suffix = psl::suffix(self.listable_domain()?.as_bytes())?;
        std::str::from_utf8(suffix.as_bytes()).ok()
    }

    /// Whether a host can at all be in the same site, judged without the Public Suffix List: a registrable domain has two
    /// labels at least, so those must agree. `true` promises nothing.
    fn may_share_a_site_with(&self, host: &str) -> bool {
        fn last_two_labels(host: &str) -> &str {
            let last_dot = host.rfind('.').unwrap_or(0);
            let start = host[..last_dot].rfind('.').map_or(0, |dot| dot + 1);
            &host[start..]
        }
        match self {
            Self::Domain(domain) => {
                **domain == *host
                    || domain.ends_with('.')
                    || host.ends_with('.')
                    || last_two_labels(domain) == last_two_labels(host)
            }
            Self::Ipv4(_) | Self::Ipv6(_) => true,
        }
    }

    /// The domain, if the Public Suffix List has something to say about it.
    // NB: a URL's host can have empty labels (`a..example`); the list's algorithm does not allow them. Such a host is its
    // own site, which is the cautious answer.
    fn listable_domain(&self) -> Option<&str> {
        let Self::Domain(domain) = self else {
            return None;
        };
        let labels = domain.strip_suffix('.').unwrap_or(domain);
        labels
            .split('.')
            .all(|label| !label.is_empty())
            .then_some(domain)
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Domain(domain) => f.write_str(domain),
            Self::Ipv4(address) => address.fmt(f),
            Self::Ipv6(address) => url::Host::<&str>::Ipv6(*address).fmt(f),
        }
    }
}

/// A site: an opaque origin, or a scheme and a host that is cut down to its registrable domain where it has one.
///
/// <https://html.spec.whatwg.org/multipage/browsers.html#site>
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Site {
    /// The site of an opaque origin is that origin.
    Opaque(OpaqueOrigin),
    /// A scheme-and-host.
    SchemeAndHost(Box<str>, Host),
}

impl Origin {
    /// A tuple origin without a domain.
    pub fn tuple(scheme: &str, host: Host, port: Option<u16>) -> Self {
        Self::Tuple(Arc::new(TupleOrigin::new(scheme, host, port)))
    }

    /// An opaque origin with the given identity.
    pub const fn opaque(identity: u64) -> Self {
        Self::Opaque(OpaqueOrigin::new(identity))
    }

    /// The tuple origin of a URL, or `None` if a URL of that kind has an opaque one.
    ///
    /// A `blob:` URL has the origin of the http(s) URL inside it. (The origin of a `blob:` URL with an entry is its
    /// entry's environment's; whoever holds the entry knows it.)
    ///
    /// <https://url.spec.whatwg.org/#concept-url-origin>
    pub fn of_url(url: &Url) -> Option<Self> {
        match url.scheme() {
            "http" | "https" | "ws" | "wss" | "ftp" => {
                Some(Self::tuple(url.scheme(), Host::of(url)?, url.port()))
            }
            "blob" => {
                let inner = Url::parse(url.path()).ok()?;
                matches!(inner.scheme(), "http" | "https")
                    .then(|| Self::of_url(&inner))
                    .flatten()
            }
            _ => None,
        }
    }

    /// Whether this is an opaque origin.
    pub const fn is_opaque(&self) -> bool {
        matches!(self, Self::Opaque(_))
    }

    /// The tuple, if it is one.
    pub fn as_tuple(&self) -> Option<&TupleOrigin> {
        match self {
            Self::Tuple(tuple) => Some(tuple),
            Self::Opaque(_) => None,
        }
    }

    /// Whether two origins are same origin: the identical opaque one, or the same scheme, host and port.
    ///
    /// <https://html.spec.whatwg.org/multipage/browsers.html#same-origin>
    pub fn is_same_origin(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Opaque(a), Self::Opaque(b)) => a == b,
            (Self::Tuple(a), Self::Tuple(b)) => {
                Arc::ptr_eq(a, b) || (a.scheme == b.scheme && a.host == b.host && a.port == b.port)
            }
            _ => false,
        }
    }

    /// Whether this origin is same origin with `url`'s origin, compared without building the latter.
    pub fn is_same_origin_with_url(&self, url: &Url) -> bool {
        let Self::Tuple(tuple) = self else {
            return false;
        };
        match url.scheme() {
            "http" | "https" | "ws" | "wss" | "ftp" => {
                *tuple.scheme == *url.scheme()
                    && tuple.port == url.port()
                    && tuple.host.is_host_of(url)
            }
            _ => Self::of_url(url).is_some_and(|origin| self.is_same_origin(&origin)),
        }
    }

    /// Whether two origins are same origin-domain: as same origin, but `document.domain` on both sides can widen it
    /// and on one side narrows it.
    ///
    /// <https://html.spec.whatwg.org/multipage/browsers.html#same-origin-domain>
    pub fn is_same_origin_domain(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Opaque(a), Self::Opaque(b)) => a == b,
            (Self::Tuple(a), Self::Tuple(b)) => match (&a.domain, &b.domain) {
                (Some(x), Some(y)) => a.scheme == b.scheme && x == y,
                (None, None) => self.is_same_origin(other),
                _ => false,
            },
            _ => false,
        }
    }

    /// The site of this origin.
    ///
    /// <https://html.spec.whatwg.org/multipage/browsers.html#obtain-a-site>
    pub fn site(&self) -> Site {
        match self {
            Self::Opaque(identity) => Site::Opaque(*identity),
            Self::Tuple(tuple) => {
                let host = match tuple.host.registrable_domain() {
                    Some(domain) => Host::Domain(domain.into()),
                    None => tuple.host.clone(),
                };
                Site::SchemeAndHost(tuple.scheme.clone(), host)
            }
        }
    }

    /// Whether two origins are schemelessly same site.
    ///
    /// <https://html.spec.whatwg.org/multipage/browsers.html#schemelessly-same-site>
    pub fn is_schemelessly_same_site(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Opaque(a), Self::Opaque(b)) => a == b,
            (Self::Tuple(a), Self::Tuple(b)) => {
                a.host == b.host
                    || matches!(
                        (a.host.registrable_domain(), b.host.registrable_domain()),
                        (Some(x), Some(y)) if x == y
                    )
            }
            _ => false,
        }
    }

    /// Whether two origins are same site: schemelessly same site, and the scheme is the same.
    ///
    /// <https://html.spec.whatwg.org/multipage/browsers.html#same-site>
    pub fn is_same_site(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Opaque(a), Self::Opaque(b)) => a == b,
            (Self::Tuple(a), Self::Tuple(b)) => {
                a.scheme == b.scheme && self.is_schemelessly_same_site(other)
            }
            _ => false,
        }
    }

    /// Whether this origin is same site with `url`'s origin.
    pub fn is_same_site_with_url(&self, url: &Url) -> bool {
        if self.is_same_origin_with_url(url) {
            return true;
        }
        let (Self::Tuple(tuple), Some(host)) = (self, url.host_str()) else {
            return Self::of_url(url).is_some_and(|origin| self.is_same_site(&origin));
        };
        // A quick no for the common case: sites that differ in scheme or in their last two labels.
        if url.scheme() != "blob"
            && (*tuple.scheme != *url.scheme() || !tuple.host.may_share_a_site_with(host))
        {
            return false;
        }
        Self::of_url(url).is_some_and(|origin| self.is_same_site(&origin))
    }
}

impl fmt::Display for Origin {
    /// The serialization: `null`, or scheme, host and, unless it is the default, port.
    ///
    /// <https://html.spec.whatwg.org/multipage/browsers.html#ascii-serialisation-of-an-origin>
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Opaque(_) => f.write_str("null"),
            Self::Tuple(tuple) => {
                write!(f, "{}://{}", tuple.scheme, tuple.host)?;
                tuple.port.map_or(Ok(()), |port| write!(f, ":{port}"))
            }
        }
    }
}

impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Opaque(_) => f.write_str("null"),
            Self::SchemeAndHost(scheme, host) => write!(f, "{scheme}://{host}"),
        }
    }
}
