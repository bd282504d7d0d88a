//! What an agent's parts share, without any handle of the engine's but those that are dropped before it.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use bytes::Bytes;
use crossexam_fetch::body::BodyError;
use rquickjs::{Ctx, Function, Persistent, Value};

use crate::agent::Realms;
use crate::limits::Limits;
use crate::ops::throw;
use crate::protocol::{
    DocumentHost, DocumentProgress, OperationId, RealmHost, RealmId, RealmKind, ScriptError,
    ServerHost,
};
use crate::server::ServerResponse;

/// The state of an agent that native operations reach.
pub(crate) struct Shared {
    pub(crate) host: Rc<dyn RealmHost>,
    /// Whether a module that was imported could not be had, since this was last set back.
    pub(crate) import_failed: Cell<bool>,
    pub(crate) limits: Limits,
    /// The realms. Emptied before the engine is dropped.
    pub(crate) realms: Realms,
    next_operation: Cell<u64>,
    operations: RefCell<BTreeMap<OperationId, RealmId>>,
    /// The realms by the address of their context, to find out where a rejection belongs.
    pub(crate) contexts: RefCell<BTreeMap<usize, RealmId>>,
    /// How many interrupt checks are left for the running entry.
    pub(crate) interrupts_left: Cell<u64>,
    /// The running entry used up its interrupt checks.
    pub(crate) runaway: Cell<bool>,
    /// Where a wrapped Rust value is put for a moment on its way back.
    transfer: RefCell<Option<Rc<dyn Any>>>,
    /// The chunk that is being delivered.
    pub(crate) chunk: RefCell<Option<Result<Option<Bytes>, BodyError>>>,
    /// The answers of a server program: `None` while they are not there.
    answers: RefCell<BTreeMap<OperationId, Option<Answer>>>,
    /// Promises that were rejected and have no handler yet. Emptied before the engine is dropped.
    pub(crate) rejections: RefCell<Vec<Rejection>>,
}

/// What became of a request to a server program.
type Answer = Result<ServerResponse, ScriptError>;

/// A rejected promise without a handler.
pub(crate) struct Rejection {
    pub(crate) realm: RealmId,
    pub(crate) promise: Persistent<Value<'static>>,
    pub(crate) reason: Persistent<Value<'static>>,
    pub(crate) error: ScriptError,
}

impl Shared {
    pub(crate) fn new(host: Rc<dyn RealmHost>, limits: Limits) -> Self {
        Self {
            host,
            realms: Realms::default(),
            next_operation: Cell::new(1),
            operations: RefCell::new(BTreeMap::new()),
            contexts: RefCell::new(BTreeMap::new()),
            interrupts_left: Cell::new(limits.interrupt_budget),
            import_failed: Cell::new(false),
            limits,
            runaway: Cell::new(false),
            transfer: RefCell::new(None),
            chunk: RefCell::default(),
            answers: RefCell::default(),
            rejections: RefCell::new(Vec::new()),
        }
    }

    pub(crate) fn begin_operation(&self, realm: RealmId) -> OperationId {
        let id = OperationId(self.next_operation.get());
        self.next_operation.set(id.0 + 1);
        self.operations.borrow_mut().insert(id, realm);
        id
    }

    pub(crate) fn end_operation(&self, operation: OperationId) {
        self.operations.borrow_mut().remove(&operation);
    }

    pub(crate) fn realm_of_operation(&self, operation: OperationId) -> Option<RealmId> {
        self.operations.borrow().get(&operation).copied()
    }

    pub(crate) fn expect_answer(&self, operation: OperationId) {
        self.answers.borrow_mut().insert(operation, None);
    }

    /// Takes note of an answer, if somebody waits for it. The first counts.
    pub(crate) fn answer(&self, operation: OperationId, answer: Answer) {
        if let Some(slot) = self.answers.borrow_mut().get_mut(&operation) {
            slot.get_or_insert(answer);
        }
    }

