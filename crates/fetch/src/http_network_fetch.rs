//! HTTP-network fetch.
//!
//! <https://fetch.spec.whatwg.org/#http-network-fetch>

use bytes::Bytes;
use crossexam_web::algorithm;
use crossexam_web::header_value::extract_header_list_values;

use crate::body::Body;
use crate::content_codings::{CodingFailure, Decoder, handle_content_codings};
use crate::cookie_header::parse_and_store_response_set_cookie_headers;
use crate::failure::{BlockReason, NetworkError};
use crate::fetch_params::{Canceled, FetchParams};
use crate::host::{ConnectionParams, Host, HttpRequest};
use crate::http_network_or_cache_fetch::NetworkOrCacheFetch;
use crate::network_partition_keys::requests_network_partition_key;
use crate::request::{Mode, TraversableForUserPrompts};
use crate::response::{InternalResponse, Response};

/// Sends the request and takes the answer.
#[algorithm("concept-http-network-fetch", trace = params.trace)]
pub(crate) async fn http_network_fetch<H: Host>(
    params: &mut FetchParams<'_, H>,
    include_credentials: bool,
    options: NetworkOrCacheFetch,
) -> Response {
    let trace = params.trace;
    /// 1. Take the request.
    let request = &params.request;
    if matches!(request.mode, Mode::WebSocket | Mode::WebTransport) {
        let what = "connections for WebSocket and WebTransport";
        /// 7. These modes need connections of another kind.
        return NetworkError::new(BlockReason::Unmodelled { what }, here!()).into();
    }
    /// 5. Connections are not shared between partitions.
    let key = requests_network_partition_key(request);
    // 2. and 8.3. MODEL: the host knows whether it is offline; bodies that are streams do not exist.
    let connection = ConnectionParams {
        key,
        url: request.current_url(),
        credentials: include_credentials,
        force_new: options.is_new_connection_fetch,
        prompt: match request.traversable_for_user_prompts {
            TraversableForUserPrompts::Traversable(id) => Some(id),
            TraversableForUserPrompts::Client | TraversableForUserPrompts::NoTraversable => None,
        },
    };
    let http_request = HttpRequest {
        method: &request.method,
        url: request.current_url(),
        header_list: &request.header_list,
        body: request.body.as_ref().map(|body| &body.bytes),
        purpose: options.purpose,
    };
    /// 8. Make the request, unless the fetch is canceled meanwhile.
    let result = params
        .controller
        .unless_canceled(params.host.http_request(connection, http_request))
        .await;
    let answer = match result {
        Ok(Ok(answer)) => answer,
        /// 8.1. No connection, no response.
        Ok(Err(failure)) => {
            return NetworkError::new(BlockReason::Network(failure), here!()).into();
        }
        /// 9.2. It was canceled.
        Err(Canceled) => return params.appropriate_network_error(),
    };
    trace.fact("status", || answer.status.to_string());
    let mut response = InternalResponse::new();
    response.status = answer.status;
    response.status_message = answer.status_message;
    response.header_list = answer.header_list;
    let body = match decoded(&response, answer.body) {
        Ok(body) => body,
        /// 18.1.1.1.11. What cannot be decoded is no body.
        Err(failure) => {
            return NetworkError::new(BlockReason::ContentCoding(failure), here!()).into();
        }
    };
    /// 15. The body is there as a whole.
    response.body = Some(Body::from_bytes(body));
    if include_credentials {
        /// 17. Take the cookies.
        parse_and_store_response_set_cookie_headers(
            request,
            &response,
            params.user_agent,
            params.host.now(),
            trace,
        );
    }
    /// 19. That is the response.
    response.into()
}

/// The body without its content codings.
#[algorithm("concept-http-network-fetch", untraced)]
fn decoded(response: &InternalResponse, bytes: Bytes) -> Result<Bytes, CodingFailure> {
    if bytes.is_empty() || !response.header_list.contains(b"Content-Encoding") {
        return Ok(bytes);
    }
    /// 18.1.1.1.2. What was done to it?
    let codings = extract_header_list_values(b"Content-Encoding", &response.header_list);
    let mut decoder = match codings {
        Ok(Some(codings)) => Decoder::new(&codings)?,
        Ok(None) | Err(_) => None,
    };
    /// 18.1.1.1.9. Undo it.
    let bytes = handle_content_codings(decoder.as_mut(), bytes)?;
    match decoder {
        Some(mut decoder) => Ok([bytes, decoder.finish()?].concat().into()),
        None => Ok(bytes),
    }
}
