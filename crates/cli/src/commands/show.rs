//! `crossexam show`

use std::process::ExitCode;

use crossexam_scenario::diagnostic::{nearest, there_are};
use crossexam_scenario::links::standard_link;
use crossexam_scenario::{SCENARIO_FILE, Scenario};

use crate::Outcome;
use crate::catalogue::{self, CatalogueOptions};
use crate::failure::Failure;
use crate::terminal::Screen;

/// Show a scenario: its text for the learner, and its files
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Show {
    /// An id, a folder, or a scenario file
    #[arg(value_name = "SCENARIO")]
    scenario: String,
    /// Show only this file, as it is
    #[arg(value_name = "FILE")]
    file: Option<String>,
    #[command(flatten)]
    catalogue: CatalogueOptions,
}

const AFTER_HELP: &str = "\
Examples:
  crossexam show S04
  crossexam show S04 alice.js
  crossexam show S04 --quiet              the text without the files";

impl Show {
    pub(crate) fn run(self, screen: &mut Screen) -> Outcome {
        let folders = self
            .catalogue
            .select(std::slice::from_ref(&self.scenario))?;
        if let Some(name) = &self.file {
            return show_file(screen, &folders, name);
        }
        for scenario in catalogue::load(folders, screen)? {
            screen.write(&learner_text(&scenario, screen.width))?;
            if screen.quiet {
                continue;
            }
            let first = scenario.folder.files.get_key_value(SCENARIO_FILE);
            let others = scenario
                .folder
                .files
                .iter()
                .filter(|(name, _)| *name != SCENARIO_FILE);
            for (name, bytes) in first.into_iter().chain(others) {
                let rule = if screen.unicode { "─" } else { "-" };
                let line = format!("{} {name} ", rule.repeat(2));
                let rest = screen.width.saturating_sub(line.chars().count());
                screen.line(&format!("\n{line}{}", rule.repeat(rest)))?;
                match std::str::from_utf8(bytes) {
                    Ok(text) => screen.write(&printable(text))?,
                    Err(_) => screen.line(&format!("({} bytes that are not text)", bytes.len()))?,
                }
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn show_file(screen: &Screen, folders: &[crossexam_scenario::Folder], name: &str) -> Outcome {
    for folder in folders {
        match folder.files.get(name) {
            Some(bytes) => screen.write(&printable(&String::from_utf8_lossy(bytes)))?,
            None => {
                let names = || folder.files.keys().map(String::as_str);
                let help = match nearest(name, names()) {
                    Some(word) => format!("did you mean `{word}`?"),
                    None => there_are(names()),
                };
                return Err(Failure::with_help(
                    format!("{} has no file `{name}`", folder.name()),
                    help,
                ));
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// A file's text without what would move the cursor or change colours.
fn printable(text: &str) -> String {
    text.chars()
        .map(|c| {
            if c.is_control() && !matches!(c, '\n' | '\t') {
                '\u{fffd}'
            } else {
                c
            }
        })
        .collect()
}

fn learner_text(scenario: &Scenario, width: usize) -> String {
    let file = &scenario.file;
    let mut text = format!("{}  {}\n", file.id, file.title);
    let mut paragraph = |title: &str, words: &str| {
        if !words.trim().is_empty() {
            text.push_str(&format!("\n{title}\n"));
            for line in crossexam_scenario::render::wrapped(words, width - 2) {
                text.push_str(&format!("  {line}\n"));
            }
        }
    };
    paragraph("The question", &file.question);
    paragraph("What to look for", &file.look_for);
    paragraph("What it shows", &file.shows);
    for (name, variant) in &file.variant {
        paragraph(&format!("Variant {name}: {}", variant.title), &variant.text);
        if variant.text.trim().is_empty() {
            paragraph(&format!("Variant {name}"), &variant.title);
        }
    }
    if !file.standard.is_empty() {
        text.push_str("\nIn the standards\n");
        for link in file
            .standard
            .iter()
            .filter_map(|link| standard_link(link).ok())
        {
            text.push_str(&format!("  {link}\n"));
        }
    }
    text
}
