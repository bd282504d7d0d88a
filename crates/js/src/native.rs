//! The native operations, a module for each bootstrap file that needs some.

mod core;
mod timers;

use crate::ops::Ops;

/// Registers the operations of a realm.
pub(crate) fn register(ops: &Ops<'_>) -> rquickjs::Result<()> {
    core::register(ops)?;
    timers::register(ops)?;
    Ok(())
}
