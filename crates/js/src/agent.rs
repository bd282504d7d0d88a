//! Agents: an engine of its own for the realms that can reach each other.

mod deliver;
mod deliver_sockets;
mod deliver_workers;
mod microtasks;
mod realms;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use rquickjs::context::intrinsic;
use rquickjs::{Context, Ctx, Function, Module, Persistent, Runtime, Value};

pub(crate) use realms::{Realm, Realms};

use crate::errors;
use crate::limits::Limits;
use crate::modules::ModuleImports;
use crate::protocol::{OperationId, RealmHost, RealmId, RealmKind, ScriptError};
use crate::server::{Imports, ServerResponse, Sources};
use crate::shared::{Rejection, Scope, Shared};

/// The internal slots of platform objects: a private field that is put on objects of any realm, so that it is seen by
/// nobody else and goes with the object. (A `WeakMap` of the engine's keeps alive what its values refer to, the keys
/// included.)
const SLOTS: &str = "(() => {
  class Given { constructor(object) { return object; } }
  class Slots extends Given {
    #record;
    constructor(object, record) { super(object); this.#record = record; }
    static get(object) { return #record in object ? object.#record : undefined; }
    static set(object, record) { new Slots(object, record); }
  }
  return { __proto__: null, get: Slots.get, set: Slots.set };
})()";

/// How deep scripts may call, in bytes of stack.
const STACK_BYTES: usize = 512 << 10;

/// The part of its memory that an agent uses before garbage in cycles is collected for the first time.
const GARBAGE_SHARE: usize = 4;

/// An agent: a group of realms whose scripts can reach each other, with one engine and one queue of microtasks.
///
/// All methods take `&self`, so that whoever owns the agent can hold it in an `Rc`. While script runs, the agent is
/// *entered*: a method of the host that script called must not call the agent back. If it does, nothing happens and
/// the method returns [`ScriptError::Reentered`]; [`destroy_realm`](Self::destroy_realm) alone is always possible.
///
/// Microtasks run only in [`run_microtasks`](Self::run_microtasks); the event loop calls it after each script and each
/// delivered outcome.
pub struct Agent {
    // The order matters: everything that holds a value of the engine's goes before the engine.
    shared: Rc<Shared>,
    entered: Cell<bool>,
    /// Why the agent runs no more script.
    stopped: RefCell<Option<ScriptError>>,
    runtime: Runtime,
}

impl Agent {
    /// A new agent without realms.
    ///
    /// # Errors
    ///
    /// If the limit of memory does not even hold the engine.
    pub fn new(host: Rc<dyn RealmHost>, limits: Limits) -> Result<Self, ScriptError> {
        let out_of_memory = |_| ScriptError::OutOfMemory {
            limit: limits.memory_bytes,
        };
        let runtime = Runtime::new().map_err(out_of_memory)?;
        runtime.set_memory_limit(limits.memory_bytes);
        runtime.set_max_stack_size(STACK_BYTES);
        // Setting up a realm makes no garbage; a small threshold would have it searched for again and again.
        runtime.set_gc_threshold(limits.memory_bytes / GARBAGE_SHARE);
        let shared = Rc::new(Shared::new(host, limits));

        let counter = Rc::clone(&shared);
        runtime.set_interrupt_handler(Some(Box::new(move || {
            match counter.interrupts_left.get().checked_sub(1) {
                Some(left) => {
                    counter.interrupts_left.set(left);
                    false
                }
                None => {
                    counter.runaway.set(true);
                    true
                }
            }
        })));

        let imports = ModuleImports::new(Rc::clone(&shared));
        runtime.set_loader(imports.clone(), imports);

        let tracker = Rc::clone(&shared);
        runtime.set_host_promise_rejection_tracker(Some(Box::new(
            move |ctx, promise, reason, is_handled| {
                microtasks::track_rejection(&tracker, &ctx, promise, reason, is_handled);
            },
        )));

        // The slots belong to no realm, so that no realm is kept alive by them.
        let context = Context::custom::<(intrinsic::Eval, intrinsic::MapSet)>(&runtime)
            .map_err(out_of_memory)?;
        let slots = context
            .with(|ctx| {
                ctx.eval::<Value<'_>, _>(SLOTS)
                    .map(|slots| Persistent::save(&ctx, slots))
            })
            .map_err(out_of_memory)?;
        shared.realms.set_slots(slots);
        Ok(Self {
            shared,
            entered: Cell::new(false),
            stopped: RefCell::new(None),
            runtime,
        })
    }

