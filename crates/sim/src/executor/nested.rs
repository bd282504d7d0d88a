//! Waiting within a task: the world goes on, but for a group of tasks that are held up.
//!
//! This is what a script does that makes a synchronous request: its whole browser stands still, and the servers, the
//! network and everybody else do not.

use std::pin::pin;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, Wake, Waker};

use super::{Executor, JoinHandle, RunError, TaskId, Turn};

/// A group of tasks that can be held up together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TaskGroup(u64);

/// How many tasks may wait within one another. Each takes a part of the machine's stack.
const DEEPEST: usize = 4;

/// What was woken while it was held up; goes back into the queue at the end, in its order.
struct Held<'a> {
    executor: &'a Executor,
    woken: Vec<TaskId>,
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.executor.core.held.borrow_mut().pop();
        for id in self.woken.drain(..) {
            self.executor.core.ready.push(id);
        }
    }
}

impl Executor {
    /// A new group without tasks.
    pub fn new_group(&self) -> TaskGroup {
        let id = self.core.next_group.get();
        self.core.next_group.set(id + 1);
        TaskGroup(id)
    }

    /// Starts a task of a group; see [`spawn`](Self::spawn).
    pub fn spawn_in<F>(&self, group: TaskGroup, name: &str, future: F) -> JoinHandle<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        self.spawn_task(name, Some(group), future)
    }

    /// Runs the world, from within a task or a run, until `root` is done. Meanwhile no task of `group` is polled, nor any
    /// that is being polled already.
    ///
    /// # Errors
    ///
    /// Those of [`block_on`](Self::block_on), and [`RunError::NestedTooDeep`].
    pub fn block_within<F: Future>(
        &self,
        group: TaskGroup,
        root: F,
    ) -> Result<F::Output, RunError> {
        if self.core.held.borrow().len() >= DEEPEST {
            return Err(RunError::NestedTooDeep { limit: DEEPEST });
        }
        self.core.held.borrow_mut().push(group);
        let mut held = Held {
            executor: self,
            woken: Vec::new(),
        };
        let mut root = pin!(root);
        let root_id = self.next_task_id();
        let root_waker = self.waker(root_id);
        let waker = Waker::from(root_waker.clone());
        let mut context = Context::from_waker(&waker);
        root_waker.clone().wake();
        let end = self.end_of_time();
        loop {
            while let Some(id) = self.core.ready.pop() {
                if id != root_id && self.is_held(id) {
                    held.woken.push(id);
                    continue;
                }
                if id != root_id {
                    self.poll_task(id)?;
                    continue;
                }
                self.count_step("a future that a task waits for")?;
                root_waker.queued.store(false, Ordering::Relaxed);
                if let Poll::Ready(output) = root.as_mut().poll(&mut context) {
                    return Ok(output);
                }
            }
            match self.turn(None, end)? {
                Turn::Root | Turn::Progress => {}
                Turn::Idle => {
                    return Err(RunError::Deadlock {
                        waiting: self.waiting(),
                    });
                }
                Turn::Later => return Err(self.out_of_time()),
            }
        }
    }

    /// Whether a task must wait: it is of a group that is held up, it is being polled, or it is the future of a run
    /// around this one.
    fn is_held(&self, id: TaskId) -> bool {
        let tasks = self.core.tasks.borrow();
        let Some(task) = tasks.get(&id) else {
            return true;
        };
        let held = self.core.held.borrow();
        task.future.is_none() || task.group.is_some_and(|group| held.contains(&group))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Executor, Limits, RunError};
    use crossexam_web::Timestamp;
    use std::cell::RefCell;
    use std::rc::Rc;
    use std::time::Duration;

    #[test]
    fn the_world_goes_on_but_for_the_group() {
        let executor = Executor::new(Timestamp::default(), Limits::default());
        let log: Rc<RefCell<Vec<String>>> = Rc::default();
        let group = executor.new_group();
        let write = |text: &str| {
            let log = log.clone();
            let text = text.to_owned();
            move |now: Timestamp| log.borrow_mut().push(format!("{} {text}", now.as_micros()))
        };
        let second = Duration::from_secs(1);
        for (held, name) in [(true, "held"), (false, "free")] {
            let (inner, write) = (executor.clone(), write(name));
            let task = async move {
                inner.sleep(second).await;
                write(inner.now());
            };
            match held {
                true => executor.spawn_in(group, name, task),
                false => executor.spawn(name, task),
            };
        }
        let (inner, begin, end) = (executor.clone(), write("begin"), write("end"));
        executor.spawn_in(group, "waits", async move {
            begin(inner.now());
            let waited = inner.block_within(group, inner.sleep(2 * second));
            assert_eq!(waited, Ok(()));
            end(inner.now());
            assert_eq!(
                inner.block_within(group, std::future::pending::<()>()),
                Err(RunError::Deadlock {
                    waiting: vec!["held".into(), "waits".into()]
                })
            );
        });
        executor.run_until_idle().unwrap();
        let expected = ["0 begin", "1000000 free", "2000000 end", "2000000 held"];
        assert_eq!(*log.borrow(), expected);
    }

    #[test]
    fn a_run_around_is_woken_again() {
        let executor = Executor::new(Timestamp::default(), Limits::default());
        let group = executor.new_group();
        let (inner, second) = (executor.clone(), Duration::from_secs(1));
        let task = executor.spawn_in(group, "waits", async move {
            inner.block_within(group, inner.sleep(3 * second))
        });
        let sleep = executor.sleep(second);
        let outcome = executor.block_on(async move {
            sleep.await;
            task.await
        });
        assert_eq!(outcome, Ok(Ok(())));
    }

    #[test]
    fn there_is_a_limit_to_it() {
        fn wait(executor: &Executor) -> Result<(), RunError> {
            let group = executor.new_group();
            let inner = executor.clone();
            executor.block_within(group, async move { wait(&inner) })?
        }
        let executor = Executor::new(Timestamp::default(), Limits::default());
        assert_eq!(
            wait(&executor),
            Err(RunError::NestedTooDeep {
                limit: super::DEEPEST
            })
        );
    }
}
