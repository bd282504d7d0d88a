//! A scenario: loaded, checked, ready to make plans of.

use std::rc::Rc;

use crossexam_sim::Profile;
use serde_json::Value as Json;

use crate::diagnostic::{Diagnostic, SourceFile, nearest};
use crate::folder::{Folder, SCENARIO_FILE};
use crate::format::tree::Node;
use crate::format::{ScenarioFile, schema};
use crate::plan::Plan;
use crate::resolve::{Resolver, has_errors, merged};

/// A scenario.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// Its files.
    pub folder: Folder,
    /// What its file says.
    pub file: ScenarioFile,
    source: Rc<SourceFile>,
    tree: Rc<Node>,
}

/// What came of loading a scenario.
#[derive(Debug)]
pub struct Loaded {
    /// The scenario, if it can be run.
    pub scenario: Option<Scenario>,
    /// The mistakes, in the order of the file.
    pub diagnostics: Vec<Diagnostic>,
}

impl Scenario {
    /// Reads a scenario from its folder and checks all of it, variants included.
    pub fn load(folder: Folder) -> Loaded {
        let path = folder.path_of(SCENARIO_FILE);
        let mut diagnostics = Vec::new();
        let Some(bytes) = folder.files.get(SCENARIO_FILE) else {
            let source = Rc::new(SourceFile {
                path,
                text: String::new(),
            });
            diagnostics.push(
                Diagnostic::error(&source, None, "there is no such file")
                    .help("`crossexam new <ID-slug>` makes a scenario to start from"),
            );
            return Loaded {
                scenario: None,
                diagnostics,
            };
        };
        let text = match std::str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            Err(error) => {
                let line = bytes[..error.valid_up_to()]
                    .iter()
                    .filter(|byte| **byte == b'\n')
                    .count()
                    + 1;
                let source = Rc::new(SourceFile {
                    path,
                    text: String::new(),
                });
                diagnostics.push(
                    Diagnostic::error(&source, None, "the file is not text (UTF-8)").help(format!(
                        "the first byte that is not UTF-8 is in line {line}"
                    )),
                );
                return Loaded {
                    scenario: None,
                    diagnostics,
                };
            }
        };
        let source = Rc::new(SourceFile { path, text });
        let (tree, mistakes) = Node::parse(&source);
        diagnostics.extend(mistakes);
        if !has_errors(&diagnostics) {
            let schema = SCHEMA.with(Rc::clone);
            diagnostics.extend(schema::check(&schema, &tree, &source));
        }
        let scenario = if has_errors(&diagnostics) {
            None
        } else {
            Self::check(folder, source, tree, &mut diagnostics)
        };
        diagnostics.sort_by_key(|mistake| {
            (
                mistake.source.path.clone(),
                mistake.span.as_ref().map(|span| (span.start, span.end)),
            )
        });
        let mut seen: Vec<Diagnostic> = Vec::new();
        diagnostics.retain(|mistake| {
            let new = !seen.contains(mistake);
            if new {
                seen.push(mistake.clone());
            }
            new
        });
        Loaded {
            scenario: scenario.filter(|_| !has_errors(&diagnostics)),
            diagnostics,
        }
    }

    fn check(
        folder: Folder,
        source: Rc<SourceFile>,
        tree: Node,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<Self> {
        let file = match serde_json::from_value::<ScenarioFile>(tree.to_json()) {
            Ok(file) => file,
            Err(error) => {
                diagnostics.push(Diagnostic::error(&source, None, error.to_string()));
                return None;
            }
        };
        check_id(&file, &folder, &source, &tree, diagnostics);
        for name in file.variant.keys() {
            if !name
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
            {
                diagnostics.push(
                    Diagnostic::error(
                        &source,
                        tree.find_key(&["variant", name]),
                        format!("`{name}` is no name for a variant"),
                    )
                    .label("expected lowercase letters, digits and `-`"),
                );
            }
        }
        let scenario = Self {
            folder,
            file,
            source,
            tree: Rc::new(tree),
        };
        for variant in scenario.variants() {
            let (_, mistakes) = scenario.resolve(variant, 0);
            diagnostics.extend(mistakes);
        }
        Some(scenario)
    }

    /// The scenario's id.
    pub fn id(&self) -> &str {
        &self.file.id
    }

    /// The variants by name, in the order of the file; `[None]` for a scenario that has none.
    pub fn variants(&self) -> Vec<Option<&str>> {
        if self.file.variant.is_empty() {
            return vec![None];
        }
        self.file
            .variant
            .keys()
            .map(|name| Some(name.as_str()))
            .collect()
    }

    /// The plan of a variant.
    ///
    /// # Errors
    ///
    /// The mistakes that keep it from being run; a loaded scenario has none.
    pub fn plan(&self, variant: Option<&str>, seed: u64) -> Result<Plan, Vec<Diagnostic>> {
        if let Some(name) = variant
            && !self.file.variant.contains_key(name)
        {
            let mut mistake = Diagnostic::error(
                &self.source,
                None,
                format!("the scenario {} has no variant `{name}`", self.file.id),
            );
            if let Some(word) = nearest(name, self.file.variant.keys().map(String::as_str)) {
                mistake = mistake.help(format!("did you mean `{word}`?"));
            }
            return Err(vec![mistake]);
        }
        let (plan, mistakes) = self.resolve(variant, seed);
        if has_errors(&mistakes) {
            Err(mistakes)
        } else {
            Ok(plan)
        }
    }

    fn resolve(&self, variant: Option<&str>, seed: u64) -> (Plan, Vec<Diagnostic>) {
        let (file, mistake) = match merged(&self.tree, variant) {
            Ok(file) => (file, None),
            Err(error) => {
                let span = variant.and_then(|name| self.tree.find_key(&["variant", name]));
                let mistake = Diagnostic::error(&self.source, span, error.to_string());
                (self.file.clone(), Some(mistake))
            }
        };
        let profiles: Vec<&str> = Profile::names().collect();
        let resolver = Resolver {
            source: &self.source,
            tree: &self.tree,
            folder: &self.folder,
            variant,
            file: &file,
            base: &self.file,
            seed,
            profiles: &profiles,
            people: indexmap::IndexMap::new(),
            secrets: indexmap::IndexMap::new(),
            mistakes: Vec::new(),
        };
        let (plan, mut mistakes) = resolver.resolve();
        mistakes.extend(mistake);
        (plan, mistakes)
    }
}

fn check_id(
    file: &ScenarioFile,
    folder: &Folder,
    source: &Rc<SourceFile>,
    tree: &Node,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let span = tree.find(&["id"]).map(|node| node.span.clone());
    let id = &file.id;
    if id.is_empty() || !id.chars().all(|c| c.is_ascii_alphanumeric()) {
        diagnostics.push(
            Diagnostic::error(source, span, format!("`{id}` is no id"))
                .label("expected letters and digits")
                .help("for example `S04`"),
        );
    } else if folder.name().split('-').next() != Some(id) && !folder.name().is_empty() {
        diagnostics.push(
            Diagnostic::warning(
                source,
                span,
                format!(
                    "the id is `{id}`, and the folder is called `{}`",
                    folder.name()
                ),
            )
            .help(format!(
                "call the folder `{id}-…`, so that both are found together"
            )),
        );
    }
    if file.title.trim().is_empty() {
        let span = tree.find(&["title"]).map(|node| node.span.clone());
        diagnostics.push(Diagnostic::error(source, span, "the title is empty"));
    }
}

std::thread_local! {
    static SCHEMA: Rc<Json> = Rc::new(schema::schema());
}
