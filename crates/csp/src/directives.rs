//! Fetch directives: which one decides about a request, and what it says.
//!
//! <https://w3c.github.io/webappsec-csp/#directives-fetch>

use crossexam_web::{Origin, algorithm};
use url::Url;

use crate::parse::{Directive, Policy};
use crate::source_list::SourceExpression;
use crate::url_matching::{UrlMatch, does_url_match_source_list};

/// What a request is for, as far as directives tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FetchKind {
    /// Scripts' own requests, and whatever has no directive of its own.
    Connect,
    /// A web app manifest.
    Manifest,
    /// `object` and `embed`.
    Object,
    /// A frame.
    Frame,
    /// Audio, video and their tracks.
    Media,
    /// A font.
    Font,
    /// An image.
    Image,
    /// A style sheet.
    Style,
    /// A script, a worklet's, or XSLT.
    Script,
    /// A worker.
    Worker,
    /// A resource hint.
    Prefetch,
    /// A report: no directive asks about it.
    Report,
}

impl FetchKind {
    /// The effective directive. <https://w3c.github.io/webappsec-csp/#effective-directive-for-a-request>
    pub const fn effective_directive(self) -> Option<&'static str> {
        match self.fallback_list().first() {
            Some(name) => Some(name),
            None => None,
        }
    }

    /// The directives that can decide, the best fitting first.
    ///
    /// <https://w3c.github.io/webappsec-csp/#directive-fallback-list>
    pub const fn fallback_list(self) -> &'static [&'static str] {
        match self {
            Self::Connect => &["connect-src", "default-src"],
            Self::Manifest => &["manifest-src", "default-src"],
            Self::Object => &["object-src", "default-src"],
            Self::Frame => &["frame-src", "child-src", "default-src"],
            Self::Media => &["media-src", "default-src"],
            Self::Font => &["font-src", "default-src"],
            Self::Image => &["img-src", "default-src"],
            Self::Style => &["style-src-elem", "style-src", "default-src"],
            Self::Script => &["script-src-elem", "script-src", "default-src"],
            Self::Worker => &["worker-src", "child-src", "script-src", "default-src"],
            Self::Prefetch => &["default-src"],
            Self::Report => &[],
        }
    }
}

/// Whether the parser inserted the element that asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParserInserted {
    /// No, or it is not an element that asks.
    No,
    /// Yes.
    Yes,
}

/// What a directive is asked about.
#[derive(Debug, Clone, Copy)]
pub struct FetchCheck<'a> {
    /// The request's current URL, or the response's URL.
    pub url: &'a Url,
    /// How many redirects were followed.
    pub redirect_count: u8,
    /// The request's cryptographic nonce metadata.
    pub nonce: &'a str,
    /// The request's integrity metadata.
    pub integrity: &'a str,
    /// The request's parser metadata.
    pub parser_inserted: ParserInserted,
}

impl<'a> FetchCheck<'a> {
    /// A URL, and nothing else.
    pub const fn new(url: &'a Url) -> Self {
        Self {
            url,
            redirect_count: 0,
            nonce: "",
            integrity: "",
            parser_inserted: ParserInserted::No,
        }
    }
}

/// The directives that a resource hint may fit.
const HINT_DIRECTIVES: [&str; 13] = [
    "child-src",
    "connect-src",
    "font-src",
    "frame-src",
    "img-src",
    "manifest-src",
    "media-src",
    "object-src",
    "script-src",
    "script-src-elem",
    "style-src",
    "style-src-elem",
    "worker-src",
];

impl Policy {
    /// The directive that a request violates, or its response; `None` for none.
    #[algorithm(Csp, "does-request-violate-policy", untraced)]
    pub fn violated_directive(
        &self,
        kind: FetchKind,
        check: &FetchCheck<'_>,
        self_origin: &Origin,
    ) -> Option<&Directive> {
        if kind == FetchKind::Prefetch {
            /// 1. A hint may fit any directive.
            return self.directive_violated_by_a_hint(check, self_origin);
        }
        /// 2. One directive decides: the best fitting that is there.
        let directive = self.fetch_directive(kind)?;
        let allowed = match kind {
            FetchKind::Script => script_directive_allows(directive, check, self_origin),
            FetchKind::Worker if directive.name() == "script-src" => {
                script_directive_allows(directive, check, self_origin)
            }
            FetchKind::Style => {
                nonce_matches(check.nonce, directive.value())
                    || list_matches(directive, check, self_origin)
            }
            FetchKind::Connect
            | FetchKind::Manifest
            | FetchKind::Object
            | FetchKind::Frame
            | FetchKind::Media
            | FetchKind::Font
            | FetchKind::Image
            | FetchKind::Worker
            | FetchKind::Prefetch
            | FetchKind::Report => list_matches(directive, check, self_origin),
        };
        /// 4. That is the one violated, if it is.
        (!allowed).then_some(directive)
    }

