//! What recorded browsers pass, to be compared with.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// A recorded run of two browsers.
#[derive(Debug, Clone, Deserialize)]
pub struct Baseline {
    /// The revision of the suite, and its date.
    pub wpt_revision: String,
    /// The browsers and their versions.
    pub browsers: BTreeMap<String, String>,
    tests: Vec<Recorded>,
}

/// What the browsers made of one test file.
#[derive(Debug, Clone, Deserialize)]
pub struct Recorded {
    /// The file.
    pub test: String,
    /// Its folder, as the recording groups them.
    pub dir: String,
    /// What it needs.
    pub class: String,
    /// How many subtests there are, each counted once.
    pub subtests: usize,
    /// In Chromium.
    pub chromium: InBrowser,
    /// In Firefox.
    pub firefox: InBrowser,
}

/// What one browser made of a file.
#[derive(Debug, Clone, Deserialize)]
pub struct InBrowser {
    /// How many subtests pass.
    pub pass: usize,
    /// Those that do not.
    pub failing: Vec<String>,
}

impl InBrowser {
    /// The names of the subtests that do not pass, as testharness.js has them, after their query variant.
    pub fn failing_names(&self) -> BTreeSet<&str> {
        self.failing
            .iter()
            .map(|name| {
                let marks = [" [TIMEOUT]", " [NOTRUN]", " [MISSING]", " [ERROR]"];
                marks
                    .iter()
                    .find_map(|mark| name.strip_suffix(mark))
                    .unwrap_or(name)
            })
            .collect()
    }
}

/// A recording that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{}: {why}", .path.display())]
pub struct BaselineError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong, with line and column where it is no JSON or not of this form.
    pub why: String,
}

impl Baseline {
    /// Reads a recording.
    ///
    /// # Errors
    ///
    /// [`BaselineError`]
    pub fn read(path: &Path) -> Result<Self, BaselineError> {
        let wrong = |why: String| BaselineError {
            path: path.to_owned(),
            why,
        };
        let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
        serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))
    }

    /// What was recorded of a file.
    pub fn of(&self, file: &str) -> Option<&Recorded> {
        self.tests.iter().find(|recorded| recorded.test == file)
    }
}
