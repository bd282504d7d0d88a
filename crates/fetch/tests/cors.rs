//! CORS: who may read, and the step that decides.

mod common;

use common::{answer, cors, error, header, page, run, run_against, sandboxed, step, url};
use crossexam_fetch::ready::ReadyHost;
use crossexam_fetch::request::{CredentialsMode, Destination, Mode, RedirectMode};
use crossexam_fetch::{
    BlockReason, CorsCheckFailure, HttpRequestPurpose, PreflightFailure, ResponseType, UserAgent,
};

const CHARLIE: &str = "https://charlie.example/";
const ALICE: &str = "https://alice.example/data";

#[test]
fn each_outcome_of_the_cors_check_names_its_step() {
    let same = CredentialsMode::SameOrigin;
    let include = CredentialsMode::Include;
    let origin = "https://charlie.example";
    type Headers = &'static [(&'static str, &'static str)];
    let acao = "Access-Control-Allow-Origin";
    let acac = "Access-Control-Allow-Credentials";
    let _ = (acao, acac, origin);
    let passes: [(CredentialsMode, Headers, &str); 5] = [
        (same, &[("Access-Control-Allow-Origin", "*")], "3"),
        (
            same,
            &[("Access-Control-Allow-Origin", "https://charlie.example")],
            "5",
        ),
        (
            same,
            &[("access-control-allow-origin", "https://charlie.example")],
            "5",
        ),
        (
            include,
            &[
                ("Access-Control-Allow-Origin", "https://charlie.example"),
                ("Access-Control-Allow-Credentials", "true"),
            ],
            "7",
        ),
        (
            CredentialsMode::Omit,
            &[("Access-Control-Allow-Origin", "*")],
            "3",
        ),
    ];
    for (credentials_mode, headers, expected) in passes {
        let mut request = cors(&page(CHARLIE), "GET", ALICE);
        request.credentials_mode = credentials_mode;
        let (fetched, _) = run_against(request, |_| answer(200, headers));
        assert_eq!(
            fetched.response.response_type(),
            ResponseType::Cors,
            "{headers:?}"
        );
        assert_eq!(
            fetched.passed.map(|step| step.to_string()),
            Some(format!("CORS check, step {expected}"))
        );
        assert_eq!(
            fetched
                .response
                .body()
                .map(|body| &body.known_bytes().unwrap()[..]),
            Some(&b"secret"[..])
        );
    }

    let fails: [(CredentialsMode, Headers, &str); 13] = [
        (same, &[], "2"),
        (same, &[("Access-Control-Allow-Origin", "")], "4"),
        (same, &[("Access-Control-Allow-Origin", "null")], "4"),
        (
            same,
            &[("Access-Control-Allow-Origin", "https://charlie.example/")],
            "4",
        ),
        (
            same,
            &[("Access-Control-Allow-Origin", "HTTPS://charlie.example")],
            "4",
        ),
        (
            same,
            &[("Access-Control-Allow-Origin", "http://charlie.example")],
            "4",
        ),
        (
            same,
            &[("Access-Control-Allow-Origin", "https://charlie.example:443")],
            "4",
        ),
        (
            same,
            &[("Access-Control-Allow-Origin", "https://evilcharlie.example")],
            "4",
        ),
        (
            same,
            &[
                ("Access-Control-Allow-Origin", "https://charlie.example"),
                ("Access-Control-Allow-Origin", "https://charlie.example"),
            ],
            "4",
        ),
        (
            include,
            &[
                ("Access-Control-Allow-Origin", "*"),
                ("Access-Control-Allow-Credentials", "true"),
            ],
            "4",
        ),
        (
            include,
            &[("Access-Control-Allow-Origin", "https://charlie.example")],
            "8",
        ),
        (
            include,
            &[
                ("Access-Control-Allow-Origin", "https://charlie.example"),
                ("Access-Control-Allow-Credentials", "True"),
            ],
            "8",
        ),
        (
            include,
            &[
                ("Access-Control-Allow-Origin", "https://charlie.example"),
                ("Access-Control-Allow-Credentials", "true"),
                ("Access-Control-Allow-Credentials", "true"),
            ],
            "8",
        ),
    ];
    for (credentials_mode, headers, expected) in fails {
        let mut request = cors(&page(CHARLIE), "GET", ALICE);
        request.credentials_mode = credentials_mode;
        let (fetched, sent) = run_against(request, |_| answer(200, headers));
        assert_eq!(
            step(&fetched),
            format!("CORS check, step {expected}"),
            "{headers:?}"
        );
        assert_eq!(sent.len(), 1, "the server has answered all the same");
        assert_eq!(fetched.response.status(), 0);
        assert!(fetched.response.header_list().is_empty());
    }
}

