//! Main fetch and fetch response handover.
//!
//! <https://fetch.spec.whatwg.org/#main-fetch>

use std::rc::Rc;

use bytes::Bytes;
use crossexam_web::header_value::{extract_header_list_values, get_decode_and_split};
use crossexam_web::method::is_cors_safelisted_method;
use crossexam_web::{Step, Trace, algorithm};
use url::Url;

use crate::body::{Body, BodyError, Transform};
use crate::content_security_policy::{
    report_content_security_policy_violations_for_request,
    should_request_be_blocked_by_content_security_policy,
    should_response_to_request_be_blocked_by_content_security_policy,
};
use crate::departures::unsafe_header_names;
use crate::failure::{BlockReason, NetworkError};
use crate::fetch_params::{FetchController, FetchParams};
use crate::host::Host;
use crate::hsts::is_upgraded;
use crate::http_fetch::MakeCorsPreflight;
use crate::integrity::{IntegrityMatch, do_bytes_match_metadata_list};
use crate::integrity_policy::should_request_be_blocked_by_integrity_policy;
use crate::mixed_content::{
    should_fetching_request_be_blocked_as_mixed_content,
    should_response_to_request_be_blocked_as_mixed_content, upgrade_a_mixed_content_request,
};
use crate::origin_header::redirect_taint;
use crate::override_fetch::{FetchType, override_fetch};
use crate::port_blocking::{PortBlocking, should_be_blocked_due_to_a_bad_port};
use crate::referrer_policy::determine_requests_referrer;
use crate::request::{CredentialsMode, Mode, RedirectMode, Referrer, Request, ResponseTainting};
use crate::response::{Filter, Response, is_null_body_status, is_range_status};
use crate::response_blocking::{
    should_response_to_request_be_blocked_due_to_its_mime_type,
    should_response_to_request_be_blocked_due_to_nosniff,
};
use crate::upgrade_insecure_requests::upgrade_request_to_a_potentially_trustworthy_url_if_appropriate;
use crate::user_agent::UserAgent;

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
    if request.local_urls_only && !is_local(request.current_url()) {
        /// 3. A request for local URLs only stays local.
        response = Some(NetworkError::new(BlockReason::NotLocalUrl, here!()).into());
    }
    let user_agent = params.user_agent;
    /// 4. Policies that only report are asked.
    report_content_security_policy_violations_for_request(request, user_agent);
    /// 5. A page may want everything over HTTPS.
    upgrade_request_to_a_potentially_trustworthy_url_if_appropriate(request, user_agent, trace);
    /// 6. An image, audio or video on a secure page is asked for over HTTPS.
    upgrade_a_mixed_content_request(request, trace);
    /// 7. Blocked ports, mixed content and what a policy forbids go no further.
    if let Some(reason) = must_not_be_fetched(request, user_agent, trace) {
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
        request.referrer =
            determine_requests_referrer(request, params.user_agent.choices.departures, trace);
    }
    let url = request.current_url_mut();
    if user_agent.choices.hsts
        && is_upgraded(url, &user_agent.hsts.borrow(), params.host.now())
        && url.set_scheme("https").is_ok()
    {
        /// 10. The host has asked for HTTPS once and for all.
        trace.fact("Strict-Transport-Security", || "upgraded to https");
    }
    // 11. This is an async function: whoever calls it may do something else meanwhile.
    let mut response = match response {
        Some(response) => response,
        /// 12. Take the way that fits the request.
        None => fetch_by_mode(params).await,
    };
    if recursive == Recursive::Yes {
        /// 13. A redirect's response is finished by the run that began.
        return response;
    }

    let request = &mut params.request;
    /// 14. A response that nobody has filtered yet
    if let Response::Actual(actual) = &mut response
        && actual.filter == Filter::None
    {
        let internal = &mut actual.internal;
        /// 14.1. shows a foreign page some headers, if CORS says so.
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
        if request.is_navigation() {
            /// 18. What the redirects have said of a navigation's timing goes along.
            internal
                .navigation_timing_allow_values
                .clone_from(&request.navigation_timing_allow_values);
        }
        if !request.timing_allow_failed {
            /// 19. Timing may be seen if no TAO check failed on the way.
            internal.timing_allow_passed = true;
        }
    }
    /// 20. Some responses are not for this destination.
    if let Some(reason) = must_not_be_seen(&response, &params.request, params.user_agent, trace) {
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
            let departures = params.user_agent.choices.departures;
            let is_kept = if is_null_body_status(internal.status) {
                departures.null_body_statuses_have_a_body
            } else {
                departures.head_responses_have_a_body
            };
            internal.body = is_kept.then(|| Body::from_bytes(Bytes::new()));
        }
    }
    if !request.integrity_metadata.is_empty() && !response.is_network_error() {
        /// 23. Integrity metadata needs a body that may be seen
        let Some(body) = response.body_mut() else {
            /// 23.2. and is there,
            let error = NetworkError::new(BlockReason::IntegrityMismatch, here!());
            /// 23.1. otherwise the page gets a network error.
            return fetch_response_handover(params, error.into());
        };
        /// 23.4. read as a whole,
        let read = params.controller.unless_canceled(body.fully_read()).await;
        let bytes = read.ok().and_then(Result::ok);
        let metadata = &params.request.integrity_metadata;
        /// 23.3. and that matches it.
        let matching = bytes.filter(|bytes| {
            do_bytes_match_metadata_list(bytes, metadata) == IntegrityMatch::Matches
        });
        let Some(bytes) = matching else {
            /// 23.3.1. Other bytes are not handed out.
            let error = NetworkError::new(BlockReason::IntegrityMismatch, here!());
            return fetch_response_handover(params, error.into());
        };
        /// 23.3.2. The bytes are the body again.
        *body = Body::from_bytes(bytes);
        /// 23.3.3. Hand the response over.
        return fetch_response_handover(params, response);
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
        return override_fetch(FetchType::SchemeFetch, params).await;
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
            return override_fetch(FetchType::SchemeFetch, params).await;
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
                || !unsafe_header_names(request, &params.user_agent.choices).is_empty()))
    {
        /// 12.1. CORS, and the method or a header is not safelisted:
        request.response_tainting = ResponseTainting::Cors;
        /// 12.2. ask for permission first.
        let response = override_fetch(FetchType::HttpFetch(MakeCorsPreflight::Yes), params).await;
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
    override_fetch(FetchType::HttpFetch(MakeCorsPreflight::No), params).await
}

