//! The HTTP cache of a browser: a private cache in the sense of RFC 9111, one for each network partition.
//!
//! MODEL: a stale-while-revalidate response counts as stale; partial content is neither stored nor combined; nothing is
//! evicted.
//!
//! <https://httpwg.org/specs/rfc9111.html>

use std::borrow::Cow;
use std::time::Duration;

use bytes::Bytes;
use crossexam_web::header_value::{delta_seconds, get_decode_and_split};
use crossexam_web::{HeaderList, Origin, Timestamp};
use indexmap::IndexMap;
use url::Url;

use crate::host::NetworkPartitionKey;
use crate::response::InternalResponse;

/// The HTTP caches of a user agent, one for each partition.
///
/// <https://fetch.spec.whatwg.org/#http-cache-partitions>
#[derive(Debug, Clone, Default)]
pub struct HttpCache {
    partitions: IndexMap<NetworkPartitionKey, IndexMap<String, Vec<StoredResponse>>>,
}

/// A stored response, and what of its request decides whether it may be used again.
#[derive(Debug, Clone)]
pub struct StoredResponse {
    status: u16,
    status_message: Bytes,
    header_list: HeaderList,
    body: Option<crate::body::Body>,
    /// The request's values of the headers that `Vary` names.
    nominated: Vec<(Bytes, Option<Bytes>)>,
    request_time: Timestamp,
    response_time: Timestamp,
}

/// Whether a stored response may be used without asking the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freshness {
    /// Yes.
    Fresh,
    /// Only after validation.
    Stale,
}

/// The `Cache-Control` directives that concern a private cache. Directives without a meaning here are passed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct CacheControl {
    no_store: bool,
    no_cache: bool,
    max_age: Option<u64>,
}

impl CacheControl {
    fn of(list: &HeaderList) -> Self {
        let mut result = Self::default();
        for directive in get_decode_and_split(list, b"Cache-Control").unwrap_or_default() {
            let (name, value) = match directive.split_once('=') {
                Some((name, value)) => (name.trim(), Some(value.trim().trim_matches('"'))),
                None => (directive.trim(), None),
            };
            match name.to_ascii_lowercase().as_str() {
                "no-store" => result.no_store = true,
                // RFC 9111, section 5.2.2.4: the form with field names may be treated like the one without.
                "no-cache" => result.no_cache = true,
                // Section 4.2.1: of several values, and of values that do not parse, the cautious reading is taken.
                "max-age" => {
                    let seconds = value
                        .and_then(|value| delta_seconds(value.as_bytes()))
                        .unwrap_or(0);
                    result.max_age =
                        Some(result.max_age.map_or(seconds, |other| other.min(seconds)));
                }
                _ => {}
            }
        }
        result
    }
}

/// A URL as a cache files it: without its fragment, user name and password, which are no part of an HTTP request's target.
fn cache_key(url: &Url) -> Cow<'_, str> {
    if !url.username().is_empty() || url.password().is_some() {
        let mut url = url.clone();
        // An http(s) URL has a host, so there is nothing that could fail.
        let _ = url.set_username("");
        let _ = url.set_password(None);
        return Cow::Owned(cache_key(&url).into_owned());
    }
    let serialized = url.as_str();
    let without_fragment = serialized
        .split_once('#')
        .map_or(serialized, |(before, _)| before);
    Cow::Borrowed(without_fragment)
}

fn date(list: &HeaderList, name: &[u8]) -> Option<Timestamp> {
    let value = list.get(name)?;
    let time = httpdate::parse_http_date(std::str::from_utf8(&value).ok()?).ok()?;
    let since_epoch = time
        .duration_since(std::time::SystemTime::UNIX_EPOCH)
        .ok()?;
    Some(Timestamp::from_secs(
        i64::try_from(since_epoch.as_secs()).ok()?,
    ))
}

fn seconds(list: &HeaderList, name: &[u8]) -> Option<u64> {
    delta_seconds(list.get(name)?.trim_ascii())
}

impl StoredResponse {
    /// When the response was made, by its server's clock.
    fn date(&self) -> Timestamp {
        date(&self.header_list, b"Date").unwrap_or(self.response_time)
    }

