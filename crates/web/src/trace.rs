//! The trace of transcribed algorithms: which steps of which standard were taken, and on what facts.
//!
//! Functions under [`algorithm`](crate::algorithm) record themselves here. A trace that is off costs one branch a step.

use std::borrow::Cow;
use std::cell::RefCell;
use std::fmt;

pub mod reach;

/// A standard whose algorithms the model transcribes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standard {
    /// The Fetch Standard (WHATWG).
    Fetch,
    /// The HTML Standard (WHATWG).
    Html,
    /// The XMLHttpRequest Standard (WHATWG).
    Xhr,
    /// The URL Standard (WHATWG).
    Url,
    /// The MIME Sniffing Standard (WHATWG).
    MimeSniff,
    /// Cookies: HTTP State Management Mechanism, layered (IETF HTTPbis draft).
    Cookies,
    /// Referrer Policy (W3C).
    ReferrerPolicy,
    /// Fetch Metadata Request Headers (W3C).
    FetchMetadata,
    /// Secure Contexts (W3C).
    SecureContexts,
    /// Mixed Content (W3C).
    MixedContent,
    /// Content Security Policy (W3C).
    Csp,
    /// HTTP Semantics (RFC 9110).
    Http,
    /// Subresource Integrity (W3C).
    SubresourceIntegrity,
    /// The WebSockets Standard (WHATWG).
    WebSockets,
    /// Opaque Response Blocking (a draft for Fetch).
    Orb,
    /// Local Network Access (a WICG draft).
    LocalNetworkAccess,
    /// Upgrade Insecure Requests (W3C).
    UpgradeInsecureRequests,
}

impl Standard {
    /// The standard's name as it is cited.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Fetch => "Fetch",
            Self::Html => "HTML",
            Self::Xhr => "XMLHttpRequest",
            Self::Url => "URL",
            Self::MimeSniff => "MIME Sniffing",
            Self::Cookies => "Cookies",
            Self::ReferrerPolicy => "Referrer Policy",
            Self::FetchMetadata => "Fetch Metadata",
            Self::SecureContexts => "Secure Contexts",
            Self::MixedContent => "Mixed Content",
            Self::Csp => "Content Security Policy",
            Self::Http => "HTTP Semantics",
            Self::SubresourceIntegrity => "Subresource Integrity",
            Self::WebSockets => "WebSockets",
            Self::LocalNetworkAccess => "Local Network Access",
            Self::Orb => "Opaque Response Blocking",
            Self::UpgradeInsecureRequests => "Upgrade Insecure Requests",
        }
    }

    /// The address of the standard; an algorithm's id is its fragment.
    pub const fn url(self) -> &'static str {
        match self {
            Self::Fetch => "https://fetch.spec.whatwg.org/",
            Self::Html => "https://html.spec.whatwg.org/multipage/",
            Self::Xhr => "https://xhr.spec.whatwg.org/",
            Self::Url => "https://url.spec.whatwg.org/",
            Self::MimeSniff => "https://mimesniff.spec.whatwg.org/",
            Self::Cookies => {
                "https://httpwg.org/http-extensions/draft-ietf-httpbis-layered-cookies.html"
            }
            Self::ReferrerPolicy => "https://w3c.github.io/webappsec-referrer-policy/",
            Self::FetchMetadata => "https://w3c.github.io/webappsec-fetch-metadata/",
            Self::SecureContexts => "https://w3c.github.io/webappsec-secure-contexts/",
            Self::MixedContent => "https://w3c.github.io/webappsec-mixed-content/",
            Self::Csp => "https://w3c.github.io/webappsec-csp/",
            Self::Http => "https://httpwg.org/specs/rfc9110.html",
            Self::SubresourceIntegrity => "https://w3c.github.io/webappsec-subresource-integrity/",
            Self::WebSockets => "https://websockets.spec.whatwg.org/",
            Self::LocalNetworkAccess => "https://wicg.github.io/local-network-access/",
            Self::Orb => "https://github.com/annevk/orb",
            Self::UpgradeInsecureRequests => {
                "https://w3c.github.io/webappsec-upgrade-insecure-requests/"
            }
        }
    }
}

/// An algorithm of a standard.
#[derive(Debug, PartialEq, Eq)]
pub struct Algorithm {
    /// The standard that defines it.
    pub standard: Standard,
    /// Its anchor in the standard.
    pub id: &'static str,
    /// Its name in the standard's words.
    pub name: &'static str,
}

impl Algorithm {
    /// Where the standard defines this algorithm.
    pub fn url(&self) -> String {
        format!("{}#{}", self.standard.url(), self.id)
    }
}

/// A step of an algorithm.
#[derive(Debug, PartialEq, Eq)]
pub struct Step {
    /// The algorithm it belongs to.
    pub algorithm: &'static Algorithm,
    /// Its number, for example `12.4.1`.
    pub number: &'static str,
    /// What it does, in the project's own words.
    pub text: &'static str,
}

