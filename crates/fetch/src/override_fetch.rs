//! Override fetch: where a user agent may answer in the network's place.
//!
//! <https://fetch.spec.whatwg.org/#override-fetch>

use crossexam_web::algorithm;

use crate::fetch_params::FetchParams;
use crate::host::Host;
use crate::http_fetch::{MakeCorsPreflight, http_fetch};
use crate::request::Request;
use crate::response::Response;
use crate::scheme_fetch::scheme_fetch;

/// What is run unless the user agent answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FetchType {
    /// "scheme-fetch"
    SchemeFetch,
    /// "http-fetch"
    HttpFetch(MakeCorsPreflight),
}

/// Fetches, unless the user agent has an answer of its own.
#[algorithm("concept-override-fetch", trace = params.trace)]
pub(crate) async fn override_fetch<H: Host>(
    fetch_type: FetchType,
    params: &mut FetchParams<'_, H>,
) -> Response {
    /// 1. Take the request.
    let request = &params.request;
    /// 2. The user agent may have an answer,
    let response = potentially_override_response_for_a_request(request);
    if let Some(response) = response {
        /// 3. and that is the response.
        return response;
    }
    /// 4. Otherwise it is fetched.
    let response = match fetch_type {
        FetchType::SchemeFetch => scheme_fetch(params).await,
        FetchType::HttpFetch(make_cors_preflight) => http_fetch(params, make_cors_preflight).await,
    };
    /// 5. That is the response.
    response
}

/// A user agent's own answer. Like the standard's own implementation, the model has none.
#[algorithm("potentially-override-response-for-a-request", untraced)]
fn potentially_override_response_for_a_request(_request: &Request) -> Option<Response> {
    /// 1. Nothing is overridden.
    None
}
