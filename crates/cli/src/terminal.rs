//! Where output goes: colours, width, and which characters there are.

use std::env;
use std::io::{self, IsTerminal, Write};

use anstream::ColorChoice;
use clap::ValueEnum;
use crossexam_scenario::Diagnostic;
use crossexam_scenario::diagnostic::{Style, render};

/// Options that all commands have.
#[derive(Debug, clap::Args)]
pub(crate) struct ScreenOptions {
    /// When to use colours
    #[arg(
        long,
        value_name = "WHEN",
        default_value = "auto",
        global = true,
        help_heading = "Output"
    )]
    color: When,
    /// Draw with ASCII characters only
    #[arg(long, global = true, help_heading = "Output")]
    ascii: bool,
    /// How wide the output may be; by default as wide as the terminal, from 60 to 120, or 100
    #[arg(long, value_name = "COLUMNS", global = true, help_heading = "Output", value_parser = clap::value_parser!(u16).range(60..=400))]
    width: Option<u16>,
    /// Say only what is needed
    #[arg(
        short,
        long,
        global = true,
        help_heading = "Output",
        conflicts_with = "verbose"
    )]
    quiet: bool,
    /// Say more
    #[arg(short, long, global = true, help_heading = "Output")]
    verbose: bool,
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum When {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// The standard streams and what they can show.
#[derive(Debug)]
pub(crate) struct Screen {
    /// Whether the standard output stream takes colours.
    pub(crate) color: bool,
    /// Whether box-drawing characters are to be used.
    pub(crate) unicode: bool,
    /// How wide the output may be.
    pub(crate) width: usize,
    /// Whether only what is needed is to be said.
    pub(crate) quiet: bool,
    /// Whether more is to be said.
    pub(crate) verbose: bool,
    error_color: bool,
}

impl Screen {
    pub(crate) fn new(options: &ScreenOptions) -> Self {
        let choice = match options.color {
            When::Auto => ColorChoice::Auto,
            When::Always => ColorChoice::Always,
            When::Never => ColorChoice::Never,
        };
        choice.write_global();
        let takes = |choice: ColorChoice| !matches!(choice, ColorChoice::Never);
        Self {
            color: takes(anstream::AutoStream::choice(&io::stdout())),
            unicode: !options.ascii && locale_has_unicode(),
            width: options.width.map_or_else(width, usize::from),
            quiet: options.quiet,
            verbose: options.verbose,
            error_color: takes(anstream::AutoStream::choice(&io::stderr())),
        }
    }

    /// The same, for a file: without colours.
    pub(crate) fn for_a_file(&self) -> Self {
        Self {
            color: false,
            ..*self
        }
    }

    /// Whether somebody sits in front of it who reads and types.
    pub(crate) fn is_interactive() -> bool {
        io::stdout().is_terminal() && io::stdin().is_terminal()
    }

    /// Writes to the standard output stream.
    pub(crate) fn write(&self, text: &str) -> io::Result<()> {
        let mut out = io::stdout().lock();
        out.write_all(text.as_bytes())?;
        out.flush()
    }

    /// Writes a line to the standard output stream.
    pub(crate) fn line(&self, text: &str) -> io::Result<()> {
        self.write(&format!("{text}\n"))
    }

    /// Says what is wrong.
    pub(crate) fn error(&self, text: &str) {
        self.say("error", "1;31", text);
    }

    /// Says what to do about it.
    pub(crate) fn help(&self, text: &str) {
        self.say("help", "1;36", text);
    }

    /// Says what is wrong with a scenario file, with an excerpt.
    pub(crate) fn diagnostic(&self, diagnostic: &Diagnostic) {
        let style = Style {
            color: self.error_color,
            unicode: self.unicode,
        };
        self.to_stderr(&format!("{}\n\n", render(diagnostic, style)));
    }

    fn say(&self, word: &str, color: &str, text: &str) {
        if self.error_color {
            self.to_stderr(&format!("\u{1b}[{color}m{word}:\u{1b}[0m {text}\n"));
        } else {
            self.to_stderr(&format!("{word}: {text}\n"));
        }
    }

    /// Writes to the standard error stream; if nobody reads it, nobody is told.
    pub(crate) fn to_stderr(&self, text: &str) {
        let mut stream = io::stderr().lock();
        let _ = stream
            .write_all(text.as_bytes())
            .and_then(|()| stream.flush());
    }
}

/// Whether the locale says that the terminal takes UTF-8; also if it says nothing.
fn locale_has_unicode() -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
        .iter()
        .filter_map(|name| env::var(name).ok())
        .find(|value| !value.is_empty());
    locale.is_none_or(|locale| {
        let locale = locale.to_ascii_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    })
}

fn width() -> usize {
    match terminal_size::terminal_size() {
        Some((terminal_size::Width(columns), _)) if io::stdout().is_terminal() => {
            usize::from(columns).clamp(60, 120)
        }
        Some(_) | None => 100,
    }
}
