//! Content Security Policy, as documents and navigations ask about it.
//!
//! <https://w3c.github.io/webappsec-csp/#html-integration>

use crossexam_csp::{CspList, Directive, Disposition, InlineCheck, UrlMatch};
use crossexam_fetch::content_security_policy::Violation;
use crossexam_fetch::upgrade_insecure_requests::InsecureRequests;
use crossexam_fetch::{Environment, Request, UserAgent};
use crossexam_web::{Origin, algorithm};
use url::Url;

use crate::navigation::Container;
use crate::sandbox::{SandboxingFlags, parse_a_sandboxing_directive};

fn written(directive: &Directive) -> String {
    let mut text = directive.name().to_owned();
    for word in directive.value() {
        text.push(' ');
        text.push_str(word);
    }
    text
}

/// Whether something inline may run in a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InlineBehavior {
    /// "Allowed"
    Allowed,
    /// "Blocked"
    Blocked,
}

/// Whether inline script, style, an event handler attribute or a `javascript:` URL is blocked.
#[algorithm(Csp, "should-block-inline", untraced)]
pub fn should_inline_behavior_be_blocked(
    environment: &Environment,
    check: &InlineCheck<'_>,
    user_agent: &UserAgent,
) -> InlineBehavior {
    /// 2. Allowed, unless a policy forbids it.
    let mut result = InlineBehavior::Allowed;
    let container = environment.policy_container.borrow();
    /// 3. Each policy is asked.
    for policy in container.csp_list.policies() {
        let directive = policy.directive_violated_inline(check);
        let Some(directive) = directive else {
            /// 3.1.1. It says nothing against it,
            continue;
        };
        /// 3.1.2. or it does,
        let effective_directive = check.kind.fallback_list()[0];
        /// 3.1.7. which is reported,
        user_agent.report(Violation {
            disposition: policy.disposition(),
            directive: written(directive),
            effective_directive,
            resource: "inline".to_owned(),
        });
        if policy.disposition() == Disposition::Enforce {
            /// 3.1.8. and, if it is enforced, obeyed.
            result = InlineBehavior::Blocked;
        }
    }
    /// 4. That is the result.
    result
}

/// What forbids a form's submission, or a redirect of it; `None` for nothing.
///
/// <https://w3c.github.io/webappsec-csp/#form-action-pre-navigate>
#[algorithm(Csp, "should-block-navigation-request", untraced)]
pub fn directive_that_blocks_a_navigation_request(
    request: &Request,
    user_agent: &UserAgent,
) -> Option<String> {
    /// 1. Nothing, unless a policy does.
    let mut result = None;
    let csp_list = match (&request.policy_container, &request.client) {
        (Some(container), _) => container.csp_list.clone(),
        (None, Some(client)) => client.policy_container.borrow().csp_list.clone(),
        (None, None) => return None,
    };
    if !request.is_form_submission {
        // NB: `form-action` is the only directive with such a check.
        return None;
    }
    let url = request.current_url();
    /// 2. Each policy's `form-action` is asked.
    for policy in csp_list.policies() {
        let Some(directive) = policy.directive("form-action") else {
            continue;
        };
        let matches = crossexam_csp::does_url_match_source_list(
            url,
            directive.value(),
            csp_list.self_origin(),
            request.redirect_count,
        );
        if matches == UrlMatch::Matches {
            /// 2.1.1. It allows the target,
            continue;
        }
        /// 2.1.4. or not, which is reported,
        user_agent.report(Violation {
            disposition: policy.disposition(),
            directive: written(directive),
            effective_directive: "form-action",
            resource: request.url().to_string(),
        });
        if policy.disposition() == Disposition::Enforce {
            /// 2.1.5. and, if it is enforced, obeyed.
            result = Some(written(directive));
        }
    }
    /// 4. That is the result.
    result
}

