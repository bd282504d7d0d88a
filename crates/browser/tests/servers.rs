//! Server programs in JavaScript on machines of the world.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;
use std::time::Duration;

use crossexam_browser::{Browser, BrowserOptions, JsServer, ServerOptions};
use crossexam_js::{Limits, ScriptError};
use crossexam_sim::journal::{Event, Holder, StateChange};
use crossexam_sim::{
    Client, ClientError, ClientRequest, ClientResponse, Machine, World, WorldConfig,
};
use indexmap::IndexMap;
use url::Url;

fn options(machine: &str, source: &str) -> ServerOptions {
    ServerOptions {
        machine: machine.to_owned(),
        url: Url::parse(&format!("https://{machine}.example/")).unwrap(),
        source: source.to_owned(),
        filename: format!("{machine}.js"),
        modules: BTreeMap::new(),
        store: IndexMap::new(),
        variables: "{}".to_owned(),
        limits: Limits::default(),
    }
}

fn add(world: &World, options: ServerOptions) -> JsServer {
    let name = options.machine.clone();
    let server = JsServer::new(world, options).unwrap();
    let machine = Machine::new(&name).host_name(&format!("{name}.example"));
    world
        .network()
        .add_machine(machine.serve(server.clone()))
        .unwrap();
    server
}

fn serve(world: &World, machine: &str, source: &str) -> JsServer {
    add(world, options(machine, source))
}

fn send(world: &World, request: ClientRequest) -> Result<ClientResponse, ClientError> {
    let client = Client::new(world.network(), "curl", "charlie");
    world.block_on(client.send(request)).unwrap()
}

fn get(world: &World, url: &str) -> String {
    let response = send(world, ClientRequest::get(Url::parse(url).unwrap())).unwrap();
    String::from_utf8_lossy(&response.body).into_owned()
}

fn events<T>(world: &World, pick: impl Fn(Event) -> Option<T>) -> Vec<T> {
    world
        .journal()
        .entries()
        .into_iter()
        .filter_map(|entry| pick(entry.event))
        .collect()
}

fn errors(world: &World) -> Vec<String> {
    events(world, |event| match event {
        Event::ScriptError {
            holder: Holder::Server { machine },
            message,
            ..
        } => Some(format!("{machine}: {message}")),
        _ => None,
    })
}

fn changes(world: &World) -> Vec<StateChange> {
    events(world, |event| match event {
        Event::StateChange(change) => Some(change),
        _ => None,
    })
}

#[test]
fn a_program_sees_the_request_and_answers() {
    let world = World::new(WorldConfig::default());
    serve(
        &world,
        "alice",
        "export default { async fetch(request) {
            const lines = [request.method, request.url, request.headers.get('origin'), await request.text()];
            return new Response(lines.join('\\n'), { status: 201, headers: { 'X-Served-By': 'alice' } });
        } }",
    );
    let request = ClientRequest::new("POST", Url::parse("https://alice.example/a?b").unwrap())
        .header("Origin", "https://anything.example")
        .body("hello");
    let response = send(&world, request).unwrap();
    assert_eq!(response.status, 201);
    assert_eq!(
        response.headers.get(b"x-served-by").as_deref(),
        Some(&b"alice"[..])
    );
    assert_eq!(
        response.body,
        "POST\nhttps://alice.example/a?b\nhttps://anything.example\nhello"
    );
}

#[test]
fn the_store_is_kept_and_each_change_is_recorded() {
    let world = World::new(WorldConfig::default());
    let server = serve(
        &world,
        "alice",
        "export default { async fetch(request, env) {
            const count = (env.store.get('count') ?? 0) + 1;
            env.store.set('count', count);
            await null;
            if (count === 2) env.store.delete('count');
            return new Response(String(count));
        } }",
    );
    assert_eq!(get(&world, "https://alice.example/"), "1");
    assert_eq!(server.store()["count"], "1");
    assert_eq!(get(&world, "https://alice.example/"), "2");
    server.set_store("owner", "\"alice\"".to_owned());
    let changes = changes(&world);
    let values: Vec<_> = changes
        .iter()
        .map(|change| {
            (
                change.key.as_str(),
                change.before.as_deref(),
                change.after.as_deref(),
            )
        })
        .collect();
    assert_eq!(
        values,
        [
            ("count", None, Some("1")),
            ("count", Some("1"), Some("2")),
            ("count", Some("2"), None),
            ("owner", None, Some("\"alice\"")),
        ]
    );
    let exchanges: Vec<_> = changes
        .iter()
        .map(|change| change.exchange.map(|id| id.0))
        .collect();
    assert_eq!(exchanges, [Some(1), Some(2), Some(2), None]);
}

