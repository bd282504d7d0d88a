//! Streams, and bodies as streams.

#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use crossexam_fetch::body::{BodyError, BodyStream};
use crossexam_fetch::response::{ActualResponse, Filter, InternalResponse};
use crossexam_fetch::{BlockReason, Body, Response};
use crossexam_js::{RealmId, RealmKind};
use proptest::prelude::*;
use support::{Fake, response};

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
fn streams_are_as_web_idl_has_them() {
    check(
        "for (const name of ['ReadableStream', 'ReadableStreamDefaultReader', 'ReadableStreamBYOBReader', 'ReadableStreamDefaultController',
             'ReadableByteStreamController', 'ReadableStreamBYOBRequest', 'WritableStream', 'WritableStreamDefaultWriter',
             'WritableStreamDefaultController', 'TransformStream', 'TransformStreamDefaultController', 'ByteLengthQueuingStrategy',
             'CountQueuingStrategy', 'TextEncoderStream', 'TextDecoderStream']) {
           const { writable, enumerable, configurable } = Object.getOwnPropertyDescriptor(globalThis, name);
           same([writable, enumerable, configurable], [true, false, true], name);
           same(globalThis[name].prototype[Symbol.toStringTag], name);
           throws(() => globalThis[name]());
         }
         throws(() => new ReadableStreamDefaultController()); throws(() => ReadableStream.prototype.tee.call({}));
         await rejects(ReadableStream.prototype.cancel.call({}));
         same(ReadableStream.prototype.values === ReadableStream.prototype[Symbol.asyncIterator], true);",
    );
}

#[test]
fn a_page_that_overwrites_everything_first_changes_nothing() {
    check(
        "const { ReadableStream, Response, Uint8Array, Promise } = globalThis;
         Object.getPrototypeOf(Uint8Array.prototype).set = Array.prototype.push = ArrayBuffer.prototype.transfer = () => { throw new Error('overwritten'); };
         for (const name of ['ReadableStream', 'WritableStream', 'AbortController', 'Uint8Array', 'ArrayBuffer', 'DataView']) globalThis[name] = null;
         Symbol.asyncIterator;
         const stream = new ReadableStream({ type: 'bytes', pull(c) { c.enqueue(new Uint8Array([104, 105])); c.close(); } });
         same(await new Response(stream).clone().text(), 'hi');
         const reader = new Response('abc').body.getReader({ mode: 'byob' }); same((await reader.read(new Uint8Array(2))).value[1], 98);",
    );
}

#[test]
fn array_buffers_are_transferred() {
    check(
        "const buffer = new Uint8Array([1, 2]).buffer; const { moved } = structuredClone({ moved: buffer }, { transfer: [buffer] });
         same([moved.byteLength, buffer.byteLength, buffer.detached], [2, 0, true]);
         throws(() => structuredClone(1, { transfer: [buffer] }), 'DataCloneError'); throws(() => structuredClone(1, { transfer: [{}] }), 'DataCloneError');",
    );
}

#[test]
fn chunks_go_through_queues_readers_and_iterators() {
    check(
        "const stream = new ReadableStream({ start(c) { c.enqueue('a'); c.enqueue('b'); c.close(); } });
         same(stream.locked, false);
         const [one, two] = stream.tee();
         same(stream.locked, true); throws(() => stream.getReader());
         const seen = []; for await (const chunk of one) seen.push(chunk);
         same(seen, ['a', 'b']); same(one.locked, false);
         const reader = two.getReader();
         same((await reader.read()).value, 'a'); reader.releaseLock(); same(two.locked, false); await rejects(reader.read());
         await two.cancel();
         const error = new Error('gone');
         const bad = new ReadableStream({ pull() { throw error; } });
         same(await bad.getReader().read().catch((e) => e === error), true);
         const from = []; for await (const chunk of ReadableStream.from([1, Promise.resolve(2)])) from.push(chunk);
         same(from, [1, 2]);",
    );
}

