//! Policies as they are written.

use std::rc::Rc;

use crossexam_web::infra::isomorphic_decode;
use crossexam_web::{HeaderList, Origin, algorithm};

/// Whether a policy is enforced or only reported on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disposition {
    /// "enforce"
    Enforce,
    /// "report"
    Report,
}

/// Where a policy came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicySource {
    /// "header"
    Header,
    /// "meta"
    Meta,
}

/// A directive: a name in lowercase and a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directive {
    name: String,
    value: Vec<String>,
}

impl Directive {
    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The value: the tokens behind the name.
    pub fn value(&self) -> &[String] {
        &self.value
    }
}

/// A policy. <https://w3c.github.io/webappsec-csp/#content-security-policy-object>
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    directives: Vec<Directive>,
    source: PolicySource,
    disposition: Disposition,
}

/// Directives that would matter to what this project models, and are not modelled.
pub const UNMODELLED_DIRECTIVES: [&str; 2] = ["require-trusted-types-for", "trusted-types"];

impl Policy {
    /// Parses a serialized CSP. What cannot be parsed has no directives.
    #[algorithm(Csp, "parse-serialized-policy", untraced)]
    pub fn parse(serialized: &str, source: PolicySource, disposition: Disposition) -> Self {
        /// 2. A policy without directives.
        let mut policy = Self {
            directives: Vec::new(),
            source,
            disposition,
        };
        /// 3. Between semicolons,
        for token in serialized.split(';') {
            /// 3.1. white space left aside,
            let token = token.trim_matches(|c: char| c.is_ascii_whitespace());
            if token.is_empty() || !token.is_ascii() {
                /// 3.2. and nothing but ASCII,
                continue;
            }
            let mut words = token
                .split(|c: char| c.is_ascii_whitespace())
                .filter(|word| !word.is_empty());
            /// 3.3. stands a name,
            let directive_name = words.next().unwrap_or_default();
            /// 3.4. in any case,
            let directive_name = directive_name.to_ascii_lowercase();
            if policy.directive(&directive_name).is_some() {
                /// 3.5. of which the first counts,
                continue;
            }
            /// 3.6. and its value.
            let value = words.map(str::to_owned).collect();
            /// 3.7. That is a directive
            let directive = Directive {
                name: directive_name,
                value,
            };
            /// 3.8. of the policy.
            policy.directives.push(directive);
        }
        // The `meta` element cannot say these. <https://html.spec.whatwg.org/multipage/semantics.html#attr-meta-http-equiv-content-security-policy>
        if source == PolicySource::Meta {
            policy.directives.retain(|directive| {
                !matches!(
                    directive.name(),
                    "report-uri" | "frame-ancestors" | "sandbox"
                )
            });
        }
        /// 4. That is the policy.
        policy
    }

    /// The directives, in order.
    pub fn directives(&self) -> &[Directive] {
        &self.directives
    }

    /// The directive of this name.
    pub fn directive(&self, name: &str) -> Option<&Directive> {
        self.directives
            .iter()
            .find(|directive| directive.name == name)
    }

    /// Where it came from.
    pub const fn source(&self) -> PolicySource {
        self.source
    }

    /// Whether it is enforced.
    pub const fn disposition(&self) -> Disposition {
        self.disposition
    }
}

/// A CSP list: the policies of a document, and the origin that `'self'` means. Clones are cheap.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CspList(Option<Rc<Policies>>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Policies {
    policies: Vec<Policy>,
    self_origin: Origin,
}

impl CspList {
    /// The policies that a response brings along; `response_origin` is the origin of its URL.
    #[algorithm(Csp, "parse-response-csp", untraced)]
    pub fn of_response(headers: &HeaderList, response_origin: &Origin) -> Self {
        /// 1. None yet.
        let mut policies = Vec::new();
        let mut take = |name: &'static [u8], disposition| {
            for value in headers.values(name) {
                for token in isomorphic_decode(value).split(',') {
                    let policy = Policy::parse(token, PolicySource::Header, disposition);
                    if !policy.directives.is_empty() {
                        policies.push(policy);
                    }
                }
            }
        };
        /// 2. Those that are enforced,
        take(b"Content-Security-Policy", Disposition::Enforce);
        /// 3. and those that are only reported on.
        take(b"Content-Security-Policy-Report-Only", Disposition::Report);
        if policies.is_empty() {
            return Self::default();
        }
        /// 4. `'self'` is where the response came from.
        Self(Some(Rc::new(Policies {
            policies,
            self_origin: response_origin.clone(),
        })))
    }

    /// The list with the policy of a `meta` element. `self_origin` counts if there was no policy before.
    pub fn add_meta(&mut self, content: &str, self_origin: &Origin) {
        let policy = Policy::parse(content, PolicySource::Meta, Disposition::Enforce);
        if policy.directives.is_empty() {
            return;
        }
        match &mut self.0 {
            Some(list) => Rc::make_mut(list).policies.push(policy),
            None => {
                self.0 = Some(Rc::new(Policies {
                    policies: vec![policy],
                    self_origin: self_origin.clone(),
                }));
            }
        }
    }

    /// Whether there is no policy.
    pub const fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// The policies, in order.
    pub fn policies(&self) -> &[Policy] {
        self.0.as_ref().map_or(&[], |list| &list.policies)
    }

    /// What `'self'` means.
    pub fn self_origin(&self) -> &Origin {
        static NOBODY: Origin = Origin::opaque(u64::MAX);
        self.0.as_ref().map_or(&NOBODY, |list| &list.self_origin)
    }

    /// The policies that are enforced and have a directive of this name, with it.
    pub fn enforced<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Directive> {
        self.policies()
            .iter()
            .filter(|policy| policy.disposition == Disposition::Enforce)
            .filter_map(move |policy| policy.directive(name))
    }
}
