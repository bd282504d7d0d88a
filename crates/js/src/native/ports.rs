//! Message ports.

use rquickjs::Ctx;

use crate::ops::{Ops, throw};
use crate::protocol::{PortHost, PortId};
use crate::shared::Scope;

fn ports<'a>(scope: &'a Scope, ctx: &Ctx<'_>) -> rquickjs::Result<&'a dyn PortHost> {
    scope
        .live_host(ctx)?
        .ports()
        .ok_or_else(|| throw(ctx, "NotSupportedError", "there are no ports here"))
}

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
    let scope = ops.scope();
    ops.add("portStart", move |ctx: Ctx<'js>, port: u64| {
        ports(&scope, &ctx)?.start_port(scope.realm, PortId(port));
        rquickjs::Result::Ok(())
    })?;
    let scope = ops.scope();
    ops.add("portClose", move |ctx: Ctx<'js>, port: u64| {
        ports(&scope, &ctx)?.close_port(scope.realm, PortId(port));
        rquickjs::Result::Ok(())
    })?;
    let scope = ops.scope();
    ops.add("portDetach", move |ctx: Ctx<'js>, port: u64| {
        ports(&scope, &ctx)?.detach_port(scope.realm, PortId(port));
        rquickjs::Result::Ok(())
    })?;
    let scope = ops.scope();
    ops.add("portAttach", move |ctx: Ctx<'js>, port: u64| {
        ports(&scope, &ctx)?.attach_port(scope.realm, PortId(port));
        rquickjs::Result::Ok(())
    })
}
