//! A script calls `fetch()`.

use std::rc::Rc;

use bytes::Bytes;
use crossexam_fetch::api::request::{Duplex, HeadersSource, SignalInit};
use crossexam_fetch::api::{
    ApiError, BodyInit, Exception, Guard, HeadersInit, RequestInfo, RequestInit, RequestObject,
    ResponseObject,
};
use crossexam_fetch::body::BodyError;
use crossexam_fetch::ready::poll_once;
use crossexam_fetch::request::{CacheMode, CredentialsMode, Mode, Priority, RedirectMode};
use crossexam_fetch::{FetchController, Fetched, ReferrerPolicy, Request};
use crossexam_web::form_data::{Entry, EntryValue};
use url::form_urlencoded;

use super::{World, line_of, step_of, why_of};
use crate::case::{FetchCall, ScriptBody, SignalState};
use crate::octets::{Octets, header_bytes, header_text};
use crate::result::{Got, Phase, SeenError, SeenResponse, Why};

/// The boundary of every form: browsers make one up each time.
const BOUNDARY: &str = "----CrossexamFormBoundary";

impl World {
    /// `fetch()`, and then the body.
    pub(super) fn fetch_step(&mut self, call: &FetchCall) -> (Got, Option<Why>) {
        let request = match self.request_of(call) {
            Ok(request) => request,
            Err(refusal) => return refusal.got(),
        };
        if call.signal == Some(SignalState::Aborted) {
            return failed("AbortError", Phase::Call, None);
        }
        let controller = FetchController::new();
        match self.fetch(request, &controller) {
            None => failed("TypeError", Phase::Fetch, None),
            Some(fetched) => self.read(fetched),
        }
    }

    fn request_of(&self, call: &FetchCall) -> Result<Request, Refusal> {
        let init = init_of(call)?;
        let environment = Rc::clone(&self.place.environment);
        let object = RequestObject::new(RequestInfo::Url(&call.url), &init, &environment)?;
        Ok(object.to_request())
    }

    /// What the page sees of a response.
    fn read(&mut self, mut fetched: Fetched) -> (Got, Option<Why>) {
        if let Some(error) = fetched.response.network_error() {
            let name = if error.aborted {
                "AbortError"
            } else {
                "TypeError"
            };
            return failed(name, Phase::Fetch, Some(why_of(error)));
        }
        let object = ResponseObject::create(&fetched.response, Guard::Immutable);
        let body = match fetched.response.body_mut() {
            None => None,
            Some(body) => match poll_once(body.fully_read()) {
                Some(Ok(bytes)) => Some(Octets::of(&bytes)),
                Some(Err(BodyError(reason))) => {
                    let why = Why {
                        reason: Some(reason.code().to_owned()),
                        text: Some(reason.to_string()),
                        step: None,
                    };
                    return failed("TypeError", Phase::Body, Some(why));
                }
                None => {
                    self.unmodelled("a body that never ends");
                    None
                }
            },
        };
        let headers = object.headers.header_list.sort_and_combine();
        let headers = headers
            .iter()
            .map(|header| line_of(&header.name, &header.value))
            .collect();
        let seen = SeenResponse {
            kind: object.r#type.as_str().to_owned(),
            status: object.status,
            status_text: header_text(&object.status_message),
            url: object.url(),
            redirected: object.redirected(),
            headers,
            body,
        };
        let why = fetched.passed.map(|step| Why {
            reason: None,
            text: None,
            step: Some(step_of(step)),
        });
        (Got::Response(Box::new(seen)), why)
    }
}

/// Something failed for the page.
pub(super) fn failed(name: &str, phase: Phase, why: Option<Why>) -> (Got, Option<Why>) {
    let error = SeenError {
        name: name.to_owned(),
        phase,
    };
    (Got::Error(error), why)
}

/// What a script asks for is refused at once.
enum Refusal {
    /// By Web IDL: a word or a string that is none.
    Conversion(String),
    /// By the Fetch API.
    Api(ApiError),
}

impl From<ApiError> for Refusal {
    fn from(error: ApiError) -> Self {
        Self::Api(error)
    }
}

