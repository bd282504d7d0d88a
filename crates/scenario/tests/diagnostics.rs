//! What is said about mistakes in scenario files.

#![allow(clippy::unwrap_used)]

use crossexam_scenario::diagnostic::{Style, render};
use crossexam_scenario::{Folder, Scenario};

const GOOD: &str = r#"id = "T01"
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

/// The diagnostics for a scenario file, as text.
fn diagnose(text: &str) -> String {
    let folder = Folder::new(
        "scenarios/T01-test",
        [
            ("scenario.toml", text.to_owned()),
            (
                "alice.js",
                "export default { async fetch() { return new Response('{{secret.mail}}'); } };"
                    .to_owned(),
            ),
            (
                "charlie.html",
                "<script>fetch('https://alice.example/')</script>".to_owned(),
            ),
        ],
    );
    let loaded = Scenario::load(folder);
    let rendered: Vec<String> = loaded
        .diagnostics
        .iter()
        .map(|mistake| render(mistake, Style::default()))
        .collect();
    assert_eq!(
        loaded.scenario.is_none(),
        loaded
            .diagnostics
            .iter()
            .any(|mistake| { mistake.severity == crossexam_scenario::Severity::Error })
    );
    rendered.join("\n\n")
}

/// The good file with one text replaced.
fn with(old: &str, new: &str) -> String {
    assert!(GOOD.contains(old), "{old}");
    diagnose(&GOOD.replacen(old, new, 1))
}

#[test]
fn a_good_file_has_no_mistakes() {
    assert_eq!(diagnose(GOOD), "");
}

#[test]
fn unknown_key() {
    insta::assert_snapshot!(with("owner = \"bob\"", "ownr = \"bob\""));
}

#[test]
fn unknown_key_at_the_top() {
    insta::assert_snapshot!(with("[expect]", "[expects]"));
}

#[test]
fn wrong_type() {
    insta::assert_snapshot!(with("title = \"A test\"", "title = 7"));
}

#[test]
fn wrong_type_with_alternatives() {
    insta::assert_snapshot!(with("known_to = \"alice\"", "known_to = 7"));
}

#[test]
fn wrong_word() {
    insta::assert_snapshot!(with(
        "server = \"alice.js\"",
        "server = \"alice.js\"\nfault = \"silnt\""
    ));
}

#[test]
fn missing_key() {
    insta::assert_snapshot!(with("title = \"A test\"\n", ""));
}

#[test]
fn not_toml() {
    insta::assert_snapshot!(with("who = \"bob\"", "who = bob"));
}

#[test]
fn missing_file() {
    insta::assert_snapshot!(with("alice.js", "alcie.js"));
}

#[test]
fn unknown_person() {
    insta::assert_snapshot!(with("who = \"bob\"", "who = \"bop\""));
}

#[test]
fn unknown_secret_in_a_file() {
    insta::assert_snapshot!(with("[secret.mail]", "[secret.male]"));
}

#[test]
fn two_verbs_in_one_step() {
    insta::assert_snapshot!(with("visit =", "click = \"#go\"\nvisit ="));
}

#[test]
fn no_verb() {
    insta::assert_snapshot!(with(
        "visit = \"https://charlie.example/\"",
        "note = \"hm\""
    ));
}

#[test]
fn adverb_without_its_verb() {
    insta::assert_snapshot!(with("visit =", "method = \"POST\"\nvisit ="));
}

#[test]
fn not_an_address() {
    insta::assert_snapshot!(with(
        "visit = \"https://charlie.example/\"",
        "visit = \"charlie.example\""
    ));
}

#[test]
fn host_without_scheme() {
    insta::assert_snapshot!(with("pages =", "hosts = [\"charlie.example\"]\npages ="));
}

#[test]
fn one_origin_at_two_machines() {
    insta::assert_snapshot!(with(
        "pages =",
        "hosts = \"https://alice.example\"\npages ="
    ));
}

#[test]
fn a_machine_that_is_nobodys() {
    insta::assert_snapshot!(with("[machine.charlie]", "[machine.kittens]"));
}

#[test]
fn learns_and_never_learns() {
    insta::assert_snapshot!(with(
        "[expect]",
        "[expect]\nlearns = { charlie = [\"mail\"] }"
    ));
}

#[test]
fn no_duration() {
    insta::assert_snapshot!(with(
        "visit = \"https://charlie.example/\"",
        "visit = \"https://charlie.example/\"\n[[story]]\nwait = \"2 weeks\""
    ));
}

#[test]
fn a_step_that_is_none() {
    insta::assert_snapshot!(with(
        "[expect]",
        "[expect]\ndecided_by = [{ url = \"*\", step = \"step four\" }]\nrequests = [{ to = \"alcie\" }]"
    ));
}

#[test]
fn a_standard_that_is_none() {
    insta::assert_snapshot!(with(
        "title =",
        "standard = [\"fetsch#cors\", \"https://fetch.spec.whatwg.org/#cors\"]\ntitle ="
    ));
}

#[test]
fn an_id_that_is_not_the_folders() {
    insta::assert_snapshot!(with("id = \"T01\"", "id = \"T02\""));
}

#[test]
fn unknown_browser_profile() {
    insta::assert_snapshot!(with(
        "[[story]]",
        "[browser.bob]\nprofile = \"clasic\"\n\n[[story]]"
    ));
}

#[test]
fn unknown_permission() {
    insta::assert_snapshot!(with(
        "[[story]]",
        "[browser.bob]\npermissions = { \"https://charlie.example\" = [\"local-netwrok\"] }\n\n[[story]]"
    ));
}

#[test]
fn a_mistake_in_a_variant_is_found_where_it_stands_and_said_once() {
    insta::assert_snapshot!(diagnose(&format!(
        "{GOOD}\n[variant.fixed]\nmachine.alice.server = \"fixed.js\"\n\n[variant.vulnerable.expect]\nlearns = {{ dora = \"mail\" }}\n"
    )));
}

#[test]
fn several_mistakes_are_said_at_once() {
    let text = GOOD
        .replace("title = \"A test\"", "titel = \"A test\"")
        .replace("server = \"alice.js\"", "server = 5")
        .replace("owner = \"bob\"", "owner = [\"bob\"]");
    insta::assert_snapshot!(diagnose(&text));
}

#[test]
fn no_scenario_file() {
    let loaded = Scenario::load(Folder::new("scenarios/T09", [("a.html", "")]));
    insta::assert_snapshot!(render(
        &loaded.diagnostics[0],
        Style {
            color: false,
            unicode: true
        }
    ));
}

#[test]
fn not_utf8() {
    let loaded = Scenario::load(Folder::new(
        "T09-x",
        [("scenario.toml", &b"id = \"T09\"\ntitle = \"\xff\""[..])],
    ));
    insta::assert_snapshot!(render(&loaded.diagnostics[0], Style::default()));
}
