//! `crossexam judge`

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread;

use clap::ValueEnum;
use crossexam_oracle::{
    BadLine, Case, CaseResult, Difference, Oracle, ResultLine, differences, schema,
};

use crate::failure::Failure;
use crate::terminal::Screen;
use crate::{EXPECTATION_FAILED, Outcome};

/// Judge exchanges: what would the servers see, and what would the page get?
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Judge {
    /// The cases, one JSON object a line; by default, or with "-", from the standard input stream
    #[arg(value_name = "FILE")]
    cases: Option<PathBuf>,
    /// The browser to judge by
    #[arg(short, long, value_name = "PROFILE", default_value = "standard")]
    browser: String,
    /// Compare with these results, one a line, and write the differences instead of the results
    #[arg(short, long, value_name = "FILE")]
    expect: Option<PathBuf>,
    /// How many cases to judge at the same time; by default as many as the machine has processors
    #[arg(short, long, value_name = "NUMBER")]
    jobs: Option<NonZeroUsize>,
    /// Write the JSON Schema of a line, and judge nothing
    #[arg(long, value_name = "OF", conflicts_with_all = ["cases", "expect"])]
    schema: Option<SchemaOf>,
}

const AFTER_HELP: &str = "\
A line that is no case is answered with {\"error\": ..., \"line\": ...}, and the next one is read. Results come in the
order of the cases, each as soon as no more input is there: whoever writes a line can wait for its answer.

Exit codes:
  0  every line was judged, and was as expected
  1  some results were not as expected
  2  bad input: arguments, files, or lines that are no cases

Examples:
  crossexam judge cases.jsonl > results.jsonl
  crossexam judge cases.jsonl --browser chromium --expect results.jsonl
  crossexam judge --schema case
  echo '{\"page\":{\"url\":\"https://charlie.example/\"},\"steps\":[{\"fetch\":{\"url\":\"https://alice.example/\"}}]}' \\
    | crossexam judge";

/// What a schema is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum SchemaOf {
    /// Of a case
    Case,
    /// Of a result
    Result,
}

/// The exit code for lines that are no cases.
const BAD_INPUT: u8 = 2;

/// So much input is looked at in one go.
const CHUNK: usize = 1 << 20;

/// So many differences of each theme are shown.
const SHOWN: usize = 3;

/// So many themes are told apart.
const THEMES: usize = 100;

impl Judge {
    pub(crate) fn run(self, screen: &mut Screen) -> Outcome {
        match self.schema {
            Some(SchemaOf::Case) => {
                screen.write(&schema::of_cases())?;
                return Ok(ExitCode::SUCCESS);
            }
            Some(SchemaOf::Result) => {
                screen.write(&schema::of_results())?;
                return Ok(ExitCode::SUCCESS);
            }
            None => {}
        }
        let oracle = Oracle::for_browser(&self.browser).map_err(|error| {
            let help = format!("there are: {}", error.known.join(", "));
            Failure::with_help(error.to_string(), help)
        })?;
        let jobs = self.jobs.or_else(|| thread::available_parallelism().ok());
        let judging = Judging {
            oracle,
            jobs: jobs.map_or(1, NonZeroUsize::get),
        };
        let input: Box<dyn io::Read> = match &self.cases {
            Some(path) if path.as_os_str() != "-" => Box::new(open(path)?),
            _ => Box::new(io::stdin()),
        };
        let mut lines = Lines::of(input);
        match &self.expect {
            None => judging.write_results(&mut lines),
            Some(path) => {
                judging.compare(&mut lines, &mut Lines::of(Box::new(open(path)?)), screen)
            }
        }
    }
}

fn open(path: &Path) -> Result<File, Failure> {
    File::open(path).map_err(|error| Failure::file("cannot read", path, &error))
}

/// Input, line by line, without waiting for more than is there.
struct Lines {
    reader: BufReader<Box<dyn io::Read>>,
    number: u64,
}

/// A line and its number.
struct Line {
    number: u64,
    text: Vec<u8>,
}

impl Lines {
    fn of(input: Box<dyn io::Read>) -> Self {
        Self {
            reader: BufReader::with_capacity(CHUNK, input),
            number: 0,
        }
    }

    /// The next line that is not empty.
    fn next(&mut self) -> Result<Option<Line>, Failure> {
        loop {
            let mut text = Vec::new();
            let length = self.reader.read_until(b'\n', &mut text);
            let length = length.map_err(|error| Failure::input(format!("cannot read: {error}")))?;
            if length == 0 {
                return Ok(None);
            }
            self.number += 1;
            if !text.trim_ascii().is_empty() {
                return Ok(Some(Line {
                    number: self.number,
                    text,
                }));
            }
        }
    }

    /// The next line, and as many as are there already.
    fn next_batch(&mut self) -> Result<Vec<Line>, Failure> {
        let mut batch = Vec::new();
        let mut left = CHUNK;
        while let Some(line) = self.next()? {
            left = left.saturating_sub(line.text.len());
            batch.push(line);
            if left == 0 || !self.reader.buffer().contains(&b'\n') {
                break;
            }
        }
        Ok(batch)
    }
}

/// How cases are judged.
struct Judging {
    oracle: Oracle,
    jobs: usize,
}

