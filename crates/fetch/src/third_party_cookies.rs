//! Cookies of other sites than the page's: no standard says what becomes of them, and browsers differ.
//!
//! MODEL: what counts is the site of the top-level page alone. A frame of the page's own site below one of another site is not
//! of another site here.
//!
//! <https://privacycg.github.io/storage-partitioning/>

use crossexam_cookies::CookieStore;
use crossexam_web::{Origin, Trace};
use url::Url;

use crate::client::Environment;
use crate::host::NetworkPartitionKey;
use crate::network_partition_keys::{network_partition_key, requests_network_partition_key};
use crate::request::{Destination, Request};
use crate::user_agent::UserAgent;

/// What becomes of cookies of other sites than the top-level page's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ThirdPartyCookies {
    /// They are as all others.
    #[default]
    Allow,
    /// They are neither sent nor set nor shown.
    Block,
    /// Each top-level site has a store of its own for them.
    Partition,
}

impl ThirdPartyCookies {
    /// Its name in a profile.
    pub fn from_keyword(keyword: &str) -> Option<Self> {
        Some(match keyword {
            "allow" => Self::Allow,
            "block" => Self::Block,
            "partition" => Self::Partition,
            _ => return None,
        })
    }
}

/// Which of a browser's cookies are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CookieAccess<'a> {
    /// Those of the site itself.
    FirstParty,
    /// None: they would be of another site than the page's.
    Blocked,
    /// Those of the partition of this top-level site.
    Partition(&'a NetworkPartitionKey),
}

/// Which cookies a request has to do with.
pub fn requests_cookie_access<'a>(
    request: &'a Request,
    user_agent: &UserAgent,
    trace: &Trace,
) -> CookieAccess<'a> {
    // A top-level navigation goes to the site that the page is going to be of.
    if request.destination == Destination::Document {
        return CookieAccess::FirstParty;
    }
    cookie_access(request.current_url(), user_agent, trace, || {
        requests_network_partition_key(request)
    })
}

/// Which cookies a document's scripts have to do with.
pub fn documents_cookie_access<'a>(
    url: &Url,
    environment: &'a Environment,
    user_agent: &UserAgent,
    trace: &Trace,
) -> CookieAccess<'a> {
    cookie_access(url, user_agent, trace, || {
        Some(network_partition_key(environment))
    })
}

fn cookie_access<'a>(
    url: &Url,
    user_agent: &UserAgent,
    trace: &Trace,
    top_level_site: impl FnOnce() -> Option<&'a NetworkPartitionKey>,
) -> CookieAccess<'a> {
    let choice = user_agent.choices.third_party_cookies;
    if choice == ThirdPartyCookies::Allow {
        return CookieAccess::FirstParty;
    }
    let Some(top_level_site) = top_level_site() else {
        return CookieAccess::FirstParty;
    };
    if Origin::of_url(url).is_some_and(|origin| origin.site() == *top_level_site) {
        return CookieAccess::FirstParty;
    }
    if choice == ThirdPartyCookies::Block {
        trace.fact("third-party cookies", || "blocked");
        return CookieAccess::Blocked;
    }
    trace.fact("third-party cookies", || {
        format!("those of the partition of {top_level_site}")
    });
    CookieAccess::Partition(top_level_site)
}

impl UserAgent {
    /// Whether none of the cookies that are meant exist.
    pub fn has_no_cookies(&self, access: CookieAccess<'_>) -> bool {
        match access {
            CookieAccess::FirstParty => self.cookies.borrow().is_empty(),
            CookieAccess::Blocked => true,
            CookieAccess::Partition(key) => !self.partitioned_cookies.borrow().contains_key(key),
        }
    }

    /// Does something with the cookies that are meant. `None` where they are blocked.
    pub fn with_cookies<R>(
        &self,
        access: CookieAccess<'_>,
        use_them: impl FnOnce(&mut CookieStore) -> R,
    ) -> Option<R> {
        match access {
            CookieAccess::FirstParty => Some(use_them(&mut self.cookies.borrow_mut())),
            CookieAccess::Blocked => None,
            CookieAccess::Partition(key) => {
                let mut partitions = self.partitioned_cookies.borrow_mut();
                if !partitions.contains_key(key) {
                    partitions.insert(key.clone(), CookieStore::new());
                }
                partitions.get_mut(key).map(use_them)
            }
        }
    }

    /// Forgets all cookies.
    pub fn clear_cookies(&self) {
        self.cookies.borrow_mut().clear();
        self.partitioned_cookies.borrow_mut().clear();
    }
}
