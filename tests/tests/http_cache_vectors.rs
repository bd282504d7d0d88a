//! Replays the vectors of the HTTP cache: `tests/vectors/http-cache/`.

#![allow(clippy::unwrap_used)]

use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use crossexam_fetch::host::NetworkPartitionKey;
use crossexam_fetch::http_cache::cache_control::{NoCache, RequestDirectives, ResponseDirectives};
use crossexam_fetch::http_cache::http_date::parse_an_http_date;
use crossexam_fetch::http_cache::{Freshness, HttpCache, Limits, StoredResponse, Times};
use crossexam_tests::vectors::{Input, Outcome, headers_value, list_value, replay};
use crossexam_web::{HeaderList, Origin, Timestamp};
use serde_json::{Value, json};
use url::Url;

/// 2026-01-01T00:00:00Z.
const NOW: Timestamp = Timestamp::from_secs(1_767_225_600);

fn headers_or_none(input: &Input, field: &str) -> HeaderList {
    if input.has(field) {
        input.headers(field)
    } else {
        HeaderList::new()
    }
}

fn number_or(input: &Input, field: &str, otherwise: u64) -> u64 {
    if input.has(field) {
        input.number(field)
    } else {
        otherwise
    }
}

fn status(input: &Input) -> u16 {
    u16::try_from(number_or(input, "status", 200)).unwrap()
}

/// So many seconds after [`NOW`].
fn time(input: &Input, field: &str) -> Timestamp {
    NOW + Duration::from_secs(number_or(input, field, 0))
}

fn times(input: &Input) -> Times {
    Times {
        request: time(input, "sent_at"),
        response: time(input, "received_at"),
    }
}

fn stored(input: &Input, body: &str) -> Option<StoredResponse> {
    StoredResponse::new(
        &headers_or_none(input, "request_headers"),
        status(input),
        Bytes::new(),
        &headers_or_none(input, "response_headers"),
        Some(body.to_owned().into()),
        times(input),
    )
}

#[test]
fn dates() {
    replay("http-cache/http-date", |input| {
        let date = parse_an_http_date(&input.bytes("value"), time(input, "now"));
        Outcome::result(date.map_or(Value::Null, |date| date.as_secs().into()))
    });
}

#[test]
fn response_directives() {
    replay("http-cache/cache-response-directive", |input| {
        let directives = ResponseDirectives::of(&input.headers("headers"));
        let mut result = json!({});
        let mut flag = |name: &str, value| {
            if value {
                result[name] = true.into();
            }
        };
        flag("no-store", directives.no_store);
        flag("private", directives.private);
        flag("public", directives.public);
        flag("must-revalidate", directives.must_revalidate);
        flag("must-understand", directives.must_understand);
        match &directives.no_cache {
            NoCache::No => {}
            NoCache::All => result["no-cache"] = true.into(),
            NoCache::Fields(names) => result["no-cache"] = list_value(names),
        }
        if let Some(seconds) = directives.max_age {
            result["max-age"] = seconds.into();
        }
        if let Some(seconds) = directives.stale_while_revalidate {
            result["stale-while-revalidate"] = seconds.into();
        }
        Outcome::result(result)
    });
}

#[test]
fn request_directives() {
    replay("http-cache/cache-request-directive", |input| {
        let directives = RequestDirectives::of(&input.headers("headers"));
        let mut result = json!({});
        for (name, value) in [
            ("no-store", directives.no_store),
            ("no-cache", directives.no_cache),
            ("only-if-cached", directives.only_if_cached),
        ] {
            if value {
                result[name] = true.into();
            }
        }
        for (name, value) in [
            ("max-age", directives.max_age),
            ("max-stale", directives.max_stale),
            ("min-fresh", directives.min_fresh),
        ] {
            if let Some(seconds) = value {
                result[name] = seconds.into();
            }
        }
        Outcome::result(result)
    });
}

#[test]
fn storing() {
    replay("http-cache/response.cacheability", |input| {
        Outcome::result(stored(input, "").is_some())
    });
}

#[test]
fn age() {
    replay("http-cache/age.calculations", |input| {
        let stored = stored(input, "").expect("a response that may be stored");
        Outcome::result(stored.current_age(time(input, "asked_at")).as_secs())
    });
}

