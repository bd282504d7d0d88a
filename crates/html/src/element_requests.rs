//! What elements ask for when they load.

use std::rc::Rc;

use crossexam_fetch::request::{
    CredentialsMode, Destination, Initiator, InitiatorType, MediaRequestState, Mode,
    ParserMetadata, Referrer,
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

/// The request of an `img`.
#[algorithm(Html, "update-the-image-data", untraced)]
pub fn image_request(
    url: Url,
    attributes: &ElementAttributes<'_>,
    client: &Rc<Environment>,
) -> Request {
    /// 19. A potential-CORS request of destination "image" on behalf of the document.
    let request = potential_cors(
        url,
        Destination::Image,
        InitiatorType::Img,
        attributes,
        client,
    );
    // 21. MODEL: `srcset` (initiator "imageset") and lazy loading are not modelled.
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

/// The request of a `link` that only warms the network (`rel=prefetch` or `rel=preload`).
///
/// MODEL: the destination of a preload (its `as`) is not known here; both ask as a prefetch does, and nothing is kept
/// for a later fetch.
#[algorithm(Html, "create-a-link-request", untraced)]
pub fn prefetch_request(
    url: Url,
    attributes: &ElementAttributes<'_>,
    client: &Rc<Environment>,
) -> Request {
    /// 5. A potential-CORS request without destination.
    let mut request = potential_cors(
        url,
        Destination::Empty,
        InitiatorType::Link,
        attributes,
        client,
    );
    /// 7. With the element's integrity metadata.
    request.integrity_metadata = attributes.integrity.to_owned();
    request.cryptographic_nonce_metadata = attributes.nonce.to_owned();
    request.initiator = Initiator::Prefetch;
    request
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
                image_request(url(), &plain, &client),
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
                prefetch_request(url(), &plain, &client),
                "",
                Mode::NoCors,
                "link",
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
