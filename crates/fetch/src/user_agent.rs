//! What one browser remembers, and the choices the standards leave to it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use bytes::Bytes;
use crossexam_cookies::{CookiePolicy, CookieStore};
use crossexam_web::algorithm;
use url::Url;

use crate::authentication::AuthenticationEntries;
use crate::blob_url::BlobUrlStore;
use crate::client::Environment;
use crate::connections::ConnectionPool;
use crate::content_security_policy::Violation;
use crate::cors_preflight_cache::CorsPreflightCache;
use crate::departures::Departures;
use crate::host::NetworkPartitionKey;
use crate::hsts::HstsStore;
use crate::http_cache::{HttpCache, Limits};
use crate::opaque_response_blocking::OpaqueResponseBlocking;
use crate::referrer_policy::ReferrerPolicy;
use crate::reports::Reports;
use crate::third_party_cookies::ThirdPartyCookies;

/// A user agent: its stores and its choices. The stores are shared by all fetches of one browser.
#[derive(Debug, Default)]
pub struct UserAgent {
    /// What the standards leave open.
    pub choices: Choices,
    /// The cookie store.
    pub cookies: RefCell<CookieStore>,
    /// The cookies of other sites than the page's, for each top-level site, where the browser keeps them apart.
    pub partitioned_cookies: RefCell<BTreeMap<NetworkPartitionKey, CookieStore>>,
    /// The CORS-preflight cache.
    pub preflight_cache: RefCell<CorsPreflightCache>,
    /// The HTTP caches, one for each partition.
    pub http_cache: Rc<RefCell<HttpCache>>,
    /// The connection pool.
    pub connections: RefCell<ConnectionPool>,
    /// HTTP authentication entries.
    pub authentication_entries: RefCell<AuthenticationEntries>,
    /// The blob URL store.
    pub blob_urls: RefCell<BlobUrlStore>,
    /// The reports that pages' policies have asked for.
    pub reports: RefCell<Reports>,
    /// The hosts that are only spoken to over HTTPS.
    pub hsts: RefCell<HstsStore>,
    /// Violations of policies that nobody has taken yet.
    pub violations: RefCell<Vec<Violation>>,
}

/// The choices that the standards leave to a user agent.
#[derive(Debug, Clone)]
pub struct Choices {
    /// The default `User-Agent` value; empty for none.
    pub default_user_agent: Bytes,
    /// The `User-Agent` value that whoever drives the browser has set in place of it; empty for none.
    pub emulated_user_agent: Bytes,
    /// The `Accept-Encoding` value of requests over HTTPS; empty for none.
    pub accept_encoding: Bytes,
    /// The `Accept-Encoding` value of requests over plain HTTP, whose middleboxes have broken newer codings; empty for none.
    pub accept_encoding_insecure: Bytes,
    /// The `Accept-Language` value; empty for none.
    pub accept_language: Bytes,
    /// The referrer policy of a document that has set none.
    pub default_referrer_policy: ReferrerPolicy,
    /// Whether Fetch Metadata headers are sent.
    pub fetch_metadata: bool,
    /// Whether public pages must ask before they speak to what is near.
    pub local_network_access: bool,
    /// What becomes of cookies of other sites than the page's.
    pub third_party_cookies: ThirdPartyCookies,
    /// Which opaque responses are blocked.
    pub opaque_response_blocking: OpaqueResponseBlocking,
    /// Whether Strict-Transport-Security is heeded.
    pub hsts: bool,
    /// Whether navigations say `Upgrade-Insecure-Requests: 1`.
    pub upgrade_insecure_requests_header: bool,
    /// The imposed limit on a preflight's max-age, in seconds; `None` for none.
    pub preflight_max_age_limit: Option<u64>,
    /// Whether responses are cached.
    pub http_cache: bool,
    /// How much the HTTP caches keep.
    pub http_cache_limits: Limits,
    /// Whether cookies are disabled altogether.
    pub cookies_disabled: bool,
    /// Where it departs from the standard.
    pub departures: Departures,
    /// The choices for cookies.
    pub cookie_policy: CookiePolicy,
}

impl Default for Choices {
    fn default() -> Self {
        Self {
            default_user_agent: Bytes::from_static(b"Mozilla/5.0 (Crossexam)"),
            emulated_user_agent: Bytes::new(),
            accept_encoding: Bytes::from_static(b"gzip, deflate, br, zstd"),
            accept_encoding_insecure: Bytes::from_static(b"gzip, deflate"),
            accept_language: Bytes::from_static(b"en"),
            default_referrer_policy: ReferrerPolicy::default(),
            fetch_metadata: true,
            local_network_access: false,
            third_party_cookies: ThirdPartyCookies::Allow,
            opaque_response_blocking: OpaqueResponseBlocking::None,
            hsts: true,
            upgrade_insecure_requests_header: true,
            preflight_max_age_limit: None,
            http_cache: true,
            http_cache_limits: Limits::default(),
            cookies_disabled: false,
            departures: Departures::default(),
            cookie_policy: CookiePolicy::default(),
        }
    }
}

impl Choices {
    /// The `Accept-Encoding` value of a request for `url`; empty for none.
    pub fn accept_encoding_for(&self, url: &Url) -> &Bytes {
        match url.scheme() {
            "https" => &self.accept_encoding,
            _ => &self.accept_encoding_insecure,
        }
    }
}

/// Who the browser says it is; empty if it does not say.
///
/// MODEL: an emulated value holds for the whole browser, not for one environment of it.
#[algorithm("environment-default-user-agent-value", untraced)]
pub fn environment_default_user_agent_value(
    choices: &Choices,
    _environment: Option<&Environment>,
) -> Bytes {
    /// 1. Whoever drives the browser may have set another value.
    let user_agent = &choices.emulated_user_agent;
    if !user_agent.is_empty() {
        /// 2. Then it is that.
        return user_agent.clone();
    }
    /// 3. Otherwise the browser's own.
    choices.default_user_agent.clone()
}

/// So many violations are kept at most.
const MOST_VIOLATIONS: usize = 1000;

impl UserAgent {
    /// Reports a violation of a policy.
    pub fn report(&self, violation: Violation) {
        let mut violations = self.violations.borrow_mut();
        if violations.len() < MOST_VIOLATIONS {
            violations.push(violation);
        }
    }

    /// Takes the violations that were reported, in order.
    pub fn take_violations(&self) -> Vec<Violation> {
        self.violations.take()
    }

    /// A user agent that remembers nothing yet.
    pub fn new(choices: Choices) -> Self {
        Self {
            choices,
            ..Self::default()
        }
    }
}
