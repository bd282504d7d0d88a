//! The format of `scenario.toml`: its types, its schema, and the tree in which every value knows where it stands.

mod expect;
pub mod file;
pub mod schema;
pub mod tree;

pub use file::ScenarioFile;
pub use schema::{schema, schema_text};
