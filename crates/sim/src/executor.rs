//! The executor: one thread, a queue of ready tasks, and a clock that only moves when nobody has anything to do.
//!
//! A task is a future. A woken task goes to the end of the ready queue; tasks are polled in the order of the queue. When
//! the queue is empty, the clock jumps to the earliest timer and that timer alone fires, so that everything that follows
//! from it happens before the next one, even if both are due at the same moment. Timers of the same moment fire in the
//! order in which they were made. Waiting therefore costs nothing, and two runs are the same run.
//!
//! Any future works here that needs no runtime of its own: channels and combinators do, tokio's timers and sockets do not.
//!
//! Where part of the world is real, the clock is a [`Clock`] that goes by itself ([`Executor::with_clock`]): timers wait
//! for it, and what real servers answer comes when it comes.

mod clock;
mod join;
mod nested;
mod sleep;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use crossexam_web::Timestamp;

pub use clock::{Clock, OutsideWork};
pub use join::JoinHandle;
pub use nested::TaskGroup;
pub use sleep::Sleep;

/// A handle of the executor; clones are handles of the same one.
#[derive(Clone)]
pub struct Executor {
    core: Rc<Core>,
}

/// How far a run may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How often futures may be polled, in total.
    pub steps: u64,
    /// How far the clock may move from where it began.
    pub virtual_time: Duration,
}

impl Default for Limits {
    /// Ten million steps, ten years.
    fn default() -> Self {
        Self {
            steps: 10_000_000,
            virtual_time: Duration::from_secs(10 * 366 * 24 * 60 * 60),
        }
    }
}

/// Why a run did not come to its end.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RunError {
    /// Nothing is ready, no timer runs, and what was asked for has not happened.
    #[error("nothing can happen any more; {}", waiting_text(.waiting))]
    Deadlock {
        /// The names of the tasks that wait, in the order in which they were spawned.
        waiting: Vec<String>,
    },
    /// More steps than the limit.
    #[error("there is no end to it: {limit} steps were taken; the last was taken by {task}")]
    TooManySteps {
        /// The limit.
        limit: u64,
        /// The task that was to go on.
        task: String,
    },
    /// The clock came to its limit.
    #[error("there is no end to it: the clock has moved by {limit:?} and tasks still wait for later; {}", waiting_text(.waiting))]
    OutOfTime {
        /// The limit.
        limit: Duration,
        /// The names of the tasks that wait.
        waiting: Vec<String>,
    },
    /// A task tried to run the executor that runs it.
    #[error("a task tried to run the executor that was running it")]
    Nested,
    /// Tasks wait within one another, deeper than the limit.
    #[error("{limit} tasks hold up the world already, one within the other")]
    NestedTooDeep {
        /// The limit.
        limit: usize,
    },
}

fn waiting_text(waiting: &[String]) -> String {
    if waiting.is_empty() {
        "no task waits".to_owned()
    } else {
        format!("waiting: {}", waiting.join(", "))
    }
}

/// How a run that may end early ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settled {
    /// Nothing is ready and no timer runs. Tasks can still wait for one another.
    Idle {
        /// The names of the tasks that wait.
        waiting: Vec<String>,
    },
    /// The time was up and there is more to come.
    TimeUp,
}

/// The time of a [`timeout`](Executor::timeout) was up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the time is up")]
pub struct Elapsed;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct TaskId(u64);

type TimerKey = (Timestamp, u64);

struct Core {
    limits: Limits,
    start: Timestamp,
    now: Cell<Timestamp>,
    steps: Cell<u64>,
    running: Cell<bool>,
    next_task: Cell<u64>,
    next_timer: Cell<u64>,
    next_group: Cell<u64>,
    /// The clock, where it goes by itself.
    clock: Option<Rc<dyn Clock>>,
    /// How much is being done outside of the world.
    outside: Rc<Cell<usize>>,
    /// The groups whose tasks are not polled now, the outermost first.
    held: RefCell<Vec<TaskGroup>>,
    tasks: RefCell<BTreeMap<TaskId, Task>>,
    timers: RefCell<BTreeMap<TimerKey, Waker>>,
    ready: Arc<ReadyQueue>,
}