#[test]
fn the_reason_holds_both_byte_strings() {
    let headers = &[("Access-Control-Allow-Origin", "https://bob.example")];
    let (fetched, _) = run_against(cors(&page(CHARLIE), "GET", ALICE), |_| answer(200, headers));
    assert_eq!(
        error(&fetched).reason,
        BlockReason::CorsCheck(CorsCheckFailure::AllowOriginMismatch {
            value: "https://bob.example".into(),
            origin: "https://charlie.example".into(),
        })
    );
}

#[test]
fn an_opaque_origin_is_null_and_only_null_or_a_wildcard_lets_it_read() {
    for (value, may_read) in [
        ("null", true),
        ("*", true),
        ("https://charlie.example", false),
        ("NULL", false),
    ] {
        let request = cors(&sandboxed(CHARLIE), "GET", ALICE);
        let headers = [("Access-Control-Allow-Origin", value)];
        let (fetched, sent) = run_against(request, |_| answer(200, &headers));
        assert_eq!(header(&sent[0], "Origin"), Some("null"));
        assert_eq!(!fetched.response.is_network_error(), may_read, "{value}");
    }
}

#[test]
fn only_exposed_and_safelisted_headers_are_visible() {
    let names = |expose: &'static str, credentials_mode| {
        let mut request = cors(&page(CHARLIE), "GET", ALICE);
        request.credentials_mode = credentials_mode;
        let headers = [
            ("Access-Control-Allow-Origin", "https://charlie.example"),
            ("Access-Control-Allow-Credentials", "true"),
            ("Access-Control-Expose-Headers", expose),
            ("Content-Type", "text/plain"),
            ("X-One", "1"),
            ("X-Two", "2"),
            ("Set-Cookie", "a=b"),
        ];
        let (fetched, _) = run_against(request, |_| answer(200, &headers));
        let list = fetched.response.header_list();
        list.iter()
            .map(|h| String::from_utf8_lossy(&h.name).into_owned())
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(names("", CredentialsMode::SameOrigin), "Content-Type");
    assert_eq!(
        names("x-one", CredentialsMode::SameOrigin),
        "Content-Type X-One"
    );
    assert_eq!(
        names("X-ONE , x-two", CredentialsMode::Include),
        "Content-Type X-One X-Two"
    );
    assert_eq!(
        names("set-cookie", CredentialsMode::SameOrigin),
        "Content-Type"
    );
    assert!(names("*", CredentialsMode::SameOrigin).ends_with("Content-Type X-One X-Two"));
    assert_eq!(names("*", CredentialsMode::Include), "Content-Type");
    assert_eq!(
        names("x one", CredentialsMode::SameOrigin),
        "Content-Type",
        "does not parse: exposes nothing"
    );
}

#[test]
fn a_preflight_asks_and_the_request_follows() {
    let mut request = cors(&page("https://charlie.example/path?q"), "PUT", ALICE);
    request.header_list.append("X-Token", "1");
    request
        .header_list
        .append("Content-Type", "application/json");
    request.header_list.append("Accept", "text/plain");
    let headers = [
        ("Access-Control-Allow-Origin", "https://charlie.example"),
        ("Access-Control-Allow-Methods", "PUT"),
        ("Access-Control-Allow-Headers", "content-type, X-TOKEN"),
    ];
    let (fetched, sent) = run_against(request, |_| answer(200, &headers));
    assert!(
        !fetched.response.is_network_error(),
        "{:?}",
        fetched.response
    );
    assert_eq!(sent.len(), 2);
    let preflight = &sent[0];
    assert_eq!(preflight.purpose, HttpRequestPurpose::CorsPreflight);
    assert_eq!(&preflight.method[..], b"OPTIONS");
    assert_eq!(header(preflight, "Origin"), Some("https://charlie.example"));
    assert_eq!(
        header(preflight, "Access-Control-Request-Method"),
        Some("PUT")
    );
    assert_eq!(
        header(preflight, "Access-Control-Request-Headers"),
        Some("content-type,x-token")
    );
    assert_eq!(header(preflight, "Accept"), Some("*/*"));
    assert_eq!(header(preflight, "X-Token"), None);
    assert_eq!(
        header(preflight, "Referer"),
        Some("https://charlie.example/")
    );
    assert_eq!(&sent[1].method[..], b"PUT");
    assert_eq!(header(&sent[1], "X-Token"), Some("1"));
}

