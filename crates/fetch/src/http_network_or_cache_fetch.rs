//! HTTP-network-or-cache fetch.
//!
//! <https://fetch.spec.whatwg.org/#http-network-or-cache-fetch>

use std::rc::Rc;

use bytes::Bytes;
use crossexam_web::{HeaderList, Timestamp, algorithm};
use url::Url;

use crate::authentication::{
    Challenged, basic_authorization_of_url, basic_realm, challenged, challenged_by_proxy,
};
use crate::body::{Body, BodySource};
use crate::client::EmbedderPolicyValue;
use crate::cookie_header::append_a_request_cookie_header;
use crate::failure::{BlockReason, NetworkError};
use crate::fetch_metadata::{LooksAt, append_the_fetch_metadata_headers_for_a_request};
use crate::fetch_params::FetchParams;
use crate::host::{Host, HttpRequestPurpose, NetworkPartitionKey, Proxy};
use crate::http_cache::cache_control::RequestDirectives;
use crate::http_cache::{
    Freshness, Place, StoredResponse, Times, is_unsafe_method, store_when_complete,
};
use crate::http_network_fetch::http_network_fetch;
use crate::network_partition_keys::determine_the_http_cache_partition;
use crate::origin_header::{append_a_request_origin_header, redirect_taint};
use crate::request::{
    CacheMode, CredentialsMode, Initiator, Mode, RedirectMode, RedirectTaint, Referrer, Request,
    ResponseTainting, ServiceWorkersMode, TraversableForUserPrompts,
};
use crate::response::{CacheState, InternalResponse, Response, is_redirect_status};
use crate::user_agent::{UserAgent, environment_default_user_agent_value};

/// The optional arguments of HTTP-network-or-cache fetch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NetworkOrCacheFetch {
    /// isAuthenticationFetch
    pub(crate) is_authentication_fetch: bool,
    /// isNewConnectionFetch
    pub(crate) is_new_connection_fetch: bool,
    /// How often the user was asked for a password already.
    pub(crate) prompts: u8,
    /// Why the request goes out, for whoever watches.
    pub(crate) purpose: HttpRequestPurpose,
}

impl Default for NetworkOrCacheFetch {
    fn default() -> Self {
        Self {
            is_authentication_fetch: false,
            is_new_connection_fetch: false,
            prompts: 0,
            purpose: HttpRequestPurpose::Actual,
        }
    }
}

