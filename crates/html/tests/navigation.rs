//! Navigations against a server that is a function.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::rc::Rc;

use crossexam_fetch::client::{EmbedderPolicy, EmbedderPolicyValue};
use crossexam_fetch::ready::{ReadyHost, SentRequest, poll_once};
use crossexam_fetch::request::{Destination, Mode, RedirectMode, Referrer};
use crossexam_fetch::{
    BlockReason, Environment, FetchController, HttpResponse, NetworkFailure, PolicyContainer,
    UserAgent,
};
use crossexam_html::environment::{
    Identities, Place, WindowEnvironment, set_up_a_window_environment_settings_object,
};
use crossexam_html::navigation::{
    Container, NavigationEntry, NavigationFetch, NavigationParams, PostResource, SourceSnapshot,
    TargetSnapshot, about_blank, create_navigation_params_by_fetching,
    create_navigation_params_from_a_srcdoc_resource, create_the_navigation_request,
};
use crossexam_html::navigation_checks::{
    NotShown, check_a_navigation_responses_adherence_to_x_frame_options,
    check_the_navigation_response, unmodelled_policies,
};
use crossexam_html::sandbox::{SandboxingFlags, parse_a_sandboxing_directive};
use crossexam_web::{HeaderList, Origin, Trace};
use url::Url;

fn url(text: &str) -> Url {
    Url::parse(text).unwrap()
}

fn origin(text: &str) -> Origin {
    Origin::of_url(&url(text)).unwrap()
}

fn window(identities: &Identities, at: &str, policy_container: PolicyContainer) -> Rc<Environment> {
    set_up_a_window_environment_settings_object(
        identities,
        WindowEnvironment {
            reserved_id: None,
            creation_url: url(at),
            origin: origin(at),
            policy_container,
            about_base_url: None,
            place: Place {
                traversable: 1,
                parent: None,
            },
        },
    )
}

fn source(environment: &Rc<Environment>) -> SourceSnapshot {
    SourceSnapshot {
        has_transient_activation: false,
        sandboxing_flags: SandboxingFlags::NONE,
        fetch_client: Some(environment.clone()),
        origin: Some(environment.origin.clone()),
        base_url: Some(environment.creation_url.clone()),
    }
}

const TOP: TargetSnapshot = TargetSnapshot {
    opener_policy: None,
    traversable: 1,
    sandboxing_flags: SandboxingFlags::NONE,
    container: None,
};

fn frame_in(document: &Rc<Environment>, sandboxing_flags: SandboxingFlags) -> TargetSnapshot {
    TargetSnapshot {
        opener_policy: None,
        traversable: 1,
        sandboxing_flags,
        container: Some(Container {
            document: document.clone(),
            ancestor_origins: vec![document.origin.clone()],
            element: Destination::Iframe,
        }),
    }
}

fn entry(at: &str) -> NavigationEntry {
    NavigationEntry {
        url: url(at),
        resource: None,
        referrer_policy: None,
        reload: false,
        history: false,
        form_submission: false,
    }
}

fn page(headers: &[(&'static str, &'static str)]) -> Result<HttpResponse, NetworkFailure> {
    let mut header_list: HeaderList = headers.iter().copied().collect();
    let status = if header_list.contains(b"location") {
        302
    } else {
        200
    };
    header_list.append("Content-Type", "text/html");
    Ok(HttpResponse {
        status,
        status_message: "".into(),
        header_list,
        body: "<p>hello".into(),
        ..HttpResponse::default()
    })
}

fn navigate(
    identities: &Identities,
    entry: &NavigationEntry,
    source: &SourceSnapshot,
    target: &TargetSnapshot,
    server: impl Fn(&SentRequest) -> Result<HttpResponse, NetworkFailure>,
) -> (NavigationFetch, Vec<SentRequest>) {
    let host = ReadyHost::new(server);
    let user_agent = UserAgent::default();
    let trace = Trace::off();
    let request = create_the_navigation_request(entry, source, target, identities, &trace);
    let controller = FetchController::new();
    let fetched = poll_once(create_navigation_params_by_fetching(
        &user_agent,
        &host,
        request,
        source,
        target,
        identities,
        &controller,
        &trace,
    ));
    (fetched.expect("the host is always ready"), host.take_sent())
}

