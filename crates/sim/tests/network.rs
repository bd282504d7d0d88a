//! The network: connections, failures, zones, names, latency, the journal.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use crossexam_fetch::NetworkFailure;
use crossexam_sim::journal::{FetchId, Holder, Sender};
use crossexam_sim::{
    BrowserHost, Fault, Link, LocalBoxFuture, Machine, PeerInfo, Server, ServerError, SetupError,
    World, from_fn,
};
use crossexam_web::HeaderList;
use support::*;

#[test]
fn an_exchange_is_written_down_as_the_server_saw_it() {
    let world = world_with_alice();
    let bob = bob(&world).for_fetch(FetchId(7));
    let headers = [("Cookie", "session=s3cret"), ("X-Two", "1"), ("x-two", "2")]
        .into_iter()
        .collect();
    let url = "http://user:pass@alice.example/mail?box=in#top";
    let body = Some(Bytes::from_static(b"name=bob"));
    let response = world
        .block_on(request(&bob, "POST", url, &headers, body, true))
        .unwrap()
        .unwrap();
    assert_eq!(response.status, 200);
    assert_eq!(response.status_message, "OK");

    let [exchange] = &exchanges(&world)[..] else {
        panic!("one exchange")
    };
    assert_eq!(exchange.fetch, Some(FetchId(7)));
    assert_eq!(
        exchange.from,
        Sender::Browser {
            name: "bob's browser".into(),
            person: "bob".into()
        }
    );
    assert_eq!(exchange.to.as_deref(), Some("alice"));
    assert_eq!(exchange.address.as_deref(), Some("203.0.113.1:80"));
    assert_eq!(exchange.method, "POST");
    assert_eq!(exchange.url, "http://alice.example/mail?box=in");
    let expected: HeaderList = [
        ("Host", "alice.example"),
        ("Cookie", "session=s3cret"),
        ("X-Two", "1, 2"),
        ("Content-Length", "8"),
    ]
    .into_iter()
    .collect();
    assert_eq!(exchange.request_headers, expected);
    assert_eq!(exchange.request_body, "name=bob");
    let answer = exchange.answer.as_ref().unwrap();
    assert_eq!(&answer.body, response.body.as_whole().unwrap());
    assert_eq!(
        answer.headers.get(b"content-length").unwrap(),
        response.body.as_whole().unwrap().len().to_string()
    );

    let seen = exposures(&world, &server("alice"));
    assert!(seen.contains(&(
        "request URL".into(),
        "http://alice.example/mail?box=in".into()
    )));
    assert!(seen.contains(&("request header Cookie".into(), "session=s3cret".into())));
    assert!(seen.contains(&("request body".into(), "name=bob".into())));
    assert!(
        !knows(&world, &server("alice"), "pass"),
        "user name and password of a URL are not sent"
    );
}

#[test]
fn names_that_do_not_resolve_ports_that_do_not_listen_addresses_out_of_reach() {
    let world = world_with_alice();
    let bob = bob(&world);
    let failure = |url| body(&world, &bob, url).unwrap_err();
    assert_eq!(
        failure("https://nobody.example/"),
        NetworkFailure::NameNotResolved {
            host: "nobody.example".into()
        }
    );
    assert_eq!(
        failure("http://alice.example:8080/"),
        NetworkFailure::ConnectionRefused {
            address: "203.0.113.1:8080".into()
        }
    );
    assert_eq!(
        failure("http://192.0.2.7/"),
        NetworkFailure::AddressUnreachable {
            address: "192.0.2.7:80".into()
        }
    );
    assert_eq!(
        failure("http://[2001:db8::7]/"),
        NetworkFailure::AddressUnreachable {
            address: "[2001:db8::7]:80".into()
        }
    );
    let answers: Vec<_> = exchanges(&world)
        .into_iter()
        .map(|exchange| exchange.answer.unwrap_err())
        .collect();
    assert_eq!(answers[1], "203.0.113.1:8080 refused the connection");
    bob.set_offline(true);
    assert_eq!(
        body(&world, &bob, "http://alice.example/"),
        Err(NetworkFailure::Offline)
    );
}

#[test]
fn plain_http_and_tls_do_not_understand_one_another() {
    let world = world_with_alice();
    let bob = bob(&world);
    for url in ["http://alice.example:443/", "https://alice.example:80/"] {
        assert!(
            matches!(body(&world, &bob, url), Err(NetworkFailure::NotHttp { .. })),
            "{url}"
        );
    }
}

