//! Reading a body as a form: `formData()`.
//!
//! <https://fetch.spec.whatwg.org/#dom-body-formdata>

use bytes::Bytes;
use crossexam_web::form_data::{Entry, EntryValue};
use crossexam_web::{MimeType, algorithm};

use super::ApiError;

/// `formData()`, once the bytes are there.
///
/// # Errors
///
/// [`ApiError::NotAForm`] if the type is no form's, or the bytes are not of that form.
#[algorithm("body-formdata", untraced)]
pub fn form_data(bytes: &Bytes, mime_type: Option<&MimeType>) -> Result<Vec<Entry>, ApiError> {
    /// 1. The type that the headers name.
    let Some(mime_type) = mime_type else {
        return Err(ApiError::NotAForm {
            why: "it has no type",
        });
    };
    /// 2. By what it is:
    match mime_type.essence() {
        "multipart/form-data" => {
            /// 2.1. Take the parts,
            /// 2.2. which must be parts,
            let boundary = mime_type
                .parameter("boundary")
                .filter(|boundary| !boundary.is_empty())
                .ok_or(ApiError::NotAForm {
                    why: "its type has no boundary",
                })?;
            /// 2.3. as entries.
            parse_multipart(bytes, boundary)
        }
        "application/x-www-form-urlencoded" => Ok(url::form_urlencoded::parse(bytes)
            .map(|(name, value)| Entry::text(name, value))
            .collect()),
        _ => {
            /// 3. Nothing else is a form.
            Err(ApiError::NotAForm {
                why: "its type is no form's",
            })
        }
    }
}

/// Parses `multipart/form-data`. <https://andreubotella.com/multipart-form-data/> is how browsers read RFC 7578.
///
/// # Errors
///
/// [`ApiError::NotAForm`]
pub fn parse_multipart(bytes: &Bytes, boundary: &str) -> Result<Vec<Entry>, ApiError> {
    let not_a_form = |why| ApiError::NotAForm { why };
    let delimiter = format!("--{boundary}");
    let mut rest: &[u8] = bytes;
    // Preamble: the first delimiter stands at the beginning, but for line breaks.
    while let Some(after) = rest.strip_prefix(b"\r\n") {
        rest = after;
    }
    let mut entries = Vec::new();
    loop {
        rest = rest
            .strip_prefix(delimiter.as_bytes())
            .ok_or(not_a_form("a part does not begin with the boundary"))?;
        if let Some(end) = rest.strip_prefix(b"--") {
            return if end.is_empty() || end.starts_with(b"\r\n") {
                Ok(entries)
            } else {
                Err(not_a_form("something follows the last boundary"))
            };
        }
        rest = rest
            .strip_prefix(b"\r\n")
            .ok_or(not_a_form("no line break follows a boundary"))?;
        let mut name = None;
        let mut filename = None;
        let mut content_type = None;
        loop {
            let end = find(rest, b"\r\n").ok_or(not_a_form("a part's headers do not end"))?;
            let line = &rest[..end];
            rest = &rest[end + 2..];
            if line.is_empty() {
                break;
            }
            let colon = line
                .iter()
                .position(|&byte| byte == b':')
                .ok_or(not_a_form("a part has a header without colon"))?;
            let (header, value) = (&line[..colon], line[colon + 1..].trim_ascii());
            if header.eq_ignore_ascii_case(b"content-disposition") {
                (name, filename) = parse_content_disposition(value).ok_or(not_a_form(
                    "a part's Content-Disposition is not form-data with a name",
                ))?;
            } else if header.eq_ignore_ascii_case(b"content-type") {
                content_type = Some(String::from_utf8_lossy(value).into_owned());
            }
        }
        let name = name.ok_or(not_a_form("a part has no name"))?;
        let end = find(rest, format!("\r\n{delimiter}").as_bytes())
            .ok_or(not_a_form("no boundary follows a part"))?;
        let value = match filename {
            Some(filename) => EntryValue::File {
                name: filename,
                content_type: content_type.unwrap_or_else(|| "text/plain".to_owned()),
                bytes: bytes.slice_ref(&rest[..end]),
            },
            None => EntryValue::Text(utf8_decode_without_bom(&rest[..end])),
        };
        entries.push(Entry { name, value });
        rest = &rest[end + 2..];
    }
}

