//! Bodies that come in pieces: what their reader sees, what the cache keeps, what becomes of the connection.
#![allow(clippy::unwrap_used)]

mod common;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use bytes::Bytes;
use common::{Answer, cors, page};
use crossexam_fetch::body::{BodyError, BodyStream, BodyWriter};
use crossexam_fetch::connections::{ConnectionId, Protocol};
use crossexam_fetch::host::InterimResponse;
use crossexam_fetch::ready::{ReadyHost, SentRequest, poll_once};
use crossexam_fetch::{
    BlockReason, Body, FetchController, Fetched, HttpResponse, NetworkFailure, Progress, UserAgent,
    fetch,
};
use crossexam_web::{Timestamp, Trace};

const PAGE: &str = "https://charlie.example/";
const URL: &str = "https://charlie.example/resource";

/// A server whose answers the test writes.
struct Writing {
    headers: Vec<(&'static str, &'static str)>,
    writers: RefCell<Vec<BodyWriter>>,
}

impl Writing {
    fn new(headers: &[(&'static str, &'static str)]) -> Self {
        Self {
            headers: headers.to_vec(),
            writers: RefCell::default(),
        }
    }

    fn answer(&self, _: &SentRequest) -> Answer {
        let (writer, body) = BodyStream::written();
        self.writers.borrow_mut().push(writer);
        Ok(HttpResponse {
            header_list: self.headers.iter().copied().collect(),
            body,
            ..HttpResponse::default()
        })
    }

    fn writer(&self) -> BodyWriter {
        self.writers.borrow_mut().pop().unwrap()
    }
}

fn get<S>(user_agent: &UserAgent, host: &ReadyHost<S>, controller: &FetchController) -> Fetched
where
    S: Fn(&SentRequest) -> Answer,
{
    let request = cors(&page(PAGE), "GET", URL);
    let trace = Trace::off();
    let fetched = fetch(user_agent, host, request, controller, &trace);
    poll_once(fetched).unwrap()
}

fn body(fetched: &mut Fetched) -> &mut Body {
    let internal = fetched.response.internal_mut().unwrap();
    internal.body.as_mut().unwrap()
}

fn next(fetched: &mut Fetched) -> Option<Result<Option<Bytes>, BodyError>> {
    poll_once(body(fetched).stream.read_chunk())
}

fn chunk(text: &'static str) -> Option<Result<Option<Bytes>, BodyError>> {
    Some(Ok(Some(Bytes::from_static(text.as_bytes()))))
}

#[test]
fn a_body_is_read_while_it_comes() {
    let server = Writing::new(&[]);
    let host = ReadyHost::new(|sent: &SentRequest| server.answer(sent));
    let mut fetched = get(&UserAgent::default(), &host, &FetchController::new());
    let writer = server.writer();
    assert_eq!(next(&mut fetched), None);
    writer.write("one");
    assert_eq!(next(&mut fetched), chunk("one"));
    writer.write("two");
    writer.close();
    assert_eq!(next(&mut fetched), chunk("two"));
    assert_eq!(next(&mut fetched), Some(Ok(None)));
    let info = &fetched.response.internal().unwrap().body_info;
    assert_eq!((info.encoded_size(), info.decoded_size()), (6, 6));
}

#[test]
fn aborting_and_terminating_end_a_body_in_the_middle() {
    type Stop = fn(&FetchController);
    let stops: [(Stop, BlockReason); 2] = [
        (FetchController::abort, BlockReason::Aborted),
        (FetchController::terminate, BlockReason::Terminated),
    ];
    for (stop, reason) in stops {
        let server = Writing::new(&[("Cache-Control", "max-age=60")]);
        let host = ReadyHost::new(|sent: &SentRequest| server.answer(sent))
            .with_protocol(Protocol::Http11);
        let (user_agent, controller) = (UserAgent::default(), FetchController::new());
        let mut fetched = get(&user_agent, &host, &controller);
        let writer = server.writer();
        writer.write("one");
        writer.write("two");
        assert_eq!(next(&mut fetched), chunk("one"));
        stop(&controller);
        let broken = Some(Err(BodyError(reason)));
        assert_eq!(next(&mut fetched), broken, "what waits is lost");
        assert_eq!(next(&mut fetched), broken, "and it stays so");
        assert!(writer.is_canceled(), "the server need not go on");
        assert!(user_agent.http_cache.borrow().is_empty(), "half is nothing");
        // Over HTTP/1.1 the connection is of no use any more.
        get(&user_agent, &host, &FetchController::new());
        let connections: Vec<_> = host
            .take_sent()
            .iter()
            .map(|sent| sent.connection)
            .collect();
        assert_eq!(connections, [ConnectionId(0), ConnectionId(1)]);
    }
}

