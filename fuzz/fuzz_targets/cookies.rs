//! Cookies: one store, a `Set-Cookie` value a line. The first byte of a line says how it arrives.
#![no_main]

use crossexam_cookies::{
    CookiePolicy, CookieStore, SameSite, SameSiteMode, StoreChange, cookie_default_path,
    domain_matches, parse_a_date, path_matches, serialize_cookies,
};
use crossexam_web::{Host, Timestamp, Trace};
use libfuzzer_sys::fuzz_target;

const HOSTS: [&str; 4] = [
    "alice.example",
    "www.alice.example",
    "alice.github.io",
    "github.io",
];
const PATHS: [&str; 4] = ["/", "/login", "/login/form", "/loginform"];
const MODES: [SameSiteMode; 4] = [
    SameSiteMode::None,
    SameSiteMode::UnsetOrLess,
    SameSiteMode::LaxOrLess,
    SameSiteMode::StrictOrLess,
];

fuzz_target!(|data: &[u8]| {
    let mut policy = CookiePolicy::standard();
    policy.per_host_limit = 3;
    policy.total_limit = 6;
    let (trace, mut store) = (Trace::off(), CookieStore::new());
    let mut now = Timestamp::from_secs(1_767_225_600);

    for line in data.split(|&byte| byte == b'\n').take(32) {
        let Some((&how, value)) = line.split_first() else {
            continue;
        };
        if let Some(date) = parse_a_date(value) {
            assert!(date >= Timestamp::from_secs(-11_644_473_600), "before 1601");
        }
        let bit = |place: u8| how >> place & 1 == 1;
        let (is_secure, http_only_allowed, same_site_allowed, public_suffix_allowed) =
            (bit(0), bit(1), bit(2), bit(3));
        let host = Host::Domain(HOSTS[usize::from(how >> 4 & 3)].into());
        let path = PATHS[usize::from(how >> 6)];
        let default_path = cookie_default_path(path);
        assert!(path_matches(path, default_path));

        let stored = store.parse_and_store(
            now,
            value,
            is_secure,
            &host,
            path,
            http_only_allowed,
            public_suffix_allowed,
            same_site_allowed,
            &policy,
            &trace,
        );
        if let Ok(outcome) = stored {
            let cookie = &outcome.cookie;
            assert!(domain_matches(&host, &cookie.host));
            assert!(!cookie.host_only || cookie.host == host);
            assert!(cookie.path.starts_with('/'));
            assert!(!cookie.name.is_empty() || !cookie.value.is_empty());
            assert!(is_secure || !cookie.secure);
            assert!(http_only_allowed || !cookie.http_only);
            assert!(cookie.same_site != SameSite::None || cookie.secure);
            if !same_site_allowed {
                assert!(!matches!(
                    cookie.same_site,
                    SameSite::Lax | SameSite::Strict
                ));
            }
            let name = cookie.name.to_ascii_lowercase();
            if name.starts_with(b"__secure-") || name.starts_with(b"__host-") {
                assert!(cookie.secure);
            }
            if name.starts_with(b"__host-") {
                assert!(cookie.host_only && &*cookie.path == "/");
            }
            // Its own `Set-Cookie` makes it again.
            let again = cookie.to_string();
            if cookie.name.is_ascii() && cookie.value.is_ascii() && !again.contains('\\') {
                let mut fresh = CookieStore::new();
                let made = fresh.parse_and_store(
                    now,
                    again.as_bytes(),
                    true,
                    &host,
                    path,
                    true,
                    true,
                    true,
                    &policy,
                    &trace,
                );
                let made = made
                    .unwrap_or_else(|error| panic!("{again}: {error}"))
                    .cookie;
                assert_eq!(
                    (&made.name, &made.value),
                    (&cookie.name, &cookie.value),
                    "{again}"
                );
                assert_eq!(made.same_site, cookie.same_site);
            }
            if let StoreChange::Replaced(old) = &outcome.change {
                assert_eq!(
                    (&old.name, &old.host, &old.path),
                    (&cookie.name, &cookie.host, &cookie.path)
                );
            }
        }
        store.garbage_collect(now, &host, &policy, &trace);
        assert!(store.len() <= policy.total_limit.max(1));

        for mode in MODES {
            for is_secure in [false, true] {
                for http_only_allowed in [false, true] {
                    let cookies = store.retrieve(
                        now,
                        is_secure,
                        &host,
                        path,
                        http_only_allowed,
                        mode,
                        &policy,
                        &trace,
                    );
                    for cookie in &cookies {
                        assert!(
                            domain_matches(&host, &cookie.host) && path_matches(path, &cookie.path)
                        );
                        assert!(!cookie.is_expired(now));
                        assert!(is_secure || !cookie.secure);
                        assert!(http_only_allowed || !cookie.http_only);
                        assert!(
                            cookie.same_site != SameSite::Strict
                                || mode == SameSiteMode::StrictOrLess
                        );
                        assert!(
                            cookie.same_site != SameSite::Lax || mode >= SameSiteMode::LaxOrLess
                        );
                    }
                    assert!(
                        cookies
                            .windows(2)
                            .all(|pair| pair[0].path.len() >= pair[1].path.len())
                    );
                    let header = serialize_cookies(&cookies);
                    assert!(
                        crossexam_web::header_value::is_header_value(&header),
                        "{header:?}"
                    );
                }
            }
        }
        now = Timestamp::from_micros(now.as_micros() + i64::from(how) * 1_000_000);
    }
});
