//! Which headers are safelisted, forbidden, privileged or unsafe.
//!
//! <https://fetch.spec.whatwg.org/#terminology-headers>

use bytes::Bytes;
use smallvec::SmallVec;

use crate::header_list::convert_header_names_to_a_sorted_lowercase_set;
use crate::header_value::get_decode_and_split_value;
use crate::infra::isomorphic_decode;
use crate::method::is_forbidden_method;
use crate::range::parse_a_single_range_header_value;
use crate::{HeaderList, algorithm, mime};

/// The longest value, in bytes, that a CORS-safelisted request-header can have.
pub const LONGEST_SAFELISTED_VALUE: usize = 128;

/// The most bytes that the values of all CORS-safelisted request-headers of a request can have together.
pub const LARGEST_SAFELISTED_VALUES: usize = 1024;

fn is_one_of(name: &[u8], lowercase: &[&[u8]]) -> bool {
    lowercase
        .iter()
        .any(|known| name.eq_ignore_ascii_case(known))
}

/// Whether a byte is a CORS-unsafe request-header byte.
///
/// <https://fetch.spec.whatwg.org/#cors-unsafe-request-header-byte>
pub const fn is_cors_unsafe_request_header_byte(byte: u8) -> bool {
    (byte < 0x20 && byte != b'\t')
        || matches!(
            byte,
            b'"' | b'('
                | b')'
                | b':'
                | b'<'
                | b'>'
                | b'?'
                | b'@'
                | b'['
                | b'\\'
                | b']'
                | b'{'
                | b'}'
                | 0x7f
        )
}

const fn is_language_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b' ' | b'*' | b',' | b'-' | b'.' | b';' | b'=')
}

/// The MIME types that a form can send, and with it any request.
const SAFELISTED_ESSENCES: [&str; 3] = [
    "application/x-www-form-urlencoded",
    "multipart/form-data",
    "text/plain",
];

/// Whether a value begins like a MIME type of a safelisted essence. `true` promises nothing.
fn may_have_a_safelisted_essence(value: &[u8]) -> bool {
    let value = value.trim_ascii_start();
    SAFELISTED_ESSENCES.iter().any(|essence| {
        value
            .get(..essence.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(essence.as_bytes()))
    })
}

/// Whether a header can go out with a cross-origin request unasked. The value counts as well as the name.
#[algorithm("cors-safelisted-request-header", untraced)]
pub fn is_cors_safelisted_request_header(name: &[u8], value: &[u8]) -> bool {
    /// 1. No long values.
    if value.len() > LONGEST_SAFELISTED_VALUE {
        return false;
    }
    let is_called = |known: &[u8]| name.eq_ignore_ascii_case(known);
    /// 2. Each name has its own rule.
    if is_called(b"accept") {
        if value
            .iter()
            .copied()
            .any(is_cors_unsafe_request_header_byte)
        {
            return false;
        }
    } else if is_called(b"accept-language") || is_called(b"content-language") {
        if !value.iter().copied().all(is_language_byte) {
            return false;
        }
    } else if is_called(b"content-type") {
        /// 2.1. No unsafe byte,
        if value
            .iter()
            .copied()
            .any(is_cors_unsafe_request_header_byte)
        {
            return false;
        }
        // NB: most other types are seen to be others without parsing them.
        if !may_have_a_safelisted_essence(value) {
            return false;
        }
        /// 2.2. and it is a MIME type
        let mime_type = mime::parse(&isomorphic_decode(value));
        /// 2.3. that parses
        let Some(mime_type) = mime_type else {
            return false;
        };
        /// 2.4. and that a form can send as well.
        if !SAFELISTED_ESSENCES.contains(&mime_type.essence()) {
            return false;
        }
    } else if is_called(b"range") {
        /// 2.1. A single range without whitespace
        let range_value = parse_a_single_range_header_value(value, false);
        /// 2.2. that parses
        let Some((start, _)) = range_value else {
            return false;
        };
        /// 2.3. and says where it begins.
        if start.is_none() {
            return false;
        }
    } else {
        /// 2. Any other name asks first.
        return false;
    }
    /// 3. It is what a form or an image could have sent as well.
    true
}

