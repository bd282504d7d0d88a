//! What a run comes to: per file, per folder, beside recorded browsers, and in the suite's own form.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use serde::Serialize;

use crate::baseline::Baseline;
use crate::discover::{Scope, Test};
use crate::expectations::{Expectations, Reason};
use crate::page::{Outcome, Status, Subtest};

/// A run: what came of each test that was chosen.
#[derive(Debug)]
pub struct Run {
    /// The tests and their outcomes, in order; none for those that were not run.
    pub tests: Vec<(Test, Option<Outcome>)>,
}

/// A file, each of its subtests counted once: in the window where it has one, else in the first of its other globals.
#[derive(Debug, Clone, Serialize)]
pub struct FileResult {
    /// The file.
    pub file: String,
    /// Its subtests by name (after the query variant, where there is one), with what became of them.
    #[serde(skip)]
    pub subtests: IndexMap<String, Subtest>,
    /// Outcomes that are no subtest's: files that could not be loaded, or whose time was up.
    pub trouble: Vec<String>,
    /// Why it was not run.
    pub not_runnable: Option<&'static str>,
}

impl FileResult {
    /// How many subtests pass.
    pub fn passed(&self) -> usize {
        let passed = |subtest: &&Subtest| subtest.status == Status::Pass;
        self.subtests.values().filter(passed).count()
    }
}

/// Numbers of a folder.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Counts {
    /// Test files.
    pub files: usize,
    /// Of those: not runnable here.
    pub not_runnable: usize,
    /// Subtests, each counted once a file.
    pub subtests: usize,
    /// Those that pass.
    pub pass: usize,
    /// Those that do not.
    pub fail: usize,
    /// Why files are not runnable, and how many.
    pub reasons: BTreeMap<&'static str, usize>,
    /// Subtests in the recording.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recorded: Option<RecordedCounts>,
}

/// Numbers of a folder in the recorded browsers, for the files that are in the recording.
#[derive(Debug, Clone, Default, Serialize)]
pub struct RecordedCounts {
    /// Subtests.
    pub subtests: usize,
    /// Passed by Chromium.
    pub chromium: usize,
    /// Passed by Firefox.
    pub firefox: usize,
}

/// A subtest that both recorded browsers pass and the model does not.
#[derive(Debug, Clone, Serialize)]
pub struct Finding {
    /// The file.
    pub file: String,
    /// The subtest.
    pub subtest: String,
    /// What became of it here.
    pub status: Status,
    /// What it says.
    pub message: Option<String>,
    /// Why that is known, where it is.
    pub known: Option<Known>,
}

/// A known exception.
#[derive(Debug, Clone, Serialize)]
pub struct Known {
    /// What kind of reason.
    pub reason: &'static str,
    /// The reason in words.
    pub why: String,
}

/// A run in numbers.
#[derive(Debug, Clone, Serialize)]
pub struct Summary {
    /// All folders together.
    pub total: Counts,
    /// Each folder, in order.
    pub folders: IndexMap<String, Counts>,
    /// Subtests that both recorded browsers pass and the model does not; without a recording, every one that does not pass.
    pub findings: Vec<Finding>,
    /// Subtests that pass although they are written down as exceptions.
    pub unexpected_passes: Vec<Finding>,
    /// Files of which fewer subtests came than were recorded, and how many are missing.
    pub missing: Vec<(String, usize)>,
    /// Subtests that pass here and in neither of the recorded browsers.
    pub ahead: Vec<(String, String)>,
}

impl Summary {
    /// The findings that no exception explains.
    pub fn unexplained(&self) -> impl Iterator<Item = &Finding> {
        self.findings
            .iter()
            .filter(|finding| finding.known.is_none())
    }
}

impl Run {
    /// The files, in order.
    pub fn files(&self) -> Vec<FileResult> {
        let mut by_file: IndexMap<&str, Vec<&(Test, Option<Outcome>)>> = IndexMap::new();
        for entry in &self.tests {
            by_file.entry(&entry.0.file).or_default().push(entry);
        }
        by_file
            .into_iter()
            .map(|(file, entries)| file_result(file, &entries))
            .collect()
    }

