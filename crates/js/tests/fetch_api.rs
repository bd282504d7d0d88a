//! `Headers`, `Request`, `Response` and `fetch()` as scripts see them.

mod support;

use crossexam_fetch::BlockReason;
use crossexam_fetch::request::{CredentialsMode, InitiatorType, Mode, RedirectMode, Referrer};
use crossexam_fetch::response::{Filter, InternalResponse};
use crossexam_js::{FetchInitiator, RealmId, RealmKind};
use support::{Fake, network_error, response};

fn window() -> (Fake, RealmId) {
    let fake = Fake::new();
    let realm = fake.realm(RealmKind::Window);
    (fake, realm)
}

fn check(source: &str) {
    let (fake, realm) = window();
    fake.check(realm, source);
}

#[test]
fn interfaces_are_as_web_idl_has_them() {
    check(
        "for (const name of ['Headers', 'Request', 'Response', 'URL', 'URLSearchParams', 'Blob', 'File', 'FormData', 'EventTarget',
             'Event', 'AbortController', 'AbortSignal', 'XMLHttpRequest', 'TextEncoder', 'TextDecoder', 'DOMException']) {
           const descriptor = Object.getOwnPropertyDescriptor(globalThis, name);
           same([descriptor.writable, descriptor.enumerable, descriptor.configurable], [true, false, true], name);
           const C = globalThis[name];
           same(C.name, name);
           same(C.prototype[Symbol.toStringTag], name);
           same(C.prototype.constructor === C, true, name);
           throws(() => C());
           const prototype = Object.getOwnPropertyDescriptor(C, 'prototype');
           same([prototype.writable, prototype.enumerable, prototype.configurable], [false, false, false], name);
         }
         same([Headers.length, Request.length, Response.length, URL.length, File.length, XMLHttpRequest.length], [0, 1, 0, 1, 2, 0]);
         same([fetch.length, Headers.prototype.append.length, Headers.prototype.get.length, Response.redirect.length], [1, 2, 1, 1]);
         same(Object.keys(Headers.prototype).sort(), ['append', 'delete', 'entries', 'forEach', 'get', 'getSetCookie', 'has', 'keys', 'set', 'values']);
         same(Headers.prototype.entries === Headers.prototype[Symbol.iterator], true);
         same(Object.prototype.toString.call(new Headers().entries()), '[object Headers Iterator]');
         same(Object.getPrototypeOf(File) === Blob && Object.getPrototypeOf(AbortSignal) === EventTarget, true);
         throws(() => new AbortSignal()); throws(() => Headers.prototype.get.call({}, 'a')); throws(() => new Request());
         same(Object.getOwnPropertyDescriptor(globalThis, 'fetch').enumerable, true);
         throws(() => new fetch('x')); throws(() => new Headers.prototype.get('x'));",
    );
}

#[test]
fn headers_convert_and_iterate() {
    check(
        "const headers = new Headers([['b', '2'], ['A', ' 1\\t'], ['a', '3'], ['set-cookie', 'x=1'], ['Set-Cookie', 'y=2']]);
         same([...headers], [['a', '1, 3'], ['b', '2'], ['set-cookie', 'x=1'], ['set-cookie', 'y=2']]);
         same([...headers.keys()], ['a', 'b', 'set-cookie', 'set-cookie']);
         same(headers.getSetCookie(), ['x=1', 'y=2']);
         same([headers.get('A'), headers.get('none'), headers.has('B')], ['1, 3', null, true]);
         headers.set('a', ''); same(headers.get('a'), '');
         headers.delete('set-cookie'); same(headers.getSetCookie(), []);
         same([...new Headers({ x: 1, y: null })], [['x', '1'], ['y', 'null']]);
         same([...new Headers(new Headers({ q: 'r' }))], [['q', 'r']]);
         const seen = []; new Headers({ a: 1, b: 2 }).forEach(function (value, key, all) { seen.push([this.t, value, key, all instanceof Headers]); }, { t: 9 });
         same(seen, [[9, '1', 'a', true], [9, '2', 'b', true]]);
         for (const bad of [{ [Symbol()]: 1 }, null, 1, 'text', [['a']], [['a', 'b', 'c']], [1], [['a b', '1']], [['a', '1\\n2']], { 'é ': '1' }, { a: '\\u0100' }, { '\\u0100': 'a' }])
           throws(() => new Headers(bad));
         throws(() => headers.append('a')); throws(() => headers.get('\\u0100')); throws(() => headers.get(Symbol()));
         same(new Headers({ a: '\\u00e9' }).get('a'), '\\u00e9');
         const live = new Headers({ a: 1, c: 3 }); const names = [];
         for (const [name] of live) { names.push(name); if (name === 'a') live.append('b', 2); }
         same(names, ['a', 'b', 'c']);
         const order = []; new Headers(new Proxy({ b: 1, a: 2 }, {
           get(target, key) { order.push(String(key)); return target[key]; },
           ownKeys(target) { order.push('keys'); return Reflect.ownKeys(target); },
           getOwnPropertyDescriptor(target, key) { order.push('own ' + String(key)); return Reflect.getOwnPropertyDescriptor(target, key); } }));
         same(order, ['Symbol(Symbol.iterator)', 'keys', 'own b', 'b', 'own a', 'a']);",
    );
}

