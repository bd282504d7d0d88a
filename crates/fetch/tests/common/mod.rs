//! A page, a server that is a function, and a fetch between them.
#![allow(dead_code, reason = "each test file uses its part")]
#![allow(unreachable_pub, missing_docs)]

use std::rc::Rc;

use bytes::Bytes;
use crossexam_fetch::body::BodyStream;
use crossexam_fetch::ready::{ReadyHost, SentRequest, poll_once};
use crossexam_fetch::request::Mode;
use crossexam_fetch::{
    Environment, FetchController, Fetched, GlobalObject, HttpResponse, NetworkError,
    NetworkFailure, PolicyContainer, Request, UserAgent, fetch,
};
use crossexam_web::{Origin, Trace};
use url::Url;

pub type Answer = Result<HttpResponse, NetworkFailure>;

pub fn url(text: &str) -> Url {
    text.parse().expect("a URL")
}

pub fn page(address: &str) -> Rc<Environment> {
    let url = url(address);
    let origin = Origin::of_url(&url).expect("a tuple origin");
    environment(&url, origin)
}

/// A document with an opaque origin, as in a sandboxed frame.
pub fn sandboxed(address: &str) -> Rc<Environment> {
    environment(&url(address), Origin::opaque(7))
}

fn environment(url: &Url, origin: Origin) -> Rc<Environment> {
    let is_opaque = origin.is_opaque();
    Rc::new(Environment {
        id: 1,
        creation_url: url.clone(),
        top_level_creation_url: url.clone(),
        top_level_origin: Origin::of_url(url),
        origin,
        api_base_url: url.clone().into(),
        policy_container: PolicyContainer::default().into(),
        has_cross_site_ancestor: false,
        has_trustworthy_ancestor: false,
        global: GlobalObject::Window {
            traversable: Some(1),
            nested: false,
        },
        secure_context: true,
        cross_origin_isolated_capability: false,
        referrer_source: (!is_opaque).then(|| url.clone()).into(),
        insecure_requests: Default::default(),
        fetch_group: Default::default(),
        cache: Default::default(),
    })
}

/// What `fetch()` makes of its defaults: mode "cors", unsafe-request set.
pub fn cors(client: &Rc<Environment>, method: &'static str, address: &str) -> Request {
    let mut request = Request::new(url(address));
    request.client = Some(Rc::clone(client));
    request.mode = Mode::Cors;
    request.unsafe_request = true;
    request.method = Bytes::from_static(method.as_bytes());
    request
}

pub fn answer(status: u16, headers: &[(&'static str, &'static str)]) -> Answer {
    Ok(HttpResponse {
        status,
        status_message: Bytes::new(),
        header_list: headers.iter().copied().collect(),
        body: BodyStream::whole("secret"),
        ..HttpResponse::default()
    })
}

pub fn run<S>(user_agent: &UserAgent, host: &ReadyHost<S>, request: Request) -> Fetched
where
    S: Fn(&SentRequest) -> Answer,
{
    poll_once(fetch(
        user_agent,
        host,
        request,
        &FetchController::new(),
        &Trace::off(),
    ))
    .expect("ready")
}

/// Runs one request against a server that always answers alike.
pub fn run_against(
    request: Request,
    reply: impl Fn(&SentRequest) -> Answer,
) -> (Fetched, Vec<SentRequest>) {
    let host = ReadyHost::new(reply);
    let fetched = run(&UserAgent::default(), &host, request);
    (fetched, host.take_sent())
}

pub fn error(fetched: &Fetched) -> &NetworkError {
    fetched
        .response
        .network_error()
        .unwrap_or_else(|| panic!("no network error: {:?}", fetched.response))
}

pub fn step(fetched: &Fetched) -> String {
    error(fetched).step.to_string()
}

pub fn header<'a>(sent: &'a SentRequest, name: &str) -> Option<&'a str> {
    sent.header_list
        .iter()
        .find(|header| header.name.eq_ignore_ascii_case(name.as_bytes()))
        .map(|header| std::str::from_utf8(&header.value).expect("text"))
}
