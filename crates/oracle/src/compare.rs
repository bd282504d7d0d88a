//! Where two results differ, by theme.

use std::collections::BTreeSet;

use crate::octets::Octets;
use crate::result::{CaseResult, Got, SeenRequest, SeenResponse, StepResult};

/// A difference between what was expected and what came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// What it is about: the same words for the same kind of difference, for example `request header origin`.
    pub theme: String,
    /// The number of the step, counted from 0.
    pub step: usize,
    /// Both sides, in words.
    pub text: String,
}

/// Where `actual` is not `expected`, in everything that can be seen. The reasons (`why`) are not compared: whoever watches
/// a browser does not know them.
pub fn differences(expected: &CaseResult, actual: &CaseResult) -> Vec<Difference> {
    let mut found = Found::default();
    if expected.steps.len() != actual.steps.len() {
        found.add("steps", &expected.steps.len(), &actual.steps.len());
    }
    for (step, (expected, actual)) in expected.steps.iter().zip(&actual.steps).enumerate() {
        found.step = step;
        found.of_requests(expected, actual);
        found.of_pages(&expected.page, &actual.page);
    }
    if expected.unmodelled != actual.unmodelled {
        found.step = 0;
        found.add("unmodelled", &expected.unmodelled, &actual.unmodelled);
    }
    found.differences
}

#[derive(Default)]
struct Found {
    step: usize,
    differences: Vec<Difference>,
}

impl Found {
    fn add(
        &mut self,
        theme: impl Into<String>,
        expected: &impl std::fmt::Debug,
        actual: &impl std::fmt::Debug,
    ) {
        self.differences.push(Difference {
            theme: theme.into(),
            step: self.step,
            text: format!("expected {expected:?}, got {actual:?}"),
        });
    }

    fn compare<T: PartialEq + std::fmt::Debug>(&mut self, theme: &str, expected: &T, actual: &T) {
        if expected != actual {
            self.add(theme, expected, actual);
        }
    }

    fn of_requests(&mut self, expected: &StepResult, actual: &StepResult) {
        let short = |step: &StepResult| -> Vec<String> {
            let requests = step.requests.iter();
            requests
                .map(|request| format!("{} {}", request.method, request.url))
                .collect()
        };
        let (wanted, got) = (short(expected), short(actual));
        if wanted != got {
            // What is in them says nothing any more.
            self.add("requests", &wanted, &got);
            return;
        }
        for (expected, actual) in expected.requests.iter().zip(&actual.requests) {
            self.compare("request purpose", &expected.purpose, &actual.purpose);
            let (one, other) = (&expected.headers, &actual.headers);
            self.of_headers("request header", one, other);
            self.of_bodies("request body", expected, actual);
        }
    }

    fn of_bodies(&mut self, theme: &str, expected: &SeenRequest, actual: &SeenRequest) {
        if bytes(&expected.body) != bytes(&actual.body) {
            self.add(theme, &expected.body, &actual.body);
        }
    }

    fn of_headers(&mut self, theme: &str, expected: &[String], actual: &[String]) {
        let name_of = |line: &String| line.split(':').next().unwrap_or_default().to_lowercase();
        let names: BTreeSet<String> = expected.iter().chain(actual).map(name_of).collect();
        let mut same = true;
        for name in names {
            let values = |lines: &[String]| -> Vec<String> {
                let of_this = lines.iter().filter(|line| name_of(line) == name);
                of_this
                    .map(|line| {
                        line.get(name.len() + 1..)
                            .unwrap_or_default()
                            .trim()
                            .to_owned()
                    })
                    .collect()
            };
            let (one, other) = (values(expected), values(actual));
            if one != other {
                same = false;
                self.add(format!("{theme} {name}"), &one, &other);
            }
        }
        let order = |lines: &[String]| -> Vec<String> { lines.iter().map(name_of).collect() };
        if same && order(expected) != order(actual) {
            self.add(format!("{theme} order"), &order(expected), &order(actual));
        }
    }

    fn of_pages(&mut self, expected: &Got, actual: &Got) {
        match (expected, actual) {
            (Got::Response(expected), Got::Response(actual)) => {
                self.of_responses(expected, actual);
            }
            (Got::Error(expected), Got::Error(actual)) => {
                self.compare("error name", &expected.name, &actual.name);
                self.compare("error phase", &expected.phase, &actual.phase);
            }
            _ if expected == actual => {}
            _ => self.add("verdict", expected, actual),
        }
    }

    fn of_responses(&mut self, expected: &SeenResponse, actual: &SeenResponse) {
        self.compare("response type", &expected.kind, &actual.kind);
        self.compare("response status", &expected.status, &actual.status);
        let (one, other) = (&expected.status_text, &actual.status_text);
        self.compare("response status text", one, other);
        self.compare("response url", &expected.url, &actual.url);
        self.compare(
            "response redirected",
            &expected.redirected,
            &actual.redirected,
        );
        self.of_headers("response header", &expected.headers, &actual.headers);
        if bytes(&expected.body) != bytes(&actual.body) {
            self.add("response body", &expected.body, &actual.body);
        }
    }
}

/// The bytes of a body, however it is written. (Whoever writes what is not Base64 is left to compare unequal.)
fn bytes(body: &Option<Octets>) -> Option<Option<bytes::Bytes>> {
    body.as_ref().map(Octets::bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Case, Page, Step, judge};

    fn result() -> CaseResult {
        let case = Case {
            page: Page {
                url: "https://charlie.example/".to_owned(),
                ..Page::default()
            },
            steps: vec![Step::fetch("/a")],
            ..Case::default()
        };
        judge(&case).unwrap()
    }

    fn themes(expected: &CaseResult, actual: &CaseResult) -> Vec<String> {
        let differences = differences(expected, actual);
        differences.into_iter().map(|it| it.theme).collect()
    }

    #[test]
    fn a_result_is_like_itself_whatever_the_reasons() {
        let mut other = result();
        other.steps[0].why = None;
        assert!(differences(&result(), &other).is_empty());
    }

    #[test]
    fn each_difference_has_its_theme() {
        let mut other = result();
        let request = &mut other.steps[0].requests[0];
        request.headers.retain(|line| !line.starts_with("Referer"));
        request.body = Some("x".into());
        let Got::Response(response) = &mut other.steps[0].page else {
            panic!()
        };
        response.status = 200;
        let expected = ["request header referer", "request body", "response status"];
        assert_eq!(themes(&result(), &other), expected);

        let mut other = result();
        other.steps[0].requests[0].headers.swap(0, 1);
        assert_eq!(themes(&result(), &other), ["request header order"]);

        let mut other = result();
        other.steps[0].requests.clear();
        other.steps[0].page = Got::Waited(1);
        assert_eq!(themes(&result(), &other), ["requests", "verdict"]);
    }
}
