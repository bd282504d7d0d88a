//! The proxy that a browser is given: every host and every port, over plain HTTP and TLS, is our own server.

use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;

use crossexam_oracle::Answer;
use rcgen::{CertificateParams, KeyPair, PublicKeyData as _};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use url::Url;

use crate::stage::{Stage, base64_of};
use crate::wire::{Request, answer_bytes, send};

/// A proxy that runs.
pub(crate) struct Proxy {
    /// Where it listens, on 127.0.0.1.
    pub(crate) port: u16,
    /// The SHA-256 of its public key, in Base64.
    pub(crate) key_hash: String,
}

/// An identity for all hosts.
fn identity() -> io::Result<(Arc<ServerConfig>, String)> {
    let key = KeyPair::generate().map_err(io::Error::other)?;
    let names = vec!["crossexam.example".to_owned()];
    let certificate = CertificateParams::new(names)
        .and_then(|parameters| parameters.self_signed(&key))
        .map_err(io::Error::other)?;
    let key_hash = base64_of(&Sha256::digest(key.subject_public_key_info()));
    let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], private)
        .map_err(io::Error::other)?;
    Ok((Arc::new(config), key_hash))
}

impl Proxy {
    /// Starts one, which serves what is played on a stage.
    pub(crate) async fn start(stage: Stage) -> io::Result<Self> {
        let (config, key_hash) = identity()?;
        let acceptor = TlsAcceptor::from(config);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let port = listener.local_addr()?.port();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // Nothing waits to be filled up.
                let _ = stream.set_nodelay(true);
                tokio::spawn(connection(stream, acceptor.clone(), stage.clone()));
            }
        });
        Ok(Self { port, key_hash })
    }
}

async fn connection(mut stream: TcpStream, acceptor: TlsAcceptor, stage: Stage) -> Option<()> {
    let request = Request::read(&mut stream).await?;
    if request.method != "CONNECT" {
        // Plain HTTP: the target is a whole URL.
        let url = Url::parse(&request.target).ok()?;
        let kept = exchange(&mut stream, &request, &url, &stage).await?;
        if kept {
            while let Some(request) = Request::read(&mut stream).await {
                let url = Url::parse(&request.target).ok()?;
                if !exchange(&mut stream, &request, &url, &stage).await? {
                    break;
                }
            }
        }
        return stream.shutdown().await.ok();
    }
    send(&mut stream, b"HTTP/1.1 200 OK\r\n\r\n").await?;
    // A TLS record of a handshake begins with 22, and no request does.
    let mut first = [0];
    stream.peek(&mut first).await.ok()?;
    if first == [22] {
        let stream = acceptor.accept(stream).await.ok()?;
        tunnel(stream, "https", &request.target, &stage).await
    } else {
        tunnel(stream, "http", &request.target, &stage).await
    }
}

/// Requests to one host.
async fn tunnel(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    scheme: &str,
    authority: &str,
    stage: &Stage,
) -> Option<()> {
    while let Some(request) = Request::read(&mut stream).await {
        let url = Url::parse(&format!("{scheme}://{authority}{}", request.target)).ok()?;
        if !exchange(&mut stream, &request, &url, stage).await? {
            break;
        }
    }
    stream.shutdown().await.ok()
}

/// Answers a request. Whether the connection can be used again; otherwise its end is the end of the answer.
async fn exchange(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    request: &Request,
    url: &Url,
    stage: &Stage,
) -> Option<bool> {
    let answer = stage.answer(request, url).unwrap_or_else(|| Answer {
        status: 404,
        ..Answer::default()
    });
    if answer.failure.is_some() {
        return Some(false);
    }
    send(stream, &answer_bytes(&answer, &request.method)).await?;
    Some(request.method == "HEAD" || matches!(answer.status, 204 | 304))
}
