//! A run as JSON: everything that a program may want to know of it. The shape is described by [`RunDocument`] and by
//! `run.schema.json` beside the crate; it only ever grows.

mod shape;

use base64::Engine as _;
use crossexam_fetch::HttpRequestPurpose;
use crossexam_sim::journal::{
    Answer, Entry, Event, Exchange, FetchOutcome, FetchRecord, Holder, Sender,
};
use crossexam_web::trace::{TraceEvent, printable};
use crossexam_web::{HeaderList, Step};
use serde::Serialize;
use serde_json::Value as Json;

pub use shape::*;

use crate::run::Run;
use crate::verdict::{Change, Form, Learned, ProblemKind};

/// A run as a document.
pub fn document(run: &Run) -> RunDocument {
    let plan = &run.plan;
    RunDocument {
        format: FORMAT,
        scenario: plan.id.clone(),
        title: plan.title.clone(),
        variant: plan.variant.clone(),
        seed: plan.seed,
        passed: run.passed(),
        people: plan
            .people
            .iter()
            .map(|(key, person)| (key.clone(), person.name.clone()))
            .collect(),
        machines: plan
            .machines
            .iter()
            .map(|(key, machine)| {
                let origins = machine
                    .origins
                    .iter()
                    .map(|url| url.origin().ascii_serialization());
                (
                    key.clone(),
                    MachineDocument {
                        owner: machine.owner.clone(),
                        origins: origins.collect(),
                    },
                )
            })
            .collect(),
        browsers: plan
            .browsers
            .iter()
            .map(|(key, browser)| {
                let (person, profile) = (browser.person.clone(), browser.profile.clone());
                (key.clone(), BrowserDocument { person, profile })
            })
            .collect(),
        secrets: plan
            .secrets
            .iter()
            .map(|(key, secret)| {
                let document = SecretDocument {
                    owner: secret.owner.clone(),
                    known_to: secret.known_to.clone(),
                    value: secret.value.clone(),
                };
                (key.clone(), document)
            })
            .collect(),
        expectations: run
            .verdict
            .findings
            .iter()
            .map(|finding| FindingDocument {
                expectation: finding.text.clone(),
                passed: finding.passed,
                detail: finding.detail.clone(),
                evidence: finding.evidence.clone(),
            })
            .collect(),
        problems: run
            .verdict
            .problems
            .iter()
            .map(|problem| ProblemDocument {
                kind: ProblemKind::name(problem.kind),
                text: problem.text.clone(),
                allowed: problem.allowed,
                entry: problem.entry,
            })
            .collect(),
        learned: run.verdict.learned.iter().map(learned).collect(),
        changes: run.verdict.changes.iter().map(change).collect(),
        journal: run.journal.iter().map(entry).collect(),
    }
}

/// A run as JSON, indented, with a newline at the end.
pub fn json(run: &Run) -> String {
    pretty(&document(run))
}

/// Several runs as one JSON list.
pub fn json_list<'a>(runs: impl IntoIterator<Item = &'a Run>) -> String {
    pretty(&runs.into_iter().map(document).collect::<Vec<_>>())
}

/// The JSON Schema of [`RunDocument`], as it is kept beside the crate.
pub fn json_schema() -> String {
    let generator = schemars::generate::SchemaSettings::draft2020_12()
        .for_serialize()
        .into_generator();
    pretty(&generator.into_root_schema_for::<RunDocument>())
}

fn pretty(value: &impl Serialize) -> String {
    let mut text = serde_json::to_string_pretty(value).unwrap_or_default();
    text.push('\n');
    text
}

fn learned(learned: &Learned) -> LearnedDocument {
    LearnedDocument {
        person: learned.person.clone(),
        secret: learned.secret.clone(),
        holder: holder(&learned.holder),
        how: learned.how.clone(),
        form: match learned.form {
            Form::Plain => "plain",
            Form::Percent => "percent",
            Form::Json => "json",
            Form::Html => "html",
            Form::Base64 => "base64",
        },
        permitted: learned.permitted,
        entry: learned.entry,
    }
}

fn change(change: &Change) -> ChangeDocument {
    ChangeDocument {
        machine: change.machine.clone(),
        key: change.key.clone(),
        before: parsed(change.before.as_deref()),
        after: parsed(change.after.as_deref()),
        by: change.by.clone(),
        in_the_name_of: change.in_the_name_of.clone(),
        meant: change.meant,
        entry: change.entry,
    }
}

/// A store's value; text that is not JSON stays text.
fn parsed(value: Option<&str>) -> Json {
    value.map_or(Json::Null, |text| {
        serde_json::from_str(text).unwrap_or_else(|_| Json::from(text))
    })
}

