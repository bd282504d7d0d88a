//! Who may read what: the same-origin policy, CORS, frames and windows, with real pages and scripts.

#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use support::{Scene, failure, html, sent, text};

/// Alice's API, which allows one origin.
fn alice(scene: &Scene, allowed: &'static str) {
    scene.serve("alice", move |asked| match asked.path.as_str() {
        "/login" => html("<p>welcome").header("set-cookie", "session=bob; SameSite=None; Secure"),
        "/balance" if asked.header("cookie") == Some("session=bob") => text("balance: 4711")
            .header("access-control-allow-origin", allowed)
            .header("access-control-allow-credentials", "true"),
        "/balance" => text("who are you?").status(401),
        _ => html("<p>Alice's bank"),
    });
}

const THIEF: &str = "<script>
    fetch('https://alice.example/balance', { credentials: 'include' })
        .then((response) => response.text())
        .then((text) => console.log(text), (error) => console.log(error.name));
</script>";

#[test]
fn the_response_reaches_the_browser_and_stops_there() {
    let scene = Scene::new();
    alice(&scene, "https://partner.example");
    scene.page("charlie", THIEF);
    scene.visit("https://alice.example/login");
    scene.visit("https://charlie.example/");

    let exchange = scene.exchange("/balance");
    assert_eq!(
        sent(&exchange, "origin").as_deref(),
        Some("https://charlie.example")
    );
    assert_eq!(sent(&exchange, "cookie").as_deref(), Some("session=bob"));
    assert_eq!(exchange.answer.unwrap().body, "balance: 4711");

    let record = scene.fetch("https://alice.example/balance");
    assert_eq!(record.initiator, "fetch()");
    assert_eq!(record.mode, "cors");
    let (code, step) = failure(&record);
    assert_eq!(code, "cors-check/allow-origin-mismatch");
    assert_eq!(step, "CORS check, step 4");
    assert!(!record.trace.is_empty());

    assert_eq!(scene.console(), ["https://charlie.example: TypeError"]);
    assert_eq!(scene.who_got("4711"), [""; 0]);
    assert_eq!(scene.script_errors(), [""; 0]);
}

#[test]
fn an_allowed_page_reads() {
    let scene = Scene::new();
    alice(&scene, "https://charlie.example");
    scene.page("charlie", THIEF);
    scene.visit("https://alice.example/login");
    scene.visit("https://charlie.example/");
    assert_eq!(scene.console(), ["https://charlie.example: balance: 4711"]);
    assert_eq!(scene.who_got("4711"), ["charlie.example"]);
}

#[test]
fn without_the_login_there_is_nothing_to_read() {
    let scene = Scene::new();
    alice(&scene, "https://charlie.example");
    scene.page("charlie", THIEF);
    scene.visit("https://charlie.example/");
    assert_eq!(scene.who_got("4711"), [""; 0]);
    assert_eq!(sent(&scene.exchange("/balance"), "cookie"), None);
}

#[test]
fn a_preflight_goes_first_and_the_request_stays_at_home_without_permission() {
    let scene = Scene::new();
    scene.page("alice", "");
    scene.page(
        "charlie",
        "<script>
            fetch('https://alice.example/account', { method: 'DELETE' })
                .catch(() => console.log('failed'));
        </script>",
    );
    scene.visit("https://charlie.example/");
    let methods: Vec<_> = scene
        .exchanges()
        .iter()
        .filter(|exchange| exchange.url.contains("/account"))
        .map(|exchange| String::from_utf8_lossy(&exchange.method).into_owned())
        .collect();
    assert_eq!(methods, ["OPTIONS"]);
    let (code, _) = failure(&scene.fetch("https://alice.example/account"));
    assert_eq!(code, "preflight/allow-origin-missing");
    assert_eq!(scene.console(), ["https://charlie.example: failed"]);
}

