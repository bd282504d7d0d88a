//! What real browsers did, replayed without them: the model does the same under their profiles.

#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crossexam_browsers::compare::{Count, Verdict, compare};
use crossexam_browsers::explained::Explained;
use crossexam_browsers::{Observation, read, write};
use crossexam_oracle::Oracle;
use crossexam_sim::Profile;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("observations")
}

fn observations(browser: &str) -> Vec<Observation> {
    read(&folder().join(format!("{browser}.jsonl.gz"))).unwrap()
}

fn explained() -> Explained {
    Explained::parse(include_str!("../observations/explained.toml")).unwrap()
}

/// Every difference is explained, and nothing is explained that does not differ.
fn replay(browser: &str) {
    let (oracle, explained) = (Oracle::for_browser(browser).unwrap(), explained());
    let mut found = Vec::new();
    let mut count = Count::default();
    let mut names = BTreeSet::new();
    for observation in observations(browser) {
        assert_eq!(observation.browser, browser);
        let name = observation.case.name.clone().unwrap();
        assert!(names.insert(name.clone()), "{name} is there twice");
        let verdict = compare(&observation, &oracle).unwrap();
        count.add(&verdict);
        let known = explained.reason(browser, &name).is_some();
        match (&verdict, known) {
            (Verdict::Differs(differences), false) => {
                let what: Vec<_> = differences.iter().map(|it| &it.theme[..]).collect();
                found.push(format!("{name}: {}", what.join(", ")));
            }
            (Verdict::Differs(_), true) | (_, false) => {}
            (_, true) => found.push(format!("{name}: explained, and does not differ")),
        }
    }
    assert!(found.is_empty(), "{browser}:\n{}", found.join("\n"));
    assert!(count.agree > 1000, "{count:?}");
    // The aim is 99.5 %; see the guide for how it stands.
    assert!(count.agreement() >= 9700, "{count:?}");
    let cases = explained
        .explained
        .iter()
        .filter(|it| it.browser == browser);
    for case in cases.flat_map(|it| &it.cases) {
        assert!(names.contains(case), "{case} is explained and not there");
    }
}

#[test]
fn the_model_does_what_chromium_did() {
    replay("chromium");
}

#[test]
fn the_model_does_what_firefox_did() {
    replay("firefox");
}

#[test]
fn the_observations_notice_a_model_that_does_otherwise() {
    for browser in ["chromium", "firefox"] {
        let standard = Oracle::for_browser("standard").unwrap();
        let differ = observations(browser)
            .iter()
            .filter(|it| matches!(compare(it, &standard), Ok(Verdict::Differs(_))))
            .count();
        assert!(differ > 50, "{browser}: {differ}");
    }
}

/// Each line of a profile that cites an observation is needed there.
#[test]
fn without_a_cited_deviation_the_cited_case_comes_out_otherwise() {
    for browser in ["chromium", "firefox"] {
        let observations: BTreeMap<_, _> = observations(browser)
            .into_iter()
            .map(|it| (it.case.name.clone().unwrap(), it))
            .collect();
        let text = match browser {
            "chromium" => include_str!("../../crates/sim/profiles/chromium.toml"),
            _ => include_str!("../../crates/sim/profiles/firefox.toml"),
        };
        let mut cited = 0;
        for deviation in Profile::by_name(browser).unwrap().deviations {
            let source = format!("tests/observations/{browser}.jsonl.gz ");
            let Some(case) = deviation.source.strip_prefix(&source) else {
                assert!(
                    deviation.source.starts_with("https://"),
                    "{}",
                    deviation.source
                );
                continue;
            };
            cited += 1;
            let observation = observations
                .get(case)
                .unwrap_or_else(|| panic!("{browser}: {case} is not there"));
            let oracle = Oracle::with_choices(Profile::by_name(browser).unwrap().choices);
            assert_eq!(
                compare(observation, &oracle).unwrap(),
                Verdict::Agrees,
                "{case}"
            );
            let entry = format!("key = \"{}\"\nvalue = true", deviation.key);
            assert!(text.contains(&entry), "{browser}: {}", deviation.key);
            let without = text.replace(&entry, &entry.replace("true", "false"));
            let oracle = Oracle::with_choices(Profile::parse(&without).unwrap().choices);
            let verdict = compare(observation, &oracle).unwrap();
            let differs = matches!(verdict, Verdict::Differs(_));
            assert!(differs, "{browser}: {case} does not show {}", deviation.key);
        }
        assert!(cited > 3, "{browser}");
    }
}

#[test]
fn observations_are_written_as_they_are_read() {
    let all = observations("firefox");
    let file = std::env::temp_dir().join(format!("crossexam-{}.jsonl.gz", std::process::id()));
    write(&file, &all).unwrap();
    let again = read(&file);
    std::fs::remove_file(&file).unwrap();
    assert_eq!(again.unwrap(), all);
}
