//! What servers answer: policies that are meant, and mistakes.

use proptest::collection::vec;
use proptest::option::weighted;
use proptest::prelude::*;
use proptest::sample::select;

use super::near_miss;
use crate::case::{Answer, Purpose};

/// What a server means to allow.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Policy {
    /// Whom: `*`, an origin, or nobody.
    pub origin: Option<String>,
    /// Whether with credentials.
    pub credentials: bool,
    /// Which methods.
    pub methods: Vec<String>,
    /// Which request headers.
    pub headers: Vec<String>,
    /// Which headers of answers pages may read.
    pub exposed: Vec<String>,
    /// For how many seconds a preflight's answer may be remembered.
    pub max_age: Option<u32>,
}

impl Policy {
    /// The header lines of answers to preflights.
    pub fn of_preflights(&self) -> Vec<String> {
        let mut lines = self.of_both();
        let mut list = |name: &str, items: &[String]| {
            if !items.is_empty() {
                lines.push(format!("{name}: {}", items.join(", ")));
            }
        };
        list("Access-Control-Allow-Methods", &self.methods);
        list("Access-Control-Allow-Headers", &self.headers);
        if let Some(seconds) = self.max_age {
            lines.push(format!("Access-Control-Max-Age: {seconds}"));
        }
        lines
    }

    /// The header lines of other answers.
    pub fn of_others(&self) -> Vec<String> {
        let mut lines = self.of_both();
        if !self.exposed.is_empty() {
            lines.push(format!(
                "Access-Control-Expose-Headers: {}",
                self.exposed.join(", ")
            ));
        }
        lines
    }

    fn of_both(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if let Some(origin) = &self.origin {
            lines.push(format!("Access-Control-Allow-Origin: {origin}"));
        }
        if self.credentials {
            lines.push("Access-Control-Allow-Credentials: true".to_owned());
        }
        lines
    }

    /// The answers of a server with this policy.
    pub fn answers(&self) -> [Answer; 2] {
        let preflight = Answer {
            to: Some(Purpose::Preflight),
            status: 204,
            ..Answer::with_headers(self.of_preflights())
        };
        let mut lines = self.of_others();
        lines.extend(
            ["Content-Type: text/plain", "X-One: 1", "Set-Cookie: seen=1"].map(str::to_owned),
        );
        let other = Answer {
            body: Some("hello".into()),
            ..Answer::with_headers(lines)
        };
        [preflight, other]
    }
}

fn some_of(items: &'static [&'static str]) -> impl Strategy<Value = Vec<String>> {
    let all: Vec<String> = items.iter().map(|it| (*it).to_owned()).collect();
    prop_oneof![
        1 => vec(select(items).prop_map(str::to_owned), 0..3),
        1 => Just(all),
    ]
}

/// A policy that is meant for pages of this origin, or for others.
pub fn policy(origin: &str) -> impl Strategy<Value = Policy> + use<> {
    let allowed = prop_oneof![
        4 => Just(origin.to_owned()),
        2 => Just("*".to_owned()),
        1 => Just("null".to_owned()),
        1 => near_miss(origin),
    ];
    (
        weighted(0.9, allowed),
        prop::bool::weighted(0.7),
        some_of(&[
            "PUT", "*", "DELETE", "PATCH", "put", "OPTIONS", "GETX", "patch", "GET",
        ]),
        some_of(&[
            "x-one",
            "*",
            "X-Two",
            "content-type",
            "authorization",
            "accept",
            "accept-language",
            "content-language",
            "range",
            "x-http-method-override",
        ]),
        some_of(&["x-one", "*", "X-Two", "Set-Cookie"]),
        weighted(0.6, select(&[0, 1, 5, 600, 86400][..])),
    )
        .prop_map(
            |(origin, credentials, methods, headers, exposed, max_age)| Policy {
                origin,
                credentials,
                methods,
                headers,
                exposed,
                max_age,
            },
        )
}

/// How a header line is spoilt.
type Spoil = fn(&str, &str) -> Vec<String>;

const SPOILS: [Spoil; 12] = [
    |_, _| vec![],
    |name, value| vec![format!("{}:{value}", name.to_lowercase())],
    |name, value| vec![format!("{name}: \t{value} ")],
    |name, value| vec![format!("{name}: {value}"); 2],
    |name, value| vec![format!("{name}: {value}, {value}")],
    |name, value| vec![format!("{name}: {value},")],
    |name, value| vec![format!("{name}: ,, {value}")],
    |name, value| vec![format!("{name}: \"{value}\"")],
    |name, value| vec![format!("{name}: {}", value.to_uppercase())],
    |name, value| vec![format!("{name}: {value} {value}")],
    |name, _| vec![format!("{name}:")],
    |name, value| vec![format!("{name}: {value}\u{e9}")],
];

/// An answer to pages of this origin, as meant or with a header line that is not as it should be: absent, twice, a list,
/// quoted, in capitals, empty and so on.
pub fn answer(origin: &str) -> impl Strategy<Value = [Answer; 2]> + use<> {
    let spoilt = weighted(
        0.35,
        (any::<bool>(), any::<prop::sample::Index>(), 0..SPOILS.len()),
    );
    let statuses = (
        prop_oneof![8 => Just(204_u16), 2 => Just(200), 1 => Just(299), 1 => Just(302), 1 => Just(404), 1 => Just(500)],
        prop_oneof![8 => Just(200_u16), 1 => Just(403), 1 => Just(500), 1 => Just(204)],
    );
    (policy(origin), spoilt, statuses).prop_map(|(policy, spoilt, (preflight, other))| {
        let mut answers = policy.answers();
        answers[0].status = preflight;
        answers[1].status = other;
        if let Some((of_preflight, line, how)) = spoilt {
            let lines = &mut answers[usize::from(!of_preflight)].headers;
            if !lines.is_empty() {
                let place = line.index(lines.len());
                let line = lines.remove(place);
                let (name, value) = line.split_once(": ").unwrap_or((&line, ""));
                lines.splice(place..place, SPOILS[how](name, value));
            }
        }
        answers
    })
}
