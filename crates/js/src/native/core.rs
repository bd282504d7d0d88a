//! What `lib.js` and `language.js` need.

use rquickjs::atom::PredefinedAtom;
use rquickjs::object::{AsProperty, Property, PropertyFlags};
use rquickjs::{Ctx, Object, Value, qjs};

use crate::ops::Ops;
use crate::protocol::OperationId;
use crate::{bootstrap, errors};

/// A property that is made read-only, whatever it was before.
struct ReadOnly<'js>(Object<'js>);

impl<'js> AsProperty<'js, ()> for ReadOnly<'js> {
    fn config(
        self,
        ctx: &Ctx<'js>,
    ) -> rquickjs::Result<(PropertyFlags, Value<'js>, Value<'js>, Value<'js>)> {
        let flags = (qjs::JS_PROP_HAS_VALUE | qjs::JS_PROP_HAS_WRITABLE) as PropertyFlags;
        let undefined = Value::new_undefined(ctx.clone());
        Ok((flags, self.0.into_value(), undefined.clone(), undefined))
    }
}

pub(super) fn register<'js>(ops: &Ops<'js>) -> rquickjs::Result<()> {
    // Links an interface's constructor and prototype, with the attributes that Web IDL gives each property.
    ops.add(
        "finishInterface",
        |ctx: Ctx<'js>,
         interface: Object<'js>,
         parent: Option<Object<'js>>,
         prototype: Object<'js>,
         tag: String,
         exposed_as: Option<String>|
         -> rquickjs::Result<()> {
            if let Some(parent) = parent {
                let inherited: Object<'js> = parent.get(PredefinedAtom::Prototype)?;
                prototype.set_prototype(Some(&inherited))?;
                interface.set_prototype(Some(&parent))?;
            }
            let hidden = || Property::from(interface.clone()).writable().configurable();
            prototype.prop(PredefinedAtom::Constructor, hidden())?;
            prototype.prop(
                PredefinedAtom::SymbolToStringTag,
                Property::from(tag).configurable(),
            )?;
            if let Some(name) = exposed_as {
                ctx.globals().prop(name, hidden())?;
            }
            interface.prop(PredefinedAtom::Prototype, ReadOnly(prototype))
        },
    )?;

    ops.add(
        "evaluateOnDemand",
        |ctx: Ctx<'js>, ops: Object<'js>, lib: Object<'js>, global: Object<'js>| {
            bootstrap::evaluate_on_demand(&ctx, (&ops, &lib, &global))
        },
    )?;

    let scope = ops.scope();
    ops.add("beginOperation", move || {
        scope.shared.begin_operation(scope.realm).0
    })?;

    let scope = ops.scope();
    ops.add("endOperation", move |id: u64| {
        scope.shared.end_operation(OperationId(id))
    })?;

    let scope = ops.scope();
    ops.add(
        "reportException",
        move |ctx: Ctx<'js>, value: Value<'js>| {
            if scope.alive.get() {
                let error = errors::exception(&ctx, &scope.shared, &value);
                scope.host().report_exception(scope.realm, error);
            }
        },
    )?;

    // Milliseconds since the epoch.
    let scope = ops.scope();
    ops.add("now", move || {
        scope.host().now().as_micros().div_euclid(1_000) as f64
    })?;

    // A number in [0, 1) with the 53 bits that a double has room for.
    let scope = ops.scope();
    ops.add("random", move || {
        (scope.host().random() >> 11) as f64 / (1_u64 << 53) as f64
    })?;
    Ok(())
}
