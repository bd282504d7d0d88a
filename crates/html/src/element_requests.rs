//! What elements ask for when they load.

use std::rc::Rc;

use crossexam_fetch::request::{
    CredentialsMode, Destination, Initiator, InitiatorType, MediaRequestState, Mode,
    ParserMetadata, Referrer, translate_a_potential_destination,
};
use crossexam_fetch::{Environment, Request};
use crossexam_web::algorithm;
use url::Url;

use crate::cors_settings::{
    CorsSettings, SameOriginFallback, create_a_potential_cors_request, referrer_policy_of_attribute,
};

/// The attributes of an element that count for its request.
#[derive(Debug, Clone, Copy, Default)]
pub struct ElementAttributes<'a> {
    /// `crossorigin` as written; `None` if it is absent.
    pub cross_origin: Option<&'a str>,
    /// `referrerpolicy` as written.
    pub referrer_policy: Option<&'a str>,
    /// `integrity`
    pub integrity: &'a str,
    /// `nonce`
    pub nonce: &'a str,
    /// Whether the parser inserted the element.
    pub parser_inserted: bool,
}

/// A kind of media element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Media {
    /// `audio`
    Audio,
    /// `video`
    Video,
}

/// An element for content of a kind that its type decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Embedded {
    /// `embed`
    Embed,
    /// `object`
    Object,
}

fn potential_cors(
    url: Url,
    destination: Destination,
    initiator_type: InitiatorType,
    attributes: &ElementAttributes<'_>,
    client: &Rc<Environment>,
) -> Request {
    let mut request = create_a_potential_cors_request(
        url,
        destination,
        CorsSettings::of_attribute(attributes.cross_origin),
        SameOriginFallback::No,
    );
    request.client = Some(client.clone());
    request.initiator_type = Some(initiator_type);
    request.referrer_policy = referrer_policy_of_attribute(attributes.referrer_policy);
    request
}

fn parser_metadata(attributes: &ElementAttributes<'_>) -> ParserMetadata {
    if attributes.parser_inserted {
        ParserMetadata::ParserInserted
    } else {
        ParserMetadata::NotParserInserted
    }
}

/// The request of an `img`. `uses_source_set` says whether the image was chosen by `srcset` or `picture`.
#[algorithm(Html, "update-the-image-data", untraced)]
pub fn image_request(
    url: Url,
    uses_source_set: bool,
    attributes: &ElementAttributes<'_>,
    client: &Rc<Environment>,
) -> Request {
    /// 19. A potential-CORS request of destination "image" on behalf of the document.
    let mut request = potential_cors(
        url,
        Destination::Image,
        InitiatorType::Img,
        attributes,
        client,
    );
    if uses_source_set {
        /// 21. An image that was chosen says so.
        request.initiator = Initiator::ImageSet;
    }
    // MODEL: lazy loading is not modelled.
    request
}

fn image_of(url: Url, initiator_type: InitiatorType, client: &Rc<Environment>) -> Request {
    Request {
        client: Some(client.clone()),
        destination: Destination::Image,
        initiator_type: Some(initiator_type),
        credentials_mode: CredentialsMode::Include,
        use_url_credentials: true,
        ..Request::new(url)
    }
}

/// The request of an `input` of type `image`.
///
/// <https://html.spec.whatwg.org/multipage/input.html#image-button-state-(type=image)>
pub fn image_button_request(url: Url, client: &Rc<Environment>) -> Request {
    image_of(url, InitiatorType::Input, client)
}

/// The request of a `video` for its poster frame.
///
/// <https://html.spec.whatwg.org/multipage/media.html#the-video-element:poster-frame>
pub fn poster_request(url: Url, client: &Rc<Environment>) -> Request {
    image_of(url, InitiatorType::Video, client)
}

/// The request of an `image` of SVG.
///
/// <https://www.w3.org/TR/SVG2/linking.html#processingURL>
pub fn svg_image_request(
    url: Url,
    attributes: &ElementAttributes<'_>,
    client: &Rc<Environment>,
) -> Request {
    let mut request = potential_cors(
        url,
        Destination::Image,
        InitiatorType::Image,
        attributes,
        client,
    );
    // NB: there is no `referrerpolicy` in SVG.
    request.referrer_policy = None;
    request
}

/// The request of a `track`; `attributes` has the `crossorigin` of the media element. Without it only tracks of the same
/// origin are read.
#[algorithm(Html, "start-the-track-processing-model", untraced)]
pub fn track_request(
    url: Url,
    attributes: &ElementAttributes<'_>,
    client: &Rc<Environment>,
) -> Request {
    let mut request = create_a_potential_cors_request(
        url,
        Destination::Track,
        CorsSettings::of_attribute(attributes.cross_origin),
        SameOriginFallback::Yes,
    );
    request.client = Some(client.clone());
    request.initiator_type = Some(InitiatorType::Track);
    request
}

