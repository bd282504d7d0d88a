//! What answers requests: anything from an [`http::Request`] to an [`http::Response`].

use std::fmt;
use std::marker::PhantomData;
use std::net::IpAddr;
use std::pin::Pin;

use bytes::Bytes;
use crossexam_fetch::NetworkFailure;
use crossexam_web::Timestamp;
use http_body_util::{BodyExt, Full};
use tower_service::Service;

use crate::journal::ExchangeId;
use crate::wire::{WireRequest, WireResponse};

/// A future on the heap that stays in its thread.
pub type LocalBoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// A server: what stands behind a machine's port.
///
/// The request's target is in origin-form (path and query), as over HTTP/1.1; `Host` is among the headers. Header names
/// are in lowercase, as the `http` crate has them. The [`PeerInfo`] is also among the request's extensions.
///
/// Implemented for `async` closures (and closures that return futures) from `(http::Request<Bytes>, PeerInfo)` to an
/// [`http::Response<Bytes>`] or a `Result` of one. For plain functions there is [`from_fn`], for services of the tower
/// family [`TowerServer`].
pub trait Server {
    /// Answers one request.
    ///
    /// # Errors
    ///
    /// A server that fails has no answer: the connection breaks off, and the client's failure is
    /// [`NetworkFailure::ServerFailed`].
    fn handle<'a>(
        &'a self,
        request: http::Request<Bytes>,
        peer: PeerInfo,
    ) -> LocalBoxFuture<'a, Result<http::Response<Bytes>, ServerError>>;

    /// The server as one that takes messages as they are on the wire, if it is one. Such a server is not asked by
    /// [`handle`](Self::handle).
    fn as_wire_server(&self) -> Option<&dyn WireServer> {
        None
    }
}

/// A server that takes requests and gives answers as they are on the wire: with the spelling of names, and with
/// everything that the `http` crate's types cannot hold.
pub trait WireServer {
    /// Answers one request.
    ///
    /// # Errors
    ///
    /// As [`Server::handle`].
    fn answer<'a>(
        &'a self,
        request: &'a WireRequest,
        peer: PeerInfo,
    ) -> LocalBoxFuture<'a, Result<WireResponse, ServerError>>;
}

/// What a server knows of whom it is answering.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeerInfo {
    /// The exchange that is being answered.
    pub exchange: ExchangeId,
    /// The machine that the server runs on.
    pub machine: String,
    /// The client's address.
    pub address: IpAddr,
    /// `http` or `https`.
    pub scheme: &'static str,
    /// The port that the client connected to.
    pub port: u16,
    /// The subject of the client's certificate, if one was shown.
    pub client_certificate: Option<String>,
    /// When the request arrived.
    pub received_at: Timestamp,
}

impl PeerInfo {
    /// The URL of a request as the server can know it: the scheme, the `Host` header and the target.
    pub fn url(&self, request: &http::Request<Bytes>) -> String {
        let host = request
            .headers()
            .get(http::header::HOST)
            .and_then(|host| host.to_str().ok())
            .unwrap_or_default();
        format!("{}://{host}{}", self.scheme, request.uri())
    }
}

/// A server's program failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct ServerError {
    /// What is known of it.
    pub why: String,
    /// What a client sees of it, where that is more than [`NetworkFailure::ServerFailed`].
    pub failure: Option<NetworkFailure>,
}

impl ServerError {
    /// A failure with this reason.
    pub fn new(why: impl fmt::Display) -> Self {
        Self {
            why: why.to_string(),
            failure: None,
        }
    }

    /// What the client sees of it.
    pub(crate) fn into_failure(self) -> NetworkFailure {
        self.failure
            .unwrap_or(NetworkFailure::ServerFailed { why: self.why })
    }
}

impl From<NetworkFailure> for ServerError {
    /// The server was not even reached, or what it said is none of HTTP.
    fn from(failure: NetworkFailure) -> Self {
        Self {
            why: failure.to_string(),
            failure: Some(failure),
        }
    }
}

