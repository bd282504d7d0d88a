//! The catalogue inside the binary, and others.

#![allow(clippy::unwrap_used)]

mod common;

use std::fs;
use std::path::Path;

use common::{ALICE, CHARLIE, SCENARIO, crossexam, output, scenario, shown, text};

#[test]
fn the_catalogue_is_inside_the_binary() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/scenarios");
    let mut expected: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("scenario.toml").is_file())
        .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
        .collect();
    expected.sort();
    let list: serde_json::Value =
        serde_json::from_slice(&output(&["list", "--format", "json"]).stdout).unwrap();
    let listed: Vec<&str> = list
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["folder"].as_str().unwrap())
        .collect();
    assert_eq!(listed, expected);
}

#[test]
fn the_catalogue_is_without_mistakes() {
    let checked = output(&["check"]);
    assert_eq!(checked.status.code(), Some(0), "{}", text(&checked.stderr));
    assert!(
        text(&checked.stderr).is_empty(),
        "{}",
        text(&checked.stderr)
    );
}

#[test]
fn ids_patterns_and_names_select() {
    let ids = |words: &[&str]| {
        let arguments: Vec<&str> = ["list", "--quiet"].iter().chain(words).copied().collect();
        let listed = text(&output(&arguments).stdout);
        listed
            .lines()
            .map(|line| line.split("  ").next().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(ids(&["S04"]), ["S04"]);
    assert_eq!(ids(&["s04", "S04-answer-withheld"]), ["S04"]);
    assert_eq!(ids(&["S0*"]).len(), 9);
}

#[test]
fn an_unknown_id_is_answered_with_the_nearest() {
    insta::assert_snapshot!(shown(crossexam(&["run", "S40-answer-witheld"])));
    insta::assert_snapshot!(shown(crossexam(&["show", "nothing-like-it"])));
}

#[test]
fn a_missing_file_and_one_that_is_no_scenario() {
    let folder = common::folder("no-scenario");
    fs::write(folder.join("notes.txt"), "hello").unwrap();
    insta::assert_snapshot!(shown(crossexam(&["run", "no-scenario/missing.toml"])));
    insta::assert_snapshot!(shown(crossexam(&["run", "no-scenario/notes.txt"])));
    insta::assert_snapshot!(shown(crossexam(&["run", "no-scenario"])));
    insta::assert_snapshot!(shown(crossexam(&["list", "--catalogue", "no-catalogue"])));
}

#[test]
fn another_catalogue() {
    scenario(
        "another",
        &[
            ("scenario.toml", SCENARIO),
            ("alice.js", ALICE),
            ("charlie.html", CHARLIE),
        ],
    );
    insta::assert_snapshot!(shown(crossexam(&["list", "--catalogue", "another"])));
    insta::assert_snapshot!(shown(crossexam(&["show", "T01", "--catalogue", "another"])));
    insta::assert_snapshot!(shown(crossexam(&[
        "show",
        "T01",
        "alice.jss",
        "--catalogue",
        "another"
    ])));
    assert_eq!(
        text(&output(&["show", "T01", "alice.js", "--catalogue", "another"]).stdout),
        ALICE
    );
}

#[test]
fn mistakes_are_shown_where_they_are() {
    let broken = SCENARIO
        .replace("owner", "onwer")
        .replace("alice.js", "alcie.js")
        .replace("\"bob\"\nvisit", "5\nvisit");
    scenario(
        "mistakes",
        &[
            ("scenario.toml", &broken),
            ("alice.js", ALICE),
            ("charlie.html", CHARLIE),
        ],
    );
    insta::assert_snapshot!(shown(crossexam(&["run", "mistakes/T01-test"])));
    insta::assert_snapshot!(shown(crossexam(&[
        "check",
        "mistakes/T01-test/scenario.toml",
        "--format",
        "json"
    ])));
    let color = text(&output(&["check", "mistakes", "--color", "always"]).stderr);
    assert!(color.contains("\u{1b}["));
    let plain = text(&output(&["check", "mistakes", "--color", "never"]).stderr);
    assert!(!plain.contains("\u{1b}["));
}
