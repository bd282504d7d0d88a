//! A browser's inside: what its parts share.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::{Rc, Weak};

use crossexam_fetch::UserAgent;
use crossexam_html::environment::Identities;
use crossexam_js::ScriptError;
use crossexam_sim::journal::{Event, Holder, Journal};
use crossexam_sim::{BrowserHost, Executor, Random, TaskGroup};
use crossexam_web::Timestamp;

use crate::activity::Activity;
use crate::browser::BrowserOptions;
use crate::cluster::{Cluster, ClusterKey};
use crate::global::Global;
use crate::navigable::Navigable;
use crate::ports::Ports;
use crate::workers::Worker;

/// What a browser consists of.
#[derive(Debug)]
pub(crate) struct Inner {
    /// Itself, for the tasks it starts.
    pub(crate) this: Weak<Inner>,
    pub(crate) name: String,
    pub(crate) person: String,
    pub(crate) options: BrowserOptions,
    pub(crate) user_agent: UserAgent,
    pub(crate) host: BrowserHost,
    pub(crate) executor: Executor,
    /// Its tasks, which wait while one of its scripts waits for a synchronous request.
    pub(crate) group: TaskGroup,
    pub(crate) journal: Rc<Journal>,
    /// Whether the steps of the standards are recorded.
    pub(crate) trace: bool,
    pub(crate) random: RefCell<Random>,
    pub(crate) identities: Identities,
    pub(crate) activity: Rc<Activity>,
    pub(crate) navigables: RefCell<BTreeMap<u64, Rc<Navigable>>>,
    pub(crate) clusters: RefCell<BTreeMap<ClusterKey, Rc<Cluster>>>,
    pub(crate) numbers: Numbers,
    pub(crate) ports: Ports,
    pub(crate) shared_workers: RefCell<Vec<Weak<Worker>>>,
    pub(crate) tampering_reported: Cell<bool>,
}

/// Numbers that are given out once each.
#[derive(Debug, Default)]
pub(crate) struct Numbers {
    navigable: Cell<u64>,
    tab: Cell<u64>,
    group: Cell<u64>,
    navigation: Cell<u64>,
}

impl Numbers {
    fn next(of: &Cell<u64>) -> u64 {
        of.set(of.get() + 1);
        of.get()
    }

    pub(crate) fn navigable(&self) -> u64 {
        Self::next(&self.navigable)
    }

    pub(crate) fn tab(&self) -> u64 {
        Self::next(&self.tab)
    }

    pub(crate) fn group(&self) -> u64 {
        Self::next(&self.group)
    }

    pub(crate) fn navigation(&self) -> u64 {
        Self::next(&self.navigation)
    }
}

impl Inner {
    pub(crate) fn now(&self) -> Timestamp {
        self.executor.now()
    }

    pub(crate) fn record(&self, event: Event) {
        self.journal.record(self.now(), event);
    }

    pub(crate) fn next_random(&self) -> u64 {
        self.random.borrow_mut().next_u64()
    }

    /// Something was reached that is not modelled.
    pub(crate) fn unmodelled(&self, what: impl Into<String>) {
        self.record(Event::Unmodelled { what: what.into() });
    }

    /// The browser says something in a page's console.
    pub(crate) fn warn(&self, holder: Holder, text: impl Into<String>) {
        self.record(Event::Console {
            holder,
            level: "warn",
            text: text.into(),
        });
    }

    /// Starts a task that counts as being under way until it ends.
    pub(crate) fn spawn(
        &self,
        name: &str,
        task: impl Future<Output = ()> + 'static,
    ) -> crossexam_sim::JoinHandle<()> {
        let busy = self.activity.begin();
        self.executor
            .spawn_in(self.group, &format!("{} {name}", self.name), async move {
                task.await;
                drop(busy);
            })
    }

    /// The agents of a site in a browsing context group.
    pub(crate) fn cluster(&self, key: ClusterKey) -> Rc<Cluster> {
        let mut clusters = self.clusters.borrow_mut();
        clusters
            .entry(key.clone())
            .or_insert_with(|| Cluster::new(self.this.clone(), key))
            .clone()
    }

    /// Lets go of agents that no document runs in.
    pub(crate) fn drop_unused_clusters(&self) {
        // Only what nobody else holds: a document that is being created has its agents already.
        let unused: Vec<_> = {
            let mut clusters = self.clusters.borrow_mut();
            let keys: Vec<_> = clusters
                .iter()
                .filter(|(_, cluster)| cluster.is_unused() && Rc::strong_count(cluster) == 1)
                .map(|(key, _)| key.clone())
                .collect();
            keys.iter().filter_map(|key| clusters.remove(key)).collect()
        };
        if unused.is_empty() {
            return;
        }
        // An engine must not go while its script runs: let go of it in a task.
        self.spawn("lets go of engines", async move { drop(unused) });
    }

    /// Runs a task of an event loop: the steps, then a microtask checkpoint.
    pub(crate) fn run_task(
        &self,
        global: &Global,
        steps: impl FnOnce(&crossexam_js::Agent) -> Result<(), ScriptError>,
    ) {
        if global.gone.get() || global.closing.get() || global.realm.get().is_none() {
            return;
        }
        let Some(agent) = global.cluster.running_agent() else {
            return;
        };
        if let Err(error) = steps(agent) {
            self.script_error(global, &error);
        }
        if let Err(error) = agent.run_microtasks() {
            self.script_error(global, &error);
        }
    }

    /// A script did not come to its end.
    pub(crate) fn script_error(&self, global: &Global, error: &ScriptError) {
        let over = matches!(
            error,
            ScriptError::EndlessMicrotasks { .. } | ScriptError::OutOfMemory { .. }
        );
        if over && !global.cluster.report_failure_once() {
            return;
        }
        self.record_script_error(global.holder(&self.name), error);
    }

    /// Records an error of a script.
    pub(crate) fn record_script_error(&self, holder: Holder, error: &ScriptError) {
        let location = match error {
            ScriptError::Exception { location, .. } => location
                .as_ref()
                .map(|(file, line, column)| format!("{file}:{line}:{column}")),
            ScriptError::Runaway { .. }
            | ScriptError::EndlessMicrotasks { .. }
            | ScriptError::Reentered
            | ScriptError::OutOfMemory { .. } => None,
        };
        self.record(Event::ScriptError {
            holder,
            message: error.to_string(),
            location,
        });
    }
}
