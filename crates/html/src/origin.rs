//! Whose a new document is.

use std::cell::Cell;

use crossexam_fetch::blob_url::BlobUrlStore;
use crossexam_web::{Origin, Trace, algorithm};
use url::Url;

use crate::sandbox::SandboxingFlags;

/// Gives out opaque origins, each once.
#[derive(Debug, Default)]
pub struct OpaqueOrigins(Cell<u64>);

impl OpaqueOrigins {
    /// Begins to count at `first`.
    pub const fn starting_at(first: u64) -> Self {
        Self(Cell::new(first))
    }

    /// A new opaque origin: the same origin as no other.
    pub fn next(&self) -> Origin {
        let identity = self.0.get();
        self.0.set(identity.wrapping_add(1));
        Origin::opaque(identity)
    }
}

/// The origin of a URL; a `blob:` URL with an entry has the origin of whoever made it.
///
/// <https://url.spec.whatwg.org/#concept-url-origin>
pub fn url_origin(url: &Url, blob_urls: &BlobUrlStore, opaque: &OpaqueOrigins) -> Origin {
    let entry = (url.scheme() == "blob")
        .then(|| blob_urls.resolve(url))
        .flatten();
    match entry {
        Some(entry) => entry.origin.clone(),
        None => Origin::of_url(url).unwrap_or_else(|| opaque.next()),
    }
}

/// Whether a URL matches `about:blank`: query and fragment do not matter.
///
/// <https://html.spec.whatwg.org/multipage/urls-and-fetching.html#matches-about:blank>
pub fn matches_about_blank(url: &Url) -> bool {
    url.scheme() == "about"
        && url.path() == "blank"
        && url.username().is_empty()
        && url.host().is_none()
}

/// Whether a URL matches `about:srcdoc`.
///
/// <https://html.spec.whatwg.org/multipage/urls-and-fetching.html#matches-about:srcdoc>
pub fn matches_about_srcdoc(url: &Url) -> bool {
    url.scheme() == "about" && url.path() == "srcdoc" && url.query().is_none()
}

/// The origin of the document that a response becomes.
///
/// `url` is the response's URL, `source_origin` the origin of whoever began the navigation (for `srcdoc` of the
/// document that holds the frame); `url_origin` is [`url_origin`] of `url`, asked only when it matters.
#[algorithm(Html, "determining-the-origin")]
pub fn determine_the_origin(
    url: Option<&Url>,
    sandbox_flags: SandboxingFlags,
    source_origin: Option<&Origin>,
    url_origin: impl FnOnce(&Url) -> Origin,
    opaque: &OpaqueOrigins,
    trace: &Trace,
) -> Origin {
    if sandbox_flags.has(SandboxingFlags::ORIGIN) {
        /// 1. In a sandbox without `allow-same-origin` a document is nobody's.
        return opaque.next();
    }
    let Some(url) = url else {
        /// 2. So is one without a URL.
        return opaque.next();
    };
    if let Some(source_origin) = source_origin {
        if matches_about_srcdoc(url) {
            /// 3.2. A `srcdoc` document is whose the frame is.
            return source_origin.clone();
        }
        if matches_about_blank(url) {
            /// 4. `about:blank` is whose the one is that went there.
            return source_origin.clone();
        }
    }
    /// 5. Otherwise the URL tells.
    let origin = url_origin(url);
    trace.fact("origin", || origin.to_string());
    origin
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::parse_a_sandboxing_directive;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    fn determine(
        target: &str,
        flags: SandboxingFlags,
        source: Option<&Origin>,
        opaque: &OpaqueOrigins,
    ) -> Origin {
        let blobs = BlobUrlStore::default();
        let target = url(target);
        determine_the_origin(
            Some(&target),
            flags,
            source,
            |url| url_origin(url, &blobs, opaque),
            opaque,
            &Trace::off(),
        )
    }

    #[test]
    fn documents_take_the_origin_that_fits_their_url() {
        let opaque = OpaqueOrigins::default();
        let alice = Origin::of_url(&url("https://alice.example/")).unwrap();
        let none = SandboxingFlags::NONE;
        for inheriting in [
            "about:blank",
            "about:blank#x",
            "about:blank?x",
            "about:srcdoc",
        ] {
            assert_eq!(
                determine(inheriting, none, Some(&alice), &opaque),
                alice,
                "{inheriting}"
            );
        }
        assert_eq!(
            determine("https://alice.example:443/x", none, None, &opaque),
            alice
        );
        assert_eq!(
            determine("blob:https://alice.example/1-2", none, None, &opaque),
            alice
        );
        for nobodys in [
            "data:text/html,x",
            "about:blank",
            "about:config",
            "blob:null/1",
        ] {
            assert!(
                determine(nobodys, none, None, &opaque).is_opaque(),
                "{nobodys}"
            );
        }
        assert!(determine("data:text/html,x", none, Some(&alice), &opaque).is_opaque());
    }

    #[test]
    fn a_sandbox_makes_each_document_a_stranger_even_to_itself() {
        let opaque = OpaqueOrigins::default();
        let alice = Origin::of_url(&url("https://alice.example/")).unwrap();
        let flags = parse_a_sandboxing_directive("allow-scripts");
        let first = determine("https://alice.example/", flags, Some(&alice), &opaque);
        let second = determine("https://alice.example/", flags, Some(&alice), &opaque);
        assert_eq!(first.to_string(), "null");
        assert!(!first.is_same_origin(&second));
        let kept = parse_a_sandboxing_directive("allow-same-origin");
        assert!(determine("https://alice.example/", kept, None, &opaque).is_same_origin(&alice));
    }

    #[test]
    fn an_object_url_belongs_to_its_maker_even_if_that_is_opaque() {
        let opaque = OpaqueOrigins::default();
        let maker = opaque.next();
        let mut blobs = BlobUrlStore::default();
        blobs.insert(
            "blob:null/7".to_owned(),
            crossexam_fetch::blob_url::BlobUrlEntry {
                bytes: bytes::Bytes::new(),
                content_type: bytes::Bytes::new(),
                origin: maker.clone(),
                partition: None,
            },
        );
        assert!(url_origin(&url("blob:null/7#f"), &blobs, &opaque).is_same_origin(&maker));
        assert!(!url_origin(&url("blob:null/8"), &blobs, &opaque).is_same_origin(&maker));
    }
}
