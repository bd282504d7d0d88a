//! Certificates of servers and of clients.
//!
//! MODEL: a certificate is what is checked about it: the names in it, the time for which it is valid, and whether its
//! issuer is trusted. Keys are not modelled: who has a certificate, has its key.

use std::net::IpAddr;

use crossexam_web::Timestamp;
use url::{Host, Url};

/// A server's certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// The names and addresses it is for. A first label `*` stands for exactly one label.
    pub names: Vec<String>,
    /// Valid from.
    pub not_before: Timestamp,
    /// Valid until, inclusive.
    pub not_after: Timestamp,
    /// Whether the issuer is one that clients trust.
    pub issuer: Issuer,
}

/// Who issued a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Issuer {
    /// An authority that clients trust.
    Trusted,
    /// Somebody else, for example the server itself.
    Unknown {
        /// Their name.
        name: String,
    },
}

/// What is wrong with a certificate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CertificateProblem {
    /// It is for other names.
    #[error("it is for {}", list(.names))]
    OtherName {
        /// Those names.
        names: Vec<String>,
    },
    /// It is not valid yet.
    #[error("it is valid only from {not_before} (seconds since 1970)")]
    NotYetValid {
        /// From when it is.
        not_before: Timestamp,
    },
    /// It is not valid any more.
    #[error("it expired at {not_after} (seconds since 1970)")]
    Expired {
        /// Until when it was.
        not_after: Timestamp,
    },
    /// Nobody trusted has signed it.
    #[error("its issuer, {issuer}, is not trusted")]
    UnknownIssuer {
        /// The issuer.
        issuer: String,
    },
}

fn list(names: &[String]) -> String {
    if names.is_empty() {
        "no name at all".to_owned()
    } else {
        names.join(", ")
    }
}

impl Certificate {
    /// A certificate for these names from an authority that clients trust, valid at any time.
    pub fn new<N: Into<String>>(names: impl IntoIterator<Item = N>) -> Self {
        Self {
            names: names.into_iter().map(Into::into).collect(),
            not_before: Timestamp::from_micros(i64::MIN),
            not_after: Timestamp::from_micros(i64::MAX),
            issuer: Issuer::Trusted,
        }
    }

    /// The same certificate, but issued by somebody whom clients do not trust.
    #[must_use]
    pub fn issued_by(mut self, name: &str) -> Self {
        self.issuer = Issuer::Unknown {
            name: name.to_owned(),
        };
        self
    }

    /// The same certificate, but valid only from and until these moments.
    #[must_use]
    pub fn valid(mut self, not_before: Timestamp, not_after: Timestamp) -> Self {
        (self.not_before, self.not_after) = (not_before, not_after);
        self
    }

    /// Whether a client accepts it for this host at this time.
    ///
    /// # Errors
    ///
    /// What is wrong with it; the name first.
    pub fn check(&self, host: Host<&str>, now: Timestamp) -> Result<(), CertificateProblem> {
        if !self.names.iter().any(|name| matches_name(name, &host)) {
            return Err(CertificateProblem::OtherName {
                names: self.names.clone(),
            });
        }
        if now < self.not_before {
            return Err(CertificateProblem::NotYetValid {
                not_before: self.not_before,
            });
        }
        if now > self.not_after {
            return Err(CertificateProblem::Expired {
                not_after: self.not_after,
            });
        }
        match &self.issuer {
            Issuer::Trusted => Ok(()),
            Issuer::Unknown { name } => Err(CertificateProblem::UnknownIssuer {
                issuer: name.clone(),
            }),
        }
    }
}

/// RFC 9525: names label by label, `*` for one whole leftmost label; addresses exactly.
fn matches_name(pattern: &str, host: &Host<&str>) -> bool {
    let domain = match host {
        Host::Ipv4(address) => return pattern.parse() == Ok(IpAddr::V4(*address)),
        Host::Ipv6(address) => return pattern.parse() == Ok(IpAddr::V6(*address)),
        Host::Domain(domain) => domain.strip_suffix('.').unwrap_or(domain),
    };
    let pattern = pattern.strip_suffix('.').unwrap_or(pattern);
    match pattern.strip_prefix("*.") {
        Some(parent) => domain.split_once('.').is_some_and(|(first, rest)| {
            !first.is_empty() && parent.contains('.') && rest.eq_ignore_ascii_case(parent)
        }),
        None => domain.eq_ignore_ascii_case(pattern),
    }
}