#[test]
fn pipes_carry_chunks_closing_errors_and_aborts() {
    check(
        "const written = [];
         const sink = () => new WritableStream({ write(chunk) { written.push(chunk); }, close() { written.push('closed'); }, abort(reason) { written.push(`aborted ${reason}`); } });
         const upper = new TransformStream({ transform(chunk, c) { c.enqueue(chunk.toUpperCase()); }, flush(c) { c.enqueue('!'); } });
         await ReadableStream.from(['a', 'b']).pipeThrough(upper).pipeTo(sink());
         same(written.splice(0), ['A', 'B', '!', 'closed']);
         same(await ReadableStream.from((async function* () { yield 'x'; throw 'oops'; })()).pipeTo(sink()).catch((e) => e), 'oops');
         same(written.splice(0), ['x', 'aborted oops']);
         const controller = new AbortController();
         const piped = new ReadableStream().pipeTo(sink(), { signal: controller.signal });
         controller.abort('stop');
         same(await piped.catch((e) => e), 'stop'); same(written, ['aborted stop']);
         const text = ReadableStream.from([new Uint8Array([0xe2, 0x82]), new Uint8Array([0xac, 0x78])]).pipeThrough(new TextDecoderStream());
         const parts = []; for await (const chunk of text) parts.push(chunk); same(parts.join(''), '\\u20acx');
         const bytes = []; for await (const chunk of ReadableStream.from(['\\ud83d', '\\ude00']).pipeThrough(new TextEncoderStream())) bytes.push(...chunk);
         same(bytes, [0xf0, 0x9f, 0x98, 0x80]);",
    );
}

#[test]
fn byte_streams_fill_what_a_reader_brings() {
    check(
        "const stream = new ReadableStream({ type: 'bytes', pull(c) { c.byobRequest.view[0] = 7; c.byobRequest.respond(1); } });
         const reader = stream.getReader({ mode: 'byob' });
         const given = new Uint8Array(4);
         const { value, done } = await reader.read(given);
         same([value.length, value[0], value.buffer.byteLength, given.length, done], [1, 7, 4, 0, false]);
         throws(() => new ReadableStream().getReader({ mode: 'byob' }));
         const body = new Response('abc').body.getReader({ mode: 'byob' });
         const first = await body.read(new Uint8Array(2)); same([...first.value], [97, 98]);
         const rest = await body.read(new Uint8Array(2)); same([...rest.value], [99]);
         same((await body.read(new Uint8Array(2))).done, true);",
    );
}

#[test]
fn a_body_is_a_stream_that_is_read_once() {
    check(
        "const response = new Response('hello');
         same(response.body === response.body, true); same([response.bodyUsed, response.body.locked], [false, false]);
         const reader = response.body.getReader();
         same([response.bodyUsed, response.body.locked], [false, true]);
         await rejects(response.text()); throws(() => response.clone()); throws(() => response.textStream());
         reader.releaseLock();
         same(await response.text(), 'hello'); same([response.bodyUsed, response.body.locked], [true, true]);
         const early = new Response('hello'); const text = early.text();
         same([early.bodyUsed, early.body.locked], [true, true]); same(await text, 'hello');
         same(new Response().body, null); same(new Response(null).bodyUsed, false); same(await new Response().text(), '');
         const cancelled = new Response('x'); await cancelled.body.cancel(); same(cancelled.bodyUsed, true); await rejects(cancelled.text());
         const texts = []; for await (const part of new Response('\\ufeffh\\u00e9').textStream()) texts.push(part); same(texts.join(''), 'h\\u00e9');
         const none = []; for await (const part of new Response().textStream()) none.push(part); same(none, []);
         same(await new Response(new Blob(['a', 'b']).stream()).text(), 'ab');
         same(await new Response(ReadableStream.from([new Uint8Array([104]), new Uint8Array([105])])).text(), 'hi');
         await rejects(new Response(ReadableStream.from(['text'])).text());
         const used = ReadableStream.from([]); used.getReader(); throws(() => new Response(used));
         same(new Response(ReadableStream.from([])).headers.get('content-type'), null);",
    );
}

