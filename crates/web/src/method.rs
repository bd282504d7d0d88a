//! HTTP methods.
//!
//! <https://fetch.spec.whatwg.org/#methods>

use bytes::Bytes;

use crate::header_value::is_token;

/// Whether the bytes are a method.
///
/// <https://fetch.spec.whatwg.org/#concept-method>
pub fn is_method(bytes: &[u8]) -> bool {
    is_token(bytes)
}

/// Whether a method needs no preflight: `GET`, `HEAD` or `POST`, in capitals.
///
/// <https://fetch.spec.whatwg.org/#cors-safelisted-method>
pub fn is_cors_safelisted_method(method: &[u8]) -> bool {
    matches!(method, b"GET" | b"HEAD" | b"POST")
}

/// Whether a method is kept from scripts: `CONNECT`, `TRACE` or `TRACK`, in any case.
///
/// <https://fetch.spec.whatwg.org/#forbidden-method>
pub fn is_forbidden_method(method: &[u8]) -> bool {
    [&b"CONNECT"[..], b"TRACE", b"TRACK"]
        .iter()
        .any(|forbidden| method.eq_ignore_ascii_case(forbidden))
}

/// Normalizes a method: six of them are written in capitals, all others (`patch` among them) stay as they are.
///
/// <https://fetch.spec.whatwg.org/#concept-method-normalize>
pub fn normalize_a_method(method: Bytes) -> Bytes {
    const NORMALIZED: [&[u8]; 6] = [b"DELETE", b"GET", b"HEAD", b"OPTIONS", b"POST", b"PUT"];
    NORMALIZED
        .iter()
        .find(|normalized| method.eq_ignore_ascii_case(normalized))
        .map_or(method.clone(), |normalized| Bytes::from_static(normalized))
}
