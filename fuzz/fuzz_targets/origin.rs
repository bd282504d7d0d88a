//! Origins, sites and trust of URLs; two URLs, each on a line.
#![no_main]

use crossexam_web::{Host, Origin, data_url, trustworthy};
use libfuzzer_sys::fuzz_target;
use url::Url;

fuzz_target!(|data: &str| {
    let urls: Vec<Url> = data
        .split('\n')
        .take(2)
        .filter_map(|line| Url::parse(line).ok())
        .collect();
    let mut origins = Vec::new();
    for url in &urls {
        let _ = trustworthy::is_url_potentially_trustworthy(url);
        let _ = data_url::process(url);
        if let Some(host) = Host::of(url) {
            let registrable = host.registrable_domain();
            if let Some(domain) = registrable {
                let itself = Host::Domain(domain.into());
                assert_eq!(itself.registrable_domain(), Some(domain));
            }
        }
        let Some(origin) = Origin::of_url(url) else {
            continue;
        };
        assert!(origin.is_same_origin_with_url(url) && origin.is_same_site_with_url(url));
        let serialized = origin.to_string();
        let again = Url::parse(&serialized)
            .ok()
            .and_then(|url| Origin::of_url(&url));
        assert_eq!(again.as_ref(), Some(&origin), "{serialized}");
        origins.push(origin);
    }
    if let [a, b] = &origins[..] {
        assert_eq!(a.is_same_origin(b), a == b);
        assert_eq!(a.is_same_origin(b), b.is_same_origin(a));
        assert_eq!(a.is_same_origin(b), a.is_same_origin_with_url(&urls[1]));
        assert_eq!(a.is_same_site(b), a.site() == b.site());
        assert!(!a.is_same_origin(b) || a.is_same_site(b));
        assert!(!a.is_same_site(b) || a.is_schemelessly_same_site(b));
    }
});