fn params(fetched: NavigationFetch) -> Box<NavigationParams> {
    match fetched {
        NavigationFetch::Params(params) => params,
        other => panic!("no document: {other:?}"),
    }
}

#[test]
fn the_request_says_who_navigates_where() {
    let identities = Identities::default();
    let charlie = window(
        &identities,
        "https://charlie.example/page",
        PolicyContainer::default(),
    );
    let mut post = entry("https://bank.example/transfer");
    post.resource = Some(PostResource {
        body: "to=charlie".into(),
        content_type: "text/plain".into(),
    });
    let request =
        create_the_navigation_request(&post, &source(&charlie), &TOP, &identities, &Trace::off());
    assert_eq!(request.mode, Mode::Navigate);
    assert_eq!(request.redirect_mode, RedirectMode::Manual);
    assert_eq!(request.destination, Destination::Document);
    assert_eq!(request.origin, Some(charlie.origin.clone()));
    assert_eq!(
        request.top_level_navigation_initiator_origin,
        Some(charlie.origin.clone())
    );
    assert_eq!(&request.method[..], b"POST");
    assert_eq!(
        request.header_list.get(b"content-type").as_deref(),
        Some(&b"text/plain"[..])
    );
    assert!(!request.user_activation);

    let frame = frame_in(&charlie, SandboxingFlags::NONE);
    let request =
        create_the_navigation_request(&post, &source(&charlie), &frame, &identities, &Trace::off());
    assert_eq!(request.destination, Destination::Iframe);
    assert_eq!(request.top_level_navigation_initiator_origin, None);
    assert_eq!(request.initiator_type.map(|it| it.as_str()), Some("iframe"));
}

#[test]
fn the_address_bar_is_nobody() {
    let identities = Identities::default();
    let ui = SourceSnapshot::browser_ui();
    let at = entry("https://alice.example/");
    let request = create_the_navigation_request(&at, &ui, &TOP, &identities, &Trace::off());
    assert!(request.client.is_none());
    assert!(request.origin.unwrap().is_opaque());
    assert_eq!(request.top_level_navigation_initiator_origin, None);
    assert_eq!(request.referrer, Referrer::NoReferrer);
    assert!(request.user_activation);
}

#[test]
fn a_redirect_changes_document_origin_and_environment() {
    let identities = Identities::default();
    let ui = SourceSnapshot::browser_ui();
    let (fetched, sent) = navigate(
        &identities,
        &entry("https://alice.example/#frag"),
        &ui,
        &TOP,
        |request| match request.url.host_str() {
            Some("alice.example") => page(&[("Location", "https://charlie.example/landing")]),
            _ => page(&[("Referrer-Policy", "unsafe-url, nonsense")]),
        },
    );
    assert_eq!(sent.len(), 2);
    let params = params(fetched);
    assert_eq!(params.url.as_str(), "https://charlie.example/landing#frag");
    assert_eq!(params.origin, origin("https://charlie.example"));
    assert_eq!(
        params.policy_container.referrer_policy.as_str(),
        "unsafe-url"
    );
    let reserved = params
        .request
        .as_ref()
        .and_then(|request| request.reserved_client.clone())
        .unwrap();
    assert_eq!(Some(reserved.id), params.reserved_environment);
    assert_eq!(reserved.creation_url.host_str(), Some("charlie.example"));
}

