//! `crossexam tour`

use std::io::{self, BufRead};
use std::process::ExitCode;

use crossexam_scenario::render::{self, Learner};
use crossexam_scenario::{RunOptions, Scenario};

use super::run::{replay, text_options};
use crate::catalogue::{self, CatalogueOptions};
use crate::failure::Failure;
use crate::terminal::Screen;
use crate::{EXPECTATION_FAILED, Outcome};

/// Read the whole story in order: Alice, Bob and Charlie
///
/// On a terminal the tour waits after each question and each picture, so that you can think first. Otherwise it is written at once.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Tour {
    /// Where to begin: an id such as `S07`
    #[arg(value_name = "FROM")]
    from: Option<String>,
    /// Which part of the catalogue: the letter that the ids begin with
    #[arg(long, value_name = "LETTER", default_value = "S")]
    section: String,
    /// Do not wait
    #[arg(long)]
    no_pause: bool,
    #[command(flatten)]
    catalogue: CatalogueOptions,
}

const AFTER_HELP: &str = "\
Exit codes:
  0  every run came as expected
  1  an expectation failed
  2  bad input

Examples:
  crossexam tour
  crossexam tour S07
  crossexam tour --no-pause | less -R";

impl Tour {
    pub(crate) fn run(self, screen: &mut Screen) -> Outcome {
        let section = self.section.to_uppercase();
        let mut folders = self.catalogue.folders()?;
        folders.retain(|folder| folder.name().to_uppercase().starts_with(&section));
        if folders.is_empty() {
            return Err(Failure::with_help(
                format!("there is no scenario in section `{}`", self.section),
                "`crossexam list` shows those there are",
            ));
        }
        let mut scenarios = catalogue::load(folders, screen)?;
        if let Some(from) = &self.from {
            let Some(start) = scenarios
                .iter()
                .position(|scenario| scenario.id().eq_ignore_ascii_case(from))
            else {
                return Err(Failure::with_help(
                    format!("there is no scenario `{from}` in section {section}"),
                    format!("`crossexam list {section}*` shows those there are"),
                ));
            };
            scenarios.drain(..start);
        }
        let paced = Screen::is_interactive() && !self.no_pause;
        let mut passed = true;
        for (index, scenario) in scenarios.iter().enumerate() {
            match self.scenario(screen, scenario, index, scenarios.len(), paced)? {
                Some(so) => passed &= so,
                None => break,
            }
        }
        Ok(if passed {
            ExitCode::SUCCESS
        } else {
            ExitCode::from(EXPECTATION_FAILED)
        })
    }

    /// Shows one scenario. Says whether it came as expected; `None` if the reader has had enough.
    fn scenario(
        &self,
        screen: &Screen,
        scenario: &Scenario,
        index: usize,
        count: usize,
        paced: bool,
    ) -> Result<Option<bool>, Failure> {
        let variants = scenario.variants();
        let mut passed = true;
        let rule = if screen.unicode { "━" } else { "=" };
        screen.line(&rule.repeat(screen.width))?;
        for (place, variant) in variants.iter().enumerate() {
            let replay = replay(scenario, *variant, &RunOptions::default())?;
            passed &= replay.passed();
            if place == 0 {
                let options = text_options(
                    screen,
                    Learner {
                        before: true,
                        after: false,
                    },
                );
                screen.write(&render::introduction(&replay, &options))?;
                if paced && !pause(screen, "Think about it, then press Enter")? {
                    return Ok(None);
                }
            }
            let after = place + 1 == variants.len();
            let options = text_options(
                screen,
                Learner {
                    before: false,
                    after,
                },
            );
            screen.write(&render::text(&replay, &options))?;
            screen.line("")?;
            let last = after && index + 1 == count;
            if paced && !last {
                let what = format!("{} of {count}. Enter goes on, q stops", index + 1);
                if !pause(screen, &what)? {
                    return Ok(None);
                }
            }
        }
        Ok(Some(passed))
    }
}

/// Waits for Enter; `false` if the reader has had enough.
fn pause(screen: &Screen, text: &str) -> Result<bool, Failure> {
    screen.to_stderr(&format!("[{text}] "));
    let mut line = String::new();
    let read = io::stdin().lock().read_line(&mut line)?;
    screen.to_stderr("\n");
    Ok(read > 0 && !line.trim().eq_ignore_ascii_case("q"))
}
