//! The `Response` class: what a script may make, and what it sees of what came back.
//!
//! <https://fetch.spec.whatwg.org/#response-class>

use bytes::Bytes;
use crossexam_web::{MimeType, algorithm};
use url::Url;

use super::ApiError;
use super::body::{BodyInit, BodyWithType, Keepalive, extract, get_the_mime_type};
use super::headers::{Guard, Headers, HeadersInit};
use crate::body::Body;
use crate::response::{
    InternalResponse, Response, ResponseType, is_null_body_status, is_ok_status, is_redirect_status,
};

/// The `init` argument, after conversion.
#[derive(Debug, Clone)]
pub struct ResponseInit {
    /// `status`
    pub status: u16,
    /// `statusText`
    pub status_text: Bytes,
    /// `headers`
    pub headers: Option<HeadersInit>,
}

impl Default for ResponseInit {
    fn default() -> Self {
        Self {
            status: 200,
            status_text: Bytes::new(),
            headers: None,
        }
    }
}

/// A `Response` object, as far as it is no engine's: what a script sees of a response.
///
/// The reason of a network error is not in it: no script can get at what is not there.
#[derive(Debug, Clone)]
pub struct ResponseObject {
    /// The type.
    pub r#type: ResponseType,
    /// The URL list, as far as it may be seen.
    pub url_list: Vec<Url>,
    /// The status; 0 for errors and what is opaque.
    pub status: u16,
    /// The status message.
    pub status_message: Bytes,
    /// The headers.
    pub headers: Headers,
    /// The body.
    pub body: Option<Body>,
    /// Whether the body has been read.
    pub body_used: bool,
}

impl ResponseObject {
    /// Makes an object of a response.
    #[algorithm("response-create", untraced)]
    pub fn create(response: &Response, guard: Guard) -> Self {
        /// 3. Its headers are behind a guard.
        let headers = Headers {
            guard,
            header_list: response.header_list(),
        };
        /// 1. The object,
        /// 2. with what a script may see of the response,
        /// 4. is what comes back.
        Self {
            r#type: response.response_type(),
            url_list: response.url_list().to_vec(),
            status: response.status(),
            status_message: Bytes::copy_from_slice(response.status_message()),
            headers,
            body: response.body().cloned(),
            body_used: false,
        }
    }

    fn of_a_new_response(guard: Guard) -> Self {
        Self::create(&InternalResponse::new().into(), guard)
    }

    /// `new Response(body, init)`, with the guard that the response's headers get.
    ///
    /// # Errors
    ///
    /// A stream that is used; a status out of range, a status text or headers that are none, a body where there is none.
    #[algorithm("dom-response", untraced)]
    pub fn new(
        body: Option<BodyInit>,
        init: &ResponseInit,
        guard: Guard,
    ) -> Result<Self, ApiError> {
        /// 1. A new response,
        /// 2. with headers that take everything but cookies.
        // NB: a server program's own responses have no guard, for they are what servers may write.
        let mut this = Self::of_a_new_response(guard);
        /// 3. No body yet,
        let mut body_with_type = None;
        /// 4. or what is given.
        if let Some(body) = body {
            body_with_type = Some(extract(body, Keepalive::No)?);
        }
        /// 5. The rest.
        this.initialize(init, body_with_type)?;
        Ok(this)
    }

