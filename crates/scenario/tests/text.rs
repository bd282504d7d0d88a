//! The text renderer.

#![allow(clippy::unwrap_used)]

mod common;

use crossexam_scenario::render::{Learner, TextOptions, text};

#[test]
fn blocked() {
    insta::assert_snapshot!(text(&common::s04("fixed"), &TextOptions::default()));
}

#[test]
fn read() {
    insta::assert_snapshot!(text(&common::s04("vulnerable"), &TextOptions::default()));
}

#[test]
fn everything() {
    insta::assert_snapshot!(text(&common::kitchen_sink(), &TextOptions::default()));
}

#[test]
fn narrow_and_in_ascii() {
    let options = TextOptions {
        width: 72,
        unicode: false,
        learner: Learner {
            before: false,
            after: false,
        },
        verbose: true,
        ..TextOptions::default()
    };
    let drawn = text(&common::s04("vulnerable"), &options);
    assert!(drawn.is_ascii());
    insta::assert_snapshot!(drawn);
}

#[test]
fn colours_change_nothing_but_the_colours() {
    let run = common::kitchen_sink();
    let plain = text(&run, &TextOptions::default());
    let colored = text(
        &run,
        &TextOptions {
            color: true,
            ..TextOptions::default()
        },
    );
    let mut stripped = String::new();
    let mut rest = colored.as_str();
    while let Some(at) = rest.find('\u{1b}') {
        stripped.push_str(&rest[..at]);
        rest = &rest[at..];
        rest = &rest[rest.find('m').unwrap() + 1..];
    }
    stripped.push_str(rest);
    assert_ne!(colored, plain);
    assert_eq!(stripped, plain);
}

#[test]
fn no_line_is_wider_than_it_may_be() {
    for width in [60, 80, 100, 120] {
        for run in [
            common::s04("fixed"),
            common::s04("vulnerable"),
            common::kitchen_sink(),
        ] {
            let drawn = text(
                &run,
                &TextOptions {
                    width,
                    ..TextOptions::default()
                },
            );
            for line in drawn.lines() {
                assert!(line.chars().count() <= width, "{width}: {line}");
            }
        }
    }
}