    /// Creates a realm and sets up its global object.
    ///
    /// # Errors
    ///
    /// [`ScriptError::Reentered`] while script runs; [`ScriptError::OutOfMemory`].
    pub fn create_realm(&self, kind: RealmKind) -> Result<RealmId, ScriptError> {
        let _entered = self.enter()?;
        let shared = &self.shared;
        shared.create_realm(
            &self.runtime,
            kind,
            |_| ScriptError::OutOfMemory {
                limit: shared.limits.memory_bytes,
            },
            |ctx, error| errors::script_error(ctx, shared, &error),
        )
    }

    /// Sets whether a realm is alive. One that is not finds, when its functions are called, that its document or program
    /// is gone. Possible at any time.
    pub fn set_realm_alive(&self, realm: RealmId, alive: bool) {
        if let Some(scope) = self.scope_of(realm) {
            scope.alive.set(alive);
        }
    }

    /// Destroys a realm: its scripts run no more, and what is delivered to it is dropped. Possible at any time.
    pub fn destroy_realm(&self, realm: RealmId) {
        let Some(gone) = self.shared.realms.remove(realm) else {
            return;
        };
        gone.scope.alive.set(false);
        self.shared.end_operations_of(realm);
        self.shared
            .contexts
            .borrow_mut()
            .retain(|_, id| *id != realm);
        let (dropped, kept): (Vec<Rejection>, Vec<Rejection>) = self
            .shared
            .rejections
            .take()
            .into_iter()
            .partition(|rejection| rejection.realm == realm);
        self.shared.rejections.replace(kept);
        drop(dropped);
    }

    /// Runs a classic script. What it leaves behind as microtasks waits for [`run_microtasks`](Self::run_microtasks).
    ///
    /// # Errors
    ///
    /// What the script threw, or the limit it met. Reporting is up to the caller: see
    /// [`report_exception`](Self::report_exception).
    pub fn evaluate_script(
        &self,
        realm: RealmId,
        source: &str,
        filename: &str,
    ) -> Result<(), ScriptError> {
        self.with_realm(realm, |ctx, _| {
            let mut options = rquickjs::context::EvalOptions::default();
            options.strict = false;
            options.filename = Some(filename.replace('\0', ""));
            ctx.eval_with_options::<Value<'_>, _>(source, options)
                .map(drop)
        })
        .map(drop)
    }

    /// Calls an entry of the realm's bootstrap (a function of `lib.entries`); `None` if the realm is gone.
    pub(crate) fn call_entry<R>(
        &self,
        realm: RealmId,
        name: &str,
        call: impl for<'js> FnOnce(&Ctx<'js>, &Function<'js>, &Scope) -> rquickjs::Result<R>,
    ) -> Result<Option<R>, ScriptError> {
        self.with_realm(realm, |ctx, state| {
            let entries = state.entries.clone().restore(ctx)?;
            let function: Function<'_> = entries.get(name)?;
            call(ctx, &function, &state.scope)
        })
    }

    /// What the native operations of a realm know of it; `None` if it is gone.
    pub(crate) fn scope_of(&self, realm: RealmId) -> Option<Rc<Scope>> {
        self.shared
            .realms
            .get(realm)
            .map(|state| Rc::clone(&state.scope))
    }

