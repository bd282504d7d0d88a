//! Integrity-Policy: which requests need integrity metadata.
//!
//! <https://w3c.github.io/webappsec-subresource-integrity/#integrity-policy-section>

use std::rc::Rc;

use crossexam_web::structured::{
    BareItem, Dictionary, InnerList, ListEntry, get_a_structured_field_value,
};
use crossexam_web::{HeaderList, Trace, algorithm};
use url::Url;

use crate::client::{Environment, PolicyContainer};
use crate::failure::BlockReason;
use crate::integrity::parse_metadata;
use crate::main_fetch::is_local;
use crate::reports::{Report, ReportBody};
use crate::request::{Destination, Mode, Request};
use crate::user_agent::UserAgent;

/// An integrity policy.
///
/// <https://w3c.github.io/webappsec-subresource-integrity/#integrity-policy>
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IntegrityPolicy {
    /// The sources.
    pub sources: Vec<Source>,
    /// The blocked destinations: "script", "style" or both.
    pub blocked_destinations: Vec<Destination>,
    /// The names of the endpoints for reports.
    pub endpoints: Vec<String>,
}

/// Where integrity metadata may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// "inline": in the page.
    Inline,
}

impl IntegrityPolicy {
    /// Whether the policy has a request without integrity metadata blocked.
    fn blocks(&self, request: &Request) -> bool {
        self.sources.contains(&Source::Inline)
            && self.blocked_destinations.contains(&request.destination)
    }
}

/// Reads an integrity policy.
#[algorithm(SubresourceIntegrity, "processing-an-integrity-policy", untraced)]
pub fn process_an_integrity_policy(headers: &HeaderList, header_name: &[u8]) -> IntegrityPolicy {
    /// 1. A new one.
    let mut integrity_policy = IntegrityPolicy::default();
    /// 2. Read the header; one that does not parse says nothing.
    let dictionary =
        get_a_structured_field_value::<Dictionary>(headers, header_name).unwrap_or_default();
    if dictionary
        .get("sources")
        .is_none_or(|sources| contains(sources, "inline"))
    {
        /// 3. Unless it names other sources, the page itself is one.
        integrity_policy.sources.push(Source::Inline);
    }
    /// 4. What needs integrity metadata?
    if let Some(blocked_destinations) = dictionary.get("blocked-destinations") {
        if contains(blocked_destinations, "script") {
            /// 4.1. Scripts,
            integrity_policy
                .blocked_destinations
                .push(Destination::Script);
        }
        if contains(blocked_destinations, "style") {
            /// 4.2. stylesheets.
            integrity_policy
                .blocked_destinations
                .push(Destination::Style);
        }
    }
    /// 5. Who is told?
    if let Some(ListEntry::InnerList(endpoints)) = dictionary.get("endpoints") {
        /// 5.1. These endpoints are.
        integrity_policy.endpoints = tokens(endpoints).map(str::to_owned).collect();
    }
    /// 6. That is the policy.
    integrity_policy
}

/// The tokens of an inner list.
fn tokens(list: &InnerList) -> impl Iterator<Item = &str> {
    list.items.iter().filter_map(|item| match &item.bare_item {
        BareItem::Token(token) => Some(token.as_str()),
        _ => None,
    })
}

/// Whether a member is an inner list with this token. A member that is none has nothing in it, as web-platform-tests have it.
fn contains(member: &ListEntry, wanted: &str) -> bool {
    match member {
        ListEntry::InnerList(list) => tokens(list).any(|token| token == wanted),
        ListEntry::Item(_) => false,
    }
}

/// Reads the integrity policies of a response into its policy container.
#[algorithm(SubresourceIntegrity, "parse-integrity-policy-headers", untraced)]
pub fn parse_integrity_policy_headers(headers: &HeaderList, container: &mut PolicyContainer) {
    let read = |name: &[u8]| Some(Rc::new(process_an_integrity_policy(headers, name)));
    if headers.contains(b"integrity-policy") {
        /// 2. One that is enforced,
        container.integrity_policy = read(b"integrity-policy");
    }
    if headers.contains(b"integrity-policy-report-only") {
        /// 3. one that only reports.
        container.report_only_integrity_policy = read(b"integrity-policy-report-only");
    }
}

