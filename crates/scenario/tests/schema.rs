//! The JSON Schema beside the crate is the one that the types give.

#![allow(clippy::unwrap_used)]

use std::path::Path;

#[test]
fn the_checked_in_schema_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenario.schema.json");
    let text = crossexam_scenario::schema_text();
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == text,
        "scenario.schema.json is out of date; run this test with UPDATE_SCHEMA=1"
    );
}

#[test]
fn every_object_of_the_schema_is_closed_or_open_on_purpose() {
    let schema = crossexam_scenario::format::schema();
    let definitions = schema["$defs"].as_object().unwrap();
    for (name, definition) in definitions {
        if definition["type"] == "object" {
            assert_eq!(definition["additionalProperties"], false, "{name}");
        }
    }
}
