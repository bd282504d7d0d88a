//! Everything that is not CORS: schemes, ports, credentials, cookies, referrers, aborting.

mod common;

use std::cell::Cell;
use std::net::{IpAddr, Ipv4Addr};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use common::{answer, cors, error, header, page, run, run_against, sandboxed, url};
use crossexam_fetch::connections::{Connection, ConnectionId, Established, Protocol};
use crossexam_fetch::host::NetworkPartitionKey;
use crossexam_fetch::ready::{ReadyHost, SentRequest, poll_once};
use crossexam_fetch::request::{
    CacheMode, CredentialsMode, Destination, Mode, TraversableForUserPrompts,
};
use crossexam_fetch::{
    BlockReason, Body, ConnectionFailure, ConnectionParams, FetchController, Host, HttpRequest,
    HttpResponse, NetworkFailure, ReferrerPolicy, Request, UserAgent, fetch,
};
use crossexam_web::{Origin, Timestamp, Trace};
use url::Url;

const CHARLIE: &str = "https://charlie.example/";
const ALICE: &str = "https://alice.example/data";

#[test]
fn local_schemes_need_no_network() {
    let body = |address: &str| {
        let (fetched, sent) =
            run_against(cors(&page(CHARLIE), "GET", address), |_| answer(200, &[]));
        assert!(sent.is_empty());
        let content_type = fetched
            .response
            .header_list()
            .get(b"Content-Type")
            .unwrap_or_default();
        (
            fetched
                .response
                .body()
                .map(|body| String::from_utf8_lossy(body.known_bytes().unwrap()).into_owned()),
            String::from_utf8_lossy(&content_type).into_owned(),
        )
    };
    assert_eq!(
        body("data:,hi%20there"),
        (
            Some("hi there".into()),
            "text/plain;charset=US-ASCII".into()
        )
    );
    assert_eq!(
        body("data:text/html;base64,aGk="),
        (Some("hi".into()), "text/html".into())
    );
    let reason = |address: &str| {
        let client = page("http://charlie.example/");
        let (fetched, _) = run_against(cors(&client, "GET", address), |_| answer(200, &[]));
        error(&fetched).reason.clone()
    };
    assert_eq!(reason("data:no-comma"), BlockReason::InvalidDataUrl);
    assert_eq!(
        reason("ftp://alice.example/"),
        BlockReason::NotHttpScheme {
            scheme: "ftp".into()
        }
    );
    assert_eq!(
        reason("https://alice.example:25/"),
        BlockReason::BadPort { port: 25 }
    );
    assert_eq!(
        reason("blob:http://charlie.example/none"),
        BlockReason::BlobNotAvailable
    );
}

#[test]
fn credentials_go_along_as_the_mode_says() {
    let set_cookie = |user_agent: &UserAgent, cookie: &str| {
        user_agent
            .cookies
            .borrow_mut()
            .parse_and_store(
                Timestamp::from_secs(1_767_225_600),
                cookie.as_bytes(),
                true,
                &crossexam_web::Host::Domain("alice.example".into()),
                "/",
                true,
                false,
                true,
                &user_agent.choices.cookie_policy,
                &Trace::off(),
            )
            .expect("an acceptable cookie");
    };
    let cookie = |client: &str, credentials_mode| {
        let user_agent = UserAgent::default();
        set_cookie(&user_agent, "none=1; Secure; SameSite=None");
        set_cookie(&user_agent, "strict=1; SameSite=Strict");
        let host =
            ReadyHost::new(|_| answer(200, &[("Set-Cookie", "got=1; Secure; SameSite=None")]));
        let mut request = cors(&page(client), "GET", ALICE);
        request.credentials_mode = credentials_mode;
        run(&user_agent, &host, request.clone());
        run(&user_agent, &host, request);
        let sent = host.take_sent();
        (
            header(&sent[0], "Cookie").map(str::to_owned),
            header(&sent[1], "Cookie").map(str::to_owned),
        )
    };
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(
        cookie(CHARLIE, CredentialsMode::Include),
        (some("none=1"), some("none=1; got=1"))
    );
    assert_eq!(cookie(CHARLIE, CredentialsMode::SameOrigin), (None, None));
    assert_eq!(cookie(CHARLIE, CredentialsMode::Omit), (None, None));
    let own = "https://alice.example/";
    assert_eq!(
        cookie(own, CredentialsMode::SameOrigin),
        (some("none=1; strict=1"), some("none=1; strict=1; got=1"))
    );
    assert_eq!(
        cookie(own, CredentialsMode::Omit),
        (None, None),
        "and none is stored"
    );
    let sibling = "https://www.alice.example/";
    assert_eq!(
        cookie(sibling, CredentialsMode::Include).0,
        some("none=1; strict=1"),
        "same site is enough"
    );
    assert_eq!(
        cookie(sibling, CredentialsMode::SameOrigin).0,
        None,
        "but it is another origin"
    );
}

