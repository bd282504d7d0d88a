//! Entry lists, as forms and `FormData` objects hold them, and the three ways to write them down.
//!
//! <https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#constructing-form-data-set>

use bytes::Bytes;

use crate::algorithm;

/// An entry of an entry list.
///
/// <https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#form-entry>
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The name.
    pub name: String,
    /// The value.
    pub value: EntryValue,
}

/// The value of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EntryValue {
    /// A string.
    Text(String),
    /// A file.
    File {
        /// The file's name.
        name: String,
        /// Its type; empty if it has none.
        content_type: String,
        /// Its bytes.
        bytes: Bytes,
    },
}

impl Entry {
    /// An entry with a string.
    pub fn text(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            value: EntryValue::Text(value.into()),
        }
    }
}

/// Writes every line break as CR LF.
fn with_crlf(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\r' => {
                characters.next_if_eq(&'\n');
                result.push_str("\r\n");
            }
            '\n' => result.push_str("\r\n"),
            other => result.push(other),
        }
    }
    result
}

/// Converts an entry list to names and values that are all strings: of a file only its name is left.
#[algorithm(Html, "convert-to-a-list-of-name-value-pairs", untraced)]
pub fn convert_to_a_list_of_name_value_pairs(entry_list: &[Entry]) -> Vec<(String, String)> {
    /// 1. The pairs so far.
    let mut list = Vec::with_capacity(entry_list.len());
    /// 2. Go through the entries.
    for entry in entry_list {
        /// 2.1. Line breaks in the name become CR LF.
        let name = with_crlf(&entry.name);
        let value = match &entry.value {
            EntryValue::Text(text) => text,
            /// 2.2. A file is just its name here.
            EntryValue::File { name, .. } => name,
        };
        /// 2.3. Line breaks in the value become CR LF.
        let value = with_crlf(value);
        /// 2.4. That is a pair.
        list.push((name, value));
    }
    /// 3. All of them.
    list
}

/// Writes pairs as `application/x-www-form-urlencoded`, in UTF-8.
///
/// <https://url.spec.whatwg.org/#concept-urlencoded-serializer>
pub fn urlencoded(pairs: &[(String, String)]) -> String {
    url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish()
}

/// Writes pairs as `text/plain`, for people rather than for programs: it cannot be read back.
#[algorithm(Html, "text/plain-encoding-algorithm", untraced)]
pub fn text_plain(pairs: &[(String, String)]) -> String {
    /// 1. Begin with nothing.
    let mut result = String::new();
    /// 2. A line a pair.
    for (name, value) in pairs {
        /// 2.1. The name,
        result.push_str(name);
        /// 2.2. an equals sign,
        result.push('=');
        /// 2.3. the value
        result.push_str(value);
        /// 2.4. and a line break.
        result.push_str("\r\n");
    }
    /// 3. That is the text.
    result
}

/// A boundary string made of two random numbers.
pub fn boundary(random: [u64; 2]) -> String {
    format!(
        "----CrossexamFormBoundary{:016x}{:016x}",
        random[0], random[1]
    )
}

/// Writes an entry list as `multipart/form-data`, in UTF-8. `boundary` must not occur in the data; [`boundary`] makes a
/// fitting one.
#[algorithm(Html, "multipart-form-data", untraced)]
pub fn multipart(entry_list: &[Entry], boundary: &str) -> Bytes {
    let mut result = Vec::new();
    /// 1. Line breaks in names and strings become CR LF.
    for entry in entry_list {
        let name = escape_in_quotes(&with_crlf(&entry.name));
        /// 2. Each entry is a part; a string's part says nothing of its type.
        result.extend_from_slice(
            format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"").as_bytes(),
        );
        match &entry.value {
            EntryValue::Text(text) => {
                result.extend_from_slice(b"\r\n\r\n");
                result.extend_from_slice(with_crlf(text).as_bytes());
            }
            EntryValue::File {
                name,
                content_type,
                bytes,
            } => {
                let name = escape_in_quotes(name);
                let content_type = if content_type.is_empty() {
                    "application/octet-stream"
                } else {
                    content_type
                };
                let head = format!("; filename=\"{name}\"\r\nContent-Type: {content_type}\r\n\r\n");
                result.extend_from_slice(head.as_bytes());
                result.extend_from_slice(bytes);
            }
        }
        result.extend_from_slice(b"\r\n");
    }
    result.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    result.into()
}

