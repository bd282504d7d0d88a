//! What came of a fetch, held against what a case says.

use std::fmt;

use crossexam_fetch::fetch_params::Progress;
use crossexam_fetch::fetch_timing::{ResourceTiming, extract_full_timing_info};
use crossexam_fetch::ready::SentRequest;
use crossexam_fetch::reports::{Report, ReportBody};
use crossexam_fetch::request::ResponseTainting;
use crossexam_fetch::response::{CacheState, InternalResponse};
use crossexam_fetch::{Body, Fetched, Host as _, HttpRequestPurpose, Response};
use crossexam_web::trace::TraceEvent;
use crossexam_web::{HeaderList, Step, Trace};
use serde_json::{Map, Value, json};

use super::world::World;
use crate::fields::{Malformed, bytes_of};
use crate::vectors::{bytes_value, headers_value};

/// What came of one fetch, in the words of the vectors.
pub(super) struct Happened {
    requests: Vec<Sent>,
    background: Vec<Sent>,
    outcome: Map<String, Value>,
}

/// A request that a server saw.
struct Sent {
    short: String,
    fields: Map<String, Value>,
    headers: HeaderList,
}

impl Sent {
    fn of(sent: &SentRequest) -> Self {
        let method = bytes_value(&sent.method);
        let purpose = match sent.purpose {
            HttpRequestPurpose::Actual => "actual",
            HttpRequestPurpose::CorsPreflight => "CORS-preflight",
        };
        let fields = [
            ("method", method.clone()),
            ("url", sent.url.as_str().into()),
            ("header_list", headers_value(&sent.header_list)),
            (
                "body",
                sent.body
                    .as_ref()
                    .map_or(Value::Null, |body| bytes_value(body)),
            ),
            ("purpose", purpose.into()),
            ("connection_credentials", sent.credentials.into()),
            ("connection", sent.connection.0.into()),
        ];
        Self {
            short: format!("{} {}", method.as_str().unwrap_or_default(), sent.url),
            fields: fields
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
            headers: sent.header_list.clone(),
        }
    }

    fn compare(&self, what: &str, expected: &Value) -> Result<Vec<String>, Malformed> {
        match expected {
            Value::String(short) if *short == self.short => Ok(Vec::new()),
            Value::String(short) => Ok(vec![differs(what, short, &self.short)]),
            _ => compare_fields(what, &self.fields, Some(&self.headers), expected),
        }
    }
}

impl Happened {
    pub(super) fn of(
        world: &World,
        fetched: &Fetched,
        sent: &[SentRequest],
        background: &[SentRequest],
        trace: &Trace,
    ) -> Self {
        let background = background.iter().map(Sent::of).collect();
        let requests = sent.iter().map(Sent::of).collect();
        let mut outcome = Map::new();
        let mut set = |name: &str, value: Value| outcome.insert(name.to_owned(), value);
        let error = fetched.response.network_error();
        set(
            "failure",
            error.map_or(Value::Null, |error| error.reason.code().into()),
        );
        let step = error.map(|error| error.step).or(fetched.passed);
        set("step", step.map_or(Value::Null, name_of));
        set("response", response_value(&fetched.response));
        if let Some(internal) = fetched.response.internal() {
            set("internal_response", internal_value(internal));
        }
        let tainting: ResponseTainting = fetched.request.response_tainting;
        set("response_tainting", tainting.as_str().into());
        set(
            "redirect_count",
            u64::from(fetched.request.redirect_count).into(),
        );
        let cookies = world.user_agent().cookies.borrow();
        let cookies = cookies.iter().map(|cookie| {
            let mut text = cookie.name.to_vec();
            text.push(b'=');
            text.extend_from_slice(&cookie.value);
            bytes_value(&text)
        });
        set("cookies", cookies.collect());
        let steps = fetched.report_timing_steps();
        let timing = steps.report_timing(&fetched.response, world.host().now());
        set("resource_timing", timing.map_or(Value::Null, timing_value));
        let full = extract_full_timing_info(Some(fetched.timing_info.clone()));
        set(
            "start_time_shown",
            full.is_some_and(|it| it.start_time.as_micros() > 0).into(),
        );
        let reports = world.user_agent().reports.borrow();
        set("reports", reports.iter().map(report_value).collect());
        let taken = trace.events().into_iter().filter_map(|event| match event {
            TraceEvent::Step(step) => Some(name_of(step)),
            _ => None,
        });
        set("taken", taken.collect());
        Self {
            requests,
            background,
            outcome,
        }
    }

    /// The same, where reading the body came to this.
    pub(super) fn with_body_failure(mut self, code: Option<&'static str>) -> Self {
        let code = code.map_or(Value::Null, Value::from);
        self.outcome.insert("body_failure".to_owned(), code);
        self
    }

