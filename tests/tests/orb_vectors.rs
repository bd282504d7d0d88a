//! Replays the vectors of opaque response blocking, each as a whole fetch.

#![allow(clippy::unwrap_used)]

use crossexam_fetch::opaque_response_blocking::OpaqueResponseBlocking;
use crossexam_fetch::ready::{ReadyHost, poll_once};
use crossexam_fetch::request::{
    Destination, MediaRequestState, Mode, translate_a_potential_destination,
};
use crossexam_fetch::{
    BlockReason, Choices, FetchController, HttpResponse, Request, UserAgent, fetch,
};
use crossexam_tests::vectors::{Outcome, replay};
use crossexam_web::{Host, Origin, Trace};

#[test]
fn opaque_response_blocking() {
    replay("orb/orbs-algorithm", |input| {
        let choices = Choices {
            opaque_response_blocking: OpaqueResponseBlocking::from_keyword(&input.text("choice"))
                .unwrap(),
            ..Choices::default()
        };
        let host = ReadyHost::new(|_| {
            Ok(HttpResponse {
                status: u16::try_from(input.number("status")).unwrap(),
                header_list: input.headers("headers"),
                body: input.bytes("body").into(),
                ..HttpResponse::default()
            })
        })
        .with_script_parser(crossexam_js::parses_as_script);
        let mut request = Request::new("https://alice.example/secret".parse().unwrap());
        request.mode = Mode::NoCors;
        request.destination = if input.has("destination") {
            translate_a_potential_destination(&input.text("destination")).unwrap()
        } else {
            Destination::Image
        };
        request.origin = Some(Origin::tuple(
            "https",
            Host::Domain("charlie.example".into()),
            None,
        ));
        if input.has("media_request_state") {
            request.media_request_state = match input.text("media_request_state").as_str() {
                "initial" => MediaRequestState::Initial,
                _ => MediaRequestState::Subsequent,
            };
            // Parts are asked for.
            request.header_list.append("Range", "bytes=0-");
        }
        let fetched = poll_once(fetch(
            &UserAgent::new(choices),
            &host,
            request,
            &FetchController::new(),
            &Trace::off(),
        ));
        let response = fetched.unwrap().response;
        let sent = input.bytes("body");
        let arrived = response
            .internal()
            .and_then(|it| it.body.as_ref()?.known_bytes());
        match response.network_error() {
            None if arrived.is_some_and(|it| it.is_empty()) && !sent.is_empty() => {
                Outcome::result("emptied")
            }
            None => Outcome::result("allowed"),
            Some(error) => match &error.reason {
                BlockReason::OpaqueResponse { .. } => Outcome::result("blocked"),
                other => Outcome::result(other.to_string()),
            },
        }
    });
}
