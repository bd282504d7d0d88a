//! What the servers of a case answer.

use std::fmt;

use bytes::Bytes;
use crossexam_fetch::body::{BodyError, BodyStream};
use crossexam_fetch::host::InterimResponse;
use crossexam_fetch::ready::SentRequest;
use crossexam_fetch::{BlockReason, FetchController, HttpResponse, NetworkFailure};
use crossexam_web::Timestamp;
use serde_json::Value;
use url::Url;

use crate::fields::{Fields, Malformed, bytes_of, parse_url};

/// An answer that waits for its request.
#[derive(Debug)]
pub(super) struct Answer {
    method: Option<String>,
    url: Option<Url>,
    /// How often it is still given; `None` for any number of times, also never.
    left: Option<u64>,
    stop: Option<String>,
    answer: Result<HttpResponse, NetworkFailure>,
    /// The body, where it comes in pieces.
    chunks: Option<Vec<Bytes>>,
    breaks: bool,
}

impl Answer {
    /// An answer as a case writes it.
    pub(super) fn of(value: &Value) -> Result<Self, Malformed> {
        let mut fields = Fields::of("answer", value)?;
        let (method, url) = match fields.text("for")? {
            None => (None, None),
            Some(text) => match text.split_once(' ') {
                Some((method, url)) => (Some(method.to_owned()), Some(parse_url(url)?)),
                None if text.contains(':') => (None, Some(parse_url(&text)?)),
                None => (Some(text), None),
            },
        };
        let left = match fields.take("times") {
            None => Some(1),
            Some(Value::String(text)) if text == "any" => None,
            Some(value) => Some(
                value
                    .as_u64()
                    .ok_or("`times` is a number, or \"any\" for as often as asked")?,
            ),
        };
        let stop = fields.text("controller")?;
        let chunks = match fields.take("chunks") {
            None => None,
            Some(chunks) => {
                let chunks = chunks.as_array().ok_or("`chunks` is a list")?;
                let bytes = chunks.iter().map(|chunk| bytes_of(chunk, None));
                let bytes = bytes.collect::<Result<Vec<_>, _>>()?;
                Some(bytes.into_iter().map(Bytes::from).collect())
            }
        };
        let breaks = fields.flag("breaks")?.unwrap_or(false);
        let answer = match fields.text("failure")? {
            Some(code) => Err(network_failure(&code)?),
            None => {
                let status = fields.number("status")?.unwrap_or(200);
                let mut interim_responses = Vec::new();
                for interim in fields.list("interim")? {
                    let mut interim = Fields::of("interim", &interim)?;
                    let status = interim.number("status")?.unwrap_or(103);
                    interim_responses.push(InterimResponse {
                        status: u16::try_from(status)
                            .map_err(|_| format!("no status: {status}"))?,
                        header_list: interim.headers("headers")?.unwrap_or_default(),
                        at: Timestamp::default(),
                    });
                    interim.finish()?;
                }
                Ok(HttpResponse {
                    interim_responses,
                    status: u16::try_from(status).map_err(|_| format!("no status: {status}"))?,
                    status_message: fields.bytes("reason")?.unwrap_or_default().into(),
                    header_list: fields.headers("headers")?.unwrap_or_default(),
                    body: Bytes::from(fields.bytes("body")?.unwrap_or_default()).into(),
                    ..HttpResponse::default()
                })
            }
        };
        fields.finish()?;
        Ok(Self {
            method,
            url,
            left,
            stop,
            answer,
            chunks,
            breaks,
        })
    }

    /// Whether it was written down to be given, and was not.
    pub(super) fn is_unused(&self) -> bool {
        self.left.is_some_and(|left| left > 0)
    }

    fn fits(&self, sent: &SentRequest) -> bool {
        self.left != Some(0)
            && self
                .method
                .as_ref()
                .is_none_or(|method| method.as_bytes() == sent.method)
            && self.url.as_ref().is_none_or(|url| *url == sent.url)
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.answer {
            Ok(answer) => write!(f, "{}", answer.status)?,
            Err(failure) => write!(f, "{}", failure.code())?,
        }
        match (&self.method, &self.url) {
            (None, None) => Ok(()),
            (method, url) => write!(
                f,
                " for {} {}",
                method.as_deref().unwrap_or_default(),
                url.as_ref().map_or("", Url::as_str)
            ),
        }
    }
}

/// The first of the answers that fits the request. A request that none is written for is refused.
pub(super) fn answer(
    answers: &mut [Answer],
    sent: &SentRequest,
    controller: &FetchController,
) -> Result<HttpResponse, NetworkFailure> {
    let Some(answer) = answers.iter_mut().find(|answer| answer.fits(sent)) else {
        return Err(NetworkFailure::ServerFailed {
            why: "the case has no answer for this request".to_owned(),
        });
    };
    answer.left = answer.left.map(|left| left - 1);
    if let Some(state) = &answer.stop {
        // The words were read with the case; a wrong one shows as a fetch that goes on.
        let _ = stop(controller, state);
    }
    let mut given = answer.answer.clone();
    if let (Ok(given), Some(chunks)) = (&mut given, &answer.chunks) {
        let (writer, stream) = BodyStream::written();
        chunks.iter().for_each(|chunk| writer.write(chunk.clone()));
        if answer.breaks {
            let reason = BlockReason::Network(NetworkFailure::ConnectionReset);
            writer.error(BodyError(reason));
        } else {
            writer.close();
        }
        given.body = stream;
    }
    given
}

/// Stops a fetch.
pub(super) fn stop(controller: &FetchController, state: &str) -> Result<(), Malformed> {
    match state {
        "aborted" => controller.abort(),
        "terminated" => controller.terminate(),
        other => return Err(format!("no fetch is {other:?}")),
    }
    Ok(())
}

/// The failure that the model calls by this code.
fn network_failure(code: &str) -> Result<NetworkFailure, Malformed> {
    let why = || "as the case has it".to_owned();
    let all = [
        NetworkFailure::Offline,
        NetworkFailure::NameNotResolved { host: why() },
        NetworkFailure::ConnectionRefused { address: why() },
        NetworkFailure::AddressUnreachable { address: why() },
        NetworkFailure::ConnectionReset,
        NetworkFailure::TimedOut,
        NetworkFailure::CertificateInvalid {
            host: why(),
            why: why(),
        },
        NetworkFailure::ClientCertificateRequired,
        NetworkFailure::NotHttp { why: why() },
        NetworkFailure::ServerFailed { why: why() },
    ];
    all.into_iter()
        .find(|failure| failure.code() == code)
        .ok_or_else(|| format!("there is no failure {code:?}"))
}
