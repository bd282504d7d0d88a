//! Server programs and their library.

#![allow(clippy::unwrap_used, reason = "a test's helpers may fail the test")]

mod support;

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use crossexam_fetch::response::Filter;
use crossexam_fetch::{Environment, Request};
use crossexam_js::{
    ConsoleLevel, FetchInitiator, Limits, OperationId, RealmHost, RealmId, ScriptError, ServerHost,
    ServerProgram, ServerRequest, ServerResponse,
};
use crossexam_web::{HeaderList, Timestamp};
use support::{environment, response};

#[derive(Default)]
struct Machine {
    store: RefCell<Vec<(String, String)>>,
    fetches: RefCell<Vec<(OperationId, Request)>>,
    timers: RefCell<Vec<OperationId>>,
    console: RefCell<Vec<String>>,
    errors: RefCell<Vec<ScriptError>>,
    random: std::cell::Cell<u64>,
}

impl RealmHost for Machine {
    fn now(&self) -> Timestamp {
        Timestamp::from_secs(1_000_000_000)
    }

    fn random(&self) -> u64 {
        self.random.set(self.random.get() + 1);
        self.random.get().wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }

    fn environment(&self, _: RealmId) -> Rc<Environment> {
        Rc::new(environment("http://alice.example/"))
    }

    fn start_fetch(
        &self,
        _: RealmId,
        operation: OperationId,
        initiator: FetchInitiator,
        request: Request,
    ) {
        assert_eq!(initiator, FetchInitiator::Fetch);
        self.fetches.borrow_mut().push((operation, request));
    }

    fn abort(&self, _: RealmId, _: OperationId) {}

    fn read_chunk(&self, _: RealmId, _: OperationId, _: crossexam_fetch::body::BodyStream) {}

    fn start_timer(&self, _: RealmId, operation: OperationId, _: Duration) {
        self.timers.borrow_mut().push(operation);
    }

    fn cancel_timer(&self, _: RealmId, _: OperationId) {}

    fn console(&self, _: RealmId, _: ConsoleLevel, text: &str) {
        self.console.borrow_mut().push(text.to_owned());
    }

    fn report_exception(&self, _: RealmId, error: ScriptError) {
        self.errors.borrow_mut().push(error);
    }

    fn exposed(&self, _: RealmId, _: &'static str, _: &[u8]) {}

    fn server(&self) -> Option<&dyn ServerHost> {
        Some(self)
    }
}

impl ServerHost for Machine {
    fn store_get(&self, key: &str) -> Option<String> {
        self.store
            .borrow()
            .iter()
            .find(|(name, _)| name == key)
            .map(|(_, value)| value.clone())
    }

    fn store_set(&self, key: &str, value: String) {
        let mut store = self.store.borrow_mut();
        match store.iter_mut().find(|(name, _)| name == key) {
            Some(entry) => entry.1 = value,
            None => store.push((key.to_owned(), value)),
        }
    }

    fn store_delete(&self, key: &str) -> bool {
        let mut store = self.store.borrow_mut();
        let before = store.len();
        store.retain(|(name, _)| name != key);
        store.len() != before
    }

    fn store_keys(&self) -> Vec<String> {
        self.store
            .borrow()
            .iter()
            .map(|(name, _)| name.clone())
            .collect()
    }

