//! What kind of document a response becomes.
//!
//! <https://html.spec.whatwg.org/multipage/browsing-the-web.html#loading-a-document>

use crossexam_fetch::Body;
use crossexam_fetch::response::InternalResponse;
use crossexam_web::algorithm;
use crossexam_web::mime::{MimeType, determine_nosniff, extract_a_mime_type};

/// A kind of document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DocumentType {
    /// HTML: parsed, its scripts run.
    Html,
    /// Text (plain text, JSON, scripts, styles): shown as it stands. No script runs.
    Text,
    /// XML.
    ///
    /// MODEL: it is shown as text; scripts in it do not run.
    Xml,
    /// An image, audio or video.
    Media,
    /// Nothing that is shown: a download.
    Download,
}

/// The type that a response has, sniffed only where it says nothing of it.
///
/// MODEL: a declared type is believed. Without one, HTML is recognized by how it begins and other text by having no
/// binary bytes; the rest of MIME sniffing is not modelled.
pub fn computed_mime_type(response: &InternalResponse) -> Option<MimeType> {
    if let Some(mime_type) = extract_a_mime_type(&response.header_list) {
        return Some(mime_type);
    }
    let bytes = response.body.as_ref().and_then(Body::known_bytes);
    let bytes = bytes.map_or(&[][..], |bytes| bytes);
    let head = &bytes[..bytes.len().min(1445)];
    if !determine_nosniff(&response.header_list) && begins_like_html(head) {
        return Some(MimeType::new("text", "html"));
    }
    let is_binary = head
        .iter()
        .any(|byte| matches!(byte, 0..=8 | 0x0b | 0x0e..=0x1a | 0x1c..=0x1f));
    (!is_binary).then(|| MimeType::new("text", "plain"))
}

/// Whether bytes begin with one of the tags that mark HTML.
///
/// <https://mimesniff.spec.whatwg.org/#identifying-a-resource-with-an-unknown-mime-type>
fn begins_like_html(bytes: &[u8]) -> bool {
    const TAGS: [&str; 17] = [
        "<!doctype html",
        "<html",
        "<head",
        "<script",
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
        "<!--",
    ];
    let bytes = bytes.trim_ascii_start();
    TAGS.iter().any(|tag| {
        let begins = bytes
            .get(..tag.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(tag.as_bytes()));
        begins && (*tag == "<!--" || matches!(bytes.get(tag.len()), Some(b' ' | b'>')))
    })
}

/// The kind of document that a response becomes.
#[algorithm(Html, "loading-a-document", untraced)]
pub fn document_type(response: &InternalResponse) -> DocumentType {
    let is_attachment = response
        .header_list
        .get(b"content-disposition")
        .is_some_and(|value| {
            value
                .trim_ascii_start()
                .to_ascii_lowercase()
                .starts_with(b"attachment")
        });
    if is_attachment {
        return DocumentType::Download;
    }
    /// 1. The computed type.
    let Some(mime_type) = computed_mime_type(response) else {
        return DocumentType::Download;
    };
    /// 2. The type decides.
    if mime_type.is_html() || mime_type.essence() == "application/xhtml+xml" {
        // MODEL: XHTML is parsed as HTML.
        return DocumentType::Html;
    }
    if mime_type.essence() == "image/svg+xml"
        || mime_type.is_image()
        || mime_type.is_audio_or_video()
    {
        return DocumentType::Media;
    }
    if mime_type.is_xml() {
        return DocumentType::Xml;
    }
    let is_text = mime_type.is_javascript()
        || mime_type.is_json()
        || matches!(mime_type.essence(), "text/css" | "text/plain" | "text/vtt");
    if is_text {
        return DocumentType::Text;
    }
    /// 4. Anything else is handed to another program.
    DocumentType::Download
}

#[cfg(test)]
mod tests {
    use super::*;
    use crossexam_fetch::Body;

    fn kind(headers: &[(&'static str, &'static str)], body: &'static [u8]) -> DocumentType {
        let mut response = InternalResponse::new();
        response.header_list = headers.iter().copied().collect();
        response.body = Some(Body::from_bytes(body));
        document_type(&response)
    }

    #[test]
    fn the_declared_type_decides() {
        for (content_type, expected) in [
            ("text/html; charset=utf-8", DocumentType::Html),
            ("application/json", DocumentType::Text),
            ("application/problem+json", DocumentType::Text),
            ("text/javascript", DocumentType::Text),
            ("text/plain", DocumentType::Text),
            ("image/png", DocumentType::Media),
            ("image/svg+xml", DocumentType::Media),
            ("application/xml", DocumentType::Xml),
            ("application/zip", DocumentType::Download),
            ("text/csv", DocumentType::Download),
        ] {
            assert_eq!(
                kind(&[("Content-Type", content_type)], b"<html>"),
                expected,
                "{content_type}"
            );
        }
    }

    #[test]
    fn without_a_type_the_bytes_tell() {
        assert_eq!(kind(&[], b" \n<!DOCTYPE HTML><p>"), DocumentType::Html);
        assert_eq!(kind(&[], b"<script>x"), DocumentType::Html);
        assert_eq!(kind(&[], b"<scripts"), DocumentType::Text);
        assert_eq!(
            kind(&[("X-Content-Type-Options", "nosniff")], b"<html>"),
            DocumentType::Text
        );
        assert_eq!(kind(&[], b"\x00\x01"), DocumentType::Download);
    }

    #[test]
    fn an_attachment_is_not_shown() {
        let headers = [
            ("Content-Type", "text/html"),
            ("Content-Disposition", "Attachment; filename=x"),
        ];
        assert_eq!(kind(&headers, b"<html>"), DocumentType::Download);
    }
}
