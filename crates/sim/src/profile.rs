//! Browser profiles: the choices that the standards leave to a browser, and where one deviates, as data.
//!
//! A profile is a TOML text. `profiles/standard.toml` has every key with its meaning; any other profile inherits from a
//! profile and lists its deviations, each with its source.

use std::fmt;
use std::ops::Range;
use std::time::Duration;

use bytes::Bytes;
use crossexam_cookies::SameSiteDefault;
use crossexam_fetch::opaque_response_blocking::OpaqueResponseBlocking;
use crossexam_fetch::third_party_cookies::ThirdPartyCookies;
use crossexam_fetch::{Choices, ReferrerPolicy};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::dns::Pinning;

/// The profiles that come with the crate: name and text, in the order in which they are listed. A profile that inherits
/// stands below the one it inherits from.
const BUILT_IN: &[(&str, &str)] = &[
    ("standard", include_str!("../profiles/standard.toml")),
    ("chromium", include_str!("../profiles/chromium.toml")),
    ("firefox", include_str!("../profiles/firefox.toml")),
    ("webkit", include_str!("../profiles/webkit.toml")),
    ("classic", include_str!("../profiles/classic.toml")),
];

/// A browser profile.
#[derive(Debug, Clone)]
pub struct Profile {
    /// What it is called.
    pub name: String,
    /// What it is, in a few words.
    pub title: String,
    /// What fetching needs to know of it.
    pub choices: Choices,
    /// How long it keeps to an address.
    pub pinning: Pinning,
    /// Where it deviates from the profile it inherits from, in order; those of the profiles further up first.
    pub deviations: Vec<Deviation>,
}

/// A place where a profile deviates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deviation {
    /// The key.
    pub key: String,
    /// Where this can be looked up: a URL, or an observation's id.
    pub source: String,
    /// What is known of it, in a few words.
    pub note: String,
}

/// A mistake in a profile.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct ProfileError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong, and what was expected.
    pub what: String,
}

/// There is no profile of that name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no browser profile `{name}`{}; there are: {}", suggestion(.nearest), .known.join(", "))]
pub struct UnknownProfile {
    /// The name.
    pub name: String,
    /// The name that was perhaps meant.
    pub nearest: Option<&'static str>,
    /// All names.
    pub known: Vec<&'static str>,
}

fn suggestion(nearest: &Option<&'static str>) -> String {
    nearest
        .map(|nearest| format!(", perhaps `{nearest}` is meant"))
        .unwrap_or_default()
}

