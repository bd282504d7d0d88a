//! Laws that hold for every store and every history, among them that the indexed store does what a plain list would do.

#![allow(clippy::unwrap_used)]

mod list;

use std::collections::BTreeSet;
use std::time::Duration;

use crossexam_cookies::{
    Cookie, CookiePolicy, CookieStore, SameSite, SameSiteDefault, SameSiteMode, StoreChange,
    cookie_default_path, domain_matches, parse_a_cookie, parse_a_date, path_matches,
    serialize_cookies,
};
use crossexam_web::{Host, Timestamp, Trace};
use list::CookieList;
use proptest::prelude::*;
use proptest::sample::select;

const START: Timestamp = Timestamp::from_secs(1_767_225_600);

const MODES: [SameSiteMode; 5] = [
    SameSiteMode::None,
    SameSiteMode::UnsetOrLess,
    SameSiteMode::UnsetOrLessUnsafeNavigation,
    SameSiteMode::LaxOrLess,
    SameSiteMode::StrictOrLess,
];

fn host(text: &str) -> Host {
    Host::of(&format!("http://{text}/").parse().unwrap()).unwrap()
}

/// What can happen to a store.
#[derive(Debug, Clone)]
enum Event {
    Set {
        value: Vec<u8>,
        is_secure: bool,
        host: Host,
        path: &'static str,
        http_only_allowed: bool,
        public_suffix_allowed: bool,
        same_site_allowed: bool,
    },
    Get {
        is_secure: bool,
        host: Host,
        path: &'static str,
        http_only_allowed: bool,
        same_site: SameSiteMode,
    },
    Collect {
        host: Host,
    },
    Wait {
        seconds: u64,
    },
    EndSession,
}

fn a_host() -> impl Strategy<Value = Host> {
    select(
        &[
            "alice.example",
            "www.alice.example",
            "x.www.alice.example",
            "wwww.alice.example",
            "malice.example",
            "github.io",
            "alice.github.io",
            "localhost",
            "127.0.0.1",
            "[::1]",
        ][..],
    )
    .prop_map(host)
}

fn a_path() -> impl Strategy<Value = &'static str> {
    select(&["/", "/a", "/a/", "/a/b", "/ab", "/a/b/c", "//"][..])
}

/// A `Set-Cookie` value: mostly sensible, for otherwise nothing would ever be stored.
fn a_value() -> impl Strategy<Value = Vec<u8>> {
    let pair = select(
        &[
            "a=1",
            "a=2",
            "b=1",
            "B=1",
            "c",
            "=d",
            "__Host-a=1",
            "__secure-a=1",
            "__Http-a=1",
        ][..],
    );
    let attribute = select(
        &[
            "Secure",
            "Secure",
            "HttpOnly",
            "SameSite=Strict",
            "SameSite=Lax",
            "SameSite=None",
            "SameSite=Odd",
            "Path=/",
            "Path=/a",
            "Path=/a/b",
            "Path=",
            "Domain=alice.example",
            "Domain=.www.alice.example",
            "Domain=github.io",
            "Domain=127.0.0.1",
            "Domain=",
            "Max-Age=0",
            "Max-Age=10",
            "Max-Age=100",
            "Expires=Thu, 01 Jan 2026 00:00:30 GMT",
        ][..],
    );
    let sensible = (pair, prop::collection::vec(attribute, 0..4))
        .prop_map(|(pair, attributes)| [&[pair], &attributes[..]].concat().join("; ").into_bytes());
    prop_oneof![15 => sensible, 1 => prop::collection::vec(any::<u8>(), 0..40)]
}

fn an_event() -> impl Strategy<Value = Event> {
    let set = (
        a_value(),
        any::<bool>(),
        a_host(),
        a_path(),
        any::<[bool; 3]>(),
    )
        .prop_map(
            |(
                value,
                is_secure,
                host,
                path,
                [http_only_allowed, public_suffix_allowed, same_site_allowed],
            )| {
                Event::Set {
                    value,
                    is_secure,
                    host,
                    path,
                    http_only_allowed,
                    public_suffix_allowed,
                    same_site_allowed,
                }
            },
        );
    let get = (
        any::<bool>(),
        a_host(),
        a_path(),
        any::<bool>(),
        select(&MODES[..]),
    )
        .prop_map(
            |(is_secure, host, path, http_only_allowed, same_site)| Event::Get {
                is_secure,
                host,
                path,
                http_only_allowed,
                same_site,
            },
        );
    prop_oneof![
        12 => set,
        6 => get,
        4 => a_host().prop_map(|host| Event::Collect { host }),
        4 => (0_u64..70).prop_map(|seconds| Event::Wait { seconds }),
        1 => Just(Event::EndSession),
    ]
}

