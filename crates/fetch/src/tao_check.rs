//! The TAO check: may timing be seen?
//!
//! <https://fetch.spec.whatwg.org/#tao-check>

use crossexam_web::header_value::get_decode_and_split;
use crossexam_web::{Origin, Trace, algorithm};

use crate::origin_header::serialize_a_request_origin;
use crate::request::{Mode, Request, ResponseTainting};
use crate::response::InternalResponse;

/// The TAO check failed: timing stays hidden.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TaoCheckFailure;

/// Asks whether a response lets the request's origin see its timing.
///
/// # Errors
///
/// When timing stays hidden.
#[algorithm("concept-tao-check")]
pub fn tao_check(
    request: &Request,
    response: &InternalResponse,
    trace: &Trace,
) -> Result<(), TaoCheckFailure> {
    /// 1. The origin is known by now.
    let origin = request.origin();
    if request.timing_allow_failed {
        /// 2. What failed once has failed.
        return Err(TaoCheckFailure);
    }
    /// 3. Read `Timing-Allow-Origin`.
    let values = get_decode_and_split(&response.header_list, b"Timing-Allow-Origin");
    if let Some(values) = values {
        if values.iter().any(|value| value == "*") {
            /// 4. `*` is everybody.
            return Ok(());
        }
        if values.contains(&serialize_a_request_origin(request)) {
            /// 5. The request's origin is named.
            return Ok(());
        }
    }
    if request.mode == Mode::Navigate && !origin.is_same_origin_with_url(request.current_url()) {
        /// 6. A navigation to another origin must be named.
        return Err(TaoCheckFailure);
    }
    if request.response_tainting == ResponseTainting::Basic {
        /// 7. The own origin needs no permission.
        return Ok(());
    }
    /// 8. Nobody else.
    Err(TaoCheckFailure)
}

/// Keeps what a redirect of a navigation says of its timing, for the document that it ends in.
#[algorithm("append-to-a-request-s-navigation-timing-allow-values-list")]
pub(crate) fn append_to_a_requests_navigation_timing_allow_values_list(
    request: &mut Request,
    response: &InternalResponse,
    trace: &Trace,
) {
    /// 1. Only navigations have such a list.
    debug_assert!(request.is_navigation());
    /// 2. Read `Timing-Allow-Origin`.
    let tao_values = get_decode_and_split(&response.header_list, b"Timing-Allow-Origin");
    /// 3. No header names nobody.
    let tao_values = tao_values.unwrap_or_default();
    /// 4. Keep the values.
    request.navigation_timing_allow_values.push(tao_values);
}

/// Asks whether every redirect of a navigation lets the document it ended in see its timing.
///
/// # Errors
///
/// When one of them does not.
#[algorithm("navigation-tao-check", untraced)]
pub fn navigation_tao_check(
    response: &InternalResponse,
    destination_origin: &Origin,
) -> Result<(), TaoCheckFailure> {
    let serialized = destination_origin.to_string();
    /// 1. Each redirect is asked.
    for tao_values in &response.navigation_timing_allow_values {
        if tao_values.iter().any(|value| value == "*") {
            /// 1.1. `*` is everybody.
            continue;
        }
        if tao_values.contains(&serialized) {
            /// 1.2. The origin is named.
            continue;
        }
        /// 1.3. One refusal is enough.
        return Err(TaoCheckFailure);
    }
    /// 2. Nobody has refused.
    Ok(())
}
