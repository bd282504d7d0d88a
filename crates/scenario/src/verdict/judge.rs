//! One expectation, held against the journal.

use crossexam_sim::journal::{Entry, Event, Exchange, FetchOutcome, FetchRecord, Holder, Sender};
use crossexam_web::trace::printable;
use serde_json::Value as Json;
use url::Url;

use super::changes::Change;
use super::knowledge::Learned;
use super::words::{expectation_text, learned_text, person_name};
use super::{Finding, decision_step};
use crate::format::file::{
    DecisionCheck, FullStateCheck, Outcome, RequestCheck, ScriptCheck, StateCheck, StateWord,
};
use crate::pattern::matches;
use crate::plan::{Expectation, Plan};

/// What came of an expectation: whether it passed, why, and the entries that show it.
struct Outcomes {
    passed: bool,
    detail: String,
    evidence: Vec<usize>,
}

impl Outcomes {
    fn new(passed: bool, detail: impl Into<String>, evidence: Vec<usize>) -> Self {
        Self {
            passed,
            detail: detail.into(),
            evidence,
        }
    }
}

pub(super) fn judge(
    expectation: &Expectation,
    plan: &Plan,
    journal: &[Entry],
    learned: &[Learned],
    changes: &[Change],
) -> Finding {
    let found = |person: &str, secret: &str| {
        learned
            .iter()
            .find(|learned| learned.person == person && learned.secret == secret)
    };
    let outcome = match expectation {
        Expectation::Learns { person, secret } => match found(person, secret) {
            Some(learned) => Outcomes::new(true, learned_text(plan, learned), vec![learned.entry]),
            None => Outcomes::new(
                false,
                format!("nothing that {} holds has it", person_name(plan, person)),
                Vec::new(),
            ),
        },
        Expectation::NeverLearns { person, secret } => match found(person, secret) {
            Some(learned) => Outcomes::new(false, learned_text(plan, learned), vec![learned.entry]),
            None => Outcomes::new(true, "", Vec::new()),
        },
        Expectation::State {
            machine,
            key,
            check,
        } => judge_state(plan, machine, key, check, changes),
        Expectation::Requests(check) => judge_requests(check, journal),
        Expectation::ScriptSees(check) => judge_script(check, journal),
        Expectation::DecidedBy(check) => judge_decision(check, journal),
    };
    Finding {
        expectation: expectation.clone(),
        text: expectation_text(plan, expectation),
        passed: outcome.passed,
        detail: outcome.detail,
        evidence: outcome.evidence,
    }
}

fn judge_state(
    plan: &Plan,
    machine: &str,
    key: &str,
    check: &StateCheck,
    changes: &[Change],
) -> Outcomes {
    let full = match check {
        StateCheck::Word(StateWord::Unchanged) => FullStateCheck {
            changed: Some(false),
            ..FullStateCheck::default()
        },
        StateCheck::Word(StateWord::Changed) => FullStateCheck {
            changed: Some(true),
            ..FullStateCheck::default()
        },
        StateCheck::Word(StateWord::Meant) => FullStateCheck {
            changed: Some(true),
            meant: Some(true),
            ..FullStateCheck::default()
        },
        StateCheck::Word(StateWord::NotMeant) => FullStateCheck {
            changed: Some(true),
            meant: Some(false),
            ..FullStateCheck::default()
        },
        StateCheck::Full(full) => full.clone(),
    };
    let of_key: Vec<&Change> = changes
        .iter()
        .filter(|change| change.machine == machine && change.key == key)
        .collect();
    let evidence: Vec<usize> = of_key.iter().map(|change| change.entry).collect();
    let initial = plan
        .machines
        .get(machine)
        .and_then(|machine| machine.store.get(key))
        .cloned();
    let last = of_key.last();
    let value: Option<Json> = match last {
        Some(change) => change
            .after
            .as_deref()
            .and_then(|text| serde_json::from_str(text).ok()),
        None => initial,
    };
    let shown = value
        .as_ref()
        .map_or_else(|| "nothing".to_owned(), Json::to_string);
    let mut wrong = Vec::new();
    match full.changed {
        Some(true) if of_key.is_empty() => wrong.push(format!("nobody changed it; it is {shown}")),
        Some(false) if !of_key.is_empty() => wrong.push(format!(
            "it was changed {}; it is {shown}",
            if of_key.len() == 1 {
                "once".to_owned()
            } else {
                format!("{} times", of_key.len())
            }
        )),
        Some(true | false) | None => {}
    }
    if let Some(expected) = &full.equals
        && value.as_ref() != Some(expected)
    {
        wrong.push(format!("it is {shown}"));
    }
    if let Some(text) = &full.contains
        && !value.as_ref().is_some_and(|value| contains(value, text))
    {
        wrong.push(format!("it is {shown}"));
    }
    if let Some(by) = &full.by {
        match last {
            None => wrong.push("nobody changed it".to_owned()),
            Some(change) if change.by.as_deref() != Some(by) => wrong.push(match &change.by {
                Some(other) => format!("{} changed it", person_name(plan, other)),
                None => "nobody in the scenario changed it".to_owned(),
            }),
            Some(_) => {}
        }
    }
    if let Some(meant) = full.meant {
        match last {
            None => wrong.push("nobody changed it".to_owned()),
            Some(change) if change.meant != meant => wrong.push(cause_text(plan, change)),
            Some(_) => {}
        }
    }
    wrong.dedup();
    if wrong.is_empty() {
        let detail = last.map_or_else(
            || format!("it is {shown}"),
            |change| cause_text(plan, change),
        );
        Outcomes::new(true, detail, evidence)
    } else {
        Outcomes::new(false, wrong.join("; "), evidence)
    }
}

