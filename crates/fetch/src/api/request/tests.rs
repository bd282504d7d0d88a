use super::super::body::BodyInit;
use super::*;
use crate::client::{GlobalObject, PolicyContainer};
use std::cell::RefCell;

fn environment() -> Rc<Environment> {
    let url = Url::parse("https://charlie.example/dir/page").unwrap();
    let origin = Origin::of_url(&url).unwrap();
    Rc::new(Environment {
        id: 1,
        creation_url: url.clone(),
        top_level_creation_url: url.clone(),
        top_level_origin: Some(origin.clone()),
        origin,
        api_base_url: RefCell::new(url.clone()),
        policy_container: RefCell::new(PolicyContainer::default()),
        has_cross_site_ancestor: false,
        has_trustworthy_ancestor: false,
        global: GlobalObject::Worker,
        secure_context: true,
        cross_origin_isolated_capability: false,
        referrer_source: RefCell::new(Some(url)),
        insecure_requests: Default::default(),
        fetch_group: Default::default(),
        cache: Default::default(),
    })
}

fn new(url: &str, init: RequestInit) -> Result<RequestObject, ApiError> {
    RequestObject::new(RequestInfo::Url(url), &init, &environment())
}

fn body(text: &str) -> Option<BodyInit> {
    Some(BodyInit::Text(text.to_owned()))
}

#[test]
fn a_string_gives_a_cors_request_of_the_scripts_own() {
    let object = new("../api?x#y", RequestInit::default()).unwrap();
    let request = object.to_request();
    assert_eq!(request.url().as_str(), "https://charlie.example/api?x#y");
    assert_eq!(
        (request.mode, request.credentials_mode),
        (Mode::Cors, CredentialsMode::SameOrigin)
    );
    assert!(request.unsafe_request);
    assert_eq!(request.initiator_type, Some(InitiatorType::Fetch));
    assert_eq!(request.client.map(|client| client.id), Some(1));
    assert_eq!(
        (object.referrer(), object.headers.guard),
        ("about:client", Guard::Request)
    );
}

#[test]
fn urls_must_parse_and_carry_no_credentials() {
    assert!(matches!(
        new("https://", RequestInit::default()),
        Err(ApiError::Url { .. })
    ));
    for url in [
        "https://bob@alice.example/",
        "https://:pw@alice.example/",
        "//bob:pw@alice.example",
    ] {
        assert!(
            matches!(
                new(url, RequestInit::default()),
                Err(ApiError::UrlWithCredentials { .. })
            ),
            "{url}"
        );
    }
}

#[test]
fn methods() {
    let method = |method: &'static str| {
        new(
            "/",
            RequestInit {
                method: Some(method.into()),
                ..RequestInit::default()
            },
        )
        .map(|object| object.request.method)
    };
    assert_eq!(method("post"), Ok("POST".into()));
    assert_eq!(method("patch"), Ok("patch".into()));
    assert!(matches!(method("a b"), Err(ApiError::Method { .. })));
    assert!(matches!(method(""), Err(ApiError::Method { .. })));
    for forbidden in ["CONNECT", "trace", "Track"] {
        assert!(
            matches!(method(forbidden), Err(ApiError::ForbiddenMethod { .. })),
            "{forbidden}"
        );
    }
    let no_cors = |method: &'static str| {
        let init = RequestInit {
            method: Some(method.into()),
            mode: Some(Mode::NoCors),
            headers: Some(HeadersSource::Init(HeadersInit::Record(vec![
                ("X-Custom".into(), "1".into()),
                ("Accept".into(), "text/html".into()),
            ]))),
            ..RequestInit::default()
        };
        new("https://alice.example/", init)
    };
    assert!(matches!(no_cors("PUT"), Err(ApiError::NoCorsMethod { .. })));
    let object = no_cors("head").unwrap();
    assert_eq!(object.headers.guard, Guard::RequestNoCors);
    assert_eq!(object.headers.header_list.len(), 1);
}

#[test]
fn modes_and_caches() {
    let mode = |mode, cache| {
        new(
            "/",
            RequestInit {
                mode,
                cache,
                ..RequestInit::default()
            },
        )
        .map(drop)
    };
    assert_eq!(
        mode(Some(Mode::Navigate), None),
        Err(ApiError::NavigateMode)
    );
    let only_if_cached = Some(CacheMode::OnlyIfCached);
    assert_eq!(mode(None, only_if_cached), Err(ApiError::OnlyIfCached));
    assert_eq!(mode(Some(Mode::SameOrigin), only_if_cached), Ok(()));
}

