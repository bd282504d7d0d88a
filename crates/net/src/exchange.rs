//! One request over a socket and its answer.

use std::error::Error;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use crossexam_fetch::NetworkFailure;
use http::HeaderMap;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};
use tokio_rustls::TlsConnector;

use crate::trust::Trust;

/// How long a connection may take to come about.
const CONNECTING: Duration = Duration::from_secs(30);

/// How many chunks of a body are read before somebody wants them.
pub(crate) const CHUNKS_AHEAD: usize = 16;

/// A request and the way it takes.
pub(crate) struct Job {
    pub(crate) address: SocketAddr,
    pub(crate) tls: Option<(ServerName<'static>, Trust)>,
    pub(crate) request: http::Request<Full<Bytes>>,
}

/// What comes first of an answer.
pub(crate) struct Head {
    pub(crate) parts: http::response::Parts,
    pub(crate) early_hints: Vec<HeaderMap>,
    pub(crate) body: mpsc::Receiver<Chunk>,
}

/// A piece of a body; an error where it breaks off.
pub(crate) type Chunk = Result<Bytes, ()>;

/// Makes the exchange. It ends when the answer has been handed over or nobody wants it any more.
pub(crate) async fn run(job: Job, mut answer: oneshot::Sender<Result<Head, NetworkFailure>>) {
    tokio::select! {
        () = answer.closed() => {}
        exchanged = exchange(job) => match exchanged {
            Ok((head, body, chunks)) => {
                if answer.send(Ok(head)).is_ok() {
                    forward(body, chunks).await;
                }
            }
            // Whoever asked may be gone.
            Err(failure) => drop(answer.send(Err(failure))),
        },
    }
}

async fn exchange(job: Job) -> Result<(Head, Incoming, mpsc::Sender<Chunk>), NetworkFailure> {
    let address = job.address;
    let connecting = tokio::time::timeout(CONNECTING, TcpStream::connect(address));
    let stream = connecting
        .await
        .map_err(|_| NetworkFailure::TimedOut)?
        .map_err(|error| not_connected(address, &error))?;
    // A request is written at once; waiting for more to say would only delay it.
    let _ = stream.set_nodelay(true);
    match job.tls {
        None => converse(stream, job.request).await,
        Some((name, trust)) => {
            let host = name.to_str().into_owned();
            let shaking = TlsConnector::from(trust.config).connect(name, stream);
            let stream = tokio::time::timeout(CONNECTING, shaking)
                .await
                .map_err(|_| NetworkFailure::TimedOut)?
                .map_err(|error| no_tls(host, &error))?;
            converse(stream, job.request).await
        }
    }
}

async fn converse<S>(
    stream: S,
    mut request: http::Request<Full<Bytes>>,
) -> Result<(Head, Incoming, mpsc::Sender<Chunk>), NetworkFailure>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, connection) = http1::Builder::new()
        .title_case_headers(true)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(|error| failure(&error))?;
    tokio::spawn(async move {
        // What breaks off there, the request or its body learn.
        let _ = connection.await;
    });
    let early_hints = Arc::new(Mutex::new(Vec::new()));
    let hints = early_hints.clone();
    hyper::ext::on_informational(&mut request, move |interim| {
        if interim.status() == http::StatusCode::EARLY_HINTS {
            let mut hints = hints.lock().unwrap_or_else(PoisonError::into_inner);
            hints.push(interim.headers().clone());
        }
    });
    let response = sender
        .send_request(request)
        .await
        .map_err(|error| failure(&error))?;
    let (parts, body) = response.into_parts();
    let (chunks, receiver) = mpsc::channel(CHUNKS_AHEAD);
    let early_hints =
        std::mem::take(&mut *early_hints.lock().unwrap_or_else(PoisonError::into_inner));
    let head = Head {
        parts,
        early_hints,
        body: receiver,
    };
    Ok((head, body, chunks))
}

/// Hands the body on, chunk by chunk, until nobody wants more.
async fn forward(mut body: Incoming, chunks: mpsc::Sender<Chunk>) {
    loop {
        let frame = tokio::select! {
            () = chunks.closed() => return,
            frame = body.frame() => frame,
        };
        let chunk = match frame {
            None => return,
            Some(Err(_)) => Err(()),
            Some(Ok(frame)) => match frame.into_data() {
                Ok(data) => Ok(data),
                // Trailers are no part of what a page sees.
                Err(_) => continue,
            },
        };
        let is_broken = chunk.is_err();
        if chunks.send(chunk).await.is_err() || is_broken {
            return;
        }
    }
}

fn not_connected(address: SocketAddr, error: &std::io::Error) -> NetworkFailure {
    let address = address.to_string();
    match error.kind() {
        std::io::ErrorKind::ConnectionRefused => NetworkFailure::ConnectionRefused { address },
        std::io::ErrorKind::TimedOut => NetworkFailure::TimedOut,
        _ => NetworkFailure::AddressUnreachable { address },
    }
}

fn no_tls(host: String, error: &std::io::Error) -> NetworkFailure {
    let tls = error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match tls {
        Some(rustls::Error::InvalidCertificate(problem)) => NetworkFailure::CertificateInvalid {
            host,
            why: problem.to_string(),
        },
        Some(rustls::Error::AlertReceived(rustls::AlertDescription::CertificateRequired)) => {
            NetworkFailure::ClientCertificateRequired
        }
        Some(other) => NetworkFailure::NotHttp {
            why: format!("the TLS handshake failed: {other}"),
        },
        None => NetworkFailure::ConnectionReset,
    }
}

fn failure(error: &hyper::Error) -> NetworkFailure {
    if error.is_parse() {
        let why = error
            .source()
            .map_or_else(|| error.to_string(), ToString::to_string);
        NetworkFailure::NotHttp { why }
    } else if error.is_timeout() {
        NetworkFailure::TimedOut
    } else {
        NetworkFailure::ConnectionReset
    }
}