impl fmt::Display for Step {
    /// For example `CORS check, step 4`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, step {}", self.algorithm.name, self.number)
    }
}

/// Something that was seen while a step was taken: a header's value, the serialized origin it was compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// What it is, for example `Access-Control-Allow-Origin`.
    pub label: Cow<'static, str>,
    /// What it was; bytes that are not UTF-8 are escaped.
    pub value: String,
}

/// What became of one cookie, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CookieDecision {
    /// The cookie's name.
    pub name: String,
    /// What was done with it.
    pub outcome: CookieOutcome,
    /// Why; empty where there is nothing to explain. For example `SameSite=Lax and the request is cross-site`.
    pub reason: String,
}

/// What can be done with a cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CookieOutcome {
    /// It goes out with the request.
    Sent,
    /// It matches the request's URL and stays at home nevertheless.
    Withheld,
    /// The response's cookie was stored.
    Stored,
    /// The response's cookie removed a stored one.
    Deleted,
    /// The response's cookie was not accepted.
    Rejected,
    /// A stored cookie was dropped: it had expired, or there were too many.
    Evicted,
}

impl CookieOutcome {
    /// The outcome in a word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Withheld => "withheld",
            Self::Stored => "stored",
            Self::Deleted => "deleted",
            Self::Rejected => "rejected",
            Self::Evicted => "evicted",
        }
    }
}

/// One entry of a trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TraceEvent {
    /// An algorithm began; until its [`Leave`](Self::Leave), entries belong to it.
    Enter(&'static Algorithm),
    /// A step was taken.
    Step(&'static Step),
    /// A fact about the step above.
    Fact(Fact),
    /// What became of one cookie at the step above.
    Cookie(CookieDecision),
    /// The algorithm that was entered last and not yet left has ended.
    Leave,
}

/// Records what the algorithms of one fetch did, or nothing at all.
#[derive(Debug, Default)]
pub struct Trace {
    events: Option<RefCell<Vec<TraceEvent>>>,
}

/// Marks the end of an algorithm in the trace when it goes out of scope.
#[derive(Debug)]
pub struct Scope<'a> {
    events: Option<&'a RefCell<Vec<TraceEvent>>>,
}

impl Trace {
    /// A trace that records nothing.
    pub const fn off() -> Self {
        Self { events: None }
    }

    /// A trace that records every step.
    pub fn on() -> Self {
        Self {
            events: Some(RefCell::new(Vec::new())),
        }
    }

    /// Whether steps are recorded.
    pub const fn is_on(&self) -> bool {
        self.events.is_some()
    }

    /// Marks the beginning of an algorithm.
    #[inline]
    pub fn enter(&self, algorithm: &'static Algorithm) -> Scope<'_> {
        if let Some(events) = &self.events {
            events.borrow_mut().push(TraceEvent::Enter(algorithm));
        }
        Scope {
            events: self.events.as_ref(),
        }
    }

    /// Records a step.
    #[inline]
    pub fn step(&self, step: &'static Step) {
        reach::mark(step);
        if let Some(events) = &self.events {
            events.borrow_mut().push(TraceEvent::Step(step));
        }
    }

    /// Records a fact about the latest step. The value is only made when the trace is on.
    #[inline]
    pub fn fact<V: AsRef<[u8]>>(&self, label: &'static str, value: impl FnOnce() -> V) {
        if let Some(events) = &self.events {
            let value = printable(value().as_ref());
            events.borrow_mut().push(TraceEvent::Fact(Fact {
                label: label.into(),
                value,
            }));
        }
    }

    /// Records what became of a cookie. The decision is only made when the trace is on.
    #[inline]
    pub fn cookie(&self, decision: impl FnOnce() -> CookieDecision) {
        if let Some(events) = &self.events {
            events.borrow_mut().push(TraceEvent::Cookie(decision()));
        }
    }

    /// Takes over the entries of another trace, for example of a fetch made on this one's behalf.
    pub fn absorb(&self, other: &Trace) {
        if let (Some(events), Some(others)) = (&self.events, &other.events) {
            events.borrow_mut().extend(others.borrow().iter().cloned());
        }
    }

    /// What was recorded so far.
    pub fn events(&self) -> Vec<TraceEvent> {
        self.events
            .as_ref()
            .map_or_else(Vec::new, |events| events.borrow().clone())
    }
}

impl Drop for Scope<'_> {
    fn drop(&mut self) {
        if let Some(events) = self.events {
            events.borrow_mut().push(TraceEvent::Leave);
        }
    }
}

/// Bytes as text for people: UTF-8 as it is, controls and everything else escaped.
pub fn printable(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            if character.is_control() {
                text.extend(character.escape_default());
            } else {
                text.push(character);
            }
        }
        for byte in chunk.invalid() {
            text.push_str(&format!("\\x{byte:02x}"));
        }
    }
    text
}
