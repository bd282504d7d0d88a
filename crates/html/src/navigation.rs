//! Navigation: from a URL to the response that becomes a document.
//!
//! <https://html.spec.whatwg.org/multipage/browsing-the-web.html#navigating>

use std::rc::Rc;

use bytes::Bytes;
use crossexam_fetch::cross_origin_resource_policy::{Corp, cross_origin_resource_policy_check};
use crossexam_fetch::http_redirect_fetch::{InvalidLocation, location_url};
use crossexam_fetch::request::{
    CredentialsMode, Destination, InitiatorType, Mode, RedirectMode, Referrer,
    TraversableForUserPrompts,
};
use crossexam_fetch::response::InternalResponse;
use crossexam_fetch::{
    BlockReason, Body, Environment, FetchController, Fetched, Host, NetworkError, PolicyContainer,
    ReferrerPolicy, Request, UserAgent, fetch, process_the_next_manual_redirect,
};
use crossexam_web::{Origin, Trace, algorithm};
use url::Url;

use crate::content_security_policy::{
    csp_derived_sandboxing_flags, directive_that_blocks_a_navigation_request,
};
use crate::environment::{Identities, Place, reserve_an_environment};
use crate::opener_policy::{
    GroupSwitch, OpenerPolicyEnforcement, OpenerPolicyValue, obtain_an_opener_policy,
};
use crate::origin::{determine_the_origin, url_origin};
use crate::policy_container::{
    ContextSecurity, create_a_policy_container_from_a_fetch_response,
    determine_navigation_params_policy_container,
};
use crate::sandbox::SandboxingFlags;

/// Whoever begins a navigation, as it was at that moment.
///
/// <https://html.spec.whatwg.org/multipage/browsing-the-web.html#source-snapshot-params>
#[derive(Debug, Clone)]
pub struct SourceSnapshot {
    /// Whether the user has just done something there.
    pub has_transient_activation: bool,
    /// The active sandboxing flag set.
    pub sandboxing_flags: SandboxingFlags,
    /// The environment; `None` for the browser's own user interface.
    pub fetch_client: Option<Rc<Environment>>,
    /// The origin; `None` for the browser's own user interface.
    pub origin: Option<Origin>,
    /// The document base URL.
    pub base_url: Option<Url>,
}

impl SourceSnapshot {
    /// The browser's own user interface: the address bar, a bookmark.
    pub const fn browser_ui() -> Self {
        Self {
            // MODEL: what the user does in the browser's interface counts as the user's doing.
            has_transient_activation: true,
            sandboxing_flags: SandboxingFlags::NONE,
            fetch_client: None,
            origin: None,
            base_url: None,
        }
    }
}

/// What is navigated, as it was when the navigation began.
#[derive(Debug, Clone)]
pub struct TargetSnapshot {
    /// The top-level traversable above it, by the browser's number.
    pub traversable: u64,
    /// The flags that it imposes on its next document.
    pub sandboxing_flags: SandboxingFlags,
    /// What it is inside of; `None` for a top-level traversable.
    pub container: Option<Container>,
    /// The opener policy of the document that is left; `None` for a frame, or where there is none yet.
    pub opener_policy: Option<OpenerPolicyEnforcement>,
}

/// The element that holds a navigable, and the documents around it.
#[derive(Debug, Clone)]
pub struct Container {
    /// The environment of the document that the element is in.
    pub document: Rc<Environment>,
    /// The origins of that document and of those around it, the nearest first.
    pub ancestor_origins: Vec<Origin>,
    /// The element: "iframe" (or "frame", "object", "embed").
    pub element: Destination,
}

/// A form's data, to be sent with `POST`. <https://html.spec.whatwg.org/multipage/browsing-the-web.html#post-resource>
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostResource {
    /// The body.
    pub body: Bytes,
    /// Its type.
    pub content_type: Bytes,
}

/// Where a navigation goes, and how.
#[derive(Debug, Clone)]
pub struct NavigationEntry {
    /// The URL.
    pub url: Url,
    /// What is sent with `POST`.
    pub resource: Option<PostResource>,
    /// The referrer policy of the element that began it.
    pub referrer_policy: Option<ReferrerPolicy>,
    /// Whether it is a reload.
    pub reload: bool,
    /// Whether it moves through the session history.
    pub history: bool,
    /// Whether it submits a form.
    pub form_submission: bool,
}

