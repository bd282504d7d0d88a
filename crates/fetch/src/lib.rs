//! The Fetch Standard as an executable model.
//!
//! One file is one algorithm (or a family of small ones), named as the standard names it, its steps in the standard's
//! order. The crate has no clock, no sockets, no randomness, no threads and no executor: a [`Host`] hands in time, the
//! network and the user's answers, and a [`UserAgent`] holds what a browser remembers.
//!
//! ```
//! use crossexam_fetch::ready::{ReadyHost, poll_once};
//! use crossexam_fetch::{FetchController, HttpResponse, Request, UserAgent, fetch};
//! use crossexam_fetch::request::Mode;
//! use crossexam_web::{Host, Origin, Trace};
//!
//! // Alice's server allows nobody.
//! let host = ReadyHost::new(|_| {
//!     Ok(HttpResponse {
//!         status: 200,
//!         status_message: "OK".into(),
//!         header_list: [("Content-Type", "text/plain")].into_iter().collect(),
//!         body: "the balance is 42".into(),
//!         ..HttpResponse::default()
//!     })
//! });
//! let mut request = Request::new("https://alice.example/balance".parse()?);
//! request.mode = Mode::Cors;
//! request.origin = Some(Origin::tuple("https", Host::Domain("charlie.example".into()), None));
//!
//! let trace = Trace::on();
//! let (user_agent, controller) = (UserAgent::default(), FetchController::new());
//! let fetched = poll_once(fetch(&user_agent, &host, request, &controller, &trace)).expect("the host is ready");
//! let error = fetched.response.network_error().expect("Charlie's page may not read it");
//! assert_eq!(error.step.to_string(), "CORS check, step 2");
//! assert_eq!(error.reason.to_string(), "CORS check: the response has no `Access-Control-Allow-Origin`");
//! # Ok::<(), url::ParseError>(())
//! ```

pub mod api;
pub mod authentication;
pub mod blob_url;
pub mod body;
pub mod client;
pub mod connections;
pub mod content_codings;
pub mod content_security_policy;
pub mod cookie_header;
pub mod cors_check;
pub mod cors_preflight_cache;
mod cors_preflight_fetch;
pub mod cross_origin_resource_policy;
pub mod departures;
pub mod failure;
#[path = "fetch.rs"]
mod fetch_algorithm;
pub mod fetch_groups;
pub mod fetch_metadata;
pub mod fetch_params;
pub mod fetch_timing;
pub mod host;
pub mod hsts;
pub mod http_cache;
mod http_fetch;
mod http_network_fetch;
mod http_network_or_cache_fetch;
pub mod http_redirect_fetch;
pub mod integrity;
pub mod integrity_policy;
pub mod local_network_access;
mod main_fetch;
pub mod mixed_content;
pub mod network_partition_keys;
pub mod opaque_response_blocking;
pub mod origin_header;
mod override_fetch;
pub mod port_blocking;
mod process_manual_redirect;
pub mod ready;
pub mod referrer_policy;
pub mod reports;
pub mod request;
pub mod response;
pub mod response_blocking;
pub mod safelist;
mod scheme_fetch;
pub mod tao_check;
pub mod third_party_cookies;
pub mod upgrade_insecure_requests;
pub mod user_agent;
pub mod websocket;

pub use body::Body;
pub use client::{Environment, GlobalObject, PolicyContainer};
pub use connections::Connection;
pub use failure::{BlockReason, CorsCheckFailure, NetworkError, PreflightFailure};
pub use fetch_algorithm::{Fetched, fetch, fetch_in_parallel};
pub use fetch_params::{ControllerState, FetchController, Progress};
pub use host::{
    ConnectionFailure, ConnectionParams, Host, HttpRequest, HttpRequestPurpose, HttpResponse,
    NetworkFailure,
};
pub use process_manual_redirect::process_the_next_manual_redirect;
pub use referrer_policy::ReferrerPolicy;
pub use request::Request;
pub use response::{Response, ResponseType};
pub use user_agent::{Choices, UserAgent};