struct Task {
    name: Rc<str>,
    group: Option<TaskGroup>,
    /// Absent while it is being polled.
    future: Option<Pin<Box<dyn Future<Output = ()>>>>,
    waker: Arc<TaskWaker>,
}

/// The queue of ready tasks. Other threads wake only those that wait for something outside of the world.
#[derive(Default)]
struct ReadyQueue {
    ids: Mutex<VecDeque<TaskId>>,
    pushed: Condvar,
}

impl ReadyQueue {
    fn push(&self, id: TaskId) {
        self.ids
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push_back(id);
        self.pushed.notify_one();
    }

    fn pop(&self) -> Option<TaskId> {
        self.ids
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop_front()
    }
}

struct TaskWaker {
    id: TaskId,
    queued: AtomicBool,
    ready: Arc<ReadyQueue>,
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.queued.swap(true, Ordering::Relaxed) {
            self.ready.push(self.id);
        }
    }
}

/// What a turn of the executor came to.
enum Turn {
    /// The root future is to be polled.
    Root,
    /// A task was polled or a timer fired.
    Progress,
    /// Nothing is ready and no timer runs.
    Idle,
    /// Nothing is ready and the earliest timer is later than allowed.
    Later,
}

/// Marks the executor as running and takes the mark away at the end, also when a task panics.
struct Running<'a>(&'a Core);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.running.set(false);
    }
}

impl Executor {
    /// An executor whose clock shows `start`.
    pub fn new(start: Timestamp, limits: Limits) -> Self {
        Self::of(start, limits, None)
    }

    fn of(start: Timestamp, limits: Limits, clock: Option<Rc<dyn Clock>>) -> Self {
        Self {
            core: Rc::new(Core {
                limits,
                start,
                now: Cell::new(start),
                steps: Cell::new(0),
                running: Cell::new(false),
                next_task: Cell::new(0),
                next_timer: Cell::new(0),
                next_group: Cell::new(0),
                clock,
                outside: Rc::default(),
                held: RefCell::default(),
                tasks: RefCell::default(),
                timers: RefCell::default(),
                ready: Arc::default(),
            }),
        }
    }

    /// The time now.
    pub fn now(&self) -> Timestamp {
        self.core.now.get()
    }

    /// How often futures were polled so far.
    pub fn steps(&self) -> u64 {
        self.core.steps.get()
    }

    /// Waits. The time runs from this call, not from the first poll.
    pub fn sleep(&self, duration: Duration) -> Sleep {
        self.sleep_until(self.now() + duration)
    }

    /// Waits until the clock shows `deadline`; a time that is past is due at once, but after everything that is ready.
    pub fn sleep_until(&self, deadline: Timestamp) -> Sleep {
        let sequence = self.core.next_timer.get();
        self.core.next_timer.set(sequence + 1);
        Sleep::new(self.core.clone(), (deadline.max(self.now()), sequence))
    }

    /// Runs a future for at most `duration`, counted from the first poll. A future that is ready in the very moment in which
    /// the time is up has made it, if it gets there first.
    ///
    /// # Errors
    ///
    /// [`Elapsed`] when the time was up first; the future is dropped.
    pub async fn timeout<F: Future>(
        &self,
        duration: Duration,
        future: F,
    ) -> Result<F::Output, Elapsed> {
        let mut sleep = pin!(self.sleep(duration));
        let mut future = pin!(future);
        std::future::poll_fn(move |context| {
            if let Poll::Ready(output) = future.as_mut().poll(context) {
                return Poll::Ready(Ok(output));
            }
            sleep.as_mut().poll(context).map(|()| Err(Elapsed))
        })
        .await
    }

