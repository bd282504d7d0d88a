//! Replays the vectors of the Fetch API: `tests/vectors/api/`.

#![allow(clippy::unwrap_used)]

use std::cell::RefCell;
use std::rc::Rc;

use bytes::Bytes;
use crossexam_fetch::ReferrerPolicy;
use crossexam_fetch::api::body::{
    BodyInit, BodyWithType, Consumable, Keepalive, StreamUse, TextStreamSource, consume_body,
    extract, get_the_mime_type, safely_extract, text_stream,
};
use crossexam_fetch::api::fetch_method::{FetchCall, FetchCaller, FetchOutcome};
use crossexam_fetch::api::form_data::form_data;
use crossexam_fetch::api::request::{
    Duplex, HeadersSource, RequestInfo, RequestInit, RequestObject, SignalInit, SignalSource,
};
use crossexam_fetch::api::response::{ResponseInit, ResponseObject};
use crossexam_fetch::api::{ApiError, Exception, Guard, Headers, HeadersInit};
use crossexam_fetch::body::{Body, BodySource};
use crossexam_fetch::client::{Environment, GlobalObject, PolicyContainer};
use crossexam_fetch::request::{
    CacheMode, CredentialsMode, Mode, Priority, RedirectMode, TraversableForUserPrompts,
};
use crossexam_tests::vectors::{Input, Outcome, bytes_value, headers_value, list_value, replay};
use crossexam_web::form_data::{Entry, EntryValue};
use crossexam_web::{HeaderList, Origin, mime};
use serde_json::{Map, Value, json};
use url::Url;

fn bytes(value: &Value) -> Bytes {
    let text = value.as_str().unwrap();
    text.chars()
        .map(|character| u8::try_from(character).unwrap())
        .collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// The exception, and why.
fn failure(error: &ApiError) -> Outcome {
    let exception = match error.exception() {
        Exception::TypeError => "TypeError",
        Exception::RangeError => "RangeError",
    };
    let why = match error {
        ApiError::HeaderName { .. } => "header-name",
        ApiError::HeaderValue { .. } => "header-value",
        ApiError::ImmutableHeaders => "immutable",
        ApiError::HeaderPair { .. } => "header-pair",
        ApiError::Url { .. } => "url",
        ApiError::UrlWithCredentials { .. } => "url-with-credentials",
        ApiError::WindowNotNull => "window",
        ApiError::Referrer { .. } => "referrer",
        ApiError::NavigateMode => "navigate-mode",
        ApiError::OnlyIfCached => "only-if-cached",
        ApiError::Method { .. } => "method",
        ApiError::ForbiddenMethod { .. } => "forbidden-method",
        ApiError::NoCorsMethod { .. } => "no-cors-method",
        ApiError::BodyNotAllowed { .. } => "body-not-allowed",
        ApiError::BodyUnusable => "body-unusable",
        ApiError::StreamMode => "stream-mode",
        ApiError::StreamWithoutDuplex => "stream-without-duplex",
        ApiError::StreamWithKeepalive => "stream-with-keepalive",
        ApiError::StreamUsed => "stream-used",
        ApiError::Status { .. } => "status",
        ApiError::StatusText { .. } => "status-text",
        ApiError::NullBodyStatus { .. } => "null-body-status",
        ApiError::RedirectStatus { .. } => "redirect-status",
        ApiError::NotAForm { .. } => "form",
    };
    Outcome::failure_because(format!("{exception}: {why}"))
}

// Headers.

fn guard(name: &str) -> Guard {
    match name {
        "immutable" => Guard::Immutable,
        "request" => Guard::Request,
        "request-no-cors" => Guard::RequestNoCors,
        "response" => Guard::Response,
        "none" => Guard::None,
        _ => panic!("{name} is no guard"),
    }
}

const fn guard_name(guard: Guard) -> &'static str {
    match guard {
        Guard::Immutable => "immutable",
        Guard::Request => "request",
        Guard::RequestNoCors => "request-no-cors",
        Guard::Response => "response",
        Guard::None => "none",
    }
}

/// What a change of a `Headers` object leaves.
fn changed(input: &Input, change: impl Fn(&mut Headers, &[u8]) -> Result<(), ApiError>) -> Outcome {
    let mut headers = Headers {
        guard: guard(&input.text("guard")),
        header_list: input.headers("headers"),
    };
    match change(&mut headers, &input.bytes("name")) {
        Ok(()) => Outcome::result(headers_value(&headers.header_list)),
        Err(error) => failure(&error),
    }
}