/// Completes the request's headers, credentials included, sends it, and deals with what HTTP itself asks for.
#[algorithm("concept-http-network-or-cache-fetch", trace = params.trace)]
pub(crate) async fn http_network_or_cache_fetch<H: Host>(
    params: &mut FetchParams<'_, H>,
    options: NetworkOrCacheFetch,
) -> Response {
    let trace = params.trace;
    let choices = &params.user_agent.choices;
    /// 1. Take the request.
    let request = &mut params.request;
    /// 4. There is no response yet,
    let mut response = None;
    /// 5. none from the cache either,
    let mut stored_response = None;
    /// 7. and nothing is being validated.
    let mut revalidating = Revalidating::No;
    // NB: httpRequest is the request itself. Of the standard's copy only the header list and the cache mode are changed
    // before it is dropped, and headers are only ever added behind those that the request has; so the list is cut back to
    // its length at the end. (`Sec-Fetch-*` and `Sec-Purpose` are set, not appended: no script can have put them there.)
    // SPEC: step 8.1 spares the copy where nobody can be asked and no redirect is followed, but such a request can still
    // be sent twice, after a 421.
    /// 8. Complete the request for the wire;
    /// 8.2. in any case
    /// 8.2.1. what is added for the wire must not stay with the request.
    let original = (request.header_list.len(), request.cache_mode);
    let http_request = request;

    /// 8.3. Do credentials go along?
    let mut include_credentials = match http_request.credentials_mode {
        CredentialsMode::Include => true,
        CredentialsMode::SameOrigin => http_request.response_tainting == ResponseTainting::Basic,
        CredentialsMode::Omit => false,
    };
    if !cross_origin_embedder_policy_allows_credentials(http_request) {
        /// 8.4. The embedder can forbid it.
        include_credentials = false;
    }
    trace.fact("credentials mode", || {
        http_request.credentials_mode.as_str()
    });
    trace.fact("credentials go along", || {
        if include_credentials { "yes" } else { "no" }
    });
    /// 8.5. How long is the body?
    let content_length = http_request.body.as_ref().and_then(|body| body.length);
    /// 8.6. There is nothing to say of it,
    let mut content_length_header_value = None;
    if http_request.body.is_none() && matches!(&http_request.method[..], b"POST" | b"PUT") {
        /// 8.7. except of one that is missing with `POST` and `PUT`,
        content_length_header_value = Some(Bytes::from_static(b"0"));
    }
    if let Some(length) = content_length {
        /// 8.8. or of one whose length is known.
        content_length_header_value = Some(length.to_string().into());
    }
    if let Some(value) = content_length_header_value {
        /// 8.9. `Content-Length`.
        http_request.header_list.append("Content-Length", value);
    }
    /// 8.10. A page leaves only so much behind.
    if let Some(content_length) = content_length
        && http_request.keepalive
        && let Some(client) = &http_request.client
    {
        /// 8.10.2. What the client has under way:
        let group = &client.fetch_group;
        // SPEC: as written, the request's own record, which is in its group already, is counted a second time.
        /// 8.10.4. of that the bytes of keepalive requests,
        let inflight_keepalive_bytes = group.inflight_keepalive_bytes(params.controller);
        if content_length.saturating_add(inflight_keepalive_bytes) > KEEPALIVE_LIMIT {
            restore(&mut params.request, original);
            /// 8.10.5. and no more of them than may outlive the page.
            return NetworkError::new(BlockReason::KeepaliveQuota, here!()).into();
        }
    }
    /// 8.11. Where it comes from, if that is told.
    if let Referrer::Url(referrer) = &http_request.referrer {
        /// 8.11.1. The referrer as text.
        let value = Bytes::copy_from_slice(referrer.as_str().as_bytes());
        trace.fact("Referer", || value.clone());
        /// 8.11.2. `Referer`.
        http_request.header_list.append("Referer", value);
    }
    /// 8.12. `Origin`.
    append_a_request_origin_header(http_request, choices.departures, trace);
    if choices.fetch_metadata {
        /// 8.13. `Sec-Fetch-*`.
        let is_preflight = options.purpose == HttpRequestPurpose::CorsPreflight;
        let looks_at = if is_preflight && choices.departures.preflight_site_of_the_current_url {
            LooksAt::CurrentUrl
        } else {
            LooksAt::AllUrls
        };
        append_the_fetch_metadata_headers_for_a_request(http_request, looks_at, trace);
    }
    if http_request.initiator == Initiator::Prefetch {
        /// 8.14. `Sec-Purpose`.
        http_request.header_list.set("Sec-Purpose", "prefetch");
    }
    /// 8.15. What the page has not said of the browser,
    if !http_request.header_list.contains(b"User-Agent") {
        // SPEC: a request without a client has no environment to ask; the browser is the same.
        /// 8.15.1. the browser says itself.
        let value = environment_default_user_agent_value(choices, http_request.client.as_deref());
        if !value.is_empty() {
            /// 8.15.2. `User-Agent`.
            http_request.header_list.append("User-Agent", value);
        }
    }
    if http_request.cache_mode == CacheMode::Default && is_conditional(http_request) {
        /// 8.16. A page that makes its own conditional request bypasses the cache.
        http_request.cache_mode = CacheMode::NoStore;
    }
    if http_request.cache_mode == CacheMode::NoCache
        && !http_request.prevent_no_cache_cache_control_header_modification
        && !http_request.header_list.contains(b"Cache-Control")
    {
        /// 8.17. Caches on the way must revalidate.
        http_request
            .header_list
            .append("Cache-Control", "max-age=0");
    }
    /// 8.18. A request that passes the browser's cache by passes others by, too.
    if matches!(
        http_request.cache_mode,
        CacheMode::NoStore | CacheMode::Reload
    ) {
        if !http_request.header_list.contains(b"Pragma") {
            /// 8.18.1. Caches on the way must not answer, in the words of HTTP/1.0
            http_request.header_list.append("Pragma", "no-cache");
        }
        if !http_request.header_list.contains(b"Cache-Control") {
            /// 8.18.2. and of HTTP/1.1.
            http_request.header_list.append("Cache-Control", "no-cache");
        }
    }
    if http_request.header_list.contains(b"Range") {
        /// 8.19. A part of something compressed would be of no use.
        http_request
            .header_list
            .append("Accept-Encoding", "identity");
    }
    // NB: the host adds `Host` and what the connection needs. `DNT` and its like are not sent.
    let codings = choices.accept_encoding_for(http_request.current_url());
    if !codings.is_empty() && !http_request.header_list.contains(b"Accept-Encoding") {
        /// 8.20. HTTP's own headers: the content codings that are understood.
        http_request
            .header_list
            .append("Accept-Encoding", codings.clone());
    }
    /// 8.21. Credentials, if they go along.
    if include_credentials {
        /// 8.21.1. `Cookie`.
        append_a_request_cookie_header(http_request, params.user_agent, params.host.now(), trace);
        /// 8.21.2. Unless the page has written an `Authorization` itself,
        if !http_request.header_list.contains(b"Authorization") {
            /// 8.21.2.1. perhaps a password goes along:
            let url = http_request.current_url();
            let url_includes_credentials = includes_credentials(url);
            let entries = params.user_agent.authentication_entries.borrow();
            let entry = entries.authorization_for(url);
            let was_just_asked_for = url_includes_credentials && options.is_authentication_fetch;
            // SPEC: as written, a known password goes first even when the user has just typed another.
            let authorization_value = match entry {
                /// 8.21.2.3. The password in the URL, once it was asked for,
                _ if was_just_asked_for => basic_authorization_of_url(url),
                /// 8.21.2.2. or one that was given before.
                Some(value) if !http_request.use_url_credentials || !url_includes_credentials => {
                    Some(value)
                }
                _ => None,
            };
            if let Some(value) = authorization_value {
                trace.fact("Authorization", || "an authentication entry goes along");
                /// 8.21.2.4. `Authorization`.
                http_request.header_list.append("Authorization", value);
            }
        }
    }
    if let Some(value) =
        proxy_authorization(http_request.current_url(), params.user_agent, params.host)
    {
        /// 8.22. `Proxy-Authorization`, whatever the request says of credentials.
        http_request
            .header_list
            .append("Proxy-Authorization", value);
    }
    /// 8.24. Which cache is meant?
    let http_cache = determine_the_http_cache_partition(http_request).cloned();
    let http_cache = http_cache.filter(|_| choices.http_cache);
    if http_cache.is_none() {
        // SPEC: "only-if-cached" becomes "no-store" as well, as written; that would ask the network after all.
        /// 8.25. Without a cache nothing is looked up or stored.
        http_request.cache_mode = match http_request.cache_mode {
            CacheMode::OnlyIfCached => CacheMode::OnlyIfCached,
            _ => CacheMode::NoStore,
        };
    }
    /// 8.26. Unless the cache is passed by,
    if let Some(partition) = &http_cache
        && may_be_answered_from_the_cache(http_request, options)
    {
        let (url, list) = (http_request.current_url(), &http_request.header_list);
        /// 8.26.1. is there a stored response for the same URL and the same headers, as far as it varies by them?
        stored_response = params
            .user_agent
            .http_cache
            .borrow_mut()
            .select(partition, url, list);
        /// 8.26.2. If there is one,
        if let Some(stored) = &stored_response {
            let freshness = freshness_for(stored, http_request, params.host.now());
            trace.fact("stored response", || match freshness {
                Freshness::Fresh => "fresh",
                Freshness::StaleWhileRevalidate => "stale, and may be used while it is revalidated",
                Freshness::Stale => "stale",
            });
            /// 8.26.2.1. it may be one that will do while it is revalidated.
            if http_request.cache_mode == CacheMode::Default
                && freshness == Freshness::StaleWhileRevalidate
                && http_request.client.is_some()
            {
                /// 8.26.2.1.1. It will do for once,
                /// 8.26.2.1.2. from the cache,
                response = Some(from_the_cache(stored, CacheState::Local));
                /// 8.26.2.1.3. and the same request
                let mut revalidate_request = http_request.clone();
                restore(&mut revalidate_request, original);
                /// 8.26.2.1.4. asks whether it is still good,
                revalidate_request.cache_mode = CacheMode::NoCache;
                /// 8.26.2.1.5. and only that,
                revalidate_request.prevent_no_cache_cache_control_header_modification = true;
                /// 8.26.2.1.6. of nobody but the server,
                revalidate_request.service_workers_mode = ServiceWorkersMode::None;
                /// 8.26.2.1.7. while this fetch goes on.
                params.host.fetch_in_parallel(revalidate_request);
            } else {
                /// 8.26.2.2. Otherwise it must be fresh, or validated.
                if freshness == Freshness::Stale {
                    /// 8.26.2.2.1. It is stale: ask whether it is still good,
                    revalidating = Revalidating::Yes;
                }
                /// 8.26.2.2.2. Some cache modes take what is stale.
                if revalidating == Revalidating::Yes
                    && !matches!(
                        http_request.cache_mode,
                        CacheMode::ForceCache | CacheMode::OnlyIfCached
                    )
                {
                    if let Some(etag) = stored.header_list().get(b"ETag") {
                        /// 8.26.2.2.2.1. by its tag
                        http_request.header_list.append("If-None-Match", etag);
                    }
                    if let Some(modified) = stored.header_list().get(b"Last-Modified") {
                        /// 8.26.2.2.2.2. and its time.
                        http_request
                            .header_list
                            .append("If-Modified-Since", modified);
                    }
                } else {
                    /// 8.26.2.2.3. It is good enough; nothing is sent.
                    response = Some(from_the_cache(stored, CacheState::Local));
                }
            }
        }
    }
    if response.is_none() && only_the_cache_may_answer(&http_request.header_list) {
        trace.fact("cache", || "`only-if-cached`, and nothing is stored");
        response = Some(gateway_timeout());
    }
    let range_requested = http_request.header_list.contains(b"Range");
    if params.controller.is_canceled() {
        restore(&mut params.request, original);
        /// 9. It was canceled meanwhile, during a preflight or a prompt.
        return params.appropriate_network_error();
    }
    /// 11. Without a response from the cache, ask the network.
    let response = match response {
        Some(response) => response,
        None => {
            if params.request.cache_mode == CacheMode::OnlyIfCached {
                restore(&mut params.request, original);
                /// 11.1. Nothing is cached, and nothing else will do.
                return NetworkError::new(BlockReason::NotCached, here!()).into();
            }
            let request_time = params.host.now();
            /// 11.2. Send it.
            let forward_response = http_network_fetch(params, include_credentials, options).await;
            let times = Times {
                request: request_time,
                response: params.host.now(),
            };
            let validated = stored_response.filter(|_| revalidating == Revalidating::Yes);
            update_the_cache(
                params,
                forward_response,
                http_cache.as_ref(),
                validated,
                times,
            )
        }
    };
    restore(&mut params.request, original);
    let Response::Actual(mut actual) = response else {
        return response;
    };
    // Nobody sees the response of a redirect that is followed; of its URLs only the last is asked for, as the base of the
    // next. (What an embedder policy blocks, an opaque one only, is reported by the first.)
    let urls = &params.request.url_list;
    let is_followed = params.request.redirect_mode == RedirectMode::Follow
        && params.request.response_tainting != ResponseTainting::Opaque
        && is_redirect_status(actual.internal.status)
        && actual.internal.header_list.contains(b"Location")
        && params
            .user_agent
            .choices
            .departures
            .is_a_redirect(&actual.internal);
    let seen = if is_followed {
        urls.len().saturating_sub(1)
    } else {
        0
    };
    /// 12. Its URL is the one that was fetched.
    actual.internal.url_list = urls.get(seen..).unwrap_or_default().to_vec();
    let internal = &mut actual.internal;
    if range_requested {
        /// 13. Remember that a part was asked for.
        internal.range_requested = true;
    }
    /// 14. Remember whether credentials went along.
    internal.request_includes_credentials = include_credentials;

    let request = &mut params.request;
    /// 15. Does the server ask for a password, and can the user be asked?
    if internal.status == 401
        && request.response_tainting != ResponseTainting::Cors
        && include_credentials
        && let TraversableForUserPrompts::Traversable(_) = request.traversable_for_user_prompts
        && let Challenged::Unmodelled { .. } = challenged(&internal.header_list)
    {
        /// 15.3.2. A browser would ask the user, and answer in a way that is not modelled.
        let what = "HTTP authentication with Digest, Negotiate or NTLM";
        return NetworkError::new(BlockReason::Unmodelled { what }, here!()).into();
    }
    if internal.status == 401
        && request.response_tainting != ResponseTainting::Cors
        && include_credentials
        && let TraversableForUserPrompts::Traversable(traversable) =
            request.traversable_for_user_prompts
        && let Some(realm) = basic_realm(&internal.header_list)
    {
        let has_stream = request
            .body
            .as_ref()
            .is_some_and(|body| body.source == BodySource::Null);
        /// 15.2. The body must be sent again.
        if has_stream {
            /// 15.2.1. A stream cannot be sent twice.
            return NetworkError::new(BlockReason::BodyNotReplayable, here!()).into();
        }
        let url = request.current_url();
        let url_includes_credentials = includes_credentials(url);
        let mut was_prompted = false;
        // SPEC: a request that takes its credentials from the URL (every navigation does) would be sent a second time
        // before anybody is asked, although the URL has none and the request would be the same. As in browsers, the user
        // is asked at once.
        /// 15.3. What the URL carries was not asked for yet, or was not right.
        if !request.use_url_credentials
            || options.is_authentication_fetch
            || !url_includes_credentials
        {
            if params.controller.is_canceled() {
                /// 15.3.1. A canceled fetch goes no further.
                return params.appropriate_network_error();
            }
            let url = request.current_url().clone();
            // NB: nobody is asked for ever; the answer is then the 401.
            let answer = if options.prompts < MOST_PROMPTS {
                /// 15.3.2. Ask the user for a name and a password.
                params
                    .host
                    .prompt_for_credentials(traversable, &url, &realm)
                    .await
            } else {
                None
            };
            let Some((username, password)) = answer else {
                // NB: a user who declines sees the 401 itself; the standard leaves this case open.
                return Response::Actual(actual);
            };
            was_prompted = true;
            let current_url = params.request.current_url_mut();
            /// 15.3.3. The URL carries them from now on. (An http(s) URL with a host accepts both.)
            let _ = current_url.set_username(&username);
            /// 15.3.4. The password as well.
            let _ = current_url.set_password(Some(&password));
        }
        let again = NetworkOrCacheFetch {
            is_authentication_fetch: true,
            prompts: options.prompts.saturating_add(1),
            ..options
        };
        /// 15.4. Send the request again.
        let mut response = Box::pin(http_network_or_cache_fetch(params, again)).await;
        let accepted = response
            .internal()
            .is_some_and(|internal| internal.status != 401);
        // Where the second answer asked again, for another realm perhaps, that password was remembered there.
        if accepted && includes_credentials(params.request.current_url()) {
            /// 18. Remember the password for this realm.
            params
                .user_agent
                .authentication_entries
                .borrow_mut()
                .create(params.request.current_url(), &realm);
        }
        if was_prompted {
            // SPEC: as written, what the user has typed stays in the URL, and becomes the document's or the response's.
            // No browser shows it there.
            forget_credentials(params.request.current_url_mut());
            if let Some(internal) = response.internal_mut() {
                internal.url_list.iter_mut().for_each(forget_credentials);
            }
        }
        return response;
    }
    /// 16. Does a proxy ask for a password?
    if internal.status == 407 {
        let TraversableForUserPrompts::Traversable(traversable) =
            request.traversable_for_user_prompts
        else {
            /// 16.1. Nobody can be asked.
            return NetworkError::new(BlockReason::ProxyAuthentication, here!()).into();
        };
        if params.controller.is_canceled() {
            /// 16.3. A canceled fetch goes no further.
            return params.appropriate_network_error();
        }
        let header_list = internal.header_list.clone();
        /// 16.4. Ask the user for the proxy's password, and remember it.
        if !ask_for_the_proxy(params, traversable, &header_list, options.prompts).await {
            // NB: what a proxy says is not shown to anybody, and a server that is none has no business to ask.
            return NetworkError::new(BlockReason::ProxyAuthentication, here!()).into();
        }
        let again = NetworkOrCacheFetch {
            prompts: options.prompts.saturating_add(1),
            ..options
        };
        /// 16.5. Once more.
        return Box::pin(http_network_or_cache_fetch(params, again)).await;
    }
    let replayable = params
        .request
        .body
        .as_ref()
        .is_none_or(|body| body.source != BodySource::Null);
    /// 17. Was this the wrong server for the request?
    if internal.status == 421 && !options.is_new_connection_fetch && replayable {
        if params.controller.is_canceled() {
            /// 17.1. A canceled fetch goes no further.
            return params.appropriate_network_error();
        }
        let again = NetworkOrCacheFetch {
            is_new_connection_fetch: true,
            ..options
        };
        /// 17.2. The connection led to the wrong server: once more over a new one.
        return Box::pin(http_network_or_cache_fetch(params, again)).await;
    }
    /// 19. That is the response.
    Response::Actual(actual)
}

