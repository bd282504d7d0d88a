//! Messages as they are on the wire, and their way into the `http` crate's types and back.

use bytes::Bytes;
use crossexam_fetch::body::BodyStream;
use crossexam_fetch::websocket::Endpoint;
use crossexam_fetch::{Body, HttpResponse, NetworkFailure};
use crossexam_web::HeaderList;
use url::Url;

use crate::pieces::Pieces;
use crate::server::{EarlyHints, PeerInfo, ReasonPhrase};
use crate::sockets::Upgrade;

/// A request on the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WireRequest {
    /// The method.
    pub method: Bytes,
    /// The URL, without user name, password and fragment: none of them is sent.
    pub url: Url,
    /// The headers in order, `Host` among them.
    pub headers: HeaderList,
    /// The body; empty for none.
    pub body: Bytes,
}

impl WireRequest {
    /// Puts a request on the wire: adds `Host` in front and `Content-Length` where a body needs one, unless they are there.
    pub(crate) fn new(
        method: Bytes,
        url: &Url,
        headers: &HeaderList,
        body: Option<&Bytes>,
    ) -> Self {
        let mut url = url.clone();
        url.set_fragment(None);
        // Both only fail for URLs without a host, which have neither.
        let _ = url.set_username("");
        let _ = url.set_password(None);
        let mut list = HeaderList::with_capacity(headers.len() + 2);
        if !headers.contains(b"Host") {
            list.append("Host", host_and_port(&url));
        }
        for header in headers {
            list.append(header.name.clone(), header.value.clone());
        }
        let body = body.cloned().unwrap_or_default();
        if !body.is_empty()
            && !list.contains(b"Content-Length")
            && !list.contains(b"Transfer-Encoding")
        {
            list.append("Content-Length", body.len().to_string());
        }
        Self {
            method,
            url,
            headers: list,
            body,
        }
    }

    /// Makes one header of those with the same name, as browsers write them.
    pub(crate) fn combine_headers(&mut self) {
        let mut combined = HeaderList::with_capacity(self.headers.len());
        for header in &self.headers {
            if !combined.contains(&header.name) {
                let value = self.headers.get(&header.name);
                combined.append(header.name.clone(), value.unwrap_or_default());
            }
        }
        self.headers = combined;
    }

    /// The target in origin-form: path and query.
    pub fn target(&self) -> &str {
        &self.url[url::Position::BeforePath..url::Position::AfterQuery]
    }

    /// The request for a server; `Err` says what the `http` crate cannot express.
    pub(crate) fn to_http(&self, peer: PeerInfo) -> Result<http::Request<Bytes>, http::Error> {
        let mut request = http::Request::builder()
            .method(&self.method[..])
            .uri(self.target())
            .version(http::Version::HTTP_11)
            .extension(peer);
        for header in &self.headers {
            request = request.header(&header.name[..], &header.value[..]);
        }
        request.body(self.body.clone())
    }
}

/// An answer on the wire.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WireResponse {
    /// The status.
    pub status: u16,
    /// The reason phrase.
    pub status_message: Bytes,
    /// The headers, in order.
    pub header_list: HeaderList,
    /// The body, decoded from transfer codings.
    pub body: Bytes,
    /// The server's counterpart of a WebSocket connection, where the answer switches to that protocol.
    pub upgrade: Option<Endpoint>,
    /// The body instead, where it is sent in pieces.
    pub pieces: Option<BodyStream>,
    /// The headers of early hints that come before it.
    pub early_hints: Vec<HeaderList>,
}

impl WireResponse {
    /// Waits for the pieces, where the body is sent in pieces.
    pub(crate) async fn gather(&mut self) -> Result<(), NetworkFailure> {
        if let Some(pieces) = self.pieces.take() {
            let bytes = Body::from_stream(pieces).fully_read().await;
            self.body = bytes.map_err(|_| NetworkFailure::ConnectionReset)?;
        }
        Ok(())
    }
}

impl From<WireResponse> for HttpResponse {
    fn from(response: WireResponse) -> Self {
        Self {
            status: response.status,
            status_message: response.status_message,
            header_list: response.header_list,
            body: response.pieces.unwrap_or_else(|| response.body.into()),
            upgrade: response.upgrade,
            interim_responses: Vec::new(),
        }
    }
}

/// The host and, if it is not the scheme's own, the port.
fn host_and_port(url: &Url) -> Bytes {
    Bytes::copy_from_slice(url[url::Position::BeforeHost..url::Position::AfterPort].as_bytes())
}

/// Whether an answer with this status has a body.
fn has_body(method: &[u8], status: u16) -> bool {
    method != b"HEAD" && !(100..200).contains(&status) && status != 204 && status != 304
}

/// A server's answer on the wire; `Err` says why it is not one.
pub(crate) fn from_http(
    method: &[u8],
    response: http::Response<Bytes>,
    upgrade: impl FnOnce(Upgrade) -> Option<Endpoint>,
    pieces: impl FnOnce(Pieces) -> Option<BodyStream>,
) -> Result<WireResponse, String> {
    let (parts, body) = response.into_parts();
    let upgrade = parts.extensions.get::<Upgrade>().copied().and_then(upgrade);
    if parts.status.is_informational() && upgrade.is_none() {
        return Err(format!(
            "the final answer has the interim status {}",
            parts.status.as_u16()
        ));
    }
    let status_message = match parts.extensions.get::<ReasonPhrase>() {
        Some(ReasonPhrase(phrase)) => phrase.clone(),
        None => Bytes::from_static(
            parts
                .status
                .canonical_reason()
                .unwrap_or_default()
                .as_bytes(),
        ),
    };
    let header_list = header_list(&parts.headers);
    let hints = parts.extensions.get::<EarlyHints>();
    let early_hints = hints.map_or_else(Vec::new, |EarlyHints(hints)| {
        hints.iter().map(self::header_list).collect()
    });
    let response = WireResponse {
        status: parts.status.as_u16(),
        status_message,
        header_list,
        body,
        upgrade,
        pieces: parts.extensions.get::<Pieces>().copied().and_then(pieces),
        early_hints,
    };
    Ok(framed(method, response))
}

