//! A run as a Mermaid sequence diagram.

use std::fmt::Write as _;

use crate::picture::{DecisionOutcome, MarkKind, Picture, Row};
use crate::run::Run;

/// Draws a run as a `sequenceDiagram`.
pub fn mermaid(run: &Run) -> String {
    let picture = Picture::of(run);
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = write(&mut out, run, &picture);
    out
}

fn write(out: &mut String, run: &Run, picture: &Picture<'_>) -> std::fmt::Result {
    let plan = &run.plan;
    let name = match &plan.variant {
        Some(variant) => format!("{} {variant}: {}", plan.id, plan.title),
        None => format!("{}: {}", plan.id, plan.title),
    };
    // Front matter is YAML: a JSON string is one of its strings.
    writeln!(out, "---\ntitle: {}\n---", serde_json::Value::from(name))?;
    writeln!(out, "sequenceDiagram")?;
    for (index, lane) in picture.lanes.iter().enumerate() {
        writeln!(
            out,
            "    participant P{index} as {}<br/>{}",
            escaped(&lane.title),
            escaped(&lane.subtitle)
        )?;
    }
    let last = picture.lanes.len().saturating_sub(1);
    let over = |lane: Option<usize>| match lane {
        Some(lane) => format!("P{lane}"),
        None if last == 0 => "P0".to_owned(),
        None => format!("P0,P{last}"),
    };
    let everywhere = over(None);
    for row in &picture.rows {
        match row {
            Row::Action { text, note, .. } => {
                if !note.is_empty() {
                    writeln!(out, "    Note over {everywhere}: {}", escaped(note))?;
                }
                writeln!(out, "    Note over {everywhere}: {}", escaped(text))?;
            }
            Row::Exchange(row) => {
                let from = row.from;
                let to = row.to.unwrap_or(from);
                let mut request = format!("{} {}", row.method, row.target);
                if row.preflight {
                    request.push_str(" (CORS-preflight)");
                }
                for mark in &row.request_marks {
                    request.push('\n');
                    request.push_str(&marked(mark.kind, &mark.text));
                }
                writeln!(out, "    P{from}->>P{to}: {}", escaped(&request))?;
                match &row.answer {
                    Ok(answer) => {
                        let mut text = answer.clone();
                        for mark in &row.answer_marks {
                            text.push('\n');
                            text.push_str(&marked(mark.kind, &mark.text));
                        }
                        writeln!(out, "    P{to}-->>P{from}: {}", escaped(&text))?;
                    }
                    Err(why) => writeln!(out, "    P{to}--xP{from}: {}", escaped(why))?,
                }
            }
            Row::Decision(row) => {
                if row.plain {
                    continue;
                }
                let sign = match row.outcome {
                    DecisionOutcome::Allowed => '✓',
                    DecisionOutcome::Opaque => '◌',
                    DecisionOutcome::Blocked => '✗',
                };
                let step = row
                    .step
                    .map_or_else(String::new, |step| format!("\n{step}"));
                writeln!(
                    out,
                    "    Note over P{}: {}",
                    row.lane,
                    escaped(&format!("{sign} {}{step}", row.text))
                )?;
            }
            Row::Sees {
                lane, who, text, ..
            } => {
                writeln!(
                    out,
                    "    Note over {}: {}",
                    over(*lane),
                    escaped(&format!("{who} sees: {text}"))
                )?;
            }
            Row::Learned {
                lane,
                text,
                how,
                permitted,
            } => {
                if !*permitted {
                    writeln!(
                        out,
                        "    Note over {}: {}",
                        over(*lane),
                        escaped(&format!("★ {text}\n{how}"))
                    )?;
                }
            }
            Row::Change {
                lane,
                key,
                before,
                after,
                cause,
                ..
            } => {
                let text = format!("✎ {key}: {before} → {after}\n{cause}");
                writeln!(out, "    Note over {}: {}", over(*lane), escaped(&text))?;
            }
            Row::Trouble { lane, text } => {
                writeln!(
                    out,
                    "    Note over {}: {}",
                    over(*lane),
                    escaped(&format!("! {text}"))
                )?;
            }
        }
    }
    let verdict = if run.passed() {
        "As expected."
    } else {
        "Not as expected."
    };
    writeln!(out, "    Note over {everywhere}: {verdict}")
}

fn marked(kind: MarkKind, text: &str) -> String {
    match kind {
        MarkKind::Header | MarkKind::Body => text.to_owned(),
        MarkKind::Cookie | MarkKind::Credential => format!("● {text}"),
        MarkKind::Missing | MarkKind::Withheld => format!("○ {text}"),
        MarkKind::Secret => format!("★ carries {text}"),
        MarkKind::Tampered => format!("! {text}"),
    }
}

/// A text in which nothing means anything to Mermaid; line ends become breaks.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' => out.push_str("<br/>"),
            '#' | ';' | '<' | '>' | '&' | '"' | '%' | '`' | '\\' | '{' | '}' => {
                let _ = write!(out, "#{};", u32::from(character));
            }
            character if character.is_control() => out.push(' '),
            character => out.push(character),
        }
    }
    out
}
