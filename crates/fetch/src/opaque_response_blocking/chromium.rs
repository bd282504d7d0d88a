//! Opaque response blocking as Chromium has it, which goes its own way in many of the draft's steps.
//!
//! <https://chromium.googlesource.com/chromium/src/+/main/services/network/orb/orb_impl.cc>

use crossexam_web::mime::extract_a_mime_type;
use crossexam_web::{HeaderList, MimeType, Trace, sniff};

use super::{HEAD, NEVER_SNIFFED, is_blocklisted};
use crate::body::Body;
use crate::failure::BlockReason;
use crate::request::{Destination, MediaRequestState, Request};
use crate::response::InternalResponse;

/// Keeps a response from whoever asked for it. What a script asked for itself is emptied and let through, anything else is
/// an error (Chromium's feature `OpaqueResponseBlockingErrorsForAllFetches` is off).
pub(super) async fn block(
    request: &Request,
    response: &mut InternalResponse,
    trace: &Trace,
) -> Option<BlockReason> {
    let why = reason(request, response, trace).await?;
    if request.destination != Destination::Empty {
        return Some(BlockReason::OpaqueResponse { why });
    }
    trace.fact("opaque response blocking", || format!("emptied: {why}"));
    response.header_list = HeaderList::new();
    response.body = Some(Body::from_bytes(bytes::Bytes::new()));
    None
}

/// MODEL: the whole body is read before its beginning is looked at, and which addresses were found to be sound or video is
/// not remembered: whoever asks for a part of something says so.
async fn reason(
    request: &Request,
    response: &mut InternalResponse,
    trace: &Trace,
) -> Option<&'static str> {
    let mime_type = extract_a_mime_type(&response.header_list);
    if let Some(mime_type) = &mime_type {
        trace.fact("Content-Type", || mime_type.essence().to_owned());
        if is_safelisted(mime_type) {
            return None;
        }
        let is_data = is_blocklisted(mime_type)
            || matches!(
                mime_type.essence(),
                "text/plain" | "application/json+protobuf"
            );
        if !is_data && NEVER_SNIFFED.contains(&mime_type.essence()) {
            return Some("its type is never used across origins");
        }
        if is_data && says_nosniff(&response.header_list) {
            return Some("a document, and nosniff");
        }
    }
    if response.status == 206 && is_from_the_middle(&response.header_list) {
        let is_known_as_media = request.media_request_state == MediaRequestState::Subsequent;
        return (!is_known_as_media).then_some("a part that does not begin at the beginning");
    }
    if let Some(body) = &mut response.body
        && body.buffer().await.is_err()
    {
        // What breaks off fails whoever reads it.
        return None;
    }
    let whole = response
        .body
        .as_ref()
        .and_then(Body::known_bytes)
        .cloned()
        .unwrap_or_default();
    let bytes = &whole[..whole.len().min(HEAD)];
    if sniff::audio_or_video_type(bytes).is_some()
        || sniff::image_type(bytes).is_some()
        || mime_type.is_none()
    {
        return None;
    }
    looks_like_a_document(&String::from_utf8_lossy(bytes)).then_some("it looks like a document")
}

/// What is let through whatever is in it. Scripts are not: data is often called one.
fn is_safelisted(mime_type: &MimeType) -> bool {
    let essence = mime_type.essence();
    essence.starts_with("audio/")
        || essence.starts_with("video/")
        || matches!(
            essence,
            "text/css"
                | "image/svg+xml"
                | "application/ogg"
                | "application/dash+xml"
                | "application/vnd.apple.mpegurl"
                | "text/vtt"
        )
}

/// Unlike "determine nosniff", the whole value counts and not the first of a list.
fn says_nosniff(header_list: &HeaderList) -> bool {
    header_list
        .get(b"X-Content-Type-Options")
        .is_some_and(|value| value.trim_ascii().eq_ignore_ascii_case(b"nosniff"))
}

/// Whether `Content-Range` can be read, says how long the whole is, and begins behind the beginning.
fn is_from_the_middle(header_list: &HeaderList) -> bool {
    let Some(value) = header_list.get(b"Content-Range") else {
        return false;
    };
    let text = String::from_utf8_lossy(&value);
    let Some((unit, rest)) = text.trim().split_once(' ') else {
        return false;
    };
    let Some((range, length)) = rest.split_once('/') else {
        return false;
    };
    let Some((first, last)) = range.split_once('-') else {
        return false;
    };
    let number = |text: &str| text.trim().parse::<u64>().ok();
    let (Some(first), Some(last), Some(length)) = (number(first), number(last), number(length))
    else {
        return false;
    };
    unit.eq_ignore_ascii_case("bytes") && 0 < first && first <= last && last < length
}

/// Whether text begins like HTML, XML or JSON; of JSON an object whose first member has a name in quotes, or a line that
/// would break a script on purpose.
///
/// <https://chromium.googlesource.com/chromium/src/+/main/services/network/orb/orb_sniffers.cc>
fn looks_like_a_document(text: &str) -> bool {
    const TAGS: [&str; 17] = [
        "<!doctype html",
        "<script",
        "<html",
        "<head",
        "<iframe",
        "<h1",
        "<div",
        "<font",
        "<table",
        "<a",
        "<style",
        "<title",
        "<b",
        "<body",
        "<br",
        "<p",
        "<?xml",
    ];
    let mut text = text.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n', '\u{c}']);
    // A comment of HTML's may also begin a script: what stands behind it counts.
    while let Some(rest) = text.strip_prefix("<!--") {
        let Some((_, behind)) = rest.split_once("-->") else {
            return false;
        };
        text = behind.trim_start();
    }
    let head: String = text
        .chars()
        .take(16)
        .collect::<String>()
        .to_ascii_lowercase();
    if TAGS.iter().any(|tag| head.starts_with(tag)) {
        return true;
    }
    if [
        ")]}'",
        "{}&&",
        "for(;;);",
        "while(1);",
        "for (;;);",
        "while (1);",
    ]
    .iter()
    .any(|breaker| text.starts_with(breaker))
    {
        return true;
    }
    let Some(inside) = text.strip_prefix('{') else {
        return false;
    };
    let Some(name) = inside.trim_start().strip_prefix('"') else {
        return false;
    };
    let mut escaped = false;
    for (index, c) in name.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return name[index + 1..].trim_start().starts_with(':'),
            '\n' | '\r' => return false,
            _ => {}
        }
    }
    false
}
