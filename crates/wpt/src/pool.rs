//! Several tests at a time, each in a thread that one that is stuck can be left behind in.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crossexam_net::WallClock;
use crossexam_sim::Clock;
use crossexam_web::Timestamp;

use crate::discover::Test;
use crate::page::{self, Outcome, Setting, Status, time_limit};

/// The stack of a thread. Pages nest calls of the engine and of the model within one another.
const STACK: usize = 64 << 20;

/// How long over its own limit a test may be before its thread is given up.
const GRACE: Duration = Duration::from_secs(20);

/// What the pool tells while it works.
#[derive(Debug)]
pub enum News<'a> {
    /// A test has begun.
    Begun(&'a Test),
    /// A test has ended.
    Ended(&'a Test, &'a Outcome),
}

enum Message {
    Begun {
        worker: usize,
        test: usize,
    },
    Ended {
        worker: usize,
        test: usize,
        outcome: Box<Outcome>,
    },
}

struct Shared {
    tests: Vec<Test>,
    queue: Mutex<VecDeque<usize>>,
    setting: Setting,
    stop: Arc<AtomicBool>,
}

struct Running {
    test: usize,
    until: Timestamp,
}

/// Runs tests, `jobs` at a time, and gives their outcomes in the tests' order. What was not run, because `stop` was set
/// or the system had no thread for it, has none.
pub fn run(
    tests: Vec<Test>,
    setting: Setting,
    jobs: usize,
    stop: &Arc<AtomicBool>,
    mut tell: impl FnMut(News<'_>),
) -> Vec<(Test, Option<Outcome>)> {
    let patience = setting.patience;
    let count = tests.len();
    let shared = Arc::new(Shared {
        queue: Mutex::new((0..count).collect()),
        tests,
        setting,
        stop: stop.clone(),
    });
    let clock = WallClock::new();
    let (sender, receiver) = mpsc::channel();
    let mut outcomes: Vec<Option<Outcome>> = (0..count).map(|_| None).collect();
    let mut running: Vec<Option<Running>> = Vec::new();
    let mut alive = 0;
    for _ in 0..jobs.clamp(1, count.max(1)) {
        alive += usize::from(begin(running.len(), &shared, &sender));
        running.push(None);
    }
    while alive > 0 {
        match receiver.recv_timeout(Duration::from_millis(500)) {
            Ok(Message::Begun { worker, test }) => {
                let limit = time_limit(&shared.tests[test], patience) + GRACE;
                let until = clock.now() + limit;
                running[worker] = Some(Running { test, until });
                tell(News::Begun(&shared.tests[test]));
            }
            Ok(Message::Ended {
                worker,
                test,
                outcome,
            }) => {
                running[worker] = None;
                if test == usize::MAX {
                    alive -= 1;
                } else if outcomes[test].is_none() {
                    tell(News::Ended(&shared.tests[test], &outcome));
                    outcomes[test] = Some(*outcome);
                }
            }
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => {}
        }
        for worker in 0..running.len() {
            let Some(stuck) = running[worker].take_if(|it| it.until < clock.now()) else {
                continue;
            };
            // The thread cannot be ended; another one takes its place, and what it may still say is not listened to.
            alive -= 1;
            let outcome = Outcome::bare(Status::Crash, "it is stuck and was left behind");
            tell(News::Ended(&shared.tests[stuck.test], &outcome));
            outcomes[stuck.test] = Some(outcome);
            alive += usize::from(begin(running.len(), &shared, &sender));
            running.push(None);
        }
        if stop.load(Ordering::Relaxed) {
            break;
        }
    }
    let tests = shared.tests.iter().cloned();
    tests.zip(outcomes).collect()
}

/// Starts a thread that takes one test after the other; says whether the system had one.
fn begin(worker: usize, shared: &Arc<Shared>, sender: &Sender<Message>) -> bool {
    let (shared, sender) = (shared.clone(), sender.clone());
    let work = move || {
        while !shared.stop.load(Ordering::Relaxed) {
            let next = {
                let mut queue = shared.queue.lock().unwrap_or_else(PoisonError::into_inner);
                queue.pop_front()
            };
            let Some(test) = next else { break };
            if sender.send(Message::Begun { worker, test }).is_err() {
                return;
            }
            let run = AssertUnwindSafe(|| page::run(&shared.tests[test], &shared.setting));
            let outcome = catch_unwind(run).unwrap_or_else(|panic| {
                let why = panic
                    .downcast_ref::<String>()
                    .cloned()
                    .or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string));
                Outcome::bare(Status::Crash, why.unwrap_or_default())
            });
            let outcome = Box::new(outcome);
            let ended = Message::Ended {
                worker,
                test,
                outcome,
            };
            if sender.send(ended).is_err() {
                return;
            }
        }
        // Whoever listens may have stopped.
        let _ = sender.send(Message::Ended {
            worker,
            test: usize::MAX,
            outcome: Box::new(Outcome::bare(Status::Ok, "")),
        });
    };
    std::thread::Builder::new()
        .name(format!("tests {worker}"))
        .stack_size(STACK)
        .spawn(work)
        .is_ok()
}
