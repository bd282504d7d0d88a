//! The page of a case: an environment, made as HTML makes it.

use std::rc::Rc;

use crossexam_fetch::response::InternalResponse;
use crossexam_fetch::{Environment, GlobalObject, PolicyContainer, UserAgent};
use crossexam_html::SandboxingFlags;
use crossexam_html::content_security_policy::{
    csp_derived_sandboxing_flags, unmodelled_directives,
};
use crossexam_html::environment::{
    Identities, Place as WindowPlace, WindowEnvironment,
    set_up_a_window_environment_settings_object,
};
use crossexam_html::navigation::about_srcdoc;
use crossexam_html::origin::determine_the_origin;
use crossexam_html::policy_container::{
    ContextSecurity, create_a_policy_container_from_a_fetch_response,
    determine_navigation_params_policy_container,
};
use crossexam_html::sandbox::parse_a_sandboxing_directive;
use crossexam_web::trustworthy::is_url_potentially_trustworthy;
use crossexam_web::{Origin, Trace};
use url::Url;

use super::server::headers_of;
use super::{Malformed, url_of};
use crate::case::{Page, PageKind};

/// The top-level traversable that everything happens in.
const TRAVERSABLE: u64 = 1;

/// What a sandboxed frame of a case may do.
const SANDBOX: &str = "allow-scripts allow-forms";

/// Where the script of a case runs.
pub(super) struct Place {
    /// Its environment.
    pub(super) environment: Rc<Environment>,
}

/// A document to be made.
struct NewDocument<'a> {
    url: Url,
    /// Whose it is if its URL does not say.
    source_origin: Option<&'a Origin>,
    policy_container: PolicyContainer,
    flags: SandboxingFlags,
    parent: Option<&'a Rc<Environment>>,
}

impl Place {
    pub(super) fn of(
        page: &Page,
        user_agent: &UserAgent,
        identities: &Identities,
    ) -> Result<Self, Malformed> {
        let url = url_of("url", &page.url)?;
        if Origin::of_url(&url).is_none() {
            return Err(Malformed(format!("`url`: {url} is no page with an origin")));
        }
        let outer = match &page.within {
            None => None,
            Some(text) => {
                let url = url_of("within", text)?;
                Some(document(
                    identities,
                    NewDocument {
                        policy_container: policies(&url, &[], &url, user_agent)?,
                        url,
                        source_origin: None,
                        flags: SandboxingFlags::NONE,
                        parent: None,
                    },
                ))
            }
        };
        let top_url = outer.as_ref().map_or(&url, |outer| &outer.creation_url);
        let policy_container = policies(&url, &page.headers, top_url, user_agent)?;
        let sandboxed = parse_a_sandboxing_directive(SANDBOX);
        // A sandboxed page is in a frame: if nothing else is said, in one of another page of its own.
        let outer = match (page.kind, outer) {
            (PageKind::Sandboxed, None) => Some(document(
                identities,
                NewDocument {
                    policy_container: policies(&url, &[], &url, user_agent)?,
                    url: url.clone(),
                    source_origin: None,
                    flags: SandboxingFlags::NONE,
                    parent: None,
                },
            )),
            (_, outer) => outer,
        };
        let of_the_response = csp_derived_sandboxing_flags(&policy_container.csp_list);
        let made = document(
            identities,
            NewDocument {
                url: url.clone(),
                source_origin: None,
                policy_container,
                flags: of_the_response
                    | if page.kind == PageKind::Sandboxed {
                        sandboxed
                    } else {
                        SandboxingFlags::NONE
                    },
                parent: outer.as_ref(),
            },
        );
        let inner = |url: Url, flags| {
            let policies = made.policy_container.borrow();
            let policy_container = determine_navigation_params_policy_container(
                &url,
                Some(&policies),
                Some(&policies),
                None,
            );
            document(
                identities,
                NewDocument {
                    url,
                    source_origin: Some(&made.origin),
                    policy_container,
                    flags: of_the_response | flags,
                    parent: Some(&made),
                },
            )
        };
        let environment = match page.kind {
            PageKind::Window | PageKind::Sandboxed => made,
            PageKind::Srcdoc => inner(about_srcdoc(), SandboxingFlags::NONE),
            PageKind::SandboxedSrcdoc => inner(about_srcdoc(), sandboxed),
            PageKind::Data => inner(url_of("url", "data:text/html,")?, SandboxingFlags::NONE),
            PageKind::Blob => {
                let blob = inner(blob_url(&made.origin)?, SandboxingFlags::NONE);
                let departures = user_agent.choices.departures;
                if departures.blob_documents_refer_as_their_makers {
                    let source = made.referrer_source.borrow().clone();
                    blob.referrer_source.replace(source);
                }
                blob
            }
            PageKind::Worker => worker(&made, identities),
        };
        Ok(Self { environment })
    }

