//! What browsers call the reasons: the words people search for.
//!
//! The codes of Chromium are those of `Network.CorsError` in the DevTools protocol
//! (<https://chromedevtools.github.io/devtools-protocol/tot/Network/#type-CorsError>), the names of Firefox are those of
//! its pages on MDN (<https://developer.mozilla.org/en-US/docs/Web/HTTP/Guides/CORS/Errors>).

use crossexam_fetch::{BlockReason, CorsCheckFailure, PreflightFailure};
use url::Url;

use crate::explanation::Search;

/// All of Chromium's codes.
pub const CHROME: [&str; 28] = [
    "DisallowedByMode",
    "InvalidResponse",
    "WildcardOriginNotAllowed",
    "MissingAllowOriginHeader",
    "MultipleAllowOriginValues",
    "InvalidAllowOriginValue",
    "AllowOriginMismatch",
    "InvalidAllowCredentials",
    "CorsDisabledScheme",
    "PreflightInvalidStatus",
    "PreflightDisallowedRedirect",
    "PreflightWildcardOriginNotAllowed",
    "PreflightMissingAllowOriginHeader",
    "PreflightMultipleAllowOriginValues",
    "PreflightInvalidAllowOriginValue",
    "PreflightAllowOriginMismatch",
    "PreflightInvalidAllowCredentials",
    "PreflightMissingAllowExternal",
    "PreflightInvalidAllowExternal",
    "InvalidAllowMethodsPreflightResponse",
    "InvalidAllowHeadersPreflightResponse",
    "MethodDisallowedByPreflightResponse",
    "HeaderDisallowedByPreflightResponse",
    "RedirectContainsCredentials",
    "InsecureLocalNetwork",
    "InvalidLocalNetworkAccess",
    "NoCorsRedirectModeNotFollow",
    "LocalNetworkAccessPermissionDenied",
];

/// Codes of Chromium that no reason of the model has, and why.
pub const CHROME_UNUSED: [(&str, &str); 2] = [
    (
        "PreflightMissingAllowExternal",
        "of a draft that Chromium has left",
    ),
    (
        "PreflightInvalidAllowExternal",
        "of a draft that Chromium has left",
    ),
];

/// All of Firefox's names.
pub const FIREFOX: [&str; 15] = [
    "CORSDisabled",
    "CORSDidNotSucceed",
    "CORSOriginHeaderNotAdded",
    "CORSExternalRedirectNotAllowed",
    "CORSRequestNotHttp",
    "CORSMissingAllowOrigin",
    "CORSMultipleAllowOriginNotAllowed",
    "CORSAllowOriginNotMatchingOrigin",
    "CORSNotSupportingCredentials",
    "CORSMethodNotFound",
    "CORSMissingAllowCredentials",
    "CORSPreflightDidNotSucceed",
    "CORSInvalidAllowMethod",
    "CORSInvalidAllowHeader",
    "CORSMissingAllowHeaderFromPreflight",
];

/// Names of Firefox that no reason of the model has, and why.
pub const FIREFOX_UNUSED: [(&str, &str); 2] = [
    (
        "CORSDisabled",
        "the person has switched CORS off in the settings",
    ),
    (
        "CORSOriginHeaderNotAdded",
        "the browser itself failed to write the header",
    ),
];

const fn both(chrome: &'static str, firefox: &'static str) -> Search {
    Search {
        chrome: Some(chrome),
        firefox: Some(firefox),
    }
}

const fn chrome(chrome: &'static str) -> Search {
    Search {
        chrome: Some(chrome),
        firefox: None,
    }
}

const fn firefox(firefox: &'static str) -> Search {
    Search {
        chrome: None,
        firefox: Some(firefox),
    }
}

