//! The native operations of documents and windows: what the `dom-*.js` files ask the host for.

use std::rc::Rc;

use crossexam_fetch::ReferrerPolicy;
use rquickjs::context::EvalOptions;
use rquickjs::{Array, Ctx, Function, Module, Object, Value};
use url::Url;

use super::mutations::list;
use super::parser::{Parser, Stop};
use super::styles;
use crossexam_web::form_data::{Entry, EntryValue};

use crate::errors;
use crate::native::data;
use crate::ops::{Ops, throw, throw_dom_error};
use crate::protocol::{
    DocumentProgress, ElementLoad, FormEntry, FormSubmission, FormValue, FrameAttributes,
    ImageSources, InlineSource, InlineSourceKind, LoadingElement, NavigationOptions,
    NavigationTarget, OperationId, PictureSource, ScriptError, WindowAccess, WindowId,
};

/// Registers the operations of a window's realm.
pub(crate) fn register<'js>(ops: &Ops<'js>) -> rquickjs::Result<()> {
    register_scripts(ops)?;
    parsing(ops)?;
    documents(ops)?;
    loads(ops)?;
    styles::register(ops)?;
    frames(ops)?;
    windows(ops)?;
    Ok(())
}

/// Running scripts, and what is said of those that fail.
pub(crate) fn register_scripts<'js>(ops: &Ops<'js>) -> rquickjs::Result<()> {
    ops.add(
        "evaluateScript",
        |ctx: Ctx<'js>, source: String, filename: String| -> rquickjs::Result<()> {
            if source.contains('\0') {
                return Err(throw(
                    &ctx,
                    "JsSyntaxError",
                    "the script has a NUL character",
                ));
            }
            let mut options = EvalOptions::default();
            options.strict = false;
            options.filename = Some(filename.replace('\0', ""));
            ctx.eval_with_options::<Value<'js>, _>(source, options)
                .map(drop)
        },
    )?;
    // Gives the promise of the module's evaluation, or null if something that it imports could not be had.
    let scope = ops.scope();
    ops.add(
        "evaluateModule",
        move |ctx: Ctx<'js>, source: String, filename: String| -> rquickjs::Result<Value<'js>> {
            if source.contains('\0') {
                return Err(throw(
                    &ctx,
                    "JsSyntaxError",
                    "the script has a NUL character",
                ));
            }
            let import_failed = &scope.shared.import_failed;
            import_failed.set(false);
            let module = Module::declare(ctx.clone(), filename.replace('\0', ""), source);
            match module.and_then(Module::eval) {
                Ok((_, promise)) => Ok(promise.into_value()),
                Err(_) if import_failed.get() => {
                    // What was thrown says nothing to the page.
                    drop(ctx.catch());
                    Ok(Value::new_null(ctx))
                }
                Err(error) => Err(error),
            }
        },
    )?;
    let scope = ops.scope();
    ops.add(
        "describeException",
        move |ctx: Ctx<'js>, value: Value<'js>| -> rquickjs::Result<Object<'js>> {
            let object = Object::new_proto(ctx.clone(), None)?;
            let error = errors::exception(&ctx, &scope.shared, &value);
            if let ScriptError::Exception {
                message, location, ..
            } = error
            {
                let (file, line, column) = location.unwrap_or_default();
                object.set("message", message)?;
                object.set("filename", file)?;
                object.set("lineno", line)?;
                object.set("colno", column)?;
            }
            Ok(object)
        },
    )?;
    // The agent goes on with the loading of the document when the running entry has returned.
    let scope = ops.scope();
    ops.add("wakeDocument", move || scope.woken.set(true))
}

