//! Who holds which secret.

use crossexam_sim::journal::{Entry, Event, Holder};

use super::secrets::{Detector, Form};
use crate::pattern::matches;
use crate::plan::Plan;

/// A secret came to a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Learned {
    /// The person.
    pub person: String,
    /// The secret.
    pub secret: String,
    /// In whose hands it was first seen: a page's script, a server, a client, an eye.
    pub holder: Holder,
    /// How it came there, for example `Response.text()`.
    pub how: String,
    /// In which form.
    pub form: Form,
    /// The journal entry that shows it.
    pub entry: usize,
    /// Whether this person may know it.
    pub permitted: bool,
}

/// The person for whom a holder acts: a page's script for the owner of the machine it came from. `None` for a host that is
/// nobody's.
pub fn person_of<'a>(holder: &'a Holder, plan: &'a Plan) -> Option<&'a str> {
    match holder {
        Holder::Page { url, host, .. } => owner_of_page(url, host, plan),
        Holder::Server { machine } => plan
            .machines
            .get(machine)
            .map(|machine| machine.owner.as_str()),
        Holder::Client { person, .. } | Holder::Person { person } => Some(person),
        Holder::Network { name } => Some(match &plan.network.attacker {
            Some(attacker) if !plan.people.contains_key(name) => &attacker.person,
            _ => name,
        }),
    }
}

/// Whose code runs in a page: that of the owner of the machine that it came from, or of whoever answered in that
/// machine's place.
pub fn owner_of_page<'a>(url: &str, host: &str, plan: &'a Plan) -> Option<&'a str> {
    let attacker = plan
        .network
        .attacker
        .as_ref()
        .filter(|attacker| attacker.answers.keys().any(|pattern| matches(pattern, url)));
    match attacker {
        Some(attacker) => Some(&attacker.person),
        None => owner_of_host(host, plan),
    }
}

/// The owner of the machine that answers at a host (with or without a port).
pub fn owner_of_host<'a>(host: &str, plan: &'a Plan) -> Option<&'a str> {
    machine_of_host(host, plan).and_then(|machine| Some(plan.machines.get(machine)?.owner.as_str()))
}

/// The machine that answers at a host (with or without a port).
pub fn machine_of_host<'a>(host: &str, plan: &'a Plan) -> Option<&'a str> {
    plan.machines
        .iter()
        .find(|(_, machine)| {
            machine.origins.iter().any(|origin| {
                let name = origin.host_str().unwrap_or_default();
                name == host
                    || host
                        .strip_prefix(name)
                        .and_then(|rest| rest.strip_prefix(':'))
                        .is_some_and(|port| port.parse().ok() == origin.port_or_known_default())
            })
        })
        .map(|(name, _)| name.as_str())
}

/// Every first time that a secret came to a person, in order.
pub(crate) fn learned(plan: &Plan, journal: &[Entry]) -> Vec<Learned> {
    let detectors: Vec<(&str, Detector)> = plan
        .secrets
        .iter()
        .map(|(name, secret)| (name.as_str(), Detector::new(&secret.value)))
        .collect();
    let mut all: Vec<Learned> = Vec::new();
    for (entry, event) in journal.iter().enumerate() {
        let Event::Exposure(exposure) = &event.event else {
            continue;
        };
        let Some(person) = person_of(&exposure.holder, plan) else {
            continue;
        };
        for (secret, detector) in &detectors {
            if all
                .iter()
                .any(|known| known.person == person && known.secret == *secret)
            {
                continue;
            }
            let Some(form) = detector.find(&exposure.bytes) else {
                continue;
            };
            all.push(Learned {
                person: person.to_owned(),
                secret: (*secret).to_owned(),
                holder: exposure.holder.clone(),
                how: exposure.how.clone(),
                form,
                entry,
                permitted: plan
                    .secrets
                    .get(*secret)
                    .is_some_and(|secret| secret.may_know(person)),
            });
        }
    }
    all
}
