//! Upgrade Insecure Requests: a page asks for everything over HTTPS.
//!
//! <https://w3c.github.io/webappsec-upgrade-insecure-requests/>

use std::collections::BTreeSet;

use crossexam_web::trustworthy::is_url_potentially_trustworthy;
use crossexam_web::{Trace, algorithm};
use url::Url;

use crate::request::{Destination, Request};
use crate::user_agent::UserAgent;

/// What an environment does about insecure requests.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct InsecureRequests {
    /// The insecure requests policy.
    pub policy: InsecureRequestsPolicy,
    /// The upgrade insecure navigations set: hosts and ports.
    pub upgrade_insecure_navigations: BTreeSet<(String, Option<u16>)>,
}

/// An insecure requests policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum InsecureRequestsPolicy {
    /// "Do Not Upgrade"
    #[default]
    DoNotUpgrade,
    /// "Upgrade"
    Upgrade,
}

impl InsecureRequests {
    /// Enforces `upgrade-insecure-requests` for a resource from `url`.
    pub fn upgrade(&mut self, url: &Url) {
        self.policy = InsecureRequestsPolicy::Upgrade;
        self.upgrade_insecure_navigations.insert(tuple_of(url));
    }

    /// Takes over what the document around it, or the one that made it, does.
    pub fn inherit(&mut self, other: &Self) {
        if other.policy == InsecureRequestsPolicy::Upgrade {
            self.policy = InsecureRequestsPolicy::Upgrade;
            self.upgrade_insecure_navigations
                .extend(other.upgrade_insecure_navigations.iter().cloned());
        }
    }
}

fn tuple_of(url: &Url) -> (String, Option<u16>) {
    (url.host_str().unwrap_or_default().to_owned(), url.port())
}

/// Asks for a URL over HTTPS where the page wants it so; and tells servers of navigations that this is known here.
#[algorithm(UpgradeInsecureRequests, "upgrade-request", untraced)]
pub(crate) fn upgrade_request_to_a_potentially_trustworthy_url_if_appropriate(
    request: &mut Request,
    user_agent: &UserAgent,
    trace: &Trace,
) {
    if request.is_navigation()
        && user_agent.choices.upgrade_insecure_requests_header
        && matches!(request.current_url().scheme(), "http" | "https")
        && !request.header_list.contains(b"Upgrade-Insecure-Requests")
        && (!is_url_potentially_trustworthy(request.current_url())
            || !user_agent
                .hsts
                .borrow()
                .is_preloadable(request.current_url()))
    {
        /// 1. A navigation says that it could be answered over HTTPS.
        request.header_list.append("Upgrade-Insecure-Requests", "1");
    }
    let Some(client) = request.client.clone() else {
        return;
    };
    let insecure_requests = client.insecure_requests.borrow();
    if request.is_navigation() && !navigation_is_upgraded(request, &insecure_requests) {
        /// 2.5. Navigations elsewhere are left alone.
        return;
    }
    /// 3. What does the page want?
    let upgrade_state = should_insecure_requests_be_upgraded_for_client(&insecure_requests);
    if upgrade_state == InsecureRequestsPolicy::DoNotUpgrade {
        /// 4. Nothing.
        return;
    }
    if request.current_url().scheme() == "http"
        && request.current_url_mut().set_scheme("https").is_ok()
    {
        trace.fact("upgrade-insecure-requests", || "upgraded to https");
        /// 5. HTTPS.
        return;
    }
}

/// Step 2, but for its last substep.
#[algorithm(UpgradeInsecureRequests, "upgrade-request", untraced)]
fn navigation_is_upgraded(request: &Request, insecure_requests: &InsecureRequests) -> bool {
    if request.is_form_submission {
        /// 2.1. Forms are,
        return true;
    }
    if request.destination != Destination::Document {
        /// 2.2. and frames,
        return true;
    }
    /// 2.3. and otherwise hosts
    let tuple = tuple_of(request.current_url());
    /// 2.4. that have asked for it.
    insecure_requests
        .upgrade_insecure_navigations
        .contains(&tuple)
}

/// What a client wants of insecure requests.
#[algorithm(UpgradeInsecureRequests, "should-upgrade-for-client", untraced)]
const fn should_insecure_requests_be_upgraded_for_client(
    insecure_requests: &InsecureRequests,
) -> InsecureRequestsPolicy {
    // 2. and 3. NB: an environment always has a policy.
    /// 1. What its environment says.
    insecure_requests.policy
}
