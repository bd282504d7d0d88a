//! Recording: cases in, observations out.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

use crossexam_oracle::{Case, CaseResult};
use tokio::runtime::Runtime;
use tokio::sync::mpsc;

use crate::alias::Alias;
use crate::driver::{DriverError, Programs, Session};
use crate::observation::Observation;

/// How to record.
#[derive(Debug, Clone)]
pub struct Recording {
    /// Which browser.
    pub programs: Programs,
    /// How many browsers at a time.
    pub jobs: usize,
    /// How often each case is played; if it does not come out the same, it is marked.
    pub runs: usize,
    /// The day, as it is written down.
    pub date: String,
}

/// A case that could not be recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unrecorded {
    /// Its number among the cases, counted from 0.
    pub number: usize,
    /// Why.
    pub why: String,
}

/// What came of recording.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Recorded {
    /// What was observed, in the order of the cases.
    pub observations: Vec<Observation>,
    /// What could not be.
    pub unrecorded: Vec<Unrecorded>,
}

/// Of so many playings one must come to an end.
const ATTEMPTS: usize = 3;

type Outcome = Result<(String, Vec<CaseResult>), String>;

impl Recording {
    /// Records the cases. `progress` is told of each that is done how many are.
    ///
    /// # Errors
    ///
    /// The browser does not start. What goes wrong later is said case by case.
    pub fn record(
        &self,
        cases: &[Case],
        mut progress: impl FnMut(usize),
    ) -> Result<Recorded, DriverError> {
        let runtime = Runtime::new().map_err(|error| DriverError::Lost(error.to_string()))?;
        let outcomes = runtime.block_on(self.play_all(cases, &mut progress))?;
        let mut recorded = Recorded::default();
        for (number, (case, outcome)) in cases.iter().zip(outcomes).enumerate() {
            match outcome.unwrap_or_else(|| Err("the browser was lost".to_owned())) {
                Ok((version, mut results)) => {
                    let result = results.remove(0);
                    recorded.observations.push(Observation {
                        case: case.clone(),
                        browser: self.programs.browser.name().to_owned(),
                        version,
                        date: self.date.clone(),
                        result,
                        otherwise: results,
                    });
                }
                Err(why) => recorded.unrecorded.push(Unrecorded { number, why }),
            }
        }
        Ok(recorded)
    }

    async fn play_all(
        &self,
        cases: &[Case],
        progress: &mut impl FnMut(usize),
    ) -> Result<Vec<Option<Outcome>>, DriverError> {
        let cases: Arc<[Case]> = cases.into();
        let (next, playing) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicU32::new(0)));
        let (sender, mut receiver) = mpsc::unbounded_channel();
        let mut workers = Vec::new();
        for _ in 0..self.jobs.clamp(1, cases.len().max(1)) {
            let worker = Worker {
                session: Session::start(&self.programs).await?,
                recording: self.clone(),
                playing: Arc::clone(&playing),
            };
            let (cases, next, sender) = (Arc::clone(&cases), Arc::clone(&next), sender.clone());
            workers.push(tokio::spawn(worker.work(cases, next, sender)));
        }
        drop(sender);
        let mut outcomes: Vec<Option<Outcome>> = vec![None; cases.len()];
        let mut done = 0;
        while let Some((number, outcome)) = receiver.recv().await {
            outcomes[number] = Some(outcome);
            done += 1;
            progress(done);
        }
        for worker in workers {
            // Whoever broke down has left cases without an outcome.
            let _ = worker.await;
        }
        Ok(outcomes)
    }
}

/// One browser at work.
struct Worker {
    session: Session,
    recording: Recording,
    playing: Arc<AtomicU32>,
}

impl Worker {
    async fn work(
        mut self,
        cases: Arc<[Case]>,
        next: Arc<AtomicUsize>,
        sender: mpsc::UnboundedSender<(usize, Outcome)>,
    ) {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(case) = cases.get(number) else { break };
            let outcome = self.observe(case).await;
            if sender.send((number, outcome)).is_err() {
                break;
            }
        }
        self.session.end().await;
    }

    /// Plays a case as often as it takes, and once more if it does not come out the same.
    async fn observe(&mut self, case: &Case) -> Outcome {
        let mut results: Vec<CaseResult> = Vec::new();
        for _ in 0..self.recording.runs.max(1) {
            results.push(self.play(case).await?);
        }
        if results.iter().any(|result| *result != results[0]) {
            results.push(self.play(case).await?);
        } else {
            results.truncate(1);
        }
        Ok((self.session.version.clone(), results))
    }

    async fn play(&mut self, case: &Case) -> Result<CaseResult, String> {
        let mut why = String::new();
        for _ in 0..ATTEMPTS {
            let alias = Alias::new(self.playing.fetch_add(1, Ordering::Relaxed));
            if let Err(error) = alias.case(case) {
                return Err(error.to_string());
            }
            match self.session.play(case, &alias).await {
                Ok(result) => return Ok(result),
                Err(error) => why = error,
            }
            // A fresh browser may do better.
            if let Ok(session) = Session::start(&self.recording.programs).await {
                std::mem::replace(&mut self.session, session).end().await;
            }
        }
        Err(why)
    }
}
