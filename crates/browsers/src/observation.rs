//! What was observed, as data: a line of JSON each.

use std::fs;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use crossexam_oracle::{Case, CaseResult};
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use flate2::{Compression, GzBuilder};
use serde::{Deserialize, Serialize};

/// What one browser made of one case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Observation {
    /// The case.
    pub case: Case,
    /// The browser: the name of its profile.
    pub browser: String,
    /// Its version, as it says it itself.
    pub version: String,
    /// The day, `YYYY-MM-DD`.
    pub date: String,
    /// What the servers saw and what the page got. There are no reasons in it: nobody can see them.
    pub result: CaseResult,
    /// What came of it at other times, if it was not always the same. Such a case says nothing about the model.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub otherwise: Vec<CaseResult>,
}

impl Observation {
    /// Whether it was the same each time.
    pub const fn is_stable(&self) -> bool {
        self.otherwise.is_empty()
    }

    /// What the case is about: its name up to the first slash.
    pub fn theme(&self) -> &str {
        let name = self.case.name.as_deref().unwrap_or("other");
        name.split('/').next().unwrap_or(name)
    }
}

/// A file of observations that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It cannot be read or written.
    #[error("{}: {why}", .file.display())]
    Io {
        /// The file.
        file: PathBuf,
        /// What is wrong.
        why: std::io::Error,
    },
    /// A line is no observation.
    #[error("{}, line {line}: {why}", .file.display())]
    Line {
        /// The file.
        file: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong.
        why: serde_json::Error,
    },
}

/// Reads observations, one a line. A name that ends in `.gz` says that they are compressed.
///
/// # Errors
///
/// [`FileError`]
pub fn read(file: &Path) -> Result<Vec<Observation>, FileError> {
    let io = |why| FileError::Io {
        file: file.to_owned(),
        why,
    };
    let mut bytes = fs::read(file).map_err(io)?;
    if is_compressed(file) {
        let mut plain = Vec::new();
        let mut decoder = MultiGzDecoder::new(&bytes[..]);
        decoder.read_to_end(&mut plain).map_err(io)?;
        bytes = plain;
    }
    let lines = bytes.split(|byte| *byte == b'\n').enumerate();
    lines
        .filter(|(_, line)| !line.trim_ascii().is_empty())
        .map(|(number, line)| {
            serde_json::from_slice(line).map_err(|why| FileError::Line {
                file: file.to_owned(),
                line: number + 1,
                why,
            })
        })
        .collect()
}

/// Writes observations, one a line; compressed if the name ends in `.gz`. The same observations give the same bytes.
///
/// # Errors
///
/// [`FileError`]
pub fn write(file: &Path, observations: &[Observation]) -> Result<(), FileError> {
    let io = |why| FileError::Io {
        file: file.to_owned(),
        why,
    };
    let mut text = Vec::new();
    for observation in observations {
        serde_json::to_writer(&mut text, observation).map_err(|why| io(why.into()))?;
        text.push(b'\n');
    }
    if is_compressed(file) {
        // Neither a name nor a time is in the header.
        let mut encoder: GzEncoder<Vec<u8>> =
            GzBuilder::new().write(Vec::new(), Compression::best());
        encoder.write_all(&text).map_err(io)?;
        text = encoder.finish().map_err(io)?;
    }
    fs::write(file, text).map_err(io)
}

fn is_compressed(file: &Path) -> bool {
    file.extension().is_some_and(|it| it == "gz")
}
