//! Verdicts: each expectation held against what happened.

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
