//! Responses that are blocked because of their MIME type.
//!
//! <https://fetch.spec.whatwg.org/#should-response-to-request-be-blocked-due-to-mime-type?> and
//! <https://fetch.spec.whatwg.org/#should-response-to-request-be-blocked-due-to-nosniff?>

use crossexam_web::Trace;
use crossexam_web::mime::{determine_nosniff, extract_a_mime_type};

use crate::failure::BlockReason;
use crate::request::{Destination, Request};
use crate::response::InternalResponse;

/// Whether a response must not be run as a script because it is an image, sound, video or table. `None` is allowed.
///
/// The pinned inventory has no steps for this algorithm; the remarks number them as the standard does.
pub fn should_response_to_request_be_blocked_due_to_its_mime_type(
    response: &InternalResponse,
    request: &Request,
    trace: &Trace,
) -> Option<BlockReason> {
    // 3. The destination (asked first: most are not concerned).
    if !request.destination.is_script_like() {
        return None;
    }
    // 1. and 2. Without a MIME type there is nothing to block.
    let mime_type = extract_a_mime_type(&response.header_list)?;
    let essence = mime_type.essence();
    trace.fact("Content-Type", || essence.to_owned());
    // 4. These types are no scripts.
    let is_blocked = ["audio/", "image/", "video/"]
        .iter()
        .any(|prefix| essence.starts_with(prefix))
        || essence == "text/csv";
    // 5. Everything else may be.
    is_blocked.then(|| BlockReason::MimeType {
        essence: essence.to_owned(),
        destination: request.destination.as_str(),
    })
}

/// Whether `X-Content-Type-Options: nosniff` keeps a response from being used as a script or style sheet. `None` is
/// allowed.
pub fn should_response_to_request_be_blocked_due_to_nosniff(
    response: &InternalResponse,
    request: &Request,
    trace: &Trace,
) -> Option<BlockReason> {
    // 3. The destination (asked first: most are not concerned).
    let destination = request.destination;
    if !destination.is_script_like() && destination != Destination::Style {
        return None;
    }
    // 1. Without `nosniff` nothing is blocked.
    if !determine_nosniff(&response.header_list) {
        return None;
    }
    trace.fact("X-Content-Type-Options", || "nosniff");
    // 2. The MIME type.
    let mime_type = extract_a_mime_type(&response.header_list);
    // 4. and 5. It must fit exactly.
    let fits = match &mime_type {
        None => false,
        Some(mime_type) if destination == Destination::Style => mime_type.essence() == "text/css",
        Some(mime_type) => mime_type.is_javascript(),
    };
    // 6. Otherwise it is allowed.
    (!fits).then(|| BlockReason::NoSniff {
        essence: mime_type.map_or_else(
            || "none".to_owned(),
            |mime_type| mime_type.essence().to_owned(),
        ),
        destination: destination.as_str(),
    })
}
