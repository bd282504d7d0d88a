//! `Cache-Control`: the directives of requests and of responses, as a private cache reads them.
//!
//! <https://httpwg.org/specs/rfc9111.html#field.cache-control>

use bytes::Bytes;
use crossexam_web::HeaderList;
use crossexam_web::header_value::{delta_seconds, is_token};

const CACHE_CONTROL: &[u8] = b"Cache-Control";

/// The directives of a response. Those without a meaning for a private cache (`s-maxage`, `proxy-revalidate`,
/// `no-transform`, `immutable`) are passed over, and so is whatever is unknown.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ResponseDirectives {
    /// `no-store`
    pub no_store: bool,
    /// `no-cache`
    pub no_cache: NoCache,
    /// `private`, with or without field names: the cache is private.
    pub private: bool,
    /// `public`
    pub public: bool,
    /// `must-revalidate`
    pub must_revalidate: bool,
    /// `must-understand`
    pub must_understand: bool,
    /// `max-age`, in seconds. The first counts; one that is no number is zero.
    pub max_age: Option<u64>,
    /// `stale-while-revalidate`, in seconds. One that is no number is not there.
    pub stale_while_revalidate: Option<u64>,
}

/// The directive `no-cache` of a response.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum NoCache {
    /// It is not there.
    #[default]
    No,
    /// These headers must not be used again without validation; names in lowercase.
    Fields(Vec<Bytes>),
    /// The whole response must not.
    All,
}

/// The directives of a request.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RequestDirectives {
    /// `no-store`
    pub no_store: bool,
    /// `no-cache`
    pub no_cache: bool,
    /// `only-if-cached`
    pub only_if_cached: bool,
    /// `max-age`, in seconds. One that is no number is zero.
    pub max_age: Option<u64>,
    /// `max-stale`, in seconds; without an argument any number of them. One that is no number is not there.
    pub max_stale: Option<u64>,
    /// `min-fresh`, in seconds. One that is no number is not there.
    pub min_fresh: Option<u64>,
}

impl ResponseDirectives {
    /// Reads the directives of a response.
    pub fn of(list: &HeaderList) -> Self {
        let mut result = Self::default();
        for_each_directive(list, |name, argument| match name {
            b"no-store" => result.no_store = true,
            b"no-cache" => result.no_cache.add(argument),
            b"private" => result.private = true,
            b"public" => result.public = true,
            b"must-revalidate" => result.must_revalidate = true,
            b"must-understand" => result.must_understand = true,
            // RFC 9111, section 4.2.1: of several the first counts, and what is no number is stale.
            b"max-age" => {
                let seconds = argument.and_then(delta_seconds).unwrap_or(0);
                result.max_age.get_or_insert(seconds);
            }
            b"stale-while-revalidate" if result.stale_while_revalidate.is_none() => {
                result.stale_while_revalidate = argument.and_then(delta_seconds);
            }
            _ => {}
        });
        result
    }
}

impl RequestDirectives {
    /// Reads the directives of a request. `Pragma: no-cache` counts where there is no `Cache-Control`.
    pub fn of(list: &HeaderList) -> Self {
        let mut result = Self::default();
        if !list.contains(CACHE_CONTROL) {
            let mut pragmas = list.values(b"Pragma");
            result.no_cache =
                pragmas.any(|value| value.trim_ascii().eq_ignore_ascii_case(b"no-cache"));
            return result;
        }
        for_each_directive(list, |name, argument| match name {
            b"no-store" => result.no_store = true,
            b"no-cache" => result.no_cache = true,
            b"only-if-cached" => result.only_if_cached = true,
            b"max-age" => {
                let seconds = argument.and_then(delta_seconds).unwrap_or(0);
                result.max_age.get_or_insert(seconds);
            }
            b"max-stale" if result.max_stale.is_none() => {
                result.max_stale = argument.map_or(Some(u64::MAX), delta_seconds);
            }
            b"min-fresh" if result.min_fresh.is_none() => {
                result.min_fresh = argument.and_then(delta_seconds);
            }
            _ => {}
        });
        result
    }
}

impl NoCache {
    /// One more directive of that name. Of several the most restrictive counts.
    fn add(&mut self, argument: Option<&[u8]>) {
        let names: Vec<Bytes> = argument
            .unwrap_or_default()
            .split(|&byte| byte == b',')
            .map(<[u8]>::trim_ascii)
            .filter(|name| !name.is_empty())
            .map(|name| name.to_ascii_lowercase().into())
            .collect();
        // What names no field, or something that is none, is read like the form without an argument.
        let are_fields = !names.is_empty() && names.iter().all(|name| is_token(name));
        match self {
            _ if !are_fields => *self = Self::All,
            Self::No => *self = Self::Fields(names),
            Self::Fields(fields) => fields.extend(names),
            Self::All => {}
        }
    }
}

/// Goes through the directives: the name in lowercase, and the argument without quotes.
///
/// NB: each header is read by itself. For what follows the grammar it is the same as reading all of them as one list;
/// for the rest, a quote that one of them leaves open does not hide what the next one forbids.
fn for_each_directive(list: &HeaderList, mut directive: impl FnMut(&[u8], Option<&[u8]>)) {
    let mut unquoted = Vec::new();
    for value in list.values(CACHE_CONTROL) {
        let mut rest = &value[..];
        while !rest.is_empty() {
            let element;
            (element, rest) = split_element(rest);
            let (name, argument) = match element.iter().position(|&byte| byte == b'=') {
                Some(equals) => (&element[..equals], Some(&element[equals + 1..])),
                None => (element, None),
            };
            let name = name.trim_ascii().to_ascii_lowercase();
            let argument = argument.map(|argument| {
                unquote(argument.trim_ascii(), &mut unquoted);
                &unquoted[..]
            });
            directive(&name, argument);
        }
    }
}

/// What stands before the first comma outside quotes, and what stands behind it.
fn split_element(value: &[u8]) -> (&[u8], &[u8]) {
    let (mut is_quoted, mut is_escaped) = (false, false);
    for (index, byte) in value.iter().enumerate() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_quoted => is_escaped = true,
            b'"' => is_quoted = !is_quoted,
            b',' if !is_quoted => return (&value[..index], &value[index + 1..]),
            _ => {}
        }
    }
    (value, &[])
}

/// An argument without its quotes and escapes; one that is not quoted stays as it is.
fn unquote(argument: &[u8], into: &mut Vec<u8>) {
    into.clear();
    let Some(inner) = argument.strip_prefix(b"\"") else {
        into.extend_from_slice(argument);
        return;
    };
    let mut bytes = inner.iter();
    while let Some(&byte) = bytes.next() {
        match byte {
            b'"' => return,
            b'\\' => into.extend(bytes.next()),
            other => into.push(other),
        }
    }
}
