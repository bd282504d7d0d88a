//! The CORS-preflight cache.
//!
//! <https://fetch.spec.whatwg.org/#cors-preflight-cache>

use std::hash::{Hash, Hasher};
use std::time::Duration;

use bytes::Bytes;
use crossexam_web::safelist::is_cors_non_wildcard_request_header_name;
use crossexam_web::{Timestamp, algorithm};
use indexmap::{Equivalent, IndexMap};
use smallvec::SmallVec;
use url::Url;

use crate::host::NetworkPartitionKey;
use crate::network_partition_keys::requests_network_partition_key;
use crate::origin_header::byte_serialize_a_request_origin;
use crate::request::{CredentialsMode, Request};

/// The CORS-preflight cache of a user agent.
///
/// The entries are filed under partition, origin and URL, so that a look-up costs the same however many there are.
/// Entries whose time is over are not seen, and are cleared out when their number would otherwise grow.
#[derive(Debug, Clone, Default)]
pub struct CorsPreflightCache {
    entries: IndexMap<Key, SmallVec<[CacheEntry; 2]>>,
    swept_at_size: usize,
}

/// What entries are filed under.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Key {
    partition: Option<NetworkPartitionKey>,
    byte_serialized_origin: Bytes,
    url: Url,
}

/// The same, borrowed from a request.
struct KeyOf<'a> {
    partition: Option<&'a NetworkPartitionKey>,
    byte_serialized_origin: Bytes,
    url: &'a Url,
}

/// A cache entry, without what it is filed under. <https://fetch.spec.whatwg.org/#concept-cache>
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CacheEntry {
    /// When its max-age has passed.
    pub expires: Timestamp,
    /// Whether it was made for a request with credentials.
    pub credentials: bool,
    /// The method or header name it allows.
    pub allows: Allows,
}

/// What a cache entry allows. A `*` stands as a method or name of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Allows {
    /// A method.
    Method(Bytes),
    /// A header name.
    HeaderName(Bytes),
}

/// Whether the cache has an entry that matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EntryMatch {
    /// It has.
    Found,
    /// It has none.
    None,
}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        hash_key(
            self.partition.as_ref(),
            &self.byte_serialized_origin,
            &self.url,
            state,
        );
    }
}

impl Hash for KeyOf<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        hash_key(
            self.partition,
            &self.byte_serialized_origin,
            self.url,
            state,
        );
    }
}

fn hash_key<H: Hasher>(
    partition: Option<&NetworkPartitionKey>,
    origin: &Bytes,
    url: &Url,
    state: &mut H,
) {
    partition.hash(state);
    origin.hash(state);
    url.hash(state);
}

impl Equivalent<Key> for KeyOf<'_> {
    fn equivalent(&self, key: &Key) -> bool {
        self.partition == key.partition.as_ref()
            && self.byte_serialized_origin == key.byte_serialized_origin
            && self.url == &key.url
    }
}

fn key_of(request: &Request) -> KeyOf<'_> {
    KeyOf {
        partition: requests_network_partition_key(request),
        byte_serialized_origin: byte_serialize_a_request_origin(request),
        url: request.current_url(),
    }
}

impl CacheEntry {
    /// Whether the entry counts for a request of this credentials mode at this time. With the key, which it is filed
    /// under, this is "cache entry match". <https://fetch.spec.whatwg.org/#concept-cache-match>
    fn matches(&self, credentials_mode: CredentialsMode, now: Timestamp) -> bool {
        self.expires > now && (self.credentials || credentials_mode != CredentialsMode::Include)
    }
}

impl CorsPreflightCache {
    /// An empty cache.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many places (partition, origin and URL) have entries, those included whose time is over.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// All entries with the URL they are for, also those whose time is over.
    pub fn entries(&self) -> impl Iterator<Item = (&Url, &CacheEntry)> {
        let filed = self.entries.iter();
        filed.flat_map(|(key, entries)| entries.iter().map(|entry| (&key.url, entry)))
    }