#[test]
fn a_reader_who_wants_no_more_aborts_the_fetch() {
    let server = Writing::new(&[]);
    let host = ReadyHost::new(|sent: &SentRequest| server.answer(sent));
    let controller = FetchController::new();
    let mut fetched = get(&UserAgent::default(), &host, &controller);
    let writer = server.writer();
    body(&mut fetched).stream.cancel();
    assert!(controller.is_canceled() && writer.is_canceled());
}

#[test]
fn a_body_that_breaks_off_is_not_kept() {
    let server = Writing::new(&[("Cache-Control", "max-age=60")]);
    let host =
        ReadyHost::new(|sent: &SentRequest| server.answer(sent)).with_protocol(Protocol::Http11);
    let user_agent = UserAgent::default();
    let mut fetched = get(&user_agent, &host, &FetchController::new());
    let writer = server.writer();
    writer.write("half");
    drop(writer);
    assert_eq!(next(&mut fetched), chunk("half"));
    let reset = BlockReason::Network(NetworkFailure::ConnectionReset);
    assert_eq!(next(&mut fetched), Some(Err(BodyError(reset))));
    assert!(user_agent.http_cache.borrow().is_empty());
}

#[test]
fn a_body_is_kept_once_all_of_it_was_read() {
    let server = Writing::new(&[("Cache-Control", "max-age=60")]);
    let host = ReadyHost::new(|sent: &SentRequest| server.answer(sent));
    let user_agent = UserAgent::default();
    let mut first = get(&user_agent, &host, &FetchController::new());
    let writer = server.writer();
    writer.write("one");
    writer.write("two");
    writer.close();
    assert!(user_agent.http_cache.borrow().is_empty());
    while let Some(Ok(Some(_))) = next(&mut first) {}
    let second = get(&user_agent, &host, &FetchController::new());
    assert_eq!(
        second.response.body().unwrap().known_bytes().unwrap(),
        "onetwo"
    );
    assert_eq!(host.take_sent().len(), 1);
}

#[test]
fn http_1_1_carries_one_message_at_a_time_and_http_2_many() {
    for (protocol, expected) in [(Protocol::Http11, [0, 1, 0]), (Protocol::Http2, [0, 0, 0])] {
        let server = Writing::new(&[]);
        let host = ReadyHost::new(|sent: &SentRequest| server.answer(sent)).with_protocol(protocol);
        let user_agent = UserAgent::default();
        let mut first = get(&user_agent, &host, &FetchController::new());
        let writer = server.writer();
        get(&user_agent, &host, &FetchController::new());
        writer.close();
        while let Some(Ok(Some(_))) = next(&mut first) {}
        get(&user_agent, &host, &FetchController::new());
        let sent = host.take_sent();
        let connections: Vec<_> = sent.iter().map(|sent| sent.connection.0).collect();
        assert_eq!(connections, expected, "{protocol:?}");
    }
}

#[test]
fn connection_close_is_for_http_1_1() {
    for (protocol, value, expected) in [
        (Protocol::Http11, "close", 1),
        (Protocol::Http11, "keep-alive, Close", 1),
        (Protocol::Http11, "keep-alive", 0),
        (Protocol::Http2, "close", 0),
    ] {
        let host = ReadyHost::new(|_: &SentRequest| common::answer(200, &[("Connection", value)]))
            .with_protocol(protocol);
        let user_agent = UserAgent::default();
        get(&user_agent, &host, &FetchController::new());
        get(&user_agent, &host, &FetchController::new());
        assert_eq!(host.take_sent()[1].connection.0, expected, "{value}");
    }
}

