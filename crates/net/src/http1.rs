//! HTTP/1.1 as browsers write and read it.
//!
//! What a browser accepts of a server's answer is part of what it is: values with control characters reach the page,
//! lines without a colon are passed over, folded lines are joined. Libraries for servers and strict clients refuse such
//! answers or change the spelling of names, so the few rules stand here.
//!
//! <https://httpwg.org/specs/rfc9112.html>

use bytes::{Buf, Bytes, BytesMut};
use crossexam_sim::WireRequest;
use crossexam_web::HeaderList;
use crossexam_web::mime::extract_a_length;
use tokio::io::{AsyncRead, AsyncReadExt};

/// How long the head of an answer may be, in bytes. Chromium takes as much.
const LONGEST_HEAD: usize = 256 * 1024;

/// How long the line with a chunk's size may be, in bytes.
const LONGEST_SIZE_LINE: usize = 16 * 1024;

/// How many bytes are read from a socket at a time.
const READ_AT_ONCE: usize = 64 * 1024;

/// The bytes of a request. Names are spelled as they were given. `None` if a part of it would begin another line: then it
/// cannot be sent as what it is.
pub(crate) fn request_bytes(request: &WireRequest) -> Option<Bytes> {
    let breaks = |part: &[u8]| part.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0));
    let headers = request.headers.iter();
    if breaks(&request.method)
        || headers
            .into_iter()
            .any(|header| breaks(&header.name) || breaks(&header.value))
    {
        return None;
    }
    let mut bytes = BytesMut::with_capacity(512 + request.body.len());
    let mut write = |part: &[u8]| bytes.extend_from_slice(part);
    write(&request.method);
    write(b" ");
    write(request.target().as_bytes());
    write(b" HTTP/1.1\r\n");
    for header in &request.headers {
        write(&header.name);
        write(b": ");
        write(&header.value);
        write(b"\r\n");
    }
    write(b"\r\n");
    write(&request.body);
    Some(bytes.freeze())
}

/// The status line and the headers of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) status: u16,
    pub(crate) status_message: Bytes,
    pub(crate) headers: HeaderList,
}

impl Head {
    /// Whether another answer follows this one.
    fn is_interim(&self) -> bool {
        (100..200).contains(&self.status)
    }
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NoAnswer {
    /// The connection ended before.
    Ended,
    /// What came is not HTTP/1.1.
    NotHttp(String),
}

fn not_http(why: impl Into<String>) -> NoAnswer {
    NoAnswer::NotHttp(why.into())
}

/// Reads a head without the empty line at its end.
fn parse_head(bytes: &Bytes) -> Result<Head, NoAnswer> {
    if bytes.contains(&0) {
        return Err(not_http("there is a NUL in the head of the answer"));
    }
    let mut lines = lines(bytes);
    let (status, status_message) = parse_status_line(lines.next().unwrap_or_default())?;
    let mut fields: Vec<(Bytes, Bytes)> = Vec::new();
    for line in lines {
        let is_folded = line.starts_with(b" ") || line.starts_with(b"\t");
        if let (true, Some((_, value))) = (is_folded, fields.last_mut()) {
            // A folded line goes on where the one before it ended.
            let mut joined = BytesMut::from(&value[..]);
            joined.extend_from_slice(b" ");
            joined.extend_from_slice(trim(&line));
            *value = joined.freeze();
            continue;
        }
        let Some(colon) = line.iter().position(|&byte| byte == b':') else {
            continue;
        };
        let name = line.slice(..colon);
        let is_token = !name.is_empty() && http::HeaderName::from_bytes(&name).is_ok();
        if is_token {
            let value = line.slice(colon + 1..);
            fields.push((name, value.slice_ref(trim(&value))));
        }
    }
    let headers = fields.into_iter().collect();
    Ok(Head {
        status,
        status_message,
        headers,
    })
}

/// The lines, without what ends them.
fn lines(bytes: &Bytes) -> impl Iterator<Item = Bytes> + '_ {
    bytes
        .split(|&byte| byte == b'\n')
        .map(|line| bytes.slice_ref(line.strip_suffix(b"\r").unwrap_or(line)))
}

