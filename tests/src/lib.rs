//! What the whole-project tests in `tests/` share.

pub mod fetches;
pub mod fields;
pub mod reach;
pub mod vectors;
