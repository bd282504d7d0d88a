//! `data:` URLs, with the scheme put in front or not.
#![no_main]

use crossexam_web::{data_url, mime};
use libfuzzer_sys::fuzz_target;
use url::Url;

fuzz_target!(|data: &str| {
    for text in [data.to_owned(), format!("data:{data}")] {
        let Ok(url) = Url::parse(&text) else { continue };
        match data_url::process(&url) {
            Some(it) => {
                assert_eq!(url.scheme(), "data");
                assert_eq!(mime::parse(&it.mime_type.to_string()), Some(it.mime_type));
                assert!(it.body.len() <= url.as_str().len());
            }
            None => {
                let before_fragment = &url[..url::Position::AfterQuery];
                let ill_formed = !before_fragment.contains(',')
                    || before_fragment.to_ascii_lowercase().contains("base64");
                assert!(url.scheme() != "data" || ill_formed);
            }
        }
    }
});
