//! The picture of a run: who stands where, and what passes between them, in order. The text, Mermaid, SVG and HTML
//! renderers all draw this one.

mod lanes;
mod marks;
mod rows;

use crossexam_web::Step;

pub use lanes::{Lane, LaneKind};

use crate::run::Run;

/// A picture: columns and rows.
#[derive(Debug)]
pub struct Picture<'a> {
    /// The columns, from left to right.
    pub lanes: Vec<Lane>,
    /// The rows, from top to bottom.
    pub rows: Vec<Row<'a>>,
    /// The journal entry that each row shows.
    pub entries: Vec<usize>,
}

/// One row of a picture.
#[derive(Debug)]
pub enum Row<'a> {
    /// Somebody does something.
    Action {
        /// In which column, if in one.
        lane: Option<usize>,
        /// Who and what, for example `Bob visits https://charlie.example/`.
        text: String,
        /// What the learner should know before.
        note: String,
    },
    /// A request and its answer.
    Exchange(Box<ExchangeRow<'a>>),
    /// A browser's decision about a fetch.
    Decision(Box<DecisionRow<'a>>),
    /// A script, a server or a client says what it sees.
    Sees {
        /// In which column.
        lane: Option<usize>,
        /// Whose script it is, in words.
        who: String,
        /// `log`, `warn`, …
        level: &'static str,
        /// What it wrote to its console.
        text: String,
    },
    /// A secret comes to a person.
    Learned {
        /// In which column.
        lane: Option<usize>,
        /// Who learns what, for example `Charlie learns Bob's mail`.
        text: String,
        /// How.
        how: String,
        /// Whether this person may know it.
        permitted: bool,
    },
    /// A machine's store changes.
    Change {
        /// In which column.
        lane: Option<usize>,
        /// Which key, for example `alice.comments`.
        key: String,
        /// The value before, shortened.
        before: String,
        /// The value after, shortened.
        after: String,
        /// Who caused it, in words.
        cause: String,
        /// Whether it was meant.
        meant: bool,
    },
    /// Something went wrong that is no lesson: an uncaught exception, something that is not modelled.
    Trouble {
        /// In which column.
        lane: Option<usize>,
        /// What.
        text: String,
    },
}

/// A request and its answer.
#[derive(Debug)]
pub struct ExchangeRow<'a> {
    /// Its number in the picture, from 1.
    pub number: usize,
    /// The exchange.
    pub exchange: &'a crossexam_sim::journal::Exchange,
    /// The fetch it belongs to.
    pub fetch: Option<&'a crossexam_sim::journal::FetchRecord>,
    /// The column of the sender.
    pub from: usize,
    /// The column of the machine, if it reached one.
    pub to: Option<usize>,
    /// The method.
    pub method: String,
    /// The address, as short as it is clear in its column: mostly the path.
    pub target: String,
    /// Whether it is a CORS-preflight request.
    pub preflight: bool,
    /// What caused it, in words; empty where it is clear.
    pub cause: String,
    /// What is worth seeing in the request.
    pub request_marks: Vec<Mark>,
    /// What is worth seeing in the answer.
    pub answer_marks: Vec<Mark>,
    /// The answer in short, for example `200 text/plain`, or why there is none.
    pub answer: Result<String, String>,
    /// The part of the browser's cookies' story that belongs here.
    pub cookies: Vec<&'a crossexam_web::trace::CookieDecision>,
}

/// Something worth seeing in a request or an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// What kind of thing.
    pub kind: MarkKind,
    /// In words.
    pub text: String,
}

/// What is worth seeing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MarkKind {
    /// A header.
    Header,
    /// A header that would be needed and is not there.
    Missing,
    /// A cookie that goes along, or is stored.
    Cookie,
    /// A cookie that stays at home, or is refused.
    Withheld,
    /// A credential of another kind.
    Credential,
    /// A body.
    Body,
    /// A secret in it.
    Secret,
    /// Somebody on the path changed it.
    Tampered,
}

/// A browser's decision about a fetch.
#[derive(Debug)]
pub struct DecisionRow<'a> {
    /// The fetch.
    pub fetch: &'a crossexam_sim::journal::FetchRecord,
    /// The browser's column.
    pub lane: usize,
    /// What it means for whoever asked.
    pub outcome: DecisionOutcome,
    /// In words.
    pub text: String,
    /// The step that decided.
    pub step: Option<&'static Step>,
    /// Whether there is nothing remarkable in it: a navigation or a same-origin answer that came through.
    pub plain: bool,
}

/// What a decision means for whoever asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DecisionOutcome {
    /// The answer comes through.
    Allowed,
    /// Something comes through, and nothing of it can be seen.
    Opaque,
    /// Nothing comes through.
    Blocked,
}

impl<'a> Picture<'a> {
    /// The picture of a run.
    pub fn of(run: &'a Run) -> Self {
        let lanes = lanes::lanes(&run.plan, &run.journal);
        let (rows, entries) = rows::rows(run, &lanes);
        Self {
            lanes,
            rows,
            entries,
        }
    }
}

/// A text cut to at most `limit` characters, with an ellipsis where something is missing.
pub(crate) fn shortened(text: &str, limit: usize) -> String {
    if text.chars().count() <= limit {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(limit.saturating_sub(1)).collect();
    short.push('…');
    short
}
