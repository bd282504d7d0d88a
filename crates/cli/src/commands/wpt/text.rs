//! The report for people.

use std::fmt::Write as _;
use std::time::Duration;

use crossexam_wpt::baseline::Baseline;
use crossexam_wpt::page::Status;
use crossexam_wpt::report::{Counts, Finding, Run, Summary};

use crate::terminal::Screen;

/// How many findings are shown without `--verbose`.
const MOST: usize = 40;

/// The report: what failed first, then the table.
pub(super) fn report(
    run: &Run,
    summary: &Summary,
    baseline: Option<&Baseline>,
    took: Duration,
    screen: &Screen,
) -> String {
    let mut text = String::new();
    let unexplained: Vec<&Finding> = summary.unexplained().collect();
    let title = if baseline.is_some() {
        "Passed by both recorded browsers, and not here"
    } else {
        "Not passed"
    };
    findings(&mut text, title, &unexplained, screen);
    let unexpected: Vec<&Finding> = summary.unexpected_passes.iter().collect();
    findings(&mut text, "Exceptions that pass", &unexpected, screen);
    if !summary.missing.is_empty() {
        line(&mut text, "Fewer subtests than were recorded:");
        for (file, missing) in &summary.missing {
            line(&mut text, &format!("  {file}: {missing} fewer"));
        }
        line(&mut text, "");
    }
    let trouble: Vec<_> = run
        .files()
        .into_iter()
        .flat_map(|file| file.trouble)
        .collect();
    if !trouble.is_empty() {
        line(&mut text, "Files that did not come to their end:");
        for trouble in &trouble {
            line(&mut text, &format!("  {trouble}"));
        }
        line(&mut text, "");
    }
    if screen.verbose {
        notes(&mut text, run);
    }
    table(&mut text, summary, baseline);
    if !summary.ahead.is_empty() {
        line(
            &mut text,
            &format!(
                "\n{} subtests pass here and in neither of the recorded browsers.",
                summary.ahead.len()
            ),
        );
        if screen.verbose {
            for (file, subtest) in &summary.ahead {
                line(&mut text, &format!("  {file}: {subtest}"));
            }
        }
    }
    let known = summary.findings.len() - unexplained.len();
    line(
        &mut text,
        &format!(
            "\n{} of {} subtests pass; {} fail unexplained, {known} are known exceptions; {:.1} s.",
            summary.total.pass,
            summary.total.subtests,
            unexplained.len(),
            took.as_secs_f64()
        ),
    );
    text
}

fn line(text: &mut String, line: &str) {
    text.push_str(line);
    text.push('\n');
}

fn findings(text: &mut String, title: &str, findings: &[&Finding], screen: &Screen) {
    if findings.is_empty() {
        return;
    }
    line(text, &format!("{title} ({}):", findings.len()));
    let most = if screen.verbose { usize::MAX } else { MOST };
    let mut file = "";
    for finding in findings.iter().take(most) {
        if finding.file != file {
            file = &finding.file;
            line(text, &format!("  {file}"));
        }
        line(
            text,
            &format!("    {} {}", word(finding.status), finding.subtest),
        );
        if let Some(message) = &finding.message
            && screen.verbose
        {
            line(text, &format!("         {message}"));
        }
    }
    if findings.len() > most {
        let more = findings.len() - most;
        line(
            text,
            &format!("  ... and {more} more; `--verbose` shows all"),
        );
    }
    line(text, "");
}

const fn word(status: Status) -> &'static str {
    match status {
        Status::Pass => "pass",
        Status::Ok => "ok",
        Status::Fail => "FAIL",
        Status::Error => "ERROR",
        Status::Timeout => "TIMEOUT",
        Status::Notrun => "NOT RUN",
        Status::PreconditionFailed => "PRECONDITION",
        Status::Crash => "CRASH",
    }
}

/// What pages wrote and fetches failed of, for tests that did not all pass.
fn notes(text: &mut String, run: &Run) {
    for (test, outcome) in &run.tests {
        let Some(outcome) = outcome else { continue };
        let all_pass = outcome.subtests.iter().all(|it| it.status == Status::Pass)
            && outcome.status == Status::Ok;
        if all_pass || outcome.notes.is_empty() {
            continue;
        }
        line(text, &format!("{}:", test.url));
        for note in &outcome.notes {
            line(text, &format!("  {note}"));
        }
        line(text, "");
    }
}

fn table(text: &mut String, summary: &Summary, baseline: Option<&Baseline>) {
    let widest = summary
        .folders
        .keys()
        .map(|folder| folder.chars().count())
        .max()
        .unwrap_or(0)
        .max("folder".len());
    let browsers = if baseline.is_some() {
        "  recorded  chromium  firefox"
    } else {
        ""
    };
    line(
        text,
        &format!(
            "{:widest$}  files  subtests   pass   fail{browsers}  not runnable",
            "folder"
        ),
    );
    for (folder, counts) in &summary.folders {
        row(text, folder, counts, widest, baseline.is_some());
    }
    if summary.folders.len() > 1 {
        row(text, "all", &summary.total, widest, baseline.is_some());
    }
}

fn row(text: &mut String, name: &str, counts: &Counts, widest: usize, recorded: bool) {
    let mut reasons: Vec<String> = Vec::new();
    for (why, count) in &counts.reasons {
        reasons.push(format!("{count} {why}"));
    }
    let mut row = format!(
        "{name:widest$}  {:5}  {:8}  {:5}  {:5}",
        counts.files, counts.subtests, counts.pass, counts.fail
    );
    if recorded {
        let sums = counts.recorded.clone().unwrap_or_default();
        let _ = write!(
            row,
            "  {:8}  {:8}  {:7}",
            sums.subtests, sums.chromium, sums.firefox
        );
    }
    let _ = write!(row, "  {}", reasons.join(", "));
    line(text, row.trim_end());
}
