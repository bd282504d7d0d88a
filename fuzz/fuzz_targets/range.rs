//! Range: compared with a second reading of the grammar that looks nothing like the standard's steps.
#![no_main]

use crossexam_web::range::parse_a_single_range_header_value;
use libfuzzer_sys::fuzz_target;

/// The digits without the zeros in front, so that longer is greater.
fn significant(digits: &str) -> (usize, &str) {
    let digits = digits.trim_start_matches('0');
    (digits.len(), digits)
}

fn saturating(digits: &str) -> Option<u64> {
    (!digits.is_empty()).then(|| digits.parse().unwrap_or(u64::MAX))
}

fn second_reading(value: &str, allow_whitespace: bool) -> Option<(Option<u64>, Option<u64>)> {
    let trim = |text: &'_ str, start: bool, end: bool| -> String {
        let blank = |c| allow_whitespace && matches!(c, ' ' | '\t');
        let text = if start {
            text.trim_start_matches(blank)
        } else {
            text
        };
        if end {
            text.trim_end_matches(blank)
        } else {
            text
        }
        .to_owned()
    };
    let (unit, range) = value.split_once('=')?;
    let (start, end) = range.split_once('-')?;
    let (start, end) = (trim(start, true, true), trim(end, true, false));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if trim(unit, false, true) != "bytes" || !digits(&start) || !digits(&end) {
        return None;
    }
    // Whitespace at the very end belongs to nothing, unless there is no number before it.
    if start.is_empty() && end.is_empty() {
        return None;
    }
    if !start.is_empty() && !end.is_empty() && significant(&start) > significant(&end) {
        return None;
    }
    Some((saturating(&start), saturating(&end)))
}

fuzz_target!(|data: &[u8]| {
    for allow_whitespace in [false, true] {
        let parsed = parse_a_single_range_header_value(data, allow_whitespace);
        match std::str::from_utf8(data) {
            Ok(text) => assert_eq!(parsed, second_reading(text, allow_whitespace)),
            Err(_) => assert_eq!(parsed, None),
        }
    }
});
