//! `XMLHttpRequest`: what its JavaScript leaves to decide.
//!
//! <https://xhr.spec.whatwg.org/>

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use crossexam_fetch::Request;
use crossexam_fetch::api::Keepalive;
use crossexam_fetch::request::{CredentialsMode, InitiatorType, Mode};
use crossexam_web::header_value::{is_header_name, is_header_value, normalize};
use crossexam_web::infra::isomorphic_decode;
use crossexam_web::method::{is_forbidden_method, is_method, normalize_a_method};
use crossexam_web::safelist::is_forbidden_request_header;
use crossexam_web::{HeaderList, MimeType, mime};
use encoding_rs::{Encoding, UTF_8};
use rquickjs::{Ctx, Function, Object, Value};
use url::Url;

use super::data::{Data, way};
use super::headers::{JsResponse, byte_string};
use super::request::JsBody;
use crate::ops::{Ops, throw};
use crate::protocol::{FetchInitiator, OperationId, SynchronousOutcome};

/// What `open()` has set, and the author's request headers.
struct Opened {
    method: bytes::Bytes,
    url: Url,
    headers: RefCell<HeaderList>,
}

pub(super) fn register<'js>(ops: &Ops<'js>) -> rquickjs::Result<()> {
    let scope = ops.scope();
    ops.add(
        "xhrOpen",
        move |ctx: Ctx<'js>,
              method: String,
              url: String,
              username: Option<String>,
              password: Option<String>| {
            let method = byte_string(&method);
            if !is_method(&method) {
                return Err(throw(&ctx, "SyntaxError", "not a method"));
            }
            if is_forbidden_method(&method) {
                return Err(throw(
                    &ctx,
                    "SecurityError",
                    "this method is not for scripts",
                ));
            }
            let environment = scope.live_host(&ctx)?.environment(scope.realm);
            let mut url = environment
                .api_base_url
                .borrow()
                .join(&url)
                .map_err(|_| throw(&ctx, "SyntaxError", "not a URL"))?;
            if url.has_host() {
                // Neither fails: there is a host.
                if let Some(username) = username {
                    let _ = url.set_username(&username);
                }
                if let Some(password) = password {
                    let _ = url.set_password(Some(&password));
                }
            }
            let headers = RefCell::new(HeaderList::new());
            scope.wrap(
                &ctx,
                Rc::new(Opened {
                    method: normalize_a_method(method),
                    url,
                    headers,
                }),
            )
        },
    )?;

    let scope = ops.scope();
    ops.add(
        "xhrSetRequestHeader",
        move |ctx: Ctx<'js>, opened: Function<'js>, name: String, value: String| {
            let opened = scope.unwrap::<Opened>(&ctx, &opened)?;
            let (name, value) = (byte_string(&name), byte_string(&value));
            let value = value.slice_ref(normalize(&value));
            if !is_header_name(&name) || !is_header_value(&value) {
                return Err(throw(&ctx, "SyntaxError", "not a header"));
            }
            if !is_forbidden_request_header(&name, &value) {
                opened.headers.borrow_mut().combine(name, value);
            }
            Ok(())
        },
    )?;

    let scope = ops.scope();
    ops.add(
        "xhrIgnoresBody",
        move |ctx: Ctx<'js>, opened: Function<'js>| {
            scope
                .unwrap::<Opened>(&ctx, &opened)
                .map(|opened| matches!(&opened.method[..], b"GET" | b"HEAD"))
        },
    )?;

    // `options`: withCredentials, uploadListener, textual (the body is a string or a URLSearchParams). Returns the
    // body's length.
    let scope = ops.scope();
    ops.add(
        "xhrPrepare",
        move |ctx: Ctx<'js>,
              opened: Function<'js>,
              body: Option<Function<'js>>,
              options: Object<'js>| {
            let opened = scope.unwrap::<Opened>(&ctx, &opened)?;
            let environment = scope.live_host(&ctx)?.environment(scope.realm);
            let mut headers = opened.headers.borrow_mut();
            let body = body
                .map(|body| {
                    scope
                        .unwrap::<JsBody>(&ctx, &body)?
                        .extract(&ctx, Keepalive::No)
                })
                .transpose()?;
            if let Some(body) = &body {
                match headers.get(b"content-type") {
                    Some(value) if options.get("textual")? => {
                        if let Some(value) = with_utf8(&value) {
                            headers.set("Content-Type", value);
                        }
                    }
                    Some(_) => {}
                    None if options.get("html")? => {
                        headers.set("Content-Type", "text/html;charset=UTF-8");
                    }
                    None => {
                        if let Some(r#type) = &body.r#type {
                            headers.set("Content-Type", r#type.clone());
                        }
                    }
                }
            }
            let mut request = Request::new(opened.url.clone());
            request.method = opened.method.clone();
            request.header_list = headers.clone();
            request.unsafe_request = true;
            request.body = body.map(|body| body.body);
            request.client = Some(environment);
            request.mode = Mode::Cors;
            request.use_cors_preflight = options.get("uploadListener")?;
            if options.get("withCredentials")? {
                request.credentials_mode = CredentialsMode::Include;
            }
            request.use_url_credentials =
                !opened.url.username().is_empty() || opened.url.password().is_some();
            request.initiator_type = Some(InitiatorType::XmlHttpRequest);
            scope.wrap(&ctx, Rc::new(request))
        },
    )?;

    let scope = ops.scope();
    ops.add(
        "xhrBodyLength",
        move |ctx: Ctx<'js>, request: Function<'js>| {
            let request = scope.unwrap::<Request>(&ctx, &request)?;
            rquickjs::Result::Ok(
                request
                    .body
                    .as_ref()
                    .map_or(-1, |body| body.length.unwrap_or(0) as i64),
            )
        },
    )?;

    let scope = ops.scope();
    ops.add(
        "xhrSend",
        move |ctx: Ctx<'js>, operation: u64, request: Function<'js>| {
            let request = scope.unwrap::<Request>(&ctx, &request)?;
            let host = scope.live_host(&ctx)?;
            let initiator = FetchInitiator::XmlHttpRequest;
            host.start_fetch(
                scope.realm,
                OperationId(operation),
                initiator,
                (*request).clone(),
            );
            rquickjs::Result::Ok(())
        },
    )?;

    let scope = ops.scope();
    ops.add(
        "xhrGetHeader",
        move |ctx: Ctx<'js>, response: Function<'js>, name: String| {
            let response = scope.unwrap::<JsResponse>(&ctx, &response)?;
            let value = response
                .object
                .borrow()
                .headers
                .header_list
                .get(&byte_string(&name));
            if let Some(value) = &value {
                scope.exposed("XMLHttpRequest.getResponseHeader()", value);
            }
            rquickjs::Result::Ok(value.map(|value| isomorphic_decode(&value)))
        },
    )?;

    let scope = ops.scope();
    ops.add(
        "xhrAllHeaders",
        move |ctx: Ctx<'js>, response: Function<'js>| {
            let response = scope.unwrap::<JsResponse>(&ctx, &response)?;
            let mut headers: Vec<_> = response
                .object
                .borrow()
                .headers
                .header_list
                .sort_and_combine()
                .into_iter()
                .collect();
            headers.sort_by_key(|header| header.name.to_ascii_uppercase());
            let mut output = String::new();
            for header in headers {
                scope.exposed("XMLHttpRequest.getAllResponseHeaders()", &header.value);
                output.push_str(&isomorphic_decode(&header.name));
                output.push_str(": ");
                output.push_str(&isomorphic_decode(&header.value));
                output.push_str("\r\n");
            }
            rquickjs::Result::Ok(output)
        },
    )?;

    // The `Content-Length`, or 0.
    let scope = ops.scope();
    ops.add(
        "xhrLength",
        move |ctx: Ctx<'js>, response: Function<'js>| {
            let response = scope.unwrap::<JsResponse>(&ctx, &response)?;
            let length = mime::extract_a_length(&response.object.borrow().headers.header_list);
            rquickjs::Result::Ok(length.ok().flatten().unwrap_or(0))
        },
    )?;

    let scope = ops.scope();
    ops.add(
        "xhrText",
        move |ctx: Ctx<'js>,
              response: Function<'js>,
              received: Function<'js>,
              override_type: Option<String>,
              how: String| {
            let response = scope.unwrap::<JsResponse>(&ctx, &response)?;
            let received = scope.unwrap::<Data>(&ctx, &received)?;
            let object = response.object.borrow();
            let label = override_type
                .as_deref()
                .and_then(mime::parse)
                .and_then(|mime_type| mime_type.parameter("charset").map(str::to_owned))
                .or_else(|| {
                    response_type(&object.headers.header_list)
                        .parameter("charset")
                        .map(str::to_owned)
                });
            let encoding = label
                .and_then(|label| Encoding::for_label(label.as_bytes()))
                .unwrap_or(UTF_8);
            if received.outside {
                scope.exposed(way(&how), &received.bytes);
            }
            rquickjs::Result::Ok(encoding.decode(&received.bytes).0.into_owned())
        },
    )?;

    let scope = ops.scope();
    ops.add(
        "xhrFinalType",
        move |ctx: Ctx<'js>, response: Function<'js>, override_type: Option<String>| {
            let response = scope.unwrap::<JsResponse>(&ctx, &response)?;
            rquickjs::Result::Ok(match override_type {
                Some(mime_type) => mime_type,
                None => response_type(&response.object.borrow().headers.header_list).to_string(),
            })
        },
    )?;
    // What kind of document the response is: "html", "xml" or neither.
    let scope = ops.scope();
    ops.add(
        "xhrDocumentKind",
        move |ctx: Ctx<'js>, response: Function<'js>, override_type: Option<String>| {
            let response = scope.unwrap::<JsResponse>(&ctx, &response)?;
            let object = response.object.borrow();
            let mime_type = override_type
                .as_deref()
                .and_then(mime::parse)
                .unwrap_or_else(|| response_type(&object.headers.header_list));
            let essence = mime_type.essence();
            rquickjs::Result::Ok(match essence {
                "text/html" => "html",
                "text/xml" | "application/xml" => "xml",
                _ if essence.ends_with("+xml") => "xml",
                _ => "",
            })
        },
    )?;

    // Undefined if the world has no synchronous requests.
    let scope = ops.scope();
    ops.add(
        "xhrSendSynchronously",
        move |ctx: Ctx<'js>, request: Function<'js>, timeout: u32| {
            let request = scope.unwrap::<Request>(&ctx, &request)?;
            let host = scope.live_host(&ctx)?;
            let timeout = (timeout != 0).then(|| Duration::from_millis(timeout.into()));
            let Some(outcome) = host.fetch_synchronously(scope.realm, (*request).clone(), timeout)
            else {
                return Ok(None);
            };
            let result = Object::new_proto(ctx.clone(), None)?;
            let mut timed_out = false;
            let mut aborted = false;
            let mut response = None;
            match outcome {
                SynchronousOutcome::Response(answer) => match answer.network_error() {
                    Some(error) => aborted = error.aborted,
                    None => response = Some(super::response::from_outside(&ctx, &scope, &answer)?),
                },
                SynchronousOutcome::TimedOut => timed_out = true,
                SynchronousOutcome::Failed => {}
            }
            result.set(
                "response",
                response.map_or_else(|| Value::new_null(ctx.clone()), Function::into_value),
            )?;
            result.set("timedOut", timed_out)?;
            result.set("aborted", aborted)?;
            rquickjs::Result::Ok(Some(result))
        },
    )?;

    let scope = ops.scope();
    ops.add("unmodelled", move |what: String| {
        if scope.alive.get() {
            scope.host().unmodelled(scope.realm, &what);
        }
    })?;
    Ok(())
}

/// The response MIME type.
fn response_type(headers: &HeaderList) -> MimeType {
    mime::extract_a_mime_type(headers).unwrap_or_else(|| MimeType::new("text", "xml"))
}

/// The value with `charset=UTF-8`, if it names another charset.
fn with_utf8(value: &[u8]) -> Option<String> {
    let mut mime_type = mime::parse(&isomorphic_decode(value))?;
    let charset = mime_type.parameter("charset")?;
    if charset.eq_ignore_ascii_case("utf-8") {
        return None;
    }
    mime_type.set_parameter("charset", "UTF-8");
    Some(mime_type.to_string())
}
