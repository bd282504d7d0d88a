//! Realms: how they are made, also while a script of the agent runs.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use rquickjs::context::intrinsic;
use rquickjs::{Context, Ctx, Function, Object, Persistent, Runtime, Value};

use crate::ops::Ops;
use crate::protocol::{DocumentProgress, RealmId, RealmKind};
use crate::shared::{Scope, Shared};
use crate::{bootstrap, native};

/// Every built-in but `performance`, which would read a clock.
type Intrinsics = (
    intrinsic::Date,
    intrinsic::Eval,
    intrinsic::RegExp,
    intrinsic::RegExpCompiler,
    intrinsic::Json,
    intrinsic::Proxy,
    intrinsic::MapSet,
    intrinsic::TypedArrays,
    intrinsic::Promise,
    intrinsic::WeakRef,
    intrinsic::DOMException,
);

/// How many contexts are kept for the documents that a running script may reach before they had a task of their own.
const SPARES: usize = 3;

/// What enters a spare context: a function of its own, since a native one runs in the context of who calls it.
const ENTER: &str = "(steps) => steps()";

/// A realm.
pub(crate) struct Realm {
    pub(crate) scope: Rc<Scope>,
    pub(crate) entries: Persistent<Object<'static>>,
    pub(crate) context: Context,
}

/// A context without a realm. The engine makes none while a script runs, but can enter one that is there.
struct Spare {
    context: Context,
    enter: Persistent<Function<'static>>,
}

impl Spare {
    fn new(runtime: &Runtime) -> rquickjs::Result<Self> {
        let context = new_context(runtime)?;
        let enter = context.with(|ctx| {
            let enter: Function<'_> = ctx.eval(ENTER)?;
            Ok::<_, rquickjs::Error>(Persistent::save(&ctx, enter))
        })?;
        Ok(Self { context, enter })
    }
}

/// The realms of an agent.
#[derive(Default)]
pub(crate) struct Realms {
    all: RefCell<BTreeMap<RealmId, Rc<Realm>>>,
    spares: RefCell<Vec<Spare>>,
    /// The internal slots of platform objects, which all realms have in common.
    slots: RefCell<Option<Persistent<Value<'static>>>>,
    next: Cell<u32>,
    has_windows: Cell<bool>,
}

impl Realms {
    pub(crate) fn set_slots(&self, slots: Persistent<Value<'static>>) {
        self.slots.replace(Some(slots));
    }

    pub(crate) fn get(&self, realm: RealmId) -> Option<Rc<Realm>> {
        self.all.borrow().get(&realm).cloned()
    }

    pub(crate) fn remove(&self, realm: RealmId) -> Option<Rc<Realm>> {
        self.all.borrow_mut().remove(&realm)
    }

    /// Lets go of every handle of the engine's.
    pub(crate) fn clear(&self) {
        self.slots.take();
        self.spares.take();
        self.all.take();
    }

    /// The realms whose documents can load further.
    pub(crate) fn with_woken_documents(&self) -> Vec<RealmId> {
        let all = self.all.borrow();
        let woken = all.iter().filter(|(_, realm)| realm.scope.woken.get());
        woken.map(|(id, _)| *id).collect()
    }

    /// Sees to it that there are contexts for the documents that scripts of windows may reach. Where there is no memory
    /// for them, there are none.
    pub(crate) fn refill(&self, runtime: &Runtime) {
        while self.has_windows.get() && self.spares.borrow().len() < SPARES {
            let Ok(spare) = Spare::new(runtime) else {
                return;
            };
            self.spares.borrow_mut().push(spare);
        }
    }
}

fn new_context(runtime: &Runtime) -> rquickjs::Result<Context> {
    Context::custom::<Intrinsics>(runtime)
}

impl Shared {
    fn new_scope(self: &Rc<Self>, kind: RealmKind) -> Rc<Scope> {
        let realm = RealmId(self.realms.next.get());
        self.realms.next.set(realm.0 + 1);
        Rc::new(Scope {
            shared: Rc::clone(self),
            realm,
            kind,
            alive: Cell::new(true),
            woken: Cell::new(false),
            progress: Cell::new(DocumentProgress::Loading),
        })
    }

    fn add_realm(
        &self,
        scope: Rc<Scope>,
        entries: Persistent<Object<'static>>,
        context: Context,
    ) -> RealmId {
        let realm = scope.realm;
        let address = context.as_raw().as_ptr() as usize;
        self.contexts.borrow_mut().insert(address, realm);
        let made = Realm {
            scope,
            entries,
            context,
        };
        self.realms.all.borrow_mut().insert(realm, Rc::new(made));
        realm
    }

    /// Creates a realm while no script runs. The error is handed over in the realm where it arose.
    pub(crate) fn create_realm<E>(
        self: &Rc<Self>,
        runtime: &Runtime,
        kind: RealmKind,
        no_context: impl FnOnce(rquickjs::Error) -> E,
        not_set_up: impl FnOnce(&Ctx<'_>, rquickjs::Error) -> E,
    ) -> Result<RealmId, E> {
        let context = new_context(runtime).map_err(no_context)?;
        let scope = self.new_scope(kind);
        if kind == RealmKind::Window {
            self.realms.has_windows.set(true);
        }
        let entries =
            context.with(|ctx| set_up(&ctx, &scope).map_err(|error| not_set_up(&ctx, error)))?;
        Ok(self.add_realm(scope, entries, context))
    }

    /// Creates a window's realm while a script runs, with its initial `about:blank` document. Says whether it did: it
    /// does not if the script has reached more new documents than there are contexts for.
    pub(crate) fn create_realm_inside<'js>(
        self: &Rc<Self>,
        ctx: &Ctx<'js>,
        created: impl FnOnce(RealmId),
        scripting: bool,
    ) -> rquickjs::Result<bool> {
        let Some(spare) = self.realms.spares.borrow_mut().pop() else {
            return Ok(false);
        };
        let scope = self.new_scope(RealmKind::Window);
        let made = Rc::new(RefCell::new(None));
        let steps = {
            let (scope, made) = (Rc::clone(&scope), Rc::clone(&made));
            move |ctx: Ctx<'js>| -> rquickjs::Result<()> {
                made.replace(Some(set_up(&ctx, &scope)?));
                Ok(())
            }
        };
        let enter = spare.enter.restore(ctx)?;
        enter.call::<_, ()>((Function::new(ctx.clone(), steps)?,))?;
        let Some(entries) = made.take() else {
            return Ok(false);
        };
        let load: Function<'js> = entries.clone().restore(ctx)?.get("loadInitialDocument")?;
        scope.progress.set(DocumentProgress::Complete);
        created(self.add_realm(scope, entries, spare.context));
        load.call::<_, ()>((scripting,))?;
        Ok(true)
    }
}

/// Sets up the global object of a realm; gives its entries.
fn set_up<'js>(ctx: &Ctx<'js>, scope: &Rc<Scope>) -> rquickjs::Result<Persistent<Object<'static>>> {
    let kind = scope.kind;
    let ops = Ops::new(ctx, Rc::clone(scope))?;
    native::register(&ops)?;
    let lib = Object::new_proto(ctx.clone(), None)?;
    lib.set("slots", scope.shared.realms.slots.borrow().clone())?;
    lib.set("isWindow", kind == RealmKind::Window)?;
    lib.set("isSharedWorker", kind == RealmKind::SharedWorker)?;
    lib.set("isServer", kind == RealmKind::Server)?;
    bootstrap::evaluate(ctx, kind, &ops.into_object(), &lib)?;
    Ok(Persistent::save(ctx, lib.get::<_, Object<'_>>("entries")?))
}
