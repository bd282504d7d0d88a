//! People, holders, secrets and expectations in words.

use crossexam_sim::journal::Holder;

use super::knowledge::Learned;
use crate::format::file::{StateCheck, StateWord};
use crate::plan::{Expectation, Plan};

/// A person's name as it is shown.
pub(crate) fn person_name<'a>(plan: &'a Plan, person: &'a str) -> &'a str {
    plan.people
        .get(person)
        .map_or(person, |person| person.name.as_str())
}

/// A secret in words, for example `Bob's mail`.
pub fn secret_text(plan: &Plan, name: &str) -> String {
    match plan.secrets.get(name) {
        Some(secret) if !secret.what.is_empty() => secret.what.clone(),
        Some(secret) => format!("{}'s {name}", person_name(plan, &secret.owner)),
        None => name.to_owned(),
    }
}

/// A holder in words, for example `Charlie's script at https://charlie.example/`.
pub fn holder_text(plan: &Plan, holder: &Holder) -> String {
    match holder {
        Holder::Page { url, host, .. } => match super::owner_of_page(url, host, plan) {
            Some(owner) => format!("{}'s page {url}", person_name(plan, owner)),
            None => format!("the page {url}"),
        },
        Holder::Server { machine } => match plan.machines.get(machine) {
            Some(found) if found.owner == *machine => {
                format!("{}'s server", person_name(plan, &found.owner))
            }
            Some(found) => format!("{}'s server {machine}", person_name(plan, &found.owner)),
            None => format!("the server {machine}"),
        },
        Holder::Client { name, person } => format!("{}'s {name}", person_name(plan, person)),
        Holder::Person { person } => format!("{}'s own eyes", person_name(plan, person)),
        Holder::Network { name } => format!("{} on the network", person_name(plan, name)),
    }
}

/// How somebody learned something.
pub(crate) fn learned_text(plan: &Plan, learned: &Learned) -> String {
    let form = match learned.form.text() {
        "" => String::new(),
        form => format!(", {form}"),
    };
    format!(
        "{}, {}{form}",
        holder_text(plan, &learned.holder),
        learned.how
    )
}

/// An expectation in words, for example `Charlie never learns Bob's mail`.
pub fn expectation_text(plan: &Plan, expectation: &Expectation) -> String {
    match expectation {
        Expectation::Learns { person, secret } => {
            format!(
                "{} learns {}",
                person_name(plan, person),
                secret_text(plan, secret)
            )
        }
        Expectation::NeverLearns { person, secret } => {
            format!(
                "{} never learns {}",
                person_name(plan, person),
                secret_text(plan, secret)
            )
        }
        Expectation::State {
            machine,
            key,
            check,
        } => {
            format!("{machine}.{key} {}", state_text(plan, check))
        }
        Expectation::Requests(check) => {
            let mut text = match check.count {
                Some(0) => "no ".to_owned(),
                Some(1) => "one ".to_owned(),
                Some(count) => format!("{count} "),
                None => String::new(),
            };
            match check.preflight {
                Some(true) => text.push_str("preflight "),
                Some(false) => text.push_str("actual "),
                None => {}
            }
            text.push_str(if check.count == Some(1) {
                "request"
            } else {
                "requests"
            });
            let mut add = |words: String| {
                text.push(' ');
                text.push_str(&words);
            };
            let target = check.url.as_deref().or(check.path.as_deref());
            match (check.method.as_deref(), target) {
                (Some(method), Some(target)) => add(format!("{method} {target}")),
                (Some(one), None) | (None, Some(one)) => add(one.to_owned()),
                (None, None) => {}
            }
            if let Some(from) = &check.from {
                add(format!("from {}", person_name(plan, from)));
            }
            if let Some(to) = &check.to {
                add(format!("to {to}"));
            }
            if let Some(status) = check.status {
                add(format!("answered {status}"));
            }
            for (name, value) in &check.with {
                add(format!("with {name}: {value}"));
            }
            for name in check.without.as_slice() {
                add(format!("without {name}"));
            }
            if let Some(body) = &check.body {
                add(format!("with the body {body}"));
            }
            text
        }
        Expectation::ScriptSees(check) => {
            let whose = check.page.as_deref().map_or_else(
                || "a script".to_owned(),
                |page| format!("the script of {page}"),
            );
            match check.count {
                Some(0) => format!("{whose} never prints {}", check.text),
                _ => format!("{whose} prints {}", check.text),
            }
        }
        Expectation::DecidedBy(check) => {
            let mut text = check
                .method
                .as_ref()
                .map_or_else(String::new, |method| format!("{method} "));
            text.push_str(&check.url);
            let outcome = check.outcome.map(|outcome| match outcome {
                crate::format::file::Outcome::Response => "comes to a response",
                crate::format::file::Outcome::Error => "comes to a network error",
            });
            let mut parts: Vec<String> = outcome.map(str::to_owned).into_iter().collect();
            if let Some(step) = &check.step {
                parts.push(format!("is decided by {step}"));
            }
            if let Some(reason) = &check.reason {
                parts.push(format!("because of {reason}"));
            }
            if let Some(kind) = &check.response {
                parts.push(format!("gives a response of type {kind}"));
            }
            format!("{text} {}", parts.join(", "))
        }
    }
}

fn state_text(plan: &Plan, check: &StateCheck) -> String {
    match check {
        StateCheck::Word(StateWord::Unchanged) => "stays as it is".to_owned(),
        StateCheck::Word(StateWord::Changed) => "changes".to_owned(),
        StateCheck::Word(StateWord::Meant) => "changes, and it was meant".to_owned(),
        StateCheck::Word(StateWord::NotMeant) => "changes, and nobody in it meant that".to_owned(),
        StateCheck::Full(full) => {
            let mut parts = Vec::new();
            match full.changed {
                Some(true) => parts.push("changes".to_owned()),
                Some(false) => parts.push("stays as it is".to_owned()),
                None => {}
            }
            if let Some(value) = &full.equals {
                parts.push(format!("is {value} in the end"));
            }
            if let Some(text) = &full.contains {
                parts.push(format!("has {text} in it in the end"));
            }
            if let Some(by) = &full.by {
                parts.push(format!("is changed by {}", person_name(plan, by)));
            }
            match full.meant {
                Some(true) => parts.push("was meant".to_owned()),
                Some(false) => parts.push("was not meant".to_owned()),
                None => {}
            }
            parts.join(", ")
        }
    }
}