#[test]
fn a_request_takes_over_the_body_of_another() {
    check(
        "const first = new Request('/', { method: 'POST', body: 'text' });
         const second = new Request(first);
         same([first.bodyUsed, first.body.locked, second.bodyUsed], [true, true, false]);
         throws(() => new Request(first)); same(await second.text(), 'text');
         const streamed = new Request('/', { method: 'POST', body: ReadableStream.from([new Uint8Array([120])]), duplex: 'half' });
         const proxied = new Request(streamed); same(streamed.bodyUsed, true); same(await proxied.text(), 'x');
         throws(() => new Request('/', { method: 'POST', body: new ReadableStream() }));
         throws(() => new Request('/', { method: 'POST', body: new ReadableStream(), duplex: 'half', mode: 'no-cors' }));
         throws(() => new Request('/', { method: 'POST', body: new ReadableStream(), duplex: 'half', keepalive: true }));
         throws(() => navigator.sendBeacon('/', new ReadableStream()));
         const kept = new Request('/', { method: 'POST', body: 'old' });
         same(await new Request(kept, { body: 'new' }).text(), 'new'); same(kept.bodyUsed, false);
         const cloned = kept.clone(); same([await kept.text(), await cloned.text()], ['old', 'old']);",
    );
}

#[test]
fn reading_a_stream_is_told_like_every_other_way() {
    let (fake, realm) = window();
    fake.begin_check(
        realm,
        "const response = await fetch('https://alice.example/');
         const copy = response.clone();
         const { value } = await response.body.getReader().read(); same(value.length, 6);
         same(await copy.text(), 'secret');
         const piped = (await fetch('https://alice.example/')).textStream(); for await (const part of piped) same(part, 'secret');",
    );
    for _ in 0..2 {
        let started = fake.fetch();
        fake.answer(
            &started,
            response(Filter::Cors, "https://alice.example/", &[], "secret"),
        );
    }
    fake.end_check();
    let exposed = fake.exposed();
    let expected = ["Response.body", "Response.text()", "Response.body"].map(str::to_owned);
    let (ways, bytes): (Vec<_>, Vec<_>) = exposed.into_iter().unzip();
    assert_eq!(
        (ways, bytes),
        (expected.to_vec(), vec!["secret".to_owned(); 3])
    );
}

#[test]
fn an_abort_reaches_whoever_reads() {
    let (fake, realm) = window();
    fake.begin_check(
        realm,
        "const controller = new AbortController(); const { signal } = controller; const reason = new Error('enough');
         const response = await fetch('https://alice.example/', { signal });
         const other = await fetch('https://alice.example/', { signal });
         const read = await fetch('https://alice.example/', { signal });
         same(await read.text(), 'body');
         const reader = other.body.getReader();
         controller.abort(reason);
         same(await response.text().catch((e) => e === reason), true); same(response.bodyUsed, true);
         same(await reader.read().catch((e) => e === reason), true);
         same(await fetch('https://alice.example/', { signal }).catch((e) => e === reason), true);
         const body = new ReadableStream({ cancel(why) { same(why === reason, true); console.log('canceled'); } });
         const late = new AbortController();
         const sent = fetch('https://alice.example/', { method: 'POST', body, duplex: 'half', signal: late.signal });
         late.abort(reason); same(await sent.catch((e) => e === reason), true);",
    );
    for _ in 0..3 {
        let started = fake.fetch();
        fake.answer(
            &started,
            response(Filter::Cors, "https://alice.example/", &[], "body"),
        );
    }
    assert_eq!(fake.console(), ["canceled", "checked"]);
    assert_eq!(fake.errors(), Vec::<String>::new());
}

/// A response whose body arrives while it is read.
fn arriving(filter: Filter) -> (crossexam_fetch::body::BodyWriter, Response) {
    let (writer, stream) = BodyStream::written();
    let mut internal = InternalResponse::new();
    internal.url_list = vec![url::Url::parse("https://alice.example/").unwrap()];
    internal.body = Some(Body::from_stream(stream));
    let response = Response::Actual(Box::new(ActualResponse { filter, internal }));
    (writer, response)
}

#[test]
fn chunks_arrive_one_by_one() {
    let (fake, realm) = window();
    fake.begin_check(
        realm,
        "const response = await fetch('https://alice.example/');
         const copy = response.clone();
         const reader = response.body.getReader();
         console.log('headers');
         const decoder = new TextDecoder();
         for (;;) { const { value, done } = await reader.read(); if (done) break; console.log(decoder.decode(value)); }
         same(await copy.text(), 'half of a secret');",
    );
    let (writer, response) = arriving(Filter::Cors);
    fake.answer(&fake.fetch(), response);
    fake.run_reads();
    assert_eq!(fake.console(), ["headers"]);
    writer.write("half of ");
    fake.run_reads();
    assert_eq!(fake.console(), ["half of "]);
    writer.write("a secret");
    writer.close();
    fake.run_reads();
    assert_eq!(fake.console(), ["a secret", "checked"]);
    // What was cut in two is told of as a whole.
    let exposed = fake.exposed();
    assert!(exposed.contains(&("Response.body".into(), "half of a secret".into())));
    assert!(exposed.contains(&("Response.text()".into(), "half of a secret".into())));
}

