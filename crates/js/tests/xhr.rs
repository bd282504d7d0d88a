//! `XMLHttpRequest` as scripts see it.

#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use crossexam_fetch::BlockReason;
use crossexam_fetch::body::BodyStream;
use crossexam_fetch::request::{CredentialsMode, InitiatorType, Mode};
use crossexam_fetch::response::{ActualResponse, Filter, InternalResponse};
use crossexam_fetch::{Body, Response};
use crossexam_js::{FetchInitiator, RealmId, RealmKind};
use support::{Fake, network_error, response};

/// Writes every event of a request and its upload object down.
const RECORDER: &str = "
    const record = (xhr, upload = false) => {
        for (const type of ['readystatechange', 'loadstart', 'progress', 'load', 'loadend', 'error', 'abort', 'timeout']) {
            const write = (name, event) => console.log(name + type + (event.total === undefined ? ' ' + xhr.readyState : ` ${event.loaded}/${event.total}`));
            xhr.addEventListener(type, (event) => write('', event));
            if (upload) xhr.upload.addEventListener(type, (event) => write('upload ', event));
        }
        return xhr;
    };";

fn window() -> (Fake, RealmId) {
    let fake = Fake::new();
    let realm = fake.realm(RealmKind::Window);
    fake.run(
        realm,
        &RECORDER.replace("const record", "globalThis.record"),
    );
    (fake, realm)
}

#[test]
fn a_get_goes_through_its_states() {
    let (fake, realm) = window();
    fake.run(
        realm,
        "globalThis.xhr = record(new XMLHttpRequest());
         xhr.open('get', 'https://alice.example/x'); xhr.withCredentials = true;
         xhr.setRequestHeader('X-A', ' 1 '); xhr.setRequestHeader('x-a', '2'); xhr.setRequestHeader('Origin', 'https://alice.example'); xhr.setRequestHeader('cookie', 'a');
         xhr.send('ignored')",
    );
    assert_eq!(fake.console(), ["readystatechange 1", "loadstart 0/0"]);
    let started = fake.fetch();
    assert_eq!(started.initiator, FetchInitiator::XmlHttpRequest);
    let request = &started.request;
    assert_eq!(
        (&request.method[..], request.mode, request.credentials_mode),
        (&b"GET"[..], Mode::Cors, CredentialsMode::Include)
    );
    assert_eq!(
        (
            request.use_cors_preflight,
            request.unsafe_request,
            request.initiator_type
        ),
        (false, true, Some(InitiatorType::XmlHttpRequest))
    );
    assert_eq!(request.header_list, [("X-A", "1, 2")].into_iter().collect());
    assert!(request.body.is_none());
    let headers = [
        ("Content-Length", "6"),
        ("X-Exposed", "e"),
        ("X-Hidden", "h"),
    ];
    fake.answer(
        &started,
        response(Filter::Cors, "https://alice.example/x", &headers, "secret"),
    );
    assert_eq!(
        fake.console(),
        [
            "readystatechange 2",
            "readystatechange 3",
            "progress 6/6",
            "readystatechange 4",
            "load 6/6",
            "loadend 6/6"
        ]
    );
    assert_eq!(fake.exposed(), []);
    fake.check(
        realm,
        "same([xhr.status, xhr.statusText, xhr.responseURL, xhr.responseText, xhr.response], [200, 'OK', 'https://alice.example/x', 'secret', 'secret']);
         same([xhr.getResponseHeader('x-exposed'), xhr.getResponseHeader('X-Hidden'), xhr.getAllResponseHeaders()], ['e', null, 'content-length: 6\\r\\nx-exposed: e\\r\\n']);
         throws(() => xhr.setRequestHeader('a', 'b'), 'InvalidStateError'); throws(() => { xhr.withCredentials = false }, 'InvalidStateError');
         throws(() => { xhr.responseType = 'json' }, 'InvalidStateError'); throws(() => xhr.send(), 'InvalidStateError'); throws(() => xhr.overrideMimeType('a/b'), 'InvalidStateError');",
    );
    assert!(
        fake.exposed()
            .contains(&("XMLHttpRequest.responseText".into(), "secret".into()))
    );
}

#[test]
fn an_upload_listener_asks_for_a_preflight() {
    let (fake, realm) = window();
    fake.run(realm, "const xhr = record(new XMLHttpRequest(), true); xhr.open('POST', 'https://alice.example/'); xhr.send('four')");
    assert_eq!(
        fake.console(),
        [
            "readystatechange 1",
            "loadstart 0/0",
            "upload loadstart 0/4"
        ]
    );
    let started = fake.fetch();
    assert!(started.request.use_cors_preflight);
    assert_eq!(
        started.request.header_list.get(b"content-type"),
        Some("text/plain;charset=UTF-8".into())
    );
    fake.answer(
        &started,
        response(Filter::Cors, "https://alice.example/", &[], ""),
    );
    assert_eq!(
        fake.console(),
        [
            "upload progress 4/4",
            "upload load 4/4",
            "upload loadend 4/4",
            "readystatechange 2",
            "progress 0/0",
            "readystatechange 4",
            "load 0/0",
            "loadend 0/0"
        ]
    );
    // A handler counts as well, and none is none.
    for (script, expected) in [
        ("xhr.upload.onprogress = () => {}", true),
        ("xhr.upload.onload = null", false),
    ] {
        fake.run(realm, &format!("{{ const xhr = new XMLHttpRequest(); {script}; xhr.open('POST', '/'); xhr.send('x') }}"));
        assert_eq!(
            fake.fetch().request.use_cors_preflight,
            expected,
            "{script}"
        );
    }
}

