//! A world: a clock, a network and a journal that belong together.

use std::rc::Rc;
use std::time::Duration;

use crossexam_web::Timestamp;

use crate::executor::{Clock, Executor, Limits, RunError, Settled};
use crate::journal::Journal;
use crate::network::Network;
use crate::random::Random;

/// 2026-01-01T00:00:00Z.
pub const DEFAULT_START: Timestamp = Timestamp::from_secs(1_767_225_600);

/// How a world begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WorldConfig {
    /// Where all randomness comes from.
    pub seed: u64,
    /// What the clock shows in the beginning.
    pub start: Timestamp,
    /// Whether browsers are to record the steps of the standards.
    pub trace: bool,
    /// How far it may go.
    pub limits: Limits,
}

impl Default for WorldConfig {
    /// Seed 0, the beginning of 2026 (UTC), traces on.
    fn default() -> Self {
        Self {
            seed: 0,
            start: DEFAULT_START,
            trace: true,
            limits: Limits::default(),
        }
    }
}

/// A world. What stands in it holds cheap handles of its parts; when the world is dropped, all tasks and machines go.
#[derive(Debug)]
pub struct World {
    config: WorldConfig,
    random: Random,
    network: Network,
}

impl World {
    /// An empty world.
    pub fn new(config: WorldConfig) -> Self {
        Self::over(config, Executor::new(config.start, config.limits))
    }

    /// An empty world whose time is this clock's: a part of what stands in it is real. [`WorldConfig::start`] means
    /// nothing then.
    pub fn in_real_time(config: WorldConfig, clock: Rc<dyn Clock>) -> Self {
        Self::over(config, Executor::with_clock(clock, config.limits))
    }

    fn over(config: WorldConfig, executor: Executor) -> Self {
        let random = Random::new(config.seed);
        let network = Network::new(executor, Rc::new(Journal::new()), random.fork("network"));
        Self {
            config,
            random,
            network,
        }
    }

    /// How it began.
    pub fn config(&self) -> &WorldConfig {
        &self.config
    }

    /// Its executor.
    pub fn executor(&self) -> &Executor {
        self.network.executor()
    }

    /// Its network.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// Its journal.
    pub fn journal(&self) -> &Rc<Journal> {
        self.network.journal()
    }

    /// The time now.
    pub fn now(&self) -> Timestamp {
        self.executor().now()
    }

    /// The randomness of a consumer with this name; nobody else's numbers depend on it.
    pub fn random(&self, name: &str) -> Random {
        self.random.fork("consumers").fork(name)
    }

    /// Runs until the future is done.
    ///
    /// # Errors
    ///
    /// See [`Executor::block_on`].
    pub fn block_on<F: Future>(&self, future: F) -> Result<F::Output, RunError> {
        self.executor().block_on(future)
    }

    /// Lets things happen until nothing is left to do, or until `at_most` has passed.
    ///
    /// # Errors
    ///
    /// See [`Executor::settle`].
    pub fn settle(&self, at_most: Duration) -> Result<Settled, RunError> {
        self.executor().settle(at_most)
    }
}

impl Default for World {
    fn default() -> Self {
        Self::new(WorldConfig::default())
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.executor().clear();
        self.network.clear();
    }
}
