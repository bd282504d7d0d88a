//! `crossexam wpt`

mod text;

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::ValueEnum;
use clap::builder::PossibleValuesParser;
use crossexam_net::{Outside, Trust, WallClock};
use crossexam_sim::{Clock, Profile};
use crossexam_wpt::baseline::Baseline;
use crossexam_wpt::discover::{Checkout, DiscoverError, Test};
use crossexam_wpt::expectations::Expectations;
use crossexam_wpt::page::Setting;
use crossexam_wpt::pool::{self, News};
use crossexam_wpt::report::Run;
use crossexam_wpt::serve::{self, Ports, ServeError, SuiteServer};
use serde_json::json;

use crate::failure::Failure;
use crate::progress::Progress;
use crate::terminal::Screen;
use crate::{EXPECTATION_FAILED, Outcome};

/// How many tests share a processor.
const TESTS_PER_PROCESSOR: usize = 4;

/// Run web-platform-tests, unmodified, in the modelled browser
///
/// The tests are those of a checkout of the suite, whose own server is started for the run (Python 3 is all it needs) and
/// ended with it. Requests go over loopback; time is the wall's.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Wpt {
    /// The folder of a web-platform-tests checkout
    #[arg(long, value_name = "FOLDER", env = "WPT_ROOT")]
    root: Option<PathBuf>,
    /// Test files, folders, or patterns, relative to the checkout; by default `cors` and `fetch/api`
    #[arg(value_name = "PATH")]
    paths: Vec<String>,
    /// Give the browser this profile
    #[arg(long, value_name = "PROFILE", default_value = "standard", value_parser = PossibleValuesParser::new(Profile::names()))]
    browser: String,
    /// How many tests at a time; by default four for each processor, since most of a test is waiting
    #[arg(short, long, value_name = "NUMBER")]
    jobs: Option<NonZeroUsize>,
    /// Use a server that runs already, on the suite's usual ports (8000, 8001, 8443, 8444)
    #[arg(long)]
    running: bool,
    /// What the suite's server is started with
    #[arg(
        long,
        value_name = "COMMAND",
        default_value = "python3",
        conflicts_with = "running"
    )]
    python: String,
    /// Compare with this recorded run of browsers (JSON)
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Known exceptions, with their reasons (TOML)
    #[arg(long, value_name = "FILE")]
    expectations: Option<PathBuf>,
    /// Multiply the time that tests are given
    #[arg(long, value_name = "FACTOR", default_value_t = 1.0, value_parser = factor)]
    patience: f64,
    /// Only list what would be run
    #[arg(long)]
    list: bool,
    /// How to report
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    format: Format,
    /// Write the report to this file
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

const AFTER_HELP: &str = "\
How to get a checkout:
  git clone --depth 1 https://github.com/web-platform-tests/wpt.git
  cd wpt && ./wpt regen-certs          its certificates are valid for a year

Exit codes:
  0  everything that ran passed, or is a known exception
  1  a subtest failed, or an exception passed unexpectedly
  2  bad input, or the suite's server could not be started
  130  interrupted; what was known by then is reported

Examples:
  crossexam wpt --root ../wpt
  crossexam wpt --root ../wpt fetch/api/cors 'xhr/*cors*' --verbose
  crossexam wpt --root ../wpt cors --format wptreport -o wptreport.json
  crossexam wpt --root ../wpt fetch --list";

/// The exit code after Ctrl-C.
const INTERRUPTED: u8 = 130;

/// How to report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// What failed, and a table of folders
    Text,
    /// The same as one object
    Json,
    /// The form that the suite's own tools and wpt.fyi read
    Wptreport,
}

fn factor(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(factor) if (0.01..=1000.0).contains(&factor) => Ok(factor),
        _ => Err("a number from 0.01 to 1000 is wanted".to_owned()),
    }
}