    /// Lets everything that is ready now go first.
    pub async fn yield_now(&self) {
        let mut yielded = false;
        std::future::poll_fn(move |context| {
            if yielded {
                return Poll::Ready(());
            }
            yielded = true;
            context.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
    }

    /// Starts a task. It is polled for the first time by the next run, never inside this call. Its name appears in errors.
    /// Dropping the handle leaves the task running.
    pub fn spawn<F>(&self, name: &str, future: F) -> JoinHandle<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        self.spawn_task(name, None, future)
    }

    fn spawn_task<F>(
        &self,
        name: &str,
        group: Option<TaskGroup>,
        future: F,
    ) -> JoinHandle<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        let id = self.next_task_id();
        let waker = self.waker(id);
        let (completion, handle) = join::pair(Rc::downgrade(&self.core), id);
        let task = Task {
            name: name.into(),
            group,
            future: Some(Box::pin(async move {
                completion.complete(future.await);
            })),
            waker: waker.clone(),
        };
        self.core.tasks.borrow_mut().insert(id, task);
        waker.wake();
        handle
    }

    /// Runs everything until `root` is done.
    ///
    /// # Errors
    ///
    /// [`RunError::Deadlock`] when nothing can happen any more and `root` is not done, and the errors of the limits. Tasks
    /// stay as they are; another run can go on with them.
    pub fn block_on<F: Future>(&self, root: F) -> Result<F::Output, RunError> {
        let _running = self.begin()?;
        let mut root = pin!(root);
        let root_id = self.next_task_id();
        let root_waker = self.waker(root_id);
        let waker = Waker::from(root_waker.clone());
        let mut context = Context::from_waker(&waker);
        root_waker.clone().wake();
        let end = self.end_of_time();
        loop {
            match self.turn(Some(root_id), end)? {
                Turn::Root => {
                    self.count_step("the root future")?;
                    root_waker.queued.store(false, Ordering::Relaxed);
                    if let Poll::Ready(output) = root.as_mut().poll(&mut context) {
                        return Ok(output);
                    }
                }
                Turn::Progress => {}
                Turn::Idle => {
                    return Err(RunError::Deadlock {
                        waiting: self.waiting(),
                    });
                }
                Turn::Later => return Err(self.out_of_time()),
            }
        }
    }

    /// Runs until nothing is ready and no timer runs; tasks that wait for one another stay. Gives the names of those.
    ///
    /// # Errors
    ///
    /// The errors of the limits.
    pub fn run_until_idle(&self) -> Result<Vec<String>, RunError> {
        match self.run(self.end_of_time())? {
            Settled::Idle { waiting } => Ok(waiting),
            Settled::TimeUp => Err(self.out_of_time()),
        }
    }

    /// Runs until nothing is left to do, or until `at_most` has passed: for pages that never come to rest. When the time is
    /// up, the clock stands at its end; everything due in that last moment has happened.
    ///
    /// # Errors
    ///
    /// The errors of the limits.
    pub fn settle(&self, at_most: Duration) -> Result<Settled, RunError> {
        let end = self.now() + at_most;
        if end > self.end_of_time() {
            return self
                .run_until_idle()
                .map(|waiting| Settled::Idle { waiting });
        }
        let settled = self.run(end)?;
        if settled == Settled::TimeUp {
            self.core.now.set(end);
        }
        Ok(settled)
    }

    /// The names of the tasks that have not ended, in the order in which they were spawned.
    pub fn waiting(&self) -> Vec<String> {
        self.core
            .tasks
            .borrow()
            .values()
            .map(|task| task.name.to_string())
            .collect()
    }

    /// Drops every task and timer. A world does this at its end, since tasks hold handles of what holds them.
    pub fn clear(&self) {
        // Dropping a future may come back here (to cancel a timer, to abort a task): nothing is borrowed meanwhile.
        let tasks = self.core.tasks.take();
        drop(tasks);
        let timers = self.core.timers.take();
        drop(timers);
    }

