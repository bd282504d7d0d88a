//! MIME types.
//!
//! <https://mimesniff.spec.whatwg.org/#understanding-mime-types>, and Fetch's ways to get at one.

use std::fmt;

use encoding_rs::Encoding;

use crate::HeaderList;
use crate::algorithm;
use crate::header_value::{
    collect_an_http_quoted_string, get_decode_and_split, is_token, saturating_decimal,
};

/// A MIME type record: type, subtype and parameters.
///
/// <https://mimesniff.spec.whatwg.org/#mime-type>
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct MimeType {
    /// Type, slash, subtype; in lowercase.
    essence: String,
    /// Where the slash is.
    slash: usize,
    /// Names in lowercase, each once, in order.
    parameters: Vec<(String, String)>,
}

impl MimeType {
    /// A MIME type without parameters. `type_` and `subtype` are tokens in lowercase, as [`parse`] would make them.
    pub fn new(type_: &str, subtype: &str) -> Self {
        Self {
            essence: format!("{type_}/{subtype}"),
            slash: type_.len(),
            parameters: Vec::new(),
        }
    }

    /// The same with a parameter set.
    #[must_use]
    pub fn with_parameter(mut self, name: &str, value: &str) -> Self {
        self.set_parameter(name, value);
        self
    }

    /// The essence: type, slash, subtype, for example `text/html`.
    ///
    /// <https://mimesniff.spec.whatwg.org/#mime-type-essence>
    pub fn essence(&self) -> &str {
        &self.essence
    }

    /// The type, for example `text`.
    pub fn type_(&self) -> &str {
        &self.essence[..self.slash]
    }

    /// The subtype, for example `html`.
    pub fn subtype(&self) -> &str {
        &self.essence[self.slash + 1..]
    }

    /// The parameters in order.
    pub fn parameters(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.parameters
            .iter()
            .map(|(name, value)| (&name[..], &value[..]))
    }

    /// The value of a parameter; `name` is in lowercase.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| &value[..])
    }

    /// Sets a parameter; one that is there keeps its place.
    pub fn set_parameter(&mut self, name: &str, value: &str) {
        match self.parameters.iter_mut().find(|(known, _)| known == name) {
            Some((_, old)) => value.clone_into(old),
            None => self.parameters.push((name.to_owned(), value.to_owned())),
        }
    }

    /// Whether this is a JavaScript MIME type.
    ///
    /// <https://mimesniff.spec.whatwg.org/#javascript-mime-type>
    pub fn is_javascript(&self) -> bool {
        is_javascript_mime_type_essence_match(&self.essence)
    }

    /// Whether this is a JSON MIME type.
    ///
    /// <https://mimesniff.spec.whatwg.org/#json-mime-type>
    pub fn is_json(&self) -> bool {
        self.subtype().ends_with("+json")
            || matches!(self.essence(), "application/json" | "text/json")
    }

    /// Whether this is an XML MIME type.
    ///
    /// <https://mimesniff.spec.whatwg.org/#xml-mime-type>
    pub fn is_xml(&self) -> bool {
        self.subtype().ends_with("+xml") || matches!(self.essence(), "text/xml" | "application/xml")
    }

    /// Whether this is an HTML MIME type.
    ///
    /// <https://mimesniff.spec.whatwg.org/#html-mime-type>
    pub fn is_html(&self) -> bool {
        self.essence() == "text/html"
    }

    /// Whether this is an image MIME type.
    ///
    /// <https://mimesniff.spec.whatwg.org/#image-mime-type>
    pub fn is_image(&self) -> bool {
        self.type_() == "image"
    }

    /// Whether this is an audio or video MIME type.
    ///
    /// <https://mimesniff.spec.whatwg.org/#audio-or-video-mime-type>
    pub fn is_audio_or_video(&self) -> bool {
        matches!(self.type_(), "audio" | "video") || self.essence() == "application/ogg"
    }
}

impl fmt::Display for MimeType {
    /// Serializes a MIME type.
    ///
    /// <https://mimesniff.spec.whatwg.org/#serialize-a-mime-type>
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // 1. The essence.
        f.write_str(&self.essence)?;
        // 2. Each parameter.
        for (name, value) in &self.parameters {
            write!(f, ";{name}=")?;
            if is_token(value.as_bytes()) {
                f.write_str(value)?;
            } else {
                // 2.4. A value that is no token stands in quotes.
                write!(
                    f,
                    "\"{}\"",
                    value.replace('\\', "\\\\").replace('"', "\\\"")
                )?;
            }
        }
        Ok(())
    }
}

const fn is_http_whitespace(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | ' ')
}

/// <https://mimesniff.spec.whatwg.org/#http-quoted-string-token-code-point>
const fn is_http_quoted_string_token_code_point(character: char) -> bool {
    matches!(character, '\t' | ' '..='~' | '\u{80}'..='\u{ff}')
}

