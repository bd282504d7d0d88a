//! A line that says how far things are, for people who wait longer than a second in front of a terminal.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use crate::terminal::Screen;

/// How far things are.
pub(crate) struct Progress<'a> {
    screen: &'a Screen,
    since: Instant,
    shown: bool,
    of_use: bool,
    total: usize,
}

impl<'a> Progress<'a> {
    /// Begins with `total` things to do.
    #[expect(
        clippy::disallowed_methods,
        reason = "for people who wait; nothing is decided by it"
    )]
    pub(crate) fn new(screen: &'a Screen, total: usize) -> Self {
        let of_use = std::io::stderr().is_terminal() && !screen.quiet && total > 1;
        Self {
            screen,
            since: Instant::now(),
            shown: false,
            of_use,
            total,
        }
    }

    /// Says that the thing with this number (from 1) begins.
    pub(crate) fn at(&mut self, number: usize, what: &str) {
        if self.of_use && self.since.elapsed() > Duration::from_secs(1) {
            self.screen
                .to_stderr(&format!("\r\u{1b}[K{what} ({number} of {})", self.total));
            self.shown = true;
        }
    }

    /// Takes the line away, for example before something else is written.
    pub(crate) fn clear(&mut self) {
        if std::mem::take(&mut self.shown) {
            self.screen.to_stderr("\r\u{1b}[K");
        }
    }
}

impl Drop for Progress<'_> {
    fn drop(&mut self) {
        self.clear();
    }
}
