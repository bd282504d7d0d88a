//! Where browsers depart from the standard, each by a choice of its own.
//!
//! All of them are off in a browser as the standard has it. What is here was observed (`crossexam browsers record`); the
//! profiles say who departs, and cite where it was seen.

use bytes::Bytes;
use crossexam_web::safelist::{
    cors_unsafe_request_header_names, is_cors_safelisted_request_header,
};
use crossexam_web::{HeaderList, Origin};

use crate::referrer_policy::ReferrerPolicy;
use crate::request::{CacheMode, Request};
use crate::response::InternalResponse;
use crate::user_agent::Choices;

/// The departures that a browser can make.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Departures {
    /// A request with the cache mode "no-store", "reload" or "no-cache" asks for permission even if it is remembered, and
    /// its preflight has the same cache mode. <https://fetch.spec.whatwg.org/#cors-preflight-fetch>, step 1, and
    /// <https://fetch.spec.whatwg.org/#concept-http-fetch>, step 4.1
    pub preflights_follow_cache_mode: bool,
    /// `Sec-Fetch-Site` of a preflight after a redirect looks at the current URL alone.
    /// <https://w3c.github.io/webappsec-fetch-metadata/#abstract-opdef-set-site>, step 5
    pub preflight_site_of_the_current_url: bool,
    /// A preflight after a redirect tells the request's origin even if it is tainted.
    /// <https://fetch.spec.whatwg.org/#serializing-a-request-origin>, step 2
    pub preflights_tell_a_tainted_origin: bool,
    /// Once a request has needed a preflight, what redirects make of it needs one as well, whatever its method is then.
    /// <https://fetch.spec.whatwg.org/#concept-main-fetch>, step 12
    pub preflights_stay_after_redirects: bool,
    /// A request of an opaque origin with the credentials mode "include" says `Origin: null` whatever its method and mode.
    /// <https://fetch.spec.whatwg.org/#append-a-request-origin-header>, step 4
    pub opaque_origins_are_told_with_credentials: bool,
    /// A redirect status without a `Location`, or with an empty one, is no redirect.
    /// <https://fetch.spec.whatwg.org/#concept-http-fetch>, step 6
    pub redirects_need_a_location: bool,
    /// A redirect to a URL with a user name or a password is a network error in every mode.
    /// <https://fetch.spec.whatwg.org/#concept-http-redirect-fetch>, steps 9 and 10
    pub redirects_have_no_credentials: bool,
    /// The body of a response with a null body status is empty and not null.
    /// <https://fetch.spec.whatwg.org/#concept-main-fetch>, step 22
    pub null_body_statuses_have_a_body: bool,
    /// The body of a response to `HEAD` is empty and not null.
    /// <https://fetch.spec.whatwg.org/#concept-main-fetch>, step 22
    pub head_responses_have_a_body: bool,
    /// Whether request headers are safelisted is asked of values that are combined, before the browser adds its own.
    /// <https://fetch.spec.whatwg.org/#cors-unsafe-request-header-names>, step 4
    pub safelist_looks_at_combined_values: bool,
    /// It does not matter how many bytes safelisted request headers have together.
    /// <https://fetch.spec.whatwg.org/#cors-unsafe-request-header-names>, step 5
    pub safelisted_values_have_no_limit: bool,
    /// Of several `Content-Type` headers that a script sets, the last counts alone.
    /// <https://fetch.spec.whatwg.org/#concept-headers-append>, step 5
    pub last_content_type_counts: bool,
    /// Response headers of the same name are made one as they come: an empty one adds nothing, and of a header that cannot
    /// be a list the first counts. <https://fetch.spec.whatwg.org/#concept-header-list-get>
    pub response_headers_are_merged: bool,
    /// A value of `Cross-Origin-Resource-Policy` that is none keeps an embedder policy from supplying one.
    /// <https://fetch.spec.whatwg.org/#cross-origin-resource-policy-internal-check>, step 4
    pub unknown_resource_policies_allow: bool,
    /// To another site than its own, a request does not tell more than under "strict-origin-when-cross-origin".
    /// <https://w3c.github.io/webappsec-referrer-policy/#determine-requests-referrer>, step 8
    pub other_sites_learn_the_origin_at_most: bool,
    /// The referrer of a `blob:` document is that of the document around it.
    /// <https://w3c.github.io/webappsec-referrer-policy/#determine-requests-referrer>, step 4
    pub blob_documents_refer_as_their_makers: bool,
    /// A script's `User-Agent` needs no permission.
    /// <https://fetch.spec.whatwg.org/#cors-safelisted-request-header>
    pub user_agent_is_safelisted: bool,
}

