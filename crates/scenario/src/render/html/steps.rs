//! The standard's steps that a fetch took.

use std::fmt::Write as _;

use crossexam_web::trace::{CookieOutcome, TraceEvent};

use super::super::markup::{escaped, prose};
use crate::picture::{DecisionOutcome, DecisionRow};

/// The steps, folded, algorithm within algorithm. Those on the way to the deciding step are open.
pub(super) fn steps(out: &mut String, row: &DecisionRow<'_>) -> std::fmt::Result {
    let trace = &row.fetch.trace;
    let count = trace
        .iter()
        .filter(|event| matches!(event, TraceEvent::Step(_)))
        .count();
    if count == 0 {
        return Ok(());
    }
    let decided = row.step.and_then(|step| {
        trace
            .iter()
            .rposition(|event| matches!(event, TraceEvent::Step(taken) if *taken == step))
    });
    let open = decided.map_or_else(Vec::new, |decided| enclosing(trace, decided));
    write!(
        out,
        "<details class=\"more\"><summary>{}{count} step{} of the standards</summary><div class=\"steps\" tabindex=\"0\">",
        if row.plain {
            format!("{}: ", escaped(&row.text))
        } else {
            String::new()
        },
        if count == 1 { "" } else { "s" }
    )?;
    // Whether each open algorithm has an open list item (a step) that facts belong to.
    let mut items: Vec<bool> = Vec::new();
    let mut loose = false;
    for (index, event) in trace.iter().enumerate() {
        match event {
            TraceEvent::Enter(algorithm) => {
                close_item(out, &mut items, &mut loose);
                if items.is_empty() {
                    // At the top there is no list around it.
                } else {
                    out.push_str("<li class=\"inner\">");
                }
                let state = if items.is_empty() || open.contains(&index) {
                    " open"
                } else {
                    ""
                };
                write!(
                    out,
                    "<details{state}><summary>{} <a href=\"{}\" title=\"{}\">§</a></summary><ol>",
                    escaped(algorithm.name),
                    escaped(&algorithm.url()),
                    escaped(algorithm.standard.title()),
                )?;
                items.push(false);
            }
            TraceEvent::Step(step) => {
                close_item(out, &mut items, &mut loose);
                let class = match (Some(index) == decided, row.outcome) {
                    (true, DecisionOutcome::Blocked) => " class=\"decided\"",
                    (true, DecisionOutcome::Allowed | DecisionOutcome::Opaque) => {
                        " class=\"decided ok\""
                    }
                    (false, _) => "",
                };
                if items.is_empty() {
                    out.push_str("<ol>");
                    loose = true;
                }
                write!(
                    out,
                    "<li{class}><span class=\"nr\">{}</span><span>{}</span>",
                    escaped(step.number),
                    prose(step.text)
                )?;
                if let Some(item) = items.last_mut() {
                    *item = true;
                }
            }
            TraceEvent::Fact(fact) => {
                aside(
                    out,
                    &items,
                    loose,
                    &format!("{}: {}", fact.label, fact.value),
                )?;
            }
            TraceEvent::Cookie(decision) => {
                let words = match decision.outcome {
                    CookieOutcome::Sent => "goes along",
                    CookieOutcome::Withheld => "stays at home",
                    CookieOutcome::Stored => "stored",
                    CookieOutcome::Deleted => "deleted",
                    CookieOutcome::Rejected => "refused",
                    CookieOutcome::Evicted => "dropped",
                };
                let why = if decision.reason.is_empty() {
                    String::new()
                } else {
                    format!(": {}", decision.reason)
                };
                aside(
                    out,
                    &items,
                    loose,
                    &format!("cookie {} {words}{why}", decision.name),
                )?;
            }
            TraceEvent::Leave => {
                close_item(out, &mut items, &mut loose);
                if items.pop().is_some() {
                    out.push_str("</ol></details>");
                    if !items.is_empty() {
                        out.push_str("</li>");
                    }
                }
            }
        }
    }
    close_item(out, &mut items, &mut loose);
    while items.pop().is_some() {
        out.push_str("</ol></details>");
        if !items.is_empty() {
            out.push_str("</li>");
        }
    }
    out.push_str("</div></details>");
    Ok(())
}

fn close_item(out: &mut String, items: &mut [bool], loose: &mut bool) {
    if *loose {
        out.push_str("</li></ol>");
        *loose = false;
    }
    if let Some(item) = items.last_mut()
        && *item
    {
        out.push_str("</li>");
        *item = false;
    }
}

/// A fact: within the step above, or an item of its own where there is none.
fn aside(out: &mut String, items: &[bool], loose: bool, text: &str) -> std::fmt::Result {
    let fact = format!("<span class=\"fact\">{}</span>", escaped(text));
    match items.last() {
        Some(false) if !loose => write!(out, "<li class=\"inner\">{fact}</li>"),
        _ => write!(out, "{fact}"),
    }
}

/// Where the algorithms began that had not ended at an entry of a trace.
fn enclosing(trace: &[TraceEvent], entry: usize) -> Vec<usize> {
    let mut open = Vec::new();
    for (index, event) in trace.iter().enumerate().take(entry) {
        match event {
            TraceEvent::Enter(_) => open.push(index),
            TraceEvent::Leave => {
                open.pop();
            }
            TraceEvent::Step(_) | TraceEvent::Fact(_) | TraceEvent::Cookie(_) => {}
        }
    }
    open
}