fn parsing<'js>(ops: &Ops<'js>) -> rquickjs::Result<()> {
    let scope = ops.scope();
    ops.add(
        "parseDocument",
        move |ctx: Ctx<'js>,
              html: String,
              srcdoc: bool,
              scripting: bool|
              -> rquickjs::Result<Function<'js>> {
            scope.wrap(&ctx, Rc::new(Parser::document(&html, srcdoc, scripting)))
        },
    )?;
    let scope = ops.scope();
    ops.add(
        "parseFurther",
        move |ctx: Ctx<'js>, parser: Function<'js>| -> rquickjs::Result<Object<'js>> {
            let parser = scope.unwrap::<Parser>(&ctx, &parser)?;
            let (mutations, stop) = parser.run();
            let object = Object::new_proto(ctx.clone(), None)?;
            object.set("list", list(&ctx, mutations)?)?;
            if let Stop::Script(id) = stop {
                object.set("script", id)?;
            }
            Ok(object)
        },
    )?;
    // The mutations of a whole document (with an empty name) or of a fragment; scripts do not stop it.
    ops.add(
        "parseAtOnce",
        |ctx: Ctx<'js>,
         html: String,
         namespace: String,
         name: String|
         -> rquickjs::Result<Array<'js>> {
            let parser = if name.is_empty() {
                Parser::document(&html, false, false)
            } else {
                Parser::fragment(&html, &namespace, &name, true)
            };
            let mut mutations = Vec::new();
            loop {
                let (more, stop) = parser.run();
                mutations.extend(more);
                if stop == Stop::End {
                    return list(&ctx, mutations);
                }
            }
        },
    )
}

fn documents<'js>(ops: &Ops<'js>) -> rquickjs::Result<()> {
    let scope = ops.scope();
    ops.add(
        "documentUrl",
        move |ctx: Ctx<'js>| -> rquickjs::Result<String> {
            Ok(scope.document(&ctx)?.url(scope.realm))
        },
    )?;
    let scope = ops.scope();
    ops.add("documentOrigin", move || {
        scope.host().environment(scope.realm).origin.to_string()
    })?;
    // The host of the origin, or empty.
    let scope = ops.scope();
    ops.add("documentDomain", move || {
        let environment = scope.host().environment(scope.realm);
        environment
            .origin
            .as_tuple()
            .map(|origin| origin.host.to_string())
            .unwrap_or_default()
    })?;
    let scope = ops.scope();
    ops.add("cookie", move |ctx: Ctx<'js>| -> rquickjs::Result<String> {
        let cookie = scope
            .document(&ctx)?
            .cookie(scope.realm)
            .map_err(|error| throw_dom_error(&ctx, &error))?;
        scope.exposed("document.cookie", cookie.as_bytes());
        Ok(cookie)
    })?;
    let scope = ops.scope();
    ops.add(
        "setCookie",
        move |ctx: Ctx<'js>, cookie: String| -> rquickjs::Result<()> {
            let set = scope.document(&ctx)?.set_cookie(scope.realm, &cookie);
            set.map_err(|error| throw_dom_error(&ctx, &error))
        },
    )?;
    let scope = ops.scope();
    ops.add(
        "setDomain",
        move |ctx: Ctx<'js>, domain: String| -> rquickjs::Result<()> {
            let set = scope.document(&ctx)?.set_domain(scope.realm, &domain);
            set.map_err(|error| throw_dom_error(&ctx, &error))
        },
    )?;
    // A URL that other people may have put something into is told to scripts.
    let scope = ops.scope();
    ops.add("exposeText", move |how: String, text: String| {
        let how = match how.as_str() {
            "location" => "location",
            "referrer" => "document.referrer",
            _ => "window.name",
        };
        scope.exposed(how, text.as_bytes());
    })?;
    let scope = ops.scope();
    ops.add("setBaseUrl", move |url: String| {
        if let Ok(url) = Url::parse(&url) {
            *scope
                .host()
                .environment(scope.realm)
                .api_base_url
                .borrow_mut() = url;
        }
    })?;
    let scope = ops.scope();
    ops.add(
        "allowsInline",
        move |ctx: Ctx<'js>, kind: String, source: String, nonce: String, parser_inserted: bool| {
            let kind = match kind.as_str() {
                "script" => InlineSourceKind::Script,
                "attribute" => InlineSourceKind::ScriptAttribute,
                "style" => InlineSourceKind::Style,
                "styleAttribute" => InlineSourceKind::StyleAttribute,
                _ => InlineSourceKind::JavaScriptUrl,
            };
            let inline = InlineSource {
                kind,
                source: &source,
                nonce: &nonce,
                parser_inserted,
            };
            let document = scope.document(&ctx)?;
            rquickjs::Result::Ok(document.allows_inline(scope.realm, inline))
        },
    )?;
    let scope = ops.scope();
    ops.add("allowsBase", move |ctx: Ctx<'js>, url: String| {
        let document = scope.document(&ctx)?;
        rquickjs::Result::Ok(document.allows_base(scope.realm, &url))
    })?;
    let scope = ops.scope();
    ops.add("addMetaPolicy", move |ctx: Ctx<'js>, content: String| {
        scope.document(&ctx)?.add_meta_policy(scope.realm, &content);
        rquickjs::Result::Ok(())
    })?;
    let scope = ops.scope();
    ops.add("setReferrerPolicy", move |policy: String| {
        let policy = policy.to_ascii_lowercase();
        let policy = match policy.as_str() {
            "never" => "no-referrer",
            "default" => "strict-origin-when-cross-origin",
            "always" => "unsafe-url",
            "origin-when-crossorigin" => "origin-when-cross-origin",
            policy => policy,
        };
        if let Some(policy) = ReferrerPolicy::from_keyword(policy) {
            let environment = scope.host().environment(scope.realm);
            environment.policy_container.borrow_mut().referrer_policy = policy;
        }
    })?;
    let scope = ops.scope();
    ops.add("documentProgress", move |complete: bool| {
        let progress = if complete {
            DocumentProgress::Complete
        } else {
            DocumentProgress::Interactive
        };
        scope.progress.set(progress);
        if scope.alive.get()
            && let Some(document) = scope.host().document()
        {
            document.document_progress(scope.realm, progress);
        }
    })
}

