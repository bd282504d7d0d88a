//! Replays the vectors of cookies: `tests/vectors/cookies/`.

#![allow(clippy::unwrap_used)]

use std::time::Duration;

use crossexam_cookies::{
    Cookie, CookiePolicy, CookieRejection, CookieStore, DomainAttribute, NewCookie, SameSite,
    SameSiteDefault, SameSiteMode, StoreChange, StoreOutcome, cookie_default_path, domain_matches,
    parse_a_cookie, parse_a_date, path_matches, serialize_cookies,
};
use crossexam_tests::vectors::{Input, Outcome, bytes_value, replay};
use crossexam_web::{Host, Timestamp, Trace};
use serde_json::{Value, json};
use url::Url;

const PAGE: &str = "https://www.alice.example/dir/page";

/// 2026-01-01T00:00:00Z.
const NOW: Timestamp = Timestamp::from_secs(1_767_225_600);

fn text_or(input: &Input, field: &str, otherwise: &str) -> String {
    if input.has(field) {
        input.text(field)
    } else {
        otherwise.to_owned()
    }
}

fn flag_or(input: &Input, field: &str, otherwise: bool) -> bool {
    if input.has(field) {
        input.flag(field)
    } else {
        otherwise
    }
}

/// `at` seconds after [`NOW`].
fn time(input: &Input) -> Timestamp {
    let seconds = if input.has("at") {
        input.number("at")
    } else {
        0
    };
    NOW + Duration::from_secs(seconds)
}

/// The URL and its host; `field` names it.
fn url(input: &Input, field: &str) -> (Url, Host) {
    let url = Url::parse(&text_or(input, field, PAGE)).unwrap();
    let host = Host::of(&url).unwrap();
    (url, host)
}

fn host(input: &Input, field: &str) -> Host {
    Host::of(&Url::parse(&format!("http://{}/", input.text(field))).unwrap()).unwrap()
}

/// A time in the form of ISO 8601, in UTC.
fn iso_8601(time: Timestamp) -> String {
    if time == Timestamp::from_micros(i64::MIN) {
        return "earliest".to_owned();
    }
    let (mut days, second) = (
        time.as_secs().div_euclid(86_400),
        time.as_secs().rem_euclid(86_400),
    );
    // Counted year by year, so that this shares nothing with the parser.
    let is_leap = |year: i64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days_of = |year| 365 + i64::from(is_leap(year));
    let mut year = 1970;
    while days < 0 {
        year -= 1;
        days += days_of(year);
    }
    while days >= days_of(year) {
        days -= days_of(year);
        year += 1;
    }
    let mut month = 0;
    let lengths = [
        31,
        28 + i64::from(is_leap(year)),
        31,
        30,
        31,
        30,
        31,
        31,
        30,
        31,
        30,
        31,
    ];
    while days >= lengths[month] {
        days -= lengths[month];
        month += 1;
    }
    let (hour, minute) = (second / 3600, second / 60 % 60);
    format!(
        "{year:04}-{:02}-{:02}T{hour:02}:{minute:02}:{:02}Z",
        month + 1,
        days + 1,
        second % 60
    )
}

#[test]
fn dates() {
    replay("cookies/cookie-date", |input| {
        parse_a_date(&input.bytes("input"))
            .map_or_else(Outcome::failure, |date| Outcome::result(iso_8601(date)))
    });
}

#[test]
fn default_paths() {
    replay("cookies/cookie-path", |input| {
        Outcome::result(cookie_default_path(&input.text("path")))
    });
}

#[test]
fn matching_paths() {
    replay("cookies/path-matching", |input| {
        Outcome::result(path_matches(
            &input.text("request_path"),
            &input.text("cookie_path"),
        ))
    });
}

#[test]
fn matching_domains() {
    replay("cookies/domain-matching", |input| {
        Outcome::result(domain_matches(&host(input, "host"), &host(input, "domain")))
    });
}

fn refusal(rejection: &CookieRejection) -> Value {
    json!({ "cause": rejection.cause.code(), "step": rejection.step.number })
}

/// The fields of a cookie that differ from their initial values.
fn fields(cookie: &NewCookie) -> Value {
    let mut fields =
        json!({ "name": bytes_value(&cookie.name), "value": bytes_value(&cookie.value) });
    let mut set = |name: &str, value: Value| fields[name] = value;
    if cookie.secure {
        set("secure", true.into());
    }
    match &cookie.host {
        DomainAttribute::Absent => {}
        DomainAttribute::Host(host) => set("host", host.to_string().into()),
        DomainAttribute::Failure(_) => set("host", "failure".into()),
    }
    if &*cookie.path != "/dir" {
        set("path", (&*cookie.path).into());
    }
    if cookie.has_path_attribute {
        set("has-path-attribute", true.into());
    }
    match cookie.same_site {
        SameSite::Unset => {}
        SameSite::None => set("same-site", "none".into()),
        SameSite::Lax => set("same-site", "lax".into()),
        SameSite::Strict => set("same-site", "strict".into()),
    }
    if cookie.http_only {
        set("http-only", true.into());
    }
    if let Some(expiry_time) = cookie.expiry_time {
        set("expiry-time", iso_8601(expiry_time).into());
    }
    fields
}

#[test]
fn parsing() {
    replay("cookies/parse-a-cookie", |input| {
        let path = text_or(input, "path", "/dir/page");
        let (policy, trace) = (CookiePolicy::standard(), Trace::off());
        match parse_a_cookie(NOW, &input.bytes("input"), &path, &policy, &trace) {
            Ok(cookie) => Outcome::result(fields(&cookie)),
            Err(rejection) => Outcome::failure_because(refusal(&rejection)),
        }
    });
}

