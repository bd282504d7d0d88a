//! Global objects: what documents and workers have in common.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::{Rc, Weak};

use crossexam_fetch::{Environment, FetchController};
use crossexam_js::{OperationId, RealmId};
use crossexam_sim::journal::Holder;
use crossexam_web::Origin;
use url::Url;

use crate::activity::Ticking;
use crate::cluster::Cluster;
use crate::inner::Inner;
use crate::sockets::Socket;
use crate::workers::Worker;

/// The global object of a document or of a worker, with what its scripts have under way.
#[derive(Debug)]
pub(crate) struct Global {
    /// Its environment.
    pub(crate) environment: Rc<Environment>,
    /// Its URL; a document's changes with the fragment.
    pub(crate) url: RefCell<Url>,
    /// Its origin; a document's changes with `document.domain`.
    pub(crate) origin: RefCell<Origin>,
    /// The host whose code runs there.
    pub(crate) host: String,
    /// The agents that its scripts run in.
    pub(crate) cluster: Rc<Cluster>,
    /// Its realm, once there is one.
    pub(crate) realm: Cell<Option<RealmId>>,
    /// The worker that it is the global object of.
    pub(crate) worker: Option<Weak<Worker>>,
    /// What its scripts and elements have started.
    pub(crate) operations: RefCell<BTreeMap<OperationId, Operation>>,
    /// The object URLs it made.
    pub(crate) object_urls: RefCell<Vec<String>>,
    /// Whether a worker has closed itself, so that no further task of it runs.
    pub(crate) closing: Cell<bool>,
    /// Whether it is over: another document has taken the place, or the worker was terminated.
    pub(crate) gone: Cell<bool>,
}

/// What a new global object is made of.
#[derive(Debug)]
pub(crate) struct NewGlobal {
    pub(crate) environment: Rc<Environment>,
    pub(crate) url: Url,
    pub(crate) origin: Origin,
    pub(crate) host: String,
    pub(crate) cluster: Rc<Cluster>,
    pub(crate) worker: Option<Weak<Worker>>,
}

/// Something that was started for a global object and can be stopped.
#[derive(Debug)]
pub(crate) enum Operation {
    /// A fetch.
    Fetch {
        /// Who can stop it.
        controller: Rc<FetchController>,
        /// Whether it goes on when the global object is gone.
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
    /// A worker.
    Worker(Rc<Worker>),
}

impl Global {
    pub(crate) fn new(new: NewGlobal) -> Rc<Self> {
        Rc::new(Self {
            environment: new.environment,
            url: new.url.into(),
            origin: new.origin.into(),
            host: new.host,
            cluster: new.cluster,
            realm: None.into(),
            worker: new.worker,
            operations: Default::default(),
            object_urls: Default::default(),
            closing: false.into(),
            gone: false.into(),
        })
    }

    /// In whose hands is what its scripts get.
    pub(crate) fn holder(&self, browser: &str) -> Holder {
        Holder::Page {
            browser: browser.to_owned(),
            origin: self.origin.borrow().to_string(),
            host: self.host.clone(),
            url: self.url.borrow().to_string(),
        }
    }
}

impl Inner {
    /// Stops what a global object's scripts have started, but for fetches that outlive it, and its realm.
    pub(crate) fn end_global(&self, global: &Global) {
        if global.gone.replace(true) {
            return;
        }
        {
            let mut store = self.user_agent.blob_urls.borrow_mut();
            for url in global.object_urls.take() {
                store.remove(&url);
            }
        }
        for (_, operation) in global.operations.take() {
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
                Operation::Worker(worker) => self.leave_worker(&worker, global),
            }
        }
        self.close_ports_of(global);
        if let Some(realm) = global.realm.take() {
            global.cluster.forget(realm);
        }
    }
}
