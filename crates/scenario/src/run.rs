//! A run: what was planned, what happened, and what is to be said of it.

use crossexam_sim::journal::Entry;

use crate::plan::Plan;
use crate::scenario::Scenario;
use crate::verdict::Verdict;

/// One variant of a scenario, run.
#[derive(Debug)]
pub struct Run {
    /// The learner's text.
    pub text: LearnersText,
    /// What was planned.
    pub plan: Plan,
    /// Everything that happened, in order.
    pub journal: Vec<Entry>,
    /// What is to be said of it.
    pub verdict: Verdict,
}

/// A scenario's text for the learner.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LearnersText {
    /// The question to think about first.
    pub question: String,
    /// What to look for.
    pub look_for: String,
    /// What it shows.
    pub shows: String,
    /// What the learner should know about the variant.
    pub variant: String,
    /// Where the standards say so: the link as written, and the address.
    pub standard: Vec<(String, String)>,
}

impl LearnersText {
    /// The text of a scenario's variant.
    pub fn of(scenario: &Scenario, variant: Option<&str>) -> Self {
        let file = &scenario.file;
        let one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        Self {
            question: one_line(&file.question),
            look_for: one_line(&file.look_for),
            shows: one_line(&file.shows),
            variant: variant
                .and_then(|name| file.variant.get(name))
                .map_or_else(String::new, |variant| one_line(&variant.text)),
            standard: file
                .standard
                .iter()
                .filter_map(|link| Some((link.clone(), crate::links::standard_link(link).ok()?)))
                .collect(),
        }
    }
}

impl Run {
    /// A run from its parts; the verdict is made here. The interruption says why the story could not be played to its end, if
    /// it could not.
    pub fn new(
        text: LearnersText,
        plan: Plan,
        journal: Vec<Entry>,
        interruption: Option<String>,
    ) -> Self {
        let mut verdict = Verdict::of(&plan, &journal);
        if let Some(text) = interruption {
            verdict.interrupted(text, journal.len().saturating_sub(1));
        }
        Self {
            text,
            plan,
            journal,
            verdict,
        }
    }

    /// Whether everything came as expected.
    pub fn passed(&self) -> bool {
        self.verdict.passed()
    }
}
