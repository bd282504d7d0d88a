//! What a server program asks for.

use std::cell::RefCell;
use std::rc::Rc;

use crossexam_fetch::body::{BodyStream, BodyWriter};
use rquickjs::{Ctx, Function, Value};

use super::data::{Data, decode_base64};
use super::headers::JsResponse;
use crate::errors;
use crate::ops::{Ops, throw};
use crate::protocol::OperationId;
use crate::server::ServerResponse;

/// Who writes the pieces of an answer, until the end.
type PieceWriter = RefCell<Option<BodyWriter>>;

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
              socket: Option<u64>,
              in_pieces: bool| {
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
            let (writer, stream) = match in_pieces {
                true => {
                    let (writer, stream) = BodyStream::written();
                    let writer: PieceWriter = RefCell::new(Some(writer));
                    (Some(scope.wrap(&ctx, Rc::new(writer))?), Some(stream))
                }
                false => (None, None),
            };
            let answer = ServerResponse {
                status: object.status,
                status_message: object.status_message.clone(),
                header_list: object.headers.header_list.clone(),
                body: body.map(|body| body.bytes.clone()).unwrap_or_default(),
                stream,
                socket: socket.map(OperationId),
            };
            scope.shared.answer(OperationId(operation), Ok(answer));
            Ok(writer)
        },
    )?;

    // Writes a piece of an answer; says whether somebody wants more.
    let scope = ops.scope();
    ops.add(
        "pieceWrite",
        move |ctx: Ctx<'js>, writer: Function<'js>, base64: String| {
            let writer = scope.unwrap::<PieceWriter>(&ctx, &writer)?;
            let bytes = decode_base64(&ctx, &base64)?;
            let mut writer = writer.borrow_mut();
            let is_wanted = writer.as_ref().is_some_and(|it| !it.is_canceled());
            match &*writer {
                Some(writer) if is_wanted => writer.write(bytes),
                Some(_) | None => *writer = None,
            }
            rquickjs::Result::Ok(is_wanted)
        },
    )?;

    // That was the last piece, or there will be no more.
    let scope = ops.scope();
    ops.add(
        "pieceEnd",
        move |ctx: Ctx<'js>, writer: Function<'js>, is_complete: bool| {
            let writer = scope.unwrap::<PieceWriter>(&ctx, &writer)?.take();
            match writer {
                Some(writer) if is_complete => writer.close(),
                // Dropped, it breaks off.
                Some(_) | None => {}
            }
            rquickjs::Result::Ok(())
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
