//! The shape of a run as JSON.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value as Json;

/// The version of the shape.
pub const FORMAT: u32 = 1;

/// A run.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RunDocument {
    /// The version of this shape.
    pub format: u32,
    /// The scenario's id.
    pub scenario: String,
    /// The scenario's title.
    pub title: String,
    /// The variant's name.
    pub variant: Option<String>,
    /// The seed of everything that is made up.
    pub seed: u64,
    /// Whether everything came as expected.
    pub passed: bool,
    /// The people: their names as they are shown.
    pub people: IndexMap<String, String>,
    /// The machines.
    pub machines: IndexMap<String, MachineDocument>,
    /// The browsers.
    pub browsers: IndexMap<String, BrowserDocument>,
    /// The secrets.
    pub secrets: IndexMap<String, SecretDocument>,
    /// Each expectation.
    pub expectations: Vec<FindingDocument>,
    /// What nobody expected.
    pub problems: Vec<ProblemDocument>,
    /// Every first time that a secret came to a person.
    pub learned: Vec<LearnedDocument>,
    /// Every change of a store.
    pub changes: Vec<ChangeDocument>,
    /// Everything that happened, in order. `evidence` and `entry` elsewhere count in this list, from 0.
    pub journal: Vec<EntryDocument>,
}

/// A machine.
#[derive(Debug, Serialize, JsonSchema)]
pub struct MachineDocument {
    /// Whose it is.
    pub owner: String,
    /// The origins it answers at.
    pub origins: Vec<String>,
}

/// A browser.
#[derive(Debug, Serialize, JsonSchema)]
pub struct BrowserDocument {
    /// Who sits in front of it.
    pub person: String,
    /// Its profile.
    pub profile: String,
}

/// A secret.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SecretDocument {
    /// Whose it is.
    pub owner: String,
    /// Who else may know it.
    pub known_to: Vec<String>,
    /// The value.
    pub value: String,
}

/// An expectation and what came of it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct FindingDocument {
    /// The expectation in words.
    pub expectation: String,
    /// Whether it came so.
    pub passed: bool,
    /// What came instead, or what shows it.
    pub detail: String,
    /// The journal entries that show it.
    pub evidence: Vec<usize>,
}

/// Something that nobody expected.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ProblemDocument {
    /// `leak`, `script-error`, `server-error`, `unmodelled` or `interruption`.
    pub kind: &'static str,
    /// What happened, in words.
    pub text: String,
    /// Whether the scenario allows it; otherwise it fails the run.
    pub allowed: bool,
    /// The journal entry that shows it.
    pub entry: usize,
}

/// A secret came to a person.
#[derive(Debug, Serialize, JsonSchema)]
pub struct LearnedDocument {
    /// The person.
    pub person: String,
    /// The secret.
    pub secret: String,
    /// In whose hands it was seen.
    pub holder: HolderDocument,
    /// How it came there.
    pub how: String,
    /// `plain`, `percent`, `json`, `html` or `base64`.
    pub form: &'static str,
    /// Whether this person may know it.
    pub permitted: bool,
    /// The journal entry that shows it.
    pub entry: usize,
}

/// A change of a store.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ChangeDocument {
    /// The machine.
    pub machine: String,
    /// The key.
    pub key: String,
    /// The value before; null for none.
    pub before: Json,
    /// The value after; null for none.
    pub after: Json,
    /// Who caused it.
    pub by: Option<String>,
    /// In whose name it was done.
    pub in_the_name_of: Option<String>,
    /// Whether it was meant.
    pub meant: bool,
    /// The journal entry that shows it.
    pub entry: usize,
}

/// One thing that happened.
#[derive(Debug, Serialize, JsonSchema)]
pub struct EntryDocument {
    /// When: microseconds since the Unix epoch, on the world's clock.
    pub at: i64,
    /// What.
    #[serde(flatten)]
    pub event: EventDocument,
}

/// What can happen.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum EventDocument {
    /// A person did something.
    Action {
        /// The person.
        person: String,
        /// What they did.
        what: String,
    },
    /// A request and its answer.
    Exchange(Box<ExchangeDocument>),
    /// A browser's fetch ended.
    Fetch(Box<FetchDocument>),
    /// A document was created.
    Document {
        /// The browser.
        browser: String,
        /// The tab, from 1.
        tab: u64,
        /// Whether it is nested in another.
        nested: bool,
        /// Its URL.
        url: String,
        /// Its serialized origin.
        origin: String,
    },
    /// Bytes came into somebody's hands.
    Exposure {
        /// In whose hands.
        holder: HolderDocument,
        /// How.
        how: String,
        /// The bytes.
        body: BodyDocument,
    },
    /// A store changed.
    StateChange {
        /// The machine.
        machine: String,
        /// The key.
        key: String,
        /// The value before; null for none.
        before: Json,
        /// The value after; null for none.
        after: Json,
        /// The exchange that was being answered.
        exchange: Option<u64>,
    },
    /// A script wrote to its console.
    Console {
        /// Who runs the script.
        holder: HolderDocument,
        /// `log`, `info`, `warn`, `error` or `debug`.
        level: &'static str,
        /// The text.
        text: String,
    },
    /// A script threw and nobody caught it, or it was stopped.
    ScriptError {
        /// Who runs the script.
        holder: HolderDocument,
        /// The error.
        message: String,
        /// Where.
        location: Option<String>,
    },
    /// Something was reached that is not modelled.
    Unmodelled {
        /// What.
        what: String,
    },
    /// Something else.
    Other,
}

