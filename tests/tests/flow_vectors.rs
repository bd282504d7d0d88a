//! Replays the vectors of who may read a response, of what is told of a fetch and of what ends with its page: one function
//! a file.

#![allow(clippy::unwrap_used)]

use std::rc::Rc;

use crossexam_fetch::body::BodyStream;
use crossexam_fetch::cors_check::cors_check;
use crossexam_fetch::fetch_timing::{TimingInfo, extract_full_timing_info};
use crossexam_fetch::ready::{ReadyHost, poll_once};
use crossexam_fetch::request::{CredentialsMode, Destination, InitiatorType, Mode, RedirectTaint};
use crossexam_fetch::response::{
    ActualResponse, BodyInfo, CacheState, Filter, InternalResponse, Response,
};
use crossexam_fetch::{
    BlockReason, ControllerState, Environment, FetchController, Fetched, GlobalObject,
    HttpResponse, NetworkError, PolicyContainer, Request, UserAgent, fetch,
};
use crossexam_tests::vectors::{Input, Outcome, replay};
use crossexam_web::{Origin, Timestamp, Trace};
use serde_json::{Value, json};
use url::Url;

fn url(text: &str) -> Url {
    text.parse().unwrap()
}

fn texts(input: &Input, field: &str) -> Vec<String> {
    let list = input.list(field);
    list.iter()
        .map(|bytes| String::from_utf8(bytes.to_vec()).unwrap())
        .collect()
}

/// An origin by a URL of it; `opaque` for an opaque one.
fn origin(text: &str) -> Origin {
    match text {
        "opaque" => Origin::opaque(7),
        text => Origin::of_url(&url(text)).unwrap(),
    }
}

/// A request by its `origin` and `urls`.
fn request(input: &Input) -> Request {
    let mut urls = texts(input, "urls").into_iter();
    let mut request = Request::new(url(&urls.next().unwrap()));
    request.url_list.extend(urls.map(|text| url(&text)));
    request.origin = Some(origin(&input.text("origin")));
    request
}

#[test]
fn who_may_read_a_response() {
    replay("concept-cors-check", |input| {
        let mut request = request(input);
        request.credentials_mode =
            CredentialsMode::from_keyword(&input.text("credentials")).unwrap();
        let response = InternalResponse {
            header_list: input.headers("headers"),
            ..InternalResponse::new()
        };
        match cors_check(&request, &response, &Trace::off()) {
            Ok(_) => Outcome::result(true),
            Err((failure, _)) => Outcome::failure_because(failure.code()),
        }
    });
}

/// A response that took a while to come.
fn timed_response(input: &Input) -> Response {
    let internal = InternalResponse {
        status: 200,
        header_list: input.headers("headers"),
        timing_allow_passed: input.flag("timing_allow_passed"),
        redirect_taint: RedirectTaint::from_keyword(&input.text("redirect_taint")).unwrap(),
        cache_state: CacheState::Local,
        body_info: BodyInfo {
            encoded_size: 10,
            decoded_size: 20,
            ..BodyInfo::default()
        },
        ..InternalResponse::new()
    };
    let filter = match &input.text("type")[..] {
        "basic" => Filter::Basic,
        "cors" => Filter::Cors,
        "opaque" => Filter::Opaque,
        "opaqueredirect" => Filter::OpaqueRedirect,
        "error" => {
            let step = cors_check(
                &Request {
                    origin: Some(Origin::opaque(1)),
                    ..Request::new(url("https://alice.example/"))
                },
                &InternalResponse::new(),
                &Trace::off(),
            )
            .unwrap_err()
            .1;
            return NetworkError::new(BlockReason::InvalidDataUrl, step).into();
        }
        other => panic!("{other:?} is no type"),
    };
    Response::Actual(Box::new(ActualResponse { filter, internal }))
}

fn seconds(time: Timestamp) -> Value {
    time.as_secs().into()
}

