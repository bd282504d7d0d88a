//! What the command says of itself.

#![allow(clippy::unwrap_used)]

mod common;

use common::{crossexam, shown};

#[test]
fn help() {
    insta::assert_snapshot!(shown(crossexam(&["--help"])));
}

#[test]
fn help_of_each_command() {
    for command in [
        "run",
        "tour",
        "list",
        "show",
        "check",
        "explain",
        "judge",
        "fuzz",
        "browsers",
        "spec",
        "new",
        "completions",
    ] {
        let help = shown(crossexam(&[command, "--help"]));
        assert!(help.contains("Examples:"), "{command}");
        insta::assert_snapshot!(format!("help_{command}"), help);
    }
}

#[test]
fn no_command_and_a_wrong_one() {
    insta::assert_snapshot!(shown(crossexam(&["rnu", "S04"])));
    assert_eq!(crossexam(&[]).output().unwrap().status.code(), Some(2));
}

#[test]
fn completions_name_the_commands() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let output = crossexam(&["completions", shell]).output().unwrap();
        assert!(output.status.success());
        assert!(common::text(&output.stdout).contains("tour"), "{shell}");
    }
}