impl Judging {
    fn judge(&self, line: &Line) -> Result<CaseResult, BadLine> {
        let bad = |error: String| BadLine {
            error,
            line: line.number,
        };
        let case: Case = serde_json::from_slice(line.text.trim_ascii())
            .map_err(|error| bad(error_in_line(&error)))?;
        self.oracle
            .judge(&case)
            .map_err(|error| bad(error.to_string()))
    }

    /// Judges lines, several at a time, in their order.
    fn each<T: Send>(&self, batch: &[Line], make: impl Fn(&Line) -> T + Sync) -> Vec<T> {
        let size = batch.len().div_ceil(self.jobs).max(1);
        if size == batch.len() || batch.is_empty() {
            return batch.iter().map(make).collect();
        }
        thread::scope(|scope| {
            let workers: Vec<_> = batch
                .chunks(size)
                .map(|lines| scope.spawn(|| lines.iter().map(&make).collect::<Vec<T>>()))
                .collect();
            let results = workers.into_iter().map(|worker| match worker.join() {
                Ok(results) => results,
                Err(panic) => std::panic::resume_unwind(panic),
            });
            results.flatten().collect()
        })
    }

    fn write_results(&self, lines: &mut Lines) -> Outcome {
        let mut output = BufWriter::new(io::stdout().lock());
        let mut all_good = true;
        loop {
            let batch = lines.next_batch()?;
            if batch.is_empty() {
                break;
            }
            let results = self.each(&batch, |line| {
                let result = self.judge(line);
                let good = result.is_ok();
                let line = result.map_or_else(ResultLine::Error, ResultLine::Result);
                (good, serde_json::to_vec(&line).unwrap_or_default())
            });
            for (good, text) in results {
                all_good &= good;
                output.write_all(&text)?;
                output.write_all(b"\n")?;
            }
            output.flush()?;
        }
        Ok(if all_good {
            ExitCode::SUCCESS
        } else {
            ExitCode::from(BAD_INPUT)
        })
    }

    fn compare(&self, lines: &mut Lines, expected: &mut Lines, screen: &Screen) -> Outcome {
        let mut report = Report::default();
        let mut bad = 0_u64;
        loop {
            let batch = lines.next_batch()?;
            if batch.is_empty() {
                break;
            }
            let results = self.each(&batch, |line| self.judge(line));
            for (line, actual) in batch.iter().zip(results) {
                let Some(expected) = expected.next()? else {
                    return Err(Failure::input(format!(
                        "there is no expected result for the case in line {}",
                        line.number
                    )));
                };
                let wanted: ResultLine =
                    serde_json::from_slice(&expected.text).map_err(|error| {
                        Failure::input(format!(
                            "the expected result in line {}: {}",
                            expected.number,
                            error_in_line(&error)
                        ))
                    })?;
                match (wanted, actual) {
                    (ResultLine::Result(wanted), Ok(actual)) => {
                        report.add(line.number, &differences(&wanted, &actual));
                    }
                    (ResultLine::Error(_), Err(_)) => report.cases += 1,
                    (ResultLine::Error(_), Ok(_)) => {
                        report.cases += 1;
                        report.differ += 1;
                        let text = "an error was expected".to_owned();
                        report.count("verdict", line.number, 0, text);
                    }
                    (ResultLine::Result(_), Err(error)) => {
                        bad += 1;
                        screen.error(&format!("line {}: {}", error.line, error.error));
                    }
                }
            }
        }
        if let Some(line) = expected.next()? {
            return Err(Failure::input(format!(
                "the expected result in line {} has no case",
                line.number
            )));
        }
        screen.write(&report.text(screen.quiet))?;
        Ok(match (bad, report.differ) {
            (0, 0) => ExitCode::SUCCESS,
            (0, _) => ExitCode::from(EXPECTATION_FAILED),
            _ => ExitCode::from(BAD_INPUT),
        })
    }
}

/// An error of a line's own: the line is named elsewhere, the column is not.
fn error_in_line(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.rsplit_once(" at line ") {
        Some((what, _)) => format!("{what} (column {})", error.column()),
        None => text,
    }
}

/// The differences so far.
#[derive(Default)]
struct Report {
    cases: u64,
    differ: u64,
    themes: BTreeMap<String, Theme>,
}

#[derive(Default)]
struct Theme {
    count: u64,
    examples: Vec<String>,
}

impl Report {
    fn add(&mut self, line: u64, differences: &[Difference]) {
        self.cases += 1;
        if !differences.is_empty() {
            self.differ += 1;
        }
        for difference in differences {
            let Difference { theme, step, text } = difference;
            self.count(theme, line, *step, text.clone());
        }
    }

    fn count(&mut self, theme: &str, line: u64, step: usize, text: String) {
        let known = self.themes.contains_key(theme) || self.themes.len() < THEMES;
        let name = if known { theme } else { "others" };
        let theme = self.themes.entry(name.to_owned()).or_default();
        theme.count += 1;
        if theme.examples.len() < SHOWN {
            theme
                .examples
                .push(format!("line {line}, step {step}: {text}"));
        }
    }

    fn text(&self, quiet: bool) -> String {
        let mut text = match (self.cases, self.differ) {
            (cases, 0) => format!("{cases} as expected\n"),
            (cases, differ) => format!("{differ} of {cases} not as expected\n"),
        };
        for (name, theme) in &self.themes {
            text.push_str(&format!("{name}: {}\n", theme.count));
            if !quiet {
                for example in &theme.examples {
                    text.push_str(&format!("  {example}\n"));
                }
            }
        }
        text
    }
}