/// The request of a classic `script`.
#[algorithm(Html, "fetch-a-classic-script", untraced)]
pub fn classic_script_request(
    url: Url,
    attributes: &ElementAttributes<'_>,
    client: &Rc<Environment>,
) -> Request {
    /// 1. A potential-CORS request of destination "script".
    let mut request = potential_cors(
        url,
        Destination::Script,
        InitiatorType::Script,
        attributes,
        client,
    );
    /// 4. What the element says on integrity and where it came from.
    request.integrity_metadata = attributes.integrity.to_owned();
    request.cryptographic_nonce_metadata = attributes.nonce.to_owned();
    request.parser_metadata = parser_metadata(attributes);
    request
}

/// The request of a `script` of type `module`: always with CORS.
#[algorithm(Html, "fetch-a-single-module-script", untraced)]
pub fn module_script_request(
    url: Url,
    attributes: &ElementAttributes<'_>,
    client: &Rc<Environment>,
) -> Request {
    /// 8. A "cors" request
    let mut request = Request {
        destination: Destination::Script,
        mode: Mode::Cors,
        ..Request::new(url)
    };
    request.referrer = Referrer::Client;
    request.client = Some(client.clone());
    /// 11. of initiator type "script".
    request.initiator_type = Some(InitiatorType::Script);
    /// 12. What the element says on credentials, integrity and referrer.
    request.credentials_mode =
        CorsSettings::of_attribute(attributes.cross_origin).credentials_mode();
    request.referrer_policy = referrer_policy_of_attribute(attributes.referrer_policy);
    request.integrity_metadata = attributes.integrity.to_owned();
    request.cryptographic_nonce_metadata = attributes.nonce.to_owned();
    request.parser_metadata = parser_metadata(attributes);
    request
}

/// The request of a `link` with `rel=stylesheet`.
#[algorithm(Html, "create-a-link-request", untraced)]
pub fn stylesheet_request(
    url: Url,
    attributes: &ElementAttributes<'_>,
    client: &Rc<Environment>,
) -> Request {
    /// 5. A potential-CORS request of destination "style".
    let mut request = potential_cors(
        url,
        Destination::Style,
        InitiatorType::Css,
        attributes,
        client,
    );
    /// 7. With the element's integrity metadata.
    request.integrity_metadata = attributes.integrity.to_owned();
    request.cryptographic_nonce_metadata = attributes.nonce.to_owned();
    request
}

/// A `link` element whose resource is not a style sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link<'a> {
    /// `rel=icon`
    Icon,
    /// `rel=prefetch`
    Prefetch,
    /// `rel=preload`, with its `as`.
    Preload(&'a str),
}

/// The request of a `link`; `None` if its `as` is no destination.
///
/// MODEL: what is preloaded is not kept for a later fetch.
#[algorithm(Html, "create-a-link-request", untraced)]
pub fn link_request(
    link: Link<'_>,
    url: Url,
    attributes: &ElementAttributes<'_>,
    client: &Rc<Environment>,
) -> Option<Request> {
    let destination = match link {
        Link::Icon => Destination::Image,
        Link::Prefetch => Destination::Empty,
        Link::Preload(potential_destination) => {
            translate_a_potential_destination(potential_destination)?
        }
    };
    /// 5. A potential-CORS request of the destination that the link says.
    let mut request = potential_cors(url, destination, InitiatorType::Link, attributes, client);
    /// 7. With the element's integrity metadata.
    request.integrity_metadata = attributes.integrity.to_owned();
    request.cryptographic_nonce_metadata = attributes.nonce.to_owned();
    if link == Link::Prefetch {
        request.initiator = Initiator::Prefetch;
    }
    Some(request)
}

/// The request of an `audio` or a `video`.
///
/// MODEL: the whole resource is fetched at once, without ranges.
#[algorithm(Html, "concept-media-load-resource", untraced)]
pub fn media_request(
    media: Media,
    url: Url,
    attributes: &ElementAttributes<'_>,
    client: &Rc<Environment>,
) -> Request {
    let (destination, initiator_type) = match media {
        Media::Audio => (Destination::Audio, InitiatorType::Audio),
        Media::Video => (Destination::Video, InitiatorType::Video),
    };
    /// 5. A potential-CORS request on behalf of the document.
    let mut request = potential_cors(url, destination, initiator_type, attributes, client);
    // MODEL: all of it is asked for at once, which is the first part.
    request.media_request_state = MediaRequestState::Initial;
    // NB: media elements have no `referrerpolicy`.
    request.referrer_policy = None;
    request
}

