//! HTTP-network fetch.
//!
//! <https://fetch.spec.whatwg.org/#http-network-fetch>

use bytes::Bytes;
use crossexam_web::algorithm;
use crossexam_web::header_value::extract_header_list_values;

use crate::body::{Body, BodyError, BodySource, BodyStream, Transform};
use crate::connections::{
    Connection, NewConnection, Protocol, Wanted, clamp_and_coarsen_connection_timing_info,
    obtain_a_connection, says_close,
};
use crate::content_codings::{CodingFailure, Decoder, handle_content_codings};
use crate::cookie_header::parse_and_store_response_set_cookie_headers;
use crate::failure::{BlockReason, NetworkError};
use crate::fetch_params::{Canceled, FetchParams, coarsen_time};
use crate::host::{ConnectionFailure, Host, HttpRequest, NetworkFailure};
use crate::http_network_or_cache_fetch::NetworkOrCacheFetch;
use crate::network_partition_keys::requests_network_partition_key;
use crate::request::{Mode, TraversableForUserPrompts};
use crate::response::{InternalResponse, Response};
use crate::user_agent::UserAgent;

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
    if params.host.is_offline() {
        /// 2. There is no network.
        return NetworkError::new(BlockReason::Network(NetworkFailure::Offline), here!()).into();
    }
    /// 4. Times are noted as they come.
    let timing_info = &mut params.timing_info;
    /// 5. Connections are not shared between partitions.
    let key = requests_network_partition_key(request);
    /// 6. Must it be a new one?
    let new = match options.is_new_connection_fetch {
        // NB: nobody else speaks over a WebSocket's connection.
        _ if request.mode == Mode::WebSocket => NewConnection::YesAndDedicated,
        true => NewConnection::Yes,
        false => NewConnection::No,
    };
    if request.mode == Mode::WebTransport {
        let what = "connections for WebTransport";
        /// 7. These modes need connections of another kind.
        return NetworkError::new(BlockReason::Unmodelled { what }, here!()).into();
    }
    let http_request = HttpRequest {
        method: &request.method,
        url: request.current_url(),
        header_list: &request.header_list,
        body: request.body.as_ref().and_then(Body::known_bytes),
        purpose: options.purpose,
    };
    let wanted = Wanted {
        key,
        url: request.current_url(),
        credentials: include_credentials,
        new,
        prompt: match request.traversable_for_user_prompts {
            TraversableForUserPrompts::Traversable(id) => Some(id),
            TraversableForUserPrompts::Client | TraversableForUserPrompts::NoTraversable => None,
        },
        request: &http_request,
    };
    /// 7. Otherwise, an ordinary one.
    let connection = params
        .controller
        .unless_canceled(obtain_a_connection(params.user_agent, params.host, wanted))
        .await;
    let connection = match connection {
        Ok(Ok(connection)) => connection,
        /// 8.1. No connection, no response.
        Ok(Err(ConnectionFailure::Network(failure))) => {
            return NetworkError::new(BlockReason::Network(failure), here!()).into();
        }
        /// 8.1. A way that is not modelled is none.
        Ok(Err(ConnectionFailure::Unmodelled { what })) => {
            return NetworkError::new(BlockReason::Unmodelled { what }, here!()).into();
        }
        Ok(Err(ConnectionFailure::ProxyAuthentication(answer))) => {
            // NB: it is the proxy that speaks; nobody but the next step of HTTP-network-or-cache fetch sees it.
            let mut response = InternalResponse::new();
            response.status = 407;
            response.header_list = answer.header_list;
            return response.into();
        }
        /// 9.2. It was canceled.
        Err(Canceled) => return params.appropriate_network_error(),
    };
    /// 8.2. What may be shown of the connection's times.
    timing_info.final_connection_timing_info = Some(clamp_and_coarsen_connection_timing_info(
        &connection.timing_info,
        timing_info.post_redirect_start_time,
        params.cross_origin_isolated_capability,
    ));
    if connection.timing_info.alpn_negotiated_protocol == Protocol::Http11
        && let Some(body) = &request.body
        && body.source == BodySource::Null
    {
        /// 8.3. HTTP/1.1 takes no body that is still being made.
        return NetworkError::new(BlockReason::StreamOverHttp1, here!()).into();
    }
    if request
        .body
        .as_ref()
        .is_some_and(|body| body.known_bytes().is_none())
    {
        let what = "a request body that is sent while it is made";
        /// 10. A body is sent as a whole, or not at all.
        return NetworkError::new(BlockReason::Unmodelled { what }, here!()).into();
    }
    let isolated = params.cross_origin_isolated_capability;
    /// 8.4. The request goes out.
    timing_info.final_network_request_start_time = coarsen_time(params.host.now(), isolated);
    let in_use = InUse::new(params.user_agent, params.host, &connection);
    /// 8.5. Make the request, unless the fetch is canceled meanwhile.
    let result = params
        .controller
        .unless_canceled(params.host.http_request(&connection, http_request))
        .await;
    let answer = match result {
        Ok(Ok(answer)) => answer,
        /// 8.1. The connection breaks.
        Ok(Err(failure)) => {
            return NetworkError::new(BlockReason::Network(failure), here!()).into();
        }
        /// 9.2. It was canceled.
        Err(Canceled) => return params.appropriate_network_error(),
    };
    in_use.end(says_close(&answer.header_list));
    /// 8.5.1. The answer begins.
    timing_info.final_network_response_start_time = coarsen_time(params.host.now(), isolated);
    trace.fact("status", || answer.status.to_string());
    let mut response = InternalResponse::new();
    response.status = answer.status;
    response.status_message = answer.status_message;
    response.header_list = answer.header_list;
    response.upgrade = answer.upgrade;
    let stream = match decoded(&response, answer.body) {
        Ok(stream) => stream,
        /// 18.1.1.1.11. What cannot be decoded is no body.
        Err(failure) => {
            return NetworkError::new(BlockReason::ContentCoding(failure), here!()).into();
        }
    };
    /// 15. The body comes through its stream.
    response.body = Some(Body::from_stream(stream));
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

