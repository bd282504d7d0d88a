//! What the CORS protocol promises, stated about what can be seen from outside.
//!
//! This is written from the sections that tell server developers about the protocol
//! (<https://fetch.spec.whatwg.org/#http-cors-protocol>), not from the algorithms of fetching, and calls none of the
//! model. It reads a case and its result like a log: given what the servers saw and answered, was it right to send this,
//! and to show that? Whatever is judged by the model can be held against it, and so can what a browser was seen to do.

mod remembered;
mod values;
mod walk;

use crate::case::{Case, Step};
use crate::result::{CaseResult, Got, Phase};
use remembered::Remembered;
use walk::Walk;

/// Something that the protocol does not allow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Breach {
    /// The number of the step, counted from 0.
    pub step: usize,
    /// The promise, a word that stays the same.
    pub promise: &'static str,
    /// What was seen instead.
    pub seen: String,
}

impl std::fmt::Display for Breach {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "step {}: {}: {}", self.step, self.promise, self.seen)
    }
}

/// Where a result is not what the protocol promises. Steps that are no `fetch()`, or that failed before anything was
/// fetched, are left out, and so is everything where the result says that something is unmodelled.
///
/// The statement knows HTTP(S) alone, and no caches but that of preflights: the answers of a case must not be stored
/// (`cache: "no-store"`), and must ask for no password (status 401, 407).
pub fn breaches(case: &Case, result: &CaseResult) -> Vec<Breach> {
    if !result.unmodelled.is_empty() {
        return Vec::new();
    }
    let mut breaches = Vec::new();
    let mut remembered = Remembered::default();
    let mut now = 0;
    let mut given = vec![0; case.answers.len()];
    for (number, (step, result)) in case.steps.iter().zip(&result.steps).enumerate() {
        match step {
            Step::Wait(seconds) => now += u64::from(*seconds),
            Step::Fetch(call) => {
                if let Got::Error(error) = &result.page
                    && error.phase == Phase::Call
                {
                    continue;
                }
                let mut walk = Walk::new(case, call, number, now, &mut given);
                walk.through(result, &mut remembered);
                breaches.append(&mut walk.breaches);
            }
        }
    }
    breaches
}