fn entry(entry: &Entry) -> EntryDocument {
    let event = match &entry.event {
        Event::Action { person, what } => EventDocument::Action {
            person: person.clone(),
            what: what.clone(),
        },
        Event::Exchange(found) => EventDocument::Exchange(Box::new(exchange(found))),
        Event::Fetch(found) => EventDocument::Fetch(Box::new(fetch(found))),
        Event::Document(document) => EventDocument::Document {
            browser: document.browser.clone(),
            tab: document.tab,
            nested: document.nested,
            url: document.url.clone(),
            origin: document.origin.clone(),
        },
        Event::Exposure(exposure) => EventDocument::Exposure {
            holder: holder(&exposure.holder),
            how: exposure.how.clone(),
            body: body(&exposure.bytes),
        },
        Event::StateChange(change) => EventDocument::StateChange {
            machine: change.machine.clone(),
            key: change.key.clone(),
            before: parsed(change.before.as_deref()),
            after: parsed(change.after.as_deref()),
            exchange: change.exchange.map(|id| id.0),
        },
        Event::Console {
            holder: who,
            level,
            text,
        } => EventDocument::Console {
            holder: holder(who),
            level,
            text: text.clone(),
        },
        Event::ScriptError {
            holder: who,
            message,
            location,
        } => EventDocument::ScriptError {
            holder: holder(who),
            message: message.clone(),
            location: location.clone(),
        },
        Event::Unmodelled { what } => EventDocument::Unmodelled { what: what.clone() },
        _ => EventDocument::Other,
    };
    EntryDocument {
        at: entry.at.as_micros(),
        event,
    }
}

fn holder(holder: &Holder) -> HolderDocument {
    match holder.clone() {
        Holder::Page {
            browser,
            origin,
            host,
            url,
        } => HolderDocument::Page {
            browser,
            origin,
            host,
            url,
        },
        Holder::Server { machine } => HolderDocument::Server { machine },
        Holder::Client { name, person } => HolderDocument::Client { name, person },
        Holder::Person { person } => HolderDocument::Person { person },
        Holder::Network { name } => HolderDocument::Network { name },
    }
}

fn exchange(exchange: &Exchange) -> ExchangeDocument {
    ExchangeDocument {
        id: exchange.id.0,
        fetch: exchange.fetch.map(|id| id.0),
        from: match exchange.from.clone() {
            Sender::Browser { name, person } => SenderDocument::Browser { name, person },
            Sender::Client { name, person } => SenderDocument::Client { name, person },
            Sender::Server { machine } => SenderDocument::Server { machine },
        },
        to: exchange.to.clone(),
        address: exchange.address.clone(),
        sent_at: exchange.sent_at.as_micros(),
        preflight: matches!(exchange.purpose, HttpRequestPurpose::CorsPreflight),
        method: printable(&exchange.method),
        url: exchange.url.clone(),
        request_headers: headers(&exchange.request_headers),
        request_body: body(&exchange.request_body),
        client_certificate: exchange.client_certificate.clone(),
        answer: exchange
            .answer
            .as_ref()
            .ok()
            .map(|answer: &Answer| AnswerDocument {
                status: answer.status,
                status_message: printable(&answer.status_message),
                headers: headers(&answer.headers),
                body: body(&answer.body),
            }),
        failure: exchange.answer.as_ref().err().cloned(),
        tampered: exchange.tampered.clone(),
    }
}

fn headers(list: &HeaderList) -> Vec<(String, String)> {
    list.iter()
        .map(|header| (printable(&header.name), printable(&header.value)))
        .collect()
}

fn body(bytes: &[u8]) -> BodyDocument {
    match std::str::from_utf8(bytes) {
        Ok(text) => BodyDocument::Text(text.to_owned()),
        Err(_) => BodyDocument::Bytes {
            base64: base64::engine::general_purpose::STANDARD.encode(bytes),
        },
    }
}

fn fetch(fetch: &FetchRecord) -> FetchDocument {
    FetchDocument {
        id: fetch.id.0,
        browser: fetch.browser.clone(),
        client: fetch.client.as_ref().map(holder),
        initiator: fetch.initiator.clone(),
        method: fetch.method.clone(),
        url: fetch.url.clone(),
        mode: fetch.mode,
        credentials: fetch.credentials_mode,
        destination: fetch.destination,
        outcome: match &fetch.outcome {
            FetchOutcome::Response {
                kind,
                status,
                url,
                step: decided,
            } => OutcomeDocument::Response {
                r#type: kind,
                status: *status,
                url: url.clone(),
                step: decided.map(step),
            },
            FetchOutcome::Error {
                reason,
                code,
                step: decided,
            } => OutcomeDocument::Error {
                reason: code,
                text: reason.clone(),
                step: step(decided),
            },
        },
        trace: fetch.trace.iter().map(trace).collect(),
    }
}

fn step(step: &'static Step) -> StepDocument {
    StepDocument {
        standard: step.algorithm.standard.title(),
        algorithm: step.algorithm.id,
        number: step.number,
        text: step.text,
        url: step.algorithm.url(),
    }
}

fn trace(event: &TraceEvent) -> TraceDocument {
    match event {
        TraceEvent::Enter(algorithm) => TraceDocument::Enter {
            algorithm: algorithm.id,
            name: algorithm.name,
        },
        TraceEvent::Step(taken) => TraceDocument::Step(step(taken)),
        TraceEvent::Fact(fact) => TraceDocument::Fact {
            label: fact.label.clone().into_owned(),
            value: fact.value.clone(),
        },
        TraceEvent::Cookie(decision) => TraceDocument::Cookie {
            name: decision.name.clone(),
            outcome: decision.outcome.as_str(),
            reason: decision.reason.clone(),
        },
        TraceEvent::Leave => TraceDocument::Leave,
    }
}
