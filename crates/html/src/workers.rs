//! Workers: the requests of their scripts, what makes a script of a response, and their environments.
//!
//! <https://html.spec.whatwg.org/multipage/workers.html>

use std::cell::RefCell;
use std::rc::Rc;

use crossexam_fetch::client::{EmbedderPolicy, EmbedderPolicyValue};
use crossexam_fetch::mixed_content::prohibits_by_itself;
use crossexam_fetch::request::{
    CredentialsMode, Destination, InitiatorType, Mode, ParserMetadata, Referrer,
};
use crossexam_fetch::response::{InternalResponse, is_ok_status};
use crossexam_fetch::{
    Body, Environment, GlobalObject, PolicyContainer, ReferrerPolicy, Request, Response,
    ResponseType,
};
use crossexam_web::mime::{MimeType, extract_a_mime_type};
use crossexam_web::{Trace, algorithm};
use url::Url;

use crate::content_security_policy::insecure_requests_of;
use crate::decode::decode_text;
use crate::environment::Identities;
use crate::policy_container::{ContextSecurity, create_a_policy_container_from_a_fetch_response};

/// A classic script for a worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkerScript {
    /// Its text.
    pub source: String,
    /// Where it came from, after redirects.
    pub url: Url,
    /// Whether its exceptions are hidden from other origins ("muted errors").
    pub muted_errors: bool,
}

/// The request of the script that a worker begins with; the client is the worker's owner.
#[algorithm(Html, "fetch-a-classic-worker-script", untraced)]
pub fn classic_worker_script_request(
    url: Url,
    destination: Destination,
    client: &Rc<Environment>,
) -> Request {
    /// 1. A request of mode "same-origin" for a script that no parser inserted.
    let mut request = script_request(url, destination, client);
    request.mode = Mode::SameOrigin;
    request.credentials_mode = CredentialsMode::SameOrigin;
    request
}

/// The request of a script that `importScripts()` names; the client is the worker.
#[algorithm(Html, "fetch-a-classic-worker-imported-script", untraced)]
pub fn classic_worker_imported_script_request(url: Url, client: &Rc<Environment>) -> Request {
    /// 3. A request as a classic `script` element makes it, from any origin.
    script_request(url, Destination::Script, client)
}

fn script_request(url: Url, destination: Destination, client: &Rc<Environment>) -> Request {
    let mut request = Request::new(url);
    request.destination = destination;
    request.client = Some(client.clone());
    request.referrer = Referrer::Client;
    request.initiator_type = Some(InitiatorType::Other);
    request.parser_metadata = ParserMetadata::NotParserInserted;
    request.use_url_credentials = true;
    request
}

/// The script that a worker begins with; `None` if the response is none.
#[algorithm(Html, "fetch-a-classic-worker-script", untraced)]
pub fn classic_worker_script(response: &Response) -> Option<WorkerScript> {
    /// 4.1. What the response holds, whatever its filter.
    let internal = response.internal()?;
    /// 4.2. A body and an ok status,
    if !is_ok_status(internal.status) {
        return None;
    }
    let url = internal.url()?.clone();
    /// 4.3. and from the network a script's type.
    if matches!(url.scheme(), "http" | "https") && !has_a_java_script_type(internal) {
        return None;
    }
    /// 4.4. It is always UTF-8.
    let source = source_of(internal)?;
    /// 4.5. That is the script.
    Some(WorkerScript {
        source,
        url,
        muted_errors: false,
    })
}

/// The script that `importScripts()` has fetched; `None` if the response is none.
#[algorithm(Html, "fetch-a-classic-worker-imported-script", untraced)]
pub fn classic_worker_imported_script(response: &Response) -> Option<WorkerScript> {
    let internal = response.internal()?;
    /// 5. It takes a body, an ok status and a script's type, wherever it comes from.
    if !is_ok_status(internal.status) || !has_a_java_script_type(internal) {
        return None;
    }
    /// 6. It is always UTF-8.
    let source = source_of(internal)?;
    /// 7. What is not CORS-same-origin keeps its exceptions to itself.
    let muted_errors = match response.response_type() {
        ResponseType::Basic | ResponseType::Cors | ResponseType::Default => false,
        ResponseType::Error | ResponseType::Opaque | ResponseType::OpaqueRedirect => true,
    };
    /// 8. That is the script.
    Some(WorkerScript {
        source,
        url: internal.url()?.clone(),
        muted_errors,
    })
}

fn has_a_java_script_type(response: &InternalResponse) -> bool {
    extract_a_mime_type(&response.header_list)
        .as_ref()
        .is_some_and(MimeType::is_javascript)
}

/// The text of a response whose body has been read; one without a body is an empty script.
fn source_of(response: &InternalResponse) -> Option<String> {
    let Some(body) = &response.body else {
        return Some(String::new());
    };
    Body::known_bytes(body).map(|bytes| decode_text(bytes, None).0)
}

/// The policies of a worker.
///
/// MODEL: a worker of an object URL has those of its owner, not of whoever made the URL.
#[algorithm(Html, "initialize-worker-policy-container", untraced)]
pub fn initialize_a_worker_global_scopes_policy_container(
    response: &InternalResponse,
    owner: &Environment,
    default_referrer_policy: ReferrerPolicy,
) -> PolicyContainer {
    let url = response.url();
    if url.is_none_or(|url| matches!(url.scheme(), "about" | "blob" | "data")) {
        /// 1. What comes from no network has its owner's.
        return owner.policy_container.borrow().clone();
    }
    /// 2. Otherwise those that came with the script.
    create_a_policy_container_from_a_fetch_response(
        response,
        ContextSecurity::of(owner.secure_context),
        default_referrer_policy,
        &Trace::off(),
    )
}

