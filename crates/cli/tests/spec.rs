//! The account of the standard's steps.

#![allow(clippy::unwrap_used)]

mod common;

use common::{crossexam, text};
use serde_json::Value;

fn document(arguments: &[&str]) -> Value {
    let mut all = vec!["spec", "--format", "json"];
    all.extend(arguments);
    let output = crossexam(&all).output().unwrap();
    serde_json::from_str(&text(&output.stdout)).unwrap()
}

#[test]
fn the_account_does_not_contradict_itself() {
    let document = document(&[]);
    let mistakes = document["mistakes"].as_array().unwrap();
    let mistakes: Vec<_> = mistakes.iter().filter_map(Value::as_str).collect();
    assert!(mistakes.is_empty(), "\n{}", mistakes.join("\n"));
    assert_eq!(document["totals"]["algorithms"], 117);
    assert_eq!(document["totals"]["steps"], 1160);
    let totals = &document["totals"];
    let count = |name: &str| totals[name].as_u64().unwrap();
    assert_eq!(
        count("written") + count("left_out") + count("missing"),
        1160,
        "every step is one of these"
    );
}

#[test]
fn one_algorithm_step_by_step() {
    let output = crossexam(&["spec", "concept-cors-check"]).output().unwrap();
    let told = text(&output.stdout);
    assert!(output.status.success());
    assert!(told.contains("1 algorithms, 8 steps"), "{told}");
    assert!(told.contains("cors_check.rs, cors_check"), "{told}");
    for number in 1..=8 {
        assert!(told.contains(&format!("reached   {number} ")), "{told}");
    }
}

#[test]
fn names_that_are_none() {
    let output = crossexam(&["spec", "concept-cors-chek"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("perhaps `concept-cors-check` is meant"));
}

#[test]
fn lists_of_steps_are_only_those() {
    let document = document(&["Deferred fetching", "--left-out"]);
    for algorithm in document["algorithms"].as_array().unwrap() {
        for step in algorithm["steps"].as_array().unwrap() {
            assert_eq!(step["state"], "left out");
            assert_eq!(step["kind"], "unmodelled");
        }
    }
}

#[test]
fn the_guide_has_the_totals() {
    let page =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/guide/standard.md");
    let before = std::fs::read_to_string(&page).unwrap();
    let document = document(&[]);
    let row = |name: &str, totals: &Value| {
        let cells = ["steps", "written", "reached", "left_out", "missing"];
        let cells = cells.map(|cell| format!(" {} |", totals[cell]));
        format!("| {name} |{}\n", cells.concat())
    };
    let parts = document["parts"].as_array().unwrap().iter();
    let rows: String = parts
        .map(|part| row(part["part"].as_str().unwrap(), &part["totals"]))
        .chain([row("all", &document["totals"])])
        .collect();
    let head = "| --- | ---: | ---: | ---: | ---: | ---: |\n";
    let (start, rest) = before.split_once(head).unwrap();
    let old_rows: usize = rest
        .split_inclusive('\n')
        .take_while(|line| line.starts_with('|'))
        .map(str::len)
        .sum();
    let end = &rest[old_rows..];
    let after = format!("{start}{head}{rows}{end}");
    if std::env::var("CROSSEXAM_REACH").is_ok_and(|value| value == "update") {
        std::fs::write(&page, after).unwrap();
    } else {
        assert!(
            before == after,
            "the table of {} is out of date; CROSSEXAM_REACH=update writes it anew",
            page.display()
        );
    }
}
