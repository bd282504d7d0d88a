//! `crossexam list`

use std::process::ExitCode;

use clap::ValueEnum;
use serde_json::json;

use crate::Outcome;
use crate::catalogue::{self, CatalogueOptions};
use crate::terminal::Screen;

/// List scenarios: ids, titles and variants
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct List {
    /// Ids, patterns of ids, folders; by default the whole catalogue
    #[arg(value_name = "SCENARIO")]
    scenarios: Vec<String>,
    /// How to write the list
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    format: Format,
    #[command(flatten)]
    catalogue: CatalogueOptions,
}

const AFTER_HELP: &str = "\
Examples:
  crossexam list
  crossexam list 'S1*'
  crossexam list --format json";

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A table
    Text,
    /// A list of objects
    Json,
}

impl List {
    pub(crate) fn run(self, screen: &mut Screen) -> Outcome {
        let scenarios = catalogue::load(self.catalogue.select(&self.scenarios)?, screen)?;
        match self.format {
            Format::Json => {
                let list: Vec<_> = scenarios
                    .iter()
                    .map(|scenario| {
                        let variants: Vec<_> = scenario
                            .file
                            .variant
                            .iter()
                            .map(|(name, variant)| json!({ "name": name, "title": variant.title }))
                            .collect();
                        json!({
                            "id": scenario.id(),
                            "title": scenario.file.title,
                            "tags": scenario.file.tags,
                            "folder": scenario.folder.path,
                            "variants": variants,
                        })
                    })
                    .collect();
                screen.line(&format!("{:#}", serde_json::Value::from(list)))?;
            }
            Format::Text => {
                let widest = scenarios
                    .iter()
                    .map(|scenario| scenario.id().len())
                    .max()
                    .unwrap_or(0);
                for scenario in &scenarios {
                    screen.line(&format!(
                        "{:widest$}  {}",
                        scenario.id(),
                        scenario.file.title
                    ))?;
                    let variants: Vec<&str> = scenario.variants().into_iter().flatten().collect();
                    if !variants.is_empty() && !screen.quiet {
                        screen.line(&format!("{:widest$}  {}", "", variants.join(", ")))?;
                    }
                }
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}
