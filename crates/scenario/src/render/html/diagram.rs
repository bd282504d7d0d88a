//! The sequence diagram and what its exchanges unfold into.

use std::fmt::Write as _;

use crossexam_web::HeaderList;
use crossexam_web::trace::{CookieOutcome, printable};

use super::super::markup::{escaped, prose};
use super::steps;
use crate::picture::{
    DecisionOutcome, DecisionRow, ExchangeRow, Mark, MarkKind, Picture, Row, shortened,
};
use crate::run::Run;

/// How much of a body is shown, in characters.
const BODY_LIMIT: usize = 4_000;

pub(super) fn diagram(
    out: &mut String,
    _run: &Run,
    picture: &Picture<'_>,
    run_index: usize,
) -> std::fmt::Result {
    let count = picture.lanes.len().max(1);
    write!(
        out,
        "<div class=\"scroll\"><div class=\"diagram\" style=\"--n:{count}\">\n<div class=\"heads\" aria-hidden=\"true\">"
    )?;
    for lane in &picture.lanes {
        write!(
            out,
            "<div class=\"head\"><div><b>{}</b><span>{}</span></div></div>",
            escaped(&lane.title),
            escaped(&lane.subtitle)
        )?;
    }
    out.push_str("</div>\n<ol class=\"rows\">");
    for lane in 0..picture.lanes.len() {
        write!(
            out,
            "<li class=\"life\" style=\"--x:{lane}\" aria-hidden=\"true\"></li>"
        )?;
    }
    out.push('\n');
    for (row, entry) in picture.rows.iter().zip(&picture.entries) {
        if matches!(
            row,
            Row::Learned {
                permitted: true,
                ..
            }
        ) {
            continue;
        }
        write!(out, "<li class=\"row\" id=\"run{run_index}-{entry}\">")?;
        draw(out, row, picture)?;
        out.push_str("</li>\n");
    }
    out.push_str("</ol>\n</div></div>\n");
    Ok(())
}

