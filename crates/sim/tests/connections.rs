//! Connections that stand, and bodies that come piece by piece.
#![allow(clippy::unwrap_used)]

mod support;

use std::cell::RefCell;
use std::net::IpAddr;
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use crossexam_fetch::body::{BodyError, BodyStream};
use crossexam_fetch::request::{CredentialsMode, Mode};
use crossexam_fetch::{
    BlockReason, FetchController, Fetched, NetworkFailure, Progress, Request, UserAgent, fetch,
};
use crossexam_sim::{
    BrowserHost, ClientCertificate, ClientCertificates, DnsAnswer, EarlyHints, Listener, Machine,
    PeerInfo, World, from_fn,
};
use crossexam_web::{Origin, Trace};
use support::{bob, echo, exchanges, world_with_alice};

const ALICE: &str = "https://alice.example/";

fn request(url: &str) -> Request {
    let mut request = Request::new(url.parse().unwrap());
    request.mode = Mode::Cors;
    request.origin = Origin::of_url(request.url());
    request
}

async fn get(user_agent: &UserAgent, browser: &BrowserHost, request: Request) -> Fetched {
    let (controller, trace) = (FetchController::new(), Trace::off());
    fetch(user_agent, browser, request, &controller, &trace).await
}

async fn text(fetched: &mut Fetched) -> Result<String, BodyError> {
    let internal = fetched.response.internal_mut().unwrap();
    let bytes = internal.body.as_mut().unwrap().fully_read().await?;
    Ok(String::from_utf8(bytes.to_vec()).unwrap())
}

/// Fetches with pauses in between (in seconds); how many connections were made?
fn connections(world: &World, fetches: &[(u64, &str, CredentialsMode)]) -> Vec<usize> {
    let (user_agent, browser) = (UserAgent::default(), bob(world));
    let mut made = Vec::new();
    for (pause, url, credentials_mode) in fetches {
        let executor = world.executor();
        let mut request = request(url);
        request.credentials_mode = *credentials_mode;
        let fetched = world.block_on(async {
            executor.sleep(Duration::from_secs(*pause)).await;
            get(&user_agent, &browser, request).await
        });
        assert!(!fetched.unwrap().response.is_network_error());
        made.push(user_agent.connections.borrow().len());
    }
    made
}

#[test]
fn a_connection_is_used_again_until_the_other_side_closes_it() {
    let same = CredentialsMode::SameOrigin;
    let world = world_with_alice();
    let fetched = [(0, ALICE, same), (4, ALICE, same), (4, ALICE, same)];
    assert_eq!(connections(&world, &fetched), [1, 1, 1]);
    let lookups = world_with_alice();
    // After six seconds it is gone, and another takes its place.
    assert_eq!(
        connections(&lookups, &[(0, ALICE, same), (6, ALICE, same)]),
        [1, 1]
    );
    let omit = CredentialsMode::Omit;
    assert_eq!(
        connections(&world_with_alice(), &[(0, ALICE, same), (0, ALICE, omit)]),
        [1, 2],
        "one that may carry credentials is never one that may not"
    );
}

#[test]
fn a_standing_connection_needs_no_name_and_no_certificate() {
    let world = world_with_alice();
    let (user_agent, browser) = (UserAgent::default(), bob(&world));
    world
        .block_on(get(&user_agent, &browser, request(ALICE)))
        .unwrap();
    assert!(world.network().remove_name("alice.example"));
    browser.clear_dns_cache();
    let again = world.block_on(get(&user_agent, &browser, request(ALICE)));
    assert!(!again.unwrap().response.is_network_error());
    user_agent.connections.borrow_mut().clear();
    let gone = world.block_on(get(&user_agent, &browser, request(ALICE)));
    let gone = gone.unwrap();
    let reason = &gone.response.network_error().unwrap().reason;
    assert_eq!(reason.code(), "network/name-not-resolved");
    // What could not be sent is in the journal as well.
    let exchanges = exchanges(&world);
    assert_eq!(exchanges.len(), 3);
    assert!(exchanges[2].answer.is_err() && exchanges[2].to.is_none());
    assert_eq!(exchanges[1].to.as_deref(), Some("alice"));
}

#[test]
fn rebinding_a_name_waits_until_the_connection_is_gone() {
    let world = World::default();
    let other = Machine::new("router").serve(echo("router"));
    let charlie = Machine::new("charlie")
        .host_name("charlie.example")
        .serve(echo("charlie"));
    world.network().add_machine(charlie).unwrap();
    world.network().add_machine(other).unwrap();
    let address = |machine: &str| -> IpAddr { world.network().address_of(machine).unwrap() };
    let at = |machine: &str| DnsAnswer::from(address(machine)).keep_for(Duration::ZERO);
    world.network().set_name("charlie.example", at("charlie"));
    let (user_agent, browser) = (UserAgent::default(), bob(&world));
    let ask = |pause: u64| {
        let request = request("http://charlie.example/");
        let asked = async {
            world.executor().sleep(Duration::from_secs(pause)).await;
            let mut fetched = get(&user_agent, &browser, request).await;
            text(&mut fetched).await.unwrap()
        };
        world.block_on(asked).unwrap()
    };
    assert!(ask(0).starts_with("charlie"));
    world.network().set_name("charlie.example", at("router"));
    assert!(ask(4).starts_with("charlie"), "the connection still stands");
    assert!(ask(6).starts_with("router"), "it does not any more");
}

