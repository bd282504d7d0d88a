//! Header values: splitting, extracting, and what is safelisted. Lines of the input are headers, `name:value`.
#![no_main]

use bytes::Bytes;
use crossexam_web::header_value::{
    ExtractFailure, extract_header_list_values, get_decode_and_split, is_header_name,
    is_header_value, is_token, normalize,
};
use crossexam_web::infra::isomorphic_decode;
use crossexam_web::{HeaderList, mime, safelist};
use libfuzzer_sys::fuzz_target;

const EXTRACTABLE: [&[u8]; 8] = [
    b"access-control-allow-methods",
    b"access-control-allow-headers",
    b"access-control-expose-headers",
    b"access-control-max-age",
    b"access-control-allow-credentials",
    b"content-encoding",
    b"cross-origin-resource-policy",
    b"location",
];

fuzz_target!(|data: &[u8]| {
    let mut headers = HeaderList::new();
    for line in data.split(|&byte| byte == b'\n') {
        let (name, value) = match line.iter().position(|&byte| byte == b':') {
            Some(colon) => (&line[..colon], &line[colon + 1..]),
            None => (&b"content-type"[..], line),
        };
        let value = normalize(value);
        assert_eq!(normalize(value), value);
        if is_header_name(name) && is_header_value(value) {
            headers.append(Bytes::copy_from_slice(name), Bytes::copy_from_slice(value));
        }
    }

    for header in &headers {
        let values = get_decode_and_split(&headers, &header.name).expect("it is there");
        let without = |text: &str| text.replace([' ', '\t'], "");
        let combined = headers.get(&header.name).expect("it is there");
        assert_eq!(
            without(&values.join(",")),
            without(&isomorphic_decode(&combined))
        );

        let safelisted = safelist::is_cors_safelisted_request_header(&header.name, &header.value);
        if safelisted {
            assert!(header.value.len() <= safelist::LONGEST_SAFELISTED_VALUE);
            assert!(!safelist::is_forbidden_request_header(
                &header.name,
                &header.value
            ));
        }
    }

    for name in EXTRACTABLE {
        match extract_header_list_values(name, &headers) {
            Ok(values) => assert_eq!(values.is_some(), headers.contains(name)),
            Err(ExtractFailure::SeveralHeaders { count, .. }) => assert!(count > 1),
            Err(ExtractFailure::Syntax { part, .. }) => {
                assert!(!name.ends_with(b"headers") || !is_token(&part));
            }
            Err(failure @ ExtractFailure::Unmodelled { .. }) => panic!("{failure}"),
        }
    }

    let unsafe_names = safelist::cors_unsafe_request_header_names(&headers);
    assert!(unsafe_names.windows(2).all(|pair| pair[0] < pair[1]));
    assert!(unsafe_names.iter().all(|name| headers.contains(name)));

    let sorted = headers.sort_and_combine();
    assert_eq!(sorted.sort_and_combine(), sorted);

    let _ = mime::determine_nosniff(&headers);
    let _ = mime::extract_a_length(&headers);
    if let Some(mime_type) = mime::extract_a_mime_type(&headers) {
        assert_eq!(mime::parse(&mime_type.to_string()), Some(mime_type));
    }
});
