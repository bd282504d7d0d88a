//! A run as an SVG picture: a sequence diagram that follows the reader's light or dark setting and needs nothing else.

use std::fmt::Write as _;

use super::canvas::wrapped;
use super::markup::escaped;
use crate::picture::{
    DecisionOutcome, DecisionRow, ExchangeRow, Mark, MarkKind, Picture, Row, shortened,
};
use crate::run::Run;

/// The width of a character of the small monospaced text.
const CHARACTER: usize = 7;
/// The height of a line of text.
const LINE: usize = 17;
/// Space left and right.
const MARGIN: usize = 90;
/// How wide a picture is at least.
const MIN_WIDTH: usize = 980;
/// How far apart columns are at least.
const MIN_GAP: usize = 270;
/// The height of the boxes with the names.
const HEAD: usize = 44;

const STYLE: &str = "\
svg{--bg:#fff;--fg:#1d2433;--dim:#667085;--line:#cbd2dc;--box:#f4f6f9;--good:#137a3f;--bad:#b42318;--warn:#9a6700;--accent:#1f5fbf}\
@media(prefers-color-scheme:dark){svg{--bg:#12161d;--fg:#e4e8ef;--dim:#97a1b1;--line:#3a4453;--box:#1c222c;--good:#4ac37f;--bad:#ff7b72;--warn:#e0b34c;--accent:#7ab2ff}}\
text{font:12px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;fill:var(--fg);paint-order:stroke;stroke:var(--bg);stroke-width:4px;stroke-linejoin:round}\
.t{font:600 18px system-ui,sans-serif}.s{font:13px system-ui,sans-serif;fill:var(--dim)}.n{font:600 14px system-ui,sans-serif;stroke:none}\
.b{font-weight:700}.dim{fill:var(--dim)}.good{fill:var(--good)}.bad{fill:var(--bad)}.warn{fill:var(--warn)}.accent{fill:var(--accent)}\
.box{fill:var(--box);stroke:var(--line)}.in{stroke:none}.life{stroke:var(--line);stroke-width:1.5}\
.a{stroke:var(--fg);stroke-width:1.5;fill:none}.ap{stroke:var(--accent);stroke-width:1.5;stroke-dasharray:5 4;fill:none}.ab{stroke:var(--bad);stroke-width:1.5;stroke-dasharray:5 4;fill:none}\
.h{fill:var(--fg)}.hp{fill:var(--accent)}.hb{fill:var(--bad)}\
.note{fill:var(--box);stroke-width:1.5}.note.good{stroke:var(--good)}.note.bad{stroke:var(--bad)}.note.warn{stroke:var(--warn)}.note.dim{stroke:var(--line)}";

/// Draws a run.
pub fn svg(run: &Run) -> String {
    let picture = Picture::of(run);
    let count = picture.lanes.len().max(1);
    let gaps = count.saturating_sub(1).max(1);
    let width = MIN_WIDTH.max(2 * MARGIN + gaps * MIN_GAP);
    let gap = if count == 1 {
        0
    } else {
        (width - 2 * MARGIN) / gaps
    };
    let mut drawing = Drawing {
        columns: (0..count).map(|index| MARGIN + index * gap).collect(),
        width,
        y: 0,
        body: String::new(),
    };
    // Writing to a string cannot fail.
    let _ = drawing.all(run, &picture);
    let plan = &run.plan;
    let mut out = String::new();
    let _ = writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
         role=\"img\" aria-labelledby=\"title\"><title id=\"title\">{title}</title><style>{STYLE}</style>\
         <rect width=\"{width}\" height=\"{height}\" fill=\"var(--bg)\"/>{body}</svg>",
        height = drawing.y,
        title = escaped(&format!(
            "{} {}: {}",
            plan.id,
            plan.variant.as_deref().unwrap_or(""),
            plan.title
        )),
        body = drawing.body,
    );
    out
}

struct Drawing {
    columns: Vec<usize>,
    width: usize,
    y: usize,
    body: String,
}

