//! A journal made by hand: what a browser would have done in S04, so that checkers and renderers can be tried alone.

#![allow(dead_code, unreachable_pub, clippy::unwrap_used)]

use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use crossexam_fetch::HttpRequestPurpose;
use crossexam_scenario::{Folder, LearnersText, Run, Scenario};
use crossexam_sim::journal::{
    Answer, Entry, Event, Exchange, ExchangeId, Exposure, FetchId, FetchOutcome, FetchRecord,
    Holder, Sender, StateChange,
};
use crossexam_web::trace::{CookieDecision, CookieOutcome, Fact};
use crossexam_web::{Algorithm, HeaderList, Standard, Step, Timestamp, TraceEvent};

pub static CORS_CHECK: Algorithm = Algorithm {
    standard: Standard::Fetch,
    id: "concept-cors-check",
    name: "CORS check",
};
pub static NETWORK_FETCH: Algorithm = Algorithm {
    standard: Standard::Fetch,
    id: "concept-http-network-fetch",
    name: "HTTP-network fetch",
};
pub static CORS_CHECK_1: Step = Step {
    algorithm: &CORS_CHECK,
    number: "1",
    text: "Read the combined `Access-Control-Allow-Origin` value.",
};
pub static CORS_CHECK_2: Step = Step {
    algorithm: &CORS_CHECK,
    number: "2",
    text: "No value, no permission.",
};
pub static CORS_CHECK_7: Step = Step {
    algorithm: &CORS_CHECK,
    number: "7",
    text: "Credentials are allowed by exactly `true`.",
};
pub static PREFLIGHT: Algorithm = Algorithm {
    standard: Standard::Fetch,
    id: "cors-preflight-fetch-0",
    name: "CORS-preflight fetch",
};
pub static PREFLIGHT_7: Step = Step {
    algorithm: &PREFLIGHT,
    number: "7.6",
    text: "A header that is not listed is not allowed.",
};

/// The catalogue's folders, by name.
pub fn catalogue() -> Vec<Folder> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/scenarios");
    let mut folders: Vec<Folder> = std::fs::read_dir(path)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            Folder {
                path: name,
                ..Folder::read(&path).unwrap()
            }
        })
        .collect();
    folders.sort_by(|one, other| one.path.cmp(&other.path));
    folders
}

/// The scenario of the catalogue that begins with this id.
pub fn scenario(id: &str) -> Scenario {
    let folder = catalogue()
        .into_iter()
        .find(|folder| folder.name().starts_with(&format!("{id}-")));
    Scenario::load(folder.unwrap()).scenario.unwrap()
}

/// A scenario from a text.
pub fn scenario_from(text: &str) -> Scenario {
    let loaded = Scenario::load(Folder::new(
        "T01-test",
        [("scenario.toml", text.to_owned())],
    ));
    assert!(loaded.diagnostics.is_empty(), "{:#?}", loaded.diagnostics);
    loaded.scenario.unwrap()
}

/// A journal under way.
#[derive(Default)]
pub struct Story {
    now: Duration,
    exchanges: u64,
    pub entries: Vec<Entry>,
}

pub fn bob() -> Sender {
    Sender::Browser {
        name: "bob".to_owned(),
        person: "bob".to_owned(),
    }
}

pub fn curl() -> Sender {
    Sender::Client {
        name: "curl".to_owned(),
        person: "charlie".to_owned(),
    }
}

pub fn page(host: &str) -> Holder {
    Holder::Page {
        browser: "bob".to_owned(),
        origin: format!("https://{host}"),
        host: host.to_owned(),
        url: format!("https://{host}/"),
    }
}

fn headers(list: &[(&str, &str)]) -> HeaderList {
    list.iter()
        .map(|(name, value)| {
            (
                Bytes::from((*name).to_owned()),
                Bytes::from((*value).to_owned()),
            )
        })
        .collect()
}

/// A story's answer: status, headers and body, or why there is none.
pub type Answered<'a> = Result<(u16, &'a [(&'a str, &'a str)], &'a str), &'a str>;

/// A request of a story.
pub struct Request<'a> {
    pub from: Sender,
    pub fetch: Option<u64>,
    pub to: &'a str,
    pub method: &'a str,
    pub url: &'a str,
    pub headers: &'a [(&'a str, &'a str)],
    pub body: &'a str,
}

impl Story {
    fn at(&self) -> Timestamp {
        Timestamp::from_secs(1_700_000_000) + self.now
    }

