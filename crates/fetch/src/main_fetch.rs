//! Main fetch and fetch response handover.
//!
//! <https://fetch.spec.whatwg.org/#main-fetch>

use crossexam_web::header_value::extract_header_list_values;
use crossexam_web::method::is_cors_safelisted_method;
use crossexam_web::safelist::cors_unsafe_request_header_names;
use crossexam_web::{Step, Trace, algorithm};

use crate::body::Body;
use crate::failure::{BlockReason, NetworkError};
use crate::fetch_params::FetchParams;
use crate::host::Host;
use crate::http_fetch::{MakeCorsPreflight, http_fetch};
use crate::integrity::bytes_match_metadata;
use crate::mixed_content::{
    should_fetching_request_be_blocked_as_mixed_content,
    should_response_to_request_be_blocked_as_mixed_content, upgrade_a_mixed_content_request,
};
use crate::origin_header::redirect_taint;
use crate::port_blocking::{PortBlocking, should_be_blocked_due_to_a_bad_port};
use crate::referrer_policy::determine_requests_referrer;
use crate::request::{CredentialsMode, Mode, RedirectMode, Referrer, Request, ResponseTainting};
use crate::response::{Filter, Response, is_null_body_status, is_range_status};
use crate::response_blocking::{
    should_response_to_request_be_blocked_due_to_its_mime_type,
    should_response_to_request_be_blocked_due_to_nosniff,
};
use crate::scheme_fetch::scheme_fetch;

/// Whether main fetch is run again for a redirect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Recursive {
    /// It is the first run.
    No,
    /// A redirect is being followed.
    Yes,
}

