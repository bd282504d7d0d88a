//! Environments of documents: what fetching learns of the one on whose behalf it works.
//!
//! <https://html.spec.whatwg.org/multipage/webappapis.html#environments>

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use crossexam_fetch::mixed_content::prohibits_by_itself;
use crossexam_fetch::{Environment, GlobalObject, PolicyContainer};
use crossexam_web::trustworthy::is_url_potentially_trustworthy;
use crossexam_web::{Origin, algorithm};
use url::Url;

use crate::origin::OpaqueOrigins;

/// What a browser gives out once each: opaque origins and ids of environments.
#[derive(Debug, Default)]
pub struct Identities {
    /// Opaque origins.
    pub origins: OpaqueOrigins,
    environments: Cell<u64>,
}

impl Identities {
    /// Begins to count at `first`, so that several browsers of a world do not give out the same.
    pub const fn starting_at(first: u64) -> Self {
        Self {
            origins: OpaqueOrigins::starting_at(first),
            environments: Cell::new(first),
        }
    }

    /// The id of a new environment.
    pub fn next_environment(&self) -> u64 {
        let id = self.environments.get();
        self.environments.set(id.wrapping_add(1));
        id
    }
}

/// Where a new document's window stands.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// The top-level traversable above its navigable, by the browser's number.
    pub traversable: u64,
    /// The environment of the document that holds the frame; `None` for a top-level document.
    pub parent: Option<&'a Rc<Environment>>,
}

/// Whether an environment is a secure context.
#[algorithm(Html, "secure-context", untraced)]
fn is_secure_context(top_level_creation_url: &Url) -> bool {
    /// 2. The top-level document's URL decides.
    is_url_potentially_trustworthy(top_level_creation_url)
}

/// Whether a document is nested in one of another site, directly or further up.
#[algorithm(Html, "concept-settings-object-has-cross-site-ancestor", untraced)]
fn has_cross_site_ancestor(origin: &Origin, parent: Option<&Rc<Environment>>) -> bool {
    /// 1. A top-level document has nobody above it.
    /// 2. Otherwise look at the document above it.
    let Some(parent) = parent else { return false };
    if parent.has_cross_site_ancestor {
        /// 3. It may itself have such an ancestor,
        return true;
    }
    if !parent.origin.is_same_site(origin) {
        /// 4. or be one.
        return true;
    }
    /// 5. Otherwise not.
    false
}

/// The environment that a navigation reserves for the document it is about to create.
pub fn reserve_an_environment(
    identities: &Identities,
    creation_url: &Url,
    place: Place<'_>,
) -> Environment {
    let (top_level_creation_url, top_level_origin) = match place.parent {
        None => (creation_url.clone(), None),
        Some(parent) => (
            parent.top_level_creation_url.clone(),
            parent.top_level_origin.clone(),
        ),
    };
    // The standard's environment has no origin yet; the URL's is as near as one can say.
    let origin = Origin::of_url(creation_url).unwrap_or_else(|| identities.origins.next());
    Environment {
        id: identities.next_environment(),
        secure_context: is_secure_context(&top_level_creation_url),
        has_cross_site_ancestor: has_cross_site_ancestor(&origin, place.parent),
        has_trustworthy_ancestor: place.parent.is_some_and(|parent| {
            parent.has_trustworthy_ancestor || prohibits_by_itself(&parent.origin)
        }),
        creation_url: creation_url.clone(),
        top_level_creation_url,
        top_level_origin,
        api_base_url: RefCell::new(creation_url.clone()),
        policy_container: RefCell::new(PolicyContainer::default()),
        global: global(place),
        // MODEL: no document is cross-origin isolated.
        cross_origin_isolated_capability: false,
        referrer_source: RefCell::new(None),
        insecure_requests: Default::default(),
        fetch_group: Default::default(),
        cache: Default::default(),
        origin,
    }
}

fn global(place: Place<'_>) -> GlobalObject {
    GlobalObject::Window {
        traversable: Some(place.traversable),
        nested: place.parent.is_some(),
    }
}

/// What a new window's environment is made of.
#[derive(Debug)]
pub struct WindowEnvironment<'a> {
    /// The id of the reserved environment, if there is one.
    pub reserved_id: Option<u64>,
    /// The document's URL.
    pub creation_url: Url,
    /// The document's origin.
    pub origin: Origin,
    /// The document's policies.
    pub policy_container: PolicyContainer,
    /// The fallback base URL of an `about:` document: the base URL of whoever went there.
    pub about_base_url: Option<Url>,
    /// Where it stands.
    pub place: Place<'a>,
}

