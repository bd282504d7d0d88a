//! The engine against a host that only writes down what it is asked.

mod support;

use crossexam_js::{Limits, RealmKind, ScriptError};
use support::Fake;

#[test]
fn a_script_runs_and_writes_to_the_console() {
    let fake = Fake::new();
    let realm = fake.realm(RealmKind::Window);
    fake.run(realm, "console.log('two', 1 + 1, [1, 'x'], { a: null })");
    assert_eq!(fake.console(), ["two 2 [1, 'x'] { a: null }"]);
}

#[test]
fn an_exception_comes_back_with_its_place() {
    let fake = Fake::new();
    let realm = fake.realm(RealmKind::Window);
    let error = fake
        .agent
        .evaluate_script(realm, "\nlet x = 1;\n  null.x", "page.js")
        .unwrap_err();
    let ScriptError::Exception {
        message, location, ..
    } = error
    else {
        panic!("{error:?}")
    };
    assert!(message.starts_with("TypeError: "), "{message}");
    let (file, line, _) = location.unwrap();
    assert_eq!((file.as_str(), line), ("page.js", 3));
}

#[test]
fn runaways_meet_their_budget() {
    let fake = Fake::with_limits(Limits {
        interrupt_budget: 20,
        ..Limits::default()
    });
    let realm = fake.realm(RealmKind::Window);
    for source in [
        "for (;;) {}",
        "try { for (;;) {} } catch (error) {}",
        "(function f() { try { f() } catch { } f() })()",
        "/(a+)+$/.exec('a'.repeat(40) + 'b')",
        "Promise.resolve().then(() => { for (;;) {} })",
    ] {
        let error = fake
            .agent
            .evaluate_script(realm, source, "loop.js")
            .and_then(|()| fake.agent.run_microtasks());
        assert_eq!(error, Err(ScriptError::Runaway { budget: 20 }), "{source}");
    }
    fake.run(realm, "console.log('still there')");
    assert_eq!(fake.console(), ["still there"]);
}

#[test]
fn memory_is_capped() {
    for source in [
        "const list = []; for (;;) list.push(new Array(10000).fill(1))",
        "let text = 'x'; for (;;) text += text + 'y'.repeat(1000)",
        "const list = []; for (;;) list.push(new Uint8Array(100000))",
        "new ArrayBuffer(1e9)",
    ] {
        let fake = Fake::with_limits(Limits {
            memory_bytes: 8 << 20,
            ..Limits::default()
        });
        let realm = fake.realm(RealmKind::Window);
        let error = fake
            .agent
            .evaluate_script(realm, source, "fill.js")
            .unwrap_err();
        let too_long =
            matches!(&error, ScriptError::Exception { message, .. } if message.contains("string"));
        assert!(
            error == ScriptError::OutOfMemory { limit: 8 << 20 } || too_long,
            "{source}: {error:?}"
        );
    }
}

#[test]
fn deep_recursion_is_an_exception() {
    let fake = Fake::new();
    let realm = fake.realm(RealmKind::Window);
    for source in [
        "(function f() { f() })()",
        "JSON.parse('['.repeat(100000))",
        "let a = []; for (let i = 0; i < 1e5; i++) a = [a]; JSON.stringify(a)",
        "eval('('.repeat(100000))",
    ] {
        let error = fake
            .agent
            .evaluate_script(realm, source, "deep.js")
            .unwrap_err();
        assert!(
            matches!(error, ScriptError::Exception { .. }),
            "{source}: {error:?}"
        );
    }
}

#[test]
fn endless_microtasks_stop_the_agent() {
    let fake = Fake::with_limits(Limits {
        max_jobs: 1_000,
        ..Limits::default()
    });
    let realm = fake.realm(RealmKind::Window);
    fake.agent
        .evaluate_script(
            realm,
            "(function f() { Promise.resolve().then(f) })()",
            "loop.js",
        )
        .unwrap();
    let stopped = Err(ScriptError::EndlessMicrotasks { limit: 1_000 });
    assert_eq!(fake.agent.run_microtasks(), stopped);
    assert_eq!(fake.agent.evaluate_script(realm, "1", "after.js"), stopped);
}

#[test]
fn rejections_that_beget_rejections_stop_the_agent() {
    let limits = Limits {
        max_jobs: 1_000,
        ..Limits::default()
    };
    let fake = Fake::with_limits(limits);
    let realm = fake.realm(RealmKind::Window);
    fake.run(
        realm,
        "addEventListener('unhandledrejection', () => { Promise.reject('again') })",
    );
    fake.agent
        .evaluate_script(realm, "Promise.reject('once')", "loop.js")
        .unwrap();
    let stopped = Err(ScriptError::EndlessMicrotasks { limit: 1_000 });
    assert_eq!(fake.agent.run_microtasks(), stopped);
}