#[test]
fn a_request_keeps_the_browsers_headers_to_itself() {
    check(
        "const request = new Request('/x', { method: 'POST', headers: { Origin: 'https://alice.example', Cookie: 'a=1', Host: 'x', Referer: 'y',
             'Sec-Fetch-Site': 'same-origin', 'X-HTTP-Method-Override': 'TRACE', 'X-Custom': '1' } });
         same([...request.headers], [['x-custom', '1']]);
         request.headers.set('origin', 'https://alice.example'); request.headers.append('cookie', 'a=1');
         same([...request.headers.keys()], ['x-custom']);
         const simple = new Request('/x', { mode: 'no-cors', headers: { 'X-Custom': '1', Accept: 'text/html', 'Content-Type': 'application/json' } });
         same([...simple.headers], [['accept', 'text/html']]);
         throws(() => new Request('/x', { mode: 'no-cors', method: 'PUT' }));
         same(new Headers({ Origin: 'anything' }).get('origin'), 'anything');",
    );
}

#[test]
fn requests_show_what_they_are() {
    check(
        "const request = new Request('../up?q#f', { method: 'put', credentials: 'include', cache: 'no-store', redirect: 'manual', referrer: '', integrity: 'i', keepalive: true, mode: 'same-origin', referrerPolicy: 'origin', body: 'x' });
         same([request.method, request.url, request.mode, request.credentials, request.cache, request.redirect, request.referrer, request.referrerPolicy, request.integrity, request.keepalive, request.destination, request.duplex],
           ['PUT', 'https://charlie.example/up?q#f', 'same-origin', 'include', 'no-store', 'manual', '', 'origin', 'i', true, '', 'half']);
         const plain = new Request('https://alice.example/');
         same([plain.method, plain.mode, plain.credentials, plain.cache, plain.redirect, plain.referrer, plain.referrerPolicy, plain.bodyUsed, plain.isReloadNavigation],
           ['GET', 'cors', 'same-origin', 'default', 'follow', 'about:client', '', false, false]);
         same(plain.signal instanceof AbortSignal, true); same(plain.headers === plain.headers, true); same(plain.body, null);
         same(new Request(plain).url, plain.url); same(new Request({ toString: () => '/o' }).url, 'https://charlie.example/o');
         for (const init of [{ mode: 'navigate' }, { mode: 'websocket' }, { mode: 'x' }, { credentials: 'x' }, { cache: 'only-if-cached' }, { redirect: 'x' }, { window: 'x' },
             { method: 'TRACE' }, { method: 'a b' }, { method: '\\u0100' }, { body: 'x' }, { method: 'HEAD', body: '' }, { signal: {} }, { duplex: 'full' }, { referrer: 'http://:9' }, 1])
           throws(() => new Request('/', init));
         throws(() => new Request('https://bob:pw@alice.example/'));
         throws(() => new Request('http://'));
         same(new Request('/', { method: 'POST', body: null }).bodyUsed, false);
         const order = []; new Request('/', new Proxy({}, { get(target, key) { order.push(key); } }));
         same(order, ['body', 'cache', 'credentials', 'duplex', 'headers', 'integrity', 'keepalive', 'method', 'mode', 'priority', 'redirect', 'referrer', 'referrerPolicy', 'signal', 'window']);",
    );
}