fn contains(value: &Json, text: &str) -> bool {
    match value {
        Json::String(string) => string.contains(text),
        Json::Array(items) => items.iter().any(|item| contains(item, text)),
        Json::Object(table) => table.values().any(|item| contains(item, text)),
        Json::Null | Json::Bool(_) | Json::Number(_) => value.to_string().contains(text),
    }
}

/// Who changed something, and in whose name, in words.
fn cause_text(plan: &Plan, change: &Change) -> String {
    let name = |person: &Option<String>| {
        person
            .as_deref()
            .map_or("somebody", |person| person_name(plan, person))
            .to_owned()
    };
    if change.by == change.in_the_name_of {
        format!("{} changed it", name(&change.by))
    } else {
        format!(
            "{} changed it in the name of {}",
            name(&change.by),
            name(&change.in_the_name_of)
        )
    }
}

fn judge_requests(check: &RequestCheck, journal: &[Entry]) -> Outcomes {
    let mut evidence = Vec::new();
    let mut wrong = Vec::new();
    for (index, entry) in journal.iter().enumerate() {
        let Event::Exchange(exchange) = &entry.event else {
            continue;
        };
        if !request_matches(check, exchange) {
            continue;
        }
        evidence.push(index);
        if check.count == Some(0) {
            // Headers narrow down what must not be there.
            if !header_mistakes(check, exchange).is_empty() {
                evidence.pop();
            }
            continue;
        }
        wrong.extend(header_mistakes(check, exchange));
    }
    let count = u32::try_from(evidence.len()).unwrap_or(u32::MAX);
    let there_are = match count {
        0 => "there is none".to_owned(),
        1 => "there is one".to_owned(),
        count => format!("there are {count}"),
    };
    match check.count {
        Some(expected) if expected != count => Outcomes::new(false, there_are, evidence),
        None if count == 0 => Outcomes::new(false, there_are, evidence),
        _ if wrong.is_empty() => Outcomes::new(true, "", evidence),
        _ => Outcomes::new(false, wrong.join("; "), evidence),
    }
}

fn request_matches(check: &RequestCheck, exchange: &Exchange) -> bool {
    let is = |pattern: &Option<String>, text: &str| {
        pattern
            .as_ref()
            .is_none_or(|pattern| matches(pattern, text))
    };
    let path = Url::parse(&exchange.url).map_or_else(
        |_| exchange.url.clone(),
        |url| match url.query() {
            Some(query) => format!("{}?{query}", url.path()),
            None => url.path().to_owned(),
        },
    );
    let from = match &exchange.from {
        Sender::Browser { name, person } | Sender::Client { name, person } => [name, person],
        Sender::Server { machine } => [machine, machine],
    };
    let preflight = matches!(
        exchange.purpose,
        crossexam_fetch::HttpRequestPurpose::CorsPreflight
    );
    check
        .to
        .as_ref()
        .is_none_or(|to| exchange.to.as_ref() == Some(to))
        && check
            .from
            .as_ref()
            .is_none_or(|wanted| from.contains(&wanted))
        && is(&check.method, &printable(&exchange.method))
        && is(&check.url, &exchange.url)
        && is(&check.path, &path)
        && is(&check.body, &printable(&exchange.request_body))
        && check.preflight.is_none_or(|wanted| wanted == preflight)
        && check.status.is_none_or(|wanted| {
            exchange
                .answer
                .as_ref()
                .is_ok_and(|answer| answer.status == wanted)
        })
}

fn header_mistakes(check: &RequestCheck, exchange: &Exchange) -> Vec<String> {
    let mut mistakes = Vec::new();
    for (name, pattern) in &check.with {
        match exchange.request_headers.get(name.as_bytes()) {
            None => mistakes.push(format!("it has no {name}")),
            Some(value) if !matches(pattern, &printable(&value)) => {
                mistakes.push(format!("its {name} is {}", printable(&value)));
            }
            Some(_) => {}
        }
    }
    for name in check.without.as_slice() {
        if let Some(value) = exchange.request_headers.get(name.as_bytes()) {
            mistakes.push(format!("it has {name}: {}", printable(&value)));
        }
    }
    mistakes
}

