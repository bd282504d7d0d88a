//! A report as one HTML file that needs nothing else: no script, no font, no picture.

use std::fmt::Write as _;

use crossexam_oracle::Purpose;

use super::seconds;
use crate::explanation::{Explanation, Proposal, Report, Side, Verdict};
use crate::explanations::word_of;

const STYLE: &str = include_str!("style.css");

/// Writes a report.
pub fn html(report: &Report) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = page(&mut out, report);
    out
}

/// A text with everything escaped that means something in HTML, attributes included.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\t' | '\n' => out.push(character),
            character if character.is_control() => out.push('\u{fffd}'),
            character => out.push(character),
        }
    }
    out
}

/// Prose, escaped, in which what stands between two backticks is code.
fn prose(text: &str) -> String {
    let parts: Vec<&str> = text.split('`').collect();
    if parts.len().is_multiple_of(2) {
        return escaped(text);
    }
    let parts = parts
        .iter()
        .enumerate()
        .map(|(index, part)| match index % 2 {
            0 => escaped(part),
            _ => format!("<code>{}</code>", escaped(part)),
        });
    parts.collect()
}

const fn class_of(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Allowed => "good",
        Verdict::Blocked => "bad",
        Verdict::Opaque | Verdict::Undecided | Verdict::Unmodelled => "open",
    }
}

fn page(out: &mut String, report: &Report) -> std::fmt::Result {
    let title = match &report.explanations[..] {
        [] => "Nothing to explain".to_owned(),
        [one] => format!("{}: {} {}", word_of(one.verdict), one.method, one.url),
        several => format!("{} fetches explained", several.len()),
    };
    write!(
        out,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n",
        escaped(&title)
    )?;
    if report.explanations.len() > 1 {
        out.push_str("<nav aria-label=\"Fetches\"><ol>\n");
        for (index, it) in report.explanations.iter().enumerate() {
            writeln!(
                out,
                "<li><a href=\"#f{index}\"><span class=\"badge {}\">{}</span> {} {}</a></li>",
                class_of(it.verdict),
                word_of(it.verdict),
                escaped(&it.method),
                escaped(&it.url)
            )?;
        }
        out.push_str("</ol></nav>\n");
    }
    for (index, it) in report.explanations.iter().enumerate() {
        article(out, it, index)?;
    }
    if !report.problems.is_empty() {
        out.push_str("<section><h2>Not read</h2><ul>\n");
        for problem in &report.problems {
            let place = match (problem.line, problem.column) {
                (Some(line), Some(column)) => format!("line {line}, column {column}: "),
                (Some(line), None) => format!("line {line}: "),
                _ => String::new(),
            };
            writeln!(out, "<li>{place}{}</li>", prose(&problem.text))?;
        }
        out.push_str("</ul></section>\n");
    }
    write!(
        out,
        "</main>\n<footer>Judged by Crossexam as the browser <code>{}</code>. Values of cookies, passwords and tokens are left out. {} exchanges read, {} allowed and not shown, {} no cross-origin requests of scripts.</footer>\n</body>\n</html>\n",
        escaped(&report.browser),
        report.exchanges,
        report.allowed,
        report.others
    )
}

fn row(out: &mut String, name: &str, html: &str) -> std::fmt::Result {
    writeln!(out, "<dt>{name}</dt><dd>{html}</dd>")
}

