//! Replays the vectors of requests, responses and bodies: one function a file.

#![allow(clippy::unwrap_used)]

use bytes::Bytes;
use crossexam_fetch::body::{BodySource, BodyStream};
use crossexam_fetch::cookie_header::serialized_cookie_default_path;
use crossexam_fetch::http_redirect_fetch::location_url;
use crossexam_fetch::origin_header::{
    append_a_request_origin_header, byte_serialize_a_request_origin, redirect_taint,
    serialize_a_request_origin,
};
use crossexam_fetch::ready::poll_once;
use crossexam_fetch::request::{Mode, ResponseTainting, translate_a_potential_destination};
use crossexam_fetch::response::InternalResponse;
use crossexam_fetch::tao_check::navigation_tao_check;
use crossexam_fetch::{Body, ReferrerPolicy, Request, Response};
use crossexam_tests::vectors::{Input, Outcome, bytes_value, replay};
use crossexam_web::header_value::extract_header_values;
use crossexam_web::{Origin, Trace};
use serde_json::{Value, json};
use url::Url;

/// `vector!(function_name, "file", |input| outcome);`
macro_rules! vector {
    ($name:ident, $stem:literal, $algorithm:expr) => {
        #[test]
        fn $name() {
            replay($stem, $algorithm);
        }
    };
}

fn url(input: &Input, field: &str) -> Url {
    input.text(field).parse().unwrap()
}

fn origin(text: &str) -> Origin {
    match text {
        "opaque" => Origin::opaque(7),
        url => Origin::of_url(&url.parse().unwrap()).unwrap(),
    }
}

/// A request of `origin` that went to `urls` one after the other.
fn request(input: &Input) -> Request {
    let urls = input.list("urls");
    let mut urls = urls
        .iter()
        .map(|url| std::str::from_utf8(url).unwrap().parse::<Url>().unwrap());
    let mut request = Request::new(urls.next().unwrap());
    request.url_list.extend(urls);
    request.origin = Some(origin(&input.text("origin")));
    request
}

fn response(input: &Input) -> InternalResponse {
    let mut response = InternalResponse::new();
    if input.has("status") {
        response.status = u16::try_from(input.number("status")).unwrap();
    }
    if input.has("headers") {
        response.header_list = input.headers("headers");
    }
    for url in input.list("urls") {
        let url = std::str::from_utf8(&url).unwrap().parse().unwrap();
        response.url_list.push(url);
    }
    response
}

/// A body that comes in the chunks given.
fn body(input: &Input) -> Body {
    let (writer, stream) = BodyStream::written();
    for chunk in input.list("chunks") {
        writer.write(chunk);
    }
    writer.close();
    Body::from_stream(stream)
}

fn read(body: Option<&mut Body>) -> Value {
    body.map_or(Value::Null, |body| {
        bytes_value(&poll_once(body.fully_read()).unwrap().unwrap())
    })
}

vector!(cookie_path, "serialized-cookie-default-path", |input| {
    Outcome::result(serialized_cookie_default_path(&url(input, "url")))
});

vector!(taint, "concept-request-tainted-origin", |input| {
    Outcome::result(redirect_taint(&request(input)).as_str())
});

vector!(serialize_origin, "serializing-a-request-origin", |input| {
    let request = request(input);
    let serialized = serialize_a_request_origin(&request);
    assert_eq!(serialized, byte_serialize_a_request_origin(&request));
    Outcome::result(serialized)
});

vector!(origin_header, "append-a-request-origin-header", |input| {
    let mut request = request(input);
    request.method = input.bytes("method");
    request.mode = Mode::from_keyword(&input.text("mode")).unwrap();
    request.response_tainting =
        ResponseTainting::from_keyword(&input.text("response_tainting")).unwrap();
    request.referrer_policy = ReferrerPolicy::from_keyword(&input.text("referrer_policy"));
    append_a_request_origin_header(&mut request, Default::default(), &Trace::off());
    let value = request.header_list.get(b"Origin");
    Outcome::result(value.map_or(Value::Null, |value| bytes_value(&value)))
});

vector!(range_header, "concept-request-add-range-header", |input| {
    let mut request = Request::new("https://alice.example/".parse().unwrap());
    let last = input.has("last").then(|| input.number("last"));
    request.add_a_range_header(input.number("first"), last);
    Outcome::result(bytes_value(&request.header_list.get(b"Range").unwrap()))
});

vector!(
    translate,
    "concept-potential-destination-translate",
    |input| {
        match translate_a_potential_destination(&input.text("potential_destination")) {
            Some(destination) => Outcome::result(destination.as_str()),
            None => Outcome::failure(),
        }
    }
);

vector!(location, "concept-response-location-url", |input| {
    let fragment = input.optional_text("request_fragment");
    match location_url(&response(input), fragment.as_deref()) {
        Ok(url) => Outcome::result(url.map_or(Value::Null, |url| url.as_str().into())),
        Err(_) => Outcome::failure(),
    }
});

vector!(
    url_for_reporting,
    "serialize-a-response-url-for-reporting",
    |input| Outcome::result(response(input).serialize_the_url_for_reporting())
);

vector!(navigation_tao, "navigation-tao-check", |input| {
    let mut response = InternalResponse::new();
    for redirect in input.inner("redirects", "values") {
        let values = redirect.list("values");
        let text = |value: &Bytes| std::str::from_utf8(value).unwrap().to_owned();
        response
            .navigation_timing_allow_values
            .push(values.iter().map(text).collect());
    }
    let destination = origin(&input.text("destination_origin"));
    let outcome = navigation_tao_check(&response, &destination);
    Outcome::result(if outcome.is_ok() {
        "success"
    } else {
        "failure"
    })
});

vector!(header_values, "extract-header-values", |input| {
    match extract_header_values(&input.bytes("name"), &input.bytes("value")) {
        Ok(values) => Outcome::result(values.iter().map(|it| bytes_value(it)).collect::<Value>()),
        Err(_) => Outcome::failure(),
    }
});

vector!(incrementally, "body-incrementally-read", |input| {
    let mut chunks = Vec::new();
    let mut body = body(input);
    poll_once(body.incrementally_read(|chunk| chunks.push(bytes_value(&chunk))))
        .unwrap()
        .unwrap();
    Outcome::result(chunks)
});

vector!(fully, "body-fully-read", |input| {
    Outcome::result(read(Some(&mut body(input))))
});

vector!(clone_body, "concept-body-clone", |input| {
    let mut body = body(input);
    let mut clone = body.clone_a_body();
    let both = [read(Some(&mut body)), read(Some(&mut clone))];
    Outcome::result(json!(both))
});

vector!(clone_request, "concept-request-clone", |input| {
    let mut request = Request::new(url(input, "url"));
    request.body = input.has("chunks").then(|| body(input));
    let mut clone = request.clone_a_request();
    assert!(
        clone
            .body
            .as_ref()
            .is_none_or(|body| matches!(body.source, BodySource::Null))
    );
    // A change to the one is none to the other.
    clone.header_list.append("X", "1");
    assert!(request.header_list.is_empty());
    let both = [
        read(request.body.as_mut()),
        read(clone.body.as_mut()),
        clone.url().as_str().into(),
    ];
    Outcome::result(json!(both))
});

vector!(clone_response, "concept-response-clone", |input| {
    let mut internal = response(input);
    internal.body = input.has("chunks").then(|| body(input));
    let mut response = Response::from(internal);
    let mut clone = response.clone_a_response();
    let both = [
        read(response.body_mut()),
        read(clone.body_mut()),
        clone.status().into(),
    ];
    Outcome::result(json!(both))
});
