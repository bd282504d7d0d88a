//! The executor: order, virtual time, and ends of runs that have none.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::cell::RefCell;
use std::future::pending;
use std::rc::Rc;
use std::time::Duration;

use crossexam_sim::{Executor, Limits, RunError, Settled};
use crossexam_web::Timestamp;
use proptest::prelude::*;

const START: Timestamp = Timestamp::from_secs(1000);

fn executor() -> Executor {
    Executor::new(START, Limits::default())
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

type Log<T> = Rc<RefCell<Vec<T>>>;

#[test]
fn waiting_takes_no_real_time_and_exactly_its_virtual_time() {
    let executor = executor();
    let ended = executor.block_on(async {
        executor.sleep(seconds(86_400)).await;
        executor.sleep(Duration::from_micros(1)).await;
        executor.now()
    });
    assert_eq!(
        ended,
        Ok(START + seconds(86_400) + Duration::from_micros(1))
    );
}

#[test]
fn a_wait_runs_from_the_call_and_not_from_the_first_poll() {
    let executor = executor();
    executor
        .block_on(async {
            let early = executor.sleep(seconds(5));
            executor.sleep(seconds(3)).await;
            early.await;
            assert_eq!(executor.now(), START + seconds(5));
            let past = executor.sleep_until(START);
            past.await;
            assert_eq!(
                executor.now(),
                START + seconds(5),
                "the clock never goes back"
            );
        })
        .unwrap();
}

#[test]
fn tasks_run_first_come_first_served() {
    let executor = executor();
    let log = Log::default();
    for name in ["a", "b", "c"] {
        let (log, handle) = (log.clone(), executor.clone());
        executor.spawn(name, async move {
            log.borrow_mut().push(format!("{name}1"));
            handle.yield_now().await;
            log.borrow_mut().push(format!("{name}2"));
        });
    }
    assert_eq!(log.borrow().len(), 0, "spawning polls nothing");
    assert_eq!(executor.run_until_idle(), Ok(vec![]));
    assert_eq!(*log.borrow(), ["a1", "b1", "c1", "a2", "b2", "c2"]);
}

#[test]
fn what_follows_from_a_timer_happens_before_the_next_timer_of_the_same_moment() {
    let executor = executor();
    let log = Log::default();
    for name in ["a", "b"] {
        let (log, handle) = (log.clone(), executor.clone());
        executor.spawn(name, async move {
            handle.sleep(seconds(1)).await;
            log.borrow_mut().push(format!("{name} fires"));
            let inner = log.clone();
            handle.spawn("follower", async move {
                inner.borrow_mut().push(format!("{name} follows"))
            });
        });
    }
    executor.run_until_idle().unwrap();
    assert_eq!(
        *log.borrow(),
        ["a fires", "a follows", "b fires", "b follows"]
    );
}

#[test]
fn a_cancelled_timer_neither_fires_nor_moves_the_clock() {
    let executor = executor();
    let handle = executor.clone();
    executor.spawn("gives up", async move {
        let outcome = handle.timeout(seconds(2), handle.sleep(seconds(100))).await;
        assert!(outcome.is_err());
    });
    assert_eq!(executor.run_until_idle(), Ok(vec![]));
    assert_eq!(executor.now(), START + seconds(2));
}

#[test]
fn a_timeout_gives_the_result_when_there_is_one() {
    let executor = executor();
    let result = executor.block_on(executor.timeout(seconds(2), async {
        executor.sleep(seconds(1)).await;
        7
    }));
    assert_eq!(result, Ok(Ok(7)));
}

#[test]
fn handles_give_results_and_stop_tasks() {
    let executor = executor();
    let ready = executor.spawn("ready", async { 1 });
    let (ticker, handle) = (Log::default(), executor.clone());
    let ticks = ticker.clone();
    let endless = executor.spawn("endless", async move {
        loop {
            handle.sleep(seconds(1)).await;
            ticks.borrow_mut().push(());
        }
    });
    assert!(!ready.is_finished());
    let result = executor.block_on(async {
        executor.sleep(Duration::from_millis(3500)).await;
        endless.abort();
        ready.await
    });
    assert_eq!(result, Ok(1));
    assert_eq!(
        executor.run_until_idle(),
        Ok(vec![]),
        "the endless task is gone"
    );
    assert_eq!(ticker.borrow().len(), 3);
    assert_eq!(executor.spawn("again", async { 2 }).take(), None);
}

#[test]
fn a_task_may_stop_itself() {
    let executor = executor();
    let slot: Log<crossexam_sim::JoinHandle<()>> = Log::default();
    let own = slot.clone();
    let handle = executor.spawn("itself", async move {
        own.borrow()[0].abort();
        pending::<()>().await;
    });
    slot.borrow_mut().push(handle);
    assert_eq!(executor.run_until_idle(), Ok(vec![]));
}

#[test]
fn a_deadlock_names_who_waits() {
    let executor = executor();
    executor.spawn("alice", pending::<()>());
    let gone = executor.spawn("bob", async {});
    executor.spawn("charlie", pending::<()>());
    let outcome = executor.block_on(pending::<()>());
    let waiting = vec!["alice".to_owned(), "charlie".to_owned()];
    assert_eq!(
        outcome,
        Err(RunError::Deadlock {
            waiting: waiting.clone()
        })
    );
    assert_eq!(
        outcome.unwrap_err().to_string(),
        "nothing can happen any more; waiting: alice, charlie"
    );
    assert!(gone.is_finished());
    assert_eq!(executor.settle(seconds(1)), Ok(Settled::Idle { waiting }));
}

#[test]
fn awaiting_an_aborted_task_is_a_deadlock() {
    let executor = executor();
    let handle = executor.spawn("task", async {});
    handle.abort();
    assert_eq!(
        executor.block_on(handle),
        Err(RunError::Deadlock { waiting: vec![] })
    );
}

#[test]
fn a_busy_loop_comes_to_the_limit_of_steps() {
    let executor = Executor::new(
        START,
        Limits {
            steps: 100,
            ..Limits::default()
        },
    );
    let handle = executor.clone();
    executor.spawn("spinner", async move {
        loop {
            handle.yield_now().await;
        }
    });
    let expected = RunError::TooManySteps {
        limit: 100,
        task: "spinner".to_owned(),
    };
    assert_eq!(executor.run_until_idle(), Err(expected.clone()));
    assert_eq!(executor.run_until_idle(), Err(expected), "and stays there");
    assert_eq!(executor.steps(), 100);
}

#[test]
fn an_endless_timer_comes_to_the_limit_of_time() {
    let limit = seconds(60);
    let executor = Executor::new(
        START,
        Limits {
            virtual_time: limit,
            ..Limits::default()
        },
    );
    let handle = executor.clone();
    executor.spawn("clock", async move {
        loop {
            handle.sleep(seconds(7)).await;
        }
    });
    let expected = RunError::OutOfTime {
        limit,
        waiting: vec!["clock".to_owned()],
    };
    assert_eq!(executor.run_until_idle(), Err(expected.clone()));
    assert_eq!(executor.block_on(pending::<()>()), Err(expected));
    assert!(executor.now() <= START + limit);
}

#[test]
fn settling_stops_when_the_time_is_up_and_can_go_on() {
    let executor = executor();
    let (log, handle) = (Log::default(), executor.clone());
    let ticks = log.clone();
    executor.spawn("clock", async move {
        loop {
            handle.sleep(seconds(2)).await;
            ticks.borrow_mut().push(handle.now());
        }
    });
    assert_eq!(executor.settle(seconds(4)), Ok(Settled::TimeUp));
    assert_eq!(
        *log.borrow(),
        [START + seconds(2), START + seconds(4)],
        "the last moment belongs to it"
    );
    assert_eq!(executor.settle(seconds(1)), Ok(Settled::TimeUp));
    assert_eq!(executor.now(), START + seconds(5));
    assert_eq!(executor.settle(seconds(1)), Ok(Settled::TimeUp));
    assert_eq!(log.borrow().len(), 3);
}

#[test]
fn a_task_cannot_run_the_executor() {
    let executor = executor();
    let handle = executor.clone();
    let nested = executor.block_on(async move { handle.block_on(async {}) });
    assert_eq!(nested, Ok(Err(RunError::Nested)));
    assert_eq!(
        executor.block_on(async {}),
        Ok(()),
        "and nothing is left locked"
    );
}

#[test]
fn clearing_drops_what_tasks_hold() {
    let executor = executor();
    let held = Rc::new(());
    let (inner, handle) = (held.clone(), executor.clone());
    executor.spawn("holder", async move {
        let _inner = inner;
        // The task holds the executor that holds the task.
        handle.sleep(seconds(1)).await;
        pending::<()>().await;
    });
    executor.settle(Duration::ZERO).unwrap();
    assert_eq!(Rc::strong_count(&held), 2);
    executor.clear();
    assert_eq!(Rc::strong_count(&held), 1);
    assert_eq!(executor.run_until_idle(), Ok(vec![]));
}

/// A small program for the executor: each task is a list of waits.
fn programs() -> impl Strategy<Value = Vec<Vec<u64>>> {
    prop::collection::vec(prop::collection::vec(0_u64..5, 0..6), 0..8)
}

fn run(program: &[Vec<u64>]) -> Vec<(Timestamp, usize, usize)> {
    let executor = executor();
    let log = Log::default();
    for (task, waits) in program.iter().cloned().enumerate() {
        let (log, handle) = (log.clone(), executor.clone());
        executor.spawn(&task.to_string(), async move {
            for (index, wait) in waits.into_iter().enumerate() {
                handle.sleep(seconds(wait)).await;
                log.borrow_mut().push((handle.now(), task, index));
            }
        });
    }
    assert_eq!(executor.run_until_idle(), Ok(vec![]));
    log.take()
}

proptest! {
    #[test]
    fn time_never_goes_back_and_every_wait_is_exact(program in programs()) {
        let log = run(&program);
        prop_assert!(log.is_sorted_by_key(|(at, ..)| *at));
        prop_assert_eq!(log.len(), program.iter().map(Vec::len).sum::<usize>());
        for (at, task, index) in &log {
            let waited: u64 = program[*task][..=*index].iter().sum();
            prop_assert_eq!(*at, START + seconds(waited));
        }
    }

    #[test]
    fn the_same_program_runs_the_same_way(program in programs()) {
        prop_assert_eq!(run(&program), run(&program));
    }

    #[test]
    fn timers_fire_by_time_and_then_in_the_order_of_their_making(deadlines in prop::collection::vec(0_u64..4, 0..20)) {
        let executor = executor();
        let log = Log::default();
        // Made in this order, first polled in the opposite one.
        let sleeps: Vec<_> = deadlines.iter().map(|deadline| executor.sleep(seconds(*deadline))).collect();
        for (index, sleep) in sleeps.into_iter().enumerate().rev() {
            let log = log.clone();
            executor.spawn("timer", async move {
                sleep.await;
                log.borrow_mut().push(index);
            });
        }
        executor.run_until_idle().unwrap();
        let mut expected: Vec<_> = (0..deadlines.len()).collect();
        expected.sort_by_key(|index| deadlines[*index]);
        prop_assert_eq!(log.take(), expected);
    }

    #[test]
    fn a_task_that_is_added_last_does_not_change_the_others(program in programs(), added in prop::collection::vec(0_u64..5, 0..6)) {
        let alone = run(&program);
        let mut more = program.clone();
        more.push(added);
        let with: Vec<_> = run(&more).into_iter().filter(|(_, task, _)| *task != program.len()).collect();
        prop_assert_eq!(alone, with);
    }
}