/// The `frame-ancestors` that keeps a document out of a frame, as it is written; `None` if it may be shown.
#[algorithm(Csp, "frame-ancestors-navigation-response", untraced)]
pub fn directive_that_forbids_framing(
    csp_list: &CspList,
    url: Option<&Url>,
    container: Option<&Container>,
    user_agent: &UserAgent,
) -> Option<String> {
    let is_local = |url: &Url| matches!(url.scheme(), "about" | "blob" | "data");
    if url.is_none_or(is_local) {
        /// 1. What the page has made itself may be shown: the policy is the page's own.
        return None;
    }
    /// 4. Only a frame is concerned.
    let container = container?;
    let mut result = None;
    for policy in csp_list.policies() {
        let Some(directive) = policy.directive("frame-ancestors") else {
            continue;
        };
        /// 6. All the way up,
        let is_allowed = container.ancestor_origins.iter().all(|origin| {
            /// 6.2. the origin, as a URL,
            let url = Url::parse(&origin.to_string());
            // NB: "null" is no URL, and matches nothing.
            /// 6.3. must match.
            url.is_ok_and(|url| {
                crossexam_csp::does_url_match_source_list(
                    &url,
                    directive.value(),
                    csp_list.self_origin(),
                    0,
                ) == UrlMatch::Matches
            })
        });
        if is_allowed {
            continue;
        }
        user_agent.report(Violation {
            disposition: policy.disposition(),
            directive: written(directive),
            effective_directive: "frame-ancestors",
            resource: url.map_or_else(String::new, Url::to_string),
        });
        if policy.disposition() == Disposition::Enforce {
            result = Some(written(directive));
        }
    }
    result
}

/// Whether a `frame-ancestors` that is enforced takes the place of `X-Frame-Options`.
pub fn has_frame_ancestors(csp_list: &CspList) -> bool {
    csp_list.enforced("frame-ancestors").next().is_some()
}

/// The CSP-derived sandboxing flags. <https://html.spec.whatwg.org/multipage/browsers.html#csp-derived-sandboxing-flags>
pub fn csp_derived_sandboxing_flags(csp_list: &CspList) -> SandboxingFlags {
    // NB: of several policies the last counts, as the text has it.
    csp_list
        .enforced("sandbox")
        .last()
        .map_or(SandboxingFlags::NONE, |directive| {
            parse_a_sandboxing_directive(&directive.value().join(" "))
        })
}

/// Whether the URL of a `base` element may be used.
#[algorithm(Csp, "allow-base-for-document", untraced)]
pub fn is_base_allowed(
    base: &Url,
    environment: &Environment,
    user_agent: &UserAgent,
) -> InlineBehavior {
    let container = environment.policy_container.borrow();
    let csp_list = &container.csp_list;
    for policy in csp_list.policies() {
        let Some(directive) = policy.directive("base-uri") else {
            /// 1.3. It says nothing of bases.
            continue;
        };
        let matches = crossexam_csp::does_url_match_source_list(
            base,
            directive.value(),
            csp_list.self_origin(),
            0,
        );
        if matches == UrlMatch::DoesNotMatch {
            /// 1.4.3. It forbids this one, which is reported,
            user_agent.report(Violation {
                disposition: policy.disposition(),
                directive: written(directive),
                effective_directive: "base-uri",
                resource: "inline".to_owned(),
            });
            if policy.disposition() == Disposition::Enforce {
                /// 1.4.4. and obeyed.
                return InlineBehavior::Blocked;
            }
        }
    }
    /// 2. Nothing forbids it.
    InlineBehavior::Allowed
}

/// What a new document does about insecure requests: what its own policies say, and what the document around it does.
pub fn insecure_requests_of(
    csp_list: &CspList,
    url: &Url,
    around: Option<&Environment>,
) -> InsecureRequests {
    let mut insecure_requests = InsecureRequests::default();
    if let Some(around) = around {
        insecure_requests.inherit(&around.insecure_requests.borrow());
    }
    if csp_list
        .enforced("upgrade-insecure-requests")
        .next()
        .is_some()
    {
        insecure_requests.upgrade(url);
    }
    insecure_requests
}

/// A `meta` element brings a policy.
pub fn apply_meta_policy(environment: &Environment, content: &str, self_origin: &Origin) {
    let mut container = environment.policy_container.borrow_mut();
    container.csp_list.add_meta(content, self_origin);
    let upgraded = insecure_requests_of(&container.csp_list, &environment.creation_url, None);
    environment
        .insecure_requests
        .borrow_mut()
        .inherit(&upgraded);
}

/// What a policy says that the model does not do.
pub fn unmodelled_directives(csp_list: &CspList) -> Vec<String> {
    let mut list = Vec::new();
    for policy in csp_list.policies() {
        for name in crossexam_csp::UNMODELLED_DIRECTIVES {
            if let Some(directive) = policy.directive(name) {
                list.push(format!(
                    "`{}` of a Content Security Policy",
                    written(directive)
                ));
            }
        }
    }
    list
}
