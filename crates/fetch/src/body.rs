//! Bodies.
//!
//! MODEL: a body is bytes that are there as a whole; it has no stream that delivers it piece by piece.
//!
//! <https://fetch.spec.whatwg.org/#bodies>

use bytes::Bytes;

/// A body. <https://fetch.spec.whatwg.org/#concept-body>
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body {
    /// The bytes.
    pub bytes: Bytes,
    /// Whether the body can be sent again ("source is non-null"); a body made from a stream cannot.
    pub source: BodySource,
    /// The length, if it is known beforehand.
    pub length: Option<u64>,
}

/// What a body was made from, as far as it matters whether it can be sent a second time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodySource {
    /// Null: a stream, gone once it is read.
    Null,
    /// A byte sequence, `Blob` or `FormData` object.
    Replayable,
}

impl Body {
    /// A byte sequence as a body. <https://fetch.spec.whatwg.org/#byte-sequence-as-a-body>
    pub fn from_bytes(bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        Self {
            length: Some(bytes.len() as u64),
            bytes,
            source: BodySource::Replayable,
        }
    }
}
