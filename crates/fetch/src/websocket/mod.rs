//! WebSocket: the opening handshake.
//!
//! The handshake is a fetch with mode "websocket", whose request carries cookies and `Origin` and is not subject to
//! CORS: it is the server that has to look at `Origin`.
//!
//! <https://websockets.spec.whatwg.org/#websocket-opening-handshake>

mod channel;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use crossexam_web::header_value::{get_decode_and_split, is_token};
use crossexam_web::infra::isomorphic_decode;
use crossexam_web::trace::printable;
use crossexam_web::{HeaderList, Step, Trace, algorithm};
use sha1::{Digest as _, Sha1};
use url::Url;

use crate::client::Environment;
use crate::fetch_algorithm::{Fetched, fetch};
use crate::fetch_params::FetchController;
use crate::host::Host;
use crate::request::{
    CacheMode, CredentialsMode, Mode, RedirectMode, Referrer, Request, ServiceWorkersMode,
};
use crate::response::Response;
use crate::user_agent::UserAgent;
pub use channel::{Close, Endpoint, Frame, Message, connection};

/// The GUID that every WebSocket handshake is computed with. <https://www.rfc-editor.org/rfc/rfc6455#section-1.3>
const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// What a browser offers in `Sec-WebSocket-Extensions`.
const PERMESSAGE_DEFLATE: &str = "permessage-deflate; client_max_window_bits";

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Handshake {
    /// The URL, with scheme `ws` or `wss`.
    pub url: Url,
    /// The subprotocols, the one that is liked best first.
    pub protocols: Vec<String>,
    /// Sixteen random bytes.
    pub nonce: [u8; 16],
}

/// A connection that is established.
#[derive(Debug)]
pub struct Established {
    /// The browser's end.
    pub endpoint: Endpoint,
    /// The subprotocol in use; empty for none.
    pub protocol: String,
    /// The extensions in use; empty for none.
    pub extensions: String,
}

/// Why a connection was not established. <https://www.rfc-editor.org/rfc/rfc6455#section-4.1>
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HandshakeFailure {
    /// The fetch failed.
    #[error("the handshake's fetch failed")]
    NetworkError,
    /// The server did not switch protocols.
    #[error("the server answered with status {status} instead of 101")]
    Status {
        /// The status.
        status: u16,
    },
    /// A subprotocol was asked for, and the server named none.
    #[error("the server named none of the subprotocols that were asked for")]
    NoProtocol,
    /// `Upgrade` is not `websocket`.
    #[error("`Upgrade` is `{value}` instead of `websocket`")]
    Upgrade {
        /// The value.
        value: String,
    },
    /// `Connection` has no `Upgrade`.
    #[error("`Connection` is `{value}` and has no `Upgrade`")]
    Connection {
        /// The value.
        value: String,
    },
    /// `Sec-WebSocket-Accept` does not fit the key.
    #[error("`Sec-WebSocket-Accept` is `{actual}` instead of `{expected}`")]
    Accept {
        /// What fits the key.
        expected: String,
        /// What came.
        actual: String,
    },
    /// The server uses an extension that was not offered.
    #[error("the server uses the extension `{name}`, which was not offered")]
    Extension {
        /// The extension.
        name: String,
    },
    /// The server chose a subprotocol that was not asked for.
    #[error("the server chose the subprotocol `{name}`, which was not asked for")]
    Protocol {
        /// The subprotocol.
        name: String,
    },
    /// The host gave no connection along with the answer.
    #[error("the host gave no connection")]
    NoConnection,
}

