//! Microtask checkpoints, and what becomes of exceptions and rejections that nobody handles.

use rquickjs::{Context, Ctx, Persistent, Value};

use super::Agent;
use crate::errors;
use crate::protocol::{RealmId, ScriptError};
use crate::shared::{Rejection, Shared};

impl Agent {
    /// Runs the microtasks that are waiting, and those that they add, and reports promise rejections that were left
    /// without a handler.
    ///
    /// # Errors
    ///
    /// [`ScriptError::Runaway`], [`ScriptError::OutOfMemory`], or [`ScriptError::EndlessMicrotasks`], after which the
    /// agent runs nothing any more. Exceptions of single microtasks go to [`RealmHost::report_exception`](crate::RealmHost::report_exception).
    pub fn run_microtasks(&self) -> Result<(), ScriptError> {
        let mut outcome = self.checkpoint();
        // A document may have waited for one of them.
        for realm in self.realms_with_woken_documents() {
            outcome = outcome.and(self.advance_document(realm));
        }
        outcome
    }

    fn realms_with_woken_documents(&self) -> Vec<RealmId> {
        self.shared.realms.with_woken_documents()
    }

    /// A microtask checkpoint.
    pub(crate) fn checkpoint(&self) -> Result<(), ScriptError> {
        let limit = self.shared.limits.max_jobs;
        let mut jobs = 0;
        loop {
            {
                let _entered = self.enter()?;
                while self.runtime.is_job_pending() {
                    if jobs >= limit {
                        return Err(self.stop(ScriptError::EndlessMicrotasks { limit }));
                    }
                    jobs += 1;
                    self.shared.realms.refill(&self.runtime);
                    if let Err(exception) = self.runtime.execute_pending_job() {
                        self.job_failed(&exception.0)?;
                    }
                    self.check_runaway()?;
                }
            }
            let rejections = self.shared.rejections.take();
            if rejections.is_empty() {
                return Ok(());
            }
            for rejection in rejections {
                // A listener may reject another promise each time.
                jobs += 1;
                if jobs >= limit {
                    return Err(self.stop(ScriptError::EndlessMicrotasks { limit }));
                }
                self.report_rejection(rejection)?;
            }
        }
    }

    /// Runs no more script.
    fn stop(&self, error: ScriptError) -> ScriptError {
        self.stopped.replace(Some(error.clone()));
        error
    }

    fn job_failed(&self, context: &Context) -> Result<(), ScriptError> {
        let realm = self
            .shared
            .contexts
            .borrow()
            .get(&(context.as_raw().as_ptr() as usize))
            .copied();
        let error = context
            .with(|ctx| errors::script_error(&ctx, &self.shared, &rquickjs::Error::Exception));
        match error {
            ScriptError::Exception { .. } => {
                if let Some(realm) = realm {
                    self.shared.host.report_exception(realm, error);
                }
                Ok(())
            }
            ScriptError::Runaway { .. }
            | ScriptError::OutOfMemory { .. }
            | ScriptError::EndlessMicrotasks { .. }
            | ScriptError::Reentered => Err(error),
        }
    }

    fn report_rejection(&self, rejection: Rejection) -> Result<(), ScriptError> {
        let Rejection {
            realm,
            promise,
            reason,
            error,
        } = rejection;
        let handled = self.call_entry(realm, "unhandledRejection", |ctx, entry, _| {
            entry.call::<_, bool>((promise.restore(ctx)?, reason.restore(ctx)?))
        })?;
        if handled == Some(false) {
            self.shared.host.report_exception(realm, error);
        }
        Ok(())
    }

    /// Reports an exception that a script left uncaught, as a browser does: fires `error` at the realm's global object,
    /// and tells the host unless a listener handled it. With `muted` the page learns nothing but that there was one.
    ///
    /// # Errors
    ///
    /// The limit that a listener met.
    pub fn report_exception(
        &self,
        realm: RealmId,
        error: ScriptError,
        muted: bool,
    ) -> Result<(), ScriptError> {
        let (message, (file, line, column)) = match &error {
            ScriptError::Exception {
                message, location, ..
            } if !muted => (message.clone(), location.clone().unwrap_or_default()),
            _ => ("Script error.".to_owned(), <(String, u32, u32)>::default()),
        };
        let handled = self.call_entry(realm, "scriptError", |_, entry, _| {
            entry.call::<_, bool>((message, file, line, column))
        })?;
        if handled != Some(true) {
            self.shared.host.report_exception(realm, error);
        }
        Ok(())
    }

    /// Why a promise is rejected, if it is; it counts as handled then.
    pub(crate) fn failure_of<'js>(
        &self,
        ctx: &Ctx<'js>,
        promise: &rquickjs::Promise<'js>,
    ) -> Option<ScriptError> {
        let Err(error) = promise.result::<Value<'js>>()? else {
            return None;
        };
        let error = errors::script_error(ctx, &self.shared, &error);
        forget_rejection(&self.shared, ctx, promise.as_value());
        Some(error)
    }
}

pub(super) fn track_rejection<'js>(
    shared: &Shared,
    ctx: &Ctx<'js>,
    promise: Value<'js>,
    reason: Value<'js>,
    is_handled: bool,
) {
    if is_handled {
        forget_rejection(shared, ctx, &promise);
        return;
    }
    let address = ctx.as_raw().as_ptr() as usize;
    let Some(realm) = shared.contexts.borrow().get(&address).copied() else {
        return;
    };
    let error = errors::exception(ctx, shared, &reason);
    let rejection = Rejection {
        realm,
        promise: Persistent::save(ctx, promise),
        reason: Persistent::save(ctx, reason),
        error,
    };
    shared.rejections.borrow_mut().push(rejection);
}

fn forget_rejection<'js>(shared: &Shared, ctx: &Ctx<'js>, promise: &Value<'js>) {
    let mut rejections = shared.rejections.take();
    rejections.retain(|rejection| {
        !rejection
            .promise
            .clone()
            .restore(ctx)
            .is_ok_and(|known| known == *promise)
    });
    shared.rejections.replace(rejections);
}