    /// RFC 9111, section 4.2.3.
    fn current_age(&self, now: Timestamp) -> Duration {
        let apparent_age = self.response_time.since(self.date());
        let response_delay = self.response_time.since(self.request_time);
        let age_value = Duration::from_secs(seconds(&self.header_list, b"Age").unwrap_or(0));
        let corrected_initial_age = apparent_age.max(age_value.saturating_add(response_delay));
        corrected_initial_age.saturating_add(now.since(self.response_time))
    }

    /// RFC 9111, sections 4.2.1 and 4.2.2. The heuristic is the one the RFC mentions: a tenth of the time since the
    /// last modification.
    fn freshness_lifetime(&self) -> Duration {
        if let Some(max_age) = CacheControl::of(&self.header_list).max_age {
            return Duration::from_secs(max_age);
        }
        if self.header_list.contains(b"Expires") {
            // An `Expires` that is no date has passed already.
            return date(&self.header_list, b"Expires")
                .map_or(Duration::ZERO, |expires| expires.since(self.date()));
        }
        match date(&self.header_list, b"Last-Modified") {
            Some(modified) if is_heuristically_cacheable(self.status) => {
                self.date().since(modified) / 10
            }
            _ => Duration::ZERO,
        }
    }

    /// Whether the response may be used for a request with these headers without asking the server.
    ///
    /// <https://fetch.spec.whatwg.org/#concept-fresh-response>
    pub fn freshness(&self, request: &HeaderList, now: Timestamp) -> Freshness {
        let wanted = CacheControl::of(request);
        let pragma = !request.contains(b"Cache-Control")
            && request.get(b"Pragma").as_deref() == Some(b"no-cache");
        let age = self.current_age(now);
        let too_old = wanted
            .max_age
            .is_some_and(|max_age| age > Duration::from_secs(max_age) || max_age == 0);
        if wanted.no_cache || pragma || too_old || CacheControl::of(&self.header_list).no_cache {
            return Freshness::Stale;
        }
        if self.freshness_lifetime() > age {
            Freshness::Fresh
        } else {
            Freshness::Stale
        }
    }

    /// The value of a header, to make a conditional request with.
    pub fn header(&self, name: &[u8]) -> Option<Bytes> {
        self.header_list.get(name)
    }

    /// The response as if it had just come.
    pub fn to_response(&self) -> InternalResponse {
        let mut response = InternalResponse::new();
        response.status = self.status;
        response.status_message = self.status_message.clone();
        response.header_list = self.header_list.clone();
        response.body = self.body.clone();
        response
    }

    /// Whether the request's headers are those that the response was chosen by (RFC 9111, section 4.1).
    fn fits(&self, request: &HeaderList) -> bool {
        self.nominated.iter().all(|(name, value)| {
            // `*` never matches.
            &name[..] != b"*" && request.get(name).map(normalized) == value.clone().map(normalized)
        })
    }
}

/// Values are compared without the whitespace that carries no meaning.
fn normalized(value: Bytes) -> Vec<u8> {
    value
        .iter()
        .copied()
        .filter(|byte| !matches!(byte, b' ' | b'\t'))
        .collect()
}

/// Whether a response without explicit freshness can ever be used again: be fresh by the heuristic, or be validated.
///
/// MODEL: others could only serve the cache modes "force-cache" and "only-if-cached"; they are not stored.
fn can_be_used_again(list: &HeaderList) -> bool {
    list.contains(b"ETag") || list.contains(b"Last-Modified")
}

/// RFC 9110, section 15.1.
const fn is_heuristically_cacheable(status: u16) -> bool {
    matches!(
        status,
        200 | 203 | 204 | 300 | 301 | 308 | 404 | 405 | 410 | 414 | 501
    )
}

impl HttpCache {
    /// Selects a stored response for a `GET` request: the newest that was chosen by the same headers.
    ///
    /// <https://httpwg.org/specs/rfc9111.html#constructing.responses.from.caches>
    pub fn select(
        &self,
        partition: &NetworkPartitionKey,
        url: &Url,
        request: &HeaderList,
    ) -> Option<&StoredResponse> {
        let stored = self.partitions.get(partition)?.get(&*cache_key(url))?;
        stored
            .iter()
            .filter(|response| response.fits(request))
            .max_by_key(|response| response.date())
    }

