//! The `Range` and `Content-Range` headers.
//!
//! <https://fetch.spec.whatwg.org/#simple-range-header-value>

use bytes::Bytes;

use crate::algorithm;
use crate::header_value::saturating_decimal;

/// Parses a single range header value: the first and last byte, either of which can be left out, but not both. `None` is
/// the standard's failure.
///
/// A number has any number of digits in the standard. Here the two are compared exactly, however long they are; a number
/// above [`u64::MAX`] is then returned as `u64::MAX`, which lies behind the end of anything that can be held.
#[algorithm("simple-range-header-value", untraced)]
pub fn parse_a_single_range_header_value(
    value: &[u8],
    allow_whitespace: bool,
) -> Option<(Option<u64>, Option<u64>)> {
    /// 1. Work on the bytes; nothing but ASCII matters.
    let data = value;
    /// 2. The unit comes first, in lowercase.
    /// 3. Stand behind it.
    let mut rest = data.strip_prefix(b"bytes")?;
    /// 4. Perhaps whitespace.
    skip_whitespace(&mut rest, allow_whitespace);
    /// 5. An equals sign.
    /// 6. Stand behind it.
    rest = rest.strip_prefix(b"=")?;
    /// 7. Perhaps whitespace.
    skip_whitespace(&mut rest, allow_whitespace);
    /// 8. The digits of the start.
    /// 9. No digits, no start.
    let range_start = collect_digits(&mut rest);
    /// 10. Perhaps whitespace.
    skip_whitespace(&mut rest, allow_whitespace);
    /// 11. A hyphen.
    /// 12. Stand behind it.
    rest = rest.strip_prefix(b"-")?;
    /// 13. Perhaps whitespace.
    skip_whitespace(&mut rest, allow_whitespace);
    /// 14. The digits of the end.
    /// 15. No digits, no end.
    let range_end = collect_digits(&mut rest);
    /// 16. Nothing may follow.
    if !rest.is_empty() {
        return None;
    }
    match (range_start, range_end) {
        /// 17. One of the two is needed.
        (None, None) => None,
        /// 18. The start is not behind the end.
        (Some(start), Some(end)) if is_greater(start, end) => None,
        /// 19. That is the range.
        _ => Some((
            range_start.map(saturating_decimal),
            range_end.map(saturating_decimal),
        )),
    }
}

fn skip_whitespace(rest: &mut &[u8], allow_whitespace: bool) {
    if allow_whitespace {
        while let [b'\t' | b' ', tail @ ..] = rest {
            *rest = tail;
        }
    }
}

fn collect_digits<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = rest
        .iter()
        .position(|byte| !byte.is_ascii_digit())
        .unwrap_or(rest.len());
    let (digits, tail) = rest.split_at(length);
    *rest = tail;
    (!digits.is_empty()).then_some(digits)
}

/// Whether the decimal number `a` is greater than `b`, whatever their length.
fn is_greater(a: &[u8], b: &[u8]) -> bool {
    let zeros = |digits: &[u8]| digits.iter().take_while(|&&digit| digit == b'0').count();
    let (a, b) = (&a[zeros(a)..], &b[zeros(b)..]);
    (a.len(), a) > (b.len(), b)
}

/// Builds a `Content-Range` value: the first byte, the last byte, and the length of the whole.
#[algorithm("build-a-content-range", untraced)]
pub fn build_a_content_range(range_start: u64, range_end: u64, full_length: u64) -> Bytes {
    /// 1. The unit,
    /// 2. the start,
    /// 3. a hyphen,
    /// 4. the end,
    /// 5. a slash,
    /// 6. the whole length.
    let content_range = format!("bytes {range_start}-{range_end}/{full_length}");
    /// 7. That is it.
    content_range.into()
}
