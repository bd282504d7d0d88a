//! The model against the statement, by command.

#![allow(clippy::unwrap_used)]

mod common;

use common::{crossexam, folder, shown};

#[test]
fn they_agree() {
    insta::assert_snapshot!(shown(crossexam(&["fuzz", "--cases", "200", "--seed", "7"])));
}

/// A browser that forgets permissions before the servers said so is not what the statement expects.
#[test]
fn a_saved_case_is_repeated() {
    let call = r#"{"fetch":{"url":"https://alice.example/","method":"PUT","cache":"no-store"}}"#;
    let case = format!(
        r#"{{"page":{{"url":"https://charlie.example/"}},"steps":[{call},{{"wait":601}},{call}],"answers":[{{"headers":["Access-Control-Allow-Origin: *","Access-Control-Allow-Methods: PUT","Access-Control-Max-Age: 86400"]}}]}}"#
    );
    std::fs::write(folder("fuzz-replay").join("case.jsonl"), case).unwrap();
    let replayed = |browser: &str| {
        shown(crossexam(&[
            "fuzz",
            "--browser",
            browser,
            "--replay",
            "fuzz-replay/case.jsonl",
        ]))
    };
    insta::assert_snapshot!(replayed("standard"));
    insta::assert_snapshot!(replayed("webkit"));
}

#[test]
fn what_cannot_be_replayed() {
    std::fs::write(folder("fuzz-bad").join("bad.jsonl"), "{}\n").unwrap();
    insta::assert_snapshot!(shown(crossexam(&[
        "fuzz",
        "--replay",
        "fuzz-bad/bad.jsonl"
    ])));
}