#[test]
fn navigations_take_lax_cookies_from_other_sites_with_get_only() {
    let cookies = |initiator: Option<&str>, method: &'static str| {
        let user_agent = UserAgent::default();
        for cookie in [
            "none=1; Secure; SameSite=None",
            "lax=1; SameSite=Lax",
            "strict=1; SameSite=Strict",
        ] {
            user_agent
                .cookies
                .borrow_mut()
                .parse_and_store(
                    Timestamp::from_secs(1_767_225_600),
                    cookie.as_bytes(),
                    true,
                    &crossexam_web::Host::Domain("alice.example".into()),
                    "/",
                    true,
                    false,
                    true,
                    &user_agent.choices.cookie_policy,
                    &Trace::off(),
                )
                .expect("an acceptable cookie");
        }
        let host = ReadyHost::new(|_| answer(200, &[]));
        let mut request = Request::new(url(ALICE));
        request.method = method.into();
        request.mode = Mode::Navigate;
        request.destination = Destination::Document;
        request.credentials_mode = CredentialsMode::Include;
        request.origin = Some(initiator.map_or(Origin::opaque(1), |i| {
            Origin::of_url(&url(i)).expect("tuple")
        }));
        request.top_level_navigation_initiator_origin = initiator.map(|_| request.origin().clone());
        run(&user_agent, &host, request);
        header(&host.take_sent()[0], "Cookie")
            .unwrap_or_default()
            .to_owned()
    };
    assert_eq!(
        cookies(None, "GET"),
        "none=1; lax=1; strict=1",
        "typed by the user"
    );
    assert_eq!(
        cookies(Some("https://www.alice.example/"), "GET"),
        "none=1; lax=1; strict=1"
    );
    assert_eq!(
        cookies(Some("https://www.alice.example/"), "POST"),
        "none=1; lax=1; strict=1"
    );
    assert_eq!(cookies(Some(CHARLIE), "GET"), "none=1; lax=1");
    assert_eq!(cookies(Some(CHARLIE), "POST"), "none=1");
    assert_eq!(
        cookies(Some("http://alice.example/"), "POST"),
        "none=1",
        "sites have a scheme"
    );
}

#[test]
fn a_password_is_asked_for_once_and_remembered() {
    let host = ReadyHost::new(|sent: &SentRequest| match header(sent, "Authorization") {
        Some("Basic Ym9iOmh1bnRlcjI=") => answer(200, &[]),
        _ => answer(401, &[("WWW-Authenticate", "Basic realm=\"alice\"")]),
    })
    .with_credentials("bob", "hunter2");
    let user_agent = UserAgent::default();
    let own = page("https://alice.example/");
    let fetched = run(&user_agent, &host, cors(&own, "GET", ALICE));
    assert_eq!(fetched.response.status(), 200);
    assert_eq!(host.take_sent().len(), 2, "asked and sent again");
    let fetched = run(&user_agent, &host, cors(&own, "GET", ALICE));
    assert_eq!(fetched.response.status(), 200);
    assert_eq!(host.take_sent().len(), 1, "remembered");

    // Across origins the password goes along only with credentials, and nobody is asked.
    let mut request = cors(&page(CHARLIE), "GET", ALICE);
    request.credentials_mode = CredentialsMode::Include;
    run(&user_agent, &host, request);
    assert!(header(&host.take_sent()[0], "Authorization").is_some());
    run(&user_agent, &host, cors(&page(CHARLIE), "GET", ALICE));
    assert!(header(&host.take_sent()[0], "Authorization").is_none());
    let fresh = UserAgent::default();
    let mut request = cors(&page(CHARLIE), "GET", ALICE);
    request.credentials_mode = CredentialsMode::Include;
    run(&fresh, &host, request);
    assert_eq!(host.take_sent().len(), 1, "a CORS request prompts nobody");
}

