//! `Response` objects.

use std::cell::RefCell;
use std::rc::Rc;

use crossexam_fetch::Response;
use crossexam_fetch::api::response::{ResponseInit, ResponseObject};
use crossexam_fetch::api::{ApiError, Guard};
use crossexam_web::infra::isomorphic_decode;
use rquickjs::{Ctx, Function, Object};

use super::data::Data;
use super::headers::{JsHeaders, JsResponse, byte_string, headers_init, throw_api};
use super::request::JsBody;
use crate::ops::Ops;
use crate::protocol::RealmKind;
use crate::shared::Scope;

/// The guard of responses that scripts make. A server program writes whatever servers may.
fn guard(scope: &Scope) -> Guard {
    match scope.kind {
        RealmKind::Window | RealmKind::Worker => Guard::Response,
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

    // The body's bytes; null if there is no body.
    let scope = ops.scope();
    ops.add(
        "responseBody",
        move |ctx: Ctx<'js>, response: Function<'js>| {
            let response = scope.unwrap::<JsResponse>(&ctx, &response)?;
            let object = response.object.borrow();
            object
                .body
                .as_ref()
                .map(|body| {
                    Data {
                        bytes: body.known_bytes().cloned().unwrap_or_default(),
                        outside: response.body_outside,
                    }
                    .wrap(&ctx, &scope)
                })
                .transpose()
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
