//! The JSON Schema of `scenario.toml`, and the structural check of a file against it.

use std::rc::Rc;

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value as Json};

use super::file::ScenarioFile;
use super::tree::{Node, Value};
use crate::diagnostic::{Diagnostic, SourceFile, listed, nearest, there_are};

/// The JSON Schema of `scenario.toml`.
pub fn schema() -> Json {
    let generator = SchemaSettings::draft2020_12()
        .for_deserialize()
        .into_generator();
    let mut schema = generator.into_root_schema_for::<ScenarioFile>().to_value();
    remove_null(&mut schema);
    if let Json::Object(root) = &mut schema {
        root.insert("title".to_owned(), Json::from("A Crossexam scenario"));
    }
    schema
}

/// The schema as it is kept beside the crate: indented, with a newline at the end.
pub fn schema_text() -> String {
    let mut text = serde_json::to_string_pretty(&schema()).unwrap_or_default();
    text.push('\n');
    text
}

/// TOML has no null, so that an optional value is one that is absent.
fn remove_null(schema: &mut Json) {
    match schema {
        Json::Object(object) => {
            if let Some(Json::Array(types)) = object.get_mut("type") {
                types.retain(|kind| kind != "null");
                if let [one] = types.as_slice() {
                    let one = one.clone();
                    object.insert("type".to_owned(), one);
                }
            }
            for key in ["anyOf", "oneOf"] {
                let Some(Json::Array(options)) = object.get_mut(key) else {
                    continue;
                };
                options.retain(|option| option.get("type") != Some(&Json::from("null")));
                if let [Json::Object(one)] = options.as_slice() {
                    let one = one.clone();
                    object.remove(key);
                    for (name, value) in one {
                        object.entry(name).or_insert(value);
                    }
                }
            }
            if object.get("default") == Some(&Json::Null) {
                object.remove("default");
            }
            object.values_mut().for_each(remove_null);
        }
        Json::Array(list) => list.iter_mut().for_each(remove_null),
        _ => {}
    }
}

/// Checks a document against the schema: unknown keys, missing keys, wrong types, words that are none. All at once.
pub fn check(schema: &Json, document: &Node, source: &Rc<SourceFile>) -> Vec<Diagnostic> {
    let mut checker = Checker {
        root: schema,
        source,
        mistakes: Vec::new(),
    };
    checker.check(
        schema,
        document,
        &Place {
            path: "",
            about: None,
        },
    );
    checker.mistakes
}

struct Checker<'a> {
    root: &'a Json,
    source: &'a Rc<SourceFile>,
    mistakes: Vec<Diagnostic>,
}

/// Where a value stands, in words.
struct Place<'a> {
    /// The keys from the top, joined by dots.
    path: &'a str,
    /// What the value is for.
    about: Option<&'a str>,
}

