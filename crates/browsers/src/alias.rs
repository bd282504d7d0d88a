//! Other host names for each playing of a case.
//!
//! A browser remembers cookies, permissions and connections by host. So that it remembers nothing of what came before,
//! each playing has hosts of its own: below another top-level domain in place of `example`, just as long, and at other
//! addresses in place of `127.0.0.1` and `[2001:db8::1]`. What is written down has the case's own names again.

use crossexam_oracle::{Case, CaseResult, Step};
use url::{Host, Url};

/// The top-level domain of the hosts in cases.
const DOMAIN: &str = "example";

/// The addresses in cases.
const IPV4: &str = "127.0.0.1";
const IPV6: &str = "[2001:db8::1]";

/// The hosts of one playing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alias {
    domain: String,
    ipv4: String,
    ipv6: String,
}

/// A host that cannot stand for another.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{url:?}: only hosts below `{DOMAIN}`, `{IPV4}` and `{IPV6}` can be played, which a browser knows nothing of yet"
)]
pub struct NotPlayable {
    /// The URL.
    pub url: String,
}

impl Alias {
    /// The hosts of the playing with this number, up to 16 million. Those of other numbers are others.
    pub fn new(number: u32) -> Self {
        // Digits in base 36, after a letter, so that it is never a number.
        let mut digits = [b'0'; 6];
        let mut rest = number;
        for digit in digits.iter_mut().rev() {
            *digit = b"0123456789abcdefghijklmnopqrstuvwxyz"[(rest % 36) as usize];
            rest /= 36;
        }
        let digits: String = digits.iter().map(|digit| char::from(*digit)).collect();
        let [_, high, middle, low] = (number + 2).to_be_bytes();
        let number = number + 2;
        Self {
            domain: format!("q{digits}"),
            ipv4: format!("127.{high}.{middle}.{low}"),
            ipv6: format!(
                "[2001:db8::{:x}:{:x}]",
                (number >> 16) + 1,
                (number & 0x7fff) + 1
            ),
        }
    }

    /// The text with this playing's hosts in place of the case's.
    fn apply(&self, text: &str) -> String {
        text.replace(DOMAIN, &self.domain)
            .replace("EXAMPLE", &self.domain.to_uppercase())
            .replace(IPV4, &self.ipv4)
            .replace(IPV6, &self.ipv6)
    }

    /// The text with the case's hosts in place of this playing's.
    fn revert(&self, text: &str) -> String {
        text.replace(&self.domain, DOMAIN)
            .replace(&self.domain.to_uppercase(), "EXAMPLE")
            .replace(&self.ipv4, IPV4)
            .replace(&self.ipv6, IPV6)
    }

    /// The case with this playing's hosts.
    ///
    /// # Errors
    ///
    /// A URL in it has a host that cannot stand for another.
    pub fn case(&self, case: &Case) -> Result<Case, NotPlayable> {
        let page = [Some(&case.page.url), case.page.within.as_ref()];
        let cookies = case.cookies.iter().map(|cookie| &cookie.at);
        let answers = case.answers.iter().filter_map(|answer| answer.url.as_ref());
        let calls = case.steps.iter().filter_map(|step| match step {
            Step::Fetch(call) => Some(&call.url),
            Step::Wait(_) => None,
        });
        let urls = page
            .into_iter()
            .flatten()
            .chain(cookies)
            .chain(answers)
            .chain(calls);
        for url in urls {
            let Ok(parsed) = Url::parse(url) else {
                continue;
            };
            let known = match parsed.host() {
                None => true,
                Some(Host::Domain(name)) => name.ends_with(".example"),
                Some(Host::Ipv4(address)) => address.to_string() == IPV4,
                Some(Host::Ipv6(address)) => format!("[{address}]") == IPV6,
            };
            if !known {
                return Err(NotPlayable { url: url.clone() });
            }
        }
        let text = serde_json::to_string(case).unwrap_or_default();
        let mut aliased: Case = serde_json::from_str(&self.apply(&text)).unwrap_or_default();
        aliased.name.clone_from(&case.name);
        Ok(aliased)
    }

    /// The result with the case's hosts.
    pub fn result(&self, result: &CaseResult) -> CaseResult {
        let text = serde_json::to_string(result).unwrap_or_default();
        serde_json::from_str(&self.revert(&text)).unwrap_or_default()
    }

    /// Whether a host, as it stands in a URL, is one of this playing's.
    pub fn owns(&self, host: &str) -> bool {
        let host = host.trim_end_matches('.');
        host == self.ipv4
            || host == self.ipv6
            || host
                .strip_suffix(&self.domain)
                .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    }

    /// The host that is the recorder's own.
    pub fn recorder(&self) -> String {
        format!("recorder.{}", self.domain)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crossexam_oracle::{Answer, Page};

    #[test]
    fn a_case_goes_there_and_back() {
        let case = Case {
            name: Some("example/1".to_owned()),
            page: Page {
                url: "https://alice.example:8443/page".to_owned(),
                ..Page::default()
            },
            steps: vec![
                Step::fetch("https://127.0.0.1/"),
                Step::fetch("https://[2001:db8::1]/"),
            ],
            answers: vec![Answer::with_headers([
                "Access-Control-Allow-Origin: https://ALICE.EXAMPLE",
            ])],
            ..Case::default()
        };
        for number in [0, 1, 35, 36, 65_535, 65_536, 16_000_000] {
            let alias = Alias::new(number);
            let there = alias.case(&case).unwrap();
            let text = serde_json::to_string(&there).unwrap();
            assert!(!text.contains("alice.example"), "{text}");
            assert!(!text.contains("ALICE.EXAMPLE"), "{text}");
            assert!(!text.contains("127.0.0.1"), "{text}");
            assert_eq!(there.page.url.len(), case.page.url.len());
            let url = Url::parse(&there.page.url).unwrap();
            assert!(alias.owns(url.host_str().unwrap()));
            let address = Url::parse(match &there.steps[1] {
                Step::Fetch(call) => &call.url,
                Step::Wait(_) => unreachable!(),
            });
            assert!(alias.owns(address.unwrap().host_str().unwrap()));
            assert_eq!(
                serde_json::from_str::<Case>(&alias.revert(&text)).unwrap(),
                case
            );
        }
        assert_ne!(Alias::new(1), Alias::new(2));
        assert!(!Alias::new(1).owns("alice.q000002"));
    }

    #[test]
    fn other_hosts_are_refused() {
        let mut case = Case {
            page: Page {
                url: "https://alice.example/".to_owned(),
                ..Page::default()
            },
            ..Case::default()
        };
        assert!(Alias::new(1).case(&case).is_ok());
        case.steps.push(Step::fetch("https://localhost/"));
        let error = Alias::new(1).case(&case).unwrap_err();
        assert_eq!(error.url, "https://localhost/");
    }
}
