//! Reads the vectors of `tests/vectors/` and replays them. The form is described in `tests/vectors/README.md`.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use crossexam_web::HeaderList;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::fields;

/// A file of vectors.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct VectorFile {
    standard: String,
    algorithm: String,
    about: String,
    cases: Vec<Case>,
}

/// One case of a file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    step: Option<String>,
    input: Map<String, Value>,
    #[serde(default, deserialize_with = "present")]
    result: Option<Value>,
    reason: Option<Value>,
    accepted_bytes: Option<Vec<String>>,
}

fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// What an algorithm answered, in the words of the vectors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    result: Value,
    reason: Option<Value>,
}

impl Outcome {
    /// A result.
    pub fn result(result: impl Into<Value>) -> Self {
        Self {
            result: result.into(),
            reason: None,
        }
    }

    /// The standard's failure, where nothing says why.
    pub fn failure() -> Self {
        Self::result("failure")
    }

    /// The standard's null with its reason.
    pub fn null_because(reason: impl Into<Value>) -> Self {
        Self {
            result: Value::Null,
            reason: Some(reason.into()),
        }
    }

    /// The standard's failure with its reason.
    pub fn failure_because(reason: impl Into<Value>) -> Self {
        Self {
            result: "failure".into(),
            reason: Some(reason.into()),
        }
    }
}

/// The input of one case.
#[derive(Debug)]
pub struct Input {
    fields: Map<String, Value>,
    /// The byte that stands for `{"byte": "*"}`.
    byte: Option<u8>,
}

impl Input {
    /// Whether there is such a field.
    pub fn has(&self, name: &str) -> bool {
        self.fields.contains_key(name)
    }

    /// A field that is a list of objects, each an input of its own. Where one consists of a single field, called `only`,
    /// that field's value may stand in its place.
    pub fn inner(&self, name: &str, only: &str) -> Vec<Self> {
        let list = self
            .field(name)
            .as_array()
            .unwrap_or_else(|| panic!("`{name}` is a list"));
        list.iter()
            .map(|value| Self::of(value, only, self.byte))
            .collect()
    }

    /// A field that is an object, an input of its own, with the same short form.
    pub fn inner_one(&self, name: &str, only: &str) -> Self {
        Self::of(self.field(name), only, self.byte)
    }

    fn of(value: &Value, only: &str, byte: Option<u8>) -> Self {
        let is_short = !value.is_object() || value.get("repeat").is_some();
        let fields = match value.as_object().filter(|_| !is_short) {
            Some(fields) => fields.clone(),
            None => Map::from_iter([(only.to_owned(), value.clone())]),
        };
        Self { fields, byte }
    }

    /// A field as it is written; null if it is not there.
    pub fn value(&self, name: &str) -> &Value {
        self.fields.get(name).unwrap_or(&Value::Null)
    }

    fn field(&self, name: &str) -> &Value {
        self.fields
            .get(name)
            .unwrap_or_else(|| panic!("the input has no `{name}`"))
    }

    /// A field that is bytes: a string whose code points are the bytes, a repetition, or a list of such parts.
    pub fn bytes(&self, name: &str) -> Bytes {
        self.bytes_of(self.field(name)).into()
    }

    fn bytes_of(&self, value: &Value) -> Vec<u8> {
        fields::bytes_of(value, self.byte).unwrap_or_else(|why| panic!("{why}"))
    }

    /// A field that is a string, built in the same way.
    pub fn text(&self, name: &str) -> String {
        self.text_of(self.field(name))
    }

    /// A field that is a string or null.
    pub fn optional_text(&self, name: &str) -> Option<String> {
        Some(self.field(name))
            .filter(|value| !value.is_null())
            .map(|value| self.text_of(value))
    }

    fn text_of(&self, value: &Value) -> String {
        fields::text_of(value, self.byte).unwrap_or_else(|why| panic!("{why}"))
    }

    /// Whether the case goes through all bytes.
    pub const fn goes_through_bytes(&self) -> bool {
        self.byte.is_some()
    }

    /// A field that is true or false.
    pub fn flag(&self, name: &str) -> bool {
        self.field(name)
            .as_bool()
            .unwrap_or_else(|| panic!("`{name}` is true or false"))
    }

    /// A field that is a number.
    pub fn number(&self, name: &str) -> u64 {
        self.field(name)
            .as_u64()
            .unwrap_or_else(|| panic!("`{name}` is a number"))
    }

    /// A field that is a list of byte strings.
    pub fn list(&self, name: &str) -> Vec<Bytes> {
        let list = self
            .field(name)
            .as_array()
            .unwrap_or_else(|| panic!("`{name}` is a list"));
        list.iter()
            .map(|value| self.bytes_of(value).into())
            .collect()
    }

