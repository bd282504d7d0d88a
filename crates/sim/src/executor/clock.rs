//! A clock that goes by itself, for a world of which a part is real.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::PoisonError;
use std::time::Duration;

use crossexam_web::Timestamp;

use super::{Executor, Limits, ReadyQueue, Turn};

/// A clock that nobody moves.
pub trait Clock {
    /// What it shows now. It never goes back.
    fn now(&self) -> Timestamp;
}

/// Something that is being done outside of the world, for which a task waits. As long as one of these is there, the
/// executor does not take the world for being at rest.
#[derive(Debug)]
pub struct OutsideWork(Rc<Cell<usize>>);

impl Drop for OutsideWork {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

impl ReadyQueue {
    /// Waits until a task is ready, for at most so long.
    fn wait(&self, at_most: Option<Duration>) {
        let ids = self.ids.lock().unwrap_or_else(PoisonError::into_inner);
        match at_most {
            Some(at_most) => drop(
                self.pushed
                    .wait_timeout_while(ids, at_most, |ids| ids.is_empty())
                    .unwrap_or_else(PoisonError::into_inner),
            ),
            None => drop(
                self.pushed
                    .wait_while(ids, |ids| ids.is_empty())
                    .unwrap_or_else(PoisonError::into_inner),
            ),
        }
    }
}

impl Executor {
    /// An executor in real time: it waits, with its thread, for timers and for what is done outside.
    ///
    /// Two runs are no longer the same run.
    pub fn with_clock(clock: Rc<dyn Clock>, limits: Limits) -> Self {
        Self::of(clock.now(), limits, Some(clock))
    }

    /// Whether the clock goes by itself.
    pub fn is_in_real_time(&self) -> bool {
        self.core.clock.is_some()
    }

    /// Begins something outside of the world. The task that waits for it is to be woken by its waker, from any thread.
    pub fn begin_outside_work(&self) -> OutsideWork {
        self.core.outside.set(self.core.outside.get() + 1);
        OutsideWork(self.core.outside.clone())
    }

    pub(super) fn look_at_the_clock(&self) {
        if let Some(clock) = &self.core.clock {
            self.core.now.set(self.now().max(clock.now()));
        }
    }

    /// Nothing is ready: waits until something is or the next timer is due. `None` when a timer is due, or nothing is to
    /// be waited for.
    pub(super) fn wait_for_the_clock(&self, clock: &dyn Clock, end: Timestamp) -> Option<Turn> {
        let now = clock.now();
        let next = self.core.timers.borrow().keys().next().map(|key| key.0);
        let until = match next {
            Some(next) if next <= now => return None,
            Some(next) => Some(next.min(end)),
            None if self.core.outside.get() == 0 => return None,
            None => Some(end),
        };
        if until.is_some_and(|until| until <= now) {
            return Some(Turn::Later);
        }
        self.core.ready.wait(until.map(|until| until.since(now)));
        Some(Turn::Progress)
    }
}