/// Decides how a request may be fetched at all, and how much of the response its origin may see.
#[algorithm("concept-main-fetch", trace = params.trace)]
pub(crate) async fn main_fetch<H: Host>(
    params: &mut FetchParams<'_, H>,
    recursive: Recursive,
) -> Response {
    let trace = params.trace;
    /// 1. Take the request.
    let request = &mut params.request;
    /// 2. There is no response yet.
    let mut response: Option<Response> = None;
    if request.local_urls_only && !is_local(request) {
        /// 3. A request for local URLs only stays local.
        response = Some(NetworkError::new(BlockReason::NotLocalUrl, here!()).into());
    }
    // 4. and 5. MODEL: Content Security Policy and Upgrade-Insecure-Requests have their place here.
    /// 6. An image, audio or video on a secure page is asked for over HTTPS.
    upgrade_a_mixed_content_request(request, trace);
    // 7. MODEL: Content Security Policy and Integrity Policy have their place here.
    /// 7. Blocked ports and mixed content go no further.
    if let Some(reason) = must_not_be_fetched(request, trace) {
        response = Some(NetworkError::new(reason, here!()).into());
    }
    if request.referrer_policy.is_none() {
        let policy = request
            .policy_container
            .as_ref()
            .map(|container| container.referrer_policy);
        /// 8. Without a referrer policy of its own, the request has its policy container's.
        request.referrer_policy = Some(policy.unwrap_or_default());
    }
    if request.referrer != Referrer::NoReferrer {
        /// 9. Work out what the server may learn of where the request comes from.
        request.referrer = determine_requests_referrer(request, trace);
    }
    // 10. MODEL: HSTS has its place here. 11. Nothing else runs meanwhile: this is an async function.
    if response.is_none() {
        /// 12. Take the way that fits the request.
        response = Some(fetch_by_mode(params).await);
    }
    let mut response = response.unwrap_or_else(|| params.appropriate_network_error());
    if recursive == Recursive::Yes {
        /// 13. A redirect's response is finished by the run that began.
        return response;
    }

    let request = &mut params.request;
    if let Response::Actual(actual) = &mut response
        && actual.filter == Filter::None
    {
        let internal = &mut actual.internal;
        if request.response_tainting == ResponseTainting::Cors {
            /// 14.1.1. Which headers does the server expose?
            let header_names =
                extract_header_list_values(b"Access-Control-Expose-Headers", &internal.header_list);
            match header_names {
                Ok(Some(names))
                    if request.credentials_mode != CredentialsMode::Include
                        && names.iter().any(|name| &name[..] == b"*") =>
                {
                    /// 14.1.2. `*` exposes all of them to a request without credentials.
                    internal.cors_exposed_header_names = internal
                        .header_list
                        .iter()
                        .map(|header| header.name.clone())
                        .collect();
                }
                Ok(Some(names)) => {
                    /// 14.1.3. Otherwise just those that are named.
                    internal.cors_exposed_header_names = names;
                }
                // SPEC: the standard sets the list to failure here; that exposes nothing.
                Ok(None) | Err(_) => {}
            }
        }
        /// 14.2. From here on the response is seen through the filter that fits its tainting.
        actual.filter = match request.response_tainting {
            ResponseTainting::Basic => Filter::Basic,
            ResponseTainting::Cors => Filter::Cors,
            ResponseTainting::Opaque => Filter::Opaque,
        };
        trace.fact("response tainting", || request.response_tainting.as_str());
    }
    /// 15. Look behind the filter.
    if let Some(internal) = response.internal_mut() {
        if internal.url_list.is_empty() {
            /// 16. A response from no network has the request's URLs.
            internal.url_list = request.url_list.to_vec();
        }
        /// 17. Remember how far the redirects strayed.
        internal.redirect_taint = redirect_taint(request);
        // 18. MODEL: navigation timing allow values are not kept: navigation timing is not modelled.
        if !request.timing_allow_failed {
            /// 19. Timing may be seen if no TAO check failed on the way.
            internal.timing_allow_passed = true;
        }
    }
    /// 20. Some responses are not for this destination.
    if let Some(reason) = must_not_be_seen(&response, &params.request, trace) {
        response = NetworkError::new(reason, here!()).into();
    }
    let request = &mut params.request;
    if let Response::Actual(actual) = &mut response {
        let internal = &mut actual.internal;
        if actual.filter == Filter::Opaque
            && is_range_status(internal.status)
            && internal.range_requested
            && !request.header_list.contains(b"Range")
        {
            /// 21. An opaque partial response only for those who asked for a range.
            return NetworkError::new(BlockReason::UnexpectedRange, here!()).into();
        }
        if matches!(&request.method[..], b"HEAD" | b"CONNECT")
            || is_null_body_status(internal.status)
        {
            /// 22. Some responses have no body, whatever the server sent.
            internal.body = None;
        }
    }
    if !request.integrity_metadata.is_empty() && !response.is_network_error() {
        /// 23.2. Integrity metadata needs a body that may be seen
        let Some(body) = response.body_mut() else {
            return NetworkError::new(BlockReason::IntegrityMismatch, here!()).into();
        };
        let read = params.controller.unless_canceled(body.fully_read()).await;
        let Ok(Ok(bytes)) = read else {
            return NetworkError::new(BlockReason::IntegrityMismatch, here!()).into();
        };
        if !bytes_match_metadata(&bytes, &params.request.integrity_metadata) {
            /// 23.3.1. and that matches it.
            return NetworkError::new(BlockReason::IntegrityMismatch, here!()).into();
        }
        /// 23.3.2. The bytes are the body again.
        *body = Body::from_bytes(bytes);
    }
    /// 24. Hand the response over.
    fetch_response_handover(params, response)
}

