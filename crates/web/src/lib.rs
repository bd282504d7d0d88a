//! What the web's standards share.
//!
//! Byte-exact HTTP building blocks ([`HeaderList`], methods, statuses), [`Origin`]s and [`Site`]s, MIME types,
//! structured fields, `data:` URLs, and the [`trace`] in which a transcribed algorithm records its steps.
//! This crate knows nothing of requests, documents, time or networks.

pub mod header_list;
pub mod origin;
pub mod time;
pub mod trace;

pub use bytes::Bytes;
pub use crossexam_spec_macros::algorithm;
pub use header_list::{Header, HeaderList};
pub use origin::{Host, OpaqueOrigin, Origin, Site, TupleOrigin};
pub use time::Timestamp;
pub use trace::{Algorithm, Fact, Standard, Step, Trace, TraceEvent};

// The attribute's expansion names this crate by its own name.
extern crate self as crossexam_web;
