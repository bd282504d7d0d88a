//! Workers: each has an agent of its own, and ends with its owners.
//!
//! <https://html.spec.whatwg.org/multipage/workers.html#run-a-worker>
//!
//! MODEL: while a worker waits for a script that it imports or for a synchronous request, its browser waits with it.

use std::cell::RefCell;
use std::rc::{Rc, Weak};

use crossexam_fetch::FetchController;
use crossexam_fetch::network_partition_keys::network_partition_key;
use crossexam_fetch::request::Destination;
use crossexam_html::workers::{
    WorkerScript, classic_worker_imported_script, classic_worker_imported_script_request,
    classic_worker_script, classic_worker_script_request,
    does_a_worker_fit_its_owners_embedder_policy,
    initialize_a_worker_global_scopes_policy_container,
    set_up_a_worker_environment_settings_object,
};
use crossexam_js::{
    ImportedScript, NewWorker, OperationId, PortId, RealmId, RealmKind, SynchronousOutcome,
    UncaughtException, WorkerEvent, WorkerHost, WorkerSource, WorkerType, parses_as_script,
};
use crossexam_web::{Origin, Site};
use url::Url;

use crate::cluster::{Cluster, ClusterKey};
use crate::fetching::Cause;
use crate::global::{Global, NewGlobal, Operation};
use crate::host::AgentHost;
use crate::inner::Inner;

/// A worker, as its owners know it.
#[derive(Debug)]
pub(crate) struct Worker {
    name: String,
    kind: WorkerKind,
    /// Its owners, and by what number the realm of each knows it. A dedicated worker has one.
    owners: RefCell<Vec<(Weak<Global>, OperationId)>>,
    /// Stops the fetch of its script.
    controller: FetchController,
    state: RefCell<WorkerState>,
}

#[derive(Debug, PartialEq, Eq)]
enum WorkerKind {
    Dedicated,
    Shared(SharedWorkerKey),
}

/// What a shared worker is found by.
#[derive(Debug, PartialEq, Eq)]
struct SharedWorkerKey {
    partition: Site,
    origin: Origin,
    url: Url,
    name: String,
}

#[derive(Debug)]
enum WorkerState {
    /// Its script is being fetched.
    Loading(Vec<Waiting>),
    Running(Rc<Global>),
    Ended,
}

/// What waits until a worker has run its script.
#[derive(Debug)]
enum Waiting {
    Message(String),
    Connection(PortId),
}

impl Worker {
    fn is_ended(&self) -> bool {
        match &*self.state.borrow() {
            WorkerState::Loading(_) => false,
            WorkerState::Running(global) => global.closing.get(),
            WorkerState::Ended => true,
        }
    }

    fn add_owner(self: &Rc<Self>, owner: &Rc<Global>, operation: OperationId) {
        self.owners
            .borrow_mut()
            .push((Rc::downgrade(owner), operation));
        owner
            .operations
            .borrow_mut()
            .insert(operation, Operation::Worker(self.clone()));
    }

    /// The owners that are still there. None of them has it as an operation any more.
    fn take_owners(&self) -> Vec<(Rc<Global>, OperationId)> {
        let owners = self.owners.take().into_iter();
        owners
            .filter_map(|(owner, operation)| {
                let owner = owner.upgrade()?;
                owner.operations.borrow_mut().remove(&operation);
                Some((owner, operation))
            })
            .collect()
    }
}

impl Inner {
    /// `new Worker(url)` and, where there is none that fits, `new SharedWorker(url)`.
    fn start_worker(
        &self,
        owner: &Rc<Global>,
        operation: OperationId,
        new: NewWorker,
        kind: WorkerKind,
        waiting: Vec<Waiting>,
    ) {
        let Some(browser) = self.this.upgrade() else {
            return;
        };
        let NewWorker {
            url,
            name,
            worker_type,
        } = new;
        let worker = Rc::new(Worker {
            name,
            kind,
            owners: Default::default(),
            controller: FetchController::new(),
            state: WorkerState::Loading(waiting).into(),
        });
        worker.add_owner(owner, operation);
        if worker.kind != WorkerKind::Dedicated {
            let mut shared = self.shared_workers.borrow_mut();
            shared.retain(|worker| worker.strong_count() > 0);
            shared.push(Rc::downgrade(&worker));
        }
        let owner = owner.clone();
        self.spawn("runs a worker", async move {
            let begun = match worker_type {
                WorkerType::Classic => browser.prepare_worker(&owner, &worker, url).await,
                WorkerType::Module => {
                    browser.unmodelled("a worker whose script is a module");
                    None
                }
            };
            if worker.is_ended() {
                return;
            }
            match begun {
                Some((global, script)) => browser.run_worker(&worker, &global, &script),
                None => {
                    browser.end_worker(&worker);
                    for (owner, operation) in worker.take_owners() {
                        browser.run_task(&owner, |agent| {
                            agent.deliver_worker(operation, &WorkerEvent::Failed)
                        });
                    }
                }
            }
        });
    }

