//! What differs from browser to browser, and what people get to see of it.

#![allow(clippy::unwrap_used)]

use std::time::Duration;

use crossexam_cookies::{
    Cookie, CookiePolicy, CookieStore, RejectionCause, SameSite, SameSiteDefault, SameSiteMode,
    serialize_cookies,
};
use crossexam_web::trace::{CookieOutcome, TraceEvent};
use crossexam_web::{Host, Timestamp, Trace};

const NOW: Timestamp = Timestamp::from_secs(1_767_225_600);

fn alice() -> Host {
    Host::Domain("alice.example".into())
}

/// Sets a cookie at `/` of Alice's, in a same-site context.
fn set(
    store: &mut CookieStore,
    value: &str,
    is_secure: bool,
    policy: &CookiePolicy,
) -> Result<Cookie, RejectionCause> {
    let (host, trace) = (alice(), Trace::off());
    let value = value.as_bytes();
    let stored = store.parse_and_store(
        NOW, value, is_secure, &host, "/", true, false, true, policy, &trace,
    );
    stored
        .map(|outcome| Cookie::clone(&outcome.cookie))
        .map_err(|rejection| rejection.cause)
}

fn sent(
    store: &mut CookieStore,
    is_secure: bool,
    mode: SameSiteMode,
    policy: &CookiePolicy,
) -> String {
    let cookies = store.retrieve(
        NOW,
        is_secure,
        &alice(),
        "/",
        true,
        mode,
        policy,
        &Trace::off(),
    );
    String::from_utf8(serialize_cookies(&cookies).to_vec()).unwrap()
}

#[test]
fn a_classic_browser_knows_nothing_of_same_site() {
    let (policy, mut store) = (CookiePolicy::classic(), CookieStore::new());
    for value in [
        "s=1; SameSite=Strict",
        "l=2; SameSite=Lax",
        "n=3; SameSite=None",
        "u=4",
    ] {
        let cookie = set(&mut store, value, true, &policy).unwrap();
        assert_eq!(cookie.same_site, SameSite::Unset);
    }
    assert_eq!(
        sent(&mut store, true, SameSiteMode::None, &policy),
        "s=1; l=2; n=3; u=4"
    );
    // And a cross-site response may set them all.
    let (host, trace) = (alice(), Trace::off());
    let value = b"s=5; SameSite=Strict";
    let stored = store.parse_and_store(
        NOW, value, true, &host, "/", true, false, false, &policy, &trace,
    );
    assert!(stored.is_ok());
}

#[test]
fn a_classic_browser_knows_no_prefixes() {
    let (policy, mut store) = (CookiePolicy::classic(), CookieStore::new());
    for value in [
        "__Host-a=1; Domain=alice.example",
        "__Secure-b=2",
        "=__Host-c",
    ] {
        assert!(set(&mut store, value, false, &policy).is_ok(), "{value}");
    }
}

#[test]
fn a_classic_browser_lets_an_insecure_channel_overwrite_secure_cookies() {
    let (policy, mut store) = (CookiePolicy::classic(), CookieStore::new());
    set(&mut store, "a=1; Secure", true, &policy).unwrap();
    assert_eq!(
        sent(&mut store, false, SameSiteMode::StrictOrLess, &policy),
        "",
        "unseen"
    );
    set(&mut store, "a=2; Secure", false, &policy).unwrap();
    assert_eq!(
        sent(&mut store, true, SameSiteMode::StrictOrLess, &policy),
        "a=2",
        "but overwritten"
    );
    let standard = CookiePolicy::standard();
    let refused = set(&mut store, "a=3; Secure", false, &standard);
    assert_eq!(refused.unwrap_err(), RejectionCause::SecureFromInsecure);
}

#[test]
fn a_classic_browser_keeps_cookies_as_long_as_they_say() {
    let ends = |value: &str, policy: &CookiePolicy| {
        set(&mut CookieStore::new(), value, true, policy)
            .unwrap()
            .expiry_time
            .unwrap()
    };
    let (classic, standard) = (CookiePolicy::classic(), CookiePolicy::standard());
    let far = "a=b; Expires=Fri, 01 Jan 2038 00:00:00 GMT";
    assert_eq!(ends(far, &classic), Timestamp::from_secs(2_145_916_800));
    assert_eq!(
        ends(far, &standard),
        NOW + Duration::from_secs(400 * 86_400)
    );
    assert!(ends("a=b; Max-Age=99999999999999999999", &classic) > Timestamp::from_secs(1 << 40));
}

