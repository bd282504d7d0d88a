//! Observations beside the model.

use std::collections::BTreeMap;

use crossexam_oracle::{CaseResult, Difference, Malformed, Oracle, SeenRequest, differences};

use crate::observation::Observation;

/// The request headers that are not compared, with the reason. A name that ends in `-` stands for all that begin so.
pub const LEFT_OUT: [(&str, &str); 7] = [
    (
        "sec-fetch-storage-access",
        "the Storage Access API is not modelled",
    ),
    (
        "user-agent",
        "it names a version, and another one with each",
    ),
    ("accept-encoding", "it names what a build can decode"),
    ("priority", "what it says of urgency is not modelled"),
    ("sec-ch-", "client hints are not modelled"),
    ("dnt", "it is the person's choice"),
    ("sec-gpc", "it is the person's choice"),
];

/// The values of `Accept-Language` that come of how a browser is set up. Those of a script are compared.
const LANGUAGES: [&str; 4] = ["en", "en-US", "en-US,en;q=0.9", "en-US,en;q=0.5"];

/// How one observation stands beside the model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// They agree.
    Agrees,
    /// They do not.
    Differs(Vec<Difference>),
    /// The browser did not always do the same.
    Unstable,
    /// The model claims nothing.
    Outside(Vec<String>),
}

/// What of a request is compared.
fn compared(request: &SeenRequest) -> SeenRequest {
    let mut request = request.clone();
    // Whether equal names are one line or several is for each browser to choose.
    let mut folded: Vec<String> = Vec::new();
    for line in request.headers.drain(..) {
        let (name, value) = line.split_once(':').unwrap_or((&line, ""));
        let same = folded.iter_mut().find(|it| {
            it.split_once(':')
                .is_some_and(|(it, _)| it.eq_ignore_ascii_case(name))
        });
        match same {
            Some(first) => first.push_str(&format!(", {}", value.trim())),
            None => folded.push(format!("{name}: {}", value.trim())),
        }
    }
    request.headers = folded;
    request.headers.retain(|line| {
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let name = name.to_ascii_lowercase();
        let left_out = LEFT_OUT
            .iter()
            .any(|(it, _)| name == *it || (it.ends_with('-') && name.starts_with(it)));
        let of_the_setup = name == "accept-language" && LANGUAGES.contains(&value.trim());
        !left_out && !of_the_setup
    });
    // Nobody can tell an empty body from none.
    request.body = request
        .body
        .filter(|body| body.bytes().is_none_or(|it| !it.is_empty()));
    // In which order different headers stand is for each browser to choose.
    request.headers.sort_by_key(|line| {
        let name = line.split(':').next().unwrap_or_default();
        name.to_ascii_lowercase()
    });
    request
}

fn only_compared(result: &CaseResult) -> CaseResult {
    let mut result = result.clone();
    for step in &mut result.steps {
        step.requests = step.requests.iter().map(compared).collect();
    }
    result
}

/// Holds an observation against a model.
///
/// # Errors
///
/// The case makes no sense.
pub fn compare(observation: &Observation, oracle: &Oracle) -> Result<Verdict, Malformed> {
    if !observation.is_stable() {
        return Ok(Verdict::Unstable);
    }
    let expected = oracle.judge(&observation.case)?;
    if !expected.unmodelled.is_empty() {
        return Ok(Verdict::Outside(expected.unmodelled));
    }
    let differences = differences(
        &only_compared(&expected),
        &only_compared(&observation.result),
    );
    Ok(if differences.is_empty() {
        Verdict::Agrees
    } else {
        Verdict::Differs(differences)
    })
}

/// How many observations of a theme came out how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Count {
    /// They agree.
    pub agree: usize,
    /// They do not.
    pub differ: usize,
    /// The browser did not always do the same.
    pub unstable: usize,
    /// The model claims nothing.
    pub outside: usize,
}

impl Count {
    /// Counts one.
    pub const fn add(&mut self, verdict: &Verdict) {
        match verdict {
            Verdict::Agrees => self.agree += 1,
            Verdict::Differs(_) => self.differ += 1,
            Verdict::Unstable => self.unstable += 1,
            Verdict::Outside(_) => self.outside += 1,
        }
    }

    /// The share of those that say something and agree, in hundredths of a percent, rounded down; all if none says anything.
    pub fn agreement(&self) -> usize {
        let said = self.agree + self.differ;
        (self.agree * 10_000).checked_div(said).unwrap_or(10_000)
    }
}

/// Counts by theme, and differences by what they are about.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Summary {
    /// By theme of the cases.
    pub themes: BTreeMap<String, Count>,
    /// All together.
    pub total: Count,
    /// By theme of the differences: the names of the cases and what differs.
    pub differences: BTreeMap<String, Vec<(String, Difference)>>,
}

impl Summary {
    /// Adds an observation.
    pub fn add(&mut self, observation: &Observation, verdict: &Verdict) {
        let theme = observation.theme().to_owned();
        self.themes.entry(theme).or_default().add(verdict);
        self.total.add(verdict);
        if let Verdict::Differs(differences) = verdict {
            let name = observation.case.name.clone().unwrap_or_default();
            for difference in differences {
                let list = self.differences.entry(difference.theme.clone());
                list.or_default().push((name.clone(), difference.clone()));
            }
        }
    }
}
