//! The embedded JavaScript engine and its bindings.

pub mod protocol;

pub use protocol::*;
