//! The HTTP cache of a browser: a private cache in the sense of RFC 9111, one for each network partition.
//!
//! MODEL: partial content is neither stored nor combined, and a request for a part is not answered from the cache; a failing
//! server (`stale-if-error`) gives no stale responses; no network error is kept.
//!
//! <https://httpwg.org/specs/rfc9111.html>

pub mod cache_control;
pub mod http_date;
mod recency;
mod stored_response;
mod storing;

use std::borrow::Cow;
use std::rc::Rc;

use crossexam_web::{HeaderList, Origin};
use indexmap::IndexMap;
use smallvec::SmallVec;
use url::Url;

use crate::host::NetworkPartitionKey;
use recency::{Recency, Slot};

pub use stored_response::{Freshness, StoredResponse, Times, is_heuristically_cacheable};
pub use storing::{Place, store_when_complete};

/// The HTTP caches of a user agent, one for each partition.
///
/// <https://fetch.spec.whatwg.org/#http-cache-partitions>
#[derive(Debug, Default)]
pub struct HttpCache {
    partitions: IndexMap<Rc<NetworkPartitionKey>, Partition>,
    /// All stored responses, whatever their partition, in the order of their last use.
    responses: Recency<Kept>,
    bytes: u64,
}

/// The slots of the responses for a URL, the oldest first.
type Partition = IndexMap<Rc<str>, SmallVec<[Slot; 1]>>;

/// A stored response and where it belongs.
#[derive(Debug)]
struct Kept {
    partition: Rc<NetworkPartitionKey>,
    key: Rc<str>,
    size: u64,
    response: Rc<StoredResponse>,
}

/// How much is kept. Beyond it, what was not used for longest goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How many responses, over all partitions.
    pub responses: usize,
    /// How many for one URL, chosen by different request headers.
    pub responses_for_a_url: usize,
    /// How many bytes, over all partitions.
    pub bytes: u64,
    /// How many bytes of one response.
    pub bytes_of_a_response: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            responses: 200_000,
            responses_for_a_url: 64,
            bytes: 512 << 20,
            bytes_of_a_response: 64 << 20,
        }
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
    Cow::Borrowed(&url[..url::Position::AfterQuery])
}

impl HttpCache {
    /// Selects a stored response for a `GET` or `HEAD` request: one that was chosen by the same headers. Of several, those
    /// that say so themselves go first, then the newest.
    ///
    /// <https://httpwg.org/specs/rfc9111.html#constructing.responses.from.caches>
    pub fn select(
        &mut self,
        partition: &NetworkPartitionKey,
        url: &Url,
        request: &HeaderList,
    ) -> Option<Rc<StoredResponse>> {
        let slots = self.partitions.get(partition)?.get(&*cache_key(url))?;
        let mut responses = slots.iter().filter_map(|&slot| {
            let kept = self.responses.get(slot)?;
            kept.response
                .fits(request)
                .then_some((slot, &kept.response))
        });
        let first = responses.next()?;
        let (slot, response) = match responses.next() {
            // The usual case: no date need be read.
            None => first,
            Some(second) => [first, second]
                .into_iter()
                .chain(responses)
                .max_by_key(|(_, response)| (response.varies(), response.date()))?,
        };
        let response = Rc::clone(response);
        self.responses.touch(slot);
        Some(response)
    }

    /// Keeps a response to a `GET` request. It takes the place of those that were chosen by the same headers.
    ///
    /// <https://httpwg.org/specs/rfc9111.html#response.cacheability>
    pub fn store(
        &mut self,
        partition: &Rc<NetworkPartitionKey>,
        url: &Url,
        request: &HeaderList,
        response: StoredResponse,
        limits: &Limits,
    ) {
        let key = cache_key(url);
        let size = response.size().saturating_add(key.len() as u64);
        if size > limits.bytes_of_a_response || size > limits.bytes {
            self.remove_if(partition, &key, |other| other.fits(request));
            return;
        }
        if self.store_in_place(partition, &key, request, response, size) {
            let slots = self.slots(partition, &key);
            if slots.len() > limits.responses_for_a_url {
                self.remove(slots[0]);
            }
            self.keep_to(limits);
        }
    }

    /// Puts a response where the one was that was chosen by the same headers, or in a new place; says whether more is kept
    /// than before.
    fn store_in_place(
        &mut self,
        partition: &Rc<NetworkPartitionKey>,
        key: &str,
        request: &HeaderList,
        response: StoredResponse,
        size: u64,
    ) -> bool {
        let urls = match self.partitions.get_mut(partition) {
            Some(urls) => urls,
            None => self.partitions.entry(Rc::clone(partition)).or_default(),
        };
        let known = urls
            .get_full_mut(key)
            .map(|(_, key, slots)| (Rc::clone(key), slots));
        if let Some((_, slots)) = &known
            && let [slot] = ***slots
            && let Some(kept) = self.responses.get_mut(slot)
            && kept.response.fits(request)
        {
            self.bytes = self.bytes.saturating_sub(kept.size).saturating_add(size);
            let grows = size > kept.size;
            kept.size = size;
            match Rc::get_mut(&mut kept.response) {
                Some(place) => *place = response,
                None => kept.response = Rc::new(response),
            }
            self.responses.touch(slot);
            return grows;
        }
        let (key, slots) = match known {
            Some(known) => known,
            None => {
                let key: Rc<str> = key.into();
                let slots = urls.entry(Rc::clone(&key)).or_default();
                (key, slots)
            }
        };
        let (replaced, mut others): (SmallVec<[Slot; 1]>, SmallVec<[Slot; 1]>) =
            slots.iter().copied().partition(|slot| {
                let kept = self.responses.get(*slot);
                kept.is_some_and(|kept| kept.response.fits(request))
            });
        for slot in replaced {
            let gone = self.responses.remove(slot);
            self.bytes = self.bytes.saturating_sub(gone.map_or(0, |kept| kept.size));
        }
        others.push(self.responses.insert(Kept {
            partition: Rc::clone(partition),
            key,
            size,
            response: Rc::new(response),
        }));
        self.bytes = self.bytes.saturating_add(size);
        *slots = others;
        true
    }

