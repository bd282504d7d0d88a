//! Cookie store eviction.

use std::rc::Rc;

use crossexam_web::trace::{CookieDecision, CookieOutcome, printable};
use crossexam_web::{Host, Timestamp, Trace, algorithm};

use crate::cookie::Cookie;
use crate::policy::CookiePolicy;
use crate::store::CookieStore;

/// The cookies that were removed.
pub type Removed = Vec<Rc<Cookie>>;

/// Removes what has expired and what is too much.
#[algorithm(Cookies, "name-garbage-collect-cookies")]
pub(crate) fn garbage_collect_cookies(
    store: &mut CookieStore,
    now: Timestamp,
    host: &Host,
    policy: &CookiePolicy,
    trace: &Trace,
) -> Removed {
    /// 1. What has expired goes.
    let mut removed_cookies = remove_expired_cookies(store, now, trace);
    /// 2. What the host has too much goes.
    let excess_host_cookies = remove_excess_cookies_for_a_host(store, host, policy, trace);
    /// 3. What the store has too much goes.
    let excess_global_cookies = remove_global_excess_cookies(store, policy, trace);
    /// 5. All of it, in this order.
    removed_cookies.extend(excess_host_cookies);
    removed_cookies.extend(excess_global_cookies);
    /// 6. That is what was removed.
    removed_cookies
}

/// Removes the cookies that have expired.
#[algorithm(Cookies, "name-remove-expired-cookies")]
pub(crate) fn remove_expired_cookies(
    store: &mut CookieStore,
    now: Timestamp,
    trace: &Trace,
) -> Removed {
    let mut expired_cookies = Removed::new();
    /// 1. Look for expired cookies: the first to expire is the next to look at.
    while let Some(cookie) = store
        .first_to_expire()
        .filter(|cookie| cookie.is_expired(now))
    {
        let cookie = cookie.clone();
        /// 2.1. It goes.
        store.remove(&cookie);
        evicted(&cookie, "it has expired", trace);
        expired_cookies.push(cookie);
    }
    /// 3. Those were they.
    expired_cookies
}

/// Removes what one host has too much.
#[algorithm(Cookies, "name-remove-excess-cookies-for-a-host")]
pub(crate) fn remove_excess_cookies_for_a_host(
    store: &mut CookieStore,
    host: &Host,
    policy: &CookiePolicy,
    trace: &Trace,
) -> Removed {
    let Some(of_host) = store.of_host(host) else {
        return Removed::new();
    };
    let excess = of_host.len().saturating_sub(policy.per_host_limit);
    if excess == 0 {
        return Removed::new();
    }
    /// 1. The cookies that are not secure,
    let mut cookies: Removed = of_host.values().cloned().collect();
    // NB: one sorted list with the insecure ones in front is the two lists of the draft.
    /// 4. and behind them those that are, each by the last access, earliest first.
    cookies.sort_unstable_by_key(|cookie| {
        (
            cookie.secure,
            cookie.last_access_time.get(),
            cookie.insertion_number,
        )
    });
    cookies.truncate(excess);
    /// 6. As many from the front as are too many.
    for cookie in &cookies {
        store.remove(cookie);
        evicted(cookie, "its host has too many", trace);
    }
    /// 7. Those were they.
    cookies
}

/// Removes what the store has too much.
#[algorithm(Cookies, "name-remove-global-excess-cookies")]
pub(crate) fn remove_global_excess_cookies(
    store: &mut CookieStore,
    policy: &CookiePolicy,
    trace: &Trace,
) -> Removed {
    let mut excess_global_cookies = Removed::new();
    /// 3. As long as there are too many,
    while store.len() > policy.total_limit {
        /// 3.1. the one that was accessed least recently
        let Some(cookie) = store.least_recently_accessed() else {
            break;
        };
        /// 3.3. goes.
        store.remove(&cookie);
        evicted(&cookie, "the store has too many", trace);
        excess_global_cookies.push(cookie);
    }
    /// 4. Those were they.
    excess_global_cookies
}

fn evicted(cookie: &Cookie, reason: &'static str, trace: &Trace) {
    trace.cookie(|| CookieDecision {
        name: printable(&cookie.name),
        outcome: CookieOutcome::Evicted,
        reason: reason.to_owned(),
    });
}
