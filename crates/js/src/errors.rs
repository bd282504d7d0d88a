//! From the engine's exceptions to [`ScriptError`].

use rquickjs::function::This;
use rquickjs::{Ctx, Function, Object, Value};

use crate::bootstrap;
use crate::protocol::ScriptError;
use crate::shared::Shared;

/// What went wrong when an entry into the engine failed.
pub(crate) fn script_error(ctx: &Ctx<'_>, shared: &Shared, error: &rquickjs::Error) -> ScriptError {
    if shared.runaway.get() {
        ctx.catch();
        return ScriptError::Runaway {
            budget: shared.limits.interrupt_budget,
        };
    }
    match error {
        rquickjs::Error::Exception => exception(ctx, shared, &ctx.catch()),
        rquickjs::Error::Allocation => ScriptError::OutOfMemory {
            limit: shared.limits.memory_bytes,
        },
        other => ScriptError::Exception {
            message: other.to_string(),
            stack: String::new(),
            location: None,
        },
    }
}

/// An exception's value as an error.
pub(crate) fn exception<'js>(ctx: &Ctx<'js>, shared: &Shared, value: &Value<'js>) -> ScriptError {
    let Some(object) = value.as_object() else {
        // The engine throws null when not even an error object fits into memory.
        if value.is_null() && shared.out_of_memory(ctx) {
            return ScriptError::OutOfMemory {
                limit: shared.limits.memory_bytes,
            };
        }
        let message = format!("Uncaught {}", text(ctx, value));
        return ScriptError::Exception {
            message,
            stack: String::new(),
            location: None,
        };
    };
    let part = |key: &str| -> Option<String> {
        let value: Option<Value<'js>> = object.get(key).ok();
        // A getter of the page's may throw; nothing may stay pending.
        if value.is_none() {
            ctx.catch();
        }
        value
            .filter(Value::is_string)
            .map(|value| text(ctx, &value))
    };
    let stack = scripts_frames(&part("stack").unwrap_or_default());
    let name = part("name");
    let message = part("message");
    if name.as_deref() == Some("InternalError") && message.as_deref() == Some("out of memory") {
        return ScriptError::OutOfMemory {
            limit: shared.limits.memory_bytes,
        };
    }
    let message = match (name, message) {
        (Some(name), Some(message)) if !message.is_empty() => format!("{name}: {message}"),
        (Some(name), _) => name,
        (None, Some(message)) => message,
        (None, None) => "Uncaught [object]".to_owned(),
    };
    let location = location(&stack);
    ScriptError::Exception {
        message,
        stack,
        location,
    }
}

/// A primitive value as text; lone surrogates are replaced.
fn text<'js>(ctx: &Ctx<'js>, value: &Value<'js>) -> String {
    if value.is_symbol() {
        return "[symbol]".to_owned();
    }
    let text = value.get::<rquickjs::Coerced<String>>().map(|text| text.0);
    text.or_else(|_| {
        ctx.catch();
        let string: Object<'js> = ctx.globals().get("String")?;
        let prototype: Object<'js> = string.get("prototype")?;
        let well_formed: Function<'js> = prototype.get("toWellFormed")?;
        well_formed.call((This(value.clone()),))
    })
    .unwrap_or_else(|_: rquickjs::Error| {
        ctx.catch();
        "[text that is not well formed]".to_owned()
    })
}

/// The place of a stack's frame: `    at name (file:line:column)`.
fn place(frame: &str) -> Option<(&str, u32, u32)> {
    let frame = frame.trim().strip_prefix("at ")?;
    let place = match (frame.rfind('('), frame.strip_suffix(')')) {
        (Some(open), Some(frame)) => &frame[open + 1..],
        _ => frame,
    };
    let mut parts = place.rsplitn(3, ':');
    let column = parts.next()?.parse().ok()?;
    let line = parts.next()?.parse().ok()?;
    Some((parts.next()?, line, column))
}

/// The frames of a stack that are not the bootstrap's own: those that whoever wrote the script can look up.
fn scripts_frames(stack: &str) -> String {
    let own = |frame: &&str| place(frame).is_some_and(|(file, _, _)| bootstrap::is_file(file));
    stack
        .split_inclusive('\n')
        .filter(|frame| !own(frame))
        .collect()
}

/// File, line and column of the first frame.
fn location(stack: &str) -> Option<(String, u32, u32)> {
    let (file, line, column) = stack.lines().find_map(place)?;
    Some((file.to_owned(), line, column))
}

impl Shared {
    /// Whether the agent is at its memory limit.
    fn out_of_memory(&self, ctx: &Ctx<'_>) -> bool {
        // An allocation of some size that fails says so.
        let probe = rquickjs::Array::new(ctx.clone()).is_err();
        if probe {
            ctx.catch();
        }
        probe
    }
}
