//! `crossexam completions`

use std::process::ExitCode;

use clap::CommandFactory;
use clap_complete::Shell;

use crate::Outcome;
use crate::terminal::Screen;

/// Write a completion script for a shell
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Completions {
    /// The shell
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

const AFTER_HELP: &str = "\
Examples:
  crossexam completions bash > ~/.local/share/bash-completion/completions/crossexam
  crossexam completions zsh > ~/.zfunc/_crossexam
  crossexam completions fish > ~/.config/fish/completions/crossexam.fish";

impl Completions {
    pub(crate) fn run(self, screen: &mut Screen) -> Outcome {
        let mut script = Vec::new();
        clap_complete::generate(
            self.shell,
            &mut crate::Cli::command(),
            "crossexam",
            &mut script,
        );
        screen.write(&String::from_utf8_lossy(&script))?;
        Ok(ExitCode::SUCCESS)
    }
}