#[test]
fn a_cross_origin_frame_is_shown_and_not_read() {
    let scene = Scene::new();
    scene.page("alice", "<p>secret 4711");
    scene.page(
        "charlie",
        "<iframe src='https://alice.example/'></iframe><script>
            onload = () => {
                try { console.log(frames[0].document.body.textContent); }
                catch (error) { console.log(error.name); }
                console.log(document.querySelector('iframe').contentDocument === null);
            };
        </script>",
    );
    scene.visit("https://charlie.example/");
    assert_eq!(
        scene.console(),
        [
            "https://charlie.example: SecurityError",
            "https://charlie.example: true"
        ]
    );
    assert_eq!(scene.who_got("4711"), ["alice.example", "bob"]);
}

#[test]
fn a_same_origin_frame_is_read() {
    let scene = Scene::new();
    scene.serve("charlie", |asked| match asked.path.as_str() {
        "/inner" => html("<p>inner text"),
        _ => html(
            "<iframe src='/inner'></iframe><script>
                onload = () => console.log(frames[0].document.body.textContent);
            </script>",
        ),
    });
    scene.visit("https://charlie.example/");
    assert_eq!(scene.console(), ["https://charlie.example: inner text"]);
}

#[test]
fn a_sandboxed_frame_asks_as_nobody() {
    let scene = Scene::new();
    scene.serve("alice", |asked| {
        let origin = asked.header("origin").unwrap_or_default().to_owned();
        text("open to nobody").header("access-control-allow-origin", &origin)
    });
    scene.page(
        "charlie",
        r#"<iframe sandbox="allow-scripts" srcdoc="<script>
            fetch('https://alice.example/x').then((it) => it.text()).then((text) => console.log(origin, text));
        </script>"></iframe>"#,
    );
    scene.visit("https://charlie.example/");
    assert_eq!(
        sent(&scene.exchange("/x"), "origin").as_deref(),
        Some("null")
    );
    assert_eq!(scene.console(), ["null: null open to nobody"]);
    assert_eq!(scene.who_got("open to nobody"), ["charlie.example"]);
}

#[test]
fn scripts_do_not_run_in_a_sandbox_without_allow_scripts() {
    let scene = Scene::new();
    scene.page(
        "charlie",
        r#"<iframe sandbox srcdoc="<p>still shown<script>console.log('ran')</script>"></iframe>"#,
    );
    scene.visit("https://charlie.example/");
    assert_eq!(scene.console(), [""; 0]);
    assert!(scene.who_got("still shown").contains(&"bob".to_owned()));
}

#[test]
fn a_data_document_is_nobodys() {
    let scene = Scene::new();
    scene.page(
        "charlie",
        "<iframe src=\"data:text/html,<script>console.log(origin, location.protocol)</script>\"></iframe>",
    );
    scene.visit("https://charlie.example/");
    assert_eq!(scene.console(), ["null: null data:"]);
}

#[test]
fn a_blob_document_is_its_makers() {
    let scene = Scene::new();
    scene.page(
        "charlie",
        "<body><script>
            const blob = new Blob(['<script>console.log(origin)<\\/script>'], { type: 'text/html' });
            const frame = document.createElement('iframe');
            frame.src = URL.createObjectURL(blob);
            document.body.append(frame);
        </script>",
    );
    scene.visit("https://charlie.example/");
    assert_eq!(
        scene.console(),
        ["https://charlie.example: https://charlie.example"]
    );
}

#[test]
fn an_image_tells_its_size_and_no_more() {
    // A GIF of 3 by 2 pixels, as far as its head goes.
    const GIF: &[u8] = b"GIF89a\x03\x00\x02\x00\x00\x00\x00;";
    let scene = Scene::new();
    scene.serve("alice", |asked| match asked.path.as_str() {
        "/pixel" => support::answer("image/gif", GIF),
        _ => text("not an image"),
    });
    scene.page(
        "charlie",
        "<script>
            for (const path of ['pixel', 'text']) {
                const image = new Image();
                image.onload = () => console.log(path, image.naturalWidth, image.naturalHeight);
                image.onerror = () => console.log(path, 'error');
                image.src = `https://alice.example/${path}`;
            }
        </script>",
    );
    scene.visit("https://charlie.example/");
    let mut console = scene.console();
    console.sort();
    assert_eq!(
        console,
        [
            "https://charlie.example: pixel 3 2",
            "https://charlie.example: text error"
        ]
    );
    let record = scene.fetch("https://alice.example/pixel");
    assert_eq!(
        (record.initiator.as_str(), record.mode, record.destination),
        ("<img>", "no-cors", "image")
    );
}