/// Parses a MIME type; `None` is the standard's failure.
#[algorithm(MimeSniff, "parse-a-mime-type", untraced)]
pub fn parse(input: &str) -> Option<MimeType> {
    /// 1. Without whitespace around it.
    let input = input.trim_matches(is_http_whitespace);
    /// 3. The type ends at the slash,
    /// 5. which must be there.
    let (type_, rest) = input.split_once('/')?;
    /// 4. It is a token.
    if !is_token(type_.as_bytes()) {
        return None;
    }
    /// 7. The subtype ends at a semicolon,
    let subtype_end = rest.find(';').unwrap_or(rest.len());
    /// 8. not counting whitespace before it,
    let subtype = rest[..subtype_end].trim_end_matches(is_http_whitespace);
    /// 9. and is a token.
    if !is_token(subtype.as_bytes()) {
        return None;
    }
    /// 10. Both in lowercase.
    let mut mime_type = MimeType::new(&type_.to_ascii_lowercase(), &subtype.to_ascii_lowercase());
    let input = rest;
    let mut position = subtype_end;
    /// 11. As long as a semicolon follows:
    while position < input.len() {
        /// 11.1. Step over it
        position += 1;
        /// 11.2. and over whitespace.
        position = input.len()
            - input[position..]
                .trim_start_matches(is_http_whitespace)
                .len();
        /// 11.3. The name ends at a semicolon or an equals sign
        let name = collect_until(input, &mut position, [';', '=']);
        /// 11.4. and counts in lowercase.
        let parameter_name = name.to_ascii_lowercase();
        /// 11.5. What stands there?
        if input[position..].starts_with(';') {
            /// 11.5.1. A name without a value.
            continue;
        }
        /// 11.5.2. Step over the equals sign.
        position += 1;
        /// 11.6. The end.
        if position >= input.len() {
            break;
        }
        let parameter_value = if input[position..].starts_with('"') {
            /// 11.8.1. A quoted value;
            let value = collect_an_http_quoted_string(input, &mut position, true);
            /// 11.8.2. what stands between it and the next semicolon is dropped.
            collect_until(input, &mut position, [';', ';']);
            value
        } else {
            /// 11.9.1. A plain value ends at a semicolon,
            let value = collect_until(input, &mut position, [';', ';']);
            /// 11.9.2. not counting whitespace before it.
            let value = value.trim_end_matches(is_http_whitespace);
            /// 11.9.3. An empty one does not count.
            if value.is_empty() {
                continue;
            }
            value.to_owned()
        };
        /// 11.10. The first of each name counts, if name and value are well-formed.
        if is_token(parameter_name.as_bytes())
            && parameter_value
                .chars()
                .all(is_http_quoted_string_token_code_point)
            && mime_type.parameter(&parameter_name).is_none()
        {
            mime_type.parameters.push((parameter_name, parameter_value));
        }
    }
    /// 12. That is the type.
    Some(mime_type)
}

fn collect_until<'a>(input: &'a str, position: &mut usize, ends: [char; 2]) -> &'a str {
    let rest = &input[*position..];
    let collected = &rest[..rest.find(ends).unwrap_or(rest.len())];
    *position += collected.len();
    collected
}

/// Whether a string is a JavaScript MIME type's essence, in any case.
///
/// <https://mimesniff.spec.whatwg.org/#javascript-mime-type-essence-match>
pub fn is_javascript_mime_type_essence_match(string: &str) -> bool {
    const ESSENCES: [&str; 16] = [
        "application/ecmascript",
        "application/javascript",
        "application/x-ecmascript",
        "application/x-javascript",
        "text/ecmascript",
        "text/javascript",
        "text/javascript1.0",
        "text/javascript1.1",
        "text/javascript1.2",
        "text/javascript1.3",
        "text/javascript1.4",
        "text/javascript1.5",
        "text/jscript",
        "text/livescript",
        "text/x-ecmascript",
        "text/x-javascript",
    ];
    ESSENCES
        .iter()
        .any(|essence| string.eq_ignore_ascii_case(essence))
}

/// Minimizes a supported MIME type. `supported` says whether the user agent can present a MIME type.
#[algorithm(MimeSniff, "minimize-a-supported-mime-type", untraced)]
pub fn minimize_a_supported_mime_type(
    mime_type: &MimeType,
    supported: impl FnOnce(&MimeType) -> bool,
) -> &str {
    /// 1. Any script.
    if mime_type.is_javascript() {
        return "text/javascript";
    }
    /// 2. Any JSON.
    if mime_type.is_json() {
        return "application/json";
    }
    /// 3. SVG is not just any XML.
    if mime_type.essence() == "image/svg+xml" {
        return "image/svg+xml";
    }
    /// 4. Any XML.
    if mime_type.is_xml() {
        return "application/xml";
    }
    /// 5. What can be presented keeps its name.
    /// 6. The rest has none.
    if supported(mime_type) {
        mime_type.essence()
    } else {
        ""
    }
}

