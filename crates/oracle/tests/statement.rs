//! The model against the independent statement of the protocol, and the statement against what it must not let pass.

#![allow(clippy::unwrap_used)]

use crossexam_fetch::Choices;
use crossexam_oracle::fuzz::{agrees, fuzz};
use crossexam_oracle::statement::breaches;
use crossexam_oracle::strategies;
use crossexam_oracle::{Case, CaseResult, Got, Oracle, Purpose, judge};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

#[test]
fn model_and_statement_agree_on_ten_thousand_cases() {
    if let Err(disagreement) = fuzz(&Oracle::for_browser("standard").unwrap(), 10_000, 1) {
        panic!(
            "{}\n{}",
            disagreement.why,
            serde_json::to_string_pretty(&disagreement.case).unwrap()
        );
    }
}

/// A browser that remembers no permission is found out, and the case is made as small as it can be.
#[test]
fn a_disagreement_is_found_and_made_small() {
    let forgetful = Oracle::with_choices(Choices {
        preflight_max_age_limit: Some(0),
        ..Choices::default()
    });
    let disagreement = fuzz(&forgetful, 10_000, 1).unwrap_err();
    assert_eq!(
        agrees(&forgetful, &disagreement.case),
        Err(disagreement.why.clone())
    );
    let promise = "what is permitted is not asked for again";
    assert!(disagreement.why.contains(promise), "{}", disagreement.why);
    let steps = &disagreement.case.steps;
    // Two calls, or one that comes by the same URL twice.
    assert!(steps.len() <= 2, "{steps:?}");
    assert_eq!(disagreement.case.cookies, []);
}

/// What was once wrong, in the model or in the statement, and what is worth keeping.
#[test]
fn they_agree_on_the_vectors() {
    let oracle = Oracle::for_browser("standard").unwrap();
    for (number, line) in include_str!("vectors.jsonl").lines().enumerate() {
        let case: Case = serde_json::from_str(line).unwrap();
        if let Err(why) = agrees(&oracle, &case) {
            panic!("line {}: {why}", number + 1);
        }
    }
}

/// Agreement on cases in which nothing happens would be worth nothing.
#[test]
fn the_generated_cases_reach_what_they_are_about() {
    let mut runner = TestRunner::deterministic();
    let mut seen = [0_u32; 7];
    for _ in 0..2000 {
        let case = strategies::case().new_tree(&mut runner).unwrap().current();
        let result = judge(&case).unwrap();
        let mut count = |which: usize, is: bool| seen[which] += u32::from(is);
        for step in &result.steps {
            let response = step.page.response();
            let preflights = step
                .requests
                .iter()
                .filter(|it| it.purpose == Purpose::Preflight)
                .count();
            count(0, response.is_some_and(|it| it.kind == "cors"));
            count(1, response.is_some_and(|it| it.kind == "opaque"));
            count(2, response.is_some_and(|it| it.redirected));
            count(3, preflights > 0 && response.is_some());
            count(4, preflights > 0 && response.is_none());
            let unsafe_method = |method: &str| !matches!(method, "GET" | "HEAD" | "POST");
            let remembered = response.is_some_and(|it| it.kind == "cors")
                && preflights == 0
                && step.requests.iter().any(|it| unsafe_method(&it.method));
            count(5, remembered);
            count(
                6,
                matches!(&step.page, Got::Error(_)) && !step.requests.is_empty(),
            );
        }
    }
    assert!(seen.iter().all(|count| *count >= 20), "{seen:?}");
}

fn both(case: Value) -> (Case, CaseResult) {
    let case: Case = serde_json::from_value(case).unwrap();
    let result = judge(&case).unwrap();
    assert_eq!(breaches(&case, &result), []);
    (case, result)
}

/// A case in which everything is permitted, with a method that needs it.
fn permitted(more: Value) -> (Case, CaseResult) {
    let mut call =
        json!({ "url": "https://alice.example/", "method": "PUT", "headers": [["X-One", "1"]] });
    call.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    both(json!({
        "page": { "url": "https://charlie.example/" },
        "steps": [{ "fetch": call }],
        "answers": [
            { "to": "preflight", "headers": [
                "Access-Control-Allow-Origin: https://charlie.example", "Access-Control-Allow-Credentials: true",
                "Access-Control-Allow-Methods: PUT", "Access-Control-Allow-Headers: x-one",
            ] },
            { "headers": [
                "Access-Control-Allow-Origin: https://charlie.example", "Access-Control-Allow-Credentials: true",
                "X-Secret: 1",
            ] },
        ],
    }))
}

