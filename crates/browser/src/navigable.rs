//! Navigables: tabs and frames, and the tree they form.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use crossexam_fetch::FetchController;
use crossexam_fetch::request::Destination;
use crossexam_html::SandboxingFlags;
use crossexam_html::navigables::Navigables;
use crossexam_html::navigation::{Container, TargetSnapshot};
use crossexam_html::opener_policy::{GroupSwitch, OpenerPolicyEnforcement};
use crossexam_html::sandbox::{Embedder, creation_sandboxing_flags, parse_a_sandboxing_directive};
use crossexam_js::{FrameAttributes, OperationId, WindowFamily, WindowId};
use crossexam_web::Origin;

use crate::document::Document;
use crate::inner::Inner;

/// A navigable.
#[derive(Debug)]
pub(crate) struct Navigable {
    /// Its number within the browser; also what a `WindowProxy` stands for.
    pub(crate) id: u64,
    /// The number of the tab it is in, from 1.
    pub(crate) tab: u64,
    /// The element that holds it; `None` for a top-level traversable.
    pub(crate) holder: Option<FrameHolder>,
    /// The browsing context group of its tab.
    pub(crate) group: Cell<u64>,
    /// Who opened it, if they may know each other.
    pub(crate) opener: Cell<Option<u64>>,
    /// Whether a page opened it.
    pub(crate) opened_by_script: bool,
    /// The target name.
    pub(crate) name: RefCell<String>,
    /// The popup sandboxing flag set.
    pub(crate) popup_flags: SandboxingFlags,
    /// The one sandboxed navigable that may navigate it.
    pub(crate) permitted_navigator: Option<u64>,
    /// The active document; absent only while it is being created.
    pub(crate) active: RefCell<Option<Rc<Document>>>,
    /// The navigation that is under way.
    pub(crate) ongoing: RefCell<Option<Ongoing>>,
    /// The frames in the active document, in the order of their insertion.
    pub(crate) children: RefCell<Vec<u64>>,
    /// Whether it is no more.
    pub(crate) closed: Cell<bool>,
}

/// The element that holds a navigable.
#[derive(Debug)]
pub(crate) struct FrameHolder {
    /// The navigable whose document has the element.
    pub(crate) parent: u64,
    /// That document.
    pub(crate) document: Weak<Document>,
    /// The operation by which its loads are announced.
    pub(crate) operation: OperationId,
    /// Its attributes.
    pub(crate) attributes: RefCell<FrameAttributes>,
}

/// A navigation that is under way.
#[derive(Debug, Clone)]
pub(crate) struct Ongoing {
    /// Its number within the browser.
    pub(crate) id: u64,
    /// Who can stop its fetch.
    pub(crate) controller: Rc<FetchController>,
}

impl Navigable {
    /// The active document.
    pub(crate) fn document(&self) -> Option<Rc<Document>> {
        self.active.borrow().clone()
    }

    /// The flags it imposes on its next document.
    pub(crate) fn creation_sandboxing_flags(&self) -> SandboxingFlags {
        creation_sandboxing_flags(match &self.holder {
            None => Embedder::None {
                popup_flags: self.popup_flags,
            },
            Some(holder) => Embedder::Iframe {
                iframe_flags: holder
                    .attributes
                    .borrow()
                    .sandbox
                    .as_deref()
                    .map_or(SandboxingFlags::NONE, parse_a_sandboxing_directive),
                document_flags: holder
                    .document
                    .upgrade()
                    .map_or(SandboxingFlags::NONE, |document| document.sandboxing_flags),
            },
        })
    }
}

impl Navigables for Inner {
    fn parent(&self, id: u64) -> Option<u64> {
        self.navigable(id)?
            .holder
            .as_ref()
            .map(|holder| holder.parent)
    }

    fn children(&self, id: u64) -> Vec<u64> {
        self.navigable(id)
            .map_or_else(Vec::new, |navigable| navigable.children.borrow().clone())
    }

    fn target_name(&self, id: u64) -> String {
        self.navigable(id)
            .map_or_else(String::new, |navigable| navigable.name.borrow().clone())
    }

    fn active_origin(&self, id: u64) -> Origin {
        let document = self
            .navigable(id)
            .and_then(|navigable| navigable.document());
        document.map_or_else(
            || self.identities.origins.next(),
            |document| document.origin.borrow().clone(),
        )
    }

    fn active_sandboxing_flags(&self, id: u64) -> SandboxingFlags {
        let document = self
            .navigable(id)
            .and_then(|navigable| navigable.document());
        document.map_or(SandboxingFlags::NONE, |document| document.sandboxing_flags)
    }

    fn opener(&self, id: u64) -> Option<u64> {
        let opened = self.navigable(id)?;
        let is_in_group = |opener: &u64| {
            self.navigable(*opener)
                .is_some_and(|opener| opener.group.get() == opened.group.get())
        };
        opened.opener.get().filter(is_in_group)
    }

    fn one_permitted_sandboxed_navigator(&self, id: u64) -> Option<u64> {
        self.navigable(id)?.permitted_navigator
    }

    fn group(&self, id: u64) -> Vec<u64> {
        let Some(group) = self.navigable(id).map(|navigable| navigable.group.get()) else {
            return Vec::new();
        };
        let all = self.navigables.borrow();
        let tops = all
            .values()
            .rev()
            .filter(|it| it.group.get() == group && it.holder.is_none() && !it.closed.get());
        tops.map(|navigable| navigable.id).collect()
    }
}

impl Inner {
    /// The navigable of this number, if it is still there.
    pub(crate) fn navigable(&self, id: u64) -> Option<Rc<Navigable>> {
        self.navigables.borrow().get(&id).cloned()
    }

