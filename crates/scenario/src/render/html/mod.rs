//! Runs as one HTML file that needs nothing else: the sequence diagram, in which each exchange unfolds into headers,
//! cookies and the standard's steps. It works without its script, with a keyboard, in light and dark.

mod diagram;
mod steps;

use std::fmt::Write as _;

use super::markup::{escaped, prose};
use crate::picture::Picture;
use crate::run::Run;
use crate::verdict::secret_text;

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// Draws runs, one below the other.
pub fn html(runs: &[&Run]) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = page(&mut out, runs);
    out
}

fn page(out: &mut String, runs: &[&Run]) -> std::fmt::Result {
    let title = match runs {
        [] => "Crossexam".to_owned(),
        [one] => format!("{}: {}", name_of(one), one.plan.title),
        [first, rest @ ..] if rest.iter().all(|run| run.plan.id == first.plan.id) => {
            format!("{}: {}", first.plan.id, first.plan.title)
        }
        several => format!("Crossexam: {} replays", several.len()),
    };
    write!(
        out,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n\
         <header class=\"page\"><strong>Crossexam</strong>",
        escaped(&title)
    )?;
    if runs.len() > 1 {
        out.push_str("<nav aria-label=\"Replays\">");
        for (index, run) in runs.iter().enumerate() {
            let class = if run.passed() { "good" } else { "bad" };
            write!(
                out,
                "<a class=\"{class}\" href=\"#run{index}\">{}</a>",
                escaped(&name_of(run))
            )?;
        }
        out.push_str("</nav>");
    }
    out.push_str("<button id=\"unfold\" type=\"button\" aria-pressed=\"false\" hidden>Unfold all</button></header>\n<main>\n");
    for (index, run) in runs.iter().enumerate() {
        article(out, run, index)?;
    }
    write!(
        out,
        "</main>\n<script>\n{SCRIPT}</script>\n</body>\n</html>\n"
    )
}

fn name_of(run: &Run) -> String {
    match &run.plan.variant {
        Some(variant) => format!("{} {variant}", run.plan.id),
        None => run.plan.id.clone(),
    }
}

fn article(out: &mut String, run: &Run, index: usize) -> std::fmt::Result {
    let picture = Picture::of(run);
    let (badge, words) = if run.passed() {
        ("good", "as expected")
    } else {
        ("bad", "not as expected")
    };
    write!(
        out,
        "<article class=\"run\" id=\"run{index}\">\n<p class=\"id\">{}<span class=\"badge {badge}\">{words}</span></p>\n<h2>{}</h2>\n",
        escaped(&name_of(run)),
        prose(&run.plan.title)
    )?;
    if !run.plan.variant_title.is_empty() {
        writeln!(
            out,
            "<p class=\"variant\">{}</p>",
            prose(&run.plan.variant_title)
        )?;
    }
    let text = &run.text;
    let said: Vec<(&str, &str)> = [
        ("Question", &text.question),
        ("Variant", &text.variant),
        ("Look for", &text.look_for),
        ("Shows", &text.shows),
    ]
    .into_iter()
    .filter(|(_, words)| !words.is_empty())
    .map(|(name, words)| (name, words.as_str()))
    .collect();
    if !said.is_empty() {
        out.push_str("<dl class=\"learner\">");
        for (name, words) in said {
            write!(out, "<dt>{name}</dt><dd>{}</dd>", prose(words))?;
        }
        out.push_str("</dl>\n");
    }
    out.push_str("<div class=\"top\">\n<section aria-label=\"Verdict\">\n");
    verdict(out, run, &picture, index)?;
    out.push_str("</section>\n");
    knowledge(out, run, &picture)?;
    out.push_str("</div>\n<h3>What happens</h3>\n");
    diagram::diagram(out, run, &picture, index)?;
    if !text.standard.is_empty() {
        out.push_str("<h3>In the standards</h3>\n<ul class=\"links\">");
        for (name, url) in &text.standard {
            write!(
                out,
                "<li><a href=\"{}\">{}</a></li>",
                escaped(url),
                escaped(name)
            )?;
        }
        out.push_str("</ul>\n");
    }
    out.push_str("</article>\n");
    Ok(())
}

fn verdict(out: &mut String, run: &Run, picture: &Picture<'_>, index: usize) -> std::fmt::Result {
    out.push_str("<ul class=\"findings\">\n");
    for finding in &run.verdict.findings {
        let (class, sign) = if finding.passed {
            ("good", "Passed")
        } else {
            ("bad", "Failed")
        };
        write!(
            out,
            "<li class=\"{class}\"><span class=\"vh\">{sign}: </span>{}",
            prose(&finding.text)
        )?;
        let shown: Vec<&usize> = finding
            .evidence
            .iter()
            .filter(|entry| picture.entries.contains(entry))
            .collect();
        for (place, entry) in shown.iter().enumerate() {
            let word = if place == 0 { "see" } else { "and" };
            write!(
                out,
                " <a href=\"#run{index}-{entry}\" title=\"Where it shows\">{word}</a>"
            )?;
        }
        if !finding.detail.is_empty() && !finding.passed {
            write!(
                out,
                "<span class=\"detail\">{}</span>",
                prose(&finding.detail)
            )?;
        }
        out.push_str("</li>\n");
    }
    for problem in &run.verdict.problems {
        let class = if problem.allowed { "dim" } else { "bad" };
        writeln!(out, "<li class=\"{class}\">{}</li>", prose(&problem.text))?;
    }
    out.push_str("</ul>\n");
    Ok(())
}

/// Who knows what: the secrets and the people.
fn knowledge(out: &mut String, run: &Run, picture: &Picture<'_>) -> std::fmt::Result {
    let plan = &run.plan;
    if plan.secrets.is_empty() {
        return Ok(());
    }
    let concerned = |key: &str| {
        picture.lanes.iter().any(|lane| lane.person == key)
            || plan.secrets.values().any(|secret| secret.may_know(key))
            || run
                .verdict
                .learned
                .iter()
                .any(|learned| learned.person == key)
    };
    let people: Vec<(&String, &str)> = plan
        .people
        .iter()
        .filter(|(key, _)| concerned(key))
        .map(|(key, person)| (key, person.name.as_str()))
        .collect();
    out.push_str("<section aria-label=\"Who knows what\"><table class=\"who\"><tr><th scope=\"col\">Secret</th>");
    for (_, name) in &people {
        write!(out, "<th scope=\"col\">{}</th>", escaped(name))?;
    }
    out.push_str("</tr>");
    for (key, secret) in &plan.secrets {
        write!(
            out,
            "<tr><th scope=\"row\">{}</th>",
            escaped(&secret_text(plan, key))
        )?;
        for (person, _) in &people {
            let learned = run
                .verdict
                .learned
                .iter()
                .any(|learned| learned.person == **person && learned.secret == *key);
            let (class, words) = match (secret.may_know(person), learned) {
                (false, true) => ("bad", "★ learned"),
                (false, false) => ("", "never"),
                (true, _) if secret.owner == **person => ("has", "own"),
                (true, true) => ("has", "has it"),
                (true, false) => ("", "may know"),
            };
            write!(out, "<td class=\"{class}\">{words}</td>")?;
        }
        out.push_str("</tr>");
    }
    out.push_str("</table></section>\n");
    Ok(())
}
