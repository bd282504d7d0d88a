//! A request and its answer, as somebody recorded them.

use crossexam_oracle::Failure;

/// A request and its answer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Exchange {
    /// The method.
    pub method: String,
    /// The URL.
    pub url: String,
    /// The request's headers: names and values, in order.
    pub request_headers: Vec<(String, String)>,
    /// The answer, if one was recorded.
    pub answer: Option<Answered>,
    /// What the recording says of an answer that never came.
    pub absence: Option<Absence>,
    /// The URL of the page that asked, if the recording says.
    pub page: Option<String>,
    /// What the browser calls the kind of request (`fetch`, `xhr`, `image` and so on), if it says.
    pub resource_type: Option<String>,
    /// Whether the answer came from the browser's cache.
    pub from_cache: bool,
    /// Whether the request itself was recorded, or only the answer.
    pub has_request: bool,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Answered {
    /// The status.
    pub status: u16,
    /// The reason phrase.
    pub reason: String,
    /// The headers: names and values, in order.
    pub headers: Vec<(String, String)>,
}

/// Why there is no answer in a recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Absence {
    /// The network gave none.
    Failed(Failure),
    /// Something in the browser stopped the request before it went out, most often an ad blocker.
    BlockedByClient,
    /// The browser did not let the page speak to a local address.
    LocalNetwork,
    /// The browser blocked the answer by another policy than CORS; its own word for it.
    OtherPolicy(String),
    /// The page or the person gave it up.
    Canceled,
    /// The recording does not say. Its own word, if there is one.
    Unknown(String),
}

impl Absence {
    /// What Chromium's network error code says.
    pub(crate) fn of_chromium(code: &str) -> Self {
        let name = code.trim().trim_start_matches("net::");
        match name {
            "ERR_BLOCKED_BY_CLIENT" | "ERR_BLOCKED_BY_ADMINISTRATOR" => Self::BlockedByClient,
            "ERR_ABORTED" => Self::Canceled,
            "ERR_NAME_NOT_RESOLVED" => Self::Failed(Failure::NameNotResolved),
            "ERR_CONNECTION_REFUSED" => Self::Failed(Failure::ConnectionRefused),
            "ERR_TIMED_OUT" | "ERR_CONNECTION_TIMED_OUT" => Self::Failed(Failure::TimedOut),
            "ERR_CONNECTION_RESET" | "ERR_CONNECTION_CLOSED" | "ERR_EMPTY_RESPONSE" => {
                Self::Failed(Failure::ConnectionReset)
            }
            "ERR_BLOCKED_BY_PRIVATE_NETWORK_ACCESS_CHECKS"
            | "ERR_BLOCKED_BY_LOCAL_NETWORK_ACCESS_CHECKS" => Self::LocalNetwork,
            "ERR_BLOCKED_BY_RESPONSE" | "ERR_BLOCKED_BY_CSP" | "ERR_BLOCKED_BY_ORB" => {
                Self::OtherPolicy(name.to_owned())
            }
            _ if name.starts_with("ERR_CERT_") || name.starts_with("ERR_SSL_") => {
                Self::Failed(Failure::CertificateInvalid)
            }
            _ => Self::Unknown(name.to_owned()),
        }
    }

    /// What the exit code of curl says.
    pub(crate) const fn of_curl(code: u32) -> Option<Self> {
        Some(match code {
            5 | 6 => Self::Failed(Failure::NameNotResolved),
            7 => Self::Failed(Failure::ConnectionRefused),
            28 => Self::Failed(Failure::TimedOut),
            35 | 52 | 55 | 56 => Self::Failed(Failure::ConnectionReset),
            51 | 58 | 60 | 77 | 83 | 91 => Self::Failed(Failure::CertificateInvalid),
            _ => return None,
        })
    }
}

impl Exchange {
    /// The value of the first header of the request with this name.
    pub fn request_header(&self, name: &str) -> Option<&str> {
        value_of(&self.request_headers, name)
    }

    /// Whether it is a CORS-preflight request.
    pub fn is_preflight(&self) -> bool {
        self.method == "OPTIONS"
            && self
                .request_header("Access-Control-Request-Method")
                .is_some()
    }
}

/// The value of the first header with this name.
pub(crate) fn value_of<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers
        .iter()
        .find(|(found, _)| found.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.as_str())
}
