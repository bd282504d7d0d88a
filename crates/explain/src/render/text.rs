//! A report for the terminal.

use crossexam_oracle::Purpose;

use super::seconds;
use crate::explanation::{Explanation, Proposal, Report, Side, Verdict};
use crate::input::Kind;

/// How a text is written.
#[derive(Debug, Clone)]
pub struct TextOptions {
    /// Whether with colours.
    pub color: bool,
    /// Whether characters other than ASCII may be drawn with.
    pub unicode: bool,
    /// How wide it may be.
    pub width: usize,
    /// Whether every exchange is shown with its headers.
    pub exchanges: bool,
    /// For which servers and frameworks snippets are shown; `all` for all.
    pub snippets: Vec<String>,
}

/// Writes a report.
pub fn text(report: &Report, options: &TextOptions) -> String {
    let mut page = Page {
        out: String::new(),
        options,
    };
    page.report(report);
    if options.unicode {
        page.out
    } else {
        page.out.replace('…', "...")
    }
}

/// How far the names of facts reach.
const MARGIN: usize = 14;

struct Page<'a> {
    out: String,
    options: &'a TextOptions,
}

impl Page<'_> {
    fn paint(&self, code: &str, text: &str) -> String {
        if self.options.color {
            format!("\u{1b}[{code}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }

    fn line(&mut self, text: &str) {
        self.out.push_str(text.trim_end());
        self.out.push('\n');
    }

    /// A paragraph: the first line after `first`, the others after as many spaces.
    fn paragraph(&mut self, first: &str, indent: usize, text: &str) {
        let width = self.options.width.max(40);
        let mut line = first.to_owned();
        let mut at = indent;
        let mut is_begun = false;
        for word in text.split(' ') {
            let length = word.chars().count();
            if is_begun && at + 1 + length > width {
                self.line(&line);
                line = " ".repeat(indent);
                at = indent;
                is_begun = false;
            }
            if is_begun {
                line.push(' ');
                at += 1;
            }
            line.push_str(word);
            at += length;
            is_begun = true;
        }
        self.line(&line);
    }

    fn fact(&mut self, name: &str, text: &str) {
        let label = self.paint("2", &format!("{name:<width$}", width = MARGIN - 2));
        self.paragraph(&format!("  {label}"), MARGIN, text);
    }

    fn item(&mut self, text: &str) {
        self.paragraph("    - ", 6, text);
    }

    fn heading(&mut self, text: &str) {
        let text = self.paint("1", text);
        self.out.push('\n');
        self.line(&format!("  {text}"));
    }

    fn report(&mut self, report: &Report) {
        for (number, explanation) in report.explanations.iter().enumerate() {
            if number > 0 {
                self.out.push('\n');
            }
            self.explanation(explanation);
        }
        let mut notes = Vec::new();
        if report.kind != Kind::Live && report.kind != Kind::Case {
            let number = report.exchanges;
            let looked_at = report.explanations.iter().map(|it| it.times).sum::<usize>();
            if number > 1 || looked_at == 0 {
                notes.push(format!(
                    "{} in the input; {} explained, {} allowed and not shown (`--all` shows them), {} no cross-origin requests of scripts",
                    counted(number, "exchange"),
                    counted(looked_at, "fetch"),
                    report.allowed,
                    report.others
                ));
            }
        }
        for problem in &report.problems {
            notes.push(match (problem.line, problem.column) {
                (Some(line), Some(column)) => {
                    format!("line {line}, column {column}: {}", problem.text)
                }
                (Some(line), None) => format!("line {line}: {}", problem.text),
                _ => problem.text.clone(),
            });
        }
        if !notes.is_empty() {
            if !report.explanations.is_empty() {
                self.out.push('\n');
            }
            for note in notes {
                self.paragraph("note: ", 6, &note);
            }
        }
    }

    fn explanation(&mut self, it: &Explanation) {
        let color = match it.verdict {
            Verdict::Allowed => "1;32",
            Verdict::Blocked => "1;31",
            _ => "1;33",
        };
        let (word, rest) = it.headline.split_once(':').unwrap_or((&it.headline, ""));
        let first = self.paint(color, &format!("{word}:"));
        let indent = word.chars().count() + 2;
        self.paragraph(&format!("{first} "), indent.min(10), rest.trim_start());
        self.out.push('\n');
        if let Some(why) = &it.why {
            self.fact("why", why);
        }
        if let Some(step) = &it.step {
            self.fact("step", &format!("{}: {}", step.name, step.text));
            self.fact("", &step.url);
        }
        self.comparison(it);
        self.fact("script", &format!("sees {}", it.script.text));
        if !it.script.headers.is_empty() {
            self.fact("", &format!("it reads: {}", it.script.headers.join("; ")));
        }
        if !it.script.hidden.is_empty() {
            self.fact(
                "",
                &format!("it does not see: {}", it.script.hidden.join(", ")),
            );
        }
        self.fact("executed", &it.executed.text);
        self.fact("cookies", &it.cookies_in_words);
        for cookie in &it.cookies {
            let reason = match &cookie.reason[..] {
                "" => String::new(),
                reason => format!(": {reason}"),
            };
            self.item(&format!("{} {}{reason}", cookie.name, cookie.outcome));
        }
        self.remembered(it);
        let words = [("Chrome", it.search.chrome), ("Firefox", it.search.firefox)];
        let words: Vec<String> = words
            .iter()
            .filter_map(|(browser, word)| Some(format!("{browser} {}", (*word)?)))
            .collect();
        if !words.is_empty() {
            self.fact("search for", &words.join(", "));
        }
        if it.times > 1 {
            self.fact("found", &format!("{} times", it.times));
        }
        if !it.looks_like.is_empty() {
            self.heading("What it is besides CORS, or instead");
            for like in &it.looks_like {
                self.item(&format!("{}: {}", like.kind, like.text));
            }
        }
        self.proposals(it);
        if !it.temptations.is_empty() {
            self.heading("What tempts and is unsafe, or does not help");
            for temptation in &it.temptations {
                let see = temptation
                    .scenario
                    .map(|scenario| format!(" (see `crossexam {scenario}`)"))
                    .unwrap_or_default();
                self.item(&format!(
                    "{}: {}{see}",
                    temptation.what, temptation.comes_of_it
                ));
            }
        }
        if !it.other_browsers.is_empty() {
            self.heading("In other browsers");
            for browser in &it.other_browsers {
                self.item(&format!(
                    "{}: {}",
                    browser.profile,
                    browser.differences.join("; ")
                ));
            }
        }
        if self.options.exchanges {
            self.exchanges(it);
        }
        if !it.assumptions.is_empty() {
            self.heading("Taken for granted");
            for assumption in &it.assumptions {
                self.item(assumption);
            }
        }
    }

    fn comparison(&mut self, it: &Explanation) {
        let Some(comparison) = &it.comparison else {
            return;
        };
        self.fact("compared", &comparison.what);
        let expected = format!("    expected  {}", comparison.expected);
        self.line(&expected);
        match &comparison.actual {
            None => {
                let nothing = self.paint("31", "nothing");
                self.line(&format!("    actual    {nothing}"));
            }
            Some(actual) => {
                let same: String = actual.chars().take(comparison.same).collect();
                let rest: String = actual.chars().skip(comparison.same).collect();
                let rest = self.paint("1;31", &rest);
                self.line(&format!("    actual    {same}{rest}"));
                let mark = self.paint("1;31", "^");
                let hint = comparison
                    .hint
                    .as_ref()
                    .map(|hint| format!(" {hint}"))
                    .unwrap_or_default();
                self.line(&format!(
                    "              {}{mark}{hint}",
                    " ".repeat(comparison.same)
                ));
            }
        }
    }

    fn remembered(&mut self, it: &Explanation) {
        let Some(longest) = it.remembered.iter().map(|it| it.seconds).max() else {
            return;
        };
        let names: Vec<String> = it
            .remembered
            .iter()
            .map(|it| format!("{} {}", it.kind, it.name))
            .collect();
        self.fact(
            "remembers",
            &format!(
                "{} for {}: no further preflight until then",
                names.join(", "),
                seconds(longest)
            ),
        );
    }

    fn proposals(&mut self, it: &Explanation) {
        if it.proposals.is_empty() {
            return;
        }
        self.heading("The smallest safe change");
        for proposal in &it.proposals {
            self.item(&proposal.title);
            self.changes(proposal);
            if proposal.side == Side::Server {
                let number = proposal.checked.near_misses.len();
                let mut text = format!(
                    "checked: judged again with it, the script reads the answer; of {number} origins that nearly look like {} none gets anything new",
                    it.origin
                );
                if !proposal.checked.could_before.is_empty() {
                    text.push_str(&format!(
                        ". Before the change already, others can: {}",
                        proposal.checked.could_before.join(", ")
                    ));
                }
                self.paragraph("      ", 6, &text);
            }
            let wanted = |name: &str| {
                let names = &self.options.snippets;
                names.iter().any(|it| it == "all" || it == name)
            };
            let snippets: Vec<_> = proposal
                .snippets
                .iter()
                .filter(|snippet| wanted(snippet.name))
                .collect();
            for snippet in snippets {
                self.out.push('\n');
                let title = self.paint("1", snippet.title);
                self.line(&format!("      {title}"));
                for line in snippet.text.lines() {
                    self.line(&format!("        {line}"));
                }
            }
            if !proposal.snippets.is_empty() && self.options.snippets.is_empty() {
                self.paragraph(
                    "      ",
                    6,
                    "`--for nginx` (or another, or all) writes it for a server or framework",
                );
            }
        }
    }

    fn changes(&mut self, proposal: &Proposal) {
        let mut place = None;
        for change in &proposal.changes {
            let here = (change.to, &change.url);
            if place != Some(here) {
                place = Some(here);
                let what = match change.to {
                    None => "in the call of fetch()".to_owned(),
                    Some(Purpose::Preflight) => format!("in the answer to OPTIONS {}", change.url),
                    Some(Purpose::Actual) => format!("in the answer to {}", change.url),
                };
                self.paragraph("      ", 6, &what);
            }
            let set = self.paint("32", &change.set);
            self.line(&format!("        {set}"));
            if let Some(was) = &change.was {
                let was = self.paint("2", &format!("in place of  {was}"));
                self.line(&format!("          {was}"));
            }
        }
    }

    fn exchanges(&mut self, it: &Explanation) {
        self.heading("Every exchange");
        for exchange in &it.exchanges {
            let what = match exchange.purpose {
                Purpose::Preflight => " (preflight)",
                Purpose::Actual => "",
            };
            self.line(&format!("    > {} {}{what}", exchange.method, exchange.url));
            for line in &exchange.request {
                self.line(&format!("    > {line}"));
            }
            match exchange.status {
                0 => self.line(&format!("    < no answer: {}", exchange.reason)),
                status => self.line(&format!("    < {status} {}", exchange.reason)),
            }
            for line in &exchange.answer {
                self.line(&format!("    < {line}"));
            }
            self.out.push('\n');
        }
    }
}

/// A number of things.
fn counted(number: usize, what: &str) -> String {
    let plural = if what.ends_with("ch") { "es" } else { "s" };
    match number {
        1 => format!("1 {what}"),
        number => format!("{number} {what}{plural}"),
    }
}
