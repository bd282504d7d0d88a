//! Responses and filtered responses.
//!
//! <https://fetch.spec.whatwg.org/#responses>

use std::cell::Cell;
use std::rc::Rc;

use bytes::Bytes;
use crossexam_web::{HeaderList, algorithm};
use url::Url;

use crate::body::Body;
use crate::failure::NetworkError;
use crate::request::RedirectTaint;
use crate::safelist::is_cors_safelisted_response_header_name;

/// A response.
#[derive(Debug, Clone)]
pub enum Response {
    /// A network error, with the reason that only people may see: a page's script cannot tell one from another.
    Error(Box<NetworkError>),
    /// Anything else.
    Actual(Box<ActualResponse>),
}

/// A response that is no network error: what came back, and the filter it is looked at through.
#[derive(Debug, Clone)]
pub struct ActualResponse {
    /// What may be seen of it.
    pub filter: Filter,
    /// The internal response: everything.
    pub internal: InternalResponse,
}

/// How much of a response is visible. <https://fetch.spec.whatwg.org/#concept-filtered-response>
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filter {
    /// Not a filtered response: type "default".
    None,
    /// Everything but forbidden response-headers.
    Basic,
    /// Only CORS-safelisted response-headers.
    Cors,
    /// Nothing.
    Opaque,
    /// Nothing but the URL list.
    OpaqueRedirect,
}

/// A response's type. <https://fetch.spec.whatwg.org/#concept-response-type>
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResponseType {
    /// "basic"
    Basic,
    /// "cors"
    Cors,
    /// "default"
    Default,
    /// "error"
    Error,
    /// "opaque"
    Opaque,
    /// "opaqueredirect"
    OpaqueRedirect,
}

impl ResponseType {
    /// The standard's string for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Basic => "basic",
            Self::Cors => "cors",
            Self::Default => "default",
            Self::Error => "error",
            Self::Opaque => "opaque",
            Self::OpaqueRedirect => "opaqueredirect",
        }
    }
}

/// Everything that is known of a response.
#[derive(Debug, Clone)]
pub struct InternalResponse {
    /// The URL list.
    pub url_list: Vec<Url>,
    /// The status.
    pub status: u16,
    /// The status message.
    pub status_message: Bytes,
    /// The header list.
    pub header_list: HeaderList,
    /// The body.
    pub body: Option<Body>,
    /// Whether a cache had a part in it.
    pub cache_state: CacheState,
    /// The CORS-exposed header-name list.
    pub cors_exposed_header_names: Vec<Bytes>,
    /// Whether the request asked for a range.
    pub range_requested: bool,
    /// Whether the request carried credentials.
    pub request_includes_credentials: bool,
    /// Whether timing may be seen.
    pub timing_allow_passed: bool,
    /// How far the redirects strayed.
    pub redirect_taint: RedirectTaint,
    /// What is told of the body.
    pub body_info: BodyInfo,
    /// What the redirects of a navigation said of its timing.
    pub navigation_timing_allow_values: Vec<Vec<String>>,
    /// The address that it came from.
    pub ip_address: Option<std::net::IpAddr>,
    /// The WebSocket connection, where the answer switched to that protocol.
    pub upgrade: Option<crate::websocket::Endpoint>,
}

/// Response body info. <https://fetch.spec.whatwg.org/#response-body-info>
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BodyInfo {
    /// The number of bytes off the wire, of a body that was there as a whole.
    pub encoded_size: u64,
    /// The number of bytes without content codings.
    pub decoded_size: u64,
    /// Of a body that comes in pieces, both numbers so far.
    pub so_far: Option<Rc<Cell<(u64, u64)>>>,
    /// The type, in a short form.
    pub content_type: String,
    /// The content coding, if it is one of the known ones.
    pub content_encoding: String,
}

impl BodyInfo {
    /// The number of bytes off the wire, so far.
    pub fn encoded_size(&self) -> u64 {
        self.so_far
            .as_ref()
            .map_or(self.encoded_size, |sizes| sizes.get().0)
    }

    /// The number of bytes without content codings, so far.
    pub fn decoded_size(&self) -> u64 {
        self.so_far
            .as_ref()
            .map_or(self.decoded_size, |sizes| sizes.get().1)
    }
}