#[test]
fn a_request_that_takes_credentials_from_its_url_asks_where_there_are_none() {
    let sent_by = |url: &str| {
        let host = ReadyHost::new(|sent: &SentRequest| match header(sent, "Authorization") {
            Some("Basic Ym9iOmh1bnRlcjI=") => answer(200, &[]),
            _ => answer(401, &[("WWW-Authenticate", "Basic realm=\"alice\"")]),
        })
        .with_credentials("bob", "hunter2");
        let mut request = cors(&page("https://alice.example/"), "GET", url);
        request.use_url_credentials = true;
        let fetched = run(&UserAgent::default(), &host, request);
        assert_eq!(fetched.response.status(), 200, "{url}");
        let sent = host.take_sent();
        let authorizations: Vec<_> = sent
            .iter()
            .map(|sent| header(sent, "Authorization").map(str::to_owned))
            .collect();
        authorizations
    };
    let right = Some("Basic Ym9iOmh1bnRlcjI=".to_owned());
    assert_eq!(sent_by("https://alice.example/"), [None, right.clone()]);
    // Those of the URL are tried before anybody is asked.
    assert_eq!(
        sent_by("https://bob:hunter2@alice.example/"),
        [None, right.clone()]
    );
    let wrong = Some("Basic Ym9iOndyb25n".to_owned());
    assert_eq!(
        sent_by("https://bob:wrong@alice.example/"),
        [None, wrong, right]
    );
}

#[test]
fn a_user_who_declines_sees_the_401() {
    let host =
        ReadyHost::new(|_: &SentRequest| answer(401, &[("WWW-Authenticate", "Basic realm=\"a\"")]));
    let fetched = run(
        &UserAgent::default(),
        &host,
        cors(&page("https://alice.example/"), "GET", ALICE),
    );
    assert_eq!(fetched.response.status(), 401);
}

#[test]
fn the_origin_header_is_the_browsers_own() {
    let origin = |client: Rc<_>, mode, method: &'static str, policy, target| {
        let mut request = cors(&client, method, target);
        request.mode = mode;
        request.unsafe_request = mode == Mode::Cors;
        request.referrer_policy = policy;
        let (_, sent) = run_against(request, |_| {
            answer(200, &[("Access-Control-Allow-Origin", "*")])
        });
        header(sent.last().expect("sent"), "Origin").map(str::to_owned)
    };
    let charlie = || page(CHARLIE);
    let some = |text: &str| Some(text.to_owned());
    let own = "https://charlie.example/own";
    assert_eq!(origin(charlie(), Mode::Cors, "GET", None, own), None);
    assert_eq!(
        origin(charlie(), Mode::Cors, "POST", None, own),
        some("https://charlie.example")
    );
    assert_eq!(
        origin(
            charlie(),
            Mode::Cors,
            "POST",
            Some(ReferrerPolicy::NoReferrer),
            own
        ),
        some("https://charlie.example"),
        "with CORS in play the referrer policy has no say"
    );
    assert_eq!(origin(charlie(), Mode::NoCors, "GET", None, ALICE), None);
    assert_eq!(
        origin(charlie(), Mode::NoCors, "POST", None, ALICE),
        some("https://charlie.example")
    );
    assert_eq!(
        origin(
            charlie(),
            Mode::NoCors,
            "POST",
            Some(ReferrerPolicy::NoReferrer),
            ALICE
        ),
        some("null")
    );
    assert_eq!(
        origin(
            charlie(),
            Mode::NoCors,
            "POST",
            Some(ReferrerPolicy::SameOrigin),
            ALICE
        ),
        some("null")
    );
    assert_eq!(
        origin(
            charlie(),
            Mode::NoCors,
            "POST",
            Some(ReferrerPolicy::UnsafeUrl),
            ALICE
        ),
        some("https://charlie.example")
    );
    assert_eq!(
        origin(sandboxed(CHARLIE), Mode::NoCors, "POST", None, ALICE),
        some("null")
    );
}

