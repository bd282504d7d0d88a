//! What a cookie is.

use std::cell::Cell;
use std::fmt;
use std::rc::Rc;

use bytes::Bytes;
use crossexam_web::{Host, Timestamp};

/// A cookie in the store.
///
/// <https://httpwg.org/http-extensions/draft-ietf-httpbis-layered-cookies.html#name-cookie-struct>
#[derive(Debug, Clone)]
pub struct Cookie {
    /// The name; empty for a cookie that was set without `=`.
    pub name: Bytes,
    /// The value.
    pub value: Bytes,
    /// Whether it goes over secure channels only.
    pub secure: bool,
    /// The host it belongs to.
    pub host: Host,
    /// Whether it goes to that very host only, and not to those below.
    pub host_only: bool,
    /// The path it goes to, and to those below: ASCII, with a leading slash.
    pub path: Rc<str>,
    /// Whether a `Path` attribute has set the path.
    pub has_path_attribute: bool,
    /// The `SameSite` attribute.
    pub same_site: SameSite,
    /// Whether it is kept from scripts.
    pub http_only: bool,
    /// When a cookie of this name, host and path was first set.
    pub creation_time: Timestamp,
    /// When it ends; `None` for the end of the session.
    pub expiry_time: Option<Timestamp>,
    /// When it was last set or retrieved.
    pub last_access_time: Cell<Timestamp>,
    /// Counts the creations, so that cookies of one instant have an order as well.
    pub(crate) creation_number: u64,
    /// Counts the insertions: the cookie's place in the store's list.
    pub(crate) insertion_number: u64,
    /// The last-access-time under which the store's index has it. It is put right when somebody must be evicted.
    pub(crate) indexed_access_time: Cell<Timestamp>,
}

impl Cookie {
    /// Whether the cookie has expired: its end lies in the past.
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.expiry_time.is_some_and(|expiry| expiry < now)
    }

    /// <https://httpwg.org/http-extensions/draft-ietf-httpbis-layered-cookies.html#name-cookie-struct-miscellaneous>
    pub(crate) fn is_host_prefix_compatible(&self) -> bool {
        self.secure && self.host_only && self.has_path_attribute && &*self.path == "/"
    }

    /// <https://httpwg.org/http-extensions/draft-ietf-httpbis-layered-cookies.html#name-cookie-struct-miscellaneous>
    // SPEC: the draft as pinned asks that http-only is false, against its own description of the prefix; mended in
    // httpwg/http-extensions#3511.
    pub(crate) const fn is_http_prefix_compatible(&self) -> bool {
        self.secure && self.http_only
    }
}

impl fmt::Display for Cookie {
    /// As a `Set-Cookie` header that would make this cookie, its end left out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use crossexam_web::trace::printable;
        // A value that holds a `=` needs one before it even where there is no name.
        if !self.name.is_empty() || self.value.contains(&b'=') {
            write!(f, "{}=", printable(&self.name))?;
        }
        write!(f, "{}", printable(&self.value))?;
        if !self.host_only {
            write!(f, "; Domain={}", self.host)?;
        }
        write!(f, "; Path={}", self.path)?;
        if self.secure {
            f.write_str("; Secure")?;
        }
        if self.http_only {
            f.write_str("; HttpOnly")?;
        }
        match self.same_site {
            SameSite::Unset => Ok(()),
            set => write!(f, "; SameSite={set}"),
        }
    }
}

/// A cookie's `SameSite` attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum SameSite {
    /// Not set, or to a word that is none of the others.
    #[default]
    Unset,
    /// "none"
    None,
    /// "lax"
    Lax,
    /// "strict"
    Strict,
}

impl fmt::Display for SameSite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unset => "unset",
            Self::None => "None",
            Self::Lax => "Lax",
            Self::Strict => "Strict",
        })
    }
}

/// A cookie that was parsed and not yet stored: it does not know its host or its times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCookie {
    /// The name.
    pub name: Bytes,
    /// The value.
    pub value: Bytes,
    /// Whether `Secure` was there.
    pub secure: bool,
    /// What the `Domain` attribute says.
    pub host: DomainAttribute,
    /// The path, of the attribute or the default.
    pub path: Rc<str>,
    /// Whether the path is of the attribute.
    pub has_path_attribute: bool,
    /// What `SameSite` says.
    pub same_site: SameSite,
    /// Whether `HttpOnly` was there.
    pub http_only: bool,
    /// When it ends; `None` for the end of the session.
    pub expiry_time: Option<Timestamp>,
}

/// What a new cookie knows of its host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DomainAttribute {
    /// There was no `Domain` attribute: the draft's null.
    Absent,
    /// A host.
    Host(Host),
    /// The attribute's value is no host: the draft's failure.
    Failure(Bytes),
}

#[cfg(test)]
mod tests {
    use crossexam_web::{Host, Timestamp, Trace};

    use crate::{CookiePolicy, CookieStore};

    /// Stores `value` and writes the cookie down again.
    fn written(value: &[u8]) -> String {
        let (policy, trace, host) = (
            CookiePolicy::standard(),
            Trace::off(),
            Host::Domain("alice.example".into()),
        );
        let now = Timestamp::from_secs(1_767_225_600);
        let stored = CookieStore::new().parse_and_store(
            now, value, true, &host, "/", true, false, true, &policy, &trace,
        );
        stored.unwrap().cookie.to_string()
    }

    #[test]
    fn a_cookie_is_written_as_what_would_make_it() {
        for value in [
            "a=b; Path=/",
            "a=b=c; Path=/",
            "b; Path=/",
            "==; Path=/",
            "=a=b; Path=/",
            "a=; Path=/x; Secure; HttpOnly; SameSite=Strict",
            "a=b; Domain=alice.example; Path=/; SameSite=Lax",
        ] {
            assert_eq!(written(value.as_bytes()), value);
        }
    }
}
