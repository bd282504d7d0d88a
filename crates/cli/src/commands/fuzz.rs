//! `crossexam fuzz`

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crossexam_oracle::fuzz::{Disagreement, agrees, fuzz};
use crossexam_oracle::{Case, Oracle};

use crate::failure::Failure;
use crate::terminal::Screen;
use crate::{EXPECTATION_FAILED, Outcome};

/// Hold the model against an independent statement of the CORS protocol, on generated cases
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Fuzz {
    /// How many cases
    #[arg(short, long, value_name = "NUMBER", default_value_t = 10_000)]
    cases: u32,
    /// Which cases: the same seed gives the same ones
    #[arg(short, long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,
    /// The browser to judge by
    #[arg(short, long, value_name = "PROFILE", default_value = "standard")]
    browser: String,
    /// Where to save a case in which they disagree, as small as it could be made
    #[arg(long, value_name = "FILE", default_value = "disagreement.jsonl")]
    save: PathBuf,
    /// Look at the cases in this file, one a line, instead of generated ones
    #[arg(long, value_name = "FILE", conflicts_with_all = ["cases", "seed", "save"])]
    replay: Option<PathBuf>,
}

const AFTER_HELP: &str = "\
Exit codes:
  0  they agree
  1  they disagree in a case, which is shown and saved
  2  bad input

Examples:
  crossexam fuzz
  crossexam fuzz --cases 1000000 --seed 42
  crossexam fuzz --replay disagreement.jsonl";

impl Fuzz {
    pub(crate) fn run(self, screen: &mut Screen) -> Outcome {
        let oracle = Oracle::for_browser(&self.browser).map_err(|error| {
            let help = format!("there are: {}", error.known.join(", "));
            Failure::with_help(error.to_string(), help)
        })?;
        if let Some(path) = &self.replay {
            return replay(&oracle, path, screen);
        }
        let (cases, seed) = (self.cases, self.seed);
        match fuzz(&oracle, cases, seed) {
            Ok(()) => {
                screen.line(&format!(
                    "{cases} cases, seed {seed}: model and statement agree"
                ))?;
                Ok(ExitCode::SUCCESS)
            }
            Err(disagreement) => {
                self.report(&disagreement, screen)?;
                Ok(ExitCode::from(EXPECTATION_FAILED))
            }
        }
    }

    fn report(&self, disagreement: &Disagreement, screen: &Screen) -> Result<(), Failure> {
        let Disagreement { case, why } = disagreement;
        let line = serde_json::to_string(case).unwrap_or_default();
        fs::write(&self.save, format!("{line}\n"))
            .map_err(|error| Failure::file("cannot write", &self.save, &error))?;
        let browser = match &self.browser[..] {
            "standard" => String::new(),
            other => format!(" --browser {other}"),
        };
        let pretty = serde_json::to_string_pretty(case).unwrap_or_default();
        screen.line(&format!(
            "model and statement disagree:\n{why}\n\n{pretty}\n"
        ))?;
        screen.line(&format!(
            "saved; once more:\n  crossexam fuzz{browser} --replay {}\nor from the beginning:\n  crossexam fuzz{browser} --cases {} --seed {}",
            self.save.display(),
            self.cases,
            self.seed
        ))?;
        Ok(())
    }
}

fn replay(oracle: &Oracle, path: &Path, screen: &Screen) -> Outcome {
    let text =
        fs::read_to_string(path).map_err(|error| Failure::file("cannot read", path, &error))?;
    let mut code = ExitCode::SUCCESS;
    for (number, line) in text.lines().enumerate() {
        let number = number + 1;
        if line.trim().is_empty() {
            continue;
        }
        let case: Case = serde_json::from_str(line)
            .map_err(|error| Failure::input(format!("line {number}: {error}")))?;
        match agrees(oracle, &case) {
            Ok(()) => screen.line(&format!("line {number}: they agree"))?,
            Err(why) => {
                screen.line(&format!("line {number}: they disagree\n{why}"))?;
                code = ExitCode::from(EXPECTATION_FAILED);
            }
        }
    }
    Ok(code)
}
