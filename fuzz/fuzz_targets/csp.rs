//! Content Security Policies: a policy in the first line, URLs in the others.
#![no_main]

use crossexam_csp::{
    CspList, Disposition, FetchCheck, FetchKind, InlineCheck, InlineKind, ParserInserted, Policy,
    PolicySource, UrlMatch, does_url_match_source_list,
};
use crossexam_web::{HeaderList, Origin};
use libfuzzer_sys::fuzz_target;
use url::Url;

const KINDS: [FetchKind; 12] = [
    FetchKind::Connect,
    FetchKind::Manifest,
    FetchKind::Object,
    FetchKind::Frame,
    FetchKind::Media,
    FetchKind::Font,
    FetchKind::Image,
    FetchKind::Style,
    FetchKind::Script,
    FetchKind::Worker,
    FetchKind::Prefetch,
    FetchKind::Report,
];

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let mut lines = text.split('\n');
    let serialized = lines.next().unwrap_or_default();
    let policy = Policy::parse(serialized, PolicySource::Header, Disposition::Enforce);

    // Written and read again it is the same.
    let written: Vec<String> = policy
        .directives()
        .iter()
        .map(|directive| format!("{} {}", directive.name(), directive.value().join(" ")))
        .collect();
    let again = Policy::parse(
        &written.join(";"),
        PolicySource::Header,
        Disposition::Enforce,
    );
    assert_eq!(again.directives(), policy.directives());

    let mut headers = HeaderList::new();
    headers.append("Content-Security-Policy", serialized.as_bytes().to_vec());
    let page: Url = "https://alice.example/".parse().expect("a URL");
    let own = Origin::of_url(&page).expect("an origin");
    let _ = CspList::of_response(&headers, &own);

    for line in lines.take(8) {
        let Ok(url) = Url::parse(line) else { continue };
        let check = FetchCheck::new(&url);
        for kind in KINDS {
            let violated = policy.violated_directive(kind, &check, &own);
            assert!(violated.is_none_or(|directive| policy.directive(directive.name()).is_some()));
        }
        for directive in policy.directives() {
            let all = does_url_match_source_list(&url, directive.value(), &own, 0);
            // Taking an expression away never lets more through, but that `'none'` may be left alone.
            for index in 0..directive.value().len().min(4) {
                let mut fewer = directive.value().to_vec();
                fewer.remove(index);
                let some = does_url_match_source_list(&url, &fewer, &own, 0);
                assert!(some == UrlMatch::DoesNotMatch || all == UrlMatch::Matches);
            }
            // A redirect never lets less through.
            if all == UrlMatch::Matches {
                let redirected = does_url_match_source_list(&url, directive.value(), &own, 1);
                assert_eq!(redirected, UrlMatch::Matches);
            }
        }
        let _ = policy.directive_violated_inline(&InlineCheck {
            kind: InlineKind::Script,
            nonce: line,
            source: line,
            parser_inserted: ParserInserted::Yes,
        });
    }
});
