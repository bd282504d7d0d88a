//! `data:` URLs.
//!
//! <https://fetch.spec.whatwg.org/#data-urls>

use percent_encoding::percent_decode;
use url::Url;

use crate::algorithm;
use crate::infra::{forgiving_base64_decode, isomorphic_decode};
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
#[algorithm("data-url-processor", untraced)]
pub fn process(data_url: &Url) -> Option<DataUrl> {
    /// 1. A URL of another scheme has no business here.
    if data_url.scheme() != "data" {
        return None;
    }
    /// 2. The serialization, without its fragment
    let input = &data_url[..url::Position::AfterQuery];
    /// 3. and without its scheme.
    let input = &input["data:".len()..];
    /// 4. From the start
    let mut position = 0;
    /// 5. up to the comma stands the type,
    let mut mime_type = input.split(',').next().unwrap_or_default();
    position += mime_type.len();
    /// 6. without whitespace around it.
    mime_type = mime_type.trim_matches(['\t', '\n', '\x0c', '\r', ' ']);
    /// 7. There must be a comma;
    if position >= input.len() {
        return None;
    }
    /// 8. past it
    position += 1;
    /// 9. stands the body,
    let encoded_body = &input[position..];
    /// 10. percent-encoded.
    let mut body: Vec<u8> = percent_decode(encoded_body.as_bytes()).collect();
    /// 11. A type that ends with `;base64` announces base64:
    if announces_base64(mime_type) {
        /// 11.1. the bytes as a string,
        let string_body = isomorphic_decode(&body);
        /// 11.2. decoded,
        /// 11.3. which can fail.
        body = forgiving_base64_decode(string_body.as_bytes())?;
        /// 11.4. Take `base64` off the type,
        mime_type = &mime_type[..mime_type.len() - "base64".len()];
        /// 11.5. the spaces before it
        mime_type = mime_type.trim_end_matches(' ');
        /// 11.6. and the semicolon.
        mime_type = &mime_type[..mime_type.len() - 1];
    }
    /// 12. The type can be left out before its parameters.
    let prefix = if mime_type.starts_with(';') {
        "text/plain"
    } else {
        ""
    };
    /// 13. What is written there is parsed;
    let parsed = mime::parse(&format!("{prefix}{mime_type}"));
    /// 14. what is no MIME type is plain text.
    let mime_type = parsed
        .unwrap_or_else(|| MimeType::new("text", "plain").with_parameter("charset", "US-ASCII"));
    /// 15. That is it.
    Some(DataUrl { mime_type, body })
}

/// Whether it ends with `;`, spaces and `base64` in any case.
fn announces_base64(mime_type: &str) -> bool {
    let end = mime_type.len().saturating_sub("base64".len());
    mime_type.split_at_checked(end).is_some_and(|(rest, last)| {
        last.eq_ignore_ascii_case("base64") && rest.trim_end_matches(' ').ends_with(';')
    })
}
