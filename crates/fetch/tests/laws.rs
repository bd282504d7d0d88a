//! Laws that hold for every request and every answer, whatever the server says.

mod common;

use bytes::Bytes;
use common::{Answer, header, page, run, sandboxed, url};
use crossexam_fetch::ready::{ReadyHost, SentRequest};
use crossexam_fetch::request::{CredentialsMode, Mode, RedirectMode};
use crossexam_fetch::{Body, HttpRequestPurpose, HttpResponse, Request, ResponseType, UserAgent};
use crossexam_web::HeaderList;
use proptest::prelude::*;

const CHARLIE: &str = "https://charlie.example";
const ALICE: &str = "https://alice.example/data";

/// What a server says to everybody: a status and headers.
#[derive(Debug, Clone)]
struct Script {
    status: u16,
    headers: Vec<(&'static str, String)>,
}

impl Script {
    fn answer(&self) -> HttpResponse {
        HttpResponse {
            status: self.status,
            status_message: Bytes::new(),
            header_list: self
                .headers
                .iter()
                .map(|(name, value)| (*name, value.clone()))
                .collect(),
            body: Bytes::from_static(b"secret").into(),
            ..HttpResponse::default()
        }
    }

    /// The combined value of a header, worked out without the model's header list.
    fn combined(&self, wanted: &str) -> Option<String> {
        let values: Vec<&str> = self
            .headers
            .iter()
            .filter(|(name, _)| name.eq_ignore_ascii_case(wanted))
            .map(|(_, value)| value.as_str())
            .collect();
        (!values.is_empty()).then(|| values.join(", "))
    }
}

fn allow_origin() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => Just(CHARLIE.to_owned()),
        2 => Just("*".to_owned()),
        2 => Just("null".to_owned()),
        1 => Just("https://charlie.example/".to_owned()),
        1 => Just("https://Charlie.example".to_owned()),
        1 => Just("https://charlie.example:443".to_owned()),
        1 => Just("https://evilcharlie.example".to_owned()),
        1 => Just(String::new()),
    ]
}

fn script() -> impl Strategy<Value = Script> {
    let status = prop_oneof![6 => Just(200_u16), 2 => Just(204), 1 => Just(404), 1 => Just(500), 1 => Just(302)];
    let list = |items: &'static [&'static str]| {
        prop::collection::vec(prop::sample::select(items), 0..3).prop_map(|items| items.join(","))
    };
    let headers = prop::collection::vec(
        prop_oneof![
            4 => allow_origin().prop_map(|value| ("Access-Control-Allow-Origin", value)),
            3 => prop::sample::select(vec!["true", "True", "false", "true, true"])
                .prop_map(|value| ("Access-Control-Allow-Credentials", value.to_owned())),
            3 => list(&["PUT", "DELETE", "*", "put", "GET", "P UT"])
                .prop_map(|value| ("Access-Control-Allow-Methods", value)),
            3 => list(&["x-one", "X-Two", "*", "authorization", "content-type", "x one"])
                .prop_map(|value| ("Access-Control-Allow-Headers", value)),
            1 => prop::sample::select(vec!["0", "5", "600", "-1", "x"])
                .prop_map(|value| ("Access-Control-Max-Age", value.to_owned())),
            1 => list(&["x-secret", "*", "content-type"])
                .prop_map(|value| ("Access-Control-Expose-Headers", value)),
            1 => Just(("X-Secret", "1".to_owned())),
            1 => Just(("Content-Type", "text/plain".to_owned())),
        ],
        0..7,
    );
    (status, headers).prop_map(|(status, headers)| Script { status, headers })
}

#[derive(Debug, Clone)]
struct Asked {
    opaque_page: bool,
    method: &'static str,
    headers: Vec<(&'static str, &'static str)>,
    credentials_mode: CredentialsMode,
}

impl Asked {
    fn request(&self) -> Request {
        let client = if self.opaque_page {
            sandboxed("https://charlie.example/")
        } else {
            page("https://charlie.example/")
        };
        let mut request = Request::new(url(ALICE));
        request.client = Some(client);
        request.mode = Mode::Cors;
        request.unsafe_request = true;
        request.credentials_mode = self.credentials_mode;
        request.method = self.method.into();
        for (name, value) in &self.headers {
            request.header_list.append(*name, *value);
        }
        if matches!(self.method, "PUT" | "POST") {
            request.body = Some(Body::from_bytes("body"));
        }
        request
    }

