//! Replays the vectors of opener policies.

#![allow(clippy::unwrap_used)]

use crossexam_html::opener_policy::{
    GroupSwitch, OpenerPolicyValue, OpenerSide,
    check_if_opener_policy_values_require_a_browsing_context_group_switch, obtain_an_opener_policy,
};
use crossexam_html::policy_container::ContextSecurity;
use crossexam_tests::vectors::{Outcome, replay};
use crossexam_web::{Host, Origin};

const VALUES: [OpenerPolicyValue; 5] = [
    OpenerPolicyValue::UnsafeNone,
    OpenerPolicyValue::SameOriginAllowPopups,
    OpenerPolicyValue::SameOrigin,
    OpenerPolicyValue::SameOriginPlusCoep,
    OpenerPolicyValue::NoopenerAllowPopups,
];

fn value(text: &str) -> OpenerPolicyValue {
    VALUES
        .into_iter()
        .find(|value| value.as_str() == text)
        .unwrap()
}

#[test]
fn obtaining() {
    replay("html/obtain-coop", |input| {
        let security = ContextSecurity::of(input.flag("secure"));
        let policy = obtain_an_opener_policy(&input.headers("headers"), security);
        Outcome::result(policy.as_str())
    });
}

#[test]
fn switching() {
    let origin = |name: &str| Origin::tuple("https", Host::Domain(name.into()), None);
    let (alice, charlie) = (origin("alice.example"), origin("charlie.example"));
    replay(
        "html/check-browsing-context-group-switch-coop-value",
        |input| {
            let active = if input.flag("same_origin") {
                &alice
            } else {
                &charlie
            };
            let switch = check_if_opener_policy_values_require_a_browsing_context_group_switch(
                input.flag("is_initial_about_blank"),
                OpenerSide {
                    value: value(&input.text("response")),
                    origin: &alice,
                },
                OpenerSide {
                    value: value(&input.text("active")),
                    origin: active,
                },
            );
            Outcome::result(match switch {
                GroupSwitch::Stays => "stays",
                GroupSwitch::Needed => "needed",
            })
        },
    );
}
