//! Outcomes from the host, each a task of a realm's event loop.

use bytes::Bytes;
use crossexam_fetch::body::BodyError;
use rquickjs::{Ctx, Function, Object};

use super::Agent;
use crate::native;
use crate::protocol::{ElementOutcome, OperationId, RealmId, ScriptError, WindowId};
use crate::shared::Scope;

impl Agent {
    /// A fetch came to its end. What script sees of it is the response's filter's decision; of a network error it
    /// learns nothing but that there was one.
    ///
    /// # Errors
    ///
    /// As for [`deliver_timer`](Self::deliver_timer).
    pub fn deliver_response(
        &self,
        operation: OperationId,
        response: &crossexam_fetch::Response,
    ) -> Result<(), ScriptError> {
        self.finish(operation, |ctx, entry, scope| {
            match response.network_error() {
                Some(error) => entry.call((operation.0, rquickjs::Null, error.aborted)),
                None => {
                    let response = native::response::from_outside(ctx, scope, response)?;
                    entry.call((operation.0, response, false))
                }
            }
        })
    }

    /// What came of reading a body: a chunk, nothing at the end, or that it broke off. A script learns no more of the
    /// last than whether it was aborted.
    ///
    /// # Errors
    ///
    /// As for [`deliver_timer`](Self::deliver_timer).
    pub fn deliver_chunk(
        &self,
        operation: OperationId,
        chunk: Result<Option<Bytes>, BodyError>,
    ) -> Result<(), ScriptError> {
        self.finish(operation, |_, entry, scope| {
            scope.shared.chunk.replace(Some(chunk));
            let outcome = entry.call((operation.0,));
            scope.shared.chunk.replace(None);
            outcome
        })
    }

    /// A timer is due.
    ///
    /// # Errors
    ///
    /// The limit that its callback met; [`ScriptError::Reentered`]. So for all that is delivered: exceptions of the
    /// page's own callbacks are reported instead.
    pub fn deliver_timer(&self, operation: OperationId) -> Result<(), ScriptError> {
        self.finish(operation, |_, entry, _| entry.call((operation.0,)))
    }

    /// An element's load came to its end.
    ///
    /// # Errors
    ///
    /// As for [`deliver_timer`](Self::deliver_timer).
    pub fn deliver_element_load(
        &self,
        operation: OperationId,
        outcome: ElementOutcome,
    ) -> Result<(), ScriptError> {
        self.finish(operation, |ctx, entry, _| match outcome {
            ElementOutcome::Failed => entry.call((operation.0, rquickjs::Null)),
            ElementOutcome::Loaded {
                text,
                muted_errors,
                size,
                cors_same_origin,
            } => {
                let loaded = Object::new_proto(ctx.clone(), None)?;
                loaded.set("text", text)?;
                loaded.set("mutedErrors", muted_errors)?;
                let (width, height) = size.unwrap_or_default();
                loaded.set("width", width)?;
                loaded.set("height", height)?;
                loaded.set("corsSameOrigin", cors_same_origin)?;
                entry.call((operation.0, loaded))
            }
        })
    }

    /// A document of an `iframe` has loaded; may come again for the same operation.
    ///
    /// # Errors
    ///
    /// As for [`deliver_timer`](Self::deliver_timer).
    pub fn deliver_frame_load(&self, operation: OperationId) -> Result<(), ScriptError> {
        self.finish(operation, |_, entry, _| entry.call((operation.0,)))
    }

    /// A message for the realm's window: `data` is what [`DocumentHost::post_message`] was given.
    ///
    /// # Errors
    ///
    /// As for [`deliver_timer`](Self::deliver_timer).
    ///
    /// [`DocumentHost::post_message`]: crate::DocumentHost::post_message
    pub fn deliver_message(
        &self,
        realm: RealmId,
        data: &str,
        origin: &str,
        source: Option<WindowId>,
    ) -> Result<(), ScriptError> {
        let source = source.map(|window| window.0.to_string());
        self.call_entry(realm, "message", |_, entry, scope| {
            scope.exposed("MessageEvent.data", data.as_bytes());
            entry.call::<_, ()>((data, origin, source))
        })
        .map(drop)
    }

    /// Hands an outcome to the operation it belongs to; one that is gone is passed over.
    pub(crate) fn finish(
        &self,
        operation: OperationId,
        call: impl for<'js> FnOnce(&Ctx<'js>, &Function<'js>, &Scope) -> rquickjs::Result<()>,
    ) -> Result<(), ScriptError> {
        let Some(realm) = self.shared.realm_of_operation(operation) else {
            return Ok(());
        };
        let finished = self.call_entry(realm, "finish", call).map(drop);
        finished.and(self.advance_document(realm))
    }
}
