//! HTTP-network fetch.
//!
//! <https://fetch.spec.whatwg.org/#http-network-fetch>

mod receiving;

use std::rc::Rc;

use bytes::Bytes;
use crossexam_web::{Timestamp, algorithm};

use crate::body::{Body, BodySource};
use crate::connections::{
    NewConnection, Protocol, Wanted, clamp_and_coarsen_connection_timing_info, obtain_a_connection,
    says_close,
};
use crate::cookie_header::parse_and_store_response_set_cookie_headers;
use crate::departures::merged;
use crate::failure::{BlockReason, NetworkError};
use crate::fetch_params::{Canceled, FetchController, FetchParams, Progress, coarsen_time};
use crate::host::{ConnectionFailure, Host, HttpRequest, NetworkFailure};
use crate::http_network_or_cache_fetch::NetworkOrCacheFetch;
use crate::local_network_access::local_network_access_check;
use crate::network_partition_keys::requests_network_partition_key;
use crate::request::{Mode, TraversableForUserPrompts};
use crate::response::{InternalResponse, Response};
use receiving::{InUse, receive};

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
    /// 8. Whoever cancels the fetch from here on ends it.
    let connection = match connection {
        Ok(Ok(connection)) => connection,
        // NB: which certificate is shown where is settled beforehand, so there is no dialog to make available.
        /// 8.5.2. A client certificate would be needed.
        Ok(Err(ConnectionFailure::Network(
            failure @ NetworkFailure::ClientCertificateRequired,
        ))) => {
            return NetworkError::new(BlockReason::Network(failure), here!()).into();
        }
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
    if params.user_agent.choices.local_network_access
        && let Some(address) = connection.ip_address
    {
        // NB: no step of the pinned text; this is where Local Network Access is to come.
        let check = local_network_access_check(request, address, params.host, trace);
        match params.controller.unless_canceled(check).await {
            Ok(None) => {}
            Ok(Some(reason)) => return NetworkError::new(reason, here!()).into(),
            Err(Canceled) => return params.appropriate_network_error(),
        }
    }
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
        /// 8.5. A body is sent as a whole, or not at all.
        return NetworkError::new(BlockReason::Unmodelled { what }, here!()).into();
    }
    let isolated = params.cross_origin_isolated_capability;
    /// 8.4. The request goes out.
    timing_info.final_network_request_start_time = coarsen_time(params.host.now(), isolated);
    let mut in_use = InUse::new(Rc::clone(&connection));
    let observer = params.controller.observer();
    /// 8.5. Make the request, unless the fetch is canceled meanwhile.
    let result = params
        .controller
        .unless_canceled(params.host.http_request(&connection, http_request))
        .await;
    /// 9. Was it canceled meanwhile?
    let answer = match result {
        Ok(Ok(answer)) => answer,
        /// 8.1. The connection breaks.
        Ok(Err(failure)) => {
            in_use.break_off();
            return NetworkError::new(BlockReason::Network(failure), here!()).into();
        }
        /// 9.2. It was canceled.
        Err(Canceled) => return params.appropriate_network_error(),
    };
    if let Some(observer) = &observer {
        transmitted(request.body.as_ref(), params.controller, &**observer);
    }
    in_use.close_afterwards(says_close(&answer.header_list));
    for interim in &answer.interim_responses {
        /// 8.5.1. An answer begins.
        let at = coarsen_time(interim.at, isolated);
        timing_info.final_network_response_start_time = at;
        /// 8.5.4. Which one?
        let status = interim.status;
        /// 8.5.5. One that another will follow.
        if timing_info.first_interim_network_response_start_time == Timestamp::default() {
            /// 8.5.5.1. It was the first.
            timing_info.first_interim_network_response_start_time = at;
        }
        if let (103, Some(observer)) = (status, &observer) {
            /// 8.5.5.3. It says what will be needed.
            observer(Progress::EarlyHints(interim));
        }
        /// 8.5.5.4. On to the next.
        continue;
    }
    /// 8.5.1. The answer itself begins.
    timing_info.final_network_response_start_time = coarsen_time(params.host.now(), isolated);
    /// 8.5.6. No other follows.
    trace.fact("status", || answer.status.to_string());
    let mut response = InternalResponse::new();
    response.status = answer.status;
    response.status_message = answer.status_message;
    response.header_list = answer.header_list;
    let departures = params.user_agent.choices.departures;
    if departures.response_headers_are_merged {
        response.header_list = merged(&response.header_list);
    }
    response.upgrade = answer.upgrade;
    response.ip_address = connection.ip_address;
    /// 14. What comes goes through a stream,
    let (stream, body_info) = receive(
        &response.header_list,
        answer.body,
        params.controller,
        in_use,
    );
    response.body_info = body_info;
    /// 15. which is the body's.
    response.body = Some(Body::from_stream(stream));
    if params.user_agent.choices.hsts && response.header_list.contains(b"Strict-Transport-Security")
    {
        params.user_agent.hsts.borrow_mut().note(
            request.current_url(),
            &response.header_list,
            params.host.now(),
        );
    }
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

/// Tells that the request's body was sent.
///
/// MODEL: it goes on the wire as a whole, and whoever watches hears of that once the answer is there.
#[algorithm("concept-http-network-fetch", untraced)]
fn transmitted(body: Option<&Body>, controller: &FetchController, observer: &dyn Fn(Progress<'_>)) {
    let Some(bytes) = body.and_then(Body::known_bytes) else {
        /// 8.5.1. There was nothing to send.
        observer(Progress::RequestEndOfBody);
        return;
    };
    /// 8.5.2.1. What is done with each chunk of it:
    let process_body_chunk = |bytes: &Bytes| {
        if controller.is_canceled() {
            /// 8.5.2.1.1. nothing, if nobody wants to know any more;
            return;
        }
        /// 8.5.2.1.3. whoever watches hears how much was sent.
        observer(Progress::RequestBodyChunk(bytes.len() as u64));
    };
    /// 8.5.2.2. What is done at its end:
    let process_end_of_body = || {
        if controller.is_canceled() {
            /// 8.5.2.2.1. nothing, if nobody wants to know any more;
            return;
        }
        /// 8.5.2.2.2. whoever watches hears that no more follows.
        observer(Progress::RequestEndOfBody);
    };
    /// 8.5.2.4. There is one chunk,
    process_body_chunk(bytes);
    process_end_of_body();
}
