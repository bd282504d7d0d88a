//! What only looks like CORS.

use crossexam_fetch::{BlockReason, NetworkFailure, PreflightFailure};
use crossexam_oracle::Purpose;
use url::Url;

use crate::exchange::Absence;
use crate::explanation::{LooksLike, Verdict};
use crate::explanations::Looked;

fn of(kind: &'static str, text: impl Into<String>) -> LooksLike {
    LooksLike {
        kind,
        text: text.into(),
    }
}

/// What a fetch is besides, or instead of, a matter of CORS.
pub(crate) fn look_alikes(looked: &Looked<'_>) -> Vec<LooksLike> {
    let mut list = Vec::new();
    if let Some(absence) = &looked.recorded.absence
        && !looked.result.requests.is_empty()
    {
        list.push(of_absence(absence));
    }
    let is_file =
        looked.recorded.page_is_a_file || looked.recorded.case.page.url.starts_with("file:");
    if is_file {
        list.push(of(
            "file-origin",
            "the page was opened from a file. Such pages have no origin that a server could name: serve it over HTTP, for example from localhost, and the origin is `http://localhost:…`",
        ));
    } else if looked.origin == "null" && looked.verdict == Verdict::Blocked {
        list.push(of(
            "opaque-origin",
            "the page has no origin of its own: a sandboxed frame without `allow-same-origin`, a `data:` URL or a file. Anybody can make such a page, so `null` says nothing of who asks",
        ));
    }
    if looked.verdict == Verdict::Opaque {
        list.push(of(
            "no-cors",
            "the fetch was made with `mode: \"no-cors\"`: the request goes out, and the response shows nothing, by design and whatever the server sends. To read it, ask with \"cors\"",
        ));
    }
    if looked.recorded.absence.is_none()
        && let Some(error) = &looked.inside.error
    {
        list.extend(of_reason(&error.reason));
        if matches!(
            error.reason,
            BlockReason::CorsCheck(_) | BlockReason::Preflight(_)
        ) {
            list.extend(of_answers(looked, &error.reason));
        }
    }
    list
}

fn of_absence(absence: &Absence) -> LooksLike {
    match absence {
        Absence::BlockedByClient => of(
            "blocked-by-client",
            "something in the browser stopped the request, most often an ad blocker or another extension; the server had no part in it. Try a private window without extensions",
        ),
        Absence::LocalNetwork => of(
            "local-network-access",
            "the browser did not let a public page speak to a local address: Local Network Access, which is no part of CORS. The page must be served over HTTPS and the person must allow it",
        ),
        Absence::OtherPolicy(word) => of(
            "other-policy",
            format!(
                "the browser says {word}: a policy of the page or of the answer other than CORS (Content-Security-Policy, Cross-Origin-Resource-Policy, opaque response blocking)"
            ),
        ),
        Absence::Canceled => of(
            "canceled",
            "the page gave the request up before there was an answer: it was aborted, or the page went away",
        ),
        Absence::Failed(_) | Absence::Unknown(_) => of(
            "no-answer-recorded",
            "the recording has no answer: an extension or the network may have stopped it, or the browser keeps the answer it blocked from the recording. Ask the server itself: `crossexam explain URL --origin ORIGIN`",
        ),
    }
}

fn of_reason(reason: &BlockReason) -> Option<LooksLike> {
    Some(match reason {
        BlockReason::MixedContent { .. } => of(
            "mixed-content",
            "a page over HTTPS asks for plain HTTP: mixed content, which no CORS header changes. Ask for `https://`, or let the page send `Content-Security-Policy: upgrade-insecure-requests`",
        ),
        BlockReason::LocalNetworkAccess { why, .. } => of(
            "local-network-access",
            format!("Local Network Access, which no CORS header changes: {why}"),
        ),
        BlockReason::ContentSecurityPolicy { directive, .. } => of(
            "content-security-policy",
            format!(
                "the page's own policy forbids it (`{directive}`); the server that was asked has no part in it"
            ),
        ),
        BlockReason::CrossOriginResourcePolicy { .. } => of(
            "cross-origin-resource-policy",
            "the answer's `Cross-Origin-Resource-Policy` keeps it from a request without CORS; ask with \"cors\", or change that header",
        ),
        BlockReason::Network(failure)
        | BlockReason::Preflight(PreflightFailure::Network(failure)) => of_network(failure),
        BlockReason::NotHttpScheme { .. } => of(
            "not-http",
            "the URL is not one of HTTP, and there is no CORS for others",
        ),
        _ => return None,
    })
}

