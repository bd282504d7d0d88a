//! What it costs to replay the catalogue: each variant by itself, with all its realms, and all of them together.
//!
//! Run with `cargo bench -p crossexam-scenario`.

use std::path::Path;

use crossexam_scenario::{Folder, RunOptions, Scenario, run};
use divan::Bencher;

fn main() {
    divan::main();
}

/// The folders of the catalogue, in order.
fn catalogue() -> Vec<Folder> {
    let root = Path::new(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/scenarios"
    ));
    let mut paths: Vec<_> = std::fs::read_dir(root)
        .expect("the catalogue")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.join("scenario.toml").is_file())
        .collect();
    paths.sort();
    paths
        .iter()
        .map(|path| Folder::read(path).expect("a folder"))
        .collect()
}

fn scenarios() -> Vec<Scenario> {
    catalogue()
        .into_iter()
        .map(|folder| Scenario::load(folder).scenario.expect("no mistakes"))
        .collect()
}

/// `S04 fixed` and the like.
fn replays() -> Vec<&'static str> {
    let mut names = Vec::new();
    for scenario in scenarios() {
        for variant in scenario.variants() {
            let name = format!("{} {}", scenario.id(), variant.unwrap_or_default());
            names.push(&*name.leak());
        }
    }
    names
}

fn options(trace: bool) -> RunOptions {
    RunOptions {
        trace,
        ..RunOptions::default()
    }
}

#[divan::bench(args = replays(), sample_count = 20)]
fn replay(bencher: Bencher<'_, '_>, name: &str) {
    let (id, variant) = name.split_once(' ').expect("a name");
    let scenario = scenarios()
        .into_iter()
        .find(|scenario| scenario.id() == id)
        .expect("the scenario");
    let variant = (!variant.is_empty()).then_some(variant);
    bencher.bench_local(|| run(&scenario, variant, &options(true)).expect("a run"));
}

#[divan::bench(args = [true, false], sample_count = 10)]
fn whole_catalogue(bencher: Bencher<'_, '_>, tracing: bool) {
    let scenarios = scenarios();
    bencher.bench_local(|| {
        for scenario in &scenarios {
            for variant in scenario.variants() {
                run(scenario, variant, &options(tracing)).expect("a run");
            }
        }
    });
}

#[divan::bench(sample_count = 20)]
fn reading_and_checking_the_catalogue(bencher: Bencher<'_, '_>) {
    let folders = catalogue();
    bencher.bench_local(|| {
        for folder in &folders {
            assert!(Scenario::load(folder.clone()).scenario.is_some());
        }
    });
}
