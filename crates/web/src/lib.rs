//! What the web's standards share.
//!
//! Byte-exact HTTP building blocks ([`HeaderList`], methods, statuses), [`Origin`]s and [`Site`]s, MIME types,
//! structured fields, `data:` URLs, and the [`trace`] in which a transcribed algorithm records its steps.
//! This crate knows nothing of requests, documents, time or networks.

pub mod address_space;
pub mod data_url;
pub mod form_data;
pub mod header_list;
pub mod header_value;
pub mod infra;
pub mod method;
pub mod mime;
pub mod origin;
pub mod ports;
pub mod range;
pub mod safelist;
pub mod sniff;
pub mod structured;
pub mod time;
pub mod trace;
pub mod trustworthy;

pub use bytes::Bytes;
pub use crossexam_spec_macros::algorithm;
pub use data_url::DataUrl;
pub use header_list::{Header, HeaderList};
pub use header_value::ExtractFailure;
pub use mime::MimeType;
pub use origin::{Host, OpaqueOrigin, Origin, Site, TupleOrigin};
pub use time::Timestamp;
pub use trace::{Algorithm, Fact, Standard, Step, Trace, TraceEvent};

// The attribute's expansion names this crate by its own name.
extern crate self as crossexam_web;
