//! MIME types: what was parsed and serialized parses to the same.
#![no_main]

use crossexam_web::header_value::is_token;
use crossexam_web::infra::isomorphic_decode;
use crossexam_web::mime;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let input = std::str::from_utf8(data).map_or_else(|_| isomorphic_decode(data), str::to_owned);
    let Some(parsed) = mime::parse(&input) else {
        return;
    };
    assert!(is_token(parsed.type_().as_bytes()) && is_token(parsed.subtype().as_bytes()));
    assert_eq!(parsed.essence(), parsed.essence().to_ascii_lowercase());
    let mut names: Vec<_> = parsed.parameters().map(|(name, _)| name).collect();
    assert!(
        names
            .iter()
            .all(|name| is_token(name.as_bytes()) && !name.bytes().any(|b| b.is_ascii_uppercase()))
    );
    names.sort_unstable();
    assert!(names.windows(2).all(|pair| pair[0] != pair[1]));

    let serialized = parsed.to_string();
    assert_eq!(
        mime::parse(&serialized),
        Some(parsed.clone()),
        "{serialized}"
    );
    let _ = mime::minimize_a_supported_mime_type(&parsed, |_| true);
    let _ = mime::is_javascript_mime_type_essence_match(&input);
});
