//! `Request` objects, `fetch()` and beacons.

use std::cell::RefCell;
use std::rc::Rc;

use crossexam_fetch::Request;
use crossexam_fetch::api::Guard;
use crossexam_fetch::api::body::{BodyInit, BodyWithType, extract};
use crossexam_fetch::api::request::{HeadersSource, RequestInfo, RequestInit, RequestObject};
use crossexam_fetch::body::Body;
use crossexam_fetch::request::{CacheMode, CredentialsMode, InitiatorType, Mode, RedirectMode};
use crossexam_fetch::{ReferrerPolicy, api::form_data};
use crossexam_web::safelist::is_cors_safelisted_request_header;
use rquickjs::{Array, Ctx, Function, Object};

use super::data::{Data, entries, entries_to_script, form_boundary, way};
use super::headers::{JsHeaders, JsRequest, byte_string, headers_init, throw_api};
use crate::ops::{Ops, throw};
use crate::protocol::{FetchInitiator, OperationId, RealmKind};
use crate::shared::Scope;

/// A body on its way from a script: with its type, and whether its bytes came from outside.
pub(crate) struct JsBody {
    pub(crate) with_type: BodyWithType,
    pub(crate) outside: bool,
}

/// The native part of a request that a server program answers.
pub(crate) fn from_outside<'js>(
    ctx: &Ctx<'js>,
    scope: &Scope,
    object: RequestObject,
) -> rquickjs::Result<Function<'js>> {
    scope.wrap(
        ctx,
        Rc::new(JsRequest {
            object: RefCell::new(object),
            outside: true,
            body_outside: true,
        }),
    )
}

/// The guard of requests that scripts make. A server program is no browser: it writes any header.
fn guard(scope: &Scope) -> Guard {
    match scope.kind {
        RealmKind::Window | RealmKind::Worker => Guard::Request,
        RealmKind::Server => Guard::None,
    }
}