/// Sets up the environment of a window.
#[algorithm(Html, "set-up-a-window-environment-settings-object", untraced)]
pub fn set_up_a_window_environment_settings_object(
    identities: &Identities,
    window: WindowEnvironment<'_>,
) -> Rc<Environment> {
    let WindowEnvironment {
        reserved_id,
        creation_url,
        origin,
        policy_container,
        about_base_url,
        place,
    } = window;
    let (top_level_creation_url, top_level_origin) = match place.parent {
        None => (creation_url.clone(), Some(origin.clone())),
        Some(parent) => (
            parent.top_level_creation_url.clone(),
            parent.top_level_origin.clone(),
        ),
    };
    let is_srcdoc = crate::origin::matches_about_srcdoc(&creation_url);
    let referrer_source = referrer_source(&origin, &creation_url, is_srcdoc, place.parent);
    let api_base_url = about_base_url
        .filter(|_| is_srcdoc || crate::origin::matches_about_blank(&creation_url))
        .unwrap_or_else(|| creation_url.clone());
    /// 4. It takes over the reserved environment, or is a new one.
    let id = reserved_id.unwrap_or_else(|| identities.next_environment());
    let insecure_requests = crate::content_security_policy::insecure_requests_of(
        &policy_container.csp_list,
        &creation_url,
        place.parent.map(|parent| &**parent),
    );
    /// 3. Its origin and policies are the document's, its base URL the document base URL.
    let environment = Environment {
        id,
        secure_context: is_secure_context(&top_level_creation_url),
        has_cross_site_ancestor: has_cross_site_ancestor(&origin, place.parent),
        has_trustworthy_ancestor: place.parent.is_some_and(|parent| {
            parent.has_trustworthy_ancestor || prohibits_by_itself(&parent.origin)
        }),
        creation_url,
        top_level_creation_url,
        top_level_origin,
        api_base_url: RefCell::new(api_base_url),
        policy_container: RefCell::new(policy_container),
        global: global(place),
        cross_origin_isolated_capability: false,
        referrer_source: RefCell::new(referrer_source),
        insecure_requests: RefCell::new(insecure_requests),
        fetch_group: Default::default(),
        cache: Default::default(),
        origin,
    };
    Rc::new(environment)
}

/// The URL that referrers are made of: none for an opaque origin, that of the document around it for `srcdoc`.
///
/// <https://w3c.github.io/webappsec-referrer-policy/#determine-requests-referrer>, step 3
fn referrer_source(
    origin: &Origin,
    creation_url: &Url,
    is_srcdoc: bool,
    parent: Option<&Rc<Environment>>,
) -> Option<Url> {
    if origin.is_opaque() {
        return None;
    }
    match parent {
        Some(parent) if is_srcdoc => parent.referrer_source.borrow().clone(),
        _ => Some(creation_url.clone()),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn window_at(url: &str) -> Rc<Environment> {
        nested(&Identities::default(), url, None, None)
    }

    fn nested(
        identities: &Identities,
        url: &str,
        origin: Option<Origin>,
        parent: Option<&Rc<Environment>>,
    ) -> Rc<Environment> {
        let creation_url = Url::parse(url).unwrap();
        let origin = origin
            .or_else(|| Origin::of_url(&creation_url))
            .unwrap_or_else(|| identities.origins.next());
        set_up_a_window_environment_settings_object(
            identities,
            WindowEnvironment {
                reserved_id: None,
                creation_url,
                origin,
                policy_container: PolicyContainer::default(),
                about_base_url: parent.map(|parent| parent.api_base_url.borrow().clone()),
                place: Place {
                    traversable: 1,
                    parent,
                },
            },
        )
    }

    #[test]
    fn the_top_decides_on_security_and_partition() {
        let identities = Identities::default();
        let top = nested(&identities, "http://alice.example/", None, None);
        let frame = nested(&identities, "https://bank.example/", None, Some(&top));
        assert!(!top.secure_context);
        assert!(!frame.secure_context, "an HTTPS frame of an HTTP page");
        assert_eq!(frame.top_level_creation_url, top.creation_url);
        assert_eq!(frame.top_level_origin, Some(top.origin.clone()));
        assert_eq!(
            frame.global,
            GlobalObject::Window {
                traversable: Some(1),
                nested: true
            }
        );
        assert!(nested(&identities, "http://localhost:8080/", None, None).secure_context);
        assert_ne!(top.id, frame.id);
    }

    #[test]
    fn a_cross_site_ancestor_is_seen_through_a_same_site_frame() {
        let identities = Identities::default();
        let top = nested(&identities, "https://alice.example/", None, None);
        let sibling = nested(&identities, "https://www.alice.example/", None, Some(&top));
        let foreign = nested(&identities, "https://charlie.example/", None, Some(&top));
        let back = nested(&identities, "https://alice.example/", None, Some(&foreign));
        assert!(!top.has_cross_site_ancestor);
        assert!(!sibling.has_cross_site_ancestor);
        assert!(foreign.has_cross_site_ancestor);
        assert!(back.has_cross_site_ancestor, "alice in charlie in alice");
    }

    #[test]
    fn referrers_come_from_the_document_around_srcdoc_and_never_from_nobody() {
        let identities = Identities::default();
        let top = nested(&identities, "https://alice.example/page?x", None, None);
        let origin = top.origin.clone();
        let srcdoc = nested(
            &identities,
            "about:srcdoc",
            Some(origin.clone()),
            Some(&top),
        );
        let deeper = nested(&identities, "about:srcdoc", Some(origin), Some(&srcdoc));
        assert_eq!(
            *deeper.referrer_source.borrow(),
            Some(top.creation_url.clone())
        );
        assert_eq!(*deeper.api_base_url.borrow(), top.creation_url);
        let sandboxed = nested(
            &identities,
            "about:srcdoc",
            Some(identities.origins.next()),
            Some(&top),
        );
        assert_eq!(*sandboxed.referrer_source.borrow(), None);
        let data = nested(&identities, "data:text/html,x", None, None);
        assert_eq!(*data.referrer_source.borrow(), None);
        assert_eq!(data.api_base_url.borrow().scheme(), "data");
    }
}
