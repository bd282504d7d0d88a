//! Origins and sites against the URL and HTML Standards.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use crossexam_web::{Host, Origin, Site};
use url::Url;

fn origin(url: &str) -> Origin {
    Origin::of_url(&Url::parse(url).unwrap())
        .unwrap_or_else(|| panic!("{url} has an opaque origin"))
}

fn host(url: &str) -> Host {
    Host::of(&Url::parse(url).unwrap()).unwrap()
}

#[test]
fn serialization() {
    let cases = [
        ("https://alice.example/", "https://alice.example"),
        (
            "https://alice.example:443/path?query#fragment",
            "https://alice.example",
        ),
        ("http://alice.example:443/", "http://alice.example:443"),
        ("http://alice.example:80/", "http://alice.example"),
        ("HTTP://Alice.EXAMPLE:8080", "http://alice.example:8080"),
        (
            "https://user:secret@alice.example/",
            "https://alice.example",
        ),
        ("https://alice.example./", "https://alice.example."),
        ("http://[::1]:3000/", "http://[::1]:3000"),
        ("http://[2001:DB8:0:0:0:0:0:1]/", "http://[2001:db8::1]"),
        ("http://0x7f.1/", "http://127.0.0.1"),
        ("https://münchen.example/", "https://xn--mnchen-3ya.example"),
        ("ws://alice.example:80/", "ws://alice.example"),
        ("wss://alice.example:443/", "wss://alice.example"),
        ("ftp://alice.example:21/", "ftp://alice.example"),
        ("https://alice.example:0/", "https://alice.example:0"),
    ];
    for (url, expected) in cases {
        let origin = origin(url);
        assert_eq!(origin.to_string(), expected, "{url}");
        assert_eq!(
            origin.as_tuple().unwrap().serialized_bytes(),
            expected,
            "{url}"
        );
    }
    assert_eq!(Origin::opaque(7).to_string(), "null");
}

#[test]
fn the_serialization_leads_back_to_the_origin() {
    for url in [
        "https://alice.example",
        "http://[::1]:3000",
        "wss://127.0.0.1:1",
        "ftp://a.b.",
    ] {
        let first = origin(url);
        assert_eq!(origin(&first.to_string()), first);
    }
}

#[test]
fn urls_with_an_opaque_origin() {
    let urls = [
        "data:text/html,x",
        "about:blank",
        "about:srcdoc",
        "javascript:1",
        "file:///etc/passwd",
        "mailto:alice@alice.example",
        "custom://alice.example/",
        "blob:",
        "blob:null/6e2c",
        "blob:ftp://alice.example/6e2c",
        "blob:ws://alice.example/6e2c",
        "blob:file:///6e2c",
        "blob:blob:https://alice.example/6e2c",
        "blob:data:text/plain,x",
        "filesystem:https://alice.example/temporary/x",
    ];
    for url in urls {
        assert_eq!(Origin::of_url(&Url::parse(url).unwrap()), None, "{url}");
    }
}

#[test]
fn a_blob_url_has_the_origin_inside_it() {
    let inside = origin("blob:https://alice.example:8443/6e2c#x?y");
    assert!(inside.is_same_origin(&origin("https://alice.example:8443/")));
    assert!(
        origin("https://alice.example:8443")
            .is_same_origin_with_url(&Url::parse("blob:https://alice.example:8443/1").unwrap())
    );
    assert!(
        !origin("https://alice.example")
            .is_same_origin_with_url(&Url::parse("blob:https://alice.example:8443/1").unwrap())
    );
}

#[test]
fn same_origin_needs_scheme_host_and_port() {
    let alice = origin("https://alice.example/");
    let same = [
        "https://alice.example/x",
        "https://ALICE.example:443/",
        "https://bob@alice.example/",
    ];
    let other = [
        "http://alice.example/",
        "wss://alice.example/",
        "https://alice.example:444/",
        "https://www.alice.example/",
        "https://example/",
        "https://alice.example.charlie.example/",
        "https://notalice.example/",
        "https://alice.example./",
        "https://127.0.0.1/",
        "data:,x",
    ];
    for url in same {
        let url = Url::parse(url).unwrap();
        assert!(alice.is_same_origin_with_url(&url), "{url}");
        assert!(
            alice.is_same_origin(&Origin::of_url(&url).unwrap()),
            "{url}"
        );
    }
    for url in other {
        let url = Url::parse(url).unwrap();
        assert!(!alice.is_same_origin_with_url(&url), "{url}");
        assert!(
            !Origin::of_url(&url).is_some_and(|origin| alice.is_same_origin(&origin)),
            "{url}"
        );
    }
    // An address and the name for it are different hosts.
    assert!(!origin("http://localhost/").is_same_origin(&origin("http://127.0.0.1/")));
    assert!(!origin("http://[::1]/").is_same_origin(&origin("http://127.0.0.1/")));
    assert!(!origin("http://[::ffff:127.0.0.1]/").is_same_origin(&origin("http://127.0.0.1/")));
}