#[test]
fn the_referrer_is_cut_down_across_origins() {
    let referer = |policy, target| {
        let mut request = cors(&page("https://charlie.example/secret?path"), "GET", target);
        request.referrer_policy = policy;
        let (_, sent) = run_against(request, |_| {
            answer(200, &[("Access-Control-Allow-Origin", "*")])
        });
        header(&sent[0], "Referer").map(str::to_owned)
    };
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(
        referer(None, "https://charlie.example/own"),
        some("https://charlie.example/secret?path")
    );
    assert_eq!(referer(None, ALICE), some("https://charlie.example/"));
    assert_eq!(referer(Some(ReferrerPolicy::NoReferrer), ALICE), None);
    assert_eq!(
        referer(Some(ReferrerPolicy::UnsafeUrl), ALICE),
        some("https://charlie.example/secret?path")
    );
    assert_eq!(referer(Some(ReferrerPolicy::SameOrigin), ALICE), None);
}

#[test]
fn a_secure_page_loads_nothing_over_plain_http_but_upgrades_images() {
    let request = cors(&page(CHARLIE), "GET", "http://alice.example/");
    let (fetched, sent) = run_against(request, |_| answer(200, &[]));
    assert!(matches!(
        error(&fetched).reason,
        BlockReason::MixedContent { .. }
    ));
    assert!(sent.is_empty());
    let mut request = cors(&page(CHARLIE), "GET", "http://alice.example/i.png");
    request.mode = Mode::NoCors;
    request.destination = Destination::Image;
    let (_, sent) = run_against(request, |_| answer(200, &[]));
    assert_eq!(sent[0].url.scheme(), "https");
    let request = cors(&page(CHARLIE), "GET", "http://127.0.0.1:8080/");
    let (_, sent) = run_against(request, |_| answer(200, &[]));
    assert_eq!(sent.len(), 1, "the own machine is potentially trustworthy");
}

#[test]
fn integrity_needs_the_right_bytes_and_permission_to_see_them() {
    // The SHA-256 of "secret".
    let right = "sha256-K7gNU3sdo+OL0wNhqoVWhr3g6s1xYv72ol/pe/Unols=";
    let wrong = "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
    let result = |metadata: String, mode| {
        let mut request = cors(&page(CHARLIE), "GET", ALICE);
        request.mode = mode;
        request.integrity_metadata = metadata;
        let (fetched, _) = run_against(request, |_| {
            answer(200, &[("Access-Control-Allow-Origin", "*")])
        });
        fetched
            .response
            .network_error()
            .map(|error| error.reason.clone())
    };
    assert_eq!(result(right.into(), Mode::Cors), None);
    assert_eq!(
        result(wrong.into(), Mode::Cors),
        Some(BlockReason::IntegrityMismatch)
    );
    assert_eq!(result(format!("{wrong} {right}"), Mode::Cors), None);
    assert_eq!(
        result("md5-x".into(), Mode::Cors),
        None,
        "an unknown algorithm asks for nothing"
    );
    assert_eq!(
        result(right.into(), Mode::NoCors),
        Some(BlockReason::IntegrityMismatch),
        "opaque"
    );
}

#[test]
fn nothing_is_cached_and_only_if_cached_says_so() {
    let mut request = cors(&page(CHARLIE), "GET", "https://charlie.example/x");
    request.mode = Mode::SameOrigin;
    request.cache_mode = CacheMode::OnlyIfCached;
    let (fetched, sent) = run_against(request, |_| answer(200, &[]));
    assert_eq!(error(&fetched).reason, BlockReason::NotCached);
    assert!(sent.is_empty());
    let mut request = cors(&page(CHARLIE), "GET", "https://charlie.example/x");
    request.cache_mode = CacheMode::NoStore;
    let (_, sent) = run_against(request, |_| answer(200, &[]));
    assert_eq!(header(&sent[0], "Pragma"), Some("no-cache"));
    assert_eq!(header(&sent[0], "Cache-Control"), Some("no-cache"));
}

#[test]
fn a_misdirected_request_is_sent_again_over_a_new_connection() {
    let count = Cell::new(0);
    let mut request = cors(&page(CHARLIE), "POST", "https://charlie.example/x");
    request.body = Some(Body::from_bytes("b"));
    let (fetched, sent) = run_against(request, |_| {
        count.set(count.get() + 1);
        answer(if count.get() == 1 { 421 } else { 200 }, &[])
    });
    assert_eq!(fetched.response.status(), 200);
    assert_eq!(sent.len(), 2);
    assert_eq!(
        sent[1]
            .header_list
            .iter()
            .filter(|header| &header.name[..] == b"Content-Length")
            .count(),
        1,
        "what was added for the first try is not added twice"
    );
}