fn judge_script(check: &ScriptCheck, journal: &[Entry]) -> Outcomes {
    let mut evidence = Vec::new();
    let mut others = Vec::new();
    for (index, entry) in journal.iter().enumerate() {
        let Event::Console { holder, text, .. } = &entry.event else {
            continue;
        };
        let of_page = check.page.as_ref().is_none_or(|page| match holder {
            Holder::Page { url, .. } => matches(page, url),
            Holder::Server { machine } => page == machine,
            Holder::Client { name, .. } | Holder::Network { name } => page == name,
            Holder::Person { person } => page == person,
        });
        if !of_page {
            continue;
        }
        if matches(&check.text, text) {
            evidence.push(index);
        } else if others.len() < 3 {
            others.push(text.as_str());
        }
    }
    let count = u32::try_from(evidence.len()).unwrap_or(u32::MAX);
    let passed = check.count.map_or(count > 0, |wanted| wanted == count);
    let detail = if passed {
        String::new()
    } else if count > 0 {
        format!("it does so {count} times")
    } else if others.is_empty() {
        "it prints nothing".to_owned()
    } else {
        format!("it prints {}", others.join(" / "))
    };
    Outcomes::new(passed, detail, evidence)
}

fn judge_decision(check: &DecisionCheck, journal: &[Entry]) -> Outcomes {
    let mut evidence = Vec::new();
    let mut wrong = Vec::new();
    for (index, entry) in journal.iter().enumerate() {
        let Event::Fetch(fetch) = &entry.event else {
            continue;
        };
        if !fetch_matches(check, fetch) {
            continue;
        }
        evidence.push(index);
        wrong.extend(decision_mistakes(check, fetch));
    }
    wrong.dedup();
    if evidence.is_empty() {
        let fetched: Vec<&str> = journal
            .iter()
            .filter_map(|entry| match &entry.event {
                Event::Fetch(fetch) => Some(fetch.url.as_str()),
                _ => None,
            })
            .collect();
        let detail = match fetched.as_slice() {
            [] => "nothing was fetched".to_owned(),
            urls => format!("no such fetch was made; there were {}", urls.join(", ")),
        };
        return Outcomes::new(false, detail, evidence);
    }
    Outcomes::new(wrong.is_empty(), wrong.join("; "), evidence)
}

fn fetch_matches(check: &DecisionCheck, fetch: &FetchRecord) -> bool {
    matches(&check.url, &fetch.url)
        && check
            .method
            .as_ref()
            .is_none_or(|method| matches(method, &fetch.method))
        && check
            .initiator
            .as_ref()
            .is_none_or(|wanted| matches(wanted, &fetch.initiator))
        && check
            .credentials
            .as_ref()
            .is_none_or(|wanted| wanted == fetch.credentials_mode)
}

fn decision_mistakes(check: &DecisionCheck, fetch: &FetchRecord) -> Vec<String> {
    let mut wrong = Vec::new();
    let (outcome, step, words) = match &fetch.outcome {
        FetchOutcome::Response {
            kind, status, step, ..
        } => (
            Outcome::Response,
            *step,
            format!("it came to a response (type {kind}, status {status})"),
        ),
        FetchOutcome::Error { reason, step, .. } => (
            Outcome::Error,
            Some(*step),
            format!("it came to a network error: {reason}"),
        ),
    };
    if check.outcome.is_some_and(|wanted| wanted != outcome) {
        wrong.push(words.clone());
    }
    if let Some((algorithm, number)) = check.step.as_deref().and_then(decision_step) {
        match step {
            Some(step) if step.algorithm.id == algorithm && step.number == number => {}
            Some(step) => wrong.push(format!(
                "it was decided by {} {} ({step})",
                step.algorithm.id, step.number
            )),
            None => wrong.push(words.clone()),
        }
    }
    if let Some(wanted) = &check.reason {
        match &fetch.outcome {
            FetchOutcome::Error { code, .. } if matches(wanted, code) => {}
            FetchOutcome::Error { code, .. } => wrong.push(format!("the reason is {code}")),
            FetchOutcome::Response { .. } => wrong.push(words.clone()),
        }
    }
    if let Some(wanted) = &check.response {
        match &fetch.outcome {
            FetchOutcome::Response { kind, .. } if kind == wanted => {}
            FetchOutcome::Response { kind, .. } => {
                wrong.push(format!("the response's type is {kind}"))
            }
            FetchOutcome::Error { .. } => wrong.push(words),
        }
    }
    wrong.dedup();
    wrong
}
