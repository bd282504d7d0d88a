//! The differences that are known, each with its reason.

use std::collections::BTreeMap;

use serde::Deserialize;

/// A list of known differences.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Explained {
    /// The list.
    #[serde(default)]
    pub explained: Vec<Explanation>,
}

/// Why the model and a browser disagree in some cases.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Explanation {
    /// The browser.
    pub browser: String,
    /// Why: who is right, and by which step of the standard.
    pub reason: String,
    /// The names of the cases.
    pub cases: Vec<String>,
}

impl Explained {
    /// Reads a list, in TOML.
    ///
    /// # Errors
    ///
    /// In words, with the place.
    pub fn parse(text: &str) -> Result<Self, String> {
        let list: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        let mut seen = BTreeMap::new();
        for it in &list.explained {
            if it.reason.trim().is_empty() {
                return Err(format!("the cases {:?} have no reason", it.cases));
            }
            for case in &it.cases {
                if seen.insert((&it.browser, case), ()).is_some() {
                    return Err(format!("{case} is explained twice for {}", it.browser));
                }
            }
        }
        Ok(list)
    }

    /// The reason for a case in a browser.
    pub fn reason(&self, browser: &str, case: &str) -> Option<&str> {
        let mut list = self.explained.iter();
        list.find(|it| it.browser == browser && it.cases.iter().any(|name| name == case))
            .map(|it| &it.reason[..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_explanation_has_a_reason_and_its_own_cases() {
        let entry = |reason: &str| {
            format!(
                "[[explained]]\nbrowser = \"firefox\"\nreason = \"{reason}\"\ncases = [\"a/1\"]\n"
            )
        };
        let list = Explained::parse(&entry("so")).unwrap();
        assert_eq!(list.reason("firefox", "a/1"), Some("so"));
        assert_eq!(list.reason("chromium", "a/1"), None);
        assert!(
            Explained::parse(&entry(" "))
                .unwrap_err()
                .contains("no reason")
        );
        let twice = entry("so") + &entry("otherwise");
        assert!(Explained::parse(&twice).unwrap_err().contains("twice"));
    }
}
