//! CORS-preflight fetch: asking for permission before a request goes out.
//!
//! <https://fetch.spec.whatwg.org/#cors-preflight-fetch>

use bytes::Bytes;
use crossexam_web::algorithm;
use crossexam_web::header_value::extract_header_list_values;
use crossexam_web::method::is_cors_safelisted_method;
use crossexam_web::safelist::is_cors_non_wildcard_request_header_name;

use crate::cors_check::cors_check;
use crate::cors_preflight_cache::{Allows, EntryMatch};
use crate::departures::unsafe_header_names;
use crate::failure::{BlockReason, NetworkError, PreflightFailure};
use crate::fetch_params::{FetchController, FetchParams, TimingInfo};
use crate::host::{Host, HttpRequestPurpose};
use crate::http_network_or_cache_fetch::{NetworkOrCacheFetch, http_network_or_cache_fetch};
use crate::request::{CredentialsMode, Mode, Request, ResponseTainting};
use crate::response::{Response, is_ok_status, is_redirect_status};

/// What a max-age is when the server gives none, in seconds.
const DEFAULT_MAX_AGE: u64 = 5;

/// Asks the server for permission, and remembers what it gives.
///
/// # Errors
///
/// A network error when the permission is not given.
#[algorithm("cors-preflight-fetch-0", trace = params.trace)]
pub(crate) async fn cors_preflight_fetch<H: Host>(
    params: &mut FetchParams<'_, H>,
) -> Result<(), NetworkError> {
    let trace = params.trace;
    let request = &params.request;
    /// 1. A request of its own, without credentials.
    let mut preflight = Request::new(request.current_url().clone());
    preflight.method = Bytes::from_static(b"OPTIONS");
    preflight.url_list = request.url_list.clone();
    preflight.initiator = request.initiator;
    preflight.destination = request.destination;
    preflight.origin = request.origin.clone();
    preflight.referrer = request.referrer.clone();
    preflight.referrer_policy = request.referrer_policy;
    preflight.mode = Mode::Cors;
    preflight.response_tainting = ResponseTainting::Cors;
    let departures = params.user_agent.choices.departures;
    if departures.preflight_is_not_remembered(request) {
        preflight.cache_mode = request.cache_mode;
    }
    if departures.preflights_tell_a_tainted_origin {
        preflight.url_list = std::iter::once(request.current_url().clone()).collect();
    }
    /// 2. It takes any answer.
    preflight.header_list.append("Accept", "*/*");
    /// 3. It names the method that is wanted,
    preflight
        .header_list
        .append("Access-Control-Request-Method", request.method.clone());
    /// 4. and the headers that are not safelisted,
    let headers = unsafe_header_names(request, &params.user_agent.choices);
    /// 5. If there are any, they are asked for:
    if !headers.is_empty() {
        /// 5.1. lowercased, sorted, separated by commas without spaces.
        let value = headers.join(&b","[..]);
        trace.fact("Access-Control-Request-Headers", || value.clone());
        /// 5.2. Append them.
        preflight
            .header_list
            .append("Access-Control-Request-Headers", value);
    }
    trace.fact("Access-Control-Request-Method", || request.method.clone());
    let controller = FetchController::new();
    let mut preflight_params = FetchParams {
        request: preflight,
        user_agent: params.user_agent,
        host: params.host,
        controller: &controller,
        trace,
        timing_info: TimingInfo::default(),
        cross_origin_isolated_capability: false,
        passed: None,
    };
    let options = NetworkOrCacheFetch {
        purpose: HttpRequestPurpose::CorsPreflight,
        ..Default::default()
    };
    /// 6. Send it. No redirect is followed.
    let response = Box::pin(http_network_or_cache_fetch(&mut preflight_params, options)).await;
    let response = match response {
        Response::Actual(actual) => actual.internal,
        Response::Error(error) => {
            return Err(match error.reason {
                BlockReason::Network(failure) => NetworkError::new(
                    BlockReason::Preflight(PreflightFailure::Network(failure)),
                    error.step,
                ),
                _ => *error,
            });
        }
    };
    let refuse = |failure, step| Err(NetworkError::new(BlockReason::Preflight(failure), step));
    /// 7. The answer must pass the CORS check of the request that is to follow, credentials mode included.
    let check = if departures.preflights_tell_a_tainted_origin {
        let mut untainted = request.clone();
        untainted.url_list = std::iter::once(request.current_url().clone()).collect();
        cors_check(&untainted, &response, trace)
    } else {
        cors_check(request, &response, trace)
    };
    let (Ok(_), true) = (&check, is_ok_status(response.status)) else {
        let failure = match check {
            _ if is_redirect_status(response.status) => PreflightFailure::Redirect {
                status: response.status,
            },
            Err((failure, step)) => return refuse(PreflightFailure::CorsCheck(failure), step),
            Ok(_) => PreflightFailure::StatusNotOk {
                status: response.status,
            },
        };
        /// 8. Otherwise the permission is not given.
        return refuse(failure, here!());
    };
    let with_credentials = request.credentials_mode == CredentialsMode::Include;
    let list = &response.header_list;
    /// 7.1. Which methods are allowed?
    let methods = extract_header_list_values(b"Access-Control-Allow-Methods", list);
    /// 7.2. Which headers?
    let header_names = extract_header_list_values(b"Access-Control-Allow-Headers", list);
    /// 7.3. A list that does not parse allows nothing.
    let mut methods = match methods {
        Ok(methods) => methods,
        Err(_) => {
            let value = list
                .get(b"Access-Control-Allow-Methods")
                .unwrap_or_default();
            return refuse(PreflightFailure::AllowMethodsInvalid { value }, here!());
        }
    };
    let header_names = match header_names {
        Ok(header_names) => header_names,
        Err(_) => {
            let value = list
                .get(b"Access-Control-Allow-Headers")
                .unwrap_or_default();
            return refuse(PreflightFailure::AllowHeadersInvalid { value }, here!());
        }
    };
    if methods.is_none() && request.use_cors_preflight {
        /// 7.4. A preflight for its own sake allows the request's method, so that it is remembered.
        methods = Some(vec![request.method.clone()]);
    }
    let listed = methods.as_deref().unwrap_or_default();
    trace.fact("allowed methods", || listed.join(&b", "[..]));
    if !listed.contains(&request.method) && !is_cors_safelisted_method(&request.method) {
        let wildcard = listed.iter().any(|method| &method[..] == b"*");
        if with_credentials || !wildcard {
            let method = request.method.clone();
            let failure = if wildcard {
                PreflightFailure::MethodWildcardWithCredentials { method }
            } else {
                PreflightFailure::MethodNotAllowed {
                    method,
                    allowed: methods,
                }
            };
            /// 7.5. The method must be among them, or `*` without credentials.
            let step = here!();
            return refuse(failure, step);
        }
    }
    let listed_names = header_names.as_deref().unwrap_or_default();
    trace.fact("allowed headers", || listed_names.join(&b", "[..]));
    let is_listed = |name: &[u8]| {
        listed_names
            .iter()
            .any(|listed| listed.eq_ignore_ascii_case(name))
    };
    let wildcard = is_listed(b"*");
    for header in &request.header_list {
        if is_cors_non_wildcard_request_header_name(&header.name) && !is_listed(&header.name) {
            let name = header.name.clone();
            let failure = if wildcard {
                PreflightFailure::HeaderNotCoveredByWildcard { name }
            } else {
                PreflightFailure::HeaderNotAllowed {
                    name,
                    allowed: header_names,
                }
            };
            /// 7.6. `Authorization` must be named; `*` does not cover it.
            let step = here!();
            return refuse(failure, step);
        }
    }
    for unsafe_name in &headers {
        if !is_listed(unsafe_name) && (with_credentials || !wildcard) {
            let name = unsafe_name.clone();
            let failure = if wildcard {
                PreflightFailure::HeaderWildcardWithCredentials { name }
            } else {
                PreflightFailure::HeaderNotAllowed {
                    name,
                    allowed: header_names,
                }
            };
            /// 7.7. Every header that is not safelisted must be among them, or `*` without credentials.
            let step = here!();
            return refuse(failure, step);
        }
    }
    /// 7.8. For how long is that true?
    let max_age = extract_header_list_values(b"Access-Control-Max-Age", list);
    /// 7.9. For five seconds if the server does not say.
    let mut max_age = match max_age {
        Ok(Some(values)) => values
            .first()
            .map_or(DEFAULT_MAX_AGE, |value| delta_seconds(value)),
        Ok(None) | Err(_) => DEFAULT_MAX_AGE,
    };
    if let Some(limit) = params.user_agent.choices.preflight_max_age_limit
        && max_age > limit
    {
        /// 7.10. Not for longer than the browser likes.
        max_age = limit;
    }
    trace.fact("max-age", || max_age.to_string());
    let mut cache = params.user_agent.preflight_cache.borrow_mut();
    let now = params.host.now();
    // 7.11. NB: the model's browser always has such a cache; with a limit of no seconds it is as if it had none.
    for method in methods.into_iter().flatten() {
        let allows = Allows::Method(method);
        /// 7.12. A method that is remembered already is remembered for so long,
        let found = cache.set_max_age(request, max_age, &allows, now);
        if found == EntryMatch::None {
            /// 7.13. any other from now on.
            cache.create_a_new_cache_entry(request, max_age, allows, now);
        }
    }
    for name in header_names.into_iter().flatten() {
        let allows = Allows::HeaderName(name);
        /// 7.14. The same for the header names that are remembered
        let found = cache.set_max_age(request, max_age, &allows, now);
        if found == EntryMatch::None {
            /// 7.15. and those that are not.
            cache.create_a_new_cache_entry(request, max_age, allows, now);
        }
    }
    /// 7.16. The permission is given.
    Ok(())
}

/// Digits as seconds; more than fit are as many as fit.
fn delta_seconds(digits: &[u8]) -> u64 {
    digits.iter().fold(0_u64, |value, digit| {
        value
            .saturating_mul(10)
            .saturating_add(u64::from(digit.wrapping_sub(b'0')))
    })
}
