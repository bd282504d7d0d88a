//! `crossexam run`

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::ValueEnum;
use clap::builder::PossibleValuesParser;
use crossexam_scenario::diagnostic::{nearest, there_are};
use crossexam_scenario::render::{self, Learner, TextOptions};
use crossexam_scenario::{Run as Replay, RunFailure, RunOptions, Scenario, run};
use crossexam_sim::Profile;

use crate::catalogue::{self, CatalogueOptions};
use crate::failure::Failure;
use crate::progress::Progress;
use crate::terminal::Screen;
use crate::{EXPECTATION_FAILED, Outcome};

/// Run scenarios and draw what happens
///
/// Every variant of each scenario is run, unless `--variant` names some. The same arguments give the same bytes.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Run {
    /// Ids (`S04`), patterns of ids (`S1*`), folders, or scenario files; by default the whole catalogue
    #[arg(value_name = "SCENARIO")]
    scenarios: Vec<String>,
    /// Run only the variants of this name; may be given several times
    #[arg(long, value_name = "NAME")]
    variant: Vec<String>,
    /// Give every browser this profile
    #[arg(long, value_name = "PROFILE", value_parser = PossibleValuesParser::new(Profile::names()))]
    browser: Option<String>,
    /// The seed of everything that is made up
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    seed: u64,
    /// How to draw
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    format: Format,
    /// Write to this file; to a file for each run if it is a folder
    #[arg(short, long, value_name = "PATH")]
    output: Option<PathBuf>,
    /// Leave out the steps of the standards
    #[arg(long)]
    no_trace: bool,
    #[command(flatten)]
    catalogue: CatalogueOptions,
}

const AFTER_HELP: &str = "\
Exit codes:
  0  every run came as expected
  1  an expectation failed
  2  bad input

Examples:
  crossexam run S04
  crossexam run S04 S1* --quiet
  crossexam run S04 --variant vulnerable --browser classic
  crossexam run ./my-scenario --format html --output my-scenario.html
  crossexam run --format svg --output pictures/
  crossexam run S04 --format json | jq '.[] | {variant, passed}'";

/// How to draw.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A picture for the terminal
    Text,
    /// A list of runs with everything in it
    Json,
    /// A Mermaid sequence diagram for each run
    Mermaid,
    /// A picture of one run
    Svg,
    /// One page that needs nothing else
    Html,
}

impl Format {
    fn ending(self) -> &'static str {
        match self {
            Self::Text => "txt",
            Self::Json => "json",
            Self::Mermaid => "mmd",
            Self::Svg => "svg",
            Self::Html => "html",
        }
    }
}

impl Run {
    pub(crate) fn run(self, screen: &mut Screen) -> Outcome {
        let scenarios = catalogue::load(self.catalogue.select(&self.scenarios)?, screen)?;
        let chosen = choose(&scenarios, &self.variant)?;
        let options = RunOptions {
            seed: self.seed,
            profile: self.browser.clone(),
            trace: !self.no_trace,
        };
        if self.format == Format::Svg && chosen.len() > 1 && self.folder().is_none() {
            return Err(Failure::with_help(
                format!(
                    "an SVG picture shows one run, and there are {}",
                    chosen.len()
                ),
                "choose one with `--variant`, or give a folder: `--output pictures/`",
            ));
        }
        let straight_out = self.output.is_none() && self.format == Format::Text;
        let mut runs = Vec::new();
        let mut failed = 0;
        {
            let mut progress = Progress::new(screen, chosen.len());
            for (index, (scenario, variant)) in chosen.iter().enumerate() {
                progress.at(index + 1, &name(scenario.id(), *variant));
                let replay = replay(scenario, *variant, &options)?;
                failed += usize::from(!replay.passed());
                if straight_out {
                    progress.clear();
                    let place = place(&chosen, index);
                    screen.write(&draw(&replay, screen, place, index > 0))?;
                } else {
                    runs.push(replay);
                }
            }
        }
        if straight_out {
            if chosen.len() > 1 {
                summary(screen, chosen.len(), failed)?;
            }
        } else {
            self.write(screen, &chosen, &runs)?;
        }
        Ok(if failed == 0 {
            ExitCode::SUCCESS
        } else {
            ExitCode::from(EXPECTATION_FAILED)
        })
    }

    /// The folder to write to, if the output is one.
    fn folder(&self) -> Option<&Path> {
        let path = self.output.as_deref()?;
        (path.is_dir() || path.to_string_lossy().ends_with(['/', '\\'])).then_some(path)
    }

