//! The story's steps.

use std::net::IpAddr;

use indexmap::IndexMap;

use super::Resolver;
use crate::diagnostic::listed;
use crate::format::file;
use crate::plan::{Action, Browser, Curl, DnsTarget, Machine, Step};

/// The keys that say what happens; a step has exactly one of them.
const VERBS: [&str; 8] = [
    "visit", "click", "submit", "curl", "wait", "clear", "set", "dns",
];

/// The keys that say how, and the verbs they belong to.
const ADVERBS: [(&str, &[&str]); 9] = [
    ("fields", &["submit"]),
    ("method", &["curl"]),
    ("headers", &["curl"]),
    ("body", &["curl"]),
    ("user", &["curl"]),
    ("certificate", &["curl"]),
    ("machine", &["set"]),
    ("tab", &["visit", "click", "submit"]),
    ("browser", &["visit", "click", "submit", "clear"]),
];

impl Resolver<'_> {
    pub(crate) fn resolve_story(
        &mut self,
        machines: &IndexMap<String, Machine>,
        browsers: &mut IndexMap<String, Browser>,
    ) -> Vec<Step> {
        let file = self.file;
        let variant = self
            .variant
            .and_then(|name| Some((name, self.base.variant.get(name)?)));
        let mut steps: Vec<(Vec<String>, &file::Step)> = Vec::new();
        let path = |parts: &[&str], index: usize| -> Vec<String> {
            parts
                .iter()
                .map(|part| (*part).to_owned())
                .chain([index.to_string()])
                .collect()
        };
        for (index, step) in file.story.iter().enumerate() {
            steps.push(match variant {
                Some((name, variant)) if variant.story.is_some() => {
                    (path(&["variant", name, "story"], index), step)
                }
                _ => (path(&["story"], index), step),
            });
        }
        if let Some((name, variant)) = variant {
            for (index, step) in variant.then.iter().enumerate() {
                steps.push((path(&["variant", name, "then"], index), step));
            }
        }
        if steps.is_empty() {
            let span = self
                .variant
                .and_then(|name| self.at_key(&["variant", name]));
            let mistake = self
                .error(span, "nothing happens: there is no `story`")
                .help("for example `[[story]]`, `who = \"bob\"`, `visit = \"https://charlie.example/\"`");
            self.report(mistake);
        }
        steps
            .iter()
            .filter_map(|(path, step)| {
                let path: Vec<&str> = path.iter().map(String::as_str).collect();
                self.resolve_step(step, &path, machines, browsers)
            })
            .collect()
    }

    fn resolve_step(
        &mut self,
        step: &file::Step,
        path: &[&str],
        machines: &IndexMap<String, Machine>,
        browsers: &mut IndexMap<String, Browser>,
    ) -> Option<Step> {
        let node = self.tree.find(path)?;
        let here = Some(node.span.clone());
        let keys: Vec<&str> = VERBS
            .into_iter()
            .filter(|verb| node.get(verb).is_some())
            .collect();
        let value = |key: &str| node.get(key).map(|entry| entry.node.span.clone());
        let verb = match keys.as_slice() {
            [verb] => *verb,
            [] => {
                let mistake = self
                    .error(here, "nothing happens in this step")
                    .help(format!("a step has one of {}", listed(VERBS)));
                self.report(mistake);
                return None;
            }
            [_, second, ..] => {
                let span = node.get(second).map(|entry| entry.key.clone());
                let mistake = self
                    .error(
                        span,
                        format!("{} are two steps in one", listed(keys.iter().copied())),
                    )
                    .label("put this into a step of its own");
                self.report(mistake);
                return None;
            }
        };
        for (adverb, verbs) in ADVERBS {
            if let Some(entry) = node.get(adverb)
                && !verbs.contains(&verb)
            {
                let mistake = self.error(
                    Some(entry.key.clone()),
                    format!(
                        "`{adverb}` belongs to {}, not to `{verb}`",
                        listed(verbs.iter().copied())
                    ),
                );
                self.report(mistake);
            }
        }
        let who = match &step.who {
            Some(who) => {
                if !self.known_person(who, value("who")) {
                    return None;
                }
                Some(who.clone())
            }
            None if matches!(verb, "wait" | "dns") => None,
            None => {
                let mistake = self
                    .error(
                        here,
                        format!("nobody does this: a step with `{verb}` has a `who`"),
                    )
                    .help("for example `who = \"bob\"`");
                self.report(mistake);
                return None;
            }
        };
        let person = who.as_deref().unwrap_or_default();
        let action = match verb {
            "visit" => {
                let browser = self.browser_of(person, step, node.get("browser"), browsers)?;
                let url = self.visit_url(step.visit.as_deref()?, value("visit"))?;
                Action::Visit {
                    browser,
                    tab: step.tab,
                    url,
                }
            }
            "click" => Action::Click {
                browser: self.browser_of(person, step, node.get("browser"), browsers)?,
                tab: step.tab,
                selector: step.click.clone()?,
            },
            "submit" => Action::Submit {
                browser: self.browser_of(person, step, node.get("browser"), browsers)?,
                tab: step.tab,
                selector: step.submit.clone()?,
                fields: step
                    .fields
                    .iter()
                    .map(|(name, value)| (name.clone(), self.fill(value)))
                    .collect(),
            },
            "curl" => {
                let url = self.http_url(step.curl.as_deref()?, value("curl"))?;
                Action::Curl(self.resolve_curl(step, url))
            }
            "wait" => {
                let path: Vec<&str> = path.iter().copied().chain(["wait"]).collect();
                Action::Wait(self.duration(step.wait.as_deref(), &path)?)
            }
            "clear" => Action::Clear {
                browser: self.browser_of(person, step, node.get("browser"), browsers)?,
                what: step.clear?,
            },
            "set" => {
                let machine = match &step.machine {
                    Some(machine) => {
                        let names = machines.keys().map(String::as_str);
                        self.known("machine", machine, names, value("machine"))
                            .then(|| machine.clone())?
                    }
                    None => self.only_machine_of(person, machines, node)?,
                };
                let values = step
                    .set
                    .iter()
                    .map(|(key, value)| (key.clone(), self.fill_json(value)))
                    .collect();
                Action::Set { machine, values }
            }
            _ => {
                let mut targets = IndexMap::new();
                for (name, target) in &step.dns {
                    let target = match target.parse::<IpAddr>() {
                        Ok(address) => DnsTarget::Address(address),
                        Err(_) => {
                            let names = machines.keys().map(String::as_str);
                            let path: Vec<&str> =
                                path.iter().copied().chain(["dns", name.as_str()]).collect();
                            let span = self.tree.find(&path).map(|node| node.span.clone());
                            if !self.known("machine or address", target, names, span) {
                                continue;
                            }
                            DnsTarget::Machine(target.clone())
                        }
                    };
                    targets.insert(name.clone(), target);
                }
                Action::Dns(targets)
            }
        };
        Some(Step {
            who,
            note: step.note.clone(),
            action,
        })
    }

    fn resolve_curl(&self, step: &file::Step, url: url::Url) -> Curl {
        let mut headers: Vec<(String, String)> = Vec::new();
        for (name, values) in &step.headers {
            for value in values.as_slice() {
                headers.push((name.clone(), self.fill(value)));
            }
        }
        if let Some(user) = &step.user {
            use base64::Engine as _;
            let encoded = base64::engine::general_purpose::STANDARD.encode(self.fill(user));
            headers.push(("Authorization".to_owned(), format!("Basic {encoded}")));
        }
        let method = step
            .method
            .clone()
            .unwrap_or_else(|| if step.body.is_some() { "POST" } else { "GET" }.to_owned());
        let body = step.body.as_deref().map(|body| self.fill(body));
        Curl {
            method,
            url,
            headers,
            body,
            certificate: step.certificate.clone(),
        }
    }

    /// An address for the address bar: any scheme that a browser can open there.
    fn visit_url(&mut self, text: &str, span: Option<std::ops::Range<usize>>) -> Option<url::Url> {
        match url::Url::parse(&self.fill(text)) {
            Ok(url) if matches!(url.scheme(), "data" | "about" | "blob") => Some(url),
            _ => self.http_url(text, span),
        }
    }

    /// The browser that a person uses in a step; makes them one if they have none.
    fn browser_of(
        &mut self,
        person: &str,
        step: &file::Step,
        entry: Option<&crate::format::tree::Entry>,
        browsers: &mut IndexMap<String, Browser>,
    ) -> Option<String> {
        let span = entry.map(|entry| entry.node.span.clone());
        if let Some(name) = &step.browser {
            let names: Vec<String> = browsers.keys().cloned().collect();
            if !self.known(
                "browser",
                name,
                names.iter().map(String::as_str),
                span.clone(),
            ) {
                return None;
            }
            if browsers[name].person != person {
                let mistake = self.error(
                    span,
                    format!(
                        "`{}` sits in front of the browser `{name}`, not `{person}`",
                        browsers[name].person
                    ),
                );
                self.report(mistake);
                return None;
            }
            return Some(name.clone());
        }
        let own: Vec<&String> = browsers
            .iter()
            .filter(|(_, browser)| browser.person == person)
            .map(|(name, _)| name)
            .collect();
        if let Some(named) = own.iter().find(|name| **name == person) {
            return Some((*named).clone());
        }
        match own.as_slice() {
            [one] => Some((*one).clone()),
            [] => {
                browsers.insert(
                    person.to_owned(),
                    Browser {
                        person: person.to_owned(),
                        profile: "standard".to_owned(),
                        cookies: Vec::new(),
                        certificates: IndexMap::new(),
                        credentials: Vec::new(),
                        permissions: Vec::new(),
                        tampered_requests: Vec::new(),
                        tampered_answers: Vec::new(),
                    },
                );
                Some(person.to_owned())
            }
            several => {
                let mistake = self
                    .error(span, format!("`{person}` has several browsers"))
                    .help(format!(
                        "say which: `browser = …`, one of {}",
                        listed(several.iter().map(|name| name.as_str()))
                    ));
                self.report(mistake);
                None
            }
        }
    }

    fn only_machine_of(
        &mut self,
        person: &str,
        machines: &IndexMap<String, Machine>,
        node: &crate::format::tree::Node,
    ) -> Option<String> {
        let own: Vec<&str> = machines
            .iter()
            .filter(|(_, machine)| machine.owner == person)
            .map(|(name, _)| name.as_str())
            .collect();
        if let [one] = own.as_slice() {
            return Some((*one).to_owned());
        }
        let mistake = if own.is_empty() {
            self.error(
                Some(node.span.clone()),
                format!("`{person}` has no machine"),
            )
        } else {
            self.error(
                Some(node.span.clone()),
                format!("`{person}` has several machines"),
            )
            .help(format!("say which: `machine = …`, one of {}", listed(own)))
        };
        self.report(mistake);
        None
    }
}
