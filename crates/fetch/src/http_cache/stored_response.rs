//! A stored response: whether it may be stored at all, how old it is, and for which requests it may be used.
//!
//! <https://httpwg.org/specs/rfc9111.html#response.cacheability>,
//! <https://httpwg.org/specs/rfc9111.html#expiration.model>

use std::cell::OnceCell;
use std::time::Duration;

use bytes::Bytes;
use crossexam_web::header_value::delta_seconds;
use crossexam_web::{HeaderList, Timestamp};
use smallvec::SmallVec;

use super::cache_control::{NoCache, RequestDirectives, ResponseDirectives};
use super::http_date::date_of;

/// More names than this in `Vary` count as `*`.
const MOST_NOMINATED: usize = 64;

/// When a request went out, and when the head of its answer came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    /// When the request went out.
    pub request: Timestamp,
    /// When the answer came.
    pub response: Timestamp,
}

/// A stored response, and what of its request decides whether it may be used again.
#[derive(Debug, Clone)]
pub struct StoredResponse {
    status: u16,
    status_message: Bytes,
    header_list: HeaderList,
    body: Option<Bytes>,
    /// The request's values of the headers that `Vary` names.
    nominated: Nominated,
    times: Times,
    /// What the message that it was validated by last said of its age, if it was.
    validated_by: Option<Dated>,
    /// Worked out when it is asked for.
    directives: OnceCell<ResponseDirectives>,
    dated: OnceCell<Dated>,
    freshness_lifetime: OnceCell<Duration>,
}

/// Names of request headers and their values.
type Nominated = SmallVec<[(Bytes, Option<Bytes>); 1]>;

/// What a message says of its age.
#[derive(Debug, Clone, Copy)]
struct Dated {
    /// `date_value`: when the response was made, by its server's clock.
    date: Timestamp,
    /// `corrected_initial_age`
    initial_age: Duration,
}

impl Dated {
    /// RFC 9111, section 4.2.3.
    fn of(message: &HeaderList, times: Times) -> Self {
        // A message without a date is dated when it arrives (RFC 9110, section 6.6.1).
        let date = date_of(message, b"Date", times.response).unwrap_or(times.response);
        let apparent_age = times.response.since(date);
        let response_delay = times.response.since(times.request);
        let corrected_age = age_value(message).saturating_add(response_delay);
        Self {
            date,
            initial_age: apparent_age.max(corrected_age),
        }
    }
}

/// Whether a stored response may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freshness {
    /// Without asking the server. <https://fetch.spec.whatwg.org/#concept-fresh-response>
    Fresh,
    /// Yes, while the server is asked. <https://fetch.spec.whatwg.org/#concept-stale-while-revalidate-response>
    StaleWhileRevalidate,
    /// Only after validation. <https://fetch.spec.whatwg.org/#concept-stale-response>
    Stale,
}

impl StoredResponse {
    /// The response as a private cache stores it; `None` if it must not be stored, or could not be used again.
    ///
    /// <https://httpwg.org/specs/rfc9111.html#response.cacheability>
    pub fn new(
        request: &HeaderList,
        status: u16,
        status_message: Bytes,
        header_list: &HeaderList,
        body: Option<Bytes>,
        times: Times,
    ) -> Option<Self> {
        let directives = ResponseDirectives::of(header_list);
        // Partial content is neither stored nor combined, and so neither is an answer to a request for a part.
        let is_final = status >= 200 && !matches!(status, 206 | 304);
        let understands_status = is_final && is_understood(status);
        let no_store = if directives.must_understand {
            !understands_status
        } else {
            directives.no_store
        };
        let is_cacheable = directives.public
            || directives.private
            || directives.max_age.is_some()
            || header_list.contains(b"Expires")
            || is_heuristically_cacheable(status);
        if !is_final
            || no_store
            || !is_cacheable
            || (request.contains(b"Cache-Control") && RequestDirectives::of(request).no_store)
            || request.contains(b"Range")
        {
            return None;
        }
        let nominated = nominated(header_list, request)?;
        // RFC 9111, section 3.1: what belongs to the connection or to the proxy on the way is not stored.
        let excepted = Excepted::of(header_list);
        let mut header_list = header_list.clone();
        header_list.retain(|header| !excepted.contains(&header.name));
        Some(Self {
            status,
            status_message,
            header_list,
            body,
            nominated,
            times,
            validated_by: None,
            directives: OnceCell::from(directives),
            dated: OnceCell::new(),
            freshness_lifetime: OnceCell::new(),
        })
    }

