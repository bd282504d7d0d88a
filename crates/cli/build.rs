//! Puts the scenario catalogue into the binary (a list of its files with their contents), and the account of the
//! standard's steps: which are transcribed is read from the sources.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let here = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    // In a published package the catalogue lies beside this file; some systems check a link out as a file.
    let beside = here.join("catalogue");
    let catalogue = if beside.is_dir() {
        beside
    } else {
        here.join("../../tests/scenarios")
    };
    println!("cargo::rerun-if-changed={}", catalogue.display());
    let mut list = String::from("&[\n");
    for folder in sorted(&catalogue)? {
        if folder.is_dir() {
            println!("cargo::rerun-if-changed={}", folder.display());
            embed(&mut list, &catalogue, &folder)?;
        }
    }
    list.push_str("]\n");
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    fs::write(out.join("catalogue.rs"), list)?;
    account(&here, &out)
}

/// Writes what `crossexam spec` reads. A published package has no sources beside it, and its account is empty.
fn account(here: &Path, out: &Path) -> io::Result<()> {
    let data = here.join("../spec-macros");
    for name in ["fetch-algorithms.json", "left-out.toml"] {
        let path = data.join(name);
        println!("cargo::rerun-if-changed={}", path.display());
        fs::write(out.join(name), fs::read(&path).unwrap_or_default())?;
    }
    let mut transcribed = Vec::new();
    let rooms = here.join("..");
    for room in sorted(&rooms)? {
        let sources = room.join("src");
        if data.is_dir() && sources.is_dir() {
            println!("cargo::rerun-if-changed={}", sources.display());
            transcribe(&rooms, &sources, &mut transcribed)?;
        }
    }
    let text = serde_json::Value::from(transcribed).to_string();
    fs::write(out.join("transcribed.json"), text)
}

/// Gathers the algorithms that are transcribed in the files of a folder.
fn transcribe(
    rooms: &Path,
    folder: &Path,
    transcribed: &mut Vec<serde_json::Value>,
) -> io::Result<()> {
    for path in sorted(folder)? {
        if path.is_dir() {
            transcribe(rooms, &path, transcribed)?;
            continue;
        }
        let source = fs::read_to_string(&path).unwrap_or_default();
        if path.extension().is_none_or(|it| it != "rs") || !source.contains("#[algorithm(") {
            continue;
        }
        let file = path.strip_prefix(rooms).unwrap_or(&path);
        let file = file.to_string_lossy().replace('\\', "/");
        // What is no Rust does not compile where it belongs either.
        for function in crossexam_spec::transcribed_in(&source).unwrap_or_default() {
            let steps: Vec<_> = function
                .steps
                .iter()
                .map(|step| serde_json::json!([step.number, step.text]))
                .collect();
            transcribed.push(serde_json::json!({
                "standard": function.standard,
                "id": function.id,
                "file": file,
                "function": function.function,
                "steps": steps,
            }));
        }
    }
    Ok(())
}

fn sorted(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    paths.retain(|path| {
        !path
            .file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with('.'))
    });
    paths.sort();
    Ok(paths)
}

fn embed(list: &mut String, catalogue: &Path, folder: &Path) -> io::Result<()> {
    for path in sorted(folder)? {
        println!("cargo::rerun-if-changed={}", path.display());
        if path.is_dir() {
            embed(list, catalogue, &path)?;
            continue;
        }
        let Ok(name) = path.strip_prefix(catalogue) else {
            continue;
        };
        let name = name.to_string_lossy().replace('\\', "/");
        let absolute = fs::canonicalize(&path)?;
        // Writing to a string cannot fail.
        let _ = writeln!(
            list,
            "({name:?}, include_bytes!({:?})),",
            absolute.to_string_lossy()
        );
    }
    Ok(())
}
