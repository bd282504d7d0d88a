//! Header names and values: what they may be, and how a value falls apart.
//!
//! <https://fetch.spec.whatwg.org/#terminology-headers>

use bytes::Bytes;

use crate::infra::isomorphic_decode;
use crate::{HeaderList, algorithm};

/// Whether a byte may stand in a token.
///
/// <https://httpwg.org/specs/rfc9110.html#tokens>
pub const fn is_token_byte(byte: u8) -> bool {
    matches!(byte,
        b'!' | b'#' | b'$' | b'%' | b'&' | b'\'' | b'*' | b'+' | b'-' | b'.' | b'^' | b'_' | b'`' | b'|' | b'~'
        | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z')
}

/// Whether the bytes are a token: at least one byte, and each one a token byte.
///
/// <https://httpwg.org/specs/rfc9110.html#tokens>
pub fn is_token(bytes: &[u8]) -> bool {
    !bytes.is_empty() && bytes.iter().copied().all(is_token_byte)
}

/// Whether the bytes are a header name.
///
/// <https://fetch.spec.whatwg.org/#header-name>
pub fn is_header_name(name: &[u8]) -> bool {
    is_token(name)
}

/// Whether the bytes are a header value: no tab or space at the ends, no NUL, LF or CR anywhere.
///
/// <https://fetch.spec.whatwg.org/#header-value>
pub fn is_header_value(value: &[u8]) -> bool {
    trim_http_tab_or_space(value).len() == value.len()
        && !value.iter().any(|byte| matches!(byte, 0 | b'\n' | b'\r'))
}

/// Normalizes a potential header value: takes HTTP whitespace (tab, LF, CR, space) off both ends.
///
/// <https://fetch.spec.whatwg.org/#concept-header-value-normalize>
pub fn normalize(potential_value: &[u8]) -> &[u8] {
    trim(potential_value, |byte| {
        matches!(byte, b'\t' | b'\n' | b'\r' | b' ')
    })
}

/// The bytes without HTTP tab or space bytes at both ends.
fn trim_http_tab_or_space(bytes: &[u8]) -> &[u8] {
    trim(bytes, |byte| matches!(byte, b'\t' | b' '))
}

fn trim(bytes: &[u8], drop: impl Fn(u8) -> bool) -> &[u8] {
    let Some(start) = bytes.iter().position(|&byte| !drop(byte)) else {
        return &[];
    };
    let end = bytes
        .iter()
        .rposition(|&byte| !drop(byte))
        .map_or(start, |last| last + 1);
    &bytes[start..end]
}

/// Collects an HTTP quoted string from `input`, beginning at the quote at `position` (a byte offset), and moves
/// `position` behind it. With `extract_value` the result is the value, without quotes and escapes; otherwise it is the
/// text as it stands, quotes included.
///
/// If there is no quote at `position`, nothing is collected.
#[algorithm("collect-an-http-quoted-string", untraced)]
pub fn collect_an_http_quoted_string(
    input: &str,
    position: &mut usize,
    extract_value: bool,
) -> String {
    /// 1. Remember where it begins.
    let position_start = *position;
    /// 2. The value so far.
    let mut value = String::new();
    /// 3. A quote comes first.
    let Some(mut rest) = input
        .get(position_start..)
        .and_then(|rest| rest.strip_prefix('"'))
    else {
        return value;
    };
    /// 4. Step over it.
    *position += 1;
    /// 5. Go on to the closing quote or the end.
    loop {
        let length = rest.find(['"', '\\']).unwrap_or(rest.len());
        /// 5.1. What comes before the next quote or backslash belongs to the value.
        value.push_str(&rest[..length]);
        *position += length;
        let mut characters = rest[length..].chars();
        /// 5.2. The end.
        let Some(next) = characters.next() else { break };
        /// 5.3. A quote or a backslash.
        let quote_or_backslash = next;
        /// 5.4. Step over it.
        *position += quote_or_backslash.len_utf8();
        /// 5.5. A backslash takes the next code point literally.
        if quote_or_backslash == '\\' {
            let Some(escaped) = characters.next() else {
                /// 5.5.1. At the end it stands for itself.
                value.push('\\');
                break;
            };
            /// 5.5.2. Otherwise the next one is meant.
            value.push(escaped);
            /// 5.5.3. Step over that too.
            *position += escaped.len_utf8();
        } else {
            /// 5.6.1. What else it can be is a quote,
            debug_assert_eq!(quote_or_backslash, '"');
            /// 5.6.2. the closing one.
            break;
        }
        rest = characters.as_str();
    }
    /// 6. The value alone,
    if extract_value {
        return value;
    }
    /// 7. or the text as it stands.
    // SPEC: the standard says "inclusive" of a position that is already behind the closing quote.
    input[position_start..*position].to_owned()
}

/// Gets, decodes, and splits a header value: splits at commas that are not inside quotes. The strings are isomorphic
/// decoded bytes; there is always at least one.
#[algorithm("header-value-get-decode-and-split", untraced)]
pub fn get_decode_and_split_value(value: &[u8]) -> Vec<String> {
    /// 1. Bytes become code points.
    let input = isomorphic_decode(value);
    /// 2. Begin at the start.
    let mut position = 0;
    /// 3. The values so far.
    let mut values = Vec::new();
    /// 4. The value being put together.
    let mut temporary_value = String::new();
    /// 5. Until the end:
    loop {
        /// 5.1. Take everything up to a quote or a comma.
        let rest = &input[position..];
        let length = rest.find(['"', ',']).unwrap_or(rest.len());
        temporary_value.push_str(&rest[..length]);
        position += length;
        /// 5.2. A quoted string is taken whole, commas included.
        if input[position..].starts_with('"') {
            /// 5.2.1. With its quotes and escapes.
            temporary_value.push_str(&collect_an_http_quoted_string(&input, &mut position, false));
            /// 5.2.2. More may follow.
            if position < input.len() {
                continue;
            }
        }
        /// 5.3. Without tabs and spaces around it,
        /// 5.4. it is a value.
        values.push(temporary_value.trim_matches(['\t', ' ']).to_owned());
        /// 5.5. Begin the next.
        temporary_value.clear();
        /// 5.6. The end.
        if position >= input.len() {
            return values;
        }
        /// 5.7. What stands here is a comma.
        debug_assert!(input[position..].starts_with(','));
        /// 5.8. Step over it.
        position += 1;
    }
}

/// Gets, decodes, and splits the combined value of `name`.
#[algorithm("concept-header-list-get-decode-split", untraced)]
pub fn get_decode_and_split(list: &HeaderList, name: &[u8]) -> Option<Vec<String>> {
    /// 1. The combined value.
    let value = list.get(name);
    /// 2. No header, no values.
    let value = value?;
    /// 3. Split it.
    Some(get_decode_and_split_value(&value))
}

/// Why extracting header values failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExtractFailure {
    /// The header may be there once only, and is there several times.
    #[error("{} is allowed once and is there {count} times", show(name))]
    SeveralHeaders {
        /// The header's name as it was asked for.
        name: Bytes,
        /// How many there are.
        count: usize,
    },
    /// A value does not follow its header's grammar.
    #[error(
        "the value of {} does not follow its grammar: {} is not {expected}",
        show(name),
        show(part)
    )]
    Syntax {
        /// The header's name as it was asked for.
        name: Bytes,
        /// The whole value.
        value: Bytes,
        /// The part of it that breaks the grammar.
        part: Bytes,
        /// What was expected instead.
        expected: &'static str,
    },
    /// The grammar of this header is not known here; asking for it is a mistake in the caller.
    #[error("the grammar of {} is not modelled", show(name))]
    Unmodelled {
        /// The header's name as it was asked for.
        name: Bytes,
    },
}

