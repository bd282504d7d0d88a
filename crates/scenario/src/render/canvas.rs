//! Lines of text with columns in them.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Effects, Style};

/// What a text is drawn in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Ink {
    /// As it is.
    #[default]
    Plain,
    /// Less important.
    Dim,
    /// Important.
    Bold,
    /// Let through, passed.
    Good,
    /// Blocked, failed, leaked.
    Bad,
    /// Held back, of note.
    Warn,
    /// A preflight.
    Accent,
}

impl Ink {
    fn style(self) -> Style {
        let color = |color: AnsiColor| color.on_default();
        match self {
            Self::Plain => Style::new(),
            Self::Dim => Style::new().effects(Effects::DIMMED),
            Self::Bold => Style::new().effects(Effects::BOLD),
            Self::Good => color(AnsiColor::Green),
            Self::Bad => color(AnsiColor::Red).effects(Effects::BOLD),
            Self::Warn => color(AnsiColor::Yellow),
            Self::Accent => color(AnsiColor::Cyan),
        }
    }
}

/// Something to draw with: box-drawing characters, or what ASCII has.
#[derive(Debug, Clone, Copy)]
pub(super) struct Glyphs {
    pub(super) bar: char,
    pub(super) line: char,
    pub(super) dotted: char,
    pub(super) right: char,
    pub(super) left: char,
    pub(super) cross: char,
    pub(super) rule: char,
    pub(super) good: char,
    pub(super) bad: char,
    pub(super) hidden: char,
    pub(super) says: char,
    pub(super) star: char,
    pub(super) change: char,
    pub(super) sent: char,
    pub(super) withheld: char,
}

impl Glyphs {
    pub(super) const UNICODE: Self = Self {
        bar: '│',
        line: '─',
        dotted: '╌',
        right: '▶',
        left: '◀',
        cross: '╳',
        rule: '─',
        good: '✓',
        bad: '✗',
        hidden: '◌',
        says: '»',
        star: '★',
        change: '✎',
        sent: '●',
        withheld: '○',
    };

    pub(super) const ASCII: Self = Self {
        bar: '|',
        line: '-',
        dotted: '.',
        right: '>',
        left: '<',
        cross: 'X',
        rule: '-',
        good: '+',
        bad: 'x',
        hidden: '~',
        says: '>',
        star: '*',
        change: '=',
        sent: '+',
        withheld: '-',
    };
}

/// One line: characters, each in its ink.
#[derive(Debug, Clone, Default)]
pub(super) struct Line {
    cells: Vec<(char, Ink)>,
}

impl Line {
    /// Writes a text at a column, over what is there.
    pub(super) fn put(&mut self, column: usize, text: &str, ink: Ink) {
        let length = text.chars().count();
        if self.cells.len() < column + length {
            self.cells.resize(column + length, (' ', Ink::Plain));
        }
        for (offset, character) in text.chars().enumerate() {
            self.cells[column + offset] = (character, ink);
        }
    }

    /// Fills from one column up to another, the latter not included.
    pub(super) fn fill(&mut self, from: usize, to: usize, character: char, ink: Ink) {
        for column in from..to {
            self.put(column, character.encode_utf8(&mut [0; 4]), ink);
        }
    }
}

/// Lines under way.
#[derive(Debug)]
pub(super) struct Canvas {
    /// How wide it is.
    pub(super) width: usize,
    /// Where the columns stand.
    pub(super) columns: Vec<usize>,
    pub(super) glyphs: Glyphs,
    color: bool,
    lines: Vec<Line>,
}

impl Canvas {
    pub(super) fn new(width: usize, columns: Vec<usize>, glyphs: Glyphs, color: bool) -> Self {
        Self {
            width,
            columns,
            glyphs,
            color,
            lines: Vec::new(),
        }
    }

    /// A new line with the columns' bars.
    pub(super) fn barred(&mut self) -> &mut Line {
        let mut line = Line::default();
        for column in &self.columns {
            line.put(*column, self.glyphs.bar.encode_utf8(&mut [0; 4]), Ink::Dim);
        }
        self.push(line)
    }

