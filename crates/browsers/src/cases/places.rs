//! Where scripts run, and what depends on it.

use crossexam_oracle::strategies::{answer, fetch_call};
use crossexam_oracle::{Answer, Case, CookieBefore, FetchCall, Page, PageKind, Purpose, Step};
use proptest::collection::vec;
use proptest::option::weighted;
use proptest::prelude::*;
use proptest::sample::select;

use super::answers::{credentials, plain, word};

/// The origin of most pages.
pub(super) const CHARLIE: &str = "https://charlie.example";

/// An ordinary page.
pub(super) fn window() -> Page {
    Page {
        url: format!("{CHARLIE}/page"),
        ..Page::default()
    }
}

/// A page of any kind, and its origin as servers are told it; mostly an ordinary one.
pub(super) fn page() -> impl Strategy<Value = (Page, &'static str)> {
    let kind = prop_oneof![
        6 => Just(PageKind::Window),
        1 => Just(PageKind::Worker),
        1 => Just(PageKind::Sandboxed),
        1 => Just(PageKind::Data),
    ];
    kind.prop_map(|kind| of_kind(kind, CHARLIE))
}

fn of_kind(kind: PageKind, origin: &'static str) -> (Page, &'static str) {
    let page = Page {
        url: format!("{origin}/page"),
        kind,
        ..Page::default()
    };
    let opaque = matches!(
        kind,
        PageKind::Sandboxed | PageKind::SandboxedSrcdoc | PageKind::Data
    );
    (page, if opaque { "null" } else { origin })
}

fn any_kind() -> impl Strategy<Value = PageKind> {
    select(
        &[
            PageKind::Window,
            PageKind::Sandboxed,
            PageKind::Srcdoc,
            PageKind::SandboxedSrcdoc,
            PageKind::Data,
            PageKind::Blob,
            PageKind::Worker,
        ][..],
    )
}

fn sites() -> impl Strategy<Value = String> {
    word(&[
        "https://alice.example/a",
        "https://charlie.example/a",
        "https://api.charlie.example/a",
        "https://charlie.example:8443/a",
        "https://bob.example/a",
        "https://127.0.0.1/a",
    ])
}

pub(super) fn opaque_origins() -> BoxedStrategy<Case> {
    any_kind()
        .prop_flat_map(|kind| {
            let (page, origin) = of_kind(kind, CHARLIE);
            (fetch_call(sites()), answer(origin)).prop_map(move |(call, answers)| Case {
                page: page.clone(),
                steps: vec![call.into()],
                answers: answers.into(),
                ..Case::default()
            })
        })
        .boxed()
}

fn cookie() -> impl Strategy<Value = CookieBefore> {
    let at = word(&[
        "https://alice.example/",
        "https://charlie.example/",
        "https://api.charlie.example/",
        "https://charlie.example/a/b",
        "http://charlie.example/",
        "http://alice.example/",
    ]);
    let set = word(&[
        "a=1",
        "b=2; SameSite=Lax",
        "c=3; SameSite=Strict",
        "d=4; SameSite=None; Secure",
        "e=5; SameSite=None",
        "f=6; Secure; HttpOnly",
        "g=7; Path=/a",
        "h=8; Domain=charlie.example",
        "i=9; Domain=example",
        "__Host-j=10; Secure; Path=/",
        "__Host-k=11; Secure; Path=/a",
        "__Secure-l=12; Secure; SameSite=None",
        "__Secure-m=13",
        "n=14; Max-Age=0",
        "o=15; Max-Age=1000; SameSite=none; Secure",
        "p=\u{e9}; SameSite=None; Secure",
        "q",
        "=r; SameSite=None; Secure",
        "s=19; SameSite=Foo; Secure",
        "t=20; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
        "a=21; SameSite=None; Secure; Path=/a",
        "u=22; SameSite=None; Secure; Domain=alice.example",
    ]);
    (at, set).prop_map(|(at, set)| CookieBefore { at, set })
}

pub(super) fn cookies() -> BoxedStrategy<Case> {
    let call = (
        prop_oneof![
            5 => sites(),
            1 => word(&["http://charlie.example/a", "https://charlie.example/a/b/c"]),
        ],
        credentials(),
        weighted(0.3, word(&["POST", "PUT"])),
        weighted(0.3, Just("no-cors".to_owned())),
    );
    let call = call.prop_map(|(url, credentials, method, mode)| FetchCall {
        method: method.filter(|it| mode.is_none() || it == "POST"),
        credentials,
        mode,
        ..plain(&url)
    });
    let set = vec(cookie().prop_map(|it| it.set), 0..2);
    let within = weighted(
        0.25,
        word(&[
            "https://charlie.example/top",
            "https://alice.example/top",
            "https://www.charlie.example/top",
        ]),
    );
    (vec(cookie(), 0..4), vec(call, 1..4), set, within)
        .prop_map(|(cookies, calls, set, within)| {
            let allowed = [
                format!("Access-Control-Allow-Origin: {CHARLIE}"),
                "Access-Control-Allow-Credentials: true".to_owned(),
                "Access-Control-Allow-Methods: PUT".to_owned(),
            ];
            let preflight = Answer {
                to: Some(Purpose::Preflight),
                ..Answer::with_headers(allowed.clone())
            };
            let mut lines: Vec<_> = set.iter().map(|it| format!("Set-Cookie: {it}")).collect();
            lines.extend(allowed);
            Case {
                page: Page { within, ..window() },
                cookies,
                steps: calls.into_iter().map(Step::from).collect(),
                answers: vec![preflight, Answer::with_headers(lines)],
                ..Case::default()
            }
        })
        .boxed()
}