#[test]
fn errors_timeouts_and_aborts() {
    let (fake, realm) = window();
    let open = "record(xhr = new XMLHttpRequest(), true); xhr.open('POST', 'https://alice.example/'); xhr.timeout = 100; xhr.send('x')";
    fake.run(realm, "var xhr");
    let failed = |fake: &Fake, kind: &str| {
        let expected = [
            "readystatechange 4".to_owned(),
            format!("upload {kind} 0/0"),
            "upload loadend 0/0".to_owned(),
            format!("{kind} 0/0"),
            "loadend 0/0".to_owned(),
        ];
        assert_eq!(fake.console(), expected);
        fake.check(realm, "same([xhr.status, xhr.responseText, xhr.getAllResponseHeaders(), xhr.responseURL], [0, '', '', ''])");
    };
    fake.run(realm, open);
    fake.console();
    fake.answer(
        &fake.fetch(),
        network_error(BlockReason::CorsCheck(
            crossexam_fetch::CorsCheckFailure::AllowOriginMissing,
        )),
    );
    failed(&fake, "error");

    fake.run(realm, open);
    fake.console();
    fake.run_timers();
    failed(&fake, "timeout");
    assert_eq!(*fake.world.aborted.borrow(), [fake.fetch().operation]);

    fake.run(realm, open);
    fake.console();
    fake.run(
        realm,
        "xhr.abort(); console.log('unsent ' + xhr.readyState)",
    );
    let started = fake.fetch();
    fake.answer(
        &started,
        response(Filter::Cors, "https://alice.example/", &[], "late"),
    );
    let mut seen = fake.console();
    assert_eq!(seen.pop().as_deref(), Some("unsent 0"));
    assert_eq!(
        seen,
        [
            "readystatechange 4",
            "upload abort 0/0",
            "upload loadend 0/0",
            "abort 0/0",
            "loadend 0/0"
        ]
    );
}

#[test]
fn open_refuses_what_it_must() {
    let (fake, realm) = window();
    fake.check(
        realm,
        "const xhr = new XMLHttpRequest();
         throws(() => xhr.open('GET')); throws(() => xhr.open('a b', '/'), 'SyntaxError'); throws(() => xhr.open('TRACE', '/'), 'SecurityError');
         throws(() => xhr.open('GET', 'http://'), 'SyntaxError');
         xhr.timeout = 5; throws(() => xhr.open('GET', '/', false), 'InvalidAccessError'); xhr.timeout = 0;
         const sync = new XMLHttpRequest(); sync.open('GET', '/', false); throws(() => { sync.timeout = 1 }, 'InvalidAccessError'); throws(() => { sync.responseType = 'json' }, 'InvalidAccessError');
         throws(() => sync.send(), 'InvalidAccessError');
         throws(() => xhr.send(), 'InvalidStateError'); throws(() => xhr.setRequestHeader('a', 'b'), 'InvalidStateError');
         xhr.open('GET', '/'); throws(() => xhr.setRequestHeader('a b', 'c'), 'SyntaxError'); throws(() => xhr.setRequestHeader('a', 'b\\nc'), 'SyntaxError'); throws(() => xhr.setRequestHeader('a', '\\u0100'));
         same([XMLHttpRequest.DONE, xhr.DONE, xhr.OPENED, XMLHttpRequest.UNSENT], [4, 4, 1, 0]); throws(() => new XMLHttpRequestUpload());
         xhr.responseType = 'nothing'; same(xhr.responseType, ''); xhr.responseType = 'json'; throws(() => xhr.responseText, 'InvalidStateError');",
    );
    assert!(fake.world.fetches.borrow().is_empty());
}

#[test]
fn response_types() {
    let (fake, realm) = window();
    for (setup, check) in [
        (
            "xhr.responseType = 'json'",
            "same(xhr.response.a, 1); same(xhr.response === xhr.response, true)",
        ),
        (
            "xhr.responseType = 'arraybuffer'",
            "same(xhr.response.byteLength, 7); same(xhr.response === xhr.response, true)",
        ),
        (
            "xhr.responseType = 'blob'",
            "same([xhr.response.type, await xhr.response.text()], ['text/html;charset=latin1', '{\"a\":1}'])",
        ),
        (
            "xhr.responseType = 'text'; xhr.overrideMimeType('text/plain; charset=utf-16le')",
            "same(xhr.responseText.length, 4)",
        ),
    ] {
        fake.run(
            realm,
            &format!(
                "globalThis.xhr = new XMLHttpRequest(); xhr.open('GET', '/'); {setup}; xhr.send()"
            ),
        );
        let headers = [("Content-Type", "text/html; charset=latin1")];
        fake.answer(
            &fake.fetch(),
            response(
                Filter::Basic,
                "https://charlie.example/",
                &headers,
                "{\"a\":1}",
            ),
        );
        fake.check(realm, check);
        assert!(!fake.exposed().is_empty(), "{setup}");
    }
}

