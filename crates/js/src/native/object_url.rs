//! Object URLs: made and revoked by the document side of the world.

use rquickjs::{Ctx, Function};

use super::data::Data;
use crate::ops::Ops;

pub(crate) fn register(ops: &Ops<'_>) -> rquickjs::Result<()> {
    let scope = ops.scope();
    ops.add(
        "createObjectUrl",
        move |ctx: Ctx<'_>, data: Function<'_>, content_type: String| -> rquickjs::Result<String> {
            let data = scope.unwrap::<Data>(&ctx, &data)?;
            let document = scope.document(&ctx)?;
            Ok(document.create_object_url(scope.realm, data.bytes.clone(), &content_type))
        },
    )?;
    let scope = ops.scope();
    ops.add(
        "revokeObjectUrl",
        move |ctx: Ctx<'_>, url: String| -> rquickjs::Result<()> {
            scope.document(&ctx)?.revoke_object_url(scope.realm, &url);
            Ok(())
        },
    )
}
