//! Timers.

use std::fmt;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use crossexam_web::Timestamp;

use super::{Core, TimerKey};

/// The future of [`Executor::sleep`](super::Executor::sleep). Dropping it cancels the timer.
pub struct Sleep {
    core: Rc<Core>,
    key: TimerKey,
    state: SleepState,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SleepState {
    New,
    Set,
    Fired,
}

impl Sleep {
    pub(super) fn new(core: Rc<Core>, key: TimerKey) -> Self {
        Self {
            core,
            key,
            state: SleepState::New,
        }
    }

    /// When it is due.
    pub fn deadline(&self) -> Timestamp {
        self.key.0
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let core = self.core.clone();
        let mut timers = core.timers.borrow_mut();
        match self.state {
            SleepState::Fired => return Poll::Ready(()),
            SleepState::New => {
                timers.insert(self.key, context.waker().clone());
                self.state = SleepState::Set;
            }
            SleepState::Set => match timers.get_mut(&self.key) {
                // Polled for another reason, perhaps by another task than before.
                Some(waker) => waker.clone_from(context.waker()),
                None => {
                    self.state = SleepState::Fired;
                    return Poll::Ready(());
                }
            },
        }
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if self.state == SleepState::Set {
            let waker = self.core.timers.borrow_mut().remove(&self.key);
            drop(waker);
        }
    }
}

impl fmt::Debug for Sleep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sleep")
            .field("deadline", &self.key.0)
            .field("state", &self.state)
            .finish()
    }
}