/// A connection while a request is under way over it. One that is given up in the middle is of no use to anybody else.
struct InUse<'a, H: Host> {
    user_agent: &'a UserAgent,
    host: &'a H,
    connection: &'a Connection,
    has_ended: bool,
}

impl<'a, H: Host> InUse<'a, H> {
    fn new(user_agent: &'a UserAgent, host: &'a H, connection: &'a Connection) -> Self {
        connection.begin_use();
        Self {
            user_agent,
            host,
            connection,
            has_ended: false,
        }
    }

    /// The message is complete; whether the connection stays is for HTTP/1.x to say.
    fn end(mut self, says_close: bool) {
        let protocol = self.connection.timing_info.alpn_negotiated_protocol;
        self.has_ended = protocol.is_shared() || !says_close;
        self.connection.end_use();
    }
}

impl<H: Host> Drop for InUse<'_, H> {
    fn drop(&mut self) {
        if !self.has_ended {
            self.connection.end_use();
            self.user_agent
                .connections
                .borrow_mut()
                .remove(self.connection);
            self.host.close_connection(self.connection.id);
        }
    }
}

/// The body without its content codings.
#[algorithm("concept-http-network-fetch", untraced)]
fn decoded(response: &InternalResponse, stream: BodyStream) -> Result<BodyStream, CodingFailure> {
    let bytes = stream.as_whole();
    if bytes.is_some_and(Bytes::is_empty) || !response.header_list.contains(b"Content-Encoding") {
        return Ok(stream);
    }
    /// 18.1.1.1.2. What was done to it?
    let codings = extract_header_list_values(b"Content-Encoding", &response.header_list);
    let mut decoder = match codings {
        Ok(Some(codings)) => Decoder::new(&codings)?,
        Ok(None) | Err(_) => None,
    };
    let Some(bytes) = bytes else {
        return Ok(match decoder {
            Some(decoder) => stream.through(Decoding(decoder)),
            None => stream,
        });
    };
    /// 18.1.1.1.9. Undo it.
    let bytes = handle_content_codings(decoder.as_mut(), bytes.clone())?;
    Ok(BodyStream::whole(match decoder {
        Some(mut decoder) => Bytes::from([bytes, decoder.finish()?].concat()),
        None => bytes,
    }))
}

/// Undoes the codings of a body that comes in pieces.
struct Decoding(Decoder);

impl Transform for Decoding {
    fn chunk(&mut self, chunk: Bytes) -> Result<Bytes, BodyError> {
        handle_content_codings(Some(&mut self.0), chunk).map_err(coding_error)
    }

    fn finish(&mut self) -> Result<Bytes, BodyError> {
        self.0.finish().map_err(coding_error)
    }
}

fn coding_error(failure: CodingFailure) -> BodyError {
    BodyError(BlockReason::ContentCoding(failure))
}
