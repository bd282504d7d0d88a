//! What is known to fail, and why.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use serde::Deserialize;

use crate::page::Subtest;

/// Known exceptions: subtests that do not pass, each with a reason.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expectations {
    /// The revision of the suite that they are about.
    #[serde(default)]
    pub revision: String,
    /// The exceptions.
    #[serde(default)]
    pub exception: Vec<Exception>,
}

/// Subtests of one file that do not pass for one reason.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exception {
    /// The file.
    pub test: String,
    /// The subtests; none means all of the file.
    #[serde(default)]
    pub subtests: BTreeSet<String>,
    /// What kind of reason it is.
    pub reason: Reason,
    /// The reason in words, with its evidence.
    pub why: String,
}

/// Why a subtest does not pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// The engine lacks something that is no part of the model.
    EngineGap,
    /// The model does not have it and says so.
    NotModelled,
    /// The standard has changed since the revision of the suite.
    StandardChanged,
    /// The test is about a choice that a standard leaves open, and `standard` makes the other one.
    Choice,
    /// The real server or the harness is in the way.
    Harness,
}

impl Reason {
    /// The reason in a few words.
    pub const fn text(self) -> &'static str {
        match self {
            Self::EngineGap => "engine gap",
            Self::NotModelled => "not modelled",
            Self::StandardChanged => "the standard has changed",
            Self::Choice => "a choice of browsers",
            Self::Harness => "server or harness",
        }
    }
}

/// A file of exceptions that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{}: {why}", .path.display())]
pub struct ExpectationsError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong, with line and column where it is no TOML or not of this form.
    pub why: String,
}

impl Expectations {
    /// Reads a file of exceptions.
    ///
    /// # Errors
    ///
    /// [`ExpectationsError`]
    pub fn read(path: &Path) -> Result<Self, ExpectationsError> {
        let wrong = |why: String| ExpectationsError {
            path: path.to_owned(),
            why,
        };
        let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
        toml::from_str(&text).map_err(|error| wrong(error.to_string()))
    }

    /// How many of the exceptions in a file are none of these subtests: nothing came of them.
    pub fn missing(&self, file: &str, came: &IndexMap<String, Subtest>) -> usize {
        let about = self
            .exception
            .iter()
            .filter(|exception| exception.test == file);
        let names: BTreeSet<_> = about.flat_map(|exception| &exception.subtests).collect();
        let missing = names.into_iter().filter(|name| !came.contains_key(*name));
        missing.count()
    }

    /// The exception that a subtest is, if it is one.
    pub fn of(&self, file: &str, subtest: &str) -> Option<&Exception> {
        self.exception.iter().find(|exception| {
            exception.test == file
                && (exception.subtests.is_empty() || exception.subtests.contains(subtest))
        })
    }
}