    pub(crate) fn fail_answers(&self, error: &ScriptError) {
        for slot in self.answers.borrow_mut().values_mut() {
            slot.get_or_insert_with(|| Err(error.clone()));
        }
    }

    pub(crate) fn take_answer(&self, operation: OperationId) -> Option<Answer> {
        let mut answers = self.answers.borrow_mut();
        let answer = answers.get_mut(&operation)?.take()?;
        answers.remove(&operation);
        Some(answer)
    }

    pub(crate) fn forget_answer(&self, operation: OperationId) {
        self.answers.borrow_mut().remove(&operation);
    }

    pub(crate) fn end_operations_of(&self, realm: RealmId) {
        self.operations
            .borrow_mut()
            .retain(|_, owner| *owner != realm);
    }
}

/// A realm as its native operations see it.
pub(crate) struct Scope {
    pub(crate) shared: Rc<Shared>,
    pub(crate) realm: RealmId,
    pub(crate) kind: RealmKind,
    /// Whether the realm has not been destroyed.
    pub(crate) alive: Cell<bool>,
    /// Whether the loading of the realm's document can go on.
    pub(crate) woken: Cell<bool>,
    /// How far that loading has come.
    pub(crate) progress: Cell<DocumentProgress>,
}

impl Scope {
    /// The world around the agent.
    pub(crate) fn host(&self) -> &dyn RealmHost {
        &*self.shared.host
    }

    /// The world around a realm that has not been destroyed; operations that start something or change the world use
    /// this, so that code of a document that is gone has no effect.
    pub(crate) fn live_host(&self, ctx: &Ctx<'_>) -> rquickjs::Result<&dyn RealmHost> {
        if self.alive.get() {
            Ok(self.host())
        } else {
            Err(throw(ctx, "InvalidStateError", "the document is gone"))
        }
    }

    /// The document side of the world.
    pub(crate) fn document(&self, ctx: &Ctx<'_>) -> rquickjs::Result<&dyn DocumentHost> {
        self.live_host(ctx)?
            .document()
            .ok_or_else(|| throw(ctx, "NotSupportedError", "there is no document here"))
    }

    /// The server side of the world.
    pub(crate) fn server(&self, ctx: &Ctx<'_>) -> rquickjs::Result<&dyn ServerHost> {
        self.live_host(ctx)?
            .server()
            .ok_or_else(|| throw(ctx, "NotSupportedError", "there is no server here"))
    }

    /// Tells the host that a script of the realm was handed bytes from outside.
    pub(crate) fn exposed(&self, how: &'static str, bytes: &[u8]) {
        if self.alive.get() {
            self.host().exposed(self.realm, how, bytes);
        }
    }

    /// A function object that holds a Rust value, which is dropped when the object is collected. Bootstrap files keep
    /// it in a slot and hand it to other operations; no page ever sees it.
    pub(crate) fn wrap<'js, T: 'static>(
        &self,
        ctx: &Ctx<'js>,
        value: Rc<T>,
    ) -> rquickjs::Result<Function<'js>> {
        let shared = Rc::clone(&self.shared);
        let value: Rc<dyn Any> = value;
        Function::new(ctx.clone(), move || {
            shared.transfer.replace(Some(Rc::clone(&value)));
        })
    }

    /// The Rust value in an object that [`wrap`](Self::wrap) made; a `TypeError` if it is of another type.
    pub(crate) fn unwrap<T: 'static>(
        &self,
        ctx: &Ctx<'_>,
        object: &Function<'_>,
    ) -> rquickjs::Result<Rc<T>> {
        self.shared.transfer.replace(None);
        object.call::<_, ()>(())?;
        let value = self.shared.transfer.take();
        value
            .and_then(|value| value.downcast::<T>().ok())
            .ok_or_else(|| throw(ctx, "TypeError", "not the expected native value"))
    }
}
