//! Why a fetch came to nothing: typed to the exact cause, for people and never for a page's script.

use bytes::Bytes;
use crossexam_web::Step;
use crossexam_web::trace::printable;
use url::Url;

use crate::content_codings::CodingFailure;
use crate::host::NetworkFailure;

/// A network error, and why it came about. <https://fetch.spec.whatwg.org/#concept-network-error>
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetworkError {
    /// Whether somebody aborted the fetch on purpose ("aborted network error").
    pub aborted: bool,
    /// The exact cause.
    pub reason: BlockReason,
    /// The step that decided.
    pub step: &'static Step,
}

impl NetworkError {
    /// A network error that `step` decided on because of `reason`.
    pub fn new(reason: BlockReason, step: &'static Step) -> Self {
        Self {
            aborted: matches!(reason, BlockReason::Aborted),
            reason,
            step,
        }
    }
}

/// The exact cause of a network error.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BlockReason {
    /// The fetch was aborted by the page or the user.
    #[error("the fetch was aborted")]
    Aborted,
    /// The fetch was terminated, for example because its document went away.
    #[error("the fetch was terminated")]
    Terminated,
    /// Only local URLs were allowed.
    #[error("only about:, blob: and data: URLs may be fetched here")]
    NotLocalUrl,
    /// The port is on the block list.
    #[error("port {port} is blocked for fetching")]
    BadPort {
        /// The port.
        port: u16,
    },
    /// A secure page asked for something over plain HTTP.
    #[error("mixed content: a secure page must not load {url}")]
    MixedContent {
        /// What it asked for.
        url: Url,
    },
    /// A sandboxed document with an opener policy.
    #[error("a sandboxed document must not have `Cross-Origin-Opener-Policy`")]
    OpenerPolicyInSandbox,
    /// Local Network Access.
    #[error("Local Network Access: the address is {address_space}; {why}")]
    LocalNetworkAccess {
        /// The address space.
        address_space: &'static str,
        /// Why that is not allowed.
        why: &'static str,
    },
    /// Opaque response blocking.
    #[error("opaque response blocking: {why}")]
    OpaqueResponse {
        /// What it is, or is not.
        why: &'static str,
    },
    /// A Content Security Policy forbids it.
    #[error("Content Security Policy: `{directive}` forbids {url}")]
    ContentSecurityPolicy {
        /// The directive, as it is written.
        directive: String,
        /// What it forbids.
        url: String,
    },
    /// Mode "same-origin" and another origin.
    #[error("the request's mode is \"same-origin\" and {url} is another origin")]
    NotSameOrigin {
        /// Where the request would have gone.
        url: Url,
    },
    /// A cross-origin "no-cors" request must follow redirects.
    #[error("a cross-origin \"no-cors\" request must follow redirects")]
    NoCorsRedirectMode,
    /// CORS needs an HTTP(S) URL.
    #[error("a cross-origin request needs an HTTP(S) URL, not {scheme}:")]
    NotHttpScheme {
        /// The scheme.
        scheme: String,
    },
    /// The scheme cannot be fetched.
    #[error("the scheme {scheme}: cannot be fetched")]
    UnsupportedScheme {
        /// The scheme.
        scheme: String,
    },
    /// A `data:` URL that does not parse.
    #[error("the data: URL does not parse")]
    InvalidDataUrl,
    /// A `blob:` URL that cannot be resolved, or is not fetched with `GET`.
    #[error("the blob: URL has no object, or is not fetched with GET")]
    BlobNotAvailable,
    /// The range of a `blob:` request cannot be satisfied.
    #[error("the range cannot be satisfied")]
    InvalidRange,
    /// The CORS check failed on the answer to the request itself.
    #[error("CORS check: {0}")]
    CorsCheck(CorsCheckFailure),
    /// The CORS-preflight request did not give permission.
    #[error("CORS-preflight: {0}")]
    Preflight(PreflightFailure),
    /// Cross-Origin-Resource-Policy forbids it.
    #[error("Cross-Origin-Resource-Policy: `{policy}` keeps {origin} from loading it")]
    CrossOriginResourcePolicy {
        /// The policy, as it was applied.
        policy: &'static str,
        /// Whether the embedder's policy supplied it because the response has none.
        implied_by_embedder: bool,
        /// Who asked.
        origin: String,
    },
    /// The redirect mode is "error".
    #[error("the answer is a redirect and the request's redirect mode is \"error\"")]
    RedirectNotAllowed,
    /// The `Location` value is no URL.
    #[error("`Location: {location}` is not a URL")]
    InvalidLocation {
        /// The value.
        location: String,
    },
    /// The redirect leads away from HTTP.
    #[error("a redirect to {scheme}: is not followed")]
    RedirectToNonHttp {
        /// The scheme.
        scheme: String,
    },
    /// Twenty redirects were followed already.
    #[error("more than 20 redirects")]
    TooManyRedirects,
    /// The redirect's URL carries a user name or a password.
    #[error("the redirect's URL carries credentials")]
    RedirectWithCredentials,
    /// The body cannot be sent again.
    #[error("the request's body is a stream and cannot be sent a second time")]
    BodyNotReplayable,
    /// The response's MIME type is wrong for the destination.
    #[error("a response of type {essence} is not loaded as {destination}")]
    MimeType {
        /// The type's essence.
        essence: String,
        /// The request's destination.
        destination: &'static str,
    },
    /// `X-Content-Type-Options: nosniff` and a wrong MIME type.
    #[error("nosniff: a response of type {essence} is not loaded as {destination}")]
    NoSniff {
        /// The type's essence, or "none".
        essence: String,
        /// The request's destination.
        destination: &'static str,
    },
    /// A range came back that was not asked for.
    #[error("the answer is partial although no range was asked for")]
    UnexpectedRange,
    /// A body that is a stream cannot be sent over HTTP/1.1.
    #[error("the request's body is a stream, and the connection speaks HTTP/1.1")]
    StreamOverHttp1,
    /// The bytes do not match the integrity metadata.
    #[error("the response does not match the integrity metadata")]
    IntegrityMismatch,
    /// The page's Integrity-Policy wants integrity metadata that can be checked.
    #[error("Integrity-Policy: a {destination} needs integrity metadata that can be checked")]
    IntegrityPolicy {
        /// The request's destination.
        destination: &'static str,
    },
    /// Keepalive requests in flight exceed 64 KiB.
    #[error("keepalive requests in flight exceed 64 KiB")]
    KeepaliveQuota,
    /// Nothing usable in the cache.
    #[error("the cache mode is \"only-if-cached\" and nothing is cached")]
    NotCached,
    /// The body cannot be decoded.
    #[error("{0}")]
    ContentCoding(#[from] CodingFailure),
    /// A proxy wants a password and nobody can be asked.
    #[error("a proxy asks for credentials and nobody can be asked")]
    ProxyAuthentication,
    /// The network gave no answer.
    #[error("network: {0}")]
    Network(#[from] NetworkFailure),
    /// Something the model does not model was reached.
    #[error("not modelled: {what}")]
    Unmodelled {
        /// What is missing.
        what: &'static str,
    },
}

/// Why a CORS check failed. <https://fetch.spec.whatwg.org/#concept-cors-check>
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CorsCheckFailure {
    /// There is no `Access-Control-Allow-Origin`.
    #[error("the response has no `Access-Control-Allow-Origin`")]
    AllowOriginMissing,
    /// There are several values; combined, they match nothing.
    #[error("the response has {count} `Access-Control-Allow-Origin` values; combined, `{}` is not `{}`", printable(.value), printable(.origin))]
    AllowOriginMultiple {
        /// How many headers or listed values.
        count: usize,
        /// The combined value.
        value: Bytes,
        /// The serialized request origin.
        origin: Bytes,
    },
    /// The value is not the request's origin.
    #[error("`Access-Control-Allow-Origin: {}` is not `{}`", printable(.value), printable(.origin))]
    AllowOriginMismatch {
        /// The value.
        value: Bytes,
        /// The serialized request origin.
        origin: Bytes,
    },
    /// The value is `*` but the request carries credentials.
    #[error("`Access-Control-Allow-Origin: *` does not cover a request with credentials (its origin is `{}`)", printable(.origin))]
    WildcardWithCredentials {
        /// The serialized request origin.
        origin: Bytes,
    },
    /// The request carries credentials and there is no `Access-Control-Allow-Credentials`.
    #[error(
        "the request carries credentials and the response has no `Access-Control-Allow-Credentials`"
    )]
    AllowCredentialsMissing,
    /// The value is not exactly `true`.
    #[error("`Access-Control-Allow-Credentials: {}` is not `true`", printable(.value))]
    AllowCredentialsNotTrue {
        /// The value.
        value: Bytes,
    },
}

