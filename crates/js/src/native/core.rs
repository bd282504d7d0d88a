//! What `lib.js` and `language.js` need.

use rquickjs::atom::PredefinedAtom;
use rquickjs::object::Property;
use rquickjs::{Ctx, Object, Value};

use crate::errors;
use crate::ops::Ops;
use crate::protocol::OperationId;

pub(super) fn register<'js>(ops: &Ops<'js>) -> rquickjs::Result<()> {
    ops.add(
        "finishInterface",
        |constructor: Object<'js>, prototype: Object<'js>, tag: String| -> rquickjs::Result<()> {
            prototype.prop(
                PredefinedAtom::Constructor,
                Property::from(constructor).writable().configurable(),
            )?;
            prototype.prop(
                PredefinedAtom::SymbolToStringTag,
                Property::from(tag).configurable(),
            )
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