    /// The numbers.
    pub fn summary(
        &self,
        baseline: Option<&Baseline>,
        expectations: Option<&Expectations>,
    ) -> Summary {
        let mut summary = Summary {
            total: Counts::default(),
            folders: IndexMap::new(),
            findings: Vec::new(),
            unexpected_passes: Vec::new(),
            missing: Vec::new(),
            ahead: Vec::new(),
        };
        for file in self.files() {
            let recorded = baseline.and_then(|baseline| baseline.of(&file.file));
            let folder =
                recorded.map_or_else(|| folder_of(&file.file), |recorded| recorded.dir.clone());
            let folder = summary.folders.entry(folder).or_default();
            for counts in [folder, &mut summary.total] {
                counts.files += 1;
                counts.subtests += file.subtests.len();
                counts.pass += file.passed();
                counts.fail += file.subtests.len() - file.passed();
                if let Some(why) = file.not_runnable {
                    counts.not_runnable += 1;
                    *counts.reasons.entry(why).or_default() += 1;
                }
                if let Some(recorded) = recorded {
                    let sums = counts.recorded.get_or_insert_default();
                    sums.subtests += recorded.subtests;
                    sums.chromium += recorded.chromium.pass;
                    sums.firefox += recorded.firefox.pass;
                }
            }
            if baseline.is_some() && recorded.is_none() {
                continue;
            }
            let failing = recorded.map(|recorded| {
                (
                    recorded.chromium.failing_names(),
                    recorded.firefox.failing_names(),
                )
            });
            for (name, subtest) in &file.subtests {
                let exception = expectations.and_then(|it| it.of(&file.file, name));
                let known = exception.map(|exception| Known {
                    reason: Reason::text(exception.reason),
                    why: exception.why.clone(),
                });
                let finding = Finding {
                    file: file.file.clone(),
                    subtest: name.clone(),
                    status: subtest.status,
                    message: subtest.message.clone(),
                    known,
                };
                let (in_chromium, in_firefox) = match &failing {
                    Some((chromium, firefox)) => {
                        (!chromium.contains(&**name), !firefox.contains(&**name))
                    }
                    None => (true, true),
                };
                if subtest.status == Status::Pass {
                    if finding.known.is_some() {
                        summary.unexpected_passes.push(finding);
                    } else if failing.is_some() && !in_chromium && !in_firefox {
                        summary.ahead.push((file.file.clone(), name.clone()));
                    }
                } else if in_chromium && in_firefox {
                    summary.findings.push(finding);
                }
            }
            if let Some(recorded) = recorded
                && file.not_runnable.is_none()
            {
                let known = expectations.map_or(0, |it| it.missing(&file.file, &file.subtests));
                let missing = recorded
                    .subtests
                    .saturating_sub(file.subtests.len() + known);
                if missing > 0 {
                    summary.missing.push((file.file.clone(), missing));
                }
            }
        }
        summary
    }
}

fn folder_of(file: &str) -> String {
    file.rsplit_once('/')
        .map_or_else(String::new, |(folder, _)| folder.to_owned())
}

fn file_result(file: &str, entries: &[&(Test, Option<Outcome>)]) -> FileResult {
    let mut result = FileResult {
        file: file.to_owned(),
        subtests: IndexMap::new(),
        trouble: Vec::new(),
        not_runnable: None,
    };
    let runnable = || {
        entries
            .iter()
            .filter(|(test, _)| test.not_runnable.is_none())
    };
    let Some(scope) = runnable()
        .map(|(test, _)| test.scope)
        .min_by_key(|scope| order(*scope))
    else {
        result.not_runnable = entries.first().and_then(|(test, _)| test.not_runnable);
        return result;
    };
    for (test, outcome) in runnable().filter(|(test, _)| test.scope == scope) {
        let Some(outcome) = outcome else { continue };
        if !matches!(outcome.status, Status::Ok | Status::Pass) {
            let message = outcome.message.as_deref().unwrap_or_default();
            result
                .trouble
                .push(format!("{}: {:?} {message}", test.url, outcome.status));
        }
        for subtest in &outcome.subtests {
            let name = if test.variant.is_empty() {
                subtest.name.clone()
            } else {
                format!("{} {}", test.variant, subtest.name)
            };
            result.subtests.insert(name, subtest.clone());
        }
    }
    result
}

const fn order(scope: Scope) -> u8 {
    match scope {
        Scope::Window => 0,
        Scope::DedicatedWorker => 1,
        Scope::SharedWorker => 2,
        Scope::DedicatedWorkerModule => 3,
        Scope::SharedWorkerModule => 4,
        Scope::ServiceWorker => 5,
        Scope::ShadowRealm => 6,
    }
}

/// A run in the form that the suite's own tools read (`wptreport.json`).
#[derive(Debug, Serialize)]
pub struct WptReport<'a> {
    run_info: RunInfo<'a>,
    time_start: i64,
    time_end: i64,
    results: Vec<WptResult<'a>>,
}

#[derive(Debug, Serialize)]
struct RunInfo<'a> {
    product: &'static str,
    browser_version: &'static str,
    os: &'static str,
    revision: &'a str,
}

#[derive(Debug, Serialize)]
struct WptResult<'a> {
    test: &'a str,
    status: Status,
    message: Option<&'a str>,
    subtests: &'a [Subtest],
    duration: u128,
}

impl Run {
    /// The report, with when the run began and ended (milliseconds since 1970).
    pub fn wptreport<'a>(
        &'a self,
        revision: &'a str,
        (time_start, time_end): (i64, i64),
    ) -> WptReport<'a> {
        let results = self.tests.iter().filter_map(|(test, outcome)| {
            let outcome = outcome.as_ref()?;
            Some(WptResult {
                test: &test.url,
                status: outcome.status,
                message: outcome.message.as_deref(),
                subtests: &outcome.subtests,
                duration: outcome.took.as_millis(),
            })
        });
        WptReport {
            run_info: RunInfo {
                product: "crossexam",
                browser_version: env!("CARGO_PKG_VERSION"),
                os: std::env::consts::OS,
                revision,
            },
            time_start,
            time_end,
            results: results.collect(),
        }
    }
}
