//! Environments: on whose behalf a request is made, as far as fetching reads it.
//!
//! <https://html.spec.whatwg.org/multipage/webappapis.html#environments>

use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

use crossexam_csp::CspList;
use crossexam_web::address_space::IpAddressSpace;
use crossexam_web::{Origin, Site};
use url::Url;

use crate::fetch_groups::FetchGroup;
use crate::integrity_policy::IntegrityPolicy;
use crate::referrer_policy::ReferrerPolicy;
use crate::upgrade_insecure_requests::InsecureRequests;

/// An environment settings object (or, while a navigation creates it, an environment).
#[derive(Debug)]
pub struct Environment {
    /// Identifies the environment within its browser.
    pub id: u64,
    /// The URL it was created from.
    pub creation_url: Url,
    /// The creation URL of the top-level environment above it.
    pub top_level_creation_url: Url,
    /// The origin of the top-level environment above it; `None` until it is known.
    pub top_level_origin: Option<Origin>,
    /// The origin.
    pub origin: Origin,
    /// The URL that relative URLs are resolved against.
    pub api_base_url: RefCell<Url>,
    /// The policies that apply to it.
    pub policy_container: RefCell<PolicyContainer>,
    /// Whether a document above it is cross-site with it or with another on the way.
    pub has_cross_site_ancestor: bool,
    /// Whether the origin of a document above it is potentially trustworthy, which secure content must not be mixed into.
    pub has_trustworthy_ancestor: bool,
    /// What kind of global object it has.
    pub global: GlobalObject,
    /// <https://html.spec.whatwg.org/multipage/webappapis.html#secure-context>
    pub secure_context: bool,
    /// <https://html.spec.whatwg.org/multipage/webappapis.html#concept-settings-object-cross-origin-isolated-capability>
    pub cross_origin_isolated_capability: bool,
    /// The URL to derive referrers from: the document's URL, or of its container when it is `srcdoc`.
    /// `None` when no URL may be sent (an opaque-origin document: Referrer Policy says "no referrer").
    pub referrer_source: RefCell<Option<Url>>,
    /// What it does about insecure requests.
    pub insecure_requests: RefCell<InsecureRequests>,
    /// What it has under way.
    pub fetch_group: FetchGroup,
    /// What was worked out once and is asked for again with every request; begins empty.
    pub cache: EnvironmentCache,
}

/// Results that an environment keeps, because nothing they depend on changes while it lives.
#[derive(Debug, Default)]
pub struct EnvironmentCache {
    /// The network partition key.
    pub(crate) partition_key: OnceCell<Rc<Site>>,
    /// The referrer source cut down to its origin. (A document's URL can change, but not its origin.)
    pub(crate) referrer_origin: OnceCell<Url>,
}

/// The global object of an environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GlobalObject {
    /// A `Window` in the given navigable.
    Window {
        /// The top-level traversable above the window's navigable; `None` if it has no navigable.
        traversable: Option<u64>,
        /// Whether the window is nested in another document.
        nested: bool,
    },
    /// A worker's global scope.
    Worker,
}

/// A policy container. <https://html.spec.whatwg.org/multipage/browsers.html#policy-containers>
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PolicyContainer {
    /// The embedder policy.
    pub embedder_policy: EmbedderPolicy,
    /// The referrer policy.
    pub referrer_policy: ReferrerPolicy,
    /// The Content Security Policies.
    pub csp_list: CspList,
    /// The IP address space that the document came from.
    pub ip_address_space: IpAddressSpace,
    /// The integrity policy; `None` is an empty one.
    pub integrity_policy: Option<Rc<IntegrityPolicy>>,
    /// The integrity policy that only reports; `None` is an empty one.
    pub report_only_integrity_policy: Option<Rc<IntegrityPolicy>>,
}

/// An embedder policy. <https://html.spec.whatwg.org/multipage/browsers.html#embedder-policy>
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EmbedderPolicy {
    /// The value that is enforced.
    pub value: EmbedderPolicyValue,
    /// The endpoint for reports of what was not loaded.
    pub reporting_endpoint: Option<Rc<str>>,
    /// The value that is only reported.
    pub report_only_value: EmbedderPolicyValue,
    /// The endpoint for reports of what would not be loaded.
    pub report_only_reporting_endpoint: Option<Rc<str>>,
}

/// An embedder policy value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EmbedderPolicyValue {
    /// "unsafe-none"
    #[default]
    UnsafeNone,
    /// "require-corp"
    RequireCorp,
    /// "credentialless"
    Credentialless,
}
