//! The Fetch Standard as an executable model.
//!
//! One file is one algorithm (or a family of small ones), named as the standard names it, its steps in the standard's
//! order. The crate has no clock, no sockets, no randomness, no threads and no executor: a [`Host`] hands in time, the
//! network and the user's answers, and a [`UserAgent`] holds what a browser remembers.

pub mod body;
pub mod client;
pub mod failure;
pub mod host;
pub mod referrer_policy;
pub mod request;
pub mod response;
pub mod safelist;
pub mod user_agent;

pub use body::Body;
pub use client::{Environment, GlobalObject, PolicyContainer};
pub use failure::{BlockReason, CorsCheckFailure, NetworkError, PreflightFailure};
pub use host::{ConnectionParams, Host, HttpRequest, HttpRequestPurpose, HttpResponse, NetworkFailure};
pub use referrer_policy::ReferrerPolicy;
pub use request::Request;
pub use response::{Response, ResponseType};
pub use user_agent::UserAgent;