    fn write(
        &self,
        screen: &Screen,
        chosen: &[Chosen<'_>],
        runs: &[Replay],
    ) -> Result<(), Failure> {
        let Some(folder) = self.folder() else {
            let text = self.together(screen, chosen, runs);
            return match &self.output {
                None => Ok(screen.write(&text)?),
                Some(path) => write_file(path, &text),
            };
        };
        std::fs::create_dir_all(folder)
            .map_err(|error| Failure::file("cannot make", folder, &error))?;
        for (index, run) in runs.iter().enumerate() {
            let plan = &run.plan;
            let name = match &plan.variant {
                Some(variant) => format!("{}-{variant}.{}", plan.id, self.format.ending()),
                None => format!("{}.{}", plan.id, self.format.ending()),
            };
            let one = std::slice::from_ref(run);
            let text = self.together(screen, chosen.get(index..=index).unwrap_or_default(), one);
            write_file(&folder.join(name), &text)?;
        }
        Ok(())
    }

    /// Several runs as one text.
    fn together(&self, screen: &Screen, chosen: &[Chosen<'_>], runs: &[Replay]) -> String {
        match self.format {
            Format::Text => {
                let plain = screen.for_a_file();
                let draw_one = |(index, run)| draw(run, &plain, place(chosen, index), index > 0);
                runs.iter().enumerate().map(draw_one).collect()
            }
            Format::Json => render::json_list(runs),
            Format::Mermaid => runs
                .iter()
                .map(render::mermaid)
                .collect::<Vec<_>>()
                .join("\n"),
            Format::Svg => runs.iter().map(render::svg).collect(),
            Format::Html => render::html(&runs.iter().collect::<Vec<_>>()),
        }
    }
}

/// A scenario and one of its variants.
pub(super) type Chosen<'a> = (&'a Scenario, Option<&'a str>);

/// The runs that were asked for.
fn choose<'a>(scenarios: &'a [Scenario], variants: &[String]) -> Result<Vec<Chosen<'a>>, Failure> {
    let all: Vec<Chosen<'a>> = scenarios
        .iter()
        .flat_map(|scenario| {
            scenario
                .variants()
                .into_iter()
                .map(move |variant| (scenario, variant))
        })
        .collect();
    if variants.is_empty() {
        return Ok(all);
    }
    let known: Vec<&str> = all.iter().filter_map(|(_, variant)| *variant).collect();
    for wanted in variants {
        if !known.contains(&wanted.as_str()) {
            let whose = match scenarios {
                [one] => format!("the scenario {} has", one.id()),
                _ => "none of these scenarios has".to_owned(),
            };
            let no = if scenarios.len() == 1 { "no" } else { "a" };
            let mut names = known.clone();
            names.sort_unstable();
            names.dedup();
            let help = match nearest(wanted, names.iter().copied()) {
                Some(word) => format!("did you mean `{word}`?"),
                None if names.is_empty() => "there are no variants".to_owned(),
                None => there_are(names),
            };
            return Err(Failure::with_help(
                format!("{whose} {no} variant `{wanted}`"),
                help,
            ));
        }
    }
    Ok(all
        .into_iter()
        .filter(|(_, variant)| {
            variant.is_some_and(|name| variants.iter().any(|wanted| wanted == name))
        })
        .collect())
}

/// Runs one variant.
pub(super) fn replay(
    scenario: &Scenario,
    variant: Option<&str>,
    options: &RunOptions,
) -> Result<Replay, Failure> {
    run(scenario, variant, options).map_err(|failure| match failure {
        RunFailure::Mistakes(mistakes) => Failure::Mistakes(mistakes),
        RunFailure::Profile(_) | RunFailure::Setup(_) => {
            Failure::input(format!("{}: {failure}", name(scenario.id(), variant)))
        }
    })
}

/// What stands around a run's picture: the scenario's text before its first variant, and after its last.
fn place(chosen: &[Chosen<'_>], index: usize) -> Learner {
    let id = |index: usize| chosen.get(index).map(|(scenario, _)| scenario.id());
    let before = index == 0 || id(index - 1) != id(index);
    Learner {
        before,
        after: id(index + 1) != id(index),
    }
}

fn draw(run: &Replay, screen: &Screen, learner: Learner, follows: bool) -> String {
    if screen.quiet {
        let (good, bad) = if screen.unicode {
            ("✓", "✗")
        } else {
            ("ok", "FAILED")
        };
        let sign = if run.passed() { good } else { bad };
        let plan = &run.plan;
        let title = if plan.variant_title.is_empty() {
            &plan.title
        } else {
            &plan.variant_title
        };
        let mut lines = format!(
            "{sign} {}  {title}\n",
            name(&plan.id, plan.variant.as_deref())
        );
        for finding in run
            .verdict
            .findings
            .iter()
            .filter(|finding| !finding.passed)
        {
            lines.push_str(&format!("    {}: {}\n", finding.text, finding.detail));
        }
        for problem in run
            .verdict
            .problems
            .iter()
            .filter(|problem| !problem.allowed)
        {
            lines.push_str(&format!("    {}\n", problem.text));
        }
        return lines;
    }
    let text = render::text(run, &text_options(screen, learner));
    if follows { format!("\n{text}") } else { text }
}

/// How text is drawn on a screen.
pub(super) fn text_options(screen: &Screen, learner: Learner) -> TextOptions {
    TextOptions {
        width: screen.width,
        color: screen.color,
        unicode: screen.unicode,
        learner,
        verbose: screen.verbose,
    }
}

fn summary(screen: &Screen, runs: usize, failed: usize) -> Result<(), Failure> {
    let blank = if screen.quiet { "" } else { "\n" };
    let words = match failed {
        0 => format!("{runs} runs, all as expected."),
        failed => format!("{runs} runs, {failed} not as expected."),
    };
    Ok(screen.line(&format!("{blank}{words}"))?)
}

fn write_file(path: &Path, text: &str) -> Result<(), Failure> {
    std::fs::write(path, text).map_err(|error| Failure::file("cannot write", path, &error))
}

fn name(id: &str, variant: Option<&str>) -> String {
    variant.map_or_else(|| id.to_owned(), |variant| format!("{id} {variant}"))
}