/// What browsers call a reason; nothing for reasons that are none of CORS.
pub fn of(reason: &BlockReason) -> Search {
    match reason {
        BlockReason::CorsCheck(failure) => of_cors_check(failure, false),
        BlockReason::Preflight(failure) => of_preflight(failure),
        BlockReason::NotSameOrigin { .. } => chrome("DisallowedByMode"),
        BlockReason::NoCorsRedirectMode => chrome("NoCorsRedirectModeNotFollow"),
        BlockReason::NotHttpScheme { .. } => both("CorsDisabledScheme", "CORSRequestNotHttp"),
        BlockReason::RedirectWithCredentials => both(
            "RedirectContainsCredentials",
            "CORSExternalRedirectNotAllowed",
        ),
        BlockReason::RedirectToNonHttp { .. } => {
            both("CorsDisabledScheme", "CORSExternalRedirectNotAllowed")
        }
        BlockReason::LocalNetworkAccess { why, .. } => chrome(match *why {
            "the page is no secure context" => "InsecureLocalNetwork",
            "the address is not in the space that was asked for" => "InvalidLocalNetworkAccess",
            _ => "LocalNetworkAccessPermissionDenied",
        }),
        BlockReason::UnexpectedRange => chrome("InvalidResponse"),
        BlockReason::Network(_) => firefox("CORSDidNotSucceed"),
        _ => Search::default(),
    }
}

fn of_cors_check(failure: &CorsCheckFailure, preflight: bool) -> Search {
    let pick = |plain, of_preflight| if preflight { of_preflight } else { plain };
    match failure {
        CorsCheckFailure::AllowOriginMissing => both(
            pick(
                "MissingAllowOriginHeader",
                "PreflightMissingAllowOriginHeader",
            ),
            "CORSMissingAllowOrigin",
        ),
        CorsCheckFailure::AllowOriginMultiple { .. } => both(
            pick(
                "MultipleAllowOriginValues",
                "PreflightMultipleAllowOriginValues",
            ),
            "CORSMultipleAllowOriginNotAllowed",
        ),
        CorsCheckFailure::AllowOriginMismatch { value, .. } => {
            let is_url = std::str::from_utf8(value).is_ok_and(|text| Url::parse(text).is_ok());
            let code = match (is_url, value.contains(&b' ')) {
                // Chromium looks for spaces before it looks at the value.
                (_, true) => pick(
                    "MultipleAllowOriginValues",
                    "PreflightMultipleAllowOriginValues",
                ),
                (true, false) => pick("AllowOriginMismatch", "PreflightAllowOriginMismatch"),
                (false, false) => pick(
                    "InvalidAllowOriginValue",
                    "PreflightInvalidAllowOriginValue",
                ),
            };
            both(code, "CORSAllowOriginNotMatchingOrigin")
        }
        CorsCheckFailure::WildcardWithCredentials { .. } => both(
            pick(
                "WildcardOriginNotAllowed",
                "PreflightWildcardOriginNotAllowed",
            ),
            "CORSNotSupportingCredentials",
        ),
        CorsCheckFailure::AllowCredentialsMissing
        | CorsCheckFailure::AllowCredentialsNotTrue { .. } => both(
            pick(
                "InvalidAllowCredentials",
                "PreflightInvalidAllowCredentials",
            ),
            "CORSMissingAllowCredentials",
        ),
    }
}

