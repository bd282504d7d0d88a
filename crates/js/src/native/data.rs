//! Bytes that objects of scripts hold (bodies, blobs), and what is made of them.

use std::rc::Rc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use crossexam_web::form_data::{Entry, EntryValue, boundary};
use encoding_rs::{Decoder, DecoderResult, Encoding, UTF_8};
use rquickjs::{Ctx, Function, Object, TypedArray};

use crate::ops::{Ops, throw};
use crate::shared::Scope;

/// Bytes that a script's object holds.
pub(crate) struct Data {
    pub(crate) bytes: Bytes,
    /// Whether they came from outside the realm, so that reading them is to be told.
    pub(crate) outside: bool,
}

/// A chunk of a body, with the end of what came before: something that was cut in two is told of as a whole.
pub(crate) struct Chunk {
    pub(crate) bytes: Bytes,
    pub(crate) before: Bytes,
}

/// How much of what came before is told of again.
pub(crate) const BEFORE: usize = 1024;

impl Data {
    pub(crate) fn wrap<'js>(
        self,
        ctx: &Ctx<'js>,
        scope: &Scope,
    ) -> rquickjs::Result<Function<'js>> {
        scope.wrap(ctx, Rc::new(self))
    }
}

/// The ways in which a script is handed bytes, as [`RealmHost::exposed`](crate::RealmHost::exposed) names them.
const WAYS: [&str; 19] = [
    "Response.text()",
    "Response.json()",
    "Response.arrayBuffer()",
    "Response.bytes()",
    "Response.blob()",
    "Response.formData()",
    "Response.body",
    "Request.text()",
    "Request.json()",
    "Request.arrayBuffer()",
    "Request.bytes()",
    "Request.formData()",
    "Request.body",
    "Blob.text()",
    "Blob.stream()",
    "Blob.arrayBuffer()",
    "Blob.bytes()",
    "XMLHttpRequest.response",
    "XMLHttpRequest.responseText",
];

/// The static name of a way.
pub(crate) fn way(name: &str) -> &'static str {
    WAYS.iter()
        .copied()
        .find(|way| *way == name)
        .unwrap_or("data from outside")
}

pub(crate) fn decode_base64(ctx: &Ctx<'_>, text: &str) -> rquickjs::Result<Bytes> {
    STANDARD
        .decode(text)
        .map(Bytes::from)
        .map_err(|_| throw(ctx, "TypeError", "bytes were lost on the way"))
}

/// An entry list as a `FormData` object's JavaScript holds it: `[name, text]` or `[name, data, file name, type]`; and
/// whether bytes in it came from outside.
pub(crate) fn entries<'js>(
    ctx: &Ctx<'js>,
    scope: &Scope,
    list: Vec<rquickjs::Array<'js>>,
) -> rquickjs::Result<(Vec<Entry>, bool)> {
    let mut outside = false;
    let entries = list
        .into_iter()
        .map(|item| {
            let name = item.get(0)?;
            let value = if item.len() == 2 {
                EntryValue::Text(item.get(1)?)
            } else {
                let data = scope.unwrap::<Data>(ctx, &item.get(1)?)?;
                outside |= data.outside;
                EntryValue::File {
                    name: item.get(2)?,
                    content_type: item.get(3)?,
                    bytes: data.bytes.clone(),
                }
            };
            Ok(Entry { name, value })
        })
        .collect::<rquickjs::Result<Vec<_>>>()?;
    Ok((entries, outside))
}

/// The other way round.
pub(crate) fn entries_to_script<'js>(
    ctx: &Ctx<'js>,
    scope: &Scope,
    entries: Vec<Entry>,
    outside: bool,
) -> rquickjs::Result<rquickjs::Array<'js>> {
    let list = rquickjs::Array::new(ctx.clone())?;
    for (index, entry) in entries.into_iter().enumerate() {
        let item = rquickjs::Array::new(ctx.clone())?;
        item.set(0, entry.name)?;
        match entry.value {
            EntryValue::Text(text) => item.set(1, text)?,
            EntryValue::File {
                name,
                content_type,
                bytes,
            } => {
                item.set(1, Data { bytes, outside }.wrap(ctx, scope)?)?;
                item.set(2, name)?;
                item.set(3, content_type)?;
            }
        }
        list.set(index, item)?;
    }
    Ok(list)
}

