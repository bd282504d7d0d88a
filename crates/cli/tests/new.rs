//! A scenario to start from.

#![allow(clippy::unwrap_used)]

mod common;

use std::fs;

use common::{crossexam, folder, output, shown, text};

#[test]
fn a_new_scenario_runs_as_it_says() {
    let folder = folder("new-runs");
    let run = |arguments: &[&str]| crossexam(arguments).current_dir(&folder).output().unwrap();
    let made = run(&["new", "Z01-my-idea"]);
    assert_eq!(made.status.code(), Some(0), "{}", text(&made.stderr));
    insta::assert_snapshot!(text(&made.stdout));
    let checked = run(&["check", "./Z01-my-idea"]);
    assert_eq!(checked.status.code(), Some(0), "{}", text(&checked.stderr));
    let ran = run(&["run", "./Z01-my-idea", "--quiet"]);
    assert_eq!(
        ran.status.code(),
        Some(0),
        "{}{}",
        text(&ran.stdout),
        text(&ran.stderr)
    );
    insta::assert_snapshot!(text(&ran.stdout));
    // From within it, too.
    let inside = crossexam(&["run", ".", "--quiet"])
        .current_dir(folder.join("Z01-my-idea"))
        .output()
        .unwrap();
    assert_eq!(text(&inside.stdout), text(&ran.stdout));
}

#[test]
fn nothing_is_overwritten() {
    let folder = folder("new-twice");
    let path = folder.join("Z01-x");
    let path = path.to_str().unwrap();
    assert_eq!(output(&["new", path]).status.code(), Some(0));
    fs::write(folder.join("Z01-x/alice.js"), "mine").unwrap();
    assert_eq!(output(&["new", path]).status.code(), Some(2));
    assert_eq!(
        fs::read_to_string(folder.join("Z01-x/alice.js")).unwrap(),
        "mine"
    );
    insta::assert_snapshot!(shown(crossexam(&["new", "new-twice/Z01-x"])));
}

#[test]
fn names_that_are_none() {
    for name in ["Z01", "-x", "Z 01-x", "Z01-", "/", ".."] {
        assert_eq!(output(&["new", name]).status.code(), Some(2), "{name}");
    }
    insta::assert_snapshot!(shown(crossexam(&["new", "myidea"])));
}

#[test]
fn a_title_may_have_anything_in_it() {
    let folder = folder("new-title");
    let path = folder.join("Z02-x");
    let path = path.to_str().unwrap();
    let title = "\"Quotes\" \\ and <b>";
    assert_eq!(
        output(&["new", path, "--title", title]).status.code(),
        Some(0)
    );
    let listed = text(&output(&["list", path]).stdout);
    assert!(listed.contains(title), "{listed}");
}