    fn origin(&self) -> &'static str {
        if self.opaque_page { "null" } else { CHARLIE }
    }

    /// Whether the request is outside the safelists, by a reading of its own: only what the strategy makes counts.
    fn needs_permission(&self) -> bool {
        !matches!(self.method, "GET" | "HEAD" | "POST")
            || self.headers.iter().any(|(name, value)| match *name {
                "Accept" => false,
                "Content-Type" => *value != "text/plain",
                _ => true,
            })
    }
}

fn asked() -> impl Strategy<Value = Asked> {
    let header = prop::sample::select(vec![
        ("Accept", "text/html"),
        ("Content-Type", "text/plain"),
        ("Content-Type", "application/json"),
        ("X-One", "1"),
        ("x-two", "2"),
        ("Authorization", "Bearer x"),
    ]);
    (
        prop::bool::weighted(0.2),
        prop::sample::select(vec!["GET", "HEAD", "POST", "PUT", "DELETE", "put"]),
        prop::collection::vec(header, 0..3),
        prop::sample::select(CredentialsMode::ALL),
    )
        .prop_map(|(opaque_page, method, mut headers, credentials_mode)| {
            // One value a name: two media types combined would be another header than either.
            let mut seen = Vec::new();
            headers.retain(|(name, _)| {
                let is_new = !seen.contains(name);
                seen.push(*name);
                is_new
            });
            Asked {
                opaque_page,
                method,
                headers,
                credentials_mode,
            }
        })
}