#[test]
fn bodies_are_read_once() {
    check(
        "const request = new Request('/', { method: 'POST', body: 'h\\u00e9llo' });
         same(request.headers.get('content-type'), 'text/plain;charset=UTF-8');
         const copy = request.clone();
         same(await request.text(), 'h\\u00e9llo'); same([request.bodyUsed, copy.bodyUsed], [true, false]);
         await rejects(request.text()); throws(() => request.clone()); throws(() => new Request(request));
         const moved = new Request(copy, { headers: { a: '1' } });
         same([copy.bodyUsed, moved.bodyUsed], [true, false]);
         same([...await moved.bytes()], [104, 195, 169, 108, 108, 111]);
         same(await new Response().text(), ''); const empty = new Response(); await empty.text(); await empty.text(); same(empty.bodyUsed, false);
         same(await new Response('\\ufeff{\"a\":[1]}').json().then((it) => it.a), [1]);
         await rejects(new Response('{').json(), 'SyntaxError'); await rejects(new Response().json(), 'SyntaxError');
         const response = new Response(new Uint8Array([1, 2, 3]).subarray(1));
         const buffer = await response.arrayBuffer(); same([buffer instanceof ArrayBuffer, buffer.byteLength], [true, 2]);
         same(await new Response(new DataView(new Uint8Array([65, 66]).buffer)).text(), 'AB');
         const blob = await new Response('x', { headers: { 'Content-Type': 'Text/HTML; Charset=x' } }).blob(); same(blob.type, 'text/html;charset=x');
         const form = new FormData(); form.append('a', '1'); form.append('f', new File(['data'], 'n.txt', { type: 'text/x' })); form.append('b', new Blob(['z']), 'q');
         const encoded = new Response(form); same(encoded.headers.get('content-type').startsWith('multipart/form-data; boundary='), true);
         const decoded = await encoded.formData();
         same([decoded.get('a'), decoded.get('f').name, decoded.get('f').type, await decoded.get('f').text(), decoded.get('b').name], ['1', 'n.txt', 'text/x', 'data', 'q']);
         const query = new Response(new URLSearchParams({ a: 'b c', '\\u00e9': '&' })); same(query.headers.get('content-type'), 'application/x-www-form-urlencoded;charset=UTF-8');
         same([...await query.formData()], [['a', 'b c'], ['\\u00e9', '&']]);
         await rejects(new Response('x').formData()); await rejects(Response.prototype.text.call({}));
         same(new Request('/', { method: 'POST', body: 'x', headers: { 'content-type': 'a/b' } }).headers.get('content-type'), 'a/b');
         same(await new Response('\\ud800').text(), '\\ufffd');
         same(await new Response({}).text(), '[object Object]');",
    );
}

#[test]
fn responses_are_what_scripts_may_make() {
    check(
        "const response = new Response('x', { status: 201, statusText: 'Made', headers: { 'Set-Cookie': 'a=1', 'X-A': '1' } });
         same([response.status, response.ok, response.statusText, response.type, response.url, response.redirected], [201, true, 'Made', 'default', '', false]);
         same([...response.headers], [['content-type', 'text/plain;charset=UTF-8'], ['x-a', '1']]);
         for (const status of [0, 100, 199, 600, 1000]) throws(() => new Response('', { status }), 'RangeError');
         for (const status of [204, 205, 304]) { throws(() => new Response('', { status })); same(new Response(null, { status }).status, status); }
         throws(() => new Response('', { statusText: '\\n' })); throws(() => new Response('', { statusText: '\\u0100' }));
         same(new Response('', { status: 65736 }).status, 200);
         const error = Response.error(); same([error.type, error.status, error.ok], ['error', 0, false]); throws(() => error.headers.append('a', '1'));
         const redirect = Response.redirect('/z', 307); same([redirect.status, redirect.headers.get('location')], [307, 'https://charlie.example/z']);
         throws(() => redirect.headers.set('a', 'b')); throws(() => Response.redirect('/', 200), 'RangeError'); throws(() => Response.redirect('http://:1'));
         const json = Response.json({ a: [1] }, { status: 202 }); same([json.status, json.headers.get('content-type'), await json.text()], [202, 'application/json', '{\"a\":[1]}']);
         throws(() => Response.json(undefined)); throws(() => Response.json(Symbol()));
         const one = new Response('c'), two = one.clone(); same([await one.text(), await two.text()], ['c', 'c']); throws(() => one.clone());",
    );
}