/// What a document is made of.
#[derive(Debug)]
pub struct NavigationParams {
    /// The response.
    pub response: InternalResponse,
    /// The request; `None` for `srcdoc`.
    pub request: Option<Request>,
    /// The URL of the document.
    pub url: Url,
    /// The origin of the document.
    pub origin: Origin,
    /// Its policies.
    pub policy_container: PolicyContainer,
    /// Its active sandboxing flag set.
    pub sandboxing_flags: SandboxingFlags,
    /// The id of the environment that was reserved for it.
    pub reserved_environment: Option<u64>,
    /// Its opener policy.
    pub opener_policy: OpenerPolicyValue,
    /// Whether it needs another browsing context group.
    pub group_switch: GroupSwitch,
}

/// How fetching for a navigation ends.
#[derive(Debug)]
pub enum NavigationFetch {
    /// With what a document can be made of.
    Params(Box<NavigationParams>),
    /// With a redirect to a scheme that is not fetched, for example `mailto:`.
    NonFetchScheme {
        /// Where it leads.
        url: Url,
        /// The request that was redirected.
        request: Box<Request>,
    },
    /// With an error page.
    Error {
        /// Why.
        error: Box<NetworkError>,
        /// The request at the end.
        request: Box<Request>,
    },
}

/// Whether a scheme is a fetch scheme. <https://fetch.spec.whatwg.org/#fetch-scheme>
pub fn is_fetch_scheme(scheme: &str) -> bool {
    matches!(
        scheme,
        "about" | "blob" | "data" | "file" | "http" | "https"
    )
}

/// The request of a navigation: steps 3 to 10 of "create navigation params by fetching".
#[algorithm(Html, "create-navigation-params-by-fetching")]
pub fn create_the_navigation_request(
    entry: &NavigationEntry,
    source: &SourceSnapshot,
    target: &TargetSnapshot,
    identities: &Identities,
    trace: &Trace,
) -> Request {
    /// 3. A request of mode "navigate" that carries credentials and stops at each redirect.
    let mut request = Request {
        client: source.fetch_client.clone(),
        destination: Destination::Document,
        credentials_mode: CredentialsMode::Include,
        use_url_credentials: true,
        redirect_mode: RedirectMode::Manual,
        mode: Mode::Navigate,
        referrer: Referrer::Client,
        referrer_policy: entry.referrer_policy,
        origin: source.origin.clone(),
        traversable_for_user_prompts: TraversableForUserPrompts::Traversable(target.traversable),
        ..Request::new(entry.url.clone())
    };
    if target.container.is_none() {
        /// 4. For the top: who began it.
        request.top_level_navigation_initiator_origin = source.origin.clone();
    }
    if request.client.is_none() {
        /// 5.1. The browser's own interface is nobody,
        request.origin = Some(identities.origins.next());
        /// 5.3. and leaves no referrer.
        request.referrer = Referrer::NoReferrer;
    }
    if let Some(resource) = &entry.resource {
        /// 6.1. A form's data goes with `POST`.
        request.method = Bytes::from_static(b"POST");
        /// 6.2. It is the body,
        request.body = Some(Body::from_bytes(resource.body.clone()));
        /// 6.3. of the form's type.
        request
            .header_list
            .set("Content-Type", resource.content_type.clone());
    }
    if entry.reload {
        /// 7. A reload says so,
        request.reload_navigation = true;
    } else if entry.history {
        /// 8. and so does the way through the history.
        request.history_navigation = true;
    }
    request.is_form_submission = entry.form_submission;
    if source.has_transient_activation {
        /// 9. Did the user do something?
        request.user_activation = true;
    }
    if let Some(container) = &target.container {
        // 10.1. SPEC: read literally, a frame that navigates itself would ask in the name of the document around it
        // (whatwg/html#4703); browsers, and this model, keep the origin of whoever began the navigation.
        /// 10.2. A frame's destination is its element.
        request.destination = container.element;
        let by_container = source
            .fetch_client
            .as_ref()
            .is_some_and(|client| Rc::ptr_eq(client, &container.document));
        if by_container {
            /// 10.3. Begun by the document around it, it is also the initiator type.
            request.initiator_type = InitiatorType::from_keyword(container.element.as_str());
        }
    }
    request
}

