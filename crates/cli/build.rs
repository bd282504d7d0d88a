//! Puts the scenario catalogue into the binary: writes a list of its files with their contents.

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
    fs::write(out.join("catalogue.rs"), list)
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