#[test]
fn fetch_asks_the_host_and_shows_the_answer() {
    let (fake, realm) = window();
    fake.begin_check(
        realm,
        "const response = await fetch('https://alice.example/me', { credentials: 'include', headers: { 'X-A': '1' }, redirect: 'error' });
         same([response.type, response.url, response.status, response.ok, response.statusText], ['cors', 'https://alice.example/me', 200, true, 'OK']);
         same([...response.headers], [['content-type', 'text/plain'], ['x-exposed', 'e']]);
         throws(() => response.headers.set('a', 'b')); throws(() => response.headers.append('set-cookie', 'b'));
         same(await response.text(), 'secret'); await rejects(response.text());",
    );
    let started = fake.fetch();
    assert_eq!(started.initiator, FetchInitiator::Fetch);
    let request = &started.request;
    assert_eq!(
        (request.mode, request.credentials_mode),
        (Mode::Cors, CredentialsMode::Include)
    );
    assert_eq!(
        (request.redirect_mode, request.initiator_type),
        (RedirectMode::Error, Some(InitiatorType::Fetch))
    );
    assert_eq!(request.client.as_ref().map(|client| client.id), Some(1));
    assert!(
        request.unsafe_request && request.referrer == Referrer::Client && request.origin.is_none()
    );
    assert_eq!(request.header_list.get(b"x-a"), Some("1".into()));
    let headers = [
        ("X-Exposed", "e"),
        ("Content-Type", "text/plain"),
        ("X-Hidden", "h"),
        ("Set-Cookie", "a=1"),
    ];
    fake.answer(
        &started,
        response(
            Filter::Cors,
            "https://alice.example/me#x",
            &headers,
            "secret",
        ),
    );
    fake.end_check();
    let exposed = fake.exposed();
    assert!(
        exposed.contains(&("Response.text()".into(), "secret".into())),
        "{exposed:?}"
    );
    assert!(
        exposed.contains(&("Response.headers".into(), "e".into())),
        "{exposed:?}"
    );
    assert!(
        !exposed
            .iter()
            .any(|(_, value)| value == "h" || value == "a=1"),
        "{exposed:?}"
    );
}

#[test]
fn every_network_error_looks_the_same() {
    let (fake, realm) = window();
    let reasons = [
        BlockReason::TooManyRedirects,
        BlockReason::RedirectNotAllowed,
        BlockReason::CorsCheck(crossexam_fetch::CorsCheckFailure::AllowOriginMissing),
        BlockReason::BadPort { port: 25 },
    ];
    let mut seen = Vec::new();
    for reason in reasons {
        fake.run(realm, "fetch('https://alice.example/').catch((error) => console.log(String(error), error.constructor === TypeError, Object.getOwnPropertyNames(error), error.cause))");
        fake.answer(&fake.fetch(), network_error(reason));
        seen.extend(fake.console());
    }
    seen.dedup();
    assert_eq!(
        seen,
        ["TypeError: Failed to fetch true ['message'] undefined"]
    );
    assert_eq!(fake.exposed(), []);
}

#[test]
fn nothing_is_exposed_before_it_is_read() {
    let (fake, realm) = window();
    fake.run(realm, "var kept; fetch('https://alice.example/', { mode: 'no-cors' }).then((response) => { kept = response; console.log(response.type, response.status, [...response.headers].length, response.url) })");
    let started = fake.fetch();
    assert_eq!(started.request.mode, Mode::NoCors);
    fake.answer(
        &started,
        response(
            Filter::Opaque,
            "https://alice.example/",
            &[("X-Exposed", "e")],
            "secret",
        ),
    );
    fake.run(
        realm,
        "kept.text().then((text) => console.log('[' + text + ']'))",
    );
    assert_eq!(fake.console(), ["opaque 0 0 ", "[]"]);
    assert!(
        !fake
            .exposed()
            .iter()
            .any(|(_, bytes)| bytes.contains("secret") || bytes == "e")
    );
    // A blob takes the bytes along, and whoever reads it is told of.
    fake.run(realm, "fetch('/b').then((response) => response.blob()).then((blob) => { globalThis.blob = blob.slice(1); console.log(blob.size) })");
    fake.answer(
        &fake.fetch(),
        response(Filter::Basic, "https://charlie.example/b", &[], "secret"),
    );
    assert_eq!(fake.exposed(), []);
    fake.run(realm, "blob.text().then(console.log)");
    assert_eq!(fake.exposed(), [("Blob.text()".into(), "ecret".into())]);
    assert_eq!(fake.console(), ["6", "ecret"]);
}

