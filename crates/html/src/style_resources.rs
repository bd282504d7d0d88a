//! The requests for what style sheets name.

use std::rc::Rc;

use crossexam_fetch::request::{CredentialsMode, Destination, InitiatorType, Mode, Referrer};
use crossexam_fetch::{Environment, Request};
use url::Url;

/// What a style sheet asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StyleResource {
    /// An image.
    Image,
    /// A font.
    Font,
    /// A further style sheet.
    Import,
}

/// The request for something that a style sheet names. `base` is the style resource base URL; `origin_clean` says whether
/// scripts may read the sheet.
///
/// "Fetch a style resource": <https://drafts.csswg.org/css-values-4/#fetch-a-style-resource>
pub fn style_resource_request(
    resource: StyleResource,
    url: Url,
    base: Url,
    origin_clean: bool,
    client: &Rc<Environment>,
) -> Request {
    let (destination, mode) = match resource {
        StyleResource::Image => (Destination::Image, Mode::NoCors),
        StyleResource::Import => (Destination::Style, Mode::NoCors),
        StyleResource::Font => (Destination::Font, Mode::Cors),
    };
    // 3. A request of the same origin's credentials;
    let mut request = Request {
        client: Some(client.clone()),
        destination,
        mode,
        credentials_mode: CredentialsMode::SameOrigin,
        use_url_credentials: true,
        ..Request::new(url)
    };
    if mode == Mode::NoCors {
        // 4. without CORS it has all credentials,
        request.credentials_mode = CredentialsMode::Include;
    } else {
        // 6. with CORS the sheet refers to it.
        request.referrer = Referrer::Url(base);
    }
    if origin_clean {
        // 7. Only of a sheet that scripts may read they learn who asked.
        request.initiator_type = Some(InitiatorType::Css);
    }
    request
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::tests::window_at;

    #[test]
    fn a_sheet_asks_with_credentials_and_for_fonts_with_cors() {
        let client = window_at("https://charlie.example/");
        let url = |path| {
            Url::parse("https://alice.example/")
                .unwrap()
                .join(path)
                .unwrap()
        };
        let request = |resource, origin_clean| {
            style_resource_request(resource, url("x"), url("sheet"), origin_clean, &client)
        };
        let image = request(StyleResource::Image, true);
        assert_eq!(
            (image.destination, image.mode),
            (Destination::Image, Mode::NoCors)
        );
        assert_eq!(image.credentials_mode, CredentialsMode::Include);
        assert_eq!(image.referrer, Referrer::Client);
        assert_eq!(image.initiator_type, Some(InitiatorType::Css));
        let font = request(StyleResource::Font, false);
        assert_eq!(
            (font.destination, font.mode),
            (Destination::Font, Mode::Cors)
        );
        assert_eq!(font.credentials_mode, CredentialsMode::SameOrigin);
        assert_eq!(font.referrer, Referrer::Url(url("sheet")));
        assert_eq!(font.initiator_type, None);
        let import = request(StyleResource::Import, true);
        assert_eq!(
            (import.destination, import.mode),
            (Destination::Style, Mode::NoCors)
        );
    }
}