    fn run(&self, end: Timestamp) -> Result<Settled, RunError> {
        let _running = self.begin()?;
        loop {
            match self.turn(None, end)? {
                Turn::Root | Turn::Progress => {}
                Turn::Idle => {
                    return Ok(Settled::Idle {
                        waiting: self.waiting(),
                    });
                }
                Turn::Later => return Ok(Settled::TimeUp),
            }
        }
    }

    /// Polls the first ready task; without one, fires the earliest timer that is not later than `end`.
    fn turn(&self, root: Option<TaskId>, end: Timestamp) -> Result<Turn, RunError> {
        self.look_at_the_clock();
        if let Some(id) = self.core.ready.pop() {
            if Some(id) == root {
                return Ok(Turn::Root);
            }
            self.poll_task(id)?;
            return Ok(Turn::Progress);
        }
        if let Some(clock) = &self.core.clock
            && let Some(turn) = self.wait_for_the_clock(&**clock, end)
        {
            return Ok(turn);
        }
        let (deadline, waker) = {
            let mut timers = self.core.timers.borrow_mut();
            let Some(entry) = timers.first_entry() else {
                return Ok(Turn::Idle);
            };
            if entry.key().0 > end {
                return Ok(Turn::Later);
            }
            let (deadline, _) = *entry.key();
            (deadline, entry.remove())
        };
        self.core.now.set(self.now().max(deadline));
        waker.wake();
        Ok(Turn::Progress)
    }

    fn poll_task(&self, id: TaskId) -> Result<(), RunError> {
        let (name, future, waker) = {
            let mut tasks = self.core.tasks.borrow_mut();
            // A task that has ended may still be woken.
            let Some(task) = tasks.get_mut(&id) else {
                return Ok(());
            };
            task.waker.queued.store(false, Ordering::Relaxed);
            (task.name.clone(), task.future.take(), task.waker.clone())
        };
        let Some(mut future) = future else {
            return Ok(());
        };
        if let Err(error) = self.count_step(&name) {
            self.put_back(id, future);
            waker.wake();
            return Err(error);
        }
        let waker = Waker::from(waker);
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(()) => {
                let task = self.core.tasks.borrow_mut().remove(&id);
                drop(task);
            }
            Poll::Pending => self.put_back(id, future),
        }
        Ok(())
    }

    fn put_back(&self, id: TaskId, future: Pin<Box<dyn Future<Output = ()>>>) {
        // The task may have been aborted while it ran; then its future is dropped here, with nothing borrowed.
        let mut future = Some(future);
        if let Some(task) = self.core.tasks.borrow_mut().get_mut(&id) {
            task.future = future.take();
        }
        drop(future);
    }

    fn begin(&self) -> Result<Running<'_>, RunError> {
        if self.core.running.replace(true) {
            return Err(RunError::Nested);
        }
        Ok(Running(&self.core))
    }

    fn count_step(&self, task: &str) -> Result<(), RunError> {
        let limit = self.core.limits.steps;
        if self.core.steps.get() >= limit {
            return Err(RunError::TooManySteps {
                limit,
                task: task.to_owned(),
            });
        }
        self.core.steps.set(self.core.steps.get() + 1);
        Ok(())
    }

    fn end_of_time(&self) -> Timestamp {
        self.core.start + self.core.limits.virtual_time
    }

    fn out_of_time(&self) -> RunError {
        RunError::OutOfTime {
            limit: self.core.limits.virtual_time,
            waiting: self.waiting(),
        }
    }

    fn next_task_id(&self) -> TaskId {
        let id = self.core.next_task.get();
        self.core.next_task.set(id + 1);
        TaskId(id)
    }

    fn waker(&self, id: TaskId) -> Arc<TaskWaker> {
        Arc::new(TaskWaker {
            id,
            queued: AtomicBool::new(false),
            ready: self.core.ready.clone(),
        })
    }
}

impl fmt::Debug for Executor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Executor")
            .field("now", &self.now())
            .field("steps", &self.steps())
            .field("waiting", &self.waiting())
            .finish_non_exhaustive()
    }
}