#[test]
fn a_body_that_breaks_off_fails_whoever_reads() {
    for (source, end, expected) in [
        ("await response.text()", None, "TypeError true"),
        (
            "const reader = response.body.getReader(); same((await reader.read()).value.length, 4); await reader.read()",
            None,
            "TypeError true",
        ),
        (
            "await response.json()",
            Some(BlockReason::Aborted),
            "AbortError true",
        ),
        (
            "for await (const part of response.textStream()) same(part, 'some')",
            None,
            "TypeError true",
        ),
    ] {
        let (fake, realm) = window();
        fake.run(realm, &format!("(async () => {{ const same = (a, b) => {{ if (a !== b) throw new Error(a + ' ' + b) }}; const response = await fetch('/'); try {{ {source} }} catch (e) {{ console.log(`${{e.name}} ${{response.bodyUsed}}`) }} }})()"));
        let (writer, response) = arriving(Filter::Basic);
        fake.answer(&fake.fetch(), response);
        writer.write("some");
        fake.run_reads();
        match end {
            Some(reason) => writer.error(BodyError(reason)),
            None => drop(writer),
        }
        fake.run_reads();
        assert_eq!(fake.console(), [expected], "{source}");
        assert_eq!(fake.errors(), Vec::<String>::new());
    }
}

#[test]
fn an_abort_in_the_middle_reaches_the_reader_and_the_writer() {
    for read in [
        "response.text()",
        "response.body.getReader().read().then(() => reading)",
        "reading",
    ] {
        let (fake, realm) = window();
        fake.run(
            realm,
            &format!("const controller = new AbortController(); const reason = {{}}; (async () => {{ const response = await fetch('/', {{ signal: controller.signal }}); const reading = response.clone().arrayBuffer(); reading.catch(() => {{}}); await {read}.catch((e) => console.log(e === reason)); }})()"),
        );
        let (writer, response) = arriving(Filter::Basic);
        fake.answer(&fake.fetch(), response);
        writer.write("some");
        fake.run_reads();
        assert!(!writer.is_canceled());
        fake.run(realm, "controller.abort(reason)");
        assert_eq!(fake.console(), ["true"], "{read}");
        fake.world.reads.take();
        assert!(writer.is_canceled(), "{read}");
    }
}

#[test]
fn a_canceled_stream_is_read_no_further() {
    let (fake, realm) = window();
    fake.run(
        realm,
        "fetch('/').then((response) => response.body.cancel()).then(() => console.log('canceled'))",
    );
    let (writer, response) = arriving(Filter::Basic);
    fake.answer(&fake.fetch(), response);
    assert_eq!(fake.console(), ["canceled"]);
    assert!(writer.is_canceled());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Both branches of `tee()` give the same bytes, whoever reads first, and so do a body and its clone.
    #[test]
    fn branches_and_clones_give_the_same(chunks in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 1..9), 0..6), bytes: bool, order: bool) {
        let chunks = format!("{chunks:?}");
        let kind = if bytes { "type: 'bytes'," } else { "" };
        check(&format!(
            "const source = () => {{ const chunks = {chunks}; return new ReadableStream({{ {kind} pull(c) {{ if (chunks.length) c.enqueue(new Uint8Array(chunks.shift())); else c.close(); }} }}); }};
             const read = async (stream) => {{ const all = []; for await (const chunk of stream) all.push(...chunk); return all; }};
             const expected = {chunks}.flat();
             const branches = source().tee(); if ({order}) branches.reverse();
             same(await read(branches[0]), expected); same(await read(branches[1]), expected);
             const response = new Response(source()); const clone = response.clone();
             same([...await (await clone.blob()).bytes()], expected); same([...await response.bytes()], expected);
             const request = new Request('/', {{ method: 'POST', body: source(), duplex: 'half' }}); const other = request.clone();
             const [one, two] = await Promise.all([request.arrayBuffer(), other.arrayBuffer()]);
             same([...new Uint8Array(one)], expected); same([...new Uint8Array(two)], expected);"
        ));
    }
}
