//! The tour.

#![allow(clippy::unwrap_used)]

mod common;

use std::io::Write;
use std::process::Stdio;

use common::{crossexam, output, shown, text};

#[test]
fn without_a_terminal_the_tour_is_written_at_once() {
    let tour = output(&["tour"]);
    assert_eq!(tour.status.code(), Some(0), "{}", text(&tour.stderr));
    let told = text(&tour.stdout);
    let mut last = 0;
    for number in 1..=15 {
        let at = told
            .find(&format!("\nS{number:02}  "))
            .unwrap_or_else(|| panic!("S{number:02} is not told"));
        assert!(at >= last, "S{number:02} is told too early");
        last = at;
    }
    assert!(text(&tour.stderr).is_empty());
}

#[test]
fn it_waits_for_nobody_when_input_is_not_a_terminal() {
    let mut child = crossexam(&["tour", "S15"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"q\n").unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(text(&output.stdout).contains("S15"));
    assert!(!text(&output.stdout).contains("\nS14 "));
}

#[test]
fn beginnings_that_are_not_there() {
    insta::assert_snapshot!(shown(crossexam(&["tour", "S99"])));
    insta::assert_snapshot!(shown(crossexam(&["tour", "--section", "Q"])));
}