#[test]
fn an_opaque_origin_is_the_same_only_as_itself() {
    let (one, other) = (Origin::opaque(1), Origin::opaque(2));
    for question in [
        Origin::is_same_origin,
        Origin::is_same_origin_domain,
        Origin::is_same_site,
        Origin::is_schemelessly_same_site,
    ] {
        assert!(question(&one, &one.clone()));
        assert!(!question(&one, &other));
        assert!(!question(&one, &origin("https://alice.example")));
        assert!(!question(&origin("https://alice.example"), &one));
    }
    assert_ne!(one.site(), other.site());
    // Both say `null`, which is why no server can tell them apart.
    assert_eq!(one.to_string(), other.to_string());
    assert!(!one.is_same_origin_with_url(&Url::parse("data:,x").unwrap()));
    assert!(!one.is_same_site_with_url(&Url::parse("data:,x").unwrap()));
}

#[test]
fn public_suffixes_and_registrable_domains() {
    let cases = [
        ("com", Some("com"), None),
        ("example.com", Some("com"), Some("example.com")),
        ("sub.www.example.com", Some("com"), Some("example.com")),
        ("EXAMPLE.COM", Some("com"), Some("example.com")),
        ("example.com.", Some("com."), Some("example.com.")),
        ("com.", Some("com."), None),
        ("co.uk", Some("co.uk"), None),
        ("alice.co.uk", Some("co.uk"), Some("alice.co.uk")),
        ("www.alice.co.uk.", Some("co.uk."), Some("alice.co.uk.")),
        // A private entry of the list.
        ("github.io", Some("github.io"), None),
        (
            "alice.github.io",
            Some("github.io"),
            Some("alice.github.io"),
        ),
        (
            "www.alice.github.io",
            Some("github.io"),
            Some("alice.github.io"),
        ),
        // A wildcard rule and its exceptions.
        ("alice.ck", Some("alice.ck"), None),
        ("www.alice.ck", Some("alice.ck"), Some("www.alice.ck")),
        ("www.ck", Some("ck"), Some("www.ck")),
        (
            "city.kawasaki.jp",
            Some("kawasaki.jp"),
            Some("city.kawasaki.jp"),
        ),
        ("b.kawasaki.jp", Some("b.kawasaki.jp"), None),
        (
            "a.b.kawasaki.jp",
            Some("b.kawasaki.jp"),
            Some("a.b.kawasaki.jp"),
        ),
        // Nobody lists these; the last label is the suffix.
        ("localhost", Some("localhost"), None),
        (
            "alice.localhost",
            Some("localhost"),
            Some("alice.localhost"),
        ),
        (
            "www.alice.localhost",
            Some("localhost"),
            Some("alice.localhost"),
        ),
        ("example", Some("example"), None),
        ("alice.example", Some("example"), Some("alice.example")),
        (
            "a.b.alice.internal",
            Some("internal"),
            Some("alice.internal"),
        ),
        // Not for the list.
        ("127.0.0.1", None, None),
        ("[::1]", None, None),
        ("alice..com", None, None),
        (".com", None, None),
        (".", None, None),
        ("alice.com..", None, None),
    ];
    for (name, suffix, registrable) in cases {
        let host = host(&format!("http://{name}/"));
        assert_eq!(host.public_suffix(), suffix, "public suffix of {name}");
        assert_eq!(
            host.registrable_domain(),
            registrable,
            "registrable domain of {name}"
        );
    }
}

