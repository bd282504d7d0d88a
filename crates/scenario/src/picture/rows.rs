//! The rows of a picture, in the order in which a reader wants them: what a server did while it answered comes after the
//! request, and what became of a fetch after its exchanges.

use crossexam_fetch::HttpRequestPurpose;
use crossexam_sim::journal::{
    Entry, Event, Exchange, ExchangeId, FetchOutcome, FetchRecord, Holder,
};
use crossexam_web::trace::printable;
use url::Url;

use super::lanes::{self, Lane};
use super::marks::{
    ANSWER_HEADERS, REQUEST_HEADERS, VALUE_LIMIT, cause, cookie_marks, cookies_of, header_marks,
    set_cookie_marks, short_holder, target, tells_another_site,
};
use super::{DecisionOutcome, DecisionRow, ExchangeRow, Mark, MarkKind, Row, shortened};
use crate::run::Run;
use crate::verdict::{Change, Detector, Learned, fetch_of, holder_text, person_name, secret_text};

/// The rows, and of each the journal entry that it shows.
pub(super) fn rows<'a>(run: &'a Run, lanes: &[Lane]) -> (Vec<Row<'a>>, Vec<usize>) {
    let mut builder = Builder {
        run,
        lanes,
        detectors: run
            .plan
            .secrets
            .iter()
            .map(|(name, secret)| (name.as_str(), Detector::new(&secret.value)))
            .collect(),
        rows: Vec::new(),
        waiting: Vec::new(),
        current: 0,
        exchanges: 0,
        steps: run.plan.story.iter(),
    };
    for (index, entry) in run.journal.iter().enumerate() {
        builder.current = index;
        builder.entry(index, entry);
    }
    builder.settle(None);
    builder
        .rows
        .into_iter()
        .map(|(index, row)| (row, index))
        .unzip()
}

struct Builder<'a, 'l> {
    run: &'a Run,
    lanes: &'l [Lane],
    detectors: Vec<(&'a str, Detector)>,
    rows: Vec<(usize, Row<'a>)>,
    /// What servers did while they answered: the row that follows once the exchange is drawn.
    waiting: Vec<(Awaited<'a>, usize, Row<'a>)>,
    /// The journal entry under way.
    current: usize,
    exchanges: usize,
    steps: std::slice::Iter<'a, crate::plan::Step>,
}

/// What a row waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Awaited<'a> {
    /// This exchange.
    Exchange(ExchangeId),
    /// The next exchange with this machine.
    Machine(&'a str),
}

impl<'a> Builder<'a, '_> {
    fn entry(&mut self, index: usize, entry: &'a Entry) {
        let plan = &self.run.plan;
        match &entry.event {
            Event::Action { person, what } => {
                self.settle(None);
                // Not every action is a step of the story: people also type passwords when they are asked.
                let step = self.steps.as_slice().first().filter(|step| {
                    step.who.as_deref().unwrap_or_default() == person && step.describe() == *what
                });
                let note = step.map_or_else(String::new, |step| step.note.clone());
                if step.is_some() {
                    self.steps.next();
                }
                let name = plan
                    .people
                    .get(person)
                    .map_or(person.as_str(), |person| &person.name);
                let text = if name.is_empty() {
                    what.clone()
                } else {
                    format!("{name} {what}")
                };
                self.push(Row::Action {
                    lane: lanes::of_person(self.lanes, person),
                    text,
                    note,
                });
            }
            Event::Exchange(exchange) => {
                if let Some(row) = self.exchange(exchange) {
                    self.push(row);
                }
                self.settle(Some(exchange));
            }
            Event::Fetch(fetch) => {
                if let Some(row) = self.decision(fetch) {
                    self.push(row);
                }
            }
            Event::Exposure(exposure) => {
                for learned in &self.run.verdict.learned {
                    if learned.entry == index {
                        let row = self.learned(learned);
                        self.place(&exposure.holder, row);
                    }
                }
            }
            Event::StateChange(change) => {
                let found = self
                    .run
                    .verdict
                    .changes
                    .iter()
                    .find(|change| change.entry == index);
                if let Some(found) = found {
                    let row = self.change(found);
                    match change.exchange {
                        Some(id) => self.waiting.push((Awaited::Exchange(id), index, row)),
                        None => self.push(row),
                    }
                }
            }
            Event::Console {
                holder,
                level,
                text,
            } => {
                let row = Row::Sees {
                    lane: lanes::of_holder(self.lanes, holder, plan),
                    who: short_holder(plan, holder),
                    level,
                    text: shortened(&text.replace('\n', " "), 240),
                };
                self.place(holder, row);
            }
            Event::ScriptError {
                holder,
                message,
                location,
            } => {
                let place = location
                    .as_ref()
                    .map_or_else(String::new, |place| format!(" ({place})"));
                let row = Row::Trouble {
                    lane: lanes::of_holder(self.lanes, holder, plan),
                    text: format!("{}: {message}{place}", holder_text(plan, holder)),
                };
                self.place(holder, row);
            }
            Event::Unmodelled { what } => {
                self.push(Row::Trouble {
                    lane: None,
                    text: format!("not modelled: {what}"),
                });
            }
            Event::Document(_) => {}
            _ => {}
        }
    }

    fn push(&mut self, row: Row<'a>) {
        self.rows.push((self.current, row));
    }

    /// Puts a row where it belongs: a server's waits for the exchange it is part of.
    fn place(&mut self, holder: &'a Holder, row: Row<'a>) {
        match holder {
            Holder::Server { machine } => {
                self.waiting
                    .push((Awaited::Machine(machine), self.current, row));
            }
            Holder::Page { .. }
            | Holder::Client { .. }
            | Holder::Person { .. }
            | Holder::Network { .. } => {
                self.push(row);
            }
        }
    }

    /// Puts down what waited for this exchange, or for anything at all.
    fn settle(&mut self, exchange: Option<&Exchange>) {
        let (ready, waiting): (Vec<_>, Vec<_>) = std::mem::take(&mut self.waiting)
            .into_iter()
            .partition(|(awaited, ..)| {
                exchange.is_none_or(|exchange| match awaited {
                    Awaited::Exchange(id) => exchange.id == *id,
                    Awaited::Machine(machine) => exchange.to.as_deref() == Some(*machine),
                })
            });
        self.rows
            .extend(ready.into_iter().map(|(_, index, row)| (index, row)));
        self.waiting = waiting;
    }

    fn learned(&self, learned: &Learned) -> Row<'a> {
        let plan = &self.run.plan;
        let name = plan
            .people
            .get(&learned.person)
            .map_or(learned.person.as_str(), |person| &person.name);
        let form = match learned.form.text() {
            "" => String::new(),
            form => format!(", {form}"),
        };
        Row::Learned {
            lane: lanes::of_holder(self.lanes, &learned.holder, plan),
            text: format!(
                "{name} {} {}",
                if learned.permitted { "has" } else { "learns" },
                secret_text(plan, &learned.secret)
            ),
            how: format!(
                "{}, {}{form}",
                holder_text(plan, &learned.holder),
                learned.how
            ),
            permitted: learned.permitted,
        }
    }