#[test]
fn a_request_can_be_used_again_in_a_listener() {
    let (fake, realm) = window();
    fake.run(
        realm,
        "const xhr = new XMLHttpRequest(); xhr.onreadystatechange = () => { if (xhr.readyState === 2) { xhr.open('GET', '/again'); xhr.send() } };
         xhr.onload = () => console.log('load ' + xhr.responseURL); xhr.open('GET', '/first'); xhr.send()",
    );
    fake.answer(
        &fake.fetch(),
        response(Filter::Basic, "https://charlie.example/first", &[], "x"),
    );
    let again = fake.fetch();
    assert_eq!(again.request.url().path(), "/again");
    assert_eq!(fake.console(), Vec::<String>::new());
}

#[test]
fn a_charset_in_the_authors_type_becomes_utf_8() {
    let (fake, realm) = window();
    let sent = |kind: &str, body: &str| {
        fake.run(realm, &format!("{{ const xhr = new XMLHttpRequest(); xhr.open('POST', '/'); xhr.setRequestHeader('Content-Type', '{kind}'); xhr.send({body}) }}"));
        String::from_utf8_lossy(
            &fake
                .fetch()
                .request
                .header_list
                .get(b"content-type")
                .unwrap(),
        )
        .into_owned()
    };
    assert_eq!(
        sent("text/x; charset=latin1;a=b", "'text'"),
        "text/x;charset=UTF-8;a=b"
    );
    assert_eq!(
        sent("text/x; charset=utf-8", "'text'"),
        "text/x; charset=utf-8"
    );
    assert_eq!(
        sent("text/x; charset=latin1", "new Blob(['text'])"),
        "text/x; charset=latin1"
    );
    assert_eq!(sent("nonsense", "'text'"), "nonsense");
}

#[test]
fn a_body_that_arrives_tells_of_its_progress() {
    let (fake, realm) = window();
    fake.run(
        realm,
        "globalThis.xhr = record(new XMLHttpRequest()); xhr.open('GET', '/'); xhr.send()",
    );
    fake.console();
    let (writer, stream) = BodyStream::written();
    let mut answer = InternalResponse::new();
    answer.url_list = vec![url::Url::parse("https://charlie.example/").unwrap()];
    answer.header_list.append("Content-Length", "9");
    answer.body = Some(Body::from_stream(stream));
    fake.answer(
        &fake.fetch(),
        Response::Actual(Box::new(ActualResponse {
            filter: Filter::Basic,
            internal: answer,
        })),
    );
    assert_eq!(fake.console(), ["readystatechange 2"]);
    writer.write("one");
    fake.run_reads();
    assert_eq!(fake.console(), ["readystatechange 3"]);
    fake.check(
        realm,
        "same([xhr.responseText, xhr.response], ['one', 'one'])",
    );
    writer.write("two");
    fake.run_reads();
    assert_eq!(fake.console(), Vec::<String>::new());
    fake.wait(50);
    writer.write("end");
    writer.close();
    fake.run_reads();
    assert_eq!(
        fake.console(),
        [
            "readystatechange 3",
            "progress 9/9",
            "progress 9/9",
            "readystatechange 4",
            "load 9/9",
            "loadend 9/9"
        ]
    );
    fake.check(realm, "same(xhr.responseText, 'onetwoend')");
}

#[test]
fn a_body_that_breaks_off_is_an_error_and_one_that_takes_too_long_a_timeout() {
    for (script, expected) in [
        ("", "error 0/0"),
        ("xhr.timeout = 10", "timeout 0/0"),
        ("", "abort 0/0"),
    ] {
        let (fake, realm) = window();
        fake.run(realm, &format!("globalThis.xhr = record(new XMLHttpRequest()); xhr.open('GET', '/'); {script}; xhr.send()"));
        let (writer, stream) = BodyStream::written();
        let mut answer = InternalResponse::new();
        answer.body = Some(Body::from_stream(stream));
        fake.answer(
            &fake.fetch(),
            Response::Actual(Box::new(ActualResponse {
                filter: Filter::Basic,
                internal: answer,
            })),
        );
        writer.write("some");
        fake.run_reads();
        fake.console();
        match expected {
            "error 0/0" => {
                drop(writer);
                fake.run_reads();
            }
            "timeout 0/0" => {
                fake.run_timers();
                assert!(writer.is_canceled());
            }
            _ => {
                fake.run(realm, "xhr.abort()");
                assert!(writer.is_canceled());
            }
        }
        assert_eq!(
            fake.console(),
            ["readystatechange 4", expected, "loadend 0/0"]
        );
        fake.check(realm, "same([xhr.responseText, xhr.status], ['', 0])");
    }
}