#[test]
fn append() {
    replay("api/concept-headers-append", |input| {
        let value = input.bytes("value");
        changed(input, |headers, name| headers.append(name, &value))
    });
}

#[test]
fn set() {
    replay("api/headers-set-name-value", |input| {
        let value = input.bytes("value");
        changed(input, |headers, name| headers.set(name, &value))
    });
}

#[test]
fn delete() {
    replay("api/headers-delete-name", |input| {
        changed(input, |headers, name| headers.delete(name))
    });
}

fn plain(input: &Input) -> Headers {
    Headers {
        guard: Guard::None,
        header_list: input.headers("headers"),
    }
}

#[test]
fn get_and_has() {
    replay("api/headers-get-name", |input| {
        match plain(input).get(&input.bytes("name")) {
            Ok(value) => Outcome::result(value.map_or(Value::Null, |value| bytes_value(&value))),
            Err(error) => failure(&error),
        }
    });
    replay("api/headers-has-name", |input| {
        match plain(input).has(&input.bytes("name")) {
            Ok(found) => Outcome::result(found),
            Err(error) => failure(&error),
        }
    });
}

#[test]
fn get_set_cookie() {
    replay("api/headers-getsetcookie", |input| {
        Outcome::result(list_value(&plain(input).get_set_cookie()))
    });
}

fn sequence(value: &Value) -> HeadersInit {
    let items = value.as_array().unwrap();
    let item = |item: &Value| item.as_array().unwrap().iter().map(bytes).collect();
    HeadersInit::Sequence(items.iter().map(item).collect())
}

#[test]
fn fill() {
    replay("api/concept-headers-fill", |input| {
        let init = if input.has("record") {
            let pairs = input.value("record").as_array().unwrap();
            HeadersInit::Record(
                pairs
                    .iter()
                    .map(|pair| (bytes(&pair[0]), bytes(&pair[1])))
                    .collect(),
            )
        } else {
            sequence(input.value("sequence"))
        };
        let guard = guard(&input.text("guard"));
        let filled = if guard == Guard::None {
            Headers::with_init(Some(&init))
        } else {
            let mut headers = Headers::new(guard);
            headers.fill(&init).map(|()| headers)
        };
        match filled {
            Ok(headers) => Outcome::result(headers_value(&headers.header_list)),
            Err(error) => failure(&error),
        }
    });
}

// Bodies.

fn entry(value: &Value) -> Entry {
    let content = &value[1];
    Entry {
        name: text(&value[0]),
        value: match content.as_str() {
            Some(content) => EntryValue::Text(content.to_owned()),
            None => EntryValue::File {
                name: text(&content["name"]),
                content_type: text(&content["type"]),
                bytes: bytes(&content["bytes"]),
            },
        },
    }
}

fn entry_value(entry: &Entry) -> Value {
    match &entry.value {
        EntryValue::Text(content) => json!([entry.name, content]),
        EntryValue::File {
            name,
            content_type,
            bytes,
        } => {
            json!([entry.name, { "name": name, "type": content_type, "bytes": bytes_value(bytes) }])
        }
    }
}

fn body_init(value: &Value) -> BodyInit {
    let kinds = ["blob", "form", "text", "bytes", "query", "stream"];
    let found = kinds
        .iter()
        .find_map(|kind| Some((*kind, value.get(kind)?)));
    let (kind, content) = found.unwrap_or_else(|| panic!("{value} is no body"));
    match kind {
        "blob" => BodyInit::Blob {
            bytes: bytes(content),
            content_type: text(&value["type"]),
        },
        "text" => BodyInit::Text(text(content)),
        "bytes" => BodyInit::Bytes(bytes(content)),
        "query" => BodyInit::UrlSearchParams(text(content)),
        "form" => BodyInit::FormData {
            entries: content.as_array().unwrap().iter().map(entry).collect(),
            boundary: text(&value["boundary"]),
        },
        _ => BodyInit::Stream(match content.as_str() {
            Some("unused") => StreamUse::Unused,
            _ => StreamUse::DisturbedOrLocked,
        }),
    }
}

/// A body's bytes, or that it is a stream.
fn body_value(body: Option<&Body>) -> Value {
    match body {
        None => Value::Null,
        Some(Body {
            source: BodySource::Bytes(bytes),
            ..
        }) => bytes_value(bytes),
        Some(_) => "stream".into(),
    }
}

