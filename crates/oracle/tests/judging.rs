//! What the oracle says about cases written in JSON.

#![allow(clippy::unwrap_used)]

use crossexam_oracle::{Case, CaseResult, Got, Oracle, Phase, Purpose, judge};
use serde_json::{Value, json};

fn judged(case: Value) -> CaseResult {
    let case: Case = serde_json::from_value(case).unwrap();
    let result = judge(&case).unwrap();
    assert!(result.unmodelled.is_empty(), "{:?}", result.unmodelled);
    result
}

fn reason(result: &CaseResult, step: usize) -> Option<&str> {
    result.steps[step].why.as_ref()?.reason.as_deref()
}

fn page() -> Value {
    json!({ "url": "https://charlie.example/page" })
}

#[test]
fn an_answer_that_allows_the_page_is_read_as_far_as_it_allows() {
    let result = judged(json!({
        "page": page(),
        "steps": [{ "fetch": { "url": "https://alice.example/a#part" } }],
        "answers": [{
            "reason": "Fine",
            "headers": [
                "Content-Type: text/plain",
                "Access-Control-Allow-Origin:https://charlie.example ",
                "Access-Control-Expose-Headers: X-One",
                "X-One: 1", "X-Two: 2", "Set-Cookie: a=b",
            ],
            "body": "hello",
        }],
    }));
    let expected = json!({
        "response": {
            "type": "cors", "status": 200, "status_text": "Fine",
            "url": "https://alice.example/a", "redirected": false,
            "headers": ["content-type: text/plain", "x-one: 1"],
            "body": "hello",
        }
    });
    assert_eq!(
        serde_json::to_value(&result.steps[0].page).unwrap(),
        expected
    );
    let request = &result.steps[0].requests[0];
    assert_eq!(request.url, "https://alice.example/a");
    assert_eq!(request.header("Origin"), Some("https://charlie.example"));
    assert_eq!(request.header("Referer"), Some("https://charlie.example/"));
}

#[test]
fn a_preflight_goes_before_and_is_remembered() {
    let call = json!({ "fetch": {
        "url": "https://alice.example/a", "method": "PUT", "headers": [["X-One", "1"]], "body": "text",
    } });
    let result = judged(json!({
        "page": page(),
        "steps": [call, { "wait": 599 }, call, { "wait": 2 }, call],
        "answers": [
            { "to": "preflight", "status": 204, "headers": [
                "Access-Control-Allow-Origin: *",
                "Access-Control-Allow-Methods: PUT",
                "Access-Control-Allow-Headers: x-one",
                "Access-Control-Max-Age: 600",
            ] },
            { "headers": ["Access-Control-Allow-Origin: *"] },
        ],
    }));
    let purposes = |step: usize| -> Vec<Purpose> {
        result.steps[step]
            .requests
            .iter()
            .map(|it| it.purpose)
            .collect()
    };
    assert_eq!(purposes(0), [Purpose::Preflight, Purpose::Actual]);
    assert_eq!(result.steps[1].page, Got::Waited(599));
    assert_eq!(purposes(2), [Purpose::Actual]);
    assert_eq!(purposes(4), [Purpose::Preflight, Purpose::Actual]);
    let preflight = &result.steps[0].requests[0];
    assert_eq!(preflight.method, "OPTIONS");
    assert_eq!(
        preflight.header("access-control-request-headers"),
        Some("x-one")
    );
}

#[test]
fn an_answer_is_chosen_by_hop_step_and_how_often_it_was_given() {
    let result = judged(json!({
        "page": page(),
        "steps": [
            { "fetch": { "url": "/0" } },
            { "fetch": { "url": "/1", "redirect": "error" } },
            { "fetch": { "url": "/2" } },
        ],
        "answers": [
            { "step": 0, "hop": 0, "status": 302, "headers": ["Location: /there"] },
            { "step": 0, "hop": 1, "body": "there" },
            { "times": 1, "status": 301, "headers": ["Location: /elsewhere"] },
        ],
    }));
    let response = result.steps[0].page.response().unwrap();
    assert!(response.redirected);
    assert_eq!(response.url, "https://charlie.example/there");
    assert_eq!(reason(&result, 1), Some("redirect/mode-error"));
    assert_eq!(result.steps[2].page.response().unwrap().status, 404);
}

