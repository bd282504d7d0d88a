//! The clock on the wall.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use crossexam_sim::Clock;
use crossexam_web::Timestamp;

/// Real time. It is read from the system once; from then on it cannot jump.
#[derive(Debug, Clone, Copy)]
pub struct WallClock {
    at_start: Timestamp,
    start: Instant,
}

impl WallClock {
    /// A clock that is right now.
    #[expect(
        clippy::disallowed_methods,
        reason = "real servers answer in real time; this is where it comes in"
    )]
    pub fn new() -> Self {
        let since_epoch = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Self {
            at_start: Timestamp::default() + since_epoch,
            start: Instant::now(),
        }
    }
}

impl Default for WallClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for WallClock {
    fn now(&self) -> Timestamp {
        self.at_start + self.start.elapsed()
    }
}
