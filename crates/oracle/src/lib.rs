//! The oracle: what a browser would make of an exchange, for whoever tests a server, a middleware or a browser.
//!
//! A [`Case`] says who asks for what and what the servers answer; [`judge()`] says what the servers saw and what the page
//! got. Both are plain data with a JSON form, whose schema is [`schema`]. There is no input or output here, no clock and
//! no executor: a case is judged in one call.
//!
//! ```
//! use crossexam_oracle::{Answer, Case, Page, Step, judge};
//!
//! let case = Case {
//!     page: Page { url: "https://charlie.example/".into(), ..Page::default() },
//!     steps: vec![Step::fetch("https://alice.example/mail")],
//!     answers: vec![Answer::with_headers(["Access-Control-Allow-Origin: https://alice.example"])],
//!     ..Case::default()
//! };
//! let result = judge(&case)?;
//! assert_eq!(result.steps[0].requests[0].header("origin"), Some("https://charlie.example"));
//! assert!(result.steps[0].page.response().is_none());
//! let why = result.steps[0].why.as_ref().and_then(|why| why.reason.as_deref());
//! assert_eq!(why, Some("cors-check/allow-origin-mismatch"));
//! # Ok::<(), crossexam_oracle::Malformed>(())
//! ```

mod answering;
mod case;
mod compare;
pub mod fuzz;
mod judge;
mod octets;
mod result;
pub mod schema;
pub mod statement;
pub mod strategies;

pub use answering::Answering;
pub use case::{
    Answer, BlobBody, Case, CookieBefore, Failure, FetchCall, FormBody, Page, PageKind, Purpose,
    QueryBody, ScriptBody, SignalState, Step,
};
pub use compare::{Difference, differences};
pub use judge::{Examined, Given, Inside, Malformed, Oracle, Remembered, judge};
pub use octets::{Base64, Octets};
pub use result::{
    BadLine, CaseResult, Got, Phase, ResultLine, SeenError, SeenRequest, SeenResponse, StepResult,
    Why,
};
