//! The `Cookie` and `Set-Cookie` headers.
//!
//! <https://fetch.spec.whatwg.org/#cookies>

use crossexam_cookies::{SameSiteMode, cookie_default_path, serialize_cookies};
use crossexam_web::{Host, Timestamp, Trace, algorithm};
use url::Url;

use crate::origin_header::redirect_taint;
use crate::request::{Destination, RedirectTaint, Request};
use crate::response::InternalResponse;
use crate::third_party_cookies::requests_cookie_access;
use crate::user_agent::UserAgent;

/// Appends the cookies that go along.
#[algorithm("append-a-request-cookie-header")]
pub fn append_a_request_cookie_header(
    request: &mut Request,
    user_agent: &UserAgent,
    now: Timestamp,
    trace: &Trace,
) {
    let access = requests_cookie_access(request, user_agent, trace);
    if user_agent.choices.cookies_disabled || user_agent.has_no_cookies(access) {
        /// 1. No cookies, no header.
        return;
    }
    let Some(host) = Host::of(request.current_url()) else {
        return;
    };
    /// 2. How much trust does the request deserve?
    let same_site = determine_the_same_site_mode(request, trace);
    /// 3. Is it secure?
    let is_secure = request.current_url().scheme() == "https";
    /// 4. HTTP sees every cookie.
    let http_only_allowed = true;
    /// 5. Take the cookies that match.
    let cookies = user_agent.with_cookies(access, |store| {
        store.retrieve(
            now,
            is_secure,
            &host,
            request.current_url().path(),
            http_only_allowed,
            same_site,
            &user_agent.choices.cookie_policy,
            trace,
        )
    });
    let Some(cookies) = cookies.filter(|cookies| !cookies.is_empty()) else {
        /// 6. None, no header.
        return;
    };
    /// 7. Write them down.
    let value = serialize_cookies(&cookies);
    /// 8. Append them.
    request.header_list.append("Cookie", value);
}

/// Takes the cookies out of a response.
#[algorithm("parse-and-store-response-set-cookie-headers")]
pub fn parse_and_store_response_set_cookie_headers(
    request: &Request,
    response: &InternalResponse,
    user_agent: &UserAgent,
    now: Timestamp,
    trace: &Trace,
) {
    if user_agent.choices.cookies_disabled {
        /// 1. A user agent without cookies takes none.
        return;
    }
    let mut values = response.header_list.values(b"Set-Cookie").peekable();
    if values.peek().is_none() {
        return;
    }
    let Some(host) = Host::of(request.current_url()) else {
        return;
    };
    /// 2. No cookie for a whole public suffix.
    let allow_non_host_only_cookie_for_public_suffix = false;
    /// 3. Is the response secure?
    let is_secure = request.current_url().scheme() == "https";
    /// 4. HTTP may set every cookie.
    let http_only_allowed = true;
    // SPEC: the standard asks for "strict-or-less" alone. RFC 6265bis, section 5.7, step 18.3, browsers and
    // web-platform-tests (`cookies/samesite/setcookie-navigation.https.html`) let every top-level navigation set them.
    /// 5. Cross-site responses set no SameSite cookies, unless the user sees where they come from.
    let same_site_strict_or_lax_allowed = request.destination == Destination::Document
        || determine_the_same_site_mode(request, trace) == SameSiteMode::StrictOrLess;
    let access = requests_cookie_access(request, user_agent, trace);
    /// 6. Of all headers
    /// 6.1. only `Set-Cookie` counts;
    for value in values {
        user_agent.with_cookies(access, |store| {
            /// 6.2. each is taken.
            let outcome = store.parse_and_store(
                now,
                value,
                is_secure,
                &host,
                request.current_url().path(),
                http_only_allowed,
                allow_non_host_only_cookie_for_public_suffix,
                same_site_strict_or_lax_allowed,
                &user_agent.choices.cookie_policy,
                trace,
            );
            /// 6.3. Keep the store within its bounds.
            let policy = &user_agent.choices.cookie_policy;
            store.garbage_collect(now, &host, policy, trace);
            // SPEC: with `Domain`, the cookie's host is another than the request's, and nothing here would keep its cookies
            // within the limit. The cookies draft collects for the cookie's host, in its algorithm for non-browsers.
            if let Ok(outcome) = outcome
                && outcome.cookie.host != host
            {
                store.garbage_collect(now, &outcome.cookie.host, policy, trace);
            }
        });
    }
}

/// The path that a cookie of this URL has where it names none, as a URL writes it.
#[algorithm("serialized-cookie-default-path", untraced)]
pub fn serialized_cookie_default_path(url: &Url) -> String {
    /// 1. Take the URL
    let mut clone_url = url.clone();
    /// 2. with all but the last segment of its path.
    clone_url.set_path(cookie_default_path(url.path()));
    /// 3. Its path is meant.
    clone_url.path().to_owned()
}

/// Decides which cookies, by their SameSite attribute, may go along with a request.
///
/// SPEC: the algorithm as pinned cannot be meant: its step 2 withholds Lax cookies from the top-level `GET` that Lax is
/// for, its step 3 withholds Strict ones from addresses typed by the user, and no step compares a subresource's URL
/// with the page's site, so that a cross-site `fetch()` would carry Strict cookies. RFC 6265bis, section 5.2, every
/// browser and web-platform-tests (`cookies/samesite/`) agree on what is meant, and that is what stands here. Step 1
/// asserts that the method is `GET` or `POST`; others are treated like `POST`.
#[algorithm("determine-the-same-site-mode")]
pub fn determine_the_same_site_mode(request: &Request, trace: &Trace) -> SameSiteMode {
    let url = request.current_url();
    let is_get = &request.method[..] == b"GET";
    let is_top_level_navigation = request.destination == Destination::Document;
    if let Some(initiator) = &request.top_level_navigation_initiator_origin
        && !initiator.is_same_site_with_url(url)
    {
        trace.fact("initiator of the navigation", || {
            format!("{initiator}, another site")
        });
        if is_top_level_navigation && is_get {
            /// 3. A top-level `GET` from another site takes Lax cookies along, but no Strict ones.
            return SameSiteMode::LaxOrLess;
        }
        /// 2. Any other navigation from another site takes neither.
        return if is_top_level_navigation {
            SameSiteMode::UnsetOrLessUnsafeNavigation
        } else {
            SameSiteMode::UnsetOrLess
        };
    }
    if is_top_level_navigation && is_get {
        // The user's own navigation, or one within the site.
        return SameSiteMode::StrictOrLess;
    }
    if let Some(client) = &request.client
        && !is_top_level_navigation
    {
        let is_same_site =
            !client.has_cross_site_ancestor && client.origin.is_same_site_with_url(url);
        if !is_same_site {
            trace.fact("site of the page", || {
                format!("{}, another site", client.origin.site())
            });
            /// 4. A page of another site, or below one, gets neither.
            return SameSiteMode::UnsetOrLess;
        }
    }
    if redirect_taint(request) == RedirectTaint::CrossSite {
        /// 5. Nor does a request that has strayed to another site.
        return SameSiteMode::UnsetOrLess;
    }
    /// 6. Everything else takes all.
    SameSiteMode::StrictOrLess
}