fn show(bytes: &[u8]) -> String {
    format!("`{}`", crate::trace::printable(bytes))
}

/// The shape of a header's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Grammar {
    /// `#token`: any number of tokens; empty elements do no harm.
    Tokens(&'static str),
    /// `1*DIGIT`.
    DeltaSeconds,
    /// Exactly one of these, in this case.
    OneOf(&'static [&'static [u8]], &'static str),
    /// Anything at all.
    Any,
}

impl Grammar {
    /// The grammar of the header called `name`.
    fn of(name: &[u8]) -> Option<Self> {
        const CORP: &[&[u8]] = &[b"same-origin", b"same-site", b"cross-origin"];
        const GRAMMARS: [(&[u8], Grammar); 8] = [
            (b"access-control-allow-methods", Grammar::Tokens("a method")),
            (
                b"access-control-allow-headers",
                Grammar::Tokens("a header name"),
            ),
            (
                b"access-control-expose-headers",
                Grammar::Tokens("a header name"),
            ),
            (b"access-control-max-age", Grammar::DeltaSeconds),
            (
                b"access-control-allow-credentials",
                Grammar::OneOf(&[b"true"], "`true`"),
            ),
            (b"content-encoding", Grammar::Tokens("a content coding")),
            (
                b"cross-origin-resource-policy",
                Grammar::OneOf(CORP, "`same-origin`, `same-site` or `cross-origin`"),
            ),
            // SPEC: HTTP's grammar is URI-reference. Browsers, and the tests they share, hand any bytes to the URL
            // parser, which is the next step anyway. (https://github.com/whatwg/fetch/issues/814)
            (b"location", Grammar::Any),
        ];
        GRAMMARS
            .iter()
            .find(|(known, _)| name.eq_ignore_ascii_case(known))
            .map(|&(_, grammar)| grammar)
    }