    /// `new SharedWorker(url)`
    ///
    /// <https://html.spec.whatwg.org/multipage/workers.html#dom-sharedworker>
    fn connect_to_shared_worker(
        &self,
        owner: &Rc<Global>,
        operation: OperationId,
        new: NewWorker,
        port: PortId,
    ) {
        let kind = WorkerKind::Shared(SharedWorkerKey {
            partition: network_partition_key(&owner.environment).clone(),
            origin: owner.environment.origin.clone(),
            url: new.url.clone(),
            name: new.name.clone(),
        });
        let existing = {
            let shared = self.shared_workers.borrow();
            let mut shared = shared.iter().filter_map(Weak::upgrade);
            shared.find(|worker| worker.kind == kind && !worker.is_ended())
        };
        let connection = Waiting::Connection(port);
        match existing {
            Some(worker) => {
                worker.add_owner(owner, operation);
                self.hand_to_worker(&worker, connection);
            }
            None => self.start_worker(owner, operation, new, kind, vec![connection]),
        }
    }

    /// Fetches a worker's script and makes its global object; `None` if there is no script.
    async fn prepare_worker(
        &self,
        owner: &Rc<Global>,
        worker: &Rc<Worker>,
        url: Url,
    ) -> Option<(Rc<Global>, WorkerScript)> {
        let cause = Cause {
            client: Some(owner.holder(&self.name)),
            initiator: match worker.kind {
                WorkerKind::Dedicated => "Worker".to_owned(),
                WorkerKind::Shared(_) => "SharedWorker".to_owned(),
            },
        };
        let destination = match worker.kind {
            WorkerKind::Dedicated => Destination::Worker,
            WorkerKind::Shared(_) => Destination::SharedWorker,
        };
        let request = classic_worker_script_request(url, destination, &owner.environment);
        let fetched = self.fetch_whole(cause, request, &worker.controller).await?;
        if worker.is_ended() {
            return None;
        }
        let script = classic_worker_script(&fetched.response)?;
        let policy_container = initialize_a_worker_global_scopes_policy_container(
            fetched.response.internal()?,
            &owner.environment,
            self.user_agent.choices.default_referrer_policy,
        );
        let fits = does_a_worker_fit_its_owners_embedder_policy(
            &policy_container.embedder_policy,
            &owner.environment.policy_container.borrow().embedder_policy,
        );
        let refuse = |why: &str| {
            let holder = owner.holder(&self.name);
            self.warn(
                holder,
                format!("the worker {} does not run: {why}", script.url),
            );
            None
        };
        if !fits && worker.kind == WorkerKind::Dedicated {
            return refuse("its embedder policy is weaker than that of its page");
        }
        if !parses_as_script(&script.source) {
            return refuse("its script has a syntax error");
        }
        let environment = set_up_a_worker_environment_settings_object(
            &self.identities,
            script.url.clone(),
            policy_container,
            &owner.environment,
        );
        let origin = environment.origin.clone();
        let key = ClusterKey {
            group: owner.cluster.key.group,
            site: origin.site(),
        };
        let global = Global::new(NewGlobal {
            url: script.url.clone(),
            origin,
            host: self.host_of(&script.url, Some(owner)),
            cluster: Cluster::new(self.this.clone(), key),
            worker: Some(Rc::downgrade(worker)),
            environment,
        });
        let kind = match worker.kind {
            WorkerKind::Dedicated => RealmKind::Worker,
            WorkerKind::Shared(_) => RealmKind::SharedWorker,
        };
        let limits = self.options.limits;
        let created = global
            .cluster
            .create_realm(kind, &global, Weak::new(), limits);
        if let Err(error) = created {
            self.script_error(&global, &error);
            return None;
        }
        Some((global, script))
    }

    /// Runs a worker's script, and then hands it the messages that have been waiting.
    fn run_worker(&self, worker: &Worker, global: &Rc<Global>, script: &WorkerScript) {
        let Some(realm) = global.realm.get() else {
            return;
        };
        let begun = worker.state.replace(WorkerState::Running(global.clone()));
        let source = WorkerSource {
            source: &script.source,
            url: script.url.as_str(),
            name: &worker.name,
        };
        self.run_task(global, |agent| agent.run_worker_script(realm, source));
        if let WorkerState::Loading(waiting) = begun {
            for what in waiting {
                self.deliver_to_worker(global, realm, &what);
            }
        }
    }

    fn deliver_to_worker(&self, global: &Global, realm: RealmId, what: &Waiting) {
        self.run_task(global, |agent| match what {
            Waiting::Message(data) => agent.deliver_message(realm, data, "", None),
            Waiting::Connection(port) => agent.deliver_connect(realm, *port),
        });
    }

    /// An owner needs a worker no more. Without owners it ends.
    pub(crate) fn leave_worker(&self, worker: &Worker, owner: &Global) {
        let is_alone = {
            let mut owners = worker.owners.borrow_mut();
            owners.retain(|(other, _)| !std::ptr::eq(other.as_ptr(), owner));
            owners.is_empty()
        };
        if is_alone {
            self.end_worker(worker);
        }
    }

