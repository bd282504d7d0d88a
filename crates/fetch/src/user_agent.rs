//! What one browser remembers, and how it differs from the standard.

use bytes::Bytes;

/// A user agent: its stores and its choices.
#[derive(Debug)]
pub struct UserAgent {
    /// The default `User-Agent` value.
    pub default_user_agent: Bytes,
}
