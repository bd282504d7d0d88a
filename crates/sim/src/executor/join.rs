//! The results of spawned tasks.

use std::cell::RefCell;
use std::fmt;
use std::pin::Pin;
use std::rc::{Rc, Weak};
use std::task::{Context, Poll, Waker};

use super::{Core, TaskId};

struct Slot<T> {
    output: Option<T>,
    waiter: Option<Waker>,
}

/// The task's side of a [`JoinHandle`].
pub(super) struct Completion<T>(Rc<RefCell<Slot<T>>>);

impl<T> Completion<T> {
    /// Hands the result over.
    pub(super) fn complete(self, output: T) {
        let waiter = {
            let mut slot = self.0.borrow_mut();
            slot.output = Some(output);
            slot.waiter.take()
        };
        if let Some(waiter) = waiter {
            waiter.wake();
        }
    }
}

/// Both sides of a task's result.
pub(super) fn pair<T>(core: Weak<Core>, id: TaskId) -> (Completion<T>, JoinHandle<T>) {
    let slot = Rc::new(RefCell::new(Slot {
        output: None,
        waiter: None,
    }));
    (Completion(slot.clone()), JoinHandle { core, id, slot })
}

/// A handle of a spawned task: a future of its result.
///
/// Awaiting the handle of a task that was aborted never ends; a run says so ([`RunError::Deadlock`](super::RunError::Deadlock)).
pub struct JoinHandle<T> {
    core: Weak<Core>,
    id: TaskId,
    slot: Rc<RefCell<Slot<T>>>,
}

impl<T> JoinHandle<T> {
    /// Whether the task has ended (and its result was not taken yet).
    pub fn is_finished(&self) -> bool {
        self.slot.borrow().output.is_some()
    }

    /// The result, if the task has ended; the second time `None`.
    pub fn take(&self) -> Option<T> {
        self.slot.borrow_mut().output.take()
    }

    /// Stops the task: its future is dropped. A task that has ended is not touched.
    pub fn abort(&self) {
        if let Some(core) = self.core.upgrade() {
            let task = core.tasks.borrow_mut().remove(&self.id);
            drop(task);
        }
    }
}

impl<T> Future for JoinHandle<T> {
    type Output = T;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        let mut slot = self.slot.borrow_mut();
        if let Some(output) = slot.output.take() {
            return Poll::Ready(output);
        }
        slot.waiter = Some(context.waker().clone());
        Poll::Pending
    }
}

impl<T> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinHandle")
            .field("id", &self.id)
            .field("finished", &self.is_finished())
            .finish()
    }
}