impl Refusal {
    fn got(self) -> (Got, Option<Why>) {
        let (name, text) = match self {
            Self::Conversion(text) => ("TypeError", text),
            Self::Api(error) => {
                let name = match error.exception() {
                    Exception::TypeError => "TypeError",
                    Exception::RangeError => "RangeError",
                };
                (name, error.to_string())
            }
        };
        let why = Why {
            reason: Some("refused".to_owned()),
            text: Some(text),
            step: None,
        };
        failed(name, Phase::Call, Some(why))
    }
}

/// A word of an enumeration, which it must be.
fn word<T>(
    member: &str,
    value: &Option<String>,
    from_keyword: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>, Refusal> {
    let Some(value) = value else { return Ok(None) };
    match from_keyword(value) {
        Some(word) => Ok(Some(word)),
        None => Err(Refusal::Conversion(format!(
            "{value:?} is no value of `{member}`"
        ))),
    }
}

/// A string of bytes, which it must be.
fn byte_string(text: &str) -> Result<Bytes, Refusal> {
    header_bytes(text).ok_or_else(|| {
        Refusal::Conversion(format!("{text:?} has characters that are above U+00FF"))
    })
}

fn init_of(call: &FetchCall) -> Result<RequestInit, Refusal> {
    let mut headers = None;
    if let Some(list) = &call.headers {
        let mut sequence = Vec::with_capacity(list.len());
        for (name, value) in list {
            sequence.push(vec![byte_string(name)?, byte_string(value)?]);
        }
        headers = Some(HeadersSource::Init(HeadersInit::Sequence(sequence)));
    }
    let referrer_policy = |text: &str| {
        if text.is_empty() {
            Some(None)
        } else {
            ReferrerPolicy::from_keyword(text).map(Some)
        }
    };
    Ok(RequestInit {
        method: call.method.as_deref().map(byte_string).transpose()?,
        headers,
        body: call.body.as_ref().map(body_of).transpose()?,
        referrer: call.referrer.clone(),
        referrer_policy: word("referrerPolicy", &call.referrer_policy, referrer_policy)?,
        mode: word("mode", &call.mode, Mode::from_request_mode)?,
        credentials: word(
            "credentials",
            &call.credentials,
            CredentialsMode::from_keyword,
        )?,
        cache: word("cache", &call.cache, CacheMode::from_keyword)?,
        redirect: word("redirect", &call.redirect, RedirectMode::from_keyword)?,
        integrity: call.integrity.clone(),
        keepalive: call.keepalive,
        window_is_null: call.window.as_ref().map(|value| value == "null"),
        signal: call.signal.map(|_| SignalInit::Signal),
        duplex: word("duplex", &call.duplex, |text| {
            (text == "half").then_some(Duplex::Half)
        })?,
        priority: word("priority", &call.priority, Priority::from_keyword)?,
        body_is_null: false,
    })
}

fn body_of(body: &ScriptBody) -> Result<BodyInit, Refusal> {
    let bytes = |octets: &Octets| {
        octets
            .bytes()
            .ok_or_else(|| Refusal::Conversion("the body is not in Base64".to_owned()))
    };
    Ok(match body {
        ScriptBody::Octets(Octets::Text(text)) => BodyInit::Text(text.clone()),
        ScriptBody::Octets(octets @ Octets::Base64(_)) => BodyInit::Bytes(bytes(octets)?),
        ScriptBody::Query(query) => BodyInit::UrlSearchParams(
            form_urlencoded::Serializer::new(String::new())
                .extend_pairs(&query.query)
                .finish(),
        ),
        ScriptBody::Blob(blob) => BodyInit::Blob {
            bytes: bytes(&blob.blob)?,
            content_type: blob.content_type.clone(),
        },
        ScriptBody::Form(form) => BodyInit::FormData {
            entries: form
                .form
                .iter()
                .map(|(name, value)| Entry {
                    name: name.clone(),
                    value: EntryValue::Text(value.clone()),
                })
                .collect(),
            boundary: BOUNDARY.to_owned(),
        },
    })
}