/// Parses and stores a cookie as an input says.
fn set(store: &mut CookieStore, input: &Input) -> Result<StoreOutcome, CookieRejection> {
    let (url, host) = url(input, "url");
    store.parse_and_store(
        time(input),
        &input.bytes("value"),
        url.scheme() == "https",
        &host,
        url.path(),
        flag_or(input, "http_only_allowed", true),
        flag_or(input, "allow_non_host_only_cookie_for_public_suffix", false),
        flag_or(input, "same_site_strict_or_lax_allowed", true),
        &CookiePolicy::standard(),
        &Trace::off(),
    )
}

#[test]
fn storing() {
    replay("cookies/store-a-cookie", |input| {
        let mut store = CookieStore::new();
        for before in input.inner("before", "value") {
            set(&mut store, &before).unwrap();
        }
        match set(&mut store, &input.inner_one("cookie", "value")) {
            Ok(outcome) => Outcome::result(match outcome.change {
                StoreChange::Added => "added",
                StoreChange::Replaced(_) => "replaced",
                StoreChange::Unchanged => "unchanged",
                StoreChange::Deleted(Some(_)) => "deleted",
                StoreChange::Deleted(None) => "nothing to delete",
            }),
            Err(rejection) => Outcome::null_because(refusal(&rejection)),
        }
    });
}

fn mode(text: &str) -> SameSiteMode {
    match text {
        "none" => SameSiteMode::None,
        "unset-or-less" => SameSiteMode::UnsetOrLess,
        "unset-or-less-unsafe-navigation" => SameSiteMode::UnsetOrLessUnsafeNavigation,
        "lax-or-less" => SameSiteMode::LaxOrLess,
        "strict-or-less" => SameSiteMode::StrictOrLess,
        other => panic!("{other:?} is no mode"),
    }
}

/// The policy whose way with cookies without `SameSite` an input names.
fn policy(input: &Input) -> CookiePolicy {
    let same_site_default = match &*text_or(input, "same_site_default", "unset") {
        "none" => SameSiteDefault::None,
        "unset" => SameSiteDefault::Unset,
        "lax" => SameSiteDefault::Lax,
        "lax-allowing-unsafe" => SameSiteDefault::LaxAllowingUnsafe,
        other => panic!("{other:?} is no default"),
    };
    CookiePolicy {
        same_site_default,
        ..CookiePolicy::standard()
    }
}

/// The names of cookies.
fn names<'a>(cookies: impl IntoIterator<Item = &'a Cookie>) -> Value {
    cookies
        .into_iter()
        .map(|cookie| bytes_value(&cookie.name))
        .collect()
}

#[test]
fn retrieving() {
    replay("cookies/retrieve-cookies", |input| {
        let mut store = CookieStore::new();
        for cookie in input.inner("set", "value") {
            // What is refused is refused; the cases say what is there in the end.
            let _ = set(&mut store, &cookie);
        }
        let get = input.inner_one("get", "url");
        let (url, host) = url(&get, "url");
        let (is_secure, http_only_allowed) = (
            url.scheme() == "https",
            flag_or(&get, "http_only_allowed", true),
        );
        let same_site = mode(&text_or(&get, "same_site", "strict-or-less"));
        let (now, policy) = (time(&get), policy(&get));
        let decisions = store.decisions(
            now,
            is_secure,
            &host,
            url.path(),
            http_only_allowed,
            same_site,
            &policy,
        );
        let mut withheld: Vec<_> = decisions
            .iter()
            .filter_map(|(cookie, decision)| decision.err().map(|why| (cookie, why)))
            .map(|(cookie, why)| (cookie.name.clone(), why.code()))
            .collect();
        withheld.sort();
        let retrieved = store.retrieve(
            now,
            is_secure,
            &host,
            url.path(),
            http_only_allowed,
            same_site,
            &policy,
            &Trace::off(),
        );
        assert_eq!(retrieved.len() + withheld.len(), decisions.len());
        let withheld: Value = withheld
            .iter()
            .map(|(name, why)| json!([bytes_value(name), why]))
            .collect();
        let sent = bytes_value(&serialize_cookies(&retrieved));
        Outcome::result(json!({ "sent": sent, "withheld": withheld }))
    });
}

#[test]
fn garbage_collecting() {
    replay("cookies/garbage-collect-cookies", |input| {
        let limit = |field| usize::try_from(input.number(field)).unwrap();
        let policy = CookiePolicy {
            per_host_limit: limit("total_cookies_per_host_limit"),
            total_limit: limit("total_cookies_limit"),
            ..CookiePolicy::standard()
        };
        let mut store = CookieStore::new();
        for event in input.inner("set", "value") {
            if event.has("get") {
                let (url, host) = url(&event, "get");
                let same_site = mode(&text_or(&event, "same_site", "strict-or-less"));
                let (now, path, trace) = (time(&event), url.path(), Trace::off());
                store.retrieve(now, true, &host, path, true, same_site, &policy, &trace);
            } else {
                set(&mut store, &event).unwrap();
            }
        }
        let host = host(input, "host");
        let removed = store.garbage_collect(time(input), &host, &policy, &Trace::off());
        let removed = names(removed.iter().map(|cookie| &**cookie));
        let left = names(store.iter().map(|cookie| &**cookie));
        Outcome::result(json!({ "removed": removed, "left": left }))
    });
}

/// A file that nothing replays would prove nothing.
#[test]
fn every_file_is_replayed() {
    let source = include_str!("cookies_vectors.rs");
    for entry in std::fs::read_dir(crossexam_tests::vectors::folder().join("cookies")).unwrap() {
        let path = entry.unwrap().path();
        let stem = path.file_stem().unwrap().to_str().unwrap();
        assert!(
            source.contains(&format!("\"cookies/{stem}\"")),
            "nothing replays {stem}.json"
        );
    }
}