/// Asks whether a request must not be fetched because it needs integrity metadata and has none that would be checked.
#[algorithm(SubresourceIntegrity, "should-request-be-blocked-by-integrity-policy")]
pub fn should_request_be_blocked_by_integrity_policy(
    request: &Request,
    user_agent: &UserAgent,
    trace: &Trace,
) -> Option<BlockReason> {
    /// 1. Whose policies count?
    let policy_container = request.policy_container.as_ref()?;
    let policy = policy_container.integrity_policy.as_deref();
    let report_policy = policy_container.report_only_integrity_policy.as_deref();
    if policy.is_none() && report_policy.is_none() {
        // NB: most pages have none; this is step 7, asked first.
        return None;
    }
    /// 2. Read the metadata.
    let parsed_metadata = parse_metadata(&request.integrity_metadata);
    if !parsed_metadata.is_empty() && matches!(request.mode, Mode::Cors | Mode::SameOrigin) {
        /// 3. There is some, and the bytes may be looked at.
        return None;
    }
    if is_local(request.url()) {
        /// 4. What is part of the page needs none.
        return None;
    }
    let empty = IntegrityPolicy::default();
    /// 5. The policy that is enforced,
    let policy = policy.unwrap_or(&empty);
    /// 6. the policy that only reports.
    let report_policy = report_policy.unwrap_or(&empty);
    if *policy == empty && *report_policy == empty {
        /// 7. Neither says anything.
        return None;
    }
    /// 8. Only windows and workers have policies;
    let client = request.client.as_deref();
    // NB: every client is one or the other.
    /// 9. who is nobody has none.
    let client = client?;
    /// 12. Does the one that is enforced ask for metadata?
    let block = policy.blocks(request);
    /// 13. Does the one that reports?
    let report_block = report_policy.blocks(request);
    trace.fact("Integrity-Policy", || match (block, report_block) {
        (true, _) => "blocks",
        (false, true) => "would block (report only)",
        (false, false) => "allows",
    });
    if block || report_block {
        /// 14. Tell whoever wants to hear of it.
        let violated = [(block, policy), (report_block, report_policy)];
        report_violation(request, client, violated, user_agent);
    }
    /// 15. Without metadata it is not fetched.
    block.then_some(BlockReason::IntegrityPolicy {
        destination: request.destination.as_str(),
    })
}

/// Reports what a policy has blocked, and what one that only reports would have: to each of their endpoints.
#[algorithm(SubresourceIntegrity, "report-violation", untraced)]
fn report_violation(
    request: &Request,
    settings_object: &Environment,
    [enforced, reported]: [(bool, &IntegrityPolicy); 2],
    user_agent: &UserAgent,
) {
    let mut reports = user_agent.reports.borrow_mut();
    /// 9. Whose policy is it?
    let document_url = strip_url_for_use_in_reports(&settings_object.creation_url);
    /// 10. What was asked for?
    let blocked_url = strip_url_for_use_in_reports(request.url());
    let mut queue = |policy: &IntegrityPolicy, report_only| {
        for endpoint in &policy.endpoints {
            reports.queue(Report {
                report_type: "integrity-violation",
                endpoint: Some(endpoint.as_str().into()),
                url: document_url.clone(),
                body: ReportBody::Integrity {
                    document_url: document_url.clone(),
                    blocked_url: blocked_url.clone(),
                    destination: request.destination.as_str(),
                    report_only,
                },
            });
        }
    };
    if enforced.0 {
        /// 11. It was blocked.
        queue(enforced.1, false);
    }
    if reported.0 {
        /// 12. It would have been.
        queue(reported.1, true);
    }
}

/// A URL as reports name it. <https://w3c.github.io/webappsec-csp/#strip-url-for-use-in-reports>
fn strip_url_for_use_in_reports(url: &Url) -> String {
    if !matches!(url.scheme(), "http" | "https") {
        return url.scheme().to_owned();
    }
    let mut url = url.clone();
    url.set_fragment(None);
    // Neither fails: an HTTP(S) URL has a host.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.into()
}
