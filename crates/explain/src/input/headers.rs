//! Headers: raw, or as developer tools copy them.

use super::Found;
use super::lines::{excerpt, field, is_name, request_line, status_line};
use crate::exchange::{Exchange, value_of};

type Line = (usize, String);

/// Where the lines stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum In {
    /// No heading said it yet.
    Nowhere,
    General,
    Request,
    Answer,
    Body,
}

struct Paste {
    found: Found,
    current: Exchange,
    is_empty: bool,
    target: String,
    place: In,
    /// Whether what is read is raw HTTP, in which an empty line ends the headers.
    raw: bool,
}

pub(super) fn read(lines: &[Line]) -> Found {
    let mut paste = Paste {
        found: Found::default(),
        current: Exchange::default(),
        is_empty: true,
        target: String::new(),
        place: In::Nowhere,
        raw: false,
    };
    let mut lines = lines.iter().peekable();
    while let Some((number, line)) = lines.next() {
        // Developer tools copy a name and its value as two lines.
        let name = line.strip_suffix(':').unwrap_or(line).trim();
        let bare = name.strip_prefix(':').unwrap_or(name);
        let next = lines.peek().map(|(_, next)| next.trim());
        let next = next.filter(|next| !next.is_empty() && heading(next).is_none());
        if let (Some(name), Some(value)) = (general_name(name), next)
            && paste.place != In::Body
        {
            paste.general(name, value);
            lines.next();
            continue;
        }
        let is_pseudo = name.starts_with(':');
        if paste.place != In::Body
            && is_name(bare)
            && (line.ends_with(':')
                || is_pseudo
                || bare.contains('-')
                || is_single_word_header(bare))
            && heading(line).is_none()
            && let Some(value) = next
            && (line.ends_with(':') || field(value).is_none_or(|_| value.contains("://")))
        {
            paste.header(*number, name, value);
            lines.next();
            continue;
        }
        paste.line(*number, line);
    }
    paste.end();
    paste.found
}