#[test]
fn bytes_from_outside_are_told_of_whatever_way_they_go() {
    for way in [
        "new Response(blob).text()",
        "new Request('/', { method: 'POST', body: blob }).clone().json().catch(() => {})",
        "new Request(new Request('/', { method: 'POST', body: blob })).arrayBuffer()",
        "structuredClone({ deep: [blob] }).deep[0].bytes()",
        "(() => { const form = new FormData(); form.set('f', blob); return new Response(form).formData() })().then((form) => form.get('f').text())",
        "new Blob(['<', blob, '>']).text()",
        "new File([blob], 'name').slice(0, 4).arrayBuffer().then(() => blob.text())",
    ] {
        let (fake, realm) = window();
        fake.run(realm, "fetch('/b').then((response) => response.blob()).then((blob) => { globalThis.blob = blob })");
        fake.answer(
            &fake.fetch(),
            response(Filter::Basic, "https://charlie.example/b", &[], "secret"),
        );
        assert_eq!(fake.exposed(), [], "{way}");
        fake.run(realm, way);
        assert!(
            fake.exposed()
                .iter()
                .any(|(_, bytes)| bytes.contains("secret")),
            "{way}"
        );
        assert_eq!(fake.errors(), Vec::<String>::new(), "{way}");
    }
}

#[test]
fn headers_are_told_of_one_by_one() {
    let (fake, realm) = window();
    fake.run(
        realm,
        "fetch('/').then((response) => { globalThis.kept = response })",
    );
    let headers = [("X-A", "first"), ("X-B", "second")];
    fake.answer(
        &fake.fetch(),
        response(Filter::Basic, "https://charlie.example/", &headers, ""),
    );
    fake.run(realm, "kept.headers.has('x-b'); kept.headers.get('x-a')");
    assert_eq!(
        fake.exposed(),
        [("Response.headers".into(), "first".into())]
    );
    fake.run(realm, "[...kept.headers.keys()]");
    assert!(
        fake.exposed()
            .contains(&("Response.headers".into(), "second".into()))
    );
}

#[test]
fn redirected_answers_say_so() {
    let (fake, realm) = window();
    fake.run(
        realm,
        "fetch('/a').then((response) => console.log(response.redirected, response.url))",
    );
    let mut internal = InternalResponse::new();
    internal.url_list = ["https://charlie.example/a", "https://alice.example/b#c"]
        .iter()
        .map(|url| url.parse().unwrap())
        .collect();
    fake.answer(&fake.fetch(), internal);
    assert_eq!(fake.console(), ["true https://alice.example/b"]);
}

#[test]
fn aborting() {
    let (fake, realm) = window();
    fake.begin_check(
        realm,
        "const controller = new AbortController();
         const pending = fetch('/slow', { signal: controller.signal });
         const request = new Request('/', { signal: controller.signal }); same(request.signal === controller.signal, false);
         controller.abort(); same([request.signal.aborted, request.signal.reason === controller.signal.reason], [true, true]);
         await rejects(pending, 'AbortError');
         await rejects(fetch('/never', { signal: controller.signal }), 'AbortError');
         await rejects(fetch('/never', { signal: AbortSignal.abort(new RangeError('mine')) }), 'RangeError');
         const later = new AbortController(); const response = await fetch('/read', { signal: later.signal });
         later.abort(); await rejects(response.text(), 'AbortError');",
    );
    let first = fake.fetch();
    assert_eq!(*fake.world.aborted.borrow(), [first.operation]);
    // What comes after the abort is passed over.
    fake.answer(
        &first,
        response(Filter::Basic, "https://charlie.example/slow", &[], "late"),
    );
    let second = fake.fetch();
    assert_eq!(second.request.url().path(), "/read");
    fake.answer(
        &second,
        response(Filter::Basic, "https://charlie.example/read", &[], "x"),
    );
    fake.end_check();
    assert!(fake.world.fetches.borrow().is_empty());
}

