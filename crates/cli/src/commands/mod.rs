//! The commands: a file each, and a line in this list.

mod browsers;
mod check;
mod completions;
mod explain;
mod fuzz;
mod judge;
mod list;
mod new;
mod run;
mod show;
mod spec;
mod tour;
mod wpt;

use clap::Subcommand;

use crate::Outcome;
use crate::terminal::Screen;

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Run(run::Run),
    Tour(tour::Tour),
    List(list::List),
    Show(show::Show),
    Check(check::Check),
    Explain(explain::Explain),
    Judge(judge::Judge),
    Fuzz(fuzz::Fuzz),
    Browsers(browsers::Browsers),
    Spec(spec::Spec),
    Wpt(wpt::Wpt),
    New(new::New),
    Completions(completions::Completions),
}

impl Command {
    /// Does it.
    pub(crate) fn run(self, screen: &mut Screen) -> Outcome {
        match self {
            Self::Run(command) => command.run(screen),
            Self::Tour(command) => command.run(screen),
            Self::List(command) => command.run(screen),
            Self::Show(command) => command.run(screen),
            Self::Check(command) => command.run(screen),
            Self::Explain(command) => command.run(screen),
            Self::Judge(command) => command.run(screen),
            Self::Fuzz(command) => command.run(screen),
            Self::Browsers(command) => command.run(screen),
            Self::Spec(command) => command.run(screen),
            Self::Wpt(command) => command.run(screen),
            Self::New(command) => command.run(screen),
            Self::Completions(command) => command.run(screen),
        }
    }
}
