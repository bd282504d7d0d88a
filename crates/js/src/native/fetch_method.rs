//! `fetch()`: the algorithm over hooks that its JavaScript hands in.

use std::rc::Rc;

use crossexam_fetch::Body;
use crossexam_fetch::api::fetch_method::{FetchCall, FetchCaller, FetchOutcome};
use rquickjs::{Ctx, Function, Object, Value};

use super::body::Hooks;
use super::data::Data;
use super::headers::JsRequest;
use crate::ops::Ops;
use crate::protocol::{FetchInitiator, OperationId};

/// One call's hooks.
struct Caller<'js> {
    ctx: Ctx<'js>,
    hooks: Hooks<'js>,
}

impl<'js> Caller<'js> {
    /// Calls a hook; an exception is the error, also one that no script can catch.
    fn attempt(&self, name: &str) -> Result<(), Value<'js>> {
        self.hooks.call(name).map_err(|_| self.ctx.catch())
    }

    fn tell(&self, name: &str, error: &Value<'js>) {
        let hook = self.hooks.0.get::<_, Function<'js>>(name);
        // Hooks only note what is to be done; they throw nothing that a script could see.
        if hook
            .and_then(|hook| hook.call::<_, ()>((error.clone(),)))
            .is_err()
        {
            self.ctx.catch();
        }
    }

    fn value(&self, name: &str) -> Value<'js> {
        let hook = self.hooks.0.get::<_, Function<'js>>(name);
        hook.and_then(|hook| hook.call(()))
            .unwrap_or_else(|_| self.ctx.catch())
    }

    /// What a hook gives in a list of one, if that is not empty.
    fn optional(&self, name: &str) -> Option<Value<'js>> {
        let list = rquickjs::Array::from_value(self.value(name)).ok()?;
        (!list.is_empty()).then(|| list.get(0).ok()).flatten()
    }
}

impl<'js> FetchCaller for Caller<'js> {
    type Error = Value<'js>;

    fn new_promise(&self) -> Result<(), Value<'js>> {
        self.attempt("newPromise")
    }

    fn new_request_object(&self) -> Result<(), Value<'js>> {
        self.attempt("newRequestObject")
    }

    fn abort_reason(&self) -> Option<Value<'js>> {
        self.optional("abortReason")
    }

    fn add_abort_steps(&self) {
        let _ = self.attempt("addAbortSteps");
    }

    fn start(&self) -> Result<(), Value<'js>> {
        self.attempt("start")
    }

    fn abort_controller(&self, error: &Value<'js>) {
        self.tell("abortController", error);
    }

    fn abort_error(&self) -> Value<'js> {
        self.value("abortError")
    }

    fn deserialize_abort_reason(&self) -> Option<Value<'js>> {
        self.optional("deserializeAbortReason")
    }

    fn type_error(&self) -> Value<'js> {
        self.value("typeError")
    }

    fn reject(&self, error: &Value<'js>) {
        self.tell("reject", error);
    }

    fn new_response_object(&self) {
        let _ = self.attempt("newResponseObject");
    }

    fn resolve(&self) {
        let _ = self.attempt("resolve");
    }

    fn cancel_request_body(&self, error: &Value<'js>) {
        self.tell("cancelRequestBody", error);
    }

    fn error_response_body(&self, error: &Value<'js>) {
        self.tell("errorResponseBody", error);
    }
}

pub(super) fn register<'js>(ops: &Ops<'js>) -> rquickjs::Result<()> {
    // Calls fetch(); returns what the other two operations are given.
    let scope = ops.scope();
    ops.add("fetchCall", move |ctx: Ctx<'js>, hooks: Object<'js>| {
        let caller = Caller {
            ctx: ctx.clone(),
            hooks: Hooks(hooks),
        };
        match FetchCall::fetch(&caller) {
            Ok(call) => scope.wrap(&ctx, Rc::new(call)),
            Err(error) => Err(ctx.throw(error)),
        }
    })?;

    let scope = ops.scope();
    ops.add(
        "fetchCallAbort",
        move |ctx: Ctx<'js>, call: Function<'js>, hooks: Object<'js>, error: Value<'js>| {
            let call = scope.unwrap::<FetchCall>(&ctx, &call)?;
            let hooks = Hooks(hooks);
            call.abort(&Caller { ctx, hooks }, &error);
            rquickjs::Result::Ok(())
        },
    )?;

    let scope = ops.scope();
    ops.add(
        "fetchCallRespond",
        move |ctx: Ctx<'js>,
              call: Function<'js>,
              hooks: Object<'js>,
              response: bool,
              aborted: bool| {
            let call = scope.unwrap::<FetchCall>(&ctx, &call)?;
            let outcome = match (response, aborted) {
                (true, _) => FetchOutcome::Response,
                (false, true) => FetchOutcome::Aborted,
                (false, false) => FetchOutcome::NetworkError,
            };
            let hooks = Hooks(hooks);
            call.process_response(&Caller { ctx, hooks }, outcome);
            rquickjs::Result::Ok(())
        },
    )?;

    let scope = ops.scope();
    ops.add(
        "fetchStart",
        move |ctx: Ctx<'js>,
              operation: u64,
              request: Function<'js>,
              body: Option<Function<'js>>| {
            let request = scope.unwrap::<JsRequest>(&ctx, &request)?;
            let host = scope.live_host(&ctx)?;
            let mut request = request.object.borrow().to_request();
            if let Some(body) = body {
                let data = scope.unwrap::<Data>(&ctx, &body)?;
                request.body = Some(Body::from_bytes(data.bytes.clone()));
            }
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
    })
}