#[test]
fn a_client_certificate_stays_with_connections_that_carry_credentials() {
    let world = World::default();
    let certificate = crossexam_sim::Certificate::new(["alice.example"]);
    let listener = Listener::https(echo("alice"), certificate)
        .client_certificates(ClientCertificates::Optional);
    let alice = Machine::new("alice")
        .host_name("alice.example")
        .listen(443, listener);
    world.network().add_machine(alice).unwrap();
    let (user_agent, browser) = (UserAgent::default(), bob(&world));
    browser.add_client_certificate(ClientCertificate::new("bob"));
    for (credentials_mode, whose) in [
        (CredentialsMode::Include, "bob"),
        (CredentialsMode::Omit, "nobody"),
        (CredentialsMode::Include, "bob"),
        (CredentialsMode::Omit, "nobody"),
    ] {
        let mut request = request(ALICE);
        request.credentials_mode = credentials_mode;
        let asked = async {
            let mut fetched = get(&user_agent, &browser, request).await;
            text(&mut fetched).await.unwrap()
        };
        let text = world.block_on(asked).unwrap();
        assert!(text.ends_with(&format!("for {whose}")), "{text}");
    }
    assert_eq!(user_agent.connections.borrow().len(), 2);
}

/// How a body that comes in pieces ends.
#[derive(Clone, Copy)]
enum End {
    Complete,
    BreaksOff,
}

/// A world where Alice sends a piece each second.
fn world_in_pieces(end: End) -> World {
    let world = World::default();
    let network = world.network().clone();
    let server = from_fn(move |_: http::Request<Bytes>, _: PeerInfo| {
        let (writer, stream) = BodyStream::written();
        let executor = network.executor().clone();
        let sleeping = executor.clone();
        executor.spawn("alice writes", async move {
            for piece in ["one ", "two ", "three"] {
                sleeping.sleep(Duration::from_secs(1)).await;
                writer.write(piece);
            }
            match end {
                End::Complete => writer.close(),
                End::BreaksOff => drop(writer),
            }
        });
        let hints = [("link", "</style.css>; rel=preload".parse().unwrap())];
        let hints = hints.map(|(name, value)| (http::HeaderName::from_static(name), value));
        http::Response::builder()
            .header("cache-control", "max-age=60")
            .extension(network.pieces(stream))
            .extension(EarlyHints(vec![hints.into_iter().collect()]))
            .body(Bytes::new())
            .unwrap()
    });
    let alice = Machine::new("alice")
        .host_name("alice.example")
        .serve(server);
    world.network().add_machine(alice).unwrap();
    world
}

#[test]
fn pieces_come_one_after_another() {
    let world = world_in_pieces(End::Complete);
    let (user_agent, browser) = (UserAgent::default(), bob(&world));
    let read = async {
        let mut fetched = get(&user_agent, &browser, request(ALICE)).await;
        let internal = fetched.response.internal_mut().unwrap();
        let begun = world.executor().now();
        let stream = &mut internal.body.as_mut().unwrap().stream;
        let mut pieces = Vec::new();
        while let Some(piece) = stream.read_chunk().await.unwrap() {
            let text = String::from_utf8(piece.to_vec()).unwrap();
            pieces.push((world.executor().now().since(begun).as_secs(), text));
        }
        pieces
    };
    let pieces = world.block_on(read).unwrap();
    let expected = [(1, "one "), (2, "two "), (3, "three")];
    assert_eq!(pieces, expected.map(|(at, text)| (at, text.to_owned())));
}

#[test]
fn a_connection_can_break_in_the_middle_of_a_body() {
    let world = world_in_pieces(End::BreaksOff);
    let (user_agent, browser) = (UserAgent::default(), bob(&world));
    let read = async {
        let mut fetched = get(&user_agent, &browser, request(ALICE)).await;
        assert_eq!(fetched.response.status(), 200);
        text(&mut fetched).await.unwrap_err()
    };
    let error = world.block_on(read).unwrap();
    let reset = BlockReason::Network(NetworkFailure::ConnectionReset);
    assert_eq!(error, BodyError(reset));
    assert!(user_agent.http_cache.borrow().is_empty());
}

#[test]
fn a_body_is_aborted_in_the_middle_and_early_hints_are_heard() {
    let world = world_in_pieces(End::Complete);
    let (user_agent, browser) = (UserAgent::default(), bob(&world));
    let (controller, trace) = (FetchController::new(), Trace::off());
    let heard = Rc::new(RefCell::new(Vec::new()));
    let hints = Rc::clone(&heard);
    controller.observe(Rc::new(move |progress: Progress<'_>| {
        if let Progress::EarlyHints(hint) = progress {
            hints.borrow_mut().extend(hint.header_list.get(b"Link"));
        }
    }));
    let read = async {
        let request = request(ALICE);
        let mut fetched = fetch(&user_agent, &browser, request, &controller, &trace).await;
        let internal = fetched.response.internal_mut().unwrap();
        let stream = &mut internal.body.as_mut().unwrap().stream;
        let first = stream.read_chunk().await;
        let executor = world.executor().clone();
        let stop = controller.clone();
        executor
            .clone()
            .spawn("the page changes its mind", async move {
                executor.sleep(Duration::from_millis(500)).await;
                stop.abort();
            });
        (first, stream.read_chunk().await, world.executor().now())
    };
    let (first, second, _) = world.block_on(read).unwrap();
    assert_eq!(first.unwrap().unwrap(), "one ");
    assert_eq!(second, Err(BodyError(BlockReason::Aborted)));
    assert_eq!(*heard.borrow(), ["</style.css>; rel=preload"]);
}