impl Drawing {
    fn all(&mut self, run: &Run, picture: &Picture<'_>) -> std::fmt::Result {
        let plan = &run.plan;
        self.y = 34;
        self.text(24, &format!("{}  {}", plan.id, plan.title), "t")?;
        if let Some(variant) = &plan.variant {
            self.y += 20;
            self.text(24, &format!("{variant}: {}", plan.variant_title), "s")?;
        }
        self.y += 20;
        let top = self.y + HEAD;
        let mut heads = String::new();
        for (lane, x) in picture.lanes.iter().zip(&self.columns) {
            let half = 15 + shortened(&lane.subtitle, 24).chars().count().max(10) * CHARACTER / 2;
            write!(
                heads,
                "<rect class=\"box\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{HEAD}\" rx=\"8\"/>\
                 <text class=\"n\" x=\"{x}\" y=\"{}\" text-anchor=\"middle\">{}</text>\
                 <text class=\"dim in\" x=\"{x}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
                x.saturating_sub(half),
                self.y,
                2 * half,
                self.y + 19,
                escaped(&lane.title),
                self.y + 35,
                escaped(&shortened(&lane.subtitle, 24)),
            )?;
        }
        self.y = top + 22;
        let before = std::mem::take(&mut self.body);
        for row in &picture.rows {
            self.row(row)?;
        }
        let rows = std::mem::replace(&mut self.body, before);
        for x in self.columns.iter().take(picture.lanes.len()) {
            write!(
                self.body,
                "<line class=\"life\" x1=\"{x}\" x2=\"{x}\" y1=\"{top}\" y2=\"{}\"/>",
                self.y
            )?;
        }
        self.body.push_str(&heads);
        self.body.push_str(&rows);
        self.y += 26;
        self.verdict(run)
    }

    fn row(&mut self, row: &Row<'_>) -> std::fmt::Result {
        match row {
            Row::Action { text, note, .. } => self.action(text, note),
            Row::Exchange(row) => self.exchange(row),
            Row::Decision(row) => self.decision(row),
            Row::Sees {
                lane, who, text, ..
            } => self.note(*lane, "dim", &[(format!("{who} sees: {text}"), "")]),
            Row::Learned {
                lane,
                text,
                how,
                permitted,
            } => {
                if *permitted {
                    return Ok(());
                }
                self.note(
                    *lane,
                    "bad",
                    &[(format!("★ {text}"), "bad b"), (how.clone(), "dim")],
                )
            }
            Row::Change {
                lane,
                key,
                before,
                after,
                cause,
                meant,
            } => {
                let class = if *meant { "dim" } else { "bad" };
                let text = if *meant { "b" } else { "bad b" };
                self.note(
                    *lane,
                    class,
                    &[
                        (format!("{key}: {before} → {after}"), text),
                        (cause.clone(), "dim"),
                    ],
                )
            }
            Row::Trouble { lane, text } => self.note(*lane, "bad", &[(format!("! {text}"), "bad")]),
        }
    }

    fn action(&mut self, text: &str, note: &str) -> std::fmt::Result {
        if !note.is_empty() {
            for line in wrapped(note, (self.width - 60) / CHARACTER) {
                self.y += LINE;
                self.text(24, &line, "s")?;
            }
        }
        self.y += 10;
        write!(
            self.body,
            "<rect class=\"box\" x=\"16\" y=\"{}\" width=\"{}\" height=\"28\" rx=\"6\"/>",
            self.y,
            self.width - 32
        )?;
        self.y += 19;
        self.text(28, &shortened(text, (self.width - 60) / CHARACTER - 6), "n")?;
        self.y += 28;
        Ok(())
    }

    fn exchange(&mut self, row: &ExchangeRow<'_>) -> std::fmt::Result {
        let from = self.column(row.from);
        let (reached, to) = match row.to.filter(|to| *to != row.from) {
            Some(to) => (true, self.column(to)),
            None => (false, from + 110),
        };
        let left = from.min(to);
        let label = left + 12;
        let room = (self.width - label) / CHARACTER - 2;
        let what = format!("{} {} {}", row.number, row.method, row.target);
        let (what, class) = if row.preflight {
            (format!("{what}  (CORS-preflight)"), "b accent")
        } else {
            (what, "b")
        };
        self.line(label, &shortened(&what, room), class)?;
        if !row.preflight && !row.cause.is_empty() {
            self.lines(label, &row.cause, "dim", room)?;
        }
        self.marks(label, &row.request_marks, room)?;
        let (arrow, head) = if row.preflight {
            ("ap", "hp")
        } else {
            ("a", "h")
        };
        self.y += 9;
        self.arrow(from, to, arrow, head)?;
        match &row.answer {
            Ok(answer) => {
                self.line(label, answer, class)?;
                self.y += 7;
                self.arrow(to, from, arrow, head)?;
                self.marks(label, &row.answer_marks, room)?;
            }
            Err(why) => {
                if reached {
                    self.y += 12;
                    self.arrow(to, from, "ab", "hb")?;
                }
                self.lines(label, &format!("✗ {why}"), "bad", room)?;
            }
        }
        self.y += 22;
        Ok(())
    }

    fn arrow(&mut self, from: usize, to: usize, line: &str, head: &str) -> std::fmt::Result {
        let y = self.y;
        let (end, back) = if to > from {
            (to - 2, to - 11)
        } else {
            (to + 2, to + 11)
        };
        write!(
            self.body,
            "<line class=\"{line}\" x1=\"{from}\" x2=\"{end}\" y1=\"{y}\" y2=\"{y}\"/>\
             <path class=\"{head}\" d=\"M{end} {y}L{back} {} {back} {}z\"/>",
            y - 4,
            y + 4
        )
    }