/// Why a CORS-preflight fetch gave no permission. <https://fetch.spec.whatwg.org/#cors-preflight-fetch-0>
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PreflightFailure {
    /// The CORS check on the preflight's answer failed.
    #[error("{0}")]
    CorsCheck(CorsCheckFailure),
    /// The answer's status is not in the range 200 to 299.
    #[error("the answer's status is {status}, not in the range 200 to 299")]
    StatusNotOk {
        /// The status.
        status: u16,
    },
    /// The answer is a redirect.
    #[error("the answer is a redirect ({status}); a CORS-preflight request follows none")]
    Redirect {
        /// The status.
        status: u16,
    },
    /// `Access-Control-Allow-Methods` does not parse.
    #[error("`Access-Control-Allow-Methods: {}` does not parse", printable(.value))]
    AllowMethodsInvalid {
        /// The value.
        value: Bytes,
    },
    /// `Access-Control-Allow-Headers` does not parse.
    #[error("`Access-Control-Allow-Headers: {}` does not parse", printable(.value))]
    AllowHeadersInvalid {
        /// The value.
        value: Bytes,
    },
    /// The method is not allowed.
    #[error("the method {} is not among `Access-Control-Allow-Methods`{}", printable(.method), permitted(.allowed))]
    MethodNotAllowed {
        /// The request's method.
        method: Bytes,
        /// What is allowed; `None` when the header is absent.
        allowed: Option<Vec<Bytes>>,
    },
    /// `*` does not cover the method because the request carries credentials.
    #[error("`Access-Control-Allow-Methods: *` does not cover {} in a request with credentials", printable(.method))]
    MethodWildcardWithCredentials {
        /// The request's method.
        method: Bytes,
    },
    /// A header is not allowed.
    #[error("the header {} is not among `Access-Control-Allow-Headers`{}", printable(.name), permitted(.allowed))]
    HeaderNotAllowed {
        /// The header's name.
        name: Bytes,
        /// What is allowed; `None` when the header is absent.
        allowed: Option<Vec<Bytes>>,
    },
    /// `*` does not cover the header because the request carries credentials.
    #[error("`Access-Control-Allow-Headers: *` does not cover {} in a request with credentials", printable(.name))]
    HeaderWildcardWithCredentials {
        /// The header's name.
        name: Bytes,
    },
    /// `*` never covers this header (`Authorization`).
    #[error("`Access-Control-Allow-Headers: *` never covers {}", printable(.name))]
    HeaderNotCoveredByWildcard {
        /// The header's name.
        name: Bytes,
    },
    /// The network gave no answer.
    #[error("{0}")]
    Network(NetworkFailure),
}