#[test]
fn an_aborted_network_error_is_an_abort() {
    let (fake, realm) = window();
    fake.run(
        realm,
        "fetch('/').catch((error) => console.log(error.name, error instanceof DOMException))",
    );
    fake.answer(&fake.fetch(), network_error(BlockReason::Aborted));
    assert_eq!(fake.console(), ["AbortError true"]);
}

#[test]
fn bad_arguments_reject_and_ask_nothing() {
    let (fake, realm) = window();
    fake.check(
        realm,
        "await rejects(fetch()); await rejects(fetch('http://')); await rejects(fetch('/', { method: 'TRACE' }));
         await rejects(fetch('/', { body: 'x' })); await rejects(fetch(Symbol())); await rejects(fetch('https://a:b@alice.example/'));
         await rejects(fetch('/', { headers: { 'a b': 1 } }));",
    );
    assert!(fake.world.fetches.borrow().is_empty());
}

#[test]
fn signals_follow_others() {
    let (fake, realm) = window();
    fake.run(
        realm,
        "const a = new AbortController(), b = new AbortController(); const any = AbortSignal.any([a.signal, AbortSignal.any([b.signal])]);
         any.onabort = (event) => console.log(event.type, event.isTrusted, any.reason, any.aborted);
         b.abort('why'); a.abort('no'); console.log(any.reason);
         const timeout = AbortSignal.timeout(50); timeout.addEventListener('abort', () => console.log(timeout.reason.name));
         try { AbortSignal.abort().throwIfAborted() } catch (error) { console.log(error.name, error.code) }",
    );
    fake.run_timers();
    assert_eq!(
        fake.console(),
        [
            "abort true why true",
            "why",
            "AbortError 20",
            "TimeoutError"
        ]
    );
}

#[test]
fn beacons_carry_credentials() {
    let (fake, realm) = window();
    fake.check(
        realm,
        "same(navigator.sendBeacon('https://alice.example/log', 'x'), true);
         same(navigator.sendBeacon('https://alice.example/log', new Blob(['{}'], { type: 'application/json' })), true);
         same(navigator.sendBeacon('/log'), true); throws(() => navigator.sendBeacon('data:,x')); throws(() => navigator.sendBeacon());",
    );
    let modes: Vec<_> = fake
        .world
        .fetches
        .take()
        .into_iter()
        .map(|started| {
            assert_eq!(started.initiator, FetchInitiator::Beacon);
            assert!(started.request.keepalive);
            (started.request.mode, started.request.credentials_mode)
        })
        .collect();
    let include = CredentialsMode::Include;
    assert_eq!(
        modes,
        [
            (Mode::NoCors, include),
            (Mode::Cors, include),
            (Mode::NoCors, include)
        ]
    );
}

#[test]
fn urls() {
    check(
        "const url = new URL('../b?x=1&x=2#h', 'https://u:p@Alice.example:8443/a/c'); same(url.href, 'https://u:p@alice.example:8443/b?x=1&x=2#h');
         same([url.origin, url.protocol, url.username, url.password, url.host, url.hostname, url.port, url.pathname, url.search, url.hash],
           ['https://alice.example:8443', 'https:', 'u', 'p', 'alice.example:8443', 'alice.example', '8443', '/b', '?x=1&x=2', '#h']);
         same(url.searchParams.getAll('x'), ['1', '2']); url.searchParams.append('y', 'a b'); same(url.search, '?x=1&x=2&y=a+b');
         url.search = '?z=9'; same([...url.searchParams], [['z', '9']]); url.searchParams.delete('z'); same(url.href, 'https://u:p@alice.example:8443/b#h');
         url.port = '444'; url.hostname = 'bob.example'; url.protocol = 'ftp'; same(url.href, 'ftp://u:p@bob.example:444/b#h');
         url.port = 'x'; same(url.port, '444'); throws(() => { url.href = 'nothing'; }); throws(() => new URL('nothing'));
         same([URL.canParse('x'), URL.canParse('x', 'https://a/'), URL.parse('x'), String(URL.parse('https://a'))], [false, true, null, 'https://a/']);
         same([new URL('data:,x').origin, JSON.stringify(new URL('https://a'))], ['null', '\"https://a/\"']);
         const params = new URLSearchParams('?b=2&a=1&b=1'); params.sort(); same(String(params), 'a=1&b=2&b=1'); same([params.has('b', '1'), params.size], [true, 3]);
         same(String(new URLSearchParams({ a: '1', b: 'x y' })), 'a=1&b=x+y'); same(String(new URLSearchParams([['q', '&']])), 'q=%26'); throws(() => new URLSearchParams([['a']]));",
    );
}

