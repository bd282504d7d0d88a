//! Laws of the Fetch API's `Headers`.

#![allow(clippy::unwrap_used, reason = "tests")]

use crossexam_fetch::api::{Guard, Headers, HeadersInit};
use crossexam_web::header_value::normalize;
use crossexam_web::safelist::{
    is_forbidden_request_header, is_forbidden_response_header_name,
    is_no_cors_safelisted_request_header,
};
use proptest::prelude::*;

const GUARDS: [Guard; 5] = [
    Guard::Immutable,
    Guard::Request,
    Guard::RequestNoCors,
    Guard::Response,
    Guard::None,
];

fn name() -> impl Strategy<Value = String> {
    const KNOWN: [&str; 13] = [
        "Accept",
        "accept-language",
        "Content-Type",
        "Content-Language",
        "Cookie",
        "Origin",
        "Range",
        "Set-Cookie",
        "X-HTTP-Method",
        "Sec-Fetch-Site",
        "proxy-x",
        "a b",
        "",
    ];
    prop_oneof![
        proptest::sample::select(&KNOWN[..]).prop_map(str::to_owned),
        "[A-Za-z-]{1,6}"
    ]
}

fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ -~\t]{0,12}",
        "(GET|TRACE|text/plain|bytes=0-|en|,| |;){0,4}",
        "[\u{0}-\u{ff}]{0,4}",
        "a{120,130}"
    ]
}

#[derive(Debug, Clone)]
enum Change {
    Append(String, String),
    Set(String, String),
    Delete(String),
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        (name(), value()).prop_map(|(name, value)| Change::Append(name, value)),
        (name(), value()).prop_map(|(name, value)| Change::Set(name, value)),
        name().prop_map(Change::Delete),
    ]
}

fn latin1(text: &str) -> Vec<u8> {
    text.chars()
        .filter_map(|it| u8::try_from(it).ok())
        .collect()
}

fn apply(headers: &mut Headers, change: &Change) -> Result<(), crossexam_fetch::api::ApiError> {
    match change {
        Change::Append(name, value) => headers.append(name.as_bytes(), &latin1(value)),
        Change::Set(name, value) => headers.set(name.as_bytes(), &latin1(value)),
        Change::Delete(name) => headers.delete(name.as_bytes()),
    }
}

proptest! {
    /// No sequence of changes gets a header past its guard.
    #[test]
    fn guards_hold(guard in proptest::sample::select(&GUARDS[..]), changes in proptest::collection::vec(change(), 0..12)) {
        let mut headers = Headers::new(guard);
        for change in &changes {
            let before = headers.clone();
            if apply(&mut headers, change).is_err() {
                prop_assert_eq!(&headers, &before);
            }
        }
        for header in &headers.header_list {
            let (name, value) = (&header.name[..], &header.value[..]);
            prop_assert_eq!(normalize(value), value);
            match guard {
                Guard::Immutable => prop_assert!(false, "nothing gets in"),
                Guard::Request => prop_assert!(!is_forbidden_request_header(name, value)),
                Guard::RequestNoCors => {
                    prop_assert!(is_no_cors_safelisted_request_header(name, value));
                    let combined = headers.header_list.get(name).unwrap();
                    prop_assert!(is_no_cors_safelisted_request_header(name, &combined));
                }
                Guard::Response => prop_assert!(!is_forbidden_response_header_name(name)),
                Guard::None => {}
            }
        }
    }

    /// What is set is got; what is appended is added; what is deleted is gone. Case does not matter.
    #[test]
    fn changes_are_seen(earlier in proptest::collection::vec(change(), 0..8), name in "[A-Za-z]{1,4}", value in "[ -~]{0,8}") {
        let mut headers = Headers::new(Guard::None);
        for change in &earlier {
            let _ = apply(&mut headers, change);
        }
        let (name, other) = (name.as_bytes(), name.to_ascii_uppercase());
        let other = other.as_bytes();
        let trimmed = normalize(value.as_bytes()).to_vec();
        let before = headers.get(name).unwrap();
        headers.append(name, value.as_bytes()).unwrap();
        let expected = match before {
            Some(before) => [&before[..], b", ", &trimmed].concat(),
            None => trimmed.clone(),
        };
        prop_assert_eq!(headers.get(other).unwrap().unwrap(), expected);
        headers.set(other, value.as_bytes()).unwrap();
        prop_assert_eq!(headers.get(name).unwrap().unwrap(), trimmed);
        headers.delete(name).unwrap();
        prop_assert!(!headers.has(other).unwrap());
    }

    /// Headers that are made of the pairs which iterating gives are the same headers.
    #[test]
    fn iterating_gives_all(changes in proptest::collection::vec(change(), 0..12)) {
        let mut headers = Headers::new(Guard::None);
        for change in &changes {
            let _ = apply(&mut headers, change);
        }
        let pairs = headers.header_list.sort_and_combine();
        let init = HeadersInit::Sequence(
            pairs
                .iter()
                .map(|header| vec![header.name.clone(), header.value.clone()])
                .collect(),
        );
        let again = Headers::with_init(Some(&init)).unwrap();
        // Values that were combined of empty ones end in a space.
        let trimmed = pairs.iter().map(|header| {
            let value = header.value.slice_ref(normalize(&header.value));
            (header.name.clone(), value)
        });
        prop_assert_eq!(again.header_list.sort_and_combine(), trimmed.collect());
        let names: Vec<_> = pairs.iter().map(|header| header.name.clone()).collect();
        prop_assert!(names.is_sorted());
        for name in names {
            let expected = headers.get(&name).unwrap().unwrap();
            // `Set-Cookie` is not combined on the way, so that its empty values still are when it is asked for.
            let got = again.get(&name).unwrap().unwrap();
            prop_assert_eq!(normalize(&got), normalize(&expected));
        }
        prop_assert_eq!(again.get_set_cookie(), headers.get_set_cookie());
    }
}