    /// Whether several headers of this name are one list.
    const fn allows_several(self) -> bool {
        matches!(self, Self::Tokens(_))
    }

    /// Appends the values that `value` holds to `values`.
    fn parse(
        self,
        name: &[u8],
        value: &Bytes,
        values: &mut Vec<Bytes>,
    ) -> Result<(), ExtractFailure> {
        let failure = |part: Bytes, expected| {
            Err(ExtractFailure::Syntax {
                name: Bytes::copy_from_slice(name),
                value: value.clone(),
                part,
                expected,
            })
        };
        match self {
            Self::Tokens(what) => {
                for element in value.split(|&byte| byte == b',') {
                    let element = value.slice_ref(trim_http_tab_or_space(element));
                    // A recipient takes empty list elements and ignores them (RFC 9110, 5.6.1.2).
                    if element.is_empty() {
                        continue;
                    }
                    if !is_token(&element) {
                        return failure(element, what);
                    }
                    values.push(element);
                }
            }
            Self::DeltaSeconds => {
                if value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
                    return failure(value.clone(), "a number of seconds");
                }
                values.push(value.clone());
            }
            Self::OneOf(allowed, expected) => {
                if !allowed.contains(&&value[..]) {
                    return failure(value.clone(), expected);
                }
                values.push(value.clone());
            }
            Self::Any => values.push(value.clone()),
        }
        Ok(())
    }
}

/// Extracts the values of one header, per the grammar of its name.
///
/// # Errors
///
/// If the value does not follow the grammar, or the grammar is not known here.
#[algorithm("extract-header-values", untraced)]
pub fn extract_header_values(name: &[u8], value: &Bytes) -> Result<Vec<Bytes>, ExtractFailure> {
    let mut values = Vec::new();
    /// 1. What does not follow the grammar fails.
    extract_into(name, value, &mut values)?;
    /// 2. The values, in order.
    Ok(values)
}

fn extract_into(name: &[u8], value: &Bytes, values: &mut Vec<Bytes>) -> Result<(), ExtractFailure> {
    match Grammar::of(name) {
        Some(grammar) => grammar.parse(name, value, values),
        None => Err(ExtractFailure::Unmodelled {
            name: Bytes::copy_from_slice(name),
        }),
    }
}

/// Extracts the values of all headers called `name`, per the grammar of the name; `None` if there is no such header.
/// A list that is there and empty is `Some` of nothing.
///
/// # Errors
///
/// If a header that is allowed once is there several times, if a value does not follow the grammar, or if the grammar
/// of this name is not known here.
#[algorithm("extract-header-list-values", untraced)]
pub fn extract_header_list_values(
    name: &[u8],
    list: &HeaderList,
) -> Result<Option<Vec<Bytes>>, ExtractFailure> {
    /// 1. No header, no values.
    let count = list.values(name).count();
    if count == 0 {
        return Ok(None);
    }
    /// 2. Some headers are allowed once only.
    if count > 1 && Grammar::of(name).is_some_and(|grammar| !grammar.allows_several()) {
        return Err(ExtractFailure::SeveralHeaders {
            name: Bytes::copy_from_slice(name),
            count,
        });
    }
    /// 3. The values so far.
    let mut values = Vec::new();
    /// 4. Go through the headers in order.
    for value in list.values(name) {
        /// 4.1. What does it hold?
        let extract = extract_into(name, value, &mut values);
        // 4.3. Its values were appended to the others as they were found; a failure drops them all.
        /// 4.2. One that does not follow the grammar fails them all.
        extract?;
    }
    /// 5. All of them.
    Ok(Some(values))
}

/// A number of seconds as `Access-Control-Max-Age` and caching write it; `None` if there is anything but digits. A number
/// too large to hold is the largest one.
///
/// <https://httpwg.org/specs/rfc9111.html#delta-seconds>
pub fn delta_seconds(value: &[u8]) -> Option<u64> {
    (!value.is_empty() && value.iter().all(u8::is_ascii_digit)).then(|| saturating_decimal(value))
}

/// ASCII digits as a decimal number; a number too large to hold is the largest one.
pub(crate) fn saturating_decimal(digits: &[u8]) -> u64 {
    digits.iter().fold(0, |number: u64, digit| {
        number
            .saturating_mul(10)
            .saturating_add(u64::from(digit - b'0'))
    })
}
