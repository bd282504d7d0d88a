//! Where scenarios come from: the catalogue inside the binary, another one in a folder, or folders and files by name.

use std::path::{Path, PathBuf};

use crossexam_scenario::diagnostic::nearest;
use crossexam_scenario::pattern::matches;
use crossexam_scenario::{Folder, SCENARIO_FILE, Scenario};

use crate::failure::Failure;
use crate::terminal::Screen;

/// The catalogue's files: the path within it, and the bytes.
const EMBEDDED: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/catalogue.rs"));

/// Which catalogue to use.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct CatalogueOptions {
    /// Take scenarios from this folder instead of those that come with the command
    #[arg(long, value_name = "DIR", env = "CROSSEXAM_CATALOGUE")]
    catalogue: Option<PathBuf>,
}

impl CatalogueOptions {
    /// All scenario folders of the catalogue, by name.
    pub(crate) fn folders(&self) -> Result<Vec<Folder>, Failure> {
        match &self.catalogue {
            None => Ok(embedded()),
            Some(path) => {
                let folders = read_catalogue(path)?;
                if folders.is_empty() {
                    return Err(Failure::with_help(
                        format!("there is no scenario in {}", path.display()),
                        format!("a scenario is a folder with a file `{SCENARIO_FILE}` in it"),
                    ));
                }
                Ok(folders)
            }
        }
    }

    /// The scenario folders that are meant by these words: ids, patterns of ids, names of folders, paths. Without words all
    /// of the catalogue's.
    pub(crate) fn select(&self, words: &[String]) -> Result<Vec<Folder>, Failure> {
        if words.is_empty() {
            return self.folders();
        }
        let mut selected: Vec<Folder> = Vec::new();
        let mut known: Option<Vec<Folder>> = None;
        for word in words {
            let found = match by_path(word)? {
                Some(folders) => folders,
                None => {
                    if known.is_none() {
                        known = Some(self.folders()?);
                    }
                    by_id(word, known.as_deref().unwrap_or_default())?
                }
            };
            for folder in found {
                if !selected.iter().any(|other| other.path == folder.path) {
                    selected.push(folder);
                }
            }
        }
        Ok(selected)
    }
}

/// Loads scenarios; says what is strange, and fails with all mistakes of all of them.
pub(crate) fn load(folders: Vec<Folder>, screen: &Screen) -> Result<Vec<Scenario>, Failure> {
    let mut scenarios: Vec<Scenario> = Vec::new();
    let mut mistakes = Vec::new();
    for folder in folders {
        let loaded = Scenario::load(folder);
        match loaded.scenario {
            Some(scenario) => {
                if !screen.quiet {
                    loaded
                        .diagnostics
                        .iter()
                        .for_each(|warning| screen.diagnostic(warning));
                }
                scenarios.push(scenario);
            }
            None => mistakes.extend(loaded.diagnostics),
        }
    }
    if mistakes.is_empty() {
        Ok(scenarios)
    } else {
        Err(Failure::Mistakes(mistakes))
    }
}

fn embedded() -> Vec<Folder> {
    let mut folders: Vec<Folder> = Vec::new();
    for (path, bytes) in EMBEDDED {
        let Some((folder, file)) = path.split_once('/') else {
            continue;
        };
        if folders.last().is_none_or(|last| last.path != folder) {
            folders.push(Folder {
                path: folder.to_owned(),
                ..Folder::default()
            });
        }
        if let Some(last) = folders.last_mut() {
            last.files.insert(file.to_owned(), (*bytes).into());
        }
    }
    folders
}

fn read_folder(path: &Path) -> Result<Folder, Failure> {
    Folder::read(path).map_err(|error| Failure::file("cannot read", path, &error))
}

fn read_catalogue(path: &Path) -> Result<Vec<Folder>, Failure> {
    let entries =
        std::fs::read_dir(path).map_err(|error| Failure::file("cannot read", path, &error))?;
    let mut folders: Vec<PathBuf> = entries
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.join(SCENARIO_FILE).is_file())
        .collect();
    folders.sort();
    folders.iter().map(|path| read_folder(path)).collect()
}

/// A folder, a scenario file, or a folder of scenarios, if the word names one on the disk.
fn by_path(word: &str) -> Result<Option<Vec<Folder>>, Failure> {
    let path = Path::new(word);
    if path.is_file() {
        if path.file_name().is_none_or(|name| name != SCENARIO_FILE) {
            return Err(Failure::with_help(
                format!("`{word}` is not a scenario"),
                format!(
                    "a scenario is a folder with a file `{SCENARIO_FILE}` in it; name one of these two"
                ),
            ));
        }
        let folder = path
            .parent()
            .filter(|parent| !parent.as_os_str().is_empty())
            .unwrap_or(Path::new("."));
        return Ok(Some(vec![named(read_folder(folder)?, folder)]));
    }
    if path.is_dir() {
        if path.join(SCENARIO_FILE).is_file() {
            return Ok(Some(vec![named(read_folder(path)?, path)]));
        }
        let folders = read_catalogue(path)?;
        if folders.is_empty() {
            return Err(Failure::with_help(
                format!("there is no scenario in {word}"),
                format!("a scenario is a folder with a file `{SCENARIO_FILE}` in it"),
            ));
        }
        return Ok(Some(folders));
    }
    if word.contains(['/', '\\']) || word.ends_with(".toml") {
        return Err(Failure::with_help(
            format!("there is no file or folder `{word}`"),
            "ids such as `S04` are looked up in the catalogue; `crossexam list` shows them",
        ));
    }
    Ok(None)
}

/// A folder that was named `.` or `..` gets its true name, for the id is compared with it.
fn named(folder: Folder, path: &Path) -> Folder {
    if matches!(folder.name(), "." | "..")
        && let Ok(whole) = path.canonicalize()
    {
        return Folder {
            path: whole.display().to_string(),
            ..folder
        };
    }
    folder
}

fn by_id(word: &str, known: &[Folder]) -> Result<Vec<Folder>, Failure> {
    let wanted = word.to_lowercase();
    let id = |folder: &Folder| {
        folder
            .name()
            .split('-')
            .next()
            .unwrap_or_default()
            .to_lowercase()
    };
    let found: Vec<Folder> = known
        .iter()
        .filter(|folder| {
            matches(&wanted, &id(folder)) || matches(&wanted, &folder.name().to_lowercase())
        })
        .cloned()
        .collect();
    if !found.is_empty() {
        return Ok(found);
    }
    let ids: Vec<String> = known
        .iter()
        .map(|folder| {
            folder
                .name()
                .split('-')
                .next()
                .unwrap_or_default()
                .to_owned()
        })
        .collect();
    let names = known.iter().map(Folder::name);
    let help = match nearest(word, ids.iter().map(String::as_str).chain(names)) {
        Some(word) => format!("did you mean `{word}`? `crossexam list` shows all of them"),
        None => "`crossexam list` shows those there are".to_owned(),
    };
    Err(Failure::with_help(
        format!("there is no scenario `{word}`"),
        help,
    ))
}