/// A response's cache state. <https://fetch.spec.whatwg.org/#concept-response-cache-state>
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CacheState {
    /// The empty string: it came from the network.
    None,
    /// "local"
    Local,
    /// "validated"
    Validated,
}

impl InternalResponse {
    /// A response with every field as the standard has it unless stated otherwise.
    pub fn new() -> Self {
        Self {
            url_list: Vec::new(),
            status: 200,
            status_message: Bytes::new(),
            header_list: HeaderList::new(),
            body: None,
            cache_state: CacheState::None,
            cors_exposed_header_names: Vec::new(),
            range_requested: false,
            request_includes_credentials: true,
            timing_allow_passed: false,
            redirect_taint: RedirectTaint::SameOrigin,
            body_info: BodyInfo::default(),
            navigation_timing_allow_values: Vec::new(),
            ip_address: None,
            upgrade: None,
        }
    }

    /// Clones the response: both have a body that delivers all bytes.
    #[algorithm("concept-response-clone", untraced)]
    #[must_use]
    pub fn clone_a_response(&mut self) -> Self {
        // 1. NB: a filter is no part of this; `Response::clone_a_response` takes it along.
        /// 2. A copy,
        let mut new_response = self.clone();
        if let Some(body) = &mut self.body {
            /// 3. with a clone of the body.
            new_response.body = Some(body.clone_a_body());
        }
        /// 4. That is the clone.
        new_response
    }

    /// The URL that a report names: the first, so that it does not tell where redirects led, without a password or
    /// fragment.
    #[algorithm("serialize-a-response-url-for-reporting", untraced)]
    pub fn serialize_the_url_for_reporting(&self) -> Option<String> {
        /// 1. There is a URL.
        let first = self.url_list.first()?;
        /// 2. The first is named,
        let mut url = first.clone();
        // Neither fails: a URL without a host has no password.
        /// 3. without the user's name
        let _ = url.set_username("");
        /// 4. and password,
        let _ = url.set_password(None);
        url.set_fragment(None);
        /// 5. and without its fragment.
        Some(url.into())
    }

    /// The URL: the last of the URL list.
    pub fn url(&self) -> Option<&Url> {
        self.url_list.last()
    }
}

impl Default for InternalResponse {
    fn default() -> Self {
        Self::new()
    }
}

impl From<NetworkError> for Response {
    fn from(error: NetworkError) -> Self {
        Self::Error(Box::new(error))
    }
}

impl From<InternalResponse> for Response {
    fn from(internal: InternalResponse) -> Self {
        Self::Actual(Box::new(ActualResponse {
            filter: Filter::None,
            internal,
        }))
    }
}

impl Response {
    /// Whether this is a network error.
    pub const fn is_network_error(&self) -> bool {
        matches!(self, Self::Error(_))
    }

    /// Whether this is a filtered response.
    pub fn is_filtered(&self) -> bool {
        matches!(self, Self::Actual(actual) if actual.filter != Filter::None)
    }

    /// The network error, if it is one.
    pub fn network_error(&self) -> Option<&NetworkError> {
        match self {
            Self::Error(error) => Some(error),
            Self::Actual(_) => None,
        }
    }

    /// The internal response: everything that came back. `None` for a network error.
    pub fn internal(&self) -> Option<&InternalResponse> {
        match self {
            Self::Error(_) => None,
            Self::Actual(actual) => Some(&actual.internal),
        }
    }

    /// The internal response, to change it.
    pub fn internal_mut(&mut self) -> Option<&mut InternalResponse> {
        match self {
            Self::Error(_) => None,
            Self::Actual(actual) => Some(&mut actual.internal),
        }
    }

    /// The type.
    pub fn response_type(&self) -> ResponseType {
        match self {
            Self::Error(_) => ResponseType::Error,
            Self::Actual(actual) => match actual.filter {
                Filter::None => ResponseType::Default,
                Filter::Basic => ResponseType::Basic,
                Filter::Cors => ResponseType::Cors,
                Filter::Opaque => ResponseType::Opaque,
                Filter::OpaqueRedirect => ResponseType::OpaqueRedirect,
            },
        }
    }

