//! The catalogue of scenarios: every variant comes as its file expects, the same bytes every time, and a line of Alice's
//! policy turns both the verdict and the step that decided.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;

use bytes::Bytes;
use crossexam_scenario::diagnostic::{Style, render};
use crossexam_scenario::picture::{Picture, Row};
use crossexam_scenario::plan::Expectation;
use crossexam_scenario::render::{TextOptions, json, text};
use crossexam_scenario::verdict::person_of;
use crossexam_scenario::{Folder, Run, RunOptions, Scenario, run};
use crossexam_sim::journal::{Event, FetchOutcome};
use crossexam_tests::reach::account;

/// The folders of the catalogue, in order.
fn catalogue() -> Vec<Folder> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let mut paths: Vec<_> = fs::read_dir(&root)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    paths.sort();
    paths
        .iter()
        .map(|path| {
            let mut folder = Folder::read(path).unwrap();
            folder.path = path.file_name().unwrap().to_string_lossy().into_owned();
            folder
        })
        .collect()
}

fn folder(id: &str) -> Folder {
    let begins = format!("{id}-");
    let found = catalogue()
        .into_iter()
        .find(|folder| folder.path.starts_with(&begins));
    found.unwrap_or_else(|| panic!("there is no scenario {id}"))
}

fn load(folder: Folder) -> Scenario {
    let loaded = Scenario::load(folder);
    let mistakes: Vec<_> = loaded
        .diagnostics
        .iter()
        .map(|mistake| render(mistake, Style::default()))
        .collect();
    assert!(mistakes.is_empty(), "{}", mistakes.join("\n\n"));
    loaded.scenario.unwrap()
}

fn play(scenario: &Scenario, variant: Option<&str>) -> Run {
    run(scenario, variant, &RunOptions::default())
        .unwrap_or_else(|error| panic!("{} {variant:?}: {error}", scenario.id()))
}

/// Every run of the catalogue, with its name.
fn runs() -> impl Iterator<Item = (String, Run)> {
    catalogue().into_iter().flat_map(|folder| {
        let scenario = load(folder);
        let variants: Vec<_> = scenario
            .variants()
            .into_iter()
            .map(|variant| variant.map(str::to_owned))
            .collect();
        variants.into_iter().map(move |variant| {
            let name = format!("{} {}", scenario.id(), variant.as_deref().unwrap_or("-"));
            (name, play(&scenario, variant.as_deref()))
        })
    })
}

/// What did not come as expected.
fn failures(run: &Run) -> Vec<String> {
    let findings = run.verdict.findings.iter().filter(|it| !it.passed);
    let problems = run.verdict.problems.iter().filter(|it| !it.allowed);
    findings
        .map(|it| format!("expected: {}\n      but: {}", it.text, it.detail))
        .chain(problems.map(|it| format!("{}: {}", it.kind.name(), it.text)))
        .collect()
}

/// How each fetch of this address was decided: the algorithm's anchor and the step.
fn decisions(run: &Run, url: &str) -> Vec<String> {
    run.journal
        .iter()
        .filter_map(|entry| match &entry.event {
            Event::Fetch(fetch) if fetch.url == url => Some(match &fetch.outcome {
                FetchOutcome::Response { step, .. } => *step,
                FetchOutcome::Error { step, .. } => Some(*step),
            }),
            _ => None,
        })
        .map(|step| {
            step.map_or_else(
                || "no step".to_owned(),
                |step| format!("{} {}", step.algorithm.id, step.number),
            )
        })
        .collect()
}

/// The scenario with one line of its file changed.
fn with_line(id: &str, line: &str, other: &str) -> Scenario {
    let mut folder = folder(id);
    let file = folder.files.get_mut("scenario.toml").unwrap();
    let text = std::str::from_utf8(file).unwrap();
    let lines = text.lines().filter(|it| *it == line).count();
    assert_eq!(lines, 1, "`{line}` stands once in {id}");
    *file = Bytes::from(text.replace(line, other));
    load(folder)
}

fn learns(run: &Run, person: &str, secret: &str) -> bool {
    run.verdict
        .learned
        .iter()
        .any(|it| it.person == person && it.secret == secret)
}

#[test]
fn every_claim_of_the_story_has_a_scenario() {
    let ids: Vec<_> = catalogue()
        .into_iter()
        .map(|folder| load(folder).id().to_owned())
        .filter(|id| id.starts_with('S'))
        .collect();
    let claims: Vec<_> = (1..=15).map(|number| format!("S{number:02}")).collect();
    assert_eq!(ids, claims);
}

#[test]
fn every_scenario_teaches_and_has_a_page() {
    let pages = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/scenarios");
    for scenario in catalogue().into_iter().map(load) {
        let (id, file) = (scenario.id(), &scenario.file);
        assert!(!file.question.is_empty(), "{id} asks nothing");
        assert!(!file.look_for.is_empty(), "{id} does not say where to look");
        assert!(!file.shows.is_empty(), "{id} shows nothing");
        assert!(!file.standard.is_empty(), "{id} cites no standard");
        let page = pages.join(format!("{id}.md"));
        let page =
            fs::read_to_string(&page).unwrap_or_else(|error| panic!("{}: {error}", page.display()));
        for variant in scenario.variants() {
            let plan = scenario.plan(variant, 0).unwrap();
            let about_people = |expectation: &Expectation| {
                matches!(
                    expectation,
                    Expectation::Learns { .. }
                        | Expectation::NeverLearns { .. }
                        | Expectation::State { .. }
                )
            };
            assert!(
                plan.expectations.iter().any(about_people),
                "{id} {variant:?} expects nothing about a person"
            );
            if let Some(variant) = variant {
                assert!(
                    page.contains(&format!("`{variant}`")),
                    "the page of {id} does not speak of {variant}"
                );
            }
        }
    }
}

