//! A navigation takes each redirect itself.
//!
//! <https://fetch.spec.whatwg.org/#fetch-controller-process-the-next-manual-redirect>

use crossexam_web::{Trace, algorithm};

use crate::fetch_algorithm::Fetched;
use crate::fetch_params::{FetchController, FetchParams};
use crate::host::Host;
use crate::http_redirect_fetch::http_redirect_fetch;
use crate::user_agent::UserAgent;

/// Follows the one redirect that a fetch of mode "navigate" and redirect mode "manual" has ended with.
///
/// `fetched` is what that fetch came to; its request may have been given another reserved client meanwhile.
#[algorithm("fetch-controller-process-the-next-manual-redirect")]
pub async fn process_the_next_manual_redirect<H: Host>(
    user_agent: &UserAgent,
    host: &H,
    fetched: Fetched,
    controller: &FetchController,
    trace: &Trace,
) -> Fetched {
    let cross_origin_isolated_capability = fetched
        .request
        .client
        .as_ref()
        .is_some_and(|client| client.cross_origin_isolated_capability);
    let mut params = FetchParams {
        request: fetched.request,
        user_agent,
        host,
        controller,
        trace,
        timing_info: fetched.timing_info,
        cross_origin_isolated_capability,
        passed: None,
    };
    /// 2. Run the steps that were put aside for the redirect.
    let response = http_redirect_fetch(&mut params, fetched.response).await;
    Fetched {
        response,
        passed: params.passed,
        timing_info: params.timing_info,
        request: params.request,
    }
}
