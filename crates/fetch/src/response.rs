//! Responses and filtered responses.
//!
//! <https://fetch.spec.whatwg.org/#responses>

use bytes::Bytes;
use crossexam_web::HeaderList;
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
    /// The WebSocket connection, where the answer switched to that protocol.
    pub upgrade: Option<crate::websocket::Endpoint>,
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
            upgrade: None,
        }
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
