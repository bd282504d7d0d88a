//! What elements load.

use std::rc::Rc;

use crossexam_fetch::response::is_ok_status;
use crossexam_fetch::{Body, FetchController, Request, Response, ResponseType};
use crossexam_html::decode::decode_text;
use crossexam_html::element_requests::{
    ElementAttributes, Embedded, Link, Media, classic_script_request, embedded_request,
    image_button_request, image_request, link_request, media_request, module_script_request,
    poster_request, stylesheet_request, svg_image_request, track_request,
};
use crossexam_html::media_queries::Viewport;
use crossexam_html::source_set::{SourceAttributes, select_an_image_source};
use crossexam_html::style_resources::{StyleResource, style_resource_request};
use crossexam_js::{ElementLoad, ElementOutcome, ImageSources, LoadingElement, OperationId};
use crossexam_web::mime::{MimeType, extract_a_mime_type};
use crossexam_web::sniff::audio_or_video_type;

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
        let request = url
            .ok()
            .and_then(|url| element_request(load, url, document));
        let cause = Cause {
            client: Some(document.holder(&self.name)),
            initiator: format!("<{}>", element_name(load.element)),
        };
        let element = load.element;
        let document = document.clone();
        self.spawn(&format!("loads a {}", element_name(element)), async move {
            let fetched = match request {
                // A URL that does not parse fails without a fetch, and so does what has no destination.
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
        LoadingElement::ImageButton => "input",
        LoadingElement::SvgImage => "image",
        LoadingElement::Track => "track",
        LoadingElement::StyleImage | LoadingElement::Font | LoadingElement::StyleImport => "style",
        LoadingElement::ClassicScript | LoadingElement::ModuleScript => "script",
        LoadingElement::Stylesheet
        | LoadingElement::Preload
        | LoadingElement::Prefetch
        | LoadingElement::Icon => "link",
        LoadingElement::Audio => "audio",
        LoadingElement::Video | LoadingElement::Poster => "video",
        LoadingElement::Embed => "embed",
        LoadingElement::Object => "object",
    }
}

fn element_request(load: &ElementLoad, url: url::Url, document: &Document) -> Option<Request> {
    let attributes = ElementAttributes {
        cross_origin: load.cross_origin.as_deref(),
        referrer_policy: load.referrer_policy.as_deref(),
        integrity: &load.integrity,
        nonce: &load.nonce,
        parser_inserted: load.parser_inserted,
    };
    let client = &document.environment;
    let link = |link| link_request(link, url.clone(), &attributes, client);
    let styled = |resource, url: url::Url| {
        let base = load.style_base.as_deref();
        let base = base.and_then(|base| url::Url::parse(base).ok());
        let base = base.unwrap_or_else(|| client.api_base_url.borrow().clone());
        style_resource_request(resource, url, base, load.origin_clean, client)
    };
    let request = match load.element {
        LoadingElement::StyleImage => styled(StyleResource::Image, url),
        LoadingElement::StyleImport => styled(StyleResource::Import, url),
        LoadingElement::Font => styled(StyleResource::Font, url),
        LoadingElement::Preload => {
            return link(Link::Preload(
                load.potential_destination.as_deref().unwrap_or_default(),
            ));
        }
        LoadingElement::Prefetch => return link(Link::Prefetch),
        LoadingElement::Icon => return link(Link::Icon),
        LoadingElement::Image => image_request(url, load.uses_source_set, &attributes, client),
        LoadingElement::ImageButton => image_button_request(url, client),
        LoadingElement::Poster => poster_request(url, client),
        LoadingElement::SvgImage => svg_image_request(url, &attributes, client),
        LoadingElement::Track => track_request(url, &attributes, client),
        LoadingElement::ClassicScript => classic_script_request(url, &attributes, client),
        LoadingElement::ModuleScript => module_script_request(url, &attributes, client),
        LoadingElement::Stylesheet => stylesheet_request(url, &attributes, client),
        LoadingElement::Audio => media_request(Media::Audio, url, &attributes, client),
        LoadingElement::Video => media_request(Media::Video, url, &attributes, client),
        LoadingElement::Embed => embedded_request(Embedded::Embed, url, client),
        LoadingElement::Object => embedded_request(Embedded::Object, url, client),
    };
    Some(request)
}

/// Which of its sources an `img` takes.
pub(crate) fn select_image_source(browser: &Inner, sources: &ImageSources) -> Option<String> {
    let picture: Vec<SourceAttributes<'_>> = sources
        .picture
        .iter()
        .map(|source| SourceAttributes {
            src: None,
            srcset: source.srcset.as_deref(),
            sizes: source.sizes.as_deref(),
            media: source.media.as_deref(),
            content_type: source.content_type.as_deref(),
        })
        .collect();
    let img = SourceAttributes {
        src: sources.src.as_deref(),
        srcset: sources.srcset.as_deref(),
        sizes: sources.sizes.as_deref(),
        ..SourceAttributes::default()
    };
    let selection = select_an_image_source(&picture, &img, &Viewport::default());
    for what in &selection.unmodelled {
        browser.unmodelled(what);
    }
    selection.source.map(|source| source.url)
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
        LoadingElement::Image
        | LoadingElement::ImageButton
        | LoadingElement::Poster
        | LoadingElement::SvgImage
        | LoadingElement::Icon
        | LoadingElement::StyleImage => match image_size(bytes, mime_type.as_ref()) {
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
        LoadingElement::Stylesheet | LoadingElement::StyleImport
            if is_ok
                && mime_type
                    .as_ref()
                    .is_some_and(|it| it.essence() == "text/css") =>
        {
            loaded(decode_text(bytes, mime_type.as_ref()).0, None)
        }
        LoadingElement::Preload | LoadingElement::Prefetch => loaded(String::new(), None),
        LoadingElement::Audio | LoadingElement::Video if is_ok && is_audio_or_video(bytes) => {
            loaded(String::new(), None)
        }
        LoadingElement::Track if is_ok && is_web_vtt(bytes) => loaded(String::new(), None),
        // MODEL: whatever comes is a font.
        LoadingElement::Font if is_ok => loaded(String::new(), None),
        LoadingElement::Embed | LoadingElement::Object if is_ok => loaded(String::new(), None),
        LoadingElement::ClassicScript
        | LoadingElement::ModuleScript
        | LoadingElement::Stylesheet
        | LoadingElement::Audio
        | LoadingElement::Video
        | LoadingElement::StyleImport
        | LoadingElement::Font
        | LoadingElement::Track
        | LoadingElement::Embed
        | LoadingElement::Object => ElementOutcome::Failed,
    }
}

/// Whether a media element can play these bytes.
///
/// MODEL: what begins like audio or video is taken for it.
fn is_audio_or_video(bytes: &[u8]) -> bool {
    audio_or_video_type(bytes).is_some()
}

/// Whether these bytes are a file of text tracks. <https://www.w3.org/TR/webvtt1/#webvtt-parser-algorithm>
///
/// MODEL: what follows the signature is not read.
fn is_web_vtt(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    bytes.strip_prefix(b"WEBVTT").is_some_and(|rest| {
        rest.first()
            .is_none_or(|next| matches!(next, b' ' | b'\t' | b'\n' | b'\r'))
    })
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
