//! A plan: one variant of a scenario with every name resolved and every default filled in, ready to be run.

use std::time::Duration;

use bytes::Bytes;
use indexmap::IndexMap;
use serde_json::Value as Json;
use url::Url;

use crate::format::file::{
    Allowance, Clear, ClientCertificate, DecisionCheck, Fault, Placement, RequestCheck,
    ScriptCheck, StateCheck,
};

/// What one run needs to know.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The scenario's id.
    pub id: String,
    /// The scenario's title.
    pub title: String,
    /// The variant's name; `None` for a scenario without variants.
    pub variant: Option<String>,
    /// What is different in this variant.
    pub variant_title: String,
    /// The seed of everything that is made up.
    pub seed: u64,
    /// The people.
    pub people: IndexMap<String, Person>,
    /// The machines.
    pub machines: IndexMap<String, Machine>,
    /// The secrets.
    pub secrets: IndexMap<String, Secret>,
    /// The browsers.
    pub browsers: IndexMap<String, Browser>,
    /// What lies between.
    pub network: Network,
    /// What happens.
    pub story: Vec<Step>,
    /// What must come of it.
    pub expectations: Vec<Expectation>,
    /// What does not fail the run by itself.
    pub allow: Vec<Allowance>,
}

/// A person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The name as it is shown.
    pub name: String,
    /// Who they are.
    pub role: String,
    /// Where they sit, if it was said.
    pub placement: Option<Placement>,
    /// In whose name their pages act as is meant.
    pub acts_for: Vec<String>,
}

/// A machine.
#[derive(Debug, Clone, PartialEq)]
pub struct Machine {
    /// The person whose it is.
    pub owner: String,
    /// The origins it answers at.
    pub origins: Vec<Url>,
    /// The address, if one was asked for.
    pub ip: Option<std::net::IpAddr>,
    /// Where it stands.
    pub placement: Placement,
    /// Its program.
    pub program: Option<Program>,
    /// Files that it serves as they are, by path.
    pub pages: IndexMap<String, Page>,
    /// `env.config`
    pub config: Json,
    /// What its store holds at the beginning.
    pub store: IndexMap<String, Json>,
    /// The names in its certificate; `None` for those of its hosts.
    pub certificate_names: Option<Vec<String>>,
    /// Whether its certificate is signed by an authority that browsers know.
    pub trusted: bool,
    /// Whether it asks for a client certificate.
    pub client_certificate: Option<ClientCertificate>,
    /// How long a message takes on its way to it, if not as long as to all others.
    pub latency: Option<Duration>,
    /// Something that is wrong with it.
    pub fault: Option<Fault>,
}

/// A server's program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// The file's name in the scenario's folder.
    pub file: String,
    /// The folder's name as people know it, with a `/` at the end if it has one.
    pub folder: String,
    /// The source text.
    pub text: String,
    /// The other modules of the folder, which it may import: the source text by the file's name.
    pub modules: std::collections::BTreeMap<String, String>,
}

/// A file that is served as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Bytes,
}

/// A secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Secret {
    /// Whose it is.
    pub owner: String,
    /// Who else may know it.
    pub known_to: Vec<String>,
    /// The value.
    pub value: String,
    /// What it is, in a few words; may be empty.
    pub what: String,
}

impl Secret {
    /// Whether this person may know it.
    pub fn may_know(&self, person: &str) -> bool {
        self.owner == person || self.known_to.iter().any(|known| known == person)
    }
}

/// A browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Browser {
    /// Who sits in front of it.
    pub person: String,
    /// Its profile's name.
    pub profile: String,
    /// Cookies from earlier: the address and the `Set-Cookie` value.
    pub cookies: Vec<(Url, String)>,
    /// Client certificates: the subject by origin.
    pub certificates: IndexMap<String, String>,
    /// Names and passwords that its person types.
    pub credentials: Vec<Credentials>,
    /// What its person allows when asked: an origin, and the name of a permission.
    pub permissions: Vec<(String, String)>,
    /// Headers that are written over those of its requests.
    pub tampered_requests: Vec<(String, String)>,
    /// Headers that are written over those of the answers it gets.
    pub tampered_answers: Vec<(String, String)>,
}

/// A name and a password that a person types when a site asks for them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The origin that asks.
    pub at: Url,
    /// The user name.
    pub user: String,
    /// The password.
    pub password: String,
}

/// What lies between the machines.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Network {
    /// How long a message takes one way.
    pub latency: Option<Duration>,
    /// Somebody on the path.
    pub attacker: Option<Attacker>,
}

/// Somebody on the path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attacker {
    /// Who.
    pub person: String,
    /// Which answers they give in another's place.
    pub answers: IndexMap<String, Page>,
}

/// One thing that happens.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Who does it, if anybody.
    pub who: Option<String>,
    /// What the learner should know before.
    pub note: String,
    /// What.
    pub action: Action,
}

