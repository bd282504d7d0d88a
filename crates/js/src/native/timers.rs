//! Timers and the console.

use std::time::Duration;

use rquickjs::Ctx;

use crate::ops::Ops;
use crate::protocol::{ConsoleLevel, OperationId};

pub(super) fn register<'js>(ops: &Ops<'js>) -> rquickjs::Result<()> {
    let scope = ops.scope();
    ops.add(
        "startTimer",
        move |ctx: Ctx<'js>, operation: u64, milliseconds: u32| {
            let delay = Duration::from_millis(milliseconds.into());
            scope
                .live_host(&ctx)?
                .start_timer(scope.realm, OperationId(operation), delay);
            rquickjs::Result::Ok(())
        },
    )?;

    let scope = ops.scope();
    ops.add("cancelTimer", move |operation: u64| {
        if scope.alive.get() {
            scope
                .host()
                .cancel_timer(scope.realm, OperationId(operation));
        }
    })?;

    let scope = ops.scope();
    ops.add("console", move |level: u8, text: String| {
        let level = match level {
            0 => ConsoleLevel::Debug,
            1 => ConsoleLevel::Log,
            2 => ConsoleLevel::Info,
            3 => ConsoleLevel::Warn,
            _ => ConsoleLevel::Error,
        };
        if scope.alive.get() {
            scope.host().console(scope.realm, level, &text);
        }
    })?;
    Ok(())
}
