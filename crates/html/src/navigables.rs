//! The tree of navigables: who may navigate whom, and which one a name means.
//!
//! <https://html.spec.whatwg.org/multipage/document-sequences.html>

use crossexam_web::{Origin, Step, Trace, algorithm};

use crate::sandbox::SandboxingFlags;

/// What these algorithms ask of a browser's navigables. Ids are the browser's own.
pub trait Navigables {
    /// The parent; `None` for a top-level traversable.
    fn parent(&self, id: u64) -> Option<u64>;

    /// The frames in the active document, in tree order.
    fn children(&self, id: u64) -> Vec<u64>;

    /// The target name; empty if it has none.
    fn target_name(&self, id: u64) -> String;

    /// The origin of the active document.
    fn active_origin(&self, id: u64) -> Origin;

    /// The active sandboxing flag set of the active document.
    fn active_sandboxing_flags(&self, id: u64) -> SandboxingFlags;

    /// Which navigable opened this one, if any did and it is still there.
    fn opener(&self, id: u64) -> Option<u64>;

    /// The one sandboxed navigable that may navigate this one.
    fn one_permitted_sandboxed_navigator(&self, id: u64) -> Option<u64>;

    /// The top-level traversables of the browsing context group that this navigable is in, its own included, the one
    /// opened last first.
    fn group(&self, id: u64) -> Vec<u64>;

    /// The top-level traversable above a navigable.
    ///
    /// <https://html.spec.whatwg.org/multipage/document-sequences.html#nav-top>
    fn top(&self, id: u64) -> u64 {
        let mut top = id;
        while let Some(parent) = self.parent(top) {
            top = parent;
        }
        top
    }

    /// Whether `ancestor` is above `id`.
    fn is_ancestor(&self, ancestor: u64, id: u64) -> bool {
        let mut current = self.parent(id);
        while let Some(parent) = current {
            if parent == ancestor {
                return true;
            }
            current = self.parent(parent);
        }
        false
    }

    /// A navigable and everything in it, in tree order.
    fn inclusive_descendants(&self, id: u64) -> Vec<u64> {
        let mut list = vec![id];
        for child in self.children(id) {
            list.extend(self.inclusive_descendants(child));
        }
        list
    }
}

/// Sandboxing forbids a navigation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the sandbox forbids it ({step})")]
pub struct SandboxForbids {
    /// The step that decided.
    pub step: &'static Step,
}

/// Whether `source` may navigate `target` at all.
///
/// # Errors
///
/// When the sandbox of the source's document forbids it.
#[algorithm(Html, "allowed-to-navigate")]
pub fn allowed_by_sandboxing_to_navigate(
    navigables: &dyn Navigables,
    source: u64,
    target: u64,
    sandboxing_flags: SandboxingFlags,
    has_transient_activation: bool,
    trace: &Trace,
) -> Result<(), SandboxForbids> {
    if source == target {
        /// 1. Itself it may.
        return Ok(());
    }
    if navigables.is_ancestor(source, target) {
        /// 2. What is inside it, too.
        return Ok(());
    }
    if navigables.is_ancestor(target, source) {
        if navigables.parent(target).is_some() {
            /// 3.1. And what it is inside of, but for the top.
            return Ok(());
        }
        if has_transient_activation
            && sandboxing_flags.has(SandboxingFlags::TOP_LEVEL_NAVIGATION_WITH_USER_ACTIVATION)
        {
            /// 3.2. The top is out of reach although the user did something.
            return Err(SandboxForbids { step: here!() });
        }
        if !has_transient_activation
            && sandboxing_flags.has(SandboxingFlags::TOP_LEVEL_NAVIGATION_WITHOUT_USER_ACTIVATION)
        {
            /// 3.3. The top is out of reach without the user's doing.
            return Err(SandboxForbids { step: here!() });
        }
        /// 3.4. Otherwise the top is free.
        return Ok(());
    }
    if navigables.parent(target).is_none() {
        if navigables.one_permitted_sandboxed_navigator(target) == Some(source) {
            /// 4.1. A window it has opened itself it may.
            return Ok(());
        }
        if sandboxing_flags.has(SandboxingFlags::NAVIGATION) {
            /// 4.2. Other windows not from a sandbox.
            return Err(SandboxForbids { step: here!() });
        }
        /// 4.3. Otherwise it may.
        return Ok(());
    }
    if sandboxing_flags.has(SandboxingFlags::NAVIGATION) {
        /// 5. Frames elsewhere not from a sandbox.
        return Err(SandboxForbids { step: here!() });
    }
    /// 6. Everything else is allowed.
    Ok(())
}