/// Whether a dedicated worker's embedder policy is as strict as its owner's demands.
#[algorithm(Html, "check-a-global-object's-embedder-policy", untraced)]
pub fn does_a_worker_fit_its_owners_embedder_policy(
    policy: &EmbedderPolicy,
    owner: &EmbedderPolicy,
) -> bool {
    // 4. and 6. MODEL: nothing is reported.
    /// 5. The owner demands nothing, or the worker has a policy, too.
    owner.value
        == EmbedderPolicyValue::UnsafeNone
        || policy.value != EmbedderPolicyValue::UnsafeNone
}

/// Sets up the environment of a worker whose script came from `url`; `owner` is whoever has started it.
///
/// SPEC: what the top-level origin of a shared worker is, the standard leaves to the browser: here it is its first owner's.
#[algorithm(Html, "set-up-a-worker-environment-settings-object", untraced)]
pub fn set_up_a_worker_environment_settings_object(
    identities: &Identities,
    url: Url,
    policy_container: PolicyContainer,
    owner: &Rc<Environment>,
) -> Rc<Environment> {
    let is_data = url.scheme() == "data";
    /// 1. Its origin is its owner's, unless it is a `data:` URL's.
    let origin = if is_data {
        identities.origins.next()
    } else {
        owner.origin.clone()
    };
    let insecure_requests = insecure_requests_of(&policy_container.csp_list, &url, Some(owner));
    /// 5. The rest comes from the script's URL, its response and its owner.
    /// 6. The id is a new one, the creation URL the script's.
    /// 7. The top-level origin is the owner's.
    let environment = Environment {
        id: identities.next_environment(),
        creation_url: url.clone(),
        // The standard's has none; where it counts, it is the owner's that does.
        top_level_creation_url: owner.top_level_creation_url.clone(),
        top_level_origin: owner.top_level_origin.clone(),
        api_base_url: RefCell::new(url.clone()),
        policy_container: RefCell::new(policy_container),
        has_cross_site_ancestor: owner.has_cross_site_ancestor || is_data,
        has_trustworthy_ancestor: owner.has_trustworthy_ancestor
            || prohibits_by_itself(&owner.origin),
        global: GlobalObject::Worker,
        // <https://html.spec.whatwg.org/multipage/webappapis.html#secure-context>, step 1
        secure_context: owner.secure_context,
        cross_origin_isolated_capability: false,
        referrer_source: RefCell::new(Some(url)),
        insecure_requests: RefCell::new(insecure_requests),
        fetch_group: Default::default(),
        cache: Default::default(),
        origin,
    };
    Rc::new(environment)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::tests::window_at;

    fn worker_at(url: &str, owner: &Rc<Environment>) -> Rc<Environment> {
        set_up_a_worker_environment_settings_object(
            &Identities::starting_at(100),
            Url::parse(url).unwrap(),
            PolicyContainer::default(),
            owner,
        )
    }

    #[test]
    fn a_worker_is_of_its_owners_origin_unless_its_script_is_in_a_data_url() {
        let owner = window_at("https://alice.example/page");
        let worker = worker_at("https://alice.example/worker.js", &owner);
        assert!(worker.origin.is_same_origin(&owner.origin));
        assert!(worker.secure_context && !worker.has_cross_site_ancestor);
        assert_eq!(worker.global, GlobalObject::Worker);
        let data = worker_at("data:,x", &owner);
        assert!(data.origin.is_opaque() && data.secure_context);
        assert_eq!(data.top_level_origin, owner.top_level_origin);
        assert!(
            !worker_at("http://alice.example/", &window_at("http://alice.example/")).secure_context
        );
    }

    #[test]
    fn the_script_is_same_origin_and_what_it_imports_from_anywhere() {
        let owner = window_at("https://alice.example/page");
        let url = || Url::parse("https://charlie.example/worker.js").unwrap();
        let first = classic_worker_script_request(url(), Destination::Worker, &owner);
        assert_eq!(
            (first.mode, first.destination),
            (Mode::SameOrigin, Destination::Worker)
        );
        let imported = classic_worker_imported_script_request(url(), &owner);
        assert_eq!(
            (imported.mode, imported.destination),
            (Mode::NoCors, Destination::Script)
        );
    }

    #[test]
    fn scripts_from_the_network_need_the_type_of_scripts() {
        let response = |url: &str, status: u16, content_type: &'static str| {
            let mut response = InternalResponse::new();
            response.status = status;
            response.url_list = vec![Url::parse(url).unwrap()];
            response.header_list.append("Content-Type", content_type);
            Response::from(response)
        };
        let is_script = |response: &Response| {
            (
                classic_worker_script(response).is_some(),
                classic_worker_imported_script(response).is_some(),
            )
        };
        let (https, data) = ("https://alice.example/", "data:,x");
        assert_eq!(
            is_script(&response(https, 200, "text/javascript")),
            (true, true)
        );
        assert_eq!(
            is_script(&response(https, 404, "text/javascript")),
            (false, false)
        );
        assert_eq!(
            is_script(&response(https, 200, "text/plain")),
            (false, false)
        );
        assert_eq!(is_script(&response(data, 200, "text/plain")), (true, false));
    }
}
