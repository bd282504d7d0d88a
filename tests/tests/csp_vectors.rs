//! Replays the vectors of Content Security Policy and of HTTP Strict Transport Security.

#![allow(clippy::unwrap_used)]

use std::time::Duration;

use crossexam_csp::{
    CspList, Disposition, FetchCheck, FetchKind, InlineCheck, InlineKind, ParserInserted, Policy,
    PolicySource, UrlMatch, does_url_match_expression, does_url_match_source_list,
};
use crossexam_fetch::hsts::{HstsStore, parse_strict_transport_security};
use crossexam_tests::vectors::{Input, Outcome, replay};
use crossexam_web::{HeaderList, Origin, Timestamp};
use serde_json::{Value, json};
use url::Url;

fn origin(input: &Input, field: &str) -> Origin {
    let text = input.text(field);
    if text == "null" {
        return Origin::opaque(1);
    }
    Origin::of_url(&Url::parse(&text).unwrap()).unwrap()
}

fn url(input: &Input) -> Url {
    Url::parse(&input.text("url")).unwrap()
}

fn redirect_count(input: &Input) -> u8 {
    if input.has("redirect_count") {
        u8::try_from(input.number("redirect_count")).unwrap()
    } else {
        0
    }
}

fn optional(input: &Input, field: &str) -> String {
    if input.has(field) {
        input.text(field)
    } else {
        String::new()
    }
}

fn parser_inserted(input: &Input) -> ParserInserted {
    if input.has("parser_inserted") && input.flag("parser_inserted") {
        ParserInserted::Yes
    } else {
        ParserInserted::No
    }
}

fn matched(result: UrlMatch) -> Outcome {
    Outcome::result(match result {
        UrlMatch::Matches => "matches",
        UrlMatch::DoesNotMatch => "does not match",
    })
}

#[test]
fn urls_and_source_expressions() {
    replay("csp/match-url-to-source-expression", |input| {
        let (expression, origin) = (input.text("expression"), origin(input, "self_origin"));
        matched(does_url_match_expression(
            &url(input),
            &expression,
            &origin,
            redirect_count(input),
        ))
    });
}

#[test]
fn urls_and_source_lists() {
    replay("csp/match-url-to-source-list", |input| {
        let list: Vec<String> = input
            .list("source_list")
            .iter()
            .map(|text| String::from_utf8(text.to_vec()).unwrap())
            .collect();
        let origin = origin(input, "self_origin");
        matched(does_url_match_source_list(&url(input), &list, &origin, 0))
    });
}

fn directives(policy: &Policy) -> Value {
    policy
        .directives()
        .iter()
        .map(|directive| {
            let mut words = vec![directive.name().to_owned()];
            words.extend(directive.value().iter().cloned());
            json!(words)
        })
        .collect()
}

#[test]
fn policies() {
    replay("csp/parse-serialized-policy", |input| {
        let source = match optional(input, "source").as_str() {
            "meta" => PolicySource::Meta,
            _ => PolicySource::Header,
        };
        let policy = Policy::parse(&input.text("serialized"), source, Disposition::Enforce);
        Outcome::result(directives(&policy))
    });
}

#[test]
fn policies_of_responses() {
    replay("csp/parse-response-csp", |input| {
        let list = CspList::of_response(&input.headers("headers"), &Origin::opaque(1));
        let policies: Value = list
            .policies()
            .iter()
            .map(|policy| {
                let disposition = match policy.disposition() {
                    Disposition::Enforce => "enforce",
                    Disposition::Report => "report",
                };
                json!([disposition, directives(policy)])
            })
            .collect();
        Outcome::result(policies)
    });
}

fn policy(input: &Input) -> Policy {
    Policy::parse(
        &input.text("policy"),
        PolicySource::Header,
        Disposition::Enforce,
    )
}

#[test]
fn requests() {
    replay("csp/does-request-violate-policy", |input| {
        let kind = match input.text("kind").as_str() {
            "connect" => FetchKind::Connect,
            "manifest" => FetchKind::Manifest,
            "object" => FetchKind::Object,
            "frame" => FetchKind::Frame,
            "media" => FetchKind::Media,
            "font" => FetchKind::Font,
            "image" => FetchKind::Image,
            "style" => FetchKind::Style,
            "script" => FetchKind::Script,
            "worker" => FetchKind::Worker,
            "prefetch" => FetchKind::Prefetch,
            "report" => FetchKind::Report,
            other => panic!("{other}"),
        };
        let (url, policy) = (url(input), policy(input));
        let (nonce, integrity) = (optional(input, "nonce"), optional(input, "integrity"));
        let check = FetchCheck {
            url: &url,
            redirect_count: redirect_count(input),
            nonce: &nonce,
            integrity: &integrity,
            parser_inserted: parser_inserted(input),
        };
        let origin = origin(input, "self_origin");
        let directive = policy.violated_directive(kind, &check, &origin);
        Outcome::result(directive.map_or(Value::Null, |directive| directive.name().into()))
    });
}

#[test]
fn inline() {
    replay("csp/should-block-inline", |input| {
        let kind = match input.text("kind").as_str() {
            "script" => InlineKind::Script,
            "script attribute" => InlineKind::ScriptAttribute,
            "style" => InlineKind::Style,
            "style attribute" => InlineKind::StyleAttribute,
            "navigation" => InlineKind::Navigation,
            other => panic!("{other}"),
        };
        let (nonce, source) = (optional(input, "nonce"), input.text("source"));
        let check = InlineCheck {
            kind,
            nonce: &nonce,
            source: &source,
            parser_inserted: parser_inserted(input),
        };
        let policy = policy(input);
        let directive = policy.directive_violated_inline(&check);
        Outcome::result(directive.map_or(Value::Null, |directive| directive.name().into()))
    });
}

#[test]
fn strict_transport_security() {
    replay(
        "hsts/strict-transport-security",
        |input| match parse_strict_transport_security(&input.bytes("value")) {
            None => Outcome::failure(),
            Some(policy) => Outcome::result(json!({
                "max_age": policy.max_age,
                "include_sub_domains": policy.include_sub_domains,
            })),
        },
    );
}

#[test]
fn known_hosts() {
    replay("hsts/known-hosts", |input| {
        let mut store = HstsStore::default();
        let mut now = Timestamp::from_secs(1_767_225_600);
        let mut answers = Vec::new();
        for entry in input.inner("history", "entry") {
            now = now + Duration::from_secs(entry.number("wait"));
            if entry.has("ask") {
                answers.push(store.is_known(&entry.text("ask"), now));
            } else {
                let mut headers = HeaderList::new();
                headers.append("Strict-Transport-Security", entry.bytes("header"));
                store.note(&Url::parse(&entry.text("url")).unwrap(), &headers, now);
            }
        }
        Outcome::result(json!(answers))
    });
}