#[test]
fn faults() {
    let world = world_with_alice();
    let bob = bob(&world);
    let url = "http://alice.example/";
    let set = |fault| {
        world
            .network()
            .change_machine("alice", |alice| alice.set_fault(fault))
            .unwrap()
    };

    set(Some(Fault::Refuses));
    assert!(matches!(
        body(&world, &bob, url),
        Err(NetworkFailure::ConnectionRefused { .. })
    ));
    set(Some(Fault::Resets));
    assert_eq!(
        body(&world, &bob, url),
        Err(NetworkFailure::ConnectionReset)
    );
    assert_eq!(
        exposures(&world, &server("alice")),
        [],
        "she has not read anything"
    );

    set(Some(Fault::Silent));
    let before = world.now();
    assert_eq!(body(&world, &bob, url), Err(NetworkFailure::TimedOut));
    assert_eq!(world.now().since(before), Duration::from_secs(300));
    assert!(
        knows(&world, &server("alice"), url),
        "she has read it and says nothing"
    );

    set(None);
    assert!(body(&world, &bob, url).is_ok());
    assert_eq!(
        world.network().change_machine("zoe", |_| ()),
        Err(SetupError::NoSuchMachine {
            machine: "zoe".into()
        })
    );
}

#[test]
fn a_server_that_never_answers_meets_the_time_out_and_no_deadlock() {
    let world = World::default();
    let silent = async |_request, _peer| std::future::pending::<http::Response<Bytes>>().await;
    world
        .network()
        .add_machine(
            Machine::new("alice")
                .host_name("alice.example")
                .serve(silent),
        )
        .unwrap();
    world.network().set_time_out(Duration::from_secs(30));
    assert_eq!(
        body(&world, &bob(&world), "http://alice.example/"),
        Err(NetworkFailure::TimedOut)
    );
    let waiting = world.executor().run_until_idle().unwrap();
    assert_eq!(waiting, ["alice answers GET http://alice.example/"]);
}

#[test]
fn a_server_that_fails_is_not_an_answer() {
    let world = World::default();
    let failing = from_fn(|_request, _peer| {
        Err::<http::Response<Bytes>, _>(ServerError::new("out of paper"))
    });
    world
        .network()
        .add_machine(
            Machine::new("alice")
                .host_name("alice.example")
                .serve(failing),
        )
        .unwrap();
    assert_eq!(
        body(&world, &bob(&world), "http://alice.example/"),
        Err(NetworkFailure::ServerFailed {
            why: "out of paper".into()
        })
    );
    let answer = exchanges(&world).remove(0).answer;
    assert_eq!(
        answer.err().as_deref(),
        Some("the server failed: out of paper")
    );
}

/// A server that is a type of its own, as other crates write them.
struct Counter(Cell<u32>);

impl Server for Counter {
    fn handle<'a>(
        &'a self,
        _request: http::Request<Bytes>,
        _peer: PeerInfo,
    ) -> LocalBoxFuture<'a, Result<http::Response<Bytes>, ServerError>> {
        Box::pin(async {
            self.0.set(self.0.get() + 1);
            Ok(http::Response::new(self.0.get().to_string().into()))
        })
    }
}

#[test]
fn a_server_keeps_its_state_and_may_wait_and_ask_others() {
    let world = world_with_alice();
    world
        .network()
        .add_machine(
            Machine::new("counter")
                .host_name("counter.example")
                .serve(Counter(Cell::new(0))),
        )
        .unwrap();
    let network = world.network().clone();
    let proxy = async move |_request: http::Request<Bytes>, peer: PeerInfo| {
        let client =
            crossexam_sim::Client::of_machine(&network, &peer.machine).map_err(ServerError::new)?;
        network.executor().sleep(Duration::from_secs(1)).await;
        let request = crossexam_sim::ClientRequest::get(
            "http://counter.example/"
                .parse()
                .map_err(ServerError::new)?,
        );
        let response = client.send(request).await.map_err(ServerError::new)?;
        Ok::<_, ServerError>(http::Response::new(response.body))
    };
    world
        .network()
        .add_machine(
            Machine::new("proxy")
                .host_name("proxy.example")
                .serve(proxy),
        )
        .unwrap();
    let bob = bob(&world);
    assert_eq!(
        body(&world, &bob, "http://counter.example/"),
        Ok("1".into())
    );
    assert_eq!(body(&world, &bob, "https://proxy.example/"), Ok("2".into()));
    let senders: Vec<_> = exchanges(&world)
        .into_iter()
        .map(|exchange| exchange.from)
        .collect();
    assert_eq!(
        senders[1],
        Sender::Server {
            machine: "proxy".into()
        }
    );
    assert!(
        knows(&world, &server("proxy"), "2"),
        "the answer came into the proxy's hands"
    );
}

#[test]
fn a_request_that_was_given_up_is_executed_all_the_same() {
    let world = World::default();
    let count = Rc::new(Cell::new(0));
    let counter = count.clone();
    let alice = from_fn(move |_request, _peer| {
        counter.set(counter.get() + 1);
        http::Response::new(Bytes::new())
    });
    world
        .network()
        .add_machine(
            Machine::new("alice")
                .host_name("alice.example")
                .serve(alice),
        )
        .unwrap();
    let bob = bob(&world);
    // The name takes 40 ms, the request 20 ms more.
    let given_up = world.executor().timeout(
        Duration::from_millis(50),
        get(&bob, "http://alice.example/", true),
    );
    assert!(world.block_on(given_up).unwrap().is_err());
    assert_eq!(
        exchanges(&world)[0]
            .answer
            .as_ref()
            .err()
            .map(String::as_str),
        Some("the sender gave up")
    );
    assert_eq!(count.get(), 0);
    world.executor().run_until_idle().unwrap();
    assert_eq!(count.get(), 1);
}