/// How many bytes of keepalive requests may be under way for one environment: 64 KiB.
const KEEPALIVE_LIMIT: u64 = 64 << 10;

/// How often the user is asked for a password during one fetch.
const MOST_PROMPTS: u8 = 16;

/// The `Proxy-Authorization` value for a request that goes to a proxy as it is: over plain HTTP. (To a tunnel the value is
/// told when it is opened.)
fn proxy_authorization<H: Host>(url: &Url, user_agent: &UserAgent, host: &H) -> Option<Bytes> {
    let entries = user_agent.authentication_entries.borrow();
    if url.scheme() != "http" || !entries.knows_a_proxy() {
        return None;
    }
    entries.proxy_authorization_for(host.find_proxies(url).first()?)
}

/// Asks the user for the password of the proxy that has answered, and remembers it; says whether there is one.
///
/// MODEL: of several proxies it is taken for the first; only the scheme `Basic` is answered.
async fn ask_for_the_proxy<H: Host>(
    params: &FetchParams<'_, H>,
    traversable: u64,
    header_list: &HeaderList,
    prompts: u8,
) -> bool {
    let proxies = params.host.find_proxies(params.request.current_url());
    let proxy = proxies
        .into_iter()
        .find(|proxy| matches!(proxy, Proxy::Http { .. }));
    let (Some(proxy), Challenged::Basic { realm }) = (proxy, challenged_by_proxy(header_list))
    else {
        return false;
    };
    if prompts >= MOST_PROMPTS {
        return false;
    }
    let answer = params
        .host
        .prompt_for_proxy_credentials(traversable, &proxy, &realm)
        .await;
    let Some((username, password)) = answer else {
        return false;
    };
    params
        .user_agent
        .authentication_entries
        .borrow_mut()
        .create_for_proxy(proxy, &username, &password);
    true
}

