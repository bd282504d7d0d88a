//! Dedicated workers: whose they are, what they may load, and when they end.

#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use support::{Answer, Scene, answer, html, sent, text};

fn js(source: &'static str) -> Answer {
    answer("text/javascript", source)
}

/// Charlie's page with a script, and further paths of his; Alice serves `/lib.js` and `/broken.js`.
fn run(page: &'static str, paths: &'static [(&'static str, &'static str)]) -> (Scene, Vec<String>) {
    run_with(move || html(page), paths)
}

fn run_with(
    page: impl Fn() -> Answer + 'static,
    paths: &'static [(&'static str, &'static str)],
) -> (Scene, Vec<String>) {
    let scene = Scene::new();
    scene.serve("charlie", move |asked| {
        let found = paths.iter().find(|(path, _)| *path == asked.path);
        match (asked.path.as_str(), found) {
            ("/", _) => page(),
            ("/data", _) => text("from charlie"),
            (_, Some((_, source))) => js(source),
            _ => text("gone").status(404),
        }
    });
    scene.serve("alice", |asked| match asked.path.as_str() {
        "/lib.js" => js("var library = 'alice'"),
        "/broken.js" => js("throw new Error('secret of alice')"),
        _ => text("for charlie").header("access-control-allow-origin", "https://charlie.example"),
    });
    scene.visit("https://charlie.example/");
    let log = scene.console_of("https://charlie.example");
    (scene, log)
}

#[test]
fn messages_go_there_and_back() {
    let (scene, log) = run(
        "<script>
            const worker = new Worker('/worker.js#part', { name: 'echo' });
            worker.onmessage = (event) => console.log(JSON.stringify(event.data) + event.origin + event.source);
            const buffer = new ArrayBuffer(4);
            worker.postMessage({ a: [1, buffer] }, [buffer]);
            console.log(buffer.byteLength);
        </script>",
        &[(
            "/worker.js",
            "onmessage = (event) => postMessage([event.data.a[1].byteLength, name, location.href, typeof document, typeof window,
                self instanceof DedicatedWorkerGlobalScope, self instanceof WorkerGlobalScope, navigator instanceof WorkerNavigator,
                isSecureContext, origin, 'responseXML' in XMLHttpRequest.prototype]);",
        )],
    );
    assert_eq!(
        log,
        [
            "0",
            r#"[4,"echo","https://charlie.example/worker.js#part","undefined","undefined",true,true,true,true,"https://charlie.example",false]null"#
        ]
    );
    assert_eq!(scene.script_errors(), [""; 0]);
    let asked = scene.exchange("/worker.js");
    assert_eq!(sent(&asked, "sec-fetch-dest").as_deref(), Some("worker"));
    assert_eq!(
        sent(&asked, "sec-fetch-mode").as_deref(),
        Some("same-origin")
    );
    assert_eq!(
        sent(&asked, "referer").as_deref(),
        Some("https://charlie.example/")
    );
}

#[test]
fn a_worker_fetches_in_its_own_name() {
    let (scene, log) = run(
        "<script>new Worker('/deep/worker.js').onmessage = (event) => console.log(event.data)</script>",
        &[(
            "/deep/worker.js",
            "(async () => {
                const own = await (await fetch('/data')).text();
                const other = await (await fetch('https://alice.example/x')).text();
                const xhr = new XMLHttpRequest(); xhr.open('GET', '/data', false); xhr.send();
                postMessage([own, other, xhr.responseText].join());
            })()",
        )],
    );
    assert_eq!(log, ["from charlie,for charlie,from charlie"]);
    let cross = scene.exchange("/x");
    assert_eq!(
        sent(&cross, "origin").as_deref(),
        Some("https://charlie.example")
    );
    assert_eq!(
        sent(&cross, "referer").as_deref(),
        Some("https://charlie.example/")
    );
    assert_eq!(
        sent(&cross, "sec-fetch-site").as_deref(),
        Some("cross-site")
    );
    let own: Vec<_> = scene.exchanges();
    let own: Vec<_> = own.iter().filter(|it| it.url.ends_with("/data")).collect();
    assert_eq!(own.len(), 2);
    for exchange in own {
        let referer = sent(exchange, "referer");
        assert_eq!(
            referer.as_deref(),
            Some("https://charlie.example/deep/worker.js")
        );
    }
}

