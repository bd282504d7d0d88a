//! Services of the tower family as servers.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use std::future::{Ready, ready};
use std::task::{Context, Poll};

use axum::extract::{Path, State};
use axum::routing::{get, post};
use axum::{Extension, Router};
use bytes::Bytes;
use crossexam_fetch::NetworkFailure;
use crossexam_sim::{Machine, PeerInfo, TowerServer, World};
use crossexam_web::HeaderList;
use http_body_util::Full;
use support::{bob, body, request};
use tower_service::Service;

fn world(server: impl crossexam_sim::Server + 'static) -> World {
    let world = World::default();
    world
        .network()
        .add_machine(
            Machine::new("alice")
                .host_name("alice.example")
                .serve(server),
        )
        .unwrap();
    world
}

#[test]
fn a_router_routes_extracts_and_knows_its_peer() {
    let router = Router::new()
        .route(
            "/hello/{name}",
            get(
                async |State(greeting): State<&'static str>, Path(name): Path<String>| {
                    format!("{greeting}, {name}")
                },
            ),
        )
        .route(
            "/peer",
            get(async |Extension(peer): Extension<PeerInfo>| {
                format!("{} {} {}", peer.machine, peer.scheme, peer.address)
            }),
        )
        .route("/echo", post(async |body: Bytes| body))
        .with_state("Hello");
    let world = world(TowerServer::new(router));
    let bob = bob(&world);
    assert_eq!(
        body(&world, &bob, "https://alice.example/hello/bob"),
        Ok("Hello, bob".into())
    );
    assert_eq!(
        body(&world, &bob, "http://alice.example/peer"),
        Ok(format!("alice http {}", bob.vantage().address))
    );
    let bytes = Bytes::from_static(&[0, 1, 255]);
    let none = HeaderList::new();
    let echoed = request(
        &bob,
        "POST",
        "http://alice.example/echo",
        &none,
        Some(bytes.clone()),
        true,
    );
    assert_eq!(world.block_on(echoed).unwrap().unwrap().body, bytes.into());
    let missing = world
        .block_on(support::get(&bob, "http://alice.example/nowhere", true))
        .unwrap();
    assert_eq!(missing.unwrap().status, 404);
}

/// A service that insists on being asked, and fails at one path.
#[derive(Clone)]
struct Once {
    ready: bool,
}

impl Service<http::Request<Vec<u8>>> for Once {
    type Response = http::Response<Full<Bytes>>;
    type Error = String;
    type Future = Ready<Result<Self::Response, String>>;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), String>> {
        self.ready = true;
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Vec<u8>>) -> Self::Future {
        assert!(
            std::mem::take(&mut self.ready),
            "called without being asked whether it is ready"
        );
        let fails = request.uri().path() == "/fails";
        let text = format!("{:?}", request.into_body());
        ready(if fails {
            Err("no more".into())
        } else {
            Ok(http::Response::new(Full::new(text.into())))
        })
    }
}

#[test]
fn a_service_with_bodies_of_its_own_is_asked_whether_it_is_ready_and_may_fail() {
    let world = world(TowerServer::<_, Vec<u8>>::with_body(Once { ready: false }));
    let bob = bob(&world);
    for _ in 0..2 {
        assert_eq!(body(&world, &bob, "http://alice.example/"), Ok("[]".into()));
    }
    let failure = body(&world, &bob, "http://alice.example/fails");
    assert_eq!(
        failure,
        Err(NetworkFailure::ServerFailed {
            why: "no more".into()
        })
    );
}
