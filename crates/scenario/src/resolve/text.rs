//! Texts with `{{…}}` in them, made-up values, durations.

use std::ops::Range;
use std::rc::Rc;
use std::time::Duration;

use serde_json::Value as Json;

use super::Resolver;
use crate::diagnostic::{Diagnostic, SourceFile, nearest, there_are};
use crate::format::tree::{Node, Value};

/// A value made up for a secret: its name and twelve hexadecimal digits that come from the name and the seed.
pub(crate) fn secret_value(name: &str, seed: u64) -> String {
    // FNV-1a over the name, then the finalizer of SplitMix64: nothing secret about it, only different for each.
    let mut state = name
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64 ^ seed, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
    state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    state ^= state >> 31;
    format!("{name}-{:012x}", state & 0xffff_ffff_ffff)
}

/// Reads a duration such as `20ms`, `5s`, `10min`, `2h` or `1d`.
pub(crate) fn duration(text: &str) -> Option<Duration> {
    let text = text.trim();
    let digits = text.find(|character: char| !character.is_ascii_digit())?;
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().ok()?;
    let milliseconds = match unit.trim() {
        "ms" => 1,
        "s" => 1_000,
        "min" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    number.checked_mul(milliseconds).map(Duration::from_millis)
}

/// What stands between `{{` and `}}`, where it is a reference (`secret.…` or `config.…`), with its place.
fn references(text: &str) -> Vec<(Range<usize>, &str)> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(open) = text.get(from..).and_then(|rest| rest.find("{{")) {
        let start = from + open;
        let Some(length) = text[start..].find("}}") else {
            break;
        };
        let inside = text[start + 2..start + length].trim();
        if inside.starts_with("secret.") || inside.starts_with("config.") {
            found.push((start..start + length + 2, inside));
            from = start + length + 2;
        } else {
            from = start + 1;
        }
    }
    found
}

/// Replaces every reference for which `value` knows one.
fn replace(text: &str, value: impl Fn(&str) -> Option<String>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut last = 0;
    for (range, reference) in references(text) {
        if let Some(value) = value(reference) {
            out.push_str(&text[last..range.start]);
            out.push_str(&value);
            last = range.end;
        }
    }
    out.push_str(&text[last..]);
    out
}

impl Resolver<'_> {
    /// Fills in `{{secret.…}}`.
    pub(crate) fn fill(&self, text: &str) -> String {
        self.fill_with(text, None)
    }

    /// Fills in `{{secret.…}}`, and `{{config.…}}` from a machine's configuration.
    pub(crate) fn fill_with(&self, text: &str, config: Option<&Json>) -> String {
        replace(text, |reference| {
            if let Some(name) = reference.strip_prefix("secret.") {
                return self.secrets.get(name).map(|secret| secret.value.clone());
            }
            let key = reference.strip_prefix("config.")?;
            Some(match config?.get(key)? {
                Json::String(text) => text.clone(),
                other => other.to_string(),
            })
        })
    }

    /// Fills in `{{secret.…}}` in every text of a JSON value.
    pub(crate) fn fill_json(&self, value: &Json) -> Json {
        match value {
            Json::String(text) => Json::String(self.fill(text)),
            Json::Array(items) => items.iter().map(|item| self.fill_json(item)).collect(),
            Json::Object(table) => Json::Object(
                table
                    .iter()
                    .map(|(key, value)| (key.clone(), self.fill_json(value)))
                    .collect(),
            ),
            Json::Null | Json::Bool(_) | Json::Number(_) => value.clone(),
        }
    }

    /// Reports references to secrets that there are none, in the scenario file.
    pub(crate) fn check_placeholders(&mut self) {
        let mut texts = Vec::new();
        collect(self.tree, &mut texts);
        let source = Rc::clone(self.source);
        for span in texts {
            let Some(text) = source.text.get(span.clone()) else {
                continue;
            };
            for (range, reference) in references(text) {
                self.check_reference(
                    &source,
                    span.start + range.start..span.start + range.end,
                    reference,
                );
            }
        }
    }

    /// Reports references to secrets that there are none, in another file of the folder.
    pub(crate) fn check_file_placeholders(&mut self, file: &str, text: &str) {
        let bad: Vec<(Range<usize>, &str)> = references(text)
            .into_iter()
            .filter(|(_, reference)| {
                reference
                    .strip_prefix("secret.")
                    .is_some_and(|name| !self.secrets.contains_key(name))
            })
            .collect();
        if !bad.is_empty() {
            let source = Rc::new(SourceFile {
                path: self.folder.path_of(file),
                text: text.to_owned(),
            });
            for (range, reference) in bad {
                self.check_reference(&source, range, reference);
            }
        }
    }

    fn check_reference(&mut self, source: &Rc<SourceFile>, span: Range<usize>, reference: &str) {
        let Some(name) = reference.strip_prefix("secret.") else {
            return;
        };
        if self.secrets.contains_key(name) {
            return;
        }
        let mut mistake =
            Diagnostic::error(source, Some(span), format!("there is no secret `{name}`"));
        if let Some(word) = nearest(name, self.secrets.keys().map(String::as_str)) {
            mistake = mistake.label(format!("did you mean `{{{{secret.{word}}}}}`?"));
        }
        if !self.secrets.is_empty() {
            mistake = mistake.help(there_are(self.secrets.keys().map(String::as_str)));
        }
        self.report(mistake);
    }
}

fn collect(node: &Node, texts: &mut Vec<Range<usize>>) {
    match &node.value {
        Value::String(_) => texts.push(node.span.clone()),
        Value::Array(items) => items.iter().for_each(|item| collect(item, texts)),
        Value::Table(table) => table.values().for_each(|entry| collect(&entry.node, texts)),
        Value::Integer(_) | Value::Float(_) | Value::Boolean(_) | Value::Datetime(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_a_number_and_a_unit() {
        assert_eq!(duration("20ms"), Some(Duration::from_millis(20)));
        assert_eq!(duration("10min"), Some(Duration::from_secs(600)));
        assert_eq!(duration("1 d"), Some(Duration::from_secs(86_400)));
        for text in [
            "",
            "20",
            "ms",
            "-1s",
            "1.5s",
            "3 weeks",
            "99999999999999999999s",
            "18446744073709551615d",
        ] {
            assert_eq!(duration(text), None, "{text}");
        }
    }

    #[test]
    fn made_up_values_depend_on_name_and_seed_alone() {
        assert_eq!(secret_value("mail", 1), secret_value("mail", 1));
        assert_ne!(secret_value("mail", 1), secret_value("mail", 2));
        assert_ne!(secret_value("mail", 1), secret_value("nail", 1));
        assert!(secret_value("mail", 1).starts_with("mail-"));
        assert_eq!(secret_value("mail", 1).len(), "mail-".len() + 12);
    }

    #[test]
    fn only_references_are_replaced() {
        let value = |reference: &str| (reference == "secret.a").then(|| "A".to_owned());
        assert_eq!(replace("x {{secret.a}} {{ secret.a }} y", value), "x A A y");
        assert_eq!(
            replace("{{other}} {{secret.b}} {{", value),
            "{{other}} {{secret.b}} {{"
        );
        assert_eq!(
            replace("{{{secret.a}}}", value),
            "{{{secret.a}}}".replace("{{secret.a}}", "A")
        );
    }
}
