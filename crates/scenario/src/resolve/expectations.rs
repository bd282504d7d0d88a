//! What must come of it: the variant's expectations over the base's.

use indexmap::IndexMap;

use super::{Resolver, has_errors};
use crate::format::file::{Allowance, Expect, StateCheck};
use crate::plan::{Browser, Expectation, Machine};

impl Resolver<'_> {
    pub(crate) fn resolve_expectations(
        &mut self,
        machines: &IndexMap<String, Machine>,
        browsers: &IndexMap<String, Browser>,
    ) -> (Vec<Expectation>, Vec<Allowance>) {
        let base = self.base;
        let variant = self
            .variant
            .and_then(|name| base.variant.get(name))
            .map(|variant| &variant.expect);
        let layers: Vec<(Vec<&str>, &Expect)> = match (self.variant, variant) {
            (Some(name), Some(expect)) => {
                vec![
                    (vec!["expect"], &base.expect),
                    (vec!["variant", name, "expect"], expect),
                ]
            }
            _ => vec![(vec!["expect"], &base.expect)],
        };

        let mut knowledge: IndexMap<(String, String), bool> = IndexMap::new();
        let mut state: IndexMap<(String, String), StateCheck> = IndexMap::new();
        for (path, expect) in &layers {
            self.layer_knowledge(path, expect, &mut knowledge);
            self.layer_state(path, expect, machines, &mut state);
        }

        let mut expectations: Vec<Expectation> = Vec::new();
        for ((person, secret), learns) in knowledge {
            expectations.push(if learns {
                Expectation::Learns { person, secret }
            } else {
                Expectation::NeverLearns { person, secret }
            });
        }
        for ((machine, key), check) in state {
            expectations.push(Expectation::State {
                machine,
                key,
                check,
            });
        }
        let latest =
            |has: fn(&Expect) -> bool| layers.iter().rev().find(|(_, expect)| has(expect)).cloned();
        if let Some((path, expect)) = latest(|expect| expect.requests.is_some()) {
            for (index, check) in expect.requests.iter().flatten().enumerate() {
                self.check_request(&path, index, check, machines, browsers);
                expectations.push(Expectation::Requests(check.clone()));
            }
        }
        if let Some((_, expect)) = latest(|expect| expect.script_sees.is_some()) {
            for check in expect.script_sees.iter().flatten() {
                let mut check = check.clone();
                check.text = self.fill(&check.text);
                expectations.push(Expectation::ScriptSees(check));
            }
        }
        if let Some((path, expect)) = latest(|expect| expect.decided_by.is_some()) {
            for (index, check) in expect.decided_by.iter().flatten().enumerate() {
                self.check_decision(&path, index, check.step.as_deref());
                expectations.push(Expectation::DecidedBy(check.clone()));
            }
        }
        if expectations.is_empty() && !has_errors(&self.mistakes) {
            let span = match self.variant {
                Some(name) => self.at_key(&["variant", name]),
                None => self.at_key(&["expect"]),
            };
            let mistake = self
                .error(span, "nothing is expected")
                .help("for example `[expect]`, `never_learns = { charlie = \"mail\" }`");
            self.report(mistake);
        }
        let mut allow: Vec<Allowance> = Vec::new();
        for (_, expect) in &layers {
            for item in &expect.allow {
                if !allow.contains(item) {
                    allow.push(*item);
                }
            }
        }
        (expectations, allow)
    }

    fn layer_knowledge(
        &mut self,
        path: &[&str],
        expect: &Expect,
        knowledge: &mut IndexMap<(String, String), bool>,
    ) {
        let mut said: IndexMap<(String, String), bool> = IndexMap::new();
        for (key, learns, table) in [
            ("learns", true, &expect.learns),
            ("never_learns", false, &expect.never_learns),
        ] {
            for (person, secrets) in table {
                let place: Vec<&str> = path.iter().copied().chain([key, person.as_str()]).collect();
                let key_span = self.tree.find_key(&place);
                if !self.known_person(person, key_span) {
                    continue;
                }
                for (index, secret) in secrets.as_slice().iter().enumerate() {
                    let index = index.to_string();
                    let inner: Vec<&str> = place.iter().copied().chain([index.as_str()]).collect();
                    let node = self.tree.find(&inner).or_else(|| self.tree.find(&place));
                    let span = node.map(|node| node.span.clone());
                    let names: Vec<String> = self.secrets.keys().cloned().collect();
                    if !self.known(
                        "secret",
                        secret,
                        names.iter().map(String::as_str),
                        span.clone(),
                    ) {
                        continue;
                    }
                    if said.insert((person.clone(), secret.clone()), learns) == Some(!learns) {
                        let mistake = self.error(
                            span,
                            format!("`{person}` both learns and never learns `{secret}`"),
                        );
                        self.report(mistake);
                    }
                }
            }
        }
        knowledge.extend(said);
    }

    fn layer_state(
        &mut self,
        path: &[&str],
        expect: &Expect,
        machines: &IndexMap<String, Machine>,
        state: &mut IndexMap<(String, String), StateCheck>,
    ) {
        for (machine, keys) in &expect.state {
            let place: Vec<&str> = path
                .iter()
                .copied()
                .chain(["state", machine.as_str()])
                .collect();
            let span = self.tree.find_key(&place);
            if !self.known(
                "machine",
                machine,
                machines.keys().map(String::as_str),
                span,
            ) {
                continue;
            }
            for (key, check) in keys {
                let mut check = check.clone();
                if let StateCheck::Full(full) = &mut check {
                    if let Some(by) = &full.by {
                        let inner: Vec<&str> =
                            place.iter().copied().chain([key.as_str(), "by"]).collect();
                        let span = self.tree.find(&inner).map(|node| node.span.clone());
                        self.known_person(by, span);
                    }
                    full.equals = full.equals.as_ref().map(|value| self.fill_json(value));
                    full.contains = full.contains.as_ref().map(|text| self.fill(text));
                }
                state.insert((machine.clone(), key.clone()), check);
            }
        }
    }

    fn check_request(
        &mut self,
        path: &[&str],
        index: usize,
        check: &crate::format::file::RequestCheck,
        machines: &IndexMap<String, Machine>,
        browsers: &IndexMap<String, Browser>,
    ) {
        let index = index.to_string();
        let place = |key: &'static str| -> Vec<String> {
            path.iter()
                .map(|part| (*part).to_owned())
                .chain(["requests".to_owned(), index.clone(), key.to_owned()])
                .collect()
        };
        let span = |resolver: &Self, key: &'static str| {
            let place = place(key);
            let place: Vec<&str> = place.iter().map(String::as_str).collect();
            resolver.tree.find(&place).map(|node| node.span.clone())
        };
        if let Some(to) = &check.to {
            let span = span(self, "to");
            self.known("machine", to, machines.keys().map(String::as_str), span);
        }
        if let Some(from) = &check.from {
            let span = span(self, "from");
            let names: Vec<String> = self
                .people
                .keys()
                .chain(browsers.keys())
                .chain(machines.keys())
                .cloned()
                .chain(["curl".to_owned()])
                .collect();
            self.known("sender", from, names.iter().map(String::as_str), span);
        }
    }

    fn check_decision(&mut self, path: &[&str], index: usize, step: Option<&str>) {
        let Some(step) = step else { return };
        if crate::verdict::decision_step(step).is_some() {
            return;
        }
        let index = index.to_string();
        let place: Vec<&str> = path
            .iter()
            .copied()
            .chain(["decided_by", index.as_str(), "step"])
            .collect();
        let span = self.tree.find(&place).map(|node| node.span.clone());
        let mistake = self
            .error(span, format!("`{step}` is no step"))
            .label("expected an algorithm's anchor and a number")
            .help("for example `concept-cors-check 4`");
        self.report(mistake);
    }
}