    fn change(&self, change: &Change) -> Row<'a> {
        let plan = &self.run.plan;
        let name = |person: &Option<String>| match person {
            Some(person) => plan
                .people
                .get(person)
                .map_or(person.as_str(), |person| &person.name)
                .to_owned(),
            None => "somebody".to_owned(),
        };
        let cause = match (change.meant, change.by == change.in_the_name_of) {
            (_, true) => format!("done by {}", name(&change.by)),
            (true, false) => format!(
                "done by {} on {}'s own page",
                name(&change.in_the_name_of),
                name(&change.by)
            ),
            (false, false) => format!(
                "done by {} in the name of {}, who did not mean it",
                name(&change.by),
                name(&change.in_the_name_of)
            ),
        };
        let value = |value: &Option<String>| {
            value
                .as_deref()
                .map_or_else(|| "nothing".to_owned(), |text| shortened(text, VALUE_LIMIT))
        };
        Row::Change {
            lane: lanes::of_machine(self.lanes, &change.machine),
            key: format!("{}.{}", change.machine, change.key),
            before: value(&change.before),
            after: value(&change.after),
            cause,
            meant: change.meant,
        }
    }

    fn decision(&self, fetch: &'a FetchRecord) -> Option<Row<'a>> {
        let lane = lanes::of_browser(self.lanes, &fetch.browser)?;
        let who = match &fetch.client {
            Some(holder) => short_holder(&self.run.plan, holder),
            None => "the browser".to_owned(),
        };
        let row = match &fetch.outcome {
            FetchOutcome::Response {
                kind, status, step, ..
            } => DecisionRow {
                fetch,
                lane,
                outcome: match *kind {
                    "opaque" | "opaqueredirect" => DecisionOutcome::Opaque,
                    _ => DecisionOutcome::Allowed,
                },
                text: match *kind {
                    _ if fetch.mode == "navigate" => {
                        format!("the browser shows the answer ({status})")
                    }
                    "opaque" if fetch.destination.is_empty() => {
                        format!("an opaque response: {who} can see nothing of it")
                    }
                    "opaque" => {
                        format!(
                            "an opaque response: the page may use it, {who} can see nothing of it"
                        )
                    }
                    "opaqueredirect" => format!("an opaque redirect: {who} does not see where to"),
                    "cors" => format!("{who} may read the answer ({status})"),
                    kind => format!("{who} gets the answer ({kind}, {status})"),
                },
                step: *step,
                plain: step.is_none() && matches!(*kind, "basic" | "default"),
            },
            FetchOutcome::Error { reason, step, .. } => DecisionRow {
                fetch,
                lane,
                outcome: DecisionOutcome::Blocked,
                text: reason.clone(),
                step: Some(step),
                plain: false,
            },
        };
        Some(Row::Decision(Box::new(row)))
    }

    fn exchange(&mut self, exchange: &'a Exchange) -> Option<Row<'a>> {
        let plan = &self.run.plan;
        let from = lanes::of_sender(self.lanes, &exchange.from)?;
        let attacker = plan.network.attacker.as_ref();
        let to = match (exchange.to.as_deref(), &exchange.tampered, attacker) {
            (Some(machine), ..) => lanes::of_machine(self.lanes, machine),
            (None, Some(_), Some(attacker)) => lanes::of_person(self.lanes, &attacker.person),
            (None, ..) => None,
        };
        let fetch = fetch_of(exchange, &self.run.journal);
        let cookies = fetch.map_or_else(Vec::new, |fetch| {
            let nth = self
                .run
                .journal
                .iter()
                .filter_map(|entry| match &entry.event {
                    Event::Exchange(other) if other.fetch == exchange.fetch => Some(other.id),
                    _ => None,
                })
                .position(|id| id == exchange.id)
                .unwrap_or(0);
            cookies_of(fetch, nth)
        });
        let preflight = matches!(exchange.purpose, HttpRequestPurpose::CorsPreflight);
        self.exchanges += 1;
        let mut request_marks = header_marks(&exchange.request_headers, &REQUEST_HEADERS);
        request_marks
            .retain(|mark| !mark.text.starts_with("Referer") || tells_another_site(exchange));
        request_marks.extend(cookie_marks(exchange, &cookies));
        if let Some(subject) = &exchange.client_certificate {
            request_marks.push(Mark {
                kind: MarkKind::Credential,
                text: format!("client certificate {subject}"),
            });
        }
        let mut sent = exchange.url.clone().into_bytes();
        for header in &exchange.request_headers {
            sent.push(b'\n');
            sent.extend_from_slice(&header.value);
        }
        sent.push(b'\n');
        sent.extend_from_slice(&exchange.request_body);
        request_marks.extend(self.secret_marks(&sent));
        if let Some(how) = &exchange.tampered {
            request_marks.push(Mark {
                kind: MarkKind::Tampered,
                text: match attacker {
                    Some(attacker) => {
                        how.replacen(&attacker.person, person_name(plan, &attacker.person), 1)
                    }
                    None => how.clone(),
                },
            });
        }
        let mut answer_marks = Vec::new();
        let answer = match &exchange.answer {
            Ok(answer) => {
                answer_marks.extend(header_marks(&answer.headers, &ANSWER_HEADERS));
                let cors = fetch.is_some_and(|fetch| fetch.mode == "cors")
                    && exchange
                        .request_headers
                        .get(b"origin")
                        .is_some_and(|origin| {
                            Url::parse(&exchange.url).is_ok_and(|url| {
                                url.origin().ascii_serialization().as_bytes() != origin
                            })
                        });
                if cors && answer.headers.get(b"access-control-allow-origin").is_none() {
                    answer_marks.push(Mark {
                        kind: MarkKind::Missing,
                        text: "no Access-Control-Allow-Origin".to_owned(),
                    });
                }
                answer_marks.extend(set_cookie_marks(&cookies));
                let mut received = Vec::new();
                for header in &answer.headers {
                    received.extend_from_slice(&header.value);
                    received.push(b'\n');
                }
                received.extend_from_slice(&answer.body);
                answer_marks.extend(self.secret_marks(&received));
                let kind = answer
                    .headers
                    .get(b"content-type")
                    .map(|value| printable(&value));
                let kind = kind
                    .as_deref()
                    .and_then(|kind| kind.split(';').next())
                    .unwrap_or("")
                    .trim()
                    .to_owned();
                let empty = if answer.body.is_empty() {
                    ""
                } else {
                    kind.as_str()
                };
                Ok(format!("{} {empty}", answer.status).trim_end().to_owned())
            }
            Err(why) => Err(why.clone()),
        };
        Some(Row::Exchange(Box::new(ExchangeRow {
            number: self.exchanges,
            exchange,
            fetch,
            from,
            to,
            method: printable(&exchange.method),
            target: target(plan, exchange),
            preflight,
            cause: fetch.map_or_else(String::new, |fetch| cause(plan, fetch)),
            request_marks,
            answer_marks,
            answer,
            cookies,
        })))
    }

    fn secret_marks(&self, bytes: &[u8]) -> Vec<Mark> {
        self.detectors
            .iter()
            .filter(|(_, detector)| detector.find(bytes).is_some())
            .map(|(name, _)| Mark {
                kind: MarkKind::Secret,
                text: secret_text(&self.run.plan, name),
            })
            .collect()
    }
}
