//! From a file to plans: variants laid over the base, names resolved, defaults filled in, and everything checked that
//! the schema cannot know.

mod expectations;
mod machines;
mod overlay;
mod story;
mod text;

use std::ops::Range;
use std::rc::Rc;

use indexmap::IndexMap;
use url::Url;

pub(crate) use overlay::merged;
pub(crate) use text::secret_value;

use crate::diagnostic::{Diagnostic, Severity, SourceFile, listed, nearest, there_are};
use crate::folder::Folder;
use crate::format::ScenarioFile;
use crate::format::file::Attacker as FileAttacker;
use crate::format::tree::Node;
use crate::plan::{Attacker, Browser, Credentials, Network, Person, Plan, Secret};

/// Resolves one variant (or a scenario without variants) into a plan, and collects the mistakes.
pub(crate) struct Resolver<'a> {
    pub(crate) source: &'a Rc<SourceFile>,
    pub(crate) tree: &'a Node,
    pub(crate) folder: &'a Folder,
    pub(crate) variant: Option<&'a str>,
    /// The base's file with the variant laid over it.
    pub(crate) file: &'a ScenarioFile,
    /// The file as it was written.
    pub(crate) base: &'a ScenarioFile,
    pub(crate) seed: u64,
    pub(crate) profiles: &'a [&'a str],
    pub(crate) people: IndexMap<String, Person>,
    pub(crate) secrets: IndexMap<String, Secret>,
    pub(crate) mistakes: Vec<Diagnostic>,
}

impl<'a> Resolver<'a> {
    /// Makes the plan. It is usable only if none of the mistakes is an error.
    pub(crate) fn resolve(mut self) -> (Plan, Vec<Diagnostic>) {
        self.people = self.resolve_people();
        self.check_people();
        self.secrets = self.resolve_secrets();
        self.check_standards();
        self.check_placeholders();
        let machines = self.resolve_machines();
        let mut browsers = self.resolve_browsers();
        let network = self.resolve_network();
        let story = self.resolve_story(&machines, &mut browsers);
        let (expectations, allow) = self.resolve_expectations(&machines, &browsers);
        let variant_title = self
            .variant
            .and_then(|name| self.base.variant.get(name))
            .map_or_else(String::new, |variant| variant.title.clone());
        let plan = Plan {
            id: self.file.id.clone(),
            title: self.file.title.clone(),
            variant: self.variant.map(str::to_owned),
            variant_title,
            seed: self.seed,
            people: self.people,
            machines,
            secrets: self.secrets,
            browsers,
            network,
            story,
            expectations,
            allow,
        };
        (plan, self.mistakes)
    }

    /// Where the value at a path stands: in the variant if it is there, otherwise in the base.
    pub(crate) fn at(&self, path: &[&str]) -> Option<Range<usize>> {
        let in_variant = self.variant.and_then(|name| {
            let path: Vec<&str> = ["variant", name].iter().chain(path).copied().collect();
            self.tree.find(&path)
        });
        in_variant
            .or_else(|| self.tree.find(path))
            .map(|node| node.span.clone())
    }

    /// Where the key at a path stands.
    pub(crate) fn at_key(&self, path: &[&str]) -> Option<Range<usize>> {
        let in_variant = self.variant.and_then(|name| {
            let path: Vec<&str> = ["variant", name].iter().chain(path).copied().collect();
            self.tree.find_key(&path)
        });
        in_variant.or_else(|| self.tree.find_key(path))
    }

    pub(crate) fn error(
        &self,
        span: Option<Range<usize>>,
        message: impl Into<String>,
    ) -> Diagnostic {
        Diagnostic::error(self.source, span, message)
    }

    pub(crate) fn report(&mut self, mistake: Diagnostic) {
        self.mistakes.push(mistake);
    }

