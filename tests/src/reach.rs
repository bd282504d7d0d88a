//! Keeps account of the steps that vectors and scenarios reach, for `crossexam spec`.
//!
//! The account is `crates/cli/spec/reached.json`: for each source (a file of vectors, all whole fetches, all scenarios) the
//! steps that it reaches. Whatever stands there is held to be true each time the source is replayed: a step that is no longer
//! reached fails the test. Steps that are reached and not yet written down do not; with `CROSSEXAM_REACH=update` the source's
//! part is written anew. Sources do not know of each other, so their order does not matter.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use crossexam_web::Step;
use crossexam_web::trace::reach;

/// The steps of an algorithm: by number, in the order of the numbers.
type Numbers = BTreeSet<Vec<u32>>;
/// The algorithms of a source, by standard and anchor.
type Reached = BTreeMap<String, Numbers>;

/// The account.
pub fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/cli/spec/reached.json")
}

/// Runs `replay` and holds what it reaches against the account of `source`.
///
/// # Panics
///
/// If a step of the account is not reached, or the account cannot be read.
pub fn account<T>(source: &str, replay: impl FnOnce() -> T) -> T {
    let (result, steps) = reach::during(replay);
    let reached = gather(&steps);
    static FILE: Mutex<()> = Mutex::new(());
    let _guard = FILE
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    let mut account = read();
    if std::env::var("CROSSEXAM_REACH").is_ok_and(|value| value == "update") {
        account.insert(source.to_owned(), reached);
        let text = write(&account);
        std::fs::write(path(), text)
            .unwrap_or_else(|error| panic!("{}: {error}", path().display()));
        return result;
    }
    let mut lost = String::new();
    for (algorithm, numbers) in account.remove(source).unwrap_or_default() {
        let now = reached.get(&algorithm).cloned().unwrap_or_default();
        for number in numbers.difference(&now) {
            lost.push_str(&format!("  {algorithm}, step {}\n", show(number)));
        }
    }
    assert!(
        lost.is_empty(),
        "{source} does not reach any more (CROSSEXAM_REACH=update writes the account anew):\n{lost}"
    );
    result
}

fn gather(steps: &[&'static Step]) -> Reached {
    let mut reached = Reached::new();
    for step in steps {
        // Steps of the model's own, outside the standards, have no number.
        let Some(number) = parse(step.number) else {
            continue;
        };
        let algorithm = format!("{:?} {}", step.algorithm.standard, step.algorithm.id);
        reached.entry(algorithm).or_default().insert(number);
    }
    reached
}

fn parse(number: &str) -> Option<Vec<u32>> {
    number.split('.').map(|part| part.parse().ok()).collect()
}

fn show(number: &[u32]) -> String {
    let parts: Vec<_> = number.iter().map(ToString::to_string).collect();
    parts.join(".")
}

fn read() -> BTreeMap<String, Reached> {
    let text = std::fs::read_to_string(path()).unwrap_or_default();
    if text.is_empty() {
        return BTreeMap::new();
    }
    let account: BTreeMap<String, BTreeMap<String, String>> =
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("reached.json: {error}"));
    let numbers = |text: String| text.split(' ').filter_map(parse).collect();
    account
        .into_iter()
        .map(|(source, reached)| {
            let reached = reached.into_iter();
            (
                source,
                reached.map(|(id, text)| (id, numbers(text))).collect(),
            )
        })
        .collect()
}

/// One line an algorithm, so that two changes seldom meet.
fn write(account: &BTreeMap<String, Reached>) -> String {
    let sources: Vec<_> = account
        .iter()
        .filter(|(_, reached)| !reached.is_empty())
        .map(|(source, reached)| {
            let lines: Vec<_> = reached
                .iter()
                .map(|(algorithm, numbers)| {
                    let numbers: Vec<_> = numbers.iter().map(|number| show(number)).collect();
                    format!("    {algorithm:?}: {:?}", numbers.join(" "))
                })
                .collect();
            format!("  {source:?}: {{\n{}\n  }}", lines.join(",\n"))
        })
        .collect();
    format!("{{\n{}\n}}\n", sources.join(",\n"))
}

/// The sources of the account.
pub fn sources() -> Vec<String> {
    read().into_keys().collect()
}
