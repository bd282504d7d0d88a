//! Fetch Metadata: the `Sec-Fetch-*` headers, which tell a server where a request comes from and what for.
//!
//! Left out: `Sec-Fetch-Storage-Access`, which belongs to the Storage Access API.
//!
//! <https://w3c.github.io/webappsec-fetch-metadata/>

use crossexam_web::trustworthy::is_url_potentially_trustworthy;
use crossexam_web::{Trace, algorithm};

use crate::request::{Destination, Request, string_enum};

string_enum! {
    /// The value of `Sec-Fetch-Site`.
    SecFetchSite {
        None = "none",
        SameOrigin = "same-origin",
        SameSite = "same-site",
        CrossSite = "cross-site",
    }
}

/// Which URLs of a request `Sec-Fetch-Site` is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LooksAt {
    /// All, as it is specified.
    AllUrls,
    /// The current one alone, as some browsers have it for preflights.
    CurrentUrl,
}

/// Appends the Fetch metadata headers for a request.
///
/// SPEC: step 1 speaks of the request's URL, which is the first of its URL list. The tests that browsers share (web-platform-tests
/// `fetch/metadata/`, redirects from and to `http:`) look at the URL that is being fetched.
#[algorithm(
    FetchMetadata,
    "abstract-opdef-append-the-fetch-metadata-headers-for-a-request"
)]
pub fn append_the_fetch_metadata_headers_for_a_request(
    request: &mut Request,
    looks_at: LooksAt,
    trace: &Trace,
) {
    /// 1. Whoever listens on an insecure channel is told nothing.
    if !is_url_potentially_trustworthy(request.current_url()) {
        return;
    }
    // NB: a token or `?1` is its own serialization as a structured field value.
    let destination = match request.destination {
        Destination::Empty => "empty",
        destination => destination.as_str(),
    };
    /// 2. What is it for?
    request.header_list.set("Sec-Fetch-Dest", destination);
    /// 3. In which mode?
    request
        .header_list
        .set("Sec-Fetch-Mode", request.mode.as_str());
    let site = sec_fetch_site(request, looks_at);
    trace.fact("Sec-Fetch-Site", || site.as_str());
    /// 4. From where, seen from the target?
    request.header_list.set("Sec-Fetch-Site", site.as_str());
    if request.is_navigation() && request.user_activation {
        /// 5. Did the user do something?
        request.header_list.set("Sec-Fetch-User", "?1");
    }
}

/// The value of `Sec-Fetch-Site`: the worst of all URLs of the request, and not of the current one alone.
#[algorithm(FetchMetadata, "abstract-opdef-set-site", untraced)]
pub fn sec_fetch_site(request: &Request, looks_at: LooksAt) -> SecFetchSite {
    /// 3. At best it is the own origin.
    let mut value = SecFetchSite::SameOrigin;
    if is_caused_by_the_user_alone(request) {
        /// 4. No site has a part in what the user does with the browser itself.
        return SecFetchSite::None;
    }
    let origin = request.origin();
    /// 5. Go through the URLs.
    let passed = match looks_at {
        LooksAt::AllUrls => 0,
        LooksAt::CurrentUrl => request.url_list.len() - 1,
    };
    for url in &request.url_list[passed..] {
        if origin.is_same_origin_with_url(url) {
            /// 5.1. The own origin changes nothing.
            continue;
        }
        if !origin.is_same_site_with_url(url) {
            /// 5.3. Another site is the worst.
            value = SecFetchSite::CrossSite;
            break;
        }
        /// 5.4. Another origin of the own site.
        value = SecFetchSite::SameSite;
    }
    value
}