    /// The same response with this body.
    #[must_use]
    pub(super) fn with_body(mut self, body: Bytes) -> Self {
        self.body = Some(body);
        self
    }

    fn directives(&self) -> &ResponseDirectives {
        self.directives
            .get_or_init(|| ResponseDirectives::of(&self.header_list))
    }

    fn dated(&self) -> &Dated {
        self.dated.get_or_init(|| {
            self.validated_by
                .unwrap_or_else(|| Dated::of(&self.header_list, self.times))
        })
    }

    /// RFC 9111, sections 4.2.1 and 4.2.2. The heuristic is the one the RFC mentions: a tenth of the time since the
    /// last modification.
    fn work_out_freshness_lifetime(&self) -> Duration {
        if let Some(max_age) = self.directives().max_age {
            return Duration::from_secs(max_age);
        }
        let date_of = |name| date_of(&self.header_list, name, self.times.response);
        if self.header_list.contains(b"Expires") {
            // An `Expires` that is no date has passed already.
            return date_of(b"Expires")
                .map_or(Duration::ZERO, |expires| expires.since(self.date()));
        }
        let heuristics_are_allowed =
            is_heuristically_cacheable(self.status) || self.directives().public;
        match date_of(b"Last-Modified") {
            Some(modified) if heuristics_are_allowed => self.date().since(modified) / 10,
            _ => Duration::ZERO,
        }
    }

    /// How long the response counts as fresh, from when it was made.
    pub fn freshness_lifetime(&self) -> Duration {
        *self
            .freshness_lifetime
            .get_or_init(|| self.work_out_freshness_lifetime())
    }

    /// How long ago the response was made or validated, as far as one can tell. RFC 9111, section 4.2.3.
    pub fn current_age(&self, now: Timestamp) -> Duration {
        self.dated()
            .initial_age
            .saturating_add(now.since(self.times.response))
    }

    /// Until which age it may be used while the server is asked (RFC 5861).
    fn stale_while_revalidate_lifetime(&self) -> Duration {
        match self.directives().stale_while_revalidate {
            // RFC 9111, section 4.2.4: nothing permits what these forbid.
            Some(seconds) if !self.directives().must_revalidate => self
                .freshness_lifetime()
                .saturating_add(Duration::from_secs(seconds)),
            Some(_) | None => Duration::ZERO,
        }
    }

    /// Whether the response may be used for a request with these headers without asking the server.
    ///
    /// <https://httpwg.org/specs/rfc9111.html#constructing.responses.from.caches>
    pub fn freshness(&self, request: &HeaderList, now: Timestamp) -> Freshness {
        let can_be_used = !self.freshness_lifetime().is_zero()
            || self.directives().stale_while_revalidate.is_some()
            // `max-stale` takes anything.
            || request.contains(b"Cache-Control");
        if !can_be_used {
            return Freshness::Stale;
        }
        let wanted = RequestDirectives::of(request);
        let age = self.current_age(now);
        let is_too_old = wanted
            .max_age
            .is_some_and(|max_age| age > Duration::from_secs(max_age));
        if wanted.no_cache || is_too_old || self.directives().no_cache == NoCache::All {
            return Freshness::Stale;
        }
        let needed = age.saturating_add(Duration::from_secs(wanted.min_fresh.unwrap_or(0)));
        if self.freshness_lifetime() > needed {
            return Freshness::Fresh;
        }
        // A request that says how old the response may be does not want a stale one, unless it says so too.
        let accepts_stale = wanted.max_age.is_none() && wanted.min_fresh.is_none();
        match wanted.max_stale {
            Some(max_stale) if !self.directives().must_revalidate => {
                let stale_since = needed.saturating_sub(self.freshness_lifetime());
                if stale_since <= Duration::from_secs(max_stale) {
                    return Freshness::Fresh;
                }
            }
            Some(_) | None => {}
        }
        if accepts_stale && self.stale_while_revalidate_lifetime() > age {
            return Freshness::StaleWhileRevalidate;
        }
        Freshness::Stale
    }

