//! Opaque response blocking: what no page could use anyway does not reach its process.
//!
//! The pinned Fetch Standard has none of it; a browser's profile chooses. As specified: the text that is to become part of
//! Fetch (whatwg/fetch#1442), as its first draft has it.
//!
//! <https://github.com/annevk/orb>

mod chromium;

use crossexam_web::mime::{determine_nosniff, extract_a_mime_type};
use crossexam_web::{MimeType, Trace, algorithm, sniff};

use crate::failure::BlockReason;
use crate::host::Host;
use crate::request::{MediaRequestState, Request};
use crate::response::{InternalResponse, is_ok_status};

/// Which opaque responses a browser blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OpaqueResponseBlocking {
    /// None: as the Fetch Standard is.
    #[default]
    None,
    /// What is no image, sound, video, script or style sheet, as the draft has it; a script is what parses as one.
    Specified,
    /// What Chromium blocks: some types, and what it recognizes as HTML, XML or JSON.
    Chromium,
}

impl OpaqueResponseBlocking {
    /// Its name in a profile.
    pub fn from_keyword(keyword: &str) -> Option<Self> {
        Some(match keyword {
            "none" => Self::None,
            "specified" => Self::Specified,
            "chromium" => Self::Chromium,
            _ => return None,
        })
    }
}

/// So many bytes are looked at.
const HEAD: usize = 1024;

/// Never what it says it is not: nobody looks into these.
const NEVER_SNIFFED: [&str; 39] = [
    "application/dash+xml",
    "application/gzip",
    "application/msexcel",
    "application/mspowerpoint",
    "application/msword",
    "application/msword-template",
    "application/pdf",
    "application/vnd.apple.mpegurl",
    "application/vnd.ces-quickpoint",
    "application/vnd.ces-quicksheet",
    "application/vnd.ces-quickword",
    "application/vnd.ms-excel",
    "application/vnd.ms-excel.sheet.macroenabled.12",
    "application/vnd.ms-powerpoint",
    "application/vnd.ms-powerpoint.presentation.macroenabled.12",
    "application/vnd.ms-word",
    "application/vnd.ms-word.document.12",
    "application/vnd.ms-word.document.macroenabled.12",
    "application/vnd.msword",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "application/vnd.openxmlformats-officedocument.presentationml.template",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.template",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.template",
    "application/vnd.presentation-openxml",
    "application/vnd.presentation-openxmlm",
    "application/vnd.spreadsheet-openxml",
    "application/vnd.wordprocessing-openxml",
    "application/x-gzip",
    "application/x-protobuf",
    "application/x-protobuffer",
    "application/zip",
    "audio/mpegurl",
    "multipart/byteranges",
    "multipart/signed",
    "text/event-stream",
    "text/csv",
    "text/vtt",
];

/// <https://mimesniff.spec.whatwg.org/#html-mime-type> and its neighbours for JSON and XML.
fn is_blocklisted(mime_type: &MimeType) -> bool {
    let essence = mime_type.essence();
    essence == "text/html"
        || matches!(
            essence,
            "application/json" | "text/json" | "text/xml" | "application/xml"
        )
        || essence.ends_with("+json")
        || essence.ends_with("+xml")
}

fn is_safelisted(mime_type: &MimeType) -> bool {
    mime_type.is_javascript() || matches!(mime_type.essence(), "text/css" | "image/svg+xml")
}

