//! Content Security Policy, as fetching asks about it.
//!
//! <https://w3c.github.io/webappsec-csp/#fetch-integration>

use crossexam_csp::{CspList, Disposition, FetchCheck, FetchKind, ParserInserted, Policy};
use crossexam_web::{Trace, algorithm};
use url::Url;

use crate::failure::BlockReason;
use crate::request::{Destination, Initiator, ParserMetadata, Request};
use crate::response::InternalResponse;
use crate::user_agent::UserAgent;

/// A violation of a policy, as it is reported. <https://w3c.github.io/webappsec-csp/#violation>
///
/// MODEL: reports are kept for whoever drives the browser; nothing is sent to the endpoints of `report-to` and
/// `report-uri`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Whether the policy is enforced.
    pub disposition: Disposition,
    /// The directive that is violated, as the policy writes it.
    pub directive: String,
    /// The directive that would fit best.
    pub effective_directive: &'static str,
    /// What violates it: a URL before redirects, or `inline`.
    pub resource: String,
}

impl std::fmt::Display for Violation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let what = match self.disposition {
            Disposition::Enforce => "refused",
            Disposition::Report => "would be refused",
        };
        let (resource, directive) = (&self.resource, &self.directive);
        write!(
            f,
            "Content Security Policy: {resource} {what} by `{directive}`"
        )
    }
}

/// What a request is for, as directives tell apart.
pub fn fetch_kind(request: &Request) -> FetchKind {
    use Destination as D;
    if matches!(
        request.initiator,
        Initiator::Prefetch | Initiator::Prerender
    ) {
        return FetchKind::Prefetch;
    }
    match request.destination {
        D::Manifest => FetchKind::Manifest,
        D::Object | D::Embed => FetchKind::Object,
        D::Frame | D::Iframe => FetchKind::Frame,
        D::Audio | D::Track | D::Video => FetchKind::Media,
        D::Font => FetchKind::Font,
        D::Image => FetchKind::Image,
        D::Style => FetchKind::Style,
        D::Script | D::Xslt | D::AudioWorklet | D::PaintWorklet => FetchKind::Script,
        D::ServiceWorker | D::SharedWorker | D::Worker => FetchKind::Worker,
        D::Report => FetchKind::Report,
        D::Empty | D::Json | D::Text | D::WebIdentity | D::Document => FetchKind::Connect,
    }
}

fn check_of<'a>(request: &'a Request, url: &'a Url) -> FetchCheck<'a> {
    FetchCheck {
        url,
        redirect_count: request.redirect_count,
        nonce: &request.cryptographic_nonce_metadata,
        integrity: &request.integrity_metadata,
        parser_inserted: match request.parser_metadata {
            ParserMetadata::ParserInserted => ParserInserted::Yes,
            ParserMetadata::Empty | ParserMetadata::NotParserInserted => ParserInserted::No,
        },
    }
}

/// The policies that a request is subject to. A top-level navigation is subject to none that asks about fetches.
fn csp_list(request: &Request) -> Option<&CspList> {
    let list = &request.policy_container.as_ref()?.csp_list;
    (!list.is_empty() && request.destination != Destination::Document).then_some(list)
}

fn violation(request: &Request, policy: &Policy, directive: String) -> Violation {
    Violation {
        disposition: policy.disposition(),
        directive,
        effective_directive: fetch_kind(request)
            .effective_directive()
            .unwrap_or_default(),
        resource: request.url().to_string(),
    }
}

fn written(directive: &crossexam_csp::Directive) -> String {
    let mut text = directive.name().to_owned();
    for word in directive.value() {
        text.push(' ');
        text.push_str(word);
    }
    text
}

/// Reports what violates policies that are only reported on.
#[algorithm(Csp, "report-for-request", untraced)]
pub fn report_content_security_policy_violations_for_request(
    request: &Request,
    user_agent: &UserAgent,
) {
    /// 1. The policies.
    let Some(csp_list) = csp_list(request) else {
        return;
    };
    /// 2. Each of those that only report
    for policy in csp_list.policies() {
        if policy.disposition() == Disposition::Enforce {
            /// 2.1. (the others are asked later)
            continue;
        }
        let check = check_of(request, request.current_url());
        /// 2.2. is asked,
        let violates =
            policy.violated_directive(fetch_kind(request), &check, csp_list.self_origin());
        if let Some(directive) = violates {
            /// 2.3. and its violation reported.
            user_agent.report(violation(request, policy, written(directive)));
        }
    }
}

/// Whether a policy keeps a request from going out. `None` is allowed.
#[algorithm(Csp, "should-block-request")]
pub fn should_request_be_blocked_by_content_security_policy(
    request: &Request,
    user_agent: &UserAgent,
    trace: &Trace,
) -> Option<BlockReason> {
    /// 1. The policies.
    let csp_list = csp_list(request)?;
    /// 2. Allowed, unless one forbids it.
    let mut result = None;
    /// 3. Each of those that are enforced
    for policy in csp_list.policies() {
        if policy.disposition() == Disposition::Report {
            /// 3.1. (the others have been asked already)
            continue;
        }
        let check = check_of(request, request.current_url());
        /// 3.2. is asked.
        let violates =
            policy.violated_directive(fetch_kind(request), &check, csp_list.self_origin());
        if let Some(directive) = violates {
            let directive = written(directive);
            trace.fact("directive", || directive.clone());
            /// 3.3.1. A violation is reported,
            user_agent.report(violation(request, policy, directive.clone()));
            /// 3.3.2. and the request blocked.
            result = Some(BlockReason::ContentSecurityPolicy {
                directive,
                url: request.current_url().to_string(),
            });
        }
    }
    /// 4. That is the result.
    result
}

/// Whether a policy keeps a response from whoever asked for it. `None` is allowed.
#[algorithm(Csp, "should-block-response")]
pub fn should_response_to_request_be_blocked_by_content_security_policy(
    response: &InternalResponse,
    request: &Request,
    user_agent: &UserAgent,
    trace: &Trace,
) -> Option<BlockReason> {
    /// 1. The policies.
    let csp_list = csp_list(request)?;
    let url = response.url()?;
    /// 2. Allowed, unless one forbids it.
    let mut result = None;
    if request.initiator == Initiator::Prefetch {
        // NB: no directive has a post-request check for resource hints.
        return None;
    }
    for policy in csp_list.policies() {
        let check = check_of(request, url);
        let violates =
            policy.violated_directive(fetch_kind(request), &check, csp_list.self_origin());
        /// 3. Each policy is asked once more, about where the response came from.
        if let Some(directive) = violates {
            let directive = written(directive);
            trace.fact("directive", || directive.clone());
            /// 3.1.1.1. A violation is reported,
            user_agent.report(violation(request, policy, directive.clone()));
            if policy.disposition() == Disposition::Enforce {
                /// 3.1.1.2. and the response blocked, if the policy is enforced.
                result = Some(BlockReason::ContentSecurityPolicy {
                    directive,
                    url: url.to_string(),
                });
            }
        }
    }
    /// 4. That is the result.
    result
}