/// The names, lowercased and sorted, of the headers that need a preflight.
#[algorithm("cors-unsafe-request-header-names", untraced)]
pub fn cors_unsafe_request_header_names(headers: &HeaderList) -> Vec<Bytes> {
    /// 1. The names that are unsafe.
    let mut unsafe_names: SmallVec<[&Bytes; 8]> = SmallVec::new();
    /// 2. The names that may become so.
    let mut potentially_unsafe_names: SmallVec<[&Bytes; 8]> = SmallVec::new();
    /// 3. The bytes of all safelisted values.
    let mut safelist_value_size: usize = 0;
    /// 4. Look at each header.
    for header in headers {
        if !is_cors_safelisted_request_header(&header.name, &header.value) {
            /// 4.1. Not safelisted is unsafe.
            unsafe_names.push(&header.name);
        } else {
            /// 4.2. Safelisted is safe in small amounts.
            potentially_unsafe_names.push(&header.name);
            safelist_value_size += header.value.len();
        }
    }
    /// 5. Too much of it is unsafe.
    if safelist_value_size > LARGEST_SAFELISTED_VALUES {
        unsafe_names.append(&mut potentially_unsafe_names);
    }
    /// 6. Sorted, each once.
    convert_header_names_to_a_sorted_lowercase_set(unsafe_names)
}

/// Whether `Access-Control-Allow-Headers: *` does not cover this name.
///
/// <https://fetch.spec.whatwg.org/#cors-non-wildcard-request-header-name>
pub fn is_cors_non_wildcard_request_header_name(name: &[u8]) -> bool {
    name.eq_ignore_ascii_case(b"authorization")
}

/// Whether the browser itself may set this header on a `no-cors` request, and a script may not.
///
/// <https://fetch.spec.whatwg.org/#privileged-no-cors-request-header-name>
pub fn is_privileged_no_cors_request_header_name(name: &[u8]) -> bool {
    name.eq_ignore_ascii_case(b"range")
}

/// Whether a response header of this name can be read cross-origin; `list` is what the server exposes.
///
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
    is_one_of(name, &SAFELISTED)
        || (!is_forbidden_response_header_name(name)
            && list.iter().any(|item| name.eq_ignore_ascii_case(item)))
}

/// Whether a script may put this name on a `no-cors` request at all.
///
/// <https://fetch.spec.whatwg.org/#no-cors-safelisted-request-header-name>
pub fn is_no_cors_safelisted_request_header_name(name: &[u8]) -> bool {
    is_one_of(
        name,
        &[
            b"accept",
            b"accept-language",
            b"content-language",
            b"content-type",
        ],
    )
}

/// Whether a script may put this header on a `no-cors` request.
#[algorithm("no-cors-safelisted-request-header", untraced)]
pub fn is_no_cors_safelisted_request_header(name: &[u8], value: &[u8]) -> bool {
    /// 1. Only some names,
    if !is_no_cors_safelisted_request_header_name(name) {
        return false;
    }
    /// 2. and only with safe values.
    is_cors_safelisted_request_header(name, value)
}

/// Whether a header is the browser's own and closed to scripts. For the method override headers the value counts.
#[algorithm("forbidden-request-header", untraced)]
pub fn is_forbidden_request_header(name: &[u8], value: &[u8]) -> bool {
    const FORBIDDEN: [&[u8]; 21] = [
        b"accept-charset",
        b"accept-encoding",
        b"access-control-request-headers",
        b"access-control-request-method",
        b"connection",
        b"content-length",
        b"cookie",
        b"cookie2",
        b"date",
        b"dnt",
        b"expect",
        b"host",
        b"keep-alive",
        b"origin",
        b"referer",
        b"set-cookie",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
        b"via",
    ];
    let starts_with = |prefix: &[u8]| {
        name.get(..prefix.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
    };
    /// 1. The names that are the browser's,
    if is_one_of(name, &FORBIDDEN) {
        return true;
    }
    /// 2. those with the browser's prefixes,
    if starts_with(b"proxy-") || starts_with(b"sec-") {
        return true;
    }
    /// 3. and those that override the method
    if is_one_of(
        name,
        &[
            b"x-http-method",
            b"x-http-method-override",
            b"x-method-override",
        ],
    ) {
        /// 3.1. with any of
        let parsed_values = get_decode_and_split_value(value);
        /// 3.2. the forbidden methods.
        // NB: a forbidden method is ASCII, so its UTF-8 bytes are its isomorphic encoding.
        return parsed_values
            .iter()
            .any(|method| is_forbidden_method(method.as_bytes()));
    }
    /// 4. Everything else is open.
    false
}

/// Whether a response header of this name never reaches a script.
///
/// <https://fetch.spec.whatwg.org/#forbidden-response-header-name>
pub fn is_forbidden_response_header_name(name: &[u8]) -> bool {
    is_one_of(name, &[b"set-cookie", b"set-cookie2"])
}

/// Whether a header of this name speaks about the request's body and goes when a redirect drops the body.
///
/// <https://fetch.spec.whatwg.org/#request-body-header-name>
pub fn is_request_body_header_name(name: &[u8]) -> bool {
    is_one_of(
        name,
        &[
            b"content-encoding",
            b"content-language",
            b"content-location",
            b"content-type",
        ],
    )
}