#[test]
fn each_kind_of_document_has_its_origin() {
    for (kind, origin) in [
        ("window", "https://charlie.example"),
        ("sandboxed", "null"),
        ("srcdoc", "https://charlie.example"),
        ("sandboxed-srcdoc", "null"),
        ("data", "null"),
        ("blob", "https://charlie.example"),
        ("worker", "https://charlie.example"),
    ] {
        let result = judged(json!({
            "page": { "url": "https://charlie.example/page", "kind": kind },
            "steps": [{ "fetch": { "url": "https://alice.example/" } }],
            "answers": [{ "headers": [format!("Access-Control-Allow-Origin: {origin}")] }],
        }));
        assert_eq!(
            result.steps[0].requests[0].header("origin"),
            Some(origin),
            "{kind}"
        );
        assert!(result.steps[0].page.response().is_some(), "{kind}");
    }
}

#[test]
fn policies_come_with_the_page() {
    let asked = |headers: &[&str]| {
        judged(json!({
            "page": { "url": "https://charlie.example/page", "headers": headers },
            "steps": [{ "fetch": { "url": "https://alice.example/", "mode": "no-cors" } }],
        }))
    };
    let blocked = asked(&["Content-Security-Policy: connect-src 'self'"]);
    assert_eq!(reason(&blocked, 0), Some("content-security-policy"));
    assert!(blocked.steps[0].requests.is_empty());
    let silent = asked(&["Referrer-Policy: no-referrer"]);
    assert_eq!(silent.steps[0].requests[0].header("referer"), None);
    let sandboxed = asked(&["Content-Security-Policy: sandbox allow-scripts"]);
    assert_eq!(sandboxed.steps[0].requests[0].header("referer"), None);
}

#[test]
fn cookies_that_are_set_before_go_along_where_they_may() {
    let case = json!({
        "page": page(),
        "cookies": [
            { "at": "https://alice.example/", "set": "none=1; Secure; SameSite=None" },
            { "at": "https://alice.example/", "set": "strict=1; SameSite=Strict" },
            { "at": "https://alice.example/", "set": "__Secure-refused=1" },
        ],
        "steps": [
            { "fetch": { "url": "https://alice.example/", "mode": "no-cors", "credentials": "include" } },
            { "fetch": { "url": "https://alice.example/", "mode": "no-cors", "credentials": "omit" } },
        ],
    });
    let result = judged(case.clone());
    assert_eq!(result.steps[0].requests[0].header("cookie"), Some("none=1"));
    assert_eq!(result.steps[1].requests[0].header("cookie"), None);

    let case: Case = serde_json::from_value(case).unwrap();
    let firefox = Oracle::for_browser("firefox")
        .unwrap()
        .judge(&case)
        .unwrap();
    assert_eq!(firefox.steps[0].requests[0].header("cookie"), None);
}

#[test]
fn a_script_s_own_mistakes_are_results() {
    for (call, name) in [
        (json!({ "url": "https://" }), "TypeError"),
        (json!({ "url": "/", "method": "TRACE" }), "TypeError"),
        (json!({ "url": "/", "mode": "corrs" }), "TypeError"),
        (
            json!({ "url": "/", "headers": [["X", "\u{20ac}"]] }),
            "TypeError",
        ),
        (json!({ "url": "/", "body": "x" }), "TypeError"),
        (json!({ "url": "/", "window": "window" }), "TypeError"),
        (json!({ "url": "/", "signal": "aborted" }), "AbortError"),
    ] {
        let result = judged(json!({ "page": page(), "steps": [{ "fetch": call }] }));
        let expected = json!({ "error": { "name": name, "phase": "call" } });
        assert_eq!(
            serde_json::to_value(&result.steps[0].page).unwrap(),
            expected,
            "{call}"
        );
        assert!(result.steps[0].requests.is_empty(), "{call}");
    }
}