    pub fn push(&mut self, event: Event) {
        self.now += Duration::from_millis(10);
        self.entries.push(Entry {
            at: self.at(),
            event,
        });
    }

    pub fn action(&mut self, person: &str, what: &str) {
        self.push(Event::Action {
            person: person.to_owned(),
            what: what.to_owned(),
        });
    }

    pub fn exchange(&mut self, request: Request<'_>, answer: Answered<'_>) -> ExchangeId {
        self.exchanges += 1;
        let id = ExchangeId(self.exchanges);
        let preflight = request
            .headers
            .iter()
            .any(|(name, _)| *name == "Access-Control-Request-Method");
        let sent_at = self.at();
        self.push(Event::Exchange(Box::new(Exchange {
            id,
            fetch: request.fetch.map(FetchId),
            from: request.from,
            to: (!request.to.is_empty()).then(|| request.to.to_owned()),
            address: Some("203.0.113.1:443".to_owned()),
            sent_at,
            purpose: if preflight {
                HttpRequestPurpose::CorsPreflight
            } else {
                HttpRequestPurpose::Actual
            },
            method: Bytes::from(request.method.to_owned()),
            url: request.url.to_owned(),
            request_headers: headers(request.headers),
            request_body: Bytes::from(request.body.to_owned()),
            client_certificate: None,
            answer: match answer {
                Ok((status, list, body)) => Ok(Answer {
                    status,
                    status_message: Bytes::new(),
                    headers: headers(list),
                    body: Bytes::from(body.to_owned()),
                }),
                Err(why) => Err(why.to_owned()),
            },
            tampered: None,
        })));
        id
    }