    fn marks(&mut self, x: usize, marks: &[Mark], room: usize) -> std::fmt::Result {
        for mark in marks {
            let (text, class) = match mark.kind {
                MarkKind::Header => (mark.text.clone(), ""),
                MarkKind::Body => (mark.text.clone(), "dim"),
                MarkKind::Missing | MarkKind::Withheld => (format!("○ {}", mark.text), "warn"),
                MarkKind::Cookie | MarkKind::Credential => (format!("● {}", mark.text), "good"),
                MarkKind::Secret => (format!("★ carries {}", mark.text), "warn"),
                MarkKind::Tampered => (format!("! {}", mark.text), "bad"),
            };
            self.lines(x, &text, class, room)?;
        }
        Ok(())
    }

    fn decision(&mut self, row: &DecisionRow<'_>) -> std::fmt::Result {
        if row.plain {
            return Ok(());
        }
        let (sign, class) = match row.outcome {
            DecisionOutcome::Allowed => ('✓', "good"),
            DecisionOutcome::Opaque => ('◌', "warn"),
            DecisionOutcome::Blocked => ('✗', "bad"),
        };
        let bold = format!("b {class}");
        let mut lines = vec![(format!("{sign} {}", row.text), bold.as_str())];
        if let Some(step) = row.step {
            lines.push((format!("{step}: {}", step.text.trim_end_matches('.')), ""));
            lines.push((step.algorithm.url(), "dim"));
        }
        self.note(Some(row.lane), class, &lines)
    }

    /// A box with lines of text, centred on a column where there is room.
    fn note(
        &mut self,
        lane: Option<usize>,
        class: &str,
        lines: &[(String, &str)],
    ) -> std::fmt::Result {
        let limit = 66;
        let lines: Vec<(String, &str)> = lines
            .iter()
            .flat_map(|(text, class)| {
                wrapped(text, limit)
                    .into_iter()
                    .map(move |line| (line, *class))
            })
            .collect();
        let longest = lines
            .iter()
            .map(|(line, _)| line.chars().count())
            .max()
            .unwrap_or(0);
        let width = longest * CHARACTER + longest / 4 + 24;
        let centre = lane.map_or(self.width / 2, |lane| self.column(lane));
        let x = centre
            .saturating_sub(width / 2)
            .max(12)
            .min(self.width.saturating_sub(width + 12));
        write!(
            self.body,
            "<rect class=\"note {class}\" x=\"{x}\" y=\"{}\" width=\"{width}\" height=\"{}\" rx=\"6\"/>",
            self.y,
            lines.len() * LINE + 12
        )?;
        self.y += 3;
        for (line, class) in &lines {
            self.line(x + 12, line, &format!("in {class}"))?;
        }
        self.y += 27;
        Ok(())
    }

    fn verdict(&mut self, run: &Run) -> std::fmt::Result {
        let room = (self.width - 48) / CHARACTER - 6;
        for finding in &run.verdict.findings {
            let (sign, class) = if finding.passed {
                ('✓', "good")
            } else {
                ('✗', "bad")
            };
            self.lines(24, &format!("{sign} {}", finding.text), class, room)?;
            if !finding.passed {
                self.lines(44, &finding.detail, "", room - 4)?;
            }
        }
        for problem in &run.verdict.problems {
            let class = if problem.allowed { "dim" } else { "bad" };
            self.lines(24, &format!("✗ {}", problem.text), class, room)?;
        }
        let (text, class) = if run.passed() {
            ("As expected.", "good b")
        } else {
            ("Not as expected.", "bad b")
        };
        self.y += 6;
        self.line(24, text, class)?;
        self.y += 24;
        Ok(())
    }

    fn column(&self, lane: usize) -> usize {
        self.columns.get(lane).copied().unwrap_or(MARGIN)
    }

    fn lines(&mut self, x: usize, text: &str, class: &str, room: usize) -> std::fmt::Result {
        for line in wrapped(text, room) {
            self.line(x, &line, class)?;
        }
        Ok(())
    }

    fn line(&mut self, x: usize, text: &str, class: &str) -> std::fmt::Result {
        self.y += LINE;
        self.text(x, text, class)
    }

    fn text(&mut self, x: usize, text: &str, class: &str) -> std::fmt::Result {
        let y = self.y;
        let class = class.trim();
        if class.is_empty() {
            write!(
                self.body,
                "<text x=\"{x}\" y=\"{y}\">{}</text>",
                escaped(text)
            )
        } else {
            write!(
                self.body,
                "<text class=\"{class}\" x=\"{x}\" y=\"{y}\">{}</text>",
                escaped(text)
            )
        }
    }
}