/// Whether a request is a navigation that the user began with the browser itself (typed, a bookmark) and not with a page.
fn is_caused_by_the_user_alone(request: &Request) -> bool {
    request.destination == Destination::Document
        && request.client.is_none()
        && request.top_level_navigation_initiator_origin.is_none()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::Mode;
    use crossexam_web::Origin;

    fn request(origin: &str, urls: &[&str]) -> Request {
        let url = |text: &&str| text.parse().expect("a URL");
        let mut request = Request::new(url(&urls[0]));
        request.url_list = urls.iter().map(url).collect();
        request.origin = Some(Origin::of_url(&url(&origin)).unwrap_or_else(|| Origin::opaque(1)));
        request
    }

    fn headers(mut request: Request) -> Vec<(String, String)> {
        append_the_fetch_metadata_headers_for_a_request(
            &mut request,
            LooksAt::AllUrls,
            &Trace::off(),
        );
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("ASCII");
        request
            .header_list
            .iter()
            .map(|h| (text(&h.name), text(&h.value)))
            .collect()
    }

    fn site(origin: &str, urls: &[&str]) -> &'static str {
        sec_fetch_site(&request(origin, urls), LooksAt::AllUrls).as_str()
    }

    #[test]
    fn the_site_of_one_url() {
        let page = "https://www.alice.example/";
        assert_eq!(site(page, &["https://www.alice.example/x"]), "same-origin");
        assert_eq!(site(page, &["https://alice.example/x"]), "same-site");
        assert_eq!(
            site(page, &["https://www.alice.example:8443/x"]),
            "same-site"
        );
        assert_eq!(site(page, &["https://charlie.example/x"]), "cross-site");
        assert_eq!(
            site(
                "http://www.alice.example/",
                &["https://www.alice.example/x"]
            ),
            "cross-site"
        );
        assert_eq!(
            site("data:,", &["https://www.alice.example/x"]),
            "cross-site"
        );
    }

    #[test]
    fn the_worst_url_of_a_redirect_chain_decides() {
        let page = "https://alice.example/";
        let own = "https://alice.example/1";
        let sibling = "https://www.alice.example/2";
        let other = "https://charlie.example/3";
        assert_eq!(site(page, &[own, sibling]), "same-site");
        assert_eq!(site(page, &[own, sibling, own]), "same-site");
        assert_eq!(site(page, &[own, sibling, other]), "cross-site");
        assert_eq!(site(page, &[own, other, own]), "cross-site");
        assert_eq!(site(page, &[other, sibling]), "cross-site");
    }

    #[test]
    fn a_page_cannot_pass_for_the_user() {
        let mut navigation = request("https://charlie.example/", &["https://alice.example/"]);
        navigation.destination = Destination::Document;
        navigation.mode = Mode::Navigate;
        navigation.origin = Some(Origin::opaque(1));
        assert_eq!(
            sec_fetch_site(&navigation, LooksAt::AllUrls),
            SecFetchSite::None,
            "typed"
        );
        navigation
            .url_list
            .push("https://bob.example/".parse().expect("a URL"));
        assert_eq!(
            sec_fetch_site(&navigation, LooksAt::AllUrls),
            SecFetchSite::None,
            "through a short link"
        );
        navigation.top_level_navigation_initiator_origin = navigation.origin.clone();
        assert_eq!(
            sec_fetch_site(&navigation, LooksAt::AllUrls),
            SecFetchSite::CrossSite,
            "from a sandboxed page"
        );
        navigation.top_level_navigation_initiator_origin = None;
        navigation.destination = Destination::Iframe;
        assert_eq!(
            sec_fetch_site(&navigation, LooksAt::AllUrls),
            SecFetchSite::CrossSite,
            "in a frame"
        );
    }

    #[test]
    fn all_four_headers() {
        let own = |list: &[(&str, &str)]| -> Vec<(String, String)> {
            list.iter()
                .map(|&(name, value)| (name.to_owned(), value.to_owned()))
                .collect()
        };
        let mut fetched = request("https://alice.example/", &["https://alice.example/"]);
        fetched.mode = Mode::Cors;
        fetched.user_activation = true;
        let expected = [
            ("Sec-Fetch-Dest", "empty"),
            ("Sec-Fetch-Mode", "cors"),
            ("Sec-Fetch-Site", "same-origin"),
        ];
        assert_eq!(headers(fetched), own(&expected), "a fetch is no navigation");
        let mut framed = request("https://charlie.example/", &["https://alice.example/"]);
        framed.mode = Mode::Navigate;
        framed.destination = Destination::Iframe;
        framed.user_activation = true;
        let expected = [
            ("Sec-Fetch-Dest", "iframe"),
            ("Sec-Fetch-Mode", "navigate"),
            ("Sec-Fetch-Site", "cross-site"),
            ("Sec-Fetch-User", "?1"),
        ];
        assert_eq!(headers(framed), own(&expected));
    }

    #[test]
    fn insecure_urls_are_told_nothing() {
        let page = "https://alice.example/";
        assert_eq!(headers(request(page, &["http://alice.example/"])), []);
        assert_eq!(
            headers(request(page, &[page, "http://alice.example/"])),
            [],
            "a downgrade"
        );
        assert_eq!(
            headers(request(page, &["http://alice.example/", page])).len(),
            3,
            "an upgrade"
        );
        assert_eq!(headers(request(page, &["http://localhost/"])).len(), 3);
    }
}