#[test]
fn a_program_gets_its_configuration_and_its_store_from_outside() {
    let world = World::new(WorldConfig::default());
    let mut options = options(
        "alice",
        "import { greeting } from './words.js';
         export default { fetch: (request, env) => new Response(greeting(env.store.get('name'), env.config.mark)) }",
    );
    options.modules.insert(
        "words.js".to_owned(),
        "export const greeting = (name, mark) => `hello ${name}${mark}`;".to_owned(),
    );
    options
        .store
        .insert("name".to_owned(), "\"bob\"".to_owned());
    options.variables = r#"{"config":{"mark":"!"}}"#.to_owned();
    add(&world, options);
    assert_eq!(get(&world, "https://alice.example/"), "hello bob!");
}

#[test]
fn a_handler_that_throws_has_the_answer_500() {
    let world = World::new(WorldConfig::default());
    serve(
        &world,
        "alice",
        "export default { async fetch(request) {
            console.warn('about to fail');
            throw new RangeError('too much');
        } }",
    );
    let response = send(
        &world,
        ClientRequest::get(Url::parse("https://alice.example/").unwrap()),
    )
    .unwrap();
    assert_eq!(response.status, 500);
    assert_eq!(errors(&world), ["alice: RangeError: too much"]);
    let console = events(&world, |event| match event {
        Event::Console { level, text, .. } => Some(format!("{level} {text}")),
        _ => None,
    });
    assert_eq!(console, ["warn about to fail"]);
    let not_a_response = "export default { fetch: () => 'text' }";
    serve(&world, "bob", not_a_response);
    let response = send(
        &world,
        ClientRequest::get(Url::parse("https://bob.example/").unwrap()),
    )
    .unwrap();
    assert_eq!(response.status, 500);
}

#[test]
fn a_handler_that_never_ends_is_stopped_and_the_next_request_is_answered() {
    let world = World::new(WorldConfig::default());
    serve(
        &world,
        "alice",
        "export default { fetch(request) {
            if (request.url.endsWith('/loop')) for (;;);
            return new Response('fine');
        } }",
    );
    let looped = send(
        &world,
        ClientRequest::get(Url::parse("https://alice.example/loop").unwrap()),
    )
    .unwrap();
    assert_eq!(looped.status, 500);
    assert!(errors(&world)[0].contains("budget"), "{:?}", errors(&world));
    assert_eq!(get(&world, "https://alice.example/"), "fine");
}

#[test]
fn a_handler_that_never_answers_leaves_its_client_waiting() {
    let world = World::new(WorldConfig::default());
    world.network().set_time_out(Duration::from_secs(30));
    serve(
        &world,
        "alice",
        "export default { fetch: (request) => request.url.endsWith('/never') ? new Promise(() => {}) : new Response('yes') }",
    );
    let failure = send(
        &world,
        ClientRequest::get(Url::parse("https://alice.example/never").unwrap()),
    );
    assert_eq!(failure.unwrap_err().to_string(), "no answer came in time");
    assert_eq!(get(&world, "https://alice.example/"), "yes");
}

#[test]
fn a_handler_may_take_its_time_and_ask_others() {
    let world = World::new(WorldConfig::default());
    serve(
        &world,
        "inner",
        "export default { fetch: (request) => new Response('inner ' + request.headers.get('authorization')) }",
    );
    serve(
        &world,
        "alice",
        "export default { async fetch() {
            await new Promise((resolve) => setTimeout(resolve, 500));
            const response = await fetch('https://inner.example/', { headers: { Authorization: 'Bearer x', Origin: 'https://any.example' } });
            try { await fetch('https://nowhere.example/'); } catch (error) { return new Response(await response.text() + ' ' + error.name); }
        } }",
    );
    let before = world.now();
    assert_eq!(
        get(&world, "https://alice.example/"),
        "inner Bearer x TypeError"
    );
    assert!(world.now().since(before) >= Duration::from_millis(500));
}

