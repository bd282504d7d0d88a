//! A TOML document as a tree that remembers where everything stands.

use std::ops::Range;
use std::rc::Rc;

use indexmap::IndexMap;
use serde_json::Value as Json;
use toml::de::{DeTable, DeValue};

use crate::diagnostic::{Diagnostic, SourceFile};

/// A value and where it stands.
#[derive(Debug, Clone)]
pub struct Node {
    /// Where it stands, in bytes.
    pub span: Range<usize>,
    /// The value.
    pub value: Value,
}

/// A key's place and its value.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Where the key stands, in bytes.
    pub key: Range<usize>,
    /// The value.
    pub node: Node,
}

/// A TOML value.
#[derive(Debug, Clone)]
pub enum Value {
    /// A string.
    String(String),
    /// An integer.
    Integer(i64),
    /// A float.
    Float(f64),
    /// A boolean.
    Boolean(bool),
    /// A date or a time; no scenario has a use for one.
    Datetime(String),
    /// An array.
    Array(Vec<Node>),
    /// A table.
    Table(IndexMap<String, Entry>),
}

impl Value {
    /// What it is, in the words of a diagnostic.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::String(_) => "text",
            Self::Integer(_) => "a number",
            Self::Float(_) => "a fraction",
            Self::Boolean(_) => "true or false",
            Self::Datetime(_) => "a date",
            Self::Array(_) => "a list",
            Self::Table(_) => "a table",
        }
    }
}

impl Node {
    /// Reads a document. As much as can be read is there even if there are mistakes.
    pub fn parse(source: &Rc<SourceFile>) -> (Self, Vec<Diagnostic>) {
        let (table, errors) = DeTable::parse_recoverable(&source.text);
        let mut mistakes: Vec<Diagnostic> = errors
            .iter()
            .map(|error| {
                Diagnostic::error(source, error.span(), "this is not TOML").label(error.message())
            })
            .collect();
        let span = table.span();
        let value = convert_table(table.into_inner(), source, &mut mistakes);
        (Self { span, value }, mistakes)
    }

    /// The value under a key of a table.
    pub fn get(&self, key: &str) -> Option<&Entry> {
        match &self.value {
            Value::Table(table) => table.get(key),
            _ => None,
        }
    }

    /// The value at a path: keys of tables, numbers in lists.
    pub fn find(&self, path: &[&str]) -> Option<&Node> {
        let Some((first, rest)) = path.split_first() else {
            return Some(self);
        };
        match &self.value {
            Value::Table(table) => table.get(*first)?.node.find(rest),
            Value::Array(list) => list.get(first.parse::<usize>().ok()?)?.find(rest),
            _ => None,
        }
    }

    /// Where the key at a path stands.
    pub fn find_key(&self, path: &[&str]) -> Option<Range<usize>> {
        let (last, before) = path.split_last()?;
        self.find(before)?.get(last).map(|entry| entry.key.clone())
    }

    /// The value as JSON.
    pub fn to_json(&self) -> Json {
        match &self.value {
            Value::String(text) | Value::Datetime(text) => Json::from(text.as_str()),
            Value::Integer(number) => Json::from(*number),
            Value::Float(number) => Json::from(*number),
            Value::Boolean(boolean) => Json::from(*boolean),
            Value::Array(list) => Json::Array(list.iter().map(Self::to_json).collect()),
            Value::Table(table) => Json::Object(
                table
                    .iter()
                    .map(|(key, entry)| (key.clone(), entry.node.to_json()))
                    .collect(),
            ),
        }
    }
}

fn convert_table(
    table: DeTable<'_>,
    source: &Rc<SourceFile>,
    mistakes: &mut Vec<Diagnostic>,
) -> Value {
    Value::Table(
        table
            .into_iter()
            .map(|(key, value)| {
                let node = convert(value.span(), value.into_inner(), source, mistakes);
                (
                    key.get_ref().to_string(),
                    Entry {
                        key: key.span(),
                        node,
                    },
                )
            })
            .collect(),
    )
}

fn convert(
    span: Range<usize>,
    value: DeValue<'_>,
    source: &Rc<SourceFile>,
    mistakes: &mut Vec<Diagnostic>,
) -> Node {
    let value = match value {
        DeValue::String(text) => Value::String(text.into_owned()),
        DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
            Ok(number) => Value::Integer(number),
            Err(_) => {
                mistakes.push(
                    Diagnostic::error(source, Some(span.clone()), "this number is too large")
                        .label("expected a number that fits 64 bits"),
                );
                Value::Integer(0)
            }
        },
        DeValue::Float(number) => Value::Float(number.as_str().parse().unwrap_or(f64::NAN)),
        DeValue::Boolean(boolean) => Value::Boolean(boolean),
        DeValue::Datetime(datetime) => Value::Datetime(datetime.to_string()),
        DeValue::Array(list) => Value::Array(
            list.into_iter()
                .map(|item| convert(item.span(), item.into_inner(), source, mistakes))
                .collect(),
        ),
        DeValue::Table(table) => convert_table(table, source, mistakes),
    };
    Node { span, value }
}
