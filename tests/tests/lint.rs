//! The formatter, the linter and the documentation's links are part of the tests.
//!
//! Each runs `cargo` in the workspace, as a contributor would, and fails with what it printed.

use std::path::Path;
use std::process::Command;

fn workspace() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// Runs cargo in the workspace; panics with its output when it fails.
fn cargo(arguments: &[&str], environment: &[(&str, &str)]) {
    let mut command = Command::new(env!("CARGO"));
    command
        .current_dir(workspace())
        .args(arguments)
        .env_remove("RUSTFLAGS");
    command.envs(environment.iter().copied());
    let output = command.output().expect("cargo runs");
    assert!(
        output.status.success(),
        "`cargo {}` failed:\n{}\n{}",
        arguments.join(" "),
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
}

#[test]
fn the_code_is_formatted() {
    cargo(&["fmt", "--all", "--check"], &[]);
}

#[test]
fn the_linter_has_nothing_to_say() {
    cargo(
        &[
            "clippy",
            "--workspace",
            "--all-targets",
            "--quiet",
            "--",
            "--deny",
            "warnings",
        ],
        &[],
    );
}

#[test]
fn the_documentation_has_no_broken_links() {
    cargo(
        &[
            "doc",
            "--workspace",
            "--no-deps",
            "--document-private-items",
            "--quiet",
        ],
        &[("RUSTDOCFLAGS", "--deny warnings")],
    );
}