    /// Ends a worker, whatever it is doing.
    ///
    /// <https://html.spec.whatwg.org/multipage/workers.html#terminate-a-worker>
    pub(crate) fn end_worker(&self, worker: &Worker) {
        worker.controller.terminate();
        if let WorkerState::Running(global) = worker.state.replace(WorkerState::Ended) {
            self.end_global(&global);
            // An engine must not go while its script runs: let go of it in a task.
            self.spawn("lets go of an engine", async move { drop(global) });
        }
    }

    /// A message for a worker.
    fn post_to_worker(&self, owner: &Global, operation: OperationId, data: String) {
        let worker = match owner.operations.borrow().get(&operation) {
            Some(Operation::Worker(worker)) => worker.clone(),
            _ => return,
        };
        self.hand_to_worker(&worker, Waiting::Message(data));
    }

    /// Hands a worker something, in a task of its own, once it has run its script.
    fn hand_to_worker(&self, worker: &Worker, what: Waiting) {
        let global = match &mut *worker.state.borrow_mut() {
            WorkerState::Loading(waiting) => return waiting.push(what),
            WorkerState::Running(global) => global.clone(),
            WorkerState::Ended => return,
        };
        let Some(browser) = self.this.upgrade() else {
            return;
        };
        self.spawn("delivers a message to a worker", async move {
            if let Some(realm) = global.realm.get() {
                browser.deliver_to_worker(&global, realm, &what);
            }
        });
    }

    /// Tells the owner of a dedicated worker something.
    fn tell_owner(&self, global: &Global, event: WorkerEvent) {
        let worker = global.worker.as_ref().and_then(Weak::upgrade);
        let (Some(worker), Some(browser)) = (worker, self.this.upgrade()) else {
            return;
        };
        let Some((owner, operation)) = worker.owners.borrow().first().cloned() else {
            return;
        };
        self.spawn("tells of a worker", async move {
            if let Some(owner) = owner.upgrade() {
                browser.run_task(&owner, |agent| agent.deliver_worker(operation, &event));
            }
        });
    }

    /// `close()`: what is running comes to its end, and nothing follows.
    ///
    /// <https://html.spec.whatwg.org/multipage/workers.html#close-a-worker>
    fn close_worker(&self, global: &Global) {
        let worker = global.worker.as_ref().and_then(Weak::upgrade);
        let (Some(worker), Some(browser)) = (worker, self.this.upgrade()) else {
            return;
        };
        global.closing.set(true);
        self.spawn("closes a worker", async move {
            browser.end_worker(&worker);
            worker.take_owners();
        });
    }

    fn import_script(&self, global: &Global, url: Url) -> Option<ImportedScript> {
        let cause = Cause {
            client: Some(global.holder(&self.name)),
            initiator: "importScripts()".to_owned(),
        };
        let request = classic_worker_imported_script_request(url, &global.environment);
        match self.fetch_synchronously(cause, request, None) {
            SynchronousOutcome::Response(response) => {
                let script = classic_worker_imported_script(&response)?;
                Some(ImportedScript {
                    source: script.source,
                    url: script.url.into(),
                    muted_errors: script.muted_errors,
                })
            }
            SynchronousOutcome::TimedOut | SynchronousOutcome::Failed => None,
        }
    }
}

impl WorkerHost for AgentHost {
    fn start_worker(&self, realm: RealmId, operation: OperationId, worker: NewWorker) {
        if let Some((browser, global)) = self.global_at(realm) {
            browser.start_worker(
                &global,
                operation,
                worker,
                WorkerKind::Dedicated,
                Vec::new(),
            );
        }
    }

    fn connect_to_shared_worker(
        &self,
        realm: RealmId,
        operation: OperationId,
        worker: NewWorker,
        port: PortId,
    ) {
        if let Some((browser, global)) = self.global_at(realm) {
            browser.connect_to_shared_worker(&global, operation, worker, port);
        }
    }

    fn post_to_worker(&self, realm: RealmId, operation: OperationId, data: String) {
        if let Some((browser, global)) = self.global_at(realm) {
            browser.post_to_worker(&global, operation, data);
        }
    }

    fn post_to_owner(&self, realm: RealmId, data: String) {
        if let Some((browser, global)) = self.global_at(realm) {
            browser.tell_owner(&global, WorkerEvent::Message(data));
        }
    }

    fn tell_owner_of_exception(&self, realm: RealmId, exception: UncaughtException) {
        if let Some((browser, global)) = self.global_at(realm) {
            browser.tell_owner(&global, WorkerEvent::Exception(exception));
        }
    }

    fn import_script(&self, realm: RealmId, url: Url) -> Option<ImportedScript> {
        let (browser, global) = self.global_at(realm)?;
        browser.import_script(&global, url)
    }

    fn close_worker(&self, realm: RealmId) {
        if let Some((browser, global)) = self.global_at(realm) {
            browser.close_worker(&global);
        }
    }
}