#[test]
fn a_script_of_another_origin_runs_here_and_its_errors_are_muted() {
    let scene = Scene::new();
    scene.serve("alice", |_| {
        support::answer(
            "text/javascript",
            "globalThis.data = 'private'; throw new Error('4711')",
        )
    });
    scene.page(
        "charlie",
        "<script>onerror = (message) => console.log(message);</script>
         <script src='https://alice.example/data.js'></script>
         <script>console.log(data);</script>",
    );
    scene.visit("https://charlie.example/");
    assert_eq!(
        scene.console(),
        [
            "https://charlie.example: Script error.",
            "https://charlie.example: private"
        ]
    );
}

#[test]
fn mutual_document_domain_opens_two_documents_to_each_other() {
    let scene = Scene::new();
    scene.serve_at(
        "alice",
        &["www.alice.example", "api.alice.example"],
        |asked| match asked.header("host") {
            Some("api.alice.example") => {
                html("<p>inner<script>document.domain = 'alice.example'</script>")
            }
            _ => html(
                "<iframe src='https://api.alice.example/'></iframe><script>
                    onload = () => {
                        try { frames[0].document; } catch (error) { console.log(error.name); }
                        document.domain = 'alice.example';
                        console.log(frames[0].document.body.textContent.slice(0, 5));
                    };
                </script>",
            ),
        },
    );
    scene.visit("https://www.alice.example/");
    assert_eq!(
        scene.console(),
        [
            "https://www.alice.example: SecurityError",
            "https://www.alice.example: inner"
        ]
    );
}

#[test]
fn a_file_reader_reads_blobs() {
    let scene = Scene::new();
    scene.page(
        "alice",
        "<script>
            const blob = new Blob([new Uint8Array([0x68, 0xe9])], { type: 'text/plain;charset=latin1' });
            const read = (how, ...args) => new Promise((resolve) => {
                const reader = new FileReader(), events = [];
                for (const type of ['loadstart', 'progress', 'load', 'loadend']) reader.addEventListener(type, () => events.push(type));
                reader.onloadend = () => resolve([how, reader.result, events.join(), reader.readyState]);
                reader[how](blob, ...args);
                try { reader[how](blob); } catch ({ name }) { events.push(name); }
            });
            (async () => {
                console.log(...await read('readAsText'));
                console.log(...await read('readAsText', 'utf-8'));
                console.log(...await read('readAsDataURL'));
                const [, buffer] = await read('readAsArrayBuffer');
                console.log(buffer.byteLength, (await read('readAsBinaryString'))[1].length);
                const reader = new FileReader();
                reader.onabort = reader.onload = ({ type }) => console.log(type, reader.result, reader.error.name);
                reader.readAsText(blob);
                reader.abort();
                console.log((await new Response('', { headers: { 'Content-Type': 'Text/HTML;charset=UTF-8' } }).blob()).type);
            })();
        </script>",
    );
    scene.visit("https://alice.example/");
    let events = "InvalidStateError,loadstart,progress,load,loadend 2";
    assert_eq!(
        scene.console(),
        [
            format!("https://alice.example: readAsText h\u{e9} {events}"),
            format!("https://alice.example: readAsText h\u{fffd} {events}"),
            format!(
                "https://alice.example: readAsDataURL data:text/plain;charset=latin1;base64,aOk= {events}"
            ),
            "https://alice.example: 2 2".to_owned(),
            "https://alice.example: abort null AbortError".to_owned(),
            "https://alice.example: text/html;charset=utf-8".to_owned(),
        ]
    );
}
