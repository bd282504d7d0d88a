//! `crossexam browsers`

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Subcommand, ValueEnum};
use crossexam_browsers::cases::{THEMES, Theme, generate};
use crossexam_browsers::compare::{Count, Summary, Verdict, compare};
use crossexam_browsers::driver::{Browser, DriverError, Programs};
use crossexam_browsers::explained::Explained;
use crossexam_browsers::record::{Recorded, Recording};
use crossexam_browsers::{Observation, read, write};
use crossexam_oracle::{Case, Oracle};
use serde_json::json;

use crate::failure::Failure;
use crate::progress::Progress;
use crate::terminal::Screen;
use crate::{EXPECTATION_FAILED, Outcome};

/// Play exchanges in real browsers, and hold the model against them
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Browsers {
    #[command(subcommand)]
    what: What,
}

const AFTER_HELP: &str = "\
Examples:
  crossexam browsers record --browser chromium --seed 7 --count 500 --out seen.jsonl.gz
  crossexam browsers compare seen.jsonl.gz
  crossexam browsers cases --seed 7 --count 500 > cases.jsonl";

/// What to do.
#[derive(Debug, Subcommand)]
enum What {
    Record(Record),
    Compare(Compare),
    Cases(Cases),
}

/// Which cases.
#[derive(Debug, clap::Args)]
struct Which {
    /// Make the cases from this number: the same one gives the same cases
    #[arg(short, long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,
    /// How many cases, of all themes in turn
    #[arg(short = 'n', long, value_name = "NUMBER", default_value_t = 140)]
    count: usize,
    /// Only cases about this; may be given several times
    #[arg(short, long, value_name = "THEME", value_parser = THEMES.map(|it| it.name))]
    theme: Vec<String>,
}

impl Which {
    fn cases(&self) -> Vec<Case> {
        let wanted =
            |it: &Theme| self.theme.is_empty() || self.theme.iter().any(|name| name == it.name);
        let themes: Vec<_> = THEMES.into_iter().filter(wanted).collect();
        generate(&themes, self.seed, self.count)
    }
}

/// Play cases in a real browser, and write down what the servers saw and what the page got
///
/// The browser runs headless, with a fresh profile, and speaks to nobody but a server of our own on 127.0.0.1. Each case is
/// played twice under host names of its own; one that does not come out the same is played once more and marked.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_RECORD)]
struct Record {
    /// Which browser
    #[arg(short, long, value_name = "BROWSER")]
    browser: Real,
    /// Play the cases in this file, one a line, instead of generated ones
    #[arg(long, value_name = "FILE", conflicts_with_all = ["seed", "count", "theme"])]
    cases: Option<PathBuf>,
    #[command(flatten)]
    which: Which,
    /// Where to write the observations, one a line; compressed if the name ends in `.gz`
    #[arg(short, long, value_name = "FILE")]
    out: PathBuf,
    /// How many browsers at a time
    #[arg(short, long, value_name = "NUMBER", default_value = "2")]
    jobs: NonZeroUsize,
    /// How often each case is played
    #[arg(long, value_name = "NUMBER", default_value = "2")]
    runs: NonZeroUsize,
    /// The date to write down (YYYY-MM-DD); by default today's
    #[arg(long, value_name = "DATE")]
    date: Option<String>,
}

const AFTER_RECORD: &str = "\
What is needed, in Debian: `apt-get install chromium chromium-driver`, or `apt-get install firefox-esr` and
`cargo install geckodriver`.

Exit codes:
  0  all cases were recorded
  1  some could not be; they are named
  2  bad input, or the browser or its driver is missing or does not start

Examples:
  crossexam browsers record --browser chromium --out seen.jsonl
  crossexam browsers record --browser firefox --seed 7 --count 2000 --theme redirects --out seen.jsonl.gz
  crossexam browsers record --browser chromium --cases cases.jsonl --out seen.jsonl";

/// A browser that can be recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Real {
    /// Chromium, through chromedriver
    Chromium,
    /// Firefox, through geckodriver
    Firefox,
}

/// Hold recorded observations against the model, under the browser's own profile and under `standard`
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_COMPARE)]
struct Compare {
    /// Files of observations
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Judge by this profile instead of the browser's own
    #[arg(short, long, value_name = "PROFILE")]
    browser: Option<String>,
    /// Known differences, with their reasons (TOML)
    #[arg(long, value_name = "FILE")]
    explained: Option<PathBuf>,
    /// How many examples of each difference to show
    #[arg(long, value_name = "NUMBER", default_value_t = 3)]
    examples: usize,
    /// How to report
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    format: Format,
}

const AFTER_COMPARE: &str = "\
Exit codes:
  0  the model agrees with the browsers, but for known differences
  1  it does not, or a known difference is none any more
  2  bad input

Examples:
  crossexam browsers compare seen.jsonl.gz
  crossexam browsers compare seen.jsonl.gz --browser standard --examples 10
  crossexam browsers compare seen.jsonl.gz --format json";

