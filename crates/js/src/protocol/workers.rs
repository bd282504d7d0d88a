//! What scripts ask for about workers.

use url::Url;

use super::{OperationId, PortId, RealmId};

/// What a realm asks for about the workers that it has, and about itself if it is one.
pub trait WorkerHost {
    /// `new Worker()`; what comes of it is delivered with `Agent::deliver_worker`, until the operation is aborted, which
    /// terminates the worker.
    fn start_worker(&self, realm: RealmId, operation: OperationId, worker: NewWorker);

    /// `new SharedWorker()`: finds or starts the worker, and hands it its end of a channel with `Agent::deliver_connect`.
    /// If it never begins, that is delivered with `Agent::deliver_worker`.
    fn connect_to_shared_worker(
        &self,
        realm: RealmId,
        operation: OperationId,
        worker: NewWorker,
        port: PortId,
    );

    /// A message for a worker of the realm's; `data` is in serialized form. Delivered to the worker's realm with
    /// `Agent::deliver_message`.
    fn post_to_worker(&self, realm: RealmId, operation: OperationId, data: String);

    /// A message for the owner of the worker whose realm it is.
    fn post_to_owner(&self, realm: RealmId, data: String);

    /// An exception that the worker's own scripts did not handle.
    fn tell_owner_of_exception(&self, realm: RealmId, exception: UncaughtException);

    /// Fetches a script for `importScripts()` while the script waits; `None` if there is no script.
    fn import_script(&self, realm: RealmId, url: Url) -> Option<ImportedScript>;

    /// `close()`
    fn close_worker(&self, realm: RealmId);
}

/// A worker that a script starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewWorker {
    /// The URL of its script.
    pub url: Url,
    /// Its name.
    pub name: String,
    /// What its script is.
    pub worker_type: WorkerType,
}

/// What a worker's script is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WorkerType {
    /// "classic"
    Classic,
    /// "module"
    Module,
}

/// The script that a worker begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WorkerSource<'a> {
    /// Its text.
    pub source: &'a str,
    /// Where it came from.
    pub url: &'a str,
    /// The worker's name.
    pub name: &'a str,
}

/// A script that `importScripts()` has fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedScript {
    /// Its text.
    pub source: String,
    /// Where it came from.
    pub url: String,
    /// Whether its exceptions are hidden ("muted errors").
    pub muted_errors: bool,
}

/// An exception as an `ErrorEvent` tells of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UncaughtException {
    /// The message.
    pub message: String,
    /// The script.
    pub filename: String,
    /// The line.
    pub line: u32,
    /// The column.
    pub column: u32,
}

/// What its owner learns of a worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WorkerEvent {
    /// A message, in serialized form.
    Message(String),
    /// An exception that the worker's scripts did not handle.
    Exception(UncaughtException),
    /// It never began: there was no script, or none that parses.
    Failed,
}