#[test]
fn two_requests_at_once_do_not_mix() {
    let world = World::new(WorldConfig::default());
    serve(
        &world,
        "alice",
        "export default { async fetch(request) {
            const path = new URL(request.url).pathname;
            await new Promise((resolve) => setTimeout(resolve, path === '/slow' ? 1000 : 10));
            return new Response(path);
        } }",
    );
    let client = Client::new(world.network(), "curl", "charlie");
    let slow = client.send(ClientRequest::get(
        Url::parse("https://alice.example/slow").unwrap(),
    ));
    let quick = client.send(ClientRequest::get(
        Url::parse("https://alice.example/quick").unwrap(),
    ));
    let both = async {
        let mut slow = std::pin::pin!(slow);
        let mut quick = std::pin::pin!(quick);
        let mut answers = (None, None);
        std::future::poll_fn(|context| {
            if answers.0.is_none()
                && let std::task::Poll::Ready(answer) = slow.as_mut().poll(context)
            {
                answers.0 = Some(answer);
            }
            if answers.1.is_none()
                && let std::task::Poll::Ready(answer) = quick.as_mut().poll(context)
            {
                answers.1 = Some(answer);
            }
            if answers.0.is_some() && answers.1.is_some() {
                std::task::Poll::Ready(())
            } else {
                std::task::Poll::Pending
            }
        })
        .await;
        answers
    };
    let (slow, quick) = world.block_on(both).unwrap();
    assert_eq!(slow.unwrap().unwrap().body, "/slow");
    assert_eq!(quick.unwrap().unwrap().body, "/quick");
}

#[test]
fn mistakes_in_a_program_are_said_when_it_starts() {
    let world = World::new(WorldConfig::default());
    let start = |source: &str| JsServer::new(&world, options("alice", source)).map(drop);
    for (source, part) in [
        ("export default {", "SyntaxError"),
        (
            "import './missing.js'; export default { fetch() {} }",
            "missing.js",
        ),
        ("throw new Error('at once')", "at once"),
    ] {
        let error = start(source).unwrap_err();
        let ScriptError::Exception { message, .. } = &error else {
            panic!("{error:?}")
        };
        assert!(message.contains(part), "{source}: {message}");
    }
    assert!(start("export const nothing = 1;").is_err());
}

#[test]
fn a_browser_and_a_program_play_a_login() {
    let world = World::new(WorldConfig::default());
    let server = serve(
        &world,
        "alice",
        "export default { async fetch(request, env) {
            const session = /session=(\\w+)/.exec(request.headers.get('cookie') ?? '')?.[1];
            if (request.method === 'POST') {
                const form = await request.formData();
                env.store.set('session', form.get('user'));
                return new Response(null, { status: 303, headers: {
                    Location: '/home', 'Set-Cookie': 'session=' + form.get('user') + '; HttpOnly; Secure',
                } });
            }
            const headers = { 'Content-Type': 'text/html' };
            if (session) return new Response(`<p>hello ${session}`, { headers });
            return new Response('<form method=post><input name=user></form>', { headers });
        } }",
    );
    let bob = Browser::new(&world, "bob's browser", "bob", BrowserOptions::default());
    let url = Url::parse("https://alice.example/").unwrap();
    world.block_on(bob.visit(None, &url)).unwrap().unwrap();
    world
        .block_on(bob.submit(None, "form", &[("user", "bob")]))
        .unwrap()
        .unwrap();
    assert_eq!(bob.tabs()[0].url, "https://alice.example/home");
    assert_eq!(server.store()["session"], "\"bob\"");
    let seen = events(&world, |event| match event {
        Event::Exposure(exposure) if matches!(exposure.holder, Holder::Person { .. }) => {
            Some(String::from_utf8_lossy(&exposure.bytes).into_owned())
        }
        _ => None,
    });
    assert!(
        seen.iter().any(|text| text.contains("hello bob")),
        "{seen:?}"
    );
    let exchange = changes(&world)[0].exchange;
    assert!(exchange.is_some());
}

