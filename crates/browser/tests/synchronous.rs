//! Synchronous requests: a page waits, and its browser with it; the world goes on.

#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use crossexam_sim::journal::Event;
use support::{Scene, html, text};

fn run(page: &'static str) -> (Scene, Vec<String>) {
    let scene = Scene::new();
    scene.serve("charlie", move |asked| match asked.path.as_str() {
        "/" => html(page),
        "/data" => text("from charlie"),
        "/page" => html("<title>t</title><p id=x>words<script>console.log('never')</script>"),
        "/feed" => text("<a/>").header("content-type", "application/atom+xml"),
        _ => text("gone").status(404),
    });
    scene.serve("alice", |_| text("alice's"));
    scene.visit("https://charlie.example/");
    let log = scene.console();
    let log = log
        .iter()
        .map(|line| {
            line.strip_prefix("https://charlie.example: ")
                .unwrap()
                .to_owned()
        })
        .collect();
    (scene, log)
}

#[test]
fn the_answer_is_there_when_send_returns() {
    let (scene, log) = run("<script>
        setTimeout(() => console.log('timer'), 0);
        fetch('/data').then((r) => r.text()).then((t) => console.log('fetched ' + t));
        const before = Date.now();
        const xhr = new XMLHttpRequest(); const events = [];
        for (const type of ['readystatechange', 'loadstart', 'progress', 'load', 'loadend']) xhr.addEventListener(type, () => events.push(type));
        xhr.open('GET', '/data', false); xhr.send();
        console.log([xhr.status, xhr.responseText, xhr.readyState, Date.now() > before, events.join()].join(' '));
    </script>");
    assert_eq!(
        log,
        [
            "200 from charlie 4 true readystatechange,readystatechange,load,loadend",
            "timer",
            "fetched from charlie"
        ]
    );
    assert_eq!(scene.unmodelled(), [""; 0]);
    let recorded = scene.fetches();
    assert_eq!(
        recorded
            .iter()
            .filter(|record| record.initiator == "XMLHttpRequest")
            .count(),
        1
    );
}

#[test]
fn what_fails_throws() {
    let (_, log) = run("<script>
        const get = (url) => { const xhr = new XMLHttpRequest(); xhr.open('GET', url, false); try { xhr.send(); return xhr.status; } catch (e) { return `${e.name} ${xhr.readyState} ${xhr.status}`; } };
        console.log([get('/missing'), get('https://alice.example/'), get('https://nobody.example/'), get('data:,x')].join(', '));
    </script>");
    assert_eq!(log, ["404, NetworkError 4 0, NetworkError 4 0, 200"]);
}

#[test]
fn a_page_that_is_left_meanwhile_is_left_afterwards() {
    let (scene, log) = run("<iframe id=f></iframe><script>
        location.href = '/data'; const xhr = new XMLHttpRequest(); xhr.open('GET', '/data', false); xhr.send(); console.log(xhr.responseText);
    </script>");
    assert_eq!(log, ["from charlie"]);
    assert_eq!(scene.script_errors(), [""; 0]);
    assert!(
        scene
            .documents()
            .iter()
            .any(|(url, _)| url.ends_with("/data"))
    );
}

#[test]
fn documents_are_made_of_html_and_xml_is_named_as_missing() {
    let (scene, log) = run("<script>
        const get = (url, steps) => { const xhr = new XMLHttpRequest(); xhr.open('GET', url); xhr.responseType = 'document'; xhr.onload = () => steps(xhr); xhr.send(); };
        get('/page', (xhr) => console.log([xhr.response.querySelector('#x').firstChild.data, xhr.response.title, xhr.response === xhr.responseXML, xhr.response.URL].join(' ')));
        get('/feed', (xhr) => console.log('' + xhr.response));
        get('/data', (xhr) => console.log('' + xhr.response));
    </script>");
    assert_eq!(
        log,
        ["words t true https://charlie.example/page", "null", "null"]
    );
    assert_eq!(scene.unmodelled(), ["an XML response as a document"]);
    let exposed = scene.world.journal().entries().into_iter().any(|entry| {
        matches!(entry.event, Event::Exposure(exposure) if exposure.how == "XMLHttpRequest.response" && exposure.bytes.starts_with(b"<title>"))
    });
    assert!(exposed);
}

#[test]
fn a_document_that_is_gone_fetches_no_more() {
    let (scene, log) = run("<iframe src='/data'></iframe><script>
        onload = async () => {
            const frame = document.querySelector('iframe'); const view = frame.contentWindow;
            const { fetch, Request, XMLHttpRequest } = view;
            const early = fetch('/data').then((r) => r.text()).then(() => console.log('read'), (e) => console.log('early ' + e.name));
            frame.remove();
            await fetch('/data').then(() => console.log('answered'), (e) => console.log(e.name));
            try { new XMLHttpRequest().open('GET', '/data'); console.log('opened'); } catch (e) { console.log(e.name); }
            console.log('end');
        };
    </script>");
    assert_eq!(log, ["InvalidStateError", "InvalidStateError", "end"]);
    assert_eq!(scene.script_errors(), [""; 0]);
}
