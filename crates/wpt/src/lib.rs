//! Runs [web-platform-tests](https://web-platform-tests.org) in a modelled browser.
//!
//! The test files are those of a checkout, unmodified; the suite's own server serves them over loopback; testharness.js
//! runs inside the page. Only `testharnessreport.js`, which every browser's runner replaces by its own, is ours.

pub mod baseline;
pub mod discover;
pub mod expectations;
pub mod page;
pub mod pool;
pub mod report;
pub mod serve;

mod hosts;
