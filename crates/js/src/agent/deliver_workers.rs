//! What comes of workers, and how they begin.

use super::Agent;
use crate::protocol::{
    OperationId, RealmId, ScriptError, UncaughtException, WorkerEvent, WorkerSource,
};

impl Agent {
    /// Runs the script that a worker begins with, in its realm. Exceptions that it leaves uncaught are reported.
    ///
    /// # Errors
    ///
    /// The limit that the script met.
    pub fn run_worker_script(
        &self,
        realm: RealmId,
        script: WorkerSource<'_>,
    ) -> Result<(), ScriptError> {
        let WorkerSource { source, url, name } = script;
        self.call_entry(realm, "runWorker", |_, entry, _| {
            entry.call::<_, ()>((source, url, name))
        })
        .map(drop)
    }

    /// Something comes of a worker that the operation's realm has started.
    ///
    /// # Errors
    ///
    /// As for [`deliver_timer`](Self::deliver_timer).
    pub fn deliver_worker(
        &self,
        operation: OperationId,
        event: &WorkerEvent,
    ) -> Result<(), ScriptError> {
        self.finish(operation, |_, entry, scope| match event {
            WorkerEvent::Message(data) => {
                scope.exposed("MessageEvent.data", data.as_bytes());
                entry.call((operation.0, "message", &**data))
            }
            WorkerEvent::Exception(UncaughtException {
                message,
                filename,
                line,
                column,
            }) => {
                let (message, filename) = (&**message, &**filename);
                entry.call((operation.0, "exception", message, filename, *line, *column))
            }
            WorkerEvent::Failed => entry.call((operation.0, "failed")),
        })
    }
}