/// What can happen.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Somebody opens an address from the address bar.
    Visit {
        /// In which browser.
        browser: String,
        /// In which tab.
        tab: Option<u32>,
        /// The address.
        url: Url,
    },
    /// Somebody clicks.
    Click {
        /// In which browser.
        browser: String,
        /// In which tab.
        tab: Option<u32>,
        /// What on.
        selector: String,
    },
    /// Somebody fills in a form and submits it.
    Submit {
        /// In which browser.
        browser: String,
        /// In which tab.
        tab: Option<u32>,
        /// Which form.
        selector: String,
        /// What is typed.
        fields: IndexMap<String, String>,
    },
    /// Somebody sends a request with a client that is no browser.
    Curl(Curl),
    /// Time passes.
    Wait(Duration),
    /// Somebody empties something in their browser.
    Clear {
        /// In which browser.
        browser: String,
        /// What.
        what: Clear,
    },
    /// Somebody changes their machine's store.
    Set {
        /// The machine.
        machine: String,
        /// The values by key.
        values: IndexMap<String, Json>,
    },
    /// Names come to resolve to something else.
    Dns(IndexMap<String, DnsTarget>),
}

impl Step {
    /// What is done, in the words of the journal, for example `visits https://charlie.example/`.
    pub fn describe(&self) -> String {
        match &self.action {
            Action::Visit { url, .. } => format!("visits {url}"),
            Action::Click { selector, .. } => format!("clicks {selector}"),
            Action::Submit { selector, .. } => format!("submits {selector}"),
            Action::Curl(curl) => curl.command(),
            Action::Wait(duration) => format!("{duration:?} pass"),
            Action::Clear { what, .. } => match what {
                Clear::Cookies => "clears the cookies".to_owned(),
                Clear::PreflightCache => "clears the caches".to_owned(),
                Clear::Credentials => "forgets the passwords that were typed".to_owned(),
                Clear::Everything => "clears the cookies, the caches and the passwords".to_owned(),
            },
            Action::Set { machine, values } => {
                let values: Vec<String> = values
                    .iter()
                    .map(|(key, value)| format!("{machine}.{key} to {value}"))
                    .collect();
                format!("sets {}", values.join(", "))
            }
            Action::Dns(names) => {
                let names: Vec<String> = names
                    .iter()
                    .map(|(name, target)| match target {
                        DnsTarget::Machine(machine) => {
                            format!("{name} resolve to the machine {machine}")
                        }
                        DnsTarget::Address(address) => format!("{name} resolve to {address}"),
                    })
                    .collect();
                format!("lets {}", names.join(", "))
            }
        }
    }
}

impl Curl {
    /// The request as a command line, for people.
    pub fn command(&self) -> String {
        let mut command = "runs curl".to_owned();
        let default = if self.body.is_some() { "POST" } else { "GET" };
        if self.method != default {
            command.push_str(&format!(" -X {}", self.method));
        }
        for (name, value) in &self.headers {
            command.push_str(&format!(" -H {}", quoted(&format!("{name}: {value}"))));
        }
        if let Some(body) = &self.body {
            command.push_str(&format!(" -d {}", quoted(body)));
        }
        if let Some(subject) = &self.certificate {
            command.push_str(&format!(" --cert {}", quoted(subject)));
        }
        command.push(' ');
        command.push_str(self.url.as_str());
        command
    }
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', "'\\''"))
}

impl Action {
    /// The browser in which it happens, if it happens in one.
    pub fn browser(&self) -> Option<&String> {
        match self {
            Self::Visit { browser, .. }
            | Self::Click { browser, .. }
            | Self::Submit { browser, .. }
            | Self::Clear { browser, .. } => Some(browser),
            Self::Curl(_) | Self::Wait(_) | Self::Set { .. } | Self::Dns(_) => None,
        }
    }
}

/// What a name can resolve to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DnsTarget {
    /// A machine's address.
    Machine(String),
    /// An address.
    Address(std::net::IpAddr),
}

/// A request that a client other than a browser makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Curl {
    /// The method.
    pub method: String,
    /// The address.
    pub url: Url,
    /// The headers, in order.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Option<String>,
    /// The subject of the client certificate.
    pub certificate: Option<String>,
}

/// Something that must come of it.
#[derive(Debug, Clone, PartialEq)]
pub enum Expectation {
    /// A secret reaches a person.
    Learns {
        /// The person.
        person: String,
        /// The secret.
        secret: String,
    },
    /// A secret never reaches a person.
    NeverLearns {
        /// The person.
        person: String,
        /// The secret.
        secret: String,
    },
    /// Something becomes of a key of a machine's store.
    State {
        /// The machine.
        machine: String,
        /// The key.
        key: String,
        /// What.
        check: StateCheck,
    },
    /// Requests reach a machine, or do not.
    Requests(RequestCheck),
    /// Scripts get to see something.
    ScriptSees(ScriptCheck),
    /// A step decides.
    DecidedBy(DecisionCheck),
}
