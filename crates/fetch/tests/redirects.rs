//! Redirects: what is sent on, what is not, and what the origin becomes.

mod common;

use common::{Answer, answer, cors, error, header, page, run, run_against, step, url};
use crossexam_fetch::client::EmbedderPolicyValue;
use crossexam_fetch::ready::{ReadyHost, SentRequest};
use crossexam_fetch::reports::ReportBody;
use crossexam_fetch::request::{
    CredentialsMode, Destination, Mode, RedirectMode, TraversableForUserPrompts,
};
use crossexam_fetch::{
    BlockReason, Body, FetchController, Request, ResponseType, UserAgent,
    process_the_next_manual_redirect,
};
use crossexam_web::{Origin, Trace};

const CHARLIE: &str = "https://charlie.example/";

/// Redirects from the first address to the second; everything else is answered and allows everybody.
fn redirecting(
    from: &'static str,
    status: u16,
    location: &'static str,
) -> impl Fn(&SentRequest) -> Answer {
    move |sent| {
        let allow = if header(sent, "Origin") == Some("null") {
            "null"
        } else {
            "https://charlie.example"
        };
        let allow = ("Access-Control-Allow-Origin", allow);
        let credentials = ("Access-Control-Allow-Credentials", "true");
        if sent.url.as_str() == from {
            answer(status, &[allow, credentials, ("Location", location)])
        } else {
            answer(200, &[allow, credentials])
        }
    }
}

#[test]
fn a_second_foreign_origin_turns_the_origin_into_null() {
    let request = cors(&page(CHARLIE), "GET", "https://alice.example/a");
    let (fetched, sent) = run_against(
        request,
        redirecting("https://alice.example/a", 302, "https://bob.example/b"),
    );
    assert_eq!(header(&sent[0], "Origin"), Some("https://charlie.example"));
    assert_eq!(header(&sent[1], "Origin"), Some("null"));
    assert_eq!(fetched.response.response_type(), ResponseType::Cors);
    assert_eq!(fetched.response.url(), Some(&url("https://bob.example/b")));

    // Within the first foreign origin, and from the own origin, nothing is tainted.
    let request = cors(&page(CHARLIE), "GET", "https://alice.example/a");
    let (_, sent) = run_against(request, redirecting("https://alice.example/a", 302, "/b"));
    assert_eq!(header(&sent[1], "Origin"), Some("https://charlie.example"));
    let request = cors(&page(CHARLIE), "GET", "https://charlie.example/a");
    let (fetched, sent) = run_against(
        request,
        redirecting("https://charlie.example/a", 302, "https://alice.example/b"),
    );
    assert_eq!(header(&sent[0], "Origin"), None, "same origin");
    assert_eq!(header(&sent[1], "Origin"), Some("https://charlie.example"));
    assert_eq!(fetched.response.response_type(), ResponseType::Cors);

    // And back to the own origin: still CORS, and tainted.
    let request = cors(&page(CHARLIE), "GET", "https://alice.example/a");
    let (fetched, sent) = run_against(
        request,
        redirecting("https://alice.example/a", 302, "https://charlie.example/b"),
    );
    assert_eq!(header(&sent[1], "Origin"), Some("null"));
    assert_eq!(fetched.response.response_type(), ResponseType::Cors);
}

#[test]
fn a_redirect_that_fails_its_own_cors_check_is_not_followed() {
    let request = cors(&page(CHARLIE), "GET", "https://alice.example/a");
    let (fetched, sent) = run_against(request, |_| {
        answer(302, &[("Location", "https://bob.example/")])
    });
    assert_eq!(step(&fetched), "CORS check, step 2");
    assert_eq!(sent.len(), 1);
}

