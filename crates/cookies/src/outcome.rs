//! What becomes of cookies, and why.

use std::rc::Rc;

use crossexam_web::{Host, Step};

use crate::cookie::{Cookie, SameSite};

/// What storing a cookie has led to.
#[derive(Debug, Clone)]
pub struct StoreOutcome {
    /// The cookie, as it is (or, if it had expired on arrival, would have been) stored.
    pub cookie: Rc<Cookie>,
    /// What it did to the store.
    pub change: StoreChange,
}

/// What a new cookie did to the store.
#[derive(Debug, Clone)]
pub enum StoreChange {
    /// There was none like it.
    Added,
    /// It took the place of this one.
    Replaced(Rc<Cookie>),
    /// It took the place of one from which it does not differ.
    Unchanged,
    /// It had expired on arrival, and this is the one it removed, if there was one.
    Deleted(Option<Rc<Cookie>>),
}

/// A cookie was not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{cause}")]
pub struct CookieRejection {
    /// Why.
    pub cause: RejectionCause,
    /// The step that decided.
    pub step: &'static Step,
}

/// Why a cookie was not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RejectionCause {
    /// There is a control byte in it.
    #[error("it contains the control byte 0x{byte:02X}")]
    ControlByte {
        /// The first one.
        byte: u8,
    },
    /// Neither name nor value.
    #[error("it has neither a name nor a value")]
    Empty,
    /// Name and value are too long.
    #[error("its name and value have {length} bytes; 4096 are allowed")]
    TooLong {
        /// Bytes of both together.
        length: usize,
    },
    /// The `Path` attribute has bytes that no URL's path has.
    #[error("its Path attribute is not ASCII")]
    NonAsciiPath,
    /// The `Domain` attribute is no host.
    #[error("its Domain attribute `{value}` is not a host")]
    InvalidDomain {
        /// The attribute's value.
        value: String,
    },
    /// The `Domain` attribute is a public suffix.
    #[error(
        "its Domain attribute `{domain}` is a public suffix, under which anybody can have a name"
    )]
    PublicSuffix {
        /// The attribute's host.
        domain: Host,
    },
    /// The `Domain` attribute is not the host or above it.
    #[error("its Domain attribute `{domain}` is neither `{host}` nor above it")]
    DomainMismatch {
        /// Who sets the cookie.
        host: Host,
        /// The attribute's host.
        domain: Host,
    },
    /// A script cannot set `HttpOnly` cookies.
    #[error("HttpOnly cookies can only be set over HTTP")]
    HttpOnlyFromNonHttp,
    /// An insecure channel cannot set `Secure` cookies.
    #[error("Secure cookies can only be set over a secure channel")]
    SecureFromInsecure,
    /// An insecure channel cannot shadow `Secure` cookies.
    #[error(
        "over an insecure channel it would shadow the Secure cookie of host `{host}` and path `{path}`"
    )]
    ShadowsSecure {
        /// The host of the cookie that is protected.
        host: Host,
        /// Its path.
        path: Rc<str>,
    },
    /// A cross-site context cannot set cookies that are not `SameSite=None`.
    #[error("its SameSite is {same_site} and the context is cross-site")]
    SameSiteFromCrossSite {
        /// What it says.
        same_site: SameSite,
    },
    /// `SameSite=None` needs `Secure`.
    #[error("SameSite=None needs Secure")]
    SameSiteNoneWithoutSecure,
    /// `__Secure-` needs `Secure`.
    #[error("the prefix __Secure- needs Secure")]
    SecurePrefix,
    /// `__Host-` needs `Secure`, `Path=/` and no `Domain`.
    #[error("the prefix __Host- needs Secure, Path=/ and no Domain")]
    HostPrefix,
    /// `__Http-` needs `Secure` and `HttpOnly`.
    #[error("the prefix __Http- needs Secure and HttpOnly")]
    HttpPrefix,
    /// `__Host-Http-` needs what both need.
    #[error("the prefix __Host-Http- needs Secure, HttpOnly, Path=/ and no Domain")]
    HostHttpPrefix,
    /// Without a name, the value would look like a name with a prefix.
    #[error("it has no name, and its value begins with the prefix {prefix}")]
    NamelessPrefix {
        /// The prefix.
        prefix: &'static str,
    },
    /// A script cannot overwrite `HttpOnly` cookies.
    #[error("it would overwrite an HttpOnly cookie and does not come over HTTP")]
    OverwritesHttpOnly,
}

impl RejectionCause {
    /// A name for machines that stays the same from version to version, for example `domain-mismatch`.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::ControlByte { .. } => "control-byte",
            Self::Empty => "empty",
            Self::TooLong { .. } => "too-long",
            Self::NonAsciiPath => "non-ascii-path",
            Self::InvalidDomain { .. } => "invalid-domain",
            Self::PublicSuffix { .. } => "public-suffix",
            Self::DomainMismatch { .. } => "domain-mismatch",
            Self::HttpOnlyFromNonHttp => "http-only-from-non-http",
            Self::SecureFromInsecure => "secure-from-insecure",
            Self::ShadowsSecure { .. } => "shadows-secure",
            Self::SameSiteFromCrossSite { .. } => "same-site-from-cross-site",
            Self::SameSiteNoneWithoutSecure => "same-site-none-without-secure",
            Self::SecurePrefix => "secure-prefix",
            Self::HostPrefix => "host-prefix",
            Self::HttpPrefix => "http-prefix",
            Self::HostHttpPrefix => "host-http-prefix",
            Self::NamelessPrefix { .. } => "nameless-prefix",
            Self::OverwritesHttpOnly => "overwrites-http-only",
        }
    }
}

/// Why a cookie that belongs to a request's host stays at home.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error)]
pub enum Withheld {
    /// It is for its very host only, and the request goes to a host below it.
    #[error("it is for its very host only")]
    HostOnly,
    /// It has expired.
    #[error("it has expired")]
    Expired,
    /// The request's path does not match.
    #[error("the path does not match")]
    PathMismatch,
    /// The channel is not secure.
    #[error("it is Secure and the channel is not")]
    SecureRequired,
    /// A script asks.
    #[error("it is HttpOnly and this is not HTTP")]
    HttpOnly,
    /// It is `SameSite=Strict` and the context is cross-site.
    #[error("it is SameSite=Strict and the context is cross-site")]
    SameSiteStrict,
    /// It is `SameSite=Lax` and the context is cross-site, and no top-level navigation with a safe method.
    #[error("it is SameSite=Lax and the context is cross-site")]
    SameSiteLax,
    /// It says nothing of `SameSite`, and so the browser's default withholds it.
    #[error(
        "it has no SameSite attribute, for which this browser's default applies, and the context is cross-site"
    )]
    SameSiteUnset,
}

impl Withheld {
    /// A name for machines that stays the same from version to version, for example `same-site-strict`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::HostOnly => "host-only",
            Self::Expired => "expired",
            Self::PathMismatch => "path-mismatch",
            Self::SecureRequired => "secure-required",
            Self::HttpOnly => "http-only",
            Self::SameSiteStrict => "same-site-strict",
            Self::SameSiteLax => "same-site-lax",
            Self::SameSiteUnset => "same-site-unset",
        }
    }
}
