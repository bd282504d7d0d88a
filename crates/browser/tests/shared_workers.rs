//! Shared workers: one for the pages of an origin, found by its URL and name.

#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use support::{Scene, answer, html, sent, text};

const COUNTER: &str = "let count = 0;
    onconnect = (event) => {
        const port = event.source;
        const number = ++count;
        port.onmessage = (message) => port.postMessage([message.data, number, name, event.ports.length, event.data === '', typeof postMessage,
            self instanceof SharedWorkerGlobalScope].join());
    };";

fn scene(page: &'static str, frame: &'static str) -> Scene {
    let scene = Scene::new();
    scene.serve("charlie", move |asked| match asked.path.as_str() {
        "/" => html(page),
        "/frame" => html(frame),
        "/counter.js" => answer("text/javascript", COUNTER),
        "/fetches.js" => answer(
            "text/javascript",
            "onconnect = (event) => fetch('/data').then((r) => r.text()).then((t) => event.ports[0].postMessage(t))",
        ),
        "/ticks.js" => answer("text/javascript", "setInterval(() => console.log('tick'), 200)"),
        "/throws.js" => answer("text/javascript", "throw new Error('nobody hears it')"),
        "/data" => text("data"),
        _ => text("gone").status(404),
    });
    scene.visit("https://charlie.example/");
    scene
}

fn log(scene: &Scene) -> Vec<String> {
    scene.console_of("https://charlie.example")
}

#[test]
fn pages_of_an_origin_share_a_worker_of_the_same_name() {
    let scene = scene(
        "<iframe></iframe><script>
            const ask = (name, text) => { const { port } = new SharedWorker('/counter.js', name); port.onmessage = (event) => console.log(event.data); port.postMessage(text); };
            ask('a', 'first'); ask({ name: 'b' }, 'other');
            setTimeout(() => { document.querySelector('iframe').src = '/frame'; }, 500);
        </script>",
        "<script>
            const { port } = new SharedWorker('/counter.js', 'a');
            port.onmessage = (event) => console.log(event.data); port.postMessage('framed');
        </script>",
    );
    let mut log = log(&scene);
    log.sort();
    assert_eq!(
        log,
        [
            "first,1,a,1,true,undefined,true",
            "framed,2,a,1,true,undefined,true",
            "other,1,b,1,true,undefined,true",
        ]
    );
    assert_eq!(scene.script_errors(), [""; 0]);
    assert_eq!(
        scene
            .exchanges()
            .iter()
            .filter(|it| it.url.ends_with("/counter.js"))
            .count(),
        2
    );
}

#[test]
fn it_fetches_in_its_own_name_and_its_script_is_a_shared_workers() {
    let scene = scene(
        "<script>new SharedWorker('/fetches.js').port.onmessage = (event) => console.log(event.data)</script>",
        "",
    );
    assert_eq!(log(&scene), ["data"]);
    let script = scene.exchange("/fetches.js");
    assert_eq!(
        sent(&script, "sec-fetch-dest").as_deref(),
        Some("sharedworker")
    );
    let data = scene.exchange("/data");
    assert_eq!(
        sent(&data, "referer").as_deref(),
        Some("https://charlie.example/fetches.js")
    );
}

#[test]
fn it_ends_with_the_last_of_its_owners_and_tells_nobody_of_exceptions() {
    let scene = scene(
        "<iframe src='/frame'></iframe><script>
            new SharedWorker('/throws.js').onerror = () => console.log('never');
            new SharedWorker('/missing.js').onerror = (event) => console.log(event.constructor.name);
            onload = () => setTimeout(() => document.querySelector('iframe').remove(), 700);
        </script>",
        "<script>new SharedWorker('/ticks.js')</script>",
    );
    let log = log(&scene);
    assert!((3..6).contains(&log.len()), "{log:?}");
    assert_eq!(log.iter().filter(|line| *line == "Event").count(), 1);
    assert!(!log.contains(&"never".to_owned()));
    assert_eq!(scene.script_errors(), ["Error: nobody hears it"]);
}

#[test]
fn ports_go_through_a_shared_worker_whose_script_threw() {
    let scene = Scene::new();
    scene.serve("charlie", |asked| match asked.path.as_str() {
        "/" => html(
            "<script>
                const worker = new SharedWorker('/worker.js');
                const channel = new MessageChannel();
                channel.port1.onmessage = (event) => console.log(event.data);
                worker.port.postMessage('', [channel.port2]);
            </script>",
        ),
        _ => answer(
            "text/javascript",
            "onmessage = (event) => event.ports[0].postMessage('before');
            onconnect = (event) => { event.ports[0].onmessage = onmessage; };
            throw new Error('x');",
        ),
    });
    scene.visit("https://charlie.example/");
    assert_eq!(log(&scene), ["before"]);
}
