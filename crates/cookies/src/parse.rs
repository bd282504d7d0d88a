//! Parse a cookie.

use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use crossexam_web::trace::printable;
use crossexam_web::{Host, Timestamp, Trace, algorithm};

use crate::cookie::{DomainAttribute, NewCookie, SameSite};
use crate::date::parse_a_date;
use crate::outcome::{CookieRejection, RejectionCause};
use crate::path::cookie_default_path;
use crate::policy::CookiePolicy;

/// Parses the value of a `Set-Cookie` header, or what a script gives to `document.cookie`, as set by a response or
/// document at `path`.
///
/// # Errors
///
/// The cookie is not acceptable, wherever it may come from.
#[algorithm(Cookies, "parse-a-cookie")]
pub fn parse_a_cookie(
    now: Timestamp,
    input: &[u8],
    path: &str,
    policy: &CookiePolicy,
    trace: &Trace,
) -> Result<NewCookie, CookieRejection> {
    let reject = |cause, step| Err(CookieRejection { cause, step });
    /// 1. No control bytes but the tab.
    if let Some(&byte) = input.iter().find(|&&byte| is_control(byte)) {
        return reject(RejectionCause::ControlByte { byte }, here!());
    }
    let semicolon = input.iter().position(|&byte| byte == b';');
    let (name_value_input, mut attributes_input) = match semicolon {
        /// 4. What stands before the first `;` is the cookie, the rest is about it.
        Some(position) => input.split_at(position),
        /// 5. Without `;` there is only the cookie.
        None => (input, &b""[..]),
    };
    let (name, value) = match split_at_equals(name_value_input) {
        /// 9. Without `=` it has no name.
        (value, None) => (&b""[..], value),
        /// 10. Otherwise the first `=` ends the name.
        (name, Some(value)) => (name, value),
    };
    /// 11. Spaces and tabs around both do not count.
    let (name, value) = (trim(name), trim(value));
    let length = name.len() + value.len();
    if length == 0 {
        /// 12. Something must be there, but not too much.
        return reject(RejectionCause::Empty, here!());
    }
    if length > 4096 {
        /// 12. The same.
        return reject(RejectionCause::TooLong { length }, here!());
    }
    /// 13. Begin with a cookie that has nothing but name and value.
    let mut cookie = NewCookie {
        name: Bytes::copy_from_slice(name),
        value: Bytes::copy_from_slice(value),
        secure: false,
        host: DomainAttribute::Absent,
        path: Rc::from(""),
        has_path_attribute: false,
        same_site: SameSite::Unset,
        http_only: false,
        expiry_time: None,
    };
    // NB: the path is settled at the end.
    let mut path_attribute: Option<&[u8]> = None;
    // SPEC: the draft declares this flag inside the loop, where it would be forgotten at once. It cannot be meant.
    let mut max_age_seen = false;
    /// 15. Go through the attributes.
    while let Some(rest) = attributes_input.strip_prefix(b";") {
        let end = rest
            .iter()
            .position(|&byte| byte == b';')
            .unwrap_or(rest.len());
        /// 15.5. An attribute ends where the next begins.
        let (attribute, remainder) = rest.split_at(end);
        attributes_input = remainder;
        /// 15.9. It may have a value.
        let (name, value) = split_at_equals(attribute);
        /// 15.11. Spaces and tabs around both do not count.
        let (name, value) = (trim(name), trim(value.unwrap_or_default()));
        if value.len() > 1024 {
            /// 15.12. A value that is too long makes the attribute void.
            trace.fact("attribute left out, too long", || name);
            continue;
        }
        if name.eq_ignore_ascii_case(b"Expires") {
            if max_age_seen {
                /// 15.13.1. `Max-Age` outweighs `Expires`.
                continue;
            }
            /// 15.13.2. A date in any of the forms that were ever used.
            let Some(expiry_time) = parse_a_date(value) else {
                trace.fact("Expires left out, no date", || value);
                continue;
            };
            /// 15.13.4. It cannot be later than the browser lets any cookie live.
            let expiry_time = policy
                .age_limit
                .map_or(expiry_time, |limit| expiry_time.min(now + limit));
            /// 15.13.6. That is the end.
            cookie.expiry_time = Some(expiry_time);
        } else if name.eq_ignore_ascii_case(b"Max-Age") {
            let Some(delta_seconds) = parse_delta_seconds(value) else {
                /// 15.14.1. Digits, perhaps with a minus before them, or nothing.
                trace.fact("Max-Age left out, no number", || value);
                continue;
            };
            /// 15.14.6. Zero and less is the past; the browser's limit holds here as well.
            let expiry_time = match delta_seconds {
                None => Timestamp::from_micros(i64::MIN),
                Some(seconds) => {
                    let delta = Duration::from_secs(seconds);
                    now + policy.age_limit.map_or(delta, |limit| delta.min(limit))
                }
            };
            /// 15.14.7. That is the end.
            cookie.expiry_time = Some(expiry_time);
            /// 15.14.8. An `Expires` does not count from here on.
            max_age_seen = true;
        } else if name.eq_ignore_ascii_case(b"Domain") {
            /// 15.15.3. The host, without the dot in front that was once usual, or the knowledge that it is none.
            cookie.host = parse_domain(value);
        } else if name.eq_ignore_ascii_case(b"Path") {
            // SPEC: as pinned, a value without a slash changes nothing, so that an earlier `Path` stays. RFC 6265bis
            // goes back to the default path, and so does web-platform-tests `cookies/attributes/path.html`.
            path_attribute = value.starts_with(b"/").then_some(value);
        } else if name.eq_ignore_ascii_case(b"Secure") {
            /// 15.17.1. `Secure`.
            cookie.secure = true;
        } else if name.eq_ignore_ascii_case(b"HttpOnly") {
            /// 15.18.1. `HttpOnly`.
            cookie.http_only = true;
        } else if name.eq_ignore_ascii_case(b"SameSite") && policy.same_site_attribute {
            /// 15.19. `SameSite`, where the browser knows it.
            // SPEC: as pinned, another word changes nothing, so that an earlier `SameSite` stays. In RFC 6265bis the
            // last attribute counts, whatever it says.
            cookie.same_site = parse_same_site(value);
        }
    }
    // SPEC: as pinned, splitting the value keeps an empty first segment, with which no path would match. Mended in
    // httpwg/http-extensions#3512, which also refuses a path that is not ASCII.
    cookie.has_path_attribute = path_attribute.is_some();
    cookie.path = match path_attribute {
        /// 14. Without `Path`, it is the default path.
        None => cookie_default_path(path).into(),
        /// 15.16. Otherwise the last `Path` counts.
        Some(value) => match std::str::from_utf8(value) {
            Ok(value) if value.is_ascii() => value.into(),
            _ => return reject(RejectionCause::NonAsciiPath, here!()),
        },
    };
    /// 16. That is the cookie.
    Ok(cookie)
}

