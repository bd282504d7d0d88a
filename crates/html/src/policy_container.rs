//! Policy containers: which policies come with a response, and which a document inherits.
//!
//! <https://html.spec.whatwg.org/multipage/browsers.html#policy-containers>

use std::rc::Rc;

use crossexam_csp::CspList;
use crossexam_fetch::client::{EmbedderPolicy, EmbedderPolicyValue};
use crossexam_fetch::integrity_policy::parse_integrity_policy_headers;
use crossexam_fetch::referrer_policy::parse_a_referrer_policy_from_a_referrer_policy_header;
use crossexam_fetch::response::InternalResponse;
use crossexam_fetch::{PolicyContainer, ReferrerPolicy};
use crossexam_web::address_space::determine_the_ip_address_space;
use crossexam_web::structured::{BareItem, Item, get_a_structured_field_value};
use crossexam_web::{HeaderList, Origin, Trace, algorithm};
use url::Url;

use crate::origin::matches_about_srcdoc;

/// Whether an environment is a secure context.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContextSecurity {
    /// A secure context.
    Secure,
    /// A non-secure context.
    NonSecure,
}

impl ContextSecurity {
    /// Of a flag.
    pub const fn of(secure: bool) -> Self {
        if secure {
            Self::Secure
        } else {
            Self::NonSecure
        }
    }
}

/// The embedder policy that a response sets.
#[algorithm(Html, "obtain-an-embedder-policy", untraced)]
pub fn obtain_an_embedder_policy(
    headers: &HeaderList,
    environment: ContextSecurity,
) -> EmbedderPolicy {
    /// 1. A new one: "unsafe-none".
    let mut policy = EmbedderPolicy::default();
    if environment == ContextSecurity::NonSecure {
        /// 2. It takes a secure context to set another.
        return policy;
    }
    /// 3. Read `Cross-Origin-Embedder-Policy`.
    if let Some((value, endpoint)) = embedder_policy_value(headers, b"cross-origin-embedder-policy")
    {
        /// 4. That is enforced.
        policy.value = value;
        policy.reporting_endpoint = endpoint;
    }
    /// 5. Read the header that only reports.
    if let Some((value, endpoint)) =
        embedder_policy_value(headers, b"cross-origin-embedder-policy-report-only")
    {
        /// 6. That is only reported.
        policy.report_only_value = value;
        policy.report_only_reporting_endpoint = endpoint;
    }
    /// 7. That is the policy.
    policy
}

/// A value that is compatible with cross-origin isolation, and the endpoint for reports; anything else counts for nothing.
fn embedder_policy_value(
    headers: &HeaderList,
    name: &[u8],
) -> Option<(EmbedderPolicyValue, Option<Rc<str>>)> {
    let item = get_a_structured_field_value::<Item>(headers, name)?;
    let value = match &item.bare_item {
        BareItem::Token(token) => match token.as_str() {
            "require-corp" => Some(EmbedderPolicyValue::RequireCorp),
            "credentialless" => Some(EmbedderPolicyValue::Credentialless),
            _ => None,
        },
        _ => None,
    };
    let endpoint = match item.params.get("report-to") {
        Some(BareItem::String(endpoint)) => Some(Rc::from(endpoint.as_str())),
        _ => None,
    };
    Some((value?, endpoint))
}