fn of_preflight(failure: &PreflightFailure) -> Search {
    match failure {
        PreflightFailure::CorsCheck(failure) => of_cors_check(failure, true),
        PreflightFailure::StatusNotOk { .. } => {
            both("PreflightInvalidStatus", "CORSPreflightDidNotSucceed")
        }
        PreflightFailure::Redirect { .. } => {
            both("PreflightDisallowedRedirect", "CORSPreflightDidNotSucceed")
        }
        PreflightFailure::AllowMethodsInvalid { .. } => both(
            "InvalidAllowMethodsPreflightResponse",
            "CORSInvalidAllowMethod",
        ),
        PreflightFailure::AllowHeadersInvalid { .. } => both(
            "InvalidAllowHeadersPreflightResponse",
            "CORSInvalidAllowHeader",
        ),
        PreflightFailure::MethodNotAllowed { .. }
        | PreflightFailure::MethodWildcardWithCredentials { .. } => {
            both("MethodDisallowedByPreflightResponse", "CORSMethodNotFound")
        }
        PreflightFailure::HeaderNotAllowed { .. }
        | PreflightFailure::HeaderWildcardWithCredentials { .. }
        | PreflightFailure::HeaderNotCoveredByWildcard { .. } => both(
            "HeaderDisallowedByPreflightResponse",
            "CORSMissingAllowHeaderFromPreflight",
        ),
        PreflightFailure::Network(_) => firefox("CORSPreflightDidNotSucceed"),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use bytes::Bytes;
    use crossexam_fetch::NetworkFailure;

    use super::*;

    fn cors_checks() -> Vec<CorsCheckFailure> {
        let value = |text: &'static str| Bytes::from_static(text.as_bytes());
        let mismatch = |text| CorsCheckFailure::AllowOriginMismatch {
            value: value(text),
            origin: value("https://a.example"),
        };
        vec![
            CorsCheckFailure::AllowOriginMissing,
            CorsCheckFailure::AllowOriginMultiple {
                count: 2,
                value: value("a, b"),
                origin: value("https://a.example"),
            },
            mismatch("https://b.example"),
            mismatch("a.example"),
            mismatch("https://a.example https://b.example"),
            CorsCheckFailure::WildcardWithCredentials {
                origin: value("https://a.example"),
            },
            CorsCheckFailure::AllowCredentialsMissing,
            CorsCheckFailure::AllowCredentialsNotTrue {
                value: value("True"),
            },
        ]
    }

    fn preflights() -> Vec<PreflightFailure> {
        let bytes = Bytes::new;
        let mut all: Vec<_> = cors_checks()
            .into_iter()
            .map(PreflightFailure::CorsCheck)
            .collect();
        all.extend([
            PreflightFailure::StatusNotOk { status: 404 },
            PreflightFailure::Redirect { status: 301 },
            PreflightFailure::AllowMethodsInvalid { value: bytes() },
            PreflightFailure::AllowHeadersInvalid { value: bytes() },
            PreflightFailure::MethodNotAllowed {
                method: bytes(),
                allowed: None,
            },
            PreflightFailure::MethodWildcardWithCredentials { method: bytes() },
            PreflightFailure::HeaderNotAllowed {
                name: bytes(),
                allowed: None,
            },
            PreflightFailure::HeaderWildcardWithCredentials { name: bytes() },
            PreflightFailure::HeaderNotCoveredByWildcard { name: bytes() },
            PreflightFailure::Network(NetworkFailure::TimedOut),
        ]);
        all
    }

    fn reasons() -> Vec<BlockReason> {
        let url: Url = "https://a.example/".parse().unwrap();
        let local = |why| BlockReason::LocalNetworkAccess {
            address_space: "local",
            why,
        };
        let mut all: Vec<_> = cors_checks()
            .into_iter()
            .map(BlockReason::CorsCheck)
            .collect();
        all.extend(preflights().into_iter().map(BlockReason::Preflight));
        all.extend([
            BlockReason::NotSameOrigin { url },
            BlockReason::NoCorsRedirectMode,
            BlockReason::NotHttpScheme {
                scheme: "file".to_owned(),
            },
            BlockReason::RedirectWithCredentials,
            BlockReason::RedirectToNonHttp {
                scheme: "data".to_owned(),
            },
            local("the page is no secure context"),
            local("the address is not in the space that was asked for"),
            local("the person has not given the permission"),
            BlockReason::UnexpectedRange,
            BlockReason::Network(NetworkFailure::TimedOut),
        ]);
        all
    }

    #[test]
    fn every_word_is_used_or_it_is_said_why_not() {
        let searches: Vec<Search> = reasons().iter().map(of).collect();
        let used = |pick: fn(&Search) -> Option<&'static str>, unused: &[(&'static str, &str)]| {
            let mut words: Vec<&str> = searches.iter().filter_map(pick).collect();
            words.extend(unused.iter().map(|(word, _)| *word));
            words.into_iter().collect::<BTreeSet<_>>()
        };
        assert_eq!(used(|it| it.chrome, &CHROME_UNUSED), BTreeSet::from(CHROME));
        assert_eq!(
            used(|it| it.firefox, &FIREFOX_UNUSED),
            BTreeSet::from(FIREFOX)
        );
    }

    #[test]
    fn every_reason_of_cors_has_its_words() {
        for reason in cors_checks() {
            let search = of(&BlockReason::CorsCheck(reason.clone()));
            assert!(
                search.chrome.is_some() && search.firefox.is_some(),
                "{reason}"
            );
        }
        for reason in preflights() {
            assert!(
                of(&BlockReason::Preflight(reason.clone()))
                    .firefox
                    .is_some(),
                "{reason}"
            );
        }
    }
}
