//! HTTP Strict Transport Security: hosts that are only spoken to over HTTPS.
//!
//! <https://www.rfc-editor.org/rfc/rfc6797>

use std::time::Duration;

use crossexam_web::header_value::is_token;
use crossexam_web::{HeaderList, Timestamp};
use indexmap::IndexMap;
use url::{Host, Url};

/// The known HSTS hosts of a user agent. Looking one up costs as many steps as its name has labels.
#[derive(Debug, Clone, Default)]
pub struct HstsStore {
    hosts: IndexMap<String, KnownHost>,
}

/// A known HSTS host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownHost {
    /// Until when it is known.
    pub expires: Timestamp,
    /// How long it wanted to be known, in seconds.
    pub max_age: u64,
    /// Whether the policy holds for all hosts below, too.
    pub include_sub_domains: bool,
}

/// So many hosts are known at most; the oldest goes first.
pub const MOST_HOSTS: usize = 10_000;

/// No policy is remembered longer: the time of a browser's life.
const LONGEST: u64 = 100 * 365 * 24 * 60 * 60;

/// The smallest max-age, in seconds, of a "preloadable HSTS host": eighteen weeks.
///
/// <https://w3c.github.io/webappsec-upgrade-insecure-requests/#preloadable-hsts-host>
const PRELOADABLE_MAX_AGE: u64 = 10_886_400;

/// A policy, as a header says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StsPolicy {
    /// `max-age`, in seconds.
    pub max_age: u64,
    /// `includeSubDomains`
    pub include_sub_domains: bool,
}

/// Parses a `Strict-Transport-Security` value; `None` if it does not follow the grammar.
///
/// <https://www.rfc-editor.org/rfc/rfc6797#section-6.1>
pub fn parse_strict_transport_security(value: &[u8]) -> Option<StsPolicy> {
    let mut max_age = None;
    let mut include_sub_domains = false;
    let mut names: Vec<Vec<u8>> = Vec::new();
    for directive in split_outside_quotes(value)? {
        let directive = directive.trim_ascii();
        if directive.is_empty() {
            continue;
        }
        let (name, value) = match directive.iter().position(|byte| *byte == b'=') {
            Some(equals) => (
                directive[..equals].trim_ascii(),
                Some(directive[equals + 1..].trim_ascii()),
            ),
            None => (directive, None),
        };
        if !is_token(name) {
            return None;
        }
        let name = name.to_ascii_lowercase();
        // Each directive may be there once.
        if names.contains(&name) {
            return None;
        }
        let value = match value {
            None => None,
            Some(value) => Some(unquoted(value)?),
        };
        match (&name[..], value) {
            (b"max-age", Some(value)) => {
                if value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
                    return None;
                }
                let digits = std::str::from_utf8(&value).ok()?;
                max_age = Some(digits.parse().unwrap_or(u64::MAX));
            }
            (b"max-age", None) | (b"includesubdomains", Some(_)) => return None,
            (b"includesubdomains", None) => include_sub_domains = true,
            // What is not known is passed over.
            _ => {}
        }
        names.push(name);
    }
    Some(StsPolicy {
        max_age: max_age?,
        include_sub_domains,
    })
}

/// The parts between semicolons that stand in no quoted string; `None` if a quote is not closed.
fn split_outside_quotes(value: &[u8]) -> Option<Vec<&[u8]>> {
    let mut parts = Vec::new();
    let (mut start, mut in_quotes, mut escaped) = (0, false, false);
    for (index, byte) in value.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_quotes => escaped = true,
            b'"' => in_quotes = !in_quotes,
            b';' if !in_quotes => {
                parts.push(&value[start..index]);
                start = index + 1;
            }
            _ => {}
        }
    }
    parts.push(&value[start..]);
    (!in_quotes).then_some(parts)
}

/// A token, or what a quoted string holds.
fn unquoted(value: &[u8]) -> Option<Vec<u8>> {
    let Some(inner) = value.strip_prefix(b"\"") else {
        return is_token(value).then(|| value.to_vec());
    };
    let inner = inner.strip_suffix(b"\"")?;
    let mut text = Vec::with_capacity(inner.len());
    let mut bytes = inner.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' => text.push(*bytes.next()?),
            b'"' => return None,
            byte => text.push(*byte),
        }
    }
    Some(text)
}

impl HstsStore {
    /// Takes note of what a response says. Only what came over secure transport, and from a host with a name, counts.
    ///
    /// <https://www.rfc-editor.org/rfc/rfc6797#section-8.1>
    pub fn note(&mut self, url: &Url, headers: &HeaderList, now: Timestamp) {
        let (Some(Host::Domain(name)), "https") = (url.host(), url.scheme()) else {
            return;
        };
        // Of several headers the first counts.
        let Some(policy) = headers
            .values(b"Strict-Transport-Security")
            .next()
            .and_then(|value| parse_strict_transport_security(value))
        else {
            return;
        };
        let name = canonical(name);
        if policy.max_age == 0 {
            self.hosts.shift_remove(&name);
            return;
        }
        let max_age = policy.max_age.min(LONGEST);
        if !self.hosts.contains_key(&name) && self.hosts.len() >= MOST_HOSTS {
            self.hosts.shift_remove_index(0);
        }
        let host = KnownHost {
            expires: now + Duration::from_secs(max_age),
            max_age,
            include_sub_domains: policy.include_sub_domains,
        };
        self.hosts.insert(name, host);
    }

    /// Whether a host is known, itself or by a host above it.
    ///
    /// <https://www.rfc-editor.org/rfc/rfc6797#section-8.2>
    pub fn is_known(&self, name: &str, now: Timestamp) -> bool {
        if self.hosts.is_empty() {
            return false;
        }
        let name = canonical(name);
        let mut rest = name.as_str();
        let mut is_congruent = true;
        loop {
            if let Some(host) = self.hosts.get(rest)
                && now < host.expires
                && (is_congruent || host.include_sub_domains)
            {
                return true;
            }
            is_congruent = false;
            match rest.split_once('.') {
                Some((_, above)) => rest = above,
                None => return false,
            }
        }
    }

    /// Whether a host has said that it could be on the lists that browsers come with.
    pub fn is_preloadable(&self, url: &Url) -> bool {
        let Some(Host::Domain(name)) = url.host() else {
            return false;
        };
        self.hosts
            .get(&canonical(name))
            .is_some_and(|host| host.include_sub_domains && host.max_age >= PRELOADABLE_MAX_AGE)
    }

    /// The known hosts, the oldest first.
    pub fn hosts(&self) -> impl Iterator<Item = (&str, &KnownHost)> {
        self.hosts.iter().map(|(name, host)| (name.as_str(), host))
    }
}

/// A name without its final dot. (URLs have it in lowercase already.)
fn canonical(name: &str) -> String {
    name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase()
}

/// Whether a URL is to be fetched over HTTPS instead, by step 10 of main fetch.
pub(crate) fn is_upgraded(url: &Url, store: &HstsStore, now: Timestamp) -> bool {
    let (Some(Host::Domain(name)), "http") = (url.host(), url.scheme()) else {
        return false;
    };
    // The host's public suffix must not be "localhost".
    let last_label = canonical(name);
    let last_label = last_label.rsplit('.').next().unwrap_or_default();
    last_label != "localhost" && store.is_known(name, now)
}