impl Wpt {
    pub(crate) fn run(self, screen: &mut Screen) -> Outcome {
        let checkout = self.checkout()?;
        let tests = self.tests(&checkout)?;
        if self.list {
            return list(&tests, self.format, screen);
        }
        let baseline = self.baseline.as_deref().map(Baseline::read);
        let baseline = baseline
            .transpose()
            .map_err(|error| Failure::input(error.to_string()))?;
        let expectations = self.expectations.as_deref().map(Expectations::read);
        let expectations = expectations
            .transpose()
            .map_err(|error| Failure::input(error.to_string()))?;
        let profile =
            Profile::by_name(&self.browser).map_err(|error| Failure::input(error.to_string()))?;
        let outside = Outside::start()
            .map_err(|error| Failure::input(format!("there are no sockets: {error}")))?;
        let trust = Trust::only(&serve::authority(&checkout)).map_err(|error| {
            Failure::with_help(
                error.to_string(),
                "make the suite's certificates: `./wpt regen-certs`",
            )
        })?;
        let stop = Arc::new(AtomicBool::new(false));
        let set = stop.clone();
        // A second Ctrl-C finds the default again only if the handler could not be set.
        let _ = ctrlc::set_handler(move || set.store(true, Ordering::Relaxed));
        let server = self.server(&checkout)?;
        let ports = server
            .as_ref()
            .map_or_else(Ports::default, |server| server.ports().clone());
        let setting = Setting {
            outside,
            trust,
            ports,
            profile,
            patience: self.patience,
        };
        let clock = WallClock::new();
        let started = clock.now();
        let run = self.run_all(tests, setting, &stop, screen);
        let took = clock.now().since(started);
        if let Some(mut server) = server
            && let Some(said) = server.has_ended()
        {
            screen.error(&format!("the suite's server ended during the run:\n{said}"));
        }
        let interrupted = stop.load(Ordering::Relaxed);
        let summary = run.summary(baseline.as_ref(), expectations.as_ref());
        let text = match self.format {
            Format::Text => text::report(&run, &summary, baseline.as_ref(), took, screen),
            Format::Json => format!(
                "{:#}\n",
                json!({
                    "summary": summary,
                    "seconds": took.as_secs_f64(),
                    "tests": run.tests.iter().filter_map(|(test, outcome)| {
                        let outcome = outcome.as_ref()?;
                        Some(json!({
                            "test": test.url, "file": test.file, "scope": test.scope.name(),
                            "status": outcome.status, "message": outcome.message,
                            "subtests": outcome.subtests, "notes": outcome.notes,
                            "milliseconds": outcome.took.as_millis(),
                        }))
                    }).collect::<Vec<_>>(),
                })
            ),
            Format::Wptreport => {
                let revision = expectations.as_ref().map_or("", |it| &it.revision);
                let times = (started.as_micros() / 1000, clock.now().as_micros() / 1000);
                let report = run.wptreport(revision, times);
                let report = serde_json::to_string(&report)
                    .map_err(|error| Failure::input(error.to_string()))?;
                report + "\n"
            }
        };
        match &self.output {
            Some(path) => std::fs::write(path, text)
                .map_err(|error| Failure::file("cannot write", path, &error))?,
            None => screen.write(&text)?,
        }
        let failed = summary.unexplained().next().is_some()
            || !summary.unexpected_passes.is_empty()
            || !summary.missing.is_empty();
        Ok(if interrupted {
            ExitCode::from(INTERRUPTED)
        } else if failed {
            ExitCode::from(EXPECTATION_FAILED)
        } else {
            ExitCode::SUCCESS
        })
    }

    fn checkout(&self) -> Result<Checkout, Failure> {
        const HELP: &str = "get one with `git clone --depth 1 https://github.com/web-platform-tests/wpt.git`, and name its folder with `--root`";
        let root = match &self.root {
            Some(root) => root,
            None if Path::new("resources/testharness.js").is_file() => Path::new("."),
            None => {
                return Err(Failure::with_help(
                    "the tests are those of a web-platform-tests checkout, and none is named",
                    HELP,
                ));
            }
        };
        let root = root
            .canonicalize()
            .map_err(|error| Failure::with_help(format!("{}: {error}", root.display()), HELP))?;
        Checkout::open(&root).map_err(|error| Failure::with_help(error.to_string(), HELP))
    }

