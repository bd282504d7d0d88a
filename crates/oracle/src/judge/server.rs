//! The servers of a case: they answer as it says.

use std::cell::RefCell;
use std::rc::Rc;

use bytes::Bytes;
use crossexam_fetch::ready::SentRequest;
use crossexam_fetch::{HttpRequestPurpose, HttpResponse, NetworkFailure};
use crossexam_web::HeaderList;
use crossexam_web::header_value::{is_header_name, is_header_value, normalize};

use super::inside::Given;
use super::{Malformed, line_of, not_bytes, seen};
use crate::answering::Answering;
use crate::case::{Answer, Failure, Purpose};
use crate::octets::{header_bytes, header_text};
use crate::result::SeenRequest;

pub(super) type Server = Box<dyn Fn(&SentRequest) -> Result<HttpResponse, NetworkFailure>>;

/// Who answers what the case has no answer for.
pub(super) type Live = Box<dyn FnMut(&SeenRequest) -> Answer>;

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
    /// What was answered, if somebody wants to know.
    pub(super) given: Option<Vec<Given>>,
    live: Option<Live>,
}

/// An answer, ready to be given.
struct Prepared {
    answer: Result<HttpResponse, NetworkFailure>,
    unmodelled: Option<String>,
}

impl Servers {
    pub(super) fn of(answers: &[Answer], live: Option<Live>) -> Result<Self, Malformed> {
        Ok(Self {
            answering: Answering::of(answers)?,
            answers: answers
                .iter()
                .map(Prepared::of)
                .collect::<Result<_, Malformed>>()?,
            unmodelled: Vec::new(),
            given: None,
            live,
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
        let fitting = number.and_then(|number| self.answers.get(number));
        let live;
        let prepared = match (fitting, &mut self.live) {
            (Some(prepared), _) => prepared,
            (None, Some(server)) => {
                let answer = server(&seen(sent));
                self.answering.given(purpose, &answer);
                live = Prepared::live(&answer);
                &live
            }
            (None, None) => {
                let answer = Ok(HttpResponse {
                    status: 404,
                    status_message: Bytes::from_static(b"Not Found"),
                    ..HttpResponse::default()
                });
                self.note(&answer, false);
                return answer;
            }
        };
        if let Some(what) = &prepared.unmodelled
            && !self.unmodelled.contains(what)
        {
            self.unmodelled.push(what.clone());
        }
        let answer = prepared.answer.clone();
        self.note(&answer, true);
        answer
    }

    /// Keeps what was answered, if somebody wants to know.
    fn note(&mut self, answer: &Result<HttpResponse, NetworkFailure>, is_of_the_case: bool) {
        let Some(given) = &mut self.given else { return };
        given.push(match answer {
            Ok(answer) => Given {
                status: answer.status,
                reason: header_text(&answer.status_message),
                headers: answer
                    .header_list
                    .iter()
                    .map(|header| line_of(&header.name, &header.value))
                    .collect(),
                failure: None,
                is_of_the_case,
            },
            Err(failure) => Given {
                status: 0,
                reason: String::new(),
                headers: Vec::new(),
                failure: Some(failure.clone()),
                is_of_the_case,
            },
        });
    }

    /// What was answered since this was last asked.
    pub(super) fn take_given(&mut self) -> Vec<Given> {
        self.given.as_mut().map(std::mem::take).unwrap_or_default()
    }
}

impl Prepared {
    /// An answer that has just come. What is no answer breaks the connection off.
    fn live(answer: &Answer) -> Self {
        Self::of(answer).unwrap_or_else(|Malformed(why)| Self {
            answer: Err(NetworkFailure::NotHttp { why }),
            unmodelled: None,
        })
    }

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
