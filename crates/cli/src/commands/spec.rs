//! `crossexam spec`

use std::process::ExitCode;

use clap::ValueEnum;
use serde_json::{Value, json};

use crate::Outcome;
use crate::accounting::{Accounting, Algorithm, State, Step, Totals};
use crate::failure::Failure;
use crate::terminal::Screen;

/// Account for every step of the Fetch Standard: written, reached, left out, missing
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Spec {
    /// An algorithm's anchor or name, a section's anchor, or a part of the standard; by default all of it
    #[arg(value_name = "ALGORITHM|SECTION")]
    what: Option<String>,
    /// List the steps that are neither written nor left out
    #[arg(long)]
    missing: bool,
    /// List the steps that are written and that no vector and no scenario reaches
    #[arg(long)]
    unreached: bool,
    /// List the steps that are left out, with the reason
    #[arg(long)]
    left_out: bool,
    /// How to write it
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    format: Format,
}

const AFTER_HELP: &str = "\
Exit codes:
  0  the account holds
  1  the account contradicts itself: a step is written and left out, or reached and not written
  2  there is no such algorithm or section

Examples:
  crossexam spec                          the totals, and each algorithm in a line
  crossexam spec main-fetch --missing     what a section lacks
  crossexam spec concept-cors-check       each step of an algorithm, and what reaches it
  crossexam spec 'HTTP extensions' --unreached
  crossexam spec --format json";

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Tables
    Text,
    /// One object
    Json,
}

impl Spec {
    pub(crate) fn run(self, screen: &mut Screen) -> Outcome {
        let account = Accounting::of_this_build();
        if account.algorithms.is_empty() {
            return Err(Failure::input(
                "this command was built without the sources of the model, from which the account is read",
            ));
        }
        let chosen = self.chosen(&account)?;
        match self.format {
            Format::Json => {
                let document = self.document(&account, &chosen);
                screen.line(&format!("{document:#}"))?;
            }
            Format::Text => self.text(&account, &chosen, screen)?,
        }
        for mistake in &account.mistakes {
            screen.error(mistake);
        }
        Ok(if account.mistakes.is_empty() {
            ExitCode::SUCCESS
        } else {
            ExitCode::from(crate::EXPECTATION_FAILED)
        })
    }