#[test]
fn bodies_are_extracted() {
    let outcome = |extracted: Result<BodyWithType, ApiError>| match extracted {
        Ok(extracted) => {
            let (source, bytes) = match extracted.body.source {
                BodySource::Null => (Value::Null, Bytes::new()),
                BodySource::Bytes(bytes) => ("bytes".into(), bytes),
            };
            Outcome::result(json!({
                "body": bytes_value(&bytes),
                "type": extracted.r#type.map(|it| bytes_value(&it)),
                "length": extracted.body.length,
                "source": source,
            }))
        }
        Err(error) => failure(&error),
    };
    replay("api/concept-bodyinit-extract", |input| {
        let keepalive = match input.has("keepalive") {
            true => Keepalive::Yes,
            false => Keepalive::No,
        };
        outcome(extract(body_init(input.value("body")), keepalive))
    });
    replay("api/bodyinit-safely-extract", |input| {
        outcome(safely_extract(body_init(input.value("body"))))
    });
}

#[test]
fn forms_are_read() {
    replay("api/body-formdata", |input| {
        let mime_type = input.optional_text("type");
        let mime_type = mime_type.as_deref().and_then(mime::parse);
        match form_data(&input.bytes("body"), mime_type.as_ref()) {
            Ok(entries) => Outcome::result(entries.iter().map(entry_value).collect::<Value>()),
            Err(error) => failure(&error),
        }
    });
}

#[test]
fn bodies_have_types() {
    replay("api/concept-body-mime-type", |input| {
        let headers: HeaderList = input.headers("headers");
        Outcome::result(get_the_mime_type(&headers).map(|it| it.to_string()))
    });
}

/// Writes down what it is told to do.
struct Log<'a> {
    input: &'a Input,
    done: RefCell<Vec<String>>,
}

impl<'a> Log<'a> {
    fn new(input: &'a Input) -> Self {
        Self {
            input,
            done: RefCell::default(),
        }
    }

    fn write(&self, what: impl Into<String>) {
        self.done.borrow_mut().push(what.into());
    }

    fn outcome(self) -> Outcome {
        Outcome::result(self.done.into_inner())
    }
}

impl Consumable for Log<'_> {
    fn is_unusable(&self) -> bool {
        self.input.flag("unusable")
    }

    fn is_empty(&self) -> bool {
        self.input.flag("empty")
    }

    fn reject_with_type_error(&self) {
        self.write("reject with a TypeError");
    }

    fn succeed_with_nothing(&self) {
        self.write("succeed with nothing");
    }

    fn fully_read(&self) {
        self.write("read it");
    }
}

impl TextStreamSource for Log<'_> {
    type Error = &'static str;

    fn is_unusable(&self) -> bool {
        self.input.flag("unusable")
    }

    fn is_empty(&self) -> bool {
        self.input.flag("empty")
    }

    fn type_error(&self) -> &'static str {
        "TypeError"
    }

    fn new_stream(&self) -> Result<(), &'static str> {
        self.write("a new stream");
        Ok(())
    }

    fn close(&self) -> Result<(), &'static str> {
        self.write("close it");
        Ok(())
    }

    fn pipe_through_decoder(&self) -> Result<(), &'static str> {
        self.write("pipe it through a decoder");
        Ok(())
    }
}

#[test]
fn bodies_are_consumed() {
    replay("api/concept-body-consume-body", |input| {
        let log = Log::new(input);
        consume_body(&log);
        log.outcome()
    });
    replay("api/body-textstream", |input| {
        let log = Log::new(input);
        match text_stream(&log) {
            Ok(()) => log.outcome(),
            Err(exception) => Outcome::failure_because(exception),
        }
    });
}

// Request.

fn environment() -> Rc<Environment> {
    let url = Url::parse("https://charlie.example/dir/page").unwrap();
    let origin = Origin::of_url(&url).unwrap();
    Rc::new(Environment {
        id: 1,
        creation_url: url.clone(),
        top_level_creation_url: url.clone(),
        top_level_origin: Some(origin.clone()),
        origin,
        api_base_url: RefCell::new(url.clone()),
        policy_container: RefCell::new(PolicyContainer::default()),
        has_cross_site_ancestor: false,
        has_trustworthy_ancestor: false,
        global: GlobalObject::Worker,
        secure_context: true,
        cross_origin_isolated_capability: false,
        referrer_source: RefCell::new(Some(url)),
        insecure_requests: Default::default(),
        fetch_group: Default::default(),
        cache: Default::default(),
    })
}