pub(super) fn register<'js>(ops: &Ops<'js>) -> rquickjs::Result<()> {
    // kind: "text" | "query" with a string, "bytes" with data, "blob" with data and type, "form" with entries.
    let scope = ops.scope();
    ops.add(
        "bodyExtract",
        move |ctx: Ctx<'js>,
              kind: String,
              text: Option<String>,
              data: Option<Function<'js>>,
              list: Option<Vec<Array<'js>>>| {
            let data = data
                .map(|data| scope.unwrap::<Data>(&ctx, &data))
                .transpose()?;
            let mut outside = data.as_ref().is_some_and(|data| data.outside);
            let bytes = data.map(|data| data.bytes.clone()).unwrap_or_default();
            let text = text.unwrap_or_default();
            let init = match kind.as_str() {
                "text" => BodyInit::Text(text),
                "query" => BodyInit::UrlSearchParams(text),
                "blob" => BodyInit::Blob {
                    bytes,
                    content_type: text,
                },
                "form" => {
                    let (entries, from_outside) = entries(&ctx, &scope, list.unwrap_or_default())?;
                    outside |= from_outside;
                    BodyInit::FormData {
                        entries,
                        boundary: form_boundary(&scope),
                    }
                }
                _ => BodyInit::Bytes(bytes),
            };
            let with_type = extract(init);
            scope.wrap(&ctx, Rc::new(JsBody { with_type, outside }))
        },
    )?;

    let scope = ops.scope();
    ops.add(
        "requestNew",
        move |ctx: Ctx<'js>,
              url: Option<String>,
              input: Option<Function<'js>>,
              init: Object<'js>| {
            let environment = scope.live_host(&ctx)?.environment(scope.realm);
            let (init, body_outside) = request_init(&ctx, &scope, &init)?;
            let input = input
                .map(|input| scope.unwrap::<JsRequest>(&ctx, &input))
                .transpose()?;
            let outside = input.as_ref().is_some_and(|input| input.outside);
            let body_outside = match &init.body {
                Some(_) => body_outside,
                None => input.as_ref().is_some_and(|input| input.body_outside),
            };
            let object = match (&input, &url) {
                (Some(input), _) => {
                    let input = input.object.borrow();
                    RequestObject::with_guard(
                        RequestInfo::Request(&input),
                        &init,
                        &environment,
                        guard(&scope),
                    )
                }
                (None, url) => {
                    let url = url.as_deref().unwrap_or_default();
                    RequestObject::with_guard(
                        RequestInfo::Url(url),
                        &init,
                        &environment,
                        guard(&scope),
                    )
                }
            }
            .map_err(|error| throw_api(&ctx, &error))?;
            if let Some(input) = input
                && init.body.is_none()
                && input.object.borrow().request.body.is_some()
            {
                input.object.borrow_mut().body_used = true;
            }
            scope.wrap(
                &ctx,
                Rc::new(JsRequest {
                    object: RefCell::new(object),
                    outside,
                    body_outside,
                }),
            )
        },
    )?;

    let scope = ops.scope();
    ops.add(
        "requestHeaders",
        move |ctx: Ctx<'js>, request: Function<'js>| {
            let request = scope.unwrap::<JsRequest>(&ctx, &request)?;
            scope.wrap(&ctx, JsHeaders::of_request(request))
        },
    )?;

    let scope = ops.scope();
    ops.add(
        "requestClone",
        move |ctx: Ctx<'js>, request: Function<'js>| {
            let request = scope.unwrap::<JsRequest>(&ctx, &request)?;
            let clone = request
                .object
                .borrow()
                .try_clone()
                .map_err(|error| throw_api(&ctx, &error))?;
            scope.wrap(
                &ctx,
                Rc::new(JsRequest {
                    object: RefCell::new(clone),
                    outside: request.outside,
                    body_outside: request.body_outside,
                }),
            )
        },
    )?;

    let scope = ops.scope();
    ops.add(
        "requestGet",
        move |ctx: Ctx<'js>, request: Function<'js>, field: String| {
            let request = scope.unwrap::<JsRequest>(&ctx, &request)?;
            let object = request.object.borrow();
            let request = &object.request;
            rquickjs::Result::Ok(match field.as_str() {
                "method" => crossexam_web::infra::isomorphic_decode(&request.method),
                "url" => object.url().as_str().to_owned(),
                "destination" => request.destination.as_str().to_owned(),
                "referrer" => object.referrer().to_owned(),
                "referrerPolicy" => request
                    .referrer_policy
                    .map_or("", ReferrerPolicy::as_str)
                    .to_owned(),
                "mode" => request.mode.as_str().to_owned(),
                "credentials" => request.credentials_mode.as_str().to_owned(),
                "cache" => request.cache_mode.as_str().to_owned(),
                "redirect" => request.redirect_mode.as_str().to_owned(),
                "integrity" => request.integrity_metadata.clone(),
                _ => String::new(),
            })
        },
    )?;

    let scope = ops.scope();
    ops.add(
        "requestFlag",
        move |ctx: Ctx<'js>, request: Function<'js>, field: String| {
            let request = scope.unwrap::<JsRequest>(&ctx, &request)?;
            let object = request.object.borrow();
            rquickjs::Result::Ok(match field.as_str() {
                "keepalive" => object.request.keepalive,
                "isReloadNavigation" => object.request.reload_navigation,
                "isHistoryNavigation" => object.request.history_navigation,
                "bodyUsed" => object.is_unusable(),
                _ => false,
            })
        },
    )?;

    // Takes the body's bytes; they can be taken once.
    let scope = ops.scope();
    ops.add(
        "requestConsume",
        move |ctx: Ctx<'js>, request: Function<'js>| {
            let request = scope.unwrap::<JsRequest>(&ctx, &request)?;
            let mut object = request.object.borrow_mut();
            if object.is_unusable() {
                return Err(throw(
                    &ctx,
                    "TypeError",
                    "the request's body is used already",
                ));
            }
            object.body_used = true;
            let bytes = object
                .request
                .body
                .as_ref()
                .map(|body| body.bytes.clone())
                .unwrap_or_default();
            Data {
                bytes,
                outside: request.body_outside,
            }
            .wrap(&ctx, &scope)
        },
    )?;

    let scope = ops.scope();
    ops.add(
        "headersMimeType",
        move |ctx: Ctx<'js>, headers: Function<'js>| {
            let headers = scope.unwrap::<JsHeaders>(&ctx, &headers)?;
            let mime_type = headers
                .with(|headers| crossexam_fetch::api::get_the_mime_type(&headers.header_list));
            rquickjs::Result::Ok(mime_type.map(|mime_type| mime_type.to_string()))
        },
    )?;

    // formData(): the entries of the bytes.
    let scope = ops.scope();
    ops.add(
        "dataForm",
        move |ctx: Ctx<'js>, data: Function<'js>, headers: Function<'js>, how: String| {
            let data = scope.unwrap::<Data>(&ctx, &data)?;
            let headers = scope.unwrap::<JsHeaders>(&ctx, &headers)?;
            let mime_type = headers
                .with(|headers| crossexam_fetch::api::get_the_mime_type(&headers.header_list));
            let entries = form_data::form_data(&data.bytes, mime_type.as_ref())
                .map_err(|error| throw_api(&ctx, &error))?;
            if data.outside {
                scope.exposed(way(&how), &data.bytes);
            }
            entries_to_script(&ctx, &scope, entries, data.outside)
        },
    )?;

    let scope = ops.scope();
    ops.add(
        "fetchStart",
        move |ctx: Ctx<'js>, operation: u64, request: Function<'js>| {
            let request = scope.unwrap::<JsRequest>(&ctx, &request)?;
            let host = scope.live_host(&ctx)?;
            let request = request.object.borrow().to_request();
            host.start_fetch(
                scope.realm,
                OperationId(operation),
                FetchInitiator::Fetch,
                request,
            );
            rquickjs::Result::Ok(())
        },
    )?;

    let scope = ops.scope();
    ops.add("fetchAbort", move |operation: u64| {
        if scope.alive.get() {
            scope.host().abort(scope.realm, OperationId(operation));
        }
    })?;

    let scope = ops.scope();
    ops.add(
        "beacon",
        move |ctx: Ctx<'js>, operation: u64, url: String, body: Option<Function<'js>>| {
            let host = scope.live_host(&ctx)?;
            let environment = host.environment(scope.realm);
            let url = environment.api_base_url.borrow().join(&url).ok();
            let url = url
                .filter(|url| matches!(url.scheme(), "http" | "https"))
                .ok_or_else(|| throw(&ctx, "TypeError", "a beacon needs an HTTP(S) URL"))?;
            let mut request = Request::new(url);
            if let Some(body) = body {
                let body = scope.unwrap::<JsBody>(&ctx, &body)?;
                request.body = Some(body.with_type.body.clone());
                if let Some(r#type) = &body.with_type.r#type {
                    if !is_cors_safelisted_request_header(b"content-type", r#type) {
                        request.mode = Mode::Cors;
                    }
                    request.header_list.append("Content-Type", r#type.clone());
                }
            } else {
                request.body = Some(Body::from_bytes(bytes::Bytes::new()));
            }
            request.method = bytes::Bytes::from_static(b"POST");
            // SPEC: the Beacon draft does not say so, but browsers make a preflight for a type that needs one.
            request.unsafe_request = true;
            request.client = Some(environment);
            request.keepalive = true;
            request.credentials_mode = CredentialsMode::Include;
            request.initiator_type = Some(InitiatorType::Beacon);
            host.start_fetch(
                scope.realm,
                OperationId(operation),
                FetchInitiator::Beacon,
                request,
            );
            rquickjs::Result::Ok(())
        },
    )?;
    Ok(())
}

