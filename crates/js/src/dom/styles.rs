//! Style sheets for the `dom-styles.js` file: what `html` reads in them, as objects.

use crossexam_html::media_queries::Viewport;
use crossexam_html::style_sheets::{Declaration, parse_a_style_attribute, parse_a_style_sheet};
use rquickjs::{Ctx, Object};

use crate::ops::Ops;

/// Registers the operations of a window's realm.
pub(crate) fn register<'js>(ops: &Ops<'js>) -> rquickjs::Result<()> {
    let scope = ops.scope();
    ops.add(
        "parseStyleSheet",
        move |ctx: Ctx<'js>, css: String, media: String| -> rquickjs::Result<Object<'js>> {
            let sheet = parse_a_style_sheet(&css, &media, &Viewport::default());
            for what in &sheet.unmodelled {
                scope.host().unmodelled(scope.realm, what);
            }
            let rules = sheet.rules.iter().map(|rule| {
                let object = Object::new_proto(ctx.clone(), None)?;
                object.set("selectors", rule.selectors.as_str())?;
                object.set("declarations", declarations(&ctx, &rule.declarations)?)?;
                Ok(object)
            });
            let rules = rules.collect::<rquickjs::Result<Vec<_>>>()?;
            let faces = sheet.font_faces.iter().map(|face| {
                let object = Object::new_proto(ctx.clone(), None)?;
                object.set("family", face.family.as_str())?;
                object.set("sources", face.sources.clone())?;
                Ok(object)
            });
            let faces = faces.collect::<rquickjs::Result<Vec<_>>>()?;
            let object = Object::new_proto(ctx.clone(), None)?;
            object.set("imports", sheet.imports)?;
            object.set("rules", rules)?;
            object.set("faces", faces)?;
            Ok(object)
        },
    )?;
    let scope = ops.scope();
    ops.add(
        "parseStyleAttribute",
        move |ctx: Ctx<'js>, css: String| -> rquickjs::Result<Vec<Object<'js>>> {
            let (found, unmodelled) = parse_a_style_attribute(&css);
            for what in &unmodelled {
                scope.host().unmodelled(scope.realm, what);
            }
            declarations(&ctx, &found)
        },
    )
}

fn declarations<'js>(
    ctx: &Ctx<'js>,
    declarations: &[Declaration],
) -> rquickjs::Result<Vec<Object<'js>>> {
    let objects = declarations.iter().map(|declaration| {
        let object = Object::new_proto(ctx.clone(), None)?;
        object.set("property", declaration.property)?;
        object.set("important", declaration.important)?;
        object.set("values", declaration.values.clone())?;
        Ok(object)
    });
    objects.collect()
}
