//! Replays the vectors of WebSocket handshakes and of server-sent events.

#![allow(clippy::unwrap_used)]

use crossexam_fetch::ready::{ReadyHost, poll_once};
use crossexam_fetch::response::InternalResponse;
use crossexam_fetch::websocket::{self, Handshake, HandshakeFailure};
use crossexam_fetch::{
    BlockReason, FetchController, HttpResponse, NetworkError, Response, UserAgent,
};
use crossexam_html::event_source::{EventStreamParser, Verdict, judge_response};
use crossexam_tests::vectors::{Input, Outcome, replay};
use crossexam_web::{Algorithm, Standard, Step, Trace};
use serde_json::{Value, json};

/// What came of a stream that arrives in these pieces.
fn interpret(input: &Input, pieces: &[&[u8]]) -> Value {
    let before = if input.has("last_event_id") {
        input.text("last_event_id")
    } else {
        String::new()
    };
    let mut parser = EventStreamParser::new(before);
    let mut events = Vec::new();
    for piece in pieces {
        parser.feed(piece, |event| {
            events.push(json!({
                "type": event.event_type,
                "data": event.data,
                "last_event_id": event.last_event_id,
            }));
        });
    }
    json!({
        "events": events,
        "last_event_id": parser.last_event_id(),
        "reconnection_time": parser
            .reconnection_time()
            .map(|time| u64::try_from(time.as_millis()).unwrap()),
    })
}

#[test]
fn event_stream_interpretation() {
    replay("html/event-stream-interpretation", |input| {
        let stream = input.bytes("stream");
        let whole = interpret(input, &[&stream]);
        for cut in 0..stream.len().min(100) {
            let (first, second) = stream.split_at(cut);
            assert_eq!(interpret(input, &[first, second]), whole, "cut at {cut}");
        }
        Outcome::result(whole)
    });
}

#[test]
fn event_source_responses() {
    static ALGORITHM: Algorithm = Algorithm {
        standard: Standard::Fetch,
        id: "concept-network-error",
        name: "network error",
    };
    static STEP: Step = Step {
        algorithm: &ALGORITHM,
        number: "1",
        text: "",
    };
    replay("html/dom-eventsource", |input| {
        let status = u16::try_from(input.number("status")).unwrap();
        let response: Response = if status == 0 {
            let reason = if input.has("aborted") && input.flag("aborted") {
                BlockReason::Aborted
            } else {
                BlockReason::TooManyRedirects
            };
            NetworkError::new(reason, &STEP).into()
        } else {
            let mut response = InternalResponse::new();
            response.status = status;
            response.header_list = input.headers("headers");
            response.into()
        };
        Outcome::result(match judge_response(&response) {
            Verdict::Announce => "announce",
            Verdict::Reestablish => "reestablish",
            Verdict::Fail => "fail",
        })
    });
}

#[test]
fn web_socket_handshakes() {
    replay("websockets/concept-websocket-establish", |input| {
        let nonce = u128::from_str_radix(&input.text("nonce"), 16).unwrap();
        let handshake = Handshake {
            url: "wss://alice.example/chat".parse().unwrap(),
            protocols: input
                .list("protocols")
                .iter()
                .map(|name| String::from_utf8(name.to_vec()).unwrap())
                .collect(),
            nonce: nonce.to_be_bytes(),
        };
        let status = u16::try_from(input.number("status")).unwrap();
        let host = ReadyHost::new(|_| {
            let (near, _) = websocket::connection();
            Ok(HttpResponse {
                status,
                header_list: input.headers("headers"),
                upgrade: (status == 101).then_some(near),
                ..HttpResponse::default()
            })
        });
        let outcome = poll_once(websocket::establish_a_websocket_connection(
            &UserAgent::default(),
            &host,
            &handshake,
            websocket::handshake_request(&handshake, None),
            &FetchController::new(),
            &Trace::off(),
        ));
        match outcome.unwrap().result {
            Ok(established) => Outcome::result(json!({
                "protocol": established.protocol,
                "extensions": established.extensions,
            })),
            Err((failure, _)) => Outcome::failure_because(match failure {
                HandshakeFailure::NetworkError | HandshakeFailure::NoConnection => "network-error",
                HandshakeFailure::Status { .. } => "status",
                HandshakeFailure::NoProtocol => "no-protocol",
                HandshakeFailure::Upgrade { .. } => "upgrade",
                HandshakeFailure::Connection { .. } => "connection",
                HandshakeFailure::Accept { .. } => "accept",
                HandshakeFailure::Extension { .. } => "extension",
                HandshakeFailure::Protocol { .. } => "protocol",
            }),
        }
    });
}