/// Takes back what was added to a request for the wire.
fn restore(request: &mut Request, (length, cache_mode): (usize, CacheMode)) {
    request.header_list.truncate(length);
    request.cache_mode = cache_mode;
}

/// <https://url.spec.whatwg.org/#include-credentials>
fn includes_credentials(url: &Url) -> bool {
    !url.username().is_empty() || url.password().is_some()
}

/// A URL without user name and password. (One without a host has neither, so nothing is left undone.)
fn forget_credentials(url: &mut Url) {
    let _ = url.set_username("");
    let _ = url.set_password(None);
}

/// Whether a stored response is being validated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Revalidating {
    No,
    Yes,
}

/// Whether a stored response may be the answer at all (steps 8.26 and 8.26.1): to a safe request that asks for the whole.
///
/// NB: a request that carries the password that was just asked for goes to whoever has asked.
fn may_be_answered_from_the_cache(request: &Request, options: NetworkOrCacheFetch) -> bool {
    let cache_mode = request.cache_mode;
    !matches!(cache_mode, CacheMode::NoStore | CacheMode::Reload)
        && matches!(&request.method[..], b"GET" | b"HEAD")
        && !request.header_list.contains(b"Range")
        && !options.is_authentication_fetch
}

/// Whether a stored response may be used for a request.
///
/// SPEC: the cache mode "no-cache" is meant to validate whatever is stored; the text leaves it to the `Cache-Control` header
/// of step 8.17, which is not added where the page has set one itself.
fn freshness_for(stored: &StoredResponse, request: &Request, now: Timestamp) -> Freshness {
    match request.cache_mode {
        CacheMode::NoCache => Freshness::Stale,
        CacheMode::Default
        | CacheMode::NoStore
        | CacheMode::Reload
        | CacheMode::ForceCache
        | CacheMode::OnlyIfCached => stored.freshness(&request.header_list, now),
    }
}

