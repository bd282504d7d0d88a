//! The TAO check: may timing be seen?
//!
//! <https://fetch.spec.whatwg.org/#tao-check>

use crossexam_web::header_value::get_decode_and_split;
use crossexam_web::{Trace, algorithm};

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
