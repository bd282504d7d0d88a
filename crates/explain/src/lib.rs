//! Why does a browser keep an answer from a script, and what is the smallest safe change?
//!
//! What people have (a HAR file, a `curl -v` transcript, pasted headers, a [case](crossexam_oracle::Case), a URL) becomes
//! cases; the oracle judges them; the result is an [`Explanation`] as plain data, which [`render`] makes a text, JSON or
//! one HTML page of. There is no rule about CORS here: what is said of an exchange, the model has decided, and a change
//! is proposed only after the case has been judged again with it.
//!
//! ```
//! use crossexam_explain::{Options, explain, read};
//!
//! let pasted = "GET /mail HTTP/1.1\nHost: alice.example\nOrigin: https://charlie.example\n\nHTTP/1.1 200 OK\n";
//! let reading = read(pasted.as_bytes(), &Options::default());
//! let explanations = explain(&reading.cases[0], "standard")?;
//! assert_eq!(explanations[0].reason.as_deref(), Some("cors-check/allow-origin-missing"));
//! assert_eq!(explanations[0].search.firefox, Some("CORSMissingAllowOrigin"));
//! # Ok::<(), crossexam_explain::NotExplained>(())
//! ```

mod case;
mod compare;
mod exchange;
mod explanation;
mod explanations;
mod input;
pub mod live;
mod look_alike;
mod proposals;
pub mod render;
mod secrets;
pub mod snippets;
mod tempting;
pub mod words;

pub use case::{Options, Recorded};
pub use exchange::{Absence, Answered, Exchange};
pub use explanation::{
    Change, Checked, Comparison, CookieLine, Executed, Explanation, LooksLike, OtherBrowser,
    Permission, Problem, Proposal, Report, ScriptSees, Search, ShownExchange, Side, StepCited,
    Temptation, Verdict,
};
pub use explanations::{NotExplained, explain};
pub use input::{Kind, Reading, read};
pub use live::{Live, LiveOptions};
pub use proposals::{judged_with, near_misses_that_read};
