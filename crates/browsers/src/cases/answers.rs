//! What answers say.

use crossexam_oracle::strategies::{answer, near_miss};
use crossexam_oracle::{Answer, Case, FetchCall, Purpose, Step};
use proptest::collection::vec;
use proptest::option::weighted;
use proptest::prelude::*;
use proptest::sample::select;

use super::places::{CHARLIE, page, window};

/// The words of an enumeration.
pub(super) fn word(words: &'static [&'static str]) -> impl Strategy<Value = String> + Clone {
    select(words).prop_map(str::to_owned)
}

/// `credentials`, or nothing.
pub(super) fn credentials() -> impl Strategy<Value = Option<String>> {
    weighted(0.8, word(&["omit", "same-origin", "include", "include"]))
}

/// None of them, one, or two; mostly one.
fn mostly_one(line: impl Strategy<Value = String> + Clone) -> impl Strategy<Value = Vec<String>> {
    prop_oneof![1 => vec(line.clone(), 0..1), 5 => vec(line.clone(), 1..2), 1 => vec(line, 2..3)]
}

/// A call that needs no permission. (No answer here says that it may be stored.)
pub(super) fn plain(url: &str) -> FetchCall {
    FetchCall::new(url)
}

/// The same answer to a preflight and to what comes after it.
fn both(lines: Vec<String>) -> Vec<Answer> {
    vec![Answer {
        body: Some("hello".into()),
        ..Answer::with_headers(lines)
    }]
}

pub(super) fn allow_origin() -> BoxedStrategy<Case> {
    page()
        .prop_flat_map(|(page, origin)| {
            let twice = format!("{origin}, {origin}");
            let listed = format!("{origin} https://bob.example");
            let slash = format!("{origin}/");
            let spaced = format!("  {origin}\t");
            let upper = origin.to_uppercase();
            let value = prop_oneof![
                4 => Just(origin.to_owned()),
                3 => Just("*".to_owned()),
                2 => near_miss(origin),
                3 => select(vec![twice, listed, slash, spaced, upper]),
                2 => word(&["null", "NULL", "", "*, *", "* ", "\"*\"", "https://*.example", "*.example", "https://*"]),
            ];
            let allow = prop_oneof![
                5 => vec(value.clone(), 1..2),
                1 => vec(value, 2..3),
                1 => Just(Vec::new()),
            ];
            let also = mostly_one(
                word(&["true", "true", "true", "TRUE", "True", " true ", "true, true", "1", "", "false", "\"true\"", "true;x"]),
);
            let needs_permission = prop::bool::weighted(0.3);
            (allow, also, credentials(), needs_permission).prop_map(
                move |(allow, also, credentials, needs_permission)| {
                    let mut lines: Vec<_> = allow
                        .iter()
                        .map(|value| format!("Access-Control-Allow-Origin: {value}"))
                        .collect();
                    lines.extend(
                        also.iter()
                            .map(|value| format!("Access-Control-Allow-Credentials: {value}")),
                    );
                    if needs_permission {
                        lines.push("Access-Control-Allow-Methods: PUT".to_owned());
                    }
                    let call = FetchCall {
                        credentials,
                        method: needs_permission.then(|| "PUT".to_owned()),
                        ..plain("https://alice.example/a")
                    };
                    Case {
                        page: page.clone(),
                        steps: vec![call.into()],
                        answers: both(lines),
                        ..Case::default()
                    }
                },
            )
        })
        .boxed()
}

/// A call that needs permission for its method, its headers, or both.
pub(super) fn needing_permission() -> impl Strategy<Value = FetchCall> {
    let method = weighted(0.7, word(&["PUT", "DELETE", "PATCH", "POST"]));
    let headers = weighted(
        0.7,
        select(vec![
            vec![("X-One".to_owned(), "1".to_owned())],
            vec![
                ("X-Two".to_owned(), "2".to_owned()),
                ("X-One".to_owned(), "1".to_owned()),
            ],
            vec![("Authorization".to_owned(), "Bearer x".to_owned())],
            vec![("Content-Type".to_owned(), "application/json".to_owned())],
        ]),
    );
    let cache = weighted(
        0.2,
        word(&["no-store", "no-cache", "reload", "force-cache"]),
    );
    (method, headers, credentials(), cache).prop_map(|(method, headers, credentials, cache)| {
        FetchCall {
            cache,
            method: method.or_else(|| headers.is_none().then(|| "PUT".to_owned())),
            headers,
            credentials,
            ..plain("https://alice.example/a")
        }
    })
}

