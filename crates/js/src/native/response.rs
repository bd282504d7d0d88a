//! `Response` objects.

use std::cell::RefCell;
use std::rc::Rc;

use bytes::Bytes;
use crossexam_fetch::api::response::{ResponseInit, ResponseObject};
use crossexam_fetch::api::{ApiError, Guard};
use crossexam_fetch::{Body, Response};
use crossexam_web::infra::isomorphic_decode;
use rquickjs::{Ctx, Function, IntoJs, Object, TypedArray, Value};

use super::data::{BEFORE, Chunk, Data, way};
use super::headers::{JsHeaders, JsResponse, byte_string, headers_init, throw_api};
use super::request::JsBody;
use crate::ops::Ops;
use crate::protocol::{OperationId, RealmKind};
use crate::shared::Scope;

/// The guard of responses that scripts make. A server program writes whatever servers may.
fn guard(scope: &Scope) -> Guard {
    match scope.kind {
        RealmKind::Window | RealmKind::Worker | RealmKind::SharedWorker => Guard::Response,
        RealmKind::Server => Guard::None,
    }
}

/// The native part of a response that a fetch brought.
pub(crate) fn from_outside<'js>(
    ctx: &Ctx<'js>,
    scope: &Scope,
    response: &Response,
) -> rquickjs::Result<Function<'js>> {
    let object = ResponseObject::create(response, Guard::Immutable);
    scope.wrap(
        ctx,
        Rc::new(JsResponse {
            object: RefCell::new(object),
            outside: true,
            body_outside: true,
            read: RefCell::default(),
        }),
    )
}

fn wrap<'js>(
    ctx: &Ctx<'js>,
    scope: &Scope,
    object: Result<ResponseObject, ApiError>,
) -> rquickjs::Result<Function<'js>> {
    let object = object.map_err(|error| throw_api(ctx, &error))?;
    scope.wrap(
        ctx,
        Rc::new(JsResponse {
            object: RefCell::new(object),
            outside: false,
            body_outside: false,
            read: RefCell::default(),
        }),
    )
}

