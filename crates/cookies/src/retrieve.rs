//! Retrieve cookies.

use std::rc::Rc;

use crossexam_web::trace::{CookieDecision, CookieOutcome, printable};
use crossexam_web::{Host, Timestamp, Trace, algorithm};
use smallvec::SmallVec;

use crate::cookie::{Cookie, SameSite};
use crate::outcome::Withheld;
use crate::path::path_matches;
use crate::policy::{CookiePolicy, SameSiteDefault, SameSiteMode};
use crate::store::CookieStore;

/// The cookies that go out, in order.
pub type Retrieved = SmallVec<[Rc<Cookie>; 8]>;

/// For whom cookies are retrieved.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Retrieval<'a> {
    pub(crate) now: Timestamp,
    pub(crate) is_secure: bool,
    pub(crate) host: &'a Host,
    pub(crate) path: &'a str,
    pub(crate) http_only_allowed: bool,
    pub(crate) same_site: SameSiteMode,
    pub(crate) policy: &'a CookiePolicy,
}

/// Retrieves the cookies that may go out.
#[algorithm(Cookies, "retrieve-cookies")]
pub(crate) fn retrieve_cookies(
    store: &CookieStore,
    retrieval: &Retrieval<'_>,
    trace: &Trace,
) -> Retrieved {
    trace.fact("same-site mode", || retrieval.same_site.as_str());
    let mut cookies = Retrieved::new();
    /// 2. Take the cookies that meet every condition.
    for cookie in store.of_hosts_upwards(retrieval.host) {
        let decision = retrieval.decide(cookie);
        if let Err(withheld) = decision {
            trace.cookie(|| CookieDecision {
                name: printable(&cookie.name),
                outcome: CookieOutcome::Withheld,
                reason: withheld.to_string(),
            });
        } else {
            cookies.push(cookie.clone());
        }
    }
    // SPEC: as pinned, paths are compared by their number of segments, so that `/` and `/a` are equal. RFC 6265bis
    // and browsers compare lengths. Among the paths that match one request the longer one never has fewer segments.
    // MODEL: cookies that were created at the same instant keep the order in which they were created.
    /// 3. Longer paths first, then older cookies.
    cookies.sort_unstable_by(|a, b| {
        let age = |cookie: &Cookie| (cookie.creation_time, cookie.creation_number);
        b.path
            .len()
            .cmp(&a.path.len())
            .then_with(|| age(a).cmp(&age(b)))
    });
    for cookie in &cookies {
        /// 4. They were accessed now.
        cookie.last_access_time.set(retrieval.now);
        trace.cookie(|| CookieDecision {
            name: printable(&cookie.name),
            outcome: CookieOutcome::Sent,
            reason: String::new(),
        });
    }
    /// 5. Those go out.
    cookies
}

impl Retrieval<'_> {
    /// Whether a cookie of the host, or of a domain above it, meets the conditions of step 2, and if not, the first
    /// that it does not meet.
    pub(crate) fn decide(&self, cookie: &Cookie) -> Result<(), Withheld> {
        // NB: a public suffix list that changes after a cookie was stored is none of this crate's worries.
        if cookie.host_only && cookie.host != *self.host {
            return Err(Withheld::HostOnly);
        }
        // NB: expired cookies are to be removed at any time; here that is at the next garbage collection.
        if cookie.is_expired(self.now) {
            return Err(Withheld::Expired);
        }
        if !path_matches(self.path, &cookie.path) {
            return Err(Withheld::PathMismatch);
        }
        if cookie.secure && !self.is_secure {
            return Err(Withheld::SecureRequired);
        }
        if cookie.http_only && !self.http_only_allowed {
            return Err(Withheld::HttpOnly);
        }
        self.decide_by_same_site(cookie)
    }

    fn decide_by_same_site(&self, cookie: &Cookie) -> Result<(), Withheld> {
        let needs = |mode, withheld| {
            if self.same_site >= mode {
                Ok(())
            } else {
                Err(withheld)
            }
        };
        match cookie.same_site {
            SameSite::Strict => needs(SameSiteMode::StrictOrLess, Withheld::SameSiteStrict),
            SameSite::Lax => needs(SameSiteMode::LaxOrLess, Withheld::SameSiteLax),
            SameSite::None => Ok(()),
            SameSite::Unset => {
                let age = self.now.since(cookie.creation_time);
                let least = match self.policy.same_site_default {
                    SameSiteDefault::None => SameSiteMode::None,
                    SameSiteDefault::Unset => SameSiteMode::UnsetOrLess,
                    SameSiteDefault::LaxAllowingUnsafe if age <= SameSiteDefault::UNSAFE_WINDOW => {
                        SameSiteMode::UnsetOrLessUnsafeNavigation
                    }
                    SameSiteDefault::Lax | SameSiteDefault::LaxAllowingUnsafe => {
                        SameSiteMode::LaxOrLess
                    }
                };
                needs(least, Withheld::SameSiteUnset)
            }
        }
    }
}