impl Departures {
    /// Whether a request's cache mode keeps it from what is remembered of preflights.
    pub(crate) fn preflight_is_not_remembered(self, request: &Request) -> bool {
        self.preflights_follow_cache_mode
            && matches!(
                request.cache_mode,
                CacheMode::NoStore | CacheMode::Reload | CacheMode::NoCache
            )
    }

    /// The referrer policy that a request is sent under.
    pub(crate) fn referrer_policy(
        self,
        request: &Request,
        policy: ReferrerPolicy,
    ) -> ReferrerPolicy {
        let is_lax = matches!(
            policy,
            ReferrerPolicy::NoReferrerWhenDowngrade
                | ReferrerPolicy::OriginWhenCrossOrigin
                | ReferrerPolicy::UnsafeUrl
        );
        if is_lax
            && self.other_sites_learn_the_origin_at_most
            && !Origin::of_url(request.current_url())
                .is_some_and(|origin| request.origin().is_schemelessly_same_site(&origin))
        {
            return ReferrerPolicy::StrictOriginWhenCrossOrigin;
        }
        policy
    }

    /// Whether a response with a redirect status is taken for one.
    pub(crate) fn is_a_redirect(self, response: &InternalResponse) -> bool {
        !self.redirects_need_a_location
            || response
                .header_list
                .values(b"Location")
                .next()
                .is_some_and(|location| !location.is_empty())
    }
}

/// The names of a request's headers that need permission, as this browser sees it.
///
/// <https://fetch.spec.whatwg.org/#cors-unsafe-request-header-names>
pub(crate) fn unsafe_header_names(request: &Request, choices: &Choices) -> Vec<Bytes> {
    let list = &request.header_list;
    let departures = choices.departures;
    if departures == Departures::default() {
        return cors_unsafe_request_header_names(list);
    }
    let mut considered = HeaderList::new();
    for header in list {
        let is_named = |name: &[u8]| header.name.eq_ignore_ascii_case(name);
        if departures.user_agent_is_safelisted && is_named(b"User-Agent") {
            continue;
        }
        if departures.safelist_looks_at_combined_values {
            let is_own = is_named(b"Accept-Language") && header.value == choices.accept_language;
            if !is_own {
                considered.combine(header.name.clone(), header.value.clone());
            }
        } else if !departures.safelisted_values_have_no_limit
            || !is_cors_safelisted_request_header(&header.name, &header.value)
        {
            considered.append(header.name.clone(), header.value.clone());
        }
    }
    cors_unsafe_request_header_names(&considered)
}

/// The response headers that cannot be lists, where equal names are merged.
const NO_LISTS: [&[u8]; 12] = [
    b"content-disposition",
    b"content-length",
    b"user-agent",
    b"referer",
    b"host",
    b"authorization",
    b"proxy-authorization",
    b"if-modified-since",
    b"if-unmodified-since",
    b"from",
    b"location",
    b"max-forwards",
];

/// Headers of the same name as one, as [`Departures::response_headers_are_merged`] has it. `Set-Cookie` stays as it is.
pub(crate) fn merged(list: &HeaderList) -> HeaderList {
    let mut merged = HeaderList::new();
    for header in list {
        let name = &header.name;
        let first = merged.values(name).next().cloned();
        match first {
            Some(_) if NO_LISTS.iter().any(|it| name.eq_ignore_ascii_case(it)) => {}
            Some(_) if header.value.is_empty() => {}
            Some(first) if name.eq_ignore_ascii_case(b"content-type") => {
                // Without the space that others have.
                let both = [&first[..], &header.value[..]].join(&b","[..]);
                merged.set(name.clone(), both);
            }
            Some(first) if first.is_empty() => merged.set(name.clone(), header.value.clone()),
            Some(_) if !name.eq_ignore_ascii_case(b"set-cookie") => {
                merged.combine(name.clone(), header.value.clone());
            }
            Some(_) | None => merged.append(name.clone(), header.value.clone()),
        }
    }
    merged
}
