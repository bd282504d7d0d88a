//! A request to a real server, for whoever waits for the answer.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use crossexam_fetch::NetworkFailure;
use crossexam_sim::WireRequest;
use crossexam_web::HeaderList;
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout_at};
use url::Url;

use crate::exchange::{self, Begun, Job};
use crate::http1::request_bytes;
use crate::live_server::server_name;
use crate::outside::Outside;
use crate::trust::Trust;

/// How many addresses of a name are tried.
const ADDRESSES: usize = 4;

/// A client that sends one request at a time, each over a connection of its own, and waits for its answer. It decides
/// nothing: it follows no redirect, keeps no cookie and knows no CORS.
#[derive(Debug, Clone)]
pub struct Client {
    outside: Outside,
    trust: Trust,
    limits: ClientLimits,
}

/// How long and how much a [`Client`] takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientLimits {
    /// How long an exchange may take as a whole.
    pub time: Duration,
    /// How many bytes of a body are kept; what comes after is not read.
    pub body: usize,
}

impl Default for ClientLimits {
    /// Half a minute, and a mebibyte.
    fn default() -> Self {
        Self {
            time: Duration::from_secs(30),
            body: 1 << 20,
        }
    }
}

/// An answer as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientAnswer {
    /// The status.
    pub status: u16,
    /// The reason phrase.
    pub status_message: Bytes,
    /// The headers.
    pub headers: HeaderList,
    /// The body, as far as it was read.
    pub body: Bytes,
    /// Whether there was more of the body than the limits let in, or it broke off.
    pub is_cut: bool,
    /// The address that answered.
    pub address: SocketAddr,
}

impl Client {
    /// A client that believes these authorities.
    pub fn new(outside: &Outside, trust: &Trust, limits: ClientLimits) -> Self {
        Self {
            outside: outside.clone(),
            trust: trust.clone(),
            limits,
        }
    }

    /// Sends a request to wherever its URL leads, and waits for the answer.
    ///
    /// # Errors
    ///
    /// Why there is no answer, within the time of the limits.
    pub fn ask(&self, request: &WireRequest) -> Result<ClientAnswer, NetworkFailure> {
        let bytes = request_bytes(request).ok_or_else(|| NetworkFailure::NotHttp {
            why: "a header with a line break or a NUL in it cannot be sent".to_owned(),
        })?;
        let asking = Asking {
            url: request.url.clone(),
            method: request.method.clone(),
            bytes,
            trust: self.trust.clone(),
            limits: self.limits,
        };
        let (sender, receiver) = std::sync::mpsc::sync_channel(1);
        self.outside.spawn(async move {
            // Whoever asked may be gone.
            let _ = sender.send(asking.ask().await);
        });
        // The other thread may end with the process.
        receiver
            .recv()
            .unwrap_or(Err(NetworkFailure::ConnectionReset))
    }
}

/// A request on its way.
struct Asking {
    url: Url,
    method: Bytes,
    bytes: Bytes,
    trust: Trust,
    limits: ClientLimits,
}

impl Asking {
    async fn ask(self) -> Result<ClientAnswer, NetworkFailure> {
        let deadline = Instant::now() + self.limits.time;
        let addresses = timeout_at(deadline, self.resolve())
            .await
            .map_err(|_| NetworkFailure::TimedOut)??;
        let mut failure = NetworkFailure::NameNotResolved {
            host: self.url.host_str().unwrap_or_default().to_owned(),
        };
        for address in addresses.into_iter().take(ADDRESSES) {
            match self.exchange(address, deadline).await {
                Err(
                    next @ (NetworkFailure::ConnectionRefused { .. }
                    | NetworkFailure::AddressUnreachable { .. }),
                ) => failure = next,
                done => return done,
            }
        }
        Err(failure)
    }

    async fn resolve(&self) -> Result<Vec<SocketAddr>, NetworkFailure> {
        let port = self.url.port_or_known_default().unwrap_or(80);
        let host = match self.url.host() {
            Some(url::Host::Ipv4(address)) => return Ok(vec![(address, port).into()]),
            Some(url::Host::Ipv6(address)) => return Ok(vec![(address, port).into()]),
            Some(url::Host::Domain(name)) => name,
            None => "",
        };
        let failure = || NetworkFailure::NameNotResolved {
            host: host.to_owned(),
        };
        let found = tokio::net::lookup_host((host, port)).await;
        Ok(found.map_err(|_| failure())?.collect())
    }

    async fn exchange(
        &self,
        address: SocketAddr,
        deadline: Instant,
    ) -> Result<ClientAnswer, NetworkFailure> {
        let tls = match self.url.scheme() {
            "https" => Some((server_name(&self.url)?, self.trust.clone())),
            _ => None,
        };
        let job = Job {
            address,
            tls,
            method: self.method.clone(),
            request: self.bytes.clone(),
        };
        let (sender, receiver) = oneshot::channel();
        let running = exchange::run(job, sender);
        let reading = async {
            let Begun { head, mut body, .. } = timeout_at(deadline, receiver)
                .await
                .map_err(|_| NetworkFailure::TimedOut)?
                .unwrap_or(Err(NetworkFailure::ConnectionReset))?;
            let mut read = BytesMut::new();
            let is_cut = loop {
                match timeout_at(deadline, body.recv()).await {
                    Ok(None) => break false,
                    Ok(Some(Ok(chunk))) => {
                        let room = self.limits.body - read.len();
                        read.extend_from_slice(&chunk[..chunk.len().min(room)]);
                        if chunk.len() > room {
                            break true;
                        }
                    }
                    Ok(Some(Err(()))) | Err(_) => break true,
                }
            };
            Ok(ClientAnswer {
                status: head.status,
                status_message: head.status_message,
                headers: head.headers,
                body: read.freeze(),
                is_cut,
                address,
            })
        };
        tokio::pin!(running);
        tokio::pin!(reading);
        // The exchange ends when its answer has been handed over; that may be read to its end afterwards.
        tokio::select! {
            answer = &mut reading => answer,
            () = &mut running => reading.await,
        }
    }
}