    pub fn fetch(
        &mut self,
        id: u64,
        client: Option<Holder>,
        how: (&str, &'static str, &str, &str),
        outcome: FetchOutcome,
        trace: Vec<TraceEvent>,
    ) {
        let (initiator, mode, method, url) = how;
        self.push(Event::Fetch(Box::new(FetchRecord {
            id: FetchId(id),
            browser: "bob".to_owned(),
            client,
            initiator: initiator.to_owned(),
            method: method.to_owned(),
            url: url.to_owned(),
            mode,
            credentials_mode: "include",
            destination: if mode == "navigate" { "document" } else { "" },
            outcome,
            trace,
        })));
    }

    pub fn exposure(&mut self, holder: Holder, how: &str, bytes: &str) {
        self.push(Event::Exposure(Exposure {
            holder,
            how: how.to_owned(),
            bytes: Bytes::from(bytes.to_owned()),
        }));
    }

    pub fn console(&mut self, holder: Holder, text: &str) {
        self.push(Event::Console {
            holder,
            level: "log",
            text: text.to_owned(),
        });
    }

    pub fn change(
        &mut self,
        machine: &str,
        key: &str,
        before: &str,
        after: &str,
        exchange: Option<u64>,
    ) {
        self.push(Event::StateChange(StateChange {
            machine: machine.to_owned(),
            key: key.to_owned(),
            before: Some(before.to_owned()),
            after: Some(after.to_owned()),
            exchange: exchange.map(ExchangeId),
        }));
    }
}

pub fn cookie(name: &str, outcome: CookieOutcome, reason: &str) -> TraceEvent {
    TraceEvent::Cookie(CookieDecision {
        name: name.to_owned(),
        outcome,
        reason: reason.to_owned(),
    })
}

fn fact(label: &'static str, value: &str) -> TraceEvent {
    TraceEvent::Fact(Fact {
        label: label.into(),
        value: value.to_owned(),
    })
}

/// S04 as a browser would have run it: blocked in `fixed`, read in `vulnerable`.
pub fn s04(variant: &str) -> Run {
    let scenario = scenario("S04");
    let plan = scenario.plan(Some(variant), 0).unwrap();
    let mail = plan.secrets["mail"].value.clone();
    let session = format!("session={}", plan.secrets["session"].value);
    let allowed = variant == "vulnerable";
    let mut story = Story::default();
    story.action("bob", "visits https://charlie.example/");
    story.exchange(
        Request {
            from: bob(),
            fetch: Some(1),
            to: "charlie",
            method: "GET",
            url: "https://charlie.example/",
            headers: &[("Sec-Fetch-Site", "none")],
            body: "",
        },
        Ok((
            200,
            &[("Content-Type", "text/html; charset=utf-8")],
            "<title>Kittens</title>",
        )),
    );
    let response = |kind: &'static str, step| FetchOutcome::Response {
        kind,
        status: 200,
        url: None,
        step,
    };
    story.fetch(
        1,
        None,
        ("navigation", "navigate", "GET", "https://charlie.example/"),
        response("basic", None),
        vec![],
    );
    let permission: &[(&str, &str)] = if allowed {
        &[
            ("Content-Type", "text/plain"),
            ("Vary", "Origin"),
            ("Access-Control-Allow-Origin", "https://charlie.example"),
            ("Access-Control-Allow-Credentials", "true"),
        ]
    } else {
        &[("Content-Type", "text/plain"), ("Vary", "Origin")]
    };
    story.exposure(
        Holder::Server {
            machine: "alice".to_owned(),
        },
        "request headers",
        &session,
    );
    story.exchange(
        Request {
            from: bob(),
            fetch: Some(2),
            to: "alice",
            method: "GET",
            url: "https://alice.example/mail",
            headers: &[
                ("Origin", "https://charlie.example"),
                ("Sec-Fetch-Site", "cross-site"),
                ("Cookie", &session),
            ],
            body: "",
        },
        Ok((200, permission, &mail)),
    );
    let mut trace = vec![
        cookie("session", CookieOutcome::Sent, ""),
        cookie(
            "theme",
            CookieOutcome::Withheld,
            "SameSite=Lax and the request is cross-site",
        ),
        TraceEvent::Enter(&NETWORK_FETCH),
        TraceEvent::Leave,
        TraceEvent::Enter(&CORS_CHECK),
        TraceEvent::Step(&CORS_CHECK_1),
    ];
    let how = ("fetch()", "cors", "GET", "https://alice.example/mail");
    if allowed {
        trace.extend([
            fact("Access-Control-Allow-Origin", "https://charlie.example"),
            TraceEvent::Step(&CORS_CHECK_7),
            TraceEvent::Leave,
        ]);
        story.fetch(
            2,
            Some(page("charlie.example")),
            how,
            response("cors", Some(&CORS_CHECK_7)),
            trace,
        );
        story.exposure(page("charlie.example"), "Response.text()", &mail);
        story.console(page("charlie.example"), "got 17 characters");
        story.exposure(
            Holder::Server {
                machine: "charlie".to_owned(),
            },
            "request body",
            &mail,
        );
        story.exchange(
            Request {
                from: bob(),
                fetch: Some(3),
                to: "charlie",
                method: "POST",
                url: "https://charlie.example/loot",
                headers: &[
                    ("Origin", "https://charlie.example"),
                    ("Content-Type", "text/plain;charset=UTF-8"),
                ],
                body: &mail,
            },
            Ok((404, &[("Content-Type", "text/plain")], "Not found")),
        );
        story.fetch(
            3,
            Some(page("charlie.example")),
            ("fetch()", "cors", "POST", "https://charlie.example/loot"),
            response("basic", None),
            vec![],
        );
    } else {
        trace.extend([TraceEvent::Step(&CORS_CHECK_2), TraceEvent::Leave]);
        let outcome = FetchOutcome::Error {
            reason: "CORS check: the response has no `Access-Control-Allow-Origin`".to_owned(),
            code: "cors-check/allow-origin-missing",
            step: &CORS_CHECK_2,
        };
        story.fetch(2, Some(page("charlie.example")), how, outcome, trace);
        story.console(page("charlie.example"), "TypeError: Failed to fetch");
    }
    Run::new(
        LearnersText::of(&scenario, Some(variant)),
        plan,
        story.entries,
        None,
    )
}

