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
        if !is_data && is_never_sniffed(mime_type) {
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
    looks_like_a_document(bytes).then_some("it looks like a document")
}

/// The draft's list but for one type, and one more.
fn is_never_sniffed(mime_type: &MimeType) -> bool {
    let essence = mime_type.essence();
    essence == "text/pdf"
        || (essence != "application/x-protobuffer" && NEVER_SNIFFED.contains(&essence))
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

/// Whether the beginning is recognized as HTML, XML, or what only a script that asks for it could use.
///
/// <https://chromium.googlesource.com/chromium/src/+/main/services/network/orb/orb_sniffers.cc>
fn looks_like_a_document(bytes: &[u8]) -> bool {
    begins_like_html(bytes)
        || without_white_space(bytes).starts_with(b"<?xml")
        || begins_so_that_no_script_can(bytes)
        || begins_like_json(bytes)
}

const fn is_white_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

fn without_white_space(bytes: &[u8]) -> &[u8] {
    let start = bytes.iter().position(|byte| !is_white_space(*byte));
    &bytes[start.unwrap_or(bytes.len())..]
}

fn begins_like_html(mut bytes: &[u8]) -> bool {
    // NB: `<body` and `<br` begin with `<b`.
    const TAGS: [&[u8]; 14] = [
        b"<!doctype html",
        b"<script",
        b"<html",
        b"<head",
        b"<iframe",
        b"<h1",
        b"<div",
        b"<font",
        b"<table",
        b"<a",
        b"<style",
        b"<title",
        b"<b",
        b"<p",
    ];
    loop {
        bytes = without_white_space(bytes);
        let begins_with = |tag: &&[u8]| {
            bytes
                .get(..tag.len())
                .is_some_and(|head| head.eq_ignore_ascii_case(tag))
        };
        if TAGS.iter().any(begins_with) {
            return true;
        }
        match behind_a_comment(bytes) {
            Some(behind) => bytes = behind,
            None => return false,
        }
    }
}

/// What stands behind a comment of HTML's and the rest of the line that it ends in: for a script that line is a comment too.
fn behind_a_comment(bytes: &[u8]) -> Option<&[u8]> {
    let inside = bytes.strip_prefix(b"<!--")?;
    let end = inside.windows(3).position(|it| it == b"-->")?;
    let rest = &inside[end + 3..];
    let line_ends = |at: &usize| {
        let rest = &rest[*at..];
        matches!(rest.first(), Some(b'\n' | b'\r'))
            || rest.starts_with("\u{2028}".as_bytes())
            || rest.starts_with("\u{2029}".as_bytes())
    };
    (0..rest.len()).find(line_ends).map(|at| &rest[at..])
}

/// Prefixes that servers put before data so that it is no script.
fn begins_so_that_no_script_can(bytes: &[u8]) -> bool {
    const BREAKERS: [&[u8]; 7] = [
        b")]}'",
        b"{}&&",
        b"{} &&",
        b"for(;;);",
        b"while(1);",
        b"for (;;);",
        b"while (1);",
    ];
    BREAKERS.iter().any(|breaker| bytes.starts_with(breaker))
}

/// Whether it begins like an object whose first member has a name in quotes. Arrays and single values are not recognized.
fn begins_like_json(bytes: &[u8]) -> bool {
    let inside = without_white_space(bytes).strip_prefix(b"{");
    let name = inside.and_then(|inside| without_white_space(inside).strip_prefix(b"\""));
    let Some(name) = name else {
        return false;
    };
    let mut is_escaped = false;
    for (index, byte) in name.iter().enumerate() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' => return without_white_space(&name[index + 1..]).starts_with(b":"),
            _ => {}
        }
    }
    false
}
