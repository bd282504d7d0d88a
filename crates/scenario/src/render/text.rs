//! A run as text: the people as columns, each exchange between them, the deciding step under it, the verdict last.

use super::canvas::{Canvas, Glyphs, Ink, wrapped};
use crate::picture::{
    DecisionOutcome, DecisionRow, ExchangeRow, Mark, MarkKind, Picture, Row, shortened,
};
use crate::run::Run;

/// How a text is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextOptions {
    /// How many characters a line may have.
    pub width: usize,
    /// With colours (ANSI escapes).
    pub color: bool,
    /// With box-drawing characters instead of ASCII.
    pub unicode: bool,
    /// Which of the learner's texts stand around the picture.
    pub learner: Learner,
    /// Also show what is of less interest: whoever may know a secret and has it.
    pub verbose: bool,
}

/// Which of the learner's texts stand around a picture. A scenario's variants are read one after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Learner {
    /// The title and the question before it.
    pub before: bool,
    /// What it shows, and the links, after it.
    pub after: bool,
}

impl Default for TextOptions {
    fn default() -> Self {
        Self {
            width: 100,
            color: false,
            unicode: true,
            learner: Learner {
                before: true,
                after: true,
            },
            verbose: false,
        }
    }
}

/// How narrow a line may become.
const MIN_WIDTH: usize = 60;
/// Room for the exchanges' numbers, left of the first column.
const MARGIN: usize = 5;
/// Room right of the last column, for its name.
const LAST_COLUMN: usize = 18;
/// How far apart columns are at most.
const MAX_GAP: usize = 44;
/// How much room a text beside a column should have.
const ROOM: usize = 50;

/// Draws a run.
pub fn text(run: &Run, options: &TextOptions) -> String {
    let picture = Picture::of(run);
    let width = options.width.max(MIN_WIDTH);
    let glyphs = if options.unicode {
        Glyphs::UNICODE
    } else {
        Glyphs::ASCII
    };
    let columns = columns(picture.lanes.len(), width);
    let mut drawing = Drawing {
        canvas: Canvas::new(width, columns, glyphs, options.color),
        options,
        run,
        picture: &picture,
    };
    drawing.introduction();
    drawing.names();
    for row in &picture.rows {
        drawing.row(row);
    }
    drawing.canvas.gap();
    drawing.canvas.blank();
    drawing.verdict();
    drawing.conclusion();
    drawing.canvas.finish()
}

/// Writes only what stands before the picture: the title and the question.
pub fn introduction(run: &Run, options: &TextOptions) -> String {
    let glyphs = if options.unicode {
        Glyphs::UNICODE
    } else {
        Glyphs::ASCII
    };
    let mut drawing = Drawing {
        canvas: Canvas::new(
            options.width.max(MIN_WIDTH),
            Vec::new(),
            glyphs,
            options.color,
        ),
        options,
        run,
        picture: &Picture {
            lanes: Vec::new(),
            rows: Vec::new(),
            entries: Vec::new(),
        },
    };
    drawing.question();
    drawing.canvas.finish()
}

fn columns(count: usize, width: usize) -> Vec<usize> {
    let gaps = count.saturating_sub(1).max(1);
    let gap = (width.saturating_sub(MARGIN + LAST_COLUMN) / gaps).min(MAX_GAP);
    (0..count).map(|index| MARGIN + index * gap).collect()
}

/// A name in lines of at most `limit` characters, broken after dots and dashes.
fn broken(name: &str, limit: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for part in name.split_inclusive(['.', '-', ' ', ':']) {
        let part = shortened(part, limit);
        match lines.last_mut() {
            Some(line) if line.chars().count() + part.chars().count() <= limit => {
                line.push_str(&part)
            }
            _ => lines.push(part),
        }
    }
    lines.retain(|line| !line.is_empty());
    lines
}

struct Drawing<'a> {
    canvas: Canvas,
    options: &'a TextOptions,
    run: &'a Run,
    picture: &'a Picture<'a>,
}

