//! Clients that are no browser.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use bytes::Bytes;
use crossexam_sim::journal::{Holder, Sender};
use crossexam_sim::{
    Client, ClientError, ClientRequest, ClientResponse, Machine, PeerInfo, Redirects, World,
    from_fn,
};
use crossexam_web::HeaderList;
use support::*;

const FOLLOW: Redirects = Redirects::Follow {
    most: 5,
    credentials_stray: false,
};

/// Both redirect `/to/<status>?<where>`, and says what she got at every other path.
fn world() -> World {
    let world = World::default();
    for name in ["alice", "charlie"] {
        let server = from_fn(move |request: http::Request<Bytes>, _peer: PeerInfo| {
            let status = request.uri().path().strip_prefix("/to/");
            match (status, request.uri().query()) {
                (Some(status), Some(location)) => http::Response::builder()
                    .status(status)
                    .header("Location", location)
                    .header("X-Secret", "in the redirect")
                    .body(Bytes::new()),
                _ => {
                    let mut text = format!("{name}: {} {:?}\n", request.method(), request.body());
                    for (name, value) in request.headers() {
                        text.push_str(&format!("{name}: {}\n", value.to_str().unwrap_or("?")));
                    }
                    http::Response::builder()
                        .header("X-Answer", "yes")
                        .body(text.into())
                }
            }
        });
        let machine = Machine::new(name)
            .host_name(&format!("{name}.example"))
            .serve(server);
        world.network().add_machine(machine).unwrap();
    }
    world
}

fn send(world: &World, request: ClientRequest) -> Result<ClientResponse, ClientError> {
    let curl = Client::new(world.network(), "curl", "charlie");
    world.block_on(curl.send(request)).unwrap()
}

fn text(response: &ClientResponse) -> String {
    String::from_utf8(response.body.to_vec()).unwrap()
}

fn url(url: &str) -> url::Url {
    url.parse().unwrap()
}

#[test]
fn it_sends_any_header_and_keeps_what_it_gets() {
    let world = world();
    let request = ClientRequest::new("POST", url("https://alice.example/x"))
        .header("Origin", "https://bob.example")
        .header("Cookie", "session=guess")
        .header("Sec-Fetch-Site", "same-origin")
        .header("user-agent", "mine")
        .body("hello");
    let response = send(&world, request).unwrap();
    let got = text(&response);
    for line in [
        "alice: POST b\"hello\"",
        "origin: https://bob.example",
        "cookie: session=guess",
        "sec-fetch-site: same-origin",
        "user-agent: mine",
        "accept: */*",
        "content-length: 5",
        "host: alice.example",
    ] {
        assert!(got.lines().any(|it| it == line), "{line} in\n{got}");
    }
    assert_eq!(got.matches("user-agent").count(), 1);
    let client = Holder::Client {
        name: "curl".into(),
        person: "charlie".into(),
    };
    assert!(knows(&world, &client, "session=guess"), "it was sent back");
    assert!(
        exposures(&world, &client)
            .contains(&("client response header x-answer".into(), "yes".into()))
    );
    assert_eq!(
        exchanges(&world)[0].from,
        Sender::Client {
            name: "curl".into(),
            person: "charlie".into()
        }
    );
}

#[test]
fn redirects_are_followed_only_when_told() {
    let world = world();
    let there = url("https://alice.example/to/302?../end");
    let request = ClientRequest::get(there.clone());
    let response = send(&world, request.clone()).unwrap();
    assert_eq!((response.status, response.url), (302, there));
    let response = send(&world, request.redirects(FOLLOW)).unwrap();
    assert_eq!(
        (response.status, response.url.as_str()),
        (200, "https://alice.example/end")
    );
}