    /// Snapshots what a navigation needs to know of its target.
    ///
    /// <https://html.spec.whatwg.org/multipage/browsing-the-web.html#snapshotting-target-snapshot-params>
    pub(crate) fn target_snapshot(&self, navigable: &Navigable) -> TargetSnapshot {
        let container = navigable
            .holder
            .as_ref()
            .and_then(|holder| holder.document.upgrade())
            .map(|document| {
                let mut ancestor_origins = vec![document.origin.borrow().clone()];
                let mut above = document.navigable.upgrade();
                while let Some(holder) = above
                    .as_ref()
                    .and_then(|it| it.holder.as_ref())
                    .and_then(|it| it.document.upgrade())
                {
                    ancestor_origins.push(holder.origin.borrow().clone());
                    above = holder.navigable.upgrade();
                }
                Container {
                    document: document.environment.clone(),
                    ancestor_origins,
                    element: Destination::Iframe,
                }
            });
        TargetSnapshot {
            traversable: self.top(navigable.id),
            sandboxing_flags: navigable.creation_sandboxing_flags(),
            container,
            opener_policy: navigable
                .document()
                .filter(|_| navigable.holder.is_none())
                .map(|document| OpenerPolicyEnforcement {
                    switch: GroupSwitch::Stays,
                    value: document.opener_policy,
                    origin: document.origin.borrow().clone(),
                    is_initial_about_blank: document.is_initial_about_blank,
                }),
        }
    }

    /// The navigable of this number, if a document may know of it: one of another browsing context group is gone for it.
    pub(crate) fn navigable_known_to(&self, document: &Document, id: u64) -> Option<Rc<Navigable>> {
        let own = document.navigable.upgrade()?;
        self.navigable(id)
            .filter(|navigable| navigable.group.get() == own.group.get() && !navigable.closed.get())
    }

    /// The windows around a navigable.
    pub(crate) fn window_family(&self, navigable: &Navigable) -> WindowFamily {
        WindowFamily {
            own: WindowId(navigable.id),
            parent: WindowId(self.parent(navigable.id).unwrap_or(navigable.id)),
            top: WindowId(self.top(navigable.id)),
            opener: self.opener(navigable.id).map(WindowId),
            frames: navigable
                .children
                .borrow()
                .iter()
                .copied()
                .map(WindowId)
                .collect(),
            name: navigable.name.borrow().clone(),
        }
    }

    /// Tells the documents of a navigable that they go, those in frames first.
    ///
    /// <https://html.spec.whatwg.org/multipage/document-lifecycle.html#unload-a-document-and-its-descendants>
    pub(crate) fn unload(&self, navigable: &Navigable) {
        let children = navigable.children.borrow().clone();
        for child in children.into_iter().filter_map(|id| self.navigable(id)) {
            self.unload(&child);
        }
        let Some(document) = navigable.document() else {
            return;
        };
        if document.unloading.replace(true) {
            return;
        }
        if let Some(realm) = document.realm.get() {
            self.run_task(&document, |agent| agent.unload_document(realm));
        }
    }

    /// The documents of a navigable and of the frames in it.
    fn documents_in(&self, navigable: &Navigable) -> Vec<Rc<Document>> {
        let mut documents: Vec<_> = navigable.document().into_iter().collect();
        let children = navigable.children.borrow();
        for child in children.iter().filter_map(|&id| self.navigable(id)) {
            documents.extend(self.documents_in(&child));
        }
        documents
    }

    /// Closes a navigable: for everybody else it is gone at once.
    ///
    /// MODEL: its documents learn of it in a task, since a script may be running. Browsers tell documents of the same
    /// agent before whatever closes the navigable returns.
    pub(crate) fn close_navigable(&self, id: u64) {
        let (Some(browser), Some(navigable)) = (self.this.upgrade(), self.navigable(id)) else {
            return;
        };
        if navigable.closed.replace(true) {
            return;
        }
        let holder = navigable.holder.as_ref();
        if let Some(parent) = holder.and_then(|holder| self.navigable(holder.parent)) {
            parent.children.borrow_mut().retain(|child| *child != id);
        }
        if let Some(ongoing) = navigable.ongoing.take() {
            ongoing.controller.terminate();
        }
        // Scripts that still hold its functions find it gone.
        let documents = self.documents_in(&navigable);
        documents
            .iter()
            .for_each(|document| document.set_gone(true));
        self.spawn("unloads", async move {
            // The tab around it may have gone meanwhile, and it with that.
            if browser.navigable(id).is_none() {
                return;
            }
            documents
                .iter()
                .for_each(|document| document.set_gone(false));
            browser.unload(&navigable);
            browser.destroy_navigable(id);
        });
    }

    /// Takes a navigable and everything in it away.
    pub(crate) fn destroy_navigable(&self, id: u64) {
        let Some(navigable) = self.navigables.borrow_mut().remove(&id) else {
            return;
        };
        navigable.closed.set(true);
        if let Some(parent) = navigable
            .holder
            .as_ref()
            .and_then(|holder| self.navigable(holder.parent))
        {
            parent.children.borrow_mut().retain(|child| *child != id);
        }
        self.destroy_contents(&navigable);
        navigable.active.replace(None);
    }

    /// Stops what is under way in a navigable and takes its document and the frames in it away.
    pub(crate) fn destroy_contents(&self, navigable: &Navigable) {
        for child in navigable.children.take() {
            self.destroy_navigable(child);
        }
        if navigable.closed.get()
            && let Some(ongoing) = navigable.ongoing.take()
        {
            ongoing.controller.terminate();
        }
        if let Some(document) = navigable.document() {
            self.end_global(&document);
            self.drop_unused_clusters();
        }
    }
}