#[test]
fn scripts_are_imported_from_anywhere_and_fail_in_silence() {
    let (scene, log) = run(
        "<script>new Worker('/worker.js').onmessage = (event) => console.log(event.data)</script>",
        &[
            (
                "/worker.js",
                "const failing = (url) => { try { importScripts(url); return 'imported'; } catch (e) { return `${e.constructor.name} ${e.name} ${e.message.includes('secret')}`; } };
                importScripts('/first.js', 'https://alice.example/lib.js');
                postMessage([first, library, failing('https://alice.example/broken.js'), failing('/own.js'), failing('/data'), failing('/missing'), failing('http://[')].join());",
            ),
            ("/first.js", "var first = 1"),
            ("/own.js", "throw new TypeError('secret of charlie')"),
        ],
    );
    assert_eq!(
        log,
        [
            "1,alice,DOMException NetworkError false,TypeError TypeError true,DOMException NetworkError false,DOMException NetworkError false,DOMException SyntaxError false"
        ]
    );
    let imported = scene.exchange("/lib.js");
    assert_eq!(sent(&imported, "sec-fetch-dest").as_deref(), Some("script"));
    assert_eq!(
        sent(&imported, "sec-fetch-mode").as_deref(),
        Some("no-cors")
    );
}

#[test]
fn what_cannot_be_loaded_fires_error() {
    let (scene, log) = run(
        "<script>
            try { new Worker('http://[') } catch (e) { console.log(e.name) }
            for (const url of ['https://alice.example/lib.js', '/missing', '/data', '/wrong.js'])
                new Worker(url).onerror = (event) => console.log(url + ' ' + event.constructor.name + ' ' + event.message);
        </script>",
        &[("/wrong.js", "} {")],
    );
    let mut log = log;
    log[1..].sort();
    assert_eq!(
        log,
        [
            "SyntaxError",
            "/data Event undefined",
            "/missing Event undefined",
            "/wrong.js Event undefined",
            "https://alice.example/lib.js Event undefined",
        ]
    );
    assert_eq!(
        scene
            .exchanges()
            .iter()
            .filter(|it| it.url.contains("alice"))
            .count(),
        0
    );
}

#[test]
fn worker_src_holds_for_workers() {
    let page = || {
        html(
            "<script>
                new Worker('/worker.js').onerror = () => console.log('blocked');
                new Worker('/ok/worker.js').onmessage = (event) => console.log(event.data);
            </script>",
        )
        .header(
            "content-security-policy",
            "worker-src https://charlie.example/ok/",
        )
    };
    let (scene, log) = run_with(
        page,
        &[
            ("/worker.js", "postMessage(1)"),
            ("/ok/worker.js", "postMessage('ran')"),
        ],
    );
    assert_eq!(log, ["blocked", "ran"]);
    assert!(scene.warnings().iter().any(|it| it.contains("worker-src")));
}

#[test]
fn a_blob_urls_worker_has_its_owners_policies_and_a_scripts_worker_its_own() {
    let page = || {
        html(
            "<script>
                const source = \"fetch('https://alice.example/x').then((r) => r.text()).catch((e) => e.name).then((t) => postMessage(location.protocol + t))\";
                const url = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
                for (const it of [url, '/worker.js']) new Worker(it).onmessage = (event) => console.log(event.data);
            </script>",
        )
        .header("content-security-policy", "connect-src 'self'")
    };
    let (_, log) = run_with(
        page,
        &[(
            "/worker.js",
            "fetch('https://alice.example/x').then((r) => r.text()).then((t) => postMessage(location.protocol + t))",
        )],
    );
    assert_eq!(log, ["blob:TypeError", "https:for charlie"]);
}

#[test]
fn a_data_urls_worker_is_of_an_opaque_origin() {
    let (scene, log) = run(
        "<script>
            const source = `fetch('https://alice.example/x').catch((e) => postMessage([origin, e.name].join()))`;
            new Worker('data:,' + encodeURIComponent(source)).onmessage = (event) => console.log(event.data);
        </script>",
        &[],
    );
    assert_eq!(log, ["null,TypeError"]);
    let cross = scene.exchange("/x");
    assert_eq!(sent(&cross, "origin").as_deref(), Some("null"));
    assert_eq!(sent(&cross, "referer"), None);
}

#[test]
fn terminate_and_close_end_a_worker() {
    let (scene, log) = run(
        "<script>
            const ticking = new Worker('/tick.js');
            let ticks = 0;
            ticking.onmessage = () => { if (++ticks === 2) { ticking.terminate(); console.log('terminated'); } };
            const closing = new Worker('/close.js');
            closing.onmessage = (event) => { console.log(event.data); closing.postMessage('too late'); };
            setTimeout(() => console.log(ticks), 1000);
        </script>",
        &[
            ("/tick.js", "setInterval(() => { console.log('tick'); postMessage(0); }, 100)"),
            (
                "/close.js",
                "onmessage = () => postMessage('never'); setTimeout(() => postMessage('never'), 10); close(); postMessage('last');",
            ),
        ],
    );
    let mut log = log;
    log.sort();
    assert_eq!(log, ["2", "last", "terminated", "tick", "tick"]);
    assert_eq!(scene.script_errors(), [""; 0]);
}

