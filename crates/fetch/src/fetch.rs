//! The entrance: fetch.
//!
//! <https://fetch.spec.whatwg.org/#fetching>

use bytes::Bytes;
use crossexam_web::{Step, Trace, algorithm};

use crate::client::GlobalObject;
use crate::fetch_groups::FetchRecord;
use crate::fetch_params::{FetchController, FetchParams, coarsen_time};
use crate::fetch_timing::{ReportTimingSteps, TimingInfo};
use crate::host::Host;
use crate::local_network_access::target_ip_address_space_of;
use crate::main_fetch::{Recursive, main_fetch};
use crate::request::{Destination, Initiator, Mode, Request, TraversableForUserPrompts};
use crate::response::Response;
use crate::user_agent::UserAgent;

/// What came of a fetch.
#[derive(Debug)]
pub struct Fetched {
    /// The response, as far as the request's origin may see it.
    pub response: Response,
    /// The step that let it through, where one had to: the CORS check's.
    pub passed: Option<&'static Step>,
    /// The request as it was at the end: its URL list shows the redirects.
    pub request: Request,
    /// When things happened: the full timing info.
    pub timing_info: TimingInfo,
}

impl Fetched {
    /// The controller's report timing steps: what Resource Timing is told, once the body has ended.
    pub fn report_timing_steps(&self) -> ReportTimingSteps {
        ReportTimingSteps::new(&self.request, &self.timing_info)
    }
}

/// Fetches.
///
/// The standard's callbacks for a response and its body are this function's result: a body is there as a whole.
/// Request bodies are not watched while they are sent.
#[algorithm("concept-fetch")]
pub async fn fetch<H: Host>(
    user_agent: &UserAgent,
    host: &H,
    mut request: Request,
    controller: &FetchController,
    trace: &Trace,
) -> Fetched {
    // 1. NB: early hints are handed to nobody.
    // 2. NB: whoever awaits this function is the task destination.
    /// 3. Nothing is known of the client's isolation yet.
    let mut cross_origin_isolated_capability = false;
    /// 4. Take from the client what the request does not say itself.
    populate_request_from_client(&mut request, trace);
    if user_agent.choices.local_network_access && request.target_ip_address_space.is_none() {
        // NB: no step of the pinned text; Local Network Access adds it here.
        request.target_ip_address_space = target_ip_address_space_of(request.url());
    }
    /// 5. If there is a client,
    if let Some(client) = &request.client {
        /// 5.2. it decides how coarse times are.
        cross_origin_isolated_capability = client.cross_origin_isolated_capability;
    }
    // 6. NB: parallel queues are the executor's, whoever that is.
    /// 7. Note the time.
    let now = coarsen_time(host.now(), cross_origin_isolated_capability);
    let timing_info = TimingInfo {
        start_time: now,
        post_redirect_start_time: now,
        render_blocking: request.render_blocking,
        ..TimingInfo::default()
    };
    /// 8. Keep the books.
    let mut params = FetchParams {
        request,
        user_agent,
        host,
        controller,
        trace,
        timing_info,
        cross_origin_isolated_capability,
        passed: None,
    };
    // 9. NB: a byte sequence is a body already. 10. MODEL: nobody listens with WebDriver BiDi.
    // 11. MODEL: nothing is preloaded; a preload only warms the network.
    let request = &mut params.request;
    request.header_list.reserve(12);
    if user_agent.choices.departures.last_content_type_counts
        && let Some(last) = request.header_list.values(b"Content-Type").last().cloned()
    {
        request.header_list.set("Content-Type", last);
    }
    /// 12. Unless the page has said what it accepts:
    if !request.header_list.contains(b"Accept") {
        /// 12.1. anything, or what the destination likes to get.
        let value = accept_value(request);
        /// 12.4. Say so.
        request.header_list.append("Accept", value);
    }
    // 13. MODEL: no language is emulated.
    let accept_language = &user_agent.choices.accept_language;
    if !accept_language.is_empty() && !request.header_list.contains(b"Accept-Language") {
        /// 14. The user's languages.
        request
            .header_list
            .append("Accept-Language", accept_language.clone());
    }
    // 15. MODEL: priorities are not modelled.
    /// 16. Of a subresource,
    if request.is_subresource()
        && let Some(client) = &request.client
    {
        /// 16.1. a record of what is under way
        let record = FetchRecord {
            keepalive: request.keepalive,
            body_length: request
                .body
                .as_ref()
                .and_then(|body| body.length)
                .unwrap_or(0),
            controller: controller.clone(),
        };
        /// 16.2. is kept with the client.
        client.fetch_group.append(record);
    }
    /// 17. Run main fetch.
    let response = main_fetch(&mut params, Recursive::No).await;
    /// 18. Hand out the result.
    Fetched {
        response,
        passed: params.passed,
        timing_info: params.timing_info,
        request: params.request,
    }
}

