//! Real browsers beside the model: cases are played in Chromium and in Firefox, what the servers saw and what the page
//! got is written down as [`Observation`]s, and [`compare`] holds the model against them.
//!
//! A case is played by a page of its own behind a proxy of our own ([`stage`]), in a browser that WebDriver steers
//! ([`driver`]). Nothing leaves the machine.

pub mod alias;
pub mod cases;
pub mod compare;
pub mod driver;
pub mod explained;
mod observation;
mod pages;
mod proxy;
pub mod record;
pub mod stage;
mod wire;

pub use observation::{FileError, Observation, read, write};
