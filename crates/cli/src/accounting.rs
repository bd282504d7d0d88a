//! The account of the pinned Fetch Standard: of each step, whether it is written, reached, left out or missing.
//!
//! What is written is read from the sources when the command is built; what is left out stands in `left-out.toml`; what is
//! reached was written down by the tests that replay the vectors and scenarios (`CROSSEXAM_REACH=update`).

use std::collections::{BTreeMap, BTreeSet};

use crossexam_spec::Inventory;
use serde::Deserialize;

const INVENTORY: &str = include_str!(concat!(env!("OUT_DIR"), "/fetch-algorithms.json"));
const TRANSCRIBED: &str = include_str!(concat!(env!("OUT_DIR"), "/transcribed.json"));
const LEFT_OUT: &str = include_str!(concat!(env!("OUT_DIR"), "/left-out.toml"));
const REACHED: &str = include_str!("../spec/reached.json");

/// The parts of the standard, and the anchors of their sections.
const PARTS: [(&str, &[&str]); 6] = [
    (
        "Infrastructure",
        &[
            "infrastructure",
            "http",
            "terminology-headers",
            "bodies",
            "requests",
            "responses",
            "miscellaneous",
            "fetch-groups",
            "resolving-domains",
            "connections",
            "network-partition-keys",
            "http-cache-partitions",
            "port-blocking",
        ],
    ),
    (
        "HTTP extensions",
        &[
            "cookie-header",
            "set-cookie-header",
            "cookie-infrastructure",
            "origin-header",
            "content-length-header",
            "content-type-header",
            "x-content-type-options-header",
            "cross-origin-resource-policy-header",
        ],
    ),
    (
        "Fetching",
        &[
            "fetching",
            "main-fetch",
            "override-fetch",
            "scheme-fetch",
            "http-fetch",
            "http-redirect-fetch",
            "http-network-or-cache-fetch",
            "http-network-fetch",
            "cors-preflight-fetch",
            "cors-preflight-cache",
            "cors-check",
            "tao-check",
        ],
    ),
    (
        "Deferred fetching",
        &["deferred-fetch", "deferred-fetch-quota"],
    ),
    (
        "Fetch API",
        &[
            "headers-class",
            "bodyinit-unions",
            "body-mixin",
            "request-class",
            "response-class",
            "fetch-method",
        ],
    ),
    ("data: URLs", &["data-urls"]),
];

/// The account.
#[derive(Debug, Default)]
pub(crate) struct Accounting {
    /// The algorithms of the Fetch Standard, in its order.
    pub(crate) algorithms: Vec<Algorithm>,
    /// What is cited of the other standards: by standard, the algorithms, with their steps and those reached.
    pub(crate) others: BTreeMap<String, BTreeMap<String, Cited>>,
    /// What is wrong with the account itself.
    pub(crate) mistakes: Vec<String>,
}

/// What is cited of an algorithm that no inventory lists.
#[derive(Debug, Default, Clone)]
pub(crate) struct Cited {
    /// The numbers of its steps that are written.
    pub(crate) steps: BTreeSet<String>,
    /// Those of them that are reached.
    pub(crate) reached: BTreeSet<String>,
}

/// An algorithm of the Fetch Standard.
#[derive(Debug, Clone)]
pub(crate) struct Algorithm {
    /// Its anchor.
    pub(crate) id: String,
    /// Its name.
    pub(crate) name: String,
    /// The anchor of its section.
    pub(crate) section: String,
    /// The part of the standard.
    pub(crate) part: &'static str,
    /// Where it is written: files, with the function.
    pub(crate) places: Vec<String>,
    /// Its steps.
    pub(crate) steps: Vec<Step>,
}

/// A step.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    /// Its number.
    pub(crate) number: String,
    /// What the code says of it; empty if it is not written.
    pub(crate) text: String,
    /// What has become of it.
    pub(crate) state: State,
    /// What reaches it.
    pub(crate) sources: Vec<String>,
}

/// What has become of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum State {
    /// It is written, and vectors or scenarios reach it.
    Reached,
    /// It is written.
    Unreached,
    /// It is left out by name.
    LeftOut(Kind, String),
    /// Nothing is known of it.
    Missing,
}

/// Why a step is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(crate) enum Kind {
    /// A browser does it, and the model does not.
    #[serde(rename = "unmodelled")]
    Unmodelled,
    /// It has no place in the model.
    #[serde(rename = "no counterpart")]
    NoCounterpart,
}

impl Kind {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Unmodelled => "unmodelled",
            Self::NoCounterpart => "no counterpart",
        }
    }
}

/// How many steps there are of each kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub(crate) struct Totals {
    pub(crate) algorithms: usize,
    pub(crate) steps: usize,
    pub(crate) written: usize,
    pub(crate) reached: usize,
    pub(crate) left_out: usize,
    pub(crate) missing: usize,
}

