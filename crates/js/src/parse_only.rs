//! Whether text is a script, without running it.

use rquickjs::context::EvalOptions;
use rquickjs::{Context, Function, Runtime};

/// The most memory that parsing may take.
const MEMORY: usize = 256 << 20;

/// Whether a text parses as a classic script.
///
/// MODEL: it is parsed as the body of a function, so that a `return` outside of functions is let through.
pub fn parses_as_script(text: &str) -> bool {
    let Ok(runtime) = Runtime::new() else {
        return false;
    };
    runtime.set_memory_limit(MEMORY);
    let Ok(context) = Context::full(&runtime) else {
        return false;
    };
    context.with(|ctx| {
        let options = EvalOptions::default();
        let parse = ctx.eval_with_options::<Function<'_>, _>(
            "(text) => { Function(text); return true; }",
            options,
        );
        let parsed = parse.and_then(|parse| parse.call::<_, bool>((text,)));
        // What was thrown goes with the engine.
        drop(ctx.catch());
        parsed.unwrap_or(false)
    })
}

#[cfg(test)]
mod tests {
    use super::parses_as_script;

    #[test]
    fn scripts_parse_and_documents_do_not() {
        for script in [
            "",
            "var a = 1",
            "callback({\"a\": 1})",
            "// nothing",
            "[1, 2]",
        ] {
            assert!(parses_as_script(script), "{script}");
        }
        for other in ["<html>", "{\"a\": 1, \"b\": 2}", "a,b\n1;2 3", "} {", "'"] {
            assert!(!parses_as_script(other), "{other}");
        }
    }

    #[test]
    fn nothing_runs() {
        assert!(parses_as_script("for (;;) {}"));
        assert!(!parses_as_script("}; for (;;) {} {"));
    }
}
