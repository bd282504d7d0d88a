//! The JSON Schemas of cases and results.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;

use crate::{Case, ResultLine};

/// The JSON Schema of [`Case`], as it is kept beside the crate.
pub fn of_cases() -> String {
    text::<Case>(SchemaSettings::draft2020_12().for_deserialize())
}

/// The JSON Schema of a [`ResultLine`], as it is kept beside the crate.
pub fn of_results() -> String {
    text::<ResultLine>(SchemaSettings::draft2020_12().for_serialize())
}

fn text<T: JsonSchema>(settings: SchemaSettings) -> String {
    let schema = settings.into_generator().into_root_schema_for::<T>();
    let mut text = serde_json::to_string_pretty(&schema).unwrap_or_default();
    text.push('\n');
    text
}
