//! HTTP fetch.
//!
//! <https://fetch.spec.whatwg.org/#http-fetch>

use crossexam_web::algorithm;
use crossexam_web::method::is_cors_safelisted_method;

use crate::cors_check::{CorsCheckSuccess, cors_check};
use crate::cors_preflight_fetch::cors_preflight_fetch;
use crate::cross_origin_resource_policy::{Corp, cross_origin_resource_policy_check};
use crate::departures::unsafe_header_names;
use crate::failure::{BlockReason, NetworkError};
use crate::fetch_params::FetchParams;
use crate::host::Host;
use crate::http_network_or_cache_fetch::{NetworkOrCacheFetch, http_network_or_cache_fetch};
use crate::http_redirect_fetch::http_redirect_fetch;
use crate::main_fetch::remember_passed;
use crate::opaque_response_blocking::should_opaque_response_be_blocked;
use crate::request::{Mode, RedirectMode, ResponseTainting, ServiceWorkersMode};
use crate::response::{Filter, Response, is_redirect_status};
use crate::tao_check::{append_to_a_requests_navigation_timing_allow_values_list, tao_check};

/// Whether permission is asked before the request goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MakeCorsPreflight {
    /// No.
    No,
    /// Yes, unless the cache remembers it.
    Yes,
}

/// Fetches over HTTP: preflight, network, the checks on what came back, redirects.
#[algorithm("concept-http-fetch", trace = params.trace)]
pub(crate) async fn http_fetch<H: Host>(
    params: &mut FetchParams<'_, H>,
    make_cors_preflight: MakeCorsPreflight,
) -> Response {
    let trace = params.trace;
    // 1. and 2. NB: the request is in the fetch params, the response comes at step 4.3.
    // 3. MODEL: no service worker is ever registered, so none answers.
    /// 4. Nobody has answered yet.
    /// 4.1. Is permission needed, and not remembered?
    if make_cors_preflight == MakeCorsPreflight::Yes && !permission_is_remembered(params) {
        /// 4.1.1. Nothing in the cache gives permission: ask the server.
        let preflight_response = cors_preflight_fetch(params).await;
        if let Err(error) = preflight_response {
            /// 4.1.2. It was not given, and the request itself never goes out.
            return error.into();
        }
    }
    let departures = params.user_agent.choices.departures;
    if make_cors_preflight == MakeCorsPreflight::Yes && departures.preflights_stay_after_redirects {
        params.request.use_cors_preflight = true;
    }
    let request = &mut params.request;
    if request.redirect_mode == RedirectMode::Follow {
        /// 4.2. Redirects from the network are nothing for service workers.
        request.service_workers_mode = ServiceWorkersMode::None;
    }
    /// 4.3. Send the request.
    let response = http_network_or_cache_fetch(params, NetworkOrCacheFetch::default()).await;
    let Response::Actual(mut actual) = response else {
        return response;
    };
    let request = &mut params.request;
    if request.response_tainting == ResponseTainting::Cors {
        /// 4.4. Only now does CORS ask whether the page may read what the server has already done.
        match cors_check(request, &actual.internal, trace) {
            Ok(CorsCheckSuccess(step)) => remember_passed(params, step),
            Err((failure, step)) => {
                return NetworkError::new(BlockReason::CorsCheck(failure), step).into();
            }
        }
    }
    let request = &mut params.request;
    if tao_check(request, &actual.internal, trace).is_err() {
        /// 4.5. Timing stays hidden.
        request.timing_allow_failed = true;
    }
    if request.response_tainting == ResponseTainting::Opaque || actual.filter == Filter::Opaque {
        let check = cross_origin_resource_policy_check(
            request.origin(),
            request.client.as_deref(),
            request.destination,
            &actual.internal,
            false,
            params.user_agent,
            trace,
        );
        /// 5. The resource may refuse to be embedded.
        if let Corp::Blocked {
            policy,
            implied_by_embedder,
            ..
        } = check
        {
            let origin = request.origin().to_string();
            let reason = BlockReason::CrossOriginResourcePolicy {
                policy,
                implied_by_embedder,
                origin,
            };
            return NetworkError::new(reason, here!()).into();
        }
        // NB: the pinned text has no opaque response blocking; this is where it is to come (whatwg/fetch#1442). What a redirect
        // leads to is asked about, not the redirect itself.
        if !is_redirect_status(actual.internal.status) {
            let reason = should_opaque_response_be_blocked(
                params.user_agent.choices.opaque_response_blocking,
                &params.request,
                &mut actual.internal,
                params.host,
                trace,
            )
            .await;
            if let Some(reason) = reason {
                return NetworkError::new(reason, here!()).into();
            }
        }
    }
    let request = &mut params.request;
    /// 6. Is it a redirect?
    if is_redirect_status(actual.internal.status)
        && params
            .user_agent
            .choices
            .departures
            .is_a_redirect(&actual.internal)
    {
        if request.is_navigation() {
            /// 6.1. What a redirect says of a navigation's timing is kept.
            append_to_a_requests_navigation_timing_allow_values_list(
                request,
                &actual.internal,
                trace,
            );
        }
        // 6.2. NB: nothing is sent any more that a reset could save.
        /// 6.3. The redirect mode decides.
        match request.redirect_mode {
            /// 6.3.1. The redirect mode is "error".
            RedirectMode::Error => {
                return NetworkError::new(BlockReason::RedirectNotAllowed, here!()).into();
            }
            RedirectMode::Manual if request.mode == Mode::Navigate => {
                // 6.3.1. A navigation takes the next step itself: see `process_the_next_manual_redirect`.
            }
            /// 6.3.2. The redirect mode is "manual": the page learns that there was one, no more.
            RedirectMode::Manual => actual.filter = Filter::OpaqueRedirect,
            /// 6.3.2. The redirect mode is "follow".
            RedirectMode::Follow => {
                return http_redirect_fetch(params, Response::Actual(actual)).await;
            }
        }
    }
    /// 7. That is the response.
    Response::Actual(actual)
}

/// Whether the CORS-preflight cache gives permission for everything the request needs it for (step 4.1).
fn permission_is_remembered<H: Host>(params: &FetchParams<'_, H>) -> bool {
    let request = &params.request;
    let departures = params.user_agent.choices.departures;
    if departures.preflight_is_not_remembered(request) {
        return false;
    }
    let cache = params.user_agent.preflight_cache.borrow();
    let matches = cache.matches(request, params.host.now());
    let method_needs_permission =
        !is_cors_safelisted_method(&request.method) || request.use_cors_preflight;
    let method_is_covered = !method_needs_permission || matches.has_method(&request.method);
    let is_covered = method_is_covered
        && unsafe_header_names(request, &params.user_agent.choices)
            .iter()
            .all(|name| matches.has_header_name(name));
    params.trace.fact("CORS-preflight cache", || {
        if is_covered {
            "gives permission; no preflight is needed"
        } else {
            "gives no permission"
        }
    });
    is_covered
}
