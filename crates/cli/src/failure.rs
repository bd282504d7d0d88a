//! Why a command could not do what it was asked for.

use std::io;
use std::process::ExitCode;

use crossexam_scenario::Diagnostic;

use crate::terminal::Screen;

/// Why a command could not do what it was asked for.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Bad input, in words; the second text is advice and may be empty.
    Input(String, String),
    /// Mistakes in scenario files.
    Mistakes(Vec<Diagnostic>),
    /// Whoever read the output has gone. Nothing is wrong.
    NobodyReads,
}

/// The exit code for bad input.
const BAD_INPUT: u8 = 2;

impl Failure {
    /// Bad input without advice.
    pub(crate) fn input(text: impl Into<String>) -> Self {
        Self::Input(text.into(), String::new())
    }

    /// Bad input with advice.
    pub(crate) fn with_help(text: impl Into<String>, help: impl Into<String>) -> Self {
        Self::Input(text.into(), help.into())
    }

    /// A file that cannot be read or written.
    pub(crate) fn file(what: &str, path: &std::path::Path, error: &io::Error) -> Self {
        Self::input(format!("{what} {}: {error}", path.display()))
    }

    /// Says it on the standard error stream.
    pub(crate) fn report(self, screen: &Screen) -> ExitCode {
        match self {
            Self::NobodyReads => return ExitCode::SUCCESS,
            Self::Input(text, help) => {
                screen.error(&text);
                if !help.is_empty() {
                    screen.help(&help);
                }
            }
            Self::Mistakes(mistakes) => {
                for mistake in &mistakes {
                    screen.diagnostic(mistake);
                }
            }
        }
        ExitCode::from(BAD_INPUT)
    }
}

impl From<io::Error> for Failure {
    /// For writing to the standard output stream.
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            Self::NobodyReads
        } else {
            Self::input(format!("cannot write: {error}"))
        }
    }
}
