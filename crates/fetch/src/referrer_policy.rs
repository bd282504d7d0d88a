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
