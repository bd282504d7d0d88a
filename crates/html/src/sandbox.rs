//! Sandboxing: what a document in a sandboxed frame may not do.
//!
//! <https://html.spec.whatwg.org/multipage/browsers.html#sandboxing>

use std::fmt;
use std::ops::BitOr;

use crossexam_web::algorithm;

/// A sandboxing flag set. <https://html.spec.whatwg.org/multipage/browsers.html#sandboxing-flag-set>
#[derive(Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct SandboxingFlags(u32);

macro_rules! flags {
    ($($(#[$meta:meta])* $name:ident = $bit:literal, $text:literal;)+) => {
        impl SandboxingFlags {
            $($(#[$meta])* pub const $name: Self = Self(1 << $bit);)+
            const NAMES: &'static [(Self, &'static str)] = &[$((Self::$name, $text)),+];
        }
    };
}

flags! {
    /// Keeps content from navigating any navigable but its own and those in it.
    NAVIGATION = 0, "navigation";
    /// Keeps content from opening new windows.
    AUXILIARY_NAVIGATION = 1, "auxiliary navigation";
    /// Keeps content from navigating its top-level traversable without the user's doing.
    TOP_LEVEL_NAVIGATION_WITHOUT_USER_ACTIVATION = 2, "top-level navigation without user activation";
    /// Keeps content from navigating its top-level traversable even when the user does something.
    TOP_LEVEL_NAVIGATION_WITH_USER_ACTIVATION = 3, "top-level navigation with user activation";
    /// Gives content an opaque origin.
    ORIGIN = 4, "origin";
    /// Blocks form submission.
    FORMS = 5, "forms";
    /// Disables the Pointer Lock API.
    POINTER_LOCK = 6, "pointer lock";
    /// Blocks script execution.
    SCRIPTS = 7, "scripts";
    /// Blocks features that begin by themselves.
    AUTOMATIC_FEATURES = 8, "automatic features";
    /// Keeps content from setting `document.domain`.
    DOCUMENT_DOMAIN = 9, "document.domain";
    /// Windows that the content opens are sandboxed as well.
    PROPAGATES_TO_AUXILIARY = 10, "propagates to auxiliary browsing contexts";
    /// Blocks modal dialogs.
    MODALS = 11, "modals";
    /// Disables locking the orientation.
    ORIENTATION_LOCK = 12, "orientation lock";
    /// Disables the Presentation API.
    PRESENTATION = 13, "presentation";
    /// Blocks downloads.
    DOWNLOADS = 14, "downloads";
    /// Keeps navigations from being handed to other programs.
    CUSTOM_PROTOCOLS = 15, "custom protocols navigation";
}

impl SandboxingFlags {
    /// No flag: not sandboxed.
    pub const NONE: Self = Self(0);

    /// Whether every flag of `flags` is set.
    pub const fn has(self, flags: Self) -> bool {
        self.0 & flags.0 == flags.0
    }

    /// Whether no flag is set.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    fn set_unless(&mut self, flag: Self, lifted: bool) {
        if !lifted {
            self.0 |= flag.0;
        }
    }
}

impl BitOr for SandboxingFlags {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl fmt::Debug for SandboxingFlags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set()
            .entries(
                Self::NAMES
                    .iter()
                    .filter(|(flag, _)| self.has(*flag))
                    .map(|(_, name)| name),
            )
            .finish()
    }
}

/// Parses the value of a `sandbox` attribute (or of the directive of that name).
#[algorithm(Html, "parse-a-sandboxing-directive", untraced)]
pub fn parse_a_sandboxing_directive(input: &str) -> SandboxingFlags {
    /// 1. Split at whitespace.
    let tokens: Vec<&str> = input.split_ascii_whitespace().collect();
    // NB: keywords of this attribute are compared ASCII case-insensitively.
    let contains = |keyword: &str| {
        tokens
            .iter()
            .any(|token| token.eq_ignore_ascii_case(keyword))
    };
    /// 2. Begin with nothing.
    let mut output = SandboxingFlags::NONE;
    /// 3. Set every flag that no token lifts.
    output.set_unless(SandboxingFlags::NAVIGATION, false);
    let popups = contains("allow-popups");
    output.set_unless(SandboxingFlags::AUXILIARY_NAVIGATION, popups);
    let top = contains("allow-top-navigation");
    output.set_unless(
        SandboxingFlags::TOP_LEVEL_NAVIGATION_WITHOUT_USER_ACTIVATION,
        top,
    );
    output.set_unless(
        SandboxingFlags::TOP_LEVEL_NAVIGATION_WITH_USER_ACTIVATION,
        top || contains("allow-top-navigation-by-user-activation"),
    );
    output.set_unless(SandboxingFlags::ORIGIN, contains("allow-same-origin"));
    output.set_unless(SandboxingFlags::FORMS, contains("allow-forms"));
    output.set_unless(
        SandboxingFlags::POINTER_LOCK,
        contains("allow-pointer-lock"),
    );
    let scripts = contains("allow-scripts");
    output.set_unless(SandboxingFlags::SCRIPTS, scripts);
    output.set_unless(SandboxingFlags::AUTOMATIC_FEATURES, scripts);
    output.set_unless(SandboxingFlags::DOCUMENT_DOMAIN, false);
    output.set_unless(
        SandboxingFlags::PROPAGATES_TO_AUXILIARY,
        contains("allow-popups-to-escape-sandbox"),
    );
    output.set_unless(SandboxingFlags::MODALS, contains("allow-modals"));
    output.set_unless(
        SandboxingFlags::ORIENTATION_LOCK,
        contains("allow-orientation-lock"),
    );
    output.set_unless(
        SandboxingFlags::PRESENTATION,
        contains("allow-presentation"),
    );
    output.set_unless(SandboxingFlags::DOWNLOADS, contains("allow-downloads"));
    output.set_unless(
        SandboxingFlags::CUSTOM_PROTOCOLS,
        contains("allow-top-navigation-to-custom-protocols") || popups || top,
    );
    output
}

