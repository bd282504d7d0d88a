//! Links into the standards.

use crossexam_web::Standard;
use url::Url;

/// The short names of the standards, as scenario files write them.
pub const STANDARDS: [(&str, Standard); 12] = [
    ("fetch", Standard::Fetch),
    ("html", Standard::Html),
    ("xhr", Standard::Xhr),
    ("url", Standard::Url),
    ("mimesniff", Standard::MimeSniff),
    ("cookies", Standard::Cookies),
    ("referrer-policy", Standard::ReferrerPolicy),
    ("fetch-metadata", Standard::FetchMetadata),
    ("secure-contexts", Standard::SecureContexts),
    ("mixed-content", Standard::MixedContent),
    ("csp", Standard::Csp),
    ("http", Standard::Http),
];

/// The address that `fetch#concept-cors-check`, or a whole address, stands for.
///
/// # Errors
///
/// What is wrong with it, in words.
pub fn standard_link(link: &str) -> Result<String, String> {
    if link.starts_with("https://") {
        return Url::parse(link)
            .map(String::from)
            .map_err(|error| error.to_string());
    }
    let Some((name, anchor)) = link.split_once('#') else {
        return Err("expected `standard#anchor`".to_owned());
    };
    let Some((_, standard)) = STANDARDS.iter().find(|(short, _)| *short == name) else {
        return Err(
            match crate::diagnostic::nearest(name, STANDARDS.iter().map(|(short, _)| *short)) {
                Some(word) => format!("did you mean `{word}#{anchor}`?"),
                None => format!("there is no standard `{name}`"),
            },
        );
    };
    // The multipage edition of HTML has its anchors on many pages; the single page has them all.
    let base = match standard {
        Standard::Html => "https://html.spec.whatwg.org/",
        _ => standard.url(),
    };
    Ok(format!("{base}#{anchor}"))
}
