//! `crossexam check`

use std::process::ExitCode;

use clap::ValueEnum;
use crossexam_scenario::{Diagnostic, Scenario, Severity, has_errors};
use serde_json::json;

use crate::Outcome;
use crate::catalogue::CatalogueOptions;
use crate::terminal::Screen;

/// Check scenarios for mistakes without running them
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Check {
    /// Folders, scenario files, or ids; by default the whole catalogue
    #[arg(value_name = "SCENARIO")]
    scenarios: Vec<String>,
    /// How to write the mistakes
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    format: Format,
    #[command(flatten)]
    catalogue: CatalogueOptions,
}

const AFTER_HELP: &str = "\
Exit codes:
  0  no mistakes (there may be warnings)
  2  mistakes

Examples:
  crossexam check ./my-scenario
  crossexam check --catalogue tests/scenarios
  crossexam check ./my-scenario --format json";

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// With an excerpt of the file, on the standard error stream
    Text,
    /// A list of objects, on the standard output stream
    Json,
}

/// The exit code for mistakes.
const MISTAKES: u8 = 2;

impl Check {
    pub(crate) fn run(self, screen: &mut Screen) -> Outcome {
        let folders = self.catalogue.select(&self.scenarios)?;
        let count = folders.len();
        let mistakes: Vec<Diagnostic> = folders
            .into_iter()
            .flat_map(|folder| Scenario::load(folder).diagnostics)
            .collect();
        match self.format {
            Format::Json => {
                let list: Vec<_> = mistakes.iter().map(as_json).collect();
                screen.line(&format!("{:#}", serde_json::Value::from(list)))?;
            }
            Format::Text => {
                mistakes
                    .iter()
                    .for_each(|mistake| screen.diagnostic(mistake));
                if !screen.quiet {
                    screen.line(&summary(count, &mistakes))?;
                }
            }
        }
        Ok(if has_errors(&mistakes) {
            ExitCode::from(MISTAKES)
        } else {
            ExitCode::SUCCESS
        })
    }
}

fn as_json(mistake: &Diagnostic) -> serde_json::Value {
    let (line, column) = mistake.line_and_column();
    json!({
        "severity": match mistake.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        },
        "file": mistake.source.path,
        "line": line,
        "column": column,
        "message": mistake.message,
        "label": mistake.label,
        "help": mistake.help,
    })
}

fn summary(count: usize, mistakes: &[Diagnostic]) -> String {
    let number = |count: usize, word: &str| match count {
        0 => format!("no {word}s"),
        1 => format!("1 {word}"),
        count => format!("{count} {word}s"),
    };
    let errors = mistakes
        .iter()
        .filter(|mistake| mistake.severity == Severity::Error)
        .count();
    let warnings = mistakes.len() - errors;
    let mut text = format!(
        "{}, {}",
        number(count, "scenario"),
        number(errors, "mistake")
    );
    if warnings > 0 {
        text.push_str(&format!(", {}", number(warnings, "warning")));
    }
    text
}