    fn chosen<'a>(&self, account: &'a Accounting) -> Result<Vec<&'a Algorithm>, Failure> {
        let Some(what) = &self.what else {
            return Ok(account.algorithms.iter().collect());
        };
        let named = |algorithm: &&Algorithm| {
            let names = [&algorithm.id[..], &algorithm.section, algorithm.part];
            names.iter().any(|name| name.eq_ignore_ascii_case(what))
                || algorithm.name.eq_ignore_ascii_case(what)
        };
        let chosen: Vec<_> = account.algorithms.iter().filter(named).collect();
        if !chosen.is_empty() {
            return Ok(chosen);
        }
        let mut names: Vec<&str> = Accounting::parts().collect();
        for algorithm in &account.algorithms {
            names.extend([&algorithm.id[..], &algorithm.name, &algorithm.section]);
        }
        let nearest = names
            .into_iter()
            .map(|name| (strsim::jaro_winkler(name, what), name))
            .max_by(|a, b| a.0.total_cmp(&b.0));
        let advice = nearest.map(|(_, name)| format!("perhaps `{name}` is meant"));
        Err(Failure::with_help(
            format!("the Fetch Standard has no algorithm and no section `{what}`"),
            advice.unwrap_or_default(),
        ))
    }

    /// Whether steps of some kind are asked for, and not the whole account.
    const fn lists(&self) -> bool {
        self.missing || self.unreached || self.left_out
    }

    fn is_asked_for(&self, step: &Step) -> bool {
        match step.state {
            State::Reached => false,
            State::Unreached => self.unreached,
            State::LeftOut(..) => self.left_out,
            State::Missing => self.missing,
        }
    }

    fn text(
        &self,
        account: &Accounting,
        chosen: &[&Algorithm],
        screen: &mut Screen,
    ) -> Result<(), Failure> {
        let single = chosen.len() == 1;
        if !self.lists() {
            totals(account, chosen, self.what.is_none(), screen)?;
            if single {
                for algorithm in chosen {
                    whole(algorithm, screen)?;
                }
            } else if !screen.quiet {
                table(chosen, screen)?;
            }
            return Ok(());
        }
        for algorithm in chosen {
            let steps: Vec<_> = algorithm
                .steps
                .iter()
                .filter(|step| self.is_asked_for(step))
                .collect();
            if steps.is_empty() {
                continue;
            }
            screen.line(&format!("{}  {}", algorithm.id, algorithm.name))?;
            for line in in_lines(&steps) {
                screen.line(&format!("  {line}"))?;
            }
        }
        Ok(())
    }

    fn document(&self, account: &Accounting, chosen: &[&Algorithm]) -> Value {
        let parts: Vec<_> = Accounting::parts()
            .map(|part| {
                let of_part = account.algorithms.iter().filter(|it| it.part == part);
                json!({ "part": part, "totals": Totals::of(of_part) })
            })
            .collect();
        let algorithms: Vec<_> = chosen
            .iter()
            .map(|algorithm| {
                let steps = algorithm.steps.iter();
                let steps: Vec<_> = steps
                    .filter(|step| !self.lists() || self.is_asked_for(step))
                    .map(step_value)
                    .collect();
                json!({
                    "id": algorithm.id,
                    "name": algorithm.name,
                    "part": algorithm.part,
                    "section": algorithm.section,
                    "written_in": algorithm.places,
                    "totals": Totals::of([*algorithm]),
                    "steps": steps,
                })
            })
            .collect();
        let others: serde_json::Map<_, _> = account
            .others
            .iter()
            .map(|(standard, algorithms)| {
                let steps: usize = algorithms.values().map(|it| it.steps.len()).sum();
                let reached: usize = algorithms.values().map(|it| it.reached.len()).sum();
                let count =
                    json!({ "algorithms": algorithms.len(), "written": steps, "reached": reached });
                (standard.clone(), count)
            })
            .collect();
        json!({
            "standard": "Fetch",
            "totals": Totals::of(chosen.iter().copied()),
            "parts": parts,
            "algorithms": algorithms,
            "other_standards": others,
            "mistakes": account.mistakes,
        })
    }
}

fn step_value(step: &Step) -> Value {
    let mut value = json!({ "number": step.number });
    let (state, more) = match &step.state {
        State::Reached => ("reached", json!({ "reached_by": step.sources })),
        State::Unreached => ("written", json!({})),
        State::LeftOut(kind, reason) => (
            "left out",
            json!({ "kind": kind.as_str(), "reason": reason }),
        ),
        State::Missing => ("missing", json!({})),
    };
    value["state"] = state.into();
    if !step.text.is_empty() {
        value["text"] = step.text.as_str().into();
    }
    if let (Some(value), Some(more)) = (value.as_object_mut(), more.as_object()) {
        value.extend(more.clone());
    }
    value
}

fn percent(part: usize, whole: usize) -> String {
    if whole == 0 {
        return "-".to_owned();
    }
    // Rounded down: all of them is only said of all of them.
    let tenths = part * 1000 / whole;
    format!("{}.{} %", tenths / 10, tenths % 10)
}

