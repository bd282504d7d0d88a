//! The HTTP cache: what is stored, when it may be used, and for whom.

mod common;

use std::cell::{Cell, RefCell};
use std::time::Duration;

use common::{Answer, answer, cors, header, page, run};
use crossexam_fetch::ready::{ReadyHost, SentRequest};
use crossexam_fetch::request::CacheMode;
use crossexam_fetch::{BlockReason, UserAgent};

const PAGE: &str = "https://charlie.example/";
const URL: &str = "https://charlie.example/resource";

/// Fetches twice with a pause between; how often was the server asked?
fn asked_twice(headers: &[(&'static str, &'static str)], pause: u64) -> usize {
    let host = ReadyHost::new(|_: &SentRequest| answer(200, headers));
    let user_agent = UserAgent::default();
    run(&user_agent, &host, cors(&page(PAGE), "GET", URL));
    host.advance(Duration::from_secs(pause));
    run(&user_agent, &host, cors(&page(PAGE), "GET", URL));
    host.take_sent().len()
}

#[test]
fn a_response_is_used_again_while_it_is_fresh() {
    // The clock of these tests begins on Thu, 01 Jan 2026 00:00:00 GMT.
    let date = ("Date", "Thu, 01 Jan 2026 00:00:00 GMT");
    assert_eq!(
        asked_twice(&[], 0),
        2,
        "without a word of the server nothing is fresh"
    );
    assert_eq!(asked_twice(&[("Cache-Control", "max-age=60")], 59), 1);
    assert_eq!(asked_twice(&[("Cache-Control", "max-age=60")], 60), 2);
    assert_eq!(
        asked_twice(&[("Cache-Control", "max-age=60"), ("Age", "30")], 29),
        1
    );
    assert_eq!(
        asked_twice(&[("Cache-Control", "max-age=60"), ("Age", "30")], 30),
        2
    );
    assert_eq!(
        asked_twice(&[("Cache-Control", "max-age=60, no-store")], 0),
        2
    );
    assert_eq!(
        asked_twice(&[("Cache-Control", "max-age=60, no-cache")], 0),
        2
    );
    assert_eq!(asked_twice(&[("Cache-Control", "MAX-AGE=\"60\"")], 59), 1);
    assert_eq!(asked_twice(&[("Cache-Control", "max-age=soon")], 0), 2);
    assert_eq!(
        asked_twice(&[date, ("Expires", "Thu, 01 Jan 2026 00:01:00 GMT")], 59),
        1
    );
    assert_eq!(
        asked_twice(&[date, ("Expires", "Thu, 01 Jan 2026 00:01:00 GMT")], 60),
        2
    );
    assert_eq!(asked_twice(&[date, ("Expires", "0")], 0), 2);
    let modified = ("Last-Modified", "Wed, 31 Dec 2025 23:50:00 GMT");
    assert_eq!(
        asked_twice(&[date, modified], 59),
        1,
        "a tenth of ten minutes"
    );
    assert_eq!(asked_twice(&[date, modified], 60), 2);
    assert_eq!(
        asked_twice(&[("Cache-Control", "max-age=60"), ("Vary", "*")], 0),
        2
    );
}

#[test]
fn a_stale_response_is_validated_and_freshened() {
    let count = Cell::new(0);
    let host = ReadyHost::new(|sent: &SentRequest| -> Answer {
        count.set(count.get() + 1);
        match header(sent, "If-None-Match") {
            Some("\"one\"") => answer(304, &[("Cache-Control", "max-age=600"), ("X-Round", "2")]),
            Some(other) => panic!("{other}"),
            None => answer(
                200,
                &[
                    ("ETag", "\"one\""),
                    ("Cache-Control", "max-age=5"),
                    ("X-Round", "1"),
                ],
            ),
        }
    });
    let user_agent = UserAgent::default();
    let get = || run(&user_agent, &host, cors(&page(PAGE), "GET", URL)).response;
    get();
    host.advance(Duration::from_secs(10));
    let response = get();
    assert_eq!(response.status(), 200, "the page never sees the 304");
    assert_eq!(
        response.body().map(|body| &body.known_bytes().unwrap()[..]),
        Some(&b"secret"[..])
    );
    assert_eq!(
        response.header_list().get(b"X-Round").as_deref(),
        Some(&b"2"[..])
    );
    host.advance(Duration::from_secs(500));
    get();
    assert_eq!(count.get(), 2, "it is fresh again");
}

