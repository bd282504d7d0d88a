//! The catalogue: every scenario loads without a mistake, and every variant of it comes as expected.

#![allow(clippy::unwrap_used)]

mod common;

use crossexam_scenario::diagnostic::{Style, render};
use crossexam_scenario::{RunOptions, Scenario, run};

#[test]
fn every_scenario_of_the_catalogue_is_without_mistakes() {
    let folders = common::catalogue();
    assert!(folders.len() >= 15);
    let mut mistakes = String::new();
    for folder in folders {
        for mistake in Scenario::load(folder).diagnostics {
            mistakes.push_str(&render(&mistake, Style::default()));
            mistakes.push('\n');
        }
    }
    assert!(mistakes.is_empty(), "{mistakes}");
}

#[test]
fn every_variant_of_every_scenario_comes_as_expected() {
    let mut wrong = String::new();
    for folder in common::catalogue() {
        let scenario = Scenario::load(folder).scenario.unwrap();
        for variant in scenario.variants() {
            let run = run(&scenario, variant, &RunOptions::default()).unwrap();
            let name = format!("{} {}", scenario.id(), variant.unwrap_or(""));
            for finding in run
                .verdict
                .findings
                .iter()
                .filter(|finding| !finding.passed)
            {
                wrong.push_str(&format!("{name}: {}: {}\n", finding.text, finding.detail));
            }
            for problem in run
                .verdict
                .problems
                .iter()
                .filter(|problem| !problem.allowed)
            {
                wrong.push_str(&format!("{name}: {}\n", problem.text));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn every_scenario_teaches_something() {
    for folder in common::catalogue() {
        let scenario = Scenario::load(folder).scenario.unwrap();
        let file = &scenario.file;
        let id = scenario.id();
        assert!(!file.question.is_empty(), "{id} has no question");
        assert!(
            !file.look_for.is_empty(),
            "{id} does not say what to look for"
        );
        assert!(!file.shows.is_empty(), "{id} does not say what it shows");
        assert!(
            !file.standard.is_empty(),
            "{id} has no link into a standard"
        );
        for (name, variant) in &file.variant {
            assert!(!variant.title.is_empty(), "{id} {name} has no title");
        }
    }
}

#[test]
fn another_seed_makes_up_other_values_and_nothing_else() {
    for folder in common::catalogue() {
        let scenario = Scenario::load(folder).scenario.unwrap();
        for variant in scenario.variants() {
            let options = RunOptions {
                seed: 7,
                ..RunOptions::default()
            };
            let run = run(&scenario, variant, &options).unwrap();
            assert!(run.passed(), "{} {variant:?}", scenario.id());
        }
    }
}
