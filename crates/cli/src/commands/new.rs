//! `crossexam new`

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::Outcome;
use crate::failure::Failure;
use crate::terminal::Screen;

/// Make a scenario to start from
///
/// Makes a folder with a scenario that runs: Bob, who is logged in at Alice's, opens Charlie's page.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct New {
    /// The folder to make; its name is the scenario's id, a `-`, and a few words: `S99-my-idea`
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
    /// The title; by default made of the folder's name
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,
}

const AFTER_HELP: &str = "\
Examples:
  crossexam new S99-my-idea
  crossexam new scenarios/Z01-first --title \"My first scenario\"
  crossexam run ./S99-my-idea";

/// The files of a new scenario.
const FILES: [(&str, &str); 3] = [
    (
        "scenario.toml",
        include_str!("../../templates/scenario.toml"),
    ),
    ("alice.js", include_str!("../../templates/alice.js")),
    ("charlie.html", include_str!("../../templates/charlie.html")),
];

impl New {
    pub(crate) fn run(self, screen: &mut Screen) -> Outcome {
        let name = self
            .folder
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        let (id, slug) = match name.split_once('-') {
            Some((id, slug)) if is_id(id) && !slug.is_empty() => (id, slug),
            _ => {
                return Err(Failure::with_help(
                    format!("`{name}` is no name for a scenario's folder"),
                    "it is an id of letters and digits, a `-`, and a few words: `S99-my-idea`",
                ));
            }
        };
        let title = self.title.unwrap_or_else(|| sentence(slug));
        if self.folder.exists() {
            return Err(Failure::with_help(
                format!("{} is there already", self.folder.display()),
                "nothing was changed; choose another name",
            ));
        }
        let failed =
            |path: &Path, error: &std::io::Error| Failure::file("cannot make", path, error);
        std::fs::create_dir_all(&self.folder).map_err(|error| failed(&self.folder, &error))?;
        for (file, text) in FILES {
            let path = self.folder.join(file);
            let text = text
                .replace("@ID@", id)
                .replace("@TITLE@", &toml_escaped(&title));
            std::fs::write(&path, text).map_err(|error| failed(&path, &error))?;
        }
        if !screen.quiet {
            let folder = self.folder.display().to_string();
            let shown = if self.folder.is_absolute() || folder.starts_with('.') {
                folder.clone()
            } else {
                format!("./{folder}")
            };
            screen.line(&format!(
                "made {folder} with scenario.toml, alice.js and charlie.html"
            ))?;
            screen.line(&format!("run it with: crossexam run {shown}"))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn is_id(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric())
}

/// `my-idea` as `My idea`.
fn sentence(slug: &str) -> String {
    let words = slug.replace('-', " ");
    let mut characters = words.chars();
    characters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(characters).collect()
    })
}

/// A text as it stands between the quotes of a TOML string.
fn toml_escaped(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '"' => "\\\"".to_owned(),
            '\\' => "\\\\".to_owned(),
            c if c.is_control() => format!("\\u{:04X}", u32::from(c)),
            c => c.to_string(),
        })
        .collect()
}
