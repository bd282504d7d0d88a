//! Content Security Policy: what a page has forbidden itself.
//!
//! Policies and their directives, source lists and how URLs, nonces and hashes match them. What is asked about is handed
//! in as small values: this crate knows no requests, responses, documents or reports.
//!
//! ```
//! use crossexam_csp::{CspList, FetchCheck, FetchKind};
//! use crossexam_web::{HeaderList, Origin};
//!
//! let page = "https://alice.example/".parse()?;
//! let mut headers = HeaderList::new();
//! headers.append("Content-Security-Policy", "default-src 'self'; img-src *");
//! let policies = CspList::of_response(&headers, &Origin::of_url(&page).expect("it has one"));
//!
//! let elsewhere = "https://charlie.example/steal".parse()?;
//! let policy = &policies.policies()[0];
//! let check = FetchCheck::new(&elsewhere);
//! assert!(policy.violated_directive(FetchKind::Image, &check, policies.self_origin()).is_none());
//! let directive = policy.violated_directive(FetchKind::Connect, &check, policies.self_origin());
//! assert_eq!(directive.map(|directive| directive.name()), Some("default-src"));
//! # Ok::<(), url::ParseError>(())
//! ```
//!
//! <https://w3c.github.io/webappsec-csp/>

mod directives;
mod inline;
mod parse;
mod source_list;
mod url_matching;

pub use directives::{FetchCheck, FetchKind, ParserInserted};
pub use inline::{InlineCheck, InlineKind};
pub use parse::{CspList, Directive, Disposition, Policy, PolicySource, UNMODELLED_DIRECTIVES};
pub use source_list::{HashExpression, HostSource, SourceExpression};
pub use url_matching::{UrlMatch, does_url_match_expression, does_url_match_source_list};
