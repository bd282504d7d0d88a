//! A variant laid over the base: tables merge key by key, everything else replaces.

use serde_json::{Map, Value as Json};

use crate::format::ScenarioFile;
use crate::format::tree::Node;

/// The parts of a variant that replace parts of the base by merging.
const MERGED: [&str; 5] = ["person", "machine", "secret", "browser", "network"];

/// The file with a variant laid over it; without one, the file without its variants.
///
/// # Errors
///
/// The words of the deserializer, for what the schema let through and should not have.
pub(crate) fn merged(
    document: &Node,
    variant: Option<&str>,
) -> Result<ScenarioFile, serde_json::Error> {
    let Json::Object(mut base) = document.to_json() else {
        return Ok(ScenarioFile::default());
    };
    let variants = base.shift_remove("variant");
    let overlay = variant.and_then(|name| variants?.get(name).cloned());
    if let Some(Json::Object(overlay)) = overlay {
        for key in MERGED {
            if let Some(value) = overlay.get(key) {
                merge(
                    base.entry(key).or_insert_with(|| Json::Object(Map::new())),
                    value,
                );
            }
        }
        if let Some(story) = overlay.get("story") {
            base.insert("story".to_owned(), story.clone());
        }
    }
    serde_json::from_value(Json::Object(base))
}

fn merge(base: &mut Json, overlay: &Json) {
    match (base, overlay) {
        (Json::Object(base), Json::Object(overlay)) => {
            for (key, value) in overlay {
                match base.get_mut(key) {
                    Some(old) => merge(old, value),
                    None => {
                        base.insert(key.clone(), value.clone());
                    }
                }
            }
        }
        (base, overlay) => *base = overlay.clone(),
    }
}