    /// The same, where this was told on the way.
    pub(super) fn with_progress(mut self, progress: Vec<Value>) -> Self {
        self.outcome.insert("progress".to_owned(), progress.into());
        self
    }

    /// Where this is not what `expected` says.
    pub(super) fn compare(&self, expected: &Value) -> Result<Vec<String>, Malformed> {
        let expected = expected.as_object().ok_or("`result` is an object")?;
        if expected.is_empty() {
            return Err("the result says nothing".to_owned());
        }
        let mut differences = Vec::new();
        // A fetch that was meant to succeed and came to nothing is told first.
        for name in ["failure", "body_failure"] {
            let failure = &self.outcome[name];
            if !expected.contains_key(name) && !failure.is_null() {
                differences.push(differs(name, &Value::Null, failure));
            }
        }
        for (name, expected) in expected {
            match name.as_str() {
                "requests" => compare_sent(name, &self.requests, expected, &mut differences)?,
                "background" => compare_sent(name, &self.background, expected, &mut differences)?,
                "response" | "internal_response" | "resource_timing" if !expected.is_null() => {
                    let actual = self.outcome.get(name).and_then(Value::as_object);
                    match actual {
                        None => differences.push(format!("{name}: there is none")),
                        Some(actual) => {
                            let headers = actual.get("header_list").map(crate::fields::headers_of);
                            let headers = headers.transpose()?;
                            differences.extend(compare_fields(
                                name,
                                actual,
                                headers.as_ref(),
                                expected,
                            )?);
                        }
                    }
                }
                "taken" | "not_taken" => self.compare_taken(name, expected, &mut differences)?,
                _ => {
                    let actual = self
                        .outcome
                        .get(name)
                        .ok_or_else(|| format!("`result` has no field `{name}`"))?;
                    if !is_same(expected, actual) {
                        differences.push(differs(name, expected, actual));
                    }
                }
            }
        }
        Ok(differences)
    }

    fn compare_taken(
        &self,
        name: &str,
        expected: &Value,
        differences: &mut Vec<String>,
    ) -> Result<(), Malformed> {
        let taken = self.outcome["taken"].as_array();
        let taken = taken.map(Vec::as_slice).unwrap_or_default();
        for step in expected.as_array().ok_or("`taken` is a list of steps")? {
            if taken.contains(step) != (name == "taken") {
                differences.push(format!("{name}: {step}"));
            }
        }
        Ok(())
    }
}

impl fmt::Display for Happened {
    /// What happened, in a few lines, for whoever looks for the mistake.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "what happened:")?;
        for sent in &self.requests {
            write!(f, "\n  -> {}", sent.short)?;
        }
        for sent in &self.background {
            write!(f, "\n  -> {} (in the background)", sent.short)?;
        }
        for name in ["failure", "step"] {
            write!(f, "\n  {name}: {}", self.outcome[name])?;
        }
        let response = &self.outcome["response"];
        write!(
            f,
            "\n  response: {} {} {}",
            response["type"], response["status"], response["url"]
        )
    }
}

fn compare_sent(
    name: &str,
    sent: &[Sent],
    expected: &Value,
    differences: &mut Vec<String>,
) -> Result<(), Malformed> {
    let expected = expected
        .as_array()
        .ok_or_else(|| format!("`{name}` is a list"))?;
    if expected.len() != sent.len() {
        differences.push(format!(
            "{name}: expected {}, got {}",
            expected.len(),
            sent.len()
        ));
    }
    for (number, (sent, expected)) in sent.iter().zip(expected).enumerate() {
        differences.extend(sent.compare(&format!("{name}[{number}]"), expected)?);
    }
    Ok(())
}

/// A step as vectors name it: the algorithm's anchor and the number.
fn name_of(step: &Step) -> Value {
    format!("{} {}", step.algorithm.id, step.number).into()
}

/// Something that is told while a fetch goes on.
pub(super) fn progress_value(progress: &Progress<'_>) -> Value {
    match progress {
        Progress::RequestBodyChunk(length) => json!({ "sent": length }),
        Progress::RequestEndOfBody => "all sent".into(),
        Progress::EarlyHints(interim) => {
            json!({ "early_hints": headers_value(&interim.header_list) })
        }
    }
}

