//! What scripts ask for.

use crossexam_oracle::strategies::{answer, fetch_call, header_list, redirect_chain};
use crossexam_oracle::{Answer, Case, FetchCall, Purpose};
use proptest::option::weighted;
use proptest::prelude::*;
use proptest::sample::select;

use super::answers::{credentials, plain, word};
use super::places::{CHARLIE, page, window};

/// A server that allows these methods and headers.
fn allowing(
    origin: &str,
    with: &str,
    methods: Option<String>,
    headers: Option<String>,
) -> Vec<Answer> {
    let mut lines = vec![format!("Access-Control-Allow-Origin: {origin}")];
    if !with.is_empty() {
        lines.push(format!("Access-Control-Allow-Credentials: {with}"));
    }
    let other = Answer {
        body: Some("hello".into()),
        ..Answer::with_headers(lines.clone())
    };
    lines.extend(methods.map(|value| format!("Access-Control-Allow-Methods: {value}")));
    lines.extend(headers.map(|value| format!("Access-Control-Allow-Headers: {value}")));
    let preflight = Answer {
        to: Some(Purpose::Preflight),
        status: 204,
        ..Answer::with_headers(lines)
    };
    vec![preflight, other]
}

pub(super) fn methods() -> BoxedStrategy<Case> {
    let method = word(&[
        "GET", "get", "POST", "Post", "HEAD", "head", "PUT", "put", "Put", "DELETE", "delete",
        "OPTIONS", "options", "PATCH", "patch", "Patch", "GETX", "*", "QUERY", "query", "CONNECT",
        "TRACE", "track", "PROPFIND", "a b", "", "G\u{e9}T", "x-y", "!#$",
    ]);
    let allowed = weighted(
        0.85,
        word(&[
            "PUT",
            "*",
            "PUT, DELETE",
            "put",
            "patch",
            "PATCH",
            "GET",
            "\"PUT\"",
            "PUT DELETE",
            "PUT,,DELETE",
            ",",
            "",
            "*, PUT",
            "PUT;q=1",
            "GETX, QUERY",
            "PROPFIND, x-y, !#$",
            "OPTIONS",
            "POST, PATCH",
            "a b",
            "@",
        ]),
    );
    let header = weighted(0.2, Just(vec![("X-One".to_owned(), "1".to_owned())]));
    (
        method,
        allowed,
        header,
        credentials(),
        word(&["*", CHARLIE, CHARLIE]),
        word(&["true", "true", ""]),
        weighted(0.3, Just("a".into())),
        word(&[
            "https://alice.example/a",
            "https://alice.example/a",
            "https://charlie.example/a",
        ]),
    )
        .prop_map(
            |(method, allowed, headers, credentials, origin, with, body, url)| Case {
                page: window(),
                steps: vec![
                    FetchCall {
                        body: Some(crossexam_oracle::ScriptBody::Octets(
                            body.unwrap_or_else(|| "".into()),
                        ))
                        .filter(|_| !matches!(&method.to_uppercase()[..], "GET" | "HEAD")),
                        method: Some(method),
                        headers,
                        credentials,
                        ..plain(&url)
                    }
                    .into(),
                ],
                answers: allowing(&origin, &with, allowed, Some("x-one".to_owned())),
                ..Case::default()
            },
        )
        .boxed()
}

