//! Bodies of forms: the first byte says how long the boundary is.
#![no_main]

use bytes::Bytes;
use crossexam_fetch::api::form_data::{form_data, parse_multipart};
use crossexam_web::form_data::multipart;
use crossexam_web::mime;
use libfuzzer_sys::fuzz_target;

const OTHER: &str = "a-boundary-that-nobody-writes";

fuzz_target!(|data: &[u8]| {
    let Some((&length, rest)) = data.split_first() else {
        return;
    };
    let (boundary, body) = rest.split_at(usize::from(length % 8).min(rest.len()));
    let body = Bytes::copy_from_slice(body);
    let urlencoded = mime::parse("application/x-www-form-urlencoded");
    assert!(form_data(&body, urlencoded.as_ref()).is_ok());
    let Ok(boundary) = std::str::from_utf8(boundary) else {
        return;
    };
    let Ok(entries) = parse_multipart(&body, boundary) else {
        return;
    };
    if body.windows(OTHER.len()).any(|window| window == OTHER.as_bytes()) {
        return;
    }
    // What is written again reads as what was written.
    let written = multipart(&entries, OTHER);
    let again = parse_multipart(&written, OTHER).expect("what was written is a form");
    assert_eq!(multipart(&again, OTHER), written);
    assert_eq!(again.len(), entries.len());
});