    /// The entries that match a request, looked up once for all its methods and headers.
    ///
    /// <https://fetch.spec.whatwg.org/#concept-cache-match>
    pub fn matches<'a>(&'a self, request: &Request, now: Timestamp) -> CacheMatches<'a> {
        let entries = if self.entries.is_empty() {
            None
        } else {
            self.entries.get(&key_of(request)).map(SmallVec::as_slice)
        };
        CacheMatches {
            entries: entries.unwrap_or_default(),
            credentials_mode: request.credentials_mode,
            now,
        }
    }

    /// Sets the max-age of the entries that match.
    pub(crate) fn set_max_age(
        &mut self,
        request: &Request,
        max_age: u64,
        allows: &Allows,
        now: Timestamp,
    ) -> EntryMatch {
        let expires = now + Duration::from_secs(max_age);
        let mut matched = EntryMatch::None;
        if let Some(entries) = self.entries.get_mut(&key_of(request)) {
            for entry in entries
                .iter_mut()
                .filter(|entry| entry.matches(request.credentials_mode, now))
            {
                let is_match = match allows {
                    Allows::Method(method) => entry.allows.allows_method(method),
                    Allows::HeaderName(name) => entry.allows.allows_header_name(name),
                };
                if is_match {
                    entry.expires = expires;
                    matched = EntryMatch::Found;
                }
            }
        }
        matched
    }

    /// Creates a new cache entry.
    #[algorithm("concept-cache-create-entry", untraced)]
    pub(crate) fn create_a_new_cache_entry(
        &mut self,
        request: &Request,
        max_age: u64,
        allows: Allows,
        now: Timestamp,
    ) {
        self.sweep(now);
        let expires = now + Duration::from_secs(max_age);
        /// 1. An entry for the request's partition, origin, URL and credentials.
        let key = key_of(request);
        let key = Key {
            partition: key.partition.cloned(),
            byte_serialized_origin: key.byte_serialized_origin,
            url: key.url.clone(),
        };
        let credentials = request.credentials_mode == CredentialsMode::Include;
        let entry = CacheEntry {
            expires,
            credentials,
            allows,
        };
        /// 2. Into the cache with it.
        let entries = self.entries.entry(key).or_default();
        entries.retain(|entry| entry.expires > now);
        entries.push(entry);
    }

    /// Clears out entries whose time is over, each time the cache has doubled since.
    fn sweep(&mut self, now: Timestamp) {
        if self.entries.len() < 2 * self.swept_at_size.max(64) {
            return;
        }
        self.entries.retain(|_, entries| {
            entries.retain(|entry| entry.expires > now);
            !entries.is_empty()
        });
        self.swept_at_size = self.entries.len();
    }

    /// Removes the entries of a request's partition, origin and URL.
    ///
    /// <https://fetch.spec.whatwg.org/#concept-cache-clear>
    pub fn clear_cache_entries(&mut self, request: &Request) {
        if !self.entries.is_empty() {
            self.entries.swap_remove(&key_of(request));
        }
    }

    /// Removes everything, as a user does who clears browsing data.
    pub fn clear(&mut self) {
        self.entries.clear();
        self.swept_at_size = 0;
    }
}

/// The cache entries for a request's partition, origin and URL; of these, only the ones that match it count.
#[derive(Debug, Clone, Copy)]
pub struct CacheMatches<'a> {
    entries: &'a [CacheEntry],
    credentials_mode: CredentialsMode,
    now: Timestamp,
}

impl CacheMatches<'_> {
    fn any(&self, allows: impl Fn(&Allows) -> bool) -> bool {
        let mut matching = self
            .entries
            .iter()
            .filter(|entry| entry.matches(self.credentials_mode, self.now));
        matching.any(|entry| allows(&entry.allows))
    }

    /// Whether there is a method cache entry match. <https://fetch.spec.whatwg.org/#concept-cache-match-method>
    pub fn has_method(&self, method: &[u8]) -> bool {
        self.any(|allows| allows.allows_method(method))
    }

    /// Whether there is a header-name cache entry match. <https://fetch.spec.whatwg.org/#concept-cache-match-header>
    pub fn has_header_name(&self, name: &[u8]) -> bool {
        self.any(|allows| allows.allows_header_name(name))
    }
}

impl Allows {
    fn allows_method(&self, method: &[u8]) -> bool {
        match self {
            Self::Method(allowed) => allowed == method || &allowed[..] == b"*",
            Self::HeaderName(_) => false,
        }
    }

    fn allows_header_name(&self, name: &[u8]) -> bool {
        match self {
            Self::Method(_) => false,
            Self::HeaderName(allowed) => {
                allowed.eq_ignore_ascii_case(name)
                    || (&allowed[..] == b"*" && !is_cors_non_wildcard_request_header_name(name))
            }
        }
    }
}
