//! The blob URL store.
//!
//! MODEL: an entry is looked up when the fetch of a `blob:` URL begins, not when the URL is parsed; revoking it in
//! between shows.
//!
//! <https://w3c.github.io/FileAPI/#blob-url>

use bytes::Bytes;
use crossexam_web::{Origin, Site};
use indexmap::IndexMap;

/// The objects that `blob:` URLs stand for.
#[derive(Debug, Default)]
pub struct BlobUrlStore {
    entries: IndexMap<String, BlobUrlEntry>,
}

/// An entry of the blob URL store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlobUrlEntry {
    /// The object's bytes.
    pub bytes: Bytes,
    /// Its type.
    pub content_type: Bytes,
    /// The origin of the environment that made the URL.
    pub origin: Origin,
    /// The partition of that environment.
    pub partition: Option<Site>,
}

impl BlobUrlStore {
    /// Adds an entry under `url` (serialized without a fragment).
    pub fn insert(&mut self, url: String, entry: BlobUrlEntry) {
        self.entries.insert(url, entry);
    }

    /// Removes an entry.
    pub fn remove(&mut self, url: &str) {
        self.entries.shift_remove(url);
    }

    /// The entry of a URL, its fragment left aside. <https://w3c.github.io/FileAPI/#blob-url-resolve>
    pub fn resolve(&self, url: &url::Url) -> Option<&BlobUrlEntry> {
        let serialized = url.as_str();
        let without_fragment = serialized
            .split_once('#')
            .map_or(serialized, |(before, _)| before);
        self.entries.get(without_fragment)
    }
}
