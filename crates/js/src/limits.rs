//! What an agent's scripts may use up.

/// The limits of an agent. Counted, not timed, so that the same script meets them at the same place in every run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How many bytes the agent's realms may use together.
    pub memory_bytes: usize,
    /// How many interrupt checks one script, or one microtask checkpoint, may pass before it counts as a runaway. The
    /// engine makes one check for about every ten thousand function calls and turns of loops.
    pub interrupt_budget: u64,
    /// How many microtasks one checkpoint may run.
    pub max_jobs: u64,
}

impl Default for Limits {
    /// 64 MiB, about twenty million calls and turns of loops, a hundred thousand microtasks.
    fn default() -> Self {
        Self {
            memory_bytes: 64 << 20,
            interrupt_budget: 2_000,
            max_jobs: 100_000,
        }
    }
}