impl Drawing<'_> {
    fn question(&mut self) {
        let plan = &self.run.plan;
        if self.options.learner.before {
            let line = self.canvas.blank();
            line.put(0, &plan.id, Ink::Accent);
            line.put(plan.id.chars().count() + 2, &plan.title, Ink::Bold);
            if !self.run.text.question.is_empty() {
                self.canvas.blank();
                self.canvas
                    .paragraph(2, &self.run.text.question, Ink::Plain);
            }
            if !self.run.text.look_for.is_empty() {
                self.canvas.paragraph(2, &self.run.text.look_for, Ink::Dim);
            }
            self.canvas.blank();
        }
    }

    fn introduction(&mut self) {
        self.question();
        let plan = &self.run.plan;
        if let Some(variant) = &plan.variant {
            let line = self.canvas.blank();
            let name = format!("{} {variant}", plan.id);
            line.put(0, &name, Ink::Accent);
            line.put(name.chars().count() + 2, &plan.variant_title, Ink::Bold);
            if !self.run.text.variant.is_empty() {
                self.canvas.paragraph(2, &self.run.text.variant, Ink::Plain);
            }
            self.canvas.blank();
        }
    }

    fn names(&mut self) {
        let columns = self.canvas.columns.clone();
        let limit = |index: usize| match (columns.get(index), columns.get(index + 1)) {
            (Some(own), Some(next)) => next - own - 2,
            (Some(own), None) => self.canvas.width.saturating_sub(own + 1),
            (None, _) => 0,
        };
        let limits: Vec<usize> = (0..columns.len()).map(limit).collect();
        let line = self.canvas.blank();
        for ((lane, column), limit) in self.picture.lanes.iter().zip(&columns).zip(&limits) {
            line.put(*column, &shortened(&lane.title, *limit), Ink::Bold);
        }
        let subtitles: Vec<Vec<String>> = self
            .picture
            .lanes
            .iter()
            .zip(&limits)
            .map(|(lane, limit)| broken(&lane.subtitle, *limit))
            .collect();
        let height = subtitles.iter().map(Vec::len).max().unwrap_or(0);
        for row in 0..height {
            let line = self.canvas.blank();
            for (lines, column) in subtitles.iter().zip(&columns) {
                if let Some(text) = lines.get(row) {
                    line.put(*column, text, Ink::Dim);
                }
            }
        }
        self.canvas.barred();
    }

    fn row(&mut self, row: &Row<'_>) {
        let glyphs = self.canvas.glyphs;
        match row {
            Row::Action { text, note, .. } => self.action(text, note),
            Row::Exchange(row) => self.exchange(row),
            Row::Decision(row) => self.decision(row),
            Row::Sees {
                lane,
                who,
                level,
                text,
            } => {
                let ink = if *level == "error" {
                    Ink::Warn
                } else {
                    Ink::Plain
                };
                self.remark(
                    *lane,
                    glyphs.says,
                    &format!("{who} sees: {text}"),
                    ink,
                    None,
                );
            }
            Row::Learned {
                lane,
                text,
                how,
                permitted,
            } => {
                if *permitted {
                    if self.options.verbose {
                        self.remark(*lane, glyphs.star, text, Ink::Dim, Some(how));
                    }
                } else {
                    self.remark(*lane, glyphs.star, text, Ink::Bad, Some(how));
                }
            }
            Row::Change {
                lane,
                key,
                before,
                after,
                cause,
                meant,
            } => {
                let arrow = if self.options.unicode { "→" } else { "->" };
                let text = format!("{key}: {before} {arrow} {after}");
                let ink = if *meant { Ink::Plain } else { Ink::Bad };
                self.remark(*lane, glyphs.change, &text, ink, Some(cause));
            }
            Row::Trouble { lane, text } => self.remark(*lane, '!', text, Ink::Bad, None),
        }
    }

    fn action(&mut self, text: &str, note: &str) {
        let width = self.canvas.width;
        let glyphs = self.canvas.glyphs;
        self.canvas.gap();
        if !note.is_empty() {
            let column = self.canvas.columns.first().map_or(0, |column| column + 2);
            self.canvas.beside(column, note, Ink::Dim);
        }
        for (index, words) in wrapped(text, width - 6).iter().enumerate() {
            let line = self.canvas.blank();
            if index == 0 {
                line.fill(0, width, glyphs.rule, Ink::Dim);
            }
            line.put(2, &format!(" {words} "), Ink::Bold);
        }
        self.canvas.barred();
    }

    fn remark(
        &mut self,
        lane: Option<usize>,
        glyph: char,
        text: &str,
        ink: Ink,
        detail: Option<&str>,
    ) {
        let column = self.canvas.room(lane, ROOM);
        let before = self.canvas.columns.len();
        debug_assert_eq!(before, self.picture.lanes.len());
        for (index, words) in wrapped(text, self.canvas.width - column - 2)
            .iter()
            .enumerate()
        {
            let line = self.canvas.barred();
            if index == 0 {
                line.put(column, glyph.encode_utf8(&mut [0; 4]), ink);
            }
            line.put(column + 2, words, ink);
        }
        if let Some(detail) = detail {
            self.canvas.beside(column + 2, detail, Ink::Dim);
        }
        self.canvas.barred();
    }

    fn exchange(&mut self, row: &ExchangeRow<'_>) {
        let glyphs = self.canvas.glyphs;
        let columns = self.canvas.columns.clone();
        let from = columns[row.from];
        let (left, right) = match row.to.and_then(|to| columns.get(to)) {
            Some(to) if *to != from => (from.min(*to), from.max(*to)),
            _ => {
                let end = columns
                    .get(row.from + 1)
                    .map_or(from + 16, |next| from + (next - from) / 2);
                (from, end)
            }
        };
        let reached = row.to.is_some_and(|to| to != row.from);
        let rightwards = from == left;
        let label = left + 2;
        let (ink, dash) = if row.preflight {
            (Ink::Accent, glyphs.dotted)
        } else {
            (Ink::Plain, glyphs.line)
        };

        let what = if row.preflight {
            format!("{} {}  (CORS-preflight)", row.method, row.target)
        } else {
            format!("{} {}", row.method, row.target)
        };
        let what = shortened(&what, self.canvas.width - label);
        let line = self.canvas.barred();
        line.put(0, &format!("{:>3}", row.number), Ink::Dim);
        line.put(
            label,
            &what,
            if row.preflight {
                Ink::Accent
            } else {
                Ink::Bold
            },
        );
        if !row.preflight && !row.cause.is_empty() {
            self.canvas.beside(label, &row.cause, Ink::Dim);
        }
        self.marks(label, &row.request_marks);

        let line = self.canvas.barred();
        line.fill(left + 1, right, dash, ink);
        let tip = if rightwards {
            glyphs.right
        } else {
            glyphs.left
        };
        let place = if rightwards { right - 1 } else { left + 1 };
        line.put(place, tip.encode_utf8(&mut [0; 4]), ink);

        let answer_ink = match &row.answer {
            Ok(_) => ink,
            Err(_) => Ink::Bad,
        };
        match &row.answer {
            Ok(answer) => {
                let line = self.canvas.barred();
                line.fill(left + 1, right, dash, answer_ink);
                let tip = if rightwards {
                    glyphs.left
                } else {
                    glyphs.right
                };
                let place = if rightwards { left + 1 } else { right - 1 };
                line.put(place, tip.encode_utf8(&mut [0; 4]), answer_ink);
                let room = right.saturating_sub(left + 8);
                // Where there is no room for the type, the status stands alone.
                let fitting = if answer.chars().count() <= room {
                    answer.as_str()
                } else {
                    answer.split(' ').next().unwrap_or("")
                };
                let words = format!(" {fitting} ");
                let at = if rightwards {
                    right.saturating_sub(words.chars().count() + 2)
                } else {
                    left + 3
                };
                line.put(at.max(left + 3), &words, answer_ink);
                self.marks(label, &row.answer_marks);
            }
            Err(why) => {
                if reached {
                    let line = self.canvas.barred();
                    line.fill(left + 1, right, ' ', Ink::Plain);
                    line.put(
                        left + (right - left) / 2,
                        glyphs.cross.encode_utf8(&mut [0; 4]),
                        Ink::Bad,
                    );
                }
                self.canvas.beside(label, why, Ink::Bad);
            }
        }
        self.canvas.barred();
    }

    fn marks(&mut self, column: usize, marks: &[Mark]) {
        let glyphs = self.canvas.glyphs;
        for mark in marks {
            let (glyph, ink) = match mark.kind {
                MarkKind::Header => (' ', Ink::Plain),
                MarkKind::Missing => (glyphs.withheld, Ink::Warn),
                MarkKind::Cookie | MarkKind::Credential => (glyphs.sent, Ink::Good),
                MarkKind::Withheld => (glyphs.withheld, Ink::Warn),
                MarkKind::Body => (' ', Ink::Dim),
                MarkKind::Secret => (glyphs.star, Ink::Warn),
                MarkKind::Tampered => ('!', Ink::Bad),
            };
            let text = match mark.kind {
                MarkKind::Secret => format!("carries {}", mark.text),
                _ => mark.text.clone(),
            };
            let indent = if glyph == ' ' { 0 } else { 2 };
            let width = self.canvas.width.saturating_sub(column + indent);
            for (index, words) in wrapped(&text, width).iter().enumerate() {
                let line = self.canvas.barred();
                if index == 0 && glyph != ' ' {
                    line.put(column, glyph.encode_utf8(&mut [0; 4]), ink);
                }
                line.put(column + indent, words, ink);
            }
        }
    }

    fn decision(&mut self, row: &DecisionRow<'_>) {
        if row.plain {
            return;
        }
        let glyphs = self.canvas.glyphs;
        let (glyph, ink) = match row.outcome {
            DecisionOutcome::Allowed => (glyphs.good, Ink::Good),
            DecisionOutcome::Opaque => (glyphs.hidden, Ink::Warn),
            DecisionOutcome::Blocked => (glyphs.bad, Ink::Bad),
        };
        let column = self.canvas.room(Some(row.lane), ROOM);
        let width = self.canvas.width - column - 2;
        for (index, words) in wrapped(&row.text, width).iter().enumerate() {
            let line = self.canvas.barred();
            if index == 0 {
                line.put(column, glyph.encode_utf8(&mut [0; 4]), ink);
            }
            line.put(column + 2, words, ink);
        }
        if let Some(step) = row.step {
            let text = step.text.trim_end_matches('.');
            self.canvas
                .beside(column + 2, &format!("{step}: {text}"), Ink::Plain);
            // An address that is broken in two leads nowhere: it rather begins further to the left.
            let url = step.algorithm.url();
            let fitting = self.canvas.width.saturating_sub(url.chars().count());
            self.canvas.beside(fitting.min(column + 2), &url, Ink::Dim);
        }
        self.canvas.barred();
    }

    fn verdict(&mut self) {
        let glyphs = self.canvas.glyphs;
        let verdict = &self.run.verdict;
        for finding in &verdict.findings {
            let (glyph, ink) = if finding.passed {
                (glyphs.good, Ink::Good)
            } else {
                (glyphs.bad, Ink::Bad)
            };
            let text = format!("{glyph} {}", finding.text);
            self.hanging(2, &text, ink);
            if !finding.passed && !finding.detail.is_empty() {
                self.canvas.paragraph(6, &finding.detail, Ink::Plain);
            }
        }
        for problem in &verdict.problems {
            let (glyph, ink) = if problem.allowed {
                (glyphs.hidden, Ink::Dim)
            } else {
                (glyphs.bad, Ink::Bad)
            };
            self.hanging(2, &format!("{glyph} {}", problem.text), ink);
        }
        let failed = verdict
            .findings
            .iter()
            .filter(|finding| !finding.passed)
            .count();
        let troubles = verdict
            .problems
            .iter()
            .filter(|problem| !problem.allowed)
            .count();
        let (text, ink) = match (failed, troubles) {
            (0, 0) => ("As expected.".to_owned(), Ink::Good),
            (0, 1) => (
                "Not as expected: something went wrong.".to_owned(),
                Ink::Bad,
            ),
            (0, troubles) => (
                format!("Not as expected: {troubles} things went wrong."),
                Ink::Bad,
            ),
            (1, _) => (
                "Not as expected: one expectation failed.".to_owned(),
                Ink::Bad,
            ),
            (failed, _) => (
                format!("Not as expected: {failed} expectations failed."),
                Ink::Bad,
            ),
        };
        self.canvas.blank().put(2, &text, ink);
    }

    /// A text whose lines after the first are indented by two more.
    fn hanging(&mut self, indent: usize, text: &str, ink: Ink) {
        let width = self.canvas.width - indent - 2;
        for (index, words) in wrapped(text, width).iter().enumerate() {
            let column = if index == 0 { indent } else { indent + 2 };
            self.canvas.blank().put(column, words, ink);
        }
    }

    fn conclusion(&mut self) {
        if !self.options.learner.after {
            return;
        }
        let text = &self.run.text;
        if !text.shows.is_empty() {
            self.canvas.blank();
            self.canvas.paragraph(2, &text.shows, Ink::Plain);
        }
        for (_, url) in &text.standard {
            self.canvas.paragraph(2, url, Ink::Dim);
        }
    }
}
