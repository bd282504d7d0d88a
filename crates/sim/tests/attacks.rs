//! Certificates, client certificates, and an attacker on the path.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use std::net::IpAddr;
use std::time::Duration;

use bytes::Bytes;
use crossexam_fetch::NetworkFailure;
use crossexam_sim::{
    Attacker, BrowserHost, Certificate, Client, ClientCertificate, ClientCertificates,
    ClientRequest, DnsAnswer, Listener, Machine, Meddling, WireResponse, World, from_fn,
};
use crossexam_web::{HeaderList, Timestamp};
use support::*;

fn world_with_certificate(certificate: Certificate) -> World {
    let world = World::default();
    let alice = Machine::new("alice")
        .host_name("alice.example")
        .host_name("www.alice.example")
        .listen(443, Listener::https(echo("alice"), certificate));
    world.network().add_machine(alice).unwrap();
    world
}

fn why(certificate: Certificate, url: &str) -> Option<String> {
    let world = world_with_certificate(certificate);
    let outcome = body(&world, &bob(&world), url);
    let learned = knows(&world, &server("alice"), url);
    match outcome {
        Ok(_) => None,
        Err(NetworkFailure::CertificateInvalid { why, .. }) => {
            assert!(
                !learned,
                "nothing is sent over a connection that is not trusted"
            );
            Some(why)
        }
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn certificates_must_fit() {
    let url = "https://alice.example/";
    let good = Certificate::new(["alice.example"]);
    let (past, future) = (Timestamp::from_secs(0), Timestamp::from_secs(4_000_000_000));
    assert_eq!(why(good.clone(), url), None);
    assert_eq!(
        why(good.clone(), "https://www.alice.example/").as_deref(),
        Some("it is for alice.example")
    );
    assert_eq!(
        why(
            Certificate::new(["*.alice.example"]),
            "https://www.alice.example/"
        ),
        None
    );
    assert_eq!(
        why(Certificate::new(["*.alice.example"]), url).as_deref(),
        Some("it is for *.alice.example")
    );
    assert!(
        why(good.clone().valid(past, past), url)
            .unwrap()
            .starts_with("it expired")
    );
    assert!(
        why(good.clone().valid(future, future), url)
            .unwrap()
            .starts_with("it is valid only from")
    );
    assert_eq!(
        why(good.issued_by("Alice herself"), url).as_deref(),
        Some("its issuer, Alice herself, is not trusted")
    );
    assert_eq!(
        why(Certificate::new(["203.0.113.1"]), "https://203.0.113.1/"),
        None
    );
}

#[test]
fn a_certificate_expires_while_the_world_goes_on() {
    let world = World::default();
    let until = world.now() + Duration::from_secs(3600);
    let certificate = Certificate::new(["alice.example"]).valid(Timestamp::from_secs(0), until);
    let alice = Machine::new("alice")
        .host_name("alice.example")
        .listen(443, Listener::https(echo("alice"), certificate));
    world.network().add_machine(alice).unwrap();
    let bob = bob(&world);
    assert!(body(&world, &bob, "https://alice.example/").is_ok());
    world
        .block_on(world.executor().sleep(Duration::from_secs(3600)))
        .unwrap();
    assert!(matches!(
        body(&world, &bob, "https://alice.example/"),
        Err(NetworkFailure::CertificateInvalid { .. })
    ));
}

#[test]
fn client_certificates_are_shown_where_asked_and_only_with_credentials() {
    let asks = |client_certificates| {
        let world = World::default();
        let listener = Listener::https(echo("alice"), Certificate::new(["alice.example"]))
            .client_certificates(client_certificates);
        world
            .network()
            .add_machine(
                Machine::new("alice")
                    .host_name("alice.example")
                    .listen(443, listener),
            )
            .unwrap();
        world
    };
    let url = "https://alice.example/";
    let get = |world: &World, browser: &BrowserHost, credentials| {
        let response = world
            .block_on(support::get(browser, url, credentials))
            .unwrap()?;
        let text = String::from_utf8(response.body.as_whole().unwrap().to_vec()).unwrap();
        Ok(text.rsplit(' ').next().unwrap().to_owned())
    };
    let required = NetworkFailure::ClientCertificateRequired;
    for (policy, with, without) in [
        (
            ClientCertificates::None,
            Ok("nobody".to_owned()),
            Ok("nobody".to_owned()),
        ),
        (
            ClientCertificates::Optional,
            Ok("bob".to_owned()),
            Ok("nobody".to_owned()),
        ),
        (
            ClientCertificates::Required,
            Ok("bob".to_owned()),
            Err(required.clone()),
        ),
    ] {
        let world = asks(policy);
        let browser = bob(&world);
        browser.add_client_certificate(
            ClientCertificate::new("charlie").only_for(&"https://charlie.example".parse().unwrap()),
        );
        assert_eq!(
            get(&world, &browser, true),
            without,
            "{policy:?}, none that fits"
        );
        browser
            .add_client_certificate(ClientCertificate::new("bob").only_for(&url.parse().unwrap()));
        assert_eq!(get(&world, &browser, true), with, "{policy:?}, credentials");
        assert_eq!(
            get(&world, &browser, false),
            without,
            "{policy:?}, no credentials"
        );
        let shown: Vec<_> = exchanges(&world)
            .into_iter()
            .map(|exchange| exchange.client_certificate)
            .collect();
        let expected = with.ok().filter(|subject| subject == "bob");
        assert_eq!(shown, [None, expected, None], "{policy:?}");
    }

    let world = asks(ClientCertificates::Required);
    let curl = Client::new(world.network(), "curl", "charlie");
    let plain = ClientRequest::get(url.parse().unwrap());
    assert_eq!(
        world
            .block_on(curl.send(plain.clone()))
            .unwrap()
            .unwrap_err(),
        required.into()
    );
    let response = world
        .block_on(curl.send(plain.certificate("charlie")))
        .unwrap()
        .unwrap();
    assert!(response.body.ends_with(b"for charlie"));
}

fn page(text: &str) -> WireResponse {
    WireResponse {
        status: 200,
        status_message: "OK".into(),
        header_list: HeaderList::new(),
        body: Bytes::copy_from_slice(text.as_bytes()),
        ..WireResponse::default()
    }
}

#[test]
fn an_eavesdropper_reads_http_and_not_https() {
    let world = world_with_alice();
    world.network().add_attacker(Attacker::new("charlie"));
    let bob = bob(&world);
    let charlie = attacker("charlie");
    let headers: HeaderList = [("Cookie", "session=s3cret")].into_iter().collect();

    world
        .block_on(request(
            &bob,
            "GET",
            "https://alice.example/mail",
            &headers,
            None,
            true,
        ))
        .unwrap()
        .unwrap();
    assert_eq!(
        exposures(&world, &charlie),
        [("question for a name".to_owned(), "alice.example".to_owned())]
    );

    world
        .block_on(request(
            &bob,
            "GET",
            "http://alice.example/mail",
            &headers,
            None,
            true,
        ))
        .unwrap()
        .unwrap();
    for secret in [
        "http://alice.example/mail",
        "session=s3cret",
        "alice: GET http://alice.example/mail for nobody",
    ] {
        assert!(knows(&world, &charlie, secret), "{secret}");
    }
    assert!(
        exchanges(&world)
            .iter()
            .all(|exchange| exchange.tampered.is_none()),
        "reading leaves no trace"
    );
}

#[test]
fn an_attacker_changes_http_and_not_https() {
    let world = world_with_alice();
    let meddler = Attacker::new("charlie")
        .on_request(|request| {
            request.headers.set("X-Injected", "yes");
            request.url.set_query(Some("changed"));
            request.body = Bytes::from_static(b"changed");
            Meddling::Forward
        })
        .on_response(|_request, response| {
            response.body = [&response.body[..], b" (evil)"].concat().into()
        });
    world.network().add_attacker(meddler);
    let bob = bob(&world);
    assert_eq!(
        body(&world, &bob, "https://alice.example/"),
        Ok("alice: GET https://alice.example/ for nobody".into())
    );
    assert_eq!(
        body(&world, &bob, "http://alice.example/"),
        Ok("alice: GET http://alice.example/?changed for nobody (evil)".into())
    );
    let seen = exposures(&world, &server("alice"));
    assert_eq!(
        seen.iter()
            .filter(|(how, _)| how == "request header X-Injected")
            .count(),
        1
    );
    let [https, http] = &exchanges(&world)[..] else {
        panic!("two exchanges")
    };
    assert_eq!(https.tampered, None);
    assert_eq!(
        http.tampered.as_deref(),
        Some("charlie changed the request; charlie changed the answer")
    );
    assert_eq!(
        http.request_headers.get(b"x-injected").unwrap(),
        "yes",
        "as the server saw it"
    );
    assert_eq!(http.url, "http://alice.example/?changed");
    assert_eq!(http.request_headers.get(b"Content-Length").unwrap(), "7");
    let answer = http.answer.as_ref().unwrap();
    assert_eq!(
        answer.headers.get(b"Content-Length").unwrap(),
        answer.body.len().to_string()
    );
}

#[test]
fn an_attacker_answers_in_the_servers_place_or_cuts_the_line() {
    // Alice listens on no plain HTTP at all; that does not help her.
    let world = world_with_certificate(Certificate::new(["alice.example"]));
    let meddler = Attacker::new("charlie").on_request(|request| match request.target() {
        "/" => Meddling::Answer(page("charlie's page")),
        "/cut" => Meddling::Cut,
        _ => Meddling::Forward,
    });
    world.network().add_attacker(meddler);
    let bob = bob(&world);
    assert_eq!(
        body(&world, &bob, "http://alice.example/"),
        Ok("charlie's page".into())
    );
    assert_eq!(
        body(&world, &bob, "http://alice.example/cut"),
        Err(NetworkFailure::ConnectionReset)
    );
    assert!(matches!(
        body(&world, &bob, "http://alice.example/x"),
        Err(NetworkFailure::ConnectionRefused { .. })
    ));
    assert!(
        body(&world, &bob, "https://alice.example/")
            .unwrap()
            .starts_with("alice:")
    );
    let [answered, cut, ..] = &exchanges(&world)[..] else {
        panic!("four exchanges")
    };
    assert_eq!(
        answered.tampered.as_deref(),
        Some("charlie answered in the server's place")
    );
    assert_eq!(answered.to, None, "it never reached her");
    assert_eq!(
        answered
            .answer
            .as_ref()
            .unwrap()
            .headers
            .get(b"Content-Length")
            .unwrap(),
        "14"
    );
    assert_eq!(cut.tampered.as_deref(), Some("charlie cut the connection"));
}

#[test]
fn a_forged_address_leads_astray_as_far_as_the_certificate_lets_it() {
    let world = world_with_alice();
    let evil = Machine::new("evil")
        .host_name("charlie.example")
        .serve(echo("evil"));
    world.network().add_machine(evil).unwrap();
    let address: IpAddr = world.network().address_of("evil").unwrap();
    let forger = Attacker::new("charlie")
        .on_query(move |query| (query.name == "alice.example").then(|| DnsAnswer::from(address)));
    world.network().add_attacker(forger);
    let bob = bob(&world);
    assert!(
        body(&world, &bob, "http://alice.example/")
            .unwrap()
            .starts_with("evil:")
    );
    assert_eq!(
        body(&world, &bob, "https://alice.example/"),
        Err(NetworkFailure::CertificateInvalid {
            host: "alice.example".into(),
            why: "it is for charlie.example".into()
        })
    );
    assert!(
        body(&world, &bob, "https://charlie.example/").is_ok(),
        "other names resolve as ever"
    );
}

#[test]
fn intercepting_https_works_exactly_when_the_certificate_passes() {
    let intercept = |certificate: Certificate| {
        let world = world_with_alice();
        let meddler = Attacker::new("charlie")
            .intercept_https(certificate)
            .on_response(|_request, response| response.body = Bytes::from_static(b"evil"));
        world.network().add_attacker(meddler);
        let outcome = body(&world, &bob(&world), "https://alice.example/secret");
        let reads = knows(&world, &attacker("charlie"), "/secret");
        let reaches = knows(&world, &server("alice"), "/secret");
        (
            outcome,
            reads,
            reaches,
            exchanges(&world)[0].tampered.clone(),
        )
    };
    let forged = Certificate::new(["alice.example"]);
    let (outcome, reads, reaches, tampered) = intercept(forged.clone().issued_by("Charlie"));
    assert!(
        matches!(outcome, Err(NetworkFailure::CertificateInvalid { .. })),
        "{outcome:?}"
    );
    assert!(!reads && !reaches);
    assert_eq!(
        tampered.as_deref(),
        Some("charlie showed another certificate")
    );
    let (outcome, reads, reaches, _) = intercept(Certificate::new(["charlie.example"]));
    assert!(matches!(
        outcome,
        Err(NetworkFailure::CertificateInvalid { .. })
    ));
    assert!(!reads && !reaches);
    // A certificate that an authority should never have issued.
    let (outcome, reads, reaches, tampered) = intercept(forged);
    assert_eq!(outcome, Ok("evil".into()));
    assert!(reads && reaches);
    assert_eq!(tampered.as_deref(), Some("charlie changed the answer"));
}

#[test]
fn who_intercepts_https_has_not_the_clients_certificate() {
    let world = World::default();
    let listener = Listener::https(echo("alice"), Certificate::new(["alice.example"]))
        .client_certificates(ClientCertificates::Optional);
    world
        .network()
        .add_machine(
            Machine::new("alice")
                .host_name("alice.example")
                .listen(443, listener),
        )
        .unwrap();
    let bob = bob(&world);
    bob.add_client_certificate(ClientCertificate::new("bob"));
    assert!(
        body(&world, &bob, "https://alice.example/")
            .unwrap()
            .ends_with("for bob")
    );
    world.network().add_attacker(
        Attacker::new("charlie").intercept_https(Certificate::new(["alice.example"])),
    );
    assert!(
        body(&world, &bob, "https://alice.example/")
            .unwrap()
            .ends_with("for nobody")
    );
    world.network().remove_attacker("charlie");
    assert!(
        body(&world, &bob, "https://alice.example/")
            .unwrap()
            .ends_with("for bob")
    );
}

#[test]
fn an_attacker_sits_where_they_sit() {
    let world = world_with_alice();
    let cafe = Attacker::new("charlie")
        .between(["bob's browser"])
        .on_request(|_| Meddling::Answer(page("evil")));
    world.network().add_attacker(cafe);
    let zoe = BrowserHost::new(world.network(), "zoe's browser", "zoe");
    assert_eq!(
        body(&world, &bob(&world), "http://alice.example/"),
        Ok("evil".into())
    );
    assert!(
        body(&world, &zoe, "http://alice.example/")
            .unwrap()
            .starts_with("alice:")
    );
}

#[test]
fn what_a_computer_says_to_itself_passes_nobody() {
    let world = World::default();
    let computer = crossexam_sim::Zone::named("bob's computer");
    let local = from_fn(|_request, _peer| http::Response::new(Bytes::from_static(b"local")));
    let machine = Machine::new("local")
        .at(computer.clone(), IpAddr::from([127, 0, 0, 1]))
        .listen(80, Listener::http(local));
    world.network().add_machine(machine).unwrap();
    world
        .network()
        .add_attacker(Attacker::new("charlie").on_request(|_| Meddling::Cut));
    let bob = BrowserHost::in_zones(world.network(), "bob's", "bob", [computer]);
    assert_eq!(body(&world, &bob, "http://localhost/"), Ok("local".into()));
    assert_eq!(exposures(&world, &attacker("charlie")), []);
}