/// In whose hands something is.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum HolderDocument {
    /// A script in a page.
    Page {
        /// The browser.
        browser: String,
        /// The document's serialized origin.
        origin: String,
        /// The host whose code runs there.
        host: String,
        /// The document's URL.
        url: String,
    },
    /// A server.
    Server {
        /// The machine.
        machine: String,
    },
    /// A client that is no browser.
    Client {
        /// Its name.
        name: String,
        /// Who runs it.
        person: String,
    },
    /// A person.
    Person {
        /// The person.
        person: String,
    },
    /// Somebody on the network.
    Network {
        /// Their name.
        name: String,
    },
}

/// Who sent a request.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum SenderDocument {
    /// A browser.
    Browser {
        /// Its name.
        name: String,
        /// Who sits in front of it.
        person: String,
    },
    /// A client that is no browser.
    Client {
        /// Its name.
        name: String,
        /// Who runs it.
        person: String,
    },
    /// A server that itself makes a request.
    Server {
        /// The machine.
        machine: String,
    },
}

/// A request and its answer.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ExchangeDocument {
    /// Its number.
    pub id: u64,
    /// The fetch it belongs to.
    pub fetch: Option<u64>,
    /// Who sent it.
    pub from: SenderDocument,
    /// The machine it reached.
    pub to: Option<String>,
    /// The address and port.
    pub address: Option<String>,
    /// When it was sent, as `at`.
    pub sent_at: i64,
    /// Whether it is a CORS-preflight request.
    pub preflight: bool,
    /// The method.
    pub method: String,
    /// The URL.
    pub url: String,
    /// The request's headers, in order.
    pub request_headers: Vec<(String, String)>,
    /// The request's body.
    pub request_body: BodyDocument,
    /// The subject of the client certificate.
    pub client_certificate: Option<String>,
    /// The answer; null if there was none.
    pub answer: Option<AnswerDocument>,
    /// Why there was no answer.
    pub failure: Option<String>,
    /// What somebody on the path did to it.
    pub tampered: Option<String>,
}

/// An answer.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AnswerDocument {
    /// The status.
    pub status: u16,
    /// The reason phrase.
    pub status_message: String,
    /// The headers, in order.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: BodyDocument,
}

/// Bytes: as text if they are UTF-8.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum BodyDocument {
    /// Text.
    Text(String),
    /// Other bytes.
    Bytes {
        /// In base64.
        base64: String,
    },
}

/// A browser's fetch.
#[derive(Debug, Serialize, JsonSchema)]
pub struct FetchDocument {
    /// Its number.
    pub id: u64,
    /// The browser.
    pub browser: String,
    /// On whose behalf; null for the address bar.
    pub client: Option<HolderDocument>,
    /// What caused it.
    pub initiator: String,
    /// The method.
    pub method: String,
    /// The URL, before redirects.
    pub url: String,
    /// The request's mode.
    pub mode: &'static str,
    /// The request's credentials mode.
    pub credentials: &'static str,
    /// The request's destination.
    pub destination: &'static str,
    /// What came of it.
    pub outcome: OutcomeDocument,
    /// The steps of the standards.
    pub trace: Vec<TraceDocument>,
}

/// What came of a fetch.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum OutcomeDocument {
    /// A response.
    Response {
        /// The response's type.
        r#type: &'static str,
        /// The status that is visible.
        status: u16,
        /// The URL that is visible.
        url: Option<String>,
        /// The step that let it through.
        step: Option<StepDocument>,
    },
    /// A network error.
    Error {
        /// The reason's name.
        reason: &'static str,
        /// The reason in words.
        text: String,
        /// The step that decided.
        step: StepDocument,
    },
}

/// A step of a standard.
#[derive(Debug, Serialize, JsonSchema)]
pub struct StepDocument {
    /// The standard.
    pub standard: &'static str,
    /// The algorithm's anchor.
    pub algorithm: &'static str,
    /// The step's number.
    pub number: &'static str,
    /// What it does.
    pub text: &'static str,
    /// Where the standard defines the algorithm.
    pub url: String,
}

/// An entry of a fetch's trace.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(tag = "trace", rename_all = "kebab-case")]
pub enum TraceDocument {
    /// An algorithm began.
    Enter {
        /// The algorithm's anchor.
        algorithm: &'static str,
        /// Its name.
        name: &'static str,
    },
    /// A step was taken.
    Step(StepDocument),
    /// Something that was seen at the step above.
    Fact {
        /// What.
        label: String,
        /// Its value.
        value: String,
    },
    /// What became of a cookie.
    Cookie {
        /// The cookie's name.
        name: String,
        /// `sent`, `withheld`, `stored`, `deleted`, `rejected` or `evicted`.
        outcome: &'static str,
        /// Why.
        reason: String,
    },
    /// The algorithm that began last has ended.
    Leave,
}