fn trim(value: &[u8]) -> &[u8] {
    let is_space = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r');
    let start = value.iter().position(|byte| !is_space(byte));
    let end = value.iter().rposition(|byte| !is_space(byte));
    match (start, end) {
        (Some(start), Some(end)) => &value[start..=end],
        _ => &[],
    }
}

fn parse_status_line(line: Bytes) -> Result<(u16, Bytes), NoAnswer> {
    let shown = || {
        let text = String::from_utf8_lossy(&line);
        text.chars()
            .take(40)
            .collect::<String>()
            .escape_debug()
            .to_string()
    };
    let parsed = || {
        let (version, rest) = line.split_at_checked(8)?;
        let is_version = version[..5].eq_ignore_ascii_case(b"HTTP/")
            && version[5] == b'1'
            && version[6] == b'.'
            && version[7].is_ascii_digit();
        let rest = rest.strip_prefix(b" ")?.trim_ascii_start();
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (status, phrase) = rest.split_at(digits);
        // The Fetch Standard takes every status from 0 to 999.
        let is_status = (1..=3).contains(&digits);
        let status: u16 = std::str::from_utf8(status).ok()?.parse().ok()?;
        let phrase = match phrase.first() {
            None => phrase,
            Some(b' ') => &phrase[1..],
            Some(_) => return None,
        };
        (is_version && is_status).then(|| (status, line.slice_ref(phrase)))
    };
    parsed().ok_or_else(|| not_http(format!("an answer cannot begin with \"{}\"", shown())))
}

/// How the end of a body is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Framing {
    /// After so many bytes.
    Length(u64),
    /// After the chunk without bytes. The number is what is still to come of the current one.
    Chunked { left: u64, is_first: bool },
    /// When the connection ends.
    UntilTheEnd,
    /// It has ended.
    Ended,
}

fn framing(method: &[u8], head: &Head) -> Result<Framing, NoAnswer> {
    if method == b"HEAD" || matches!(head.status, 204 | 304) {
        return Ok(Framing::Length(0));
    }
    let is_chunked = head
        .headers
        .get(b"Transfer-Encoding")
        .is_some_and(|codings| {
            let last = codings.rsplit(|&byte| byte == b',').next();
            last.is_some_and(|last| trim(last).eq_ignore_ascii_case(b"chunked"))
        });
    if is_chunked {
        return Ok(Framing::Chunked {
            left: 0,
            is_first: true,
        });
    }
    match extract_a_length(&head.headers) {
        Ok(Some(length)) => Ok(Framing::Length(length)),
        Ok(None) => Ok(Framing::UntilTheEnd),
        Err(_) => Err(not_http("the answer has more than one Content-Length")),
    }
}

/// The connection broke off, or what came of the body makes no sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BrokenOff;

/// Reads answers from a connection.
#[derive(Debug)]
pub(crate) struct Reader<S> {
    stream: S,
    buffer: BytesMut,
    framing: Framing,
}

impl<S: AsyncRead + Unpin> Reader<S> {
    pub(crate) fn new(stream: S) -> Self {
        Self {
            stream,
            buffer: BytesMut::new(),
            framing: Framing::Ended,
        }
    }