/// The policies that come with a response. The browser chooses the referrer policy of one that sets none.
#[algorithm(Html, "creating-a-policy-container-from-a-fetch-response")]
pub fn create_a_policy_container_from_a_fetch_response(
    response: &InternalResponse,
    environment: ContextSecurity,
    default_referrer_policy: ReferrerPolicy,
    trace: &Trace,
) -> PolicyContainer {
    // 1. NB: a document of a `blob:` URL takes the policies of whoever navigates to it; see
    // `determine_navigation_params_policy_container`, which looks at them first.
    /// 2. A new one.
    let mut result = PolicyContainer::default();
    if let Some(origin) = response.url().and_then(Origin::of_url) {
        /// 3. The Content Security Policies.
        result.csp_list = CspList::of_response(&response.header_list, &origin);
    }
    // Local Network Access: what came from nowhere in particular came from everywhere.
    if let Some(address) = response.ip_address {
        result.ip_address_space = determine_the_ip_address_space(address);
    }
    /// 4. The embedder policy.
    result.embedder_policy = obtain_an_embedder_policy(&response.header_list, environment);
    /// 5. The referrer policy.
    result.referrer_policy =
        parse_a_referrer_policy_from_a_referrer_policy_header(&response.header_list)
            .unwrap_or(default_referrer_policy);
    /// 6. The integrity policies.
    parse_integrity_policy_headers(&response.header_list, &mut result);
    /// 7. These are the policies.
    result
}

/// The policies of the document that a navigation ends in.
///
/// MODEL: policies are not kept in the session history (step 1); going back asks for the document anew.
#[algorithm(Html, "determining-navigation-params-policy-container", untraced)]
pub fn determine_navigation_params_policy_container(
    response_url: &Url,
    initiator: Option<&PolicyContainer>,
    parent: Option<&PolicyContainer>,
    response: Option<PolicyContainer>,
) -> PolicyContainer {
    if matches_about_srcdoc(response_url)
        && let Some(parent) = parent
    {
        /// 2.2. A `srcdoc` document has those of the document around it.
        return parent.clone();
    }
    if matches!(response_url.scheme(), "about" | "blob" | "data")
        && let Some(initiator) = initiator
    {
        /// 3. What comes from no network has those of whoever went there.
        return initiator.clone();
    }
    /// 4. Otherwise those that came with the response,
    /// 5. or new ones.
    response.unwrap_or_default()
}

/// Whether a frame's document fits the embedder policy of the document around it.
///
/// `parent` is `None` for a top-level document.
#[algorithm(Html, "check-a-navigation-response's-adherence-to-its-embedder-policy")]
pub fn check_a_navigation_responses_adherence_to_its_embedder_policy(
    parent: Option<&EmbedderPolicy>,
    response: &EmbedderPolicy,
    trace: &Trace,
) -> EmbedderAdherence {
    /// 1. Only a frame has something around it.
    let Some(parent) = parent else {
        return EmbedderAdherence::Adheres;
    };
    // 3. and 5. MODEL: nothing is reported.
    if parent.value == EmbedderPolicyValue::UnsafeNone
        || response.value != EmbedderPolicyValue::UnsafeNone
    {
        /// 4. The document around it demands nothing, or the frame's has a policy, too.
        return EmbedderAdherence::Adheres;
    }
    /// 6. It may not be shown here.
    EmbedderAdherence::Violates { step: here!() }
}

/// Whether a frame's document fits the embedder policy around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EmbedderAdherence {
    /// It does.
    Adheres,
    /// It does not.
    Violates {
        /// The step that decided.
        step: &'static crossexam_web::Step,
    },
}

