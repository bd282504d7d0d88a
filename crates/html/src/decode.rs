//! From bytes to text.
//!
//! <https://html.spec.whatwg.org/multipage/parsing.html#determining-the-character-encoding>

use crossexam_web::mime::MimeType;
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252, X_USER_DEFINED};

/// The text of an HTML document, and the encoding it was in.
///
/// A byte order mark decides, then the charset of `Content-Type`, then a `meta` element within the first 1024 bytes.
/// Otherwise it is windows-1252, the standard's suggestion for most locales, unless the bytes are UTF-8.
///
/// SPEC: which encoding to guess is the browser's to choose; taking bytes that are UTF-8 for UTF-8 is one of the
/// choices, and the one that servers written today rely on.
pub fn decode_html(bytes: &[u8], content_type: Option<&MimeType>) -> (String, &'static Encoding) {
    let encoding = Encoding::for_bom(bytes)
        .map(|(encoding, _)| encoding)
        .or_else(|| charset(content_type))
        .or_else(|| prescan(bytes))
        .unwrap_or_else(|| {
            if std::str::from_utf8(bytes).is_ok() {
                UTF_8
            } else {
                WINDOWS_1252
            }
        });
    let (text, encoding, _) = encoding.decode(bytes);
    (text.into_owned(), encoding)
}

/// The text of any other document or of a script: as the charset says, otherwise in UTF-8.
pub fn decode_text(bytes: &[u8], content_type: Option<&MimeType>) -> (String, &'static Encoding) {
    let encoding = charset(content_type).unwrap_or(UTF_8);
    let (text, encoding, _) = encoding.decode(bytes);
    (text.into_owned(), encoding)
}

fn charset(content_type: Option<&MimeType>) -> Option<&'static Encoding> {
    Encoding::for_label(content_type?.parameter("charset")?.as_bytes())
}

/// Looks for `<meta charset>` and `<meta http-equiv=content-type content="…charset=…">` at the beginning of a document.
///
/// <https://html.spec.whatwg.org/multipage/parsing.html#prescan-a-byte-stream-to-determine-its-encoding>
fn prescan(bytes: &[u8]) -> Option<&'static Encoding> {
    let head: String = bytes[..bytes.len().min(1024)]
        .iter()
        .map(|byte| char::from(*byte))
        .collect();
    let mut rest = head.as_str();
    while let Some(start) = rest.find('<') {
        rest = &rest[start..];
        if let Some(comment) = rest.strip_prefix("<!--") {
            rest = &comment[comment.find("-->")? + 3..];
            continue;
        }
        let is_meta = rest
            .get(1..5)
            .is_some_and(|name| name.eq_ignore_ascii_case("meta"))
            && rest[5..].starts_with(|c: char| c.is_ascii_whitespace() || c == '/');
        if !is_meta {
            rest = &rest[1..];
            continue;
        }
        let end = rest.find('>').unwrap_or(rest.len());
        if let Some(encoding) = meta_encoding(&rest[5..end]) {
            return Some(encoding);
        }
        rest = &rest[end..];
    }
    None
}

fn meta_encoding(attributes: &str) -> Option<&'static Encoding> {
    let mut charset = None;
    let mut content = None;
    let mut is_content_type = false;
    let mut rest = attributes;
    while let Some((name, value, after)) = attribute(rest) {
        rest = after;
        match name.to_ascii_lowercase().as_str() {
            "charset" if charset.is_none() => charset = Some(value),
            "content" if content.is_none() => content = Some(value),
            "http-equiv" => is_content_type = value.eq_ignore_ascii_case("content-type"),
            _ => {}
        }
    }
    let label = match (charset, content) {
        (Some(charset), _) => charset.to_owned(),
        (None, Some(content)) if is_content_type => encoding_of_content(content)?,
        _ => return None,
    };
    let encoding = Encoding::for_label(label.as_bytes())?;
    // A document whose `meta` could be read is in none of these.
    Some(if encoding == UTF_16BE || encoding == UTF_16LE {
        UTF_8
    } else if encoding == X_USER_DEFINED {
        WINDOWS_1252
    } else {
        encoding
    })
}