/// How to report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A table, and the differences by what they are about
    Text,
    /// The same as one object
    Json,
}

/// Write the cases that would be recorded, one a line
#[derive(Debug, clap::Args)]
struct Cases {
    #[command(flatten)]
    which: Which,
}

impl Browsers {
    pub(crate) fn run(self, screen: &mut Screen) -> Outcome {
        match self.what {
            What::Record(record) => record.run(screen),
            What::Compare(compare) => compare.run(screen),
            What::Cases(cases) => {
                let mut text = String::new();
                for case in cases.which.cases() {
                    text.push_str(&serde_json::to_string(&case).unwrap_or_default());
                    text.push('\n');
                }
                screen.write(&text)?;
                Ok(ExitCode::SUCCESS)
            }
        }
    }
}

impl Record {
    fn run(&self, screen: &Screen) -> Outcome {
        let cases = match &self.cases {
            None => self.which.cases(),
            Some(path) => cases_in(path)?,
        };
        let browser = match self.browser {
            Real::Chromium => Browser::Chromium,
            Real::Firefox => Browser::Firefox,
        };
        let path = env::var("PATH").unwrap_or_default();
        let recording = Recording {
            programs: Programs::find(browser, &path).map_err(missing)?,
            jobs: self.jobs.get(),
            runs: self.runs.get(),
            date: self.date.clone().unwrap_or_else(today),
        };
        let mut progress = Progress::new(screen, cases.len());
        let recorded = recording.record(&cases, |done| progress.at(done, browser.name()));
        progress.clear();
        let Recorded {
            observations,
            unrecorded,
        } = recorded.map_err(missing)?;
        write(&self.out, &observations).map_err(|error| Failure::input(error.to_string()))?;
        let unstable = observations.iter().filter(|it| !it.is_stable()).count();
        screen.line(&format!(
            "{} recorded, {unstable} of them unstable, in {}",
            observations.len(),
            self.out.display()
        ))?;
        for it in &unrecorded {
            let name = cases.get(it.number).and_then(|case| case.name.clone());
            let name = name.unwrap_or_else(|| format!("case {}", it.number + 1));
            screen.error(&format!("{name}: {}", it.why));
        }
        Ok(if unrecorded.is_empty() {
            ExitCode::SUCCESS
        } else {
            ExitCode::from(EXPECTATION_FAILED)
        })
    }
}

fn missing(error: DriverError) -> Failure {
    Failure::with_help(error.to_string(), error.advice())
}

fn cases_in(path: &Path) -> Result<Vec<Case>, Failure> {
    let text =
        fs::read_to_string(path).map_err(|error| Failure::file("cannot read", path, &error))?;
    let lines = text.lines().enumerate();
    let lines = lines.filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(number, line)| {
            serde_json::from_str(line).map_err(|error| {
                Failure::input(format!("{}, line {}: {error}", path.display(), number + 1))
            })
        })
        .collect()
}

/// The date in UTC. (Days are counted in eras of 400 years, which begin on a first of March.)
#[expect(
    clippy::disallowed_methods,
    reason = "it is written down and decides nothing"
)]
fn today() -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    date_of(now.map_or(0, |it| it.as_secs() / 86_400))
}

/// The date so many days after the first of January 1970.
fn date_of(days: u64) -> String {
    let days = days + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = era * 400 + year + u64::from(month < 3);
    format!("{year:04}-{month:02}-{day:02}")
}

/// The models that observations are held against.
struct Models(BTreeMap<String, Oracle>);

impl Models {
    fn get(&mut self, profile: &str) -> Result<&Oracle, Failure> {
        if !self.0.contains_key(profile) {
            let oracle = Oracle::for_browser(profile).map_err(|error| {
                let help = format!("there are: {}", error.known.join(", "));
                Failure::with_help(error.to_string(), help)
            })?;
            self.0.insert(profile.to_owned(), oracle);
        }
        Ok(&self.0[profile])
    }
}

/// How the observations of one browser stand.
#[derive(Default)]
struct Standing {
    versions: Vec<String>,
    own: Summary,
    standard: Summary,
    explained: usize,
    unexplained: usize,
    /// Explanations that nothing needs.
    idle: Vec<String>,
}

impl Compare {
    fn run(&self, screen: &Screen) -> Outcome {
        let explained = match &self.explained {
            None => Explained::default(),
            Some(path) => {
                let text = fs::read_to_string(path)
                    .map_err(|error| Failure::file("cannot read", path, &error))?;
                Explained::parse(&text)
                    .map_err(|error| Failure::input(format!("{}: {error}", path.display())))?
            }
        };
        let mut standings: BTreeMap<String, Standing> = BTreeMap::new();
        let mut models = Models(BTreeMap::new());
        for file in &self.files {
            for observation in read(file).map_err(|error| Failure::input(error.to_string()))? {
                let standing = standings.entry(observation.browser.clone()).or_default();
                self.add(standing, &observation, &explained, &mut models)?;
            }
        }
        let all_good = standings
            .values()
            .all(|it| it.unexplained == 0 && it.idle.is_empty());
        match self.format {
            Format::Text => self.text(&standings, screen)?,
            Format::Json => screen.line(&json(&standings))?,
        }
        Ok(if all_good {
            ExitCode::SUCCESS
        } else {
            ExitCode::from(EXPECTATION_FAILED)
        })
    }