pub(super) fn preflight() -> BoxedStrategy<Case> {
    (needing_permission(), answer(CHARLIE))
        .prop_map(|(call, answers)| Case {
            page: window(),
            steps: vec![call.into()],
            answers: answers.into(),
            ..Case::default()
        })
        .boxed()
}

pub(super) fn max_age() -> BoxedStrategy<Case> {
    let age = mostly_one(word(&[
        "0",
        "1",
        "1",
        "10",
        "10",
        "10",
        "600",
        "-1",
        "",
        "abc",
        "10, 1",
        "1, 10",
        "10;x",
        "+10",
        " 10",
        "1.5",
        "010",
        "99999999999999999999",
        "\"10\"",
    ]));
    let step = prop_oneof![
        5 => any::<prop::sample::Index>().prop_map(Some),
        1 => Just(None),
    ];
    let methods = word(&["PUT", "PUT, DELETE, PATCH, POST", "*"]);
    let headers = word(&["x-one", "x-one, x-two, content-type, authorization", "*"]);
    let stricter = prop::bool::weighted(0.3);
    (
        age,
        vec(needing_permission(), 1..3),
        vec(step, 2..5),
        methods,
        headers,
        stricter,
    )
        .prop_map(|(age, calls, steps, methods, headers, stricter)| {
            let mut lines = vec![
                format!("Access-Control-Allow-Origin: {CHARLIE}"),
                "Access-Control-Allow-Credentials: true".to_owned(),
            ];
            let other = Answer::with_headers(lines.clone());
            lines.push(format!("Access-Control-Allow-Methods: {methods}"));
            lines.push(format!("Access-Control-Allow-Headers: {headers}"));
            lines.extend(
                age.iter()
                    .map(|value| format!("Access-Control-Max-Age: {value}")),
            );
            let preflight = Answer {
                to: Some(Purpose::Preflight),
                times: stricter.then_some(1),
                status: 204,
                ..Answer::with_headers(lines)
            };
            let refusing = Answer {
                to: Some(Purpose::Preflight),
                status: 403,
                ..Answer::default()
            };
            let steps = steps.into_iter().map(|step| match step {
                None => Step::Wait(2),
                Some(which) => which.get(&calls).clone().into(),
            });
            Case {
                page: window(),
                steps: steps.collect(),
                answers: vec![preflight, refusing, other],
                ..Case::default()
            }
        })
        .boxed()
}