/// What Resource Timing is told; times in seconds since the case began.
fn timing_value(timing: ResourceTiming) -> Value {
    let info = &timing.timing_info;
    json!({
        "url": timing.requested_url.as_str(),
        "initiator_type": timing.initiator_type.as_str(),
        "duration": info.end_time.since(info.start_time).as_secs(),
        "redirected": info.redirect_start_time.is_some(),
        "connection_shown": info.final_connection_timing_info.is_some(),
        "server_timing": info.server_timing_headers.as_deref(),
        "cache_state": cache_state(timing.cache_state),
        "encoded_size": timing.body_info.encoded_size(),
        "decoded_size": timing.body_info.decoded_size(),
        "content_type": timing.body_info.content_type,
        "content_encoding": timing.body_info.content_encoding,
        "response_status": timing.response_status,
    })
}

const fn cache_state(state: CacheState) -> &'static str {
    match state {
        CacheState::None => "",
        CacheState::Local => "local",
        CacheState::Validated => "validated",
    }
}

fn report_value(report: &Report) -> Value {
    let mut value = json!({
        "type": report.report_type,
        "endpoint": report.endpoint.as_deref(),
        "url": report.url,
    });
    match &report.body {
        ReportBody::EmbedderPolicy {
            violation,
            blocked_url,
            destination,
            disposition,
        } => {
            value["violation"] = (*violation).into();
            value["blocked_url"] = blocked_url.clone().into();
            value["destination"] = (*destination).into();
            value["disposition"] = (*disposition).into();
        }
        ReportBody::Integrity {
            document_url,
            blocked_url,
            destination,
            report_only,
        } => {
            value["document_url"] = document_url.clone().into();
            value["blocked_url"] = blocked_url.clone().into();
            value["destination"] = (*destination).into();
            value["report_only"] = (*report_only).into();
        }
        other => value["body"] = format!("{other:?}").into(),
    }
    value
}

fn response_value(response: &Response) -> Value {
    let list: Vec<_> = response.url_list().iter().map(url::Url::as_str).collect();
    json!({
        "type": response.response_type().as_str(),
        "status": response.status(),
        "status_message": bytes_value(response.status_message()),
        "url": response.url().map(url::Url::as_str),
        "url_list": list,
        "redirected": list.len() > 1,
        "header_list": headers_value(&response.header_list()),
        "body": response.body().and_then(Body::known_bytes).map(|bytes| bytes_value(bytes)),
    })
}

fn internal_value(response: &InternalResponse) -> Value {
    let list: Vec<_> = response.url_list.iter().map(url::Url::as_str).collect();
    json!({
        "status": response.status,
        "status_message": bytes_value(&response.status_message),
        "url_list": list,
        "header_list": headers_value(&response.header_list),
        "body": response.body.as_ref().and_then(Body::known_bytes).map(|bytes| bytes_value(bytes)),
        "cache_state": cache_state(response.cache_state),
        "range_requested": response.range_requested,
        "request_includes_credentials": response.request_includes_credentials,
        "timing_allow_passed": response.timing_allow_passed,
        "redirect_taint": response.redirect_taint.as_str(),
    })
}

/// Compares what `expected` states, field by field. Its `headers` are single headers, null for one that is not there.
fn compare_fields(
    what: &str,
    actual: &Map<String, Value>,
    headers: Option<&HeaderList>,
    expected: &Value,
) -> Result<Vec<String>, Malformed> {
    let expected = expected
        .as_object()
        .ok_or_else(|| format!("`{what}` is an object"))?;
    let mut differences = Vec::new();
    for (name, expected) in expected {
        if let ("headers", Some(headers)) = (name.as_str(), headers) {
            let stated = expected.as_object().ok_or("`headers` is an object")?;
            for (name, expected) in stated {
                let actual = headers
                    .get(name.as_bytes())
                    .map_or(Value::Null, |value| bytes_value(&value));
                if !is_same(expected, &actual) {
                    differences.push(differs(&format!("{what} {name}"), expected, &actual));
                }
            }
            continue;
        }
        let actual = actual
            .get(name)
            .ok_or_else(|| format!("`{what}` has no field `{name}`"))?;
        if !is_same(expected, actual) {
            differences.push(differs(&format!("{what}.{name}"), expected, actual));
        }
    }
    Ok(differences)
}

/// Whether a value is the expected one, which may be written shortly.
fn is_same(expected: &Value, actual: &Value) -> bool {
    expected == actual
        || match (expected, actual) {
            (Value::Object(_) | Value::Array(_), Value::String(_)) => {
                bytes_of(expected, None).is_ok_and(|bytes| bytes_value(&bytes) == *actual)
            }
            (Value::Array(expected), Value::Array(actual)) => {
                expected.len() == actual.len()
                    && expected.iter().zip(actual).all(|(a, b)| is_same(a, b))
            }
            _ => false,
        }
}

fn differs(
    what: &str,
    expected: &(impl fmt::Display + ?Sized),
    actual: &(impl fmt::Display + ?Sized),
) -> String {
    format!("{what}: expected {expected}, got {actual}")
}