#[test]
fn every_variant_comes_as_expected() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for (name, run) in account("scenarios", || runs().collect::<Vec<_>>()) {
        count += 1;
        wrong.extend(
            failures(&run)
                .into_iter()
                .map(|why| format!("{name}\n  {why}")),
        );
        assert_eq!(run.passed(), failures(&run).is_empty(), "{name}");
    }
    assert!(count > 15, "there are but {count} runs");
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn the_same_bytes_come_out_every_time() {
    let options = TextOptions::default();
    for ((name, first), (_, second)) in runs().zip(runs()) {
        assert_eq!(
            text(&first, &options),
            text(&second, &options),
            "{name}, as text"
        );
        let document = json(&first);
        assert!(
            document.contains("\"concept-main-fetch\""),
            "{name} has no trace of main fetch"
        );
        assert_eq!(document, json(&second), "{name}, as JSON with its traces");
    }
}

#[test]
fn another_seed_makes_other_secrets_and_the_same_verdict() {
    let scenario = load(folder("S13"));
    let seeded = |seed| {
        let options = RunOptions {
            seed,
            ..RunOptions::default()
        };
        run(&scenario, Some("fetch-allowed"), &options).unwrap()
    };
    let (one, two) = (seeded(1), seeded(2));
    assert_ne!(
        one.plan.secrets["receipt"].value,
        two.plan.secrets["receipt"].value
    );
    assert!(
        one.passed() && two.passed(),
        "{:?} {:?}",
        failures(&one),
        failures(&two)
    );
}

#[test]
fn one_line_of_the_policy_flips_the_verdict_and_the_step() {
    const MAIL: &str = "https://alice.example/mail";
    let line = r#"config = { policy = "none" }"#;
    let before = play(&with_line("S04", line, line), Some("fixed"));
    assert!(before.passed(), "{:?}", failures(&before));
    assert!(!learns(&before, "charlie", "mail"));
    assert_eq!(decisions(&before, MAIL), ["concept-cors-check 2"]);

    let after = play(
        &with_line("S04", line, r#"config = { policy = "reflect" }"#),
        Some("fixed"),
    );
    assert!(!after.passed());
    assert!(learns(&after, "charlie", "mail"));
    assert_eq!(decisions(&after, MAIL), ["concept-cors-check 7"]);
}

#[test]
fn one_line_of_the_allow_list_flips_who_may_read_and_write() {
    const PAGE: &str = "https://alice.example/page";
    let line = r#"allowed = ["https://dora.example", "https://erin.example"]"#;
    let before = play(&with_line("S01", line, line), Some("fixed"));
    assert!(before.passed(), "{:?}", failures(&before));
    assert_eq!(
        decisions(&before, PAGE),
        ["concept-cors-check 5", "concept-cors-check 5"]
    );
    assert_eq!(before.verdict.changes.len(), 1);

    let after = play(
        &with_line("S01", line, r#"allowed = ["https://erin.example"]"#),
        Some("fixed"),
    );
    assert!(!after.passed());
    assert!(!learns(&after, "dora", "page"));
    assert_eq!(
        decisions(&after, PAGE),
        ["concept-cors-check 2", "concept-cors-check 2"]
    );
    assert!(after.verdict.changes.is_empty());
}

#[test]
fn a_browser_without_same_site_sends_the_cookie_that_the_defence_relies_on() {
    let scenario = load(folder("S13"));
    let with = |profile: &str| {
        let options = RunOptions {
            profile: Some(profile.to_owned()),
            ..RunOptions::default()
        };
        let run = run(&scenario, Some("same-site"), &options).unwrap();
        let last = run.verdict.changes.iter().rfind(|it| it.key == "email");
        last.map(|change| (change.by.clone(), change.meant))
    };
    assert_eq!(with("standard"), Some((Some("alice".to_owned()), true)));
    assert_eq!(with("classic"), Some((Some("charlie".to_owned()), false)));
}

#[test]
fn what_an_attacker_answers_in_anothers_place_is_the_attackers_page() {
    let run = play(&load(folder("S15")), Some("wrong-fix"));
    let readers: Vec<_> = run
        .journal
        .iter()
        .filter_map(|entry| match &entry.event {
            Event::Fetch(fetch) if fetch.url.starts_with("https://alice.example/mail") => {
                let reader = fetch
                    .client
                    .as_ref()
                    .and_then(|it| person_of(it, &run.plan));
                Some((fetch.url.rsplit_once('?').unwrap().1, reader.unwrap()))
            }
            _ => None,
        })
        .collect();
    let expected = [
        ("https://dora.example", "dora"),
        ("http://dora.example", "charlie"),
        ("https://evildora.example", "charlie"),
        ("https://charlie.example", "charlie"),
    ];
    assert_eq!(readers, expected);
}

#[test]
fn a_change_stands_under_the_request_that_made_it() {
    // Three requests of Charlie's page are under way at once.
    let run = play(&load(folder("S05")), Some("vulnerable"));
    let picture = Picture::of(&run);
    let mut last = "";
    let mut changes = Vec::new();
    for row in &picture.rows {
        match row {
            Row::Exchange(exchange) => last = &exchange.target,
            Row::Change { key, .. } if !key.contains("session") => {
                changes.push((key.as_str(), last))
            }
            _ => {}
        }
    }
    let expected = [
        ("alice.comments", "/comments"),
        ("alice.photos", "/photos/delete"),
        ("alice.comments", "/comments"),
    ];
    assert_eq!(changes, expected);
}
