//! Scenario files: the input is a `scenario.toml` among the files of all real scenarios. Every variant is planned, and
//! every mistake is drawn.
#![no_main]

use std::path::Path;
use std::sync::LazyLock;

use crossexam_scenario::diagnostic::{Style, render};
use crossexam_scenario::{Folder, SCENARIO_FILE, Scenario};
use libfuzzer_sys::fuzz_target;

/// The files that scenarios name, so that a good scenario stays one.
static FILES: LazyLock<Vec<(String, Vec<u8>)>> = LazyLock::new(|| {
    let scenarios = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/scenarios");
    let mut files = Vec::new();
    for entry in std::fs::read_dir(scenarios).into_iter().flatten().flatten() {
        if let Ok(folder) = Folder::read(&entry.path()) {
            files.extend(
                folder
                    .files
                    .into_iter()
                    .map(|(name, bytes)| (name, bytes.to_vec())),
            );
        }
    }
    files.retain(|(name, _)| name != SCENARIO_FILE);
    files.sort();
    files.dedup_by(|a, b| a.0 == b.0);
    files
});

fuzz_target!(|data: &[u8]| {
    let scenario_file = (SCENARIO_FILE.to_owned(), data.to_vec());
    let files = FILES.iter().cloned().chain([scenario_file]);
    let loaded = Scenario::load(Folder::new("tests/scenarios/S01-fuzzed", files));
    for diagnostic in &loaded.diagnostics {
        let (line, column) = diagnostic.line_and_column();
        assert!(line > 0 && column > 0);
        let style = Style {
            color: false,
            unicode: data.len() % 2 == 0,
        };
        assert!(!render(diagnostic, style).is_empty());
    }
    match &loaded.scenario {
        None => assert!(
            !loaded.diagnostics.is_empty(),
            "what cannot be run has a reason"
        ),
        Some(scenario) => {
            for variant in scenario.variants() {
                let first = scenario.plan(variant, 1);
                assert_eq!(
                    format!("{first:?}"),
                    format!("{:?}", scenario.plan(variant, 1))
                );
            }
        }
    }
});
