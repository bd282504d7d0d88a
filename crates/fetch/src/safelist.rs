//! Which headers and methods are safelisted, forbidden or unsafe.

use bytes::Bytes;

/// <https://fetch.spec.whatwg.org/#forbidden-response-header-name>
pub fn is_forbidden_response_header_name(name: &[u8]) -> bool {
    name.eq_ignore_ascii_case(b"set-cookie") || name.eq_ignore_ascii_case(b"set-cookie2")
}

/// <https://fetch.spec.whatwg.org/#cors-safelisted-response-header-name>
pub fn is_cors_safelisted_response_header_name(name: &[u8], list: &[Bytes]) -> bool {
    const SAFELISTED: [&[u8]; 7] = [
        b"cache-control",
        b"content-language",
        b"content-length",
        b"content-type",
        b"expires",
        b"last-modified",
        b"pragma",
    ];
    SAFELISTED.iter().any(|safe| name.eq_ignore_ascii_case(safe))
        || (!is_forbidden_response_header_name(name) && list.iter().any(|item| name.eq_ignore_ascii_case(item)))
}
