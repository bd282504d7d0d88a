//! A real server behind a port of the simulated network.

use std::net::SocketAddr;

use bytes::Bytes;
use crossexam_fetch::NetworkFailure;
use crossexam_fetch::body::{BodyStream, BodyWriter};
use crossexam_sim::network::Network;
use crossexam_sim::server::{
    EarlyHints, LocalBoxFuture, PeerInfo, ReasonPhrase, Server, ServerError,
};
use http_body_util::Full;
use rustls::pki_types::ServerName;
use tokio::sync::{mpsc, oneshot};

use crate::exchange::{self, Chunk, Head, Job};
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

    fn job(&self, request: http::Request<Bytes>) -> Result<Job, NetworkFailure> {
        let (mut parts, body) = request.into_parts();
        parts.extensions.clear();
        let tls = match &self.trust {
            None => None,
            Some(trust) => Some((server_name(&parts.headers)?, trust.clone())),
        };
        Ok(Job {
            address: self.address,
            tls,
            request: http::Request::from_parts(parts, Full::new(body)),
        })
    }

    async fn answer(
        &self,
        request: http::Request<Bytes>,
    ) -> Result<http::Response<Bytes>, ServerError> {
        let job = self.job(request)?;
        let (sender, receiver) = oneshot::channel();
        self.outside.spawn(exchange::run(job, sender));
        let work = self.network.executor().begin_outside_work();
        // The other thread may end with the process.
        let answered = receiver
            .await
            .unwrap_or(Err(NetworkFailure::ConnectionReset));
        drop(work);
        let Head {
            parts,
            early_hints,
            body,
        } = answered?;
        let mut response = http::Response::new(Bytes::new());
        *response.status_mut() = parts.status;
        *response.headers_mut() = parts.headers;
        let extensions = response.extensions_mut();
        let reason = match parts.extensions.get::<hyper::ext::ReasonPhrase>() {
            Some(reason) => Bytes::copy_from_slice(reason.as_bytes()),
            None => Bytes::from_static(
                parts
                    .status
                    .canonical_reason()
                    .unwrap_or_default()
                    .as_bytes(),
            ),
        };
        extensions.insert(ReasonPhrase(reason));
        if !early_hints.is_empty() {
            extensions.insert(EarlyHints(early_hints));
        }
        let (writer, stream) = BodyStream::written();
        extensions.insert(self.network.pieces(stream));
        let executor = self.network.executor();
        let work = executor.begin_outside_work();
        executor.spawn("a body from outside", async move {
            pump(body, writer).await;
            drop(work);
        });
        Ok(response)
    }
}

impl Server for LiveServer {
    fn handle<'a>(
        &'a self,
        request: http::Request<Bytes>,
        _peer: PeerInfo,
    ) -> LocalBoxFuture<'a, Result<http::Response<Bytes>, ServerError>> {
        Box::pin(self.answer(request))
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
fn server_name(headers: &http::HeaderMap) -> Result<ServerName<'static>, NetworkFailure> {
    let host = headers
        .get(http::header::HOST)
        .and_then(|host| host.to_str().ok())
        .and_then(|host| host.parse::<http::uri::Authority>().ok())
        .map(|authority| authority.host().to_owned())
        .unwrap_or_default();
    let unbracketed = host.trim_start_matches('[').trim_end_matches(']');
    ServerName::try_from(unbracketed)
        .map(|name| name.to_owned())
        .map_err(|_| NetworkFailure::CertificateInvalid {
            why: "no certificate can be for such a name".to_owned(),
            host,
        })
}