    /// Lets go what is too much.
    fn keep_to(&mut self, limits: &Limits) {
        while self.responses.len() > limits.responses || self.bytes > limits.bytes {
            let Some(least_recent) = self.responses.least_recent() else {
                break;
            };
            self.remove(least_recent);
        }
    }

    /// Freshens a response after the server has said that it is still good, here and for those who are given it. It is kept
    /// if it was still there.
    ///
    /// NB: where the server's tag says that it means another response, RFC 9111 forbids the update, and Fetch still wants
    /// the stored response used: it is, as it was.
    ///
    /// <https://httpwg.org/specs/rfc9111.html#freshening.responses>
    pub fn freshen(
        &mut self,
        partition: &NetworkPartitionKey,
        url: &Url,
        stored: &Rc<StoredResponse>,
        not_modified: &HeaderList,
        times: Times,
    ) -> Rc<StoredResponse> {
        match stored.freshened(not_modified, times) {
            Some(freshened) => {
                let freshened = Rc::new(freshened);
                self.replace(partition, url, |other| {
                    Rc::ptr_eq(stored, other).then(|| Some(Rc::clone(&freshened)))
                });
                freshened
            }
            None => Rc::clone(stored),
        }
    }

    /// Forgets a response that the server, asked whether it is still good, has answered with another one.
    ///
    /// <https://httpwg.org/specs/rfc9111.html#validation.response>
    pub fn discard(
        &mut self,
        partition: &NetworkPartitionKey,
        url: &Url,
        stored: &Rc<StoredResponse>,
    ) {
        self.replace(partition, url, |other| {
            Rc::ptr_eq(stored, other).then_some(None)
        });
    }

    /// Updates what is stored for `GET` by a 200 response to `HEAD`, or forgets it where the two do not agree.
    ///
    /// <https://httpwg.org/specs/rfc9111.html#head.effects>
    pub fn update_by_head(
        &mut self,
        partition: &NetworkPartitionKey,
        url: &Url,
        request: &HeaderList,
        head: &HeaderList,
        times: Times,
    ) {
        self.replace(partition, url, |other| {
            other
                .fits(request)
                .then(|| other.updated_by_head(head, times).map(Rc::new))
        });
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
        if !self.partitions.contains_key(partition) {
            return;
        }
        self.remove_if(partition, &cache_key(url), |_| true);
        for name in [&b"Location"[..], b"Content-Location"] {
            let named = response
                .get(name)
                .and_then(|value| url.join(std::str::from_utf8(&value).ok()?).ok());
            if let Some(named) = named
                && Origin::of_url(url).is_some_and(|origin| origin.is_same_origin_with_url(&named))
            {
                self.remove_if(partition, &cache_key(&named), |_| true);
            }
        }
    }

    /// How many responses are stored, over all partitions.
    pub fn len(&self) -> usize {
        self.responses.len()
    }

    /// Whether nothing is stored.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many bytes the stored responses take, about.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Forgets everything, as a user does who clears browsing data.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    fn slots(&self, partition: &NetworkPartitionKey, key: &str) -> SmallVec<[Slot; 1]> {
        let urls = self.partitions.get(partition);
        urls.and_then(|urls| urls.get(key))
            .cloned()
            .unwrap_or_default()
    }

    fn remove_if(
        &mut self,
        partition: &NetworkPartitionKey,
        key: &str,
        goes: impl Fn(&StoredResponse) -> bool,
    ) {
        for slot in self.slots(partition, key) {
            if self
                .responses
                .get(slot)
                .is_some_and(|kept| goes(&kept.response))
            {
                self.remove(slot);
            }
        }
    }

    /// Puts others in the place of responses for a URL: `None` leaves one alone, `Some(None)` removes it.
    fn replace(
        &mut self,
        partition: &NetworkPartitionKey,
        url: &Url,
        other_for: impl Fn(&Rc<StoredResponse>) -> Option<Option<Rc<StoredResponse>>>,
    ) {
        let key = cache_key(url);
        for slot in self.slots(partition, &key) {
            let Some(kept) = self.responses.get_mut(slot) else {
                continue;
            };
            match other_for(&kept.response) {
                None => {}
                Some(None) => self.remove(slot),
                Some(Some(other)) => {
                    let size = other.size().saturating_add(key.len() as u64);
                    self.bytes = self.bytes.saturating_sub(kept.size).saturating_add(size);
                    (kept.size, kept.response) = (size, other);
                }
            }
        }
    }

    fn remove(&mut self, slot: Slot) {
        let Some(kept) = self.responses.remove(slot) else {
            return;
        };
        self.bytes = self.bytes.saturating_sub(kept.size);
        let Some(urls) = self.partitions.get_mut(&kept.partition) else {
            return;
        };
        if let Some(slots) = urls.get_mut(&kept.key) {
            slots.retain(|other| *other != slot);
            if slots.is_empty() {
                urls.swap_remove(&kept.key);
            }
        }
        if urls.is_empty() {
            self.partitions.swap_remove(&kept.partition);
        }
    }
}

/// Whether a method is unsafe: it may change something at the server. <https://httpwg.org/specs/rfc9110.html#safe.methods>
pub fn is_unsafe_method(method: &[u8]) -> bool {
    !matches!(method, b"GET" | b"HEAD" | b"OPTIONS" | b"TRACE")
}