    /// Reads more; says whether there was more. As for browsers, a TLS connection may end without saying so.
    async fn read_more(&mut self) -> std::io::Result<bool> {
        self.buffer.reserve(READ_AT_ONCE);
        match self.stream.read_buf(&mut self.buffer).await {
            Ok(count) => Ok(count > 0),
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Reads the head of an answer to a request with this method, interim or final. The body of a final one is read
    /// chunk by chunk afterwards.
    pub(crate) async fn head(&mut self, method: &[u8]) -> Result<Head, NoAnswer> {
        let mut searched = 0;
        let (end, after) = loop {
            if let Some(found) = end_of_head(&self.buffer, searched) {
                break found;
            }
            if self.buffer.len() > LONGEST_HEAD {
                return Err(not_http("the head of the answer does not end"));
            }
            searched = self.buffer.len().saturating_sub(3);
            match self.read_more().await {
                Ok(true) => {}
                Ok(false) | Err(_) if self.buffer.is_empty() => return Err(NoAnswer::Ended),
                // A head that the connection's end ends is taken as it is.
                Ok(false) => break (self.buffer.len(), 0),
                Err(_) => return Err(NoAnswer::Ended),
            }
        };
        let head = self.buffer.split_to(end).freeze();
        self.buffer.advance(after);
        let head = parse_head(&head)?;
        if !head.is_interim() {
            self.framing = framing(method, &head)?;
        }
        Ok(head)
    }

    /// Whether it is known already that no more of the body comes.
    pub(crate) fn is_at_the_end(&self) -> bool {
        matches!(self.framing, Framing::Ended | Framing::Length(0))
    }

    /// Reads a piece of the body; none is left at its end.
    pub(crate) async fn chunk(&mut self) -> Result<Option<Bytes>, BrokenOff> {
        loop {
            match self.framing {
                Framing::Ended | Framing::Length(0) => return Ok(None),
                Framing::Length(left) => {
                    let piece = self.piece(left).await?;
                    self.framing = Framing::Length(left - piece.len() as u64);
                    return Ok(Some(piece));
                }
                Framing::UntilTheEnd => {
                    if self.buffer.is_empty() && !self.read_more().await.map_err(|_| BrokenOff)? {
                        self.framing = Framing::Ended;
                        return Ok(None);
                    }
                    return Ok(Some(self.buffer.split().freeze()));
                }
                Framing::Chunked { left: 0, is_first } => {
                    if !is_first && !self.line().await?.is_empty() {
                        return Err(BrokenOff);
                    }
                    let size = self.line().await?;
                    match chunk_size(&size).ok_or(BrokenOff)? {
                        0 => {
                            // Trailers are no part of what a page sees.
                            while !self.line().await?.is_empty() {}
                            self.framing = Framing::Ended;
                        }
                        left => {
                            self.framing = Framing::Chunked {
                                left,
                                is_first: false,
                            };
                        }
                    }
                }
                Framing::Chunked { left, is_first } => {
                    let piece = self.piece(left).await?;
                    self.framing = Framing::Chunked {
                        left: left - piece.len() as u64,
                        is_first,
                    };
                    return Ok(Some(piece));
                }
            }
        }
    }

    /// What is there, but no more than `at_most`; waits until there is something.
    async fn piece(&mut self, at_most: u64) -> Result<Bytes, BrokenOff> {
        if self.buffer.is_empty() && !self.read_more().await.map_err(|_| BrokenOff)? {
            return Err(BrokenOff);
        }
        let length =
            usize::try_from(at_most).map_or(self.buffer.len(), |most| most.min(self.buffer.len()));
        Ok(self.buffer.split_to(length).freeze())
    }

    /// The next line, without what ends it.
    async fn line(&mut self) -> Result<Bytes, BrokenOff> {
        loop {
            if let Some(end) = self.buffer.iter().position(|&byte| byte == b'\n') {
                let line = self.buffer.split_to(end).freeze();
                self.buffer.advance(1);
                return Ok(line.slice_ref(line.strip_suffix(b"\r").unwrap_or(&line)));
            }
            if self.buffer.len() > LONGEST_SIZE_LINE
                || !self.read_more().await.map_err(|_| BrokenOff)?
            {
                return Err(BrokenOff);
            }
        }
    }
}

/// Where the head ends, and how many bytes there are between it and the body.
fn end_of_head(bytes: &[u8], from: usize) -> Option<(usize, usize)> {
    (from..bytes.len()).find_map(|at| {
        let rest = &bytes[at..];
        if rest.starts_with(b"\n\r\n") {
            Some((at, 3))
        } else if rest.starts_with(b"\n\n") {
            Some((at, 2))
        } else {
            None
        }
    })
}

/// The number of bytes in a chunk: hexadecimal digits, and extensions that mean nothing.
fn chunk_size(line: &[u8]) -> Option<u64> {
    let size = line.split(|&byte| byte == b';').next().unwrap_or_default();
    let size = std::str::from_utf8(trim(size)).ok()?;
    let is_hexadecimal = !size.is_empty() && size.bytes().all(|byte| byte.is_ascii_hexdigit());
    u64::from_str_radix(size, 16)
        .ok()
        .filter(|_| is_hexadecimal)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block_on<T>(future: impl Future<Output = T>) -> T {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        runtime.block_on(future)
    }

    fn head_of(bytes: &[u8]) -> Result<Head, NoAnswer> {
        block_on(Reader::new(bytes).head(b"GET"))
    }

    /// The body of an answer to a request, and whether it came to its end.
    fn body_of(method: &str, bytes: &[u8]) -> (String, Result<(), BrokenOff>) {
        block_on(async {
            let mut reader = Reader::new(bytes);
            reader.head(method.as_bytes()).await.unwrap();
            let mut body = Vec::new();
            loop {
                match reader.chunk().await {
                    Ok(Some(piece)) => body.extend_from_slice(&piece),
                    end => return (String::from_utf8(body).unwrap(), end.map(drop)),
                }
            }
        })
    }

    #[test]
    fn requests_are_written_as_they_are() {
        let request = WireRequest {
            method: "pAtCh".into(),
            url: "http://alice.example:81/a?b".parse().unwrap(),
            headers: [("Host", "alice.example:81"), ("x-LOUD", "1")]
                .into_iter()
                .collect(),
            body: "hi".into(),
        };
        assert_eq!(
            request_bytes(&request).unwrap(),
            "pAtCh /a?b HTTP/1.1\r\nHost: alice.example:81\r\nx-LOUD: 1\r\n\r\nhi"
        );
        for (name, value) in [("A", "b\r\nC: d"), ("A\nB", "c"), ("A", "\0")] {
            let headers = [(name, value)].into_iter().collect();
            let request = WireRequest {
                headers,
                ..request.clone()
            };
            assert_eq!(request_bytes(&request), None, "{name:?} {value:?}");
        }
    }

    #[test]
    fn heads() {
        for (bytes, status, phrase, headers) in [
            ("HTTP/1.1 200 OK\r\n\r\n", 200, "OK", &[][..]),
            (
                "HTTP/1.0 404 Not  Found \r\nA: b\r\n\r\n",
                404,
                "Not  Found ",
                &[("A", "b")],
            ),
            ("HTTP/1.1 299\nA:b\n\n", 299, "", &[("A", "b")]),
            ("http/1.1 200 \nA:b\n\n", 200, "", &[("A", "b")]),
            (
                "HTTP/1.1 200 OK\r\nA: \t b c\t\r\n\r\n",
                200,
                "OK",
                &[("A", "b c")],
            ),
            (
                "HTTP/1.1 200 OK\r\nA: b\r\n  c\r\n\td\r\n\r\n",
                200,
                "OK",
                &[("A", "b c d")],
            ),
            (
                "HTTP/1.1 200 OK\r\nA: b\x01\x0c\r\n\r\n",
                200,
                "OK",
                &[("A", "b\x01\x0c")],
            ),
            (
                "HTTP/1.1 200 OK\r\nnonsense\r\nA: b\r\n\r\n",
                200,
                "OK",
                &[("A", "b")],
            ),
            (
                "HTTP/1.1 200 OK\r\nA b: c\r\n: d\r\nA: b\r\n\r\n",
                200,
                "OK",
                &[("A", "b")],
            ),
            (
                "HTTP/1.1 200 OK\r\nA: 1\r\na: 2\r\n\r\n",
                200,
                "OK",
                &[("A", "1"), ("a", "2")],
            ),
            ("HTTP/1.1 200 OK\r\nA: b", 200, "OK", &[("A", "b")]),
        ] {
            let expected = Head {
                status,
                status_message: phrase.into(),
                headers: headers.iter().copied().collect(),
            };
            assert_eq!(head_of(bytes.as_bytes()), Ok(expected), "{bytes:?}");
        }
    }

    #[test]
    fn what_is_no_head() {
        for bytes in [
            "<!doctype html>\r\n\r\n",
            "HTTP/1.1 OK\r\n\r\n",
            "HTTP/1.1 2000\r\n\r\n",
            "HTTP/1.1 2000 OK\r\n\r\n",
            "HTTP/1.1 0099 Low\r\n\r\n",
            "HTTP/2 200 OK\r\n\r\n",
            "HTTP/1.1200 OK\r\n\r\n",
            "HTTP/1.1 200 OK\r\nA: \0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        ] {
            let head = head_of(bytes.as_bytes());
            assert!(
                matches!(head, Err(NoAnswer::NotHttp(_))),
                "{bytes:?}: {head:?}"
            );
        }
        for (line, status) in [("0 Zero", 0), ("1 One", 1), ("077 x", 77), ("999 x", 999)] {
            let bytes = format!("HTTP/1.1 {line}\r\nA: b\r\n\r\n");
            assert_eq!(head_of(bytes.as_bytes()).unwrap().status, status, "{line}");
        }
        for line in ["1000 x", "0200 x", "-200 x", "0xA", "C8", ""] {
            let bytes = format!("HTTP/1.1 {line}\r\n\r\n");
            let head = head_of(bytes.as_bytes());
            assert!(matches!(head, Err(NoAnswer::NotHttp(_))), "{line}");
        }
        assert_eq!(head_of(b""), Err(NoAnswer::Ended));
        let endless = [
            b"HTTP/1.1 200 OK\r\n".as_slice(),
            &b"A: b\r\n".repeat(60_000),
        ]
        .concat();
        assert!(matches!(head_of(&endless), Err(NoAnswer::NotHttp(_))));
    }

    #[test]
    fn bodies() {
        let ends = Ok(());
        let breaks = Err(BrokenOff);
        for (method, rest, body, end) in [
            ("GET", "200 OK\r\n\r\nhello", "hello", ends),
            (
                "GET",
                "200 OK\r\nContent-Length: 4\r\n\r\nhello",
                "hell",
                ends,
            ),
            (
                "GET",
                "200 OK\r\nContent-Length: 9\r\n\r\nhello",
                "hello",
                breaks,
            ),
            ("GET", "200 OK\r\nContent-Length: 0\r\n\r\nhello", "", ends),
            ("HEAD", "200 OK\r\nContent-Length: 5\r\n\r\n", "", ends),
            ("GET", "204 No\r\nContent-Length: 5\r\n\r\n", "", ends),
            ("GET", "304 No\r\nContent-Length: 5\r\n\r\n", "", ends),
            (
                "GET",
                "200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\nA: b\r\n\r\n",
                "hello",
                ends,
            ),
            (
                "GET",
                "200 OK\r\nTransfer-Encoding: gzip, Chunked\r\nContent-Length: 1\r\n\r\nA\r\n0123456789\r\n0\r\n\r\n",
                "0123456789",
                ends,
            ),
            (
                "GET",
                "200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nl",
                "hel",
                breaks,
            ),
            (
                "GET",
                "200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n",
                "he",
                breaks,
            ),
            (
                "GET",
                "200 OK\r\nTransfer-Encoding: chunked\r\n\r\n+2\r\nhe\r\n0\r\n\r\n",
                "",
                breaks,
            ),
            (
                "GET",
                "200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhello\r\n",
                "he",
                breaks,
            ),
        ] {
            let bytes = format!("HTTP/1.1 {rest}");
            assert_eq!(
                body_of(method, bytes.as_bytes()),
                (body.to_owned(), end),
                "{bytes:?}"
            );
        }
    }

    #[test]
    fn interim_answers_come_first() {
        block_on(async {
            let bytes: &[u8] =
                b"HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 200 OK\r\n\r\nhi";
            let mut reader = Reader::new(bytes);
            assert_eq!(reader.head(b"GET").await.unwrap().status, 103);
            assert_eq!(reader.head(b"GET").await.unwrap().status, 200);
            assert_eq!(reader.chunk().await.unwrap().unwrap(), "hi");
        });
    }
}
