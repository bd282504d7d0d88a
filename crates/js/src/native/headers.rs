//! `Headers` objects.

use std::cell::RefCell;
use std::rc::Rc;

use bytes::Bytes;
use crossexam_fetch::api::{
    ApiError, Exception, Guard, Headers, HeadersInit, RequestObject, ResponseObject,
};
use crossexam_web::infra::{isomorphic_decode, isomorphic_encode};
use rquickjs::{Array, Ctx, Function};

use crate::ops::{Ops, throw};
use crate::shared::Scope;

/// A `Request` object's native part.
pub(crate) struct JsRequest {
    pub(crate) object: RefCell<RequestObject>,
    /// Whether it came from outside: the request that a server program answers.
    pub(crate) outside: bool,
    /// Whether its body's bytes did.
    pub(crate) body_outside: bool,
}

/// A `Response` object's native part.
pub(crate) struct JsResponse {
    pub(crate) object: RefCell<ResponseObject>,
    /// Whether it came from outside: the answer to a fetch.
    pub(crate) outside: bool,
    /// Whether its body's bytes did.
    pub(crate) body_outside: bool,
    /// The end of what was read of its body.
    pub(crate) read: RefCell<Bytes>,
}

/// A `Headers` object's native part.
pub(crate) struct JsHeaders {
    target: Target,
}

enum Target {
    Own(RefCell<Headers>),
    Request(Rc<JsRequest>),
    Response(Rc<JsResponse>),
}

impl JsHeaders {
    fn of(target: Target) -> Rc<Self> {
        Rc::new(Self { target })
    }

    pub(crate) fn of_request(request: Rc<JsRequest>) -> Rc<Self> {
        Self::of(Target::Request(request))
    }

    pub(crate) fn of_response(response: Rc<JsResponse>) -> Rc<Self> {
        Self::of(Target::Response(response))
    }

    pub(crate) fn with<R>(&self, steps: impl FnOnce(&mut Headers) -> R) -> R {
        match &self.target {
            Target::Own(headers) => steps(&mut headers.borrow_mut()),
            Target::Request(request) => steps(&mut request.object.borrow_mut().headers),
            Target::Response(response) => steps(&mut response.object.borrow_mut().headers),
        }
    }

    /// Tells the host that a script reads these values, if they came from outside.
    fn expose<'a>(&self, scope: &Scope, values: impl IntoIterator<Item = &'a Bytes>) {
        let how = match &self.target {
            Target::Request(request) if request.outside => "Request.headers",
            Target::Response(response) if response.outside => "Response.headers",
            Target::Own(_) | Target::Request(_) | Target::Response(_) => return,
        };
        for value in values {
            scope.exposed(how, value);
        }
    }
}

/// Throws what the Fetch API says.
pub(crate) fn throw_api(ctx: &Ctx<'_>, error: &ApiError) -> rquickjs::Error {
    let name = match error.exception() {
        Exception::TypeError => "TypeError",
        Exception::RangeError => "RangeError",
    };
    throw(ctx, name, &error.to_string())
}

/// A `ByteString`: each character is a byte.
pub(crate) fn byte_string(text: &str) -> Bytes {
    isomorphic_encode(text).map_or_else(|| Bytes::copy_from_slice(text.as_bytes()), Bytes::from)
}

/// What headers are filled with: `kind` is `sequence` or `record`.
pub(crate) fn headers_init(kind: &str, items: Vec<Vec<String>>) -> HeadersInit {
    let bytes = |item: &String| byte_string(item);
    if kind == "record" {
        HeadersInit::Record(
            items
                .iter()
                .map(|item| (bytes(&item[0]), bytes(&item[1])))
                .collect(),
        )
    } else {
        HeadersInit::Sequence(
            items
                .iter()
                .map(|item| item.iter().map(bytes).collect())
                .collect(),
        )
    }
}