/// Whether a URL is local. <https://fetch.spec.whatwg.org/#is-local>
pub(crate) fn is_local(url: &Url) -> bool {
    matches!(url.scheme(), "about" | "blob" | "data")
}

/// Why a request must not be fetched at all (step 7).
fn must_not_be_fetched(
    request: &Request,
    user_agent: &UserAgent,
    trace: &Trace,
) -> Option<BlockReason> {
    if let PortBlocking::Blocked { port } = should_be_blocked_due_to_a_bad_port(request) {
        return Some(BlockReason::BadPort { port });
    }
    should_fetching_request_be_blocked_as_mixed_content(request, trace)
        .or_else(|| {
            should_request_be_blocked_by_content_security_policy(request, user_agent, trace)
        })
        .or_else(|| should_request_be_blocked_by_integrity_policy(request, user_agent, trace))
}

/// Why a response must not be seen by whoever asked for it (step 20).
fn must_not_be_seen(
    response: &Response,
    request: &Request,
    user_agent: &UserAgent,
    trace: &Trace,
) -> Option<BlockReason> {
    let internal = response.internal()?;
    should_response_to_request_be_blocked_as_mixed_content(request, internal, trace)
        .or_else(|| {
            should_response_to_request_be_blocked_by_content_security_policy(
                internal, request, user_agent, trace,
            )
        })
        .or_else(|| {
            should_response_to_request_be_blocked_due_to_its_mime_type(internal, request, trace)
        })
        .or_else(|| should_response_to_request_be_blocked_due_to_nosniff(internal, request, trace))
}

/// Hands the response to whoever called fetch.
///
/// The caller is an async function: the tasks that the standard queues for it are its continuation. It runs the report
/// timing steps (4.2) itself, once the body has ended: see [`ReportTimingSteps`](crate::fetch_timing::ReportTimingSteps).
#[algorithm("fetch-finale", trace = params.trace)]
fn fetch_response_handover<H: Host>(
    params: &mut FetchParams<'_, H>,
    mut response: Response,
) -> Response {
    /// 1. The times are filled in.
    let timing_info = &mut params.timing_info;
    if let Some(internal) = response.internal()
        && params
            .request
            .client
            .as_ref()
            .is_some_and(|client| client.secure_context)
        && internal.header_list.contains(b"Server-Timing")
    {
        /// 2. What the server says of its times is for secure contexts.
        timing_info.server_timing_headers =
            get_decode_and_split(&internal.header_list, b"Server-Timing").map(Rc::new);
    }
    // 3. NB: `Fetched::timing_info` is the full timing info, for a navigation as for everybody.
    let controller = params.controller;
    /// 6. Look behind the filter.
    let internal_response = response.internal_mut();
    // 7. MODEL: nobody listens with WebDriver BiDi.
    match internal_response.and_then(|internal| internal.body.as_mut()) {
        /// 8. Without a body this is the end.
        None => controller.set_done(),
        /// 9. Otherwise the end is where the body ends.
        Some(body) => match body.stream.as_whole() {
            /// 4.3.1. What is there as a whole has ended,
            Some(_) => controller.set_done(),
            None => {
                /// 9.1. and what comes in pieces ends behind the last of them,
                let end_of_body = EndOfBody(controller.clone());
                /// 9.4. which is noticed on its way to the reader.
                let stream = std::mem::take(&mut body.stream);
                body.stream = stream.through(end_of_body);
            }
        },
    }
    // 10. NB: a caller that wants all of the body reads all of it.
    /// 5. The caller gets the response.
    response
}

/// Notices the end of a body: the request is done.
struct EndOfBody(FetchController);

impl Transform for EndOfBody {
    fn chunk(&mut self, chunk: Bytes) -> Result<Bytes, BodyError> {
        Ok(chunk)
    }

    fn finish(&mut self) -> Result<Bytes, BodyError> {
        self.0.set_done();
        Ok(Bytes::new())
    }
}

/// The step a caller may name as the one that let a response through.
pub(crate) fn remember_passed<H>(params: &mut FetchParams<'_, H>, step: &'static Step) {
    params.passed = Some(step);
}