fn loads<'js>(ops: &Ops<'js>) -> rquickjs::Result<()> {
    let scope = ops.scope();
    ops.add(
        "loadElement",
        move |ctx: Ctx<'js>, operation: u64, load: Object<'js>| -> rquickjs::Result<()> {
            let element = match load.get::<_, String>("element")?.as_str() {
                "image" => LoadingElement::Image,
                "script" => LoadingElement::ClassicScript,
                "module" => LoadingElement::ModuleScript,
                "stylesheet" => LoadingElement::Stylesheet,
                "preload" => LoadingElement::Preload,
                "prefetch" => LoadingElement::Prefetch,
                "icon" => LoadingElement::Icon,
                "imageButton" => LoadingElement::ImageButton,
                "poster" => LoadingElement::Poster,
                "svgImage" => LoadingElement::SvgImage,
                "track" => LoadingElement::Track,
                "styleImage" => LoadingElement::StyleImage,
                "font" => LoadingElement::Font,
                "styleImport" => LoadingElement::StyleImport,
                "audio" => LoadingElement::Audio,
                "video" => LoadingElement::Video,
                "embed" => LoadingElement::Embed,
                "object" => LoadingElement::Object,
                other => {
                    let message = format!("there is no element {other}");
                    return Err(throw(&ctx, "TypeError", &message));
                }
            };
            let load = ElementLoad {
                element,
                url: load.get("url")?,
                cross_origin: load.get("crossOrigin")?,
                referrer_policy: load.get("referrerPolicy")?,
                integrity: load
                    .get::<_, Option<String>>("integrity")?
                    .unwrap_or_default(),
                nonce: load.get::<_, Option<String>>("nonce")?.unwrap_or_default(),
                parser_inserted: load.get("parserInserted")?,
                potential_destination: load.get("as")?,
                style_base: load.get("styleBase")?,
                origin_clean: load
                    .get::<_, Option<bool>>("originClean")?
                    .unwrap_or_default(),
                uses_source_set: load
                    .get::<_, Option<bool>>("usesSourceSet")?
                    .unwrap_or_default(),
            };
            scope
                .document(&ctx)?
                .load_element(scope.realm, OperationId(operation), load);
            Ok(())
        },
    )?;
    let scope = ops.scope();
    ops.add(
        "selectImageSource",
        move |ctx: Ctx<'js>, image: Object<'js>| -> rquickjs::Result<Option<String>> {
            let picture: Vec<Object<'js>> = image.get("picture")?;
            let sources = ImageSources {
                src: image.get("src")?,
                srcset: image.get("srcset")?,
                sizes: image.get("sizes")?,
                picture: picture
                    .iter()
                    .map(picture_source)
                    .collect::<rquickjs::Result<_>>()?,
            };
            let document = scope.document(&ctx)?;
            Ok(document.select_image_source(scope.realm, sources))
        },
    )?;
    let scope = ops.scope();
    ops.add("abortLoad", move |operation: u64| {
        if scope.alive.get() {
            scope.host().abort(scope.realm, OperationId(operation));
        }
    })?;
    let scope = ops.scope();
    ops.add(
        "submitForm",
        move |ctx: Ctx<'js>, form: Object<'js>| -> rquickjs::Result<()> {
            let list: Vec<Array<'js>> = form.get("entries")?;
            let (entries, _) = data::entries(&ctx, &scope, list)?;
            let entries = entries.into_iter().map(form_entry).collect();
            let submission = FormSubmission {
                action: form.get("action")?,
                method: form.get("method")?,
                enctype: form.get("enctype")?,
                target: form.get("target")?,
                rel: form.get("rel")?,
                entries,
                user_activation: form.get("userActivation")?,
            };
            let submitted = scope.document(&ctx)?.submit_form(scope.realm, submission);
            submitted.map_err(|error| throw_dom_error(&ctx, &error))
        },
    )
}

