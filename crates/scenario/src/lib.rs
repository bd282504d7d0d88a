//! Scenarios: what they are written in, how they are run, and what came of it.
//!
//! A scenario is a [`Folder`] with a `scenario.toml`. [`Scenario::load`] reads and checks it; [`Scenario::plan`] makes of
//! one variant a [`Plan`], in which every name is resolved. Running a plan gives a journal; the [`verdict`] asks it who
//! learned what and whose state changed. Nothing here knows how a browser decides.

pub mod diagnostic;
pub mod folder;
pub mod format;
pub mod links;
pub mod pattern;
pub mod picture;
pub mod plan;
pub mod render;
mod resolve;
mod run;
mod runner;
mod scenario;
pub mod verdict;

pub use diagnostic::{Diagnostic, Severity};
pub use folder::{Folder, SCENARIO_FILE};
pub use format::{ScenarioFile, schema_text};
pub use picture::Picture;
pub use plan::Plan;
pub use resolve::has_errors;
pub use run::{LearnersText, Run};
pub use runner::{RunFailure, RunOptions, run, run_plan};
pub use scenario::{Loaded, Scenario};
pub use verdict::Verdict;
