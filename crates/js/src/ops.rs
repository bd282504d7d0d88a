//! The object of native operations that the bootstrap files are given, and how operations throw.

use std::rc::Rc;

use rquickjs::function::IntoJsFunc;
use rquickjs::{Ctx, Exception, Function, Object};

use crate::protocol::DomError;
use crate::shared::Scope;

/// The native operations of a realm while they are registered.
pub(crate) struct Ops<'js> {
    object: Object<'js>,
    scope: Rc<Scope>,
}

impl<'js> Ops<'js> {
    pub(crate) fn new(ctx: &Ctx<'js>, scope: Rc<Scope>) -> rquickjs::Result<Self> {
        Ok(Self {
            object: Object::new_proto(ctx.clone(), None)?,
            scope,
        })
    }

    /// The realm that the operations belong to.
    pub(crate) fn scope(&self) -> Rc<Scope> {
        Rc::clone(&self.scope)
    }

    /// Adds an operation.
    pub(crate) fn add<P, F>(&self, name: &str, operation: F) -> rquickjs::Result<()>
    where
        F: IntoJsFunc<'js, P> + 'js,
    {
        self.object
            .set(name, Function::new(self.object.ctx().clone(), operation)?)
    }

    pub(crate) fn into_object(self) -> Object<'js> {
        self.object
    }
}

/// Throws a `TypeError`, a `RangeError`, a `SyntaxError` of JavaScript's own (name it `JsSyntaxError`) or a
/// `DOMException` of the given name, in the realm of the bootstrap function that called.
pub(crate) fn throw(ctx: &Ctx<'_>, name: &str, message: &str) -> rquickjs::Error {
    match name {
        "TypeError" => Exception::throw_type(ctx, message),
        "RangeError" => Exception::throw_range(ctx, message),
        "JsSyntaxError" => Exception::throw_syntax(ctx, message),
        _ => Exception::throw_dom(ctx, name, message),
    }
}

/// Throws what the host answered.
pub(crate) fn throw_dom_error(ctx: &Ctx<'_>, error: &DomError) -> rquickjs::Error {
    throw(ctx, error.name, &error.message)
}
