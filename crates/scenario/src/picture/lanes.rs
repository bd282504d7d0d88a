//! The columns of a picture.

use crossexam_sim::journal::{Entry, Event, Holder, Sender};

use crate::plan::Plan;
use crate::verdict::machine_of_host;

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lane {
    /// What stands there.
    pub kind: LaneKind,
    /// Its name in the scenario.
    pub key: String,
    /// The person whose it is.
    pub person: String,
    /// The person's name as it is shown.
    pub title: String,
    /// What it is, for example `alice.example` or `browser`.
    pub subtitle: String,
}

/// What stands in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LaneKind {
    /// A browser.
    Browser,
    /// A client that is no browser.
    Client,
    /// A machine.
    Machine,
}

/// How many columns there may be before machines that nobody speaks to are left out.
const ROOMY: usize = 4;

/// The columns: the first person's machines, then browsers and clients, then everybody else's machines, so that arrows are short.
pub(super) fn lanes(plan: &Plan, journal: &[Entry]) -> Vec<Lane> {
    let mut actors: Vec<Lane> = Vec::new();
    let mut spoken_to: Vec<&str> = Vec::new();
    let mut add = |lane: Lane| {
        if !actors.iter().any(|other| {
            other.kind == lane.kind && other.key == lane.key && other.person == lane.person
        }) {
            actors.push(lane);
        }
    };
    for (name, browser) in &plan.browsers {
        let used = plan
            .story
            .iter()
            .any(|step| step.action.browser() == Some(name));
        if used {
            add(browser_lane(plan, name, &browser.person));
        }
    }
    for entry in journal {
        match &entry.event {
            Event::Exchange(exchange) => {
                match &exchange.from {
                    Sender::Browser { name, person } => add(browser_lane(plan, name, person)),
                    Sender::Client { name, person } => add(Lane {
                        kind: LaneKind::Client,
                        key: name.clone(),
                        person: person.clone(),
                        title: name_of(plan, person),
                        subtitle: name.clone(),
                    }),
                    Sender::Server { machine } => spoken_to.push(machine),
                }
                spoken_to.extend(exchange.to.as_deref());
            }
            Event::StateChange(change) => spoken_to.push(&change.machine),
            _ => {}
        }
    }
    let mut machines: Vec<&str> = plan.machines.keys().map(String::as_str).collect();
    if actors.len() + machines.len() > ROOMY {
        machines.retain(|machine| spoken_to.contains(machine));
    }
    let place = |person: &str| plan.people.get_index_of(person).unwrap_or(usize::MAX);
    let owner = |machine: &str| {
        plan.machines
            .get(machine)
            .map_or("", |machine| machine.owner.as_str())
    };
    machines.sort_by_key(|machine| place(owner(machine)));
    let first = match machines.as_slice() {
        [first, .., last] if owner(first) != owner(last) => Some(owner(first)),
        _ => None,
    };
    let (left, right): (Vec<&str>, Vec<&str>) = machines
        .into_iter()
        .partition(|machine| Some(owner(machine)) == first);
    actors.sort_by_key(|lane| (lane.kind == LaneKind::Client, place(&lane.person)));
    left.into_iter()
        .map(|machine| machine_lane(plan, machine))
        .chain(actors)
        .chain(right.into_iter().map(|machine| machine_lane(plan, machine)))
        .collect()
}

fn name_of(plan: &Plan, person: &str) -> String {
    plan.people
        .get(person)
        .map_or(person, |person| person.name.as_str())
        .to_owned()
}

fn browser_lane(plan: &Plan, name: &str, person: &str) -> Lane {
    let profile = plan
        .browsers
        .get(name)
        .map_or("standard", |browser| browser.profile.as_str());
    let profile = if profile == "standard" {
        String::new()
    } else {
        format!(", {profile}")
    };
    let subtitle = if name == person {
        format!("browser{profile}")
    } else {
        format!("{name}{profile}")
    };
    Lane {
        kind: LaneKind::Browser,
        key: name.to_owned(),
        person: person.to_owned(),
        title: name_of(plan, person),
        subtitle,
    }
}

fn machine_lane(plan: &Plan, name: &str) -> Lane {
    let machine = plan.machines.get(name);
    let owner = machine.map_or("", |machine| machine.owner.as_str());
    let origin = machine.and_then(|machine| machine.origins.first());
    let subtitle = match origin {
        Some(url) => {
            let scheme = if url.scheme() == "https" {
                ""
            } else {
                "http://"
            };
            let port = url
                .port()
                .map_or_else(String::new, |port| format!(":{port}"));
            format!("{scheme}{}{port}", url.host_str().unwrap_or(name))
        }
        None => name.to_owned(),
    };
    Lane {
        kind: LaneKind::Machine,
        key: name.to_owned(),
        person: owner.to_owned(),
        title: name_of(plan, owner),
        subtitle,
    }
}

/// The column of a machine.
pub(super) fn of_machine(lanes: &[Lane], machine: &str) -> Option<usize> {
    lanes
        .iter()
        .position(|lane| lane.kind == LaneKind::Machine && lane.key == machine)
}

/// The column of a browser.
pub(super) fn of_browser(lanes: &[Lane], browser: &str) -> Option<usize> {
    lanes
        .iter()
        .position(|lane| lane.kind == LaneKind::Browser && lane.key == browser)
}

/// The column of a sender.
pub(super) fn of_sender(lanes: &[Lane], sender: &Sender) -> Option<usize> {
    match sender {
        Sender::Browser { name, .. } => of_browser(lanes, name),
        Sender::Client { name, person } => lanes.iter().position(|lane| {
            lane.kind == LaneKind::Client && lane.key == *name && lane.person == *person
        }),
        Sender::Server { machine } => of_machine(lanes, machine),
    }
}

/// The column of a holder: a page's is its browser's.
pub(super) fn of_holder(lanes: &[Lane], holder: &Holder, plan: &Plan) -> Option<usize> {
    match holder {
        Holder::Page { browser, host, .. } => of_browser(lanes, browser)
            .or_else(|| machine_of_host(host, plan).and_then(|machine| of_machine(lanes, machine))),
        Holder::Server { machine } => of_machine(lanes, machine),
        Holder::Client { name, person } => of_sender(
            lanes,
            &Sender::Client {
                name: name.clone(),
                person: person.clone(),
            },
        ),
        Holder::Person { person } | Holder::Network { name: person } => of_person(lanes, person),
    }
}

/// The column of a person: their browser, their client, or else a machine of theirs.
pub(super) fn of_person(lanes: &[Lane], person: &str) -> Option<usize> {
    let of_kind = |kind: LaneKind| {
        lanes
            .iter()
            .position(|lane| lane.kind == kind && lane.person == person)
    };
    of_kind(LaneKind::Browser)
        .or_else(|| of_kind(LaneKind::Client))
        .or_else(|| of_kind(LaneKind::Machine))
}