/// What came of a handshake.
#[derive(Debug)]
pub struct HandshakeOutcome {
    /// The fetch.
    pub fetched: Fetched,
    /// The connection, or why there is none and the step that decided.
    pub result: Result<Established, (HandshakeFailure, &'static Step)>,
}

/// The request of a handshake.
#[algorithm(WebSockets, "concept-websocket-establish", untraced)]
pub fn handshake_request(
    handshake: &Handshake,
    client: Option<std::rc::Rc<Environment>>,
) -> Request {
    let mut url = handshake.url.clone();
    let scheme = if url.scheme() == "ws" {
        "http"
    } else {
        "https"
    };
    /// 1. The same URL with `http` or `https`.
    let url = match url.set_scheme(scheme) {
        Ok(()) => url,
        // NB: `ws` and `http` are both special schemes, and so are `wss` and `https`: this does not fail.
        Err(()) => handshake.url.clone(),
    };
    let mut request = Request::new(url);
    /// 2. Credentials go along, redirects are not followed, nothing is cached.
    request.client = client;
    request.service_workers_mode = ServiceWorkersMode::None;
    request.referrer = Referrer::NoReferrer;
    request.mode = Mode::WebSocket;
    request.credentials_mode = CredentialsMode::Include;
    request.cache_mode = CacheMode::NoStore;
    request.redirect_mode = RedirectMode::Error;
    /// 3. Ask for another protocol
    request.header_list.append("Upgrade", "websocket");
    /// 4. on this connection.
    request.header_list.append("Connection", "Upgrade");
    /// 5. The nonce, in base64,
    let key_value = BASE64.encode(handshake.nonce);
    /// 6. shows later that the server understood.
    request.header_list.append("Sec-WebSocket-Key", key_value);
    /// 7. The protocol's version.
    request.header_list.append("Sec-WebSocket-Version", "13");
    for protocol in &handshake.protocols {
        /// 8. The subprotocols.
        request
            .header_list
            .combine("Sec-WebSocket-Protocol", protocol.clone());
    }
    /// 9. What the browser offers
    let permessage_deflate = PERMESSAGE_DEFLATE;
    /// 10. by way of extensions.
    request
        .header_list
        .append("Sec-WebSocket-Extensions", permessage_deflate);
    request
}

/// Establishes a WebSocket connection.
#[algorithm(WebSockets, "concept-websocket-establish")]
pub async fn establish_a_websocket_connection<H: Host>(
    user_agent: &UserAgent,
    host: &H,
    handshake: &Handshake,
    request: Request,
    controller: &FetchController,
    trace: &Trace,
) -> HandshakeOutcome {
    /// 11. Fetch it.
    let fetched = fetch(user_agent, host, request, controller, trace).await;
    let result = match &fetched.response {
        /// 11.1. It must be a 101.
        Response::Error(_) => Err((HandshakeFailure::NetworkError, here!())),
        Response::Actual(actual) if actual.internal.status != 101 => {
            let status = actual.internal.status;
            Err((HandshakeFailure::Status { status }, here!()))
        }
        Response::Actual(actual) => {
            let headers = &actual.internal.header_list;
            if !handshake.protocols.is_empty() && !names_a_protocol(headers) {
                /// 11.2. Whoever asks for a subprotocol must get one.
                Err((HandshakeFailure::NoProtocol, here!()))
            } else {
                /// 11.3. And the answer must fit the question.
                let step = here!();
                validate(handshake, headers)
                    .and_then(|(protocol, extensions)| {
                        let endpoint = actual.internal.upgrade.clone();
                        Ok(Established {
                            endpoint: endpoint.ok_or(HandshakeFailure::NoConnection)?,
                            protocol,
                            extensions,
                        })
                    })
                    .map_err(|failure| (failure, step))
            }
        }
    };
    HandshakeOutcome { fetched, result }
}

/// Whether `Sec-WebSocket-Protocol` is there once and holds one token, as the grammar of a response has it.
fn names_a_protocol(headers: &HeaderList) -> bool {
    let mut values = headers.values(b"Sec-WebSocket-Protocol");
    matches!((values.next(), values.next()), (Some(value), None) if is_token(value))
}

/// What a server answers a key with. <https://www.rfc-editor.org/rfc/rfc6455#section-4.2.2>
pub fn accept_value(key: &[u8]) -> String {
    BASE64.encode(Sha1::new().chain_update(key).chain_update(GUID).finalize())
}

/// Whether an answer fits the handshake; the subprotocol and the extensions in use.
///
/// <https://www.rfc-editor.org/rfc/rfc6455#section-4.1>, the last list, 2 to 6.
pub fn validate(
    handshake: &Handshake,
    headers: &HeaderList,
) -> Result<(String, String), HandshakeFailure> {
    let text = |name: &[u8]| headers.get(name).map(|value| printable(&value));
    let value = text(b"Upgrade").unwrap_or_default();
    if !value.eq_ignore_ascii_case("websocket") {
        return Err(HandshakeFailure::Upgrade { value });
    }
    let connection = get_decode_and_split(headers, b"Connection").unwrap_or_default();
    if !connection
        .iter()
        .any(|token| token.eq_ignore_ascii_case("upgrade"))
    {
        let value = text(b"Connection").unwrap_or_default();
        return Err(HandshakeFailure::Connection { value });
    }
    let expected = accept_value(BASE64.encode(handshake.nonce).as_bytes());
    let actual = text(b"Sec-WebSocket-Accept").unwrap_or_default();
    if actual.trim_matches([' ', '\t']) != expected {
        return Err(HandshakeFailure::Accept { expected, actual });
    }
    let extensions = headers.get(b"Sec-WebSocket-Extensions");
    for extension in extensions
        .as_deref()
        .into_iter()
        .flat_map(|value| value.split(|byte| *byte == b','))
    {
        let name = extension
            .split(|byte| *byte == b';')
            .next()
            .unwrap_or_default();
        let name = printable(name.trim_ascii());
        // NB: messages travel whole here, so whether they are compressed on the wire makes no difference.
        if name != "permessage-deflate" {
            return Err(HandshakeFailure::Extension { name });
        }
    }
    let protocol = text(b"Sec-WebSocket-Protocol");
    if let Some(name) = &protocol
        && !handshake.protocols.contains(name)
    {
        return Err(HandshakeFailure::Protocol { name: name.clone() });
    }
    Ok((
        protocol.unwrap_or_default(),
        extensions.map_or_else(String::new, |value: Bytes| isomorphic_decode(&value)),
    ))
}

/// Whether a string may name a subprotocol: a token. <https://www.rfc-editor.org/rfc/rfc6455#section-4.1>
pub fn is_subprotocol(name: &str) -> bool {
    is_token(name.as_bytes())
}
