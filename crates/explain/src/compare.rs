//! What was compared, from the typed reason: expected bytes against actual bytes.

use bytes::Bytes;
use crossexam_fetch::{BlockReason, CorsCheckFailure, PreflightFailure};
use crossexam_web::trace::printable;
use url::Url;

use crate::explanation::Comparison;

const ALLOW_ORIGIN: &str = "Access-Control-Allow-Origin";
const ALLOW_CREDENTIALS: &str = "Access-Control-Allow-Credentials";
const ALLOW_METHODS: &str = "Access-Control-Allow-Methods";
const ALLOW_HEADERS: &str = "Access-Control-Allow-Headers";

/// The comparison that a reason stands on, if it stands on one. `origin` is the request's.
pub(crate) fn comparison(reason: &BlockReason, origin: &str) -> Option<Comparison> {
    match reason {
        BlockReason::CorsCheck(failure) => Some(of_cors_check(failure, origin)),
        BlockReason::Preflight(failure) => of_preflight(failure, origin),
        _ => None,
    }
}

fn compared(what: &str, expected: &str, actual: Option<&[u8]>) -> Comparison {
    let actual = actual.map(printable);
    let same = actual.as_ref().map_or(0, |actual| {
        let pairs = expected.chars().zip(actual.chars());
        pairs.take_while(|(one, other)| one == other).count()
    });
    Comparison {
        what: what.to_owned(),
        hint: actual
            .as_ref()
            .and_then(|actual| hint(expected, actual))
            .map(str::to_owned),
        expected: expected.to_owned(),
        actual,
        same,
    }
}

fn of_cors_check(failure: &CorsCheckFailure, origin: &str) -> Comparison {
    match failure {
        CorsCheckFailure::AllowOriginMissing => compared(ALLOW_ORIGIN, origin, None),
        CorsCheckFailure::AllowOriginMultiple { value, origin, .. }
        | CorsCheckFailure::AllowOriginMismatch { value, origin } => {
            compared(ALLOW_ORIGIN, &printable(origin), Some(value))
        }
        CorsCheckFailure::WildcardWithCredentials { origin } => {
            let mut comparison = compared(ALLOW_ORIGIN, &printable(origin), Some(b"*"));
            comparison.hint =
                Some("`*` means everybody without credentials, and this request has them".into());
            comparison
        }
        CorsCheckFailure::AllowCredentialsMissing => compared(ALLOW_CREDENTIALS, "true", None),
        CorsCheckFailure::AllowCredentialsNotTrue { value } => {
            compared(ALLOW_CREDENTIALS, "true", Some(value))
        }
    }
}

fn of_preflight(failure: &PreflightFailure, origin: &str) -> Option<Comparison> {
    let listed = |what, wanted: &Bytes, allowed: &Option<Vec<Bytes>>, same_case: bool| {
        let joined = allowed.as_ref().map(|list| list.join(&b", "[..]));
        let mut comparison = compared(what, &printable(wanted), joined.as_deref());
        comparison.same = 0;
        comparison.hint = allowed
            .iter()
            .flatten()
            .any(|it| !same_case && it.eq_ignore_ascii_case(wanted))
            .then(|| "upper and lower case count in a method".to_owned());
        comparison
    };
    let wildcard = |what, wanted: &Bytes, hint: &str| {
        let mut comparison = compared(what, &printable(wanted), Some(b"*"));
        comparison.hint = Some(hint.to_owned());
        comparison
    };
    const WITH_CREDENTIALS: &str = "with credentials `*` is no wildcard, only a name";
    Some(match failure {
        PreflightFailure::CorsCheck(failure) => of_cors_check(failure, origin),
        PreflightFailure::StatusNotOk { status } | PreflightFailure::Redirect { status } => {
            let mut comparison = compared(
                "status of the preflight's answer",
                "200 to 299",
                Some(status.to_string().as_bytes()),
            );
            comparison.same = 0;
            comparison
        }
        PreflightFailure::AllowMethodsInvalid { value } => {
            compared(ALLOW_METHODS, "a list of methods", Some(value))
        }
        PreflightFailure::AllowHeadersInvalid { value } => {
            compared(ALLOW_HEADERS, "a list of header names", Some(value))
        }
        PreflightFailure::MethodNotAllowed { method, allowed } => {
            listed(ALLOW_METHODS, method, allowed, false)
        }
        PreflightFailure::MethodWildcardWithCredentials { method } => {
            wildcard(ALLOW_METHODS, method, WITH_CREDENTIALS)
        }
        PreflightFailure::HeaderNotAllowed { name, allowed } => {
            listed(ALLOW_HEADERS, name, allowed, true)
        }
        PreflightFailure::HeaderWildcardWithCredentials { name } => {
            wildcard(ALLOW_HEADERS, name, WITH_CREDENTIALS)
        }
        PreflightFailure::HeaderNotCoveredByWildcard { name } => wildcard(
            ALLOW_HEADERS,
            name,
            "`*` never covers `Authorization`; it must be named",
        ),
        PreflightFailure::Network(_) => return None,
    })
}

/// What a difference is, if it is a usual one.
fn hint(expected: &str, actual: &str) -> Option<&'static str> {
    if actual.strip_suffix('/') == Some(expected) {
        return Some("a slash too many: an origin has no path");
    }
    if actual.trim_matches(['"', '\'', '<', '>']) == expected {
        return Some("the value is put in quotes");
    }
    if actual.eq_ignore_ascii_case(expected) {
        return Some("upper and lower case count");
    }
    if actual.is_empty() {
        return Some("the value is empty");
    }
    if actual.contains(',') || actual.contains(' ') {
        return Some(
            "there is one value only, and no list; the server looks the origin up and names it",
        );
    }
    if actual != "*" && actual.contains('*') {
        return Some("`*` stands alone or means nothing: there are no patterns");
    }
    let (Ok(one), Ok(other)) = (Url::parse(expected), Url::parse(actual)) else {
        return None;
    };
    let same_host = one.host() == other.host();
    let same_port = one.port_or_known_default() == other.port_or_known_default();
    match (same_host, same_port, one.scheme() == other.scheme()) {
        (true, true, true) if other.path() != "/" => Some("an origin has no path"),
        (true, true, true) => Some("the default port is not written"),
        (true, _, false) => Some("another scheme is another origin"),
        (true, false, true) => Some("another port is another origin"),
        _ => Some("another host is another origin"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_differences_have_their_names() {
        let hint = |actual| hint("https://a.example", actual).unwrap_or("none");
        for (actual, part) in [
            ("https://a.example/", "slash"),
            ("'https://a.example'", "quotes"),
            ("https://A.example", "case"),
            ("", "empty"),
            ("https://a.example, https://b.example", "no list"),
            ("https://*.example", "patterns"),
            ("https://a.example:443", "default port"),
            ("https://a.example:8443", "another port"),
            ("http://a.example", "another scheme"),
            ("https://a.example/app", "no path"),
            ("https://b.example", "another host"),
            ("null", "none"),
        ] {
            assert!(hint(actual).contains(part), "{actual}: {}", hint(actual));
        }
    }

    #[test]
    fn the_first_difference_is_found() {
        let failure = CorsCheckFailure::AllowOriginMismatch {
            value: Bytes::from_static(b"https://a.example/"),
            origin: Bytes::from_static(b"https://a.example"),
        };
        let comparison = comparison(&BlockReason::CorsCheck(failure), "").unwrap();
        assert_eq!(comparison.same, 17);
    }
}
