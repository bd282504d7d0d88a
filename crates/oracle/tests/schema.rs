//! The JSON Schemas beside the crate are those that the types give.

#![allow(clippy::unwrap_used)]

use std::path::Path;

use crossexam_oracle::schema;

fn is_kept(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == text,
        "{name} is out of date; run this test with UPDATE_SCHEMA=1"
    );
}

#[test]
fn the_schema_of_cases_is_up_to_date() {
    is_kept("case.schema.json", &schema::of_cases());
}

#[test]
fn the_schema_of_results_is_up_to_date() {
    is_kept("result.schema.json", &schema::of_results());
}