impl<'a> Checker<'a> {
    fn resolve(&self, schema: &'a Json) -> &'a Json {
        let mut schema = schema;
        while let Some(reference) = schema.get("$ref").and_then(Json::as_str) {
            let Some(target) = self.root.pointer(reference.trim_start_matches('#')) else {
                break;
            };
            schema = target;
        }
        schema
    }

    fn check(&mut self, schema: &'a Json, node: &Node, place: &Place<'_>) {
        let schema = self.resolve(schema);
        if schema.as_bool() == Some(true) || schema.as_object().is_some_and(Map::is_empty) {
            self.check_free(node);
            return;
        }
        if let Some(words) = self.words(schema) {
            self.check_word(&words, node, place);
            return;
        }
        if let Some(options) = alternatives(schema) {
            self.check_alternatives(options, node, place);
            return;
        }
        let Some(kind) = schema.get("type").and_then(Json::as_str) else {
            self.check_free(node);
            return;
        };
        match (kind, &node.value) {
            ("object", Value::Table(_)) => self.check_table(schema, node, place),
            ("array", Value::Array(items)) => {
                if let Some(item_schema) = schema.get("items") {
                    for item in items {
                        self.check(item_schema, item, place);
                    }
                }
            }
            ("integer", Value::Integer(number)) => self.check_range(schema, *number, node, place),
            ("string", Value::String(_))
            | ("boolean", Value::Boolean(_))
            | ("number", Value::Float(_) | Value::Integer(_)) => {}
            (expected, _) => self.wrong_type(&[self.describe(expected, schema)], node, place),
        }
    }

    /// A value that the scenario's own program will read: anything but a date.
    fn check_free(&mut self, node: &Node) {
        match &node.value {
            Value::Datetime(_) => self.mistakes.push(
                Diagnostic::error(
                    self.source,
                    Some(node.span.clone()),
                    "a date has no use here",
                )
                .label("write it as text, in quotes"),
            ),
            Value::Array(items) => items.iter().for_each(|item| self.check_free(item)),
            Value::Table(table) => table
                .values()
                .for_each(|entry| self.check_free(&entry.node)),
            Value::String(_) | Value::Integer(_) | Value::Float(_) | Value::Boolean(_) => {}
        }
    }

    fn check_table(&mut self, schema: &'a Json, node: &Node, place: &Place<'_>) {
        let Value::Table(table) = &node.value else {
            return;
        };
        let properties = schema.get("properties").and_then(Json::as_object);
        let additional = schema.get("additionalProperties");
        for (key, entry) in table {
            let path = join(place.path, key);
            if let Some(property) = properties.and_then(|properties| properties.get(key)) {
                let about = property
                    .get("description")
                    .or_else(|| self.resolve(property).get("description"))
                    .and_then(Json::as_str);
                self.check(property, &entry.node, &Place { path: &path, about });
            } else if let Some(additional) =
                additional.filter(|schema| schema.as_bool() != Some(false))
            {
                self.check(
                    additional,
                    &entry.node,
                    &Place {
                        path: &path,
                        about: place.about,
                    },
                );
            } else {
                let known: Vec<&str> = properties
                    .into_iter()
                    .flatten()
                    .map(|(key, _)| key.as_str())
                    .collect();
                let mut mistake = Diagnostic::error(
                    self.source,
                    Some(entry.key.clone()),
                    match place.path {
                        "" => format!("`{key}` is no key of a scenario"),
                        path => format!("`{key}` is no key of `{path}`"),
                    },
                );
                if let Some(word) = nearest(key, known.iter().copied()) {
                    mistake = mistake.label(format!("did you mean `{word}`?"));
                }
                self.mistakes.push(mistake.help(there_are(known)));
            }
        }
        let required = schema.get("required").and_then(Json::as_array);
        for key in required.into_iter().flatten().filter_map(Json::as_str) {
            if !table.contains_key(key) {
                let about = properties
                    .and_then(|properties| properties.get(key))
                    .and_then(|property| property.get("description"))
                    .and_then(Json::as_str);
                let span = (!place.path.is_empty()).then(|| node.span.clone());
                let mut mistake = Diagnostic::error(
                    self.source,
                    span,
                    match place.path {
                        "" => format!("the scenario has no `{key}`"),
                        path => format!("`{path}` has no `{key}`"),
                    },
                );
                if let Some(about) = about {
                    mistake = mistake.help(format!("`{key}`: {about}"));
                }
                self.mistakes.push(mistake);
            }
        }
    }

    fn check_range(&mut self, schema: &Json, number: i64, node: &Node, place: &Place<'_>) {
        let low = schema.get("minimum").and_then(Json::as_i64);
        let high = schema.get("maximum").and_then(Json::as_i64);
        if low.is_some_and(|low| number < low) || high.is_some_and(|high| number > high) {
            let range = match (low, high) {
                (Some(low), Some(high)) => format!("from {low} to {high}"),
                (Some(low), None) => format!("from {low}"),
                (None, Some(high)) => format!("up to {high}"),
                (None, None) => String::new(),
            };
            self.mistakes.push(
                Diagnostic::error(
                    self.source,
                    Some(node.span.clone()),
                    format!("`{}` is out of range", place.path),
                )
                .label(format!("expected a number {range}")),
            );
        }
    }

    /// The words that are allowed, if the schema is a choice of words.
    fn words(&self, schema: &'a Json) -> Option<Vec<&'a str>> {
        if let Some(words) = schema.get("enum").and_then(Json::as_array) {
            return words.iter().map(Json::as_str).collect();
        }
        let options = alternatives(schema)?;
        options
            .iter()
            .map(|option| option.get("const").and_then(Json::as_str))
            .collect()
    }

    fn check_word(&mut self, words: &[&str], node: &Node, place: &Place<'_>) {
        match &node.value {
            Value::String(text) if words.contains(&text.as_str()) => {}
            Value::String(text) => {
                let mut mistake = Diagnostic::error(
                    self.source,
                    Some(node.span.clone()),
                    format!("`{text}` is no value of `{}`", place.path),
                );
                if let Some(word) = nearest(text, words.iter().copied()) {
                    mistake = mistake.label(format!("did you mean `{word}`?"));
                }
                self.mistakes
                    .push(mistake.help(there_are(words.iter().copied())));
            }
            _ => self.wrong_type(
                &[format!("one of {}", listed(words.iter().copied()))],
                node,
                place,
            ),
        }
    }

    fn check_alternatives(&mut self, options: &'a [Json], node: &Node, place: &Place<'_>) {
        let matching: Vec<&Json> = options
            .iter()
            .filter(|option| self.accepts(self.resolve(option), &node.value))
            .collect();
        match matching.as_slice() {
            [] => {
                let expected: Vec<String> = options
                    .iter()
                    .map(|option| {
                        let option = self.resolve(option);
                        match self.words(option) {
                            Some(words) => format!("one of {}", listed(words)),
                            None => self.describe(
                                option
                                    .get("type")
                                    .and_then(Json::as_str)
                                    .unwrap_or("anything"),
                                option,
                            ),
                        }
                    })
                    .collect();
                self.wrong_type(&expected, node, place);
            }
            [first, ..] => self.check(first, node, place),
        }
    }

    fn accepts(&self, schema: &'a Json, value: &Value) -> bool {
        let kind = match self.words(schema) {
            Some(_) => Some("string"),
            None => schema.get("type").and_then(Json::as_str),
        };
        match kind {
            None => true,
            Some(kind) => matches!(
                (kind, value),
                ("object", Value::Table(_))
                    | ("array", Value::Array(_))
                    | ("integer", Value::Integer(_))
                    | ("string", Value::String(_))
                    | ("boolean", Value::Boolean(_))
                    | ("number", Value::Float(_) | Value::Integer(_))
            ),
        }
    }

    fn describe(&self, kind: &str, schema: &'a Json) -> String {
        match kind {
            "object" => "a table".to_owned(),
            "array" => {
                let items = schema.get("items").map(|items| self.resolve(items));
                match items
                    .and_then(|items| items.get("type"))
                    .and_then(Json::as_str)
                {
                    Some("string") => "a list of texts".to_owned(),
                    Some("object") => "a list of tables".to_owned(),
                    _ => "a list".to_owned(),
                }
            }
            "integer" => "a whole number".to_owned(),
            "number" => "a number".to_owned(),
            "string" => "text (in quotes)".to_owned(),
            "boolean" => "`true` or `false`".to_owned(),
            other => other.to_owned(),
        }
    }

    fn wrong_type(&mut self, expected: &[String], node: &Node, place: &Place<'_>) {
        let mut mistake = Diagnostic::error(
            self.source,
            Some(node.span.clone()),
            format!("`{}` has the wrong type", place.path),
        )
        .label(format!(
            "expected {}, found {}",
            expected.join(" or "),
            node.value.kind()
        ));
        if let Some(about) = place.about {
            mistake = mistake.help(format!("`{}`: {about}", place.path));
        }
        self.mistakes.push(mistake);
    }
}

fn alternatives(schema: &Json) -> Option<&[Json]> {
    schema
        .get("anyOf")
        .or_else(|| schema.get("oneOf"))
        .and_then(Json::as_array)
        .map(Vec::as_slice)
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() {
        key.to_owned()
    } else {
        format!("{path}.{key}")
    }
}