fn draw(out: &mut String, row: &Row<'_>, picture: &Picture<'_>) -> std::fmt::Result {
    match row {
        Row::Action { text, note, .. } => {
            write!(out, "<div class=\"action\">{}", escaped(text))?;
            if !note.is_empty() {
                write!(out, "<small>{}</small>", prose(note))?;
            }
            out.push_str("</div>");
            Ok(())
        }
        Row::Exchange(row) => exchange(out, row, picture),
        Row::Decision(row) => decision(out, row, picture),
        Row::Sees {
            lane, who, text, ..
        } => {
            open_note(out, *lane, picture, "says")?;
            write!(
                out,
                "<small>{} sees</small>{}</div>",
                escaped(who),
                escaped(text)
            )
        }
        Row::Learned {
            lane, text, how, ..
        } => {
            open_note(out, *lane, picture, "bad")?;
            write!(
                out,
                "<span class=\"lead\">★ {}</span><small>{}</small></div>",
                escaped(text),
                escaped(how)
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
            open_note(out, *lane, picture, if *meant { "" } else { "bad" })?;
            write!(
                out,
                "<span class=\"lead\"><code>{}</code>: <code>{}</code> → <code>{}</code></span><small>{}</small></div>",
                escaped(key),
                escaped(before),
                escaped(after),
                escaped(cause)
            )
        }
        Row::Trouble { lane, text } => {
            open_note(out, *lane, picture, "bad")?;
            write!(out, "<span class=\"lead\">{}</span></div>", escaped(text))
        }
    }
}

fn open_note(
    out: &mut String,
    lane: Option<usize>,
    picture: &Picture<'_>,
    class: &str,
) -> std::fmt::Result {
    let last = picture.lanes.len().saturating_sub(1);
    let lane = lane.unwrap_or(last / 2);
    let place = match lane {
        _ if last == 0 => "",
        0 => " first",
        lane if lane == last => " last",
        _ => "",
    };
    write!(
        out,
        "<div class=\"note {class}{place}\" style=\"--x:{lane}\">"
    )
}

fn exchange(out: &mut String, row: &ExchangeRow<'_>, picture: &Picture<'_>) -> std::fmt::Result {
    let (left, right, lost) = match row.to.filter(|to| *to != row.from) {
        Some(to) => (row.from.min(to), row.from.max(to), ""),
        None => (row.from, row.from + 1, " lost"),
    };
    let rightwards = row.from == left;
    let (there, back) = if rightwards {
        ("to-right", "to-left")
    } else {
        ("to-left", "to-right")
    };
    let preflight = if row.preflight { " preflight" } else { "" };
    let name = |lane: Option<usize>| {
        lane.and_then(|lane| picture.lanes.get(lane)).map_or_else(
            || "nobody".to_owned(),
            |lane| format!("{}, {}", lane.title, lane.subtitle),
        )
    };
    write!(
        out,
        "<details class=\"exchange{preflight}\"><summary><div class=\"flow{lost}\" style=\"--l:{left};--r:{right}\">\
         <div class=\"what\"><span class=\"num\">{}</span><b>{} {}</b>{}<span class=\"vh\"> from {} to {}</span></div>",
        row.number,
        escaped(&row.method),
        escaped(&row.target),
        if row.preflight {
            " <span class=\"cause\">CORS-preflight</span>"
        } else {
            ""
        },
        escaped(&name(Some(row.from))),
        escaped(&name(row.to)),
    )?;
    if !row.preflight && !row.cause.is_empty() {
        write!(out, "<div class=\"cause\">{}</div>", escaped(&row.cause))?;
    }
    chips(out, &row.request_marks)?;
    write!(out, "<div class=\"wire {there}\"></div>")?;
    match &row.answer {
        Ok(answer) => {
            write!(
                out,
                "<div class=\"status\">{}</div><div class=\"wire answer {back}\"></div>",
                escaped(answer)
            )?;
            chips(out, &row.answer_marks)?;
        }
        Err(why) => {
            if row.to.is_some() {
                write!(out, "<div class=\"wire failed {back}\"></div>")?;
            }
            write!(out, "<div class=\"status bad\">{}</div>", escaped(why))?;
        }
    }
    out.push_str("</div></summary>");
    unfolded(out, row)?;
    out.push_str("</details>");
    Ok(())
}

fn chips(out: &mut String, marks: &[Mark]) -> std::fmt::Result {
    if marks.is_empty() {
        return Ok(());
    }
    out.push_str("<div class=\"chips\">");
    for mark in marks {
        let (class, sign) = match mark.kind {
            MarkKind::Header | MarkKind::Body => ("", ""),
            MarkKind::Missing | MarkKind::Withheld => ("warn", "○ "),
            MarkKind::Cookie | MarkKind::Credential => ("good", "● "),
            MarkKind::Secret => ("warn", "★ carries "),
            MarkKind::Tampered => ("bad", "! "),
        };
        write!(
            out,
            "<span class=\"chip {class}\">{sign}{}</span>",
            escaped(&mark.text)
        )?;
    }
    out.push_str("</div>");
    Ok(())
}

fn unfolded(out: &mut String, row: &ExchangeRow<'_>) -> std::fmt::Result {
    let exchange = row.exchange;
    out.push_str("<div class=\"unfolded\"><div class=\"pair\"><div><h4>Request</h4>");
    write!(
        out,
        "<pre>{} {}</pre>",
        escaped(&printable(&exchange.method)),
        escaped(&exchange.url)
    )?;
    headers(out, &exchange.request_headers)?;
    body(out, &exchange.request_body)?;
    if let Some(address) = &exchange.address {
        write!(out, "<p class=\"cause\">to {}</p>", escaped(address))?;
    }
    if let Some(subject) = &exchange.client_certificate {
        write!(
            out,
            "<p class=\"cause\">client certificate: {}</p>",
            escaped(subject)
        )?;
    }
    out.push_str("</div><div><h4>Answer</h4>");
    match &exchange.answer {
        Ok(answer) => {
            write!(
                out,
                "<pre>{} {}</pre>",
                answer.status,
                escaped(&printable(&answer.status_message))
            )?;
            headers(out, &answer.headers)?;
            body(out, &answer.body)?;
        }
        Err(why) => write!(out, "<p>None: {}</p>", escaped(why))?,
    }
    out.push_str("</div></div>");
    if let Some(how) = &exchange.tampered {
        write!(out, "<h4>On the way</h4><p>{}</p>", escaped(how))?;
    }
    if !row.cookies.is_empty() {
        out.push_str(
            "<h4>Cookies</h4><table><tr><th scope=\"col\">Name</th><th scope=\"col\">What became of it</th><th scope=\"col\">Why</th></tr>",
        );
        for decision in &row.cookies {
            let (class, words) = match decision.outcome {
                CookieOutcome::Sent => ("good", "● sent"),
                CookieOutcome::Withheld => ("warn", "○ withheld"),
                CookieOutcome::Stored => ("good", "● stored"),
                CookieOutcome::Deleted => ("", "deleted"),
                CookieOutcome::Rejected => ("warn", "○ refused"),
                CookieOutcome::Evicted => ("warn", "○ dropped"),
            };
            write!(
                out,
                "<tr><td><code>{}</code></td><td><span class=\"chip {class}\">{words}</span></td><td>{}</td></tr>",
                escaped(&decision.name),
                escaped(&decision.reason)
            )?;
        }
        out.push_str("</table>");
    }
    out.push_str("</div>");
    Ok(())
}

fn headers(out: &mut String, list: &HeaderList) -> std::fmt::Result {
    if list.is_empty() {
        return Ok(());
    }
    out.push_str("<table class=\"headers\">");
    for header in list {
        let lower = header.name.to_ascii_lowercase();
        let cors = lower.starts_with(b"access-control-") || lower == b"origin";
        let class = if cors { " class=\"cors\"" } else { "" };
        write!(
            out,
            "<tr{class}><th scope=\"row\">{}</th><td>{}</td></tr>",
            escaped(&printable(&header.name)),
            escaped(&printable(&header.value))
        )?;
    }
    out.push_str("</table>");
    Ok(())
}

fn body(out: &mut String, bytes: &[u8]) -> std::fmt::Result {
    if bytes.is_empty() {
        return Ok(());
    }
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => shortened(text, BODY_LIMIT),
        Err(_) => format!("{} bytes that are not text", bytes.len()),
    };
    write!(
        out,
        "<h4>Body</h4><pre class=\"body\" tabindex=\"0\">{}</pre>",
        escaped(&text)
    )
}

fn decision(out: &mut String, row: &DecisionRow<'_>, picture: &Picture<'_>) -> std::fmt::Result {
    let (class, sign) = match row.outcome {
        _ if row.plain => ("plain", "✓"),
        DecisionOutcome::Allowed => ("good", "✓"),
        DecisionOutcome::Opaque => ("warn", "◌"),
        DecisionOutcome::Blocked => ("bad", "✗"),
    };
    if row.plain && row.fetch.trace.is_empty() {
        return Ok(());
    }
    open_note(out, Some(row.lane), picture, class)?;
    if !row.plain {
        write!(
            out,
            "<span class=\"lead\">{sign} {}</span>",
            prose(&row.text)
        )?;
        if let Some(step) = row.step {
            write!(
                out,
                "{}: {} <small><a href=\"{}\">{}</a></small>",
                escaped(&step.to_string()),
                prose(step.text),
                escaped(&step.algorithm.url()),
                escaped(&step.algorithm.url())
            )?;
        }
    }
    steps::steps(out, row)?;
    out.push_str("</div>");
    Ok(())
}