/// The totals, and of the parts if it is about all of them.
fn totals(
    account: &Accounting,
    chosen: &[&Algorithm],
    all: bool,
    screen: &mut Screen,
) -> Result<(), Failure> {
    let totals = Totals::of(chosen.iter().copied());
    screen.line(&format!(
        "Fetch Standard (586cd2a4): {} algorithms, {} steps",
        totals.algorithms, totals.steps
    ))?;
    screen.line(&format!(
        "  written   {:5}   {:>7}",
        totals.written,
        percent(totals.written, totals.steps)
    ))?;
    screen.line(&format!(
        "  reached   {:5}   {:>7} of what is written",
        totals.reached,
        percent(totals.reached, totals.written)
    ))?;
    screen.line(&format!("  left out  {:5}", totals.left_out))?;
    screen.line(&format!("  missing   {:5}", totals.missing))?;
    if !all {
        screen.line("")?;
        return Ok(());
    }
    screen.line("")?;
    screen.line("Part               Steps  Written  Reached  Left out  Missing")?;
    for part in Accounting::parts() {
        let it = Totals::of(
            account
                .algorithms
                .iter()
                .filter(|algorithm| algorithm.part == part),
        );
        screen.line(&format!(
            "{part:17}  {:5}  {:7}  {:7}  {:8}  {:7}",
            it.steps, it.written, it.reached, it.left_out, it.missing
        ))?;
    }
    screen.line("")?;
    let standards = account.others.keys().map(String::len);
    let widest = standards.max().unwrap_or(0).max(17);
    screen.line(&format!(
        "{:widest$}  Algorithms  Written  Reached",
        "Others"
    ))?;
    for (standard, algorithms) in &account.others {
        let steps: usize = algorithms.values().map(|it| it.steps.len()).sum();
        let reached: usize = algorithms.values().map(|it| it.reached.len()).sum();
        screen.line(&format!(
            "{standard:widest$}  {:10}  {steps:7}  {reached:7}",
            algorithms.len()
        ))?;
    }
    screen.line("")?;
    Ok(())
}

/// A line for each algorithm.
fn table(chosen: &[&Algorithm], screen: &mut Screen) -> Result<(), Failure> {
    let widest = chosen.iter().map(|it| it.id.len()).max().unwrap_or(0);
    screen.line(&format!(
        "{:widest$}  Steps  Written  Reached  Left out  Missing",
        "Algorithm"
    ))?;
    for algorithm in chosen {
        let it = Totals::of([*algorithm]);
        screen.line(&format!(
            "{:widest$}  {:5}  {:7}  {:7}  {:8}  {:7}",
            algorithm.id, it.steps, it.written, it.reached, it.left_out, it.missing
        ))?;
    }
    Ok(())
}

/// Everything about one algorithm.
fn whole(algorithm: &Algorithm, screen: &mut Screen) -> Result<(), Failure> {
    screen.line(&format!(
        "{}  https://fetch.spec.whatwg.org/#{}",
        algorithm.name, algorithm.id
    ))?;
    for place in &algorithm.places {
        screen.line(&format!("  in {place}"))?;
    }
    screen.line("")?;
    for step in &algorithm.steps {
        let (mark, words) = match &step.state {
            State::Reached => ("reached ", step.text.clone()),
            State::Unreached => ("written ", step.text.clone()),
            State::LeftOut(kind, reason) => ("left out", format!("{}: {reason}", kind.as_str())),
            State::Missing => ("missing ", String::new()),
        };
        screen.line(format!("  {mark}  {:10} {words}", step.number).trim_end())?;
        if screen.verbose && !step.sources.is_empty() {
            screen.line(&format!(
                "                        by {}",
                step.sources.join(", ")
            ))?;
        }
    }
    Ok(())
}

/// Steps in as few lines as there are things to say of them.
fn in_lines(steps: &[&Step]) -> Vec<String> {
    let mut lines: Vec<(String, Vec<&str>)> = Vec::new();
    for step in steps {
        let words = match &step.state {
            State::Reached => "reached".to_owned(),
            State::Unreached => format!("written: {}", step.text),
            State::LeftOut(kind, reason) => format!("left out, {}: {reason}", kind.as_str()),
            State::Missing => "missing".to_owned(),
        };
        match lines.last_mut() {
            Some((last, numbers)) if *last == words => numbers.push(&step.number),
            _ => lines.push((words, vec![&step.number])),
        }
    }
    lines
        .into_iter()
        .map(|(words, numbers)| format!("{}  {words}", numbers.join(" ")))
        .collect()
}
