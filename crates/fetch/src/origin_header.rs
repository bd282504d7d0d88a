//! The request's origin: redirect-taint, serialization, and the `Origin` header.
//!
//! <https://fetch.spec.whatwg.org/#origin-header>

use bytes::Bytes;
use crossexam_web::{Origin, Trace, algorithm};
use url::Url;

use crate::departures::Departures;
use crate::referrer_policy::ReferrerPolicy;
use crate::request::{CredentialsMode, Mode, RedirectTaint, Request, ResponseTainting};

/// How far the request has strayed from its origin on the way.
#[algorithm("concept-request-tainted-origin", untraced)]
pub fn redirect_taint(request: &Request) -> RedirectTaint {
    if request.url_list.len() == 1 {
        // NB: one URL has no URL before it, so the loop below finds nothing.
        return RedirectTaint::SameOrigin;
    }
    /// 1. The origin is known by now.
    let origin = request.origin();
    /// 2. There is no URL before the first.
    let mut last_url = None;
    /// 3. Nothing is tainted yet.
    let mut taint = RedirectTaint::SameOrigin;
    /// 4. Go through the URL list.
    for url in &request.url_list {
        /// 4.1. The first URL is only remembered.
        let Some(last) = last_url else {
            last_url = Some(url);
            continue;
        };
        if !have_same_origin(url, last) {
            let hop_is_same_site =
                Origin::of_url(url).is_some_and(|a| a.is_same_site_with_url(last));
            /// 4.2. A hop between sites, from a site that is not the request's, taints across sites.
            if !hop_is_same_site && !origin.is_same_site_with_url(last) {
                return RedirectTaint::CrossSite;
            }
            /// 4.3. A hop between origins, from an origin that is not the request's, taints within the site.
            if !origin.is_same_origin_with_url(last) {
                taint = RedirectTaint::SameSite;
            }
        }
        /// 4.4. Remember this URL.
        last_url = Some(url);
    }
    /// 5. That is the taint.
    taint
}

/// Whether two URLs have the same tuple origin, asked without building either.
pub(crate) fn have_same_origin(a: &Url, b: &Url) -> bool {
    let is_tuple = matches!(a.scheme(), "http" | "https" | "ws" | "wss" | "ftp");
    is_tuple && a.scheme() == b.scheme() && a.port() == b.port() && a.host_str() == b.host_str()
}

/// The request's origin as servers see it: `null` once a redirect has tainted it.
#[algorithm("serializing-a-request-origin", untraced)]
pub fn serialize_a_request_origin(request: &Request) -> String {
    /// 1. The origin is known by now.
    let origin = request.origin();
    /// 2. A tainted origin is not told.
    if redirect_taint(request) != RedirectTaint::SameOrigin {
        return "null".to_owned();
    }
    /// 3. Otherwise its serialization.
    origin.to_string()
}

/// The same as bytes. <https://fetch.spec.whatwg.org/#byte-serializing-a-request-origin>
pub fn byte_serialize_a_request_origin(request: &Request) -> Bytes {
    // NB: a serialized origin is ASCII, so isomorphic encoding changes nothing.
    match request.origin() {
        Origin::Tuple(tuple) if redirect_taint(request) == RedirectTaint::SameOrigin => {
            tuple.serialized_bytes()
        }
        _ => Bytes::from_static(b"null"),
    }
}

/// Whether the byte-serialized request origin is exactly `bytes`.
pub fn request_origin_serializes_to(request: &Request, bytes: &[u8]) -> bool {
    byte_serialize_a_request_origin(request) == bytes
}

/// Appends the `Origin` header where the standard wants one. The page has no say in it.
#[algorithm("append-a-request-origin-header")]
pub fn append_a_request_origin_header(
    request: &mut Request,
    departures: Departures,
    trace: &Trace,
) {
    /// 1. The origin is known by now.
    let origin = request.origin();
    /// 2. Serialize it, or `null` if a redirect has tainted it.
    let mut serialized_origin = byte_serialize_a_request_origin(request);
    if request.response_tainting == ResponseTainting::Cors
        || matches!(request.mode, Mode::WebSocket | Mode::WebTransport)
    {
        trace.fact("Origin", || serialized_origin.clone());
        /// 3. A CORS request tells its origin.
        request.header_list.append("Origin", serialized_origin);
    } else if !matches!(&request.method[..], b"GET" | b"HEAD") {
        /// 4. So does every other request whose method is neither `GET` nor `HEAD`.
        if request.mode != Mode::Cors {
            /// 4.1. Unless CORS is in play, the referrer policy can turn it into `null`.
            let keeps_silent = match request.referrer_policy {
                Some(ReferrerPolicy::NoReferrer) => true,
                Some(
                    ReferrerPolicy::NoReferrerWhenDowngrade
                    | ReferrerPolicy::StrictOrigin
                    | ReferrerPolicy::StrictOriginWhenCrossOrigin,
                ) => {
                    origin
                        .as_tuple()
                        .is_some_and(|tuple| &*tuple.scheme == "https")
                        && request.current_url().scheme() != "https"
                }
                Some(ReferrerPolicy::SameOrigin) => {
                    !origin.is_same_origin_with_url(request.current_url())
                }
                Some(
                    ReferrerPolicy::Origin
                    | ReferrerPolicy::OriginWhenCrossOrigin
                    | ReferrerPolicy::UnsafeUrl,
                )
                | None => false,
            };
            if keeps_silent {
                serialized_origin = Bytes::from_static(b"null");
            }
        }
        trace.fact("Origin", || serialized_origin.clone());
        /// 4.2. Append it.
        request.header_list.append("Origin", serialized_origin);
    } else if departures.opaque_origins_are_told_with_credentials
        && request.credentials_mode == CredentialsMode::Include
        && origin.as_tuple().is_none()
    {
        request.header_list.append("Origin", serialized_origin);
    }
}
