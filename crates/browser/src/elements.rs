//! What elements load.

use std::rc::Rc;

use crossexam_fetch::response::is_ok_status;
use crossexam_fetch::{Body, FetchController, Request, Response, ResponseType};
use crossexam_html::decode::decode_text;
use crossexam_html::element_requests::{
    ElementAttributes, Embedded, Media, classic_script_request, embedded_request, image_request,
    media_request, module_script_request, prefetch_request, stylesheet_request,
};
use crossexam_js::{ElementLoad, ElementOutcome, LoadingElement, OperationId};
use crossexam_web::mime::{MimeType, extract_a_mime_type};

use crate::document::Document;
use crate::fetching::Cause;
use crate::global::Operation;
use crate::inner::Inner;

impl Inner {
    /// Starts the load of an element.
    pub(crate) fn load_element(
        &self,
        document: &Rc<Document>,
        operation: OperationId,
        load: &ElementLoad,
    ) {
        let url = document.environment.api_base_url.borrow().join(&load.url);
        let Some(browser) = self.this.upgrade() else {
            return;
        };
        let controller = Rc::new(FetchController::new());
        document.operations.borrow_mut().insert(
            operation,
            Operation::Fetch {
                controller: controller.clone(),
                keepalive: false,
            },
        );
        let request = url.ok().map(|url| element_request(load, url, document));
        let cause = Cause {
            client: Some(document.holder(&self.name)),
            initiator: format!("<{}>", element_name(load.element)),
        };
        let element = load.element;
        let document = document.clone();
        self.spawn(&format!("loads a {}", element_name(element)), async move {
            let fetched = match request {
                // A URL that does not parse fails without a fetch.
                None => None,
                Some(request) => browser.fetch_whole(cause, request, &controller).await,
            };
            let outcome = fetched.map_or(ElementOutcome::Failed, |fetched| {
                element_outcome(element, &fetched.response)
            });
            document.operations.borrow_mut().remove(&operation);
            browser.run_task(&document, |agent| {
                agent.deliver_element_load(operation, outcome)
            });
        });
    }
}

const fn element_name(element: LoadingElement) -> &'static str {
    match element {
        LoadingElement::Image => "img",
        LoadingElement::ClassicScript | LoadingElement::ModuleScript => "script",
        LoadingElement::Stylesheet | LoadingElement::Preload => "link",
        LoadingElement::Audio => "audio",
        LoadingElement::Video => "video",
        LoadingElement::Embed => "embed",
    }
}

fn element_request(load: &ElementLoad, url: url::Url, document: &Document) -> Request {
    let attributes = ElementAttributes {
        cross_origin: load.cross_origin.as_deref(),
        referrer_policy: load.referrer_policy.as_deref(),
        integrity: &load.integrity,
        nonce: &load.nonce,
        parser_inserted: load.parser_inserted,
    };
    let client = &document.environment;
    match load.element {
        LoadingElement::Image => image_request(url, &attributes, client),
        LoadingElement::ClassicScript => classic_script_request(url, &attributes, client),
        LoadingElement::ModuleScript => module_script_request(url, &attributes, client),
        LoadingElement::Stylesheet => stylesheet_request(url, &attributes, client),
        LoadingElement::Preload => prefetch_request(url, &attributes, client),
        LoadingElement::Audio => media_request(Media::Audio, url, &attributes, client),
        LoadingElement::Video => media_request(Media::Video, url, &attributes, client),
        LoadingElement::Embed => embedded_request(Embedded::Embed, url, client),
    }
}

/// What an element makes of a response. What its page learns of an opaque one is only whether it was usable, and of an
/// image its size.
fn element_outcome(element: LoadingElement, response: &Response) -> ElementOutcome {
    let Some(internal) = response.internal() else {
        return ElementOutcome::Failed;
    };
    let bytes = internal.body.as_ref().and_then(Body::known_bytes);
    let bytes = bytes.map_or(&[][..], |bytes| bytes);
    let mime_type = extract_a_mime_type(&internal.header_list);
    // <https://html.spec.whatwg.org/multipage/urls-and-fetching.html#cors-same-origin>
    let cors_same_origin = match response.response_type() {
        ResponseType::Basic | ResponseType::Cors | ResponseType::Default => true,
        ResponseType::Error | ResponseType::Opaque | ResponseType::OpaqueRedirect => false,
    };
    let loaded = |text: String, size| ElementOutcome::Loaded {
        text,
        muted_errors: !cors_same_origin,
        size,
        cors_same_origin,
    };
    let is_ok = is_ok_status(internal.status);
    match element {
        LoadingElement::Image => match image_size(bytes, mime_type.as_ref()) {
            Some(size) => loaded(String::new(), Some(size)),
            None => ElementOutcome::Failed,
        },
        LoadingElement::ClassicScript if is_ok => {
            loaded(decode_text(bytes, mime_type.as_ref()).0, None)
        }
        LoadingElement::ModuleScript
            if is_ok && mime_type.as_ref().is_some_and(MimeType::is_javascript) =>
        {
            // A module is always UTF-8.
            loaded(decode_text(bytes, None).0, None)
        }
        LoadingElement::Stylesheet
            if is_ok
                && mime_type
                    .as_ref()
                    .is_some_and(|it| it.essence() == "text/css") =>
        {
            loaded(String::new(), None)
        }
        LoadingElement::Preload => loaded(String::new(), None),
        LoadingElement::Audio | LoadingElement::Video | LoadingElement::Embed if is_ok => {
            loaded(String::new(), None)
        }
        LoadingElement::ClassicScript
        | LoadingElement::ModuleScript
        | LoadingElement::Stylesheet
        | LoadingElement::Audio
        | LoadingElement::Video
        | LoadingElement::Embed => ElementOutcome::Failed,
    }
}

/// The size of an image in pixels; `None` if the bytes are none. The status of the response does not matter.
///
/// MODEL: of an image only the head is read; one that is broken further on counts as whole. An SVG image is 300 by 150.
fn image_size(bytes: &[u8], mime_type: Option<&MimeType>) -> Option<(u32, u32)> {
    if mime_type.is_some_and(|it| it.essence() == "image/svg+xml") {
        return Some((300, 150));
    }
    let size = imagesize::blob_size(bytes).ok()?;
    Some((
        u32::try_from(size.width).ok()?,
        u32::try_from(size.height).ok()?,
    ))
}