/// What Alice's page writes to its console when Bob visits it.
fn log_of_a_visit(server: &'static str) -> (World, Vec<String>) {
    let world = World::new(WorldConfig::default());
    serve(&world, "alice", server);
    let browser = Browser::new(&world, "bob's browser", "bob", BrowserOptions::default());
    let url = Url::parse("https://alice.example/").unwrap();
    world.block_on(browser.visit(None, &url)).unwrap().unwrap();
    world.settle(Duration::from_secs(60)).unwrap();
    let log = events(&world, |event| match event {
        Event::Console {
            holder: Holder::Page { .. },
            text,
            ..
        } => Some(text),
        _ => None,
    });
    (world, log)
}

/// A server that sends five bytes now and the rest a second later, and breaks off at `/broken`.
const TRICKLE: &str = "
    const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
    const later = async function* (broken) {
        yield 'first'; await wait(1000);
        if (broken) throw new Error('broken');
        yield ' secret part';
    };
    const page = `<script>
        const log = (text) => console.log(Math.round((Date.now() - start) / 1000) + ' ' + text);
        const start = Date.now();
        (async () => {
            for (const path of ['/data', '/broken']) {
                const response = await fetch(path);
                const [own, copy] = [response, response.clone()];
                log('headers of ' + path + ' ' + response.headers.get('content-length'));
                try { for await (const text of own.textStream()) log(text); } catch (error) { log(error.name); }
                await copy.text().then(log, (error) => log('copy ' + error.name));
            }
            const controller = new AbortController();
            const reading = (await fetch('/data', { signal: controller.signal })).text();
            controller.abort(); await reading.catch((error) => log(error.name));
            const xhr = new XMLHttpRequest(); xhr.onreadystatechange = () => log(xhr.readyState + ' ' + xhr.responseText);
            xhr.open('GET', '/data'); xhr.send();
        })();
    <\\/script>`;
    export default (request) => {
        const { pathname } = new URL(request.url);
        if (pathname === '/') return new Response(page.replace('<\\\\/', '</'), { headers: { 'Content-Type': 'text/html' } });
        return new Response(ReadableStream.from(later(pathname === '/broken')).pipeThrough(new TextEncoderStream()));
    };";

#[test]
fn answers_arrive_in_pieces_as_time_goes_by() {
    let (world, log) = log_of_a_visit(TRICKLE);
    assert_eq!(
        log,
        [
            "0 headers of /data null",
            "0 first",
            "1  secret part",
            "1 first secret part",
            "1 headers of /broken null",
            "1 first",
            "2 TypeError",
            "2 copy TypeError",
            "2 AbortError",
            "2 1 ",
            "2 2 ",
            "2 3 first",
            "3 3 first secret part",
            "3 4 first secret part",
        ]
    );
    // A plain client waits for all of it.
    assert_eq!(
        get(&world, "https://alice.example/data"),
        "first secret part"
    );
    let broken = ClientRequest::get(Url::parse("https://alice.example/broken").unwrap());
    assert!(send(&world, broken).is_err());
}

/// A server that sends a piece at once and ends a second later, or breaks off at `/broken`.
const ENDING: &str = "
    const pieces = async function* (broken) {
        yield 'piece';
        await new Promise((resolve) => setTimeout(resolve, 1000));
        if (broken) throw new Error('broken');
    };
    const page = `<script>
        (async () => {
            for (const path of ['/whole', '/broken']) {
                const reader = (await fetch(path)).body.getReader();
                console.log((await reader.read()).value.length);
                await reader.closed.then(() => console.log('closed'), (error) => console.log(error.name));
            }
        })();
    <\\/script>`;
    export default (request) => {
        const { pathname } = new URL(request.url);
        if (pathname === '/') return new Response(page.replace('<\\\\/', '</'), { headers: { 'Content-Type': 'text/html' } });
        return new Response(ReadableStream.from(pieces(pathname === '/broken')).pipeThrough(new TextEncoderStream()));
    };";

#[test]
fn a_stream_learns_of_its_end_without_being_read() {
    let (_, log) = log_of_a_visit(ENDING);
    assert_eq!(log, ["5", "closed", "5", "TypeError"]);
}
