//! One test at one URL, in a browser of its own.

use std::cell::RefCell;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::net::{Ipv4Addr, SocketAddr};
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use crossexam_browser::{Browser, BrowserOptions};
use crossexam_net::{LiveServer, Outside, Trust, WallClock};
use crossexam_sim::journal::{Event, FetchOutcome};
use crossexam_sim::machine::{Listener, Machine};
use crossexam_sim::network::{Link, Network};
use crossexam_sim::server::{LocalBoxFuture, PeerInfo, Server, ServerError, WireServer};
use crossexam_sim::tls::Certificate;
use crossexam_sim::{Clock, Limits, Profile, WireRequest, WireResponse, World, WorldConfig};
use crossexam_web::Timestamp;
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::discover::Test;
use crate::hosts;
use crate::serve::Ports;

/// What every test is run with.
#[derive(Debug, Clone)]
pub struct Setting {
    /// The thread for sockets.
    pub outside: Outside,
    /// Who signed the suite's certificates.
    pub trust: Trust,
    /// Where the suite's server listens.
    pub ports: Ports,
    /// The browser's profile.
    pub profile: Profile,
    /// What times are multiplied by.
    pub patience: f64,
}

/// What became of a test, or of a subtest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    /// It passes; of a whole file: everything that was to run has run.
    Pass,
    /// Of a whole file: everything that was to run has run.
    Ok,
    /// It fails.
    Fail,
    /// Something went wrong outside of the subtests.
    Error,
    /// The time was up.
    Timeout,
    /// It was never begun.
    Notrun,
    /// What it needs is optional and not there.
    PreconditionFailed,
    /// The runner itself failed.
    Crash,
}

/// A subtest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Subtest {
    /// Its name.
    pub name: String,
    /// What became of it.
    pub status: Status,
    /// What it says about that.
    pub message: Option<String>,
}

/// What a test comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Of the file as a whole.
    pub status: Status,
    /// What is to be said about that.
    pub message: Option<String>,
    /// Its subtests, in the order in which they were made.
    pub subtests: Vec<Subtest>,
    /// What the page's console and the browser have to say, for those who look for the reason of a failure.
    pub notes: Vec<String>,
    /// How long it took.
    pub took: Duration,
}

impl Outcome {
    /// An outcome without subtests.
    pub fn bare(status: Status, message: impl Into<String>) -> Self {
        Self {
            status,
            message: Some(message.into()),
            subtests: Vec::new(),
            notes: Vec::new(),
            took: Duration::ZERO,
        }
    }
}

/// How long a test may take by itself: testharness.js ends it then.
pub fn time_limit(test: &Test, patience: f64) -> Duration {
    Duration::from_secs(if test.long { 60 } else { 10 }).mul_f64(patience)
}

/// What the report script says.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Told {
    Subtest(RawSubtest),
    Harness {
        status: u8,
        message: Option<String>,
        subtests: Vec<RawSubtest>,
    },
}

#[derive(Debug, Deserialize)]
struct RawSubtest {
    name: String,
    status: u8,
    message: Option<String>,
}

impl From<RawSubtest> for Subtest {
    fn from(raw: RawSubtest) -> Self {
        Self {
            name: raw.name,
            status: match raw.status {
                0 => Status::Pass,
                1 => Status::Fail,
                2 => Status::Timeout,
                3 => Status::Notrun,
                _ => Status::PreconditionFailed,
            },
            message: raw.message,
        }
    }
}

const fn harness_status(status: u8) -> Status {
    match status {
        0 => Status::Ok,
        1 => Status::Error,
        2 => Status::Timeout,
        _ => Status::PreconditionFailed,
    }
}

/// The suite's server, but for one file.
#[derive(Debug, Clone)]
struct Suite(LiveServer);

const REPORT: &str = include_str!("report.js");

impl WireServer for Suite {
    fn answer<'a>(
        &'a self,
        request: &'a WireRequest,
        peer: PeerInfo,
    ) -> LocalBoxFuture<'a, Result<WireResponse, ServerError>> {
        if request.url.path() == "/resources/testharnessreport.js" {
            return Box::pin(async {
                Ok(WireResponse {
                    status: 200,
                    status_message: Bytes::from_static(b"OK"),
                    header_list: [("Content-Type", "text/javascript;charset=utf-8")]
                        .into_iter()
                        .collect(),
                    body: Bytes::from_static(REPORT.as_bytes()),
                    ..WireResponse::default()
                })
            });
        }
        self.0.answer(request, peer)
    }
}

impl Server for Suite {
    fn handle<'a>(
        &'a self,
        request: http::Request<Bytes>,
        peer: PeerInfo,
    ) -> LocalBoxFuture<'a, Result<http::Response<Bytes>, ServerError>> {
        self.0.handle(request, peer)
    }

    fn as_wire_server(&self) -> Option<&dyn WireServer> {
        Some(self)
    }
}

/// The machine that is the suite's server under all its names.
fn machine(network: &Network, setting: &Setting) -> Machine {
    let mut machine = Machine::new("the suite's server");
    for name in hosts::names() {
        machine = machine.host_name(&name);
    }
    for &port in setting.ports.http.iter().chain(&setting.ports.ws) {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let live = LiveServer::http(network, &setting.outside, address);
        machine = machine.listen(port, Listener::http(Suite(live)));
    }
    for &port in setting.ports.https.iter().chain(&setting.ports.wss) {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let live = LiveServer::https(network, &setting.outside, address, &setting.trust);
        // The real certificate is checked where the real connection is made.
        let certificate = Certificate::new(hosts::names());
        machine = machine.listen(port, Listener::https(Suite(live), certificate));
    }
    machine
}