#[test]
fn referrers() {
    let referrer = |referrer: &str| {
        new(
            "/",
            RequestInit {
                referrer: Some(referrer.to_owned()),
                ..RequestInit::default()
            },
        )
        .map(|object| object.referrer().to_owned())
    };
    assert_eq!(referrer("").as_deref(), Ok(""));
    assert_eq!(referrer("about:client").as_deref(), Ok("about:client"));
    assert_eq!(
        referrer("/other").as_deref(),
        Ok("https://charlie.example/other")
    );
    assert_eq!(
        referrer("https://alice.example/").as_deref(),
        Ok("about:client")
    );
    assert!(matches!(
        referrer("http://:x"),
        Err(ApiError::Referrer { .. })
    ));
}

#[test]
fn window_is_null_or_nothing() {
    let window = |window_is_null| {
        new(
            "/",
            RequestInit {
                window_is_null,
                ..RequestInit::default()
            },
        )
    };
    assert_eq!(window(Some(false)).map(drop), Err(ApiError::WindowNotNull));
    let prompts = |object: RequestObject| object.request.traversable_for_user_prompts;
    assert_eq!(
        window(Some(true)).map(prompts),
        Ok(TraversableForUserPrompts::NoTraversable)
    );
    assert_eq!(
        window(None).map(prompts),
        Ok(TraversableForUserPrompts::Client)
    );
}

#[test]
fn get_and_head_have_no_body() {
    for method in ["get", "HEAD"] {
        let init = RequestInit {
            method: Some(method.into()),
            body: body(""),
            ..RequestInit::default()
        };
        assert!(matches!(
            new("/", init),
            Err(ApiError::BodyNotAllowed { .. })
        ));
    }
    let init = RequestInit {
        method: Some("POST".into()),
        body: body("x"),
        ..RequestInit::default()
    };
    let object = new("/", init).unwrap();
    assert_eq!(
        object.headers.get(b"content-type"),
        Ok(Some("text/plain;charset=UTF-8".into()))
    );
}

#[test]
fn a_request_made_of_a_request_begins_anew_when_anything_changes() {
    let mut inner = Request::new(Url::parse("https://charlie.example/start").unwrap());
    inner
        .url_list
        .push(Url::parse("https://alice.example/end").unwrap());
    inner.mode = Mode::Navigate;
    inner.origin = Some(Origin::opaque(7));
    inner.reload_navigation = true;
    inner.referrer = Referrer::NoReferrer;
    inner.header_list.append("Cookie", "the browser's own");
    inner.header_list.append("X-Custom", "1");
    let input = RequestObject::create(inner, Guard::Immutable);
    let environment = environment();

    let same = RequestObject::new(
        RequestInfo::Request(&input),
        &RequestInit::default(),
        &environment,
    )
    .unwrap();
    assert_eq!(same.request.url_list.len(), 2);
    assert_eq!(
        (same.request.mode, same.request.reload_navigation),
        (Mode::Navigate, true)
    );
    assert_eq!(same.headers.header_list.len(), 2);

    let init = RequestInit {
        keepalive: Some(true),
        ..RequestInit::default()
    };
    let changed = RequestObject::new(RequestInfo::Request(&input), &init, &environment).unwrap();
    assert_eq!(
        changed.request.url_list[..],
        [Url::parse("https://alice.example/end").unwrap()]
    );
    assert_eq!(
        (changed.request.mode, changed.request.reload_navigation),
        (Mode::SameOrigin, false)
    );
    assert_eq!(
        (changed.request.origin.clone(), changed.referrer()),
        (None, "about:client")
    );
    assert_eq!(
        changed.headers.header_list.len(),
        1,
        "the guard applies again"
    );
}

#[test]
fn a_used_body_is_not_handed_on() {
    let init = RequestInit {
        method: Some("POST".into()),
        body: body("x"),
        ..RequestInit::default()
    };
    let mut input = new("/", init).unwrap();
    input.body_used = true;
    let again =
        |init: RequestInit| RequestObject::new(RequestInfo::Request(&input), &init, &environment());
    assert_eq!(
        again(RequestInit::default()).map(drop),
        Err(ApiError::BodyUnusable)
    );
    let other = again(RequestInit {
        body: body("y"),
        ..RequestInit::default()
    })
    .unwrap();
    assert_eq!(other.request.body.unwrap().known_bytes().unwrap(), "y");
    assert_eq!(input.try_clone().map(drop), Err(ApiError::BodyUnusable));
    let init = RequestInit {
        method: Some("GET".into()),
        ..RequestInit::default()
    };
    assert!(matches!(again(init), Err(ApiError::BodyNotAllowed { .. })));
}