#[test]
fn a_post_becomes_a_get_on_a_302() {
    let identities = Identities::default();
    let charlie = window(
        &identities,
        "https://charlie.example/",
        PolicyContainer::default(),
    );
    let mut post = entry("https://bank.example/login");
    post.resource = Some(PostResource {
        body: "x".into(),
        content_type: "text/plain".into(),
    });
    let (fetched, sent) = navigate(&identities, &post, &source(&charlie), &TOP, |request| {
        if request.url.path() == "/login" {
            page(&[("Location", "/home")])
        } else {
            page(&[])
        }
    });
    assert_eq!(params(fetched).url.path(), "/home");
    let methods: Vec<_> = sent
        .iter()
        .map(|request| String::from_utf8_lossy(&request.method))
        .collect();
    assert_eq!(methods, ["POST", "GET"]);
    assert_eq!(sent[1].body, None);
}

#[test]
fn redirects_leave_the_network_only_for_other_programs() {
    let identities = Identities::default();
    let ui = SourceSnapshot::browser_ui();
    let to = |location: &'static str| {
        let server = move |_: &SentRequest| page(&[("Location", location)]);
        navigate(
            &identities,
            &entry("https://alice.example/"),
            &ui,
            &TOP,
            server,
        )
        .0
    };
    match to("mailto:bob@bob.example") {
        NavigationFetch::NonFetchScheme { url, .. } => assert_eq!(url.scheme(), "mailto"),
        other => panic!("{other:?}"),
    }
    for location in [
        "data:text/html,x",
        "about:blank",
        "blob:https://alice.example/1",
    ] {
        match to(location) {
            NavigationFetch::Error { error, .. } => {
                assert!(
                    matches!(error.reason, BlockReason::RedirectToNonHttp { .. }),
                    "{location}"
                );
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(matches!(
        to("https://["),
        NavigationFetch::Error { error, .. } if matches!(error.reason, BlockReason::InvalidLocation { .. })
    ));
}

#[test]
fn local_documents_inherit_or_are_nobodys() {
    let identities = Identities::default();
    let charlie = window(
        &identities,
        "https://charlie.example/",
        PolicyContainer::default(),
    );
    let server = |_: &SentRequest| page(&[]);
    let go = |at: &str, target: &TargetSnapshot| {
        params(navigate(&identities, &entry(at), &source(&charlie), target, server).0)
    };
    assert_eq!(go(about_blank().as_str(), &TOP).origin, charlie.origin);
    assert!(go("data:text/html,<p>x", &TOP).origin.is_opaque());
    let sandboxed = frame_in(&charlie, parse_a_sandboxing_directive("allow-scripts"));
    assert!(go("https://alice.example/", &sandboxed).origin.is_opaque());
    let kept = frame_in(&charlie, parse_a_sandboxing_directive("allow-same-origin"));
    assert_eq!(
        go("https://alice.example/", &kept).origin,
        origin("https://alice.example")
    );
}

#[test]
fn srcdoc_is_whose_the_frame_is_unless_sandboxed() {
    let identities = Identities::default();
    let policy = PolicyContainer {
        referrer_policy: crossexam_fetch::ReferrerPolicy::NoReferrer,
        ..PolicyContainer::default()
    };
    let alice = window(&identities, "https://alice.example/", policy);
    let make = |sandbox: Option<&str>| {
        let flags = sandbox.map_or(SandboxingFlags::NONE, parse_a_sandboxing_directive);
        let target = frame_in(&alice, flags);
        create_navigation_params_from_a_srcdoc_resource(
            "<p>Söhne",
            &target,
            &alice.origin,
            &identities,
            &Trace::off(),
        )
    };
    let plain = make(None);
    assert_eq!(plain.origin, alice.origin);
    assert_eq!(
        plain.policy_container.referrer_policy.as_str(),
        "no-referrer"
    );
    assert_eq!(
        &plain.response.body.unwrap().known_bytes().unwrap()[..],
        "<p>Söhne".as_bytes()
    );
    assert!(make(Some("allow-scripts")).origin.is_opaque());
}

#[test]
fn x_frame_options_keeps_documents_out_of_frames() {
    let identities = Identities::default();
    let alice = window(
        &identities,
        "https://alice.example/",
        PolicyContainer::default(),
    );
    let check = |value: &'static str, destination: &str| {
        let headers: HeaderList = value
            .split('|')
            .map(|value| ("X-Frame-Options", value))
            .collect();
        let frame = frame_in(&alice, SandboxingFlags::NONE);
        check_a_navigation_responses_adherence_to_x_frame_options(
            &headers,
            frame.container.as_ref(),
            &Default::default(),
            &origin(destination),
            &Trace::off(),
        )
        .map_err(|forbidden| forbidden.step().number)
    };
    let (own, other) = ("https://alice.example", "https://bank.example");
    assert_eq!(check("DENY", own), Err("8"));
    assert_eq!(check("SameOrigin", own), Ok(()));
    assert_eq!(check("SAMEORIGIN", other), Err("9.2"));
    assert_eq!(check("deny, deny", other), Err("8"));
    assert_eq!(check("deny|sameorigin", own), Err("6"));
    assert_eq!(check("sameorigin, nonsense", own), Err("6"));
    assert_eq!(check("one, two", other), Ok(()));
    assert_eq!(check("allow-from https://alice.example", other), Ok(()));
    let headers: HeaderList = [("X-Frame-Options", "DENY")].into_iter().collect();
    let top = check_a_navigation_responses_adherence_to_x_frame_options(
        &headers,
        None,
        &Default::default(),
        &origin(other),
        &Trace::off(),
    );
    assert_eq!(top, Ok(()));
}

#[test]
fn a_frame_must_fit_the_embedder_policy_around_it() {
    let identities = Identities::default();
    let embedder_policy = EmbedderPolicy {
        value: EmbedderPolicyValue::RequireCorp,
        ..EmbedderPolicy::default()
    };
    let alice = window(
        &identities,
        "https://alice.example/",
        PolicyContainer {
            embedder_policy,
            ..PolicyContainer::default()
        },
    );
    let frame = frame_in(&alice, SandboxingFlags::NONE);
    let go = |headers: &'static [(&'static str, &'static str)]| {
        let server = move |_: &SentRequest| page(headers);
        navigate(
            &identities,
            &entry("https://bank.example/"),
            &source(&alice),
            &frame,
            server,
        )
        .0
    };
    match go(&[]) {
        NavigationFetch::Error { error, .. } => {
            assert!(matches!(
                error.reason,
                BlockReason::CrossOriginResourcePolicy { .. }
            ));
        }
        other => panic!("{other:?}"),
    }
    let allowed = params(go(&[("Cross-Origin-Resource-Policy", "cross-origin")]));
    let checked =
        check_the_navigation_response(&allowed, &frame, &UserAgent::default(), &Trace::off());
    assert!(matches!(checked, Err(NotShown::EmbedderPolicy { .. })));
    let fitting = params(go(&[
        ("Cross-Origin-Resource-Policy", "cross-origin"),
        ("Cross-Origin-Embedder-Policy", "require-corp"),
    ]));
    assert_eq!(
        check_the_navigation_response(&fitting, &frame, &UserAgent::default(), &Trace::off()),
        Ok(())
    );
}

#[test]
fn what_is_not_modelled_is_not_passed_over_in_silence() {
    let identities = Identities::default();
    let ui = SourceSnapshot::browser_ui();
    let with = |headers: &'static [(&'static str, &'static str)]| {
        let server = move |_: &SentRequest| page(headers);
        params(
            navigate(
                &identities,
                &entry("https://alice.example/"),
                &ui,
                &TOP,
                server,
            )
            .0,
        )
    };
    let policies = unmodelled_policies(&with(&[("Content-Security-Policy", "trusted-types x")]));
    assert!(policies[0].contains("trusted-types x"), "{policies:?}");
    let known = unmodelled_policies(&with(&[("Content-Security-Policy", "default-src 'none'")]));
    assert!(known.is_empty(), "{known:?}");
    let clear = unmodelled_policies(&with(&[("Clear-Site-Data", "\"cookies\"")]));
    assert_eq!(clear.len(), 1);
    assert!(unmodelled_policies(&with(&[])).is_empty());
}