/// Extracts a MIME type from the `Content-Type` headers; `None` is the standard's failure.
#[algorithm("concept-header-extract-mime-type", untraced)]
pub fn extract_a_mime_type(headers: &HeaderList) -> Option<MimeType> {
    /// 1. No charset yet,
    let mut charset: Option<String> = None;
    /// 2. no essence,
    let mut essence: Option<String> = None;
    /// 3. no MIME type.
    let mut mime_type: Option<MimeType> = None;
    /// 4. All values.
    let values = get_decode_and_split(headers, b"content-type");
    /// 5. No header, no MIME type.
    let values = values?;
    /// 6. The last one that parses counts.
    for value in values {
        /// 6.1. Parse it;
        let temporary_mime_type = parse(&value);
        /// 6.2. pass over what is none, and over a wildcard.
        let Some(mut temporary) = temporary_mime_type.filter(|it| it.essence() != "*/*") else {
            continue;
        };
        /// 6.4. Another essence than before
        if essence.as_deref() != Some(temporary.essence()) {
            /// 6.4.1. forgets the charset,
            /// 6.4.2. takes its own, if it has one,
            charset = temporary.parameter("charset").map(str::to_owned);
            /// 6.4.3. and is the essence from now on.
            essence = Some(temporary.essence().to_owned());
        } else if let (None, Some(charset)) = (temporary.parameter("charset"), &charset) {
            /// 6.5. The same essence inherits the charset it does not have.
            temporary.set_parameter("charset", charset);
        }
        /// 6.3. It counts until a later one does.
        mime_type = Some(temporary);
    }
    /// 7. None parsed,
    /// 8. or the last that did.
    mime_type
}

/// Legacy extracts an encoding: the one that the MIME type's charset names, otherwise the fallback.
#[algorithm("legacy-extract-an-encoding", untraced)]
pub fn legacy_extract_an_encoding(
    mime_type: Option<&MimeType>,
    fallback_encoding: &'static Encoding,
) -> &'static Encoding {
    /// 1. No MIME type, no charset.
    let Some(mime_type) = mime_type else {
        return fallback_encoding;
    };
    /// 2. It may not name one,
    let Some(charset) = mime_type.parameter("charset") else {
        return fallback_encoding;
    };
    /// 3. or one
    let tentative_encoding = Encoding::for_label(charset.as_bytes());
    /// 4. that nobody knows.
    /// 5. Otherwise it is that.
    tentative_encoding.unwrap_or(fallback_encoding)
}

/// Determines nosniff: whether the first value of `X-Content-Type-Options` says so.
#[algorithm("determine-nosniff", untraced)]
pub fn determine_nosniff(list: &HeaderList) -> bool {
    /// 1. All values.
    let values = get_decode_and_split(list, b"x-content-type-options");
    /// 2. No header, no nosniff.
    /// 3. The first one decides.
    /// 4. Anything else is not nosniff.
    values
        .as_deref()
        .and_then(<[String]>::first)
        .is_some_and(|first| first.eq_ignore_ascii_case("nosniff"))
}

/// The `Content-Length` values differ.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`Content-Length` says both `{first}` and `{other}`")]
pub struct LengthsDiffer {
    /// The first value.
    pub first: String,
    /// The first one that is different, even if only in its spelling.
    pub other: String,
}

/// Extracts a length from the `Content-Length` headers; `None` if there is none or it is no number. A number too large
/// to hold is the largest one.
///
/// # Errors
///
/// If there are values that differ.
#[algorithm("header-list-extract-a-length", untraced)]
pub fn extract_a_length(headers: &HeaderList) -> Result<Option<u64>, LengthsDiffer> {
    /// 1. All values.
    let values = get_decode_and_split(headers, b"content-length");
    /// 2. No header, no length.
    let Some(values) = values else {
        return Ok(None);
    };
    /// 3. The first one is the candidate.
    let mut candidate_value: Option<&String> = None;
    /// 4. All others are the same.
    for value in &values {
        match candidate_value {
            /// 4.1. The first.
            None => candidate_value = Some(value),
            /// 4.2. One that is not.
            Some(first) if first != value => {
                return Err(LengthsDiffer {
                    first: first.clone(),
                    other: value.clone(),
                });
            }
            Some(_) => {}
        }
    }
    /// 5. Only digits make a number.
    /// 6. That number.
    Ok(candidate_value
        .filter(|value| !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()))
        .map(|value| saturating_decimal(value.as_bytes())))
}