/// The referrer policy that a `meta` element with name `referrer` sets; `None` if its value means nothing.
#[algorithm(Html, "meta-referrer", untraced)]
pub fn meta_referrer_policy(content: &str) -> Option<ReferrerPolicy> {
    /// 4. The value in lowercase.
    let value = content.to_ascii_lowercase();
    /// 5. Older words for some policies.
    let value = match value.as_str() {
        "never" => "no-referrer",
        "default" => ReferrerPolicy::default().as_str(),
        "always" => "unsafe-url",
        "origin-when-crossorigin" => "origin-when-cross-origin",
        other => other,
    };
    /// 6. A policy, or nothing.
    ReferrerPolicy::from_keyword(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(list: &[(&'static str, &'static str)]) -> HeaderList {
        list.iter().map(|&(name, value)| (name, value)).collect()
    }

    fn coep(value: &'static str) -> EmbedderPolicyValue {
        let headers = headers(&[("Cross-Origin-Embedder-Policy", value)]);
        obtain_an_embedder_policy(&headers, ContextSecurity::Secure).value
    }

    #[test]
    fn the_embedder_policy_is_a_token_in_a_secure_context() {
        assert_eq!(coep("require-corp"), EmbedderPolicyValue::RequireCorp);
        assert_eq!(
            coep("require-corp; report-to=\"x\""),
            EmbedderPolicyValue::RequireCorp
        );
        assert_eq!(coep("credentialless"), EmbedderPolicyValue::Credentialless);
        for nothing in [
            "\"require-corp\"",
            "Require-Corp",
            "require-corp, require-corp",
            "unsafe-none",
            "",
        ] {
            assert_eq!(coep(nothing), EmbedderPolicyValue::UnsafeNone, "{nothing}");
        }
        let headers = headers(&[("Cross-Origin-Embedder-Policy", "require-corp")]);
        let policy = obtain_an_embedder_policy(&headers, ContextSecurity::NonSecure);
        assert_eq!(policy, EmbedderPolicy::default());
    }

    #[test]
    fn local_documents_inherit_and_others_bring_their_own() {
        let url = |text: &str| Url::parse(text).unwrap();
        let with = |referrer_policy| PolicyContainer {
            referrer_policy,
            ..PolicyContainer::default()
        };
        let initiator = with(ReferrerPolicy::NoReferrer);
        let parent = with(ReferrerPolicy::Origin);
        let response = with(ReferrerPolicy::UnsafeUrl);
        let determine = |target: &str| {
            determine_navigation_params_policy_container(
                &url(target),
                Some(&initiator),
                Some(&parent),
                Some(response.clone()),
            )
            .referrer_policy
        };
        assert_eq!(determine("about:srcdoc"), ReferrerPolicy::Origin);
        for local in [
            "about:blank",
            "data:text/html,x",
            "blob:https://alice.example/1",
        ] {
            assert_eq!(determine(local), ReferrerPolicy::NoReferrer, "{local}");
        }
        assert_eq!(
            determine("https://alice.example/"),
            ReferrerPolicy::UnsafeUrl
        );
    }

    #[test]
    fn a_frame_needs_a_policy_where_one_is_demanded() {
        let with = |value| EmbedderPolicy {
            value,
            ..EmbedderPolicy::default()
        };
        let none = with(EmbedderPolicyValue::UnsafeNone);
        let strict = with(EmbedderPolicyValue::RequireCorp);
        let check = |parent: Option<&EmbedderPolicy>, response: &EmbedderPolicy| {
            check_a_navigation_responses_adherence_to_its_embedder_policy(
                parent,
                response,
                &Trace::off(),
            )
        };
        assert_eq!(check(None, &none), EmbedderAdherence::Adheres);
        assert_eq!(check(Some(&none), &none), EmbedderAdherence::Adheres);
        assert_eq!(check(Some(&strict), &strict), EmbedderAdherence::Adheres);
        assert!(matches!(
            check(Some(&strict), &none),
            EmbedderAdherence::Violates { .. }
        ));
    }

    #[test]
    fn meta_knows_the_older_words() {
        for (content, expected) in [
            ("NEVER", Some(ReferrerPolicy::NoReferrer)),
            ("default", Some(ReferrerPolicy::StrictOriginWhenCrossOrigin)),
            ("always", Some(ReferrerPolicy::UnsafeUrl)),
            (
                "origin-when-crossorigin",
                Some(ReferrerPolicy::OriginWhenCrossOrigin),
            ),
            ("same-origin", Some(ReferrerPolicy::SameOrigin)),
            ("", None),
            ("sometimes", None),
        ] {
            assert_eq!(meta_referrer_policy(content), expected, "{content}");
        }
    }
}
