//! Referrer Policy.
//!
//! <https://w3c.github.io/webappsec-referrer-policy/>

use crate::request::string_enum;

string_enum! {
    /// A referrer policy other than the empty string. <https://w3c.github.io/webappsec-referrer-policy/#referrer-policies>
    ReferrerPolicy {
        NoReferrer = "no-referrer",
        NoReferrerWhenDowngrade = "no-referrer-when-downgrade",
        SameOrigin = "same-origin",
        Origin = "origin",
        StrictOrigin = "strict-origin",
        OriginWhenCrossOrigin = "origin-when-cross-origin",
        StrictOriginWhenCrossOrigin = "strict-origin-when-cross-origin",
        UnsafeUrl = "unsafe-url",
    }
}

impl Default for ReferrerPolicy {
    /// The default referrer policy.
    fn default() -> Self {
        Self::StrictOriginWhenCrossOrigin
    }
}
#[allow(missing_docs)]
pub fn determine_requests_referrer(
    r: &crate::Request,
    _t: &crossexam_web::Trace,
) -> crate::request::Referrer {
    let _ = r;
    crate::request::Referrer::NoReferrer
}
#[allow(missing_docs)]
pub fn set_requests_referrer_policy_on_redirect(
    _r: &mut crate::Request,
    _l: &crossexam_web::HeaderList,
    _t: &crossexam_web::Trace,
) {
}