type Apply = fn(&mut Profile, &DeValue<'_>) -> Result<(), &'static str>;

/// The keys, and how a value takes effect. `Err` says what is expected.
const SETTINGS: &[(&str, Apply)] = &[
    ("user_agent", |profile, value| {
        profile.choices.default_user_agent = Bytes::copy_from_slice(text(value)?.as_bytes());
        Ok(())
    }),
    ("accept_language", |profile, value| {
        profile.choices.accept_language = Bytes::copy_from_slice(text(value)?.as_bytes());
        Ok(())
    }),
    ("default_referrer_policy", |profile, value| {
        let policy = value.as_str().and_then(ReferrerPolicy::from_keyword);
        profile.choices.default_referrer_policy = policy.ok_or("a referrer policy")?;
        Ok(())
    }),
    ("fetch_metadata", |profile, value| {
        profile.choices.fetch_metadata = truth(value)?;
        Ok(())
    }),
    ("local_network_access", |profile, value| {
        profile.choices.local_network_access = truth(value)?;
        Ok(())
    }),
    ("third_party_cookies", |profile, value| {
        profile.choices.third_party_cookies = value
            .as_str()
            .and_then(ThirdPartyCookies::from_keyword)
            .ok_or("\"allow\", \"block\" or \"partition\"")?;
        Ok(())
    }),
    ("opaque_response_blocking", |profile, value| {
        profile.choices.opaque_response_blocking = value
            .as_str()
            .and_then(OpaqueResponseBlocking::from_keyword)
            .ok_or("\"none\", \"specified\" or \"chromium\"")?;
        Ok(())
    }),
    ("hsts", |profile, value| {
        profile.choices.hsts = truth(value)?;
        Ok(())
    }),
    ("upgrade_insecure_requests_header", |profile, value| {
        profile.choices.upgrade_insecure_requests_header = truth(value)?;
        Ok(())
    }),
    ("preflight_max_age_limit", |profile, value| {
        profile.choices.preflight_max_age_limit = limit(value)?;
        Ok(())
    }),
    ("http_cache", |profile, value| {
        profile.choices.http_cache = truth(value)?;
        Ok(())
    }),
    ("cookies", |profile, value| {
        profile.choices.cookies_disabled = !truth(value)?;
        Ok(())
    }),
    ("preflights_follow_cache_mode", |profile, value| {
        profile.choices.departures.preflights_follow_cache_mode = truth(value)?;
        Ok(())
    }),
    ("preflight_site_of_the_current_url", |profile, value| {
        profile.choices.departures.preflight_site_of_the_current_url = truth(value)?;
        Ok(())
    }),
    ("preflights_tell_a_tainted_origin", |profile, value| {
        profile.choices.departures.preflights_tell_a_tainted_origin = truth(value)?;
        Ok(())
    }),
    (
        "opaque_origins_are_told_with_credentials",
        |profile, value| {
            profile
                .choices
                .departures
                .opaque_origins_are_told_with_credentials = truth(value)?;
            Ok(())
        },
    ),
    ("redirects_need_a_location", |profile, value| {
        profile.choices.departures.redirects_need_a_location = truth(value)?;
        Ok(())
    }),
    ("redirects_have_no_credentials", |profile, value| {
        profile.choices.departures.redirects_have_no_credentials = truth(value)?;
        Ok(())
    }),
    ("null_body_statuses_have_a_body", |profile, value| {
        profile.choices.departures.null_body_statuses_have_a_body = truth(value)?;
        Ok(())
    }),
    ("head_responses_have_a_body", |profile, value| {
        profile.choices.departures.head_responses_have_a_body = truth(value)?;
        Ok(())
    }),
    ("safelist_looks_at_combined_values", |profile, value| {
        profile.choices.departures.safelist_looks_at_combined_values = truth(value)?;
        Ok(())
    }),
    ("safelisted_values_have_no_limit", |profile, value| {
        profile.choices.departures.safelisted_values_have_no_limit = truth(value)?;
        Ok(())
    }),
    ("user_agent_is_safelisted", |profile, value| {
        profile.choices.departures.user_agent_is_safelisted = truth(value)?;
        Ok(())
    }),
    ("preflights_stay_after_redirects", |profile, value| {
        profile.choices.departures.preflights_stay_after_redirects = truth(value)?;
        Ok(())
    }),
    ("last_content_type_counts", |profile, value| {
        profile.choices.departures.last_content_type_counts = truth(value)?;
        Ok(())
    }),
    ("response_headers_are_merged", |profile, value| {
        profile.choices.departures.response_headers_are_merged = truth(value)?;
        Ok(())
    }),
    ("unknown_resource_policies_allow", |profile, value| {
        profile.choices.departures.unknown_resource_policies_allow = truth(value)?;
        Ok(())
    }),
    ("blob_documents_refer_as_their_makers", |profile, value| {
        profile
            .choices
            .departures
            .blob_documents_refer_as_their_makers = truth(value)?;
        Ok(())
    }),
    ("other_sites_learn_the_origin_at_most", |profile, value| {
        profile
            .choices
            .departures
            .other_sites_learn_the_origin_at_most = truth(value)?;
        Ok(())
    }),
    ("same_site_attribute", |profile, value| {
        profile.choices.cookie_policy.same_site_attribute = truth(value)?;
        Ok(())
    }),
    ("same_site_default", |profile, value| {
        profile.choices.cookie_policy.same_site_default = match value.as_str() {
            Some("none") => SameSiteDefault::None,
            Some("unset") => SameSiteDefault::Unset,
            Some("lax") => SameSiteDefault::Lax,
            Some("lax-allowing-unsafe") => SameSiteDefault::LaxAllowingUnsafe,
            _ => return Err("\"none\", \"unset\", \"lax\" or \"lax-allowing-unsafe\""),
        };
        Ok(())
    }),
    ("cookie_name_prefixes", |profile, value| {
        profile.choices.cookie_policy.name_prefixes = truth(value)?;
        Ok(())
    }),
    ("protects_secure_cookies", |profile, value| {
        profile.choices.cookie_policy.protects_secure_cookies = truth(value)?;
        Ok(())
    }),
    ("cookie_age_limit_days", |profile, value| {
        let days = limit(value)?;
        profile.choices.cookie_policy.age_limit =
            days.map(|days| Duration::from_secs(days.saturating_mul(24 * 60 * 60)));
        Ok(())
    }),
    ("cookies_per_host", |profile, value| {
        profile.choices.cookie_policy.per_host_limit = count(value)?;
        Ok(())
    }),
    ("cookies_in_total", |profile, value| {
        profile.choices.cookie_policy.total_limit = count(value)?;
        Ok(())
    }),
    ("dns_pinning", |profile, value| {
        profile.pinning = match (value.as_str(), number(value)) {
            (Some("none"), _) => Pinning::TimeToLive,
            (Some("forever"), _) => Pinning::Forever,
            (_, Some(seconds)) => Pinning::AtLeast(Duration::from_secs(seconds)),
            _ => return Err("a number of seconds, \"none\" or \"forever\""),
        };
        Ok(())
    }),
];

fn text<'a>(value: &'a DeValue<'_>) -> Result<&'a str, &'static str> {
    value.as_str().ok_or("a string")
}