#[test]
fn messages_take_their_time() {
    let world = world_with_alice();
    let bob = bob(&world);
    let took = |url| {
        let before = world.now();
        body(&world, &bob, url).unwrap();
        world.now().since(before).as_millis()
    };
    assert_eq!(
        took("http://alice.example/"),
        80,
        "the name there and back, the request, the answer"
    );
    assert_eq!(took("http://alice.example/"), 40, "the name is known");
    let link = |milliseconds| Link {
        latency: Duration::from_millis(milliseconds),
        ..Link::default()
    };
    world.network().set_link(link(1));
    assert_eq!(took("http://alice.example/"), 2);
    world.network().set_link_to("alice", link(100));
    assert_eq!(took("http://alice.example/"), 200);
    world
        .network()
        .set_link_between("bob's browser", "alice", link(5));
    assert_eq!(took("http://alice.example/"), 10);
    world
        .network()
        .set_link_between("somebody else", "alice", link(7));
    assert_eq!(took("http://alice.example/"), 10);
}

#[test]
fn lost_messages_are_sent_again_until_the_client_gives_up() {
    let world = world_with_alice();
    let bob = bob(&world);
    let url = "http://203.0.113.1/";
    world.network().set_link(Link {
        loss: 1.0,
        ..Link::default()
    });
    assert_eq!(body(&world, &bob, url), Err(NetworkFailure::TimedOut));
    world.network().set_link(Link {
        loss: 0.5,
        ..Link::default()
    });
    let slow = (0..40).filter(|_| {
        let before = world.now();
        let answered = body(&world, &bob, url).is_ok();
        answered && world.now().since(before) >= Duration::from_secs(1)
    });
    let slow = slow.count();
    assert!((10..40).contains(&slow), "about three in four: {slow}");
}

#[test]
fn connections_break_off_before_or_after_the_server_has_worked() {
    let count = Rc::new(Cell::new(0));
    let counter = count.clone();
    let world = World::default();
    let alice = from_fn(move |_request, _peer| {
        counter.set(counter.get() + 1);
        http::Response::new(Bytes::new())
    });
    world
        .network()
        .add_machine(
            Machine::new("alice")
                .host_name("alice.example")
                .serve(alice),
        )
        .unwrap();
    world.network().set_link(Link {
        reset: 1.0,
        ..Link::default()
    });
    let bob = bob(&world);
    for _ in 0..40 {
        assert_eq!(
            body(&world, &bob, "http://alice.example/"),
            Err(NetworkFailure::ConnectionReset)
        );
    }
    assert!(
        (5..35).contains(&count.get()),
        "about half: {}",
        count.get()
    );
}

#[test]
fn what_http_types_cannot_express_is_refused_by_the_server() {
    let world = world_with_alice();
    let headers: HeaderList = [("X-Bad", "\u{1}")].into_iter().collect();
    let response = world
        .block_on(request(
            &bob(&world),
            "GET",
            "http://alice.example/",
            &headers,
            None,
            true,
        ))
        .unwrap()
        .unwrap();
    assert_eq!(response.status, 400);
    assert!(!response.body.as_whole().unwrap().is_empty());
}

#[test]
fn passwords_are_typed_once_for_each_fetch() {
    use crossexam_fetch::host::Host as _;
    use crossexam_sim::Password;

    let world = world_with_alice();
    let bob = bob(&world);
    let password = |realm: Option<&str>, password: &str| Password {
        origin: "https://alice.example".into(),
        realm: realm.map(Into::into),
        username: "bob".into(),
        password: password.into(),
    };
    bob.add_password(password(Some("mail"), "wrong"));
    bob.add_password(password(None, "right"));
    let ask = |host: &BrowserHost, url: &str, realm: &str| {
        let url = url.parse().unwrap();
        world
            .block_on(host.prompt_for_credentials(1, &url, realm))
            .unwrap()
            .map(|(_, password)| password)
    };
    let fetch = bob.for_fetch(FetchId(1));
    assert_eq!(
        ask(&fetch, "https://alice.example/mail", "mail").as_deref(),
        Some("wrong")
    );
    assert_eq!(
        ask(&fetch, "https://alice.example/mail", "mail").as_deref(),
        Some("right")
    );
    assert_eq!(
        ask(&fetch, "https://alice.example/mail", "mail"),
        None,
        "then bob gives up"
    );
    let fetch = bob.for_fetch(FetchId(2));
    assert_eq!(
        ask(&fetch, "https://alice.example/", "other").as_deref(),
        Some("right")
    );
    assert_eq!(ask(&fetch, "https://charlie.example/", "mail"), None);
    assert_eq!(
        ask(&fetch, "http://alice.example/", "mail"),
        None,
        "another origin"
    );
    let told: Vec<_> = exposures(
        &world,
        &Holder::Person {
            person: "bob".into(),
        },
    );
    assert_eq!(told, []);
}
