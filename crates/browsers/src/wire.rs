//! HTTP/1.1 as a server has it, raw enough to send what no library would.

use crossexam_oracle::{Answer, Octets};
use crossexam_web::infra::{isomorphic_decode, isomorphic_encode};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// The most that is read of a head and of a body.
const LIMIT: usize = 1 << 22;

/// A request as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Request {
    /// The method.
    pub(crate) method: String,
    /// The request target: a path, an absolute URL, or a host and port.
    pub(crate) target: String,
    /// The header lines, names and values, a character a byte.
    pub(crate) headers: Vec<(String, String)>,
    /// The body.
    pub(crate) body: Vec<u8>,
}

impl Request {
    /// The value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.headers.iter();
        lines
            .find(|(found, _)| found.eq_ignore_ascii_case(name))
            .map(|(_, value)| &value[..])
    }

    /// Reads one. `None` if nothing more comes, or what comes is no request.
    pub(crate) async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Option<Self> {
        let head = read_until(stream, b"\r\n\r\n").await?;
        let head = isomorphic_decode(&head);
        let mut lines = head.split("\r\n");
        let mut first = lines.next()?.split(' ');
        let (method, target) = (first.next()?.to_owned(), first.next()?.to_owned());
        let headers = lines.filter_map(|line| {
            let (name, value) = line.split_once(':')?;
            Some((name.to_owned(), value.trim_matches([' ', '\t']).to_owned()))
        });
        let mut request = Self {
            method,
            target,
            headers: headers.collect(),
            body: Vec::new(),
        };
        if let Some(length) = request.header("content-length") {
            let length: usize = length.parse().ok().filter(|it| *it < LIMIT)?;
            request.body = vec![0; length];
            stream.read_exact(&mut request.body).await.ok()?;
        } else if request.header("transfer-encoding").is_some() {
            request.body = read_chunks(stream).await?;
        }
        Some(request)
    }
}

async fn read_chunks(stream: &mut (impl AsyncRead + Unpin)) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let line = read_until(stream, b"\r\n").await?;
        let line = String::from_utf8(line).ok()?;
        let size = line.split(';').next().unwrap_or_default().trim();
        let size = usize::from_str_radix(size, 16).ok()?;
        if size == 0 {
            read_until(stream, b"\r\n").await?;
            return Some(body);
        }
        let mut chunk = vec![0; size.min(LIMIT)];
        stream.read_exact(&mut chunk).await.ok()?;
        body.append(&mut chunk);
        read_until(stream, b"\r\n").await?;
    }
}

/// What stands before this end, byte by byte: nothing after it may be taken.
async fn read_until(stream: &mut (impl AsyncRead + Unpin), end: &[u8]) -> Option<Vec<u8>> {
    let mut read = Vec::new();
    while !read.ends_with(end) {
        read.push(stream.read_u8().await.ok()?);
        if read.len() > LIMIT {
            return None;
        }
    }
    read.truncate(read.len() - end.len());
    Some(read)
}

/// The bytes of an answer, just as the case has it. Nothing says how long the body is: it ends with the connection, and a
/// script sees no header that the case does not have.
pub(crate) fn answer_bytes(answer: &Answer, method: &str) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {} {}\r\n", answer.status, answer.reason);
    for line in &answer.headers {
        head.push_str(line);
        head.push_str("\r\n");
    }
    head.push_str("\r\n");
    let mut bytes = isomorphic_encode(&head).map_or_else(Vec::new, |it| it.to_vec());
    if method != "HEAD" && !matches!(answer.status, 204 | 304) {
        let body = answer.body.as_ref().and_then(Octets::bytes);
        bytes.extend_from_slice(&body.unwrap_or_default());
    }
    bytes
}

/// Sends it.
pub(crate) async fn send(stream: &mut (impl AsyncWrite + Unpin), bytes: &[u8]) -> Option<()> {
    stream.write_all(bytes).await.ok()?;
    stream.flush().await.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_request_is_read_to_its_end_and_not_further() {
        let text = b"PUT /a HTTP/1.1\r\nHost: a.example\r\nContent-Length: 2\r\nX-One:  \xe9 \r\n\r\nhiGET";
        let mut stream = &text[..];
        let request = Request::read(&mut stream).await.unwrap();
        assert_eq!((&request.method[..], &request.target[..]), ("PUT", "/a"));
        assert_eq!(request.header("x-one"), Some("\u{e9}"));
        assert_eq!(request.body, b"hi");
        assert_eq!(stream, b"GET");
    }

    #[tokio::test]
    async fn chunks_are_put_together() {
        let text = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n1;x\r\n!\r\n0\r\n\r\n";
        let request = Request::read(&mut &text[..]).await.unwrap();
        assert_eq!(request.body, b"hi!");
    }

    #[test]
    fn an_answer_has_the_lines_of_the_case_and_no_others() {
        let answer = Answer {
            reason: "Fine".to_owned(),
            body: Some("hello".into()),
            ..Answer::with_headers(["X-One:\u{e9}", "no header"])
        };
        let expected = b"HTTP/1.1 200 Fine\r\nX-One:\xe9\r\nno header\r\n\r\nhello";
        assert_eq!(answer_bytes(&answer, "GET"), expected);
        assert!(answer_bytes(&answer, "HEAD").ends_with(b"\r\n\r\n"));
    }
}
