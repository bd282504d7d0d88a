//! Headers of a request and of a response, a header a line, `:` between name and value; an empty line between the two.
#![no_main]

use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use crossexam_fetch::http_cache::cache_control::{RequestDirectives, ResponseDirectives};
use crossexam_fetch::http_cache::http_date::parse_an_http_date;
use crossexam_fetch::http_cache::{Freshness, HttpCache, Limits, StoredResponse, Times};
use crossexam_web::{HeaderList, Origin, Timestamp};
use libfuzzer_sys::fuzz_target;

fn headers(text: &[u8]) -> HeaderList {
    text.split(|&byte| byte == b'\n')
        .filter_map(|line| {
            let colon = line.iter().position(|&byte| byte == b':')?;
            let (name, value) = (&line[..colon], &line[colon + 1..]);
            Some((Bytes::copy_from_slice(name), Bytes::copy_from_slice(value)))
        })
        .collect()
}

fuzz_target!(|data: &[u8]| {
    let middle = data.windows(2).position(|two| two == b"\n\n");
    let (request, response) = data.split_at(middle.unwrap_or(data.len() / 2));
    let (request, response) = (headers(request), headers(response));
    for header in &response {
        let now = Timestamp::from_secs(1_767_225_600);
        if let Some(date) = parse_an_http_date(&header.value, now) {
            // No calendar of four digits goes further.
            assert!(date.as_secs() < 253_402_300_800);
        }
    }
    // What several headers say, they say together, if none of them leaves a quote open.
    let _ = (ResponseDirectives::of(&response), RequestDirectives::of(&request));
    let now = Timestamp::from_secs(1_767_225_600);
    let times = Times { request: now, response: now };
    let stored = StoredResponse::new(&request, 200, Bytes::new(), &response, None, times);
    let Some(stored) = stored else { return };
    let freshness = |seconds| stored.freshness(&request, now + Duration::from_secs(seconds));
    let mut last = Freshness::Fresh;
    for seconds in [0, 1, 60, 3600, 1 << 31, 1 << 62] {
        let freshness = freshness(seconds);
        // Nothing becomes fresh by waiting.
        assert!(freshness != Freshness::Fresh || last == Freshness::Fresh);
        assert!(last != Freshness::Stale || freshness == Freshness::Stale);
        last = freshness;
    }
    let url = "https://alice.example/".parse().expect("a URL");
    let partition = Rc::new(Origin::of_url(&url).expect("a tuple").site());
    let mut cache = HttpCache::default();
    cache.store(&partition, &url, &request, stored, &Limits::default());
    let selected = cache.select(&partition, &url, &request).expect("what was stored is found");
    cache.freshen(&partition, &url, &selected, &response, times);
    assert_eq!(cache.len(), 1);
    cache.invalidate(&partition, &url, &response);
    assert!(cache.is_empty() && cache.bytes() == 0);
});
