//! The expectations of `scenario.toml` as types.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::file::OneOrMany;

/// What must come of it. About people first: who learns what, whose state changes. A secret that reaches somebody who may
/// not know it, and whom `learns` does not name, is always a failure.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// Secrets that reach a person, by person.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub learns: IndexMap<String, OneOrMany<String>>,
    /// Secrets that never reach a person, by person.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub never_learns: IndexMap<String, OneOrMany<String>>,
    /// What becomes of a machine's store: by machine, then by key.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub state: IndexMap<String, IndexMap<String, StateCheck>>,
    /// Requests that reach a machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requests: Option<Vec<RequestCheck>>,
    /// What scripts get to see, as far as they write it to the console.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub script_sees: Option<Vec<ScriptCheck>>,
    /// Which step of which standard decides a fetch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<Vec<DecisionCheck>>,
    /// What would otherwise fail the run by itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allow: Vec<Allowance>,
}

impl Expect {
    pub(super) fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// What fails a run by itself unless it is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Allowance {
    /// A script throws and nobody catches it, or it is stopped.
    ScriptErrors,
    /// A server's program fails, or never answers.
    ServerErrors,
    /// Something is reached that is not modelled.
    Unmodelled,
}

/// What becomes of a key of a machine's store.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum StateCheck {
    /// In one word.
    Word(StateWord),
    /// In detail.
    Full(FullStateCheck),
}

/// What becomes of a key, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StateWord {
    /// Its value at the end is the one it had at the beginning, and nobody changed it in between.
    Unchanged,
    /// Somebody changed it.
    Changed,
    /// Somebody changed it, and the person in whose name it was done meant it.
    Meant,
    /// Somebody changed it, and the person in whose name it was done did not mean it.
    NotMeant,
}

/// What becomes of a key, in detail.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FullStateCheck {
    /// The value at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub equals: Option<Json>,
    /// Text that occurs in the value at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contains: Option<String>,
    /// Whether somebody changed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed: Option<bool>,
    /// Whether the person in whose name it was changed meant it: it was their own action, or that of a page of the machine's
    /// own owner, or of somebody who acts for them. A change that another's page caused in their browser was not meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meant: Option<bool>,
    /// Who caused the last change: the owner of the page whose script or form sent the request, or who ran the client.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

/// Requests that reach a machine, or do not. `*` stands for anything.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RequestCheck {
    /// The machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// Who sends them: the name of a browser, a client, a machine or a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The method.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// The whole address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The path, with the query if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Whether they are CORS-preflight requests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preflight: Option<bool>,
    /// What their body has in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// The status of the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// How many there are; by default at least one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
    /// Headers that each of them has: the value by the name.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub with: IndexMap<String, String>,
    /// Headers that none of them has.
    #[serde(default, skip_serializing_if = "OneOrMany::is_empty")]
    pub without: OneOrMany<String>,
}

/// What a script gets to see, as far as it writes it to the console. `*` stands for anything.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScriptCheck {
    /// The address of the page whose script it is, or the name of the machine whose program it is; by default any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<String>,
    /// The text of a whole console message.
    pub text: String,
    /// How many there are; by default at least one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
}

/// Which step of which standard decides a fetch: each that matches, and there is at least one. `*` stands for anything.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DecisionCheck {
    /// The address that is fetched, before redirects.
    pub url: String,
    /// The method.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// What causes the fetch: `fetch()`, `XMLHttpRequest`, `<img>`, `navigation`, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub initiator: Option<String>,
    /// The credentials mode of the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credentials: Option<String>,
    /// Whether a response or a network error comes of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// The step that decides: an algorithm's anchor and the step's number, for example `concept-cors-check 4`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// The reason's name, for example `cors-check/allow-origin-missing`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The type of the response as the page sees it: `basic`, `cors`, `opaque`, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response: Option<String>,
}

/// What can come of a fetch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// A response.
    Response,
    /// A network error.
    Error,
}
