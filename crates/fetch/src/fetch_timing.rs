//! What is told of a fetch's times.
//!
//! <https://fetch.spec.whatwg.org/#fetch-timing-info>

use std::rc::Rc;

use crossexam_web::mime::{extract_a_mime_type, minimize_a_supported_mime_type};
use crossexam_web::{MimeType, Timestamp, algorithm};
use url::Url;

use crate::connections::ConnectionTimingInfo;
use crate::request::{InitiatorType, Mode, RedirectTaint, Request};
use crate::response::{BodyInfo, CacheState, Response};

/// Fetch timing info. <https://fetch.spec.whatwg.org/#fetch-timing-info>
///
/// The times of service workers are left out: none ever answers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TimingInfo {
    /// When the fetch began.
    pub start_time: Timestamp,
    /// When the first redirect began, if there was one.
    pub redirect_start_time: Option<Timestamp>,
    /// When the last redirect ended, if there was one.
    pub redirect_end_time: Option<Timestamp>,
    /// When the fetch began, or the last redirect ended.
    pub post_redirect_start_time: Timestamp,
    /// When the connection was made, as far as it may be shown; `None` where there was none.
    pub final_connection_timing_info: Option<ConnectionTimingInfo>,
    /// When the request was sent.
    pub final_network_request_start_time: Timestamp,
    /// When the first interim response came.
    pub first_interim_network_response_start_time: Timestamp,
    /// When the response came.
    pub final_network_response_start_time: Timestamp,
    /// When the body ended; set when timing is reported.
    pub end_time: Timestamp,
    /// What `Server-Timing` says.
    pub server_timing_headers: Option<Rc<Vec<String>>>,
    /// Whether rendering waited for it.
    pub render_blocking: bool,
}

impl TimingInfo {
    /// Opaque timing info: only when it began and ended. <https://fetch.spec.whatwg.org/#create-an-opaque-timing-info>
    #[must_use]
    pub fn opaque(&self) -> Self {
        Self {
            start_time: self.start_time,
            post_redirect_start_time: self.start_time,
            end_time: self.end_time,
            ..Self::default()
        }
    }
}

/// What Resource Timing is told of a fetch: the arguments of "mark resource timing".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceTiming {
    /// The URL that was asked for.
    pub requested_url: Url,
    /// Which feature asked.
    pub initiator_type: InitiatorType,
    /// The times.
    pub timing_info: TimingInfo,
    /// Whether a cache had a part in it.
    pub cache_state: CacheState,
    /// What is told of the body.
    pub body_info: BodyInfo,
    /// The status, or 0.
    pub response_status: u16,
}

/// A controller's report timing steps, for the caller to run once the body has ended.
#[derive(Debug, Clone)]
pub struct ReportTimingSteps {
    pub(crate) url: Url,
    pub(crate) mode: Mode,
    pub(crate) initiator_type: Option<InitiatorType>,
    pub(crate) timing_info: TimingInfo,
}

impl ReportTimingSteps {
    pub(crate) fn new(request: &Request, timing_info: &TimingInfo) -> Self {
        Self {
            url: request.url().clone(),
            mode: request.mode,
            initiator_type: request.initiator_type,
            timing_info: timing_info.clone(),
        }
    }

    /// Reports timing: what Resource Timing is told of the fetch, if anything. `unsafe_end_time` is when the body ended.
    #[algorithm("finalize-and-report-timing", untraced)]
    pub fn report_timing(
        self,
        response: &Response,
        unsafe_end_time: Timestamp,
    ) -> Option<ResourceTiming> {
        /// 1. There are steps to run: these.
        let steps = self;
        /// 2. Run them.
        steps.run(response, unsafe_end_time)
    }

    /// Step 4.2 of fetch response handover.
    #[algorithm("fetch-finale", untraced)]
    fn run(mut self, response: &Response, unsafe_end_time: Timestamp) -> Option<ResourceTiming> {
        if !matches!(self.url.scheme(), "http" | "https") {
            /// 4.2.1. Only what may come from the network is timed.
            return None;
        }
        /// 4.2.2. It ended when its body did.
        self.timing_info.end_time = unsafe_end_time;
        let internal = response.internal();
        /// 4.2.3. Whether a cache had a part in it,
        let mut cache_state = internal.map_or(CacheState::None, |internal| internal.cache_state);
        /// 4.2.4. and how large it is.
        let mut body_info = response.body_info();
        if !internal.is_some_and(|internal| internal.timing_allow_passed) {
            /// 4.2.5. Who may not see times sees only when it began and ended.
            self.timing_info = self.timing_info.opaque();
            cache_state = CacheState::None;
        }
        /// 4.2.6. The status is hidden,
        let mut response_status = 0;
        let strayed =
            internal.is_some_and(|internal| internal.redirect_taint != RedirectTaint::SameOrigin);
        /// 4.2.7. unless a navigation has strayed:
        if self.mode != Mode::Navigate || !strayed {
            /// 4.2.7.1. the page could see it anyway.
            response_status = response.status();
            /// 4.2.7.2. So it is with the type,
            let mime_type = extract_a_mime_type(&response.header_list());
            if let Some(mime_type) = mime_type {
                /// 4.2.7.3. in a short form.
                body_info.content_type =
                    minimize_a_supported_mime_type(&mime_type, is_supported).to_owned();
            }
        }
        /// 4.2.8. Only what a feature asked for is reported.
        let initiator_type = self.initiator_type?;
        Some(ResourceTiming {
            requested_url: self.url,
            initiator_type,
            timing_info: self.timing_info,
            cache_state,
            body_info,
            response_status,
        })
    }
}

/// Whether a browser has some use for a type of its own.
fn is_supported(mime_type: &MimeType) -> bool {
    let essence = mime_type.essence();
    ["audio/", "font/", "image/", "video/"]
        .iter()
        .any(|kind| essence.starts_with(kind))
        || matches!(
            essence,
            "application/pdf" | "text/css" | "text/html" | "text/plain" | "text/vtt"
        )
}

/// What Navigation Timing is told: the full timing info of a navigation's fetch.
///
/// <https://fetch.spec.whatwg.org/#extract-full-timing-info>
#[algorithm("extract-full-timing-info", untraced)]
pub fn extract_full_timing_info(full_timing_info: Option<TimingInfo>) -> Option<TimingInfo> {
    /// 1. A navigation's fetch has it.
    let full_timing_info = full_timing_info?;
    /// 2. Hand it out.
    Some(full_timing_info)
}
