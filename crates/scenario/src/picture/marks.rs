//! What is worth seeing in an exchange: its address, its cause, headers, cookies.

use crossexam_sim::journal::{Exchange, FetchRecord, Holder};
use crossexam_web::HeaderList;
use crossexam_web::trace::{CookieDecision, CookieOutcome, TraceEvent, printable};
use url::Url;

use super::{Mark, MarkKind, shortened};
use crate::plan::Plan;
use crate::verdict::{holder_text, owner_of_page, person_name};

/// The algorithm at which a request goes out: it parts a fetch's trace into the parts of its exchanges.
const NETWORK_FETCH: &str = "concept-http-network-fetch";

/// How many characters of a value are shown.
pub(super) const VALUE_LIMIT: usize = 60;

/// Request headers that are worth a line.
pub(super) const REQUEST_HEADERS: [&str; 6] = [
    "Origin",
    "Access-Control-Request-Method",
    "Access-Control-Request-Headers",
    "Content-Type",
    "Authorization",
    "Referer",
];

/// Answer headers that are worth a line.
pub(super) const ANSWER_HEADERS: [&str; 9] = [
    "Access-Control-Allow-Origin",
    "Access-Control-Allow-Credentials",
    "Access-Control-Allow-Methods",
    "Access-Control-Allow-Headers",
    "Access-Control-Expose-Headers",
    "Access-Control-Max-Age",
    "Cross-Origin-Resource-Policy",
    "Location",
    "WWW-Authenticate",
];

/// The address of an exchange, as short as it is clear in its column.
pub(super) fn target(plan: &Plan, exchange: &Exchange) -> String {
    let whole = || shortened(&exchange.url, 72);
    let Ok(url) = Url::parse(&exchange.url) else {
        return whole();
    };
    let origins = exchange
        .to
        .as_ref()
        .and_then(|machine| plan.machines.get(machine))
        .map(|machine| &machine.origins);
    match origins.map(Vec::as_slice) {
        Some([only]) if only.origin() == url.origin() => {
            let query = url
                .query()
                .map_or_else(String::new, |query| format!("?{query}"));
            shortened(&format!("{}{query}", url.path()), 72)
        }
        _ => whole(),
    }
}

/// Whether a request's referrer is of another origin than its target, and the request has no `Origin` that says so.
pub(super) fn tells_another_site(exchange: &Exchange) -> bool {
    let origin = |url: &str| Url::parse(url).map(|url| url.origin());
    let Some(referrer) = exchange.request_headers.get(b"referer") else {
        return false;
    };
    exchange.request_headers.get(b"origin").is_none()
        && match (origin(&printable(&referrer)), origin(&exchange.url)) {
            (Ok(referrer), Ok(target)) => referrer != target,
            _ => true,
        }
}

/// What caused a fetch, in words.
pub(super) fn cause(plan: &Plan, fetch: &FetchRecord) -> String {
    if fetch.client.is_none() {
        return String::new();
    }
    // A script calls an interface; an element, a form or a link stands in a page.
    let by = match &fetch.client {
        Some(Holder::Page { url, host, .. })
            if fetch.initiator.starts_with('<') || fetch.initiator == "navigation" =>
        {
            match owner_of_page(url, host, plan) {
                Some(owner) => format!(" in {}'s page", person_name(plan, owner)),
                None => format!(" in the page of {host}"),
            }
        }
        Some(holder) => format!(" by {}", short_holder(plan, holder)),
        None => String::new(),
    };
    let modes = match fetch.mode {
        "navigate" => String::new(),
        mode => format!(", {mode}, credentials: {}", fetch.credentials_mode),
    };
    format!("{}{by}{modes}", fetch.initiator)
}

/// A holder in few words: `Charlie's script`, `Alice's server`.
pub(super) fn short_holder(plan: &Plan, holder: &Holder) -> String {
    let name = |person| person_name(plan, person).to_owned();
    match holder {
        Holder::Page { url, host, .. } => match owner_of_page(url, host, plan) {
            Some(owner) => format!("{}'s script", name(owner)),
            None => format!("the script of {host}"),
        },
        Holder::Server { .. } | Holder::Client { .. } | Holder::Network { .. } => {
            holder_text(plan, holder)
        }
        Holder::Person { person } => name(person),
    }
}

/// What a fetch's trace says about cookies at its `nth` request.
pub(super) fn cookies_of(fetch: &FetchRecord, nth: usize) -> Vec<&CookieDecision> {
    let mut sent = 0;
    let mut cookies = Vec::new();
    for event in &fetch.trace {
        match event {
            TraceEvent::Enter(algorithm) if algorithm.id == NETWORK_FETCH => sent += 1,
            TraceEvent::Cookie(decision) => {
                // What goes out is decided before the request, what comes in after it.
                let at = match decision.outcome {
                    CookieOutcome::Sent | CookieOutcome::Withheld => sent,
                    CookieOutcome::Stored
                    | CookieOutcome::Deleted
                    | CookieOutcome::Rejected
                    | CookieOutcome::Evicted => usize::saturating_sub(sent, 1),
                };
                if at == nth {
                    cookies.push(decision);
                }
            }
            TraceEvent::Enter(_)
            | TraceEvent::Step(_)
            | TraceEvent::Fact(_)
            | TraceEvent::Leave => {}
        }
    }
    cookies
}

pub(super) fn header_marks(headers: &HeaderList, names: &[&str]) -> Vec<Mark> {
    names
        .iter()
        .filter_map(|name| {
            let value = printable(&headers.get(name.as_bytes())?);
            let kind = if *name == "Authorization" {
                MarkKind::Credential
            } else {
                MarkKind::Header
            };
            Some(Mark {
                kind,
                text: format!("{name}: {}", shortened(&value, VALUE_LIMIT)),
            })
        })
        .collect()
}

pub(super) fn cookie_marks(exchange: &Exchange, cookies: &[&CookieDecision]) -> Vec<Mark> {
    let mut marks = Vec::new();
    if let Some(value) = exchange.request_headers.get(b"cookie") {
        let value = printable(&value);
        let names: Vec<&str> = value
            .split(';')
            .map(|pair| pair.split('=').next().unwrap_or("").trim())
            .collect();
        marks.push(Mark {
            kind: MarkKind::Cookie,
            text: format!("cookie {}", names.join(", ")),
        });
    }
    for decision in cookies
        .iter()
        .filter(|decision| decision.outcome == CookieOutcome::Withheld)
    {
        marks.push(Mark {
            kind: MarkKind::Withheld,
            text: reasoned(
                &format!("cookie {} stays at home", decision.name),
                &decision.reason,
            ),
        });
    }
    marks
}

pub(super) fn set_cookie_marks(cookies: &[&CookieDecision]) -> Vec<Mark> {
    cookies
        .iter()
        .filter_map(|decision| {
            let (kind, words) = match decision.outcome {
                CookieOutcome::Stored => (MarkKind::Cookie, "stored"),
                CookieOutcome::Deleted => (MarkKind::Cookie, "deleted"),
                CookieOutcome::Rejected => (MarkKind::Withheld, "refused"),
                CookieOutcome::Evicted => (MarkKind::Withheld, "dropped"),
                CookieOutcome::Sent | CookieOutcome::Withheld => return None,
            };
            Some(Mark {
                kind,
                text: reasoned(
                    &format!("cookie {} {words}", decision.name),
                    &decision.reason,
                ),
            })
        })
        .collect()
}

pub(super) fn reasoned(text: &str, reason: &str) -> String {
    if reason.is_empty() {
        text.to_owned()
    } else {
        format!("{text}: {reason}")
    }
}
