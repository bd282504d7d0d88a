//! What `curl -v` writes.

use super::Found;
use super::lines::{excerpt, field, request_line, status_line};
use crate::exchange::{Absence, Answered, Exchange, value_of};

type Line = (usize, String);

/// Whether lines are a transcript: one of them is a request or an answer behind its mark, or the error of curl.
pub(super) fn is_transcript(lines: &[Line]) -> bool {
    lines.iter().any(|(_, line)| {
        line.strip_prefix("> ")
            .is_some_and(|line| request_line(line).is_some())
            || line
                .strip_prefix("< ")
                .is_some_and(|line| status_line(line).is_some())
            || exit_code(line).is_some()
    })
}

/// `curl: (6) …`
fn exit_code(line: &str) -> Option<u32> {
    let rest = line.strip_prefix("curl: (")?;
    rest.split_once(')')?.0.parse().ok()
}

/// Where the lines stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum In {
    Nothing,
    Request,
    Answer,
}

/// A transcript that is being read.
struct Transcript {
    found: Found,
    current: Option<Exchange>,
    target: String,
    place: In,
    tls: bool,
    port: Option<u16>,
    /// The URL that curl itself names.
    named: Option<String>,
    absence: Option<Absence>,
}

pub(super) fn read(lines: &[Line]) -> Found {
    let mut transcript = Transcript {
        found: Found::default(),
        current: None,
        target: String::new(),
        place: In::Nothing,
        tls: false,
        port: None,
        named: None,
        absence: None,
    };
    for (number, line) in lines {
        transcript.line(*number, line);
    }
    transcript.end();
    if let (true, Some(absence)) = (transcript.found.exchanges.is_empty(), transcript.absence) {
        // It came to no request: where it was to go, only the command says.
        transcript.found.exchanges.push(Exchange {
            method: String::new(),
            url: transcript.named.unwrap_or_default(),
            absence: Some(absence),
            ..Exchange::default()
        });
    }
    transcript.found
}

impl Transcript {
    fn line(&mut self, number: usize, line: &str) {
        if let Some(code) = exit_code(line) {
            self.absence = Absence::of_curl(code)
                .or_else(|| Some(Absence::Unknown(format!("the exit code {code} of curl"))));
            return;
        }
        let (mark, rest) = line.split_at_checked(1).unwrap_or((line, ""));
        let rest = rest.strip_prefix(' ').unwrap_or(rest);
        match mark {
            ">" => self.sent(number, rest),
            "<" => self.came(number, rest),
            "*" => self.told(rest),
            _ => self.other(line),
        }
    }

    fn sent(&mut self, number: usize, line: &str) {
        if let Some((method, target)) = request_line(line) {
            self.end();
            self.current = Some(Exchange {
                method: method.to_owned(),
                has_request: true,
                ..Exchange::default()
            });
            self.target = target.to_owned();
            self.place = In::Request;
        } else if let (In::Request, Some(exchange)) = (self.place, &mut self.current) {
            header(&mut self.found, &mut exchange.request_headers, number, line);
        }
    }

    fn came(&mut self, number: usize, line: &str) {
        if let Some((status, reason)) = status_line(line) {
            let exchange = self.current.get_or_insert_default();
            // The final answer comes after the interim ones.
            exchange.answer = Some(Answered {
                status,
                reason: reason.to_owned(),
                headers: Vec::new(),
            });
            self.place = In::Answer;
        } else if let (In::Answer, Some(exchange)) = (self.place, &mut self.current)
            && let Some(answer) = &mut exchange.answer
        {
            header(&mut self.found, &mut answer.headers, number, line);
        }
    }

    /// What curl tells of itself.
    fn told(&mut self, line: &str) {
        if line.starts_with("Connected to ") || line.starts_with("Established connection to ") {
            let after = line.split(" port ").nth(1).unwrap_or_default();
            let digits: String = after.chars().take_while(char::is_ascii_digit).collect();
            self.port = digits.parse().ok();
            self.tls = self.port == Some(443);
        } else if line.starts_with("SSL connection using") || line.contains("TLS handshake") {
            self.tls = true;
        } else if let Some((_, url)) = line.split_once("to this URL: ") {
            self.named = Some(url.trim_matches('\'').to_owned());
        } else if let Some((_, host)) = line.split_once("Could not resolve host: ") {
            self.named = Some(format!("https://{}/", host.trim()));
        }
    }

    /// What has no mark: bodies, the command itself, and the rest of a header that somebody's terminal has broken.
    fn other(&mut self, line: &str) {
        let Some(exchange) = &mut self.current else {
            if self.named.is_none()
                && line.contains("curl ")
                && let Some(url) = line
                    .split_ascii_whitespace()
                    .map(|word| word.trim_matches(['\'', '"']))
                    .find(|word| word.starts_with("http://") || word.starts_with("https://"))
            {
                self.named = Some(url.to_owned());
            }
            return;
        };
        let headers = match (self.place, &mut exchange.answer) {
            (In::Answer, Some(answer)) => &mut answer.headers,
            (In::Request, _) => &mut exchange.request_headers,
            _ => return,
        };
        if let Some((_, value)) = headers.last_mut()
            && value.ends_with(',')
            && !line.trim().is_empty()
        {
            value.push(' ');
            value.push_str(line.trim());
        }
    }

    /// The exchange is complete.
    fn end(&mut self) {
        self.place = In::Nothing;
        let Some(mut exchange) = self.current.take() else {
            return;
        };
        if exchange.method == "CONNECT" {
            // With a proxy, which answers for itself.
            return;
        }
        let scheme = if self.tls { "https" } else { "http" };
        if self.target.contains("://") {
            exchange.url = std::mem::take(&mut self.target);
        } else if let Some(host) = value_of(&exchange.request_headers, "Host") {
            exchange.url = format!("{scheme}://{host}{}", self.target);
        }
        if exchange.answer.is_none() {
            exchange.absence = self.absence.take();
        }
        self.found.exchanges.push(exchange);
    }
}

/// A header, or the rest of the one before it.
fn header(found: &mut Found, headers: &mut Vec<(String, String)>, number: usize, line: &str) {
    if line.starts_with([' ', '\t']) {
        if let Some((_, value)) = headers.last_mut() {
            value.push(' ');
            value.push_str(line.trim());
        }
    } else if let Some((name, value)) = field(line) {
        headers.push((name.to_owned(), value.to_owned()));
    } else if !line.is_empty() {
        found.line(
            number,
            format!("`{}` is no header; it was passed over", excerpt(line)),
        );
    }
}