#[test]
fn same_site() {
    // (one, other, schemelessly same site, same site)
    let cases = [
        (
            "https://alice.example",
            "https://alice.example:8443",
            true,
            true,
        ),
        (
            "https://alice.example",
            "https://www.alice.example",
            true,
            true,
        ),
        (
            "https://a.alice.example",
            "https://b.alice.example",
            true,
            true,
        ),
        ("https://alice.example", "http://alice.example", true, false),
        ("https://alice.example", "wss://alice.example", true, false),
        (
            "https://alice.example",
            "https://charlie.example",
            false,
            false,
        ),
        (
            "https://alice.example",
            "https://alice.example.",
            false,
            false,
        ),
        (
            "https://alice.example",
            "https://notalice.example",
            false,
            false,
        ),
        (
            "https://alice.github.io",
            "https://charlie.github.io",
            false,
            false,
        ),
        ("https://github.io", "https://alice.github.io", false, false),
        ("https://github.io", "https://github.io", true, true),
        ("https://alice.co.uk", "https://charlie.co.uk", false, false),
        ("http://localhost:1", "http://localhost:2", true, true),
        (
            "http://alice.localhost",
            "http://charlie.localhost",
            false,
            false,
        ),
        ("http://alice.localhost", "http://localhost", false, false),
        ("http://127.0.0.1:1", "http://127.0.0.1:2", true, true),
        ("http://127.0.0.1", "http://127.0.0.2", false, false),
        ("http://10.0.0.1", "http://20.0.0.1", false, false),
        ("http://[::1]", "http://[::1]:8080", true, true),
        ("http://localhost", "http://127.0.0.1", false, false),
        ("https://a..com", "https://b..com", false, false),
    ];
    for (one, other, schemelessly, entirely) in cases {
        let (a, b) = (origin(one), origin(other));
        for (a, b) in [(&a, &b), (&b, &a)] {
            assert_eq!(
                a.is_schemelessly_same_site(b),
                schemelessly,
                "{a} and {b}, schemelessly"
            );
            assert_eq!(a.is_same_site(b), entirely, "{a} and {b}");
            assert_eq!(a.site() == b.site(), entirely, "the sites of {a} and {b}");
            let url = Url::parse(&b.to_string()).unwrap();
            assert_eq!(
                a.is_same_site_with_url(&url),
                entirely,
                "{a} and the URL {b}"
            );
        }
    }
}

#[test]
fn a_site_serializes_without_port_and_subdomain() {
    assert_eq!(
        origin("https://www.alice.example:8443/").site().to_string(),
        "https://alice.example"
    );
    assert_eq!(
        origin("http://[::1]:3000/").site().to_string(),
        "http://[::1]"
    );
    assert_eq!(
        origin("https://github.io/").site().to_string(),
        "https://github.io"
    );
    assert_eq!(
        Site::Opaque(crossexam_web::OpaqueOrigin::new(3)).to_string(),
        "null"
    );
}

/// `document.domain` set to `domain` on the origin of `url`.
fn with_domain(url: &str, domain: &str) -> Origin {
    let origin = origin(url);
    let tuple = origin
        .as_tuple()
        .unwrap()
        .with_domain(host(&format!("https://{domain}/")));
    Origin::Tuple(Arc::new(tuple))
}

#[test]
fn same_origin_domain_after_document_domain() {
    let www = origin("https://www.alice.example");
    let api = origin("https://api.alice.example");
    let wide_www = with_domain("https://www.alice.example", "alice.example");
    let wide_api = with_domain("https://api.alice.example:8443", "alice.example");

    // Both sides agreed: the port no longer matters, the scheme still does.
    assert!(wide_www.is_same_origin_domain(&wide_api));
    assert!(!wide_www.is_same_origin(&wide_api));
    assert!(
        !wide_www.is_same_origin_domain(&with_domain("http://api.alice.example", "alice.example"))
    );
    assert!(!wide_www.is_same_origin_domain(&with_domain(
        "https://api.alice.example",
        "api.alice.example"
    )));
    // One side alone loses its equals: even the same host is no longer the same origin-domain.
    assert!(!wide_www.is_same_origin_domain(&www));
    assert!(!www.is_same_origin_domain(&wide_www));
    assert!(wide_www.is_same_origin(&www));
    assert!(
        !with_domain("https://alice.example", "alice.example")
            .is_same_origin_domain(&origin("https://alice.example"))
    );
    // Without it, it is same origin.
    assert!(www.is_same_origin_domain(&origin("https://www.alice.example")));
    assert!(!www.is_same_origin_domain(&api));
    assert!(!www.is_same_origin_domain(&origin("https://www.alice.example:8443")));
    // What goes over the wire and what is a site stay as they were.
    assert_eq!(wide_api.to_string(), "https://api.alice.example:8443");
    assert_eq!(
        wide_api.as_tuple().unwrap().serialized_bytes(),
        "https://api.alice.example:8443"
    );
    assert_eq!(wide_api.site(), www.site());
}
