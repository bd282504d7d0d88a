//! `scenario.toml` as types. The JSON Schema, and with it the reading of a file, is made from these: a field's
//! documentation is what an editor shows and what a diagnostic cites.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

pub use super::expect::*;

/// A scenario: who is who, whose machines there are, what happens, and who may learn what.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScenarioFile {
    /// The scenario's stable name, for example `S04`; its folder begins with it.
    pub id: String,
    /// A short title, as in a table of contents.
    pub title: String,
    /// Words to find it by.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// The question that the learner should try to answer before looking.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub question: String,
    /// What to look for in the replay.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub look_for: String,
    /// What the replay shows: the answer.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub shows: String,
    /// Where the standards say so: `fetch#concept-cors-check`, or a whole address.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub standard: Vec<String>,
    /// People besides Alice, Bob and Charlie, or another description of those.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub person: IndexMap<String, Person>,
    /// The machines: whose they are, how they are called, what they answer.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub machine: IndexMap<String, Machine>,
    /// What somebody would rather keep to themselves.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub secret: IndexMap<String, Secret>,
    /// Browsers that are not as they come out of the box. Whoever visits something has one, named after them.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub browser: IndexMap<String, Browser>,
    /// What lies between the machines.
    #[serde(default, skip_serializing_if = "Network::is_default")]
    pub network: Network,
    /// What happens, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub story: Vec<Step>,
    /// What must come of it, in every variant.
    #[serde(default, skip_serializing_if = "Expect::is_default")]
    pub expect: Expect,
    /// Small differences over the rest of the file, each of them run by itself.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub variant: IndexMap<String, Variant>,
}

/// A variant: a few values that replace those of the base, and what must come of it then.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Variant {
    /// What is different, in a few words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// What the learner should know about it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
    /// Values that replace those of the base.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub person: IndexMap<String, Person>,
    /// Values that replace those of the base, machine by machine and key by key.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub machine: IndexMap<String, Machine>,
    /// Values that replace those of the base.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub secret: IndexMap<String, Secret>,
    /// Values that replace those of the base.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub browser: IndexMap<String, Browser>,
    /// Values that replace those of the base.
    #[serde(default, skip_serializing_if = "Network::is_default")]
    pub network: Network,
    /// A whole other story.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub story: Option<Vec<Step>>,
    /// Steps that follow the base's story.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub then: Vec<Step>,
    /// What must come of it: added to the base's expectations. What it says about a person and a secret, or about a key
    /// of a store, replaces what the base says; each list replaces the base's list.
    #[serde(default, skip_serializing_if = "Expect::is_default")]
    pub expect: Expect,
}

/// A person.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// The name as it is shown; by default the key with a capital.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Who they are, in a few words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub role: String,
    /// Where they sit with their browsers and clients: `private` for the private network, from which the public one is reached
    /// as well. By default on the public network, or where their own machines stand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<Placement>,
    /// In whose name their pages act: what a page of theirs does in the browser of one of these people, that one meant.
    #[serde(default, skip_serializing_if = "OneOrMany::is_empty")]
    pub acts_for: OneOrMany<String>,
}

/// A machine that answers requests.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Machine {
    /// Whose it is; by default the person whose name the machine has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// The origins it answers at, for example `https://alice.example`; by default `https://<machine>.example`.
    #[serde(default, skip_serializing_if = "OneOrMany::is_empty")]
    pub hosts: OneOrMany<String>,
    /// The address; by default one is made up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ip: Option<String>,
    /// Where it stands; by default on the public network.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<Placement>,
    /// The file with its program: `export default { async fetch(request, env) { … } }`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
    /// Files that it serves as they are, by path. Asked before the program.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub pages: IndexMap<String, Page>,
    /// What its program finds in `env.config`.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub config: IndexMap<String, Json>,
    /// What its program finds in `env.store` at the beginning.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub store: IndexMap<String, Json>,
    /// Its certificate, and whether it asks for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<Tls>,
    /// How long a message takes on its way to it, for example `20ms`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency: Option<String>,
    /// Something that is wrong with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<Fault>,
}

/// Where a machine stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Placement {
    /// On the public network.
    Public,
    /// On a private network, at home or in a company.
    Private,
    /// On the same computer as the browser.
    Local,
}

/// What can be wrong with a machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    /// It accepts the connection and never answers.
    Silent,
    /// It refuses connections.
    Refuses,
    /// It breaks the connection off.
    Resets,
}

/// A machine's certificate, and whether it asks the client for one.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// The names in its certificate; by default those of its hosts.
    #[serde(default, skip_serializing_if = "OneOrMany::is_empty")]
    pub names: OneOrMany<String>,
    /// Whether an authority that browsers know has signed it; by default yes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trusted: Option<bool>,
    /// Whether it asks for a client certificate; by default no.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_certificate: Option<ClientCertificate>,
}

/// Whether a machine asks for a client certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ClientCertificate {
    /// It asks for one and also serves clients that have none.
    Optional,
    /// It does not speak with clients that have none.
    Required,
}

/// A file that is served as it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Page {
    /// The file's name; status 200, the type by the file's ending.
    File(String),
    /// More than the file.
    Full(FullPage),
}