fn article(out: &mut String, it: &Explanation, index: usize) -> std::fmt::Result {
    let rest = it
        .headline
        .split_once(": ")
        .map_or(&it.headline[..], |(_, rest)| rest);
    writeln!(
        out,
        "<article id=\"f{index}\">\n<h1><span class=\"badge {}\">{}</span> {}</h1>\n<dl>",
        class_of(it.verdict),
        word_of(it.verdict),
        prose(rest)
    )?;
    if let Some(why) = &it.why {
        row(out, "Why", &prose(why))?;
    }
    if let Some(step) = &it.step {
        row(
            out,
            "Step",
            &format!(
                "<a href=\"{}\">{}</a>: {}",
                escaped(&step.url),
                escaped(&step.name),
                prose(&step.text)
            ),
        )?;
    }
    if let Some(comparison) = &it.comparison {
        row(out, "Compared", &comparison_of(comparison))?;
    }
    let mut sees = format!("sees {}", prose(&it.script.text));
    if !it.script.headers.is_empty() {
        write!(
            sees,
            "<br>it reads <code>{}</code>",
            escaped(&it.script.headers.join("; "))
        )?;
    }
    if !it.script.hidden.is_empty() {
        write!(
            sees,
            "<br>it does not see {}",
            escaped(&it.script.hidden.join(", "))
        )?;
    }
    row(out, "Script", &sees)?;
    row(out, "Executed", &prose(&it.executed.text))?;
    let mut cookies = prose(&it.cookies_in_words);
    if !it.cookies.is_empty() {
        cookies.push_str("<ul>");
        for cookie in &it.cookies {
            let reason = match &cookie.reason[..] {
                "" => String::new(),
                reason => format!(": {}", prose(reason)),
            };
            write!(
                cookies,
                "<li><code>{}</code> {}{reason}</li>",
                escaped(&cookie.name),
                cookie.outcome
            )?;
        }
        cookies.push_str("</ul>");
    }
    row(out, "Cookies", &cookies)?;
    if let Some(longest) = it.remembered.iter().map(|it| it.seconds).max() {
        let names: Vec<String> = it
            .remembered
            .iter()
            .map(|it| format!("{} <code>{}</code>", it.kind, escaped(&it.name)))
            .collect();
        row(
            out,
            "Remembered",
            &format!("{} for {}", names.join(", "), seconds(longest)),
        )?;
    }
    let words = [("Chrome", it.search.chrome), ("Firefox", it.search.firefox)];
    let words: Vec<String> = words
        .iter()
        .filter_map(|(browser, word)| Some(format!("{browser} <code>{}</code>", (*word)?)))
        .collect();
    if !words.is_empty() {
        row(out, "Search for", &words.join(", "))?;
    }
    if it.times > 1 {
        row(out, "Found", &format!("{} times", it.times))?;
    }
    out.push_str("</dl>\n");
    list(
        out,
        "What it is besides CORS, or instead",
        it.looks_like.iter().map(|like| prose(&like.text)),
    )?;
    if !it.proposals.is_empty() {
        out.push_str("<section>\n<h2>The smallest safe change</h2>\n");
        for proposal in &it.proposals {
            proposal_of(out, proposal, it)?;
        }
        out.push_str("</section>\n");
    }
    list(
        out,
        "What tempts and is unsafe, or does not help",
        it.temptations.iter().map(|temptation| {
            let see = temptation
                .scenario
                .map(|scenario| format!(" (see <code>crossexam {scenario}</code>)"));
            format!(
                "<strong>{}</strong>: {}{}",
                prose(&temptation.what),
                prose(&temptation.comes_of_it),
                see.unwrap_or_default()
            )
        }),
    )?;
    list(
        out,
        "In other browsers",
        it.other_browsers.iter().map(|browser| {
            format!(
                "<code>{}</code>: {}",
                escaped(&browser.profile),
                prose(&browser.differences.join("; "))
            )
        }),
    )?;
    exchanges(out, it)?;
    list(
        out,
        "Taken for granted",
        it.assumptions.iter().map(|assumption| prose(assumption)),
    )?;
    out.push_str("</article>\n");
    Ok(())
}

fn list(
    out: &mut String,
    title: &str,
    items: impl ExactSizeIterator<Item = String>,
) -> std::fmt::Result {
    if items.len() == 0 {
        return Ok(());
    }
    writeln!(out, "<section>\n<h2>{title}</h2>\n<ul>")?;
    for item in items {
        writeln!(out, "<li>{item}</li>")?;
    }
    out.push_str("</ul>\n</section>\n");
    Ok(())
}

