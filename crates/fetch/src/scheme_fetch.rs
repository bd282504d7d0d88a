//! Scheme fetch.
//!
//! <https://fetch.spec.whatwg.org/#scheme-fetch>

use bytes::Bytes;
use crossexam_web::{algorithm, data_url, range};

use crate::body::Body;
use crate::client::{Environment, GlobalObject};
use crate::failure::{BlockReason, NetworkError};
use crate::fetch_params::FetchParams;
use crate::host::Host;
use crate::http_fetch::{MakeCorsPreflight, http_fetch};
use crate::network_partition_keys::requests_network_partition_key;
use crate::request::{Destination, Mode, Request};
use crate::response::{InternalResponse, Response};

/// Fetches by the scheme of the current URL.
#[algorithm("concept-scheme-fetch", trace = params.trace)]
pub(crate) async fn scheme_fetch<H: Host>(params: &mut FetchParams<'_, H>) -> Response {
    if params.controller.is_canceled() {
        /// 1. A canceled fetch goes no further.
        return params.appropriate_network_error();
    }
    /// 2. Take the request.
    let request = &params.request;
    /// 3. The scheme decides.
    match request.current_url().scheme() {
        "about" if request.current_url().path() == "blank" => {
            local_response(Bytes::from_static(b"text/html;charset=utf-8"), Bytes::new())
        }
        "blob" => blob_fetch(params),
        "data" => {
            /// 3.1. What stands in the URL?
            let data = data_url::process(request.current_url());
            let Some(data) = data else {
                /// 3.2. A `data:` URL must parse.
                return NetworkError::new(BlockReason::InvalidDataUrl, here!()).into();
            };
            /// 3.3. Its type
            let mime_type = data.mime_type.to_string();
            /// 3.4. and bytes are the response.
            local_response(mime_type.into(), data.body.into())
        }
        "http" | "https" => http_fetch(params, MakeCorsPreflight::No).await,
        // NB: `file:` is left open by the standard, with the advice to refuse; it is refused.
        /// 4. Anything else cannot be fetched.
        scheme => {
            let scheme = scheme.to_owned();
            NetworkError::new(BlockReason::UnsupportedScheme { scheme }, here!()).into()
        }
    }
}

/// A response that comes from no network.
fn local_response(content_type: Bytes, body: Bytes) -> Response {
    let mut response = InternalResponse::new();
    response.status_message = Bytes::from_static(b"OK");
    response.header_list.append("Content-Type", content_type);
    response.body = Some(Body::from_bytes(body));
    response.into()
}