/// Whether a server asks the client for a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ClientCertificates {
    /// It does not ask.
    #[default]
    None,
    /// It asks, and also serves clients that show none.
    Optional,
    /// It does not speak with clients that show none.
    Required,
}

/// A certificate that a person has in their browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientCertificate {
    /// Whose it is, as the server sees it.
    pub subject: String,
    /// The origin that it is shown to; `None` for whoever asks.
    ///
    /// MODEL: a browser asks its person which certificate to show where; this is the answer, given beforehand.
    pub origin: Option<String>,
}

impl ClientCertificate {
    /// A certificate that is shown to whoever asks.
    pub fn new(subject: impl Into<String>) -> Self {
        Self {
            subject: subject.into(),
            origin: None,
        }
    }

    /// The same certificate, shown to the origin of this URL only.
    #[must_use]
    pub fn only_for(mut self, url: &Url) -> Self {
        self.origin = Some(url.origin().ascii_serialization());
        self
    }

    pub(crate) fn is_for(&self, url: &Url) -> bool {
        self.origin
            .as_ref()
            .is_none_or(|origin| *origin == url.origin().ascii_serialization())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepts(pattern: &str, host: &str) -> bool {
        let host = Host::parse(host).unwrap();
        let host = match &host {
            Host::Domain(domain) => Host::Domain(domain.as_str()),
            Host::Ipv4(address) => Host::Ipv4(*address),
            Host::Ipv6(address) => Host::Ipv6(*address),
        };
        Certificate::new([pattern])
            .check(host, Timestamp::from_secs(0))
            .is_ok()
    }

    #[test]
    fn names() {
        for (pattern, host, expected) in [
            ("alice.example", "alice.example", true),
            ("alice.example", "ALICE.example", true),
            ("alice.example", "alice.example.", true),
            ("alice.example", "www.alice.example", false),
            ("alice.example", "evilalice.example", false),
            ("*.alice.example", "www.alice.example", true),
            ("*.alice.example", "a.b.alice.example", false),
            ("*.alice.example", "alice.example", false),
            ("*.example", "alice.example", false),
            ("*", "example", false),
            ("w*.alice.example", "www.alice.example", false),
            ("192.0.2.1", "192.0.2.1", true),
            ("*.0.2.1", "192.0.2.1", false),
            ("2001:db8::1", "[2001:db8:0::1]", true),
            ("2001:db8::2", "[2001:db8::1]", false),
        ] {
            assert_eq!(accepts(pattern, host), expected, "{pattern} for {host}");
        }
    }

    #[test]
    fn every_problem_has_its_name() {
        let at = Timestamp::from_secs(100);
        let good = Certificate::new(["a.example"]);
        let check = |certificate: &Certificate| certificate.check(Host::Domain("a.example"), at);
        assert_eq!(check(&good), Ok(()));
        assert_eq!(
            check(&good.clone().valid(at, at)),
            Ok(()),
            "both ends belong to it"
        );
        let (before, after) = (Timestamp::from_secs(99), Timestamp::from_secs(101));
        assert_eq!(
            check(&good.clone().valid(before, before)),
            Err(CertificateProblem::Expired { not_after: before })
        );
        assert_eq!(
            check(&good.clone().valid(after, after)),
            Err(CertificateProblem::NotYetValid { not_before: after })
        );
        let self_signed = good.issued_by("itself");
        assert_eq!(
            check(&self_signed),
            Err(CertificateProblem::UnknownIssuer {
                issuer: "itself".into()
            })
        );
        let problem = Certificate::new(["b.example", "c.example"])
            .check(Host::Domain("a.example"), at)
            .unwrap_err();
        assert_eq!(problem.to_string(), "it is for b.example, c.example");
    }
}
