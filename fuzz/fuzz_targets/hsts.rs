//! `Strict-Transport-Security` values, a line each, into one store.
#![no_main]

use crossexam_fetch::hsts::{HstsStore, parse_strict_transport_security};
use crossexam_web::{HeaderList, Timestamp};
use libfuzzer_sys::fuzz_target;
use url::Url;

fuzz_target!(|data: &[u8]| {
    let mut store = HstsStore::default();
    let now = Timestamp::from_secs(1_767_225_600);
    let url: Url = "https://www.alice.example/".parse().expect("a URL");
    for value in data.split(|byte| *byte == b'\n').take(16) {
        let parsed = parse_strict_transport_security(value);
        let before = store.is_known("www.alice.example", now);
        let mut headers = HeaderList::new();
        headers.append("Strict-Transport-Security", value.to_vec());
        store.note(&url, &headers, now);
        let after = store.is_known("www.alice.example", now);
        match parsed {
            None => assert_eq!(before, after),
            Some(policy) => {
                assert_eq!(after, policy.max_age > 0);
                let below = store.is_known("a.www.alice.example", now);
                assert_eq!(below, policy.max_age > 0 && policy.include_sub_domains);
                let written = format!("includeSubDomains; max-age=\"{}\"", policy.max_age);
                let again = parse_strict_transport_security(written.as_bytes());
                assert_eq!(again.map(|again| again.max_age), Some(policy.max_age));
            }
        }
        assert!(!store.is_known("alice.example", now));
    }
});