fn comparison_of(comparison: &crate::explanation::Comparison) -> String {
    let actual = match &comparison.actual {
        None => "<mark>nothing</mark>".to_owned(),
        Some(actual) => {
            let same: String = actual.chars().take(comparison.same).collect();
            let rest: String = actual.chars().skip(comparison.same).collect();
            let rest = if rest.is_empty() { " " } else { &rest };
            format!("{}<mark>{}</mark>", escaped(&same), escaped(rest))
        }
    };
    let hint = comparison
        .hint
        .as_ref()
        .map(|hint| format!("<p>{}</p>", prose(hint)))
        .unwrap_or_default();
    format!(
        "{}<pre>expected  {}\nactual    {actual}</pre>{hint}",
        prose(&comparison.what),
        escaped(&comparison.expected)
    )
}

fn proposal_of(out: &mut String, proposal: &Proposal, it: &Explanation) -> std::fmt::Result {
    writeln!(out, "<h3>{}</h3>", prose(&proposal.title))?;
    let mut place = None;
    for change in &proposal.changes {
        let here = (change.to, &change.url);
        if place != Some(here) {
            if place.is_some() {
                out.push_str("</pre>\n");
            }
            place = Some(here);
            let what = match change.to {
                None => "In the call of <code>fetch()</code>:".to_owned(),
                Some(Purpose::Preflight) => {
                    format!(
                        "In the answer to <code>OPTIONS {}</code>:",
                        escaped(&change.url)
                    )
                }
                Some(Purpose::Actual) => {
                    format!("In the answer to <code>{}</code>:", escaped(&change.url))
                }
            };
            write!(out, "<p>{what}</p>\n<pre>")?;
        }
        writeln!(out, "<ins>{}</ins>", escaped(&change.set))?;
        if let Some(was) = &change.was {
            writeln!(out, "<del>{}</del>", escaped(was))?;
        }
    }
    if place.is_some() {
        out.push_str("</pre>\n");
    }
    if proposal.side == Side::Server {
        write!(
            out,
            "<p>Checked: judged again with it, the script reads the answer; of {} origins that nearly look like <code>{}</code> none gets anything new.",
            proposal.checked.near_misses.len(),
            escaped(&it.origin)
        )?;
        if !proposal.checked.could_before.is_empty() {
            write!(
                out,
                " Before the change already, others can: {}.",
                escaped(&proposal.checked.could_before.join(", "))
            )?;
        }
        out.push_str("</p>\n");
    }
    for snippet in &proposal.snippets {
        writeln!(
            out,
            "<details><summary>{}</summary><pre>{}</pre></details>",
            escaped(snippet.title),
            escaped(&snippet.text)
        )?;
    }
    Ok(())
}

fn exchanges(out: &mut String, it: &Explanation) -> std::fmt::Result {
    if it.exchanges.is_empty() {
        return Ok(());
    }
    out.push_str("<section>\n<h2>Every exchange</h2>\n");
    for exchange in &it.exchanges {
        let what = match exchange.purpose {
            Purpose::Preflight => " (preflight)",
            Purpose::Actual => "",
        };
        let answer = match exchange.status {
            0 => format!("no answer: {}", exchange.reason),
            status => format!("{status} {}", exchange.reason),
        };
        writeln!(
            out,
            "<details open><summary><code>{} {}</code>{what}: {}</summary><pre>{}\n\n{}\n{}</pre></details>",
            escaped(&exchange.method),
            escaped(&exchange.url),
            escaped(&answer),
            escaped(&exchange.request.join("\n")),
            escaped(&answer),
            escaped(&exchange.answer.join("\n"))
        )?;
    }
    out.push_str("</section>\n");
    Ok(())
}