fn request_init(init: &Map<String, Value>) -> RequestInit {
    let text = |key: &str| init.get(key).map(text);
    RequestInit {
        method: init.get("method").map(bytes),
        headers: init
            .get("headers")
            .map(|headers| HeadersSource::Init(sequence(headers))),
        body: init
            .get("body")
            .filter(|body| !body.is_null())
            .map(body_init),
        referrer: text("referrer"),
        referrer_policy: text("referrerPolicy").map(|policy| ReferrerPolicy::from_keyword(&policy)),
        mode: text("mode").map(|mode| Mode::from_keyword(&mode).unwrap()),
        credentials: text("credentials").map(|it| CredentialsMode::from_keyword(&it).unwrap()),
        cache: text("cache").map(|it| CacheMode::from_keyword(&it).unwrap()),
        redirect: text("redirect").map(|it| RedirectMode::from_keyword(&it).unwrap()),
        integrity: text("integrity"),
        keepalive: init.get("keepalive").map(|it| it.as_bool().unwrap()),
        window_is_null: init.get("window").map(Value::is_null),
        signal: init.get("signal").map(|signal| match signal.is_null() {
            true => SignalInit::Null,
            false => SignalInit::Signal,
        }),
        duplex: init.get("duplex").map(|_| Duplex::Half),
        priority: text("priority").map(|it| Priority::from_keyword(&it).unwrap()),
        body_is_null: init.get("body").is_some_and(Value::is_null),
    }
}

fn make_request(input: &Value) -> Result<RequestObject, ApiError> {
    let init = match input.get("init") {
        Some(init) => request_init(init.as_object().unwrap()),
        None => RequestInit::default(),
    };
    match &input["input"] {
        Value::String(url) => RequestObject::new(RequestInfo::Url(url), &init, &environment()),
        other => {
            let inner = &other["request"];
            let mut object = make_request(inner).unwrap();
            object.body_used = inner.get("used").is_some();
            RequestObject::new(RequestInfo::Request(&object), &init, &environment())
        }
    }
}

fn request_value(object: &RequestObject, field: &str) -> Value {
    let request = &object.request;
    match field {
        "url" => request.url().as_str().into(),
        "method" => bytes_value(&request.method),
        "mode" => request.mode.as_str().into(),
        "credentials" => request.credentials_mode.as_str().into(),
        "cache" => request.cache_mode.as_str().into(),
        "redirect" => request.redirect_mode.as_str().into(),
        "referrer" => object.referrer().into(),
        "referrerPolicy" => request
            .referrer_policy
            .map_or("", ReferrerPolicy::as_str)
            .into(),
        "integrity" => request.integrity_metadata.clone().into(),
        "keepalive" => request.keepalive.into(),
        "headers" => headers_value(&object.headers.header_list),
        "guard" => guard_name(object.headers.guard).into(),
        "priority" => request.priority.as_str().into(),
        "body" => body_value(request.body.as_ref()),
        "usesPreflight" => request.use_cors_preflight.into(),
        "signal" => match object.signal {
            SignalSource::None => "none",
            SignalSource::Input => "input",
            SignalSource::Init => "init",
        }
        .into(),
        "prompts" => match request.traversable_for_user_prompts {
            TraversableForUserPrompts::Client => "client",
            TraversableForUserPrompts::NoTraversable => "no-traversable",
            TraversableForUserPrompts::Traversable(_) => "traversable",
        }
        .into(),
        _ => panic!("nobody sees {field}"),
    }
}

/// What a case looks at.
fn seen(input: &Input, see: impl Fn(&str) -> Value) -> Outcome {
    let fields = input.value("see").as_array().unwrap();
    let fields = fields.iter().map(text);
    Outcome::result(
        fields
            .map(|field| {
                let value = see(&field);
                (field, value)
            })
            .collect::<Map<_, _>>(),
    )
}

#[test]
fn requests_are_made() {
    replay("api/dom-request", |input| {
        let mut given = Map::new();
        for field in ["input", "init"] {
            if input.has(field) {
                given.insert(field.to_owned(), input.value(field).clone());
            }
        }
        match make_request(&given.into()) {
            Ok(object) => seen(input, |field| request_value(&object, field)),
            Err(error) => failure(&error),
        }
    });
}

#[test]
fn requests_are_cloned() {
    replay("api/request-clone", |input| {
        let mut given = Map::new();
        for field in ["input", "init"] {
            if input.has(field) {
                given.insert(field.to_owned(), input.value(field).clone());
            }
        }
        let mut object = make_request(&given.into()).unwrap();
        object.body_used = input.has("used");
        match object.try_clone() {
            Ok(clone) => seen(input, |field| request_value(&clone, field)),
            Err(error) => failure(&error),
        }
    });
}

// Response.

fn response_init(init: &Value) -> ResponseInit {
    let mut result = ResponseInit::default();
    if let Some(status) = init.get("status") {
        result.status = status.as_u64().unwrap().try_into().unwrap();
    }
    if let Some(status_text) = init.get("statusText") {
        result.status_text = bytes(status_text);
    }
    result.headers = init.get("headers").map(sequence);
    result
}

