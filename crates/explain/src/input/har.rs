//! HAR files, of which only what is needed is kept: no bodies.
//!
//! <http://www.softwareishard.com/blog/har-12-spec/>

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::Found;
use crate::exchange::{Absence, Answered, Exchange};
use crate::explanation::Problem;

pub(super) fn read(bytes: &[u8]) -> Found {
    let mut har = Har::default();
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let outcome = Root(&mut har).deserialize(&mut deserializer);
    let mut found = Found {
        exchanges: har.exchanges,
        ..Found::default()
    };
    if let Err(error) = outcome {
        let entries = match found.exchanges.len() {
            1 => "1 entry".to_owned(),
            number => format!("{number} entries"),
        };
        let what = if error.is_eof() {
            format!("the HAR file breaks off after {entries}")
        } else {
            format!("the HAR file cannot be read beyond {entries}")
        };
        found.problem(Problem::of_json(&error, &what));
    }
    for (exchange, page) in found.exchanges.iter_mut().zip(har.pages_of) {
        let title = page.and_then(|page| har.pages.get(&page).cloned());
        exchange.page = title.filter(|title| title.contains("://"));
    }
    if har.without_headers > 0 {
        let what = match har.without_headers {
            1 => "1 answer has no headers in the file".to_owned(),
            number => format!("{number} answers have no headers in the file"),
        };
        found.problem(Problem::text(format!(
            "{what}: it came from a cache, or the browser kept them from the recording"
        )));
    }
    found
}

/// What was read so far.
#[derive(Default)]
struct Har {
    exchanges: Vec<Exchange>,
    /// The page of each exchange, by its id.
    pages_of: Vec<Option<String>>,
    /// Titles by id. In Chromium a page's title is its URL.
    pages: BTreeMap<String, String>,
    without_headers: usize,
}

/// A value of any kind, of which texts and numbers are kept.
#[derive(Debug, Default)]
enum Loose {
    Text(String),
    Number(f64),
    #[default]
    Other,
}

impl Loose {
    fn text(self) -> String {
        match self {
            Self::Text(text) => text,
            _ => String::new(),
        }
    }

    fn optional_text(self) -> Option<String> {
        Some(self.text()).filter(|text| !text.is_empty())
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "what is no status becomes one that is none"
    )]
    fn status(&self) -> u16 {
        match self {
            Self::Number(number) => *number as u16,
            Self::Text(text) => text.trim().parse().unwrap_or_default(),
            Self::Other => 0,
        }
    }
}

impl<'de> Deserialize<'de> for Loose {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Loose;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("any value")
            }
            fn visit_str<E>(self, text: &str) -> Result<Loose, E> {
                Ok(Loose::Text(text.to_owned()))
            }
            fn visit_u64<E>(self, number: u64) -> Result<Loose, E> {
                #[expect(clippy::cast_precision_loss, reason = "statuses are small")]
                Ok(Loose::Number(number as f64))
            }
            fn visit_i64<E>(self, _: i64) -> Result<Loose, E> {
                Ok(Loose::Other)
            }
            fn visit_f64<E>(self, number: f64) -> Result<Loose, E> {
                Ok(Loose::Number(number))
            }
            fn visit_bool<E>(self, _: bool) -> Result<Loose, E> {
                Ok(Loose::Other)
            }
            fn visit_unit<E>(self) -> Result<Loose, E> {
                Ok(Loose::Other)
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Loose, A::Error> {
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Loose::Other)
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Loose, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Loose::Other)
            }
        }
        deserializer.deserialize_any(Any)
    }
}

#[derive(Deserialize, Default)]
struct RawHeader {
    #[serde(default)]
    name: Loose,
    #[serde(default)]
    value: Loose,
}

#[derive(Deserialize, Default)]
struct RawRequest {
    #[serde(default)]
    method: Loose,
    #[serde(default)]
    url: Loose,
    #[serde(default)]
    headers: Option<Vec<RawHeader>>,
}