/// The URL that a test is loaded from.
fn url(test: &Test, ports: &Ports) -> Option<Url> {
    let (scheme, port) = if test.https {
        ("https", ports.https.first()?)
    } else {
        ("http", ports.http.first()?)
    };
    let www = if test.www { "www." } else { "" };
    let url = format!("{scheme}://{www}web-platform.test:{port}{}", test.url);
    Url::parse(&url).ok()
}

/// Where a run's randomness comes from: another one for each. The suite's server keeps what tests leave with it under
/// random names, for all of them.
fn seed(test: &Test, now: Timestamp) -> u64 {
    let mut hasher = DefaultHasher::new();
    test.url.hash(&mut hasher);
    now.hash(&mut hasher);
    hasher.finish()
}

/// Runs a test.
pub fn run(test: &Test, setting: &Setting) -> Outcome {
    let Some(url) = url(test, &setting.ports) else {
        return Outcome::bare(Status::Error, "the suite's server has no port for it");
    };
    let clock = WallClock::new();
    let config = WorldConfig {
        seed: seed(test, clock.now()),
        trace: false,
        limits: Limits {
            steps: u64::MAX,
            ..Limits::default()
        },
        ..WorldConfig::default()
    };
    let world = World::in_real_time(config, Rc::new(clock));
    let network = world.network();
    network.set_link(Link {
        latency: Duration::ZERO,
        ..Link::default()
    });
    if let Err(error) = network.add_machine(machine(network, setting)) {
        return Outcome::bare(Status::Crash, error.to_string());
    }
    let options = BrowserOptions {
        popup_blocker: false,
        limits: crossexam_js::Limits {
            memory_bytes: 256 << 20,
            interrupt_budget: 50_000,
            max_jobs: 5_000_000,
        },
        ..BrowserOptions::of_profile(&setting.profile)
    };
    let browser = Browser::new(&world, "the browser", "the runner", options);
    let visitor = browser.clone();
    let begun = world.now();
    drop(world.executor().spawn("the test", async move {
        // Only a tab that is not there can fail, and none is asked for.
        let _ = visitor.visit(None, &url).await;
    }));
    let found = RefCell::new(Found::default());
    // testharness.js ends by itself; who does not get so far is ended here.
    let at_most = time_limit(test, setting.patience) + Duration::from_secs(3);
    let watched = world.executor().timeout(at_most, watch(&world, &found));
    let ended = world.block_on(watched);
    let took = world.now().since(begun);
    let mut outcome = found.into_inner().outcome(match ended {
        Ok(Ok(())) => None,
        Ok(Err(_)) => Some("no result came in time".to_owned()),
        Err(error) => Some(error.to_string()),
    });
    outcome.took = took;
    outcome
}

/// What is known of a test while it runs.
#[derive(Debug, Default)]
struct Found {
    harness: Option<(Status, Option<String>)>,
    subtests: IndexMap<String, Subtest>,
    notes: Vec<String>,
}

/// How much of what a page writes is kept.
const MOST_NOTES: usize = 40;

impl Found {
    fn outcome(self, why_not: Option<String>) -> Outcome {
        let (status, message) = self
            .harness
            .unwrap_or((Status::Timeout, why_not.filter(|why| !why.is_empty())));
        Outcome {
            status,
            message,
            subtests: self.subtests.into_values().collect(),
            notes: self.notes,
            took: Duration::ZERO,
        }
    }

    fn note(&mut self, note: String) {
        if self.notes.len() < MOST_NOTES {
            self.notes.push(note);
        }
    }

    /// Takes in what happened; says whether that was the end.
    fn take_in(&mut self, event: Event) -> bool {
        match event {
            Event::Console { text, level, .. } => match text.strip_prefix("crossexam-wpt ") {
                Some(told) => match serde_json::from_str(told) {
                    Ok(told) => return self.told(told),
                    Err(error) => self.note(format!("the report cannot be read: {error}")),
                },
                None => self.note(format!("console.{level}: {text}")),
            },
            Event::ScriptError {
                message, location, ..
            } => {
                let location = location.map_or_else(String::new, |at| format!(" ({at})"));
                self.note(format!("script error: {message}{location}"));
            }
            Event::Fetch(fetch) => {
                if let FetchOutcome::Error { reason, .. } = &fetch.outcome {
                    self.note(format!("{} {}: {reason}", fetch.method, fetch.url));
                }
            }
            Event::Unmodelled { what } => self.note(format!("Unmodelled: {what}")),
            _ => {}
        }
        false
    }

    fn told(&mut self, told: Told) -> bool {
        match told {
            Told::Subtest(subtest) => {
                self.subtests.insert(subtest.name.clone(), subtest.into());
                false
            }
            Told::Harness {
                status,
                message,
                subtests,
            } => {
                self.subtests = subtests
                    .into_iter()
                    .map(|subtest| (subtest.name.clone(), subtest.into()))
                    .collect();
                self.harness = Some((harness_status(status), message));
                true
            }
        }
    }
}

/// Waits for the end of a test.
async fn watch(world: &World, found: &RefCell<Found>) {
    loop {
        world.journal().until_not_empty().await;
        for entry in world.journal().take() {
            if found.borrow_mut().take_in(entry.event) {
                return;
            }
        }
    }
}