/// <https://html.spec.whatwg.org/multipage/urls-and-fetching.html#algorithm-for-extracting-a-character-encoding-from-a-meta-element>
fn encoding_of_content(content: &str) -> Option<String> {
    let lowercase = content.to_ascii_lowercase();
    let mut from = 0;
    loop {
        let at = lowercase[from..].find("charset")? + from + "charset".len();
        from = at;
        let Some(value) = content[at..].trim_ascii_start().strip_prefix('=') else {
            continue;
        };
        let value = value.trim_ascii_start();
        for quote in ['"', '\''] {
            if let Some(quoted) = value.strip_prefix(quote) {
                return quoted.split_once(quote).map(|(label, _)| label.to_owned());
            }
        }
        let end = value
            .find(|c: char| c.is_ascii_whitespace() || c == ';')
            .unwrap_or(value.len());
        return Some(value[..end].to_owned());
    }
}

/// The next attribute of a tag: name, value and what follows.
fn attribute(text: &str) -> Option<(&str, &str, &str)> {
    let text = text.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/');
    if text.is_empty() {
        return None;
    }
    let end = text[1..]
        .find(|c: char| c.is_ascii_whitespace() || matches!(c, '=' | '/'))
        .map_or(text.len(), |at| at + 1);
    let (name, rest) = text.split_at_checked(end)?;
    let Some(value) = rest.trim_ascii_start().strip_prefix('=') else {
        return Some((name, "", rest));
    };
    let value = value.trim_ascii_start();
    for quote in ['"', '\''] {
        if let Some(quoted) = value.strip_prefix(quote) {
            let (value, after) = quoted.split_once(quote)?;
            return Some((name, value, after));
        }
    }
    let end = value
        .find(|c: char| c.is_ascii_whitespace())
        .unwrap_or(value.len());
    Some((name, &value[..end], &value[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crossexam_web::mime::parse;
    use proptest::prelude::*;

    fn encoding(bytes: &[u8], content_type: Option<&str>) -> &'static str {
        let content_type = content_type.and_then(parse);
        decode_html(bytes, content_type.as_ref()).1.name()
    }

    #[test]
    fn the_sources_of_the_encoding_in_their_order() {
        assert_eq!(
            encoding(b"\xef\xbb\xbfx", Some("text/html;charset=koi8-r")),
            "UTF-8"
        );
        assert_eq!(
            encoding(b"<meta charset=utf-8>", Some("text/html;charset=koi8-r")),
            "KOI8-R"
        );
        assert_eq!(
            encoding(b"<!doctype html><META CharSet='koi8-r'>", None),
            "KOI8-R"
        );
        assert_eq!(
            encoding(
                b"<meta http-equiv=Content-Type content='text/html; charset=koi8-r'>",
                None
            ),
            "KOI8-R"
        );
        assert_eq!(
            encoding(b"<meta content='text/html; charset=koi8-r'>", None),
            "UTF-8"
        );
        assert_eq!(
            encoding(b"<!-- <meta charset=koi8-r> --><p>", None),
            "UTF-8"
        );
        assert_eq!(encoding(b"<meta charset=utf-16le>", None), "UTF-8");
        assert_eq!(encoding(b"S\xf6hne", None), "windows-1252");
        assert_eq!(encoding("Söhne".as_bytes(), None), "UTF-8");
    }

    #[test]
    fn text_is_utf_8_unless_said_otherwise() {
        assert_eq!(decode_text("Söhne".as_bytes(), None).0, "Söhne");
        let latin = parse("text/plain; charset=iso-8859-1");
        assert_eq!(decode_text(b"S\xf6hne", latin.as_ref()).0, "Söhne");
        assert_eq!(decode_text(b"S\xf6", None).0, "S\u{fffd}");
    }

    proptest! {
        #[test]
        fn no_bytes_break_the_prescan(bytes: Vec<u8>, tail in "[<>=\"' /a-z]{0,40}") {
            let mut bytes = bytes;
            bytes.extend_from_slice(b"<meta ");
            bytes.extend_from_slice(tail.as_bytes());
            decode_html(&bytes, None);
        }
    }
}
