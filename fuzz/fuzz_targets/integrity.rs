//! Integrity metadata and Integrity-Policy: any text, any header value.
#![no_main]

use crossexam_fetch::integrity::{
    IntegrityMatch, do_bytes_match_metadata_list, get_the_strongest_metadata, parse_metadata,
};
use crossexam_fetch::integrity_policy::process_an_integrity_policy;
use crossexam_web::HeaderList;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let parsed = parse_metadata(&text);
    let strongest = get_the_strongest_metadata(&parsed);
    assert_eq!(parsed.is_empty(), strongest.is_empty());
    for item in &strongest {
        assert!(parsed.contains(item));
        assert!(parsed.iter().all(|other| other.algorithm <= item.algorithm));
    }
    let matches = do_bytes_match_metadata_list(data, &text);
    // Nothing is its own hash.
    assert_eq!(matches == IntegrityMatch::Matches, parsed.is_empty());

    let headers: HeaderList = [("Integrity-Policy", data.to_vec())].into_iter().collect();
    let policy = process_an_integrity_policy(&headers, b"integrity-policy");
    assert!(policy.sources.len() <= 1 && policy.blocked_destinations.len() <= 2);
});
