//! Mixed Content: what a secure page may ask for over plain HTTP.
//!
//! <https://w3c.github.io/webappsec-mixed-content/>

use crossexam_web::Trace;
use crossexam_web::address_space::IpAddressSpace;
use crossexam_web::trustworthy::{
    is_origin_potentially_trustworthy, is_url_potentially_trustworthy,
};

use crate::client::Environment;
use crate::failure::BlockReason;
use crate::request::{Destination, Initiator, Request};
use crate::response::InternalResponse;

/// Asks for images, audio and video of a secure page over HTTPS even where the page says `http:`.
///
/// <https://w3c.github.io/webappsec-mixed-content/#upgrade-algorithm>
pub fn upgrade_a_mixed_content_request(request: &mut Request, trace: &Trace) {
    let url = request.current_url();
    let is_upgradable = matches!(
        request.destination,
        Destination::Image | Destination::Audio | Destination::Video
    ) && request.initiator != Initiator::ImageSet;
    let host_is_an_address = matches!(url.host(), Some(url::Host::Ipv4(_) | url::Host::Ipv6(_)));
    if url.scheme() != "http"
        || is_url_potentially_trustworthy(url)
        || host_is_an_address
        || !is_upgradable
        // Local Network Access: what is known to be near has no certificate to show.
        || request.target_ip_address_space == Some(IpAddressSpace::Local)
        || !request
            .client
            .as_deref()
            .is_some_and(prohibits_mixed_security_contexts)
    {
        return;
    }
    if request.current_url_mut().set_scheme("https").is_ok() {
        trace.fact("mixed content", || "upgraded to https");
    }
}

/// Why a request is blocked as mixed content, if it is.
///
/// <https://w3c.github.io/webappsec-mixed-content/#should-block-fetch>
pub fn should_fetching_request_be_blocked_as_mixed_content(
    request: &Request,
    trace: &Trace,
) -> Option<BlockReason> {
    let client = request.client.as_deref()?;
    let is_allowed = !prohibits_mixed_security_contexts(client)
        || is_url_potentially_trustworthy(request.current_url())
        || request.destination == Destination::Document
        // Local Network Access: what is known to be near is asked about there.
        || request.target_ip_address_space.is_some();
    if is_allowed {
        return None;
    }
    trace.fact("mixed content", || "blocked");
    Some(BlockReason::MixedContent {
        url: request.current_url().clone(),
    })
}

/// Why a response is blocked as mixed content, if it is.
///
/// <https://w3c.github.io/webappsec-mixed-content/#should-block-response>
pub fn should_response_to_request_be_blocked_as_mixed_content(
    request: &Request,
    response: &InternalResponse,
    _trace: &Trace,
) -> Option<BlockReason> {
    let client = request.client.as_deref()?;
    let url = response.url()?;
    let is_allowed = request.destination == Destination::Document
        || request.target_ip_address_space.is_some()
        || is_url_potentially_trustworthy(url)
        || !prohibits_mixed_security_contexts(client);
    (!is_allowed).then(|| BlockReason::MixedContent { url: url.clone() })
}

/// Whether a page's security would suffer from insecure content: its origin, or that of a page above it, is
/// potentially trustworthy.
///
/// <https://w3c.github.io/webappsec-mixed-content/#categorize-settings-object>
fn prohibits_mixed_security_contexts(settings: &Environment) -> bool {
    prohibits_by_itself(&settings.origin)
        || settings.has_trustworthy_ancestor
        || settings
            .top_level_origin
            .as_ref()
            .is_some_and(prohibits_by_itself)
}

/// Whether documents of this origin prohibit mixed content, wherever they stand.
pub fn prohibits_by_itself(origin: &crossexam_web::Origin) -> bool {
    origin.as_tuple().is_some() && is_origin_potentially_trustworthy(origin)
}
