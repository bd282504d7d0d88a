//! Inline scripts and styles, event handler attributes and `javascript:` URLs.
//!
//! <https://w3c.github.io/webappsec-csp/#should-block-inline>

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use crossexam_web::algorithm;
use sha2::{Digest as _, Sha256, Sha384, Sha512};

use crate::directives::ParserInserted;
use crate::parse::{Directive, Policy};
use crate::source_list::{HashExpression, SourceExpression};

/// What is written into a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InlineKind {
    /// "script"
    Script,
    /// "script attribute": an event handler
    ScriptAttribute,
    /// "style"
    Style,
    /// "style attribute"
    StyleAttribute,
    /// "navigation": a `javascript:` URL
    Navigation,
}

impl InlineKind {
    /// The directives that can decide, the best fitting first.
    ///
    /// <https://w3c.github.io/webappsec-csp/#effective-directive-for-inline-check>
    pub const fn fallback_list(self) -> &'static [&'static str] {
        match self {
            Self::Script | Self::Navigation => &["script-src-elem", "script-src", "default-src"],
            Self::ScriptAttribute => &["script-src-attr", "script-src", "default-src"],
            Self::Style => &["style-src-elem", "style-src", "default-src"],
            Self::StyleAttribute => &["style-src-attr", "style-src", "default-src"],
        }
    }

    const fn is_script(self) -> bool {
        matches!(
            self,
            Self::Script | Self::ScriptAttribute | Self::Navigation
        )
    }
}

/// What is asked about.
#[derive(Debug, Clone, Copy)]
pub struct InlineCheck<'a> {
    /// What it is.
    pub kind: InlineKind,
    /// The element's `nonce`, where it is nonceable; empty for none.
    pub nonce: &'a str,
    /// The source text.
    pub source: &'a str,
    /// Whether the parser inserted the element.
    pub parser_inserted: ParserInserted,
}

impl Policy {
    /// The directive that something inline violates; `None` for none.
    pub fn directive_violated_inline(&self, check: &InlineCheck<'_>) -> Option<&Directive> {
        let directive = check
            .kind
            .fallback_list()
            .iter()
            .find_map(|name| self.directive(name))?;
        (!element_matches_source_list(check, directive.value())).then_some(directive)
    }

    /// The directive that forbids to make code of strings; `None` for none.
    ///
    /// <https://w3c.github.io/webappsec-csp/#can-compile-strings>
    pub fn directive_violated_by_eval(&self) -> Option<&Directive> {
        let directive = ["script-src", "default-src"]
            .iter()
            .find_map(|name| self.directive(name))?;
        let allows = directive
            .value()
            .iter()
            .any(|text| SourceExpression::parse(text).is_keyword("unsafe-eval"));
        (!allows).then_some(directive)
    }
}

/// Whether a source list allows all that is inline.
#[algorithm(Csp, "allow-all-inline", untraced)]
fn allows_all_inline(list: &[String], kind: InlineKind) -> bool {
    /// 1. Not unless it says so.
    let mut allow_all_inline = false;
    for text in list {
        let expression = SourceExpression::parse(text);
        if matches!(
            expression,
            SourceExpression::Nonce(_) | SourceExpression::Hash(_)
        ) {
            /// 2.1. Whoever names nonces or hashes means those alone,
            return false;
        }
        if kind.is_script() && expression.is_keyword("strict-dynamic") {
            /// 2.2. and so does `'strict-dynamic'`.
            return false;
        }
        if expression.is_keyword("unsafe-inline") {
            /// 2.3. It says so.
            allow_all_inline = true;
        }
    }
    /// 3. Did it?
    allow_all_inline
}

/// Whether something inline matches a source list.
#[algorithm(Csp, "match-element-to-source-list", untraced)]
fn element_matches_source_list(check: &InlineCheck<'_>, list: &[String]) -> bool {
    if allows_all_inline(list, check.kind) {
        /// 1. Everything inline is allowed.
        return true;
    }
    let is_element = matches!(check.kind, InlineKind::Script | InlineKind::Style);
    if is_element && crate::directives::nonce_matches(check.nonce, list) {
        /// 2. The element knows the nonce.
        return true;
    }
    /// 3. Hashes are for elements,
    let mut unsafe_hashes = false;
    /// 4. unless the list says otherwise.
    for text in list {
        unsafe_hashes |= SourceExpression::parse(text).is_keyword("unsafe-hashes");
    }
    if is_element || unsafe_hashes {
        for text in list {
            match SourceExpression::parse(text) {
                /// 5.2.1. With `'strict-dynamic'`, what a script has inserted may run.
                SourceExpression::Keyword(word)
                    if word == "strict-dynamic"
                        && check.kind == InlineKind::Script
                        && check.parser_inserted == ParserInserted::No =>
                {
                    return true;
                }
                /// 5.2.2. The list has the hash of the source.
                SourceExpression::Hash(hash) if hash_matches(hash, check.source) => return true,
                _ => {}
            }
        }
    }
    /// 6. Nothing allows it.
    false
}

fn hash_matches(hash: HashExpression<'_>, source: &str) -> bool {
    let is = |name: &str| hash.algorithm.eq_ignore_ascii_case(name);
    let actual = if is("sha256") {
        STANDARD.encode(Sha256::digest(source))
    } else if is("sha384") {
        STANDARD.encode(Sha384::digest(source))
    } else {
        STANDARD.encode(Sha512::digest(source))
    };
    let expected = hash.value.replace('-', "+").replace('_', "/");
    actual == expected
}
