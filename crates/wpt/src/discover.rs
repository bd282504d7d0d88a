//! Which test files there are, and which URLs each is run at.
//!
//! The rules are those of the suite's manifest: what a file is stands in its name, and in its first lines.

use std::fs;
use std::path::{Path, PathBuf};

use globset::{Glob, GlobSetBuilder};

/// A checkout of the suite.
#[derive(Debug, Clone)]
pub struct Checkout {
    root: PathBuf,
}

/// Why there is nothing to run.
#[derive(Debug, thiserror::Error)]
pub enum DiscoverError {
    /// The folder is no checkout.
    #[error("{} is no checkout of web-platform-tests: {missing} is not there", .root.display())]
    NoCheckout {
        /// The folder.
        root: PathBuf,
        /// The file that every checkout has.
        missing: &'static str,
    },
    /// A path or pattern that names nothing.
    #[error("nothing in the checkout is called {path}")]
    NothingThere {
        /// The path or pattern.
        path: String,
    },
    /// A pattern that is none.
    #[error("{pattern} is no pattern: {why}")]
    BadPattern {
        /// The pattern.
        pattern: String,
        /// What is wrong.
        why: String,
    },
    /// A file or folder that cannot be read.
    #[error("{}: {why}", .path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        why: String,
    },
}

/// What kind of global a test runs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// A page.
    Window,
    /// A dedicated worker.
    DedicatedWorker,
    /// A dedicated worker whose script is a module.
    DedicatedWorkerModule,
    /// A shared worker.
    SharedWorker,
    /// A shared worker whose script is a module.
    SharedWorkerModule,
    /// A service worker.
    ServiceWorker,
    /// A ShadowRealm.
    ShadowRealm,
}

impl Scope {
    /// Its name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Window => "window",
            Self::DedicatedWorker => "dedicated worker",
            Self::DedicatedWorkerModule => "dedicated worker (module)",
            Self::SharedWorker => "shared worker",
            Self::SharedWorkerModule => "shared worker (module)",
            Self::ServiceWorker => "service worker",
            Self::ShadowRealm => "ShadowRealm",
        }
    }
}

/// A test at one URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Test {
    /// The source file, relative to the checkout, with slashes.
    pub file: String,
    /// Path, query and fragment of the URL.
    pub url: String,
    /// The query variant, or nothing.
    pub variant: String,
    /// Where it runs.
    pub scope: Scope,
    /// Whether it is loaded over TLS.
    pub https: bool,
    /// Whether it is served from the `www` subdomain.
    pub www: bool,
    /// Whether it is given a minute rather than ten seconds.
    pub long: bool,
    /// Why it cannot be run here.
    pub not_runnable: Option<&'static str>,
}

impl Checkout {
    /// The checkout in a folder.
    ///
    /// # Errors
    ///
    /// [`DiscoverError::NoCheckout`]
    pub fn open(root: &Path) -> Result<Self, DiscoverError> {
        for missing in ["wpt", "resources/testharness.js", "tools/serve/serve.py"] {
            if !root.join(missing).is_file() {
                return Err(DiscoverError::NoCheckout {
                    root: root.to_owned(),
                    missing,
                });
            }
        }
        Ok(Self {
            root: root.to_owned(),
        })
    }

    /// Its folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The tests that paths (of files or folders) and patterns name, in the order of their paths.
    ///
    /// # Errors
    ///
    /// [`DiscoverError`]
    pub fn tests(&self, selected: &[String]) -> Result<Vec<Test>, DiscoverError> {
        let mut files = Vec::new();
        for path in selected {
            let before = files.len();
            self.files(path.trim_matches('/'), &mut files)?;
            if files.len() == before {
                return Err(DiscoverError::NothingThere { path: path.clone() });
            }
        }
        files.sort();
        files.dedup();
        let mut tests = Vec::new();
        for file in files {
            self.tests_of(&file, &mut tests)?;
        }
        Ok(tests)
    }