pub(super) fn request_headers() -> BoxedStrategy<Case> {
    let odd = (
        word(&[
            "Accept",
            "Accept-Language",
            "Content-Language",
            "Content-Type",
            "Range",
            "X-One",
            "DPR",
            "Save-Data",
            "Downlink",
            "Viewport-Width",
            "Sec-Foo",
            "Proxy-Foo",
            "Cookie2",
            "DNT",
            "Date",
            "Referer",
            "User-Agent",
            "Via",
            "Host",
            "If-None-Match",
            "Cache-Control",
            "Pragma",
            "Accept-Charset",
            "Access-Control-Allow-Origin",
            "Last-Event-ID",
            "X-Method-Override",
            "X-HTTP-Method",
            "Keep-Alive",
            "TE",
            "Upgrade",
            "Expect",
            "Purpose",
            "x:y",
            "",
            "Set-Cookie",
        ]),
        word(&[
            "a",
            "",
            " a ",
            "a\"b",
            "a(b)",
            "a:b",
            "a<b",
            "a@b",
            "a[b]",
            "a\\b",
            "a\u{7f}b",
            "a\u{1}b",
            "\u{e9}",
            "text/plain",
            "text/plain;charset=UTF-8",
            "multipart/form-data; boundary=x",
            "application/json",
            "TRACE",
            "bytes=0-",
            "bytes=0-1,2-3",
            "*",
            "en-US, de;q=0.5",
            "a_b",
            "1",
        ]),
    );
    let list = prop_oneof![
        2 => header_list().boxed(),
        3 => prop::collection::vec(odd, 1..3).boxed(),
    ];
    let allowed = weighted(
        0.85,
        word(&[
            "x-one",
            "X-ONE, x-two",
            "*",
            "*, authorization",
            "Authorization",
            "content-type, x-one",
            "\"x-one\"",
            "x-one x-two",
            ",",
            "",
            "accept, accept-language, content-language, content-type, range",
            "x-one;q=1",
            "@",
            "dpr, save-data, downlink, viewport-width, last-event-id, if-none-match, cache-control, pragma, user-agent, x-one, \
                content-type, x-two, authorization, accept, range, purpose, x-method-override, x-http-method, x-http-method-override",
        ]),
    );
    (
        list,
        allowed,
        credentials(),
        word(&["*", CHARLIE, CHARLIE]),
        word(&["true", "true", ""]),
        weighted(0.3, word(&["POST", "PUT"])),
        weighted(0.15, word(&["no-cors", "same-origin", "cors"])),
        word(&[
            "https://alice.example/a",
            "https://alice.example/a",
            "https://alice.example/a",
            "https://charlie.example/a",
        ]),
    )
        .prop_map(
            |(headers, allowed, credentials, origin, with, method, mode, url)| Case {
                page: window(),
                steps: vec![
                    FetchCall {
                        headers: Some(headers),
                        credentials,
                        method,
                        mode,
                        ..plain(&url)
                    }
                    .into(),
                ],
                answers: allowing(&origin, &with, Some("*, PUT".to_owned()), allowed),
                ..Case::default()
            },
        )
        .boxed()
}

fn target() -> impl Strategy<Value = String> {
    word(&[
        "https://alice.example/a",
        "https://alice.example/a#part",
        "https://charlie.example/b?q",
        "https://api.charlie.example/",
        "https://bob.example/",
        "https://charlie.example:8443/",
    ])
}

pub(super) fn redirects() -> BoxedStrategy<Case> {
    page()
        .prop_flat_map(|(page, origin)| {
            let friendly = weighted(0.6, Just(origin.to_owned()));
            (fetch_call(target()), redirect_chain(origin), answer(origin), friendly).prop_map(
                move |(call, mut answers, last, friendly)| {
                    answers.extend(last);
                    if friendly.is_some() {
                        // Most chains break at the first mistake; these go on.
                        for answer in &mut answers {
                            answer.headers.retain(|line| {
                                !line.to_ascii_lowercase().starts_with("access-control-allow-")
                            });
                            answer.headers.extend([
                                format!("Access-Control-Allow-Origin: {}", if answer.hop.is_some_and(|hop| hop > 1) { "null" } else { origin }),
                                "Access-Control-Allow-Credentials: true".to_owned(),
                                "Access-Control-Allow-Methods: PUT, DELETE, PATCH, OPTIONS, patch, GETX".to_owned(),
                                "Access-Control-Allow-Headers: x-one, x-two, content-type, range, accept, accept-language".to_owned(),
                            ]);
                        }
                    }
                    Case {
                        page: page.clone(),
                        steps: vec![call.into()],
                        answers,
                        ..Case::default()
                    }
                },
            )
        })
        .boxed()
}

pub(super) fn modes() -> BoxedStrategy<Case> {
    let mode = word(&[
        "cors",
        "no-cors",
        "same-origin",
        "navigate",
        "websocket",
        "CORS",
        "",
    ]);
    let redirect = weighted(0.3, word(&["follow", "error", "manual"]));
    let location = weighted(0.4, target());
    (
        fetch_call(target()),
        mode,
        redirect,
        location,
        answer(CHARLIE),
        select(&[301_u16, 302, 303, 307, 308][..]),
    )
        .prop_map(|(call, mode, redirect, location, last, status)| {
            let mut answers = Vec::new();
            if let Some(location) = location {
                answers.push(Answer {
                    to: Some(Purpose::Actual),
                    hop: Some(0),
                    status,
                    ..Answer::with_headers([
                        format!("Location: {location}"),
                        format!("Access-Control-Allow-Origin: {CHARLIE}"),
                        "Access-Control-Allow-Credentials: true".to_owned(),
                    ])
                });
            }
            answers.extend(last);
            Case {
                page: window(),
                steps: vec![
                    FetchCall {
                        mode: Some(mode),
                        redirect,
                        ..call
                    }
                    .into(),
                ],
                answers,
                ..Case::default()
            }
        })
        .boxed()
}
