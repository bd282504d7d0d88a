//! WebSocket connections over the network: what travels after the handshake.
//!
//! MODEL: whole messages travel, each as long as any message on this way, and none overtakes another. None is lost.

use std::rc::Rc;

use bytes::Bytes;
use crossexam_fetch::websocket::{Endpoint, Frame, connection};

use crate::journal::{Event, Exposure, Holder};
use crate::network::{Link, Network};

/// Stands for the server's end of a connection, as an extension of the [`http::Response`] with status 101 that accepts
/// a WebSocket handshake. It counts once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Upgrade(u64);

/// The way that messages take.
pub(crate) struct Way {
    pub(crate) server: Holder,
    pub(crate) link: Link,
    /// Who reads along.
    pub(crate) eavesdropper: Option<Holder>,
}

impl Network {
    /// A new connection for a server that accepts a handshake: the extension for its answer, and its own end.
    pub fn upgrade(&self) -> (Upgrade, Endpoint) {
        let (client, server) = connection();
        let mut upgrades = self.core.upgrades.borrow_mut();
        let number = upgrades.next;
        upgrades.next += 1;
        upgrades.waiting.insert(number, client);
        (Upgrade(number), server)
    }

    /// The client's end of the connection that an answer's extension stands for.
    pub(crate) fn take_upgrade(&self, upgrade: Upgrade) -> Option<Endpoint> {
        self.core.upgrades.borrow_mut().waiting.remove(&upgrade.0)
    }

    /// Lets messages travel between a server, whose counterpart is `at_server`, and the client's end that is returned.
    pub(crate) fn carry(&self, way: Way, at_server: Endpoint) -> Endpoint {
        let (client, at_client) = connection();
        let way = Rc::new(way);
        self.forward(&way, at_client.clone(), at_server.clone(), Towards::Server);
        self.forward(&way, at_server, at_client, Towards::Client);
        client
    }

    fn forward(&self, way: &Rc<Way>, from: Endpoint, to: Endpoint, towards: Towards) {
        let (network, way) = (self.clone(), way.clone());
        self.executor().spawn("a WebSocket connection", async move {
            let executor = network.executor();
            while let Some(frame) = from.receive().await {
                let due = executor.now() + way.link.latency;
                network.deliver(&way, towards, due, to.clone(), Some(frame));
            }
            let due = executor.now() + way.link.latency;
            network.deliver(&way, towards, due, to, None);
        });
    }

    /// Hands something over when it is due; nothing is the end of the connection.
    fn deliver(
        &self,
        way: &Rc<Way>,
        towards: Towards,
        due: crossexam_web::Timestamp,
        to: Endpoint,
        frame: Option<Frame>,
    ) {
        let (network, way) = (self.clone(), way.clone());
        let sleep = self.executor().sleep_until(due);
        self.executor().spawn("a WebSocket message", async move {
            sleep.await;
            let Some(frame) = frame else {
                to.disconnect();
                return;
            };
            if let Frame::Message(message) = &frame {
                let bytes = message.bytes();
                if let Some(eavesdropper) = &way.eavesdropper {
                    network.expose_message(eavesdropper, "intercepted WebSocket message", &bytes);
                }
                if towards == Towards::Server {
                    network.expose_message(&way.server, "WebSocket message", &bytes);
                }
            }
            to.send(frame);
        });
    }

    fn expose_message(&self, holder: &Holder, how: &str, bytes: &Bytes) {
        self.record(Event::Exposure(Exposure {
            holder: holder.clone(),
            how: how.to_owned(),
            bytes: bytes.clone(),
        }));
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Towards {
    Server,
    Client,
}

/// The connections whose answers are on their way.
#[derive(Debug, Default)]
pub(crate) struct Upgrades {
    next: u64,
    waiting: std::collections::BTreeMap<u64, Endpoint>,
}