impl Totals {
    /// Of some algorithms.
    pub(crate) fn of<'a>(algorithms: impl IntoIterator<Item = &'a Algorithm>) -> Self {
        let mut totals = Self::default();
        for algorithm in algorithms {
            totals.algorithms += 1;
            for step in &algorithm.steps {
                totals.steps += 1;
                match &step.state {
                    State::Reached => {
                        totals.written += 1;
                        totals.reached += 1;
                    }
                    State::Unreached => totals.written += 1,
                    State::LeftOut(..) => totals.left_out += 1,
                    State::Missing => totals.missing += 1,
                }
            }
        }
        totals
    }
}

#[derive(Debug, Deserialize)]
struct Transcribed {
    standard: String,
    id: String,
    file: String,
    function: String,
    steps: Vec<(String, String)>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct LeftOutFile {
    #[serde(default)]
    left_out: Vec<LeftOut>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct LeftOut {
    algorithm: String,
    steps: Option<Vec<String>>,
    kind: Kind,
    reason: String,
}

impl LeftOut {
    /// The place in `steps` where a step is named: `3`, or `3.*` for 3 and everything below it.
    fn names(pattern: &str, number: &str) -> bool {
        match pattern.strip_suffix(".*") {
            None => pattern == number,
            Some(above) => number
                .strip_prefix(above)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.')),
        }
    }

    fn covers(&self, number: &str) -> bool {
        self.steps
            .as_ref()
            .is_none_or(|steps| steps.iter().any(|pattern| Self::names(pattern, number)))
    }
}

/// By standard and anchor: where it is written, and the words of each step.
type Written<'a> = BTreeMap<(&'a str, &'a str), (Vec<String>, BTreeMap<&'a str, &'a str>)>;
type ReachedFile = BTreeMap<String, BTreeMap<String, String>>;

impl Accounting {
    /// The account of this build.
    pub(crate) fn of_this_build() -> Self {
        Self::new(INVENTORY, TRANSCRIBED, LEFT_OUT, REACHED)
    }

    fn new(inventory: &str, transcribed: &str, left_out: &str, reached: &str) -> Self {
        let mut mistakes = Vec::new();
        let inventory = Inventory::parse(inventory);
        let transcribed: Vec<Transcribed> = serde_json::from_str(transcribed).unwrap_or_default();
        let left_out: LeftOutFile = toml::from_str(left_out).unwrap_or_else(|error| {
            mistakes.push(format!("left-out.toml: {error}"));
            LeftOutFile::default()
        });
        let reached: ReachedFile = serde_json::from_str(reached).unwrap_or_else(|error| {
            mistakes.push(format!("reached.json: {error}"));
            ReachedFile::default()
        });

        // By "Standard id": the steps with what reaches each.
        let mut sources: BTreeMap<&str, BTreeMap<&str, Vec<&str>>> = BTreeMap::new();
        for (source, algorithms) in &reached {
            for (algorithm, numbers) in algorithms {
                for number in numbers.split(' ') {
                    let steps = sources.entry(algorithm).or_default();
                    steps.entry(number).or_default().push(source);
                }
            }
        }
        let mut written = Written::new();
        for function in &transcribed {
            let place = written
                .entry((&function.standard, &function.id))
                .or_default();
            place
                .0
                .push(format!("{}, {}", function.file, function.function));
            for (number, text) in &function.steps {
                place.1.entry(number).or_insert(text);
            }
        }

        let part_of = |section: &str| {
            let part = PARTS.iter().find(|(_, list)| list.contains(&section));
            part.map_or("other", |(part, _)| part)
        };
        let mut algorithms = Vec::new();
        for entry in &inventory.list {
            let nothing = (Vec::new(), BTreeMap::new());
            let (places, texts) = written.get(&("Fetch", &entry.id[..])).unwrap_or(&nothing);
            let reached_by = sources.get(&format!("Fetch {}", entry.id)[..]);
            let left_out: Vec<_> = left_out
                .left_out
                .iter()
                .filter(|it| it.algorithm == entry.id)
                .collect();
            // The branches of a switch have the same numbers in the standard; they count once.
            let mut seen = BTreeSet::new();
            let numbers = entry.steps.iter().filter(|number| seen.insert(*number));
            let steps = numbers.map(|number| {
                let by = reached_by.and_then(|steps| steps.get(&number[..]));
                let out = left_out.iter().find(|it| it.covers(number));
                let state = match (texts.contains_key(&number[..]), by, out) {
                    (true, Some(_), _) => State::Reached,
                    (true, None, _) => State::Unreached,
                    (false, _, Some(out)) => State::LeftOut(out.kind, out.reason.clone()),
                    (false, _, None) => State::Missing,
                };
                Step {
                    number: number.clone(),
                    text: texts.get(&number[..]).copied().unwrap_or_default().into(),
                    state,
                    sources: by.into_iter().flatten().map(ToString::to_string).collect(),
                }
            });
            algorithms.push(Algorithm {
                id: entry.id.clone(),
                name: entry.name.clone(),
                section: entry.section.clone(),
                part: part_of(&entry.section),
                places: places.clone(),
                steps: steps.collect(),
            });
        }

        for out in &left_out.left_out {
            mistakes.extend(Self::mistakes_of(out, &inventory, &written));
        }
        for (algorithm, steps) in &sources {
            let Some(key) = algorithm.split_once(' ') else {
                continue;
            };
            for (number, sources) in steps {
                if !written
                    .get(&key)
                    .is_some_and(|it| it.1.contains_key(number))
                {
                    let by = sources.join(", ");
                    mistakes.push(format!(
                        "reached.json: {algorithm}, step {number} is not written any more ({by})"
                    ));
                }
            }
        }

        let mut others: BTreeMap<String, BTreeMap<String, Cited>> = BTreeMap::new();
        for ((standard, id), (_, steps)) in &written {
            if *standard != "Fetch" {
                let reached_by = sources.get(&format!("{standard} {id}")[..]);
                let cited = Cited {
                    steps: steps.keys().map(ToString::to_string).collect(),
                    reached: steps
                        .keys()
                        .filter(|number| reached_by.is_some_and(|by| by.contains_key(**number)))
                        .map(ToString::to_string)
                        .collect(),
                };
                let standard = others.entry((*standard).to_owned()).or_default();
                standard.insert((*id).to_owned(), cited);
            }
        }
        Self {
            algorithms,
            others,
            mistakes,
        }
    }

    /// What is wrong with an entry of the file of what is left out.
    fn mistakes_of(out: &LeftOut, inventory: &Inventory, written: &Written<'_>) -> Vec<String> {
        let name = &out.algorithm;
        let Some(entry) = inventory.get(name) else {
            return vec![format!(
                "left-out.toml: the Fetch Standard has no algorithm `{name}`"
            )];
        };
        let mut mistakes = Vec::new();
        if out.reason.trim().is_empty() {
            mistakes.push(format!("left-out.toml: `{name}` is left out for no reason"));
        }
        for pattern in out.steps.iter().flatten() {
            if !entry
                .steps
                .iter()
                .any(|number| LeftOut::names(pattern, number))
            {
                mistakes.push(format!("left-out.toml: `{name}` has no step {pattern}"));
            }
        }
        let texts = written.get(&("Fetch", &name[..])).map(|it| &it.1);
        for number in texts.into_iter().flat_map(BTreeMap::keys) {
            if out.covers(number) {
                mistakes.push(format!(
                    "left-out.toml: `{name}`, step {number} is written and left out"
                ));
            }
        }
        mistakes
    }

    /// The parts of the standard, in its order.
    pub(crate) fn parts() -> impl Iterator<Item = &'static str> {
        PARTS.iter().map(|(part, _)| *part)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = r#"{"list": [
        {"id": "one", "name": "One", "section": "http", "steps": ["1", "2", "2.1", "3"]},
        {"id": "two", "name": "Two", "section": "main-fetch", "steps": ["1"]}
    ]}"#;
    const CODE: &str = r#"[
        {"standard": "Fetch", "id": "one", "file": "a.rs", "function": "f", "steps": [["1", "A."], ["3", "C."]]},
        {"standard": "Html", "id": "one", "file": "b.rs", "function": "g", "steps": [["7", "B."]]}
    ]"#;

    #[test]
    fn each_step_is_counted_once() {
        let left_out = r#"
            [[left_out]]
            algorithm = "one"
            steps = ["2.*"]
            kind = "unmodelled"
            reason = "Why."
        "#;
        let reached = r#"{"a": {"Fetch one": "1"}, "b": {"Html one": "7"}}"#;
        let account = Accounting::new(LIST, CODE, left_out, reached);
        assert!(account.mistakes.is_empty(), "{:?}", account.mistakes);
        let totals = Totals::of(&account.algorithms);
        let expected = Totals {
            algorithms: 2,
            steps: 5,
            written: 2,
            reached: 1,
            left_out: 2,
            missing: 1,
        };
        assert_eq!(totals, expected);
        assert_eq!(account.others["Html"]["one"].reached.len(), 1);
        assert_eq!(account.algorithms[1].part, "Fetching");
    }

    #[test]
    fn contradictions_are_told() {
        let left_out = r#"
            [[left_out]]
            algorithm = "one"
            steps = ["1", "9"]
            kind = "no counterpart"
            reason = " "
            [[left_out]]
            algorithm = "three"
            kind = "unmodelled"
            reason = "Why."
        "#;
        let account = Accounting::new(LIST, CODE, left_out, r#"{"a": {"Fetch one": "2"}}"#);
        assert_eq!(
            account.mistakes,
            [
                "left-out.toml: `one` is left out for no reason",
                "left-out.toml: `one` has no step 9",
                "left-out.toml: `one`, step 1 is written and left out",
                "left-out.toml: the Fetch Standard has no algorithm `three`",
                "reached.json: Fetch one, step 2 is not written any more (a)",
            ]
        );
    }

    #[test]
    fn every_section_has_its_part() {
        let account = Accounting::of_this_build();
        for algorithm in &account.algorithms {
            assert_ne!(algorithm.part, "other", "{}", algorithm.section);
        }
    }
}