    fn files(&self, selected: &str, files: &mut Vec<String>) -> Result<(), DiscoverError> {
        let (from, pattern) = match selected.find(['*', '?', '[', '{']) {
            None => (selected, None),
            Some(at) => {
                let from = selected[..at].rfind('/').map_or("", |at| &selected[..at]);
                let bad = |error: globset::Error| DiscoverError::BadPattern {
                    pattern: selected.to_owned(),
                    why: error.kind().to_string(),
                };
                let mut set = GlobSetBuilder::new();
                set.add(Glob::new(selected).map_err(bad)?);
                set.add(Glob::new(&format!("{selected}/**")).map_err(bad)?);
                (from, Some(set.build().map_err(bad)?))
            }
        };
        let root = self.root.join(from);
        if !root.exists() {
            return Ok(());
        }
        let walk = walkdir::WalkDir::new(&root)
            .sort_by_file_name()
            .into_iter()
            .filter_entry(|entry| {
                entry.depth() == 0
                    || !entry.file_type().is_dir()
                    || !entry
                        .file_name()
                        .to_str()
                        .is_some_and(|name| SUPPORT_FOLDERS.contains(&name))
            });
        for entry in walk {
            let entry = entry.map_err(|error| DiscoverError::Unreadable {
                path: error.path().unwrap_or(&root).to_owned(),
                why: error.to_string(),
            })?;
            let Ok(relative) = entry.path().strip_prefix(&self.root) else {
                continue;
            };
            let relative = relative.to_string_lossy().replace('\\', "/");
            let is_wanted = pattern.as_ref().is_none_or(|it| it.is_match(&relative));
            if entry.file_type().is_file() && is_wanted {
                files.push(relative);
            }
        }
        Ok(())
    }

    fn tests_of(&self, file: &str, tests: &mut Vec<Test>) -> Result<(), DiscoverError> {
        let name = file.rsplit('/').next().unwrap_or(file);
        let Some((stem, extension)) = name.rsplit_once('.') else {
            return Ok(());
        };
        let in_support = file
            .split('/')
            .rev()
            .skip(1)
            .any(|folder| SUPPORT_FOLDERS.contains(&folder));
        if in_support || is_no_test(stem) {
            return Ok(());
        }
        let kind = match extension {
            "js" if stem.ends_with(".any") => Kind::Any,
            "js" if stem.ends_with(".window") => Kind::Window,
            "js" if stem.ends_with(".worker") => Kind::Worker,
            "html" | "htm" | "xhtml" | "xht" | "svg" => Kind::Page,
            _ => return Ok(()),
        };
        let path = self.root.join(file);
        let bytes = fs::read(&path).map_err(|error| DiscoverError::Unreadable {
            path,
            why: error.to_string(),
        })?;
        let text = String::from_utf8_lossy(&bytes);
        let meta = match kind {
            Kind::Page => match Meta::of_a_page(&text) {
                Some(meta) => meta,
                None => return Ok(()),
            },
            Kind::Any | Kind::Window | Kind::Worker => Meta::of_a_script(&text),
        };
        let flags: Vec<&str> = stem.split('.').skip(1).collect();
        let base = &file[..file.len() - extension.len() - 1];
        let endings: Vec<(Scope, String)> = match kind {
            Kind::Page => vec![(Scope::Window, format!("{base}.{extension}"))],
            Kind::Window | Kind::Worker => vec![(
                if kind == Kind::Window {
                    Scope::Window
                } else {
                    Scope::DedicatedWorker
                },
                format!("{base}.html"),
            )],
            Kind::Any => meta
                .scopes
                .iter()
                .map(|(scope, ending)| (*scope, format!("{base}.{ending}")))
                .collect(),
        };
        for (scope, url) in endings {
            for variant in &meta.variants {
                tests.push(Test {
                    file: file.to_owned(),
                    url: format!("/{url}{variant}"),
                    variant: variant.clone(),
                    scope,
                    https: flags.contains(&"https")
                        || flags.contains(&"serviceworker")
                        || scope == Scope::ServiceWorker,
                    www: flags.contains(&"www"),
                    long: meta.long,
                    not_runnable: not_runnable(scope, &flags, &text),
                });
            }
        }
        Ok(())
    }
}

/// Folders without tests in them.
const SUPPORT_FOLDERS: [&str; 6] = [
    "resources",
    "support",
    "tools",
    "conformance-checkers",
    "node_modules",
    "__pycache__",
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Any,
    Window,
    Worker,
    Page,
}

fn is_no_test(stem: &str) -> bool {
    let first = stem.split('.').next().unwrap_or(stem);
    [
        "-manual", "-visual", "-ref", "-notref", "-support", "-crash", "-print",
    ]
    .iter()
    .any(|ending| first.ends_with(ending))
}

fn not_runnable(scope: Scope, flags: &[&str], text: &str) -> Option<&'static str> {
    if scope == Scope::ServiceWorker {
        return Some("needs service workers");
    }
    if scope == Scope::ShadowRealm {
        return Some("needs ShadowRealm");
    }
    if flags.contains(&"h2") {
        return Some("needs HTTP/2");
    }
    for (mark, why) in [
        ("/resources/testdriver.js", "needs testdriver"),
        (
            "service_worker_unregister_and_register",
            "needs service workers",
        ),
        ("serviceWorker.register", "needs service workers"),
        ("service_worker_test(", "needs service workers"),
    ] {
        if text.contains(mark) {
            return Some(why);
        }
    }
    None
}