/// A scenario with everything in it that a picture can show: a preflight, a change nobody meant, a client, no answer,
/// trouble, markup in every text.
pub fn kitchen_sink() -> Run {
    let scenario = scenario_from(
        r#"
id = "T01"
title = "Everything <b>at once</b> & more"
question = "What does a picture look like that has \"everything\" in it?"
[person.dora]
name = "Dora <Explorer>"
[machine.alice]
pages = { "/" = { body = "hi" } }
store = { balance = 1000 }
[machine.charlie]
pages = { "/" = { body = "hi" } }
[secret.mail]
owner = "bob"
known_to = "alice"
value = "mail & <more>"
[[story]]
note = "Bob has <no idea> & opens it."
who = "bob"
visit = "https://charlie.example/"
[[story]]
who = "charlie"
curl = "https://alice.example/"
[expect]
never_learns = { charlie = "mail" }
state.alice.balance = "unchanged"
script_sees = [{ page = "https://charlie.example/", text = "done <script>alert(1)</script>" }]
requests = [{ to = "alice", preflight = true, count = 1 }, { to = "alice", method = "PUT", count = 0 }]
decided_by = [{ url = "https://alice.example/transfer*", step = "concept-cors-check 2" }]
"#,
    );
    let plan = scenario.plan(None, 0).unwrap();
    let mut story = Story::default();
    story.action("bob", "visits https://charlie.example/?<script>");
    story.exchange(
        Request {
            from: bob(),
            fetch: Some(1),
            to: "alice",
            method: "OPTIONS",
            url: "https://alice.example/transfer?to=charlie&amount=100",
            headers: &[
                ("Origin", "https://charlie.example"),
                ("Access-Control-Request-Method", "PUT"),
                ("Access-Control-Request-Headers", "x-token"),
            ],
            body: "",
        },
        Ok((
            204,
            &[
                ("Access-Control-Allow-Origin", "https://charlie.example"),
                ("Access-Control-Allow-Methods", "PUT"),
            ],
            "",
        )),
    );
    let outcome = FetchOutcome::Error {
        reason: "CORS-preflight: the header x-token is not among `Access-Control-Allow-Headers` (the header is absent)".to_owned(),
        code: "preflight/header-not-allowed",
        step: &PREFLIGHT_7,
    };
    story.fetch(
        1,
        Some(page("charlie.example")),
        (
            "XMLHttpRequest",
            "cors",
            "PUT",
            "https://alice.example/transfer?to=charlie&amount=100",
        ),
        outcome,
        vec![
            TraceEvent::Enter(&PREFLIGHT),
            TraceEvent::Step(&PREFLIGHT_7),
            TraceEvent::Leave,
        ],
    );
    story.console(page("charlie.example"), "done <script>alert(1)</script>");
    story.change("alice", "balance", "1000", "900", Some(2));
    story.exchange(
        Request {
            from: bob(),
            fetch: Some(2),
            to: "alice",
            method: "POST",
            url: "https://alice.example/transfer",
            headers: &[
                ("Origin", "https://charlie.example"),
                ("Content-Type", "application/x-www-form-urlencoded"),
                ("Cookie", "session=1; id=2"),
            ],
            body: "to=charlie",
        },
        Ok((302, &[("Location", "/done"), ("Set-Cookie", "seen=1")], "")),
    );
    story.fetch(
        2,
        Some(page("charlie.example")),
        (
            "fetch()",
            "no-cors",
            "POST",
            "https://alice.example/transfer",
        ),
        FetchOutcome::Response {
            kind: "opaque",
            status: 0,
            url: None,
            step: None,
        },
        vec![
            cookie("session", CookieOutcome::Sent, ""),
            cookie("id", CookieOutcome::Sent, ""),
            TraceEvent::Enter(&NETWORK_FETCH),
            cookie(
                "seen",
                CookieOutcome::Rejected,
                "Secure is missing for SameSite=None",
            ),
            TraceEvent::Leave,
        ],
    );
    story.exchange(
        Request {
            from: bob(),
            fetch: Some(3),
            to: "",
            method: "GET",
            url: "https://nowhere.example/",
            headers: &[],
            body: "",
        },
        Err("the name nowhere.example does not resolve"),
    );
    story.push(Event::ScriptError {
        holder: page("charlie.example"),
        message: "ReferenceError: kitten is not defined".to_owned(),
        location: Some("charlie.html:3:9".to_owned()),
    });
    story.action("charlie", "runs curl https://alice.example/");
    story.exchange(
        Request {
            from: curl(),
            fetch: None,
            to: "alice",
            method: "GET",
            url: "https://alice.example/",
            headers: &[
                ("Origin", "https://partner.example"),
                ("Authorization", "Basic Y2hhcmxpZTo="),
            ],
            body: "",
        },
        Ok((
            200,
            &[("Content-Type", "text/html")],
            "mail &amp; &lt;more&gt;",
        )),
    );
    story.exposure(
        Holder::Client {
            name: "curl".to_owned(),
            person: "charlie".to_owned(),
        },
        "response body",
        "<p>mail &amp; &lt;more&gt;</p>",
    );
    story.push(Event::Unmodelled {
        what: "WebSocket <connections>".to_owned(),
    });
    Run::new(LearnersText::of(&scenario, None), plan, story.entries, None)
}