fn a_history() -> impl Strategy<Value = Vec<Event>> {
    prop::collection::vec(an_event(), 0..80)
}

fn a_policy() -> impl Strategy<Value = CookiePolicy> {
    use SameSiteDefault as D;
    let default = select(&[D::None, D::Unset, D::Lax, D::LaxAllowingUnsafe][..]);
    (default, 1_usize..4, 1_usize..9, any::<bool>()).prop_map(
        |(same_site_default, per_host_limit, total_limit, is_classic)| {
            let policy = if is_classic {
                CookiePolicy::classic()
            } else {
                CookiePolicy::standard()
            };
            CookiePolicy {
                same_site_default,
                per_host_limit,
                total_limit,
                ..policy
            }
        },
    )
}

/// A store with a past, and the time now.
fn after(history: &[Event], policy: &CookiePolicy) -> (CookieStore, Timestamp) {
    let (mut store, mut now, trace) = (CookieStore::new(), START, Trace::off());
    for event in history {
        match event {
            Event::Set {
                value,
                is_secure,
                host,
                path,
                http_only_allowed,
                public_suffix_allowed,
                same_site_allowed,
            } => {
                let _ = store.parse_and_store(
                    now,
                    value,
                    *is_secure,
                    host,
                    path,
                    *http_only_allowed,
                    *public_suffix_allowed,
                    *same_site_allowed,
                    policy,
                    &trace,
                );
            }
            Event::Get {
                is_secure,
                host,
                path,
                http_only_allowed,
                same_site,
            } => {
                store.retrieve(
                    now,
                    *is_secure,
                    host,
                    path,
                    *http_only_allowed,
                    *same_site,
                    policy,
                    &trace,
                );
            }
            Event::Collect { host } => drop(store.garbage_collect(now, host, policy, &trace)),
            Event::Wait { seconds } => now = now + Duration::from_secs(*seconds),
            Event::EndSession => store.end_session(),
        }
    }
    (store, now)
}

/// A cookie as something that can be compared.
fn key(cookie: &Cookie) -> (String, Host, bool, String) {
    (
        String::from_utf8_lossy(&cookie.name).into_owned(),
        cookie.host.clone(),
        cookie.host_only,
        cookie.path.to_string(),
    )
}

fn described(cookies: impl IntoIterator<Item = impl AsRef<Cookie>>) -> Vec<String> {
    cookies
        .into_iter()
        .map(|cookie| format!("{} at {}", cookie.as_ref(), cookie.as_ref().host))
        .collect()
}