#[test]
fn the_cache_mode_decides() {
    let asked = |cache_mode, pause| {
        let host =
            ReadyHost::new(|_: &SentRequest| answer(200, &[("Cache-Control", "max-age=60")]));
        let user_agent = UserAgent::default();
        run(&user_agent, &host, cors(&page(PAGE), "GET", URL));
        host.advance(Duration::from_secs(pause));
        host.take_sent();
        let mut request = cors(&page(PAGE), "GET", URL);
        request.cache_mode = cache_mode;
        run(&user_agent, &host, request);
        host.take_sent()
    };
    assert_eq!(asked(CacheMode::Default, 1).len(), 0);
    assert_eq!(asked(CacheMode::NoStore, 1).len(), 1);
    assert_eq!(asked(CacheMode::Reload, 1).len(), 1);
    assert_eq!(
        header(&asked(CacheMode::NoCache, 1)[0], "Cache-Control"),
        Some("max-age=0")
    );
    assert_eq!(asked(CacheMode::ForceCache, 1_000).len(), 0);
    assert_eq!(asked(CacheMode::OnlyIfCached, 1_000).len(), 0);
    assert_eq!(asked(CacheMode::Default, 1_000).len(), 1);
}

#[test]
fn vary_keeps_answers_for_different_requests_apart() {
    let asked = |vary: Option<&'static str>| {
        let mut headers = vec![("Cache-Control", "max-age=60")];
        headers.extend(vary.map(|value| ("Vary", value)));
        let host = ReadyHost::new(|_: &SentRequest| answer(200, &headers));
        let user_agent = UserAgent::default();
        for language in ["de", "fr", "de"] {
            let mut request = cors(&page(PAGE), "GET", URL);
            request.header_list.append("Accept-Language", language);
            run(&user_agent, &host, request);
        }
        host.take_sent().len()
    };
    assert_eq!(asked(None), 1);
    assert_eq!(asked(Some("accept-language")), 2);
    assert_eq!(asked(Some("Cookie")), 1);
}

#[test]
fn without_vary_origin_one_page_gets_the_permission_meant_for_another() {
    // Both frames are in one partition: the same top-level site. Alice echoes the origin and forgets `Vary`.
    let vary = Cell::new(false);
    let host = ReadyHost::new(|sent: &SentRequest| {
        let allow = if header(sent, "Origin") == Some("https://a.charlie.example") {
            "https://a.charlie.example"
        } else {
            "https://b.charlie.example"
        };
        let mut headers = vec![
            ("Cache-Control", "max-age=60"),
            ("Access-Control-Allow-Origin", allow),
        ];
        if vary.get() {
            headers.push(("Vary", "Origin"));
        }
        answer(200, &headers)
    });
    for (says_vary, is_blocked) in [(false, true), (true, false)] {
        vary.set(says_vary);
        let user_agent = UserAgent::default();
        run(
            &user_agent,
            &host,
            cors(
                &page("https://a.charlie.example/"),
                "GET",
                "https://alice.example/data",
            ),
        );
        let second = run(
            &user_agent,
            &host,
            cors(
                &page("https://b.charlie.example/"),
                "GET",
                "https://alice.example/data",
            ),
        );
        assert_eq!(
            second.response.is_network_error(),
            is_blocked,
            "Vary: {says_vary}"
        );
    }
}

#[test]
fn partitions_and_unsafe_methods() {
    let sent = RefCell::new(0);
    let host = ReadyHost::new(|_: &SentRequest| {
        *sent.borrow_mut() += 1;
        answer(
            200,
            &[
                ("Cache-Control", "max-age=60"),
                ("Access-Control-Allow-Origin", "*"),
            ],
        )
    });
    let user_agent = UserAgent::default();
    let get = |client: &str| {
        run(
            &user_agent,
            &host,
            cors(&page(client), "GET", "https://alice.example/data"),
        );
    };
    get("https://charlie.example/");
    get("https://charlie.example/");
    assert_eq!(*sent.borrow(), 1);
    get("https://bob.example/");
    assert_eq!(
        *sent.borrow(),
        2,
        "another top-level site has a cache of its own"
    );
    run(
        &user_agent,
        &host,
        cors(
            &page("https://charlie.example/"),
            "POST",
            "https://alice.example/data",
        ),
    );
    get("https://charlie.example/");
    assert_eq!(*sent.borrow(), 4, "the POST has made it invalid");
    assert_eq!(user_agent.http_cache.borrow().len(), 2);
}

#[test]
fn only_if_cached_without_a_response_says_so() {
    let host = ReadyHost::new(|_: &SentRequest| answer(200, &[]));
    let mut request = cors(&page(PAGE), "GET", URL);
    request.cache_mode = CacheMode::OnlyIfCached;
    let fetched = run(&UserAgent::default(), &host, request);
    assert_eq!(common::error(&fetched).reason, BlockReason::NotCached);
    assert!(host.take_sent().is_empty());
}
