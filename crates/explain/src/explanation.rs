//! An explanation, as plain data. Its JSON form is what `--format json` writes.

use crossexam_oracle::{Case, Purpose};
use serde::Serialize;

use crate::input::Kind;
use crate::snippets::Snippet;

/// What an input comes to.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// What the input is.
    pub kind: Kind,
    /// The browser that judged.
    pub browser: String,
    /// How many exchanges the input has.
    pub exchanges: usize,
    /// How many of them are no cross-origin requests of a script, and are not looked at.
    pub others: usize,
    /// How many fetches are allowed and not explained for that.
    pub allowed: usize,
    /// What was found, the blocked ones first.
    pub explanations: Vec<Explanation>,
    /// What could not be read of the input.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<Problem>,
}

/// Something of an input that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The line, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// The column, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<usize>,
    /// What is wrong.
    pub text: String,
}

impl Problem {
    /// A problem without a place.
    pub fn text(text: impl Into<String>) -> Self {
        Self {
            line: None,
            column: None,
            text: text.into(),
        }
    }

    pub(crate) fn of_json(error: &serde_json::Error, what: &str) -> Self {
        let text = error.to_string();
        let text = text
            .rsplit_once(" at line ")
            .map_or(&text[..], |(text, _)| text);
        Self {
            line: Some(error.line()),
            column: Some(error.column()),
            text: format!("{what}: {text}"),
        }
    }
}

/// How it comes out for the script.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It gets nothing.
    Blocked,
    /// What is recorded does not suffice to say.
    Undecided,
    /// Something was met that is not modelled: nothing is claimed.
    Unmodelled,
    /// It gets a response that shows nothing.
    Opaque,
    /// It reads the response.
    Allowed,
}

/// What came of one fetch, and why.
#[derive(Debug, Clone, Serialize)]
pub struct Explanation {
    /// How it comes out.
    pub verdict: Verdict,
    /// The same in one sentence.
    pub headline: String,
    /// How often the same was found.
    pub times: usize,
    /// The page's origin as the server sees it.
    pub origin: String,
    /// The method.
    pub method: String,
    /// The URL.
    pub url: String,
    /// The reason, a word that stays the same, for example `cors-check/allow-origin-missing`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The reason in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// The step that decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<StepCited>,
    /// What was compared, if the reason is a comparison.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comparison: Option<Comparison>,
    /// The words under which browsers' documentation has it.
    pub search: Search,
    /// What it is, if it only looks like CORS.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub looks_like: Vec<LooksLike>,
    /// What the script sees.
    pub script: ScriptSees,
    /// Whether the server executed the request.
    pub executed: Executed,
    /// Every exchange, as the model sends it and as it was answered.
    pub exchanges: Vec<ShownExchange>,
    /// What became of each cookie.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cookies: Vec<CookieLine>,
    /// The cookies in one sentence.
    pub cookies_in_words: String,
    /// Where other browsers differ.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub other_browsers: Vec<OtherBrowser>,
    /// What the preflight cache remembers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub remembered: Vec<Permission>,
    /// Changes that make it work and grant nothing else.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub proposals: Vec<Proposal>,
    /// Changes that are popular and unsafe, or do not help.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub temptations: Vec<Temptation>,
    /// What had to be taken for granted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub assumptions: Vec<String>,
    /// What was met that is not modelled.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unmodelled: Vec<String>,
    /// The case that was judged, for `crossexam judge`.
    pub case: Case,
}

/// A step of a standard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StepCited {
    /// Which, for example `CORS check, step 4`.
    pub name: String,
    /// What it does, in the project's words.
    pub text: String,
    /// Where it stands.
    pub url: String,
}

/// Two texts of which one should have been the other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Comparison {
    /// What was looked at, for example `Access-Control-Allow-Origin`.
    pub what: String,
    /// What it had to be.
    pub expected: String,
    /// What it was; nothing where there was none.
    pub actual: Option<String>,
    /// How many characters are the same before the first that differs.
    pub same: usize,
    /// What the difference is, if it is a usual one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

/// What browsers call a reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Search {
    /// Chromium's issue code (`Audits.CorsIssueDetails`, `Network.CorsError`).
    pub chrome: Option<&'static str>,
    /// The name of Firefox's reason, which is also that of its page on MDN.
    pub firefox: Option<&'static str>,
}

/// What something is that only looks like CORS.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LooksLike {
    /// A word that stays the same, for example `server-error`.
    pub kind: &'static str,
    /// What it is and what to do about it.
    pub text: String,
}

/// What a script sees.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct ScriptSees {
    /// In one sentence.
    pub text: String,
    /// The headers it can read, each a line.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<String>,
    /// The names of headers that came and that it cannot read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hidden: Vec<String>,
}

/// Whether a server executed the request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Executed {
    /// Whether the request itself reached the server. `None` if that cannot be said.
    pub reached: Option<bool>,
    /// In one sentence.
    pub text: String,
}

/// An exchange, without secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ShownExchange {
    /// Why it was sent.
    pub purpose: Purpose,
    /// The method.
    pub method: String,
    /// The URL.
    pub url: String,
    /// The request's headers, each a line.
    pub request: Vec<String>,
    /// The status; 0 where there was no answer.
    pub status: u16,
    /// The reason phrase, or why there was no answer.
    pub reason: String,
    /// The answer's headers, each a line.
    pub answer: Vec<String>,
}

/// What became of one cookie.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CookieLine {
    /// Its name.
    pub name: String,
    /// `sent`, `withheld`, `stored`, `deleted`, `rejected` or `evicted`.
    pub outcome: &'static str,
    /// Why; empty where there is nothing to explain.
    pub reason: String,
}

/// What another browser does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OtherBrowser {
    /// The profile.
    pub profile: String,
    /// Where it differs, in words.
    pub differences: Vec<String>,
}

/// What a preflight cache remembers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Permission {
    /// `method` or `header`.
    pub kind: &'static str,
    /// Which; `*` stands for itself.
    pub name: String,
    /// For how many seconds.
    pub seconds: u64,
    /// Whether for requests with credentials.
    pub credentials: bool,
}

/// Whose change it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// The server's.
    Server,
    /// The script's.
    Script,
}

/// A change that makes the fetch work, judged before it is shown.
#[derive(Debug, Clone, Serialize)]
pub struct Proposal {
    /// Whose change it is.
    pub side: Side,
    /// In one sentence.
    pub title: String,
    /// What is to be changed.
    pub changes: Vec<Change>,
    /// How it was checked.
    pub checked: Checked,
    /// The same for servers and frameworks.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub snippets: Vec<Snippet>,
}

/// A change of an answer, or of the call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// Which answer: the preflight's or the request's own. `None` for the script.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<Purpose>,
    /// The URL whose answer it is.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub url: String,
    /// What it is to be: a header line, a status, or a member of `RequestInit`.
    pub set: String,
    /// What it was, if it was there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub was: Option<String>,
}

/// How a change was checked.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Checked {
    /// The origins that look like the page's, from which the same request was judged with the change: none may read the
    /// answer or have the request executed that could not before.
    pub near_misses: Vec<String>,
    /// Those of them that could before the change already.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub could_before: Vec<String>,
}

/// A popular change that is unsafe or does not help.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Temptation {
    /// What people do.
    pub what: String,
    /// What comes of it. Where the model can judge it, it did.
    pub comes_of_it: String,
    /// A scenario that shows the attack, as arguments of `crossexam`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scenario: Option<&'static str>,
}