/// Whether the request's own headers forbid to ask the server.
fn only_the_cache_may_answer(list: &HeaderList) -> bool {
    list.contains(b"Cache-Control") && RequestDirectives::of(list).only_if_cached
}

/// The answer of a cache that was not allowed to ask. <https://httpwg.org/specs/rfc9111.html#cache-request-directive.only-if-cached>
fn gateway_timeout() -> Response {
    let mut response = InternalResponse::new();
    response.status = 504;
    response.status_message = Bytes::from_static(b"Gateway Timeout");
    response.into()
}

/// A stored response as if it had just come.
fn from_the_cache(stored: &StoredResponse, cache_state: CacheState) -> Response {
    let mut response = InternalResponse::new();
    response.status = stored.status();
    response.status_message = stored.status_message().clone();
    response.header_list = match cache_state {
        CacheState::Validated => stored.header_list().clone(),
        CacheState::None | CacheState::Local => stored.header_list_without_validation(),
    };
    response.body = stored.body().cloned().map(Body::from_bytes);
    response.cache_state = cache_state;
    response.into()
}

/// Invalidates, freshens and stores as the answer from the network demands; gives the response to go on with.
#[algorithm("concept-http-network-or-cache-fetch", trace = params.trace)]
fn update_the_cache<H: Host>(
    params: &FetchParams<'_, H>,
    forward_response: Response,
    partition: Option<&Rc<NetworkPartitionKey>>,
    validated: Option<Rc<StoredResponse>>,
    times: Times,
) -> Response {
    let (Some(partition), Response::Actual(actual)) = (partition, &forward_response) else {
        // NB: a network error is not stored ("negative caching" is left to the user agent).
        return forward_response;
    };
    let http_request = &params.request;
    let (url, list) = (http_request.current_url(), &http_request.header_list);
    let internal = &actual.internal;
    let mut cache = params.user_agent.http_cache.borrow_mut();
    if is_unsafe_method(&http_request.method) && matches!(internal.status, 200..=399) {
        /// 11.3. What was stored may no longer be true.
        cache.invalidate(partition, url, &internal.header_list);
    }
    /// 11.4. The server may say that what is stored is still good.
    if let Some(stored) = &validated
        && internal.status == 304
    {
        /// 11.4.1. It is still good,
        let stored = cache.freshen(partition, url, stored, &internal.header_list, times);
        /// 11.4.2. and is the response,
        let validated = from_the_cache(&stored, CacheState::Validated);
        /// 11.4.3. with the server's word for it.
        return validated;
    }
    /// 11.5. Otherwise what came is the response.
    if &http_request.method[..] == b"HEAD" && internal.status == 200 {
        cache.update_by_head(partition, url, list, &internal.header_list, times);
    }
    // SPEC: the text stores whatever the cache mode is; "no-store" is there to behave as if there were no cache.
    if &http_request.method[..] == b"GET" && http_request.cache_mode != CacheMode::NoStore {
        let body = internal.body.as_ref().map(|body| body.stream.as_whole());
        let stored = StoredResponse::new(
            list,
            internal.status,
            internal.status_message.clone(),
            &internal.header_list,
            body.flatten().cloned(),
            times,
        );
        let limits = &params.user_agent.choices.http_cache_limits;
        let is_validated_by_another = validated.filter(|_| internal.status < 500);
        match (stored, body) {
            (Some(stored), Some(None)) => {
                let place = Place {
                    cache: Rc::clone(&params.user_agent.http_cache),
                    partition: Rc::clone(partition),
                    url: url.clone(),
                    request: list.clone(),
                    limits: *limits,
                };
                drop(cache);
                /// 11.5.2. Store it when all of its body is there.
                return stored_later(forward_response, place, stored);
            }
            (Some(stored), None | Some(Some(_))) => {
                drop(is_validated_by_another);
                /// 11.5.2. Store it, if HTTP lets it be stored.
                cache.store(partition, url, list, stored, limits);
            }
            (None, _) => {
                if let Some(stored) = is_validated_by_another {
                    // What was asked about is not what the server has now.
                    cache.discard(partition, url, &stored);
                }
            }
        }
    }
    drop(cache);
    /// 11.5.1. It is the response.
    forward_response
}

