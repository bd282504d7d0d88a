//! A real server behind a port of the simulated network.

use std::net::{IpAddr, SocketAddr};

use bytes::Bytes;
use crossexam_fetch::NetworkFailure;
use crossexam_fetch::body::{BodyStream, BodyWriter};
use crossexam_sim::network::Network;
use crossexam_sim::server::{
    EarlyHints, LocalBoxFuture, PeerInfo, ReasonPhrase, Server, ServerError, WireServer,
};
use crossexam_sim::{WireRequest, WireResponse};
use rustls::pki_types::ServerName;
use tokio::sync::{mpsc, oneshot};
use url::Url;

use crate::exchange::{self, Begun, Chunk, Job};
use crate::http1::request_bytes;
use crate::outside::Outside;
use crate::trust::Trust;

/// How many bytes of a body wait for whoever reads it before no more are taken from the socket.
const BYTES_AHEAD: usize = 256 * 1024;

/// A real server, as what stands behind a port of a machine in the simulated network.
///
/// With [`Trust`] it is spoken to over TLS, and it must show a certificate for the host that the request names; the
/// listener then has a certificate of the model's own, which is for all names that lead to it and decides nothing.
#[derive(Debug, Clone)]
pub struct LiveServer {
    network: Network,
    outside: Outside,
    address: SocketAddr,
    trust: Option<Trust>,
}

impl LiveServer {
    /// The server that listens at this address, over plain HTTP.
    pub fn http(network: &Network, outside: &Outside, address: SocketAddr) -> Self {
        Self {
            network: network.clone(),
            outside: outside.clone(),
            address,
            trust: None,
        }
    }

    /// The server that listens at this address, over TLS.
    pub fn https(network: &Network, outside: &Outside, address: SocketAddr, trust: &Trust) -> Self {
        Self {
            trust: Some(trust.clone()),
            ..Self::http(network, outside, address)
        }
    }

    fn job(&self, request: &WireRequest) -> Result<Job, NetworkFailure> {
        let tls = match &self.trust {
            None => None,
            Some(trust) => Some((server_name(&request.url)?, trust.clone())),
        };
        Ok(Job {
            address: self.address,
            tls,
            method: request.method.clone(),
            request: request_bytes(request).ok_or_else(|| NetworkFailure::NotHttp {
                why: "a header with a line break or a NUL in it cannot be sent".to_owned(),
            })?,
        })
    }

    async fn ask(&self, request: &WireRequest) -> Result<WireResponse, NetworkFailure> {
        let job = self.job(request)?;
        let (sender, receiver) = oneshot::channel();
        self.outside.spawn(exchange::run(job, sender));
        let executor = self.network.executor();
        let work = executor.begin_outside_work();
        // The other thread may end with the process.
        let answered = receiver
            .await
            .unwrap_or(Err(NetworkFailure::ConnectionReset));
        drop(work);
        let Begun {
            head,
            early_hints,
            is_empty,
            body,
        } = answered?;
        let response = WireResponse {
            status: head.status,
            status_message: head.status_message,
            header_list: head.headers,
            early_hints,
            ..WireResponse::default()
        };
        if is_empty && response.header_list.contains(b"Content-Length") {
            // It is there as a whole, so that caches have it even if nobody reads it: redirects, above all.
            return Ok(response);
        }
        let (writer, pieces) = BodyStream::written();
        let work = executor.begin_outside_work();
        executor.spawn("a body from outside", async move {
            pump(body, writer).await;
            drop(work);
        });
        Ok(WireResponse {
            pieces: Some(pieces),
            ..response
        })
    }

    /// The answer as the `http` crate has it.
    fn to_http(&self, response: WireResponse) -> Result<http::Response<Bytes>, ServerError> {
        let mut answer = http::Response::builder().status(response.status);
        for header in &response.header_list {
            answer = answer.header(&header.name[..], &header.value[..]);
        }
        let mut hints = Vec::new();
        for hint in &response.early_hints {
            let mut map = http::HeaderMap::new();
            for header in hint {
                let name = http::HeaderName::from_bytes(&header.name).map_err(ServerError::new)?;
                let value =
                    http::HeaderValue::from_bytes(&header.value).map_err(ServerError::new)?;
                map.append(name, value);
            }
            hints.push(map);
        }
        let mut answer = answer.body(response.body)?;
        let extensions = answer.extensions_mut();
        extensions.insert(ReasonPhrase(response.status_message));
        if !hints.is_empty() {
            extensions.insert(EarlyHints(hints));
        }
        if let Some(pieces) = response.pieces {
            extensions.insert(self.network.pieces(pieces));
        }
        Ok(answer)
    }
}

impl WireServer for LiveServer {
    fn answer<'a>(
        &'a self,
        request: &'a WireRequest,
        _peer: PeerInfo,
    ) -> LocalBoxFuture<'a, Result<WireResponse, ServerError>> {
        Box::pin(async move { self.ask(request).await.map_err(ServerError::from) })
    }
}

impl Server for LiveServer {
    fn handle<'a>(
        &'a self,
        request: http::Request<Bytes>,
        peer: PeerInfo,
    ) -> LocalBoxFuture<'a, Result<http::Response<Bytes>, ServerError>> {
        Box::pin(async move {
            let url = peer.url(&request);
            let url = url.parse().map_err(|error| {
                ServerError::new(format!("{url} is no URL to ask a real server for: {error}"))
            })?;
            let (parts, body) = request.into_parts();
            let headers = parts.headers.iter().map(|(name, value)| {
                let name = Bytes::copy_from_slice(name.as_str().as_bytes());
                (name, Bytes::copy_from_slice(value.as_bytes()))
            });
            let request = WireRequest {
                method: Bytes::copy_from_slice(parts.method.as_str().as_bytes()),
                url,
                headers: headers.collect(),
                body,
            };
            self.to_http(self.ask(&request).await?)
        })
    }

    fn as_wire_server(&self) -> Option<&dyn WireServer> {
        Some(self)
    }
}

/// Writes the chunks as they come. Dropping the writer unclosed breaks the stream off.
async fn pump(mut chunks: mpsc::Receiver<Chunk>, writer: BodyWriter) {
    loop {
        let chunk = tokio::select! {
            // Fewer than none wait only when nobody wants them.
            () = writer.until_waiting_below(0) => return,
            chunk = chunks.recv() => chunk,
        };
        match chunk {
            None => return writer.close(),
            Some(Err(())) => return,
            Some(Ok(bytes)) => writer.write(bytes),
        }
        writer.until_waiting_below(BYTES_AHEAD).await;
        if writer.is_canceled() {
            return;
        }
    }
}

/// The name that the server's certificate must be for.
pub(crate) fn server_name(url: &Url) -> Result<ServerName<'static>, NetworkFailure> {
    let name = match url.host() {
        Some(url::Host::Domain(domain)) => ServerName::try_from(domain.to_owned()).ok(),
        Some(url::Host::Ipv4(address)) => Some(IpAddr::from(address).into()),
        Some(url::Host::Ipv6(address)) => Some(IpAddr::from(address).into()),
        None => None,
    };
    name.ok_or_else(|| NetworkFailure::CertificateInvalid {
        host: url.host_str().unwrap_or_default().to_owned(),
        why: "no certificate can be for such a name".to_owned(),
    })
}