#[test]
fn methods_change_on_redirects_as_curl_does_it() {
    for (status, method, expected) in [
        (301, "POST", "GET b\"\""),
        (302, "POST", "GET b\"\""),
        (303, "POST", "GET b\"\""),
        (303, "PUT", "GET b\"\""),
        (301, "PUT", "PUT b\"x\""),
        (307, "POST", "POST b\"x\""),
        (308, "POST", "POST b\"x\""),
        (303, "HEAD", ""),
    ] {
        let world = world();
        let request = ClientRequest::new(
            method,
            url(&format!(
                "https://alice.example/to/{status}?https://charlie.example/"
            )),
        );
        let response = send(&world, request.body("x").redirects(FOLLOW)).unwrap();
        let got = text(&response);
        let got = got.lines().next().unwrap_or_default();
        assert_eq!(
            got.strip_prefix("charlie: ").unwrap_or(got),
            expected,
            "{status} {method}"
        );
    }
}

#[test]
fn credentials_stay_with_their_origin_unless_the_client_is_careless() {
    let redirected = |first: &str, credentials_stray| {
        let world = world();
        let request = ClientRequest::get(url(&format!("{first}/to/302?https://charlie.example/")))
            .header("Cookie", "session=s3cret")
            .header("X-Api-Key", "k3y");
        let redirects = Redirects::Follow {
            most: 1,
            credentials_stray,
        };
        send(&world, request.redirects(redirects)).unwrap();
        world
    };
    let charlie = server("charlie");
    let careful = redirected("https://bob:pa55@alice.example", false);
    assert!(knows(&careful, &server("alice"), "Basic Ym9iOnBhNTU="));
    assert!(!knows(&careful, &charlie, "s3cret") && !knows(&careful, &charlie, "Basic"));
    assert!(
        knows(&careful, &charlie, "k3y"),
        "nobody knows that this header is a secret"
    );
    let careless = redirected("https://bob:pa55@alice.example", true);
    assert!(
        knows(&careless, &charlie, "s3cret") && knows(&careless, &charlie, "Basic Ym9iOnBhNTU=")
    );
    let same_host = redirected("https://charlie.example", false);
    assert!(knows(&same_host, &charlie, "s3cret"));
    let downgrade = redirected("http://charlie.example", false);
    assert_eq!(
        exchanges(&downgrade)
            .iter()
            .filter(|exchange| exchange.request_headers.contains(b"Cookie"))
            .count(),
        1,
        "another scheme is another origin"
    );
}

#[test]
fn redirects_that_lead_nowhere() {
    let world = world();
    let follow = |location: &str, most| {
        let request = ClientRequest::get(url(&format!("https://alice.example/to/302?{location}")));
        send(
            &world,
            request.redirects(Redirects::Follow {
                most,
                credentials_stray: false,
            }),
        )
        .unwrap_err()
    };
    assert_eq!(
        follow("https://alice.example/to/302?https://alice.example/", 1),
        ClientError::TooManyRedirects { most: 1 }
    );
    assert_eq!(
        follow("file:///etc/passwd", 9),
        ClientError::BadRedirect {
            location: "file:///etc/passwd".into()
        }
    );
}

#[test]
fn an_insecure_client_takes_any_certificate() {
    let world = World::default();
    let certificate = crossexam_sim::Certificate::new(["other.example"]).issued_by("itself");
    let machine = Machine::new("alice").host_name("alice.example").listen(
        443,
        crossexam_sim::Listener::https(echo("alice"), certificate),
    );
    world.network().add_machine(machine).unwrap();
    let mut request = ClientRequest::get(url("https://alice.example/"));
    assert!(send(&world, request.clone()).is_err());
    request.insecure = true;
    assert!(send(&world, request).is_ok());
}

#[test]
fn a_client_may_have_no_defaults() {
    let world = world();
    let client = Client::new(world.network(), "script", "charlie").with_defaults(HeaderList::new());
    let response = world
        .block_on(client.send(ClientRequest::get(url("http://alice.example/"))))
        .unwrap()
        .unwrap();
    assert_eq!(text(&response), "alice: GET b\"\"\nhost: alice.example\n");
    assert!(matches!(
        Client::of_machine(world.network(), "zoe"),
        Err(crossexam_sim::SetupError::NoSuchMachine { .. })
    ));
}