/// A host that never answers.
struct Silent;

impl Host for Silent {
    fn now(&self) -> Timestamp {
        Timestamp::default()
    }

    async fn resolve(
        &self,
        _: Option<&NetworkPartitionKey>,
        _: &str,
        _: &HttpRequest<'_>,
    ) -> Result<Vec<IpAddr>, NetworkFailure> {
        Ok(vec![Ipv4Addr::LOCALHOST.into()])
    }

    async fn create_connection(
        &self,
        _: ConnectionParams<'_>,
    ) -> Result<Established, ConnectionFailure> {
        Ok(Established {
            id: ConnectionId(0),
            secure_connection_start_time: None,
            protocol: Protocol::Http2,
            ip_address: None,
        })
    }

    fn is_connected(&self, _: ConnectionId) -> bool {
        true
    }

    fn close_connection(&self, _: ConnectionId) {}

    async fn http_request(
        &self,
        _: &Connection,
        _: HttpRequest<'_>,
    ) -> Result<HttpResponse, NetworkFailure> {
        std::future::pending().await
    }

    fn fetch_in_parallel(&self, _: Request) {}

    async fn prompt_for_credentials(&self, _: u64, _: &Url, _: &str) -> Option<(String, String)> {
        None
    }
}

#[test]
fn a_fetch_can_be_aborted_before_and_while_it_waits() {
    let (user_agent, trace) = (UserAgent::default(), Trace::off());
    let controller = FetchController::new();
    controller.abort();
    let request = cors(&page(CHARLIE), "GET", "https://charlie.example/x");
    let fetched = poll_once(fetch(
        &user_agent,
        &Silent,
        request.clone(),
        &controller,
        &trace,
    ))
    .expect("ready");
    assert!(error(&fetched).aborted);

    let controller = FetchController::new();
    let mut future = std::pin::pin!(fetch(&user_agent, &Silent, request, &controller, &trace));
    let mut context = Context::from_waker(Waker::noop());
    assert!(future.as_mut().poll(&mut context).is_pending());
    controller.terminate();
    let Poll::Ready(fetched) = future.as_mut().poll(&mut context) else {
        panic!("still waiting")
    };
    assert_eq!(error(&fetched).reason, BlockReason::Terminated);
    assert!(!error(&fetched).aborted);
}

#[test]
fn the_trace_tells_the_steps_in_order_and_is_the_same_each_time() {
    let events = || {
        let trace = Trace::on();
        let host = ReadyHost::new(|_: &SentRequest| answer(200, &[]));
        let user_agent = UserAgent::default();
        let request = cors(&page(CHARLIE), "GET", ALICE);
        poll_once(fetch(
            &user_agent,
            &host,
            request,
            &FetchController::new(),
            &trace,
        ))
        .expect("ready");
        trace.events()
    };
    let first = events();
    assert_eq!(first, events());
    let steps: Vec<String> = first
        .iter()
        .filter_map(|event| match event {
            crossexam_web::TraceEvent::Step(step) => Some(step.to_string()),
            _ => None,
        })
        .collect();
    let place = |wanted: &str| {
        steps
            .iter()
            .position(|step| step == wanted)
            .unwrap_or_else(|| panic!("{wanted}"))
    };
    assert!(place("fetch, step 17") < place("main fetch, step 12"));
    assert!(place("main fetch, step 12") < place("HTTP fetch, step 4.3"));
    assert!(place("HTTP fetch, step 4.3") < place("CORS check, step 2"));
    let depth = first.iter().fold(0_i32, |depth, event| match event {
        crossexam_web::TraceEvent::Enter(_) => depth + 1,
        crossexam_web::TraceEvent::Leave => depth - 1,
        _ => depth,
    });
    assert_eq!(depth, 0, "every algorithm that is entered is left");
}

