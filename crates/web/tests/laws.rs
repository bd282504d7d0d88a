//! Laws that hold whatever the bytes are.

#![allow(clippy::unwrap_used)]

use bytes::Bytes;
use crossexam_web::header_value::{
    ExtractFailure, collect_an_http_quoted_string, extract_header_list_values,
    get_decode_and_split_value, is_header_value, is_token, normalize,
};
use crossexam_web::infra::{isomorphic_decode, isomorphic_encode};
use crossexam_web::method::{
    is_cors_safelisted_method, is_forbidden_method, is_method, normalize_a_method,
};
use crossexam_web::range::{build_a_content_range, parse_a_single_range_header_value};
use crossexam_web::safelist::{
    cors_unsafe_request_header_names, is_cors_safelisted_request_header,
    is_forbidden_request_header, is_no_cors_safelisted_request_header,
};
use crossexam_web::{Header, HeaderList, Host, MimeType, Origin, mime};
use proptest::collection::vec;
use proptest::prelude::*;

fn header_bytes() -> impl Strategy<Value = Vec<u8>> {
    // Half of them made of the bytes that matter, so that quotes, commas and escapes meet.
    prop_oneof![
        vec(any::<u8>(), 0..40),
        vec(prop::sample::select(&b"\",\\ \t;=a/0-*\xff"[..]), 0..40)
    ]
}

fn header_name() -> impl Strategy<Value = Bytes> {
    prop::sample::select(vec![
        "Accept",
        "ACCEPT",
        "Content-Type",
        "content-type",
        "X-A",
        "x-a",
        "X-b",
        "Range",
        "Set-Cookie",
        "set-cookie",
        "Content-Language",
        "Authorization",
        "Sec-Fetch-Site",
        "X-HTTP-Method-Override",
    ])
    .prop_map(|name| Bytes::from_static(name.as_bytes()))
}

fn header_list() -> impl Strategy<Value = HeaderList> {
    vec(
        (
            header_name(),
            header_bytes().prop_map(|value| Bytes::copy_from_slice(normalize(&value))),
        ),
        0..12,
    )
    .prop_map(HeaderList::from_iter)
}

fn host() -> impl Strategy<Value = Host> {
    prop_oneof![
        prop::sample::select(vec![
            "alice.example",
            "www.alice.example",
            "alice.example.",
            "charlie.example",
            "com",
            "github.io",
            "alice.github.io",
            "localhost",
            "a.localhost",
            "alice.co.uk",
            "a..com",
            "b..com",
        ])
        .prop_map(|domain| Host::Domain(domain.into())),
        (0u8..2).prop_map(|last| Host::Ipv4([127, 0, 0, last].into())),
        (0u16..2).prop_map(|last| Host::Ipv6([0, 0, 0, 0, 0, 0, 0, last].into())),
    ]
}

fn origin() -> impl Strategy<Value = Origin> {
    prop_oneof![
        1 => (0u64..4).prop_map(Origin::opaque),
        6 => (prop::sample::select(vec!["http", "https", "wss"]), host(), prop::option::of(8080u16..8082))
            .prop_map(|(scheme, host, port)| Origin::tuple(scheme, host, port)),
    ]
}

