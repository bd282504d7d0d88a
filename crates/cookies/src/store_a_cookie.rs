//! Store a cookie.

use std::cell::Cell;
use std::rc::Rc;

use crossexam_web::trace::{CookieDecision, CookieOutcome, printable};
use crossexam_web::{Host, Timestamp, Trace, algorithm};

use crate::cookie::{Cookie, DomainAttribute, NewCookie, SameSite};
use crate::domain::{domain_matches, is_public_suffix};
use crate::evict::remove_expired_cookies;
use crate::outcome::{CookieRejection, RejectionCause, StoreChange, StoreOutcome};
use crate::parse::{name_for_people, parse_a_cookie};
use crate::path::path_matches;
use crate::policy::{CookiePolicy, SameSiteDefault};
use crate::store::CookieStore;

/// Who sets a cookie, and how.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Setting<'a> {
    pub(crate) now: Timestamp,
    pub(crate) is_secure: bool,
    pub(crate) host: &'a Host,
    pub(crate) path: &'a str,
    pub(crate) http_only_allowed: bool,
    pub(crate) allow_non_host_only_cookie_for_public_suffix: bool,
    pub(crate) same_site_strict_or_lax_allowed: bool,
    pub(crate) policy: &'a CookiePolicy,
}

/// Parses and stores.
#[algorithm(Cookies, "name-parse-and-store-a-cookie")]
pub(crate) fn parse_and_store_a_cookie(
    store: &mut CookieStore,
    input: &[u8],
    setting: &Setting<'_>,
    trace: &Trace,
) -> Result<StoreOutcome, CookieRejection> {
    trace.fact("cookie", || input);
    let rejected = |name: String, rejection: &CookieRejection| CookieDecision {
        name,
        outcome: CookieOutcome::Rejected,
        reason: rejection.to_string(),
    };
    /// 1. Parse.
    let parsed = parse_a_cookie(setting.now, input, setting.path, setting.policy, trace);
    /// 2. What does not parse is left.
    let cookie = parsed.inspect_err(|rejection| {
        trace.cookie(|| rejected(name_for_people(input), rejection));
    })?;
    let name = cookie.name.clone();
    /// 3. Store.
    let stored = store_a_cookie(store, cookie, setting, trace);
    trace.cookie(|| match &stored {
        Ok(outcome) => outcome.decision(),
        Err(rejection) => rejected(printable(&name), rejection),
    });
    stored
}

impl StoreOutcome {
    fn decision(&self) -> CookieDecision {
        let (outcome, reason) = match &self.change {
            StoreChange::Added => (CookieOutcome::Stored, ""),
            StoreChange::Replaced(_) => (CookieOutcome::Stored, "in place of an earlier one"),
            StoreChange::Unchanged => (CookieOutcome::Stored, "as it was before"),
            StoreChange::Deleted(Some(_)) => (CookieOutcome::Deleted, "its end is in the past"),
            StoreChange::Deleted(None) => (
                CookieOutcome::Deleted,
                "its end is in the past, and there was none like it",
            ),
        };
        CookieDecision {
            name: printable(&self.cookie.name),
            outcome,
            reason: reason.to_owned(),
        }
    }
}

