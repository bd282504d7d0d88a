//! The cross-origin resource policy check.
//!
//! <https://fetch.spec.whatwg.org/#cross-origin-resource-policy-header>

use crossexam_web::{Origin, Step, Trace, algorithm};

use crate::client::{EmbedderPolicy, EmbedderPolicyValue, Environment};
use crate::departures::Departures;
use crate::reports::{Report, ReportBody};
use crate::request::Destination;
use crate::response::InternalResponse;
use crate::user_agent::UserAgent;

/// What the check says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Corp {
    /// allowed
    Allowed,
    /// blocked
    Blocked {
        /// The policy as it was applied.
        policy: &'static str,
        /// Whether the embedder's policy supplied it, because the response has none.
        implied_by_embedder: bool,
        /// The step that decided.
        step: &'static Step,
    },
}

/// Asks whether a resource lets itself be embedded. What the embedder's policy has reported is queued with the browser.
#[algorithm("cross-origin-resource-policy-check")]
pub fn cross_origin_resource_policy_check(
    origin: &Origin,
    settings_object: Option<&Environment>,
    destination: Destination,
    response: &InternalResponse,
    for_navigation: bool,
    user_agent: &UserAgent,
    trace: &Trace,
) -> Corp {
    /// 2. What does the embedder's policy say?
    let embedder_policy = settings_object.map_or_else(EmbedderPolicy::default, |settings| {
        settings.policy_container.borrow().embedder_policy.clone()
    });
    /// 3. First as if the embedder had none.
    let plain = internal_check(
        origin,
        EmbedderPolicyValue::UnsafeNone,
        response,
        for_navigation,
        user_agent.choices.departures,
        trace,
    );
    if let Corp::Blocked { .. } = plain {
        return plain;
    }
    // NB: what "unsafe-none" comes to is known from step 3.
    if embedder_policy.report_only_value != EmbedderPolicyValue::UnsafeNone {
        /// 4. What would a policy come to that only reports?
        let reported = internal_check(
            origin,
            embedder_policy.report_only_value,
            response,
            for_navigation,
            user_agent.choices.departures,
            trace,
        );
        if let (Corp::Blocked { .. }, Some(settings)) = (reported, settings_object) {
            let disposition = Disposition::Reporting;
            queue_a_violation_report(response, settings, destination, disposition, user_agent);
        }
    }
    /// 5. Then with the embedder's.
    let embedded = internal_check(
        origin,
        embedder_policy.value,
        response,
        for_navigation,
        user_agent.choices.departures,
        trace,
    );
    if let Corp::Allowed = embedded {
        return embedded;
    }
    if let Some(settings) = settings_object {
        let disposition = Disposition::Enforce;
        /// 6. The embedder hears of it.
        queue_a_violation_report(response, settings, destination, disposition, user_agent);
    }
    /// 7. The embedder's policy demands what the resource does not give.
    embedded
}

/// Whether a policy is enforced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Disposition {
    /// It is.
    Enforce,
    /// It only reports.
    Reporting,
}

/// Queues a cross-origin embedder policy CORP violation report.
#[algorithm("queue-a-cross-origin-embedder-policy-corp-violation-report", untraced)]
fn queue_a_violation_report(
    response: &InternalResponse,
    settings_object: &Environment,
    destination: Destination,
    disposition: Disposition,
    user_agent: &UserAgent,
) {
    let container = settings_object.policy_container.borrow();
    let policy = &container.embedder_policy;
    /// 1. For whom is it?
    let endpoint = match disposition {
        Disposition::Reporting => policy.report_only_reporting_endpoint.clone(),
        Disposition::Enforce => policy.reporting_endpoint.clone(),
    };
    /// 2. What was asked for first is named, not where redirects led.
    let blocked_url = response.serialize_the_url_for_reporting();
    /// 3. Was it kept away, or would it have been?
    let disposition = match disposition {
        Disposition::Reporting => "reporting",
        Disposition::Enforce => "enforce",
    };
    /// 4. That is the report.
    let body = ReportBody::EmbedderPolicy {
        violation: "corp",
        blocked_url,
        destination: destination.as_str(),
        disposition,
    };
    /// 5. Queue it.
    user_agent.reports.borrow_mut().queue(Report {
        report_type: "coep",
        endpoint,
        url: settings_object.creation_url.to_string(),
        body,
    });
}

/// The check for one value of the embedder policy.
#[algorithm("cross-origin-resource-policy-internal-check")]
fn internal_check(
    origin: &Origin,
    embedder_policy_value: EmbedderPolicyValue,
    response: &InternalResponse,
    for_navigation: bool,
    departures: Departures,
    trace: &Trace,
) -> Corp {
    if for_navigation && embedder_policy_value == EmbedderPolicyValue::UnsafeNone {
        /// 1. A navigation without an embedder policy is not concerned.
        return Corp::Allowed;
    }
    /// 2. Read `Cross-Origin-Resource-Policy`.
    let value = response.header_list.get(b"Cross-Origin-Resource-Policy");
    if let Some(value) = &value {
        trace.fact("Cross-Origin-Resource-Policy", || value.clone());
    }
    /// 3. Only three values count, letter for letter.
    let mut policy = match value.as_deref() {
        Some(b"same-origin") => Some("same-origin"),
        Some(b"same-site") => Some("same-site"),
        Some(b"cross-origin") => Some("cross-origin"),
        _ => None,
    };
    let implied_by_embedder =
        policy.is_none() && !(departures.unknown_resource_policies_allow && value.is_some());
    if implied_by_embedder {
        /// 4. Without a value the embedder policy may supply one.
        policy = match embedder_policy_value {
            EmbedderPolicyValue::UnsafeNone => None,
            EmbedderPolicyValue::Credentialless => {
                (response.request_includes_credentials || for_navigation).then_some("same-origin")
            }
            EmbedderPolicyValue::RequireCorp => Some("same-origin"),
        };
    }
    let url = response.url();
    /// 5. Does the origin satisfy it?
    let step = here!();
    let satisfied = match policy {
        Some("same-origin") => url.is_some_and(|url| origin.is_same_origin_with_url(url)),
        Some("same-site") => {
            url.and_then(Origin::of_url)
                .zip(url)
                .is_some_and(|(url_origin, url)| {
                    let is_secure = origin
                        .as_tuple()
                        .is_some_and(|tuple| &*tuple.scheme == "https");
                    origin.is_schemelessly_same_site(&url_origin)
                        && (is_secure || url.scheme() != "https")
                })
        }
        _ => true,
    };
    match policy {
        Some(policy) if !satisfied => Corp::Blocked {
            policy,
            implied_by_embedder,
            step,
        },
        _ => Corp::Allowed,
    }
}
