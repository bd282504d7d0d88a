//! The CORS check.
//!
//! <https://fetch.spec.whatwg.org/#cors-check>

use crossexam_web::{Step, Trace, algorithm};

use crate::failure::CorsCheckFailure;
use crate::origin_header::{byte_serialize_a_request_origin, request_origin_serializes_to};
use crate::request::{CredentialsMode, Request};
use crate::response::InternalResponse;

/// The CORS check gave permission at this step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CorsCheckSuccess(pub &'static Step);

/// Asks whether a response lets the request's origin read it.
///
/// # Errors
///
/// The exact cause, and the step that decided.
#[algorithm("concept-cors-check")]
pub fn cors_check(
    request: &Request,
    response: &InternalResponse,
    trace: &Trace,
) -> Result<CorsCheckSuccess, (CorsCheckFailure, &'static Step)> {
    const ALLOW_ORIGIN: &[u8] = b"Access-Control-Allow-Origin";
    const ALLOW_CREDENTIALS: &[u8] = b"Access-Control-Allow-Credentials";

    /// 1. Read the combined `Access-Control-Allow-Origin` value.
    let origin = response.header_list.get(ALLOW_ORIGIN);
    /// 2. No value, no permission.
    let Some(origin) = origin else {
        return Err((CorsCheckFailure::AllowOriginMissing, here!()));
    };
    trace.fact("Access-Control-Allow-Origin", || origin.clone());
    /// 3. `*` is enough for a request without credentials.
    if request.credentials_mode != CredentialsMode::Include && &origin[..] == b"*" {
        return Ok(CorsCheckSuccess(here!()));
    }
    trace.fact("origin of the request", || {
        byte_serialize_a_request_origin(request)
    });
    /// 4. Otherwise the value must be the request's origin, byte for byte.
    if !request_origin_serializes_to(request, &origin) {
        let expected = byte_serialize_a_request_origin(request);
        let count = response.header_list.values(ALLOW_ORIGIN).count();
        let listed = origin.iter().filter(|byte| **byte == b',').count() + 1;
        let failure = if &origin[..] == b"*" {
            CorsCheckFailure::WildcardWithCredentials { origin: expected }
        } else if count.max(listed) > 1 {
            CorsCheckFailure::AllowOriginMultiple {
                count: count.max(listed),
                value: origin,
                origin: expected,
            }
        } else {
            CorsCheckFailure::AllowOriginMismatch {
                value: origin,
                origin: expected,
            }
        };
        return Err((failure, here!()));
    }
    /// 5. That suffices for a request without credentials.
    if request.credentials_mode != CredentialsMode::Include {
        return Ok(CorsCheckSuccess(here!()));
    }
    /// 6. With credentials, read the combined `Access-Control-Allow-Credentials` value.
    let credentials = response.header_list.get(ALLOW_CREDENTIALS);
    if let Some(credentials) = &credentials {
        trace.fact("Access-Control-Allow-Credentials", || credentials.clone());
    }
    /// 7. Exactly `true` gives permission.
    if credentials.as_deref() == Some(b"true") {
        return Ok(CorsCheckSuccess(here!()));
    }
    /// 8. Anything else does not.
    match credentials {
        None => Err((CorsCheckFailure::AllowCredentialsMissing, here!())),
        Some(value) => Err((CorsCheckFailure::AllowCredentialsNotTrue { value }, here!())),
    }
}
