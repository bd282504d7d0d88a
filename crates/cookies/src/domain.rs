//! Hosts.

use crossexam_web::Host;

/// Whether a host domain-matches another: it is the same, or a domain below it.
///
/// <https://httpwg.org/http-extensions/draft-ietf-httpbis-layered-cookies.html#name-domain-matching>
pub fn domain_matches(host: &Host, domain: &Host) -> bool {
    if host == domain {
        return true;
    }
    let (Host::Domain(host), Host::Domain(domain)) = (host, domain) else {
        return false;
    };
    host.strip_suffix(&**domain)
        .is_some_and(|rest| rest.ends_with('.'))
}

/// The domain itself and every domain above it: `a.b.example`, `b.example`, `example`.
pub(crate) fn domains_upwards(domain: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(domain), |domain| {
        domain.split_once('.').map(|(_, above)| above)
    })
}

/// The labels in reverse, so that what lies below a domain stands together when sorted: `example.b.a`.
pub(crate) fn reversed(domain: &str) -> String {
    domain.rsplit('.').collect::<Vec<_>>().join(".")
}

/// Whether a host is a public suffix.
///
/// <https://url.spec.whatwg.org/#host-public-suffix>
pub(crate) fn is_public_suffix(host: &Host) -> bool {
    match host {
        Host::Domain(domain) => host.public_suffix() == Some(domain),
        Host::Ipv4(_) | Host::Ipv6(_) => false,
    }
}