#[test]
fn a_refused_preflight_names_its_cause_and_the_request_never_goes_out() {
    type Headers = &'static [(&'static str, &'static str)];
    const ORIGIN: (&str, &str) = ("Access-Control-Allow-Origin", "https://charlie.example");
    const CREDENTIALS: (&str, &str) = ("Access-Control-Allow-Credentials", "true");
    let cases: [(&str, bool, u16, Headers, &str, &str); 12] = [
        ("no CORS headers", false, 200, &[], "CORS check", "2"),
        (
            "an error",
            false,
            500,
            &[ORIGIN],
            "CORS-preflight fetch",
            "8",
        ),
        (
            "a redirect",
            false,
            301,
            &[ORIGIN, ("Location", "/")],
            "CORS-preflight fetch",
            "8",
        ),
        (
            "no methods",
            false,
            204,
            &[ORIGIN],
            "CORS-preflight fetch",
            "7.5",
        ),
        (
            "wrong case",
            false,
            204,
            &[ORIGIN, ("Access-Control-Allow-Methods", "delete")],
            "CORS-preflight fetch",
            "7.5",
        ),
        (
            "* with credentials",
            true,
            204,
            &[ORIGIN, CREDENTIALS, ("Access-Control-Allow-Methods", "*")],
            "CORS-preflight fetch",
            "7.5",
        ),
        (
            "methods that do not parse",
            false,
            204,
            &[ORIGIN, ("Access-Control-Allow-Methods", "DEL ETE")],
            "CORS-preflight fetch",
            "7.3",
        ),
        (
            "headers that do not parse",
            false,
            204,
            &[
                ORIGIN,
                ("Access-Control-Allow-Methods", "DELETE"),
                ("Access-Control-Allow-Headers", "x:y"),
            ],
            "CORS-preflight fetch",
            "7.3",
        ),
        (
            "a header not listed",
            false,
            204,
            &[
                ORIGIN,
                ("Access-Control-Allow-Methods", "DELETE"),
                ("Access-Control-Allow-Headers", "authorization, x-other"),
            ],
            "CORS-preflight fetch",
            "7.7",
        ),
        (
            "Authorization is not covered by *",
            false,
            204,
            &[
                ORIGIN,
                ("Access-Control-Allow-Methods", "*"),
                ("Access-Control-Allow-Headers", "*"),
            ],
            "CORS-preflight fetch",
            "7.6",
        ),
        (
            "* does not cover headers with credentials",
            true,
            204,
            &[
                ORIGIN,
                CREDENTIALS,
                ("Access-Control-Allow-Methods", "DELETE"),
                ("Access-Control-Allow-Headers", "*, authorization"),
            ],
            "CORS-preflight fetch",
            "7.7",
        ),
        (
            "credentials not allowed",
            true,
            204,
            &[ORIGIN],
            "CORS check",
            "8",
        ),
    ];
    for (name, with_credentials, status, headers, algorithm, number) in cases {
        let mut request = cors(&page(CHARLIE), "DELETE", ALICE);
        request.header_list.append("Authorization", "Bearer x");
        request.header_list.append("X-Mine", "1");
        if with_credentials {
            request.credentials_mode = CredentialsMode::Include;
        }
        let (fetched, sent) = run_against(request, |_| answer(status, headers));
        assert_eq!(
            step(&fetched),
            format!("{algorithm}, step {number}"),
            "{name}"
        );
        assert!(
            matches!(error(&fetched).reason, BlockReason::Preflight(_)),
            "{name}"
        );
        assert_eq!(sent.len(), 1, "{name}: only the preflight goes out");
    }
}

#[test]
fn a_wildcard_preflight_covers_everything_else() {
    let mut request = cors(&page(CHARLIE), "DELETE", ALICE);
    request.header_list.append("X-Mine", "1");
    let headers = [
        ("Access-Control-Allow-Origin", "*"),
        ("Access-Control-Allow-Methods", "*"),
        ("Access-Control-Allow-Headers", "*"),
    ];
    let (fetched, sent) = run_against(request, |_| answer(200, &headers));
    assert!(
        !fetched.response.is_network_error(),
        "{:?}",
        fetched.response
    );
    assert_eq!(sent.len(), 2);
}

