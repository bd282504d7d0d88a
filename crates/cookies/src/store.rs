//! The cookie store.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::rc::Rc;

use bytes::Bytes;
use crossexam_web::{Host, Timestamp, Trace};
use indexmap::IndexMap;

use crate::cookie::Cookie;
use crate::domain::{domains_upwards, reversed};
use crate::evict::{Removed, garbage_collect_cookies};
use crate::outcome::{CookieRejection, StoreOutcome, Withheld};
use crate::policy::{CookiePolicy, SameSiteMode};
use crate::retrieve::{Retrieval, Retrieved, retrieve_cookies};
use crate::store_a_cookie::{Setting, parse_and_store_a_cookie};

/// A cookie store: a list of cookies, with the indexes that make every operation's cost independent of the list's
/// length (but for the logarithm of a search tree).
///
/// The times handed in must not run backwards from call to call.
///
/// <https://httpwg.org/http-extensions/draft-ietf-httpbis-layered-cookies.html#name-cookie-store-and-limits>
#[derive(Debug, Default)]
pub struct CookieStore {
    /// The cookies of each domain.
    domains: IndexMap<Box<str>, HostCookies>,
    /// The cookies of each IP address.
    addresses: BTreeMap<Host, HostCookies>,
    /// By the last-access-time and the place in the list. The time can be older than the cookie's own; whoever evicts
    /// puts it right.
    by_access: BTreeMap<(Timestamp, u64), Rc<Cookie>>,
    /// By the expiry-time, where there is one, and the place in the list.
    by_expiry: BTreeMap<(Timestamp, u64), Rc<Cookie>>,
    /// The secure cookies by name, by the labels of their domain from the last to the first, and by the place in the
    /// list: whoever lies below a domain stands together.
    secure: BTreeMap<(Bytes, Box<str>, u64), Rc<Cookie>>,
    /// How many cookies were ever inserted.
    insertions: u64,
}

/// The cookies of one host.
pub(crate) type HostCookies = BTreeMap<CookieKey, Rc<Cookie>>;

/// What tells the cookies of a host apart.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct CookieKey {
    name: Bytes,
    host_only: bool,
    path: Rc<str>,
}

impl CookieKey {
    fn of(cookie: &Cookie) -> Self {
        Self {
            name: cookie.name.clone(),
            host_only: cookie.host_only,
            path: cookie.path.clone(),
        }
    }
}

