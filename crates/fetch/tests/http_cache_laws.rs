//! What must hold of the HTTP cache and of content codings whatever the headers and bytes are.
#![allow(clippy::unwrap_used)]

use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use crossexam_fetch::content_codings::Decoder;
use crossexam_fetch::host::NetworkPartitionKey;
use crossexam_fetch::http_cache::{Freshness, HttpCache, Limits, StoredResponse, Times};
use crossexam_web::{HeaderList, Origin, Timestamp};
use proptest::prelude::*;
use url::Url;

const NOW: Timestamp = Timestamp::from_secs(1_767_225_600);
const TIMES: Times = Times {
    request: NOW,
    response: NOW,
};

/// Values that caches look at, and any bytes.
fn value() -> impl Strategy<Value = Vec<u8>> {
    const WORDS: [&str; 14] = [
        "max-age=60",
        "max-age=99999999999999999999999",
        "no-cache",
        "no-cache=\"x\"",
        "no-store",
        "public",
        "stale-while-revalidate=30",
        "must-revalidate",
        "max-stale",
        "min-fresh=5",
        "*",
        "Accept, Cookie",
        "Fri, 31 Dec 9999 23:59:59 GMT",
        "Thu, 01 Jan 2026 00:00:00 GMT",
    ];
    prop_oneof![
        3 => prop::collection::vec(prop::sample::select(&WORDS[..]), 0..4)
            .prop_map(|words| words.join(", ").into_bytes()),
        1 => prop::collection::vec(any::<u8>(), 0..40),
    ]
}

fn headers() -> impl Strategy<Value = HeaderList> {
    const NAMES: [&str; 12] = [
        "Cache-Control",
        "Age",
        "Date",
        "Expires",
        "Last-Modified",
        "ETag",
        "Vary",
        "Accept",
        "Cookie",
        "Pragma",
        "Connection",
        "Content-Length",
    ];
    prop::collection::vec((prop::sample::select(&NAMES[..]), value()), 0..8)
        .prop_map(|headers| headers.into_iter().collect())
}

fn stored(request: &HeaderList, response: &HeaderList) -> Option<StoredResponse> {
    StoredResponse::new(request, 200, Bytes::new(), response, None, TIMES)
}

fn partition() -> Rc<NetworkPartitionKey> {
    Rc::new(Origin::of_url(&url(0)).unwrap().site())
}

fn url(number: usize) -> Url {
    format!("https://alice.example/{number}").parse().unwrap()
}

proptest! {
    #[test]
    fn nothing_becomes_fresh_by_waiting(request in headers(), response in headers(), presented in headers()) {
        let Some(stored) = stored(&request, &response) else { return Ok(()) };
        let mut last = Freshness::Fresh;
        for seconds in [0, 1, 29, 30, 59, 60, 61, 90, 1 << 31, 1 << 60, u64::MAX] {
            let freshness = stored.freshness(&presented, NOW + Duration::from_secs(seconds));
            prop_assert!(freshness != Freshness::Fresh || last == Freshness::Fresh);
            prop_assert!(freshness == Freshness::Stale || last != Freshness::Stale);
            last = freshness;
        }
    }

    #[test]
    fn what_is_stored_is_found_by_the_same_request(request in headers(), response in headers()) {
        let Some(stored) = stored(&request, &response) else { return Ok(()) };
        let mut cache = HttpCache::default();
        cache.store(&partition(), &url(0), &request, stored, &Limits::default());
        let selected = cache.select(&partition(), &url(0), &request);
        prop_assert!(selected.is_some());
        // The same answer as its own validation changes neither how many there are nor whether it is found.
        cache.freshen(&partition(), &url(0), &selected.unwrap(), &response, TIMES);
        prop_assert_eq!(cache.len(), 1);
        prop_assert!(cache.select(&partition(), &url(0), &request).is_some());
        cache.invalidate(&partition(), &url(0), &response);
        prop_assert_eq!((cache.len(), cache.bytes()), (0, 0));
    }

    #[test]
    fn limits_hold_and_bytes_are_counted(
        operations in prop::collection::vec((0usize..12, headers(), headers()), 0..40),
    ) {
        let limits = Limits { responses: 6, responses_for_a_url: 2, bytes: 4000, bytes_of_a_response: 2000 };
        let mut cache = HttpCache::default();
        for (number, request, response) in operations {
            match stored(&request, &response) {
                Some(stored) => cache.store(&partition(), &url(number % 4), &request, stored, &limits),
                None if number % 3 == 0 => cache.invalidate(&partition(), &url(number % 4), &response),
                None => drop(cache.select(&partition(), &url(number % 4), &request)),
            }
            prop_assert!(cache.len() <= limits.responses && cache.bytes() <= limits.bytes);
            prop_assert_eq!(cache.is_empty(), cache.bytes() == 0);
        }
    }

    #[test]
    fn cutting_a_coded_body_makes_no_difference(
        which in 0usize..5,
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        cut in 0usize..200,
    ) {
        let names: [&[&'static str]; 5] = [&["gzip"], &["deflate"], &["br"], &["zstd"], &["gzip", "deflate"]];
        let names: Vec<Bytes> = names[which].iter().map(|name| Bytes::from_static(name.as_bytes())).collect();
        let decoded = |pieces: &[&[u8]]| -> Option<Vec<u8>> {
            let mut decoder = Decoder::new(&names).unwrap().unwrap();
            let mut all = Vec::new();
            for piece in pieces {
                all.extend_from_slice(&decoder.decode(piece).ok()?);
            }
            all.extend_from_slice(&decoder.finish().ok()?);
            Some(all)
        };
        let (first, second) = bytes.split_at(cut.min(bytes.len()));
        prop_assert_eq!(decoded(&[first, second]), decoded(&[&bytes]));
    }
}

#[test]
fn a_small_body_cannot_grow_without_bound() {
    // Zeros that gzip has made smaller, again and again: what comes out is bounded, or is what was put in.
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use std::io::Write as _;
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    let zeros = vec![0; 1 << 20];
    for _ in 0..5 {
        encoder.write_all(&zeros).unwrap();
    }
    let bomb = encoder.finish().unwrap();
    assert!(bomb.len() < 6_000);
    for (limit, fits) in [(5 << 20, true), ((5 << 20) - 1, false), (1, false)] {
        let gzip = [Bytes::from_static(b"gzip")];
        let mut decoder = Decoder::with_limit(&gzip, limit).unwrap().unwrap();
        match decoder.decode(&bomb) {
            Ok(bytes) => assert!(fits && bytes.len() == 5 << 20),
            Err(failure) => assert!(!fits && failure.code() == "content-coding/too-large"),
        }
    }
}

#[test]
fn thousands_of_headers_and_names_are_looked_at_once() {
    let mut response: HeaderList = (0..2_000)
        .map(|number| (format!("X-{number}"), format!("max-age={number}")))
        .collect();
    for number in 0..1_000 {
        response.append("Cache-Control", format!("max-age={number}, x=\"no-store\""));
        response.append("Vary", format!("X-{number}"));
    }
    let request: HeaderList = (0..1_000)
        .map(|number| (format!("X-{number}"), "1"))
        .collect();
    assert!(
        stored(&request, &response).is_none(),
        "it varies by more than anybody would compare"
    );
    response.delete(b"Vary");
    assert!(stored(&request, &response).is_some());
}
