//! A world as a whole: the same seed, the same world; and its end.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use crossexam_sim::{BrowserHost, Link, Machine, World, WorldConfig};
use support::*;

/// A day in a network with jitter, losses and resets.
fn a_rough_day(seed: u64) -> String {
    let world = World::new(WorldConfig {
        seed,
        ..WorldConfig::default()
    });
    let network = world.network();
    for name in ["alice", "charlie"] {
        let server = async |request: http::Request<Bytes>, _peer| {
            http::Response::new(Bytes::from(request.uri().to_string()))
        };
        network
            .add_machine(
                Machine::new(name)
                    .host_name(&format!("{name}.example"))
                    .serve(server),
            )
            .unwrap();
    }
    let rough = Link {
        latency: Duration::from_millis(10),
        jitter: Duration::from_millis(30),
        loss: 0.2,
        reset: 0.1,
    };
    network.set_link(rough);
    for name in ["one", "two", "three"] {
        let browser = BrowserHost::new(network, name, "bob");
        let task = async move {
            for number in 0..10 {
                for host in ["alice", "charlie"] {
                    let _ = get(&browser, &format!("https://{host}.example/{number}"), false).await;
                }
            }
        };
        world.executor().spawn(name, task);
    }
    world.executor().run_until_idle().unwrap();
    assert_eq!(exchanges(&world).len(), 60);
    format!("{:?}", world.journal().entries())
}

#[test]
fn two_runs_are_the_same_run_byte_for_byte() {
    let first = a_rough_day(1);
    assert_eq!(first, a_rough_day(1));
    assert_ne!(first, a_rough_day(2), "and the seed matters");
    assert!(first.contains("the connection was reset"));
}

#[test]
fn a_world_lets_go_of_everything() {
    let held = Rc::new(());
    let world = World::default();
    let (network, inner) = (world.network().clone(), held.clone());
    // A server that holds the network that holds it, and a task that holds a client.
    let server = async move |_request, _peer| {
        let _ = (&network, &inner);
        std::future::pending::<http::Response<Bytes>>().await
    };
    world
        .network()
        .add_machine(
            Machine::new("alice")
                .host_name("alice.example")
                .serve(server),
        )
        .unwrap();
    let (browser, inner) = (bob(&world), held.clone());
    world.executor().spawn("bob", async move {
        let _inner = inner;
        let _ = get(&browser, "http://alice.example/", true).await;
    });
    world.settle(Duration::from_secs(1)).unwrap();
    assert_eq!(Rc::strong_count(&held), 3);
    drop(world);
    assert_eq!(Rc::strong_count(&held), 1);
}
