//! How URLs match source lists. <https://w3c.github.io/webappsec-csp/#match-url-to-source-list>

use crossexam_web::{Origin, algorithm};
use percent_encoding::percent_decode_str;
use url::{Host, Url};

use crate::source_list::{HostSource, SourceExpression};

/// Whether something matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UrlMatch {
    /// "Matches"
    Matches,
    /// "Does Not Match"
    DoesNotMatch,
}

impl UrlMatch {
    const fn of(matches: bool) -> Self {
        if matches {
            Self::Matches
        } else {
            Self::DoesNotMatch
        }
    }
}

/// Whether a URL matches a source list; `origin` is what `'self'` means.
#[algorithm(Csp, "match-url-to-source-list", untraced)]
pub fn does_url_match_source_list(
    url: &Url,
    source_list: &[String],
    origin: &Origin,
    redirect_count: u8,
) -> UrlMatch {
    if source_list.is_empty() {
        /// 2. An empty list matches nothing,
        return UrlMatch::DoesNotMatch;
    }
    if let [only] = source_list
        && only.eq_ignore_ascii_case("'none'")
    {
        /// 3. and so does `'none'` alone.
        return UrlMatch::DoesNotMatch;
    }
    for expression in source_list {
        let matches = does_url_match_expression(url, expression, origin, redirect_count);
        if matches == UrlMatch::Matches {
            /// 4. One expression is enough.
            return UrlMatch::Matches;
        }
    }
    /// 5. None matched.
    UrlMatch::DoesNotMatch
}

/// Whether a URL matches a source expression.
#[algorithm(Csp, "match-url-to-source-expression", untraced)]
pub fn does_url_match_expression(
    url: &Url,
    expression: &str,
    origin: &Origin,
    redirect_count: u8,
) -> UrlMatch {
    let origin_scheme = origin.as_tuple().map(|origin| &*origin.scheme);
    match SourceExpression::parse(expression) {
        /// 1. `*` is everything from the network, and what has the page's own scheme.
        SourceExpression::Star => UrlMatch::of(
            matches!(url.scheme(), "http" | "https") || origin_scheme == Some(url.scheme()),
        ),
        /// 2. A scheme
        SourceExpression::Scheme(scheme) => UrlMatch::of(scheme_part_matches(scheme, url.scheme())),
        SourceExpression::Host(source) => {
            let scheme_fits = match (source.scheme, origin_scheme) {
                /// 2.1. that is written counts,
                (Some(scheme), _) => scheme_part_matches(scheme, url.scheme()),
                /// 3.2. and otherwise the page's.
                (None, Some(scheme)) => scheme_part_matches(scheme, url.scheme()),
                // SPEC: an opaque origin has no scheme that could match.
                (None, None) => false,
            };
            UrlMatch::of(scheme_fits && host_source_matches(source, url, redirect_count))
        }
        /// 4. `'self'`
        SourceExpression::Keyword(word) if word == "self" => UrlMatch::of(is_self(url, origin)),
        /// 5. and nothing else means a URL.
        SourceExpression::Keyword(_)
        | SourceExpression::Nonce(_)
        | SourceExpression::Hash(_)
        | SourceExpression::Unknown => UrlMatch::DoesNotMatch,
    }
}

/// Step 3, but for the scheme.
#[algorithm(Csp, "match-url-to-source-expression", untraced)]
fn host_source_matches(source: HostSource<'_>, url: &Url, redirect_count: u8) -> bool {
    let Some(host) = url.host() else {
        /// 3.1. There must be a host
        return false;
    };
    if !host_part_matches(source.host, &host) {
        /// 3.3. that matches,
        return false;
    }
    /// 3.4. a port
    let port_part = source.port;
    if !port_part_matches(port_part, url) {
        /// 3.5. that matches,
        return false;
    }
    if !source.path.is_empty() && redirect_count == 0 {
        // NB: where redirects led is not told by way of a path.
        /// 3.6.1. and, unless there was a redirect, a path
        let path = url.path();
        if !path_part_matches(source.path, path) {
            /// 3.6.2. that matches.
            return false;
        }
    }
    /// 3.7. All fits.
    true
}

