//! Runs the real binary.

#![allow(dead_code, unreachable_pub, clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The binary, away from the repository and from whatever the environment says.
pub fn crossexam(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_crossexam"));
    command
        .args(arguments)
        .current_dir(env!("CARGO_TARGET_TMPDIR"))
        .env_clear()
        .env("LANG", "C.UTF-8")
        .stdin(Stdio::null());
    command
}

/// What a command printed and its exit code, as one text.
pub fn shown(mut command: Command) -> String {
    let output = command.output().unwrap();
    format!(
        "exit code: {}\n--- stdout\n{}--- stderr\n{}",
        output
            .status
            .code()
            .map_or_else(|| "none".to_owned(), |code| code.to_string()),
        text(&output.stdout),
        text(&output.stderr)
    )
}

/// Runs and gives the output.
pub fn output(arguments: &[&str]) -> Output {
    crossexam(arguments).output().unwrap()
}

/// Bytes as text.
pub fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A fresh folder for a test.
pub fn folder(test: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
    if path.exists() {
        fs::remove_dir_all(&path).unwrap();
    }
    fs::create_dir_all(&path).unwrap();
    path
}

/// A scenario's folder with these files, `T01-test` in a fresh folder; gives the fresh one.
pub fn scenario(test: &str, files: &[(&str, &str)]) -> PathBuf {
    let path = folder(test);
    let inner = path.join("T01-test");
    fs::create_dir_all(&inner).unwrap();
    for (name, text) in files {
        fs::write(inner.join(name), text).unwrap();
    }
    path
}

/// A small scenario: Bob opens Charlie's page, and Alice has a program.
pub const SCENARIO: &str = r#"id = "T01"
title = "A test"

[machine.alice]
server = "alice.js"

[machine.charlie]
pages = { "/" = "charlie.html" }

[secret.mail]
owner = "bob"
known_to = "alice"

[[story]]
who = "bob"
visit = "https://charlie.example/"

[expect]
never_learns = { charlie = "mail" }
"#;

/// Alice's program for it.
pub const ALICE: &str = r#"export default {
  fetch() {
    return new Response("{{secret.mail}}");
  },
};
"#;

/// Charlie's page for it.
pub const CHARLIE: &str = r#"<!doctype html>
<script>
  fetch("https://alice.example/").catch((error) => console.log(String(error)));
</script>
"#;
