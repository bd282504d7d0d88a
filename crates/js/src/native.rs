//! The native operations, a module for each group of bootstrap files.

mod body;
mod core;
pub(crate) mod data;
mod fetch_method;
mod headers;
mod object_url;
mod ports;
pub(crate) mod request;
pub(crate) mod response;
mod server;
mod sockets;
mod timers;
mod url;
mod workers;
mod xhr;

use crate::ops::Ops;
use crate::protocol::RealmKind;

/// Registers the operations of a realm.
pub(crate) fn register(ops: &Ops<'_>) -> rquickjs::Result<()> {
    core::register(ops)?;
    timers::register(ops)?;
    data::register(ops)?;
    url::register(ops)?;
    headers::register(ops)?;
    body::register(ops)?;
    request::register(ops)?;
    fetch_method::register(ops)?;
    response::register(ops)?;
    match ops.scope().kind {
        RealmKind::Window => {
            xhr::register(ops)?;
            sockets::register(ops)?;
            sockets::register_pages(ops)?;
            object_url::register(ops)?;
            ports::register(ops)?;
            workers::register_owner(ops)?;
            crate::dom::register(ops)
        }
        RealmKind::Worker | RealmKind::SharedWorker => {
            xhr::register(ops)?;
            sockets::register(ops)?;
            sockets::register_pages(ops)?;
            object_url::register(ops)?;
            ports::register(ops)?;
            workers::register_owner(ops)?;
            workers::register(ops)?;
            crate::dom::register_scripts(ops)
        }
        RealmKind::Server => {
            sockets::register(ops)?;
            sockets::register_server(ops)?;
            server::register(ops)
        }
    }
}
