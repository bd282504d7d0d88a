//! Referrer Policy.
//!
//! <https://w3c.github.io/webappsec-referrer-policy/>

use crossexam_web::trustworthy::is_url_potentially_trustworthy;
use crossexam_web::{HeaderList, Trace, algorithm};
use url::Url;

use crate::departures::Departures;
use crate::origin_header::have_same_origin;
use crate::request::{Referrer, Request, string_enum};

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

/// Parses a referrer policy from the `Referrer-Policy` headers of a response; `None` is the empty string.
#[algorithm(ReferrerPolicy, "parse-referrer-policy-from-header", untraced)]
pub fn parse_a_referrer_policy_from_a_referrer_policy_header(
    header_list: &HeaderList,
) -> Option<ReferrerPolicy> {
    let values = header_list.values(b"Referrer-Policy");
    let elements = values.flat_map(|value| value.split(|&byte| byte == b','));
    /// 1. The words of all headers in order. Empty ones do no harm.
    let policy_tokens = elements
        .map(<[u8]>::trim_ascii)
        .filter(|token| !token.is_empty());
    /// 2. None so far.
    let mut policy = None;
    for token in policy_tokens {
        if !token
            .iter()
            .all(|&byte| byte.is_ascii_alphabetic() || byte == b'-')
        {
            // SPEC: what does not follow the grammar is the failure of the whole, and a failure has no words to go
            // through.
            return None;
        }
        // NB: the words of the grammar are in any case, as all literal strings of such grammars are.
        let known =
            |policy: &&ReferrerPolicy| policy.as_str().as_bytes().eq_ignore_ascii_case(token);
        if let Some(known) = ReferrerPolicy::ALL.iter().find(known) {
            /// 3. The last one that is known counts, so that older browsers can be given an older word.
            policy = Some(*known);
        }
    }
    /// 4. That is the policy.
    policy
}

/// Lets a redirect set the referrer policy of what follows. `header_list` is the redirect's.
#[algorithm(ReferrerPolicy, "set-requests-referrer-policy-on-redirect", untraced)]
pub fn set_requests_referrer_policy_on_redirect(
    request: &mut Request,
    header_list: &HeaderList,
    trace: &Trace,
) {
    /// 1. Does the redirect say anything?
    let policy = parse_a_referrer_policy_from_a_referrer_policy_header(header_list);
    if let Some(policy) = policy {
        trace.fact("Referrer-Policy of the redirect", || policy.as_str());
        /// 2. Then that counts from here on.
        request.referrer_policy = Some(policy);
    }
}

/// Determines what the server may learn of where a request comes from: nothing, or a URL.
#[algorithm(ReferrerPolicy, "determine-requests-referrer")]
pub fn determine_requests_referrer(
    request: &Request,
    departures: Departures,
    trace: &Trace,
) -> Referrer {
    // NB: Fetch fills in the default before it comes here.
    /// 1. The policy.
    let policy = request.referrer_policy.unwrap_or_default();
    let policy = departures.referrer_policy(request, policy);
    trace.fact("referrer policy", || policy.as_str());
    /// 2. On whose behalf?
    let environment = request.client.as_deref();
    let referrer_source_of_client;
    /// 3. Where does it come from?
    let referrer_source = match &request.referrer {
        Referrer::NoReferrer => return Referrer::NoReferrer,
        Referrer::Url(url) => url,
        Referrer::Client => {
            // NB: whoever makes the environment has taken the steps for documents: none for an opaque origin, and
            // the container's URL for `srcdoc`.
            referrer_source_of_client = environment.map(|client| client.referrer_source.borrow());
            match referrer_source_of_client.as_deref() {
                Some(Some(url)) => url,
                Some(None) | None => return Referrer::NoReferrer,
            }
        }
    };
    if is_local_scheme(referrer_source.scheme()) {
        /// 4. A URL that means nothing elsewhere says nothing.
        return Referrer::NoReferrer;
    }
    // NB: steps 4 to 6 are carried out when their result is needed.
    let referrer_url = || strip(referrer_source, OriginOnly::No);
    let referrer_origin = || match (&request.referrer, environment) {
        (Referrer::Client, Some(client)) => {
            if let Some(origin) = client.cache.referrer_origin.get() {
                return Some(origin.clone());
            }
            let origin = strip(referrer_source, OriginOnly::Yes)?;
            Some(client.cache.referrer_origin.get_or_init(|| origin).clone())
        }
        _ => strip(referrer_source, OriginOnly::Yes),
    };
    let current_url = request.current_url();
    let is_same_origin = || have_same_origin(referrer_source, current_url);
    let is_downgrade = || {
        is_url_potentially_trustworthy(referrer_source)
            && !is_url_potentially_trustworthy(current_url)
    };
    /// 8. The policy decides.
    let referrer = match policy {
        ReferrerPolicy::NoReferrer => None,
        ReferrerPolicy::Origin => referrer_origin(),
        ReferrerPolicy::UnsafeUrl => referrer_url(),
        ReferrerPolicy::StrictOrigin if is_downgrade() => None,
        ReferrerPolicy::StrictOrigin => referrer_origin(),
        ReferrerPolicy::StrictOriginWhenCrossOrigin if is_same_origin() => referrer_url(),
        ReferrerPolicy::StrictOriginWhenCrossOrigin if is_downgrade() => None,
        ReferrerPolicy::StrictOriginWhenCrossOrigin => referrer_origin(),
        ReferrerPolicy::SameOrigin if is_same_origin() => referrer_url(),
        ReferrerPolicy::SameOrigin => None,
        ReferrerPolicy::OriginWhenCrossOrigin if is_same_origin() => referrer_url(),
        ReferrerPolicy::OriginWhenCrossOrigin => referrer_origin(),
        ReferrerPolicy::NoReferrerWhenDowngrade if is_downgrade() => None,
        ReferrerPolicy::NoReferrerWhenDowngrade => referrer_url(),
    };
    trace.fact("referrer", || {
        referrer.as_ref().map_or("none", Url::as_str).to_owned()
    });
    referrer.map_or(Referrer::NoReferrer, Referrer::Url)
}