/// The promises that a result breaks once it is spoilt.
fn broken(
    (case, mut result): (Case, CaseResult),
    spoil: impl FnOnce(&mut Case, &mut CaseResult),
) -> Vec<&'static str> {
    let mut case = case;
    spoil(&mut case, &mut result);
    breaches(&case, &result)
        .into_iter()
        .map(|it| it.promise)
        .collect()
}

#[test]
fn the_statement_notices_what_is_sent_without_permission() {
    let promises = broken(permitted(json!({})), |_, result| {
        result.steps[0].requests.remove(0);
    });
    assert_eq!(promises, ["what a form could not send is permitted first"]);
    // The server permits less than it did when the result was made.
    for (line, other) in [
        (2, "Access-Control-Allow-Methods: GET"),
        (3, "Access-Control-Allow-Headers: x-two"),
        (0, "Access-Control-Allow-Origin: https://bob.example"),
        (2, "Access-Control-Allow-Methods: PUT;"),
    ] {
        let promises = broken(permitted(json!({})), |case, _| {
            case.answers[0].headers[line] = other.to_owned();
        });
        let expected = [
            "nothing is sent after the end",
            "who has no permission reads nothing",
        ];
        assert_eq!(promises, expected, "{other}");
    }
    let promises = broken(permitted(json!({})), |case, _| case.answers[0].status = 404);
    assert!(promises.contains(&"nothing is sent after the end"));
}

#[test]
fn the_statement_notices_what_is_read_without_permission() {
    for (line, other) in [
        (0, "Access-Control-Allow-Origin: *"),
        (0, "Access-Control-Allow-Origin: https://charlie.example/"),
        (0, "Access-Control-Allow-Origin: https://charlie.example, *"),
        (1, "Access-Control-Allow-Credentials: True"),
    ] {
        let promises = broken(permitted(json!({ "credentials": "include" })), |case, _| {
            case.answers[1].headers[line] = other.to_owned();
        });
        assert_eq!(promises, ["who has no permission reads nothing"], "{other}");
    }
    let promises = broken(permitted(json!({})), |_, result| {
        let Got::Response(response) = &mut result.steps[0].page else {
            panic!()
        };
        response.headers.push("x-secret: 1".to_owned());
    });
    assert_eq!(
        promises,
        ["headers are read that are exposed, and no others"]
    );
}

#[test]
fn the_statement_notices_what_is_kept_back_without_reason() {
    let promises = broken(permitted(json!({})), |case, result| {
        case.answers[1].headers.clear();
        *result = judge(case).unwrap();
        case.answers[1]
            .headers
            .push("Access-Control-Allow-Origin: *".to_owned());
    });
    assert_eq!(promises, ["what is shared is read"]);
}

#[test]
fn the_statement_notices_wrong_headers() {
    for (request, name, value, promise) in [
        (
            1,
            "Cookie",
            "a=b",
            "credentials go where the script lets them",
        ),
        (0, "Cookie", "a=b", "a preflight has no credentials"),
        (0, "Authorization", "x", "a preflight has no credentials"),
    ] {
        let promises = broken(permitted(json!({ "credentials": "omit" })), |_, result| {
            result.steps[0].requests[request]
                .headers
                .push(format!("{name}: {value}"));
        });
        assert_eq!(promises, [promise], "{name}");
    }
    for (request, from, to, promise) in [
        (
            1,
            "Origin: https://charlie.example",
            "Origin: https://alice.example",
            "Origin is the page's",
        ),
        (
            0,
            "Origin: https://charlie.example",
            "Origin: null",
            "Origin is the page's",
        ),
        (
            0,
            "Access-Control-Request-Headers: x-one",
            "Access-Control-Request-Headers: x-two",
            "a preflight names the headers that need permission",
        ),
    ] {
        let promises = broken(permitted(json!({})), |_, result| {
            for line in &mut result.steps[0].requests[request].headers {
                if line == from {
                    *line = to.to_owned();
                }
            }
        });
        assert!(promises.contains(&promise), "{to}: {promises:?}");
    }
}

#[test]
fn the_statement_notices_needless_preflights() {
    let (case, mut result) = permitted(json!({}));
    let mut twice = case;
    twice.steps.push(twice.steps[0].clone());
    result.steps.push(result.steps[0].clone());
    let promises: Vec<_> = breaches(&twice, &result)
        .into_iter()
        .map(|it| it.promise)
        .collect();
    assert_eq!(promises, ["what is permitted is not asked for again"]);
}