#[test]
fn text_bytes_and_clones() {
    check(
        "same([...new TextEncoder().encode('\\u00e9\\ud83d\\ude00')], [195, 169, 240, 159, 152, 128]);
         const target = new Uint8Array(4); same(JSON.stringify(new TextEncoder().encodeInto('a\\u00e9\\ud83d\\ude00', target)), '{\"read\":2,\"written\":3}');
         same(new TextDecoder().decode(new Uint8Array([0xef, 0xbb, 0xbf, 65])), 'A'); throws(() => new TextDecoder('utf-8', { fatal: true }).decode(new Uint8Array([255])));
         const stream = new TextDecoder(); same(stream.decode(new Uint8Array([0xc3]), { stream: true }) + stream.decode(new Uint8Array([0xa9])), '\\u00e9');
         same(new TextDecoder('latin1').encoding, 'windows-1252'); throws(() => new TextDecoder('nope'), 'RangeError');
         same([btoa('h\\u00e9'), atob(' aOk= '), atob('aOk'), atob('')], ['aOk=', 'h\\u00e9', 'h\\u00e9', '']); throws(() => btoa('\\u0100'), 'InvalidCharacterError');
         for (const bad of ['a', 'a=', '====', 'ab!c', 'YQ=Y']) throws(() => atob(bad), 'InvalidCharacterError');
         same(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(crypto.randomUUID()), true);
         const numbers = crypto.getRandomValues(new Uint32Array(4)); same(numbers.some((it) => it > 0), true); throws(() => crypto.getRandomValues(new Float64Array(1)), 'TypeMismatchError');
         const source = { a: [1, , -0, NaN, undefined], d: new Date(5), m: new Map([[1, { x: 1n }]]), s: new Set(['\\ud800']), r: /x/gi, b: new Uint8Array([1, 2]), e: new RangeError('no'), f: new File(['z'], 'n') };
         source.self = source; source.twice = source.m;
         const copy = structuredClone(source);
         same([copy !== source, copy.self === copy, copy.twice === copy.m, copy.a.length, 1 in copy.a, Object.is(copy.a[2], -0), copy.a[3] !== copy.a[3], 4 in copy.a, copy.d.getTime(), copy.m.get(1).x === 1n, copy.s.has('\\ud800'), String(copy.r), copy.b[1], copy.e instanceof RangeError, copy.e.message, copy.f.name, await copy.f.text()],
           [true, true, true, 5, false, true, true, true, 5, true, true, '/x/gi', 2, true, 'no', 'n', 'z']);
         for (const bad of [() => {}, Symbol(), { f() {} }, new Headers(), Promise.resolve(), new WeakMap(), new Response()]) throws(() => structuredClone(bad), 'DataCloneError');
         throws(() => structuredClone());
         const blob = new Blob(['a\\r\\nb', new Uint8Array([65]), new Blob(['c'])], { type: 'TEXT/X', endings: 'native' }); same([blob.size, blob.type, await blob.text(), await blob.slice(1, -1, 'q').text()], [5, 'text/x', 'a\\nbAc', '\\nbA']);
         throws(() => new Blob('text')); throws(() => new Blob([], { endings: 'x' })); throws(() => new File([])); throws(() => new FormData().append('a', 'b', 'c'));
         const form = new FormData(); form.append('a', 1); form.append('a', 2); form.set('a', 3); same([...form], [['a', '3']]); same([form.has('b'), form.get('b')], [false, null]);",
    );
}

#[test]
fn objects_keep_their_brand_across_realms() {
    let (fake, first) = window();
    let second = fake.realm(RealmKind::Window);
    // Both realms are of one agent; a test's only way across is a prototype that both know.
    fake.run(first, "globalThis.made = new Headers({ a: '1' })");
    fake.run(second, "try { Headers.prototype.get.call(Object.create(Headers.prototype), 'a') } catch (error) { console.log(error instanceof TypeError) }");
    assert_eq!(fake.console(), ["true"]);
}
