//! The shape of the house: which room may know which, and what no file may say.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};

/// The rooms from the bottom up. Each may depend on those before it.
const ROOMS: [&str; 17] = [
    "spec",
    "spec-macros",
    "web",
    "csp",
    "cookies",
    "fetch",
    "html",
    "sim",
    "net",
    "oracle",
    "browsers",
    "explain",
    "js",
    "browser",
    "scenario",
    "wpt",
    "cli",
];

/// The package of a room. The command is called as the project is.
fn package_of(room: &str) -> String {
    if room == "cli" {
        "crossexam".to_owned()
    } else {
        format!("crossexam-{room}")
    }
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The names of a folder's entries, sorted.
fn entries(folder: &Path) -> Vec<String> {
    let entries =
        fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn manifest(room: &str) -> toml::Table {
    let path = workspace().join("crates").join(room).join("Cargo.toml");
    let text =
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.parse()
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The project's own crates that a manifest names, in any kind of dependency, for any target.
fn rooms_it_knows(manifest: &toml::Table) -> Vec<String> {
    let mut known = Vec::new();
    for (key, value) in manifest {
        let Some(table) = value.as_table() else {
            continue;
        };
        if key.ends_with("dependencies") {
            for (name, dependency) in table {
                let package = dependency
                    .get("package")
                    .and_then(toml::Value::as_str)
                    .unwrap_or(name);
                known.extend(
                    ROOMS
                        .iter()
                        .filter(|room| package_of(room) == package)
                        .map(ToString::to_string),
                );
            }
        } else if key == "target" {
            let targets = table.values().filter_map(toml::Value::as_table);
            known.extend(targets.flat_map(rooms_it_knows));
        }
    }
    known
}

#[test]
fn every_room_has_its_place() {
    let mut rooms = ROOMS.map(str::to_owned);
    rooms.sort();
    assert_eq!(
        entries(&workspace().join("crates")),
        rooms,
        "a new room needs a place in the order"
    );
    for room in ROOMS {
        let name = manifest(room)["package"]["name"]
            .as_str()
            .map(str::to_owned);
        assert_eq!(
            name,
            Some(package_of(room)),
            "a package is called after its folder"
        );
    }
}

#[test]
fn rooms_know_only_the_rooms_below_them() {
    for (place, room) in ROOMS.iter().enumerate() {
        for known in rooms_it_knows(&manifest(room)) {
            let below = ROOMS[..place].contains(&&known[..]);
            assert!(below, "`{room}` must not depend on `{known}`");
        }
    }
}

#[test]
fn the_check_of_the_order_sees_every_kind_of_dependency() {
    let manifest: toml::Table = r#"
        [dependencies]
        crossexam-web.workspace = true
        url = "2"
        [dev-dependencies]
        crossexam-sim = { path = "../sim" }
        [build-dependencies]
        other = { package = "crossexam-js", version = "1" }
        [target.'cfg(unix)'.dependencies]
        crossexam.workspace = true
        crossexam-unknown = "1"
    "#
    .parse()
    .unwrap();
    let mut known = rooms_it_knows(&manifest);
    known.sort();
    assert_eq!(known, ["cli", "js", "sim", "web"]);
}

/// The text files of the repository, without what is built.
fn text_files(folder: &Path, files: &mut Vec<PathBuf>) {
    const TEXT: [&str; 15] = [
        "css", "html", "js", "json", "lock", "md", "mjs", "rs", "sh", "snap", "svg", "toml", "txt",
        "yaml", "yml",
    ];
    for name in entries(folder) {
        let path = folder.join(&name);
        if path.is_dir() {
            if !matches!(
                &name[..],
                "target" | ".git" | "node_modules" | "corpus" | "artifacts" | "coverage"
            ) {
                text_files(&path, files);
            }
        } else if path
            .extension()
            .is_none_or(|it| TEXT.iter().any(|text| it.eq_ignore_ascii_case(text)))
        {
            files.push(path);
        }
    }
}

/// A path on somebody's machine in a line of text, if there is one.
fn machine_path(line: &str) -> Option<&str> {
    for root in ["work", "tmp", "root", "home", "Users", "mnt", "private"] {
        let pattern = format!("/{root}/");
        for (start, _) in line.match_indices(&pattern) {
            // A path begins here only if nothing it could continue stands before it, as a URL's host does.
            let continues = |c: char| {
                c.is_alphanumeric()
                    || matches!(c, '.' | '/' | ':' | '-' | '_' | '}' | '*' | '$' | '~')
            };
            if !line[..start].ends_with(continues) {
                return Some(&line[start..]);
            }
        }
    }
    None
}

#[test]
fn no_file_names_a_path_on_somebodys_machine() {
    let mut files = Vec::new();
    text_files(&workspace(), &mut files);
    assert!(files.len() > 50, "the repository was not found");
    let mut found = Vec::new();
    for path in files {
        // Not every file without an extension is text.
        let Ok(text) = fs::read_to_string(&path) else {
            continue;
        };
        for (number, line) in text.lines().enumerate() {
            if let Some(cited) = machine_path(line) {
                let cited: String = cited.chars().take(60).collect();
                found.push(format!("{}:{}: {cited}", path.display(), number + 1));
            }
        }
    }
    assert!(
        found.is_empty(),
        "paths of a machine:\n{}",
        found.join("\n")
    );
}

#[test]
fn the_check_of_paths_tells_paths_from_urls() {
    let root = |name: &str| format!("/{name}/");
    assert!(machine_path(&format!("see {}x", root("tmp"))).is_some());
    assert!(machine_path(&format!("\"{}bob/x\"", root("home"))).is_some());
    assert!(machine_path(&format!("{}main", root("work"))).is_some());
    assert_eq!(
        machine_path(&format!("https://alice.example{}x", root("tmp"))),
        None
    );
    assert_eq!(machine_path(&format!("file://{}bob", root("home"))), None);
    assert_eq!(machine_path("a/b/tmp/c"), None);
}
