//! Object URLs.

use rquickjs::{Ctx, Function};

use super::data::Data;
use crate::ops::Ops;

pub(crate) fn register(ops: &Ops<'_>) -> rquickjs::Result<()> {
    let scope = ops.scope();
    ops.add(
        "createObjectUrl",
        move |ctx: Ctx<'_>, data: Function<'_>, content_type: String| -> rquickjs::Result<String> {
            let data = scope.unwrap::<Data>(&ctx, &data)?;
            let host = scope.live_host(&ctx)?;
            Ok(host.create_object_url(scope.realm, data.bytes.clone(), &content_type))
        },
    )?;
    let scope = ops.scope();
    ops.add(
        "revokeObjectUrl",
        move |ctx: Ctx<'_>, url: String| -> rquickjs::Result<()> {
            let host = scope.live_host(&ctx)?;
            host.revoke_object_url(scope.realm, &url);
            Ok(())
        },
    )
}
