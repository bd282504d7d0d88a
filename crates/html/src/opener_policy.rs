//! Cross-Origin-Opener-Policy: when a navigation breaks with the windows around it.
//!
//! MODEL: nothing is reported, and no document is cross-origin isolated.
//!
//! <https://html.spec.whatwg.org/multipage/browsers.html#cross-origin-opener-policies>

use crossexam_fetch::client::EmbedderPolicyValue;
use crossexam_web::structured::{BareItem, Item, get_a_structured_field_value};
use crossexam_web::{HeaderList, Origin, algorithm};

use crate::policy_container::{ContextSecurity, obtain_an_embedder_policy};

/// An opener policy value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OpenerPolicyValue {
    /// "unsafe-none"
    #[default]
    UnsafeNone,
    /// "same-origin-allow-popups"
    SameOriginAllowPopups,
    /// "same-origin"
    SameOrigin,
    /// "same-origin-plus-COEP"
    SameOriginPlusCoep,
    /// "noopener-allow-popups"
    NoopenerAllowPopups,
}

impl OpenerPolicyValue {
    /// The standard's string for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UnsafeNone => "unsafe-none",
            Self::SameOriginAllowPopups => "same-origin-allow-popups",
            Self::SameOrigin => "same-origin",
            Self::SameOriginPlusCoep => "same-origin-plus-COEP",
            Self::NoopenerAllowPopups => "noopener-allow-popups",
        }
    }
}

/// The opener policy that a response sets.
#[algorithm(Html, "obtain-coop", untraced)]
pub fn obtain_an_opener_policy(
    headers: &HeaderList,
    environment: ContextSecurity,
) -> OpenerPolicyValue {
    /// 1. A new one: "unsafe-none".
    let policy = OpenerPolicyValue::UnsafeNone;
    if environment == ContextSecurity::NonSecure {
        /// 2. It takes a secure context to set another.
        return policy;
    }
    /// 3. Read `Cross-Origin-Opener-Policy`.
    let parsed_item = get_a_structured_field_value::<Item>(headers, b"Cross-Origin-Opener-Policy");
    let token = match parsed_item.as_ref().map(|item| &item.bare_item) {
        Some(BareItem::Token(token)) => token.as_str(),
        _ => return policy,
    };
    match token {
        /// 4.1. With an embedder policy that fits, "same-origin" means more.
        "same-origin" => match obtain_an_embedder_policy(headers, environment).value {
            EmbedderPolicyValue::RequireCorp | EmbedderPolicyValue::Credentialless => {
                OpenerPolicyValue::SameOriginPlusCoep
            }
            EmbedderPolicyValue::UnsafeNone => OpenerPolicyValue::SameOrigin,
        },
        /// 4.2. Popups may keep their opener,
        "same-origin-allow-popups" => OpenerPolicyValue::SameOriginAllowPopups,
        /// 4.3. or their opener may keep them.
        "noopener-allow-popups" => OpenerPolicyValue::NoopenerAllowPopups,
        _ => policy,
    }
}

/// Whether two documents may stay in one group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupSwitch {
    /// They may.
    Stays,
    /// The navigation needs another browsing context group.
    Needed,
}

/// Whether two opener policies match.
///
/// <https://html.spec.whatwg.org/multipage/browsers.html#matching-coop>
#[algorithm(Html, "matching-coop", untraced)]
fn opener_policies_match(
    value_a: OpenerPolicyValue,
    origin_a: &Origin,
    value_b: OpenerPolicyValue,
    origin_b: &Origin,
) -> bool {
    let none = OpenerPolicyValue::UnsafeNone;
    if value_a == none && value_b == none {
        /// 1. Neither wants anything.
        return true;
    }
    if value_a == none || value_b == none {
        /// 2. One does.
        return false;
    }
    if value_a == value_b && origin_a.is_same_origin(origin_b) {
        /// 3. Both want the same, and are the same.
        return true;
    }
    /// 4. Otherwise they part.
    false
}

/// One side of the comparison.
#[derive(Debug, Clone, Copy)]
pub struct OpenerSide<'a> {
    /// The document's opener policy value.
    pub value: OpenerPolicyValue,
    /// Its origin.
    pub origin: &'a Origin,
}

/// Whether a navigation breaks with the windows around it.
#[algorithm(Html, "check-browsing-context-group-switch-coop-value", untraced)]
pub fn check_if_opener_policy_values_require_a_browsing_context_group_switch(
    is_initial_about_blank: bool,
    response: OpenerSide<'_>,
    active: OpenerSide<'_>,
) -> GroupSwitch {
    if response.value == OpenerPolicyValue::NoopenerAllowPopups {
        /// 1. It wants no opener.
        return GroupSwitch::Needed;
    }
    if opener_policies_match(active.value, active.origin, response.value, response.origin) {
        /// 2. Both sides agree.
        return GroupSwitch::Stays;
    }
    let popups_are_allowed = matches!(
        active.value,
        OpenerPolicyValue::SameOriginAllowPopups | OpenerPolicyValue::NoopenerAllowPopups
    );
    if is_initial_about_blank
        && popups_are_allowed
        && response.value == OpenerPolicyValue::UnsafeNone
    {
        /// 3. A popup may keep its opener where that allows it.
        return GroupSwitch::Stays;
    }
    /// 4. They part.
    GroupSwitch::Needed
}

/// The opener policy that a navigation has come to, from response to response.
/// <https://html.spec.whatwg.org/multipage/browsers.html#coop-enforcement-result>
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenerPolicyEnforcement {
    /// Whether a response on the way needed another group.
    pub switch: GroupSwitch,
    /// The value that the next response is compared with.
    pub value: OpenerPolicyValue,
    /// The origin that it is compared with.
    pub origin: Origin,
    /// Whether the document that is left is the first of its window.
    pub is_initial_about_blank: bool,
}

impl OpenerPolicyEnforcement {
    /// Enforces the policy of one response.
    pub fn enforce(&mut self, value: OpenerPolicyValue, origin: &Origin) {
        let switch = check_if_opener_policy_values_require_a_browsing_context_group_switch(
            self.is_initial_about_blank,
            OpenerSide { value, origin },
            OpenerSide {
                value: self.value,
                origin: &self.origin,
            },
        );
        if switch == GroupSwitch::Needed {
            self.switch = GroupSwitch::Needed;
        }
        self.value = value;
        self.origin = origin.clone();
    }
}
