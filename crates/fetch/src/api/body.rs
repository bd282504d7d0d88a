//! Bodies of the Fetch API: what may be one, and its type.
//!
//! <https://fetch.spec.whatwg.org/#bodyinit-unions>

use bytes::Bytes;
use crossexam_web::form_data::{Entry, multipart};
use crossexam_web::{HeaderList, MimeType, algorithm, mime};

use super::ApiError;
use crate::body::{Body, BodySource, BodyStream};

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

/// What a script may give as a body.
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
    /// A `ReadableStream`, which stays with the binding.
    Stream(StreamUse),
}

/// Whether somebody has read a stream, or may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StreamUse {
    /// Neither disturbed nor locked.
    Unused,
    /// Disturbed or locked.
    DisturbedOrLocked,
}

/// Whether a body is for a request that outlives its document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keepalive {
    /// It is not.
    No,
    /// It is.
    Yes,
}

/// Safely extracts a body with type, from what is no stream that somebody else reads.
///
/// # Errors
///
/// None, if that holds.
#[algorithm("bodyinit-safely-extract", untraced)]
pub fn safely_extract(object: BodyInit) -> Result<BodyWithType, ApiError> {
    /// 1. Of a stream
    if let BodyInit::Stream(stream) = &object {
        /// 1.1. nobody has read.
        debug_assert_eq!(*stream, StreamUse::Unused);
    }
    /// 2. Then nothing can go wrong.
    extract(object, Keepalive::No)
}