proptest! {
    // The law that compares everything, and therefore with the most cases.
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn the_store_does_what_a_list_does(history in a_history(), policy in a_policy()) {
        let (mut store, mut list, mut now) = (CookieStore::new(), CookieList::default(), START);
        let trace = Trace::on();
        for event in &history {
            match event {
                Event::Set { value, is_secure, host, path, http_only_allowed, public_suffix_allowed, same_site_allowed } => {
                    let stored = store.parse_and_store(
                        now, value, *is_secure, host, path, *http_only_allowed, *public_suffix_allowed,
                        *same_site_allowed, &policy, &trace,
                    );
                    let expected = parse_a_cookie(now, value, path, &policy, &trace).ok().and_then(|new| {
                        list.store(now, new, *is_secure, host, *http_only_allowed, *public_suffix_allowed, *same_site_allowed, &policy)
                    });
                    let stored = stored.map(|outcome| match outcome.change {
                        StoreChange::Deleted(_) => "expired".to_owned(),
                        StoreChange::Added | StoreChange::Replaced(_) | StoreChange::Unchanged => outcome.cookie.to_string(),
                    });
                    prop_assert_eq!(stored.ok(), expected, "{:?}", event);
                }
                Event::Get { is_secure, host, path, http_only_allowed, same_site } => {
                    let cookies = store.retrieve(now, *is_secure, host, path, *http_only_allowed, *same_site, &policy, &trace);
                    let expected = list.retrieve(now, *is_secure, host, path, *http_only_allowed, *same_site, &policy);
                    prop_assert_eq!(described(&cookies), expected, "{:?}", event);
                }
                Event::Collect { host } => {
                    let removed = store.garbage_collect(now, host, &policy, &trace);
                    let (expected_expired, expected_excess) = list.garbage_collect(now, host, &policy);
                    let (expired, excess): (Vec<_>, Vec<_>) = removed.iter().partition(|cookie| cookie.is_expired(now));
                    // In which order the expired ones go makes no difference.
                    let sorted = |mut list: Vec<String>| { list.sort(); list };
                    prop_assert_eq!(sorted(described(expired)), sorted(expected_expired), "{:?}", event);
                    prop_assert_eq!(described(excess), expected_excess, "{:?}", event);
                }
                Event::Wait { seconds } => now = now + Duration::from_secs(*seconds),
                Event::EndSession => {
                    store.end_session();
                    list.end_session();
                }
            }
            prop_assert_eq!(store.len(), list.len());
            prop_assert_eq!(store.is_empty(), list.len() == 0);
        }
        prop_assert_eq!(described(store.iter()), list.described());
    }
}