fn response_value(object: &ResponseObject, field: &str) -> Value {
    match field {
        "status" => object.status.into(),
        "statusText" => bytes_value(&object.status_message),
        "ok" => object.ok().into(),
        "type" => object.r#type.as_str().into(),
        "url" => object.url().into(),
        "redirected" => object.redirected().into(),
        "headers" => headers_value(&object.headers.header_list),
        "guard" => guard_name(object.headers.guard).into(),
        "body" => body_value(object.body.as_ref()),
        _ => panic!("nobody sees {field}"),
    }
}

#[test]
fn responses_are_made() {
    for file in ["api/dom-response", "api/initialize-a-response"] {
        replay(file, |input| {
            let body = input.has("body").then(|| body_init(input.value("body")));
            match ResponseObject::new(body, &response_init(input.value("init")), Guard::Response) {
                Ok(object) => seen(input, |field| response_value(&object, field)),
                Err(error) => failure(&error),
            }
        });
    }
}

#[test]
fn responses_are_cloned() {
    replay("api/response-clone", |input| {
        let body = input.has("body").then(|| body_init(input.value("body")));
        let init = response_init(input.value("init"));
        let mut object = ResponseObject::new(body, &init, Guard::Response).unwrap();
        object.body_used = input.has("used");
        match object.try_clone() {
            Ok(clone) => seen(input, |field| response_value(&clone, field)),
            Err(error) => failure(&error),
        }
    });
}

#[test]
fn responses_are_made_of_json() {
    replay("api/response-json-data-init", |input| {
        let init = response_init(input.value("init"));
        match ResponseObject::json(input.text("text"), &init, Guard::Response) {
            Ok(object) => seen(input, |field| response_value(&object, field)),
            Err(error) => failure(&error),
        }
    });
}

#[test]
fn redirects_are_made() {
    replay("api/response-redirect-url-status", |input| {
        let status = input.number("status").try_into().unwrap();
        let base = environment().api_base_url.borrow().clone();
        match ResponseObject::redirect(&input.text("url"), status, &base) {
            Ok(object) => {
                let location = object.headers.header_list.get(b"location").unwrap();
                Outcome::result(
                    json!({ "status": object.status, "location": bytes_value(&location) }),
                )
            }
            Err(error) => failure(&error),
        }
    });
}

// fetch().

impl FetchCaller for Log<'_> {
    type Error = String;

    fn new_promise(&self) -> Result<(), String> {
        self.write("promise");
        Ok(())
    }

    fn new_request_object(&self) -> Result<(), String> {
        self.write("request object");
        match self.input.has("request") {
            true => Err("no request".to_owned()),
            false => Ok(()),
        }
    }

    fn abort_reason(&self) -> Option<String> {
        self.input.has("signal").then(|| "reason".to_owned())
    }

    fn add_abort_steps(&self) {
        self.write("add abort steps");
    }

    fn start(&self) -> Result<(), String> {
        self.write("start");
        Ok(())
    }

    fn abort_controller(&self, error: &String) {
        self.write(format!("abort the fetch: {error}"));
    }

    fn abort_error(&self) -> String {
        "AbortError".to_owned()
    }

    fn deserialize_abort_reason(&self) -> Option<String> {
        self.input.has("theirs").then(|| "their reason".to_owned())
    }

    fn type_error(&self) -> String {
        "TypeError".to_owned()
    }

    fn reject(&self, error: &String) {
        self.write(format!("reject: {error}"));
    }

    fn new_response_object(&self) {
        self.write("response object");
    }

    fn resolve(&self) {
        self.write("resolve");
    }

    fn cancel_request_body(&self, error: &String) {
        self.write(format!("cancel the request's body: {error}"));
    }

    fn error_response_body(&self, error: &String) {
        self.write(format!("fail the response's body: {error}"));
    }
}

#[test]
fn fetch_is_called() {
    replay("api/dom-global-fetch", |input| {
        let log = Log::new(input);
        let call = FetchCall::fetch(&log).unwrap();
        for event in input.value("events").as_array().unwrap() {
            let respond = |outcome| call.process_response(&log, outcome);
            match event.as_str().unwrap() {
                "response" => respond(FetchOutcome::Response),
                "network error" => respond(FetchOutcome::NetworkError),
                "aborted" => respond(FetchOutcome::Aborted),
                "abort" => call.abort(&log, &"reason".to_owned()),
                other => panic!("{other} is no event"),
            }
        }
        log.outcome()
    });
}
