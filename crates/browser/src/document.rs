//! Documents of a browser.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::{Rc, Weak};
use std::time::Duration;

use crossexam_fetch::{Environment, FetchController};
use crossexam_html::SandboxingFlags;
use crossexam_html::opener_policy::OpenerPolicyValue;
use crossexam_js::{OperationId, RealmId};
use crossexam_sim::journal::Holder;
use crossexam_web::{Origin, Timestamp};
use url::Url;

use crate::activity::Ticking;
use crate::cluster::Cluster;
use crate::navigable::Navigable;
use crate::sockets::Socket;

/// How long a click counts as the user's doing ("transient activation duration"; the standard leaves it to the browser).
const TRANSIENT_ACTIVATION: Duration = Duration::from_secs(5);

/// A document.
#[derive(Debug)]
pub(crate) struct Document {
    /// Where it is shown.
    pub(crate) navigable: Weak<Navigable>,
    /// Its environment.
    pub(crate) environment: Rc<Environment>,
    /// Its URL; changes with the fragment.
    pub(crate) url: RefCell<Url>,
    /// Its origin; changes with `document.domain`.
    pub(crate) origin: RefCell<Origin>,
    /// Its active sandboxing flag set.
    pub(crate) sandboxing_flags: SandboxingFlags,
    /// The host whose code runs there.
    pub(crate) host: String,
    /// Its opener policy.
    pub(crate) opener_policy: OpenerPolicyValue,
    /// Whether it is the document that a new navigable begins with.
    pub(crate) is_initial_about_blank: bool,
    /// The agents that its scripts run in.
    pub(crate) cluster: Rc<Cluster>,
    /// Its realm, once there is one.
    pub(crate) realm: Cell<Option<RealmId>>,
    /// What its scripts and elements have started.
    pub(crate) operations: RefCell<BTreeMap<OperationId, Operation>>,
    /// The object URLs it made.
    pub(crate) object_urls: RefCell<Vec<String>>,
    /// When the user last did something here that has not been used up.
    pub(crate) activation: Cell<Option<Timestamp>>,
    /// What the person has seen of it.
    pub(crate) shown: RefCell<String>,
    /// Whether it has been told that it goes. From then on it navigates nothing.
    pub(crate) unloading: Cell<bool>,
    /// Whether another document has taken its place.
    pub(crate) gone: Cell<bool>,
}

/// Something that was started for a document and can be stopped.
#[derive(Debug)]
pub(crate) enum Operation {
    /// A fetch.
    Fetch {
        /// Who can stop it.
        controller: Rc<FetchController>,
        /// Whether it goes on when the document is gone.
        keepalive: bool,
    },
    /// A WebSocket connection.
    Socket(Rc<Socket>),
    /// The task that waits for a chunk of a body.
    Read(crossexam_sim::JoinHandle<()>),
    /// A timer, which stops when this is dropped.
    Timer {
        /// The task that waits.
        task: crossexam_sim::JoinHandle<()>,
        /// Says that a timer is running.
        _ticking: Ticking,
    },
}

impl Document {
    /// In whose hands is what its scripts get.
    pub(crate) fn holder(&self, browser: &str) -> Holder {
        Holder::Page {
            browser: browser.to_owned(),
            origin: self.origin.borrow().to_string(),
            host: self.host.clone(),
            url: self.url.borrow().to_string(),
        }
    }

    /// The user does something here.
    pub(crate) fn activate(&self, now: Timestamp) {
        self.activation.set(Some(now));
    }

    /// <https://html.spec.whatwg.org/multipage/interaction.html#transient-activation>
    pub(crate) fn has_transient_activation(&self, now: Timestamp) -> bool {
        self.activation
            .get()
            .is_some_and(|at| now.since(at) < TRANSIENT_ACTIVATION)
    }

    /// <https://html.spec.whatwg.org/multipage/interaction.html#consume-user-activation>
    pub(crate) fn consume_activation(&self) {
        self.activation.set(None);
    }

    /// Sets whether it is gone, for everybody and for its own scripts.
    pub(crate) fn set_gone(&self, gone: bool) {
        self.gone.set(gone);
        if let (Some(realm), Some(agent)) = (self.realm.get(), self.cluster.running_agent()) {
            agent.set_realm_alive(realm, !gone);
        }
    }

    /// Stops what the document has started, but for fetches that outlive it, and its realm.
    pub(crate) fn destroy(&self) {
        if self.gone.replace(true) {
            return;
        }
        for (_, operation) in self.operations.take() {
            match operation {
                Operation::Fetch {
                    controller,
                    keepalive: false,
                } => controller.terminate(),
                Operation::Fetch {
                    keepalive: true, ..
                } => {}
                Operation::Socket(socket) => socket.disappear(),
                Operation::Timer { task, .. } | Operation::Read(task) => task.abort(),
            }
        }
        if let Some(realm) = self.realm.take() {
            self.cluster.forget(realm);
        }
    }
}