/// A file that is served, with its status and headers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FullPage {
    /// The file's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The body, instead of a file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// The status; by default 200.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Headers; each value one line, or a list for several lines of one name. `Content-Type` goes by the file's ending.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub headers: IndexMap<String, OneOrMany<String>>,
}

/// A value by which knowledge is recognised. Write `{{secret.<name>}}` wherever it is needed: in the texts of the
/// scenario file, in a server's program, in a page.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Secret {
    /// Whose it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Who else may know it.
    #[serde(default, skip_serializing_if = "OneOrMany::is_empty")]
    pub known_to: OneOrMany<String>,
    /// The value; by default made up from the name and the seed. At least six characters, so that it is not found by chance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// What it is, in a few words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub what: String,
}

/// A browser.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Browser {
    /// Who sits in front of it; by default the person whose name the browser has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
    /// The profile: `standard`, `classic`, …; by default `standard`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
    /// Cookies that it has from earlier.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cookies: Vec<Cookie>,
    /// Client certificates that its person uses: the subject by the origin they show it to.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub certificates: IndexMap<String, String>,
    /// What its person types when a site asks for a name and a password.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub credentials: Vec<Credentials>,
    /// What its person allows when asked: names of permissions (`local-network`, `loopback-network`) by the origin that
    /// they allow them to. Asked for anything else they decline.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub permissions: IndexMap<String, Vec<String>>,
    /// What its person has done to it, for example with an extension. It changes headers between the browser and the
    /// network, and what the browser itself decides stays as it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tampering: Option<Tampering>,
}

/// Headers that are written over those of a browser's requests and of the answers it gets.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tampering {
    /// Headers that every request has when it leaves: the value by the name.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub requests: IndexMap<String, String>,
    /// Headers that every answer has when it arrives: the value by the name.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub answers: IndexMap<String, String>,
}

/// A cookie that a browser has from earlier.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cookie {
    /// The address whose answer set it.
    pub at: String,
    /// The value of the `Set-Cookie` header.
    pub set: String,
}

/// What a person types when a site asks for a name and a password.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Credentials {
    /// The origin that asks.
    pub at: String,
    /// The user name.
    pub user: String,
    /// The password.
    pub password: String,
}

/// What lies between the machines.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Network {
    /// How long a message takes one way, for example `10ms`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency: Option<String>,
    /// Somebody who reads and changes what goes over plain HTTP.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attacker: Option<Attacker>,
}

impl Network {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// Somebody on the path who reads what goes over plain HTTP, and may answer in another's place.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Attacker {
    /// Who.
    pub person: String,
    /// Which answers they give in another's place: by plain-HTTP address (with `*` for anything), the file of the page.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub answers: IndexMap<String, Page>,
}

/// One thing that happens. It has exactly one of `visit`, `click`, `submit`, `curl`, `wait`, `clear`, `set` and `dns`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Who does it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub who: Option<String>,
    /// What the learner should know before it happens.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// Opens this address from the address bar.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visit: Option<String>,
    /// Clicks on the first element that matches this selector.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub click: Option<String>,
    /// Fills in `fields` and submits the form that matches this selector.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub submit: Option<String>,
    /// With `submit`: what is typed, by the fields' names.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub fields: IndexMap<String, String>,
    /// Sends a request to this address with a client that is no browser.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub curl: Option<String>,
    /// With `curl`: the method; by default GET, or POST if there is a body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// With `curl`: headers, any at all.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub headers: IndexMap<String, OneOrMany<String>>,
    /// With `curl`: the body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// With `curl`: `name:password` for HTTP Basic authentication.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// With `curl`: the subject of the client certificate to show.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<String>,
    /// Lets this much time pass, for example `10min`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait: Option<String>,
    /// Empties something in the browser.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clear: Option<Clear>,
    /// Changes a machine's store, as its owner; `null` is not needed: give a key a new value.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub set: IndexMap<String, Json>,
    /// With `set`: whose store; by default that of the only machine of who does it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub machine: Option<String>,
    /// Changes what names resolve to: a machine's name or an address, by host name.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub dns: IndexMap<String, String>,
    /// With `visit`, `click` and `submit`: which tab, from 1; by default the one used last. A number that is not there yet
    /// opens one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tab: Option<u32>,
    /// Which of the person's browsers; by default the one named after them, or their only one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub browser: Option<String>,
}

/// What can be emptied in a browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Clear {
    /// All cookies.
    Cookies,
    /// The CORS-preflight cache.
    PreflightCache,
    /// Names and passwords that were typed.
    Credentials,
    /// All of these.
    Everything,
}

/// One value, or a list of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum OneOrMany<T> {
    /// One.
    One(T),
    /// Several.
    Many(Vec<T>),
}

impl<T> Default for OneOrMany<T> {
    fn default() -> Self {
        Self::Many(Vec::new())
    }
}

impl<T> OneOrMany<T> {
    /// The values.
    pub fn as_slice(&self) -> &[T] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Many(many) => many,
        }
    }

    /// Whether there is no value.
    pub fn is_empty(&self) -> bool {
        self.as_slice().is_empty()
    }
}