/// Whether a browsing context is familiar with another: may find it by its name.
#[algorithm(Html, "familiar-with", untraced)]
pub fn is_familiar_with(navigables: &dyn Navigables, a: u64, b: u64) -> bool {
    let origin = navigables.active_origin(a);
    if origin.is_same_origin(&navigables.active_origin(b)) {
        /// 1. Of the same origin.
        return true;
    }
    if navigables.top(a) == b {
        /// 2. The top above it.
        return true;
    }
    if let Some(opener) = navigables.opener(b)
        && opener != b
        && is_familiar_with(navigables, a, opener)
    {
        /// 3. Opened by one it is familiar with.
        return true;
    }
    let mut ancestor = navigables.parent(b);
    while let Some(id) = ancestor {
        if origin.is_same_origin(&navigables.active_origin(id)) {
            /// 4. Inside a document of its own origin.
            return true;
        }
        ancestor = navigables.parent(id);
    }
    /// 5. Otherwise not.
    false
}

/// The navigable of that name, as far as `current` can find it.
#[algorithm(Html, "find-a-navigable-by-target-name", untraced)]
pub fn find_a_navigable_by_target_name(
    navigables: &dyn Navigables,
    name: &str,
    current: u64,
) -> Option<u64> {
    // SPEC: of the two choices for step 3 (whatwg/html#10848) this is the inclusive ancestors, nearest first; and
    // sandboxing does not hide a navigable from the search (#10849): the navigation itself is refused then.
    /// 3. Look in the document itself, then in each document around it.
    let mut subtrees = vec![current];
    while let Some(parent) = subtrees.last().and_then(|id| navigables.parent(*id)) {
        subtrees.push(parent);
    }
    for subtree in subtrees {
        for navigable in navigables.inclusive_descendants(subtree) {
            if navigables.target_name(navigable) == name {
                /// 4.2.2. The first of that name.
                return Some(navigable);
            }
        }
    }
    let top = navigables.top(current);
    /// 6. The windows that are related by having opened each other.
    for other in navigables.group(current) {
        if other == top {
            continue;
        }
        for navigable in navigables.inclusive_descendants(other) {
            if is_familiar_with(navigables, current, navigable)
                && navigables.target_name(navigable) == name
            {
                /// 7.3.3. The first of that name that it is familiar with.
                return Some(navigable);
            }
        }
    }
    /// 8. Nobody has that name.
    None
}

/// What a target name comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChosenNavigable {
    /// One that is there.
    Existing(u64),
    /// A new top-level traversable.
    New(NewTraversable),
    /// None.
    Blocked(WhyNoNavigable),
}

/// A top-level traversable that is to be created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTraversable {
    /// Its target name.
    pub target_name: String,
    /// Whether it must not know who opened it.
    pub no_opener: bool,
    /// Whether the navigable that opened it is the one sandboxed navigable that may navigate it.
    pub permits_its_opener: bool,
    /// Its popup sandboxing flag set.
    pub popup_flags: SandboxingFlags,
}

/// Why a new window is not opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WhyNoNavigable {
    /// The popup blocker.
    #[error(
        "the popup blocker keeps the window from opening: the user did nothing that asks for it"
    )]
    PopupBlocker,
    /// A sandbox without `allow-popups`.
    #[error("the sandbox has no allow-popups")]
    Sandbox,
}

/// The navigable that a target name or keyword means, or what is to be created for it.
///
/// `popup_blocker` says whether a new window needs the user's doing, `has_transient_activation` whether there is any.
#[algorithm(Html, "the-rules-for-choosing-a-navigable")]
pub fn the_rules_for_choosing_a_navigable(
    navigables: &dyn Navigables,
    name: &str,
    current: u64,
    no_opener: bool,
    popup_blocker: bool,
    has_transient_activation: bool,
    trace: &Trace,
) -> ChosenNavigable {
    /// 3. The flags of the document that asks.
    let flags = navigables.active_sandboxing_flags(current);
    if name.is_empty() || name.eq_ignore_ascii_case("_self") {
        /// 4. No name, or itself.
        return ChosenNavigable::Existing(current);
    }
    if name.eq_ignore_ascii_case("_parent") {
        /// 5. The parent, if any.
        return ChosenNavigable::Existing(navigables.parent(current).unwrap_or(current));
    }
    if name.eq_ignore_ascii_case("_top") {
        /// 6. The top.
        return ChosenNavigable::Existing(navigables.top(current));
    }
    let blank = name.eq_ignore_ascii_case("_blank");
    if !blank && !no_opener {
        /// 7. One of that name.
        if let Some(found) = find_a_navigable_by_target_name(navigables, name, current) {
            return ChosenNavigable::Existing(found);
        }
    }
    if popup_blocker && !has_transient_activation {
        /// 8. A new window, which the popup blocker does not let open.
        return ChosenNavigable::Blocked(WhyNoNavigable::PopupBlocker);
    }
    if flags.has(SandboxingFlags::AUXILIARY_NAVIGATION) {
        /// 8. A new window, which the sandbox does not let open.
        return ChosenNavigable::Blocked(WhyNoNavigable::Sandbox);
    }
    // 8.4. MODEL: the opener policy (COOP) has its place here.
    /// 8.6. A name of its own, unless it is to have none.
    let target_name = if blank {
        String::new()
    } else {
        name.to_owned()
    };
    /// 8.8.2. Whoever is sandboxed may still navigate the window it opened.
    let permits_its_opener = !no_opener && flags.has(SandboxingFlags::NAVIGATION);
    let popup_flags = if flags.has(SandboxingFlags::PROPAGATES_TO_AUXILIARY) {
        /// 8.9. The sandbox reaches into the window.
        flags
    } else {
        SandboxingFlags::NONE
    };
    ChosenNavigable::New(NewTraversable {
        target_name,
        no_opener,
        permits_its_opener,
        popup_flags,
    })
}