/// The steps for `blob:`.
#[algorithm("concept-scheme-fetch", trace = params.trace)]
fn blob_fetch<H: Host>(params: &mut FetchParams<'_, H>) -> Response {
    let request = &params.request;
    let blob_urls = params.user_agent.blob_urls.borrow();
    /// 3.1. Look the URL up.
    let entry = blob_urls.resolve(request.current_url());
    /// 3.2. Without an object, or with another method than `GET`, there is nothing.
    let (b"GET", Some(entry)) = (&request.method[..], entry) else {
        return NetworkError::new(BlockReason::BlobNotAvailable, here!()).into();
    };
    /// 3.3. Who asks?
    let request_environment = determine_the_environment(request);
    /// 3.4. Perhaps the page that the object itself is.
    let mut is_top_level_self_fetch = false;
    /// 3.5. If a client asks:
    if let Some(client) = &request.client {
        /// 3.5.1. its window
        let global = client.global;
        if matches!(
            global,
            GlobalObject::Window {
                traversable: Some(_),
                nested: false
            }
        ) && request_environment
            .is_some_and(|environment| environment.creation_url == *request.current_url())
        {
            /// 3.5.2. is a tab's, and was made from this very URL.
            is_top_level_self_fetch = true;
        }
    }
    /// 3.6. In what capacity is it asked for?
    let asks = if request.destination == Destination::Document {
        /// 3.6.1. A top-level navigation may have any object,
        BlobAsker::TopLevelNavigation
    } else if is_top_level_self_fetch {
        /// 3.6.2. a tab may have itself,
        BlobAsker::TopLevelSelfFetch
    } else {
        /// 3.6.3. and others what is in their partition.
        BlobAsker::Environment
    };
    /// 3.7. Obtain the object.
    let is_obtained = match asks {
        BlobAsker::TopLevelNavigation | BlobAsker::TopLevelSelfFetch => true,
        BlobAsker::Environment => {
            requests_network_partition_key(request) == entry.partition.as_ref()
        }
    };
    // NB: an object belongs to an origin; the blob URL store's own rule, which the URL's origin stands for.
    let same_origin =
        request.mode == Mode::Navigate || request.origin().is_same_origin(&entry.origin);
    if !is_obtained || !same_origin {
        /// 3.8. An object in another partition or origin is not handed out.
        return NetworkError::new(BlockReason::BlobNotAvailable, here!()).into();
    }
    /// 3.9. A response to fill.
    let mut response = InternalResponse::new();
    /// 3.10. How much there is,
    let full_length = entry.bytes.len() as u64;
    /// 3.11. in digits,
    let serialized_full_length = full_length.to_string();
    /// 3.12. and of what type.
    let content_type = entry.content_type.clone();
    /// 3.13. Is all of it asked for?
    if !request.header_list.contains(b"Range") {
        /// 3.13.1. The whole object
        let body = Body::from_bytes(entry.bytes.clone());
        /// 3.13.2. is asked for, and that is fine.
        response.status_message = Bytes::from_static(b"OK");
        /// 3.13.3. Here it is,
        response.body = Some(body);
        /// 3.13.4. with its length and type.
        response
            .header_list
            .append("Content-Length", serialized_full_length);
        response.header_list.append("Content-Type", content_type);
        return response.into();
    }
    /// 3.14. Otherwise
    /// 3.14.1. a part was asked for.
    response.range_requested = true;
    /// 3.14.2. `Range` says which.
    let range_header = request.header_list.get(b"Range").unwrap_or_default();
    /// 3.14.3. Read it.
    let range_value = range::parse_a_single_range_header_value(&range_header, true);
    /// 3.14.4. It must be a range
    let Some((range_start, range_end)) = range_value else {
        return NetworkError::new(BlockReason::InvalidRange, here!()).into();
    };
    /// 3.14.5. from here to there:
    let (range_start, range_end) = match (range_start, range_end) {
        /// 3.14.6. Without a first byte
        (None, Some(last)) => {
            // SPEC: the text subtracts, and says nothing of a suffix longer than the object, which gives all of it
            // (whatwg/fetch#1620 and RFC 9110, 14.1.2).
            /// 3.14.6.1. the last bytes are meant,
            let range_start = full_length.saturating_sub(last);
            /// 3.14.6.2. to the end;
            let range_end = full_length.saturating_sub(1);
            (range_start, range_end)
        }
        (Some(start), _) if start >= full_length => {
            /// 3.14.7.1. or from a byte that exists,
            return NetworkError::new(BlockReason::InvalidRange, here!()).into();
        }
        /// 3.14.7. With one, a part is meant that begins there,
        (Some(start), end) => {
            /// 3.14.7.2. to the end at the latest.
            let range_end = end.map_or(full_length - 1, |end| end.min(full_length - 1));
            (start, range_end)
        }
        (None, None) => return NetworkError::new(BlockReason::InvalidRange, here!()).into(),
    };
    /// 3.14.8. Cut it out.
    let sliced = match (usize::try_from(range_start), usize::try_from(range_end)) {
        (Ok(first), Ok(last)) if last < entry.bytes.len() && first <= last => {
            entry.bytes.slice(first..=last)
        }
        _ => Bytes::new(),
    };
    /// 3.14.11. How long is it?
    let serialized_sliced_length = sliced.len().to_string();
    /// 3.14.9. It is a body,
    let sliced_body = Body::from_bytes(sliced);
    /// 3.14.10. the response's.
    response.body = Some(sliced_body);
    /// 3.14.12. Where it was cut out
    let content_range = range::build_a_content_range(range_start, range_end, full_length);
    /// 3.14.13. is said along with a 206,
    response.status = 206;
    /// 3.14.14. in words, too,
    response.status_message = Bytes::from_static(b"Partial Content");
    /// 3.14.15. next to its length and type.
    response
        .header_list
        .append("Content-Length", serialized_sliced_length);
    response.header_list.append("Content-Type", content_type);
    response.header_list.append("Content-Range", content_range);
    /// 3.15. That is the response.
    response.into()
}

/// Who asks for an object by its URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum BlobAsker {
    /// "top-level-navigation"
    TopLevelNavigation,
    /// "top-level-self-fetch"
    TopLevelSelfFetch,
    /// The request's environment.
    Environment,
}

/// The environment that a request is made for.
#[algorithm("request-determine-the-environment", untraced)]
fn determine_the_environment(request: &Request) -> Option<&Environment> {
    if let Some(reserved_client) = &request.reserved_client {
        /// 1. The one that is being made,
        return Some(reserved_client);
    }
    if let Some(client) = &request.client {
        /// 2. or the client.
        return Some(client);
    }
    /// 3. There may be none.
    None
}
