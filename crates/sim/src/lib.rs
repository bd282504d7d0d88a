//! A deterministic world.

pub mod journal;