impl From<http::Error> for ServerError {
    fn from(error: http::Error) -> Self {
        Self::new(error)
    }
}

/// The reason phrase of an answer, as an extension of the [`http::Response`]. Without one it is the status's usual one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReasonPhrase(pub Bytes);

/// Early hints that come before an answer, as an extension of the [`http::Response`]: interim responses with status 103.
///
/// MODEL: they arrive when the answer does.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EarlyHints(pub Vec<http::HeaderMap>);

/// What a closure may return.
pub trait IntoAnswer {
    /// The answer or the failure.
    ///
    /// # Errors
    ///
    /// See [`Server::handle`].
    fn into_answer(self) -> Result<http::Response<Bytes>, ServerError>;
}

impl IntoAnswer for http::Response<Bytes> {
    fn into_answer(self) -> Result<http::Response<Bytes>, ServerError> {
        Ok(self)
    }
}

impl<E: Into<ServerError>> IntoAnswer for Result<http::Response<Bytes>, E> {
    fn into_answer(self) -> Result<http::Response<Bytes>, ServerError> {
        self.map_err(Into::into)
    }
}

impl<F, R> Server for F
where
    F: AsyncFn(http::Request<Bytes>, PeerInfo) -> R,
    R: IntoAnswer,
{
    fn handle<'a>(
        &'a self,
        request: http::Request<Bytes>,
        peer: PeerInfo,
    ) -> LocalBoxFuture<'a, Result<http::Response<Bytes>, ServerError>> {
        Box::pin(async move { self(request, peer).await.into_answer() })
    }
}

/// A server that is a plain function.
pub fn from_fn<F, R>(function: F) -> impl Server
where
    F: Fn(http::Request<Bytes>, PeerInfo) -> R,
    R: IntoAnswer,
{
    async move |request, peer| function(request, peer)
}

/// A server that is a service of the tower family: an axum router, a stack of layers over a handler.
///
/// The service is polled by the world's executor. What needs a runtime of its own (tokio's timers, sockets and
/// `spawn`) fails in it; routing, handlers and layers that only look at the message work. `B` is the body that the
/// service takes, made from the request's bytes.
pub struct TowerServer<S, B = Full<Bytes>> {
    service: S,
    body: PhantomData<fn() -> B>,
}

impl<S> TowerServer<S> {
    /// A server from a service that takes any body, as axum's routers do.
    pub fn new(service: S) -> Self {
        Self::with_body(service)
    }
}

impl<S, B> TowerServer<S, B> {
    /// A server from a service that takes bodies of type `B`.
    pub fn with_body(service: S) -> Self {
        Self {
            service,
            body: PhantomData,
        }
    }
}

impl<S, B> fmt::Debug for TowerServer<S, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TowerServer").finish_non_exhaustive()
    }
}

impl<S, B, A> Server for TowerServer<S, B>
where
    S: Service<http::Request<B>, Response = http::Response<A>> + Clone,
    S::Error: fmt::Display,
    B: From<Bytes>,
    A: http_body::Body,
    A::Error: fmt::Display,
{
    fn handle<'a>(
        &'a self,
        request: http::Request<Bytes>,
        _peer: PeerInfo,
    ) -> LocalBoxFuture<'a, Result<http::Response<Bytes>, ServerError>> {
        // A clone for each request, as the servers of that family do it: `poll_ready` and `call` belong together.
        let mut service = self.service.clone();
        Box::pin(async move {
            std::future::poll_fn(|context| service.poll_ready(context))
                .await
                .map_err(ServerError::new)?;
            let (parts, body) = service
                .call(request.map(B::from))
                .await
                .map_err(ServerError::new)?
                .into_parts();
            let body = body.collect().await.map_err(ServerError::new)?.to_bytes();
            Ok(http::Response::from_parts(parts, body))
        })
    }
}
