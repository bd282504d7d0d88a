//! One request over a socket and its answer.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use crossexam_fetch::NetworkFailure;
use crossexam_web::HeaderList;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadHalf};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;

use crate::http1::{Head, NoAnswer, Reader};
use crate::trust::Trust;

/// How long a connection may take to come about.
const CONNECTING: Duration = Duration::from_secs(30);

/// How many chunks of a body are read before somebody wants them.
const CHUNKS_AHEAD: usize = 16;

/// A request and the way it takes.
pub(crate) struct Job {
    pub(crate) address: SocketAddr,
    pub(crate) tls: Option<(ServerName<'static>, Trust)>,
    pub(crate) method: Bytes,
    pub(crate) request: Bytes,
}

/// What comes first of an answer.
pub(crate) struct Begun {
    pub(crate) head: Head,
    pub(crate) early_hints: Vec<HeaderList>,
    /// Whether it is known that the body is empty.
    pub(crate) is_empty: bool,
    pub(crate) body: mpsc::Receiver<Chunk>,
}

/// A piece of a body; an error where it breaks off.
pub(crate) type Chunk = Result<Bytes, ()>;

type Answer = oneshot::Sender<Result<Begun, NetworkFailure>>;

/// Makes the exchange. It ends when the answer has been handed over or nobody wants it any more.
pub(crate) async fn run(job: Job, mut answer: Answer) {
    tokio::select! {
        () = answer.closed() => {}
        connected = connect(&job) => match connected {
            Ok(Stream::Plain(stream)) => converse(stream, job, answer).await,
            Ok(Stream::Tls(stream)) => converse(*stream, job, answer).await,
            // Whoever asked may be gone.
            Err(failure) => drop(answer.send(Err(failure))),
        },
    }
}

enum Stream {
    Plain(TcpStream),
    Tls(Box<tokio_rustls::client::TlsStream<TcpStream>>),
}

async fn connect(job: &Job) -> Result<Stream, NetworkFailure> {
    let connecting = tokio::time::timeout(CONNECTING, TcpStream::connect(job.address));
    let stream = connecting
        .await
        .map_err(|_| NetworkFailure::TimedOut)?
        .map_err(|error| not_connected(job.address, &error))?;
    // A request is written at once; waiting for more to say would only delay it.
    let _ = stream.set_nodelay(true);
    let Some((name, trust)) = &job.tls else {
        return Ok(Stream::Plain(stream));
    };
    let connector = TlsConnector::from(trust.config.clone());
    let shaking = connector.connect(name.clone(), stream);
    let stream = tokio::time::timeout(CONNECTING, shaking)
        .await
        .map_err(|_| NetworkFailure::TimedOut)?
        .map_err(|error| no_tls(name.to_str().into_owned(), &error))?;
    Ok(Stream::Tls(Box::new(stream)))
}

/// The request on its way out. Dropping it ends that.
struct Writing(JoinHandle<()>);

impl Drop for Writing {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn converse<S>(stream: S, job: Job, mut answer: Answer)
where
    S: AsyncRead + AsyncWrite + Send + 'static,
{
    let (reading, mut writing) = tokio::io::split(stream);
    let request = job.request;
    // Servers may answer before they have read everything.
    let writing = Writing(tokio::spawn(async move {
        // What goes wrong there, the answer tells.
        if writing.write_all(&request).await.is_ok() {
            let _ = writing.flush().await;
        }
    }));
    let mut reader = Reader::new(reading);
    let begun = tokio::select! {
        () = answer.closed() => return,
        begun = begin(&mut reader, &job.method) => begun,
    };
    match begun {
        Ok((head, early_hints)) => {
            let (chunks, body) = mpsc::channel(CHUNKS_AHEAD);
            let begun = Begun {
                head,
                early_hints,
                is_empty: reader.is_at_the_end(),
                body,
            };
            if answer.send(Ok(begun)).is_ok() {
                forward(reader, chunks).await;
            }
        }
        Err(failure) => drop(answer.send(Err(failure))),
    }
    drop(writing);
}

/// Reads the head of the final answer and what comes before it.
async fn begin<S: AsyncRead + Unpin>(
    reader: &mut Reader<S>,
    method: &[u8],
) -> Result<(Head, Vec<HeaderList>), NetworkFailure> {
    let mut early_hints = Vec::new();
    loop {
        let head = reader
            .head(method)
            .await
            .map_err(|no_answer| match no_answer {
                NoAnswer::Ended => NetworkFailure::ConnectionReset,
                NoAnswer::NotHttp(why) => NetworkFailure::NotHttp { why },
            })?;
        match head.status {
            101 => {
                let why = "a real server's change of protocols is not modelled".to_owned();
                return Err(NetworkFailure::NotHttp { why });
            }
            103 => early_hints.push(head.headers),
            100..200 => {}
            _ => return Ok((head, early_hints)),
        }
    }
}

/// Hands the body on, chunk by chunk, until nobody wants more.
async fn forward<S: AsyncRead>(mut reader: Reader<ReadHalf<S>>, chunks: mpsc::Sender<Chunk>) {
    loop {
        let chunk = tokio::select! {
            () = chunks.closed() => return,
            chunk = reader.chunk() => chunk,
        };
        let (chunk, goes_on) = match chunk {
            Ok(None) => return,
            Ok(Some(bytes)) => (Ok(bytes), true),
            Err(_) => (Err(()), false),
        };
        if chunks.send(chunk).await.is_err() || !goes_on {
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
