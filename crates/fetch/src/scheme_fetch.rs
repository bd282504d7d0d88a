//! Scheme fetch.
//!
//! <https://fetch.spec.whatwg.org/#scheme-fetch>

use bytes::Bytes;
use crossexam_web::{algorithm, data_url, range};

use crate::body::Body;
use crate::client::GlobalObject;
use crate::failure::{BlockReason, NetworkError};
use crate::fetch_params::FetchParams;
use crate::host::Host;
use crate::http_fetch::{MakeCorsPreflight, http_fetch};
use crate::network_partition_keys::requests_network_partition_key;
use crate::request::{Destination, Mode};
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
        "data" => match data_url::process(request.current_url()) {
            /// 3.2. A `data:` URL must parse.
            None => NetworkError::new(BlockReason::InvalidDataUrl, here!()).into(),
            /// 3.4. What stands in the URL is the response.
            Some(data) => local_response(data.mime_type.to_string().into(), data.body.into()),
        },
        "http" | "https" => http_fetch(params, MakeCorsPreflight::No).await,
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
    // 3.3. to 3.6. Whether the asking environment may have the object: a top-level navigation and its own page may,
    // others only in the same storage partition.
    let is_top_level_navigation = request.destination == Destination::Document;
    let environment = request.reserved_client.as_ref().or(request.client.as_ref());
    let is_top_level_self_fetch = request.client.as_ref().is_some_and(|client| {
        matches!(
            client.global,
            GlobalObject::Window {
                traversable: Some(_),
                nested: false
            }
        )
    }) && environment
        .is_some_and(|environment| environment.creation_url == *request.current_url());
    let same_partition = requests_network_partition_key(request) == entry.partition.as_ref();
    let same_origin =
        request.mode == Mode::Navigate || request.origin().is_same_origin(&entry.origin);
    /// 3.8. An object in another partition or origin is not handed out.
    if !(is_top_level_navigation || is_top_level_self_fetch || same_partition) || !same_origin {
        return NetworkError::new(BlockReason::BlobNotAvailable, here!()).into();
    }
    /// 3.9. A response to fill.
    let mut response = InternalResponse::new();
    /// 3.10. How much there is.
    let full_length = entry.bytes.len() as u64;
    let Some(range_header) = request.header_list.get(b"Range") else {
        response.status_message = Bytes::from_static(b"OK");
        response
            .header_list
            .append("Content-Length", full_length.to_string());
        response
            .header_list
            .append("Content-Type", entry.content_type.clone());
        /// 3.13.3. The whole object.
        response.body = Some(Body::from_bytes(entry.bytes.clone()));
        return response.into();
    };
    /// 3.14.1. A part was asked for.
    response.range_requested = true;
    /// 3.14.3. Which?
    let range_value = range::parse_a_single_range_header_value(&range_header, true);
    /// 3.14.4. It must be a range
    let Some((start, end)) = range_value else {
        return NetworkError::new(BlockReason::InvalidRange, here!()).into();
    };
    let (start, end) = match (start, end) {
        /// 3.14.6.1. either of the last bytes
        (None, Some(last)) => (
            full_length.saturating_sub(last),
            full_length.saturating_sub(1),
        ),
        /// 3.14.7.1. or from a byte that exists.
        (Some(start), _) if start >= full_length => {
            return NetworkError::new(BlockReason::InvalidRange, here!()).into();
        }
        /// 3.14.7.2. It ends at the end at the latest.
        (Some(start), end) => (
            start,
            end.map_or(full_length - 1, |end| end.min(full_length - 1)),
        ),
        (None, None) => return NetworkError::new(BlockReason::InvalidRange, here!()).into(),
    };
    let slice = match (usize::try_from(start), usize::try_from(end)) {
        (Ok(first), Ok(last)) if last < entry.bytes.len() && first <= last => {
            entry.bytes.slice(first..=last)
        }
        _ => Bytes::new(),
    };
    response.status = 206;
    response.status_message = Bytes::from_static(b"Partial Content");
    response
        .header_list
        .append("Content-Length", slice.len().to_string());
    response
        .header_list
        .append("Content-Type", entry.content_type.clone());
    response.header_list.append(
        "Content-Range",
        range::build_a_content_range(start, end, full_length),
    );
    /// 3.14.10. That part of the object.
    response.body = Some(Body::from_bytes(slice));
    response.into()
}