/// `form-data; name="…"; filename="…"`, where `%22`, `%0D` and `%0A` stand for what cannot be in quotes.
fn parse_content_disposition(value: &[u8]) -> Option<(Option<String>, Option<String>)> {
    let (form_data, mut rest) = value.split_at_checked(9)?;
    if !form_data.eq_ignore_ascii_case(b"form-data") {
        return None;
    }
    let (mut name, mut filename) = (None, None);
    loop {
        rest = rest.trim_ascii_start();
        let Some(after) = rest.strip_prefix(b";") else {
            break;
        };
        rest = after.trim_ascii_start();
        let equals = rest.iter().position(|&byte| byte == b'=')?;
        let key = &rest[..equals];
        rest = &rest[equals + 1..];
        let text = if let Some(quoted) = rest.strip_prefix(b"\"") {
            let end = quoted.iter().position(|&byte| byte == b'"')?;
            rest = &quoted[end + 1..];
            utf8_decode_without_bom(&quoted[..end])
                .replace("%0A", "\n")
                .replace("%0D", "\r")
                .replace("%22", "\"")
        } else {
            // A token.
            let end = rest.iter().position(|&byte| byte == b';');
            let (token, after) = rest.split_at(end.unwrap_or(rest.len()));
            rest = after;
            utf8_decode_without_bom(token.trim_ascii_end())
        };
        if key.eq_ignore_ascii_case(b"name") {
            name = Some(text);
        } else if key.eq_ignore_ascii_case(b"filename") {
            filename = Some(text);
        }
    }
    (rest.is_empty() && name.is_some()).then_some((name, filename))
}

fn utf8_decode_without_bom(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack
        .windows(needle.len())
        .position(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crossexam_web::form_data::multipart;
    use proptest::prelude::*;

    fn entries() -> Vec<Entry> {
        vec![
            Entry::text("a \"quoted\"\r\nname", "one\r\ntwo"),
            Entry {
                name: "file".into(),
                value: EntryValue::File {
                    name: "ä.txt".into(),
                    content_type: "text/html".into(),
                    bytes: "\r\n--not the boundary\0".into(),
                },
            },
            Entry::text("empty", ""),
        ]
    }

    #[test]
    fn what_is_written_is_read_back() {
        let bytes = multipart(&entries(), "b0undary");
        assert_eq!(parse_multipart(&bytes, "b0undary"), Ok(entries()));
    }

    #[test]
    fn every_truncation_is_an_error() {
        let bytes = multipart(&entries(), "b0undary");
        // Without the final line break it is still complete.
        for end in 0..bytes.len() - 2 {
            assert!(
                parse_multipart(&bytes.slice(..end), "b0undary").is_err(),
                "{end}"
            );
        }
    }

    #[test]
    fn the_type_decides() {
        let parse = |text: &'static str, mime_type: &str| {
            form_data(
                &Bytes::from_static(text.as_bytes()),
                crossexam_web::mime::parse(mime_type).as_ref(),
            )
        };
        let urlencoded = parse(
            "a=1&b=%C3%BC+x&a",
            "application/x-www-form-urlencoded; charset=latin1",
        )
        .unwrap();
        assert_eq!(
            urlencoded,
            [
                Entry::text("a", "1"),
                Entry::text("b", "ü x"),
                Entry::text("a", "")
            ]
        );
        assert!(parse("a=1", "text/plain").is_err());
        assert!(parse("", "multipart/form-data").is_err());
        assert!(form_data(&Bytes::new(), None).is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_form_or_not(bytes: Vec<u8>, boundary in "[a-z]{1,4}") {
            let _ = parse_multipart(&bytes.into(), &boundary);
        }

        #[test]
        fn any_tail_is_a_form_or_not(tail in "(--b|\r\n|[a-z\":;= -]{0,4}|content-disposition: form-data; name=){0,12}") {
            let _ = parse_multipart(&format!("--b{tail}").into(), "b");
        }

        #[test]
        fn what_was_read_can_be_written_and_read_again(
            parts in proptest::collection::vec(("[a-z%02DA\u{fc}]{0,6}", proptest::option::of("[a-z%02DA.]{0,4}"), "[a-z\r\n-]{0,8}"), 0..4),
        ) {
            let mut body = String::new();
            for (name, filename, value) in &parts {
                body += &format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"");
                if let Some(filename) = filename {
                    body += &format!("; filename=\"{filename}\"");
                }
                body += &format!("\r\n\r\n{value}\r\n");
            }
            body += "--b--";
            let Ok(entries) = parse_multipart(&body.into(), "b") else {
                return Ok(());
            };
            let written = multipart(&entries, "other");
            let again = parse_multipart(&written, "other").unwrap();
            prop_assert_eq!(again.len(), entries.len());
            prop_assert_eq!(multipart(&again, "other"), written);
        }

        #[test]
        fn entries_survive(texts in proptest::collection::vec(("[a-z\"\r\n%;ü]{0,8}", "[^\r\n]{0,12}"), 0..5)) {
            // Names with a literal escape in them read back as what it stands for; line breaks become CR LF.
            let entries: Vec<_> = texts
                .iter()
                .filter(|(name, _)| !name.contains('%') && !name.contains('\r') && !name.contains('\n'))
                .map(|(name, value)| Entry::text(name.clone(), value.clone()))
                .collect();
            let bytes = multipart(&entries, "not-in-the-data");
            prop_assert_eq!(parse_multipart(&bytes, "not-in-the-data"), Ok(entries));
        }
    }
}