/// What a file says of itself.
#[derive(Debug, PartialEq, Eq)]
struct Meta {
    long: bool,
    variants: Vec<String>,
    scopes: Vec<(Scope, &'static str)>,
}

impl Meta {
    /// The `// META: key=value` lines at the top of a script.
    fn of_a_script(text: &str) -> Self {
        let mut meta = Self {
            long: false,
            variants: Vec::new(),
            scopes: scopes_of("window,dedicatedworker"),
        };
        for line in text.lines() {
            let Some(comment) = line.strip_prefix("//") else {
                break;
            };
            let Some((key, value)) = comment
                .trim_start()
                .strip_prefix("META:")
                .and_then(|it| it.split_once('='))
            else {
                continue;
            };
            match (key.trim(), value.trim()) {
                ("timeout", "long") => meta.long = true,
                ("variant", variant) => meta.variants.push(variant.to_owned()),
                ("global", globals) => meta.scopes = scopes_of(globals),
                _ => {}
            }
        }
        meta.or_one_variant()
    }

    /// The `<meta>` elements of a page; `None` if testharness.js is not in it.
    fn of_a_page(text: &str) -> Option<Self> {
        let mut meta = Self {
            long: false,
            variants: Vec::new(),
            scopes: Vec::new(),
        };
        let mut has_harness = false;
        for tag in text.split('<').skip(1) {
            let tag = tag.split('>').next().unwrap_or(tag);
            let name = tag
                .split(|c: char| c.is_ascii_whitespace() || c == '/')
                .next()
                .unwrap_or("");
            if name.eq_ignore_ascii_case("script")
                || (name.contains(':') && name.ends_with(":script"))
            {
                let src = attribute(tag, "src").or_else(|| attribute(tag, "href"));
                has_harness |= src.is_some_and(|src| src == "/resources/testharness.js");
            } else if name.eq_ignore_ascii_case("meta") {
                let content = attribute(tag, "content").unwrap_or_default();
                match attribute(tag, "name").as_deref() {
                    Some("timeout") => meta.long |= content == "long",
                    Some("variant") => meta.variants.push(content),
                    _ => {}
                }
            }
        }
        has_harness.then(|| meta.or_one_variant())
    }

    fn or_one_variant(mut self) -> Self {
        if self.variants.is_empty() {
            self.variants.push(String::new());
        }
        self
    }
}

/// The value of an attribute in a start tag.
fn attribute(tag: &str, wanted: &str) -> Option<String> {
    let mut rest = tag;
    while let Some(at) = rest.to_ascii_lowercase().find(wanted) {
        let (before, after) = (&rest[..at], rest[at + wanted.len()..].trim_start());
        rest = &rest[at + wanted.len()..];
        if !before.ends_with(|c: char| c.is_ascii_whitespace()) {
            continue;
        }
        let Some(value) = after.strip_prefix('=').map(str::trim_start) else {
            continue;
        };
        let value = match value.chars().next() {
            Some(quote @ ('"' | '\'')) => value[1..].split(quote).next(),
            _ => value.split(|c: char| c.is_ascii_whitespace()).next(),
        };
        return value.map(|value| value.replace("&amp;", "&").replace("&quot;", "\""));
    }
    None
}

/// The globals of a `global=` line.
fn scopes_of(globals: &str) -> Vec<(Scope, &'static str)> {
    const ALL: [(&str, Scope, &str); 7] = [
        ("window", Scope::Window, "html"),
        ("dedicatedworker", Scope::DedicatedWorker, "worker.html"),
        (
            "dedicatedworker-module",
            Scope::DedicatedWorkerModule,
            "worker-module.html",
        ),
        ("sharedworker", Scope::SharedWorker, "sharedworker.html"),
        (
            "sharedworker-module",
            Scope::SharedWorkerModule,
            "sharedworker-module.html",
        ),
        ("serviceworker", Scope::ServiceWorker, "serviceworker.html"),
        (
            "shadowrealm-in-window",
            Scope::ShadowRealm,
            "shadowrealm-in-window.html",
        ),
    ];
    let mut chosen = [false; ALL.len()];
    for global in globals.split(',').map(str::trim) {
        let (wanted, global) = match global.strip_prefix('!') {
            Some(global) => (false, global),
            None => (true, global),
        };
        for (slot, (name, ..)) in chosen.iter_mut().zip(&ALL) {
            let is_meant = match global {
                "worker" => ["dedicatedworker", "sharedworker", "serviceworker"].contains(name),
                "shadowrealm" => *name == "shadowrealm-in-window",
                other => *name == other,
            };
            if is_meant {
                *slot = wanted;
            }
        }
    }
    let scopes = ALL.iter().zip(chosen).filter(|(_, chosen)| *chosen);
    scopes
        .map(|((_, scope, ending), _)| (*scope, *ending))
        .collect()
}
