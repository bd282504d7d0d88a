//! `data:` URLs.
//!
//! <https://fetch.spec.whatwg.org/#data-urls>

use percent_encoding::percent_decode;
use url::Url;

use crate::infra::forgiving_base64_decode;
use crate::mime::{self, MimeType};

/// What a `data:` URL holds.
///
/// <https://fetch.spec.whatwg.org/#data-url-struct>
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataUrl {
    /// The MIME type.
    pub mime_type: MimeType,
    /// The body.
    pub body: Vec<u8>,
}

/// The data: URL processor. `None` is the standard's failure, and also the answer for a URL of another scheme.
///
/// <https://fetch.spec.whatwg.org/#data-url-processor>
pub fn process(data_url: &Url) -> Option<DataUrl> {
    // 1. to 4. The serialization without its fragment and without its scheme.
    let serialized = &data_url[..url::Position::AfterQuery];
    let input = serialized.strip_prefix("data:")?;
    // 5., 7. to 9. The comma parts the type from the body; there must be one.
    let (mime_type, encoded_body) = input.split_once(',')?;
    // 6. Without whitespace around it.
    let mut mime_type = mime_type.trim_matches(['\t', '\n', '\x0c', '\r', ' ']);
    // 10. Undo the percent-encoding.
    let mut body: Vec<u8> = percent_decode(encoded_body.as_bytes()).collect();
    // 11. A type that ends with `;base64` announces base64.
    if let Some(rest) = strip_base64(mime_type) {
        body = forgiving_base64_decode(&body)?;
        mime_type = rest;
    }
    // 12. The type can be left out before its parameters.
    let prefix = if mime_type.starts_with(';') {
        "text/plain"
    } else {
        ""
    };
    // 13. and 14. What is no MIME type is plain text.
    let mime_type = mime::parse(&format!("{prefix}{mime_type}"))
        .unwrap_or_else(|| MimeType::new("text", "plain").with_parameter("charset", "US-ASCII"));
    // 15. That is it.
    Some(DataUrl { mime_type, body })
}

/// Takes a `;`, spaces and `base64` in any case off the end.
fn strip_base64(mime_type: &str) -> Option<&str> {
    let (rest, end) = mime_type.split_at_checked(mime_type.len().checked_sub(6)?)?;
    if !end.eq_ignore_ascii_case("base64") {
        return None;
    }
    rest.trim_end_matches(' ').strip_suffix(';')
}
