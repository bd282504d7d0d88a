//! No proposal grants a near miss, and none is larger than it must be.

#![allow(clippy::unwrap_used)]

use crossexam_explain::{
    Explanation, Recorded, Side, Verdict, explain, judged_with, near_misses_that_read,
};
use crossexam_oracle::{Case, Got, Oracle, Step, strategies};
use proptest::prelude::*;

fn reads(case: &Case, step: usize) -> bool {
    let result = crossexam_oracle::judge(case).unwrap();
    match &result.steps[step].page {
        Got::Response(response) => !response.kind.starts_with("opaque"),
        _ => false,
    }
}

/// The numbers of the steps that are fetches, as explanations come.
fn fetches(case: &Case) -> impl Iterator<Item = usize> {
    let steps = case.steps.iter().enumerate();
    steps
        .filter(|(_, step)| matches!(step, Step::Fetch(_)))
        .map(|(number, _)| number)
}

fn holds(case: &Case, step: usize, explanation: &Explanation) -> Result<(), TestCaseError> {
    let oracle = Oracle::for_browser("standard").unwrap();
    for proposal in &explanation.proposals {
        let changed = judged_with(case, &proposal.changes);
        prop_assert!(
            reads(&changed, step),
            "it does not help: {:?}",
            proposal.changes
        );
        // What a script changes of itself, others could always do.
        if proposal.side != Side::Server {
            continue;
        }
        let origin = &explanation.origin;
        let before = near_misses_that_read(&oracle, case, step, origin);
        let after = near_misses_that_read(&oracle, &changed, step, origin);
        for near in &after {
            prop_assert!(
                before.contains(near),
                "{near} gets something: {:?}",
                proposal.changes
            );
        }
        prop_assert!(!proposal.checked.near_misses.is_empty());
        for (index, change) in proposal.changes.iter().enumerate() {
            prop_assert!(!change.set.ends_with(": null"), "{change:?}");
            if change.set.starts_with("Vary") {
                continue;
            }
            let mut fewer = proposal.changes.clone();
            fewer.remove(index);
            let smaller = judged_with(case, &fewer);
            let suffices = reads(&smaller, step)
                && near_misses_that_read(&oracle, &smaller, step, origin)
                    .iter()
                    .all(|near| before.contains(near));
            prop_assert!(
                !suffices,
                "{change:?} is not needed in {:?}",
                proposal.changes
            );
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn a_proposal_helps_grants_nothing_else_and_is_small(case in strategies::case()) {
        let recorded = Recorded::of_case(case.clone());
        let explanations = explain(&recorded, "standard").unwrap();
        for (step, explanation) in fetches(&case).zip(&explanations) {
            holds(&case, step, explanation)?;
        }
    }
}

fn explained(json: &str) -> (Case, Explanation) {
    let case: Case = serde_json::from_str(json).unwrap();
    let mut explanations = explain(&Recorded::of_case(case.clone()), "standard").unwrap();
    (case, explanations.remove(0))
}

#[test]
fn more_for_everybody_becomes_more_for_one() {
    let (case, explanation) = explained(include_str!("data/method-for-everybody.json"));
    holds(&case, 0, &explanation).unwrap();
    let sets: Vec<&str> = explanation.proposals[0]
        .changes
        .iter()
        .map(|change| change.set.as_str())
        .collect();
    assert_eq!(
        sets,
        [
            "Access-Control-Allow-Methods: GET, patch, PATCH",
            "Access-Control-Allow-Origin: https://app.example",
            "Vary: Origin",
        ]
    );
}

#[test]
fn nothing_is_proposed_for_a_page_that_anybody_can_make() {
    let (_, explanation) = explained(
        r#"{"page":{"url":"https://app.example/","kind":"sandboxed"},"steps":[{"fetch":{"url":"https://api.example/"}}]}"#,
    );
    assert_eq!(explanation.verdict, Verdict::Blocked);
    assert!(explanation.proposals.is_empty());
    let what: Vec<&str> = explanation
        .temptations
        .iter()
        .map(|it| it.what.as_str())
        .collect();
    assert!(what.contains(&"allow the origin `null`"), "{what:?}");
}

#[test]
fn a_server_that_changes_its_answers_is_left_alone() {
    let (_, explanation) = explained(
        r#"{"page":{"url":"https://app.example/"},"steps":[{"fetch":{"url":"https://api.example/"}}],
            "answers":[{"times":1},{"headers":["Access-Control-Allow-Origin: *"]}]}"#,
    );
    assert_eq!(explanation.verdict, Verdict::Blocked);
    assert!(explanation.proposals.is_empty());
}