impl CookieStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether there are no cookies.
    pub fn is_empty(&self) -> bool {
        self.by_access.is_empty()
    }

    /// How many cookies there are, expired ones that nobody has removed yet included.
    pub fn len(&self) -> usize {
        self.by_access.len()
    }

    /// All cookies in the order of their creation, for display. This one takes time.
    pub fn iter(&self) -> impl Iterator<Item = &Rc<Cookie>> {
        let mut cookies: Vec<_> = self.by_access.values().collect();
        cookies.sort_unstable_by_key(|cookie| (cookie.creation_time, cookie.creation_number));
        cookies.into_iter()
    }

    /// Retrieves the cookies for a request (or, with `http_only_allowed` false, for a script) at `host` and `path`, in
    /// the order in which they go out. What became of every cookie of that host is in the trace.
    #[expect(clippy::too_many_arguments, reason = "the draft's own parameters")]
    pub fn retrieve(
        &mut self,
        now: Timestamp,
        is_secure: bool,
        host: &Host,
        path: &str,
        http_only_allowed: bool,
        same_site: SameSiteMode,
        policy: &CookiePolicy,
        trace: &Trace,
    ) -> Retrieved {
        if self.is_empty() {
            return Retrieved::new();
        }
        let retrieval = Retrieval {
            now,
            is_secure,
            host,
            path,
            http_only_allowed,
            same_site,
            policy,
        };
        retrieve_cookies(self, &retrieval, trace)
    }

    /// What [`retrieve`](Self::retrieve) would do with each cookie of `host` and of the domains above it, and why. Nothing is
    /// accessed by that.
    #[expect(clippy::too_many_arguments, reason = "the draft's own parameters")]
    pub fn decisions(
        &self,
        now: Timestamp,
        is_secure: bool,
        host: &Host,
        path: &str,
        http_only_allowed: bool,
        same_site: SameSiteMode,
        policy: &CookiePolicy,
    ) -> Vec<(Rc<Cookie>, Result<(), Withheld>)> {
        let retrieval = Retrieval {
            now,
            is_secure,
            host,
            path,
            http_only_allowed,
            same_site,
            policy,
        };
        let cookies = self.of_hosts_upwards(host);
        cookies
            .map(|cookie| (cookie.clone(), retrieval.decide(cookie)))
            .collect()
    }

    /// Parses and stores a cookie: `value` is a `Set-Cookie` header's value, or what a script has given. What became of
    /// it is in the trace as well.
    ///
    /// The store does not stay within its limits by itself: [`garbage_collect`](Self::garbage_collect) belongs behind.
    ///
    /// # Errors
    ///
    /// The cookie is not accepted.
    #[expect(clippy::too_many_arguments, reason = "the draft's own parameters")]
    pub fn parse_and_store(
        &mut self,
        now: Timestamp,
        value: &[u8],
        is_secure: bool,
        host: &Host,
        path: &str,
        http_only_allowed: bool,
        allow_non_host_only_cookie_for_public_suffix: bool,
        same_site_strict_or_lax_allowed: bool,
        policy: &CookiePolicy,
        trace: &Trace,
    ) -> Result<StoreOutcome, CookieRejection> {
        let setting = Setting {
            now,
            is_secure,
            host,
            path,
            http_only_allowed,
            allow_non_host_only_cookie_for_public_suffix,
            same_site_strict_or_lax_allowed,
            policy,
        };
        parse_and_store_a_cookie(self, value, &setting, trace)
    }

    /// Removes expired cookies, and as many of `host` and of all as exceed the limits. Says which, and so does the trace.
    pub fn garbage_collect(
        &mut self,
        now: Timestamp,
        host: &Host,
        policy: &CookiePolicy,
        trace: &Trace,
    ) -> Removed {
        garbage_collect_cookies(self, now, host, policy, trace)
    }

    /// Ends the session: cookies without an expiry-time go.
    pub fn end_session(&mut self) {
        let cookies: Vec<_> = self
            .by_access
            .values()
            .filter(|cookie| cookie.expiry_time.is_none())
            .cloned()
            .collect();
        for cookie in cookies {
            self.remove(&cookie);
        }
    }

    /// Removes all cookies, as a user can.
    pub fn clear(&mut self) {
        *self = Self {
            insertions: self.insertions,
            ..Self::default()
        };
    }

    /// The cookies of a host.
    pub(crate) fn of_host(&self, host: &Host) -> Option<&HostCookies> {
        match host {
            Host::Domain(domain) => self.domains.get(domain),
            Host::Ipv4(_) | Host::Ipv6(_) => self.addresses.get(host),
        }
    }

    /// The cookies of a host and then, level by level, those of the domains above it.
    pub(crate) fn of_hosts_upwards<'a>(
        &'a self,
        host: &'a Host,
    ) -> impl Iterator<Item = &'a Rc<Cookie>> {
        let domain = match host {
            Host::Domain(domain) => Some(&**domain),
            Host::Ipv4(_) | Host::Ipv6(_) => None,
        };
        let of_domains = domain.into_iter().flat_map(domains_upwards);
        let of_domains = of_domains.filter_map(|domain| self.domains.get(domain));
        let of_address = if domain.is_some() {
            None
        } else {
            self.addresses.get(host)
        };
        of_domains.chain(of_address).flat_map(BTreeMap::values)
    }

    /// The cookie with the same name, host, host-only and path.
    pub(crate) fn same_as(&self, cookie: &Cookie) -> Option<Rc<Cookie>> {
        self.of_host(&cookie.host)?
            .get(&CookieKey::of(cookie))
            .cloned()
    }

    /// The secure cookies called `name` whose host is `host`, above it or below it.
    pub(crate) fn secure_above_and_below<'a>(
        &'a self,
        name: &'a Bytes,
        host: &'a Host,
    ) -> impl Iterator<Item = &'a Rc<Cookie>> {
        let above = self
            .of_hosts_upwards(host)
            .filter(move |cookie| cookie.secure && cookie.name == *name);
        let prefix = match host {
            Host::Domain(domain) => Some(reversed(domain) + "."),
            Host::Ipv4(_) | Host::Ipv6(_) => None,
        };
        let below = prefix.into_iter().flat_map(move |prefix| {
            let start = (name.clone(), Box::from(&*prefix), 0);
            self.secure
                .range((Bound::Included(start), Bound::Unbounded))
                .take_while(move |((n, domain, _), _)| n == name && domain.starts_with(&prefix))
                .map(|(_, cookie)| cookie)
        });
        above.chain(below)
    }

    /// The number that the next cookie to be inserted gets.
    pub(crate) const fn next_number(&self) -> u64 {
        self.insertions
    }

    /// Adds a cookie at the end of the list. There must be none like it.
    pub(crate) fn insert(&mut self, cookie: Rc<Cookie>) {
        self.insertions += 1;
        let number = cookie.insertion_number;
        if let Some(expiry_time) = cookie.expiry_time {
            self.by_expiry.insert((expiry_time, number), cookie.clone());
        }
        if cookie.secure {
            self.secure.insert(secure_key(&cookie), cookie.clone());
        }
        self.by_access
            .insert((cookie.indexed_access_time.get(), number), cookie.clone());
        let of_host = match &cookie.host {
            Host::Domain(domain) => match self.domains.get_mut(domain) {
                Some(of_host) => of_host,
                None => self.domains.entry(domain.clone()).or_default(),
            },
            address @ (Host::Ipv4(_) | Host::Ipv6(_)) => {
                self.addresses.entry(address.clone()).or_default()
            }
        };
        of_host.insert(CookieKey::of(&cookie), cookie);
    }

    /// Takes a cookie out of the list.
    pub(crate) fn remove(&mut self, cookie: &Cookie) {
        let number = cookie.insertion_number;
        if let Some(expiry_time) = cookie.expiry_time {
            self.by_expiry.remove(&(expiry_time, number));
        }
        if cookie.secure {
            self.secure.remove(&secure_key(cookie));
        }
        self.by_access
            .remove(&(cookie.indexed_access_time.get(), number));
        let key = CookieKey::of(cookie);
        match &cookie.host {
            Host::Domain(domain) => {
                if let Some(of_host) = self.domains.get_mut(domain) {
                    of_host.remove(&key);
                    if of_host.is_empty() {
                        self.domains.swap_remove(domain);
                    }
                }
            }
            address @ (Host::Ipv4(_) | Host::Ipv6(_)) => {
                if let Some(of_host) = self.addresses.get_mut(address) {
                    of_host.remove(&key);
                    if of_host.is_empty() {
                        self.addresses.remove(address);
                    }
                }
            }
        }
    }

    /// The cookie that expires first.
    pub(crate) fn first_to_expire(&self) -> Option<&Rc<Cookie>> {
        self.by_expiry.values().next()
    }

    /// Whether a cookie has expired that is still here.
    pub(crate) fn has_expired(&self, now: Timestamp) -> bool {
        self.first_to_expire()
            .is_some_and(|cookie| cookie.is_expired(now))
    }

    /// The cookie that was accessed least recently.
    pub(crate) fn least_recently_accessed(&mut self) -> Option<Rc<Cookie>> {
        loop {
            let (&(indexed, number), cookie) = self.by_access.first_key_value()?;
            let actual = cookie.last_access_time.get();
            if indexed == actual {
                return Some(cookie.clone());
            }
            // It was accessed since it was indexed. Each access is made good for here at most once.
            cookie.indexed_access_time.set(actual);
            let cookie = self.by_access.remove(&(indexed, number))?;
            self.by_access.insert((actual, number), cookie);
        }
    }
}

fn secure_key(cookie: &Cookie) -> (Bytes, Box<str>, u64) {
    let host = match &cookie.host {
        Host::Domain(domain) => reversed(domain),
        address @ (Host::Ipv4(_) | Host::Ipv6(_)) => address.to_string(),
    };
    (cookie.name.clone(), host.into(), cookie.insertion_number)
}
