//! Agents: which documents share an engine. A worker has one of its own.
//!
//! As HTML has it for most documents, a similar-origin window agent is that of a site within a browsing context group;
//! an opaque origin has one of its own.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::BTreeMap;
use std::fmt;
use std::rc::{Rc, Weak};

use crossexam_fetch::Environment;
use crossexam_js::{Agent, RealmHost, RealmId, RealmKind, ScriptError};
use crossexam_web::Site;

use crate::document::Document;
use crate::global::Global;
use crate::host::AgentHost;
use crate::inner::Inner;

/// The key of an agent: the browsing context group and the site.
///
/// MODEL: `Origin-Agent-Cluster` is not modelled: every agent is keyed by its site.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ClusterKey {
    pub(crate) group: u64,
    pub(crate) site: Site,
}

/// An agent and its realms.
pub(crate) struct Cluster {
    pub(crate) key: ClusterKey,
    agent: OnceCell<Result<Agent, ScriptError>>,
    host: Rc<AgentHost>,
    realms: Rc<Realms>,
    failure_reported: Cell<bool>,
}

impl fmt::Debug for Cluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cluster")
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

/// The realms of an agent.
#[derive(Debug, Default)]
pub(crate) struct Realms(RefCell<BTreeMap<RealmId, RealmEntry>>);

#[derive(Debug)]
struct RealmEntry {
    environment: Rc<Environment>,
    global: Weak<Global>,
    /// Of a window alone.
    document: Weak<Document>,
}

impl Realms {
    /// The document of a realm, if it is still there.
    pub(crate) fn document(&self, realm: RealmId) -> Option<Rc<Document>> {
        let document = self.0.borrow().get(&realm)?.document.upgrade()?;
        (!document.gone.get()).then_some(document)
    }

    /// The global object of a realm, if it is still there.
    pub(crate) fn global(&self, realm: RealmId) -> Option<Rc<Global>> {
        let global = self.0.borrow().get(&realm)?.global.upgrade()?;
        (!global.gone.get()).then_some(global)
    }

    /// The environment of a realm.
    pub(crate) fn environment(&self, realm: RealmId) -> Option<Rc<Environment>> {
        self.0
            .borrow()
            .get(&realm)
            .map(|entry| entry.environment.clone())
    }
}

impl Cluster {
    /// A cluster whose agent begins when the first document needs it.
    pub(crate) fn new(browser: Weak<Inner>, key: ClusterKey) -> Rc<Self> {
        let realms = Rc::new(Realms::default());
        let host = Rc::new(AgentHost::new(browser, realms.clone()));
        Rc::new(Self {
            key,
            agent: OnceCell::new(),
            host,
            realms,
            failure_reported: Cell::new(false),
        })
    }

    /// The agent.
    ///
    /// # Errors
    ///
    /// When the engine did not begin.
    pub(crate) fn agent(&self, limits: crossexam_js::Limits) -> Result<&Agent, ScriptError> {
        let host: Rc<dyn RealmHost> = self.host.clone();
        self.agent
            .get_or_init(|| Agent::new(host, limits))
            .as_ref()
            .map_err(Clone::clone)
    }

    /// The agent, if it has begun.
    pub(crate) fn running_agent(&self) -> Option<&Agent> {
        self.agent.get().and_then(|agent| agent.as_ref().ok())
    }

    /// Gives a global object its realm, unless it has one; `document` is that of a window.
    pub(crate) fn create_realm(
        &self,
        kind: RealmKind,
        global: &Rc<Global>,
        document: Weak<Document>,
        limits: crossexam_js::Limits,
    ) -> Result<RealmId, ScriptError> {
        if let Some(realm) = global.realm.get() {
            return Ok(realm);
        }
        let realm = self.agent(limits)?.create_realm(kind)?;
        self.adopt_realm(realm, global, document);
        Ok(realm)
    }

    /// Takes note of the realm of a global object; `document` is that of a window.
    pub(crate) fn adopt_realm(
        &self,
        realm: RealmId,
        global: &Rc<Global>,
        document: Weak<Document>,
    ) {
        let entry = RealmEntry {
            environment: global.environment.clone(),
            global: Rc::downgrade(global),
            document,
        };
        self.realms.0.borrow_mut().insert(realm, entry);
        global.realm.set(Some(realm));
    }

    /// Destroys a realm. Its environment stays known: scripts of other realms can still hold its functions.
    pub(crate) fn forget(&self, realm: RealmId) {
        if let Some(agent) = self.running_agent() {
            agent.destroy_realm(realm);
        }
        if let Some(entry) = self.realms.0.borrow_mut().get_mut(&realm) {
            entry.global = Weak::new();
            entry.document = Weak::new();
        }
    }

    /// Whether nothing runs in it any more.
    pub(crate) fn is_unused(&self) -> bool {
        self.realms
            .0
            .borrow()
            .values()
            .all(|entry| entry.global.strong_count() == 0)
    }

    /// Whether its failure is to be reported now: once.
    pub(crate) fn report_failure_once(&self) -> bool {
        !self.failure_reported.replace(true)
    }
}
