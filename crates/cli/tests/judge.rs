//! Judging exchanges.

#![allow(clippy::unwrap_used)]

mod common;

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use common::{crossexam, folder, output, shown, text};

const ALLOWED: &str = r#"{"name":"allowed","page":{"url":"https://charlie.example/"},"steps":[{"fetch":{"url":"https://alice.example/"}}],"answers":[{"headers":["Access-Control-Allow-Origin: *"],"body":"hello"}]}"#;
const NOT_ALLOWED: &str = r#"{"page":{"url":"https://charlie.example/"},"steps":[{"fetch":{"url":"https://alice.example/","method":"PUT"}}]}"#;

/// The command, with these cases in a file.
fn judging(test: &str, cases: &str, more: &[&str]) -> Command {
    fs::write(folder(test).join("cases.jsonl"), cases).unwrap();
    let path = format!("{test}/cases.jsonl");
    let arguments: Vec<&str> = ["judge", &path]
        .into_iter()
        .chain(more.iter().copied())
        .collect();
    crossexam(&arguments)
}

#[test]
fn cases_of_a_file() {
    let cases = format!("{ALLOWED}\n\n{NOT_ALLOWED}");
    insta::assert_snapshot!(shown(judging("judge-file", &cases, &[])));
}

#[test]
fn bad_lines_are_answered_and_the_stream_goes_on() {
    let unknown = r#"{"page":{"url":"https://charlie.example/"},"stepps":[]}"#;
    let no_url = r#"{"page":{"url":"charlie"},"steps":[]}"#;
    let cases = format!("{{\n{unknown}\n{no_url}\n\u{fffd}\n{NOT_ALLOWED}\n");
    insta::assert_snapshot!(shown(judging("judge-bad", &cases, &[])));
}

#[test]
fn whoever_writes_a_line_gets_its_result_before_the_next() {
    let mut command = crossexam(&["judge"]);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let mut results = BufReader::new(child.stdout.take().unwrap()).lines();
    for case in [ALLOWED, "nonsense", NOT_ALLOWED] {
        writeln!(input, "{case}").unwrap();
        let result = results.next().unwrap().unwrap();
        assert_eq!(
            result.contains("\"error\":\"expected"),
            case == "nonsense",
            "{result}"
        );
    }
    drop(input);
    assert_eq!(child.wait().unwrap().code(), Some(2));
}

#[test]
fn jobs_change_nothing() {
    let cases = format!("{ALLOWED}\n{NOT_ALLOWED}\nnonsense\n").repeat(500);
    let with = |jobs: &str| {
        let output = judging("judge-jobs", &cases, &["--jobs", jobs])
            .output()
            .unwrap();
        (output.status.code(), text(&output.stdout))
    };
    let one = with("1");
    assert_eq!(one.1.lines().count(), 1500);
    assert!(one == with("3"));
}

#[test]
fn results_as_expected_and_not() {
    let cases = format!("{ALLOWED}\n{NOT_ALLOWED}\n");
    let results = text(
        &judging("judge-expect", &cases, &[])
            .output()
            .unwrap()
            .stdout,
    );
    let expect = |name: &str, results: &str| {
        let file = format!("expected-{name}.jsonl");
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(&file);
        fs::write(path, results).unwrap();
        let command = judging("judge-expect", &cases, &["--expect", &file]);
        shown(command)
    };
    insta::assert_snapshot!(expect("as-expected", &results));
    let other = results
        .replace("hello", "goodbye")
        .replace("Sec-Fetch-Site: cross-site", "Sec-Fetch-Site: none");
    insta::assert_snapshot!(expect("not-as-expected", &other));
    let half = results.lines().next().unwrap();
    insta::assert_snapshot!(expect("too-few", half));
    insta::assert_snapshot!(expect("too-many", &results.repeat(2)));
    insta::assert_snapshot!(expect("no-results", "nonsense"));
}

#[test]
fn another_browser_and_one_that_is_none() {
    let case = r#"{"page":{"url":"https://charlie.example/"},"cookies":[{"at":"https://alice.example/","set":"a=b; Secure; SameSite=None"}],"steps":[{"fetch":{"url":"https://alice.example/","mode":"no-cors","credentials":"include"}}]}"#;
    let by = |browser: &str| {
        let output = judging("judge-browser", case, &["--browser", browser])
            .output()
            .unwrap();
        text(&output.stdout)
    };
    assert!(by("standard").contains("Cookie: a=b"));
    assert!(!by("firefox").contains("Cookie: a=b"));
    insta::assert_snapshot!(shown(judging(
        "judge-no-browser",
        case,
        &["--browser", "chromum"]
    )));
}

#[test]
fn the_schemas_are_those_beside_the_crate() {
    for (of, file) in [
        ("case", "case.schema.json"),
        ("result", "result.schema.json"),
    ] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../oracle")
            .join(file);
        let printed = text(&output(&["judge", "--schema", of]).stdout);
        assert!(printed == fs::read_to_string(path).unwrap(), "{of}");
    }
}