#[test]
fn authorization_stays_with_the_first_origin_and_other_headers_go_along() {
    let mut request = cors(&page(CHARLIE), "GET", "https://charlie.example/a");
    request.header_list.append("Authorization", "Bearer x");
    request.header_list.append("X-Key", "k");
    let host = ReadyHost::new(|sent: &SentRequest| {
        let all = [
            ("Access-Control-Allow-Origin", "https://charlie.example"),
            ("Access-Control-Allow-Headers", "x-key"),
        ];
        match sent.url.as_str() {
            "https://charlie.example/a" => answer(307, &[("Location", "https://alice.example/b")]),
            _ => answer(200, &all),
        }
    });
    let fetched = run(&UserAgent::default(), &host, request);
    assert!(
        !fetched.response.is_network_error(),
        "{:?}",
        fetched.response
    );
    let sent = host.take_sent();
    let methods: Vec<_> = sent
        .iter()
        .map(|sent| String::from_utf8_lossy(&sent.method).into_owned())
        .collect();
    assert_eq!(
        methods,
        ["GET", "OPTIONS", "GET"],
        "the custom header needs a preflight at the new origin"
    );
    assert_eq!(header(&sent[0], "Authorization"), Some("Bearer x"));
    assert_eq!(
        header(&sent[1], "Access-Control-Request-Headers"),
        Some("x-key")
    );
    assert_eq!(header(&sent[2], "Authorization"), None);
    assert_eq!(header(&sent[2], "X-Key"), Some("k"));
}

#[test]
fn methods_and_bodies_change_as_they_always_did() {
    for (status, method, expected, body_goes_along) in [
        (301, "POST", "GET", false),
        (302, "POST", "GET", false),
        (303, "POST", "GET", false),
        (307, "POST", "POST", true),
        (308, "POST", "POST", true),
        (301, "GET", "GET", false),
        (303, "HEAD", "HEAD", false),
    ] {
        let mut request = cors(&page(CHARLIE), method, "https://charlie.example/a");
        if method == "POST" {
            request.body = Some(Body::from_bytes("x=1"));
            request
                .header_list
                .append("Content-Type", "application/x-www-form-urlencoded");
        }
        let (_, sent) = run_against(
            request,
            redirecting("https://charlie.example/a", status, "/b"),
        );
        assert_eq!(
            &sent[1].method[..],
            expected.as_bytes(),
            "{status} {method}"
        );
        assert_eq!(sent[1].body.is_some(), body_goes_along, "{status} {method}");
        assert_eq!(
            header(&sent[1], "Content-Type").is_some(),
            body_goes_along,
            "{status} {method}"
        );
        assert_eq!(
            header(&sent[1], "Content-Length").is_some(),
            body_goes_along,
            "{status} {method}"
        );
    }
    let mut request = cors(&page(CHARLIE), "PUT", "https://charlie.example/a");
    request.body = Some(Body::from_bytes("x"));
    let (_, sent) = run_against(request, redirecting("https://charlie.example/a", 302, "/b"));
    assert_eq!(
        &sent[1].method[..],
        b"PUT",
        "only POST is changed by 301 and 302"
    );
}

#[test]
fn redirects_that_lead_nowhere_good_are_refused() {
    let first = "https://alice.example/a";
    let run_to = |location: &'static str| {
        let request = cors(&page(CHARLIE), "GET", first);
        run_against(request, redirecting(first, 302, location)).0
    };
    assert!(matches!(
        error(&run_to("http://[")).reason,
        BlockReason::InvalidLocation { .. }
    ));
    assert!(matches!(
        error(&run_to("data:,x")).reason,
        BlockReason::RedirectToNonHttp { .. }
    ));
    assert!(matches!(
        error(&run_to("https://u:p@bob.example/")).reason,
        BlockReason::RedirectWithCredentials
    ));
    assert!(matches!(
        error(&run_to("https://u@charlie.example/")).reason,
        BlockReason::RedirectWithCredentials
    ));
    let request = cors(&page(CHARLIE), "GET", first);
    let (fetched, sent) = run_against(request, |_| {
        answer(
            302,
            &[("Location", "#again"), ("Access-Control-Allow-Origin", "*")],
        )
    });
    assert_eq!(error(&fetched).reason, BlockReason::TooManyRedirects);
    assert_eq!(sent.len(), 21);
}