/// Stores a cookie, if it may be.
#[algorithm(Cookies, "store-a-cookie")]
pub(crate) fn store_a_cookie(
    store: &mut CookieStore,
    new: NewCookie,
    setting: &Setting<'_>,
    trace: &Trace,
) -> Result<StoreOutcome, CookieRejection> {
    let Setting {
        now, host, policy, ..
    } = *setting;
    let reject = |cause, step| Err(CookieRejection { cause, step });
    // NB: the draft has expired cookies removed at any time; they go here at the latest, so that none stands in the way or
    // passes its age on.
    if store.has_expired(now) {
        remove_expired_cookies(store, now, trace);
    }
    // 1. and 2. NB: parsing has seen to the lengths and the control bytes.
    let mut domain = match new.host {
        DomainAttribute::Absent => None,
        DomainAttribute::Host(domain) => Some(domain),
        DomainAttribute::Failure(value) => {
            /// 3. A `Domain` that is no host is wrong.
            return reject(
                RejectionCause::InvalidDomain {
                    value: printable(&value),
                },
                here!(),
            );
        }
    };
    /// 4. It is made now.
    let creation_time = now;
    if !setting.allow_non_host_only_cookie_for_public_suffix
        && let Some(public_suffix) = domain.take_if(|domain| is_public_suffix(domain))
        && public_suffix != *host
    {
        /// 5. A public suffix can only have cookies for itself, never for what lies below.
        return reject(
            RejectionCause::PublicSuffix {
                domain: public_suffix,
            },
            here!(),
        );
    }
    let (cookie_host, host_only) = match domain {
        /// 6. Without `Domain`, the cookie belongs to the very host that sets it.
        None => (host.clone(), true),
        Some(domain) => {
            if !domain_matches(host, &domain) {
                /// 7.1. With it, it belongs to a domain that the host is in.
                return reject(
                    RejectionCause::DomainMismatch {
                        host: host.clone(),
                        domain,
                    },
                    here!(),
                );
            }
            (domain, false)
        }
    };
    let mut cookie = Cookie {
        name: new.name,
        value: new.value,
        secure: new.secure,
        host: cookie_host,
        host_only,
        path: new.path,
        has_path_attribute: new.has_path_attribute,
        same_site: new.same_site,
        http_only: new.http_only,
        creation_time,
        expiry_time: new.expiry_time,
        last_access_time: Cell::new(now),
        creation_number: store.next_number(),
        insertion_number: store.next_number(),
        indexed_access_time: Cell::new(now),
    };
    if !setting.http_only_allowed && cookie.http_only {
        /// 9. Scripts set no `HttpOnly` cookies.
        return reject(RejectionCause::HttpOnlyFromNonHttp, here!());
    }
    if !setting.is_secure && policy.protects_secure_cookies {
        if cookie.secure {
            /// 10.1. Insecure channels set no `Secure` cookies,
            return reject(RejectionCause::SecureFromInsecure, here!());
        }
        let shadowed = store
            .secure_above_and_below(&cookie.name, &cookie.host)
            .find(|existing| path_matches(&cookie.path, &existing.path));
        if let Some(existing) = shadowed {
            let (host, path) = (existing.host.clone(), existing.path.clone());
            /// 10.2. and none that would go out in front of one.
            return reject(RejectionCause::ShadowsSecure { host, path }, here!());
        }
    }
    let needs_same_site = match cookie.same_site {
        SameSite::Strict | SameSite::Lax => true,
        // NB: the draft's text holds for "unset" as well; a browser to which that is "none" treats it so here, too.
        SameSite::Unset => policy.same_site_default != SameSiteDefault::None,
        SameSite::None => false,
    };
    if needs_same_site && !setting.same_site_strict_or_lax_allowed {
        /// 11. Cross-site contexts only set cookies that go along cross-site.
        let same_site = cookie.same_site;
        return reject(RejectionCause::SameSiteFromCrossSite { same_site }, here!());
    }
    if cookie.same_site == SameSite::None && !cookie.secure {
        /// 12. What goes along everywhere must at least be `Secure`.
        return reject(RejectionCause::SameSiteNoneWithoutSecure, here!());
    }
    if policy.name_prefixes {
        let name_starts_with = |prefix: &str| starts_with_ignoring_case(&cookie.name, prefix);
        if name_starts_with("__secure-") && !cookie.secure {
            /// 13. `__Secure-` says that it is `Secure`.
            return reject(RejectionCause::SecurePrefix, here!());
        }
        if name_starts_with("__host-") && !cookie.is_host_prefix_compatible() {
            /// 14. `__Host-` says that this host itself has set it, for all of its paths.
            return reject(RejectionCause::HostPrefix, here!());
        }
        if name_starts_with("__http-") && !cookie.is_http_prefix_compatible() {
            /// 15. `__Http-` says that no script has set it.
            return reject(RejectionCause::HttpPrefix, here!());
        }
        if name_starts_with("__host-http-")
            && !(cookie.is_host_prefix_compatible() && cookie.is_http_prefix_compatible())
        {
            /// 16. `__Host-Http-` says both.
            return reject(RejectionCause::HostHttpPrefix, here!());
        }
        let prefixes = ["__Secure-", "__Host-Http-", "__Host-", "__Http-"];
        let of_value = prefixes
            .into_iter()
            .find(|prefix| starts_with_ignoring_case(&cookie.value, prefix));
        if let Some(prefix) = of_value.filter(|_| cookie.name.is_empty()) {
            /// 17. A value without a name would look like a name to the server.
            return reject(RejectionCause::NamelessPrefix { prefix }, here!());
        }
    }
    let old_cookie = store.same_as(&cookie);
    if let Some(old_cookie) = &old_cookie {
        if !setting.http_only_allowed && old_cookie.http_only {
            /// 18.1. Scripts overwrite no `HttpOnly` cookies.
            return reject(RejectionCause::OverwritesHttpOnly, here!());
        }
        /// 18.3. The new one is as old as the one whose place it takes.
        cookie.creation_time = old_cookie.creation_time;
        cookie.creation_number = old_cookie.creation_number;
        /// 18.4. The old one goes.
        store.remove(old_cookie);
    }
    let cookie = Rc::new(cookie);
    if cookie.is_expired(now) {
        // NB: inserted, it would go at the garbage collection that always follows.
        return Ok(StoreOutcome {
            cookie,
            change: StoreChange::Deleted(old_cookie),
        });
    }
    /// 19. Insert it.
    store.insert(cookie.clone());
    // SPEC: step 18.2 as pinned leaves a cookie that differs in its value alone unstored. Mended in
    // httpwg/http-extensions#3510: it is stored, and only said to have changed nothing if nothing has changed.
    let change = match old_cookie {
        None => StoreChange::Added,
        Some(old) if is_indistinguishable(&old, &cookie) => StoreChange::Unchanged,
        Some(old) => StoreChange::Replaced(old),
    };
    /// 20. That is the cookie.
    Ok(StoreOutcome { cookie, change })
}

fn is_indistinguishable(old: &Cookie, new: &Cookie) -> bool {
    old.value == new.value
        && old.secure == new.secure
        && old.http_only == new.http_only
        && old.same_site == new.same_site
        && old.expiry_time == new.expiry_time
}

fn starts_with_ignoring_case(bytes: &[u8], prefix: &str) -> bool {
    bytes
        .get(..prefix.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(prefix.as_bytes()))
}