/// Whether an opaque response is kept from whoever asked for it. `None` is allowed.
///
/// MODEL: the whole body is read before it is looked at.
#[algorithm(Orb, "orbs-algorithm")]
pub(crate) async fn should_opaque_response_be_blocked<H: Host>(
    choice: OpaqueResponseBlocking,
    request: &Request,
    response: &mut InternalResponse,
    host: &H,
    trace: &Trace,
) -> Option<BlockReason> {
    match choice {
        OpaqueResponseBlocking::None => return None,
        OpaqueResponseBlocking::Specified => {}
        OpaqueResponseBlocking::Chromium => return chromium::block(request, response, trace).await,
    }
    let blocked = |why: &'static str| Some(BlockReason::OpaqueResponse { why });
    /// 1. The type,
    let mime_type = extract_a_mime_type(&response.header_list);
    /// 2. and whether it may be doubted.
    let nosniff = determine_nosniff(&response.header_list);
    if let Some(mime_type) = &mime_type {
        trace.fact("Content-Type", || mime_type.essence().to_owned());
        if is_safelisted(mime_type) {
            /// 3.1. Scripts and style sheets say what they are.
            return None;
        }
        if NEVER_SNIFFED.contains(&mime_type.essence()) {
            /// 3.2. So do these, which no page can use.
            return blocked("its type is never used across origins");
        }
        if response.status == 206 && is_blocklisted(mime_type) {
            /// 3.3. A part of a document is no part of a video.
            return blocked("a part of a document");
        }
        if nosniff && (is_blocklisted(mime_type) || mime_type.essence() == "text/plain") {
            /// 3.4. With `nosniff` a document is a document.
            return blocked("a document, and nosniff");
        }
    }
    if request.media_request_state == MediaRequestState::Subsequent {
        /// 4. The first part of it was sound or video.
        return None;
    }
    if response.status == 206 && !begins_at_zero(response) {
        /// 5. The first part begins at the beginning.
        return blocked("a part that does not begin at the beginning");
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
        .and_then(crate::body::Body::known_bytes)
        .cloned()
        .unwrap_or_default();
    /// 6. Look at the beginning.
    let bytes = &whole[..whole.len().min(HEAD)];
    if sniff::audio_or_video_type(bytes).is_some() {
        if request.media_request_state != MediaRequestState::Initial {
            /// 7.1. Sound and video are for their elements,
            return blocked("sound or video for something else");
        }
        if !matches!(response.status, 200 | 206) {
            /// 7.2. if they are there,
            return blocked("sound or video with an error status");
        }
        /// 7.3. and may be played.
        return None;
    }
    if request.media_request_state != MediaRequestState::NotApplicable {
        /// 8. Nothing else can be played.
        return blocked("no sound or video");
    }
    if sniff::image_type(bytes).is_some() {
        /// 9. Images may be shown.
        return None;
    }
    if nosniff {
        /// 10. With `nosniff` nothing else is guessed.
        return blocked("nosniff");
    }
    if !is_ok_status(response.status) {
        /// 11. Errors are for nobody.
        return blocked("an error");
    }
    let Some(mime_type) = mime_type else {
        /// 12. Without a type it may be a style sheet.
        return None;
    };
    if ["audio/", "image/", "video/"]
        .iter()
        .any(|kind| mime_type.essence().starts_with(kind))
    {
        /// 13. It is not what it says it is.
        return blocked("not what its type says");
    }
    /// 14. All of it is there.
    let text = String::from_utf8_lossy(&whole);
    let is_json = serde_json::from_str::<serde_json::Value>(&text).is_ok();
    if is_json {
        /// 16. Data is no script,
        return blocked("JSON");
    }
    match host.parses_as_java_script(&text) {
        /// 15. but what parses as one may be one.
        Some(true) => None,
        Some(false) => blocked("it does not parse as JavaScript"),
        None => Some(BlockReason::Unmodelled {
            what: "whether an opaque response parses as JavaScript, without an engine",
        }),
    }
}

/// Whether a part is the first one. <https://wicg.github.io/background-fetch/#validate-a-partial-response>
fn begins_at_zero(response: &InternalResponse) -> bool {
    let Some(value) = response.header_list.get(b"Content-Range") else {
        return false;
    };
    let text = String::from_utf8_lossy(&value).to_ascii_lowercase();
    text.strip_prefix("bytes ")
        .is_some_and(|range| range.trim_start().starts_with("0-"))
}
