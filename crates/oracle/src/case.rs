//! The form of a case: everything about an exchange.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::octets::Octets;

/// An exchange: a page that does something, and servers that answer.
///
/// Texts of headers have a byte a character, as scripts have them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// A name, which the result repeats.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Where the script runs.
    pub page: Page,
    /// The cookies that the browser has been given before. What it does not take is not there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cookies: Vec<CookieBefore>,
    /// What the page does, one after the other.
    pub steps: Vec<Step>,
    /// What the servers answer: to each request the first of these that fits it. What none fits is answered with a 404
    /// without headers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub answers: Vec<Answer>,
}

/// A document or worker, in which a script runs.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Page {
    /// The page's URL; of what has none of its own (`srcdoc`, `data`, `blob`) that of the page that made it.
    pub url: String,
    /// What kind of document it is.
    #[serde(default, skip_serializing_if = "is_default")]
    pub kind: PageKind,
    /// The headers that the page came with, each a line: its `Content-Security-Policy`, its `Referrer-Policy` and so on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<String>,
    /// The URL of the page around it, if it is in a frame.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<String>,
}

/// A kind of document.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum PageKind {
    /// An ordinary page.
    #[default]
    Window,
    /// A page in a frame with `sandbox="allow-scripts allow-forms"`: its origin is opaque.
    Sandboxed,
    /// A frame that the page has filled with `srcdoc`.
    Srcdoc,
    /// The same with `sandbox="allow-scripts allow-forms"`.
    SandboxedSrcdoc,
    /// A frame that the page has filled from a `data:` URL.
    Data,
    /// A frame that the page has filled from a `blob:` URL of its own.
    Blob,
    /// A dedicated worker whose script is at the URL.
    Worker,
}

/// A cookie that is set before anything else happens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CookieBefore {
    /// The URL whose answer set it; the user was there.
    pub at: String,
    /// The `Set-Cookie` value.
    pub set: String,
}

/// Something that the page does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Lets so many seconds pass.
    Wait(u32),
    /// Calls `fetch()` and reads the body.
    Fetch(Box<FetchCall>),
}

impl Step {
    /// A plain `fetch(url)`.
    pub fn fetch(url: impl Into<String>) -> Self {
        Self::Fetch(Box::new(FetchCall::new(url)))
    }
}

impl From<FetchCall> for Step {
    fn from(call: FetchCall) -> Self {
        Self::Fetch(Box::new(call))
    }
}

/// A call of `fetch()`. The members are those of `RequestInit`; words are as a script writes them, and those that are
/// none make it fail as they would there.
///
/// <https://fetch.spec.whatwg.org/#requestinit>
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct FetchCall {
    /// The first argument, relative to the page.
    pub url: String,
    /// `method`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// `headers`: names and values, in order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub headers: Option<Vec<(String, String)>>,
    /// `body`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<ScriptBody>,
    /// `mode`: "cors", "no-cors", "same-origin"
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
    /// `credentials`: "omit", "same-origin", "include"
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credentials: Option<String>,
    /// `cache`: "default", "no-store", "reload", "no-cache", "force-cache", "only-if-cached"
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache: Option<String>,
    /// `redirect`: "follow", "error", "manual"
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redirect: Option<String>,
    /// `referrer`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub referrer: Option<String>,
    /// `referrerPolicy`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub referrer_policy: Option<String>,
    /// `integrity`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub integrity: Option<String>,
    /// `keepalive`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keepalive: Option<bool>,
    /// `priority`: "high", "low", "auto"
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<String>,
    /// `duplex`: "half"
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duplex: Option<String>,
    /// `window`: "null" for null; anything else but null is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<String>,
    /// `signal`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signal: Option<SignalState>,
}

impl FetchCall {
    /// A plain `fetch(url)`.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            ..Self::default()
        }
    }
}

/// The state of the signal that a script hands over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SignalState {
    /// It is never aborted.
    Idle,
    /// It is aborted already.
    Aborted,
}

/// What a script gives as a body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum ScriptBody {
    /// A string (with it comes `Content-Type: text/plain;charset=UTF-8`), or bytes (without a type).
    Octets(Octets),
    /// A `URLSearchParams`.
    Query(QueryBody),
    /// A `Blob`.
    Blob(BlobBody),
    /// A `FormData`.
    Form(FormBody),
}

/// A `URLSearchParams`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct QueryBody {
    /// Names and values.
    pub query: Vec<(String, String)>,
}

/// A `Blob`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BlobBody {
    /// Its content.
    pub blob: Octets,
    /// Its type.
    #[serde(default, rename = "type")]
    pub content_type: String,
}

/// A `FormData` of texts. Its boundary is always the same here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FormBody {
    /// Names and values.
    pub form: Vec<(String, String)>,
}

/// An answer, and to which requests it is given: those that fit everything that is said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// Whether it answers CORS-preflight requests or others; without, both.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Purpose>,
    /// The request's URL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The request's method.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// How many redirects have come before it in its step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hop: Option<u32>,
    /// The number of its step, counted from 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<usize>,
    /// How often it is given; without, as often as asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
    /// The status.
    #[serde(default = "ok", skip_serializing_if = "is_ok")]
    pub status: u16,
    /// The reason phrase.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// The headers as they stand on the wire, each a line, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<String>,
    /// The body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Octets>,
    /// There is no answer, for this reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
}

impl Default for Answer {
    fn default() -> Self {
        Self {
            to: None,
            url: None,
            method: None,
            hop: None,
            step: None,
            times: None,
            status: ok(),
            reason: String::new(),
            headers: Vec::new(),
            body: None,
            failure: None,
        }
    }
}

impl Answer {
    /// An answer to everything, with these header lines.
    pub fn with_headers<S: Into<String>>(headers: impl IntoIterator<Item = S>) -> Self {
        Self {
            headers: headers.into_iter().map(Into::into).collect(),
            ..Self::default()
        }
    }
}

/// Why a request is sent.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// A CORS-preflight request.
    Preflight,
    /// Any other.
    Actual,
}

/// Why no answer comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Failure {
    /// Nobody listens there.
    ConnectionRefused,
    /// The connection breaks before there is an answer.
    ConnectionReset,
    /// The certificate is not valid.
    CertificateInvalid,
    /// The name does not resolve.
    NameNotResolved,
    /// No answer comes in time.
    TimedOut,
}

const fn ok() -> u16 {
    200
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde asks it")]
const fn is_ok(status: &u16) -> bool {
    *status == 200
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
