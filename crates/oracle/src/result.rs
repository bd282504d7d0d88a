//! The form of a result: everything that can be seen of an exchange.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::case::Purpose;
use crate::octets::Octets;

/// What came of a case.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CaseResult {
    /// The case's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What came of each step.
    pub steps: Vec<StepResult>,
    /// What the case met that is not modelled. If there is anything, the rest claims nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unmodelled: Vec<String>,
}

/// What came of a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StepResult {
    /// The requests, in order, as the servers saw them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requests: Vec<SeenRequest>,
    /// What the page got.
    pub page: Got,
    /// Why, for people: no page can see it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<Why>,
}

/// A request as a server sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SeenRequest {
    /// Whether it is a CORS-preflight request.
    pub purpose: Purpose,
    /// The method.
    pub method: String,
    /// The URL, without its fragment.
    pub url: String,
    /// The headers in order, each a line. `Host`, and what only frames the message, is not among them.
    pub headers: Vec<String>,
    /// The body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Octets>,
}

impl SeenRequest {
    /// The value of a header, by its name in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        header_of(&self.headers, name)
    }
}

/// What a page gets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Got {
    /// So many seconds passed.
    Waited(u32),
    /// A response.
    Response(Box<SeenResponse>),
    /// An exception, or a promise that is rejected.
    Error(SeenError),
}

impl Got {
    /// The response, if it is one.
    pub fn response(&self) -> Option<&SeenResponse> {
        match self {
            Self::Response(response) => Some(response),
            _ => None,
        }
    }
}

/// A `Response` object, and what reading its body gives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SeenResponse {
    /// `type`
    #[serde(rename = "type")]
    pub kind: String,
    /// `status`
    pub status: u16,
    /// `statusText`
    pub status_text: String,
    /// `url`
    pub url: String,
    /// `redirected`
    pub redirected: bool,
    /// `headers`, as a script goes through them, each a line.
    pub headers: Vec<String>,
    /// The body as it is read; nothing where it is null.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Octets>,
}

impl SeenResponse {
    /// The value of a header, by its name in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        header_of(&self.headers, name)
    }
}

/// An exception, as far as a page sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SeenError {
    /// Its name: "TypeError", "AbortError" and so on.
    pub name: String,
    /// When it came.
    pub phase: Phase,
}

/// When something failed.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Before anything was fetched.
    Call,
    /// Before there was a response.
    Fetch,
    /// While the body was read.
    Body,
}

/// Why it came out like this.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Why {
    /// The reason of a failure, a word that stays the same, for example `cors-check/allow-origin-missing`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The same in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The step of the standard that decided: the algorithm's anchor and the number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
}

/// The value of the first line with this name.
fn header_of<'a>(lines: &'a [String], name: &str) -> Option<&'a str> {
    lines
        .iter()
        .filter_map(|line| line.split_once(": "))
        .find(|(found, _)| found.eq_ignore_ascii_case(name))
        .map(|(_, value)| value)
}

/// A line of what `crossexam judge` writes: a result, or what is wrong with the case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum ResultLine {
    /// The result of the case.
    Result(CaseResult),
    /// There is none.
    Error(BadLine),
}

/// A line that is no case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BadLine {
    /// What is wrong with it.
    pub error: String,
    /// Its number, counted from 1.
    pub line: u64,
}
