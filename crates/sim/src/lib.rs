//! A deterministic world: one thread, a clock that moves only when there is nothing to do, a network, servers, and people
//! with browsers and other clients.
//!
//! The same seed gives the same world, byte for byte: nothing here reads a wall clock, draws from the system's randomness
//! or iterates in an order that changes from run to run. The crate carries messages and knows no header's meaning (but
//! `Host` and the framing of bodies).
//!
//! ```
//! use bytes::Bytes;
//! use crossexam_sim::{Client, ClientRequest, Machine, World, from_fn};
//!
//! let world = World::default();
//! let alice = from_fn(|_request, _peer| http::Response::new(Bytes::from_static(b"hello")));
//! world.network().add_machine(Machine::new("alice").host_name("alice.example").serve(alice))?;
//!
//! let curl = Client::new(world.network(), "curl", "charlie");
//! let request = ClientRequest::get("https://alice.example/".parse()?).header("Origin", "https://bob.example");
//! let response = world.block_on(curl.send(request))??;
//! assert_eq!(response.body, "hello");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod attacker;
pub mod client;
mod connection;
pub mod dns;
mod exchange;
pub mod executor;
pub mod host;
pub mod journal;
pub mod machine;
pub mod network;
pub mod pieces;
pub mod profile;
mod random;
pub mod server;
pub mod sockets;
pub mod tls;
pub mod wire;
pub mod world;

pub use attacker::{Attacker, Meddling};
pub use client::{Client, ClientError, ClientRequest, ClientResponse, Redirects};
pub use dns::{DnsAnswer, DnsQuery, DnsRecord, Pinning};
pub use executor::{
    Clock, Executor, JoinHandle, Limits, OutsideWork, RunError, Settled, Sleep, TaskGroup,
};
pub use host::{BrowserHost, Password};
pub use journal::Journal;
pub use machine::{Fault, Listener, Machine, Tls, Zone};
pub use network::{Link, Network, SetupError, Vantage};
pub use pieces::Pieces;
pub use profile::{Deviation, Profile, ProfileError, UnknownProfile};
pub use random::Random;
pub use server::{
    EarlyHints, LocalBoxFuture, PeerInfo, ReasonPhrase, Server, ServerError, TowerServer, from_fn,
};
pub use sockets::Upgrade;
pub use tls::{Certificate, ClientCertificate, ClientCertificates, Issuer};
pub use wire::{WireRequest, WireResponse};
pub use world::{World, WorldConfig};