pub(super) fn exposed() -> BoxedStrategy<Case> {
    let expose = mostly_one(word(&[
        "x-one",
        "X-ONE",
        "*",
        "x-one, *",
        "\"x-one\"",
        "x-one,, x-two",
        "x one",
        "",
        ",",
        "set-cookie",
        "x-two",
        "*, x-two",
        "x-one;q=1",
        "authorization",
        "location, x-one",
        " x-one\t",
        "x-one,",
        "content-length",
    ]));
    let headers = vec(
        word(&[
            "X-One: 1",
            "x-one: again",
            "X-Two: two ",
            "X-Two:",
            "Set-Cookie: a=1",
            "Set-Cookie2: b=1",
            "Cache-Control: no-store",
            "Content-Language: en",
            "Content-Type: text/plain",
            "Content-Type: text/html;charset=utf-8",
            "Expires: Thu, 01 Jan 2032 00:00:00 GMT",
            "Last-Modified: Thu, 01 Jan 2015 00:00:00 GMT",
            "Pragma: no-cache",
            "Authorization: x",
            "ETag: \"x\"",
            "Location: /x",
            "Content-Length: 5",
            "Server: x",
            "X-Three: \u{e9}",
        ]),
        0..6,
    );
    let status = select(&[200_u16, 200, 200, 404, 500, 206, 203][..]);
    (
        expose,
        headers,
        status,
        credentials(),
        word(&["https://alice.example/a", "https://charlie.example/a"]),
        word(&["*", CHARLIE]),
    )
        .prop_map(|(expose, mut headers, status, credentials, url, allowed)| {
            // Two lengths would be no HTTP.
            let mut has_length = false;
            headers.retain(|line| {
                let is_length = line.starts_with("Content-Length");
                let keep = !(is_length && has_length);
                has_length |= is_length;
                keep
            });
            let mut lines = vec![
                format!("Access-Control-Allow-Origin: {allowed}"),
                "Access-Control-Allow-Credentials: true".to_owned(),
            ];
            lines.extend(
                expose
                    .iter()
                    .map(|value| format!("Access-Control-Expose-Headers: {value}")),
            );
            lines.append(&mut headers);
            Case {
                page: window(),
                steps: vec![
                    FetchCall {
                        credentials,
                        ..plain(&url)
                    }
                    .into(),
                ],
                answers: vec![Answer {
                    status,
                    reason: "Fine".to_owned(),
                    body: Some("hello".into()),
                    ..Answer::with_headers(lines)
                }],
                ..Case::default()
            }
        })
        .boxed()
}

pub(super) fn embedding() -> BoxedStrategy<Case> {
    let policy = weighted(
        0.8,
        word(&[
            "same-origin",
            "same-site",
            "cross-origin",
            "SAME-ORIGIN",
            "none",
            "same-origin, same-origin",
            "",
        ]),
    );
    let embedder = weighted(
        0.4,
        word(&[
            "require-corp",
            "credentialless",
            "unsafe-none",
            "Require-Corp",
        ]),
    );
    let content = select(
        &[
            ("text/html", "<!DOCTYPE html><p>hello"),
            ("text/plain", "hello"),
            ("application/json", "{\"a\":1}"),
            ("text/plain", "{\"a\":1}"),
            ("image/png", "hello"),
            ("text/javascript", "let a"),
            ("text/css", "a{}"),
            ("application/octet-stream", "hello"),
            ("", "<?xml version='1.0'?><a/>"),
            ("image/svg+xml", "<svg xmlns='http://www.w3.org/2000/svg'/>"),
            ("application/pdf", "%PDF-1.4"),
            ("text/csv", "a,b"),
        ][..],
    );
    let url = word(&[
        "https://alice.example/a",
        "https://api.charlie.example/a",
        "https://charlie.example:8443/a",
        "https://charlie.example/a",
    ]);
    (
        policy,
        embedder,
        content,
        url,
        weighted(0.3, word(&["nosniff", "NOSNIFF", "none", "nosniff, x"])),
        credentials(),
        select(&[200_u16, 200, 200, 404, 206, 204][..]),
        weighted(0.8, Just("no-cors".to_owned())),
    )
        .prop_map(
            |(policy, embedder, (kind, body), url, sniff, credentials, status, mode)| {
                let mut page = window();
                page.headers = embedder
                    .into_iter()
                    .map(|value| format!("Cross-Origin-Embedder-Policy: {value}"))
                    .collect();
                let mut lines = Vec::new();
                let mut add = |name: &str, value: Option<String>| {
                    lines.extend(value.map(|value| format!("{name}: {value}")));
                };
                add("Cross-Origin-Resource-Policy", policy);
                add("Content-Type", (!kind.is_empty()).then(|| kind.to_owned()));
                add("X-Content-Type-Options", sniff);
                Case {
                    page,
                    steps: vec![
                        FetchCall {
                            mode,
                            credentials,
                            ..plain(&url)
                        }
                        .into(),
                    ],
                    answers: vec![Answer {
                        status,
                        body: Some(body.into()),
                        ..Answer::with_headers(lines)
                    }],
                    ..Case::default()
                }
            },
        )
        .boxed()
}
