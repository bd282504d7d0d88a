//! `Request` objects, `fetch()` and beacons.

use std::cell::RefCell;
use std::rc::Rc;

use crossexam_fetch::ReferrerPolicy;
use crossexam_fetch::Request;
use crossexam_fetch::api::Guard;
use crossexam_fetch::api::body::{BodyInit, BodyWithType, Keepalive, StreamUse, extract};
use crossexam_fetch::api::request::{
    Duplex, HeadersSource, RequestInfo, RequestInit, RequestObject, SignalInit, SignalSource,
};
use crossexam_fetch::body::Body;
use crossexam_fetch::request::{
    CacheMode, CredentialsMode, InitiatorType, Mode, Priority, RedirectMode,
};
use crossexam_web::safelist::is_cors_safelisted_request_header;
use rquickjs::{Array, Ctx, Function, Object};

use super::data::{Data, entries, form_boundary};
use super::headers::{JsHeaders, JsRequest, byte_string, headers_init, throw_api};
use crate::ops::{Ops, throw};
use crate::protocol::{FetchInitiator, OperationId, RealmKind};
use crate::shared::Scope;

/// A body on its way from a script, and whether its bytes came from outside.
pub(crate) struct JsBody {
    pub(crate) init: BodyInit,
    pub(crate) outside: bool,
}

impl JsBody {
    /// Extracts it.
    pub(crate) fn extract(
        &self,
        ctx: &Ctx<'_>,
        keepalive: Keepalive,
    ) -> rquickjs::Result<BodyWithType> {
        extract(self.init.clone(), keepalive).map_err(|error| throw_api(ctx, &error))
    }
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
        RealmKind::Window | RealmKind::Worker | RealmKind::SharedWorker => Guard::Request,
        RealmKind::Server => Guard::None,
    }
}

pub(super) fn register<'js>(ops: &Ops<'js>) -> rquickjs::Result<()> {
    // kind: "text" | "query" with a string, "bytes" with data, "blob" with data and type, "form" with entries, "stream".
    let scope = ops.scope();
    ops.add(
        "bodyInit",
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
                "stream" => BodyInit::Stream(StreamUse::Unused),
                "unusable stream" => BodyInit::Stream(StreamUse::DisturbedOrLocked),
                _ => BodyInit::Bytes(bytes),
            };
            scope.wrap(&ctx, Rc::new(JsBody { init, outside }))
        },
    )?;

    let scope = ops.scope();
    ops.add(
        "requestNew",
        move |ctx: Ctx<'js>,
              url: Option<String>,
              input: Option<Function<'js>>,
              input_unusable: bool,
              init: Object<'js>| {
            let environment = scope.live_host(&ctx)?.environment(scope.realm);
            let (init, body_outside) = request_init(&ctx, &scope, &init)?;
            let input = input
                .map(|input| scope.unwrap::<JsRequest>(&ctx, &input))
                .transpose()?;
            if let Some(input) = &input {
                input.object.borrow_mut().body_used = input_unusable;
            }
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
        move |ctx: Ctx<'js>, request: Function<'js>, unusable: bool| {
            let request = scope.unwrap::<JsRequest>(&ctx, &request)?;
            request.object.borrow_mut().body_used = unusable;
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
                "signal" => match object.signal {
                    SignalSource::None => "",
                    SignalSource::Input => "input",
                    SignalSource::Init => "init",
                }
                .to_owned(),
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
                _ => false,
            })
        },
    )?;

    // The body's bytes; null if there is no body.
    let scope = ops.scope();
    ops.add(
        "requestBody",
        move |ctx: Ctx<'js>, request: Function<'js>| {
            let request = scope.unwrap::<JsRequest>(&ctx, &request)?;
            let object = request.object.borrow();
            let body = object.request.body.as_ref();
            body.map(|body| {
                Data {
                    bytes: body.known_bytes().cloned().unwrap_or_default(),
                    outside: request.body_outside,
                }
                .wrap(&ctx, &scope)
            })
            .transpose()
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
                let with_type = body.extract(&ctx, Keepalive::Yes)?;
                request.body = Some(with_type.body);
                if let Some(r#type) = with_type.r#type {
                    if !is_cors_safelisted_request_header(b"content-type", &r#type) {
                        request.mode = Mode::Cors;
                    }
                    request.header_list.append("Content-Type", r#type);
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
                body.init.clone()
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
        mode: text("mode")?.and_then(|mode| Mode::from_request_mode(&mode)),
        credentials: text("credentials")?.and_then(|mode| CredentialsMode::from_keyword(&mode)),
        cache: text("cache")?.and_then(|mode| CacheMode::from_keyword(&mode)),
        redirect: text("redirect")?.and_then(|mode| RedirectMode::from_keyword(&mode)),
        integrity: text("integrity")?,
        keepalive: init.get("keepalive")?,
        window_is_null: init.get("windowIsNull")?,
        signal: text("signalKind")?.map(|kind| match kind.as_str() {
            "null" => SignalInit::Null,
            _ => SignalInit::Signal,
        }),
        duplex: text("duplex")?.map(|_| Duplex::Half),
        priority: text("priority")?.and_then(|priority| Priority::from_keyword(&priority)),
        body_is_null: init.get::<_, Option<bool>>("bodyIsNull")?.unwrap_or(false),
    };
    Ok((init, outside))
}