fn of_network(failure: &NetworkFailure) -> LooksLike {
    match failure {
        NetworkFailure::CertificateInvalid { .. } => of(
            "certificate",
            "the server's certificate is not accepted, so there is no answer at all. Open the URL in a tab of its own: the browser says there what is wrong with it",
        ),
        NetworkFailure::NameNotResolved { .. } => of(
            "name-not-resolved",
            "the name does not resolve: a slip in the URL, or a name that only another network knows",
        ),
        NetworkFailure::ConnectionRefused { .. } | NetworkFailure::AddressUnreachable { .. } => of(
            "connection-refused",
            "nobody listens there: the server is not running, or it listens at another port",
        ),
        NetworkFailure::TimedOut => of(
            "timed-out",
            "no answer came in time: the server hangs, or something between drops the packets",
        ),
        NetworkFailure::NotHttp { .. } => of(
            "not-http",
            "what came is no HTTP: another protocol behind this port, or plain HTTP where TLS is expected",
        ),
        _ => of(
            "network",
            "the network gave no answer; scripts see the same error as for CORS",
        ),
    }
}

/// Words in the paths of pages where people log in.
const LOGIN: [&str; 9] = [
    "login", "log-in", "signin", "sign-in", "sso", "oauth", "saml", "auth", "session",
];

fn is_login(url: &str) -> bool {
    let Ok(url) = Url::parse(url) else {
        return false;
    };
    let text = format!("{}{}", url.host_str().unwrap_or_default(), url.path()).to_ascii_lowercase();
    let mut words = text.split(|it: char| !it.is_ascii_alphanumeric() && it != '-');
    words.any(|word| LOGIN.contains(&word))
}

fn location(headers: &[String]) -> Option<&str> {
    headers
        .iter()
        .filter_map(|line| line.split_once(": "))
        .find(|(name, _)| name.eq_ignore_ascii_case("location"))
        .map(|(_, value)| value)
}

/// What the answers' statuses say.
fn of_answers(looked: &Looked<'_>, reason: &BlockReason) -> Vec<LooksLike> {
    let mut list = Vec::new();
    let requests = &looked.result.requests;
    let (Some(request), Some(given)) = (requests.last(), looked.inside.answers.last()) else {
        return list;
    };
    let is_missing = reason.code().ends_with("allow-origin-missing");
    let is_preflight = request.purpose == Purpose::Preflight;
    let earlier = requests.iter().zip(&looked.inside.answers);
    let redirected = earlier
        .filter(|(request, _)| request.purpose == Purpose::Actual)
        .filter_map(|(_, given)| location(&given.headers));
    let to_login = redirected
        .chain(location(&given.headers))
        .filter_map(|to| Url::parse(&request.url).ok()?.join(to).ok())
        .any(|url| is_login(url.as_str()));
    if to_login {
        list.push(of(
            "login-redirect",
            if is_preflight {
                "the preflight is sent to a page for logging in. Preflights never carry cookies: whatever checks the session must let `OPTIONS` with `Access-Control-Request-Method` through"
            } else {
                "the answer leads to a page for logging in: the session is missing or over, and the login page has no CORS headers, nor should it. Answer scripts with 401 instead of a redirect"
            },
        ));
    } else if looked.origin != "null" && looked.origin_seen() == "null" {
        list.push(of(
            "redirect-to-another-origin",
            "a redirect led to a third origin, and from there on the browser says `Origin: null`. Ask for the last URL at once; allowing `null` would allow everybody",
        ));
    } else if location(&given.headers).is_some() && (300..400).contains(&given.status) {
        list.push(of(
            "redirect",
            "the answer is a redirect, often only from `http:` to `https:`, or to the same path with a slash at its end. Ask for the address that it leads to",
        ));
    }
    match given.status {
        401 | 403 if is_preflight => list.push(of(
            "preflight-needs-no-login",
            format!("the preflight was answered with {}. Preflights never carry cookies or `Authorization`: they must be answered before anything checks who asks", given.status),
        )),
        404 | 405 | 501 if is_preflight => list.push(of(
            "preflight-not-routed",
            format!("the preflight was answered with {}: nothing answers `OPTIONS` at this path", given.status),
        )),
        500.. => list.push(of(
            "server-error",
            format!("the server failed with {}, and its error page has no CORS headers: look into the server's log first. Let errors carry the headers, too, so that scripts can tell them apart", given.status),
        )),
        400..500 if is_missing && given.is_of_the_case => list.push(of(
            "client-error",
            format!("the server refused with {}, and the refusal has no CORS headers. The refusal is the first thing to look at; let errors carry the headers, too", given.status),
        )),
        _ => {}
    }
    list
}

#[cfg(test)]
mod tests {
    use super::is_login;

    #[test]
    fn pages_for_logging_in_are_known_by_whole_words() {
        assert!(is_login("https://a.example/login?next=/"));
        assert!(is_login("https://sso.a.example/"));
        assert!(is_login("https://a.example/oauth/authorize"));
        assert!(!is_login("https://a.example/authors"));
        assert!(!is_login("https://a.example/blog"));
    }
}
