//! Which origins and URLs are potentially trustworthy.
//!
//! <https://w3c.github.io/webappsec-secure-contexts/#algorithms>

use url::Url;

use crate::{Host, Origin, algorithm};

/// Whether an origin is potentially trustworthy.
///
/// The model's browsers resolve `localhost` themselves, so those names count. No scheme and no origin is configured as
/// trustworthy beyond that.
#[algorithm(SecureContexts, "is-origin-trustworthy", untraced)]
pub fn is_origin_potentially_trustworthy(origin: &Origin) -> bool {
    /// 1. An opaque origin is not.
    /// 2. It has a scheme and a host.
    let Some(tuple) = origin.as_tuple() else {
        return false;
    };
    /// 3. Secure transport.
    if matches!(&*tuple.scheme, "https" | "wss") {
        return true;
    }
    let is_local = match &tuple.host {
        /// 4. A loopback address.
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
        /// 5. A name that never leaves the machine.
        Host::Domain(domain) => is_localhost(domain),
    };
    /// 6. A local file.
    /// 9. Nothing else is.
    // MODEL: steps 7 and 8 leave more to the browser; no browser here has anything to add.
    is_local
        || &*tuple.scheme == "file"
}

/// Whether a domain, in its ASCII form, is `localhost` or a name below it, with or without the final dot.
///
/// <https://w3c.github.io/webappsec-secure-contexts/#localhost>
pub fn is_localhost(domain: &str) -> bool {
    let domain = domain.strip_suffix('.').unwrap_or(domain);
    domain
        .strip_suffix("localhost")
        .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// Whether a URL is potentially trustworthy.
#[algorithm(SecureContexts, "is-url-trustworthy", untraced)]
pub fn is_url_potentially_trustworthy(url: &Url) -> bool {
    match url.scheme() {
        /// 1. The two documents that inherit from their creator. As everywhere else, a query or fragment does not matter.
        "about" => matches!(url.path(), "blank" | "srcdoc"),
        /// 2. Data that is there already.
        "data" => true,
        // SPEC: a `file:` URL's origin is opaque in the URL Standard, which would leave step 6 of the origin's algorithm
        // without a use; its introduction says that `file:` URLs are meant.
        "file" => true,
        // NB: the origin's algorithm ends with these at its step 3; there is no need to build the origin first.
        "https" | "wss" => true,
        /// 3. Otherwise the origin decides.
        _ => Origin::of_url(url).is_some_and(|origin| is_origin_potentially_trustworthy(&origin)),
    }
}