proptest! {
    #[test]
    fn nothing_goes_where_it_must_not(
        history in a_history(), policy in a_policy(), host in a_host(), path in a_path(),
        is_secure: bool, http_only_allowed: bool, same_site in select(&MODES[..]),
    ) {
        let (mut store, now) = after(&history, &policy);
        let cookies = store.retrieve(now, is_secure, &host, path, http_only_allowed, same_site, &policy, &Trace::off());
        for cookie in &cookies {
            prop_assert!(!cookie.is_expired(now));
            prop_assert!(is_secure || !cookie.secure);
            prop_assert!(http_only_allowed || !cookie.http_only);
            prop_assert!(path_matches(path, &cookie.path));
            prop_assert!(domain_matches(&host, &cookie.host));
            prop_assert!(!cookie.host_only || cookie.host == host);
            prop_assert!(cookie.same_site != SameSite::Strict || same_site == SameSiteMode::StrictOrLess);
            prop_assert!(cookie.same_site != SameSite::Lax || same_site >= SameSiteMode::LaxOrLess);
            prop_assert_eq!(cookie.last_access_time.get(), now);
        }
        let order = |cookie: &Cookie| (std::cmp::Reverse(cookie.path.len()), cookie.creation_time);
        prop_assert!(cookies.windows(2).all(|pair| order(&pair[0]) <= order(&pair[1])));
        let distinct: BTreeSet<_> = cookies.iter().map(|cookie| key(cookie)).collect();
        prop_assert_eq!(distinct.len(), cookies.len());
    }

    #[test]
    fn more_trust_gets_more(
        history in a_history(), policy in a_policy(), host in a_host(), path in a_path(), is_secure: bool, http_only_allowed: bool,
    ) {
        let (mut store, now) = after(&history, &policy);
        let mut get = |is_secure, http_only_allowed, mode| -> BTreeSet<_> {
            let cookies = store.retrieve(now, is_secure, &host, path, http_only_allowed, mode, &policy, &Trace::off());
            cookies.iter().map(|cookie| key(cookie)).collect()
        };
        for pair in MODES.windows(2) {
            let (less, more) = (get(is_secure, http_only_allowed, pair[0]), get(is_secure, http_only_allowed, pair[1]));
            prop_assert!(less.is_subset(&more), "{:?} gets {:?}, {:?} gets {:?}", pair[0], less, pair[1], more);
        }
        for mode in MODES {
            prop_assert!(get(false, http_only_allowed, mode).is_subset(&get(true, http_only_allowed, mode)));
            prop_assert!(get(is_secure, false, mode).is_subset(&get(is_secure, true, mode)));
        }
    }

    #[test]
    fn the_reasons_and_the_cookies_are_all_there(
        history in a_history(), policy in a_policy(), host in a_host(), path in a_path(),
        is_secure: bool, http_only_allowed: bool, same_site in select(&MODES[..]),
    ) {
        let (mut store, now) = after(&history, &policy);
        let decisions = store.decisions(now, is_secure, &host, path, http_only_allowed, same_site, &policy);
        let sent: BTreeSet<_> = decisions.iter().filter(|(_, decision)| decision.is_ok()).map(|(cookie, _)| key(cookie)).collect();
        let cookies = store.retrieve(now, is_secure, &host, path, http_only_allowed, same_site, &policy, &Trace::off());
        prop_assert_eq!(sent, cookies.iter().map(|cookie| key(cookie)).collect());
        let decided: BTreeSet<_> = decisions.iter().map(|(cookie, _)| key(cookie)).collect();
        let of_the_host = store.iter().filter(|cookie| domain_matches(&host, &cookie.host)).map(|cookie| key(cookie));
        prop_assert_eq!(decided, of_the_host.collect());
    }

    #[test]
    fn the_store_stays_within_its_limits(history in a_history(), policy in a_policy(), host in a_host()) {
        let (mut store, now) = after(&history, &policy);
        store.garbage_collect(now, &host, &policy, &Trace::off());
        prop_assert!(store.len() <= policy.total_limit);
        prop_assert!(store.iter().filter(|cookie| cookie.host == host).count() <= policy.per_host_limit);
        prop_assert!(store.iter().all(|cookie| !cookie.is_expired(now)));
        let left = store.garbage_collect(now, &host, &policy, &Trace::off());
        prop_assert!(left.is_empty(), "the second time there is nothing to do");
    }

    #[test]
    fn what_is_stored_comes_back(history in a_history(), value in a_value(), policy in a_policy(), host in a_host(), path in a_path()) {
        let (mut store, now) = after(&history, &policy);
        let trace = Trace::off();
        let stored = store.parse_and_store(now, &value, true, &host, path, true, false, true, &policy, &trace);
        let Ok(outcome) = stored else { return Ok(()) };
        let cookie = outcome.cookie;
        let cookies = store.retrieve(now, true, &cookie.host, &cookie.path, true, SameSiteMode::StrictOrLess, &policy, &trace);
        let back = cookies.iter().find(|back| key(back) == key(&cookie));
        match outcome.change {
            StoreChange::Deleted(_) => prop_assert!(back.is_none()),
            StoreChange::Added | StoreChange::Replaced(_) | StoreChange::Unchanged => {
                prop_assert_eq!(&back.unwrap().value, &cookie.value);
                let header = serialize_cookies(&cookies);
                prop_assert!(header.windows(cookie.value.len().max(1)).any(|part| part == &cookie.value[..]) || cookie.value.is_empty());
            }
        }
    }

    #[test]
    fn an_insecure_channel_never_touches_secure_cookies(history in a_history(), value in a_value(), host in a_host(), path in a_path()) {
        let policy = CookiePolicy { per_host_limit: 100, total_limit: 100, ..CookiePolicy::standard() };
        let (mut store, now) = after(&history, &policy);
        let secure = |store: &CookieStore| -> Vec<String> {
            described(store.iter().filter(|cookie| cookie.secure && !cookie.is_expired(now)))
        };
        let before = secure(&store);
        let _ = store.parse_and_store(now, &value, false, &host, path, true, false, true, &policy, &Trace::off());
        prop_assert_eq!(secure(&store), before);
    }

    #[test]
    fn any_bytes_can_be_parsed(input in prop::collection::vec(any::<u8>(), 0..300), path in a_path()) {
        let policy = CookiePolicy::standard();
        if let Ok(cookie) = parse_a_cookie(START, &input, path, &policy, &Trace::on()) {
            let length = cookie.name.len() + cookie.value.len();
            prop_assert!((1..=4096).contains(&length));
            prop_assert!(cookie.path.starts_with('/') && cookie.path.is_ascii());
            prop_assert!(!cookie.name.contains(&b'=') && !cookie.value.contains(&b';'));
            prop_assert!(cookie.expiry_time.is_none_or(|time| time <= START + policy.age_limit.unwrap()));
            prop_assert!(!input.iter().any(|byte| matches!(byte, 0..=8 | 10..=31 | 127)));
        }
    }

    #[test]
    fn attributes_of_any_kind_can_be_parsed(
        name in select(&["Expires", "Max-Age", "Domain", "Path", "SameSite", "Secure", "HttpOnly"][..]),
        value in prop::collection::vec(any::<u8>(), 0..100),
    ) {
        let input = [b"a=b; ", name.as_bytes(), b"=", &value].concat();
        let parsed = parse_a_cookie(START, &input, "/", &CookiePolicy::standard(), &Trace::off());
        let is_clean = !value.iter().any(|byte| matches!(byte, 0..=8 | 10..=31 | 127));
        prop_assert!(is_clean || parsed.is_err());
        if let Ok(cookie) = parsed {
            prop_assert_eq!((&cookie.name[..], &cookie.value[..]), (&b"a"[..], &b"b"[..]));
        }
    }

    #[test]
    fn every_second_can_be_written_as_a_date(seconds in -11_644_473_600_i64..=253_402_300_799) {
        let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
        let (year, month, day) = list::civil(days);
        let month = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"][month];
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        for text in [
            format!("{day:02} {month} {year:04} {hour:02}:{minute:02}:{second:02} GMT"),
            format!("{month} {day} {hour}:{minute}:{second} {year:04}"),
            format!("{hour}:{minute}:{second};{day}-{month}-{year:04}"),
        ] {
            prop_assert_eq!(parse_a_date(text.as_bytes()), Some(Timestamp::from_secs(seconds)), "{}", text);
        }
    }

    #[test]
    fn a_default_path_matches_its_path(path in "(/[a-c]{0,2}){1,5}") {
        let default_path = cookie_default_path(&path);
        prop_assert!(path_matches(&path, default_path));
        prop_assert!(default_path.starts_with('/'));
        let below = format!("{default_path}/x");
        prop_assert!(path_matches(&below, default_path));
    }

    #[test]
    fn matching_paths_is_an_order(a in "(/[ab]?){1,3}", b in "(/[ab]?){1,3}", c in "(/[ab]?){1,3}") {
        prop_assert!(path_matches(&a, &a));
        if path_matches(&a, &b) && path_matches(&b, &c) {
            prop_assert!(path_matches(&a, &c), "{a} {b} {c}");
        }
        if path_matches(&a, &b) && path_matches(&b, &a) {
            prop_assert_eq!(&a, &b);
        }
        // The draft's segments, put side by side: the longer path never has fewer.
        if path_matches(&a, &b) {
            prop_assert!(a.split('/').count() >= b.split('/').count());
        }
    }
}