/// Who may read an answer, stated without the algorithm: the CORS protocol's table of headers and credentials.
fn may_read(asked: &Asked, script: &Script) -> bool {
    let allowed = script.combined("Access-Control-Allow-Origin");
    let with_credentials = asked.credentials_mode == CredentialsMode::Include;
    match allowed.as_deref() {
        Some("*") => !with_credentials,
        Some(origin) if origin == asked.origin() => {
            !with_credentials
                || script
                    .combined("Access-Control-Allow-Credentials")
                    .as_deref()
                    == Some("true")
        }
        _ => false,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_page_without_permission_never_reads(asked in asked(), script in script()) {
        let host = ReadyHost::new(|_: &SentRequest| -> Answer { Ok(script.answer()) });
        let fetched = run(&UserAgent::default(), &host, asked.request());
        if fetched.response.is_network_error() {
            prop_assert_eq!(fetched.response.status(), 0);
            prop_assert!(fetched.response.body().is_none());
            prop_assert!(fetched.response.header_list().is_empty());
        } else {
            prop_assert_eq!(fetched.response.response_type(), ResponseType::Cors);
            prop_assert!(may_read(&asked, &script), "read without permission");
            let with_credentials = asked.credentials_mode == CredentialsMode::Include;
            let exposed = script.combined("Access-Control-Expose-Headers").unwrap_or_default();
            let is_exposed = exposed.split(',').any(|item| {
                item.trim() == "x-secret" || (item.trim() == "*" && !with_credentials)
            });
            let is_visible = fetched.response.header_list().contains(b"X-Secret");
            prop_assert!(!is_visible || is_exposed, "a header was visible that is not exposed");
        }
    }

    #[test]
    fn a_simple_request_with_permission_is_read(mut asked in asked(), mut script in script(), wildcard in any::<bool>()) {
        asked.method = "GET";
        asked.headers.clear();
        script.headers.retain(|(name, _)| {
            !matches!(*name, "Access-Control-Allow-Origin" | "Access-Control-Allow-Credentials")
        });
        let with_credentials = asked.credentials_mode == CredentialsMode::Include;
        let allowed = if wildcard && !with_credentials { "*" } else { asked.origin() };
        script.headers.push(("Access-Control-Allow-Origin", allowed.to_owned()));
        if with_credentials {
            script.headers.push(("Access-Control-Allow-Credentials", "true".to_owned()));
        }
        let host = ReadyHost::new(|_: &SentRequest| -> Answer { Ok(script.answer()) });
        let fetched = run(&UserAgent::default(), &host, asked.request());
        prop_assert!(!fetched.response.is_network_error(), "{:?}", fetched.response);
        prop_assert_eq!(fetched.response.status(), script.status);
    }

    #[test]
    fn what_needs_permission_is_never_sent_before_it_is_given(asked in asked(), script in script()) {
        let host = ReadyHost::new(|_: &SentRequest| -> Answer { Ok(script.answer()) });
        let fetched = run(&UserAgent::default(), &host, asked.request());
        let sent = host.take_sent();
        let preflights = sent.iter().filter(|s| s.purpose == HttpRequestPurpose::CorsPreflight).count();
        if asked.needs_permission() {
            prop_assert_eq!(sent[0].purpose, HttpRequestPurpose::CorsPreflight);
            prop_assert_eq!(preflights, 1);
            let refused = !may_read(&asked, &script) || !(200..300).contains(&script.status);
            if refused {
                prop_assert_eq!(sent.len(), 1, "sent although the preflight was refused");
                prop_assert!(fetched.response.is_network_error());
            }
            prop_assert!(header(&sent[0], "Cookie").is_none() && header(&sent[0], "Authorization").is_none());
            prop_assert!(sent[0].body.is_none());
        } else {
            prop_assert_eq!(preflights, 0);
            prop_assert_eq!(sent.len(), 1, "a simple request goes out, permission or not");
        }
    }

    #[test]
    fn remembered_permissions_only_spare_preflights(asked in asked(), script in script(), pause in 0_u64..700) {
        let host = ReadyHost::new(|_: &SentRequest| -> Answer { Ok(script.answer()) });
        let user_agent = UserAgent::default();
        let first = run(&user_agent, &host, asked.request());
        let sent_first = host.take_sent();
        host.advance(std::time::Duration::from_secs(pause));
        let second = run(&user_agent, &host, asked.request());
        let sent_second = host.take_sent();
        prop_assert_eq!(first.response.is_network_error(), second.response.is_network_error());
        prop_assert_eq!(first.response.status(), second.response.status());
        prop_assert_eq!(first.response.header_list(), second.response.header_list());
        let without_preflights = |sent: Vec<SentRequest>| -> Vec<SentRequest> {
            sent.into_iter().filter(|s| s.purpose == HttpRequestPurpose::Actual).collect()
        };
        prop_assert_eq!(without_preflights(sent_first), without_preflights(sent_second));
    }

    #[test]
    fn the_script_never_chooses_the_origin(asked in asked(), script in script()) {
        let host = ReadyHost::new(|_: &SentRequest| -> Answer { Ok(script.answer()) });
        run(&UserAgent::default(), &host, asked.request());
        for sent in host.take_sent() {
            prop_assert_eq!(header(&sent, "Origin"), Some(asked.origin()));
        }
    }

    #[test]
    fn no_credentials_under_omit(mut asked in asked(), script in script()) {
        asked.credentials_mode = CredentialsMode::Omit;
        let user_agent = UserAgent::default();
        let stored = user_agent.cookies.borrow_mut().parse_and_store(
            crossexam_web::Timestamp::from_secs(1_767_225_600),
            b"session=1; Secure; SameSite=None",
            true,
            &crossexam_web::Host::Domain("alice.example".into()),
            "/",
            true,
            false,
            true,
            &user_agent.choices.cookie_policy,
            &crossexam_web::Trace::off(),
        );
        prop_assert!(stored.is_ok());
        let host = ReadyHost::new(|_: &SentRequest| -> Answer { Ok(script.answer()) });
        run(&user_agent, &host, asked.request());
        for sent in host.take_sent() {
            prop_assert_eq!(header(&sent, "Cookie"), None);
            prop_assert!(!sent.credentials);
        }
    }

    #[test]
    fn any_answer_gives_a_defined_result(
        status in 0_u16..1000,
        headers in prop::collection::vec(
            (
                prop::sample::select(vec![
                    "Access-Control-Allow-Origin", "Access-Control-Allow-Headers", "Access-Control-Allow-Methods",
                    "Access-Control-Max-Age", "Access-Control-Expose-Headers", "Location", "Set-Cookie", "Content-Type",
                    "WWW-Authenticate", "Timing-Allow-Origin", "Cross-Origin-Resource-Policy", "Referrer-Policy",
                    "X-Content-Type-Options",
                ]),
                prop::collection::vec(any::<u8>().prop_filter("a field value", |b| !matches!(b, 0 | b'\r' | b'\n')), 0..24),
            ),
            0..6,
        ),
        mode in prop::sample::select(vec![Mode::Cors, Mode::NoCors, Mode::SameOrigin]),
        redirect_mode in prop::sample::select(RedirectMode::ALL),
        same_origin in any::<bool>(),
    ) {
        let header_list: HeaderList = headers.into_iter().collect();
        let host = ReadyHost::new(|_: &SentRequest| -> Answer {
            Ok(HttpResponse { status, status_message: Bytes::new(), header_list: header_list.clone(), ..HttpResponse::default() })
        });
        let mut request = Request::new(url(if same_origin { "https://charlie.example/x" } else { ALICE }));
        request.client = Some(page("https://charlie.example/"));
        request.mode = mode;
        request.redirect_mode = redirect_mode;
        let fetched = run(&UserAgent::default(), &host, request);
        prop_assert!(host.take_sent().len() <= 42);
        if mode == Mode::NoCors && !same_origin && !fetched.response.is_network_error() {
            prop_assert!(matches!(fetched.response.response_type(), ResponseType::Opaque));
        }
    }
}