    fn variables(&self) -> String {
        r#"{"secret":"s3cret"}"#.to_owned()
    }
}

struct Server {
    machine: Rc<Machine>,
    program: ServerProgram,
}

fn start(source: &str) -> Result<Server, ScriptError> {
    start_with(source, Limits::default())
}

fn start_with(source: &str, limits: Limits) -> Result<Server, ScriptError> {
    let machine = Rc::new(Machine::default());
    let host = Rc::clone(&machine) as Rc<dyn RealmHost>;
    let modules = |name: &str| match name {
        "alice/users.js" => Some(
            "export const users = { bob: 'pw' }; export { deep } from '../shared/deep.js'"
                .to_owned(),
        ),
        "shared/deep.js" => Some("export const deep = import.meta ? 'deep' : ''".to_owned()),
        "alice/broken.js" => Some("export const = 1".to_owned()),
        _ => None,
    };
    let program = ServerProgram::new(source, "alice/server.js", modules, host, limits)?;
    Ok(Server { machine, program })
}

impl Server {
    fn begin(
        &self,
        method: &'static str,
        path: &str,
        headers: &[(&'static str, String)],
        body: &'static str,
    ) -> OperationId {
        let mut header_list = HeaderList::new();
        for (name, value) in headers {
            header_list.append(*name, value.clone());
        }
        let url = format!("https://alice.example{path}").parse().unwrap();
        self.program.start_request(ServerRequest {
            method: method.into(),
            url,
            header_list,
            body: body.into(),
        })
    }

    fn ask(
        &self,
        method: &'static str,
        path: &str,
        headers: &[(&'static str, &str)],
        body: &'static str,
    ) -> ServerResponse {
        let headers: Vec<_> = headers
            .iter()
            .map(|(name, value)| (*name, (*value).to_owned()))
            .collect();
        let operation = self.begin(method, path, &headers, body);
        self.program
            .take_answer(operation)
            .expect("an answer")
            .unwrap()
    }

    fn failure(&self, path: &str) -> String {
        let operation = self.begin("GET", path, &[], "");
        self.program
            .take_answer(operation)
            .expect("an answer")
            .unwrap_err()
            .to_string()
    }
}

fn text(response: &ServerResponse) -> String {
    String::from_utf8_lossy(&response.body).into_owned()
}

fn header(response: &ServerResponse, name: &str) -> Option<String> {
    response
        .header_list
        .get(name.as_bytes())
        .map(|value| String::from_utf8_lossy(&value).into_owned())
}

#[test]
fn a_handler_sees_every_header_and_may_send_any() {
    let server = start(
        "let count = 0;
         export default {
           async fetch(request, env, context) {
             const response = new Response(JSON.stringify([request.method, request.url, request.headers.get('cookie'), request.headers.get('Origin'), await request.text(), ++count, env.secret]));
             response.headers.append('Set-Cookie', 'a=1'); response.headers.append('Set-Cookie', 'b=2; Path=/');
             return response;
           },
         };",
    )
    .unwrap();
    let headers = [
        ("Host", "alice.example"),
        ("Cookie", "x=y"),
        ("Origin", "https://charlie.example"),
    ];
    let answer = server.ask("POST", "/p?q", &headers, "body");
    assert_eq!(
        text(&answer),
        r#"["POST","https://alice.example/p?q","x=y","https://charlie.example","body",1,"s3cret"]"#
    );
    let cookies: Vec<_> = answer.header_list.values(b"set-cookie").collect();
    assert_eq!(cookies, ["a=1", "b=2; Path=/"]);
    assert_eq!(
        (answer.status, header(&answer, "Content-Type").as_deref()),
        (200, Some("text/plain;charset=UTF-8"))
    );
    // The program is a process: its variables stay.
    assert!(text(&server.ask("GET", "/", &[], "")).contains(",2,"));
}

#[test]
fn the_store_keeps_json() {
    let server = start(
        "export default (request, env) => {
           env.store.set('a', { n: [1, null] }); env.store.set('b', 'text');
           const gone = env.store.delete('b'), again = env.store.delete('b');
           return Response.json([env.store.get('a').n, env.store.get('b') === undefined, env.store.has('a'), gone, again, env.store.keys()]);
         };",
    )
    .unwrap();
    assert_eq!(
        text(&server.ask("GET", "/", &[], "")),
        r#"[[1,null],true,true,true,false,["a"]]"#
    );
    assert_eq!(
        *server.machine.store.borrow(),
        [("a".to_owned(), r#"{"n":[1,null]}"#.to_owned())]
    );
}

#[test]
fn failures_are_diagnosed() {
    let server = start(
        "export default { fetch(request) {
           switch (new URL(request.url).pathname) {
             case '/throw': throw new RangeError('thrown');
             case '/reject': return Promise.reject(new TypeError('rejected'));
             case '/nothing': return;
             case '/object': return { status: 200 };
             case '/error': return Response.error();
             case '/used': { const used = new Response('x'); return used.text().then(() => used); }
             case '/loop': for (;;) {}
             case '/later': return Promise.resolve().then(() => { for (;;) {} });
             default: return new Promise(() => {});
           }
         } };",
    )
    .unwrap();
    for (path, expected) in [
        ("/throw", "RangeError: thrown"),
        ("/reject", "TypeError: rejected"),
        (
            "/nothing",
            "TypeError: the handler returned undefined instead of a Response",
        ),
        (
            "/object",
            "TypeError: the handler returned { status: 200 } instead of a Response",
        ),
        ("/error", "TypeError: the handler returned a network error"),
        (
            "/used",
            "TypeError: the handler returned a Response whose body is used already",
        ),
    ] {
        assert_eq!(server.failure(path), expected, "{path}");
    }
    for path in ["/loop", "/later"] {
        assert!(server.failure(path).contains("budget"), "{path}");
    }
    let operation = server.begin("GET", "/never", &[], "");
    assert_eq!(server.program.take_answer(operation), None);
    server.program.cancel_request(operation);
    assert_eq!(server.program.take_answer(operation), None);
    assert_eq!(*server.machine.errors.borrow(), []);
}

#[test]
fn programs_that_do_not_start_say_why() {
    for (source, expected) in [
        (
            "export default 1",
            "the module has no `export default { fetch(request, env) { … } }`",
        ),
        ("export const fetch = 1", "the module has no"),
        ("export default {", "SyntaxError"),
        ("throw new Error('at once')", "Error: at once"),
        (
            "await new Promise(() => {}); export default () => {}",
            "the module waits for something",
        ),
        (
            "await Promise.reject(new TypeError('later')); export default () => {}",
            "TypeError: later",
        ),
        ("import './missing.js'", "alice/missing.js"),
        ("import 'express'", "an import begins with ./ or ../"),
        ("import './broken.js'", "SyntaxError"),
        ("import { nothing } from 'crossexam:cors'", "nothing"),
        ("import 'crossexam:nothing'", "crossexam:nothing"),
        ("for (;;) {}", "budget"),
    ] {
        let error = start_with(
            source,
            Limits {
                interrupt_budget: 20,
                ..Limits::default()
            },
        )
        .err()
        .expect(source);
        assert!(error.to_string().contains(expected), "{source}: {error}");
    }
}

#[test]
fn modules_are_imported_relative_to_the_importer() {
    let server = start("import { users, deep } from './users.js'; export default () => new Response(users.bob + deep)").unwrap();
    assert_eq!(text(&server.ask("GET", "/", &[], "")), "pwdeep");
}

#[test]
fn a_server_fetches_as_a_plain_client_and_waits() {
    let server = start(
        "export default async (request) => {
           await new Promise((resolve) => setTimeout(resolve, 10));
           const answer = await fetch('https://bank.example/', { method: 'POST', headers: { Origin: 'https://any.example', Cookie: 'a=1', Host: 'b' }, body: 'x' });
           return new Response(await answer.text(), { status: answer.status, headers: { 'X-From': answer.headers.get('Set-Cookie') } });
         };",
    )
    .unwrap();
    let operation = server.begin("GET", "/", &[], "");
    let timer = server.machine.timers.borrow_mut().remove(0);
    server.program.deliver_timer(timer);
    assert_eq!(server.program.take_answer(operation), None);
    let (fetch, request) = server.machine.fetches.borrow_mut().remove(0);
    for (name, value) in [
        ("origin", "https://any.example"),
        ("cookie", "a=1"),
        ("host", "b"),
    ] {
        assert_eq!(request.header_list.get(name.as_bytes()), Some(value.into()));
    }
    server.program.deliver_response(
        fetch,
        &response(
            Filter::None,
            "https://bank.example/",
            &[("Set-Cookie", "s=1")],
            "money",
        ),
    );
    let answer = server.program.take_answer(operation).unwrap().unwrap();
    assert_eq!(
        (text(&answer).as_str(), header(&answer, "X-From").as_deref()),
        ("money", Some("s=1"))
    );
}

#[test]
fn a_server_sends_its_streams_in_pieces() {
    let server = start(
        "const parts = (...texts) => ReadableStream.from(texts).pipeThrough(new TextEncoderStream());
         export default async (request) => {
           if (request.url.endsWith('/broken')) return new Response(new ReadableStream({ pull() { throw new Error('broken') } }));
           if (request.url.endsWith('/whole')) return new Response(new Response('all of it').body);
           const answer = await fetch('https://bank.example/', { method: 'POST', body: parts('a', 'b'), duplex: 'half' });
           return new Response(parts('answer: ', await answer.text()));
         };",
    )
    .unwrap();
    let operation = server.begin("GET", "/", &[], "");
    // A request of its own goes out once it is all there.
    let (fetch, request) = server.machine.fetches.borrow_mut().remove(0);
    assert_eq!(request.body.unwrap().known_bytes().unwrap(), "ab");
    server.program.deliver_response(
        fetch,
        &response(Filter::None, "https://bank.example/", &[], "money"),
    );
    let read = |answer: ServerResponse, complete: bool| {
        assert_eq!(answer.body, "");
        let mut stream = answer.stream.unwrap();
        let mut all = String::new();
        loop {
            let chunk = crossexam_fetch::ready::poll_once(stream.read_chunk());
            match chunk {
                Some(Ok(Some(bytes))) => all.push_str(std::str::from_utf8(&bytes).unwrap()),
                Some(Ok(None)) => break assert!(complete),
                Some(Err(_)) => break assert!(!complete),
                None => {
                    let timer = server.machine.timers.borrow_mut().remove(0);
                    server.program.deliver_timer(timer);
                }
            }
        }
        all
    };
    let answer = server.program.take_answer(operation).unwrap().unwrap();
    assert_eq!(read(answer, true), "answer: money");
    assert_eq!(read(server.ask("GET", "/broken", &[], ""), false), "");
    let whole = server.ask("GET", "/whole", &[], "");
    assert_eq!((text(&whole).as_str(), whole.stream), ("all of it", None));
}

#[test]
fn cors_policies() {
    let server = start(
        "import * as library from 'crossexam:cors';
         const { cors } = library;
         export default (request, env) => {
           const policy = new URL(request.url).searchParams;
           const made = policy.get('args') === null ? library[policy.get('policy')]() : library[policy.get('policy')](JSON.parse(policy.get('args')));
           return cors(made, { credentials: true, exposeHeaders: ['X-A'], maxAge: 60 })(request, () => new Response('answer', { headers: { 'X-A': '1' } }));
         };",
    )
    .unwrap();
    let allowed = |policy: &str, args: &str, origin: &str| {
        let args = if args.is_empty() {
            String::new()
        } else {
            format!("&args={args}")
        };
        header(
            &server.ask(
                "GET",
                &format!("/?policy={policy}{args}"),
                &[("Origin", origin)],
                "",
            ),
            "Access-Control-Allow-Origin",
        )
    };
    let bob = "https://bob.example";
    let list = r#"["https://bob.example"]"#;
    for (policy, args, origin, expected) in [
        ("allowList", list, bob, Some(bob)),
        ("allowList", list, "https://bob.example.evil.example", None),
        ("allowList", list, "null", None),
        ("wildcard", "", bob, Some("*")),
        ("nobody", "", bob, None),
        (
            "reflectAny",
            "",
            "https://charlie.example",
            Some("https://charlie.example"),
        ),
        ("reflectAny", "", "null", Some("null")),
        ("trustNull", "", "null", Some("null")),
        ("trustNull", "", bob, None),
        (
            "suffixMatch",
            r#""bob.example""#,
            "https://evilbob.example",
            Some("https://evilbob.example"),
        ),
        (
            "prefixMatch",
            r#""https://bob.example""#,
            "https://bob.example.evil.example",
            Some("https://bob.example.evil.example"),
        ),
        (
            "substringMatch",
            r#""bob.example""#,
            "https://bob.example.evil.example",
            Some("https://bob.example.evil.example"),
        ),
        (
            "pattern",
            r#""^https://(.*\\.)?bob.example$""#,
            "https://bobXexample",
            Some("https://bobXexample"),
        ),
        (
            "subdomainsOf",
            r#""bob.example""#,
            "https://a.bob.example",
            Some("https://a.bob.example"),
        ),
        (
            "subdomainsOf",
            r#""bob.example""#,
            "https://evilbob.example",
            None,
        ),
        (
            "subdomainsOf",
            r#""bob.example""#,
            "http://a.bob.example",
            None,
        ),
        ("subdomainsOf", r#""bob.example""#, "null", None),
        (
            "always",
            r#""https://a.example, https://b.example""#,
            bob,
            Some("https://a.example, https://b.example"),
        ),
    ] {
        assert_eq!(
            allowed(policy, args, origin).as_deref(),
            expected,
            "{policy} {origin}"
        );
    }

    let path = format!("/?policy=allowList&args={list}");
    let preflight = [
        ("Origin", bob),
        ("Access-Control-Request-Method", "PUT"),
        ("Access-Control-Request-Headers", "x-a,x-b"),
    ];
    let answer = server.ask("OPTIONS", &path, &preflight, "");
    assert_eq!((answer.status, text(&answer).as_str()), (204, ""));
    for (name, expected) in [
        ("Access-Control-Allow-Origin", Some(bob)),
        ("Access-Control-Allow-Credentials", Some("true")),
        ("Access-Control-Allow-Methods", Some("PUT")),
        ("Access-Control-Allow-Headers", Some("x-a,x-b")),
        ("Access-Control-Max-Age", Some("60")),
        ("Vary", Some("Origin")),
        ("X-A", None),
    ] {
        assert_eq!(header(&answer, name).as_deref(), expected, "{name}");
    }
    let refused = server.ask(
        "OPTIONS",
        &path,
        &[("Origin", "https://charlie.example"), preflight[1]],
        "",
    );
    assert_eq!(header(&refused, "Access-Control-Allow-Origin"), None);
    assert_eq!(header(&refused, "Access-Control-Allow-Methods"), None);
    let plain = server.ask("GET", &path, &[], "");
    assert_eq!(
        (
            header(&plain, "Access-Control-Allow-Origin"),
            header(&plain, "Vary").as_deref()
        ),
        (None, Some("Origin"))
    );
    // OPTIONS alone is no preflight.
    assert_eq!(
        text(&server.ask("OPTIONS", &path, &[("Origin", bob)], "")),
        "answer"
    );
}

#[test]
fn cors_writes_on_responses_that_cannot_be_changed() {
    let server = start(
        "import { cors, reflectAny } from 'crossexam:cors';
         export default (request) => cors(reflectAny())(request, Response.redirect('https://alice.example/next', 302));",
    )
    .unwrap();
    let answer = server.ask("GET", "/", &[("Origin", "https://bob.example")], "");
    assert_eq!(
        (answer.status, header(&answer, "Location").as_deref()),
        (302, Some("https://alice.example/next"))
    );
    assert_eq!(
        header(&answer, "Access-Control-Allow-Origin").as_deref(),
        Some("https://bob.example")
    );
}

#[test]
fn sessions_and_csrf_tokens() {
    let server = start(
        "import { sessions, sameOrigin } from 'crossexam:session';
         import { readForm } from 'crossexam:request';
         import { page, html, redirect, forbidden, text } from 'crossexam:html';
         const session = sessions({ attributes: { SameSite: 'None', HttpOnly: false } });
         export default { async fetch(request, env) {
           const { pathname } = new URL(request.url);
           if (pathname === '/login') return session.login(env, (await readForm(request)).user, redirect('/'));
           if (pathname === '/logout') return session.logout(request, env, text('bye'));
           const user = session.user(request, env);
           if (request.method === 'POST') {
             const form = await readForm(request);
             return session.checkCsrf(request, env, form.token) && sameOrigin(request) ? text('done') : forbidden();
           }
           return page('Hello', html`<p>${user ?? '<nobody>'}</p>${user && html`<input name=token value=\"${session.csrfToken(request, env)}\">`}`);
         } };",
    )
    .unwrap();
    assert!(text(&server.ask("GET", "/", &[], "")).contains("<p>&lt;nobody&gt;</p></body>"));
    let form = ("Content-Type", "application/x-www-form-urlencoded");
    let login = server.ask("POST", "/login", &[form], "user=bob");
    assert_eq!(
        (login.status, header(&login, "Location").as_deref()),
        (303, Some("/"))
    );
    let cookie = header(&login, "Set-Cookie").unwrap();
    let (pair, attributes) = cookie.split_once("; ").unwrap();
    assert_eq!(attributes, "Path=/; Secure; SameSite=None");
    let home = text(&server.ask("GET", "/", &[("Cookie", pair)], ""));
    assert!(home.contains("<p>bob</p>"), "{home}");
    let token = home
        .split("value=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    let own = ("Origin", "https://alice.example".to_owned());
    let post = |token: &str, origin: &(&'static str, String)| {
        let boxed: &'static str = Box::leak(format!("token={token}").into_boxed_str());
        let headers = [
            ("Cookie", pair.to_owned()),
            (form.0, form.1.to_owned()),
            origin.clone(),
        ];
        let operation = server.begin("POST", "/", &headers, boxed);
        text(&server.program.take_answer(operation).unwrap().unwrap())
    };
    assert_eq!(post(token, &own), "done");
    assert_eq!(post("guess", &own), "Forbidden");
    assert_eq!(post("", &own), "Forbidden");
    assert_eq!(
        post(token, &("Origin", "https://charlie.example".to_owned())),
        "Forbidden"
    );
    let bye = server.ask("GET", "/logout", &[("Cookie", pair)], "");
    assert!(header(&bye, "Set-Cookie").unwrap().contains("Max-Age=0"));
    assert!(text(&server.ask("GET", "/", &[("Cookie", pair)], "")).contains("nobody"));
}

#[test]
fn requests_are_read() {
    let server = start(
        "import { parseCookies, readForm, readJson, basicAuth, bearerToken, formatCookie } from 'crossexam:request';
         export default { async fetch(request) {
           const path = new URL(request.url).pathname;
           if (path === '/form') return Response.json(await readForm(request));
           if (path === '/json') return Response.json(await readJson(request));
           if (path === '/any') return Response.json(await readJson(request, { anyType: true }));
           return Response.json([parseCookies(request), basicAuth(request), bearerToken(request), formatCookie('a', 'b', { Path: '/', Secure: true, HttpOnly: false, 'Max-Age': 0 })]);
         } };",
    )
    .unwrap();
    let ask = |path: &str, headers: &[(&'static str, &str)], body| {
        text(&server.ask("POST", path, headers, body))
    };
    assert_eq!(
        ask(
            "/",
            &[
                ("Cookie", "a=1; b = x=y ;a=2; c"),
                ("Authorization", "basic Ym9iOnA6dw==")
            ],
            ""
        ),
        r#"[{"a":"1","b":"x=y"},{"user":"bob","password":"p:w"},null,"a=b; Path=/; Secure; Max-Age=0"]"#
    );
    assert!(ask("/", &[("Authorization", "Bearer t0ken")], "").contains(r#"null,"t0ken""#));
    assert_eq!(
        ask(
            "/form",
            &[("Content-Type", "text/plain")],
            "a=1=2\r\nb=\r\n"
        ),
        r#"{"a":"1=2","b":""}"#
    );
    assert_eq!(
        ask(
            "/form",
            &[("Content-Type", "application/x-www-form-urlencoded")],
            "a=%3D"
        ),
        r#"{"a":"="}"#
    );
    assert_eq!(
        ask(
            "/json",
            &[("Content-Type", "application/json; charset=x")],
            "[1]"
        ),
        "[1]"
    );
    assert_eq!(ask("/any", &[("Content-Type", "text/plain")], "[1]"), "[1]");
    let operation = server.begin(
        "POST",
        "/json",
        &[("Content-Type", "text/plain".to_owned())],
        "[1]",
    );
    let error = server.program.take_answer(operation).unwrap().unwrap_err();
    assert!(error.to_string().contains("not application/json"));
}

#[test]
fn a_full_memory_fails_the_request_and_not_the_process() {
    let limits = Limits {
        memory_bytes: 8 << 20,
        ..Limits::default()
    };
    let server = start_with(
        "export default (request) => { if (request.url.endsWith('/fill')) { const all = []; for (;;) all.push('x'.repeat(100000) + all.length); } return new Response('fine'); };",
        limits,
    )
    .unwrap();
    let failure = server.failure("/fill");
    assert!(failure.contains("memory"), "{failure}");
    assert_eq!(text(&server.ask("GET", "/", &[], "")), "fine");
}

#[test]
fn the_guide_names_what_the_library_has() {
    let guide = include_str!("../../../docs/guide/servers.md");
    for (module, source) in crossexam_js::library() {
        let section = guide
            .split(&format!("### `{module}`"))
            .nth(1)
            .expect(module)
            .split("\n### ")
            .next()
            .unwrap();
        let exported: Vec<&str> = source
            .lines()
            .filter_map(|line| line.strip_prefix("export const "))
            .filter_map(|rest| rest.split(' ').next())
            .collect();
        assert!(exported.len() > 1, "{module}");
        for name in exported {
            let written = [format!("`{name}("), format!("`{name}`")];
            assert!(
                written.iter().any(|it| section.contains(it)),
                "{module}: {name}"
            );
        }
    }
}