#[test]
fn a_preflight_is_remembered_for_its_time_its_origin_and_its_credentials() {
    const HEADERS: [(&str, &str); 5] = [
        ("Access-Control-Allow-Origin", "https://charlie.example"),
        ("Access-Control-Allow-Credentials", "true"),
        ("Access-Control-Allow-Methods", "PUT"),
        ("Access-Control-Allow-Headers", "x-mine"),
        ("Access-Control-Max-Age", "10"),
    ];
    let host = ReadyHost::new(|_| answer(200, &HEADERS));
    let user_agent = UserAgent::default();
    let charlie = page(CHARLIE);
    let put = |credentials_mode, address| {
        let mut request = cors(&charlie, "PUT", address);
        request.credentials_mode = credentials_mode;
        request.header_list.append("X-Mine", "1");
        let fetched = run(&user_agent, &host, request);
        assert!(
            !fetched.response.is_network_error(),
            "{:?}",
            fetched.response
        );
        host.take_sent().len()
    };
    let second = std::time::Duration::from_secs(1);
    assert_eq!(
        put(CredentialsMode::SameOrigin, ALICE),
        2,
        "nothing is remembered yet"
    );
    assert_eq!(put(CredentialsMode::SameOrigin, ALICE), 1, "now it is");
    assert_eq!(
        put(CredentialsMode::SameOrigin, "https://alice.example/other"),
        2,
        "but not for another URL"
    );
    assert_eq!(
        put(CredentialsMode::Include, ALICE),
        2,
        "nor for a request with credentials"
    );
    assert_eq!(
        put(CredentialsMode::SameOrigin, ALICE),
        1,
        "which in turn covers one without"
    );
    host.advance(9 * second);
    assert_eq!(
        put(CredentialsMode::Include, ALICE),
        1,
        "it lives for ten seconds"
    );
    host.advance(second);
    assert_eq!(put(CredentialsMode::Include, ALICE), 2, "and then no more");

    let elsewhere = run(&user_agent, &host, {
        let mut request = cors(&page("https://bob.example/"), "PUT", ALICE);
        request.header_list.append("X-Mine", "1");
        request
    });
    assert!(matches!(
        error(&elsewhere).reason,
        BlockReason::Preflight(PreflightFailure::CorsCheck(_))
    ));
    assert_eq!(host.take_sent().len(), 1, "another origin asks for itself");
}

#[test]
fn without_max_age_a_permission_lives_for_five_seconds_and_a_limit_shortens_long_ones() {
    let count = |max_age: Option<&'static str>, limit, wait| {
        let mut headers = vec![
            ("Access-Control-Allow-Origin", "*"),
            ("Access-Control-Allow-Methods", "PUT"),
        ];
        headers.extend(max_age.map(|value| ("Access-Control-Max-Age", value)));
        let host = ReadyHost::new(|_| answer(200, &headers));
        let mut user_agent = UserAgent::default();
        user_agent.choices.preflight_max_age_limit = limit;
        run(&user_agent, &host, cors(&page(CHARLIE), "PUT", ALICE));
        host.advance(std::time::Duration::from_secs(wait));
        host.take_sent();
        run(&user_agent, &host, cors(&page(CHARLIE), "PUT", ALICE));
        host.take_sent().len()
    };
    assert_eq!(count(None, None, 4), 1);
    assert_eq!(count(None, None, 5), 2);
    assert_eq!(
        count(Some("abc"), None, 4),
        1,
        "a value that does not parse counts as none"
    );
    assert_eq!(count(Some("abc"), None, 5), 2);
    assert_eq!(
        count(Some("-1"), None, 4),
        1,
        "digits only: -1 does not parse either"
    );
    assert_eq!(count(Some("0"), None, 0), 2);
    assert_eq!(count(Some("99999999999999999999999"), None, 1_000_000), 1);
    assert_eq!(count(Some("86400"), Some(7200), 7199), 1);
    assert_eq!(count(Some("86400"), Some(7200), 7200), 2);
}

#[test]
fn a_failed_request_after_a_remembered_preflight_forgets_it() {
    let host = ReadyHost::new(|sent: &crossexam_fetch::ready::SentRequest| {
        if sent.purpose == HttpRequestPurpose::CorsPreflight {
            answer(
                204,
                &[
                    ("Access-Control-Allow-Origin", "*"),
                    ("Access-Control-Allow-Methods", "PUT"),
                    ("Access-Control-Max-Age", "600"),
                ],
            )
        } else {
            answer(500, &[])
        }
    });
    let user_agent = UserAgent::default();
    for _ in 0..2 {
        let fetched = run(&user_agent, &host, cors(&page(CHARLIE), "PUT", ALICE));
        assert_eq!(step(&fetched), "CORS check, step 2");
        assert_eq!(host.take_sent().len(), 2, "the preflight is made each time");
    }
}

