//! The `crossexam` command.

mod accounting;
mod catalogue;
mod commands;
mod failure;
mod progress;
mod terminal;

use std::process::ExitCode;

use clap::Parser;

use crate::commands::Command;
use crate::failure::Failure;
use crate::terminal::{Screen, ScreenOptions};

/// Replay, watch and prove what a browser lets one web site do to another.
#[derive(Debug, Parser)]
#[command(name = "crossexam", version, max_term_width = 100, after_help = AFTER_HELP)]
struct Cli {
    #[command(flatten)]
    screen: ScreenOptions,
    #[command(subcommand)]
    command: Command,
}

const AFTER_HELP: &str = "\
Exit codes:
  0  everything came as expected
  1  an expectation failed
  2  bad input: arguments, files, or a scenario with mistakes

Examples:
  crossexam tour                          the story of Alice, Bob and Charlie, step by step
  crossexam run S04                       one scenario, all its variants
  crossexam run S04 --format html -o s04.html
  crossexam new S99-my-idea               a scenario of your own to start from";

fn main() -> ExitCode {
    let cli = Cli::parse();
    let mut screen = Screen::new(&cli.screen);
    match cli.command.run(&mut screen) {
        Ok(code) => code,
        Err(failure) => failure.report(&screen),
    }
}

/// What a command comes to.
type Outcome = Result<ExitCode, Failure>;

/// The exit code for a failed expectation.
const EXPECTATION_FAILED: u8 = 1;