/// What holds a navigable, as far as sandboxing asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Embedder {
    /// Nothing: it is a top-level traversable whose browsing context has this popup sandboxing flag set.
    None {
        /// What a sandboxed opener has passed on.
        popup_flags: SandboxingFlags,
    },
    /// An `iframe` element.
    Iframe {
        /// What its `sandbox` attribute says; no flag if it has none.
        iframe_flags: SandboxingFlags,
        /// The active sandboxing flag set of the document it is in.
        document_flags: SandboxingFlags,
    },
}

/// The flags that a navigable imposes on its next document.
///
/// <https://html.spec.whatwg.org/multipage/browsers.html#determining-the-creation-sandboxing-flags>
pub fn creation_sandboxing_flags(embedder: Embedder) -> SandboxingFlags {
    match embedder {
        Embedder::None { popup_flags } => popup_flags,
        Embedder::Iframe {
            iframe_flags,
            document_flags,
        } => iframe_flags | document_flags,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_attribute_sets_every_flag() {
        let flags = parse_a_sandboxing_directive("");
        for (flag, name) in SandboxingFlags::NAMES {
            assert!(flags.has(*flag), "{name}");
        }
    }

    #[test]
    fn each_token_lifts_its_own_flags_and_no_other() {
        let all = parse_a_sandboxing_directive("");
        let lifted = |token: &str| {
            let flags = parse_a_sandboxing_directive(token);
            SandboxingFlags(all.0 & !flags.0)
        };
        use SandboxingFlags as F;
        let cases = [
            (
                "allow-popups",
                F::AUXILIARY_NAVIGATION | F::CUSTOM_PROTOCOLS,
            ),
            (
                "allow-top-navigation",
                F::TOP_LEVEL_NAVIGATION_WITHOUT_USER_ACTIVATION
                    | F::TOP_LEVEL_NAVIGATION_WITH_USER_ACTIVATION
                    | F::CUSTOM_PROTOCOLS,
            ),
            (
                "allow-top-navigation-by-user-activation",
                F::TOP_LEVEL_NAVIGATION_WITH_USER_ACTIVATION,
            ),
            ("allow-same-origin", F::ORIGIN),
            ("allow-forms", F::FORMS),
            ("allow-pointer-lock", F::POINTER_LOCK),
            ("allow-scripts", F::SCRIPTS | F::AUTOMATIC_FEATURES),
            ("allow-popups-to-escape-sandbox", F::PROPAGATES_TO_AUXILIARY),
            ("allow-modals", F::MODALS),
            ("allow-orientation-lock", F::ORIENTATION_LOCK),
            ("allow-presentation", F::PRESENTATION),
            ("allow-downloads", F::DOWNLOADS),
            (
                "allow-top-navigation-to-custom-protocols",
                F::CUSTOM_PROTOCOLS,
            ),
            ("allow-storage", F::NONE),
        ];
        for (token, expected) in cases {
            assert_eq!(lifted(token), expected, "{token}");
        }
    }

    #[test]
    fn tokens_are_split_at_whitespace_and_compared_without_case() {
        let flags =
            parse_a_sandboxing_directive("\tALLOW-Scripts\n allow-forms,allow-same-origin ");
        assert!(!flags.has(SandboxingFlags::SCRIPTS));
        assert!(flags.has(SandboxingFlags::FORMS));
        assert!(flags.has(SandboxingFlags::ORIGIN));
    }

    #[test]
    fn a_frame_inherits_what_its_document_is_denied() {
        let document_flags = parse_a_sandboxing_directive("allow-scripts");
        let flags = creation_sandboxing_flags(Embedder::Iframe {
            iframe_flags: SandboxingFlags::NONE,
            document_flags,
        });
        assert!(flags.has(SandboxingFlags::ORIGIN));
        assert!(!flags.has(SandboxingFlags::SCRIPTS));
    }
}