#[test]
fn lifetime() {
    replay("http-cache/calculating.freshness.lifetime", |input| {
        let stored = stored(input, "").expect("a response that may be stored");
        Outcome::result(stored.freshness_lifetime().as_secs())
    });
}

#[test]
fn freshness() {
    replay("http-cache/expiration.model", |input| {
        let stored = stored(input, "").expect("a response that may be stored");
        let request = headers_or_none(input, "presented_headers");
        Outcome::result(match stored.freshness(&request, time(input, "asked_at")) {
            Freshness::Fresh => "fresh",
            Freshness::StaleWhileRevalidate => "stale-while-revalidate",
            Freshness::Stale => "stale",
        })
    });
}

#[test]
fn freshening() {
    replay("http-cache/freshening.responses", |input| {
        let stored = stored(input, "").expect("a response that may be stored");
        match stored.freshened(&input.headers("not_modified"), times(input)) {
            Some(freshened) => Outcome::result(headers_value(freshened.header_list())),
            None => Outcome::result("not updated"),
        }
    });
}

fn key(input: &Input) -> Rc<NetworkPartitionKey> {
    let site = if input.has("partition") {
        input.text("partition")
    } else {
        "https://charlie.example/".to_owned()
    };
    Rc::new(Origin::of_url(&site.parse().unwrap()).unwrap().site())
}

/// Operations on a cache, one after the other; what was selected is the result.
fn history(input: &Input) -> Outcome {
    let mut cache = HttpCache::default();
    let mut limits = Limits::default();
    let mut selected = Vec::new();
    if input.has("limits") {
        let given = input.inner_one("limits", "responses");
        let limit = |field, otherwise: usize| {
            usize::try_from(number_or(&given, field, otherwise as u64)).unwrap()
        };
        limits = Limits {
            responses: limit("responses", limits.responses),
            responses_for_a_url: limit("responses_for_a_url", limits.responses_for_a_url),
            bytes: number_or(&given, "bytes", limits.bytes),
            bytes_of_a_response: number_or(
                &given,
                "bytes_of_a_response",
                limits.bytes_of_a_response,
            ),
        };
    }
    for operation in input.inner("operations", "select") {
        let key = key(&operation);
        let url = |field| Url::parse(&operation.text(field)).unwrap();
        let request = headers_or_none(&operation, "request_headers");
        if operation.has("store") {
            let body = if operation.has("body") {
                operation.text("body")
            } else {
                String::new()
            };
            if let Some(stored) = stored(&operation, &body) {
                cache.store(&key, &url("store"), &request, stored, &limits);
            }
        } else if operation.has("invalidate") {
            let response = headers_or_none(&operation, "response_headers");
            cache.invalidate(&key, &url("invalidate"), &response);
        } else if operation.has("head") {
            let response = headers_or_none(&operation, "response_headers");
            cache.update_by_head(&key, &url("head"), &request, &response, times(&operation));
        } else if operation.has("validated") {
            let url = url("validated");
            let stored = cache
                .select(&key, &url, &request)
                .expect("what is validated");
            let response = headers_or_none(&operation, "response_headers");
            cache.freshen(&key, &url, &stored, &response, times(&operation));
        } else {
            let found = cache.select(&key, &url("select"), &request);
            selected.push(found.map_or(Value::Null, |stored| {
                let body = stored.body().cloned().unwrap_or_default();
                String::from_utf8(body.to_vec()).unwrap().into()
            }));
        }
    }
    Outcome::result(json!({ "selected": selected, "responses": cache.len() }))
}

#[test]
fn varying() {
    replay("http-cache/caching.negotiated.responses", history);
}

#[test]
fn invalidating() {
    replay("http-cache/invalidation", history);
}

#[test]
fn head() {
    replay("http-cache/head.effects", history);
}

#[test]
fn evicting() {
    replay("http-cache/limits", history);
}

/// A file that nothing replays would prove nothing.
#[test]
fn every_file_is_replayed() {
    let source = include_str!("http_cache_vectors.rs");
    for entry in std::fs::read_dir(crossexam_tests::vectors::folder().join("http-cache")).unwrap() {
        let path = entry.unwrap().path();
        let stem = path.file_stem().unwrap().to_str().unwrap();
        assert!(
            source.contains(&format!("\"http-cache/{stem}\"")),
            "nothing replays {stem}.json"
        );
    }
}
