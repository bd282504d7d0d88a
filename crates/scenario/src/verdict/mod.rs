//! Verdicts: each expectation held against what happened, with the journal entries that show it.

mod changes;
mod judge;
mod knowledge;
mod secrets;
mod words;

use crossexam_fetch::NetworkFailure;
use crossexam_sim::journal::{Entry, Event, Holder};

pub use changes::Change;
pub(crate) use changes::fetch_of;
pub use knowledge::{Learned, machine_of_host, owner_of_host, owner_of_page, person_of};
pub use secrets::{Detector, Form};
pub(crate) use words::person_name;
pub use words::{expectation_text, holder_text, secret_text};

use crate::format::file::Allowance;
use crate::plan::{Expectation, Plan};

/// What is to be said of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// Each expectation, in the order of the plan.
    pub findings: Vec<Finding>,
    /// What nobody expected.
    pub problems: Vec<Problem>,
    /// Every first time that a secret came to a person.
    pub learned: Vec<Learned>,
    /// Every change of a store.
    pub changes: Vec<Change>,
}

/// An expectation, held against what happened.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// The expectation.
    pub expectation: Expectation,
    /// The expectation in words.
    pub text: String,
    /// Whether it came so.
    pub passed: bool,
    /// What came instead, or what shows it.
    pub detail: String,
    /// The journal entries that show it.
    pub evidence: Vec<usize>,
}

/// What kind of thing nobody expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProblemKind {
    /// A secret reached somebody who may not know it, and no expectation says so.
    Leak,
    /// A script threw and nobody caught it, or it was stopped.
    ScriptError,
    /// A server's program failed, or a server never answered.
    ServerError,
    /// Something was reached that is not modelled.
    Unmodelled,
    /// The story could not be played to its end.
    Interruption,
}

impl ProblemKind {
    /// The stable name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Leak => "leak",
            Self::ScriptError => "script-error",
            Self::ServerError => "server-error",
            Self::Unmodelled => "unmodelled",
            Self::Interruption => "interruption",
        }
    }
}

/// Something that nobody expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Its kind.
    pub kind: ProblemKind,
    /// What happened, in words.
    pub text: String,
    /// Whether the scenario allows it; otherwise it fails the run.
    pub allowed: bool,
    /// The journal entry that shows it.
    pub entry: usize,
}

impl Verdict {
    /// Judges what happened.
    pub fn of(plan: &Plan, journal: &[Entry]) -> Self {
        let learned = knowledge::learned(plan, journal);
        let changes = changes::changes(plan, journal);
        let findings = plan
            .expectations
            .iter()
            .map(|expectation| judge::judge(expectation, plan, journal, &learned, &changes))
            .collect();
        let problems = problems(plan, journal, &learned);
        Self {
            findings,
            problems,
            learned,
            changes,
        }
    }

    /// Notes that the story could not be played to its end.
    pub(crate) fn interrupted(&mut self, text: String, entry: usize) {
        self.problems.push(Problem {
            kind: ProblemKind::Interruption,
            text,
            allowed: false,
            entry,
        });
    }

    /// Whether everything came as expected.
    pub fn passed(&self) -> bool {
        self.findings.iter().all(|finding| finding.passed)
            && self.problems.iter().all(|problem| problem.allowed)
    }
}

fn problems(plan: &Plan, journal: &[Entry], learned: &[Learned]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for leak in learned.iter().filter(|learned| !learned.permitted) {
        let said = plan
            .expectations
            .iter()
            .any(|expectation| match expectation {
                Expectation::Learns { person, secret }
                | Expectation::NeverLearns { person, secret } => {
                    *person == leak.person && *secret == leak.secret
                }
                Expectation::State { .. }
                | Expectation::Requests(_)
                | Expectation::ScriptSees(_)
                | Expectation::DecidedBy(_) => false,
            });
        if !said {
            problems.push(Problem {
                kind: ProblemKind::Leak,
                text: format!(
                    "{} learned {}, which nobody expected: {}",
                    words::person_name(plan, &leak.person),
                    secret_text(plan, &leak.secret),
                    words::learned_text(plan, leak),
                ),
                allowed: false,
                entry: leak.entry,
            });
        }
    }
    for (index, entry) in journal.iter().enumerate() {
        let (kind, text) = match &entry.event {
            Event::ScriptError {
                holder,
                message,
                location,
            } => {
                let place = location
                    .as_ref()
                    .map_or_else(String::new, |place| format!(" ({place})"));
                let kind = match holder {
                    Holder::Server { .. } => ProblemKind::ServerError,
                    Holder::Page { .. }
                    | Holder::Client { .. }
                    | Holder::Person { .. }
                    | Holder::Network { .. } => ProblemKind::ScriptError,
                };
                (
                    kind,
                    format!("{}: {message}{place}", holder_text(plan, holder)),
                )
            }
            Event::Exchange(exchange) => match &exchange.answer {
                Err(why) if is_server_failure(why) => {
                    let machine = exchange.to.as_deref().unwrap_or("a server");
                    (
                        ProblemKind::ServerError,
                        format!(
                            "{} {}, {machine}: {why}",
                            String::from_utf8_lossy(&exchange.method),
                            exchange.url
                        ),
                    )
                }
                Err(_) | Ok(_) => continue,
            },
            Event::Unmodelled { what } => {
                (ProblemKind::Unmodelled, format!("not modelled: {what}"))
            }
            _ => continue,
        };
        let allowance = match kind {
            ProblemKind::Leak | ProblemKind::Interruption => continue,
            ProblemKind::ScriptError => Allowance::ScriptErrors,
            ProblemKind::ServerError => Allowance::ServerErrors,
            ProblemKind::Unmodelled => Allowance::Unmodelled,
        };
        let allowed = plan.allow.contains(&allowance);
        problems.push(Problem {
            kind,
            text,
            allowed,
            entry: index,
        });
    }
    problems
}

/// Whether an exchange came to nothing because of the server: its program failed, or it never answered.
fn is_server_failure(why: &str) -> bool {
    let failed = NetworkFailure::ServerFailed { why: String::new() }.to_string();
    why.starts_with(failed.trim_end()) || why == NetworkFailure::TimedOut.to_string()
}

/// Reads `concept-cors-check 4`: an algorithm's anchor and a step's number.
pub(crate) fn decision_step(text: &str) -> Option<(&str, &str)> {
    let (algorithm, number) = text.trim().split_once(' ')?;
    let number = number.trim().trim_end_matches('.');
    let numeric = !number.is_empty()
        && number
            .split('.')
            .all(|part| !part.is_empty() && part.chars().all(|c| c.is_ascii_digit()));
    (numeric && !algorithm.is_empty()).then_some((algorithm, number))
}