#[test]
fn what_no_same_site_means_when_a_cross_site_response_sets_it() {
    let is_stored = |same_site_default| {
        let policy = CookiePolicy {
            same_site_default,
            ..CookiePolicy::standard()
        };
        let (host, trace) = (alice(), Trace::off());
        let mut store = CookieStore::new();
        store
            .parse_and_store(
                NOW, b"a=b", true, &host, "/", true, false, false, &policy, &trace,
            )
            .is_ok()
    };
    assert!(is_stored(SameSiteDefault::None));
    assert!(!is_stored(SameSiteDefault::Unset));
    assert!(!is_stored(SameSiteDefault::Lax));
    assert!(!is_stored(SameSiteDefault::LaxAllowingUnsafe));
}

/// What a trace says became of cookies: name, outcome, reason.
fn decisions(trace: &Trace) -> Vec<(String, CookieOutcome, String)> {
    let of_cookies = trace.events().into_iter().filter_map(|event| match event {
        TraceEvent::Cookie(decision) => Some((decision.name, decision.outcome, decision.reason)),
        _ => None,
    });
    of_cookies.collect()
}

#[test]
fn the_trace_tells_what_became_of_each_cookie() {
    use CookieOutcome as O;
    let policy = CookiePolicy {
        per_host_limit: 2,
        ..CookiePolicy::standard()
    };
    let (mut store, trace, host) = (CookieStore::new(), Trace::on(), alice());
    let mut after = |seconds: u64, value: &str| {
        let now = NOW + Duration::from_secs(seconds);
        let value = value.as_bytes();
        let _ = store.parse_and_store(
            now, value, true, &host, "/", true, false, true, &policy, &trace,
        );
        store.garbage_collect(now, &host, &policy, &trace);
    };
    after(0, "a=1; SameSite=Strict");
    after(1, "a=2; SameSite=Strict");
    after(2, "b=1; Max-Age=10");
    after(3, "c=1; Domain=bob.example");
    after(4, "d\u{1}=1");
    after(5, "e=1");
    after(20, "e=; Max-Age=0");
    let mode = SameSiteMode::LaxOrLess;
    store.retrieve(NOW, true, &host, "/", true, mode, &policy, &trace);
    let told = decisions(&trace);
    let told: Vec<_> = told
        .iter()
        .map(|(name, outcome, why)| (&**name, *outcome, &**why))
        .collect();
    let domain = "its Domain attribute `bob.example` is neither `alice.example` nor above it";
    assert_eq!(
        told,
        [
            ("a", O::Stored, ""),
            ("a", O::Stored, "in place of an earlier one"),
            ("b", O::Stored, ""),
            ("c", O::Rejected, domain),
            ("d\\u{1}", O::Rejected, "it contains the control byte 0x01"),
            ("e", O::Stored, ""),
            ("a", O::Evicted, "its host has too many"),
            ("b", O::Evicted, "it has expired"),
            ("e", O::Deleted, "its end is in the past"),
        ]
    );
}

#[test]
fn the_trace_tells_who_is_sent_and_who_stays() {
    use CookieOutcome as O;
    let (policy, mut store) = (CookiePolicy::standard(), CookieStore::new());
    for value in [
        "s=1; SameSite=Strict",
        "l=2; SameSite=Lax",
        "h=3; HttpOnly",
        "p=4; Path=/deep",
    ] {
        set(&mut store, value, true, &policy).unwrap();
    }
    let (trace, mode) = (Trace::on(), SameSiteMode::LaxOrLess);
    store.retrieve(NOW, true, &alice(), "/", false, mode, &policy, &trace);
    let mut told = decisions(&trace);
    told.sort_by(|a, b| a.0.cmp(&b.0));
    let told: Vec<_> = told
        .iter()
        .map(|(name, outcome, why)| (&**name, *outcome, &**why))
        .collect();
    assert_eq!(
        told,
        [
            ("h", O::Withheld, "it is HttpOnly and this is not HTTP"),
            ("l", O::Sent, ""),
            ("p", O::Withheld, "the path does not match"),
            (
                "s",
                O::Withheld,
                "it is SameSite=Strict and the context is cross-site"
            ),
        ]
    );
}