    /// Initializes a response.
    #[algorithm("initialize-a-response", untraced)]
    fn initialize(
        &mut self,
        init: &ResponseInit,
        body: Option<BodyWithType>,
    ) -> Result<(), ApiError> {
        /// 1. The status must be a final one,
        if !matches!(init.status, 200..=599) {
            return Err(ApiError::Status {
                status: init.status,
            });
        }
        /// 2. and the status text a reason phrase.
        if !init
            .status_text
            .iter()
            .all(|byte| matches!(byte, b'\t' | b' ' | 0x21..=0x7e | 0x80..))
        {
            return Err(ApiError::StatusText {
                text: init.status_text.to_vec(),
            });
        }
        /// 3. Set the one
        self.status = init.status;
        /// 4. and the other.
        self.status_message = init.status_text.clone();
        /// 5. The headers.
        if let Some(headers) = &init.headers {
            self.headers.fill(headers)?;
        }
        /// 6. A body that is given:
        if let Some(body) = body {
            /// 6.1. Some answers have no body.
            if is_null_body_status(self.status) {
                return Err(ApiError::NullBodyStatus {
                    status: self.status,
                });
            }
            /// 6.2. Set it,
            self.body = Some(body.body);
            /// 6.3. and its type, unless a header says otherwise.
            if let Some(r#type) = body.r#type
                && !self.headers.header_list.contains(b"content-type")
            {
                self.headers.header_list.append("Content-Type", r#type);
            }
        }
        Ok(())
    }

    /// `Response.error()`
    pub fn error() -> Self {
        Self {
            r#type: ResponseType::Error,
            status: 0,
            ..Self::of_a_new_response(Guard::Immutable)
        }
    }

    /// `Response.redirect(url, status)`
    ///
    /// # Errors
    ///
    /// No URL, or no redirect status.
    #[algorithm("response-redirect-url-status", untraced)]
    pub fn redirect(url: &str, status: u16, base_url: &Url) -> Result<Self, ApiError> {
        /// 1. Parse it;
        /// 2. it must be a URL.
        let parsed_url = base_url.join(url).map_err(|_| ApiError::Url {
            url: url.to_owned(),
        })?;
        /// 3. The status must say so.
        if !is_redirect_status(status) {
            return Err(ApiError::RedirectStatus { status });
        }
        /// 4. A new response,
        let mut this = Self::of_a_new_response(Guard::Immutable);
        /// 5. with this status,
        this.status = status;
        /// 6. and the URL
        let value = parsed_url.as_str().to_owned();
        /// 7. as its location.
        this.headers.header_list.append("Location", value);
        /// 8. That is it.
        Ok(this)
    }

    /// `Response.json(data, init)`; `text` is the data, serialized.
    ///
    /// # Errors
    ///
    /// As for [`new`](Self::new).
    #[algorithm("response-json-data-init", untraced)]
    pub fn json(text: String, init: &ResponseInit, guard: Guard) -> Result<Self, ApiError> {
        /// 1. The bytes
        /// 2. as a body,
        let body = extract(BodyInit::Bytes(text.into()), Keepalive::No)?.body;
        /// 3. in a new response
        let mut this = Self::of_a_new_response(guard);
        /// 4. of that type.
        let body = BodyWithType {
            body,
            r#type: Some("application/json".into()),
        };
        this.initialize(init, Some(body))?;
        /// 5. That is it.
        Ok(this)
    }

    /// Whether the body cannot be read (again). <https://fetch.spec.whatwg.org/#body-unusable>
    pub const fn is_unusable(&self) -> bool {
        self.body_used && self.body.is_some()
    }

    /// `clone()`
    ///
    /// # Errors
    ///
    /// [`ApiError::BodyUnusable`]
    #[algorithm("response-clone", untraced)]
    pub fn try_clone(&self) -> Result<Self, ApiError> {
        /// 1. What was read cannot be cloned.
        if self.is_unusable() {
            return Err(ApiError::BodyUnusable);
        }
        /// 2. The response again,
        /// 3. in an object with the same guard.
        Ok(self.clone())
    }

    /// `url`, without its fragment; empty if there is none.
    pub fn url(&self) -> String {
        self.url_list.last().map_or_else(String::new, |url| {
            let mut url = url.clone();
            url.set_fragment(None);
            url.into()
        })
    }

    /// `redirected`
    pub const fn redirected(&self) -> bool {
        self.url_list.len() > 1
    }

    /// `ok`
    pub const fn ok(&self) -> bool {
        is_ok_status(self.status)
    }

    /// The MIME type of the body.
    pub fn mime_type(&self) -> Option<MimeType> {
        get_the_mime_type(&self.headers.header_list)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::response::{ActualResponse, Filter};

    fn init(status: u16, text: &'static str) -> ResponseInit {
        ResponseInit {
            status,
            status_text: text.into(),
            headers: None,
        }
    }

    fn new(body: Option<&str>, init: &ResponseInit) -> Result<ResponseObject, ApiError> {
        ResponseObject::new(
            body.map(|text| BodyInit::Text(text.to_owned())),
            init,
            Guard::Response,
        )
    }

    #[test]
    fn statuses_and_status_texts() {
        for status in [0, 100, 199, 600, 1000] {
            let error = new(None, &init(status, "")).unwrap_err();
            assert_eq!(
                error.exception(),
                super::super::Exception::RangeError,
                "{status}"
            );
        }
        for text in ["\n", "a\0", "\u{7f}"] {
            assert!(
                matches!(
                    new(None, &init(200, text)),
                    Err(ApiError::StatusText { .. })
                ),
                "{text:?}"
            );
        }
        assert!(new(None, &init(599, "ok \t \u{e9}")).is_ok());
        for status in [204, 205, 304] {
            assert!(matches!(
                new(Some(""), &init(status, "")),
                Err(ApiError::NullBodyStatus { .. })
            ));
            assert!(new(None, &init(status, "")).is_ok());
        }
    }

    #[test]
    fn cookies_are_dropped_and_types_are_set_once() {
        let headers = HeadersInit::Record(vec![
            ("Set-Cookie".into(), "a=1".into()),
            ("content-type".into(), "text/html".into()),
        ]);
        let init = ResponseInit {
            headers: Some(headers),
            ..ResponseInit::default()
        };
        let response = new(Some("x"), &init).unwrap();
        assert_eq!(response.headers.header_list.len(), 1);
        assert_eq!(
            response.headers.get(b"content-type"),
            Ok(Some("text/html".into()))
        );
    }

    #[test]
    fn redirects() {
        let base = Url::parse("https://alice.example/a/b").unwrap();
        let response = ResponseObject::redirect("../c d", 303, &base).unwrap();
        assert_eq!(
            response.headers.get(b"location"),
            Ok(Some("https://alice.example/c%20d".into()))
        );
        assert_eq!(
            (response.status, response.url(), response.headers.guard),
            (303, String::new(), Guard::Immutable)
        );
        assert!(matches!(
            ResponseObject::redirect("/", 200, &base),
            Err(ApiError::RedirectStatus { status: 200 })
        ));
        assert!(matches!(
            ResponseObject::redirect("http://:1", 200, &base),
            Err(ApiError::Url { .. })
        ));
    }

    #[test]
    fn json_has_its_type() {
        let response =
            ResponseObject::json("{}".into(), &ResponseInit::default(), Guard::Response).unwrap();
        assert_eq!(
            response.headers.get(b"content-type"),
            Ok(Some("application/json".into()))
        );
        let error = ResponseObject::json("{}".into(), &init(204, ""), Guard::Response).unwrap_err();
        assert_eq!(error, ApiError::NullBodyStatus { status: 204 });
    }

    #[test]
    fn an_opaque_response_shows_nothing() {
        let mut internal = InternalResponse::new();
        internal.url_list = vec![Url::parse("https://alice.example/#x").unwrap()];
        internal.header_list.append("Set-Cookie", "a=1");
        internal.header_list.append("X-Secret", "1");
        internal.body = Some(Body::from_bytes("secret"));
        let shown = |filter| {
            let response = Response::Actual(Box::new(ActualResponse {
                filter,
                internal: internal.clone(),
            }));
            ResponseObject::create(&response, Guard::Immutable)
        };
        for filter in [Filter::Opaque, Filter::OpaqueRedirect] {
            let object = shown(filter);
            assert_eq!(
                (object.status, object.body, object.headers.header_list.len()),
                (0, None, 0)
            );
        }
        assert_eq!(shown(Filter::Opaque).url(), "");
        assert_eq!(
            shown(Filter::OpaqueRedirect).url(),
            "https://alice.example/"
        );
        assert_eq!(shown(Filter::Cors).headers.header_list.len(), 0);
        assert_eq!(shown(Filter::Basic).headers.header_list.len(), 1);
    }

    #[test]
    fn an_error_is_always_the_same() {
        let error = ResponseObject::error();
        assert_eq!(
            (error.status, error.ok(), error.r#type.as_str()),
            (0, false, "error")
        );
        assert_eq!(error.headers.guard, Guard::Immutable);
    }
}