/// The target of an element: its own attribute, or what `base` says. A name with a line break and `<` is not taken.
#[algorithm(Html, "get-an-element's-target", untraced)]
pub fn get_an_elements_target(target: Option<&str>, base_target: Option<&str>) -> String {
    /// 1. The element's attribute, otherwise that of `base`.
    let target = target.or(base_target).unwrap_or_default();
    if target.contains(['\t', '\n', '\r']) && target.contains('<') {
        /// 2. Markup that ran into the attribute is no name.
        return "_blank".to_owned();
    }
    /// 3. That is the target.
    target.to_owned()
}

/// Whether a window that a link or a form opens must not know who opened it. `rel` is the attribute's value.
#[algorithm(Html, "get-an-element's-noopener", untraced)]
pub fn get_an_elements_noopener(rel: &str, target: &str) -> bool {
    let has = |keyword: &str| {
        rel.split_ascii_whitespace()
            .any(|token| token.eq_ignore_ascii_case(keyword))
    };
    if has("noopener") || has("noreferrer") {
        /// 1. Said outright.
        return true;
    }
    if !has("opener") && target.eq_ignore_ascii_case("_blank") {
        /// 2. `_blank` implies it.
        return true;
    }
    // 3. MODEL: the blob URL's top-level origin has its place here.
    /// 4. Otherwise it may know.
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::parse_a_sandboxing_directive;
    use url::Url;

    #[derive(Default)]
    struct One {
        parent: Option<u64>,
        name: &'static str,
        origin: &'static str,
        flags: SandboxingFlags,
        opener: Option<u64>,
        navigator: Option<u64>,
    }

    struct Tree(Vec<One>);

    impl Navigables for Tree {
        fn parent(&self, id: u64) -> Option<u64> {
            self.0[id as usize].parent
        }
        fn children(&self, id: u64) -> Vec<u64> {
            (0..self.0.len() as u64)
                .filter(|child| self.parent(*child) == Some(id))
                .collect()
        }
        fn target_name(&self, id: u64) -> String {
            self.0[id as usize].name.to_owned()
        }
        fn active_origin(&self, id: u64) -> Origin {
            match Url::parse(self.0[id as usize].origin) {
                Ok(url) => Origin::of_url(&url).unwrap(),
                Err(_) => Origin::opaque(id),
            }
        }
        fn active_sandboxing_flags(&self, id: u64) -> SandboxingFlags {
            self.0[id as usize].flags
        }
        fn opener(&self, id: u64) -> Option<u64> {
            self.0[id as usize].opener
        }
        fn one_permitted_sandboxed_navigator(&self, id: u64) -> Option<u64> {
            self.0[id as usize].navigator
        }
        fn group(&self, _id: u64) -> Vec<u64> {
            (0..self.0.len() as u64)
                .rev()
                .filter(|id| self.parent(*id).is_none())
                .collect()
        }
    }

    /// 0 is alice with the frames 1 (alice, "left") and 2 (charlie, sandboxed), which holds 3 ("inner");
    /// 4 is a window that 2 opened, 5 one that nobody opened.
    fn tree(sandbox: &str) -> Tree {
        let flags = parse_a_sandboxing_directive(sandbox);
        let alice = "https://alice.example/";
        Tree(vec![
            One {
                origin: alice,
                name: "main",
                ..One::default()
            },
            One {
                parent: Some(0),
                origin: alice,
                name: "left",
                ..One::default()
            },
            One {
                parent: Some(0),
                origin: "https://charlie.example/",
                flags,
                ..One::default()
            },
            One {
                parent: Some(2),
                name: "inner",
                flags,
                ..One::default()
            },
            One {
                opener: Some(2),
                navigator: Some(2),
                name: "popup",
                ..One::default()
            },
            One {
                origin: "https://dave.example/",
                name: "other",
                ..One::default()
            },
        ])
    }

    fn may(tree: &Tree, source: u64, target: u64, activation: bool) -> Result<(), SandboxForbids> {
        let flags = tree.active_sandboxing_flags(source);
        allowed_by_sandboxing_to_navigate(tree, source, target, flags, activation, &Trace::off())
    }

    #[test]
    fn a_sandboxed_frame_reaches_only_its_own_and_what_it_opened() {
        let tree = tree("allow-scripts");
        for target in [2, 3, 4] {
            assert_eq!(may(&tree, 2, target, false), Ok(()), "{target}");
        }
        for (target, step) in [(0, "3.3"), (1, "5"), (5, "4.2")] {
            let forbidden = may(&tree, 2, target, false).unwrap_err();
            assert_eq!(forbidden.step.number, step, "{target}");
        }
        assert_eq!(may(&tree, 3, 2, false), Ok(()), "an ancestor below the top");
        assert_eq!(may(&tree, 0, 2, false), Ok(()));
    }

    #[test]
    fn the_top_opens_to_a_click_if_the_sandbox_says_so() {
        let tree = tree("allow-top-navigation-by-user-activation");
        assert_eq!(may(&tree, 2, 0, true), Ok(()));
        assert!(may(&tree, 2, 0, false).is_err());
    }

    fn choose(tree: &Tree, name: &str, current: u64) -> ChosenNavigable {
        the_rules_for_choosing_a_navigable(tree, name, current, false, false, false, &Trace::off())
    }

    #[test]
    fn keywords_and_names_find_their_navigable() {
        let tree = tree("allow-popups");
        let existing = ChosenNavigable::Existing;
        assert_eq!(choose(&tree, "", 3), existing(3));
        assert_eq!(choose(&tree, "_SELF", 3), existing(3));
        assert_eq!(choose(&tree, "_parent", 3), existing(2));
        assert_eq!(choose(&tree, "_parent", 0), existing(0));
        assert_eq!(choose(&tree, "_top", 3), existing(0));
        assert_eq!(choose(&tree, "left", 3), existing(1));
        assert_eq!(choose(&tree, "inner", 0), existing(3));
        assert_eq!(
            choose(&tree, "popup", 2),
            existing(4),
            "familiar: it opened it"
        );
        assert!(
            matches!(choose(&tree, "other", 2), ChosenNavigable::New(_)),
            "not familiar"
        );
    }

    #[test]
    fn new_windows_obey_sandbox_and_popup_blocker() {
        let blocked = tree("allow-scripts");
        assert_eq!(
            choose(&blocked, "_blank", 2),
            ChosenNavigable::Blocked(WhyNoNavigable::Sandbox)
        );
        let tree = tree("allow-popups");
        let ChosenNavigable::New(new) = choose(&tree, "_blank", 2) else {
            panic!("no window")
        };
        assert_eq!(new.target_name, "");
        assert!(new.permits_its_opener);
        assert!(
            new.popup_flags.has(SandboxingFlags::ORIGIN),
            "the sandbox reaches into the window"
        );
        let ChosenNavigable::New(new) = choose(&tree, "fresh", 0) else {
            panic!("no window")
        };
        assert_eq!(
            (new.target_name.as_str(), new.popup_flags),
            ("fresh", SandboxingFlags::NONE)
        );
        let choice = the_rules_for_choosing_a_navigable(
            &tree,
            "_blank",
            0,
            false,
            true,
            false,
            &Trace::off(),
        );
        assert_eq!(
            choice,
            ChosenNavigable::Blocked(WhyNoNavigable::PopupBlocker)
        );
    }

    #[test]
    fn noopener_is_said_or_implied() {
        for (rel, target, expected) in [
            ("", "_blank", true),
            ("opener", "_BLANK", false),
            ("NoOpener", "x", true),
            ("noreferrer", "x", true),
            ("", "x", false),
        ] {
            assert_eq!(
                get_an_elements_noopener(rel, target),
                expected,
                "{rel} {target}"
            );
        }
        assert_eq!(get_an_elements_target(Some("a\n<b"), None), "_blank");
        assert_eq!(get_an_elements_target(None, Some("base")), "base");
    }
}