fn truth(value: &DeValue<'_>) -> Result<bool, &'static str> {
    value.as_bool().ok_or("true or false")
}

fn number(value: &DeValue<'_>) -> Option<u64> {
    let integer = value.as_integer()?;
    u64::from_str_radix(integer.as_str(), integer.radix()).ok()
}

fn limit(value: &DeValue<'_>) -> Result<Option<u64>, &'static str> {
    match (value.as_str(), number(value)) {
        (Some("none"), _) => Ok(None),
        (_, Some(number)) => Ok(Some(number)),
        _ => Err("a whole number, or \"none\" for no limit"),
    }
}

fn count(value: &DeValue<'_>) -> Result<usize, &'static str> {
    number(value)
        .and_then(|number| usize::try_from(number).ok())
        .ok_or("a whole number")
}

impl Profile {
    /// The names of the profiles that come with the crate.
    pub fn names() -> impl Iterator<Item = &'static str> {
        BUILT_IN.iter().map(|(name, _)| *name)
    }

    /// All profiles that come with the crate.
    pub fn all() -> Vec<Self> {
        Self::names()
            .filter_map(|name| Self::by_name(name).ok())
            .collect()
    }

    /// The profile of this name.
    ///
    /// # Errors
    ///
    /// There is none, with the nearest name.
    ///
    /// # Panics
    ///
    /// If one of the texts that come with the crate has a mistake; a test reads them all.
    pub fn by_name(name: &str) -> Result<Self, UnknownProfile> {
        match BUILT_IN.iter().find(|(known, _)| *known == name) {
            Some((name, text)) => {
                Ok(Self::parse(text)
                    .unwrap_or_else(|error| panic!("profiles/{name}.toml, {error}")))
            }
            None => {
                let known: Vec<_> = Self::names().collect();
                Err(UnknownProfile {
                    name: name.to_owned(),
                    nearest: nearest(name, known.iter().copied()),
                    known,
                })
            }
        }
    }

    /// A profile from its text.
    ///
    /// # Errors
    ///
    /// The first mistake, with its line.
    pub fn parse(text: &str) -> Result<Self, ProfileError> {
        let reader = Reader { text };
        let table = DeTable::parse(text).map_err(|error| ProfileError {
            line: reader.line(error.span().unwrap_or_default()),
            what: error.message().to_owned(),
        })?;
        let table = table.get_ref();
        let mut profile = match table.get("inherits") {
            None => Self {
                name: String::new(),
                title: String::new(),
                choices: Choices::default(),
                pinning: Pinning::default(),
                deviations: Vec::new(),
            },
            Some(parent) => {
                let name = reader.string(parent, "the name of a profile")?;
                Self::by_name(name).map_err(|error| reader.error(parent, error))?
            }
        };
        profile.name = reader.required(table, "name")?.to_owned();
        profile.title = reader.required(table, "title")?.to_owned();
        if table.contains_key("inherits") {
            reader.deviations(table, &mut profile)?;
        } else {
            reader.settings(table, &mut profile)?;
        }
        Ok(profile)
    }
}

fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    known
        .map(|candidate| (strsim::jaro_winkler(word, candidate), candidate))
        .filter(|(likeness, _)| *likeness > 0.75)
        .max_by(|(one, _), (other, _)| one.total_cmp(other))
        .map(|(_, candidate)| candidate)
}

struct Reader<'a> {
    text: &'a str,
}