fn escape_in_quotes(text: &str) -> String {
    text.replace('\n', "%0A")
        .replace('\r', "%0D")
        .replace('"', "%22")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn line_breaks_become_cr_lf() {
        for (text, expected) in [
            ("a\nb", "a\r\nb"),
            ("a\rb", "a\r\nb"),
            ("a\r\nb", "a\r\nb"),
            ("\n\r\r\n", "\r\n\r\n\r\n"),
            ("plain", "plain"),
        ] {
            assert_eq!(with_crlf(text), expected, "{text:?}");
        }
    }

    #[test]
    fn pairs_are_written_as_a_browser_writes_them() {
        let entries = [
            Entry::text("to", "Bob & Söhne"),
            Entry::text("note\nx", "1+1=2"),
            Entry {
                name: "file".to_owned(),
                value: EntryValue::File {
                    name: "a b.txt".to_owned(),
                    content_type: "text/plain".to_owned(),
                    bytes: Bytes::from_static(b"secret"),
                },
            },
        ];
        let pairs = convert_to_a_list_of_name_value_pairs(&entries);
        assert_eq!(
            urlencoded(&pairs),
            "to=Bob+%26+S%C3%B6hne&note%0D%0Ax=1%2B1%3D2&file=a+b.txt"
        );
        assert_eq!(
            text_plain(&pairs),
            "to=Bob & Söhne\r\nnote\r\nx=1+1=2\r\nfile=a b.txt\r\n"
        );
    }

    #[test]
    fn text_plain_can_look_like_json() {
        let pairs = [("{\"to\":\"charlie\",\"x\":\"".to_owned(), "\"}".to_owned())];
        assert_eq!(text_plain(&pairs), "{\"to\":\"charlie\",\"x\":\"=\"}\r\n");
    }

    #[test]
    fn multipart_writes_each_entry_as_a_part() {
        let entries = [
            Entry::text("a\"b\nc", "one\ntwo"),
            Entry {
                name: "f".to_owned(),
                value: EntryValue::File {
                    name: "x\"\r\n.bin".to_owned(),
                    content_type: String::new(),
                    bytes: Bytes::from_static(b"\x00\n\xff"),
                },
            },
        ];
        let expected =
            b"--B\r\nContent-Disposition: form-data; name=\"a%22b%0D%0Ac\"\r\n\r\none\r\ntwo\r\n\
            --B\r\nContent-Disposition: form-data; name=\"f\"; filename=\"x%22%0D%0A.bin\"\r\n\
            Content-Type: application/octet-stream\r\n\r\n\x00\n\xff\r\n--B--\r\n";
        assert_eq!(multipart(&entries, "B"), &expected[..]);
    }

    proptest! {
        #[test]
        fn no_name_can_break_out_of_its_header(name: String) {
            let body = multipart(&[Entry::text(name, "v")], "B");
            let text = String::from_utf8_lossy(&body);
            let header_lines = text.split("\r\n").take(3).collect::<Vec<_>>();
            prop_assert_eq!(header_lines[0], "--B");
            prop_assert!(header_lines[1].ends_with('"'));
            prop_assert_eq!(header_lines[2], "");
        }

        #[test]
        fn urlencoded_can_be_read_back(
            pairs in prop::collection::vec(("(?s).{0,12}", "(?s).{0,12}"), 0..6),
        ) {
            let read: Vec<(String, String)> =
                url::form_urlencoded::parse(urlencoded(&pairs).as_bytes()).into_owned().collect();
            prop_assert_eq!(read, pairs);
        }
    }
}
