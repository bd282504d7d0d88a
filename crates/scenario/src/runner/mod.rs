//! Running a plan: a world is built, the story happens in it, and what happened is judged.

mod build;
mod server;
mod story;

use crossexam_sim::{UnknownProfile, World};

use crate::diagnostic::Diagnostic;
use crate::plan::Plan;
use crate::run::{LearnersText, Run};
use crate::scenario::Scenario;

/// How a scenario is run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunOptions {
    /// The seed of everything that is made up.
    pub seed: u64,
    /// The profile that all browsers have instead of their own.
    pub profile: Option<String>,
    /// Whether browsers record the steps of the standards.
    pub trace: bool,
}

impl Default for RunOptions {
    fn default() -> Self {
        Self {
            seed: 0,
            profile: None,
            trace: true,
        }
    }
}

/// Why a scenario could not be run.
#[derive(Debug, thiserror::Error)]
pub enum RunFailure {
    /// The scenario has mistakes.
    #[error("the scenario has mistakes")]
    Mistakes(Vec<Diagnostic>),
    /// There is no such browser profile.
    #[error(transparent)]
    Profile(#[from] UnknownProfile),
    /// The world of this scenario cannot be.
    #[error("this world cannot be built: {0}")]
    Setup(String),
}

/// Runs one variant of a scenario (`None` for a scenario that has none).
///
/// # Errors
///
/// See [`RunFailure`]. What goes wrong while it runs is part of the [`Run`].
pub fn run(
    scenario: &Scenario,
    variant: Option<&str>,
    options: &RunOptions,
) -> Result<Run, RunFailure> {
    let mut plan = scenario
        .plan(variant, options.seed)
        .map_err(RunFailure::Mistakes)?;
    if let Some(profile) = &options.profile {
        for browser in plan.browsers.values_mut() {
            browser.profile.clone_from(profile);
        }
    }
    let text = LearnersText::of(scenario, variant);
    run_plan(text, plan, options.trace)
}

/// Runs a plan.
///
/// # Errors
///
/// See [`RunFailure`].
pub fn run_plan(text: LearnersText, plan: Plan, trace: bool) -> Result<Run, RunFailure> {
    let (world, stage) = build::build(&plan, trace)?;
    let interruption = story::play(&world, &stage, &plan).err();
    let journal = world.journal().take();
    drop(stage);
    drop(world);
    Ok(Run::new(text, plan, journal, interruption))
}

/// What stands in the world, at hand for the story.
struct Stage {
    browsers: indexmap::IndexMap<String, crossexam_browser::Browser>,
    stores: indexmap::IndexMap<String, server::Store>,
}

/// A world with nothing in it yet.
fn empty_world(plan: &Plan, trace: bool) -> World {
    World::new(crossexam_sim::WorldConfig {
        seed: plan.seed,
        trace,
        ..crossexam_sim::WorldConfig::default()
    })
}
