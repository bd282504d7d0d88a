//! Bytes in JSON.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use crossexam_web::infra::{isomorphic_decode, isomorphic_encode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A body: a text, whose bytes are its UTF-8, or any bytes in Base64.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Octets {
    /// A text.
    Text(String),
    /// Any bytes.
    Base64(Base64),
}

/// Bytes in Base64.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Base64 {
    /// The bytes, in Base64 with padding.
    pub base64: String,
}

impl Octets {
    /// These bytes, as a text where they are one.
    pub fn of(bytes: &[u8]) -> Self {
        match std::str::from_utf8(bytes) {
            Ok(text) => Self::Text(text.to_owned()),
            Err(_) => Self::Base64(Base64 {
                base64: STANDARD.encode(bytes),
            }),
        }
    }

    /// The bytes; `None` if they are not in Base64.
    pub fn bytes(&self) -> Option<Bytes> {
        match self {
            Self::Text(text) => Some(Bytes::copy_from_slice(text.as_bytes())),
            Self::Base64(Base64 { base64 }) => STANDARD.decode(base64).ok().map(Bytes::from),
        }
    }
}

impl From<&str> for Octets {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

/// The bytes of a header's name or value, which a case writes as a script would: a character a byte. `None` if a
/// character is none.
pub(crate) fn header_bytes(text: &str) -> Option<Bytes> {
    if text.is_ascii() {
        Some(Bytes::copy_from_slice(text.as_bytes()))
    } else {
        isomorphic_encode(text).map(Bytes::from)
    }
}

/// A header's bytes as text, a byte a character.
pub(crate) fn header_text(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) if text.is_ascii() => text.to_owned(),
        _ => isomorphic_decode(bytes),
    }
}
