//! Bodies of the Fetch API: what may be one, and its type.
//!
//! <https://fetch.spec.whatwg.org/#bodyinit-unions>

use bytes::Bytes;
use crossexam_web::form_data::{Entry, multipart};
use crossexam_web::{HeaderList, MimeType, algorithm, mime};

use crate::body::{Body, BodySource};

/// A body and the `Content-Type` it brings along.
///
/// <https://fetch.spec.whatwg.org/#body-with-type>
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BodyWithType {
    /// The body.
    pub body: Body,
    /// The type.
    pub r#type: Option<Bytes>,
}

/// What a script may give as a body. Streams are not modelled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BodyInit {
    /// A `Blob`.
    Blob {
        /// Its bytes.
        bytes: Bytes,
        /// Its type; empty if it has none.
        content_type: String,
    },
    /// A byte sequence or a `BufferSource`.
    Bytes(Bytes),
    /// A `FormData`.
    FormData {
        /// Its entries.
        entries: Vec<Entry>,
        /// The boundary string to use.
        boundary: String,
    },
    /// A `URLSearchParams`, serialized.
    UrlSearchParams(String),
    /// A string.
    Text(String),
}

/// Extracts a body with type. <https://fetch.spec.whatwg.org/#concept-bodyinit-extract>
///
/// The steps about streams (1 to 6, 12) have nothing to do here: a body of the model is there as a whole.
pub fn extract(object: BodyInit) -> BodyWithType {
    // Step 10: the source, its length and the type.
    let (bytes, length_known, r#type): (Bytes, bool, Option<Bytes>) = match object {
        BodyInit::Blob {
            bytes,
            content_type,
        } => {
            let r#type = (!content_type.is_empty()).then(|| content_type.into());
            (bytes, true, r#type)
        }
        BodyInit::Bytes(bytes) => (bytes, true, None),
        BodyInit::FormData { entries, boundary } => {
            let r#type = format!("multipart/form-data; boundary={boundary}");
            // SPEC: whether the length is known is "unclear"; browsers send it.
            (multipart(&entries, &boundary), true, Some(r#type.into()))
        }
        BodyInit::UrlSearchParams(text) => (
            text.into(),
            true,
            Some("application/x-www-form-urlencoded;charset=UTF-8".into()),
        ),
        BodyInit::Text(text) => (text.into(), true, Some("text/plain;charset=UTF-8".into())),
    };
    let length = length_known.then_some(bytes.len() as u64);
    BodyWithType {
        body: Body {
            bytes,
            source: BodySource::Replayable,
            length,
        },
        r#type,
    }
}

/// Gets the MIME type of a request or a response from its headers.
#[algorithm("concept-body-mime-type", untraced)]
pub fn get_the_mime_type(headers: &HeaderList) -> Option<MimeType> {
    /// 4. The one that `Content-Type` names,
    /// 5. or none.
    /// 6. That is it.
    mime::extract_a_mime_type(headers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_brings_its_type() {
        let typed = |init| {
            extract(init)
                .r#type
                .map(|it| String::from_utf8_lossy(&it).into_owned())
        };
        assert_eq!(
            typed(BodyInit::Text("ü".into())).as_deref(),
            Some("text/plain;charset=UTF-8")
        );
        assert_eq!(typed(BodyInit::Bytes("x".into())), None);
        let blob = |content_type: &str| BodyInit::Blob {
            bytes: "x".into(),
            content_type: content_type.into(),
        };
        assert_eq!(typed(blob("")), None);
        assert_eq!(
            typed(blob("application/json")).as_deref(),
            Some("application/json")
        );
        let form = BodyInit::FormData {
            entries: vec![Entry::text("a", "1")],
            boundary: "xyz".into(),
        };
        assert_eq!(
            typed(form.clone()).as_deref(),
            Some("multipart/form-data; boundary=xyz")
        );
        assert!(extract(form).body.bytes.starts_with(b"--xyz\r\n"));
        let body = extract(BodyInit::Text("ü".into())).body;
        assert_eq!((&body.bytes[..], body.length), (&b"\xc3\xbc"[..], Some(2)));
    }
}