pub(super) fn register<'js>(ops: &Ops<'js>) -> rquickjs::Result<()> {
    let scope = ops.scope();
    ops.add(
        "responseNew",
        move |ctx: Ctx<'js>, body: Option<Function<'js>>, init: Object<'js>| {
            let body = body
                .map(|body| scope.unwrap::<JsBody>(&ctx, &body))
                .transpose()?;
            let body_outside = body.as_ref().is_some_and(|body| body.outside);
            let body = body.map(|body| body.init.clone());
            let object = ResponseObject::new(body, &response_init(&init)?, guard(&scope))
                .map_err(|error| throw_api(&ctx, &error))?;
            let object = RefCell::new(object);
            scope.wrap(
                &ctx,
                Rc::new(JsResponse {
                    object,
                    outside: false,
                    body_outside,
                    read: RefCell::default(),
                }),
            )
        },
    )?;

    let scope = ops.scope();
    ops.add("responseError", move |ctx: Ctx<'js>| {
        wrap(&ctx, &scope, Ok(ResponseObject::error()))
    })?;

    let scope = ops.scope();
    ops.add(
        "responseRedirect",
        move |ctx: Ctx<'js>, url: String, status: u16| {
            let environment = scope.live_host(&ctx)?.environment(scope.realm);
            let object = ResponseObject::redirect(&url, status, &environment.api_base_url.borrow());
            wrap(&ctx, &scope, object)
        },
    )?;

    let scope = ops.scope();
    ops.add(
        "responseJson",
        move |ctx: Ctx<'js>, text: String, init: Object<'js>| {
            wrap(
                &ctx,
                &scope,
                ResponseObject::json(text, &response_init(&init)?, guard(&scope)),
            )
        },
    )?;

    let scope = ops.scope();
    ops.add(
        "responseClone",
        move |ctx: Ctx<'js>, response: Function<'js>, unusable: bool| {
            let response = scope.unwrap::<JsResponse>(&ctx, &response)?;
            response.object.borrow_mut().body_used = unusable;
            let clone = response
                .object
                .borrow()
                .try_clone()
                .map_err(|error| throw_api(&ctx, &error))?;
            scope.wrap(
                &ctx,
                Rc::new(JsResponse {
                    object: RefCell::new(clone),
                    outside: response.outside,
                    body_outside: response.body_outside,
                    read: RefCell::default(),
                }),
            )
        },
    )?;

    let scope = ops.scope();
    ops.add(
        "responseHeaders",
        move |ctx: Ctx<'js>, response: Function<'js>| {
            let response = scope.unwrap::<JsResponse>(&ctx, &response)?;
            scope.wrap(&ctx, JsHeaders::of_response(response))
        },
    )?;

    let scope = ops.scope();
    ops.add(
        "responseGet",
        move |ctx: Ctx<'js>, response: Function<'js>, field: String| {
            let response = scope.unwrap::<JsResponse>(&ctx, &response)?;
            let object = response.object.borrow();
            rquickjs::Result::Ok(match field.as_str() {
                "type" => object.r#type.as_str().to_owned(),
                // A redirect may have led to a URL that the script does not know.
                "url" => {
                    let url = object.url();
                    if response.outside && object.redirected() {
                        scope.exposed("Response.url", url.as_bytes());
                    }
                    url
                }
                "statusText" => isomorphic_decode(&object.status_message),
                _ => String::new(),
            })
        },
    )?;

    let scope = ops.scope();
    ops.add(
        "responseStatus",
        move |ctx: Ctx<'js>, response: Function<'js>| {
            scope
                .unwrap::<JsResponse>(&ctx, &response)
                .map(|response| response.object.borrow().status)
        },
    )?;

    let scope = ops.scope();
    ops.add(
        "responseFlag",
        move |ctx: Ctx<'js>, response: Function<'js>, field: String| {
            let response = scope.unwrap::<JsResponse>(&ctx, &response)?;
            let object = response.object.borrow();
            rquickjs::Result::Ok(match field.as_str() {
                "ok" => object.ok(),
                "redirected" => object.redirected(),
                "hasBody" => object.body.is_some(),
                _ => false,
            })
        },
    )?;

    // The body's bytes, if they are all there.
    let scope = ops.scope();
    ops.add(
        "responseBody",
        move |ctx: Ctx<'js>, response: Function<'js>| {
            let response = scope.unwrap::<JsResponse>(&ctx, &response)?;
            let object = response.object.borrow();
            object
                .body
                .as_ref()
                .and_then(Body::known_bytes)
                .map(|bytes| {
                    Data {
                        bytes: bytes.clone(),
                        outside: response.body_outside,
                    }
                    .wrap(&ctx, &scope)
                })
                .transpose()
        },
    )?;

    // Asks for the next chunk of a body that is not all there.
    let scope = ops.scope();
    ops.add(
        "responseRead",
        move |ctx: Ctx<'js>, response: Function<'js>, operation: u64| {
            let response = scope.unwrap::<JsResponse>(&ctx, &response)?;
            let host = scope.live_host(&ctx)?;
            if let Some(body) = &response.object.borrow().body {
                host.read_chunk(scope.realm, OperationId(operation), body.stream.clone());
            }
            rquickjs::Result::Ok(())
        },
    )?;

    // Inside the delivery: a chunk, null at the end, or "aborted" or "failed".
    let scope = ops.scope();
    ops.add(
        "responseChunk",
        move |ctx: Ctx<'js>, response: Function<'js>| -> rquickjs::Result<Value<'js>> {
            let response = scope.unwrap::<JsResponse>(&ctx, &response)?;
            let failed = |how: &str| how.into_js(&ctx);
            match scope.shared.chunk.take() {
                None => failed("failed"),
                Some(Err(error)) => failed(if error.is_aborted() {
                    "aborted"
                } else {
                    "failed"
                }),
                Some(Ok(None)) => Ok(Value::new_null(ctx.clone())),
                Some(Ok(Some(bytes))) => {
                    let chunk = Chunk {
                        bytes: bytes.clone(),
                        before: response.read.borrow().clone(),
                    };
                    let read = [&chunk.before[..], &bytes].concat();
                    let start = read.len().saturating_sub(BEFORE);
                    response.read.replace(Bytes::from(read).slice(start..));
                    Ok(scope.wrap(&ctx, Rc::new(chunk))?.into_value())
                }
            }
        },
    )?;

    // A chunk's bytes, for a script.
    let scope = ops.scope();
    ops.add(
        "chunkBytes",
        move |ctx: Ctx<'js>, chunk: Function<'js>, how: String| {
            let chunk = scope.unwrap::<Chunk>(&ctx, &chunk)?;
            if chunk.before.is_empty() {
                scope.exposed(way(&how), &chunk.bytes);
            } else {
                scope.exposed(way(&how), &[&chunk.before[..], &chunk.bytes].concat());
            }
            TypedArray::<u8>::new_copy(ctx, &chunk.bytes[..])
        },
    )?;

    // A chunk's bytes, as data that no script has seen yet.
    let scope = ops.scope();
    ops.add("chunkData", move |ctx: Ctx<'js>, chunk: Function<'js>| {
        let bytes = scope.unwrap::<Chunk>(&ctx, &chunk)?.bytes.clone();
        Data {
            bytes,
            outside: true,
        }
        .wrap(&ctx, &scope)
    })?;

    // Nobody wants the rest of the body.
    let scope = ops.scope();
    ops.add(
        "responseCancel",
        move |ctx: Ctx<'js>, response: Function<'js>| {
            let response = scope.unwrap::<JsResponse>(&ctx, &response)?;
            if let Some(body) = &mut response.object.borrow_mut().body {
                body.stream.cancel();
            }
            rquickjs::Result::Ok(())
        },
    )?;
    Ok(())
}

fn response_init<'js>(init: &Object<'js>) -> rquickjs::Result<ResponseInit> {
    let headers = init
        .get::<_, Option<String>>("headersKind")?
        .map(|kind| {
            init.get("headersItems")
                .map(|items| headers_init(&kind, items))
        })
        .transpose()?;
    let text: String = init.get("statusText")?;
    Ok(ResponseInit {
        status: init.get("status")?,
        status_text: byte_string(&text),
        headers,
    })
}