/// Fetches for a navigation, redirect by redirect.
///
/// `request` is what [`create_the_navigation_request`] made.
#[expect(
    clippy::too_many_arguments,
    reason = "the standard's own parameters, and what the model hands in"
)]
#[algorithm(Html, "create-navigation-params-by-fetching")]
pub async fn create_navigation_params_by_fetching<H: Host>(
    user_agent: &UserAgent,
    host: &H,
    mut request: Request,
    source: &SourceSnapshot,
    target: &TargetSnapshot,
    identities: &Identities,
    controller: &FetchController,
    trace: &Trace,
) -> NavigationFetch {
    let place = Place {
        traversable: target.traversable,
        parent: target
            .container
            .as_ref()
            .map(|container| &container.document),
    };
    /// 19. Begin at the URL.
    let mut current_url = request.current_url().clone();
    let mut before: Option<Fetched> = None;
    let mut opener_policy_enforcement = target.opener_policy.clone();
    loop {
        let slot = before
            .as_mut()
            .map_or(&mut request, |fetched| &mut fetched.request);
        let other_origin = slot.reserved_client.as_ref().is_some_and(|reserved| {
            !Origin::of_url(&reserved.creation_url)
                .is_some_and(|origin| origin.is_same_origin_with_url(&current_url))
        });
        if other_origin {
            /// 21.1.2. Another origin needs another environment.
            slot.reserved_client = None;
        }
        if slot.reserved_client.is_none() {
            /// 21.2.4. Reserve one.
            slot.reserved_client = Some(Rc::new(reserve_an_environment(
                identities,
                &current_url,
                place,
            )));
        }
        let asked = before.as_ref().map_or(&request, |fetched| &fetched.request);
        if let Some(directive) = directive_that_blocks_a_navigation_request(asked, user_agent) {
            let url = current_url.to_string();
            let reason = BlockReason::ContentSecurityPolicy { directive, url };
            /// 21.3. A policy may forbid to go there.
            let error = NetworkError::new(reason, here!());
            return NavigationFetch::Error {
                error: Box::new(error),
                request: Box::new(before.map_or(request, |fetched| fetched.request)),
            };
        }
        let mut fetched = match before.take() {
            /// 21.5. Fetch,
            None => fetch(user_agent, host, request.clone(), controller, trace).await,
            /// 21.6. or follow the redirect.
            Some(fetched) => {
                process_the_next_manual_redirect(user_agent, host, fetched, controller, trace).await
            }
        };
        let security = ContextSecurity::of(
            fetched
                .request
                .reserved_client
                .as_ref()
                .is_some_and(|reserved| reserved.secure_context),
        );
        let Some(response) = fetched.response.internal() else {
            let error = fetched.response.network_error().cloned();
            /// 23. A network error ends in an error page.
            let error =
                error.unwrap_or_else(|| NetworkError::new(BlockReason::Terminated, here!()));
            return NavigationFetch::Error {
                error: Box::new(error),
                request: Box::new(fetched.request),
            };
        };
        let response_url = response
            .url()
            .cloned()
            .unwrap_or_else(|| current_url.clone());
        /// 21.9. The policies that came with the response.
        let response_policies = create_a_policy_container_from_a_fetch_response(
            response,
            security,
            user_agent.choices.default_referrer_policy,
            trace,
        );
        /// 21.10. The sandbox.
        let sandboxing_flags =
            target.sandboxing_flags | csp_derived_sandboxing_flags(&response_policies.csp_list);
        /// 21.11. Whose document would it be?
        let origin = determine_the_origin(
            Some(&response_url),
            sandboxing_flags,
            source.origin.as_ref(),
            |url| url_origin(url, &user_agent.blob_urls.borrow(), &identities.origins),
            &identities.origins,
            trace,
        );
        let mut opener_policy = OpenerPolicyValue::UnsafeNone;
        if target.container.is_none() {
            /// 21.12.1. The opener policy of a top-level document
            opener_policy = obtain_an_opener_policy(&response.header_list, security);
            if let Some(enforcement) = &mut opener_policy_enforcement {
                /// 21.12.2. is compared with that of the one before.
                enforcement.enforce(opener_policy, &origin);
                trace.fact("Cross-Origin-Opener-Policy", || opener_policy.as_str());
            }
            if opener_policy != OpenerPolicyValue::UnsafeNone && !sandboxing_flags.is_empty() {
                let reason = BlockReason::OpenerPolicyInSandbox;
                /// 21.12.3. A sandbox and an opener policy do not go together.
                let error = NetworkError::new(reason, here!());
                return NavigationFetch::Error {
                    error: Box::new(error),
                    request: Box::new(fetched.request),
                };
            }
        }
        if let Some(container) = &target.container {
            let corp = cross_origin_resource_policy_check(
                &container.document.origin,
                Some(&container.document),
                fetched.request.destination,
                response,
                true,
                user_agent,
                trace,
            );
            if let Corp::Blocked {
                policy,
                implied_by_embedder,
                step,
            } = corp
            {
                let origin = container.document.origin.to_string();
                /// 21.13. It may not be embedded here.
                let reason = BlockReason::CrossOriginResourcePolicy {
                    policy,
                    implied_by_embedder,
                    origin,
                };
                let error = NetworkError::new(reason, step);
                return NavigationFetch::Error {
                    error: Box::new(error),
                    request: Box::new(fetched.request),
                };
            }
        }
        /// 21.14. Does it lead elsewhere?
        let location = location_url(response, current_url.fragment());
        match location {
            Ok(None) => {
                /// 25. It does not: work out the document's policies.
                let policy_container = determine_navigation_params_policy_container(
                    &response_url,
                    source
                        .fetch_client
                        .as_ref()
                        .map(|client| client.policy_container.borrow().clone())
                        .as_ref(),
                    None,
                    Some(response_policies),
                );
                let reserved_environment = fetched
                    .request
                    .reserved_client
                    .as_ref()
                    .map(|reserved| reserved.id);
                let url = fetched.request.current_url().clone();
                let Some(response) = fetched.response.internal_mut().map(std::mem::take) else {
                    let error = NetworkError::new(BlockReason::Terminated, here!());
                    let request = Box::new(fetched.request);
                    return NavigationFetch::Error {
                        error: Box::new(error),
                        request,
                    };
                };
                /// 27. That is what the document is made of.
                return NavigationFetch::Params(Box::new(NavigationParams {
                    response,
                    request: Some(fetched.request),
                    url,
                    origin,
                    policy_container,
                    sandboxing_flags,
                    reserved_environment,
                    opener_policy,
                    group_switch: opener_policy_enforcement
                        .map_or(GroupSwitch::Stays, |enforcement| enforcement.switch),
                }));
            }
            Err(InvalidLocation(location)) => {
                /// 21.15. To something that is no URL.
                let error = NetworkError::new(BlockReason::InvalidLocation { location }, here!());
                return NavigationFetch::Error {
                    error: Box::new(error),
                    request: Box::new(fetched.request),
                };
            }
            Ok(Some(url)) if !matches!(url.scheme(), "http" | "https") => {
                let request = Box::new(fetched.request);
                if is_fetch_scheme(url.scheme()) {
                    let scheme = url.scheme().to_owned();
                    /// 23. A redirect from the network to a local document is not followed.
                    let error =
                        NetworkError::new(BlockReason::RedirectToNonHttp { scheme }, here!());
                    return NavigationFetch::Error {
                        error: Box::new(error),
                        request,
                    };
                }
                /// 22. A redirect to another program's scheme.
                return NavigationFetch::NonFetchScheme { url, request };
            }
            Ok(Some(url)) => {
                /// 21.20. Go on from there.
                current_url = url;
                before = Some(fetched);
            }
        }
    }
}

