//! Documents of a browser.

use std::cell::{Cell, RefCell};
use std::ops::Deref;
use std::rc::{Rc, Weak};
use std::time::Duration;

use crossexam_html::SandboxingFlags;
use crossexam_html::opener_policy::OpenerPolicyValue;
use crossexam_web::Timestamp;

use crate::global::Global;
use crate::navigable::Navigable;

/// How long a click counts as the user's doing ("transient activation duration"; the standard leaves it to the browser).
const TRANSIENT_ACTIVATION: Duration = Duration::from_secs(5);

/// A document.
#[derive(Debug)]
pub(crate) struct Document {
    /// Its window.
    pub(crate) global: Rc<Global>,
    /// Where it is shown.
    pub(crate) navigable: Weak<Navigable>,
    /// Its active sandboxing flag set.
    pub(crate) sandboxing_flags: SandboxingFlags,
    /// Its opener policy.
    pub(crate) opener_policy: OpenerPolicyValue,
    /// Whether it is the document that a new navigable begins with.
    pub(crate) is_initial_about_blank: bool,
    /// When the user last did something here that has not been used up.
    pub(crate) activation: Cell<Option<Timestamp>>,
    /// What the person has seen of it.
    pub(crate) shown: RefCell<String>,
    /// Whether it has been told that it goes. From then on it navigates nothing.
    pub(crate) unloading: Cell<bool>,
}

/// What a document has in common with a worker is its global object's.
impl Deref for Document {
    type Target = Rc<Global>;

    fn deref(&self) -> &Rc<Global> {
        &self.global
    }
}

impl Document {
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

    /// Whether its scripts may reach all of another document.
    pub(crate) fn reaches(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.cluster, &other.cluster)
            && other
                .origin
                .borrow()
                .is_same_origin_domain(&self.origin.borrow())
    }

    /// Sets whether it is gone, for everybody and for its own scripts.
    pub(crate) fn set_gone(&self, gone: bool) {
        self.gone.set(gone);
        if let (Some(realm), Some(agent)) = (self.realm.get(), self.cluster.running_agent()) {
            agent.set_realm_alive(realm, !gone);
        }
    }
}