#[test]
fn the_redirect_mode_decides() {
    let first = "https://charlie.example/a";
    let mut request = cors(&page(CHARLIE), "GET", first);
    request.redirect_mode = RedirectMode::Error;
    let (fetched, _) = run_against(request, redirecting(first, 302, "/b"));
    assert_eq!(error(&fetched).reason, BlockReason::RedirectNotAllowed);
    let mut request = cors(&page(CHARLIE), "GET", first);
    request.redirect_mode = RedirectMode::Manual;
    let (fetched, sent) = run_against(request, redirecting(first, 302, "/b"));
    assert_eq!(sent.len(), 1);
    assert_eq!(
        fetched.response.response_type(),
        ResponseType::OpaqueRedirect
    );
    assert_eq!(fetched.response.status(), 0);
    let request = cors(&page(CHARLIE), "GET", first);
    let (fetched, _) = run_against(request, |_| answer(302, &[]));
    assert_eq!(
        fetched.response.status(),
        302,
        "without Location the redirect is the response"
    );
}

#[test]
fn a_navigation_takes_each_redirect_itself() {
    let host = ReadyHost::new(redirecting(
        "https://alice.example/a",
        302,
        "https://bob.example/b",
    ));
    let mut request = Request::new(url("https://alice.example/a#there"));
    request.client = Some(page(CHARLIE));
    request.mode = Mode::Navigate;
    request.redirect_mode = RedirectMode::Manual;
    request.credentials_mode = CredentialsMode::Include;
    request.destination = Destination::Document;
    request.traversable_for_user_prompts = TraversableForUserPrompts::Traversable(1);
    let user_agent = UserAgent::default();
    let fetched = run(&user_agent, &host, request);
    assert_eq!(
        fetched.response.internal().map(|internal| internal.status),
        Some(302)
    );
    let next = crossexam_fetch::ready::poll_once(process_the_next_manual_redirect(
        &user_agent,
        &host,
        fetched,
        &FetchController::new(),
        &Trace::off(),
    ))
    .expect("ready");
    assert_eq!(next.response.status(), 200);
    assert_eq!(
        next.response.url().map(|url| url.as_str()),
        Some("https://bob.example/b#there")
    );
    assert!(
        next.request
            .origin()
            .is_same_origin(&Origin::of_url(&url(CHARLIE)).expect("a tuple"))
    );
}

#[test]
fn a_report_names_the_first_url_even_if_a_redirect_is_what_was_blocked() {
    let client = page(CHARLIE);
    client.policy_container.borrow_mut().embedder_policy.value = EmbedderPolicyValue::RequireCorp;
    let mut request = cors(&client, "GET", "https://alice.example/a");
    request.mode = Mode::NoCors;
    let host = ReadyHost::new(|sent: &SentRequest| match sent.url.path() {
        "/a" => answer(
            302,
            &[
                ("Cross-Origin-Resource-Policy", "cross-origin"),
                ("Location", "https://bob.example/b"),
            ],
        ),
        // This redirect says nothing, so that the embedder's policy keeps it away.
        _ => answer(302, &[("Location", "https://bob.example/c")]),
    });
    let user_agent = UserAgent::default();
    let fetched = run(&user_agent, &host, request);
    assert!(matches!(
        error(&fetched).reason,
        BlockReason::CrossOriginResourcePolicy { .. }
    ));
    assert_eq!(host.take_sent().len(), 2);
    let reports = user_agent.reports.borrow();
    let blocked: Vec<_> = reports
        .iter()
        .map(|report| match &report.body {
            ReportBody::EmbedderPolicy { blocked_url, .. } => blocked_url.as_deref(),
            other => panic!("another report: {other:?}"),
        })
        .collect();
    assert_eq!(blocked, [Some("https://alice.example/a")]);
}