/// The response, to be stored when somebody has read all of its body.
fn stored_later(mut response: Response, place: Place, stored: StoredResponse) -> Response {
    let body = response
        .internal_mut()
        .and_then(|internal| internal.body.as_mut());
    if let Some(body) = body {
        let stream = std::mem::take(&mut body.stream);
        body.stream = store_when_complete(stream, place, stored);
    }
    response
}

/// Whether the page itself made the request conditional.
fn is_conditional(request: &Request) -> bool {
    const CONDITIONS: [&[u8]; 5] = [
        b"If-Modified-Since",
        b"If-None-Match",
        b"If-Unmodified-Since",
        b"If-Match",
        b"If-Range",
    ];
    CONDITIONS
        .iter()
        .any(|name| request.header_list.contains(name))
}

/// Whether the embedder policy lets credentials go along.
#[algorithm("cross-origin-embedder-policy-allows-credentials", untraced)]
fn cross_origin_embedder_policy_allows_credentials(request: &Request) -> bool {
    /// 1. The origin is known by now.
    let origin = request.origin();
    if request.mode != Mode::NoCors {
        /// 2. Only "no-cors" is concerned.
        return true;
    }
    /// 3. Without a client there is no embedder.
    let Some(client) = &request.client else {
        return true;
    };
    if client.policy_container.borrow().embedder_policy.value != EmbedderPolicyValue::Credentialless
    {
        /// 4. Only "credentialless" forbids anything.
        return true;
    }
    // SPEC: the pinned text asks that the redirect-taint is *not* "same-origin" here. Before the taint became a
    // three-valued thing, it asked for a request *without* a tainted origin; the negation was lost, and is kept here.
    if origin.is_same_origin_with_url(request.current_url())
        && redirect_taint(request) == RedirectTaint::SameOrigin
    {
        /// 5. The own origin gets them.
        return true;
    }
    /// 6. Nobody else does.
    false
}