/// Runs main fetch for a request that came up during another fetch and that nobody waits for. Only the user agent's stores
/// show that it has happened; the response is for whoever keeps records.
pub async fn fetch_in_parallel<H: Host>(
    user_agent: &UserAgent,
    host: &H,
    request: Request,
    controller: &FetchController,
    trace: &Trace,
) -> Response {
    let mut params = FetchParams {
        request,
        user_agent,
        host,
        controller,
        trace,
        timing_info: TimingInfo::default(),
        cross_origin_isolated_capability: false,
        passed: None,
    };
    main_fetch(&mut params, Recursive::No).await
}

/// The `Accept` value that fits a request's destination.
#[algorithm("concept-fetch", untraced)]
fn accept_value(request: &Request) -> Bytes {
    const DOCUMENT: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
    let value = if request.initiator == Initiator::Prefetch {
        /// 12.2. A prefetch is for a document.
        DOCUMENT
    } else {
        /// 12.3. The destination decides.
        match request.destination {
            Destination::Document | Destination::Frame | Destination::Iframe => DOCUMENT,
            Destination::Image => "image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5",
            Destination::Json => "application/json,*/*;q=0.5",
            Destination::Style => "text/css,*/*;q=0.1",
            Destination::Text => "text/plain,*/*;q=0.5",
            _ => "*/*",
        }
    };
    Bytes::from_static(value.as_bytes())
}

/// Fills in what a request leaves to its client.
#[algorithm("populate-request-from-client")]
fn populate_request_from_client(request: &mut Request, trace: &Trace) {
    /// 1. Who can be asked for a password?
    if request.traversable_for_user_prompts == TraversableForUserPrompts::Client {
        /// 1.1. Nobody can be asked,
        request.traversable_for_user_prompts = TraversableForUserPrompts::NoTraversable;
        /// 1.2. unless there is a client
        /// 1.2.1. whose global object
        if let Some(client) = &request.client
            && let GlobalObject::Window {
                traversable: Some(traversable),
                ..
            } = client.global
        {
            /// 1.2.2. is a window in a tab.
            request.traversable_for_user_prompts =
                TraversableForUserPrompts::Traversable(traversable);
        }
    }
    /// 2. Who asks?
    if request.origin.is_none() {
        // 2.1. MODEL: a request without client and origin would break the standard's assertion; it counts as opaque.
        let origin = request.client.as_ref().map(|client| client.origin.clone());
        /// 2.2. The origin is the client's.
        request.origin = Some(origin.unwrap_or(crossexam_web::Origin::opaque(u64::MAX)));
        trace.fact("origin", || request.origin().to_string());
    }
    /// 3. By what policies?
    if request.policy_container.is_none() {
        let container = match &request.client {
            /// 3.1. The policies are a copy of the client's,
            Some(client) => client.policy_container.borrow().clone(),
            /// 3.2. or new ones.
            None => crate::client::PolicyContainer::default(),
        };
        request.policy_container = Some(container);
    }
    debug_assert!(
        request.mode != Mode::Navigate || request.is_navigation() || request.client.is_none()
    );
}
