//! Message ports: pairs of queues that can move from realm to realm.
//!
//! <https://html.spec.whatwg.org/multipage/web-messaging.html#message-ports>

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::rc::{Rc, Weak};

use crossexam_js::{PortHost, PortId, RealmId};

use crate::global::Global;
use crate::host::AgentHost;
use crate::inner::Inner;

/// The ports of a browser.
#[derive(Debug, Default)]
pub(crate) struct Ports {
    next: Cell<u64>,
    all: RefCell<BTreeMap<PortId, Port>>,
}

#[derive(Debug)]
struct Port {
    /// The one it is entangled with.
    other: Option<PortId>,
    /// Whose it is; nobody's while it is on its way.
    owner: Weak<Global>,
    /// Messages that have not been delivered.
    queue: VecDeque<String>,
    /// Whether its messages are delivered.
    enabled: bool,
}

impl Ports {
    fn with<R>(&self, id: PortId, steps: impl FnOnce(&mut Port) -> R) -> Option<R> {
        self.all.borrow_mut().get_mut(&id).map(steps)
    }

    fn next(&self) -> PortId {
        self.next.set(self.next.get() + 1);
        PortId(self.next.get())
    }

    fn of(&self, global: &Global) -> Vec<PortId> {
        let all = self.all.borrow();
        let own = all
            .iter()
            .filter(|(_, port)| std::ptr::eq(port.owner.as_ptr(), global));
        own.map(|(id, _)| *id).collect()
    }
}

impl Inner {
    fn create_channel(&self, owner: &Rc<Global>) -> (PortId, PortId) {
        let ids = (self.ports.next(), self.ports.next());
        for (id, other) in [(ids.0, ids.1), (ids.1, ids.0)] {
            let port = Port {
                other: Some(other),
                owner: Rc::downgrade(owner),
                queue: VecDeque::new(),
                enabled: false,
            };
            self.ports.all.borrow_mut().insert(id, port);
        }
        ids
    }

    fn post_to_port(&self, port: PortId, data: String) {
        let Some(other) = self.ports.with(port, |port| port.other).flatten() else {
            return;
        };
        let enabled = self.ports.with(other, |other| {
            other.queue.push_back(data);
            other.enabled
        });
        if enabled == Some(true) {
            self.deliver_next_message(other);
        }
    }

    fn start_port(&self, port: PortId) {
        let waiting = self.ports.with(port, |port| {
            if std::mem::replace(&mut port.enabled, true) {
                0
            } else {
                port.queue.len()
            }
        });
        for _ in 0..waiting.unwrap_or(0) {
            self.deliver_next_message(port);
        }
    }

    /// Delivers the first message that waits, in a task; if the port moves before that, the message goes with it.
    fn deliver_next_message(&self, id: PortId) {
        let Some(browser) = self.this.upgrade() else {
            return;
        };
        self.spawn("delivers a message to a port", async move {
            let next = browser.ports.with(id, |port| {
                let owner = port.owner.upgrade().filter(|_| port.enabled)?;
                let realm = owner.realm.get()?;
                Some((owner, realm, port.queue.pop_front()?))
            });
            if let Some((owner, realm, data)) = next.flatten() {
                browser.run_task(&owner, |agent| agent.deliver_port_message(realm, id, &data));
            }
        });
    }

    /// <https://html.spec.whatwg.org/multipage/web-messaging.html#disentangle>
    fn close_port(&self, port: PortId) {
        let closed = self.ports.all.borrow_mut().remove(&port);
        let (Some(other), Some(browser)) = (closed.and_then(|it| it.other), self.this.upgrade())
        else {
            return;
        };
        self.ports.with(other, |other| other.other = None);
        self.spawn("closes a port", async move {
            let owner = browser.ports.with(other, |other| other.owner.upgrade());
            if let Some(owner) = owner.flatten()
                && let Some(realm) = owner.realm.get()
            {
                browser.run_task(&owner, |agent| agent.deliver_port_closed(realm, other));
            }
        });
    }

    /// Closes the ports of a global object that is over.
    pub(crate) fn close_ports_of(&self, global: &Global) {
        for port in self.ports.of(global) {
            self.close_port(port);
        }
    }
}

impl PortHost for AgentHost {
    fn create_channel(&self, realm: RealmId) -> (PortId, PortId) {
        self.global_at(realm)
            .map_or((PortId(0), PortId(0)), |(browser, global)| {
                browser.create_channel(&global)
            })
    }

    fn post_to_port(&self, realm: RealmId, port: PortId, data: String) {
        if let Some((browser, _)) = self.global_at(realm) {
            browser.post_to_port(port, data);
        }
    }

    fn start_port(&self, realm: RealmId, port: PortId) {
        if let Some((browser, _)) = self.global_at(realm) {
            browser.start_port(port);
        }
    }

    fn close_port(&self, realm: RealmId, port: PortId) {
        if let Some((browser, _)) = self.global_at(realm) {
            browser.close_port(port);
        }
    }

    fn detach_port(&self, realm: RealmId, port: PortId) {
        if let Some((browser, _)) = self.global_at(realm) {
            browser.ports.with(port, |port| {
                port.owner = Weak::new();
                port.enabled = false;
            });
        }
    }

    fn attach_port(&self, realm: RealmId, port: PortId) {
        if let Some((browser, global)) = self.global_at(realm) {
            browser
                .ports
                .with(port, |port| port.owner = Rc::downgrade(&global));
        }
    }
}
