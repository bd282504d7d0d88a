//! The model against the statement, on as many cases as one likes.

use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};

use crate::case::Case;
use crate::judge::Oracle;
use crate::statement::breaches;
use crate::strategies;

/// A case in which the model and the statement disagree, as small as it could be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disagreement {
    /// The case.
    pub case: Case,
    /// What is wrong with the result, in words.
    pub why: String,
}

/// Holds so many generated cases against the statement of the protocol. The same seed gives the same cases.
///
/// # Errors
///
/// The first disagreement.
pub fn fuzz(oracle: &Oracle, cases: u32, seed: u64) -> Result<(), Box<Disagreement>> {
    let config = Config {
        cases,
        failure_persistence: None,
        max_shrink_iters: 20_000,
        ..Config::default()
    };
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(config, rng);
    let outcome = runner.run(&strategies::case(), |case| {
        agrees(oracle, &case).map_err(TestCaseError::fail)
    });
    match outcome {
        Ok(()) => Ok(()),
        Err(TestError::Fail(why, case)) => Err(Box::new(Disagreement {
            case,
            why: why.message().to_owned(),
        })),
        Err(TestError::Abort(why)) => Err(Box::new(Disagreement {
            case: Case::default(),
            why: format!("no case could be made: {why}"),
        })),
    }
}

/// Whether the model's result of a case is as the protocol promises; otherwise what is not.
///
/// # Errors
///
/// What is not.
pub fn agrees(oracle: &Oracle, case: &Case) -> Result<(), String> {
    let result = oracle.judge(case).map_err(|error| error.to_string())?;
    let breaches = breaches(case, &result);
    if breaches.is_empty() {
        return Ok(());
    }
    let lines: Vec<String> = breaches.iter().map(ToString::to_string).collect();
    Err(lines.join("\n"))
}