fn permitted(list: &Option<Vec<Bytes>>) -> String {
    match list {
        None => " (the header is absent)".to_owned(),
        Some(list) => {
            let names: Vec<_> = list.iter().map(|item| printable(item)).collect();
            format!(" ({})", names.join(", "))
        }
    }
}

impl BlockReason {
    /// A name for machines that stays the same from version to version, for example
    /// `cors-check/allow-origin-missing`.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Aborted => "aborted",
            Self::Terminated => "terminated",
            Self::NotLocalUrl => "not-local-url",
            Self::BadPort { .. } => "bad-port",
            Self::OpenerPolicyInSandbox => "navigation/opener-policy-in-sandbox",
            Self::LocalNetworkAccess { .. } => "local-network-access",
            Self::OpaqueResponse { .. } => "opaque-response-blocking",
            Self::ContentSecurityPolicy { .. } => "content-security-policy",
            Self::MixedContent { .. } => "mixed-content",
            Self::NotSameOrigin { .. } => "mode-same-origin",
            Self::NoCorsRedirectMode => "no-cors-redirect-mode",
            Self::NotHttpScheme { .. } => "not-http-scheme",
            Self::UnsupportedScheme { .. } => "unsupported-scheme",
            Self::InvalidDataUrl => "invalid-data-url",
            Self::BlobNotAvailable => "blob-not-available",
            Self::InvalidRange => "invalid-range",
            Self::CorsCheck(failure) => failure.code(),
            Self::Preflight(failure) => failure.code(),
            Self::CrossOriginResourcePolicy { .. } => "cross-origin-resource-policy",
            Self::RedirectNotAllowed => "redirect/mode-error",
            Self::InvalidLocation { .. } => "redirect/invalid-location",
            Self::RedirectToNonHttp { .. } => "redirect/not-http",
            Self::TooManyRedirects => "redirect/too-many",
            Self::RedirectWithCredentials => "redirect/credentials-in-url",
            Self::BodyNotReplayable => "body-not-replayable",
            Self::MimeType { .. } => "mime-type",
            Self::NoSniff { .. } => "nosniff",
            Self::UnexpectedRange => "unexpected-range",
            Self::StreamOverHttp1 => "stream-over-http1",
            Self::IntegrityMismatch => "integrity-mismatch",
            Self::IntegrityPolicy { .. } => "integrity-policy",
            Self::KeepaliveQuota => "keepalive-quota",
            Self::NotCached => "not-cached",
            Self::ContentCoding(failure) => failure.code(),
            Self::ProxyAuthentication => "proxy-authentication",
            Self::Network(failure) => failure.code(),
            Self::Unmodelled { .. } => "unmodelled",
        }
    }
}