#[test]
fn codings_are_undone_in_pieces_and_counted() {
    // "hello" as gzip has it, without compression.
    const GZIP: &[u8] =
        b"\x1f\x8b\x08\0\0\0\0\0\0\x03\x01\x05\0\xfa\xffhello\x86\xa6\x10\x36\x05\0\0\0";
    let server = Writing::new(&[("Content-Encoding", "GZip")]);
    let host = ReadyHost::new(|sent: &SentRequest| server.answer(sent));
    let mut fetched = get(&UserAgent::default(), &host, &FetchController::new());
    let writer = server.writer();
    for byte in GZIP {
        writer.write(vec![*byte]);
    }
    assert_eq!(
        next(&mut fetched),
        chunk("h"),
        "what is there need not wait"
    );
    writer.close();
    let bytes = poll_once(body(&mut fetched).fully_read()).unwrap().unwrap();
    assert_eq!(bytes, "ello");
    let info = &fetched.response.internal().unwrap().body_info;
    assert_eq!((info.encoded_size(), info.decoded_size()), (28, 5));
    assert_eq!(info.content_encoding, "gzip");
}

#[test]
fn what_cannot_be_decoded_breaks_the_body_off_and_ends_the_fetch() {
    for in_pieces in [false, true] {
        let host = ReadyHost::new(|_: &SentRequest| {
            let body = if in_pieces {
                let (writer, body) = BodyStream::written();
                writer.write("not gzip at all");
                writer.close();
                body
            } else {
                "not gzip at all".into()
            };
            Ok(HttpResponse {
                header_list: [("Content-Encoding", "gzip")].into_iter().collect(),
                body,
                ..HttpResponse::default()
            })
        });
        let controller = FetchController::new();
        let mut fetched = get(&UserAgent::default(), &host, &controller);
        assert_eq!(fetched.response.status(), 200, "the head is there");
        let read = poll_once(body(&mut fetched).fully_read()).unwrap();
        assert!(matches!(
            read,
            Err(BodyError(BlockReason::ContentCoding(_)))
        ));
        assert!(controller.is_canceled());
    }
}

#[test]
fn whoever_watches_hears_of_the_upload_and_of_early_hints() {
    let host = ReadyHost::new(|_: &SentRequest| {
        let interim = |status| InterimResponse {
            status,
            header_list: [("Link", "</a>; rel=preload")].into_iter().collect(),
            at: Timestamp::from_secs(7),
        };
        Ok(HttpResponse {
            interim_responses: vec![interim(100), interim(103), interim(103)],
            ..HttpResponse::default()
        })
    });
    let heard = Rc::new(RefCell::new(Vec::new()));
    for body in [None, Some("hello")] {
        let controller = FetchController::new();
        let listener = Rc::clone(&heard);
        controller.observe(Rc::new(move |progress: Progress<'_>| {
            listener.borrow_mut().push(match progress {
                Progress::RequestBodyChunk(bytes) => format!("{bytes} bytes"),
                Progress::RequestEndOfBody => "end".to_owned(),
                Progress::EarlyHints(hints) => format!("{}", hints.status),
            });
        }));
        let mut request = cors(&page(PAGE), "POST", URL);
        request.body = body.map(Body::from_bytes);
        let user_agent = UserAgent::default();
        let trace = Trace::off();
        let fetched = fetch(&user_agent, &host, request, &controller, &trace);
        let timing = poll_once(fetched).unwrap().timing_info;
        assert_eq!(
            timing.first_interim_network_response_start_time,
            Timestamp::from_secs(7)
        );
    }
    assert_eq!(
        *heard.borrow(),
        ["end", "103", "103", "5 bytes", "end", "103", "103"]
    );
}

#[test]
fn a_stream_as_a_request_body_needs_more_than_http_1_1() {
    let asked = Cell::new(0);
    for (protocol, code) in [
        (Protocol::Http11, "stream-over-http1"),
        (Protocol::Http2, "unmodelled"),
    ] {
        let host = ReadyHost::new(|_: &SentRequest| {
            asked.set(asked.get() + 1);
            common::answer(200, &[])
        })
        .with_protocol(protocol);
        let (_writer, stream) = BodyStream::written();
        let mut request = cors(&page(PAGE), "POST", URL);
        request.body = Some(Body::from_stream(stream));
        let fetched = common::run(&UserAgent::default(), &host, request);
        assert_eq!(common::error(&fetched).reason.code(), code);
    }
    assert_eq!(asked.get(), 0);
}