    /// The internal response where the filter shows its status, headers and body.
    fn visible(&self) -> Option<&InternalResponse> {
        match self {
            Self::Error(_) => None,
            Self::Actual(actual) => match actual.filter {
                Filter::None | Filter::Basic | Filter::Cors => Some(&actual.internal),
                Filter::Opaque | Filter::OpaqueRedirect => None,
            },
        }
    }

    /// The status as this response shows it; 0 when it is hidden.
    pub fn status(&self) -> u16 {
        self.visible().map_or(0, |internal| internal.status)
    }

    /// The status message as this response shows it.
    pub fn status_message(&self) -> &[u8] {
        self.visible()
            .map_or(b"", |internal| &internal.status_message)
    }

    /// The URL list as this response shows it.
    pub fn url_list(&self) -> &[Url] {
        match self {
            Self::Error(_) => &[],
            Self::Actual(actual) => match actual.filter {
                Filter::Opaque => &[],
                Filter::None | Filter::Basic | Filter::Cors | Filter::OpaqueRedirect => {
                    &actual.internal.url_list
                }
            },
        }
    }

    /// The URL as this response shows it.
    pub fn url(&self) -> Option<&Url> {
        self.url_list().last()
    }

    /// Clones the response, its filter included.
    #[algorithm("concept-response-clone", untraced)]
    #[must_use]
    pub fn clone_a_response(&mut self) -> Self {
        match self {
            Self::Error(error) => Self::Error(error.clone()),
            /// 1. The same filter over a clone of what is behind it.
            Self::Actual(actual) => Self::Actual(Box::new(ActualResponse {
                filter: actual.filter,
                internal: actual.internal.clone_a_response(),
            })),
        }
    }

    /// The body info as this response shows it: one that hides its body hides its size and type, too.
    pub fn body_info(&self) -> BodyInfo {
        self.visible()
            .map_or_else(BodyInfo::default, |internal| internal.body_info.clone())
    }

    /// The body as this response shows it.
    pub fn body(&self) -> Option<&Body> {
        self.visible().and_then(|internal| internal.body.as_ref())
    }

    /// The same, to be read.
    pub fn body_mut(&mut self) -> Option<&mut Body> {
        let shows_body = self.body().is_some();
        self.internal_mut()
            .filter(|_| shows_body)
            .and_then(|internal| internal.body.as_mut())
    }

    /// The headers as this response shows them.
    pub fn header_list(&self) -> HeaderList {
        let Self::Actual(actual) = self else {
            return HeaderList::new();
        };
        let mut list = match actual.filter {
            Filter::Opaque | Filter::OpaqueRedirect => return HeaderList::new(),
            Filter::None | Filter::Basic | Filter::Cors => actual.internal.header_list.clone(),
        };
        match actual.filter {
            Filter::Basic => {
                list.retain(|header| {
                    !crate::safelist::is_forbidden_response_header_name(&header.name)
                });
            }
            Filter::Cors => {
                let exposed = &actual.internal.cors_exposed_header_names;
                list.retain(|header| {
                    is_cors_safelisted_response_header_name(&header.name, exposed)
                });
            }
            Filter::None | Filter::Opaque | Filter::OpaqueRedirect => {}
        }
        list
    }
}

/// Whether `status` is a null body status. <https://fetch.spec.whatwg.org/#null-body-status>
pub const fn is_null_body_status(status: u16) -> bool {
    matches!(status, 101 | 103 | 204 | 205 | 304)
}

/// Whether `status` is an ok status. <https://fetch.spec.whatwg.org/#ok-status>
pub const fn is_ok_status(status: u16) -> bool {
    matches!(status, 200..=299)
}

/// Whether `status` is a range status. <https://fetch.spec.whatwg.org/#range-status>
pub const fn is_range_status(status: u16) -> bool {
    matches!(status, 206 | 416)
}

/// Whether `status` is a redirect status. <https://fetch.spec.whatwg.org/#redirect-status>
pub const fn is_redirect_status(status: u16) -> bool {
    matches!(status, 301 | 302 | 303 | 307 | 308)
}
