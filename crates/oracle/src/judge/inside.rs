//! What only the browser, and whoever stands beside the servers, knows of a case.

use crossexam_fetch::cors_preflight_cache::Allows;
use crossexam_fetch::{NetworkError, NetworkFailure, UserAgent};
use crossexam_web::{Step, Timestamp, TraceEvent};

use crate::octets::header_text;
use crate::result::CaseResult;

/// What came of a case, and what no page and no server sees of it.
#[derive(Debug, Clone)]
pub struct Examined {
    /// What came of it.
    pub result: CaseResult,
    /// The inside of each step.
    pub steps: Vec<Inside>,
}

/// What is known of a step besides its result.
#[derive(Debug, Clone, Default)]
pub struct Inside {
    /// The network error that the fetch came to: the exact cause, with both byte strings where bytes were compared, and
    /// the step of the standard.
    pub error: Option<NetworkError>,
    /// The step that let the response through, where one did (the CORS check's).
    pub passed: Option<&'static Step>,
    /// Every step that was taken, the facts it stood on, and what became of each cookie.
    pub trace: Vec<TraceEvent>,
    /// What each of the step's requests was answered with, in their order.
    pub answers: Vec<Given>,
    /// What the CORS-preflight cache holds after the step.
    pub remembered: Vec<Remembered>,
}

/// What a request was answered with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// The status; 0 where there was no answer.
    pub status: u16,
    /// The reason phrase.
    pub reason: String,
    /// The headers as they stood on the wire, each a line.
    pub headers: Vec<String>,
    /// Why there was no answer.
    pub failure: Option<NetworkFailure>,
    /// Whether the case had an answer for it. What none fits is answered with a 404 without headers.
    pub is_of_the_case: bool,
}

/// A permission that the CORS-preflight cache holds. <https://fetch.spec.whatwg.org/#concept-cache>
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remembered {
    /// The URL it is for.
    pub url: String,
    /// The method or header name that needs no question for so long.
    pub allows: Allows,
    /// Whether it is for requests with credentials.
    pub credentials: bool,
    /// For how many seconds from now on.
    pub seconds: u64,
}

/// What the cache of a browser holds.
pub(super) fn remembered(user_agent: &UserAgent, now: Timestamp) -> Vec<Remembered> {
    let cache = user_agent.preflight_cache.borrow();
    let entries = cache.entries();
    entries
        .filter(|(_, entry)| entry.expires > now)
        .map(|(url, entry)| Remembered {
            url: header_text(url.as_str().as_bytes()),
            allows: entry.allows.clone(),
            credentials: entry.credentials,
            seconds: entry.expires.since(now).as_secs(),
        })
        .collect()
}