    fn tests(&self, checkout: &Checkout) -> Result<Vec<Test>, Failure> {
        let by_default = ["cors".to_owned(), "fetch/api".to_owned()];
        let paths = if self.paths.is_empty() {
            &by_default[..]
        } else {
            &self.paths
        };
        let tests = checkout.tests(paths).map_err(|error| match &error {
            DiscoverError::NothingThere { .. } => Failure::with_help(
                error.to_string(),
                "paths and patterns begin at the checkout's folder, for example `fetch/api/cors` or `xhr/*cors*`",
            ),
            _ => Failure::input(error.to_string()),
        })?;
        if tests.is_empty() {
            return Err(Failure::with_help(
                "there is no test in what was named",
                "a test is a file that uses testharness.js, outside of folders called `resources` and `support`",
            ));
        }
        Ok(tests)
    }

    fn server(&self, checkout: &Checkout) -> Result<Option<SuiteServer>, Failure> {
        let with_help = |error: ServeError| {
            let (text, help) = (error.to_string(), match &error {
                ServeError::NoPython { .. } => "install Python 3, or name it with `--python`; or start `./wpt serve` yourself and say `--running`".to_owned(),
                ServeError::NotListening { said, .. } | ServeError::Ended { said, .. } if !said.is_empty() => format!("it said last:\n{said}"),
                ServeError::NotListening { .. } => format!("start it: `{} serve`", serve::command_line(checkout.root())),
                ServeError::Ended { .. } => "start `./wpt serve` by hand to see why".to_owned(),
                ServeError::Busy { .. } => "end whoever listens there, or run once more: other ports are chosen then".to_owned(),
                ServeError::Certificates { .. } => "make new ones: `./wpt regen-certs`".to_owned(),
                ServeError::NoFile(_) => String::new(),
            });
            Failure::with_help(text, help)
        };
        if self.running {
            serve::check_running(&Ports::default()).map_err(with_help)?;
            return Ok(None);
        }
        let ports = Ports::free().map_err(|error| Failure::input(format!("no ports: {error}")))?;
        SuiteServer::start(checkout, &self.python, ports)
            .map(Some)
            .map_err(with_help)
    }

    fn run_all(
        &self,
        tests: Vec<Test>,
        setting: Setting,
        stop: &Arc<AtomicBool>,
        screen: &Screen,
    ) -> Run {
        let jobs = self.jobs.map_or_else(
            || {
                std::thread::available_parallelism().map_or(2, NonZeroUsize::get)
                    * TESTS_PER_PROCESSOR
            },
            NonZeroUsize::get,
        );
        let (runnable, not): (Vec<Test>, Vec<Test>) = tests
            .into_iter()
            .partition(|test| test.not_runnable.is_none());
        let mut progress = Progress::new(screen, runnable.len());
        let mut begun = 0;
        let mut outcomes = pool::run(runnable, setting, jobs, stop, |news| {
            if let News::Begun(test) = news {
                begun += 1;
                progress.at(begun, &test.url);
            }
        });
        drop(progress);
        outcomes.extend(not.into_iter().map(|test| (test, None)));
        outcomes.sort_by(|(one, _), (other, _)| one.file.cmp(&other.file));
        Run { tests: outcomes }
    }
}

fn list(tests: &[Test], format: Format, screen: &Screen) -> Outcome {
    if format == Format::Text {
        for test in tests {
            let why = test
                .not_runnable
                .map_or_else(String::new, |why| format!("  ({why})"));
            screen.line(&format!("{}{why}", test.url))?;
        }
    } else {
        let tests: Vec<_> = tests
            .iter()
            .map(|test| {
                json!({
                    "test": test.url, "file": test.file, "scope": test.scope.name(),
                    "https": test.https, "not_runnable": test.not_runnable,
                })
            })
            .collect();
        screen.line(&format!("{:#}", serde_json::Value::from(tests)))?;
    }
    Ok(ExitCode::SUCCESS)
}