    /// Reports a name that nothing has. Says whether it is known.
    pub(crate) fn known<'n>(
        &mut self,
        what: &str,
        name: &str,
        names: impl IntoIterator<Item = &'n str>,
        span: Option<Range<usize>>,
    ) -> bool {
        let names: Vec<&str> = names.into_iter().collect();
        if names.contains(&name) {
            return true;
        }
        let mut mistake = self.error(span, format!("there is no {what} `{name}`"));
        if let Some(word) = nearest(name, names.iter().copied()) {
            mistake = mistake.label(format!("did you mean `{word}`?"));
        }
        let help = if names.is_empty() {
            format!("the scenario has no {what} at all")
        } else {
            there_are(names)
        };
        self.report(mistake.help(help));
        false
    }

    pub(crate) fn known_person(&mut self, name: &str, span: Option<Range<usize>>) -> bool {
        let names: Vec<String> = self.people.keys().cloned().collect();
        self.known("person", name, names.iter().map(String::as_str), span)
    }

    fn resolve_people(&mut self) -> IndexMap<String, Person> {
        let mut people: IndexMap<String, Person> = [
            ("alice", "Alice", "has a site with accounts"),
            ("bob", "Bob", "has an account at Alice's, and a browser"),
            ("charlie", "Charlie", "has a site of his own, and plans"),
        ]
        .into_iter()
        .map(|(key, name, role)| {
            (
                key.to_owned(),
                Person {
                    name: name.to_owned(),
                    role: role.to_owned(),
                    placement: None,
                    acts_for: Vec::new(),
                },
            )
        })
        .collect();
        for (key, person) in &self.file.person {
            let entry = people.entry(key.clone()).or_insert_with(|| Person {
                name: capitalised(key),
                role: String::new(),
                placement: None,
                acts_for: Vec::new(),
            });
            entry.placement = person.network.or(entry.placement);
            if let Some(name) = &person.name {
                entry.name.clone_from(name);
            }
            if !person.role.is_empty() {
                entry.role.clone_from(&person.role);
            }
            entry.acts_for.extend_from_slice(person.acts_for.as_slice());
        }
        people
    }

    fn check_people(&mut self) {
        let file = self.file;
        for (name, person) in &file.person {
            for other in person.acts_for.as_slice() {
                self.known_person(other, self.at(&["person", name, "acts_for"]));
            }
        }
    }

    fn resolve_secrets(&mut self) -> IndexMap<String, Secret> {
        let mut secrets = IndexMap::new();
        let file = self.file;
        for (name, secret) in &file.secret {
            let path = ["secret", name];
            let owner = match &secret.owner {
                Some(owner) => {
                    self.known_person(owner, self.at(&["secret", name, "owner"]));
                    owner.clone()
                }
                None => {
                    let mistake = self
                        .error(
                            self.at_key(&path),
                            format!("the secret `{name}` has no owner"),
                        )
                        .help("say whose it is: `owner = \"bob\"`");
                    self.report(mistake);
                    String::new()
                }
            };
            for person in secret.known_to.as_slice() {
                self.known_person(person, self.at(&["secret", name, "known_to"]));
            }
            let value = match &secret.value {
                Some(value) if value.len() < 6 => {
                    let mistake = self
                        .error(
                            self.at(&["secret", name, "value"]),
                            format!("the value of the secret `{name}` is too short"),
                        )
                        .label("expected at least six characters")
                        .help("a short value is found by chance; leave it out to have one made up");
                    self.report(mistake);
                    value.clone()
                }
                Some(value) => value.clone(),
                None => secret_value(name, self.seed),
            };
            let known_to = secret.known_to.as_slice().to_vec();
            secrets.insert(
                name.clone(),
                Secret {
                    owner,
                    known_to,
                    value,
                    what: secret.what.clone(),
                },
            );
        }
        for (name, secret) in &secrets {
            let longer = secrets
                .iter()
                .find(|(other, longer)| *other != name && longer.value.contains(&secret.value));
            if let Some((other, _)) = longer {
                let mistake = self
                    .error(
                        self.at(&["secret", name, "value"]),
                        format!("the value of the secret `{name}` is part of `{other}`'s"),
                    )
                    .help("who holds one would be taken to hold the other");
                self.mistakes.push(mistake);
            }
        }
        secrets
    }

    fn check_standards(&mut self) {
        for (index, link) in self.file.standard.iter().enumerate() {
            if let Err(why) = crate::links::standard_link(link) {
                let span = self.at(&["standard", &index.to_string()]);
                let mistake = self.error(span, format!("`{link}` leads nowhere")).label(why).help(
                    format!("write a whole address, or one of {} and the anchor: `fetch#concept-cors-check`",
                        listed(crate::links::STANDARDS.iter().map(|(name, _)| *name))),
                );
                self.report(mistake);
            }
        }
    }

    fn resolve_browsers(&mut self) -> IndexMap<String, Browser> {
        let mut browsers = IndexMap::new();
        let file = self.file;
        for (name, browser) in &file.browser {
            let person = match &browser.person {
                Some(person) => {
                    self.known_person(person, self.at(&["browser", name, "person"]));
                    person.clone()
                }
                None if self.people.contains_key(name) => name.clone(),
                None => {
                    let mistake = self
                        .error(
                            self.at_key(&["browser", name]),
                            format!("nobody sits in front of the browser `{name}`"),
                        )
                        .help("say who: `person = \"bob\"`");
                    self.report(mistake);
                    String::new()
                }
            };
            let profile = match &browser.profile {
                Some(profile) => {
                    let profiles = self.profiles.to_vec();
                    self.known(
                        "browser profile",
                        profile,
                        profiles,
                        self.at(&["browser", name, "profile"]),
                    );
                    profile.clone()
                }
                None => "standard".to_owned(),
            };
            let mut cookies = Vec::new();
            for (index, cookie) in browser.cookies.iter().enumerate() {
                let span = self.at(&["browser", name, "cookies", &index.to_string(), "at"]);
                if let Some(url) = self.http_url(&cookie.at, span) {
                    cookies.push((url, self.fill(&cookie.set)));
                }
            }
            let mut credentials = Vec::new();
            for (index, typed) in browser.credentials.iter().enumerate() {
                let span = self.at(&["browser", name, "credentials", &index.to_string(), "at"]);
                if let Some(at) = self.http_url(&typed.at, span) {
                    let (user, password) = (self.fill(&typed.user), self.fill(&typed.password));
                    credentials.push(Credentials { at, user, password });
                }
            }
            for origin in browser.certificates.keys() {
                self.http_url(
                    origin,
                    self.at_key(&["browser", name, "certificates", origin]),
                );
            }
            let mut permissions = Vec::new();
            for (origin, names) in &browser.permissions {
                let path = ["browser", name, "permissions", origin];
                let Some(url) = self.http_url(origin, self.at_key(&path)) else {
                    continue;
                };
                let known = crossexam_fetch::local_network_access::PERMISSIONS;
                for permission in names {
                    self.known("permission", permission, known.to_vec(), self.at(&path));
                    permissions.push((url.origin().ascii_serialization(), permission.clone()));
                }
            }
            let certificates = browser.certificates.clone();
            let tampering = browser.tampering.clone().unwrap_or_default();
            browsers.insert(
                name.clone(),
                Browser {
                    person,
                    profile,
                    cookies,
                    certificates,
                    credentials,
                    permissions,
                    tampered_requests: self.fill_headers(tampering.requests),
                    tampered_answers: self.fill_headers(tampering.answers),
                },
            );
        }
        browsers
    }

    fn fill_headers(&self, headers: IndexMap<String, String>) -> Vec<(String, String)> {
        headers
            .into_iter()
            .map(|(name, value)| (name, self.fill(&value)))
            .collect()
    }

    fn resolve_network(&mut self) -> Network {
        let file = self.file;
        let latency = self.duration(file.network.latency.as_deref(), &["network", "latency"]);
        let attacker = file
            .network
            .attacker
            .as_ref()
            .map(|attacker| self.resolve_attacker(attacker));
        Network { latency, attacker }
    }

    fn resolve_attacker(&mut self, attacker: &FileAttacker) -> Attacker {
        self.known_person(
            &attacker.person,
            self.at(&["network", "attacker", "person"]),
        );
        let mut answers = IndexMap::new();
        for (pattern, page) in &attacker.answers {
            let path = ["network", "attacker", "answers", pattern];
            if let Some(page) = self.resolve_page(page, &path, None) {
                answers.insert(pattern.clone(), page);
            }
        }
        Attacker {
            person: attacker.person.clone(),
            answers,
        }
    }

    /// Reads an address that must be `http:` or `https:`.
    pub(crate) fn http_url(&mut self, text: &str, span: Option<Range<usize>>) -> Option<Url> {
        let filled = self.fill(text);
        let mistake = match Url::parse(&filled) {
            Ok(url) if matches!(url.scheme(), "http" | "https") => return Some(url),
            Ok(url) => self
                .error(span, format!("`{text}` is not an HTTP address"))
                .label(format!(
                    "the scheme is `{}:`, expected `https:` or `http:`",
                    url.scheme()
                )),
            Err(error) => self
                .error(span, format!("`{text}` is not an address"))
                .label(error.to_string())
                .help("write it whole, for example `https://alice.example/inbox`"),
        };
        self.report(mistake);
        None
    }

    /// Reads a duration such as `20ms`, `5s`, `10min`, `2h` or `1d`.
    pub(crate) fn duration(
        &mut self,
        text: Option<&str>,
        path: &[&str],
    ) -> Option<std::time::Duration> {
        let text = text?;
        let duration = text::duration(text);
        if duration.is_none() {
            let mistake = self
                .error(self.at(path), format!("`{text}` is no duration"))
                .label("expected a number and a unit")
                .help("the units are `ms`, `s`, `min`, `h` and `d`: `20ms`, `10min`");
            self.report(mistake);
        }
        duration
    }
}

/// Whether any of these keeps a scenario from being run.
pub fn has_errors(mistakes: &[Diagnostic]) -> bool {
    mistakes
        .iter()
        .any(|mistake| mistake.severity == Severity::Error)
}

fn capitalised(word: &str) -> String {
    let mut characters = word.chars();
    characters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(characters).collect()
    })
}