    /// A new line with nothing but the columns' bars, unless there is one already.
    pub(super) fn gap(&mut self) {
        let bar = self.glyphs.bar;
        let empty = |line: &Line| line.cells.iter().all(|(c, _)| *c == ' ' || *c == bar);
        if !self
            .lines
            .last()
            .is_some_and(|line| !line.cells.is_empty() && empty(line))
        {
            self.barred();
        }
    }

    /// A new empty line.
    pub(super) fn blank(&mut self) -> &mut Line {
        self.push(Line::default())
    }

    fn push(&mut self, line: Line) -> &mut Line {
        self.lines.push(line);
        let last = self.lines.len() - 1;
        &mut self.lines[last]
    }

    /// Writes a paragraph without bars.
    pub(super) fn paragraph(&mut self, indent: usize, text: &str, ink: Ink) {
        for words in wrapped(text, self.width.saturating_sub(indent)) {
            self.blank().put(indent, &words, ink);
        }
    }

    /// Writes a text over the bars, from a column on.
    pub(super) fn beside(&mut self, column: usize, text: &str, ink: Ink) {
        for words in wrapped(text, self.width.saturating_sub(column)) {
            let line = self.barred();
            line.put(column, &words, ink);
        }
    }

    /// The column at which a text that belongs to a lane begins: right of the lane, or of an earlier one if there is no room.
    pub(super) fn room(&self, lane: Option<usize>, wanted: usize) -> usize {
        let index = lane.unwrap_or(0).min(self.columns.len().saturating_sub(1));
        let fits = |index: &usize| {
            self.columns
                .get(*index)
                .is_some_and(|column| self.width.saturating_sub(column + 2) >= wanted)
        };
        (0..=index)
            .rev()
            .find(fits)
            .and_then(|index| self.columns.get(index))
            .map_or(0, |column| column + 2)
    }

    /// The lines as text.
    pub(super) fn finish(self) -> String {
        let mut out = String::new();
        for line in &self.lines {
            let end = line
                .cells
                .iter()
                .rposition(|(c, _)| *c != ' ')
                .map_or(0, |last| last + 1);
            let mut ink = Ink::Plain;
            for (character, wanted) in &line.cells[..end] {
                if self.color && *wanted != ink && (*character != ' ' || *wanted == Ink::Plain) {
                    if ink != Ink::Plain {
                        let _ = write!(out, "{}", ink.style().render_reset());
                    }
                    let _ = write!(out, "{}", wanted.style().render());
                    ink = *wanted;
                }
                out.push(*character);
            }
            if ink != Ink::Plain {
                let _ = write!(out, "{}", ink.style().render_reset());
            }
            out.push('\n');
        }
        out
    }
}

/// A text in lines of at most `width` characters, broken at spaces where possible.
pub fn wrapped(text: &str, width: usize) -> Vec<String> {
    let width = width.max(8);
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut length = 0;
    for word in text.split_whitespace() {
        let mut word: Vec<char> = word.chars().collect();
        if length > 0 && length + 1 + word.len() > width {
            lines.push(std::mem::take(&mut line));
            length = 0;
        }
        while word.len() > width {
            lines.push(word.drain(..width).collect());
        }
        if length > 0 {
            line.push(' ');
            length += 1;
        }
        length += word.len();
        line.extend(word);
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrapping_breaks_at_spaces_and_long_words_anywhere() {
        assert_eq!(wrapped("one two three", 8), ["one two", "three"]);
        assert_eq!(wrapped("", 8), [""]);
        assert_eq!(
            wrapped("0123456789abcdefgh", 8),
            ["01234567", "89abcdef", "gh"]
        );
        assert!(
            wrapped(&"äöü ".repeat(40), 11)
                .iter()
                .all(|line| line.chars().count() <= 11)
        );
    }

    #[test]
    fn no_trailing_spaces_and_no_escapes_without_color() {
        let mut canvas = Canvas::new(20, vec![2, 10], Glyphs::ASCII, false);
        canvas.barred().put(4, "ab  ", Ink::Bad);
        canvas.blank().put(3, "   ", Ink::Plain);
        assert_eq!(canvas.finish(), "  | ab    |\n\n");
    }
}
