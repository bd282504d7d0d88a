//! What the whole-project tests in `tests/` share.

pub mod vectors;