/// Reads the converted dictionary; says whether the body's bytes came from outside.
fn request_init<'js>(
    ctx: &Ctx<'js>,
    scope: &Scope,
    init: &Object<'js>,
) -> rquickjs::Result<(RequestInit, bool)> {
    let text = |key: &str| init.get::<_, Option<String>>(key);
    let headers = match (
        init.get::<_, Option<Function<'js>>>("headersObject")?,
        text("headersKind")?,
    ) {
        (Some(headers), _) => {
            let headers = scope.unwrap::<JsHeaders>(ctx, &headers)?;
            Some(HeadersSource::Headers(
                headers.with(|headers| headers.header_list.clone()),
            ))
        }
        (None, Some(kind)) => Some(HeadersSource::Init(headers_init(
            &kind,
            init.get("headersItems")?,
        ))),
        (None, None) => None,
    };
    let mut outside = false;
    let body = init
        .get::<_, Option<Function<'js>>>("body")?
        .map(|body| {
            scope.unwrap::<JsBody>(ctx, &body).map(|body| {
                outside = body.outside;
                body.with_type.clone()
            })
        })
        .transpose()?;
    let init = RequestInit {
        method: text("method")?.map(|method| byte_string(&method)),
        headers,
        body,
        referrer: text("referrer")?,
        referrer_policy: text("referrerPolicy")?
            .map(|policy| ReferrerPolicy::from_keyword(&policy)),
        mode: text("mode")?.and_then(|mode| Mode::from_keyword(&mode)),
        credentials: text("credentials")?.and_then(|mode| CredentialsMode::from_keyword(&mode)),
        cache: text("cache")?.and_then(|mode| CacheMode::from_keyword(&mode)),
        redirect: text("redirect")?.and_then(|mode| RedirectMode::from_keyword(&mode)),
        integrity: text("integrity")?,
        keepalive: init.get("keepalive")?,
        window_is_null: init.get("windowIsNull")?,
        others: init.get::<_, Option<bool>>("others")?.unwrap_or(false),
    };
    Ok((init, outside))
}