    /// Stores a response to a `GET` request, if it may be stored; it takes the place of those for the same headers.
    ///
    /// <https://httpwg.org/specs/rfc9111.html#response.cacheability>
    pub fn store(
        &mut self,
        partition: &NetworkPartitionKey,
        url: &Url,
        request: &HeaderList,
        response: &InternalResponse,
        request_time: Timestamp,
        response_time: Timestamp,
    ) {
        let list = &response.header_list;
        let control = CacheControl::of(list);
        let has_explicit_freshness = control.max_age.is_some() || list.contains(b"Expires");
        let may_be_stored = !control.no_store
            && !CacheControl::of(request).no_store
            && !matches!(response.status, 0..=199 | 206 | 304)
            && !request.contains(b"Range")
            && (has_explicit_freshness
                || (is_heuristically_cacheable(response.status) && can_be_used_again(list)));
        if !may_be_stored {
            return;
        }
        let nominated = get_decode_and_split(list, b"Vary")
            .unwrap_or_default()
            .into_iter()
            .filter(|name| !name.is_empty())
            .map(|name| {
                let value = request.get(name.as_bytes());
                (Bytes::from(name), value)
            })
            .collect();
        let stored = StoredResponse {
            status: response.status,
            status_message: response.status_message.clone(),
            header_list: list.clone(),
            body: response.body.clone(),
            nominated,
            request_time,
            response_time,
        };
        let partition = self.partitions.entry(partition.clone()).or_default();
        let responses = partition.entry(cache_key(url).into_owned()).or_default();
        responses.retain(|other| !other.fits(request));
        responses.push(stored);
    }

    /// Freshens the selected response after the server has said that it is still good; returns it.
    ///
    /// <https://httpwg.org/specs/rfc9111.html#freshening.responses>
    pub fn freshen(
        &mut self,
        partition: &NetworkPartitionKey,
        url: &Url,
        request: &HeaderList,
        not_modified: &HeaderList,
        request_time: Timestamp,
        response_time: Timestamp,
    ) -> Option<InternalResponse> {
        let stored = self
            .partitions
            .get_mut(partition)?
            .get_mut(&*cache_key(url))?;
        let response = stored
            .iter_mut()
            .filter(|response| response.fits(request))
            .max_by_key(|response| response.date())?;
        let replaced: Vec<Bytes> = not_modified
            .iter()
            .map(|header| header.name.clone())
            // RFC 9111, section 3.2: a 304 describes no other body.
            .filter(|name| {
                !name.eq_ignore_ascii_case(b"Content-Length")
                    && !name.eq_ignore_ascii_case(b"Content-Encoding")
                    && !name.eq_ignore_ascii_case(b"Content-Range")
            })
            .collect();
        for name in &replaced {
            response.header_list.delete(name);
        }
        for header in not_modified {
            if replaced.contains(&header.name) {
                response
                    .header_list
                    .append(header.name.clone(), header.value.clone());
            }
        }
        response.request_time = request_time;
        response.response_time = response_time;
        Some(response.to_response())
    }

    /// Forgets what an unsafe request has made invalid: the URL itself, and what `Location` and `Content-Location` of
    /// the same origin name.
    ///
    /// <https://httpwg.org/specs/rfc9111.html#invalidation>
    pub fn invalidate(
        &mut self,
        partition: &NetworkPartitionKey,
        url: &Url,
        response: &HeaderList,
    ) {
        let Some(stored) = self.partitions.get_mut(partition) else {
            return;
        };
        stored.swap_remove(&*cache_key(url));
        for name in [&b"Location"[..], b"Content-Location"] {
            let named = response
                .get(name)
                .and_then(|value| url.join(std::str::from_utf8(&value).ok()?).ok());
            if let Some(named) = named
                && Origin::of_url(url).is_some_and(|origin| origin.is_same_origin_with_url(&named))
            {
                stored.swap_remove(&*cache_key(&named));
            }
        }
    }

    /// How many URLs have a stored response, over all partitions.
    pub fn len(&self) -> usize {
        self.partitions.values().map(IndexMap::len).sum()
    }

    /// Whether nothing is stored.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Forgets everything, as a user does who clears browsing data.
    pub fn clear(&mut self) {
        self.partitions.clear();
    }
}

/// Whether a method is unsafe: it may change something at the server. <https://httpwg.org/specs/rfc9110.html#safe.methods>
pub fn is_unsafe_method(method: &[u8]) -> bool {
    !matches!(method, b"GET" | b"HEAD" | b"OPTIONS" | b"TRACE")
}