    /// Enters a realm; `None` if it is gone.
    fn with_realm<R>(
        &self,
        realm: RealmId,
        steps: impl for<'js> FnOnce(&Ctx<'js>, &Realm) -> rquickjs::Result<R>,
    ) -> Result<Option<R>, ScriptError> {
        let _entered = self.enter()?;
        let Some(state) = self.shared.realms.get(realm) else {
            return Ok(None);
        };
        self.shared.realms.refill(&self.runtime);
        let outcome = state.context.with(|ctx| {
            steps(&ctx, &state).map_err(|error| errors::script_error(&ctx, &self.shared, &error))
        })?;
        // An async function makes a rejection of its interruption.
        self.check_runaway()?;
        Ok(Some(outcome))
    }

    fn check_runaway(&self) -> Result<(), ScriptError> {
        if self.shared.runaway.get() {
            return Err(ScriptError::Runaway {
                budget: self.shared.limits.interrupt_budget,
            });
        }
        Ok(())
    }

    /// Marks the agent as entered, for as long as the guard lives.
    fn enter(&self) -> Result<Entered<'_>, ScriptError> {
        if let Some(stopped) = &*self.stopped.borrow() {
            return Err(stopped.clone());
        }
        if self.entered.replace(true) {
            return Err(ScriptError::Reentered);
        }
        self.shared
            .interrupts_left
            .set(self.shared.limits.interrupt_budget);
        self.shared.runaway.set(false);
        Ok(Entered(&self.entered))
    }
}

impl Agent {
    /// Evaluates a module script. If it fails at once, that is the error; what fails later is an unhandled rejection.
    ///
    /// # Errors
    ///
    /// As for [`evaluate_script`](Self::evaluate_script).
    pub fn evaluate_module(
        &self,
        realm: RealmId,
        source: &str,
        filename: &str,
    ) -> Result<(), ScriptError> {
        let failed = self.with_realm(realm, |ctx, _| {
            let (_, promise) = Module::declare(ctx.clone(), filename, source)?.eval()?;
            Ok(self.failure_of(ctx, &promise))
        })?;
        failed.flatten().map_or(Ok(()), Err)
    }
}

/// What a server program needs of its agent.
impl Agent {
    /// Sets where the modules that a script imports come from.
    pub(crate) fn set_modules(&self, sources: Sources) {
        self.runtime
            .set_loader(Imports(Rc::clone(&sources)), Imports(sources));
    }

    pub(crate) fn begin_operation(&self, realm: RealmId) -> OperationId {
        self.shared.begin_operation(realm)
    }

    pub(crate) fn expect_answer(&self, operation: OperationId) {
        self.shared.expect_answer(operation);
    }

    pub(crate) fn take_answer(
        &self,
        operation: OperationId,
    ) -> Option<Result<ServerResponse, ScriptError>> {
        let answer = self.shared.take_answer(operation)?;
        self.shared.end_operation(operation);
        Some(answer)
    }

    pub(crate) fn forget_answer(&self, operation: OperationId) {
        self.shared.forget_answer(operation);
        self.shared.end_operation(operation);
    }

    pub(crate) fn fail_answers(&self, error: &ScriptError) {
        self.shared.fail_answers(error);
    }
}

/// Keeps a value from one entry to the next. It must not outlive the agent.
pub(crate) fn save<'js>(ctx: &Ctx<'js>, value: Value<'js>) -> Persistent<Value<'static>> {
    Persistent::save(ctx, value)
}

impl Drop for Agent {
    fn drop(&mut self) {
        // Nothing that holds a value of the engine's may outlive it.
        self.shared.rejections.take();
        self.shared.realms.clear();
    }
}

impl std::fmt::Debug for Agent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Agent")
            .field("limits", &self.shared.limits)
            .finish_non_exhaustive()
    }
}

/// Says that the agent is not entered any more.
struct Entered<'a>(&'a Cell<bool>);

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        self.0.set(false);
    }
}