fn picture_source(source: &Object<'_>) -> rquickjs::Result<PictureSource> {
    Ok(PictureSource {
        srcset: source.get("srcset")?,
        sizes: source.get("sizes")?,
        media: source.get("media")?,
        content_type: source.get("type")?,
    })
}

fn form_entry(entry: Entry) -> FormEntry {
    let value = match entry.value {
        EntryValue::Text(text) => FormValue::Text(text),
        EntryValue::File {
            name,
            content_type,
            bytes,
        } => FormValue::File {
            name,
            content_type,
            bytes,
        },
    };
    FormEntry {
        name: entry.name,
        value,
    }
}

fn frames<'js>(ops: &Ops<'js>) -> rquickjs::Result<()> {
    let attributes = |frame: &Object<'js>| -> rquickjs::Result<FrameAttributes> {
        Ok(FrameAttributes {
            src: frame.get("src")?,
            srcdoc: frame.get("srcdoc")?,
            sandbox: frame.get("sandbox")?,
            name: frame.get("name")?,
            referrer_policy: frame.get("referrerPolicy")?,
            credentialless: frame.get("credentialless")?,
        })
    };
    let scope = ops.scope();
    ops.add(
        "insertFrame",
        move |ctx: Ctx<'js>, operation: u64, frame: Object<'js>| -> rquickjs::Result<Object<'js>> {
            let frame = attributes(&frame)?;
            let inserted =
                scope
                    .document(&ctx)?
                    .insert_frame(scope.realm, OperationId(operation), frame);
            let result = Object::new_proto(ctx, None)?;
            result.set("window", inserted.window.0.to_string())?;
            result.set("hasLoaded", inserted.has_loaded)?;
            Ok(result)
        },
    )?;
    let scope = ops.scope();
    ops.add(
        "updateFrame",
        move |ctx: Ctx<'js>, id: String, frame: Object<'js>| -> rquickjs::Result<()> {
            let frame = attributes(&frame)?;
            scope
                .document(&ctx)?
                .update_frame(scope.realm, window(&ctx, &id)?, frame);
            Ok(())
        },
    )?;
    let scope = ops.scope();
    ops.add(
        "removeFrame",
        move |ctx: Ctx<'js>, id: String| -> rquickjs::Result<()> {
            scope
                .document(&ctx)?
                .remove_frame(scope.realm, window(&ctx, &id)?);
            Ok(())
        },
    )
}

fn window(ctx: &Ctx<'_>, id: &str) -> rquickjs::Result<WindowId> {
    id.parse()
        .map(WindowId)
        .map_err(|_| throw(ctx, "TypeError", "not a window"))
}