fn header_list(headers: &http::HeaderMap) -> HeaderList {
    let mut list = HeaderList::with_capacity(headers.len() + 1);
    for (name, value) in headers {
        list.append(
            Bytes::copy_from_slice(name.as_str().as_bytes()),
            Bytes::copy_from_slice(value.as_bytes()),
        );
    }
    list
}

/// The answer as HTTP frames it: no body where none may be, `Content-Length` where one is.
pub(crate) fn framed(method: &[u8], mut response: WireResponse) -> WireResponse {
    let status = response.status;
    // Pieces are framed one by one.
    let length_is_said = response.pieces.is_some()
        || response.header_list.contains(b"Content-Length")
        || response.header_list.contains(b"Transfer-Encoding");
    if !length_is_said && !(100..200).contains(&status) && status != 204 && status != 304 {
        response
            .header_list
            .append("content-length", response.body.len().to_string());
    }
    if !has_body(method, status) {
        response.body = Bytes::new();
        response.pieces = None;
    }
    response
}

/// Corrects `Content-Length` after somebody has changed the body, unless they have changed the header as well.
pub(crate) fn reframe(headers: &mut HeaderList, old_length: usize, new_length: usize) {
    let corrects = match headers.get(b"Content-Length") {
        Some(value) => value == old_length.to_string(),
        None => new_length > 0 && !headers.contains(b"Transfer-Encoding"),
    };
    if corrects {
        headers.set("Content-Length", new_length.to_string());
    }
}

/// A short answer in plain text.
pub(crate) fn plain(status: u16, status_message: &'static str, text: String) -> WireResponse {
    WireResponse {
        status,
        status_message: Bytes::from_static(status_message.as_bytes()),
        header_list: [("content-type", "text/plain;charset=utf-8")]
            .into_iter()
            .collect(),
        body: text.into(),
        ..WireResponse::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(
        status: u16,
        headers: &[(&str, &str)],
        body: &'static str,
    ) -> http::Response<Bytes> {
        let mut response = http::Response::builder().status(status);
        for (name, value) in headers {
            response = response.header(*name, *value);
        }
        response.body(Bytes::from_static(body.as_bytes())).unwrap()
    }

    #[test]
    fn what_is_not_sent_is_not_there() {
        let url = "http://bob:secret@alice.example:8080/a?b#c"
            .parse()
            .unwrap();
        let request = WireRequest::new("GET".into(), &url, &HeaderList::new(), None);
        assert_eq!(request.url.as_str(), "http://alice.example:8080/a?b");
        assert_eq!(request.target(), "/a?b");
        assert_eq!(request.headers.get(b"host").unwrap(), "alice.example:8080");
        assert_eq!(request.headers.len(), 1);
    }

    #[test]
    fn headers_that_are_there_are_left_alone() {
        let headers = [("Host", "other.example"), ("Content-Length", "7")]
            .into_iter()
            .collect();
        let url = "http://alice.example/".parse().unwrap();
        let request = WireRequest::new("POST".into(), &url, &headers, Some(&"x=1".into()));
        assert_eq!(request.headers, headers);
    }

    #[test]
    fn a_body_gets_its_length() {
        let url = "http://[2001:db8::1]/".parse().unwrap();
        let request =
            WireRequest::new("POST".into(), &url, &HeaderList::new(), Some(&"x=1".into()));
        assert_eq!(request.headers.get(b"content-length").unwrap(), "3");
        assert_eq!(request.headers.get(b"host").unwrap(), "[2001:db8::1]");
    }

    #[test]
    fn framing() {
        for (method, status, headers, expected_body, expected_length) in [
            ("GET", 200, &[][..], "hello", Some("5")),
            ("GET", 404, &[], "hello", Some("5")),
            ("GET", 200, &[("content-length", "5")], "hello", Some("5")),
            (
                "GET",
                200,
                &[("transfer-encoding", "chunked")],
                "hello",
                None,
            ),
            ("HEAD", 200, &[], "", Some("5")),
            ("HEAD", 200, &[("content-length", "99")], "", Some("99")),
            ("GET", 204, &[], "", None),
            ("GET", 304, &[], "", None),
        ] {
            let answer = from_http(
                method.as_bytes(),
                response(status, headers, "hello"),
                |_| None,
                |_| None,
            )
            .unwrap();
            assert_eq!(answer.body, expected_body, "{method} {status}");
            let length = answer.header_list.get(b"Content-Length");
            assert_eq!(
                length.as_deref(),
                expected_length.map(str::as_bytes),
                "{method} {status}"
            );
        }
        assert!(from_http(b"GET", response(103, &[], ""), |_| None, |_| None).is_err());
    }

    #[test]
    fn duplicates_and_the_reason_phrase_survive() {
        let mut response = response(299, &[("set-cookie", "a=1"), ("set-cookie", "b=2")], "");
        response
            .extensions_mut()
            .insert(ReasonPhrase("Quite Fine".into()));
        let answer = from_http(b"GET", response, |_| None, |_| None).unwrap();
        assert_eq!(
            answer.header_list.values(b"Set-Cookie").collect::<Vec<_>>(),
            ["a=1", "b=2"]
        );
        assert_eq!(answer.status_message, "Quite Fine");
    }
}