    /// What its policies ask for that is not modelled.
    pub(super) fn unmodelled(&self) -> Vec<String> {
        unmodelled_directives(&self.environment.policy_container.borrow().csp_list)
    }
}

/// A `blob:` URL of this origin.
fn blob_url(origin: &Origin) -> Result<Url, Malformed> {
    url_of(
        "url",
        &format!("blob:{origin}/6ba7b810-9dad-41d1-80b4-00c04fd430c8"),
    )
}

/// The policies that a page's response brings.
fn policies(
    url: &Url,
    lines: &[String],
    top_url: &Url,
    user_agent: &UserAgent,
) -> Result<PolicyContainer, Malformed> {
    let header_list = headers_of(lines)?
        .map_err(|line| Malformed(format!("`headers`: {line:?} is no header line")))?;
    let response = InternalResponse {
        url_list: vec![url.clone()],
        header_list,
        ..InternalResponse::default()
    };
    Ok(create_a_policy_container_from_a_fetch_response(
        &response,
        ContextSecurity::of(is_url_potentially_trustworthy(top_url)),
        user_agent.choices.default_referrer_policy,
        &Trace::off(),
    ))
}

fn document(identities: &Identities, new: NewDocument<'_>) -> Rc<Environment> {
    let origin = determine_the_origin(
        Some(&new.url),
        new.flags,
        new.source_origin,
        |url| Origin::of_url(url).unwrap_or_else(|| identities.origins.next()),
        &identities.origins,
        &Trace::off(),
    );
    set_up_a_window_environment_settings_object(
        identities,
        WindowEnvironment {
            reserved_id: None,
            creation_url: new.url,
            origin,
            policy_container: new.policy_container,
            about_base_url: new
                .parent
                .map(|parent| parent.api_base_url.borrow().clone()),
            place: WindowPlace {
                traversable: TRAVERSABLE,
                parent: new.parent,
            },
        },
    )
}

/// A dedicated worker of the page, with the page's URL as its script's.
///
/// <https://html.spec.whatwg.org/multipage/workers.html#set-up-a-worker-environment-settings-object>
fn worker(owner: &Rc<Environment>, identities: &Identities) -> Rc<Environment> {
    Rc::new(Environment {
        id: identities.next_environment(),
        creation_url: owner.creation_url.clone(),
        top_level_creation_url: owner.top_level_creation_url.clone(),
        top_level_origin: owner.top_level_origin.clone(),
        origin: owner.origin.clone(),
        api_base_url: owner.api_base_url.clone(),
        policy_container: owner.policy_container.clone(),
        has_cross_site_ancestor: owner.has_cross_site_ancestor,
        has_trustworthy_ancestor: owner.has_trustworthy_ancestor,
        global: GlobalObject::Worker,
        secure_context: owner.secure_context,
        cross_origin_isolated_capability: false,
        referrer_source: owner.referrer_source.clone(),
        insecure_requests: owner.insecure_requests.clone(),
        fetch_group: Default::default(),
        cache: Default::default(),
    })
}
