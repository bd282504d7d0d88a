//! `document.cookie`: the cookies that a page's script sees and sets.
//!
//! <https://html.spec.whatwg.org/multipage/dom.html#dom-document-cookie>

use crossexam_cookies::{SameSiteMode, serialize_cookies};
use crossexam_fetch::third_party_cookies::documents_cookie_access;
use crossexam_fetch::{Environment, UserAgent};
use crossexam_web::{Host, Origin, Timestamp, Trace, algorithm};
use url::Url;

use crate::exception::DomException;

/// Whether a document has no cookies at all: its URL is not HTTP(S).
///
/// <https://html.spec.whatwg.org/multipage/dom.html#cookie-averse-document-object>
pub fn is_cookie_averse(url: &Url) -> bool {
    !matches!(url.scheme(), "http" | "https")
}

/// How much a document may see, by the `SameSite` attribute: less below a document of another site.
fn same_site_mode(environment: &Environment) -> SameSiteMode {
    if environment.has_cross_site_ancestor {
        SameSiteMode::UnsetOrLess
    } else {
        SameSiteMode::StrictOrLess
    }
}

/// Reads `document.cookie`. `url` and `origin` are the document's.
///
/// # Errors
///
/// "SecurityError" in a document with an opaque origin.
#[algorithm(Html, "dom-document-cookie")]
pub fn get(
    url: &Url,
    origin: &Origin,
    environment: &Environment,
    user_agent: &UserAgent,
    now: Timestamp,
    trace: &Trace,
) -> Result<String, DomException> {
    if is_cookie_averse(url) {
        /// 1. A document without cookies.
        return Ok(String::new());
    }
    if origin.is_opaque() {
        /// 2. A document that is nobody's has none either, and is told so.
        return Err(DomException::security(
            "a document with an opaque origin has no cookies",
        ));
    }
    let Some(host) = Host::of(url).filter(|_| !user_agent.choices.cookies_disabled) else {
        return Ok(String::new());
    };
    /// 3. Those that a script may see.
    let access = documents_cookie_access(url, environment, user_agent, trace);
    let cookies = user_agent.with_cookies(access, |store| {
        store.retrieve(
            now,
            url.scheme() == "https",
            &host,
            url.path(),
            false,
            same_site_mode(environment),
            &user_agent.choices.cookie_policy,
            trace,
        )
    });
    let cookies = cookies.unwrap_or_default();
    Ok(String::from_utf8_lossy(&serialize_cookies(&cookies)).into_owned())
}

/// Sets `document.cookie`: one cookie, as in a `Set-Cookie` header.
///
/// # Errors
///
/// "SecurityError" in a document with an opaque origin.
#[algorithm(Html, "dom-document-cookie")]
pub fn set(
    url: &Url,
    origin: &Origin,
    environment: &Environment,
    user_agent: &UserAgent,
    now: Timestamp,
    value: &str,
    trace: &Trace,
) -> Result<(), DomException> {
    if is_cookie_averse(url) {
        /// 1. A document without cookies.
        return Ok(());
    }
    if origin.is_opaque() {
        /// 2. A document that is nobody's has none either, and is told so.
        return Err(DomException::security(
            "a document with an opaque origin has no cookies",
        ));
    }
    let Some(host) = Host::of(url).filter(|_| !user_agent.choices.cookies_disabled) else {
        return Ok(());
    };
    let same_site_strict_or_lax_allowed = same_site_mode(environment) == SameSiteMode::StrictOrLess;
    let access = documents_cookie_access(url, environment, user_agent, trace);
    user_agent.with_cookies(access, |store| {
        /// 3. Take it as a script may set it: not HttpOnly.
        let outcome = store.parse_and_store(
            now,
            value.as_bytes(),
            url.scheme() == "https",
            &host,
            url.path(),
            false,
            false,
            same_site_strict_or_lax_allowed,
            &user_agent.choices.cookie_policy,
            trace,
        );
        let policy = &user_agent.choices.cookie_policy;
        store.garbage_collect(now, &host, policy, trace);
        // SPEC: with `Domain`, the cookie's host is another than the document's, and must be kept within its limit as well.
        if let Ok(outcome) = outcome
            && outcome.cookie.host != host
        {
            store.garbage_collect(now, &outcome.cookie.host, policy, trace);
        }
    });
    Ok(())
}
