//! What scripts ask for.

use proptest::collection::vec;
use proptest::option::weighted;
use proptest::prelude::*;
use proptest::sample::select;

use crate::case::{FetchCall, ScriptBody};
use crate::octets::Octets;

/// A method: those of forms, those that need permission, and their spellings.
pub fn method() -> impl Strategy<Value = String> {
    select(
        &[
            "GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "post", "put", "patch",
            "GETX", "*",
        ][..],
    )
    .prop_map(str::to_owned)
}

/// A header that a script sets: on both sides of what needs permission, and what the browser ignores.
pub fn header() -> impl Strategy<Value = (String, String)> {
    let of = |name: &'static str, values: &'static [&'static str]| {
        select(values).prop_map(move |value| (name.to_owned(), value.to_owned()))
    };
    prop_oneof![
        of("X-One", &["1", ""]),
        of("X-Two", &["2"]),
        of("x-one", &["3"]),
        of("Authorization", &["Bearer x"]),
        of(
            "Content-Type",
            &[
                "text/plain",
                "application/json",
                "TEXT/PLAIN ; x",
                "multipart/form-data",
                "application/x-www-form-urlencoded;charset=utf-8",
                "text/plain, application/json",
                "text/plain; a=\"b\"",
                "text",
                "",
            ]
        ),
        of("Accept", &["text/html", "a(b", "a\tb"]),
        of("Accept-Language", &["en", "de, en;q=0.5", "en_GB"]),
        of("Content-Language", &["en", "*", "e/n"]),
        of(
            "Range",
            &[
                "bytes=0-9",
                "bytes=5-",
                "bytes=-5",
                "bytes=9-0",
                "bytes = 0-9",
                "items=0-1"
            ]
        ),
        // At the limits of length: 128 for one, 1024 for all.
        (
            select(&["Accept", "Accept-Language", "Content-Language"][..]),
            select(&[127_usize, 128, 129][..])
        )
            .prop_map(|(name, length)| (name.to_owned(), "a".repeat(length))),
        of("Origin", &["https://alice.example"]),
        of("Cookie", &["a=b"]),
        of("Sec-Fetch-Site", &["same-origin"]),
        of("Access-Control-Request-Method", &["GET"]),
        of("X-HTTP-Method-Override", &["PUT", "TRACE", "get, track"]),
    ]
}

/// A list of headers, mostly short; some as long as what needs no permission may be, and longer.
pub fn header_list() -> impl Strategy<Value = Vec<(String, String)>> {
    prop_oneof![
        6 => vec(header(), 0..4),
        1 => (7_usize..=9).prop_map(|count| vec![("Accept".to_owned(), "a".repeat(128)); count]),
    ]
}

fn word(words: &'static [&'static str]) -> impl Strategy<Value = Option<String>> {
    weighted(0.5, select(words).prop_map(str::to_owned))
}

/// A call of `fetch()` for this URL. Nothing of it comes from the HTTP cache.
pub fn fetch_call(url: impl Strategy<Value = String>) -> impl Strategy<Value = FetchCall> {
    let body = prop_oneof![
        Just(ScriptBody::Octets(Octets::Text("a".to_owned()))),
        Just(ScriptBody::Octets(Octets::of(b"\xff"))),
        Just(ScriptBody::Query(crate::case::QueryBody {
            query: vec![("a".to_owned(), "b".to_owned())]
        })),
        Just(ScriptBody::Blob(crate::case::BlobBody {
            blob: "{}".into(),
            content_type: "application/json".to_owned()
        })),
    ];
    (
        url,
        weighted(0.5, method()),
        weighted(0.5, header_list()),
        weighted(0.3, body),
        weighted(
            0.25,
            prop_oneof![4 => Just("cors"), 2 => Just("no-cors"), 1 => Just("same-origin")],
        ),
        word(&["omit", "same-origin", "include", "include"]),
        weighted(0.2, select(&["follow", "error", "manual"][..])),
    )
        .prop_map(
            |(url, method, headers, body, mode, credentials, redirect)| {
                let has_body = method
                    .as_deref()
                    .is_some_and(|it| !matches!(&it.to_uppercase()[..], "GET" | "HEAD"));
                FetchCall {
                    url,
                    headers,
                    body: body.filter(|_| has_body),
                    method,
                    mode: mode.map(str::to_owned),
                    credentials,
                    redirect: redirect.map(str::to_owned),
                    cache: Some("no-store".to_owned()),
                    ..FetchCall::default()
                }
            },
        )
}
