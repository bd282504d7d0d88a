//! Why the Fetch API refuses what a script asks for.

use crossexam_web::trace::printable;

/// The JavaScript exception that a refusal becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exception {
    /// `TypeError`
    TypeError,
    /// `RangeError`
    RangeError,
}

/// A refusal. Its text is the exception's message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ApiError {
    /// Not a header name.
    #[error("'{}' is not a header name", printable(.name))]
    HeaderName {
        /// What was given.
        name: Vec<u8>,
    },
    /// Not a header value.
    #[error("'{}' is not a header value", printable(.value))]
    HeaderValue {
        /// What was given.
        value: Vec<u8>,
    },
    /// The `Headers` object belongs to something that cannot be changed.
    #[error("these headers are immutable")]
    ImmutableHeaders,
    /// An item of a list of headers is not a name and a value.
    #[error("a header is a name and a value, not {length} items")]
    HeaderPair {
        /// How many items it has.
        length: usize,
    },
    /// Not a URL.
    #[error("'{url}' is not a URL")]
    Url {
        /// What was given.
        url: String,
    },
    /// The URL has a user name or a password.
    #[error("'{url}' includes credentials")]
    UrlWithCredentials {
        /// What was given.
        url: String,
    },
    /// `window` can only be null.
    #[error("'window' can only be null")]
    WindowNotNull,
    /// The referrer is not a URL.
    #[error("the referrer '{referrer}' is not a URL")]
    Referrer {
        /// What was given.
        referrer: String,
    },
    /// Scripts cannot make navigation requests.
    #[error("the mode 'navigate' is not for scripts")]
    NavigateMode,
    /// `only-if-cached` goes with mode `same-origin` alone.
    #[error("the cache mode 'only-if-cached' needs the mode 'same-origin'")]
    OnlyIfCached,
    /// Not a method.
    #[error("'{}' is not a method", printable(.method))]
    Method {
        /// What was given.
        method: Vec<u8>,
    },
    /// A method that is kept from scripts.
    #[error("the method '{}' is not for scripts", printable(.method))]
    ForbiddenMethod {
        /// What was given.
        method: Vec<u8>,
    },
    /// `no-cors` allows `GET`, `HEAD` and `POST` only.
    #[error("the method '{}' needs a mode other than 'no-cors'", printable(.method))]
    NoCorsMethod {
        /// The method.
        method: Vec<u8>,
    },
    /// `GET` and `HEAD` requests have no body.
    #[error("a request with the method {} has no body", printable(.method))]
    BodyNotAllowed {
        /// The method.
        method: Vec<u8>,
    },
    /// The body of the request that was given is used.
    #[error("the request's body is used already")]
    BodyUnusable,
    /// A body that is a stream needs the mode `same-origin` or `cors`.
    #[error("a stream as body needs the mode 'same-origin' or 'cors'")]
    StreamMode,
    /// A body that is a stream needs `duplex`.
    #[error("a stream as body needs the member 'duplex'")]
    StreamWithoutDuplex,
    /// A body that is a stream does not outlive its document.
    #[error("a stream as body does not go with 'keepalive'")]
    StreamWithKeepalive,
    /// The stream that was given is read by somebody else.
    #[error("the stream is locked or was read from")]
    StreamUsed,
    /// The status is out of range.
    #[error("the status {status} is not in the range 200 to 599")]
    Status {
        /// What was given.
        status: u16,
    },
    /// The status text is no reason phrase.
    #[error("'{}' is not a status text", printable(.text))]
    StatusText {
        /// What was given.
        text: Vec<u8>,
    },
    /// A response with this status has no body.
    #[error("a response with the status {status} has no body")]
    NullBodyStatus {
        /// The status.
        status: u16,
    },
    /// Not a redirect status.
    #[error("{status} is not a redirect status")]
    RedirectStatus {
        /// What was given.
        status: u16,
    },
    /// The body cannot be read as a form.
    #[error("the body is not a form: {why}")]
    NotAForm {
        /// What is wrong with it.
        why: &'static str,
    },
}

impl ApiError {
    /// The exception that it becomes.
    pub const fn exception(&self) -> Exception {
        match self {
            Self::Status { .. } | Self::RedirectStatus { .. } => Exception::RangeError,
            Self::HeaderName { .. }
            | Self::HeaderValue { .. }
            | Self::ImmutableHeaders
            | Self::HeaderPair { .. }
            | Self::Url { .. }
            | Self::UrlWithCredentials { .. }
            | Self::WindowNotNull
            | Self::Referrer { .. }
            | Self::NavigateMode
            | Self::OnlyIfCached
            | Self::Method { .. }
            | Self::ForbiddenMethod { .. }
            | Self::NoCorsMethod { .. }
            | Self::BodyNotAllowed { .. }
            | Self::BodyUnusable
            | Self::StreamMode
            | Self::StreamWithoutDuplex
            | Self::StreamWithKeepalive
            | Self::StreamUsed
            | Self::StatusText { .. }
            | Self::NullBodyStatus { .. }
            | Self::NotAForm { .. } => Exception::TypeError,
        }
    }
}
