//! Real servers in a modelled browser's network.
//!
//! The model decides, as everywhere, what is sent and who may read the answer; here bytes go over sockets. A
//! [`LiveServer`] is a [`Server`](crossexam_sim::Server) like any other: it stands behind a port of a machine in the
//! simulated network, under whatever name the scenario gives it, and passes each request on to an address of the real
//! one. The world must be one in real time ([`World::in_real_time`](crossexam_sim::World::in_real_time) with a
//! [`WallClock`]), since nothing can be said beforehand of how long a real server takes.
//!
//! MODEL: each request has a connection of its own, which ends with its answer; whether the browser would have used an
//! earlier one, it decides for itself as ever. HTTP/1.1 is spoken, with and without TLS, and read as leniently as browsers
//! read it; WebSocket connections are not carried.

mod client;
mod clock;
mod exchange;
mod http1;
mod live_server;
mod outside;
mod trust;

pub use client::{Client, ClientAnswer, ClientLimits};
pub use clock::WallClock;
pub use live_server::LiveServer;
pub use outside::Outside;
pub use trust::{Trust, TrustError};