#[test]
fn safelisted_requests_need_no_preflight() {
    for (method, name, value, expected) in [
        ("GET", "Accept", "text/html", 1),
        ("POST", "Content-Type", "text/plain", 1),
        ("POST", "Content-Type", "text/plain;charset=utf-8", 1),
        ("POST", "Content-Type", "application/json", 2),
        (
            "POST",
            "content-type",
            "application/x-www-form-urlencoded",
            1,
        ),
        ("HEAD", "Range", "bytes=0-1", 1),
        ("HEAD", "Range", "bytes=-1", 2),
        ("GET", "X-Any", "", 2),
        ("PATCH", "Accept", "*/*", 2),
        ("put", "Accept", "*/*", 2),
    ] {
        let mut request = cors(&page(CHARLIE), method, ALICE);
        request.header_list.append(name, value);
        let headers = [
            ("Access-Control-Allow-Origin", "*"),
            ("Access-Control-Allow-Methods", "*"),
            ("Access-Control-Allow-Headers", "*"),
        ];
        let (fetched, sent) = run_against(request, |_| answer(200, &headers));
        assert!(
            !fetched.response.is_network_error(),
            "{method} {name}: {value}"
        );
        assert_eq!(sent.len(), expected, "{method} {name}: {value}");
    }
}

#[test]
fn no_cors_sends_the_request_and_shows_nothing() {
    let mut request = cors(&page(CHARLIE), "GET", ALICE);
    request.mode = Mode::NoCors;
    request.unsafe_request = false;
    let (fetched, sent) = run_against(request.clone(), |_| answer(200, &[("X-One", "1")]));
    assert_eq!(sent.len(), 1);
    assert_eq!(header(&sent[0], "Origin"), None);
    assert_eq!(fetched.response.response_type(), ResponseType::Opaque);
    assert_eq!(fetched.response.status(), 0);
    assert!(fetched.response.header_list().is_empty());
    assert!(fetched.response.body().is_none());
    assert!(fetched.response.url().is_none());

    for (policy, is_blocked) in [
        ("same-origin", true),
        ("same-site", true),
        ("cross-origin", false),
        ("Same-Origin", false),
        ("same-origin, same-origin", false),
    ] {
        let headers = [("Cross-Origin-Resource-Policy", policy)];
        let (fetched, _) = run_against(request.clone(), |_| answer(200, &headers));
        assert_eq!(fetched.response.is_network_error(), is_blocked, "{policy}");
    }
    request.redirect_mode = RedirectMode::Error;
    let (fetched, sent) = run_against(request, |_| answer(200, &[]));
    assert_eq!(error(&fetched).reason, BlockReason::NoCorsRedirectMode);
    assert!(sent.is_empty());
}

#[test]
fn mode_same_origin_goes_nowhere_else() {
    let mut request = cors(&page(CHARLIE), "GET", ALICE);
    request.mode = Mode::SameOrigin;
    let (fetched, sent) = run_against(request, |_| answer(200, &[]));
    assert_eq!(
        error(&fetched).reason,
        BlockReason::NotSameOrigin { url: url(ALICE) }
    );
    assert!(sent.is_empty());
    let mut request = cors(&page(CHARLIE), "GET", "https://charlie.example/own");
    request.mode = Mode::SameOrigin;
    let (fetched, _) = run_against(request, |_| {
        answer(200, &[("X-One", "1"), ("Set-Cookie", "a=b")])
    });
    assert_eq!(fetched.response.response_type(), ResponseType::Basic);
    assert_eq!(
        fetched.response.header_list().len(),
        1,
        "everything but Set-Cookie"
    );
}

#[test]
fn a_script_with_the_wrong_type_is_not_run() {
    let script = |headers: &[(&'static str, &'static str)]| {
        let mut request = cors(&page(CHARLIE), "GET", ALICE);
        request.mode = Mode::NoCors;
        request.unsafe_request = false;
        request.destination = Destination::Script;
        let headers = headers.to_vec();
        run_against(request, move |_| answer(200, &headers))
            .0
            .response
            .is_network_error()
    };
    assert!(
        !script(&[("Content-Type", "text/html")]),
        "XSSI: without nosniff it is"
    );
    assert!(script(&[("Content-Type", "image/png")]));
    assert!(script(&[("Content-Type", "text/csv")]));
    assert!(script(&[
        ("Content-Type", "text/html"),
        ("X-Content-Type-Options", "nosniff")
    ]));
    assert!(script(&[("X-Content-Type-Options", "NoSniff")]));
    assert!(!script(&[
        ("Content-Type", "text/javascript"),
        ("X-Content-Type-Options", "nosniff")
    ]));
}