#[test]
fn a_large_store_keeps_its_books() {
    let policy = CookiePolicy {
        total_limit: 20_000,
        ..CookiePolicy::standard()
    };
    let (mut store, trace) = (CookieStore::new(), Trace::off());
    let host_of = |number: u64| host(&format!("www.site{}.example", number % 7_000));
    for number in 0..30_000_u64 {
        let now = START + Duration::from_secs(number);
        let value = format!(
            "n{}={number}; Secure; Max-Age={}",
            number % 11,
            1 + number % 50_000
        );
        let host = host_of(number);
        store
            .parse_and_store(
                now,
                value.as_bytes(),
                true,
                &host,
                "/",
                true,
                false,
                true,
                &policy,
                &trace,
            )
            .unwrap();
        store.garbage_collect(now, &host, &policy, &trace);
        assert!(store.len() <= policy.total_limit);
    }
    assert!(store.len() > 5_000);
    let end = START + Duration::from_secs(29_999);
    assert!(store.iter().all(|cookie| !cookie.is_expired(end)));
    let of_one_host = store
        .iter()
        .filter(|cookie| cookie.host == host_of(29_999))
        .count();
    let retrieved = store.retrieve(
        end,
        true,
        &host_of(29_999),
        "/",
        true,
        SameSiteMode::StrictOrLess,
        &policy,
        &trace,
    );
    assert_eq!(retrieved.len(), of_one_host);
    let after_all = end + Duration::from_secs(60_000);
    store.garbage_collect(after_all, &host_of(0), &policy, &trace);
    assert!(store.is_empty());
}
