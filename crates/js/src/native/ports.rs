//! Message ports.

use rquickjs::Ctx;

use crate::ops::{Ops, throw};
use crate::protocol::{PortHost, PortId, RealmId};
use crate::shared::Scope;

fn ports<'a>(scope: &'a Scope, ctx: &Ctx<'_>) -> rquickjs::Result<&'a dyn PortHost> {
    scope
        .live_host(ctx)?
        .ports()
        .ok_or_else(|| throw(ctx, "NotSupportedError", "there are no ports here"))
}

/// What is done with a port alone.
type Act = fn(&dyn PortHost, RealmId, PortId);

const ACTS: [(&str, Act); 4] = [
    ("portStart", |host, realm, port| {
        host.start_port(realm, port)
    }),
    ("portClose", |host, realm, port| {
        host.close_port(realm, port)
    }),
    ("portDetach", |host, realm, port| {
        host.detach_port(realm, port)
    }),
    ("portAttach", |host, realm, port| {
        host.attach_port(realm, port)
    }),
];

pub(super) fn register<'js>(ops: &Ops<'js>) -> rquickjs::Result<()> {
    let scope = ops.scope();
    ops.add("channelCreate", move |ctx: Ctx<'js>| {
        let (first, second) = ports(&scope, &ctx)?.create_channel(scope.realm);
        rquickjs::Result::Ok(vec![first.0, second.0])
    })?;
    let scope = ops.scope();
    ops.add("portPost", move |ctx: Ctx<'js>, port: u64, data: String| {
        ports(&scope, &ctx)?.post_to_port(scope.realm, PortId(port), data);
        rquickjs::Result::Ok(())
    })?;
    for (name, act) in ACTS {
        let scope = ops.scope();
        ops.add(name, move |ctx: Ctx<'js>, port: u64| {
            act(ports(&scope, &ctx)?, scope.realm, PortId(port));
            rquickjs::Result::Ok(())
        })?;
    }
    Ok(())
}