/// `'self'`: the same origin, or the same host in a safer way.
fn is_self(url: &Url, origin: &Origin) -> bool {
    if origin.is_same_origin_with_url(url) {
        return true;
    }
    let (Some(own), Some(theirs)) = (origin.as_tuple(), Origin::of_url(url)) else {
        return false;
    };
    // `ws:` and `wss:` URLs have origins, too.
    let Some(theirs) = theirs.as_tuple() else {
        return false;
    };
    if own.host != theirs.host {
        return false;
    }
    let default_port = |scheme: &str| match scheme {
        "http" | "ws" => Some(80),
        "https" | "wss" => Some(443),
        _ => None,
    };
    let port_of = |port: Option<u16>, scheme: &str| port.or(default_port(scheme));
    let (own_port, url_port) = (
        port_of(own.port, &own.scheme),
        port_of(url.port(), url.scheme()),
    );
    let both_default = own_port == default_port(&own.scheme)
        && url_port == default_port(url.scheme())
        && own_port.is_some();
    if own_port != url_port && !both_default {
        return false;
    }
    matches!(url.scheme(), "https" | "wss")
        || (&*own.scheme == "http" && matches!(url.scheme(), "http" | "ws"))
}

/// <https://w3c.github.io/webappsec-csp/#scheme-part-match>
#[algorithm(Csp, "match-schemes", untraced)]
fn scheme_part_matches(a: &str, b: &str) -> bool {
    let is = |scheme: &str| a.eq_ignore_ascii_case(scheme);
    /// 1. The same, or a safer one of the same kind; a page's own scheme covers its WebSockets.
    let matches = a.eq_ignore_ascii_case(b)
        || (is("http") && b == "https")
        || (is("ws") && matches!(b, "wss" | "http" | "https"))
        || (is("wss") && b == "https");
    /// 2. Nothing else.
    matches
}

/// <https://w3c.github.io/webappsec-csp/#host-part-match>
#[algorithm(Csp, "match-hosts", untraced)]
fn host_part_matches(pattern: &str, host: &Host<&str>) -> bool {
    let host = match host {
        Host::Domain(domain) => *domain,
        // SPEC: a note says that `127.0.0.1` matches; the steps, which count, and `standard` with them, do not have it.
        /// 1. Addresses match nothing.
        Host::Ipv4(_) | Host::Ipv6(_) => return false,
    };
    if pattern == "*" {
        /// 2. `*` is every host.
        return true;
    }
    if let Some(remaining) = pattern.strip_prefix('*') {
        /// 3. `*.` is every host below.
        let remaining = remaining.to_ascii_lowercase();
        return host.to_ascii_lowercase().ends_with(&remaining);
    }
    /// 4. Otherwise it is the host itself.
    host.eq_ignore_ascii_case(pattern)
}

/// <https://w3c.github.io/webappsec-csp/#port-part-matches>
#[algorithm(Csp, "match-ports", untraced)]
fn port_part_matches(input: Option<&str>, url: &Url) -> bool {
    if input == Some("*") {
        /// 2. `*` is every port.
        return true;
    }
    /// 3. A number, which may have zeros before it.
    let normalized = match input.map(|digits| digits.trim_start_matches('0')) {
        None => None,
        Some("") => Some(0),
        // A number beyond all ports is no port.
        Some(digits) => match digits.parse::<u16>() {
            Ok(port) => Some(port),
            Err(_) => return false,
        },
    };
    if normalized == url.port() {
        /// 4. The URL's port, or none where it has none.
        return true;
    }
    if url.port().is_none() {
        /// 5.1. The scheme's own port
        let default_port = url.port_or_known_default();
        /// 5.2. may be written out.
        return normalized.is_some() && normalized == default_port;
    }
    /// 6. Another port.
    false
}

/// <https://w3c.github.io/webappsec-csp/#path-part-match>
#[algorithm(Csp, "match-paths", untraced)]
fn path_part_matches(path_a: &str, path_b: &str) -> bool {
    if path_a.is_empty() {
        /// 1. No path is every path.
        return true;
    }
    if path_a == "/" && path_b.is_empty() {
        /// 2. `/` is none.
        return true;
    }
    /// 3. A slash at the end means all below.
    let exact_match = !path_a.ends_with('/');
    /// 4. Piece by piece:
    let mut path_list_a: Vec<&str> = path_a.split('/').collect();
    let path_list_b: Vec<&str> = path_b.split('/').collect();
    if path_list_a.len() > path_list_b.len() {
        /// 5. there must be as many,
        return false;
    }
    if exact_match && path_list_a.len() != path_list_b.len() {
        /// 6. and no more for an exact match.
        return false;
    }
    if !exact_match {
        /// 7.2. What is behind the last slash is open.
        path_list_a.pop();
    }
    for (piece_a, piece_b) in path_list_a.iter().zip(&path_list_b) {
        /// 8.2. Escapes count as what they stand for,
        let decoded_a = percent_decode_str(piece_a);
        /// 8.3. on both sides.
        let decoded_b = percent_decode_str(piece_b);
        if !decoded_a.eq(decoded_b) {
            /// 8.4. One that differs is enough.
            return false;
        }
    }
    /// 9. All pieces match.
    true
}