#[test]
fn the_user_agent_names_itself_and_a_prompt_needs_a_tab() {
    let mut request = cors(&page("https://alice.example/"), "GET", ALICE);
    request.traversable_for_user_prompts = TraversableForUserPrompts::NoTraversable;
    let host =
        ReadyHost::new(|_: &SentRequest| answer(401, &[("WWW-Authenticate", "Basic realm=\"a\"")]))
            .with_credentials("bob", "hunter2");
    let fetched = run(&UserAgent::default(), &host, request);
    let sent = host.take_sent();
    assert_eq!(fetched.response.status(), 401);
    assert_eq!(sent.len(), 1, "nobody could be asked");
    assert_eq!(
        header(&sent[0], "User-Agent"),
        Some("Mozilla/5.0 (Crossexam)")
    );
}

#[test]
fn what_the_user_types_goes_before_what_was_known_and_does_not_stay_in_the_url() {
    let accepted = std::cell::RefCell::new("Basic Ym9iOm9sZA==");
    let host = ReadyHost::new(|sent: &SentRequest| {
        if header(sent, "Authorization") == Some(*accepted.borrow()) {
            answer(200, &[("Cache-Control", "max-age=60")])
        } else {
            answer(401, &[("WWW-Authenticate", "Basic realm=\"alice\"")])
        }
    });
    let user_agent = UserAgent::default();
    let own = page("https://alice.example/");
    let host = host.with_credentials("bob", "old");
    let fetched = run(&user_agent, &host, cors(&own, "GET", ALICE));
    assert_eq!(fetched.response.status(), 200);
    assert_eq!(fetched.response.url().map(Url::as_str), Some(ALICE));
    assert_eq!(fetched.request.current_url().as_str(), ALICE);
    host.take_sent();
    run(&user_agent, &host, cors(&own, "GET", ALICE));
    assert!(
        host.take_sent().is_empty(),
        "the answer is cached under the URL without the password"
    );

    // The password is changed at the server, and the user types the new one.
    *accepted.borrow_mut() = "Basic Ym9iOm5ldw==";
    let host = host.with_credentials("bob", "new");
    let other = "https://alice.example/other";
    let fetched = run(&user_agent, &host, cors(&own, "GET", other));
    assert_eq!(fetched.response.status(), 200);
    let sent = host.take_sent();
    assert_eq!(sent.len(), 2);
    assert_eq!(
        header(&sent[0], "Authorization"),
        Some("Basic Ym9iOm9sZA==")
    );
    assert_eq!(
        header(&sent[1], "Authorization"),
        Some("Basic Ym9iOm5ldw==")
    );
}

#[test]
fn a_request_that_follows_no_redirect_is_not_completed_twice() {
    let count = Cell::new(0);
    let mut request = cors(&page(CHARLIE), "POST", "https://charlie.example/x");
    request.body = Some(Body::from_bytes("b"));
    request.redirect_mode = crossexam_fetch::request::RedirectMode::Error;
    request.traversable_for_user_prompts = TraversableForUserPrompts::NoTraversable;
    let (_, sent) = run_against(request, |_| {
        count.set(count.get() + 1);
        answer(if count.get() == 1 { 421 } else { 200 }, &[])
    });
    let lengths = sent[1]
        .header_list
        .iter()
        .filter(|header| &header.name[..] == b"Content-Length");
    assert_eq!(lengths.count(), 1);
}

#[test]
fn a_stored_answer_is_not_handed_to_a_fetch_that_was_aborted() {
    let host = ReadyHost::new(|_: &SentRequest| answer(200, &[("Cache-Control", "max-age=60")]));
    let user_agent = UserAgent::default();
    let request = || {
        let mut request = cors(&page(CHARLIE), "GET", "https://charlie.example/x");
        request.unsafe_request = false;
        request
    };
    run(&user_agent, &host, request());
    let controller = FetchController::new();
    controller.abort();
    let trace = Trace::off();
    let fetched =
        poll_once(fetch(&user_agent, &host, request(), &controller, &trace)).expect("ready");
    assert!(error(&fetched).aborted);
}

#[test]
fn an_image_that_is_no_http_url_is_not_upgraded() {
    let mut request = cors(&page(CHARLIE), "GET", "ftp://alice.example/i.png");
    request.mode = Mode::NoCors;
    request.destination = Destination::Image;
    let (fetched, sent) = run_against(request, |_| answer(200, &[]));
    assert!(fetched.response.is_network_error());
    assert!(sent.is_empty());
}