    /// A field that is a header list: names and values in order.
    ///
    /// The headers are put into the list one by one and in their own spelling, as a response off the network has them.
    pub fn headers(&self, name: &str) -> HeaderList {
        let list = self
            .field(name)
            .as_array()
            .unwrap_or_else(|| panic!("`{name}` is a list"));
        list.iter()
            .map(|pair| (self.bytes_of(&pair[0]), self.bytes_of(&pair[1])))
            .collect()
    }
}

/// Bytes as a vector writes them.
pub fn bytes_value(bytes: &[u8]) -> Value {
    bytes
        .iter()
        .copied()
        .map(char::from)
        .collect::<String>()
        .into()
}

/// A list of byte strings as a vector writes it.
pub fn list_value<'a>(list: impl IntoIterator<Item = &'a Bytes>) -> Value {
    list.into_iter().map(|bytes| bytes_value(bytes)).collect()
}

/// A header list as a vector writes it.
pub fn headers_value(headers: &HeaderList) -> Value {
    headers
        .iter()
        .map(|header| json!([bytes_value(&header.name), bytes_value(&header.value)]))
        .collect()
}

/// The folder of the vectors.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors")
}

/// Replays the vectors of `<stem>.json` through `algorithm`.
///
/// # Panics
///
/// If the file is not as the form wants it, or a case has another outcome than the file says; all such cases are named.
pub fn replay(stem: &str, algorithm: impl Fn(&Input) -> Outcome) {
    crate::reach::account(stem, || replay_file(stem, algorithm));
}

fn replay_file(stem: &str, algorithm: impl Fn(&Input) -> Outcome) {
    let path = folder().join(format!("{stem}.json"));
    let text =
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{stem}.json: {error}"));
    let file: VectorFile =
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{stem}.json: {error}"));
    assert!(
        !file.cases.is_empty() && !file.about.is_empty(),
        "{stem}.json says nothing"
    );

    let steps = (file.standard == "Fetch")
        .then(|| steps_of_fetch(&file.algorithm))
        .flatten();
    let mut names = BTreeSet::new();
    let mut wrong = String::new();
    for case in &file.cases {
        assert!(
            names.insert(&case.name),
            "{stem}.json has two cases called {:?}",
            case.name
        );
        if let (Some(step), "Fetch") = (&case.step, &file.standard[..]) {
            let known = steps.as_ref().is_some_and(|steps| steps.contains(step));
            assert!(
                known,
                "{stem}.json, {:?}: the algorithm has no step {step}",
                case.name
            );
        }
        for (byte, expected) in expectations(stem, case) {
            let input = Input {
                fields: case.input.clone(),
                byte,
            };
            let actual = algorithm(&input);
            if actual != expected {
                let which = byte.map_or_else(String::new, |byte| format!(", byte {byte:02x}"));
                let step = case
                    .step
                    .as_deref()
                    .map_or_else(String::new, |step| format!(" (step {step})"));
                let _ = writeln!(
                    wrong,
                    "  {}{which}{step}\n    expected {}\n    got      {}",
                    case.name,
                    show(&expected),
                    show(&actual)
                );
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} ({}), {stem}.json:\n{wrong}",
        file.algorithm,
        file.standard
    );
}

/// What a case expects: one outcome, or one for each byte.
fn expectations(stem: &str, case: &Case) -> Vec<(Option<u8>, Outcome)> {
    match (&case.accepted_bytes, &case.result) {
        (None, Some(result)) => {
            vec![(
                None,
                Outcome {
                    result: result.clone(),
                    reason: case.reason.clone(),
                },
            )]
        }
        (Some(ranges), None) => {
            let accepted: BTreeSet<u8> =
                ranges.iter().flat_map(|range| byte_range(range)).collect();
            (0..=u8::MAX)
                .map(|byte| (Some(byte), Outcome::result(accepted.contains(&byte))))
                .collect()
        }
        _ => panic!(
            "{stem}.json, {:?}: either `result` or `accepted_bytes`",
            case.name
        ),
    }
}

/// `3b` or `41-5a`.
fn byte_range(range: &str) -> std::ops::RangeInclusive<u8> {
    let (first, last) = range.split_once('-').unwrap_or((range, range));
    let parse = |hex| {
        u8::from_str_radix(hex, 16).unwrap_or_else(|_| panic!("{range:?} is no range of bytes"))
    };
    parse(first)..=parse(last)
}

fn show(outcome: &Outcome) -> String {
    match &outcome.reason {
        Some(reason) => format!("{} because {reason}", outcome.result),
        None => outcome.result.to_string(),
    }
}

/// The step numbers of an algorithm in the pinned Fetch Standard.
pub(crate) fn steps_of_fetch(algorithm: &str) -> Option<Vec<String>> {
    let inventory: Value = serde_json::from_str(include_str!(
        "../../crates/spec-macros/fetch-algorithms.json"
    ))
    .ok()?;
    let entry = inventory["list"]
        .as_array()?
        .iter()
        .find(|entry| entry["id"] == algorithm)?;
    entry["steps"]
        .as_array()?
        .iter()
        .map(|step| step.as_str().map(str::to_owned))
        .collect()
}