/// Step 12: the first statement that fits.
#[algorithm("concept-main-fetch", trace = params.trace)]
async fn fetch_by_mode<H: Host>(params: &mut FetchParams<'_, H>) -> Response {
    let trace = params.trace;
    let request = &mut params.request;
    let current_url = request.current_url();
    let is_same_origin = request.origin().is_same_origin_with_url(current_url);
    if (is_same_origin && request.response_tainting == ResponseTainting::Basic)
        || current_url.scheme() == "data"
        || matches!(
            request.mode,
            Mode::Navigate | Mode::WebSocket | Mode::WebTransport
        )
    {
        trace.fact("way", || match request.mode {
            Mode::Navigate | Mode::WebSocket | Mode::WebTransport => {
                "the mode is not subject to CORS"
            }
            _ if is_same_origin => "same origin",
            _ => "data: URL",
        });
        /// 12.1. The request's own origin, a `data:` URL or a navigation: nothing is hidden.
        request.response_tainting = ResponseTainting::Basic;
        /// 12.2. Fetch by scheme.
        return scheme_fetch(params).await;
    }
    match request.mode {
        /// 12. "same-origin": another origin is out of the question.
        Mode::SameOrigin => {
            let url = current_url.clone();
            return NetworkError::new(BlockReason::NotSameOrigin { url }, here!()).into();
        }
        Mode::NoCors => {
            if request.redirect_mode != RedirectMode::Follow {
                /// 12.1. "no-cors" must follow redirects.
                return NetworkError::new(BlockReason::NoCorsRedirectMode, here!()).into();
            }
            /// 12.2. "no-cors": the page will see nothing of it.
            request.response_tainting = ResponseTainting::Opaque;
            /// 12.3. Fetch by scheme.
            return scheme_fetch(params).await;
        }
        Mode::Cors | Mode::Navigate | Mode::WebSocket | Mode::WebTransport => {}
    }
    if !matches!(current_url.scheme(), "http" | "https") {
        let scheme = current_url.scheme().to_owned();
        /// 12. CORS needs HTTP.
        let step = here!();
        return NetworkError::new(BlockReason::NotHttpScheme { scheme }, step).into();
    }
    if request.use_cors_preflight
        || (request.unsafe_request
            && (!is_cors_safelisted_method(&request.method)
                || !cors_unsafe_request_header_names(&request.header_list).is_empty()))
    {
        /// 12.1. CORS, and the method or a header is not safelisted:
        request.response_tainting = ResponseTainting::Cors;
        /// 12.2. ask for permission first.
        let response = http_fetch(params, MakeCorsPreflight::Yes).await;
        if response.is_network_error() {
            /// 12.3. What was remembered of permissions here is void.
            params
                .user_agent
                .preflight_cache
                .borrow_mut()
                .clear_cache_entries(&params.request);
        }
        /// 12.4. That is the response.
        return response;
    }
    /// 12.1. CORS with a safelisted method and headers:
    request.response_tainting = ResponseTainting::Cors;
    /// 12.2. the request goes out at once.
    http_fetch(params, MakeCorsPreflight::No).await
}

/// Whether a URL is local. <https://fetch.spec.whatwg.org/#is-local>
fn is_local(request: &Request) -> bool {
    matches!(request.current_url().scheme(), "about" | "blob" | "data")
}

/// Why a request must not be fetched at all (step 7).
fn must_not_be_fetched(request: &Request, trace: &Trace) -> Option<BlockReason> {
    if let PortBlocking::Blocked { port } = should_be_blocked_due_to_a_bad_port(request) {
        return Some(BlockReason::BadPort { port });
    }
    should_fetching_request_be_blocked_as_mixed_content(request, trace)
}

/// Why a response must not be seen by whoever asked for it (step 20).
fn must_not_be_seen(response: &Response, request: &Request, trace: &Trace) -> Option<BlockReason> {
    let internal = response.internal()?;
    should_response_to_request_be_blocked_as_mixed_content(request, internal, trace)
        .or_else(|| {
            should_response_to_request_be_blocked_due_to_its_mime_type(internal, request, trace)
        })
        .or_else(|| should_response_to_request_be_blocked_due_to_nosniff(internal, request, trace))
}

/// Hands the response to whoever called fetch.
///
/// MODEL: the caller is an async function; the tasks that the standard queues here are its continuation. Timing is
/// not reported.
#[algorithm("fetch-finale", trace = params.trace)]
fn fetch_response_handover<H: Host>(
    params: &mut FetchParams<'_, H>,
    response: Response,
) -> Response {
    /// 5. The caller gets the response.
    response
}

/// The step a caller may name as the one that let a response through.
pub(crate) fn remember_passed<H>(params: &mut FetchParams<'_, H>, step: &'static Step) {
    params.passed = Some(step);
}
