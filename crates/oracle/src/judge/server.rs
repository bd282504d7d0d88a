//! The servers of a case: they answer as it says.

use std::cell::RefCell;
use std::rc::Rc;

use bytes::Bytes;
use crossexam_fetch::ready::SentRequest;
use crossexam_fetch::{HttpRequestPurpose, HttpResponse, NetworkFailure};
use crossexam_web::HeaderList;
use crossexam_web::header_value::{is_header_name, is_header_value, normalize};

use super::{Malformed, not_bytes};
use crate::answering::Answering;
use crate::case::{Answer, Failure, Purpose};
use crate::octets::header_bytes;

pub(super) type Server = Box<dyn Fn(&SentRequest) -> Result<HttpResponse, NetworkFailure>>;

/// The function that the host asks.
pub(super) fn answering(servers: Rc<RefCell<Servers>>) -> Server {
    Box::new(move |sent| servers.borrow_mut().answer(sent))
}

/// All servers, and how far the case has come.
pub(super) struct Servers {
    answering: Answering,
    answers: Vec<Prepared>,
    /// What was answered that no browser's behaviour is known for here.
    pub(super) unmodelled: Vec<String>,
}

/// An answer, ready to be given.
struct Prepared {
    answer: Result<HttpResponse, NetworkFailure>,
    unmodelled: Option<String>,
}

impl Servers {
    pub(super) fn of(answers: &[Answer]) -> Result<Self, Malformed> {
        Ok(Self {
            answering: Answering::of(answers)?,
            answers: answers
                .iter()
                .map(Prepared::of)
                .collect::<Result<_, Malformed>>()?,
            unmodelled: Vec::new(),
        })
    }

    /// Another step begins.
    pub(super) fn begin(&mut self, step: usize) {
        self.answering.begin(step);
    }

    fn answer(&mut self, sent: &SentRequest) -> Result<HttpResponse, NetworkFailure> {
        let purpose = match sent.purpose {
            HttpRequestPurpose::CorsPreflight => Purpose::Preflight,
            HttpRequestPurpose::Actual => Purpose::Actual,
        };
        let number = self.answering.answer(purpose, &sent.method, &sent.url);
        let Some(prepared) = number.and_then(|number| self.answers.get(number)) else {
            return Ok(HttpResponse {
                status: 404,
                status_message: Bytes::from_static(b"Not Found"),
                ..HttpResponse::default()
            });
        };
        if let Some(what) = &prepared.unmodelled
            && !self.unmodelled.contains(what)
        {
            self.unmodelled.push(what.clone());
        }
        prepared.answer.clone()
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
        Ok(Self {
            answer: given,
            unmodelled,
        })
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