#[test]
fn what_resource_timing_is_told() {
    replay("fetch-finale", |input| {
        let at = Timestamp::from_secs;
        let mut request = Request::new(url(&input.text("url")));
        request.mode = Mode::from_keyword(&input.text("mode")).unwrap();
        request.initiator_type = input
            .optional_text("initiator_type")
            .map(|text| InitiatorType::from_keyword(&text).unwrap());
        let fetched = Fetched {
            response: timed_response(input),
            passed: None,
            request,
            timing_info: TimingInfo {
                start_time: at(1),
                redirect_start_time: Some(at(1)),
                redirect_end_time: Some(at(2)),
                post_redirect_start_time: at(2),
                final_network_request_start_time: at(3),
                final_network_response_start_time: at(4),
                ..TimingInfo::default()
            },
        };
        let steps = fetched.report_timing_steps();
        let Some(told) = steps.report_timing(&fetched.response, at(5)) else {
            return Outcome::result(Value::Null);
        };
        let times = &told.timing_info;
        Outcome::result(json!({
            "requested_url": told.requested_url.as_str(),
            "initiator_type": told.initiator_type.as_str(),
            "start_time": seconds(times.start_time),
            "redirect_start_time": times.redirect_start_time.map(seconds),
            "post_redirect_start_time": seconds(times.post_redirect_start_time),
            "response_start_time": seconds(times.final_network_response_start_time),
            "end_time": seconds(times.end_time),
            "cache_state": match told.cache_state {
                CacheState::None => "",
                CacheState::Local => "local",
                CacheState::Validated => "validated",
            },
            "encoded_size": told.body_info.encoded_size(),
            "decoded_size": told.body_info.decoded_size(),
            "content_type": told.body_info.content_type,
            "response_status": told.response_status,
        }))
    });
}

#[test]
fn full_timing_info() {
    replay("extract-full-timing-info", |input| {
        let info = input.flag("has_full_timing_info").then(TimingInfo::default);
        let extracted = extract_full_timing_info(info.clone());
        Outcome::result(if extracted == info && extracted.is_some() {
            Value::from("the same")
        } else {
            Value::Null
        })
    });
}

#[test]
fn what_ends_with_its_page() {
    replay("concept-fetch-group-terminate", |input| {
        let page = url("https://charlie.example/");
        let environment = Rc::new(Environment {
            id: 1,
            creation_url: page.clone(),
            top_level_origin: Origin::of_url(&page),
            origin: origin(page.as_str()),
            api_base_url: page.clone().into(),
            top_level_creation_url: page,
            policy_container: PolicyContainer::default().into(),
            has_cross_site_ancestor: false,
            has_trustworthy_ancestor: false,
            global: GlobalObject::Worker,
            secure_context: true,
            cross_origin_isolated_capability: false,
            referrer_source: None.into(),
            insecure_requests: Default::default(),
            fetch_group: Default::default(),
            cache: Default::default(),
        });
        let mut request = Request::new(url("https://charlie.example/x"));
        request.client = Some(Rc::clone(&environment));
        request.mode = Mode::Cors;
        request.keepalive = input.flag("keepalive");
        if input.has("destination") {
            request.destination = Destination::from_keyword(&input.text("destination")).unwrap();
        }
        let (writer, stream) = BodyStream::written();
        let answer = std::cell::RefCell::new(Some(stream));
        let host = ReadyHost::new(|_| {
            Ok(HttpResponse {
                status: 200,
                body: answer.take().unwrap_or_default(),
                ..HttpResponse::default()
            })
        });
        let (user_agent, controller) = (UserAgent::default(), FetchController::new());
        let trace = Trace::off();
        let mut fetched =
            poll_once(fetch(&user_agent, &host, request, &controller, &trace)).unwrap();
        if input.flag("body_has_ended") {
            writer.close();
            let body = fetched.response.body_mut().unwrap();
            poll_once(body.fully_read()).unwrap().unwrap();
        }
        environment.fetch_group.terminate();
        Outcome::result(match controller.state() {
            ControllerState::Ongoing => "ongoing",
            ControllerState::Terminated => "terminated",
            ControllerState::Aborted => "aborted",
        })
    });
}