#[test]
fn a_body_that_cannot_be_decoded_fails_its_reader() {
    let result = judged(json!({
        "page": page(),
        "steps": [{ "fetch": { "url": "/" } }],
        "answers": [{ "headers": ["Content-Encoding: gzip"], "body": "this is no gzip" }],
    }));
    let Got::Error(error) = &result.steps[0].page else {
        panic!("{:?}", result.steps[0].page)
    };
    assert_eq!(error.phase, Phase::Body);
}

#[test]
fn bodies_are_sent_with_their_types() {
    for (body, content_type, sent) in [
        (
            json!("text"),
            Some("text/plain;charset=UTF-8"),
            json!("text"),
        ),
        (
            json!({ "base64": "/w==" }),
            None,
            json!({ "base64": "/w==" }),
        ),
        (
            json!({ "query": [["a b", "c"]] }),
            Some("application/x-www-form-urlencoded;charset=UTF-8"),
            json!("a+b=c"),
        ),
        (
            json!({ "blob": "x", "type": "text/css" }),
            Some("text/css"),
            json!("x"),
        ),
        (
            json!({ "form": [["a", "b"]] }),
            Some("multipart/form-data; boundary=----CrossexamFormBoundary"),
            json!(
                "------CrossexamFormBoundary\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb\r\n------CrossexamFormBoundary--\r\n"
            ),
        ),
    ] {
        let result = judged(json!({
            "page": page(),
            "steps": [{ "fetch": { "url": "/", "method": "POST", "body": body } }],
        }));
        let request = &result.steps[0].requests[0];
        assert_eq!(request.header("content-type"), content_type, "{body}");
        assert_eq!(serde_json::to_value(&request.body).unwrap(), sent, "{body}");
    }
}

#[test]
fn what_no_browser_is_known_for_is_unmodelled() {
    for answer in [
        json!({ "headers": ["no colon"] }),
        json!({ "headers": ["Bad Name: x"] }),
        json!({ "headers": ["X: a\u{0}b"] }),
        json!({ "status": 99 }),
        json!({ "status": 103 }),
    ] {
        let case = json!({
            "page": page(), "steps": [{ "fetch": { "url": "/" } }], "answers": [answer],
        });
        let case: Case = serde_json::from_value(case).unwrap();
        assert_eq!(judge(&case).unwrap().unmodelled.len(), 1, "{answer}");
    }
}

#[test]
fn a_case_that_makes_no_sense_is_malformed() {
    for (case, what) in [
        (
            json!({ "page": { "url": "nowhere" }, "steps": [] }),
            "`url`",
        ),
        (
            json!({ "page": { "url": "data:text/html,x" }, "steps": [] }),
            "origin",
        ),
        (
            json!({ "page": page(), "steps": [], "answers": [{ "body": { "base64": "?" } }] }),
            "Base64",
        ),
        (
            json!({ "page": { "url": "https://charlie.example/", "headers": ["x"] }, "steps": [] }),
            "header line",
        ),
    ] {
        let read: Case = serde_json::from_value(case).unwrap();
        let error = judge(&read).unwrap_err().to_string();
        assert!(error.contains(what), "{error}");
    }
}

#[test]
fn the_same_case_gives_the_same_result() {
    let case = json!({
        "page": { "url": "https://charlie.example/", "kind": "data" },
        "steps": [{ "fetch": { "url": "https://alice.example/", "method": "DELETE" } }],
    });
    assert_eq!(judged(case.clone()), judged(case));
}
