//! What is under way in a browser, so that one can wait until nothing is.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};

use crossexam_web::Timestamp;

/// Counts what is under way: fetches, navigations, deliveries. Timers are kept apart, since a page can have them for ever.
#[derive(Debug, Default)]
pub(crate) struct Activity {
    busy: Cell<usize>,
    timers: RefCell<BTreeMap<(Timestamp, u64), ()>>,
    next_timer: Cell<u64>,
    wakers: RefCell<Vec<Waker>>,
}

/// Something that is under way, until this is dropped.
#[derive(Debug)]
pub(crate) struct Busy(Rc<Activity>);

/// A timer of a page that is running, until this is dropped.
#[derive(Debug)]
pub(crate) struct Ticking {
    activity: Rc<Activity>,
    key: (Timestamp, u64),
}

impl Activity {
    /// Something begins.
    pub(crate) fn begin(self: &Rc<Self>) -> Busy {
        self.busy.set(self.busy.get() + 1);
        Busy(self.clone())
    }

    /// A page's timer begins to run.
    pub(crate) fn tick(self: &Rc<Self>, deadline: Timestamp) -> Ticking {
        let key = (deadline, self.next_timer.get());
        self.next_timer.set(key.1 + 1);
        self.timers.borrow_mut().insert(key, ());
        Ticking {
            activity: self.clone(),
            key,
        }
    }

    /// Whether something is under way.
    pub(crate) fn is_busy(&self) -> bool {
        self.busy.get() > 0
    }

    /// When the earliest timer of a page is due.
    pub(crate) fn earliest_timer(&self) -> Option<Timestamp> {
        self.timers
            .borrow()
            .first_key_value()
            .map(|(key, ())| key.0)
    }

    /// Waits until nothing is under way but timers.
    pub(crate) async fn until_not_busy(&self) {
        poll_fn(|context| {
            if !self.is_busy() {
                return Poll::Ready(());
            }
            let mut wakers = self.wakers.borrow_mut();
            if !wakers.iter().any(|waker| waker.will_wake(context.waker())) {
                wakers.push(context.waker().clone());
            }
            Poll::Pending
        })
        .await;
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        let left = self.0.busy.get().saturating_sub(1);
        self.0.busy.set(left);
        if left == 0 {
            for waker in self.0.wakers.take() {
                waker.wake();
            }
        }
    }
}

impl Drop for Ticking {
    fn drop(&mut self) {
        self.activity.timers.borrow_mut().remove(&self.key);
    }
}
