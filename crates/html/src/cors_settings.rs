//! CORS settings attributes and referrer policy attributes, and the request that follows from them.
//!
//! <https://html.spec.whatwg.org/multipage/urls-and-fetching.html#cors-settings-attributes>

use crossexam_fetch::request::{CredentialsMode, Destination, Mode};
use crossexam_fetch::{ReferrerPolicy, Request};
use crossexam_web::algorithm;
use url::Url;

/// The state of a CORS settings attribute (`crossorigin`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CorsSettings {
    /// No CORS: the attribute is absent.
    NoCors,
    /// Anonymous: also the state of an empty or unknown value.
    Anonymous,
    /// Use Credentials.
    UseCredentials,
}

impl CorsSettings {
    /// The state of an attribute's value, `None` if it is absent.
    pub fn of_attribute(value: Option<&str>) -> Self {
        match value {
            None => Self::NoCors,
            Some(value) if value.eq_ignore_ascii_case("use-credentials") => Self::UseCredentials,
            Some(_) => Self::Anonymous,
        }
    }

    /// The CORS settings attribute credentials mode, for features that always use CORS.
    ///
    /// <https://html.spec.whatwg.org/multipage/urls-and-fetching.html#cors-settings-attribute-credentials-mode>
    pub const fn credentials_mode(self) -> CredentialsMode {
        match self {
            Self::NoCors | Self::Anonymous => CredentialsMode::SameOrigin,
            Self::UseCredentials => CredentialsMode::Include,
        }
    }
}

/// The state of a referrer policy attribute; `None` is the empty string, also for unknown values.
///
/// <https://html.spec.whatwg.org/multipage/urls-and-fetching.html#referrer-policy-attribute>
pub fn referrer_policy_of_attribute(value: Option<&str>) -> Option<ReferrerPolicy> {
    value.and_then(|value| ReferrerPolicy::from_keyword(&value.to_ascii_lowercase()))
}

/// Whether a request without CORS may leave its origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SameOriginFallback {
    /// It may.
    No,
    /// Without `crossorigin` only the same origin is fetched.
    Yes,
}

/// The request of an element that may have a `crossorigin` attribute.
#[algorithm(Html, "create-a-potential-cors-request", untraced)]
pub fn create_a_potential_cors_request(
    url: Url,
    destination: Destination,
    cors_attribute_state: CorsSettings,
    same_origin_fallback: SameOriginFallback,
) -> Request {
    /// 1. Without the attribute "no-cors", with it "cors".
    let mut mode = match cors_attribute_state {
        CorsSettings::NoCors => Mode::NoCors,
        CorsSettings::Anonymous | CorsSettings::UseCredentials => Mode::Cors,
    };
    if same_origin_fallback == SameOriginFallback::Yes && mode == Mode::NoCors {
        /// 2. Some features stay in their origin then.
        mode = Mode::SameOrigin;
    }
    /// 3. Credentials go along,
    let mut credentials_mode = CredentialsMode::Include;
    if cors_attribute_state == CorsSettings::Anonymous {
        /// 4. but for Anonymous only to the own origin.
        credentials_mode = CredentialsMode::SameOrigin;
    }
    /// 5. That is the request.
    Request {
        destination,
        mode,
        credentials_mode,
        use_url_credentials: true,
        ..Request::new(url)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_attribute_decides_mode_and_credentials() {
        let cases = [
            (None, Mode::NoCors, CredentialsMode::Include),
            (Some(""), Mode::Cors, CredentialsMode::SameOrigin),
            (Some("anonymous"), Mode::Cors, CredentialsMode::SameOrigin),
            (Some("nonsense"), Mode::Cors, CredentialsMode::SameOrigin),
            (
                Some("Use-Credentials"),
                Mode::Cors,
                CredentialsMode::Include,
            ),
        ];
        for (attribute, mode, credentials_mode) in cases {
            let request = create_a_potential_cors_request(
                Url::parse("https://alice.example/").unwrap(),
                Destination::Image,
                CorsSettings::of_attribute(attribute),
                SameOriginFallback::No,
            );
            assert_eq!(
                (request.mode, request.credentials_mode),
                (mode, credentials_mode),
                "{attribute:?}"
            );
            assert!(request.use_url_credentials);
        }
    }

    #[test]
    fn the_fallback_keeps_a_request_without_cors_at_home() {
        let url = Url::parse("https://alice.example/").unwrap();
        let request = |state| {
            let fallback = SameOriginFallback::Yes;
            create_a_potential_cors_request(url.clone(), Destination::Track, state, fallback).mode
        };
        assert_eq!(request(CorsSettings::NoCors), Mode::SameOrigin);
        assert_eq!(request(CorsSettings::Anonymous), Mode::Cors);
    }

    #[test]
    fn referrer_policy_attributes_are_compared_without_case() {
        assert_eq!(
            referrer_policy_of_attribute(Some("No-Referrer")),
            Some(ReferrerPolicy::NoReferrer)
        );
        for none in [None, Some(""), Some("never")] {
            assert_eq!(referrer_policy_of_attribute(none), None);
        }
    }
}
