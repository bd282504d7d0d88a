//! Who stands where, and what names lead to.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use crossexam_fetch::NetworkFailure;
use crossexam_sim::{
    BrowserHost, DnsAnswer, DnsRecord, Fault, Listener, Machine, Pinning, SetupError, World, Zone,
};
use support::*;

#[test]
fn private_networks_are_reached_from_within_only() {
    let world = world_with_alice();
    let home = Zone::named("bob's home");
    let router = IpAddr::from([192, 168, 1, 1]);
    let machine = Machine::new("router")
        .host_name("router.lan")
        .at(home.clone(), router)
        .listen(80, Listener::http(echo("router")));
    world.network().add_machine(machine).unwrap();
    let inside = BrowserHost::in_zones(
        world.network(),
        "inside",
        "bob",
        [home.clone(), Zone::internet()],
    );
    let outside = BrowserHost::new(world.network(), "outside", "charlie");

    for url in ["http://192.168.1.1/", "http://router.lan/"] {
        assert_eq!(
            body(&world, &inside, url),
            Ok(format!("router: GET {url} for nobody"))
        );
        assert!(body(&world, &outside, url).is_err(), "{url}");
    }
    assert!(
        body(&world, &inside, "http://alice.example/").is_ok(),
        "and the internet too"
    );

    // The same address in another home is another machine.
    let other_home = Zone::named("zoe's home");
    let other = Machine::new("other router")
        .at(other_home.clone(), router)
        .listen(80, Listener::http(echo("other")));
    world.network().add_machine(other).unwrap();
    let zoe = BrowserHost::in_zones(world.network(), "zoe's", "zoe", [other_home]);
    assert!(
        body(&world, &zoe, "http://192.168.1.1/")
            .unwrap()
            .starts_with("other:")
    );
    assert!(
        body(&world, &zoe, "http://alice.example/").is_err(),
        "no way out of there"
    );

    let taken = Machine::new("third").at(home, router);
    assert_eq!(
        world.network().add_machine(taken),
        Err(SetupError::AddressTaken {
            address: router,
            zone: "bob's home".into(),
            owner: "router".into(),
            machine: "third".into()
        })
    );
    let twice = world.network().add_machine(Machine::new("alice"));
    assert_eq!(
        twice,
        Err(SetupError::MachineExists {
            machine: "alice".into()
        })
    );
}

#[test]
fn localhost_and_the_unspecified_address_are_the_own_computer() {
    let world = world_with_alice();
    let computer = Zone::named("bob's computer");
    let development = Machine::new("dev server")
        .at(computer.clone(), Ipv4Addr::LOCALHOST.into())
        .listen(3000, Listener::http(echo("dev")));
    world.network().add_machine(development).unwrap();
    let bob = BrowserHost::in_zones(
        world.network(),
        "bob's",
        "bob",
        [computer, Zone::internet()],
    );
    let before = world.now();
    for host in ["127.0.0.1", "localhost", "app.localhost", "0.0.0.0"] {
        let url = format!("http://{host}:3000/");
        assert_eq!(
            body(&world, &bob, &url),
            Ok(format!("dev: GET {url} for nobody"))
        );
    }
    assert_eq!(world.now(), before, "nothing has left the computer");
    let elsewhere = BrowserHost::new(world.network(), "elsewhere", "charlie");
    assert!(body(&world, &elsewhere, "http://localhost:3000/").is_err());
}

#[test]
fn a_name_can_come_to_mean_another_machine_while_the_page_is_open() {
    let world = World::default();
    let home = Zone::named("bob's home");
    let router = IpAddr::from([192, 168, 1, 1]);
    let (network, charlie) = (
        world.network(),
        Machine::new("charlie").listen(80, Listener::http(echo("charlie"))),
    );
    network.add_machine(charlie).unwrap();
    network
        .add_machine(
            Machine::new("router")
                .at(home.clone(), router)
                .listen(80, Listener::http(echo("router"))),
        )
        .unwrap();
    let charlies = network.address_of("charlie").unwrap();
    let url = "http://charlie.example/";
    let bob = || {
        BrowserHost::in_zones(
            world.network(),
            "bob's",
            "bob",
            [home.clone(), Zone::internet()],
        )
    };
    let name = |body: String| body.split(':').next().unwrap().to_owned();

    // A new answer for every query.
    let brief = |address: IpAddr| DnsAnswer::from(address).keep_for(Duration::from_secs(1));
    network.set_name(
        "charlie.example",
        DnsRecord::InTurn(vec![brief(charlies), brief(router)]),
    );
    let browser = bob();
    assert_eq!(body(&world, &browser, url).map(name), Ok("charlie".into()));
    assert_eq!(
        body(&world, &browser, url).map(name),
        Ok("charlie".into()),
        "kept for a second"
    );
    world.settle(Duration::from_secs(1)).unwrap();
    assert_eq!(
        world.block_on(world.executor().sleep(Duration::from_secs(1))),
        Ok(())
    );
    assert_eq!(body(&world, &browser, url).map(name), Ok("router".into()));
    assert_eq!(
        exchanges(&world)
            .last()
            .unwrap()
            .request_headers
            .get(b"Host")
            .unwrap(),
        "charlie.example"
    );

    // A browser that pins the address is not taken in.
    network.set_name(
        "charlie.example",
        DnsRecord::InTurn(vec![brief(charlies), brief(router)]),
    );
    let pinned = bob();
    pinned.set_pinning(Pinning::Forever);
    for _ in 0..3 {
        assert_eq!(body(&world, &pinned, url).map(name), Ok("charlie".into()));
        world
            .block_on(world.executor().sleep(Duration::from_secs(60)))
            .unwrap();
    }
    pinned.clear_dns_cache();
    assert_eq!(body(&world, &pinned, url).map(name), Ok("router".into()));

    // A name server that looks at who asks, and a clock.
    let begin = world.now();
    network.set_name(
        "charlie.example",
        DnsRecord::computed(move |query| {
            let late = query.at.since(begin) > Duration::from_secs(10);
            Some(DnsAnswer::from(if late { router } else { charlies }).keep_for(Duration::ZERO))
        }),
    );
    let browser = bob();
    assert_eq!(body(&world, &browser, url).map(name), Ok("charlie".into()));
    world
        .block_on(world.executor().sleep(Duration::from_secs(10)))
        .unwrap();
    assert_eq!(body(&world, &browser, url).map(name), Ok("router".into()));

    // Both addresses at once: when the first does not answer, the second is taken.
    network.set_name("charlie.example", DnsAnswer::new([charlies, router]));
    network
        .change_machine("charlie", |charlie| charlie.set_fault(Some(Fault::Refuses)))
        .unwrap();
    let browser = bob();
    assert_eq!(body(&world, &browser, url).map(name), Ok("router".into()));

    assert!(network.remove_name("charlie.example"));
    assert!(matches!(
        body(&world, &bob(), url),
        Err(NetworkFailure::NameNotResolved { .. })
    ));
}