    /// The directive that decides about a kind of request.
    ///
    /// <https://w3c.github.io/webappsec-csp/#should-directive-execute>
    pub fn fetch_directive(&self, kind: FetchKind) -> Option<&Directive> {
        kind.fallback_list()
            .iter()
            .find_map(|name| self.directive(name))
    }

    /// <https://w3c.github.io/webappsec-csp/#does-resource-hint-violate-policy>
    #[algorithm(Csp, "does-resource-hint-violate-policy", untraced)]
    fn directive_violated_by_a_hint(
        &self,
        check: &FetchCheck<'_>,
        self_origin: &Origin,
    ) -> Option<&Directive> {
        /// 1. What is not said otherwise,
        let default_directive = self.directive("default-src");
        /// 2. if it is said at all.
        let default_directive = default_directive?;
        for directive in self.directives() {
            if HINT_DIRECTIVES.contains(&directive.name())
                && list_matches(directive, check, self_origin)
            {
                /// 3.3. It may be for this.
                return None;
            }
        }
        // SPEC: the text does not ask the default directive itself, which would leave nothing that it allows.
        if list_matches(default_directive, check, self_origin) {
            return None;
        }
        /// 4. It fits nothing.
        Some(default_directive)
    }
}

fn list_matches(directive: &Directive, check: &FetchCheck<'_>, self_origin: &Origin) -> bool {
    let (url, redirect_count) = (check.url, check.redirect_count);
    does_url_match_source_list(url, directive.value(), self_origin, redirect_count)
        == UrlMatch::Matches
}

/// The checks of a directive about scripts, before the request and after the response.
#[algorithm(Csp, "script-pre-request", untraced)]
fn script_directive_allows(
    directive: &Directive,
    check: &FetchCheck<'_>,
    self_origin: &Origin,
) -> bool {
    if nonce_matches(check.nonce, directive.value()) {
        /// 1.1. The element knows the nonce,
        return true;
    }
    if integrity_metadata_matches(check.integrity, directive.value()) {
        /// 1.2. or the hash of what is to come.
        return true;
    }
    let is_strict_dynamic = directive
        .value()
        .iter()
        .any(|text| SourceExpression::parse(text).is_keyword("strict-dynamic"));
    if is_strict_dynamic {
        /// 1.3. With `'strict-dynamic'` it counts who inserted it, and no list.
        return check.parser_inserted == ParserInserted::No;
    }
    /// 1.4. Otherwise the list decides.
    list_matches(directive, check, self_origin)
}

/// <https://w3c.github.io/webappsec-csp/#match-nonce-to-source-list>
pub(crate) fn nonce_matches(nonce: &str, source_list: &[String]) -> bool {
    !nonce.is_empty()
        && source_list
            .iter()
            .any(|text| matches!(SourceExpression::parse(text), SourceExpression::Nonce(value) if value == nonce))
}

/// <https://w3c.github.io/webappsec-csp/#match-integrity-metadata-to-source-list>
#[algorithm(Csp, "match-integrity-metadata-to-source-list", untraced)]
fn integrity_metadata_matches(integrity: &str, source_list: &[String]) -> bool {
    /// 2. The hashes of the list,
    let integrity_expressions: Vec<_> = source_list
        .iter()
        .filter_map(|text| match SourceExpression::parse(text) {
            SourceExpression::Hash(hash) => Some(hash),
            _ => None,
        })
        .collect();
    if integrity_expressions.is_empty() {
        /// 3. if there are any.
        return false;
    }
    /// 4. The hashes of the element
    let mut integrity_sources = integrity
        .split_ascii_whitespace()
        .filter_map(|item| item.split('?').next()?.split_once('-'))
        .filter(|(algorithm, _)| {
            ["sha256", "sha384", "sha512"]
                .iter()
                .any(|known| algorithm.eq_ignore_ascii_case(known))
        })
        .peekable();
    if integrity_sources.peek().is_none() {
        /// 5. must be there,
        return false;
    }
    /// 6. and all of them in the list.
    integrity_sources.all(|(algorithm, value)| {
        integrity_expressions
            .iter()
            .any(|hash| hash.algorithm.eq_ignore_ascii_case(algorithm) && hash.value == value)
    })
}