#[derive(Deserialize, Default)]
struct RawResponse {
    #[serde(default)]
    status: Loose,
    #[serde(default, rename = "statusText")]
    status_text: Loose,
    #[serde(default)]
    headers: Option<Vec<RawHeader>>,
    #[serde(default, rename = "_error")]
    error: Loose,
}

#[derive(Deserialize, Default)]
struct RawEntry {
    #[serde(default)]
    request: Option<RawRequest>,
    #[serde(default)]
    response: Option<RawResponse>,
    #[serde(default)]
    pageref: Loose,
    #[serde(default, rename = "_resourceType")]
    resource_type: Loose,
    #[serde(default, rename = "_fromCache")]
    from_cache: Loose,
}

#[derive(Deserialize, Default)]
struct RawPage {
    #[serde(default)]
    id: Loose,
    #[serde(default)]
    title: Loose,
}

fn fields(raw: Option<Vec<RawHeader>>) -> Vec<(String, String)> {
    raw.unwrap_or_default()
        .into_iter()
        .map(|header| (header.name.text(), header.value.text()))
        .filter(|(name, _)| !name.is_empty() && !name.starts_with(':'))
        .collect()
}

impl Har {
    fn entry(&mut self, raw: RawEntry) {
        let request = raw.request.unwrap_or_default();
        let response = raw.response.unwrap_or_default();
        let error = response.error.optional_text();
        let status = response.status.status();
        let headers = fields(response.headers);
        let (answer, absence) = if (100..1000).contains(&status) {
            self.without_headers += usize::from(headers.is_empty());
            let answer = Answered {
                status,
                reason: response.status_text.text(),
                headers,
            };
            (Some(answer), None)
        } else {
            let absence = error.map_or_else(
                || Absence::Unknown(String::new()),
                |error| Absence::of_chromium(&error),
            );
            (None, Some(absence))
        };
        self.pages_of.push(raw.pageref.optional_text());
        self.exchanges.push(Exchange {
            method: request.method.text(),
            url: request.url.text(),
            request_headers: fields(request.headers),
            answer,
            absence,
            page: None,
            resource_type: raw.resource_type.optional_text(),
            from_cache: raw.from_cache.optional_text().is_some(),
            has_request: true,
        });
    }
}

/// An object of which one member is looked at.
macro_rules! member_of {
    ($type:ident, $what:literal, |$har:ident, $map:ident, $key:ident| $take:expr) => {
        struct $type<'a>(&'a mut Har);

        impl<'de> DeserializeSeed<'de> for $type<'_> {
            type Value = ();
            fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
                deserializer.deserialize_map(self)
            }
        }

        impl<'de> Visitor<'de> for $type<'_> {
            type Value = ();
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str($what)
            }
            fn visit_map<A: MapAccess<'de>>(self, mut $map: A) -> Result<(), A::Error> {
                let $har = self.0;
                while let Some($key) = $map.next_key::<String>()? {
                    $take;
                }
                Ok(())
            }
        }
    };
}

member_of!(Root, "a HAR file", |har, map, key| {
    if key == "log" {
        map.next_value_seed(Log(har))?;
    } else {
        map.next_value::<IgnoredAny>()?;
    }
});

member_of!(Log, "the log of a HAR file", |har, map, key| {
    match &key[..] {
        "entries" => map.next_value_seed(Entries(har))?,
        "pages" => {
            let pages = map
                .next_value::<Option<Vec<RawPage>>>()?
                .unwrap_or_default();
            let pages = pages.into_iter();
            har.pages
                .extend(pages.map(|page| (page.id.text(), page.title.text())));
        }
        _ => {
            map.next_value::<IgnoredAny>()?;
        }
    }
});

struct Entries<'a>(&'a mut Har);

impl<'de> DeserializeSeed<'de> for Entries<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Entries<'_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the entries of a HAR file")
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while let Some(entry) = seq.next_element::<RawEntry>()? {
            self.0.entry(entry);
        }
        Ok(())
    }
}