pub(super) fn register<'js>(ops: &Ops<'js>) -> rquickjs::Result<()> {
    let scope = ops.scope();
    ops.add("headersNew", move |ctx: Ctx<'js>| {
        scope.wrap(
            &ctx,
            JsHeaders::of(Target::Own(RefCell::new(Headers::new(Guard::None)))),
        )
    })?;

    let scope = ops.scope();
    ops.add(
        "headersFill",
        move |ctx: Ctx<'js>, headers: Function<'js>, kind: String, items: Vec<Vec<String>>| {
            let headers = scope.unwrap::<JsHeaders>(&ctx, &headers)?;
            let init = headers_init(&kind, items);
            headers
                .with(|headers| headers.fill(&init))
                .map_err(|error| throw_api(&ctx, &error))
        },
    )?;

    let scope = ops.scope();
    ops.add(
        "headersAppend",
        move |ctx: Ctx<'js>, headers: Function<'js>, name: String, value: String| {
            let headers = scope.unwrap::<JsHeaders>(&ctx, &headers)?;
            let (name, value) = (byte_string(&name), byte_string(&value));
            headers
                .with(|headers| headers.append(&name, &value))
                .map_err(|error| throw_api(&ctx, &error))
        },
    )?;

    let scope = ops.scope();
    ops.add(
        "headersSet",
        move |ctx: Ctx<'js>, headers: Function<'js>, name: String, value: String| {
            let headers = scope.unwrap::<JsHeaders>(&ctx, &headers)?;
            let (name, value) = (byte_string(&name), byte_string(&value));
            headers
                .with(|headers| headers.set(&name, &value))
                .map_err(|error| throw_api(&ctx, &error))
        },
    )?;

    let scope = ops.scope();
    ops.add(
        "headersDelete",
        move |ctx: Ctx<'js>, headers: Function<'js>, name: String| {
            let headers = scope.unwrap::<JsHeaders>(&ctx, &headers)?;
            headers
                .with(|headers| headers.delete(&byte_string(&name)))
                .map_err(|error| throw_api(&ctx, &error))
        },
    )?;

    let scope = ops.scope();
    ops.add(
        "headersGet",
        move |ctx: Ctx<'js>, headers: Function<'js>, name: String| {
            let headers = scope.unwrap::<JsHeaders>(&ctx, &headers)?;
            let value = headers
                .with(|headers| headers.get(&byte_string(&name)))
                .map_err(|error| throw_api(&ctx, &error))?;
            headers.expose(&scope, &value);
            rquickjs::Result::Ok(value.map(|value| isomorphic_decode(&value)))
        },
    )?;

    let scope = ops.scope();
    ops.add(
        "headersHas",
        move |ctx: Ctx<'js>, headers: Function<'js>, name: String| {
            let headers = scope.unwrap::<JsHeaders>(&ctx, &headers)?;
            headers
                .with(|headers| headers.has(&byte_string(&name)))
                .map_err(|error| throw_api(&ctx, &error))
        },
    )?;

    let scope = ops.scope();
    ops.add(
        "headersGetSetCookie",
        move |ctx: Ctx<'js>, headers: Function<'js>| {
            let headers = scope.unwrap::<JsHeaders>(&ctx, &headers)?;
            let values = headers.with(|headers| headers.get_set_cookie());
            headers.expose(&scope, &values);
            rquickjs::Result::Ok(
                values
                    .iter()
                    .map(|value| isomorphic_decode(value))
                    .collect::<Vec<_>>(),
            )
        },
    )?;

    // The pairs to iterate over: sorted and combined.
    let scope = ops.scope();
    ops.add(
        "headersPairs",
        move |ctx: Ctx<'js>, headers: Function<'js>| {
            let headers = scope.unwrap::<JsHeaders>(&ctx, &headers)?;
            let sorted = headers.with(|headers| headers.header_list.sort_and_combine());
            headers.expose(&scope, sorted.iter().map(|header| &header.value));
            let pairs = Array::new(ctx)?;
            for (index, header) in sorted.iter().enumerate() {
                pairs.set(
                    index,
                    vec![
                        isomorphic_decode(&header.name),
                        isomorphic_decode(&header.value),
                    ],
                )?;
            }
            rquickjs::Result::Ok(pairs)
        },
    )?;
    Ok(())
}