proptest! {
    #[test]
    fn splitting_loses_nothing_but_whitespace_at_the_ends_of_values(value in header_bytes()) {
        let values = get_decode_and_split_value(&value);
        prop_assert!(!values.is_empty());
        let without = |text: &str| text.chars().filter(|c| !matches!(c, ' ' | '\t')).collect::<String>();
        prop_assert_eq!(without(&values.join(",")), without(&isomorphic_decode(&value)));
        // What was split once does not fall apart further: joining and splitting again gives the same values. (Only
        // the last one can hold a quote that nothing closes.)
        let joined = isomorphic_encode(&values.join(",")).unwrap();
        prop_assert_eq!(get_decode_and_split_value(&joined), values);
    }

    #[test]
    fn splitting_a_combined_value_begins_with_the_first(a in header_bytes(), b in header_bytes()) {
        let quotes_are_closed = !a.contains(&b'"');
        let list = HeaderList::from_iter([("X", Bytes::from(a.clone())), ("x", Bytes::from(b.clone()))]);
        let all = get_decode_and_split_value(&list.get(b"X").unwrap());
        if quotes_are_closed {
            let apart = [get_decode_and_split_value(&a), get_decode_and_split_value(&b)].concat();
            prop_assert_eq!(all, apart);
        }
    }

    #[test]
    fn a_quoted_string_ends_on_a_boundary(text in "[\"\\\\a,é\u{100}]{0,12}") {
        let input = format!("\"{text}");
        let (mut plain, mut extracted) = (0, 0);
        let whole = collect_an_http_quoted_string(&input, &mut plain, false);
        let value = collect_an_http_quoted_string(&input, &mut extracted, true);
        prop_assert_eq!(plain, extracted);
        prop_assert_eq!(&whole[..], &input[..plain]);
        prop_assert!(value.len() <= whole.len());
    }

    #[test]
    fn a_normalized_value_stays_normalized(value in vec(any::<u8>(), 0..20)) {
        let once = normalize(&value);
        prop_assert_eq!(normalize(once), once);
        let inner = once.iter().any(|byte| matches!(byte, 0 | b'\n' | b'\r'));
        prop_assert_eq!(is_header_value(once), !inner);
    }

    #[test]
    fn extracted_names_are_tokens_of_the_value(values in vec(header_bytes(), 1..4)) {
        const NAME: &[u8] = b"access-control-allow-headers";
        let list: HeaderList = values.iter().map(|v| (Bytes::from_static(NAME), Bytes::copy_from_slice(normalize(v)))).collect();
        match extract_header_list_values(NAME, &list) {
            Ok(Some(names)) => {
                prop_assert!(names.iter().all(|name| is_token(name)));
                let combined: Vec<Bytes> = list.get(NAME).unwrap()
                    .split(|&b| b == b',')
                    .map(|part| part.trim_ascii())
                    .filter(|part| !part.is_empty())
                    .map(Bytes::copy_from_slice)
                    .collect();
                prop_assert_eq!(names, combined);
            }
            Err(ExtractFailure::Syntax { part, value, .. }) => {
                prop_assert!(!part.is_empty() && !is_token(&part));
                prop_assert!(list.values(NAME).any(|v| *v == value));
            }
            other => prop_assert!(false, "{other:?}"),
        }
    }

    #[test]
    fn sorting_and_combining_again_changes_nothing(list in header_list()) {
        let once = list.sort_and_combine();
        prop_assert_eq!(&once.sort_and_combine(), &once);
        let names: Vec<_> = once.iter().map(|h| h.name.clone()).collect();
        prop_assert!(names.is_sorted());
        for name in &names {
            prop_assert_eq!(list.get(name), once.get(name));
        }
        prop_assert_eq!(list.iter().all(|h| once.contains(&h.name)), true);
    }

    #[test]
    fn retaining_keeps_the_order(list in header_list()) {
        prop_assert_eq!(list.is_empty(), list.iter().next().is_none());
        let mut kept = list.clone();
        kept.retain(|header| header.name.len() > 6);
        let expected: Vec<Header> = list.into_iter().filter(|h| h.name.len() > 6).collect();
        prop_assert_eq!(kept.len(), expected.len());
        prop_assert_eq!(kept.into_iter().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn setting_leaves_one_and_deleting_none(list in header_list(), name in header_name(), value in header_bytes()) {
        let mut set = list.clone();
        set.set(name.clone(), value.clone());
        prop_assert_eq!(set.values(&name).cloned().collect::<Vec<_>>(), vec![Bytes::from(value)]);
        let others = |list: &HeaderList| -> Vec<Header> {
            list.iter().filter(|h| !h.name.eq_ignore_ascii_case(&name)).cloned().collect()
        };
        prop_assert_eq!(others(&set), others(&list));
        let mut deleted = list.clone();
        prop_assert_eq!(deleted.delete(&name), list.contains(&name));
        prop_assert!(!deleted.contains(&name));
        prop_assert_eq!(others(&deleted), others(&list));
    }

    #[test]
    fn combining_is_what_getting_shows(list in header_list(), name in header_name(), value in header_bytes()) {
        let (mut combined, mut appended) = (list.clone(), list);
        let count = combined.len() + usize::from(!combined.contains(&name));
        combined.combine(name.clone(), value.clone());
        appended.append(name.clone(), value);
        prop_assert_eq!(combined.len(), count);
        if combined.values(&name).count() == 1 {
            prop_assert_eq!(combined.get(&name), appended.get(&name));
        }
    }

    #[test]
    fn unsafe_names_are_names_of_the_list(list in header_list()) {
        let names = cors_unsafe_request_header_names(&list);
        prop_assert!(names.windows(2).all(|pair| pair[0] < pair[1]));
        for header in &list {
            let named = names.iter().any(|name| name.eq_ignore_ascii_case(&header.name));
            if !is_cors_safelisted_request_header(&header.name, &header.value) {
                prop_assert!(named);
            }
        }
        prop_assert!(names.iter().all(|name| list.contains(name)));
    }

    #[test]
    fn the_safelists_lie_inside_each_other(name in header_name(), value in header_bytes()) {
        if is_no_cors_safelisted_request_header(&name, &value) {
            prop_assert!(is_cors_safelisted_request_header(&name, &value));
        }
        if is_cors_safelisted_request_header(&name, &value) {
            prop_assert!(!is_forbidden_request_header(&name, &value));
            prop_assert!(value.len() <= 128);
        }
    }

    #[test]
    fn a_mime_type_serializes_to_itself(input in prop_oneof![
        "[a-zA-Z/]{0,6}/[a-z+/]{0,6}([; ]{0,2}[a-cA-C]{0,2}={0,2}[\"\\\\; a\u{7f}\u{e9}\u{100}]{0,6}){0,3}",
        ".{0,30}",
    ]) {
        if let Some(parsed) = mime::parse(&input) {
            let text = parsed.to_string();
            let again = mime::parse(&text);
            prop_assert_eq!(again.as_ref(), Some(&parsed), "{}", text);
            prop_assert_eq!(again.map(|it| it.to_string()), Some(text));
            prop_assert_eq!(parsed.essence(), format!("{}/{}", parsed.type_(), parsed.subtype()));
        }
    }

    #[test]
    fn a_quoted_parameter_survives(value in "[\t -~\u{80}-\u{ff}]{0,20}") {
        let mime_type = MimeType::new("x", "y").with_parameter("p", &value);
        let parsed = mime::parse(&mime_type.to_string()).unwrap();
        prop_assert_eq!(parsed.parameter("p"), Some(&value[..]));
    }

    #[test]
    fn a_range_never_runs_backwards(value in "bytes[ \t]?=[0-9 \t]{0,25}-[0-9 \t]{0,25}", whitespace: bool) {
        if let Some((start, end)) = parse_a_single_range_header_value(value.as_bytes(), whitespace) {
            prop_assert!(start.is_some() || end.is_some());
            if let (Some(start), Some(end)) = (start, end) {
                prop_assert!(start <= end);
            }
            // Whitespace only ever makes more of them parse.
            prop_assert_eq!(parse_a_single_range_header_value(value.as_bytes(), true), Some((start, end)));
        }
    }

    #[test]
    fn any_bytes_are_a_range_or_not(value in header_bytes(), whitespace: bool) {
        let parsed = parse_a_single_range_header_value(&value, whitespace);
        prop_assert!(parsed.is_none() || value.starts_with(b"bytes"));
    }

    #[test]
    fn a_range_that_was_written_is_read(start: u64, end: u64, length: u64) {
        let written = format!("bytes={start}-{end}");
        let expected = (start <= end).then_some((Some(start), Some(end)));
        prop_assert_eq!(parse_a_single_range_header_value(written.as_bytes(), false), expected);
        prop_assert_eq!(build_a_content_range(start, end, length), format!("bytes {start}-{end}/{length}"));
    }

    #[test]
    fn methods(method in prop_oneof!["[A-Za-z]{0,7}", "(?i)(get|head|post|put|delete|options|patch|trace|track|connect)"]) {
        let method = Bytes::from(method);
        let normalized = normalize_a_method(method.clone());
        prop_assert_eq!(normalize_a_method(normalized.clone()), normalized.clone());
        prop_assert!(normalized.eq_ignore_ascii_case(&method));
        prop_assert_eq!(is_method(&normalized), is_method(&method));
        prop_assert!(!(is_cors_safelisted_method(&normalized) && is_forbidden_method(&normalized)));
    }

    #[test]
    fn isomorphic(bytes in vec(any::<u8>(), 0..50)) {
        let decoded = isomorphic_decode(&bytes);
        prop_assert_eq!(decoded.chars().count(), bytes.len());
        prop_assert_eq!(isomorphic_encode(&decoded), Some(bytes));
    }

    #[test]
    fn same_origin_and_same_site_are_equivalences(a in origin(), b in origin(), c in origin()) {
        for relation in [
            Origin::is_same_origin, Origin::is_same_origin_domain, Origin::is_same_site, Origin::is_schemelessly_same_site,
        ] {
            prop_assert!(relation(&a, &a.clone()));
            prop_assert_eq!(relation(&a, &b), relation(&b, &a));
            prop_assert!(!(relation(&a, &b) && relation(&b, &c)) || relation(&a, &c));
        }
    }

    #[test]
    fn same_origin_is_narrower_than_same_site(a in origin(), b in origin()) {
        prop_assert!(!a.is_same_origin(&b) || a.is_same_site(&b));
        prop_assert!(!a.is_same_site(&b) || a.is_schemelessly_same_site(&b));
        prop_assert_eq!(a.is_same_site(&b), a.site() == b.site());
        prop_assert!(!a.is_opaque() || !a.is_same_origin(&b) || a == b);
        if let Ok(url) = url::Url::parse(&b.to_string()) {
            prop_assert_eq!(a.is_same_origin_with_url(&url), a.is_same_origin(&b));
            prop_assert_eq!(a.is_same_site_with_url(&url), a.is_same_site(&b));
        }
    }

    #[test]
    fn a_registrable_domain_ends_its_host_and_is_its_own(name in "[a-c.]{1,8}(com|co\\.uk|github\\.io|localhost|zz)?\\.?") {
        let host = Host::Domain(name.clone().into());
        if let Some(domain) = host.registrable_domain() {
            let suffix = host.public_suffix().unwrap();
            prop_assert!(domain == name || name.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.')));
            prop_assert!(domain.strip_suffix(suffix).is_some_and(|rest| rest.ends_with('.')));
            let itself = Host::Domain(domain.into());
            prop_assert_eq!(itself.registrable_domain(), Some(domain));
            let suffix = Host::Domain(suffix.into());
            prop_assert_eq!(suffix.registrable_domain(), None);
        }
    }
}
