//! What a server program asks for.

use rquickjs::{Ctx, Function, Value};

use super::data::Data;
use super::headers::JsResponse;
use crate::errors;
use crate::ops::{Ops, throw};
use crate::protocol::OperationId;
use crate::server::ServerResponse;

pub(super) fn register<'js>(ops: &Ops<'js>) -> rquickjs::Result<()> {
    let scope = ops.scope();
    ops.add("storeGet", move |ctx: Ctx<'js>, key: String| {
        scope.server(&ctx).map(|server| server.store_get(&key))
    })?;

    let scope = ops.scope();
    ops.add(
        "storeSet",
        move |ctx: Ctx<'js>, key: String, value: String| {
            scope
                .server(&ctx)
                .map(|server| server.store_set(&key, value))
        },
    )?;

    let scope = ops.scope();
    ops.add("storeDelete", move |ctx: Ctx<'js>, key: String| {
        scope.server(&ctx).map(|server| server.store_delete(&key))
    })?;

    let scope = ops.scope();
    ops.add("storeKeys", move |ctx: Ctx<'js>| {
        scope.server(&ctx).map(|server| server.store_keys())
    })?;

    let scope = ops.scope();
    ops.add("serverVariables", move |ctx: Ctx<'js>| {
        scope.server(&ctx).map(|server| server.variables())
    })?;

    let scope = ops.scope();
    ops.add(
        "serverAnswer",
        move |ctx: Ctx<'js>,
              operation: u64,
              response: Function<'js>,
              body: Option<Function<'js>>,
              socket: Option<u64>| {
            let response = scope.unwrap::<JsResponse>(&ctx, &response)?;
            let body = body
                .map(|body| scope.unwrap::<Data>(&ctx, &body))
                .transpose()?;
            let object = response.object.borrow();
            if object.status == 0 {
                return Err(throw(
                    &ctx,
                    "TypeError",
                    "the handler returned a network error",
                ));
            }
            let answer = ServerResponse {
                status: object.status,
                status_message: object.status_message.clone(),
                header_list: object.headers.header_list.clone(),
                body: body.map(|body| body.bytes.clone()).unwrap_or_default(),
                socket: socket.map(OperationId),
            };
            scope.shared.answer(OperationId(operation), Ok(answer));
            Ok(())
        },
    )?;

    let scope = ops.scope();
    ops.add(
        "serverFailed",
        move |ctx: Ctx<'js>, operation: u64, error: Value<'js>| {
            let error = errors::exception(&ctx, &scope.shared, &error);
            scope.shared.answer(OperationId(operation), Err(error));
        },
    )?;
    Ok(())
}