/// Extracts a body with type. <https://fetch.spec.whatwg.org/#concept-bodyinit-extract>
///
/// # Errors
///
/// A stream that is used, or that comes with `keepalive`.
// NB: the inventory knows this algorithm by the anchor of its parameter.
#[algorithm("keepalive", untraced)]
pub fn extract(object: BodyInit, keepalive: Keepalive) -> Result<BodyWithType, ApiError> {
    /// 1. Where the bytes come from depends on what it is.
    let stream = match &object {
        /// 2. A stream is its own.
        BodyInit::Stream(given) => Some(*given),
        /// 3. A blob has one,
        /// 4. and everything else gets one, which gives what is there as a whole.
        BodyInit::Blob { .. }
        | BodyInit::Bytes(_)
        | BodyInit::FormData { .. }
        | BodyInit::UrlSearchParams(_)
        | BodyInit::Text(_) => None,
    };
    /// 6. How to get the bytes,
    /// 7. what they are made from
    let mut source = None;
    /// 8. and how many they are, is open too,
    let mut length = None;
    /// 9. as is the type.
    let mut r#type: Option<Bytes> = None;
    /// 10. By what it is:
    match object {
        BodyInit::Blob {
            bytes,
            content_type,
        } => {
            length = Some(bytes.len() as u64);
            source = Some(bytes);
            if !content_type.is_empty() {
                r#type = Some(content_type.into());
            }
        }
        BodyInit::Bytes(bytes) => source = Some(bytes),
        BodyInit::FormData { entries, boundary } => {
            // SPEC: whether the length is known is "unclear" (whatwg/html#6424); browsers send it.
            source = Some(multipart(&entries, &boundary));
            r#type = Some(format!("multipart/form-data; boundary={boundary}").into());
        }
        BodyInit::UrlSearchParams(text) => {
            source = Some(text.into());
            r#type = Some("application/x-www-form-urlencoded;charset=UTF-8".into());
        }
        BodyInit::Text(text) => {
            source = Some(text.into());
            r#type = Some("text/plain;charset=UTF-8".into());
        }
        BodyInit::Stream(_) => {
            if keepalive == Keepalive::Yes {
                return Err(ApiError::StreamWithKeepalive);
            }
            if stream == Some(StreamUse::DisturbedOrLocked) {
                return Err(ApiError::StreamUsed);
            }
        }
    }
    /// 11. Bytes have a length.
    if let Some(source) = &source {
        length.get_or_insert(source.len() as u64);
    }
    /// 12. What is there comes at once:
    /// 12.1. the stream that a script may ask for gives all of it and closes.
    let (stream, source) = match source {
        Some(bytes) => (BodyStream::whole(bytes.clone()), BodySource::Bytes(bytes)),
        // MODEL: a script's own stream stays with the binding. This one in its place is broken off, so that nobody takes
        // it for an empty body.
        None => (BodyStream::written().1, BodySource::Null),
    };
    /// 13. That is the body,
    let body = Body {
        stream,
        source,
        length,
    };
    /// 14. with its type.
    Ok(BodyWithType { body, r#type })
}

/// A `Request` or `Response` whose body is to be read, as the binding has it: its stream and a promise.
pub trait Consumable {
    /// Whether its body is unusable. <https://fetch.spec.whatwg.org/#body-unusable>
    fn is_unusable(&self) -> bool;

    /// Whether it has no body.
    fn is_empty(&self) -> bool;

    /// Rejects the promise with a `TypeError`.
    fn reject_with_type_error(&self);

    /// Resolves the promise with what no bytes are converted to.
    fn succeed_with_nothing(&self);

    /// Fully reads the body; resolves the promise with what its bytes are converted to, or rejects it with what went
    /// wrong with reading or converting.
    fn fully_read(&self);
}

/// Consumes a body: `text()` and its like. The promise is the binding's.
#[algorithm("concept-body-consume-body", untraced)]
pub fn consume_body(object: &impl Consumable) {
    /// 1. What was read, or is being read, cannot be read.
    if object.is_unusable() {
        object.reject_with_type_error();
        return;
    }
    /// 5. No body has no bytes.
    if object.is_empty() {
        object.succeed_with_nothing();
        return;
    }
    /// 2. The promise is settled
    /// 3. with what went wrong,
    /// 4. or with what the bytes are made into,
    /// 6. once they are all there.
    /// 7. The script has it already.
    object.fully_read();
}

/// A `Request` or `Response` whose body is to be read as a stream of text.
pub trait TextStreamSource {
    /// What making a stream may throw.
    type Error;

    /// Whether its body is unusable.
    fn is_unusable(&self) -> bool;

    /// Whether it has no body.
    fn is_empty(&self) -> bool;

    /// The `TypeError` for a body that is used.
    fn type_error(&self) -> Self::Error;

    /// Makes the stream that is returned, and sets it up.
    fn new_stream(&self) -> Result<(), Self::Error>;

    /// Closes that stream.
    fn close(&self) -> Result<(), Self::Error>;

    /// Returns the body's stream instead, piped through a decoder for UTF-8.
    fn pipe_through_decoder(&self) -> Result<(), Self::Error>;
}

/// `textStream()`
///
/// # Errors
///
/// The body is used.
#[algorithm("body-textstream", untraced)]
pub fn text_stream<S: TextStreamSource>(object: &S) -> Result<(), S::Error> {
    /// 1. What was read, or is being read, cannot be read.
    if object.is_unusable() {
        return Err(object.type_error());
    }
    /// 2. No body has no text:
    if object.is_empty() {
        /// 2.1. a new stream,
        /// 2.2. set up,
        object.new_stream()?;
        /// 2.3. is closed at once.
        object.close()?;
        /// 2.4. That is it.
        return Ok(());
    }
    /// 3. The body's stream
    /// 4. goes through a decoder
    /// 5. for UTF-8, whatever the headers say.
    /// 6. What comes out is returned.
    object.pipe_through_decoder()
}

/// Gets the MIME type of a request or a response from its headers.
#[algorithm("concept-body-mime-type", untraced)]
pub fn get_the_mime_type(headers: &HeaderList) -> Option<MimeType> {
    /// 1. Whose headers they are
    /// 2. (a request's
    /// 3. or a response's) the caller says.
    /// 4. The type that `Content-Type` names,
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
            extract(init, Keepalive::No)
                .unwrap()
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
        let form = extract(form, Keepalive::Yes).unwrap();
        assert!(form.body.known_bytes().unwrap().starts_with(b"--xyz\r\n"));
        let body = extract(BodyInit::Text("ü".into()), Keepalive::No)
            .unwrap()
            .body;
        assert_eq!(
            (&body.known_bytes().unwrap()[..], body.length),
            (&b"\xc3\xbc"[..], Some(2))
        );
    }

    #[test]
    fn streams_must_be_unused_and_do_not_outlive_their_document() {
        let stream = |r#use, keepalive| extract(BodyInit::Stream(r#use), keepalive);
        let body = stream(StreamUse::Unused, Keepalive::No).unwrap();
        assert_eq!(
            (body.body.source, body.body.length, body.r#type),
            (BodySource::Null, None, None)
        );
        assert_eq!(
            stream(StreamUse::DisturbedOrLocked, Keepalive::No),
            Err(ApiError::StreamUsed)
        );
        for r#use in [StreamUse::Unused, StreamUse::DisturbedOrLocked] {
            assert_eq!(
                stream(r#use, Keepalive::Yes),
                Err(ApiError::StreamWithKeepalive)
            );
        }
    }
}