/// The request of an `embed` or an `object`: made like a navigation, whatever comes of it.
#[algorithm(Html, "concept-embed-active", untraced)]
pub fn embedded_request(embedded: Embedded, url: Url, client: &Rc<Environment>) -> Request {
    let (destination, initiator_type) = match embedded {
        Embedded::Embed => (Destination::Embed, InitiatorType::Embed),
        Embedded::Object => (Destination::Object, InitiatorType::Object),
    };
    /// 2. A request of mode "navigate" with credentials.
    Request {
        client: Some(client.clone()),
        destination,
        credentials_mode: CredentialsMode::Include,
        mode: Mode::Navigate,
        initiator_type: Some(initiator_type),
        use_url_credentials: true,
        ..Request::new(url)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::tests::window_at;
    use crossexam_fetch::ReferrerPolicy;

    fn url() -> Url {
        Url::parse("https://alice.example/x").unwrap()
    }

    #[test]
    fn each_element_has_its_destination_mode_and_initiator() {
        let client = window_at("https://charlie.example/");
        let plain = ElementAttributes::default();
        let cases = [
            (
                image_request(url(), false, &plain, &client),
                "image",
                Mode::NoCors,
                "img",
            ),
            (
                classic_script_request(url(), &plain, &client),
                "script",
                Mode::NoCors,
                "script",
            ),
            (
                module_script_request(url(), &plain, &client),
                "script",
                Mode::Cors,
                "script",
            ),
            (
                stylesheet_request(url(), &plain, &client),
                "style",
                Mode::NoCors,
                "css",
            ),
            (
                link_request(Link::Prefetch, url(), &plain, &client).unwrap(),
                "",
                Mode::NoCors,
                "link",
            ),
            (
                link_request(Link::Icon, url(), &plain, &client).unwrap(),
                "image",
                Mode::NoCors,
                "link",
            ),
            (
                link_request(Link::Preload("font"), url(), &plain, &client).unwrap(),
                "font",
                Mode::NoCors,
                "link",
            ),
            (
                link_request(Link::Preload("fetch"), url(), &plain, &client).unwrap(),
                "",
                Mode::NoCors,
                "link",
            ),
            (
                image_button_request(url(), &client),
                "image",
                Mode::NoCors,
                "input",
            ),
            (
                poster_request(url(), &client),
                "image",
                Mode::NoCors,
                "video",
            ),
            (
                svg_image_request(url(), &plain, &client),
                "image",
                Mode::NoCors,
                "image",
            ),
            (
                track_request(url(), &plain, &client),
                "track",
                Mode::SameOrigin,
                "track",
            ),
            (
                media_request(Media::Audio, url(), &plain, &client),
                "audio",
                Mode::NoCors,
                "audio",
            ),
            (
                media_request(Media::Video, url(), &plain, &client),
                "video",
                Mode::NoCors,
                "video",
            ),
            (
                embedded_request(Embedded::Embed, url(), &client),
                "embed",
                Mode::Navigate,
                "embed",
            ),
            (
                embedded_request(Embedded::Object, url(), &client),
                "object",
                Mode::Navigate,
                "object",
            ),
        ];
        for (request, destination, mode, initiator_type) in cases {
            assert_eq!(request.destination.as_str(), destination);
            assert_eq!(request.mode, mode, "{destination}");
            assert_eq!(request.initiator_type.unwrap().as_str(), initiator_type);
            assert!(Rc::ptr_eq(request.client.as_ref().unwrap(), &client));
        }
    }

    #[test]
    fn a_preload_of_nothing_asks_for_nothing() {
        let client = window_at("https://charlie.example/");
        let plain = ElementAttributes::default();
        for nothing in ["", "empty", "everything"] {
            assert!(link_request(Link::Preload(nothing), url(), &plain, &client).is_none());
        }
    }

    #[test]
    fn an_image_that_was_chosen_says_so() {
        let client = window_at("https://charlie.example/");
        let plain = ElementAttributes::default();
        let chosen = image_request(url(), true, &plain, &client);
        assert_eq!(chosen.initiator, Initiator::ImageSet);
        let plain = image_request(url(), false, &plain, &client);
        assert_eq!(plain.initiator, Initiator::Empty);
    }

    #[test]
    fn images_of_buttons_and_posters_have_credentials() {
        let client = window_at("https://charlie.example/");
        for request in [
            image_button_request(url(), &client),
            poster_request(url(), &client),
        ] {
            assert_eq!(request.credentials_mode, CredentialsMode::Include);
            assert!(request.use_url_credentials);
        }
    }

    #[test]
    fn a_module_sends_credentials_only_when_told() {
        let client = window_at("https://charlie.example/");
        let mode = |cross_origin| {
            let attributes = ElementAttributes {
                cross_origin,
                ..ElementAttributes::default()
            };
            module_script_request(url(), &attributes, &client).credentials_mode
        };
        assert_eq!(mode(None), CredentialsMode::SameOrigin);
        assert_eq!(mode(Some("")), CredentialsMode::SameOrigin);
        assert_eq!(mode(Some("use-credentials")), CredentialsMode::Include);
    }

    #[test]
    fn attributes_reach_the_request() {
        let client = window_at("https://charlie.example/");
        let attributes = ElementAttributes {
            cross_origin: Some(""),
            referrer_policy: Some("origin"),
            integrity: "sha256-x",
            nonce: "",
            parser_inserted: true,
        };
        let request = classic_script_request(url(), &attributes, &client);
        assert_eq!(request.referrer_policy, Some(ReferrerPolicy::Origin));
        assert_eq!(request.integrity_metadata, "sha256-x");
        assert_eq!(request.parser_metadata, ParserMetadata::ParserInserted);
        assert_eq!(request.credentials_mode, CredentialsMode::SameOrigin);
    }
}