fn is_single_word_header(name: &str) -> bool {
    const NAMES: [&str; 12] = [
        "accept",
        "authorization",
        "cookie",
        "date",
        "etag",
        "host",
        "location",
        "origin",
        "pragma",
        "referer",
        "server",
        "vary",
    ];
    NAMES.iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// The headings of developer tools.
fn heading(line: &str) -> Option<In> {
    let line = line.trim().trim_end_matches(':').to_ascii_lowercase();
    let words = line.split(" (").next().unwrap_or_default();
    Some(match words {
        "general" => In::General,
        "request headers" | "request" => In::Request,
        "response headers" | "response" => In::Answer,
        _ => return None,
    })
}

impl Paste {
    fn line(&mut self, number: usize, line: &str) {
        if let Some((method, target)) = request_line(line) {
            if !self.is_empty && (self.current.has_request || self.current.answer.is_some()) {
                self.end();
            }
            method.clone_into(&mut self.current.method);
            target.clone_into(&mut self.target);
            self.current.has_request = true;
            self.is_empty = false;
            self.place = In::Request;
            self.raw = true;
            return;
        }
        if let Some((status, reason)) = status_line(line) {
            if self
                .current
                .answer
                .as_ref()
                .is_some_and(|it| it.status >= 200)
            {
                self.end();
            }
            self.status(status, reason);
            self.place = In::Answer;
            self.raw = true;
            return;
        }
        if let Some(place) = heading(line) {
            if place == In::General && !self.is_empty {
                self.end();
            }
            self.place = place;
            self.raw = false;
            return;
        }
        if line.is_empty() {
            if self.raw && matches!(self.place, In::Answer | In::Request) {
                self.place = In::Body;
            }
            return;
        }
        if self.place == In::Body {
            return;
        }
        if line.starts_with([' ', '\t']) && self.raw {
            let headers = self.headers();
            if let Some((_, value)) = headers.last_mut() {
                value.push(' ');
                value.push_str(line.trim());
                return;
            }
        }
        let line = line.trim_start();
        if let Some((name, value)) = general(line) {
            self.general(name, value);
        } else if let Some((name, value)) = field(line) {
            self.header(number, name, value);
        } else if !is_chatter(line) {
            self.found.line(
                number,
                format!("`{}` is no header; it was passed over", excerpt(line)),
            );
        }
    }

    fn headers(&mut self) -> &mut Vec<(String, String)> {
        match self.place {
            In::Answer => &mut self.current.answer.get_or_insert_default().headers,
            _ => &mut self.current.request_headers,
        }
    }

    fn status(&mut self, status: u16, reason: &str) {
        self.is_empty = false;
        let answer = self.current.answer.get_or_insert_default();
        answer.status = status;
        reason.clone_into(&mut answer.reason);
        if self.raw && self.place == In::Answer {
            // An interim answer's headers are not the final one's.
            answer.headers.clear();
        }
    }

    fn general(&mut self, name: &str, value: &str) {
        match name {
            "Request URL" => {
                if !self.current.url.is_empty() {
                    self.end();
                }
                value.clone_into(&mut self.current.url);
                self.is_empty = false;
            }
            "Request Method" => {
                value.clone_into(&mut self.current.method);
                self.current.has_request = true;
                self.is_empty = false;
            }
            "Status Code" | "Status" => {
                let digits: String = value.chars().filter(char::is_ascii_digit).take(3).collect();
                let reason = value.split_once(' ').map_or("", |(_, reason)| reason);
                if let Ok(status) = digits.parse() {
                    self.status(status, reason.trim_start_matches("OK (").trim());
                }
            }
            _ => {}
        }
    }

    fn header(&mut self, number: usize, name: &str, value: &str) {
        let place = match self.place {
            In::Nowhere | In::General => place_of(name),
            place => place,
        };
        self.is_empty = false;
        match (place, name) {
            (_, ":method") => {
                value.clone_into(&mut self.current.method);
                self.current.has_request = true;
            }
            (_, ":status") => {
                if let Ok(status) = value.parse() {
                    self.status(status, "");
                }
            }
            (_, ":path") => value.clone_into(&mut self.target),
            (In::Answer, _) => self
                .current
                .answer
                .get_or_insert_default()
                .headers
                .push((name.to_owned(), value.to_owned())),
            (In::Request, _) => {
                self.current.has_request = true;
                self.current
                    .request_headers
                    .push((name.to_owned(), value.to_owned()));
            }
            _ => self.found.line(
                number,
                format!("whether `{name}` belongs to the request or to the answer is not said; it was passed over"),
            ),
        }
    }

    fn end(&mut self) {
        let mut exchange = std::mem::take(&mut self.current);
        let target = std::mem::take(&mut self.target);
        let is_empty = std::mem::replace(&mut self.is_empty, true);
        self.place = In::Nowhere;
        if is_empty {
            return;
        }
        if exchange.url.is_empty() {
            let headers = &exchange.request_headers;
            let host = value_of(headers, ":authority").or_else(|| value_of(headers, "Host"));
            if target.contains("://") {
                exchange.url = target;
            } else if let Some(host) = host {
                let scheme = value_of(headers, ":scheme").unwrap_or("https");
                exchange.url = format!("{scheme}://{host}{target}");
            }
        }
        exchange
            .request_headers
            .retain(|(name, _)| !name.starts_with(':'));
        if let Some(answer) = &mut exchange.answer
            && answer.status == 0
        {
            answer.status = 200;
        }
        self.found.exchanges.push(exchange);
    }
}

/// `Request URL: …` and the like, which have a space in their name.
fn general(line: &str) -> Option<(&'static str, &str)> {
    let (name, value) = line.split_once(':')?;
    Some((general_name(name)?, value.trim()))
}

fn general_name(name: &str) -> Option<&'static str> {
    const NAMES: [&str; 6] = [
        "Request URL",
        "Request Method",
        "Status Code",
        "Status",
        "Remote Address",
        "Referrer Policy",
    ];
    NAMES
        .into_iter()
        .find(|known| known.eq_ignore_ascii_case(name))
}

/// What developer tools write between headers.
fn is_chatter(line: &str) -> bool {
    let line = line.to_ascii_lowercase();
    [
        "view source",
        "view parsed",
        "raw",
        "provisional headers",
        "learn more",
        "disable cache",
    ]
    .iter()
    .any(|words| line.starts_with(words))
}

/// Whose header it is, where nothing else says so.
fn place_of(name: &str) -> In {
    let name = name.to_ascii_lowercase();
    const OF_REQUESTS: [&str; 12] = [
        "accept",
        "accept-encoding",
        "accept-language",
        "authorization",
        "cookie",
        "host",
        "origin",
        "referer",
        "user-agent",
        ":authority",
        ":scheme",
        "x-requested-with",
    ];
    const OF_ANSWERS: [&str; 12] = [
        "age",
        "allow",
        "content-encoding",
        "date",
        "etag",
        "last-modified",
        "location",
        "server",
        "set-cookie",
        "vary",
        "www-authenticate",
        "x-powered-by",
    ];
    if OF_REQUESTS.contains(&&name[..])
        || name.starts_with("sec-")
        || name.starts_with("access-control-request-")
    {
        In::Request
    } else if OF_ANSWERS.contains(&&name[..]) || name.starts_with("access-control-") {
        In::Answer
    } else {
        In::Nowhere
    }
}