impl CorsCheckFailure {
    /// A name for machines, under `cors-check/`.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::AllowOriginMissing => "cors-check/allow-origin-missing",
            Self::AllowOriginMultiple { .. } => "cors-check/allow-origin-multiple",
            Self::AllowOriginMismatch { .. } => "cors-check/allow-origin-mismatch",
            Self::WildcardWithCredentials { .. } => "cors-check/wildcard-with-credentials",
            Self::AllowCredentialsMissing => "cors-check/allow-credentials-missing",
            Self::AllowCredentialsNotTrue { .. } => "cors-check/allow-credentials-not-true",
        }
    }
}

impl PreflightFailure {
    /// A name for machines, under `preflight/`.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::CorsCheck(failure) => match failure {
                CorsCheckFailure::AllowOriginMissing => "preflight/allow-origin-missing",
                CorsCheckFailure::AllowOriginMultiple { .. } => "preflight/allow-origin-multiple",
                CorsCheckFailure::AllowOriginMismatch { .. } => "preflight/allow-origin-mismatch",
                CorsCheckFailure::WildcardWithCredentials { .. } => {
                    "preflight/wildcard-with-credentials"
                }
                CorsCheckFailure::AllowCredentialsMissing => "preflight/allow-credentials-missing",
                CorsCheckFailure::AllowCredentialsNotTrue { .. } => {
                    "preflight/allow-credentials-not-true"
                }
            },
            Self::StatusNotOk { .. } => "preflight/status-not-ok",
            Self::Redirect { .. } => "preflight/redirect",
            Self::AllowMethodsInvalid { .. } => "preflight/allow-methods-invalid",
            Self::AllowHeadersInvalid { .. } => "preflight/allow-headers-invalid",
            Self::MethodNotAllowed { .. } => "preflight/method-not-allowed",
            Self::MethodWildcardWithCredentials { .. } => {
                "preflight/method-wildcard-with-credentials"
            }
            Self::HeaderNotAllowed { .. } => "preflight/header-not-allowed",
            Self::HeaderWildcardWithCredentials { .. } => {
                "preflight/header-wildcard-with-credentials"
            }
            Self::HeaderNotCoveredByWildcard { .. } => "preflight/header-not-covered-by-wildcard",
            Self::Network(failure) => failure.code(),
        }
    }
}

impl CodingFailure {
    /// A name for machines, under `content-coding/`.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Corrupt { .. } => "content-coding/corrupt",
            Self::Truncated { .. } => "content-coding/truncated",
            Self::TooLarge => "content-coding/too-large",
            Self::TooManyCodings { .. } => "content-coding/too-many",
        }
    }
}

impl NetworkFailure {
    /// A name for machines, under `network/`.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Offline => "network/offline",
            Self::NameNotResolved { .. } => "network/name-not-resolved",
            Self::AddressUnreachable { .. } => "network/address-unreachable",
            Self::ConnectionRefused { .. } => "network/connection-refused",
            Self::ConnectionReset => "network/connection-reset",
            Self::TimedOut => "network/timed-out",
            Self::CertificateInvalid { .. } => "network/certificate-invalid",
            Self::ClientCertificateRequired => "network/client-certificate-required",
            Self::NotHttp { .. } => "network/not-http",
            Self::ServerFailed { .. } => "network/server-failed",
        }
    }
}