fn windows<'js>(ops: &Ops<'js>) -> rquickjs::Result<()> {
    let ids = |windows: &[WindowId]| -> Vec<String> {
        windows.iter().map(|window| window.0.to_string()).collect()
    };
    let scope = ops.scope();
    ops.add(
        "windows",
        move |ctx: Ctx<'js>| -> rquickjs::Result<Object<'js>> {
            let family = scope.document(&ctx)?.windows(scope.realm);
            let object = Object::new_proto(ctx, None)?;
            object.set("own", family.own.0.to_string())?;
            object.set("parent", family.parent.0.to_string())?;
            object.set("top", family.top.0.to_string())?;
            object.set("opener", family.opener.map(|window| window.0.to_string()))?;
            object.set("frames", ids(&family.frames))?;
            object.set("name", family.name)?;
            Ok(object)
        },
    )?;
    let scope = ops.scope();
    ops.add(
        "windowAccess",
        move |ctx: Ctx<'js>, id: String| -> rquickjs::Result<Object<'js>> {
            let document = scope.document(&ctx)?;
            let id = window(&ctx, &id)?;
            if let Some(scripting) = document.initial_document_without_realm(scope.realm, id) {
                let adopt = |realm| document.adopt_realm(scope.realm, id, realm);
                scope.shared.create_realm_inside(&ctx, adopt, scripting)?;
            }
            let access = document.window_access(scope.realm, id);
            let object = Object::new_proto(ctx, None)?;
            match access {
                WindowAccess::Realm(realm) => object.set("realm", realm.0)?,
                WindowAccess::CrossOrigin {
                    frames,
                    closed,
                    parent,
                    top,
                    opener,
                } => {
                    object.set("frames", ids(&frames))?;
                    object.set("closed", closed)?;
                    object.set("parent", parent.0.to_string())?;
                    object.set("top", top.0.to_string())?;
                    object.set("opener", opener.map(|window| window.0.to_string()))?;
                }
            }
            Ok(object)
        },
    )?;
    let scope = ops.scope();
    ops.add("ownRealm", move || scope.realm.0)?;
    let scope = ops.scope();
    ops.add("realmAlive", move |realm: u32| {
        scope
            .shared
            .contexts
            .borrow()
            .values()
            .any(|known| known.0 == realm)
    })?;
    let scope = ops.scope();
    ops.add(
        "navigate",
        move |ctx: Ctx<'js>,
              target: Object<'js>,
              url: String,
              options: Object<'js>|
              -> rquickjs::Result<Option<String>> {
            let target = match (
                target.get::<_, Option<String>>("window")?,
                target.get("name")?,
            ) {
                (Some(id), _) => NavigationTarget::Window(window(&ctx, &id)?),
                (None, Some(name)) => NavigationTarget::Named(name),
                (None, None) => NavigationTarget::Own,
            };
            let flag = |name: &str| {
                options
                    .get::<_, Option<bool>>(name)
                    .map(Option::unwrap_or_default)
            };
            let options = NavigationOptions {
                replace: flag("replace")?,
                reload: flag("reload")?,
                referrer_policy: options.get("referrerPolicy")?,
                no_opener: flag("noOpener")?,
                no_referrer: flag("noReferrer")?,
                user_activation: flag("userActivation")?,
            };
            let navigated = scope
                .document(&ctx)?
                .navigate(scope.realm, target, &url, options);
            match navigated {
                Ok(window) => Ok(window.map(|window| window.0.to_string())),
                Err(error) => Err(throw_dom_error(&ctx, &error)),
            }
        },
    )?;
    let scope = ops.scope();
    ops.add(
        "postMessage",
        move |ctx: Ctx<'js>,
              id: String,
              data: String,
              target_origin: String|
              -> rquickjs::Result<()> {
            let posted = scope.document(&ctx)?.post_message(
                scope.realm,
                window(&ctx, &id)?,
                data,
                &target_origin,
            );
            posted.map_err(|error| throw_dom_error(&ctx, &error))
        },
    )?;
    let scope = ops.scope();
    ops.add(
        "closeWindow",
        move |ctx: Ctx<'js>, id: String| -> rquickjs::Result<()> {
            scope
                .document(&ctx)?
                .close_window(scope.realm, window(&ctx, &id)?);
            Ok(())
        },
    )?;
    let scope = ops.scope();
    ops.add(
        "setWindowName",
        move |ctx: Ctx<'js>, name: String| -> rquickjs::Result<()> {
            scope.document(&ctx)?.set_window_name(scope.realm, &name);
            Ok(())
        },
    )
}