#[test]
fn a_worker_ends_with_its_page() {
    let scene = Scene::new();
    scene.serve("charlie", |asked| match asked.path.as_str() {
        "/" => html("<iframe src='/frame'></iframe><script>setTimeout(() => document.querySelector('iframe').remove(), 900)</script>"),
        "/frame" => html("<script>new Worker('/tick.js')</script>"),
        "/tick.js" => js("new Worker('/inner.js'); setInterval(() => console.log('tick'), 200)"),
        _ => js("setInterval(() => console.log('inner'), 200)"),
    });
    scene.visit("https://charlie.example/");
    let log = scene.console();
    let count = |what: &str| log.iter().filter(|line| line.ends_with(what)).count();
    assert!(
        (1..5).contains(&count("tick")) && (1..5).contains(&count("inner")),
        "{log:?}"
    );
}

#[test]
fn exceptions_go_to_the_worker_then_to_its_owner_then_to_the_page() {
    let (scene, log) = run(
        "<script>
            const handled = new Worker('/throws.js');
            handled.onerror = (event) => { console.log([event.message, event.filename, event.lineno, event.error].join()); event.preventDefault(); };
            onerror = (message) => { console.log('page ' + message); return message.includes('second'); };
            new Worker('/second.js');
            new Worker('/third.js');
            new Worker('/own.js');
        </script>",
        &[
            ("/throws.js", "\nthrow new Error('first')"),
            ("/second.js", "throw new Error('second')"),
            ("/third.js", "setTimeout(() => { throw new Error('third') })"),
            ("/own.js", "onerror = (message, file, line, column, error) => { console.log('own ' + error.message); return true; }; throw new Error('fourth')"),
        ],
    );
    let mut log = log;
    log.sort();
    assert_eq!(
        log,
        [
            "Uncaught Error: first,https://charlie.example/throws.js,2,",
            "own fourth",
            "page Uncaught Error: second",
            "page Uncaught Error: third",
        ]
    );
    assert_eq!(scene.script_errors(), ["Uncaught Error: third"]);
}

#[test]
fn module_workers_are_not_modelled() {
    let (scene, log) = run(
        "<script>new Worker('/worker.js', { type: 'module' }).onerror = () => console.log('error')</script>",
        &[("/worker.js", "postMessage(1)")],
    );
    assert_eq!(log, ["error"]);
    assert_eq!(scene.unmodelled(), ["a worker whose script is a module"]);
}

#[test]
fn a_worker_of_a_page_with_an_embedder_policy_needs_one_too() {
    let page = || {
        html("<script>new Worker('/worker.js').onerror = () => console.log('refused')</script>")
            .header("cross-origin-embedder-policy", "require-corp")
    };
    let (_, log) = run_with(page, &[("/worker.js", "console.log('ran')")]);
    assert_eq!(log, ["refused"]);
}

#[test]
fn an_object_url_may_be_revoked_once_the_worker_is_made() {
    let (_, log) = run(
        "<script>
            const url = URL.createObjectURL(new Blob([`postMessage('from a blob')`], { type: 'text/javascript' }));
            new Worker(url).onmessage = (event) => console.log(event.data);
            fetch(url).then((r) => console.log(r.status));
            URL.revokeObjectURL(url);
            fetch(url).catch((e) => console.log(e.name));
            new Worker(url).onerror = () => console.log('too late');
        </script>",
        &[],
    );
    let mut log = log;
    log.sort();
    assert_eq!(log, ["200", "TypeError", "from a blob", "too late"]);
}

#[test]
fn a_string_as_a_timers_handler_is_a_script() {
    let (scene, log) = run(
        "<script>
            setTimeout('var compiled = 1; console.log(this === window)');
            setTimeout(() => console.log(compiled), 10);
            setTimeout('} {', 20);
            onerror = (message) => { console.log(message.split(':')[0]); return true; };
            new Worker('/worker.js').onerror = (event) => { console.log(event.message); event.preventDefault(); };
        </script>",
        &[("/worker.js", "setTimeout(`throw new Error('in a string')`, 100)")],
    );
    let mut log = log;
    log.sort();
    assert_eq!(
        log,
        [
            "1",
            "Uncaught Error: in a string",
            "Uncaught SyntaxError",
            "true"
        ]
    );
    assert_eq!(scene.script_errors(), [""; 0]);
}
