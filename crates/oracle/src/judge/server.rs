//! The servers of a case: they answer as it says.

use std::cell::RefCell;
use std::rc::Rc;

use bytes::Bytes;
use crossexam_fetch::ready::SentRequest;
use crossexam_fetch::response::is_redirect_status;
use crossexam_fetch::{HttpRequestPurpose, HttpResponse, NetworkFailure};
use crossexam_web::HeaderList;
use crossexam_web::header_value::{is_header_name, is_header_value, normalize};
use url::Url;

use super::{Malformed, not_bytes, url_of};
use crate::case::{Answer, Failure, Purpose};
use crate::octets::header_bytes;

pub(super) type Server = Box<dyn Fn(&SentRequest) -> Result<HttpResponse, NetworkFailure>>;

/// The function that the host asks.
pub(super) fn answering(servers: Rc<RefCell<Servers>>) -> Server {
    Box::new(move |sent| servers.borrow_mut().answer(sent))
}

/// All servers, and how far the case has come.
pub(super) struct Servers {
    answers: Vec<Prepared>,
    step: usize,
    hop: u32,
    /// What was answered that no browser's behaviour is known for here.
    pub(super) unmodelled: Vec<String>,
}

/// An answer, ready to be given.
struct Prepared {
    to: Option<HttpRequestPurpose>,
    url: Option<Url>,
    method: Option<Bytes>,
    hop: Option<u32>,
    step: Option<usize>,
    left: Option<u32>,
    answer: Result<HttpResponse, NetworkFailure>,
    unmodelled: Option<String>,
}

impl Servers {
    pub(super) fn of(answers: &[Answer]) -> Result<Self, Malformed> {
        Ok(Self {
            answers: answers
                .iter()
                .map(Prepared::of)
                .collect::<Result<_, Malformed>>()?,
            step: 0,
            hop: 0,
            unmodelled: Vec::new(),
        })
    }

    /// Another step begins.
    pub(super) fn begin(&mut self, step: usize) {
        self.step = step;
        self.hop = 0;
    }

    fn answer(&mut self, sent: &SentRequest) -> Result<HttpResponse, NetworkFailure> {
        let (step, hop) = (self.step, self.hop);
        let fitting = self
            .answers
            .iter_mut()
            .find(|answer| answer.fits(sent, step, hop));
        let Some(prepared) = fitting else {
            return Ok(HttpResponse {
                status: 404,
                status_message: Bytes::from_static(b"Not Found"),
                ..HttpResponse::default()
            });
        };
        prepared.left = prepared.left.map(|left| left - 1);
        if let Some(what) = &prepared.unmodelled
            && !self.unmodelled.contains(what)
        {
            self.unmodelled.push(what.clone());
        }
        let answer = prepared.answer.clone();
        if let Ok(answer) = &answer
            && sent.purpose == HttpRequestPurpose::Actual
            && is_redirect_status(answer.status)
        {
            self.hop += 1;
        }
        answer
    }
}

impl Prepared {
    fn of(answer: &Answer) -> Result<Self, Malformed> {
        let mut unmodelled = None;
        let given = match answer.failure {
            Some(failure) => Err(network_failure(failure)),
            None => {
                if !(200..600).contains(&answer.status) {
                    unmodelled = Some(format!("an answer with the status {}", answer.status));
                }
                let header_list = headers_of(&answer.headers)?.unwrap_or_else(|line| {
                    unmodelled = Some(format!("an answer with the header line {line:?}"));
                    HeaderList::new()
                });
                let reason = header_bytes(&answer.reason)
                    .ok_or_else(|| not_bytes("reason", &answer.reason))?;
                let body = match &answer.body {
                    None => Bytes::new(),
                    Some(body) => body
                        .bytes()
                        .ok_or_else(|| Malformed("`body`: this is not Base64".to_owned()))?,
                };
                Ok(HttpResponse {
                    status: answer.status,
                    status_message: reason,
                    header_list,
                    body: body.into(),
                    ..HttpResponse::default()
                })
            }
        };
        let url = match &answer.url {
            None => None,
            Some(text) => {
                let mut url = url_of("url", text)?;
                url.set_fragment(None);
                Some(url)
            }
        };
        Ok(Self {
            to: answer.to.map(|purpose| match purpose {
                Purpose::Preflight => HttpRequestPurpose::CorsPreflight,
                Purpose::Actual => HttpRequestPurpose::Actual,
            }),
            url,
            method: answer
                .method
                .as_ref()
                .map(|method| Bytes::copy_from_slice(method.as_bytes())),
            hop: answer.hop,
            step: answer.step,
            left: answer.times,
            answer: given,
            unmodelled,
        })
    }

    fn fits(&self, sent: &SentRequest, step: usize, hop: u32) -> bool {
        self.left != Some(0)
            && self.to.is_none_or(|purpose| purpose == sent.purpose)
            && self.step.is_none_or(|it| it == step)
            && self.hop.is_none_or(|it| it == hop)
            && self.method.as_ref().is_none_or(|it| *it == sent.method)
            && self.url.as_ref().is_none_or(|it| *it == sent.url)
    }
}

/// The headers of an answer. What HTTP has no reading for comes back as it stands: browsers differ there.
pub(super) fn headers_of(lines: &[String]) -> Result<Result<HeaderList, String>, Malformed> {
    let mut list = HeaderList::with_capacity(lines.len());
    for line in lines {
        let bytes = header_bytes(line).ok_or_else(|| not_bytes("headers", line))?;
        let Some(colon) = bytes.iter().position(|byte| *byte == b':') else {
            return Ok(Err(line.clone()));
        };
        let name = bytes.slice(..colon);
        let rest = bytes.slice(colon + 1..);
        let value = rest.slice_ref(normalize(&rest));
        if !is_header_name(&name) || !is_header_value(&value) {
            return Ok(Err(line.clone()));
        }
        list.append(name, value);
    }
    Ok(Ok(list))
}

fn network_failure(failure: Failure) -> NetworkFailure {
    let why = || "as the case has it".to_owned();
    match failure {
        Failure::ConnectionRefused => NetworkFailure::ConnectionRefused { address: why() },
        Failure::ConnectionReset => NetworkFailure::ConnectionReset,
        Failure::CertificateInvalid => NetworkFailure::CertificateInvalid {
            host: why(),
            why: why(),
        },
        Failure::NameNotResolved => NetworkFailure::NameNotResolved { host: why() },
        Failure::TimedOut => NetworkFailure::TimedOut,
    }
}