/// Whether a byte is a control other than the tab.
pub(crate) const fn is_control(byte: u8) -> bool {
    matches!(byte, 0x00..=0x08 | 0x0A..=0x1F | 0x7F)
}

/// What stands before the first `=`, and what behind it.
fn split_at_equals(input: &[u8]) -> (&[u8], Option<&[u8]>) {
    match input.iter().position(|&byte| byte == b'=') {
        Some(position) => (&input[..position], Some(&input[position + 1..])),
        None => (input, None),
    }
}

/// Without spaces and tabs at both ends.
fn trim(bytes: &[u8]) -> &[u8] {
    let is_inner = |byte: &u8| !matches!(byte, b' ' | b'\t');
    let start = bytes.iter().position(is_inner).unwrap_or(bytes.len());
    let end = bytes
        .iter()
        .rposition(is_inner)
        .map_or(start, |last| last + 1);
    &bytes[start..end]
}

/// The steps 1 to 4 of `Max-Age`: the seconds, or `Some(None)` for zero and less. A number too large for its type is
/// as good as the largest one.
fn parse_delta_seconds(value: &[u8]) -> Option<Option<u64>> {
    let digits = value.strip_prefix(b"-").unwrap_or(value);
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let number = digits.iter().fold(0_u64, |number, digit| {
        number
            .saturating_mul(10)
            .saturating_add(u64::from(digit - b'0'))
    });
    Some((digits.len() == value.len() && number > 0).then_some(number))
}

/// The steps of `Domain`.
// SPEC: as pinned, an empty value is a failure like every other that is no host. RFC 6265bis takes it for the absence
// of the attribute, as browsers and web-platform-tests `cookies/attributes/domain.sub.html` do; a single dot is a
// failure for all of them.
fn parse_domain(value: &[u8]) -> DomainAttribute {
    if value.is_empty() {
        return DomainAttribute::Absent;
    }
    let host_input = std::str::from_utf8(value)
        .ok()
        .filter(|value| value.is_ascii());
    host_input
        .map(|host_input| host_input.strip_prefix('.').unwrap_or(host_input))
        .and_then(|host_input| url::Host::parse(host_input).ok())
        .map_or_else(
            || DomainAttribute::Failure(Bytes::copy_from_slice(value)),
            |host| {
                DomainAttribute::Host(match host {
                    url::Host::Domain(domain) => Host::Domain(domain.into()),
                    url::Host::Ipv4(address) => Host::Ipv4(address),
                    url::Host::Ipv6(address) => Host::Ipv6(address),
                })
            },
        )
}

fn parse_same_site(value: &[u8]) -> SameSite {
    if value.eq_ignore_ascii_case(b"None") {
        SameSite::None
    } else if value.eq_ignore_ascii_case(b"Strict") {
        SameSite::Strict
    } else if value.eq_ignore_ascii_case(b"Lax") {
        SameSite::Lax
    } else {
        SameSite::Unset
    }
}

/// The name as far as it can be told, for people, of a cookie that did not even parse.
pub(crate) fn name_for_people(input: &[u8]) -> String {
    let end = input
        .iter()
        .position(|&byte| byte == b';')
        .unwrap_or(input.len());
    match split_at_equals(&input[..end]) {
        (name, Some(_)) => printable(trim(name)),
        (_, None) => String::new(),
    }
}
