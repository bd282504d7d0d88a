//! What comes of workers, and how they begin; what comes to message ports.

use super::Agent;
use crate::protocol::{
    OperationId, PortId, RealmId, ScriptError, UncaughtException, WorkerEvent, WorkerSource,
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

    /// Somebody connects to the shared worker of this realm, over this port.
    ///
    /// # Errors
    ///
    /// As for [`deliver_timer`](Self::deliver_timer).
    pub fn deliver_connect(&self, realm: RealmId, port: PortId) -> Result<(), ScriptError> {
        self.call_entry(realm, "connect", |_, entry, _| {
            entry.call::<_, ()>((port.0,))
        })
        .map(drop)
    }

    /// A message for a port of the realm's.
    ///
    /// # Errors
    ///
    /// As for [`deliver_timer`](Self::deliver_timer).
    pub fn deliver_port_message(
        &self,
        realm: RealmId,
        port: PortId,
        data: &str,
    ) -> Result<(), ScriptError> {
        self.call_entry(realm, "portMessage", |_, entry, scope| {
            scope.exposed("MessageEvent.data", data.as_bytes());
            entry.call::<_, ()>((port.0, data))
        })
        .map(drop)
    }

    /// The other end of a port of the realm's was closed.
    ///
    /// # Errors
    ///
    /// As for [`deliver_timer`](Self::deliver_timer).
    pub fn deliver_port_closed(&self, realm: RealmId, port: PortId) -> Result<(), ScriptError> {
        self.call_entry(realm, "portClosed", |_, entry, _| {
            entry.call::<_, ()>((port.0,))
        })
        .map(drop)
    }
}