/// What a `srcdoc` document is made of.
#[algorithm(Html, "create-navigation-params-from-a-srcdoc-resource")]
pub fn create_navigation_params_from_a_srcdoc_resource(
    srcdoc: &str,
    target: &TargetSnapshot,
    container_origin: &Origin,
    identities: &Identities,
    trace: &Trace,
) -> NavigationParams {
    let url = about_srcdoc();
    /// 2. A response of type `text/html` with the attribute's value.
    let mut response = InternalResponse::new();
    response.url_list = vec![url.clone()];
    // NB: the value is encoded as UTF-8 here, so the type says so.
    response
        .header_list
        .append("Content-Type", "text/html;charset=utf-8");
    response.body = Some(Body::from_bytes(srcdoc.as_bytes().to_vec()));
    /// 3. Whose it is: the origin of the document around it, unless the sandbox makes it nobody's.
    let origin = determine_the_origin(
        Some(&url),
        target.sandboxing_flags,
        Some(container_origin),
        |_| identities.origins.next(),
        &identities.origins,
        trace,
    );
    let parent = target
        .container
        .as_ref()
        .map(|container| container.document.policy_container.borrow().clone());
    /// 6. The policies of the document around it.
    let policy_container =
        determine_navigation_params_policy_container(&url, None, parent.as_ref(), None);
    /// 7. That is what the document is made of.
    NavigationParams {
        response,
        request: None,
        url,
        origin,
        policy_container,
        sandboxing_flags: target.sandboxing_flags,
        reserved_environment: None,
        opener_policy: OpenerPolicyValue::UnsafeNone,
        group_switch: GroupSwitch::Stays,
    }
}

/// `about:srcdoc`
pub fn about_srcdoc() -> Url {
    about("srcdoc")
}

/// `about:blank`
pub fn about_blank() -> Url {
    about("blank")
}

#[expect(clippy::expect_used, reason = "a constant that parses")]
fn about(path: &str) -> Url {
    Url::parse(&format!("about:{path}")).expect("about: URLs parse")
}