    /// The status.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The status message.
    pub fn status_message(&self) -> &Bytes {
        &self.status_message
    }

    /// The headers.
    pub fn header_list(&self) -> &HeaderList {
        &self.header_list
    }

    /// The headers as they may be shown without validation: without those that `no-cache` names.
    ///
    /// NB: RFC 9111 wants an `Age` header added here, in section 4. Browsers, whose caches these are, do not add it.
    pub fn header_list_without_validation(&self) -> HeaderList {
        let mut list = self.header_list.clone();
        if let NoCache::Fields(names) = &self.directives().no_cache {
            list.retain(|header| {
                !names
                    .iter()
                    .any(|name| header.name.eq_ignore_ascii_case(name))
            });
        }
        list
    }

    /// The body.
    pub fn body(&self) -> Option<&Bytes> {
        self.body.as_ref()
    }

    /// When the response was made, by its server's clock.
    pub(super) fn date(&self) -> Timestamp {
        self.dated().date
    }

    /// Whether it says which requests it is for.
    pub(super) fn varies(&self) -> bool {
        !self.nominated.is_empty()
    }

    /// Whether the request's headers are those that the response was chosen by.
    ///
    /// <https://httpwg.org/specs/rfc9111.html#caching.negotiated.responses>
    pub(super) fn fits(&self, request: &HeaderList) -> bool {
        self.nominated.iter().all(|(name, value)| {
            let mut values = request.values(name);
            match (value, values.next()) {
                (None, None) => true,
                // One value that is the same needs no combining.
                (Some(value), Some(other)) if value == other && values.next().is_none() => true,
                (Some(value), Some(_)) => request
                    .get(name)
                    .is_some_and(|other| normalized(value).eq(normalized(&other))),
                (Some(_), None) | (None, Some(_)) => false,
            }
        })
    }

    /// The response after the server has said that it is still good; `None` if the server means another one.
    ///
    /// <https://httpwg.org/specs/rfc9111.html#freshening.responses>
    pub fn freshened(&self, not_modified: &HeaderList, times: Times) -> Option<Self> {
        let own = |name: &[u8]| self.header_list.get(name);
        let opaque_tag = |tag: &Bytes| tag.strip_prefix(b"W/").unwrap_or(tag).to_vec();
        let is_this_one = match (
            not_modified.get(b"ETag"),
            not_modified.get(b"Last-Modified"),
        ) {
            (Some(tag), _) if tag.starts_with(b"W/") => {
                own(b"ETag").is_some_and(|own| opaque_tag(&own) == opaque_tag(&tag))
            }
            (Some(tag), _) => own(b"ETag") == Some(tag),
            (None, Some(modified)) => own(b"Last-Modified") == Some(modified),
            // NB: RFC 9111 would have it that a response with a validator is meant only where that is repeated. Fetch
            // updates the one that was asked about, as browsers do: many servers leave it out.
            (None, None) => true,
        };
        is_this_one.then(|| self.updated(not_modified, times))
    }

    /// The response after a `HEAD` request has shown the same one; `None` if it has shown another.
    ///
    /// <https://httpwg.org/specs/rfc9111.html#head.effects>
    pub(super) fn updated_by_head(&self, head: &HeaderList, times: Times) -> Option<Self> {
        let agrees = |name: &[u8]| match head.get(name) {
            Some(value) => self.header_list.get(name) == Some(value),
            None => true,
        };
        let is_the_same = agrees(b"ETag") && agrees(b"Last-Modified") && agrees(b"Content-Length");
        is_the_same.then(|| self.updated(head, times))
    }

    /// <https://httpwg.org/specs/rfc9111.html#update>
    fn updated(&self, message: &HeaderList, times: Times) -> Self {
        let mut updated = self.clone();
        let excepted = Excepted::of(message);
        // What the stored body was read by stays with it, and no other length fits it.
        const OF_THE_BODY: [&[u8]; 3] = [b"Content-Length", b"Content-Encoding", b"Content-Range"];
        let is_new = |name: &[u8]| {
            !excepted.contains(name)
                && !OF_THE_BODY
                    .iter()
                    .any(|kept| name.eq_ignore_ascii_case(kept))
        };
        let list = &mut updated.header_list;
        list.retain(|header| !(is_new(&header.name) && message.contains(&header.name)));
        for header in message.iter().filter(|header| is_new(&header.name)) {
            list.append(header.name.clone(), header.value.clone());
        }
        updated.validated_by = Some(Dated::of(message, times));
        updated.times = times;
        updated.directives = OnceCell::new();
        updated.dated = OnceCell::new();
        updated.freshness_lifetime = OnceCell::new();
        updated
    }