/// Whether only the origin of a URL is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum OriginOnly {
    No,
    Yes,
}

/// The longest referrer that is sent in full, in bytes of its serialization.
const LONGEST_REFERRER: usize = 4096;

/// Strips a URL for use as a referrer, and cuts one that is too long down to its origin; `None` is no referrer.
#[algorithm(ReferrerPolicy, "strip-url", untraced)]
fn strip(url: &Url, origin_only: OriginOnly) -> Option<Url> {
    /// 2. A URL that means nothing elsewhere says nothing.
    if is_local_scheme(url.scheme()) {
        return None;
    }
    let mut url = url.clone();
    // NB: a URL without a host has neither user name nor password, so nothing is left undone.
    /// 3. Without the user name,
    let _ = url.set_username("");
    /// 4. without the password,
    let _ = url.set_password(None);
    /// 5. without the fragment.
    url.set_fragment(None);
    // The length is looked at here, after the algorithm's step 5, where the two kinds part.
    if origin_only == OriginOnly::Yes || url.as_str().len() > LONGEST_REFERRER {
        /// 6.1. The origin has an empty path
        url.set_path("");
        /// 6.2. and no query.
        url.set_query(None);
    }
    /// 7. That is left.
    Some(url)
}

/// <https://fetch.spec.whatwg.org/#local-scheme>
fn is_local_scheme(scheme: &str) -> bool {
    matches!(scheme, "about" | "blob" | "data")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is sent, from a page and to a URL, under a policy.
    fn referrer(source: &str, target: &str, policy: ReferrerPolicy) -> Option<String> {
        let mut request = Request::new(target.parse().expect("a URL"));
        request.referrer = Referrer::Url(source.parse().expect("a URL"));
        request.referrer_policy = Some(policy);
        match determine_requests_referrer(&request, Departures::default(), &Trace::off()) {
            Referrer::NoReferrer => None,
            Referrer::Url(url) => Some(url.into()),
            Referrer::Client => panic!("not an answer"),
        }
    }

    #[test]
    fn each_policy_for_each_relation() {
        use ReferrerPolicy as P;
        const PAGE: &str = "https://alice.example/a/b?c";
        const ORIGIN: Option<&str> = Some("https://alice.example/");
        let (same, cross, down) = (
            "https://alice.example/",
            "https://bob.example/",
            "http://alice.example/",
        );
        let full = Some(PAGE);
        let table = [
            (P::NoReferrer, [None, None, None]),
            (P::NoReferrerWhenDowngrade, [full, full, None]),
            (P::SameOrigin, [full, None, None]),
            (P::Origin, [ORIGIN, ORIGIN, ORIGIN]),
            (P::StrictOrigin, [ORIGIN, ORIGIN, None]),
            (P::OriginWhenCrossOrigin, [full, ORIGIN, ORIGIN]),
            (P::StrictOriginWhenCrossOrigin, [full, ORIGIN, None]),
            (P::UnsafeUrl, [full, full, full]),
        ];
        assert_eq!(table.map(|(policy, _)| policy), P::ALL);
        for (policy, expected) in table {
            let sent = [same, cross, down].map(|target| referrer(PAGE, target, policy));
            assert_eq!(sent.each_ref().map(Option::as_deref), expected, "{policy}");
        }
    }

    #[test]
    fn insecure_pages_have_nothing_to_lose() {
        let page = "http://alice.example/a";
        for policy in [
            ReferrerPolicy::NoReferrerWhenDowngrade,
            ReferrerPolicy::StrictOrigin,
            ReferrerPolicy::StrictOriginWhenCrossOrigin,
        ] {
            assert!(
                referrer(page, "http://bob.example/", policy).is_some(),
                "{policy}"
            );
        }
        // The machine itself is as trustworthy as a secure site.
        let down =
            |source: &str| referrer(source, "http://bob.example/", ReferrerPolicy::StrictOrigin);
        assert_eq!(down("http://localhost:8080/"), None);
        assert_eq!(
            referrer(
                "https://alice.example/",
                "http://localhost/",
                ReferrerPolicy::StrictOrigin
            )
            .as_deref(),
            Some("https://alice.example/")
        );
    }

    #[test]
    fn what_is_never_sent() {
        let full =
            |source: &str| referrer(source, "https://bob.example/", ReferrerPolicy::UnsafeUrl);
        assert_eq!(
            full("https://me:secret@alice.example/a?b#c").as_deref(),
            Some("https://alice.example/a?b")
        );
        for local in ["about:blank", "data:,hi", "blob:https://alice.example/1"] {
            assert_eq!(full(local), None, "{local}");
        }
    }

    #[test]
    fn a_long_url_shrinks_to_its_origin() {
        let page = |length: usize| {
            let start = "https://alice.example/?";
            format!("{start}{}", "a".repeat(length - start.len()))
        };
        let sent =
            |source: &str| referrer(source, "https://bob.example/", ReferrerPolicy::UnsafeUrl);
        assert_eq!(sent(&page(4096)), Some(page(4096)));
        assert_eq!(sent(&page(4097)).as_deref(), Some("https://alice.example/"));
        // The fragment does not count.
        assert_eq!(sent(&(page(4096) + "#far-too-long")), Some(page(4096)));
    }

    #[test]
    fn the_header_is_read_from_the_end() {
        let parse = |values: &[&'static str]| {
            let list = values
                .iter()
                .map(|&value| ("Referrer-Policy", value))
                .collect();
            parse_a_referrer_policy_from_a_referrer_policy_header(&list)
        };
        assert_eq!(parse(&[]), None);
        assert_eq!(parse(&["origin"]), Some(ReferrerPolicy::Origin));
        assert_eq!(
            parse(&["no-referrer, unsafe-url"]),
            Some(ReferrerPolicy::UnsafeUrl)
        );
        assert_eq!(
            parse(&["no-referrer", "unsafe-url"]),
            Some(ReferrerPolicy::UnsafeUrl)
        );
        assert_eq!(
            parse(&["origin, a-word-of-the-future"]),
            Some(ReferrerPolicy::Origin)
        );
        assert_eq!(
            parse(&[" ,, \tSame-Origin ,"]),
            Some(ReferrerPolicy::SameOrigin)
        );
        assert_eq!(parse(&["origin, \"unsafe-url\""]), None, "not the grammar");
        assert_eq!(
            parse(&["never", "always", "default"]),
            None,
            "the words of an older draft"
        );
    }

    #[test]
    fn a_redirect_without_a_word_changes_nothing() {
        let mut request = Request::new("https://alice.example/".parse().expect("a URL"));
        request.referrer_policy = Some(ReferrerPolicy::Origin);
        let trace = Trace::off();
        set_requests_referrer_policy_on_redirect(&mut request, &HeaderList::new(), &trace);
        assert_eq!(request.referrer_policy, Some(ReferrerPolicy::Origin));
        let list = [("referrer-policy", "no-referrer")].into_iter().collect();
        set_requests_referrer_policy_on_redirect(&mut request, &list, &trace);
        assert_eq!(request.referrer_policy, Some(ReferrerPolicy::NoReferrer));
    }
}