/// A boundary string of the world's randomness.
pub(crate) fn form_boundary(scope: &Scope) -> String {
    boundary([scope.host().random(), scope.host().random()])
}

pub(super) fn register<'js>(ops: &Ops<'js>) -> rquickjs::Result<()> {
    let scope = ops.scope();
    ops.add("dataFromBase64", move |ctx: Ctx<'js>, text: String| {
        Data {
            bytes: decode_base64(&ctx, &text)?,
            outside: false,
        }
        .wrap(&ctx, &scope)
    })?;

    // The same bytes, as such from outside.
    let scope = ops.scope();
    ops.add(
        "dataFromOutside",
        move |ctx: Ctx<'js>, data: Function<'js>| {
            let data = scope.unwrap::<Data>(&ctx, &data)?;
            Data {
                bytes: data.bytes.clone(),
                outside: true,
            }
            .wrap(&ctx, &scope)
        },
    )?;

    // Bytes in a message: they may come from another realm.
    let scope = ops.scope();
    ops.add("dataFromMessage", move |ctx: Ctx<'js>, text: String| {
        Data {
            bytes: decode_base64(&ctx, &text)?,
            outside: true,
        }
        .wrap(&ctx, &scope)
    })?;

    let scope = ops.scope();
    ops.add("dataFromText", move |ctx: Ctx<'js>, text: String| {
        Data {
            bytes: text.into(),
            outside: false,
        }
        .wrap(&ctx, &scope)
    })?;

    let scope = ops.scope();
    ops.add(
        "dataConcat",
        move |ctx: Ctx<'js>, parts: Vec<Function<'js>>| {
            let parts = parts
                .iter()
                .map(|part| scope.unwrap::<Data>(&ctx, part))
                .collect::<Result<Vec<_>, _>>()?;
            let outside = parts.iter().any(|part| part.outside);
            let slices: Vec<&[u8]> = parts.iter().map(|part| &part.bytes[..]).collect();
            Data {
                bytes: slices.concat().into(),
                outside,
            }
            .wrap(&ctx, &scope)
        },
    )?;

    let scope = ops.scope();
    ops.add(
        "dataSlice",
        move |ctx: Ctx<'js>, data: Function<'js>, start: usize, end: usize| {
            let data = scope.unwrap::<Data>(&ctx, &data)?;
            let end = end.min(data.bytes.len());
            let bytes = data.bytes.slice(start.min(end)..end);
            Data {
                bytes,
                outside: data.outside,
            }
            .wrap(&ctx, &scope)
        },
    )?;

    let scope = ops.scope();
    ops.add("dataSize", move |ctx: Ctx<'js>, data: Function<'js>| {
        scope
            .unwrap::<Data>(&ctx, &data)
            .map(|data| data.bytes.len())
    })?;

    // UTF-8 decode, with the byte order mark taken off. `how` says by what the script gets it.
    let scope = ops.scope();
    ops.add(
        "dataText",
        move |ctx: Ctx<'js>, data: Function<'js>, how: String| {
            let data = scope.unwrap::<Data>(&ctx, &data)?;
            expose(&scope, &data, &how);
            rquickjs::Result::Ok(UTF_8.decode_with_bom_removal(&data.bytes).0.into_owned())
        },
    )?;

    let scope = ops.scope();
    ops.add(
        "dataBytes",
        move |ctx: Ctx<'js>, data: Function<'js>, how: String| {
            let data = scope.unwrap::<Data>(&ctx, &data)?;
            expose(&scope, &data, &how);
            TypedArray::<u8>::new_copy(ctx, &data.bytes[..])
        },
    )?;

    // The bytes for a serialized value: nothing is handed to a script yet.
    let scope = ops.scope();
    ops.add("dataBase64", move |ctx: Ctx<'js>, data: Function<'js>| {
        scope
            .unwrap::<Data>(&ctx, &data)
            .map(|data| STANDARD.encode(&data.bytes))
    })?;

    // btoa and atob: forgiving-base64 is checked in JavaScript.
    ops.add("encodingForLabel", |label: String| {
        Encoding::for_label_no_replacement(label.as_bytes())
            .map(|encoding| encoding.name().to_lowercase())
    })?;

    let scope = ops.scope();
    ops.add(
        "decoderNew",
        move |ctx: Ctx<'js>, label: String, ignore_bom: bool| {
            let encoding = Encoding::for_label(label.as_bytes()).unwrap_or(UTF_8);
            let decoder = if ignore_bom {
                encoding.new_decoder_without_bom_handling()
            } else {
                encoding.new_decoder_with_bom_removal()
            };
            scope.wrap(&ctx, Rc::new(std::cell::RefCell::new(decoder)))
        },
    )?;

    let scope = ops.scope();
    ops.add(
        "decoderDecode",
        move |ctx: Ctx<'js>, decoder: Function<'js>, base64: String, last: bool, fatal: bool| {
            let decoder = scope.unwrap::<std::cell::RefCell<Decoder>>(&ctx, &decoder)?;
            let bytes = decode_base64(&ctx, &base64)?;
            decode(&mut decoder.borrow_mut(), &bytes, last, fatal)
                .ok_or_else(|| throw(&ctx, "TypeError", "the bytes are not of the encoding"))
        },
    )?;

    let scope = ops.scope();
    ops.add("formBoundary", move || form_boundary(&scope))?;

    // Whether a MIME type parses, and how it is written then: for the types of blobs.
    ops.add("mimeType", |text: String| {
        crossexam_web::mime::parse(&text).map(|mime_type| mime_type.to_string())
    })?;

    // The charset that a MIME type names.
    ops.add("mimeCharset", |text: String| {
        let mime_type = crossexam_web::mime::parse(&text)?;
        mime_type.parameter("charset").map(str::to_owned)
    })?;

    let scope = ops.scope();
    ops.add("randomBytes", move |ctx: Ctx<'js>, count: usize| {
        let mut bytes = Vec::with_capacity(count + 8);
        while bytes.len() < count {
            bytes.extend_from_slice(&scope.host().random().to_le_bytes());
        }
        bytes.truncate(count);
        TypedArray::<u8>::new(ctx, bytes)
    })?;

    let scope = ops.scope();
    ops.add("environment", move |ctx: Ctx<'js>| {
        let environment = scope.live_host(&ctx)?.environment(scope.realm);
        let object = Object::new_proto(ctx, None)?;
        object.set("secureContext", environment.secure_context)?;
        object.set(
            "crossOriginIsolated",
            environment.cross_origin_isolated_capability,
        )?;
        object.set("origin", environment.origin.to_string())?;
        object.set("userAgent", scope.host().user_agent())?;
        rquickjs::Result::Ok(object)
    })?;
    Ok(())
}

fn expose(scope: &Scope, data: &Data, how: &str) {
    if data.outside {
        scope.exposed(way(how), &data.bytes);
    }
}

/// Decodes bytes; `None` if they are malformed and `fatal` is asked for.
fn decode(decoder: &mut Decoder, mut bytes: &[u8], last: bool, fatal: bool) -> Option<String> {
    let capacity = decoder
        .max_utf8_buffer_length(bytes.len())
        .unwrap_or(bytes.len());
    let mut text = String::with_capacity(capacity);
    if !fatal {
        let _ = decoder.decode_to_string(bytes, &mut text, last);
        return Some(text);
    }
    loop {
        let (result, read) = decoder.decode_to_string_without_replacement(bytes, &mut text, last);
        match result {
            DecoderResult::InputEmpty => return Some(text),
            DecoderResult::OutputFull => {
                bytes = &bytes[read..];
                text.reserve(bytes.len() * 3 + 16);
            }
            DecoderResult::Malformed(..) => return None,
        }
    }
}