pub(super) fn fetch_metadata() -> BoxedStrategy<Case> {
    let page_url = word(&[
        "https://charlie.example/page",
        "https://charlie.example/page",
        "https://charlie.example/page",
        "http://charlie.example/page",
    ]);
    let within = weighted(
        0.3,
        word(&[
            "https://charlie.example/top",
            "https://alice.example/top",
            "https://api.charlie.example/top",
        ]),
    );
    let url = prop_oneof![5 => sites(), 1 => word(&["http://charlie.example/a", "http://alice.example/a"])];
    let hops = vec((sites(), select(&[301_u16, 302, 303, 307, 308][..])), 0..3);
    (
        page_url,
        any_kind(),
        within,
        url,
        hops,
        weighted(0.4, word(&["cors", "no-cors", "same-origin"])),
        credentials(),
        weighted(0.3, word(&["POST", "PUT"])),
    )
        .prop_map(
            |(page_url, kind, within, url, hops, mode, credentials, method)| {
                // A page over plain HTTP is no part of a page over HTTPS.
                let within = within.filter(|_| page_url.starts_with("https:"));
                let allowed = [
                    "Access-Control-Allow-Origin: *".to_owned(),
                    "Access-Control-Allow-Methods: PUT".to_owned(),
                ];
                let mut answers = vec![Answer {
                    to: Some(Purpose::Preflight),
                    ..Answer::with_headers(allowed.clone())
                }];
                for (hop, (location, status)) in hops.into_iter().enumerate() {
                    let mut lines = allowed.to_vec();
                    lines.push(format!("Location: {location}"));
                    answers.push(Answer {
                        to: Some(Purpose::Actual),
                        hop: u32::try_from(hop).ok(),
                        status,
                        ..Answer::with_headers(lines)
                    });
                }
                answers.push(Answer::with_headers(allowed));
                Case {
                    page: Page {
                        url: page_url,
                        kind,
                        within,
                        ..Page::default()
                    },
                    steps: vec![
                        FetchCall {
                            method: method
                                .filter(|it| it == "POST" || mode.as_deref() != Some("no-cors")),
                            mode,
                            credentials,
                            ..plain(&url)
                        }
                        .into(),
                    ],
                    answers,
                    ..Case::default()
                }
            },
        )
        .boxed()
}

pub(super) fn referrer() -> BoxedStrategy<Case> {
    const POLICIES: &[&str] = &[
        "no-referrer",
        "no-referrer-when-downgrade",
        "origin",
        "origin-when-cross-origin",
        "same-origin",
        "strict-origin",
        "strict-origin-when-cross-origin",
        "unsafe-url",
    ];
    let header = weighted(
        0.5,
        prop_oneof![
            4 => word(POLICIES),
            1 => word(&["origin, unsafe-url", "unsafe-url, foo", "", "foo", "NO-REFERRER", "no-referrer,"]),
        ],
    );
    let page_url = word(&[
        "https://charlie.example/page?a=1",
        "https://charlie.example/page?a=1",
        "http://charlie.example/page?a=1",
    ]);
    let referrer = weighted(
        0.4,
        word(&[
            "",
            "about:client",
            "/other?b",
            "https://charlie.example/x#y",
            "https://alice.example/x",
            "https://",
            "about:blank",
            "https://u:p@charlie.example/z",
            "data:,x",
        ]),
    );
    let policy = weighted(
        0.5,
        prop_oneof![5 => word(POLICIES), 1 => word(&["", "foo"])],
    );
    let url = prop_oneof![5 => sites(), 1 => word(&["http://charlie.example/a", "http://alice.example/a"])];
    let hop = weighted(0.4, (sites(), weighted(0.6, word(POLICIES))));
    (
        page_url,
        any_kind(),
        header,
        referrer,
        policy,
        url,
        hop,
        weighted(0.3, Just("no-cors".to_owned())),
    )
        .prop_map(
            |(page_url, kind, header, referrer, referrer_policy, url, hop, mode)| {
                let allowed = "Access-Control-Allow-Origin: *".to_owned();
                let mut answers = Vec::new();
                if let Some((location, policy)) = hop {
                    let mut lines = vec![allowed.clone(), format!("Location: {location}")];
                    lines.extend(policy.map(|policy| format!("Referrer-Policy: {policy}")));
                    answers.push(Answer {
                        hop: Some(0),
                        status: 302,
                        ..Answer::with_headers(lines)
                    });
                }
                answers.push(Answer::with_headers([allowed]));
                Case {
                    page: Page {
                        url: page_url,
                        kind,
                        headers: header
                            .into_iter()
                            .map(|value| format!("Referrer-Policy: {value}"))
                            .collect(),
                        within: None,
                    },
                    steps: vec![
                        FetchCall {
                            referrer,
                            referrer_policy,
                            mode,
                            ..plain(&url)
                        }
                        .into(),
                    ],
                    answers,
                    ..Case::default()
                }
            },
        )
        .boxed()
}