impl Reader<'_> {
    fn line(&self, span: Range<usize>) -> usize {
        self.text.as_bytes()[..span.start.min(self.text.len())]
            .iter()
            .filter(|byte| **byte == b'\n')
            .count()
            + 1
    }

    fn error<T>(&self, at: &Spanned<T>, what: impl fmt::Display) -> ProfileError {
        ProfileError {
            line: self.line(at.span()),
            what: what.to_string(),
        }
    }

    fn string<'t>(
        &self,
        value: &'t Spanned<DeValue<'_>>,
        what: &str,
    ) -> Result<&'t str, ProfileError> {
        value
            .get_ref()
            .as_str()
            .ok_or_else(|| self.error(value, format!("expected {what}, as a string")))
    }

    fn required<'t>(&self, table: &'t DeTable<'_>, key: &str) -> Result<&'t str, ProfileError> {
        let value = table.get(key).ok_or_else(|| ProfileError {
            line: 1,
            what: format!("`{key}` is missing"),
        })?;
        self.string(value, key)
    }

    fn unknown<T>(&self, at: &Spanned<T>, key: &str, known: &[&str]) -> ProfileError {
        let nearest = nearest(key, known.iter().copied());
        let hint = nearest
            .map(|nearest| format!(", perhaps `{nearest}` is meant"))
            .unwrap_or_default();
        self.error(at, format!("there is no key `{key}`{hint}"))
    }

    /// A profile of its own: every key once, none missing.
    fn settings(&self, table: &DeTable<'_>, profile: &mut Profile) -> Result<(), ProfileError> {
        let mut known = vec!["name", "title", "inherits"];
        known.extend(SETTINGS.iter().map(|(key, _)| *key));
        for (key, value) in table {
            match SETTINGS.iter().find(|(known, _)| *known == key.get_ref()) {
                Some((_, apply)) => self.apply(*apply, key.get_ref(), value, profile)?,
                None if known.contains(&&**key.get_ref()) => {}
                None => return Err(self.unknown(key, key.get_ref(), &known)),
            }
        }
        match SETTINGS.iter().find(|(key, _)| !table.contains_key(*key)) {
            Some((key, _)) => Err(ProfileError {
                line: 1,
                what: format!(
                    "`{key}` is missing; a profile that inherits from none has every key"
                ),
            }),
            None => Ok(()),
        }
    }

    /// A profile that inherits: nothing but deviations, each with its source.
    fn deviations(&self, table: &DeTable<'_>, profile: &mut Profile) -> Result<(), ProfileError> {
        const KNOWN: &[&str] = &["name", "title", "inherits", "deviation"];
        for (key, value) in table {
            let name = key.get_ref();
            if SETTINGS.iter().any(|(known, _)| known == name) {
                let what = format!(
                    "a profile that inherits says `{name}` under [[deviation]], with its source"
                );
                return Err(self.error(key, what));
            }
            if !KNOWN.contains(&&**name) {
                return Err(self.unknown(key, name, KNOWN));
            }
            if name != "deviation" {
                continue;
            }
            let list = value.get_ref().as_array();
            for entry in list
                .ok_or_else(|| self.error(value, "expected [[deviation]]"))?
                .iter()
            {
                let fields = entry
                    .get_ref()
                    .as_table()
                    .ok_or_else(|| self.error(entry, "expected [[deviation]]"))?;
                self.deviation(entry, fields, profile)?;
            }
        }
        Ok(())
    }

    fn deviation(
        &self,
        entry: &Spanned<DeValue<'_>>,
        fields: &DeTable<'_>,
        profile: &mut Profile,
    ) -> Result<(), ProfileError> {
        const KNOWN: &[&str] = &["key", "value", "source", "note"];
        for field in fields.keys() {
            if !KNOWN.contains(&&**field.get_ref()) {
                return Err(self.unknown(field, field.get_ref(), KNOWN));
            }
        }
        let field = |name: &str| {
            fields
                .get(name)
                .ok_or_else(|| self.error(entry, format!("the deviation has no `{name}`")))
        };
        let key_value = field("key")?;
        let key = self.string(key_value, "key")?;
        let known: Vec<_> = SETTINGS.iter().map(|(key, _)| *key).collect();
        let setting = SETTINGS.iter().find(|(known, _)| *known == key);
        let (_, apply) = setting.ok_or_else(|| self.unknown(key_value, key, &known))?;
        self.apply(*apply, key, field("value")?, profile)?;
        let source = self.string(field("source")?, "source")?.trim();
        if source.is_empty() {
            return Err(self.error(entry, format!("the deviation of `{key}` names no source")));
        }
        let note = self.string(field("note")?, "note")?;
        let deviation = Deviation {
            key: key.to_owned(),
            source: source.to_owned(),
            note: note.to_owned(),
        };
        profile.deviations.push(deviation);
        Ok(())
    }

    fn apply(
        &self,
        apply: Apply,
        key: &str,
        value: &Spanned<DeValue<'_>>,
        profile: &mut Profile,
    ) -> Result<(), ProfileError> {
        apply(profile, value.get_ref())
            .map_err(|expected| self.error(value, format!("`{key}`: expected {expected}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_profile_reads_and_is_called_as_its_file() {
        let names: Vec<_> = Profile::all()
            .into_iter()
            .map(|profile| profile.name)
            .collect();
        assert_eq!(
            names,
            ["standard", "chromium", "firefox", "webkit", "classic"]
        );
        assert_eq!(names, Profile::names().collect::<Vec<_>>());
    }

    #[test]
    fn standard_is_what_the_model_does_by_itself_and_deviates_nowhere() {
        let standard = Profile::by_name("standard").unwrap();
        let by_itself = Choices {
            default_user_agent: standard.choices.default_user_agent.clone(),
            ..Choices::default()
        };
        assert_eq!(format!("{:?}", standard.choices), format!("{by_itself:?}"));
        assert_eq!(standard.pinning, Pinning::TimeToLive);
        assert_eq!(standard.deviations, []);
    }

    #[test]
    fn classic_is_a_browser_from_before_same_site() {
        let classic = Profile::by_name("classic").unwrap();
        assert_eq!(
            classic.choices.cookie_policy,
            crossexam_cookies::CookiePolicy::classic()
        );
        assert_eq!(
            classic.choices.default_referrer_policy,
            ReferrerPolicy::NoReferrerWhenDowngrade
        );
        assert!(!classic.choices.fetch_metadata);
        assert_eq!(classic.choices.preflight_max_age_limit, Some(600));
        assert_eq!(classic.choices.accept_language, "en", "inherited");
    }

    #[test]
    fn todays_browsers_remember_permission_for_as_long_as_they_are_known_to() {
        let limit = |name: &str| {
            let profile = Profile::by_name(name).unwrap();
            profile.choices.preflight_max_age_limit
        };
        assert_eq!(limit("standard"), None);
        assert_eq!(limit("chromium"), Some(7200));
        assert_eq!(limit("firefox"), Some(86_400));
        assert_eq!(limit("webkit"), Some(600));
    }

    #[test]
    fn every_deviation_changes_something_and_cites_a_url_or_an_observation() {
        let standard = format!("{:?}", Profile::by_name("standard").unwrap().choices);
        for profile in Profile::all() {
            for deviation in &profile.deviations {
                assert!(
                    deviation.source.starts_with("https://")
                        || deviation.source.starts_with("tests/observations/"),
                    "{}: {}",
                    profile.name,
                    deviation.key
                );
                assert!(
                    !deviation.note.is_empty(),
                    "{}: {}",
                    profile.name,
                    deviation.key
                );
            }
            assert_eq!(
                profile.deviations.is_empty(),
                format!("{:?}", profile.choices) == standard,
                "{}",
                profile.name
            );
        }
    }

    #[test]
    fn mistakes_are_reported_with_line_and_nearest_word() {
        let inherits = "name = \"x\"\ntitle = \"x\"\ninherits = \"standard\"\n";
        for (text, expected) in [
            ("nme = \"x\"", "line 1: `name` is missing"),
            (
                "name = \"x\"\ntitle = \"x\"\nfetch_metdata = true",
                "line 3: there is no key `fetch_metdata`, perhaps `fetch_metadata` is meant",
            ),
            (
                "name = \"x\"\ntitle = \"x\"\n",
                "line 1: `user_agent` is missing; a profile that inherits from none has every key",
            ),
            ("name = 1", "line 1: expected name, as a string"),
            (
                "name = \"x\"\ntitle = \"x\"\ninherits = \"standart\"",
                "line 3: there is no browser profile `standart`, perhaps `standard` is meant; there are: standard, chromium, firefox, webkit, classic",
            ),
            (
                &format!("{inherits}fetch_metadata = false"),
                "line 4: a profile that inherits says `fetch_metadata` under [[deviation]], with its source",
            ),
            (
                &format!("{inherits}[[deviation]]\nkey = \"cookies\"\nvalue = false\nnote = \"\""),
                "line 4: the deviation has no `source`",
            ),
            (
                &format!(
                    "{inherits}[[deviation]]\nkey = \"cookies\"\nvalue = false\nsource = \" \"\nnote = \"\""
                ),
                "line 4: the deviation of `cookies` names no source",
            ),
            (
                &format!(
                    "{inherits}[[deviation]]\nkey = \"cookies\"\nvalue = 1\nsource = \"a\"\nnote = \"\""
                ),
                "line 6: `cookies`: expected true or false",
            ),
            (
                &format!(
                    "{inherits}[[deviation]]\nkey = \"cokies\"\nvalue = 1\nsource = \"a\"\nnote = \"\""
                ),
                "line 5: there is no key `cokies`, perhaps `cookies` is meant",
            ),
            (
                &format!("{inherits}[[deviation]]\nkay = \"cookies\""),
                "line 5: there is no key `kay`, perhaps `key` is meant",
            ),
            (
                &format!("{inherits}deviation = 1"),
                "line 4: expected [[deviation]]",
            ),
            (
                &format!("{inherits}deviations = []"),
                "line 4: there is no key `deviations`, perhaps `deviation` is meant",
            ),
        ] {
            assert_eq!(Profile::parse(text).unwrap_err().to_string(), expected);
        }
        assert_eq!(Profile::parse("name = \"x\"\n= 1").unwrap_err().line, 2);
        assert_eq!(
            Profile::by_name("clasic").unwrap_err().to_string(),
            "there is no browser profile `clasic`, perhaps `classic` is meant; there are: standard, chromium, firefox, webkit, classic"
        );
        assert_eq!(Profile::by_name("netscape").unwrap_err().nearest, None);
    }
}