    fn add(
        &self,
        standing: &mut Standing,
        observation: &Observation,
        explained: &Explained,
        models: &mut Models,
    ) -> Result<(), Failure> {
        if !standing.versions.contains(&observation.version) {
            standing.versions.push(observation.version.clone());
        }
        let bad = |error: crossexam_oracle::Malformed| Failure::input(error.to_string());
        let profile = self.browser.as_ref().unwrap_or(&observation.browser);
        let verdict = compare(observation, models.get(profile)?).map_err(bad)?;
        let standard = compare(observation, models.get("standard")?).map_err(bad)?;
        standing.own.add(observation, &verdict);
        standing.standard.add(observation, &standard);
        let name = observation.case.name.as_deref().unwrap_or_default();
        let known = explained.reason(&observation.browser, name).is_some();
        match (matches!(verdict, Verdict::Differs(_)), known) {
            (true, true) => standing.explained += 1,
            (true, false) => standing.unexplained += 1,
            (false, true) => standing.idle.push(name.to_owned()),
            (false, false) => {}
        }
        Ok(())
    }

    fn text(&self, standings: &BTreeMap<String, Standing>, screen: &Screen) -> Result<(), Failure> {
        for (browser, standing) in standings {
            let profile = self.browser.as_ref().unwrap_or(browser);
            let mut text = format!(
                "{browser} {}\n{:18}{:>8}{:>8}{:>10}{:>9}{:>11}{:>11}\n",
                standing.versions.join(", "),
                "",
                "agree",
                "differ",
                "unstable",
                "outside",
                profile,
                "standard",
            );
            let none = Count::default();
            let rows = standing.own.themes.iter().map(|(name, count)| {
                let standard = standing.standard.themes.get(name).unwrap_or(&none);
                (&name[..], count, standard)
            });
            let total = ("all", &standing.own.total, &standing.standard.total);
            for (name, own, standard) in rows.chain([total]) {
                text.push_str(&format!(
                    "{name:18}{:>8}{:>8}{:>10}{:>9}{:>11}{:>11}\n",
                    own.agree,
                    own.differ,
                    own.unstable,
                    own.outside,
                    percent(own),
                    percent(standard),
                ));
            }
            text.push_str(&format!(
                "{} differ for known reasons, {} for no known reason\n",
                standing.explained, standing.unexplained
            ));
            for name in &standing.idle {
                text.push_str(&format!(
                    "{name}: a difference is explained that is none any more\n"
                ));
            }
            for (theme, list) in &standing.own.differences {
                text.push_str(&format!(
                    "\n{theme}: {} (the model's is expected)\n",
                    list.len()
                ));
                for (name, difference) in list.iter().take(self.examples) {
                    text.push_str(&format!(
                        "  {name}, step {}: {}\n",
                        difference.step, difference.text
                    ));
                }
            }
            text.push('\n');
            screen.write(&text)?;
        }
        Ok(())
    }
}

fn percent(count: &Count) -> String {
    let agreement = count.agreement();
    format!("{}.{:02} %", agreement / 100, agreement % 100)
}

fn json(standings: &BTreeMap<String, Standing>) -> String {
    let count = |it: &Count| {
        json!({
            "agree": it.agree, "differ": it.differ, "unstable": it.unstable, "outside": it.outside,
            "agreement": it.agreement() as f64 / 100.0,
        })
    };
    let summary = |it: &Summary| {
        let themes: BTreeMap<_, _> = it
            .themes
            .iter()
            .map(|(name, it)| (name, count(it)))
            .collect();
        let differences: BTreeMap<_, Vec<_>> = it
            .differences
            .iter()
            .map(|(theme, list)| {
                let list = list
                    .iter()
                    .map(|(name, it)| json!({ "case": name, "step": it.step, "text": it.text }));
                (theme, list.collect())
            })
            .collect();
        json!({ "total": count(&it.total), "themes": themes, "differences": differences })
    };
    let browsers: BTreeMap<_, _> = standings
        .iter()
        .map(|(name, it)| {
            let standing = json!({
                "versions": it.versions,
                "profile": summary(&it.own),
                "standard": summary(&it.standard),
                "explained": it.explained,
                "unexplained": it.unexplained,
                "explained_and_none": it.idle,
            });
            (name, standing)
        })
        .collect();
    json!({ "browsers": browsers }).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_dates() {
        assert_eq!(date_of(0), "1970-01-01");
        assert_eq!(date_of(11_016), "2000-02-29");
        assert_eq!(date_of(20_784), "2026-11-27");
    }
}
