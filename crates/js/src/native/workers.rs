//! Workers: of those that have them, and of themselves.

use rquickjs::{Ctx, Object};
use url::Url;

use crate::ops::{Ops, throw};
use crate::protocol::{
    NewWorker, OperationId, PortId, ScriptError, UncaughtException, WorkerHost, WorkerType,
};
use crate::shared::Scope;

fn workers<'a>(scope: &'a Scope, ctx: &Ctx<'_>) -> rquickjs::Result<&'a dyn WorkerHost> {
    scope
        .live_host(ctx)?
        .workers()
        .ok_or_else(|| throw(ctx, "NotSupportedError", "there are no workers here"))
}

fn parsed(ctx: &Ctx<'_>, url: &str) -> rquickjs::Result<Url> {
    Url::parse(url).map_err(|_| throw(ctx, "SyntaxError", "not a URL"))
}

fn new_worker(
    ctx: &Ctx<'_>,
    url: &str,
    name: String,
    is_module: bool,
) -> rquickjs::Result<NewWorker> {
    Ok(NewWorker {
        url: parsed(ctx, url)?,
        name,
        worker_type: if is_module {
            WorkerType::Module
        } else {
            WorkerType::Classic
        },
    })
}

/// The operations of those that may have workers.
pub(super) fn register_owner<'js>(ops: &Ops<'js>) -> rquickjs::Result<()> {
    let scope = ops.scope();
    ops.add(
        "workerStart",
        move |ctx: Ctx<'js>, operation: u64, url: String, name: String, is_module: bool| {
            let worker = new_worker(&ctx, &url, name, is_module)?;
            workers(&scope, &ctx)?.start_worker(scope.realm, OperationId(operation), worker);
            rquickjs::Result::Ok(())
        },
    )?;

    let scope = ops.scope();
    ops.add(
        "sharedWorkerConnect",
        move |ctx: Ctx<'js>,
              operation: u64,
              url: String,
              name: String,
              is_module: bool,
              port: u64| {
            let worker = new_worker(&ctx, &url, name, is_module)?;
            let (operation, port) = (OperationId(operation), PortId(port));
            workers(&scope, &ctx)?.connect_to_shared_worker(scope.realm, operation, worker, port);
            rquickjs::Result::Ok(())
        },
    )?;

    let scope = ops.scope();
    ops.add(
        "workerPost",
        move |ctx: Ctx<'js>, operation: u64, data: String| {
            workers(&scope, &ctx)?.post_to_worker(scope.realm, OperationId(operation), data);
            rquickjs::Result::Ok(())
        },
    )?;

    // An exception of a worker's that nobody has handled here either.
    let scope = ops.scope();
    ops.add(
        "reportUncaught",
        move |message: String, filename: String, line: u32, column: u32| {
            if scope.alive.get() {
                let location = (!filename.is_empty()).then_some((filename, line, column));
                let error = ScriptError::Exception {
                    message,
                    stack: String::new(),
                    location,
                };
                scope.host().report_exception(scope.realm, error);
            }
        },
    )
}

/// The operations of a worker's own realm.
pub(super) fn register<'js>(ops: &Ops<'js>) -> rquickjs::Result<()> {
    let scope = ops.scope();
    ops.add("ownerPost", move |ctx: Ctx<'js>, data: String| {
        workers(&scope, &ctx)?.post_to_owner(scope.realm, data);
        rquickjs::Result::Ok(())
    })?;

    let scope = ops.scope();
    ops.add(
        "ownerException",
        move |message: String, filename: String, line: u32, column: u32| {
            let exception = UncaughtException {
                message,
                filename,
                line,
                column,
            };
            if scope.alive.get()
                && let Some(host) = scope.host().workers()
            {
                host.tell_owner_of_exception(scope.realm, exception);
            }
        },
    )?;

    // Undefined if there is no script.
    let scope = ops.scope();
    ops.add("importScript", move |ctx: Ctx<'js>, url: String| {
        let url = parsed(&ctx, &url)?;
        let Some(script) = workers(&scope, &ctx)?.import_script(scope.realm, url) else {
            return Ok(None);
        };
        let object = Object::new_proto(ctx.clone(), None)?;
        object.set("source", script.source)?;
        object.set("url", script.url)?;
        object.set("mutedErrors", script.muted_errors)?;
        rquickjs::Result::Ok(Some(object))
    })?;

    let scope = ops.scope();
    ops.add("workerClose", move |ctx: Ctx<'js>| {
        workers(&scope, &ctx)?.close_worker(scope.realm);
        rquickjs::Result::Ok(())
    })
}
