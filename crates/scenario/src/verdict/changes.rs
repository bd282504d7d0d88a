//! Whose state changed, who caused it, and whether it was meant.

use crossexam_sim::journal::{Entry, Event, Exchange, FetchRecord, Sender};

use super::knowledge::person_of;
use crate::plan::Plan;

/// A key of a machine's store was changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The machine.
    pub machine: String,
    /// The key.
    pub key: String,
    /// The value before, as JSON.
    pub before: Option<String>,
    /// The value after, as JSON.
    pub after: Option<String>,
    /// Who caused it: the owner of the page that sent the request, or whoever ran the client.
    pub by: Option<String>,
    /// Whose request it was: who sat in front of the browser, or ran the client.
    pub in_the_name_of: Option<String>,
    /// Whether the person in whose name it was done meant it.
    pub meant: bool,
    /// The journal entry that shows it.
    pub entry: usize,
}

/// All changes, in order.
pub(crate) fn changes(plan: &Plan, journal: &[Entry]) -> Vec<Change> {
    journal
        .iter()
        .enumerate()
        .filter_map(|(entry, event)| {
            let Event::StateChange(change) = &event.event else {
                return None;
            };
            if change.before == change.after {
                return None;
            }
            let owner = plan
                .machines
                .get(&change.machine)
                .map(|machine| machine.owner.clone());
            let exchange = change.exchange.and_then(|id| {
                journal.iter().find_map(|entry| match &entry.event {
                    Event::Exchange(exchange) if exchange.id == id => Some(&**exchange),
                    _ => None,
                })
            });
            let (by, in_the_name_of) = match exchange {
                Some(exchange) => cause(exchange, plan, journal),
                None => (owner.clone(), owner.clone()),
            };
            let meant = by.as_deref().is_some_and(|by| {
                let acts_for = plan.people.get(by).map(|person| &person.acts_for);
                let name = in_the_name_of.as_ref();
                name.is_some_and(|name| {
                    name == by || acts_for.is_some_and(|others| others.contains(name))
                }) || owner.as_deref() == Some(by)
            });
            Some(Change {
                machine: change.machine.clone(),
                key: change.key.clone(),
                before: change.before.clone(),
                after: change.after.clone(),
                by,
                in_the_name_of,
                meant,
                entry,
            })
        })
        .collect()
}

/// Who caused an exchange, and in whose name it was made.
fn cause(exchange: &Exchange, plan: &Plan, journal: &[Entry]) -> (Option<String>, Option<String>) {
    match &exchange.from {
        Sender::Browser { person, .. } => {
            let client = fetch_of(exchange, journal).and_then(|fetch| fetch.client.as_ref());
            let by = match client {
                Some(holder) => person_of(holder, plan).map(str::to_owned),
                None => Some(person.clone()),
            };
            (by, Some(person.clone()))
        }
        Sender::Client { person, .. } => (Some(person.clone()), Some(person.clone())),
        Sender::Server { machine } => {
            let owner = plan
                .machines
                .get(machine)
                .map(|machine| machine.owner.clone());
            (owner.clone(), owner)
        }
    }
}

/// The fetch that an exchange belongs to.
pub(crate) fn fetch_of<'a>(exchange: &Exchange, journal: &'a [Entry]) -> Option<&'a FetchRecord> {
    let id = exchange.fetch?;
    journal.iter().find_map(|entry| match &entry.event {
        Event::Fetch(fetch) if fetch.id == id => Some(&**fetch),
        _ => None,
    })
}