#[test]
fn the_clock_and_chance_are_the_hosts() {
    let fake = Fake::new();
    let realm = fake.realm(RealmKind::Window);
    fake.run(
        realm,
        "console.log(Date.now(), new Date().toISOString(), Math.random(), typeof performance, typeof SharedArrayBuffer);
         console.log(new Date(2020, 0, 2, 3, 4, 5).toISOString(), String(new Date(0)), new Date('2020-01-01T00:00').getHours());
         console.log(new Date(0) instanceof Date, Date.length, Date.name, new Date(NaN).toString())",
    );
    assert_eq!(
        fake.console(),
        [
            "1000000000000 2001-09-09T01:46:40.000Z 0.0009765625 undefined undefined",
            "2020-01-02T03:04:05.000Z Thu Jan 01 1970 00:00:00 GMT+0000 (Coordinated Universal Time) 0",
            "true 7 Date Invalid Date",
        ]
    );
}

#[test]
fn timers_wait_for_the_host() {
    let fake = Fake::new();
    let realm = fake.realm(RealmKind::Window);
    fake.run(
        realm,
        "setTimeout((a, b) => console.log('out', a, b), 50, 1, 2);
         const gone = setTimeout(() => console.log('never'), 5); clearTimeout(gone);
         let rounds = 0; const id = setInterval(() => { console.log('round', ++rounds); if (rounds === 2) clearInterval(id) }, 30);
         queueMicrotask(() => console.log('micro')); console.log('sync')",
    );
    fake.run_timers();
    assert_eq!(
        fake.console(),
        ["sync", "micro", "round 1", "out 1 2", "round 2"]
    );
}

#[test]
fn rejections_without_a_handler_are_reported() {
    let fake = Fake::new();
    let realm = fake.realm(RealmKind::Window);
    fake.run(
        realm,
        "Promise.reject(new TypeError('left'));
         const late = Promise.reject(new Error('caught in time')); late.catch(() => {});
         (async () => { throw new RangeError('async') })()",
    );
    assert_eq!(fake.errors(), ["TypeError: left", "RangeError: async"]);
}

#[test]
fn a_realm_keeps_what_it_needs_when_a_page_overwrites_built_ins() {
    let fake = Fake::new();
    let realm = fake.realm(RealmKind::Window);
    fake.run(
        realm,
        "for (const C of [Array, Map, WeakMap, String, Function, Promise, RegExp])
           for (const name of Object.getOwnPropertyNames(C.prototype))
             if (name !== 'constructor') { try { C.prototype[name] = () => { throw new Error('overwritten ' + name) } } catch {} }
         Reflect.apply = Reflect.defineProperty = Object.keys = () => { throw new Error('overwritten') };
         const target = new EventTarget();
         target.addEventListener('x', { handleEvent(event) { console.log(event.type, event.isTrusted) } }, { once: true });
         target.dispatchEvent(new CustomEvent('x')); target.dispatchEvent(new Event('x'));
         setTimeout(() => console.log('timer'), 1)",
    );
    fake.run_timers();
    assert_eq!(fake.console(), ["x false", "timer"]);
    assert_eq!(fake.errors(), Vec::<String>::new());
}

#[test]
fn destroyed_realms_are_passed_over() {
    let fake = Fake::new();
    let first = fake.realm(RealmKind::Window);
    let second = fake.realm(RealmKind::Window);
    fake.run(first, "setTimeout(() => console.log('gone'), 1)");
    fake.run(
        second,
        "setTimeout(() => console.log('here'), 2); Promise.reject(1)",
    );
    fake.agent.destroy_realm(first);
    fake.run_timers();
    assert_eq!(fake.errors(), ["Uncaught 1"]);
    assert_eq!(fake.console(), ["here"]);
    assert_eq!(
        fake.agent
            .evaluate_script(first, "console.log('no')", "x.js"),
        Ok(())
    );
    assert_eq!(fake.console(), Vec::<String>::new());
}

#[test]
fn a_host_that_calls_back_is_told_so() {
    let fake = Fake::new();
    let realm = fake.realm(RealmKind::Window);
    fake.call_back_on_console();
    fake.run(realm, "console.log('x')");
    assert_eq!(fake.call_back_outcome(), Some(Err(ScriptError::Reentered)));
}