    /// What it takes to keep, in bytes, about.
    pub(super) fn size(&self) -> u64 {
        const OVERHEAD: usize = 256;
        let headers = self.header_list.iter();
        let headers: usize = headers
            .map(|header| header.name.len() + header.value.len())
            .sum();
        let nominated = self.nominated.iter();
        let nominated: usize = nominated
            .map(|(name, value)| name.len() + value.as_ref().map_or(0, Bytes::len))
            .sum();
        let body = self.body.as_ref().map_or(0, Bytes::len);
        (OVERHEAD + self.status_message.len() + headers + nominated + body) as u64
    }
}

/// The headers that a cache does not keep from a message: those of the connection and those of a proxy.
struct Excepted<'a> {
    of_the_connection: Vec<&'a [u8]>,
}

impl<'a> Excepted<'a> {
    fn of(list: &'a HeaderList) -> Self {
        let values = list.values(b"Connection");
        let names = values.flat_map(|value| value.split(|&byte| byte == b','));
        Self {
            of_the_connection: names.map(<[u8]>::trim_ascii).take(MOST_NOMINATED).collect(),
        }
    }

    fn contains(&self, name: &[u8]) -> bool {
        const ALWAYS: [&[u8]; 9] = [
            b"Connection",
            b"Keep-Alive",
            b"Proxy-Connection",
            b"Proxy-Authenticate",
            b"Proxy-Authentication-Info",
            b"Proxy-Authorization",
            b"TE",
            b"Transfer-Encoding",
            b"Upgrade",
        ];
        let is_it = |other: &[u8]| name.eq_ignore_ascii_case(other);
        ALWAYS.iter().any(|name| is_it(name))
            || self.of_the_connection.iter().any(|name| is_it(name))
    }
}

/// What the request says of the headers that `Vary` names, each once; `None` if no other request
/// can be like it.
fn nominated(list: &HeaderList, request: &HeaderList) -> Option<Nominated> {
    let mut nominated = Nominated::new();
    for value in list.values(b"Vary") {
        for name in value.split(|&byte| byte == b',').map(<[u8]>::trim_ascii) {
            if name == b"*" || nominated.len() > MOST_NOMINATED {
                return None;
            }
            let is_known = nominated
                .iter()
                .any(|(known, _)| known.eq_ignore_ascii_case(name));
            if !name.is_empty() && !is_known {
                nominated.push((value.slice_ref(name), request.get(name)));
            }
        }
    }
    Some(nominated)
}

/// Values are compared without the whitespace that carries no meaning.
///
/// NB: whitespace inside of a quoted string is passed over as well.
fn normalized(value: &[u8]) -> impl Iterator<Item = u8> + '_ {
    value
        .iter()
        .copied()
        .filter(|byte| !matches!(byte, b' ' | b'\t'))
}

/// The value of `Age`: of a list the first, and nothing if that is no number.
fn age_value(list: &HeaderList) -> Duration {
    let first = list.values(b"Age").next().map(|value| {
        let member = value.split(|&byte| byte == b',').next();
        member.unwrap_or_default().trim_ascii()
    });
    Duration::from_secs(first.and_then(delta_seconds).unwrap_or(0))
}

/// RFC 9110, section 15.1. (206 is one of them as well, but partial content is not stored.)
pub const fn is_heuristically_cacheable(status: u16) -> bool {
    matches!(
        status,
        200 | 203 | 204 | 300 | 301 | 308 | 404 | 405 | 410 | 414 | 501
    )
}

/// Whether what HTTP says about caching responses of this status is all done here: those of RFC 9110 and 6585 that are
/// final, except for partial content.
const fn is_understood(status: u16) -> bool {
    matches!(
        status,
        200..=205 | 300..=303 | 305 | 307 | 308 | 400..=417 | 421 | 422 | 426 | 428 | 429 | 431 | 500..=505 | 511
    )
}
