//! The Body mixin: in which order its steps are taken. The promises and streams are JavaScript's.

use crossexam_fetch::api::body::{Consumable, TextStreamSource, consume_body, text_stream};
use crossexam_fetch::api::form_data;
use rquickjs::{Ctx, Error, Function, Object};

use super::data::{Data, entries_to_script, way};
use super::headers::{JsHeaders, throw_api};
use crate::ops::Ops;

/// The functions that a bootstrap file hands in, for an algorithm to call.
pub(super) struct Hooks<'js>(pub(super) Object<'js>);

impl<'js> Hooks<'js> {
    pub(super) fn flag(&self, name: &str) -> bool {
        self.0.get(name).unwrap_or(false)
    }

    pub(super) fn call(&self, name: &str) -> rquickjs::Result<()> {
        self.0.get::<_, Function<'js>>(name)?.call(())
    }
}

/// An object whose body is consumed. What a hook throws is an interruption: it goes on as such.
struct Consumed<'js> {
    hooks: Hooks<'js>,
    failed: std::cell::RefCell<rquickjs::Result<()>>,
}

impl Consumed<'_> {
    fn call(&self, name: &str) {
        let outcome = self.hooks.call(name);
        if outcome.is_err() {
            *self.failed.borrow_mut() = outcome;
        }
    }
}

impl Consumable for Consumed<'_> {
    fn is_unusable(&self) -> bool {
        self.hooks.flag("unusable")
    }

    fn is_empty(&self) -> bool {
        self.hooks.flag("empty")
    }

    fn reject_with_type_error(&self) {
        self.call("rejectWithTypeError");
    }

    fn succeed_with_nothing(&self) {
        self.call("succeedWithNothing");
    }

    fn fully_read(&self) {
        self.call("fullyRead");
    }
}

impl TextStreamSource for Hooks<'_> {
    type Error = Error;

    fn is_unusable(&self) -> bool {
        self.flag("unusable")
    }

    fn is_empty(&self) -> bool {
        self.flag("empty")
    }

    fn type_error(&self) -> Error {
        self.call("throwTypeError")
            .err()
            .unwrap_or(Error::Exception)
    }

    fn new_stream(&self) -> Result<(), Error> {
        self.call("newStream")
    }

    fn close(&self) -> Result<(), Error> {
        self.call("close")
    }

    fn pipe_through_decoder(&self) -> Result<(), Error> {
        self.call("pipeThroughDecoder")
    }
}

pub(super) fn register<'js>(ops: &Ops<'js>) -> rquickjs::Result<()> {
    ops.add("consumeBody", |hooks: Object<'js>| {
        let object = Consumed {
            hooks: Hooks(hooks),
            failed: std::cell::RefCell::new(Ok(())),
        };
        consume_body(&object);
        object.failed.into_inner()
    })?;

    ops.add("textStream", |hooks: Object<'js>| {
        text_stream(&Hooks(hooks))
    })?;

    let scope = ops.scope();
    ops.add(
        "headersMimeType",
        move |ctx: Ctx<'js>, headers: Function<'js>| {
            let headers = scope.unwrap::<JsHeaders>(&ctx, &headers)?;
            let mime_type = headers
                .with(|headers| crossexam_fetch::api::get_the_mime_type(&headers.header_list));
            rquickjs::Result::Ok(mime_type.map(|mime_type| mime_type.to_string()))
        },
    )?;

    // formData(): the entries of the bytes.
    let scope = ops.scope();
    ops.add(
        "dataForm",
        move |ctx: Ctx<'js>, data: Function<'js>, headers: Function<'js>, how: String| {
            let data = scope.unwrap::<Data>(&ctx, &data)?;
            let headers = scope.unwrap::<JsHeaders>(&ctx, &headers)?;
            let mime_type = headers
                .with(|headers| crossexam_fetch::api::get_the_mime_type(&headers.header_list));
            let entries = form_data::form_data(&data.bytes, mime_type.as_ref())
                .map_err(|error| throw_api(&ctx, &error))?;
            if data.outside {
                scope.exposed(way(&how), &data.bytes);
            }
            entries_to_script(&ctx, &scope, entries, data.outside)
        },
    )
}
