//! `document.domain`: how two documents of one site once agreed to share everything.
//!
//! <https://html.spec.whatwg.org/multipage/browsers.html#relaxing-the-same-origin-restriction>

use std::sync::Arc;

use crossexam_web::{Host, Origin, algorithm};
use url::Url;

use crate::exception::DomException;
use crate::sandbox::SandboxingFlags;

/// Whether a host is a registrable domain suffix of another, or the same.
#[algorithm(Html, "is-a-registrable-domain-suffix-of-or-is-equal-to", untraced)]
pub fn is_a_registrable_domain_suffix_of_or_is_equal_to(
    host_suffix: &str,
    original_host: &Host,
) -> Option<Host> {
    if host_suffix.is_empty() {
        /// 1. Nothing is no suffix.
        return None;
    }
    /// 2. Parse it as a host.
    let parsed = Url::parse(&format!("https://{host_suffix}/")).ok()?;
    if parsed.path() != "/"
        || parsed.query().is_some()
        || parsed.port().is_some()
        || !parsed.username().is_empty()
    {
        /// 3. It is none.
        return None;
    }
    let host = Host::of(&parsed)?;
    if host == *original_host {
        return Some(host);
    }
    let (Host::Domain(suffix), Host::Domain(original)) = (&host, original_host) else {
        /// 4.1. Addresses have no suffix.
        return None;
    };
    if !original
        .strip_suffix(&**suffix)
        .is_some_and(|rest| rest.ends_with('.'))
    {
        /// 4.2. It must be a suffix at a dot,
        return None;
    }
    if host.public_suffix() == Some(suffix) {
        /// 4.3. and no public suffix,
        return None;
    }
    if original_host
        .public_suffix()
        .is_some_and(|public| public.ends_with(&format!(".{suffix}")))
    {
        /// 4.4. nor a part of the other's.
        return None;
    }
    /// 5. It is one.
    Some(host)
}

/// Sets `document.domain`: the document's origin afterwards.
///
/// # Errors
///
/// "SecurityError" when the document may not, or the value is no suffix of its host.
#[algorithm(Html, "dom-document-domain", untraced)]
pub fn set_document_domain(
    origin: &Origin,
    sandboxing_flags: SandboxingFlags,
    value: &str,
) -> Result<Origin, DomException> {
    if sandboxing_flags.has(SandboxingFlags::DOCUMENT_DOMAIN) {
        /// 2. Never in a sandbox.
        return Err(DomException::security(
            "document.domain cannot be set in a sandbox",
        ));
    }
    let Origin::Tuple(tuple) = origin else {
        /// 4. An opaque origin has no domain.
        return Err(DomException::security(
            "document.domain cannot be set on an opaque origin",
        ));
    };
    let effective = tuple.domain.as_ref().unwrap_or(&tuple.host);
    let Some(domain) = is_a_registrable_domain_suffix_of_or_is_equal_to(value, effective) else {
        /// 5. It must be a suffix of the host.
        return Err(DomException::security(format!(
            "{value:?} is not a suffix of {effective}"
        )));
    };
    // 6. MODEL: agent clusters are never origin-keyed by the page's wish, so the value always takes effect.
    /// 7. From now on the domain counts.
    Ok(Origin::Tuple(Arc::new(tuple.with_domain(domain))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(url: &str) -> Origin {
        Origin::of_url(&Url::parse(url).unwrap()).unwrap()
    }

    fn set(url: &str, value: &str) -> Result<Origin, DomException> {
        set_document_domain(&origin(url), SandboxingFlags::NONE, value)
    }

    #[test]
    fn two_that_agree_share_and_one_alone_is_cut_off() {
        let www = set("https://www.alice.example/", "alice.example").unwrap();
        let api = set("https://api.alice.example:8443/", "alice.example").unwrap();
        assert!(www.is_same_origin_domain(&api), "the port no longer counts");
        assert!(!www.is_same_origin(&api));
        let plain = origin("https://alice.example/");
        assert!(!www.is_same_origin_domain(&plain), "both must have set it");
        let itself = set("https://alice.example/", "alice.example").unwrap();
        assert!(!itself.is_same_origin_domain(&plain), "even to what it was");
        assert!(itself.is_same_origin_domain(&www));
    }

    #[test]
    fn only_a_suffix_above_the_public_one_is_taken() {
        for (url, value) in [
            ("https://www.alice.example/", "example"),
            ("https://www.alice.co.uk/", "co.uk"),
            ("https://alice.example/", "www.alice.example"),
            ("https://notalice.example/", "alice.example"),
            ("https://www.alice.example/", ""),
            ("https://www.alice.example/", "alice.example/x"),
            ("https://192.0.2.1/", "2.1"),
        ] {
            assert_eq!(
                set(url, value).unwrap_err().name,
                "SecurityError",
                "{url} {value}"
            );
        }
        assert!(set("https://192.0.2.1/", "192.0.2.1").is_ok());
    }

    #[test]
    fn sandboxes_and_opaque_origins_may_not() {
        let flags = crate::sandbox::parse_a_sandboxing_directive("allow-same-origin allow-scripts");
        assert!(
            set_document_domain(
                &origin("https://www.alice.example/"),
                flags,
                "alice.example"
            )
            .is_err()
        );
        assert!(set_document_domain(&Origin::opaque(1), SandboxingFlags::NONE, "x").is_err());
    }
}
