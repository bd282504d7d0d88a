//! `WebSocket`, `EventSource`, and the sockets that a server program accepts.

use bytes::Bytes;
use crossexam_fetch::response::InternalResponse;
use crossexam_fetch::websocket::{Close, Message, is_subprotocol};
use crossexam_web::infra::isomorphic_encode;
use rquickjs::{Ctx, Function};
use url::Url;

use super::data::Data;
use super::headers::JsRequest;
use super::response::from_outside;
use crate::ops::{Ops, throw};
use crate::protocol::OperationId;

/// The operations that pages have.
pub(super) fn register_pages<'js>(ops: &Ops<'js>) -> rquickjs::Result<()> {
    // The URL of `new WebSocket(url)`, by the constructor's steps 2 to 7.
    let scope = ops.scope();
    ops.add("socketUrl", move |ctx: Ctx<'js>, url: String| {
        let environment = scope.live_host(&ctx)?.environment(scope.realm);
        let syntax_error = |what: &str| throw(&ctx, "SyntaxError", what);
        let mut url = environment
            .api_base_url
            .borrow()
            .join(&url)
            .map_err(|_| syntax_error("WebSocket: not a URL"))?;
        let scheme = match url.scheme() {
            "http" => Some("ws"),
            "https" => Some("wss"),
            "ws" | "wss" => None,
            _ => {
                return Err(syntax_error(
                    "WebSocket: the URL's scheme is neither ws nor wss",
                ));
            }
        };
        if let Some(scheme) = scheme {
            // All four are special schemes: this does not fail.
            let _ = url.set_scheme(scheme);
        }
        if url.fragment().is_some() {
            return Err(syntax_error("WebSocket: the URL has a fragment"));
        }
        Ok(String::from(url))
    })?;

    ops.add("socketIsProtocol", |name: String| is_subprotocol(&name))?;

    let scope = ops.scope();
    ops.add(
        "socketOpen",
        move |ctx: Ctx<'js>, operation: u64, url: String, protocols: Vec<String>| {
            let url = Url::parse(&url).map_err(|_| throw(&ctx, "SyntaxError", "not a URL"))?;
            let host = scope.live_host(&ctx)?;
            host.open_socket(scope.realm, OperationId(operation), &url, protocols);
            rquickjs::Result::Ok(())
        },
    )?;

    let scope = ops.scope();
    ops.add(
        "eventSourceOpen",
        move |ctx: Ctx<'js>, operation: u64, url: String, with_credentials: bool| {
            let url = Url::parse(&url).map_err(|_| throw(&ctx, "SyntaxError", "not a URL"))?;
            let host = scope.live_host(&ctx)?;
            host.open_event_source(scope.realm, OperationId(operation), url, with_credentials);
            rquickjs::Result::Ok(())
        },
    )
}

/// The operations that whoever holds a socket has.
pub(super) fn register<'js>(ops: &Ops<'js>) -> rquickjs::Result<()> {
    let scope = ops.scope();
    ops.add(
        "socketSendText",
        move |ctx: Ctx<'js>, operation: u64, text: String| {
            let host = scope.live_host(&ctx)?;
            host.send_over_socket(scope.realm, OperationId(operation), Message::Text(text));
            rquickjs::Result::Ok(())
        },
    )?;

    let scope = ops.scope();
    ops.add(
        "socketSendBytes",
        move |ctx: Ctx<'js>, operation: u64, data: Function<'js>| {
            let data = scope.unwrap::<Data>(&ctx, &data)?;
            let message = Message::Binary(data.bytes.clone());
            let host = scope.live_host(&ctx)?;
            host.send_over_socket(scope.realm, OperationId(operation), message);
            rquickjs::Result::Ok(())
        },
    )?;

    // A negative code stands for none.
    let scope = ops.scope();
    ops.add(
        "socketClose",
        move |ctx: Ctx<'js>, operation: u64, code: i32, reason: String| {
            let host = scope.live_host(&ctx)?;
            let close = Close {
                code: u16::try_from(code).ok(),
                reason,
            };
            host.close_socket(scope.realm, OperationId(operation), close);
            rquickjs::Result::Ok(())
        },
    )
}

/// The operation with which a server program accepts a handshake.
pub(super) fn register_server<'js>(ops: &Ops<'js>) -> rquickjs::Result<()> {
    let scope = ops.scope();
    ops.add(
        "socketAccept",
        move |ctx: Ctx<'js>, operation: u64, request: Function<'js>, protocol: Option<String>| {
            let request = scope.unwrap::<JsRequest>(&ctx, &request)?;
            let key = request
                .object
                .borrow()
                .headers
                .header_list
                .get(b"Sec-WebSocket-Key");
            let Some(key) = key else {
                let message = "upgradeWebSocket: the request has no Sec-WebSocket-Key";
                return Err(throw(&ctx, "TypeError", message));
            };
            let accept = crossexam_fetch::websocket::accept_value(&key);
            let mut response = InternalResponse::new();
            response.status = 101;
            response.status_message = Bytes::from_static(b"Switching Protocols");
            let headers = &mut response.header_list;
            headers.append("Upgrade", "websocket");
            headers.append("Connection", "Upgrade");
            headers.append("Sec-WebSocket-Accept", accept);
            if let Some(protocol) = protocol {
                let protocol = isomorphic_encode(&protocol).unwrap_or_default();
                headers.append("Sec-WebSocket-Protocol", protocol);
            }
            let host = scope.live_host(&ctx)?;
            host.accept_socket(scope.realm, OperationId(operation));
            from_outside(&ctx, &scope, &response.into())
        },
    )
}
