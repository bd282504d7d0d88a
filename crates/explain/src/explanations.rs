//! A case becomes an explanation.

use std::collections::BTreeMap;
use std::fmt;

use crossexam_fetch::NetworkFailure;
use crossexam_fetch::cors_preflight_cache::Allows;
use crossexam_oracle::{Case, FetchCall, Got, Inside, Oracle, Purpose, Step, StepResult};
use crossexam_sim::Profile;
use crossexam_web::trace::{CookieDecision, CookieOutcome, printable};
use crossexam_web::{Origin, TraceEvent};
use url::Url;

use crate::case::{Recorded, origin_of};
use crate::compare::comparison;
use crate::exchange::Absence;
use crate::explanation::{
    CookieLine, Executed, Explanation, OtherBrowser, Permission, Problem, Report, ScriptSees,
    ShownExchange, StepCited, Verdict,
};
use crate::input::Reading;
use crate::{look_alike, proposals, secrets, tempting, words};

/// Why there is no explanation: the case makes no sense, or there is no such browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotExplained(pub String);

impl fmt::Display for NotExplained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for NotExplained {}

/// A fetch of a case, examined.
pub(crate) struct Looked<'a> {
    pub(crate) recorded: &'a Recorded,
    pub(crate) call: &'a FetchCall,
    pub(crate) number: usize,
    pub(crate) result: &'a StepResult,
    pub(crate) inside: &'a Inside,
    pub(crate) origin: String,
    pub(crate) url: String,
    pub(crate) verdict: Verdict,
    pub(crate) unmodelled: &'a [String],
}

impl Looked<'_> {
    pub(crate) fn reason(&self) -> Option<&str> {
        self.result.why.as_ref()?.reason.as_deref()
    }

    /// The `Origin` that the server saw last, or the page's where it saw none.
    pub(crate) fn origin_seen(&self) -> &str {
        let mut requests = self.result.requests.iter().rev();
        requests
            .find_map(|request| request.header("Origin"))
            .unwrap_or(&self.origin)
    }

    pub(crate) fn with_credentials(&self) -> bool {
        self.call.credentials.as_deref() == Some("include")
    }

    pub(crate) fn method(&self) -> &str {
        self.call.method.as_deref().unwrap_or("GET")
    }

    /// The request itself, and what came back, as often as it was sent.
    pub(crate) fn actual(&self) -> impl Iterator<Item = (usize, &crossexam_oracle::Given)> {
        let requests = self.result.requests.iter().zip(&self.inside.answers);
        requests
            .enumerate()
            .filter(|(_, (request, _))| request.purpose == Purpose::Actual)
            .map(|(index, (_, given))| (index, given))
    }
}

/// How a fetch came out for the script.
pub(crate) fn verdict_of(result: &StepResult, unmodelled: &[String]) -> Verdict {
    if !unmodelled.is_empty() {
        return Verdict::Unmodelled;
    }
    match &result.page {
        Got::Response(response) if matches!(&response.kind[..], "opaque" | "opaqueredirect") => {
            Verdict::Opaque
        }
        Got::Response(_) | Got::Waited(_) => Verdict::Allowed,
        Got::Error(_) => Verdict::Blocked,
    }
}

/// Explains every fetch of a case, as this browser makes it.
///
/// # Errors
///
/// [`NotExplained`]
pub fn explain(recorded: &Recorded, browser: &str) -> Result<Vec<Explanation>, NotExplained> {
    let oracle = Oracle::for_browser(browser).map_err(|error| NotExplained(error.to_string()))?;
    let case = &recorded.case;
    let examined = oracle
        .examine(case)
        .map_err(|error| NotExplained(error.to_string()))?;
    let unmodelled = &examined.result.unmodelled;
    let mut explanations = Vec::new();
    for (number, step) in case.steps.iter().enumerate() {
        let (Step::Fetch(call), Some(result), Some(inside)) = (
            step,
            examined.result.steps.get(number),
            examined.steps.get(number),
        ) else {
            continue;
        };
        let url = Url::parse(&case.page.url)
            .and_then(|page| page.join(&call.url))
            .map_or_else(|_| call.url.clone(), String::from);
        let mut looked = Looked {
            recorded,
            call,
            number,
            result,
            inside,
            origin: origin_of(&case.page),
            url,
            verdict: verdict_of(result, unmodelled),
            unmodelled,
        };
        looked.verdict = what_the_recording_leaves_open(&looked);
        explanations.push(one(&oracle, browser, &looked));
    }
    Ok(explanations)
}

/// A recording without an answer decides nothing that hangs on the answer.
fn what_the_recording_leaves_open(looked: &Looked<'_>) -> Verdict {
    let recorded = looked.recorded;
    match (&recorded.absence, looked.verdict) {
        (_, Verdict::Unmodelled) => Verdict::Unmodelled,
        // What never came to the answer does not need it.
        (Some(_), verdict) if looked.result.requests.is_empty() => verdict,
        (Some(Absence::BlockedByClient | Absence::LocalNetwork | Absence::OtherPolicy(_)), _) => {
            Verdict::Blocked
        }
        (Some(Absence::Canceled | Absence::Unknown(_) | Absence::Failed(_)), _) => {
            Verdict::Undecided
        }
        (None, Verdict::Allowed | Verdict::Opaque) if recorded.answer_is_made_up => {
            Verdict::Undecided
        }
        (None, verdict) => verdict,
    }
}

fn one(oracle: &Oracle, browser: &str, looked: &Looked<'_>) -> Explanation {
    let recorded = looked.recorded;
    // What is not modelled claims nothing, its reason neither.
    let is_decided = looked.verdict != Verdict::Unmodelled
        && (recorded.absence.is_none() || looked.result.requests.is_empty());
    let error = looked.inside.error.as_ref().filter(|_| is_decided);
    let why = looked.result.why.as_ref().filter(|_| is_decided);
    let step = error
        .map(|error| error.step)
        .or(looked.inside.passed.filter(|_| is_decided));
    let is_blocked_by_the_model = looked.verdict == Verdict::Blocked && is_decided;
    let (cookies, cookies_in_words) = cookies(looked);
    let proposals = if is_blocked_by_the_model {
        proposals::propose(oracle, looked)
    } else {
        Vec::new()
    };
    let temptations = if is_blocked_by_the_model {
        tempting::temptations(oracle, looked)
    } else {
        Vec::new()
    };
    Explanation {
        verdict: looked.verdict,
        headline: headline(looked),
        times: 1,
        origin: looked.origin.clone(),
        method: looked.method().to_owned(),
        url: looked.url.clone(),
        reason: why.and_then(|why| why.reason.clone()),
        why: why.and_then(|why| why.text.clone()),
        step: step.map(|step| StepCited {
            name: step.to_string(),
            text: step.text.to_owned(),
            url: step.algorithm.url(),
        }),
        comparison: error.and_then(|error| comparison(&error.reason, looked.origin_seen())),
        search: error
            .map(|error| words::of(&error.reason))
            .unwrap_or_default(),
        looks_like: look_alike::look_alikes(looked),
        script: script_sees(looked),
        executed: executed(looked),
        exchanges: exchanges(looked),
        cookies,
        cookies_in_words,
        other_browsers: if is_decided {
            other_browsers(looked, browser)
        } else {
            Vec::new()
        },
        remembered: permissions(looked.inside),
        proposals,
        temptations,
        assumptions: assumptions(looked),
        unmodelled: looked.unmodelled.to_vec(),
        case: recorded.case.clone(),
    }
}

fn headline(looked: &Looked<'_>) -> String {
    let (method, url) = (looked.method(), &looked.url);
    let script = match &looked.origin[..] {
        "null" => "a script whose page has no origin of its own (`null`)".to_owned(),
        origin => format!("the script at {origin}"),
    };
    match looked.verdict {
        Verdict::Allowed => format!("allowed: {script} reads the answer to {method} {url}"),
        Verdict::Blocked => {
            format!("blocked: {script} does not get the answer to {method} {url}")
        }
        Verdict::Opaque => {
            format!("opaque: {script} gets a response to {method} {url} that shows it nothing")
        }
        Verdict::Undecided => format!(
            "undecided: the recording does not suffice to say whether {script} reads the answer to {method} {url}"
        ),
        Verdict::Unmodelled => format!(
            "not modelled: nothing is claimed of {method} {url}, since it needs {}",
            looked.unmodelled.join(", ")
        ),
    }
}

fn assumptions(looked: &Looked<'_>) -> Vec<String> {
    let recorded = looked.recorded;
    let mut list = recorded.assumptions.clone();
    let is_granted =
        |given: &crossexam_oracle::Given| given.reason == crate::case::TAKEN_FOR_GRANTED;
    if looked.inside.answers.iter().any(is_granted) {
        list.push(
            "a browser asks with a preflight first; none was recorded, and it is taken to have been answered with permission"
                .to_owned(),
        );
    }
    if recorded.answer_is_made_up {
        list.push("the answer to the request itself was not recorded".to_owned());
    }
    list.extend(recorded.notes.iter().cloned());
    list
}

fn script_sees(looked: &Looked<'_>) -> ScriptSees {
    if looked.recorded.absence.is_some() && !looked.result.requests.is_empty() {
        return ScriptSees {
            text: "a TypeError, if there was no answer: no status, no header, no body".to_owned(),
            ..ScriptSees::default()
        };
    }
    match &looked.result.page {
        Got::Waited(_) => ScriptSees::default(),
        Got::Error(error) => ScriptSees {
            text: format!(
                "{} {}: no status, no header, no body, no reason; the reason is in the console only",
                article(&error.name),
                error.name
            ),
            ..ScriptSees::default()
        },
        Got::Response(response) => {
            let came: Vec<&String> = looked
                .inside
                .answers
                .last()
                .map(|given| given.headers.iter().collect())
                .unwrap_or_default();
            let name_of = |line: &str| {
                line.split(':')
                    .next()
                    .unwrap_or_default()
                    .to_ascii_lowercase()
            };
            let mut hidden: Vec<String> = Vec::new();
            for line in came {
                let name = name_of(line);
                if !response.headers.iter().any(|seen| name_of(seen) == name)
                    && !hidden.contains(&name)
                {
                    hidden.push(name);
                }
            }
            let text = match &response.kind[..] {
                "opaque" | "opaqueredirect" => format!(
                    "a response of type \"{}\": status 0, no headers, no body",
                    response.kind
                ),
                kind => format!(
                    "a response of type \"{kind}\" with the status {} and the body",
                    response.status
                ),
            };
            ScriptSees {
                text,
                headers: response
                    .headers
                    .iter()
                    .map(|line| secrets::line(line))
                    .collect(),
                hidden,
            }
        }
    }
}

fn article(name: &str) -> &'static str {
    if name.starts_with(['A', 'E', 'I', 'O', 'U']) {
        "an"
    } else {
        "a"
    }
}

fn executed(looked: &Looked<'_>) -> Executed {
    let method = looked.method();
    let of = |reached, text: String| Executed { reached, text };
    match &looked.recorded.absence {
        Some(Absence::BlockedByClient | Absence::LocalNetwork) => {
            return of(
                Some(false),
                "no: the browser stopped the request before it went out".to_owned(),
            );
        }
        Some(_) if !looked.result.requests.is_empty() => {
            return of(
                None,
                "that cannot be said: no answer is recorded; the server's own log knows".to_owned(),
            );
        }
        _ => {}
    }
    let mut sent: Vec<_> = looked.actual().collect();
    let Some((_, last)) = sent.pop() else {
        let text = if looked.result.requests.is_empty() {
            "no: nothing was sent".to_owned()
        } else {
            format!("no: only the preflight (OPTIONS) was sent, the {method} never was")
        };
        return of(Some(false), text);
    };
    if looked.recorded.answer_is_made_up {
        return of(
            None,
            format!(
                "the preflight permits the {method}, so it went out; what came of it is not recorded"
            ),
        );
    }
    match &last.failure {
        Some(
            NetworkFailure::NameNotResolved { .. }
            | NetworkFailure::ConnectionRefused { .. }
            | NetworkFailure::AddressUnreachable { .. }
            | NetworkFailure::CertificateInvalid { .. }
            | NetworkFailure::Offline,
        ) => of(Some(false), "no: the server was never reached".to_owned()),
        Some(_) => of(
            None,
            format!("perhaps: the {method} was sent and no answer came back"),
        ),
        None => {
            let text = match looked.verdict {
                Verdict::Blocked => format!(
                    "yes: the server received the {method} and answered with {}; what it does upon it is done, although the script cannot see the answer",
                    last.status
                ),
                _ => format!(
                    "yes: the server received the {method} and answered with {}",
                    last.status
                ),
            };
            of(Some(true), text)
        }
    }
}

fn exchanges(looked: &Looked<'_>) -> Vec<ShownExchange> {
    let pairs = looked.result.requests.iter().zip(&looked.inside.answers);
    pairs
        .map(|(request, given)| ShownExchange {
            purpose: request.purpose,
            method: request.method.clone(),
            url: request.url.clone(),
            request: request
                .headers
                .iter()
                .map(|line| secrets::line(line))
                .collect(),
            status: given.status,
            reason: match &given.failure {
                Some(failure) => failure.to_string(),
                None if !given.is_of_the_case => "not recorded".to_owned(),
                None => given.reason.clone(),
            },
            answer: given
                .headers
                .iter()
                .map(|line| secrets::line(line))
                .collect(),
        })
        .collect()
}

fn cookie_decisions(inside: &Inside) -> impl Iterator<Item = &CookieDecision> {
    inside.trace.iter().filter_map(|event| match event {
        TraceEvent::Cookie(decision) => Some(decision),
        _ => None,
    })
}

fn cookies(looked: &Looked<'_>) -> (Vec<CookieLine>, String) {
    let lines: Vec<CookieLine> = cookie_decisions(looked.inside)
        .map(|decision| CookieLine {
            name: decision.name.clone(),
            outcome: decision.outcome.as_str(),
            reason: decision.reason.clone(),
        })
        .collect();
    let went = lines.iter().any(|line| line.outcome == "sent");
    let stayed = lines.iter().any(|line| line.outcome == "withheld");
    let is_same_origin = Url::parse(&looked.url)
        .ok()
        .and_then(|url| Origin::of_url(&url))
        .is_some_and(|origin| origin.to_string() == looked.origin);
    let sent_anything = looked.actual().next().is_some();
    let words = match (went, stayed) {
        (true, true) => "some were sent, some stayed",
        (true, false) => "all there are for the URL were sent",
        (false, true) => "none was sent",
        (false, false) if !sent_anything => "none was sent: the request itself never went out",
        (false, false) if looked.with_credentials() || is_same_origin => {
            "none was sent: none is known for the URL"
        }
        (false, false) => {
            "none was sent: without `credentials: \"include\"` none goes to another origin"
        }
    };
    (lines, words.to_owned())
}

fn permissions(inside: &Inside) -> Vec<Permission> {
    inside
        .remembered
        .iter()
        .map(|it| {
            let (kind, name) = match &it.allows {
                Allows::Method(name) => ("method", name),
                Allows::HeaderName(name) => ("header", name),
            };
            Permission {
                kind,
                name: printable(name),
                seconds: it.seconds,
                credentials: it.credentials,
            }
        })
        .collect()
}

/// Where the other profiles come to something else.
fn other_browsers(looked: &Looked<'_>, browser: &str) -> Vec<OtherBrowser> {
    let case = &looked.recorded.case;
    let sent = |inside: &Inside| -> Vec<String> {
        cookie_decisions(inside)
            .filter(|it| it.outcome == CookieOutcome::Sent)
            .map(|it| it.name.clone())
            .collect()
    };
    let stored = |inside: &Inside| -> Vec<String> {
        cookie_decisions(inside)
            .filter(|it| it.outcome == CookieOutcome::Stored)
            .map(|it| it.name.clone())
            .collect()
    };
    let list = |names: &[String]| match names {
        [] => "none".to_owned(),
        names => names.join(", "),
    };
    let longest = |inside: &Inside| inside.remembered.iter().map(|it| it.seconds).max();
    let mut others = Vec::new();
    for profile in Profile::names().filter(|name| *name != browser) {
        let Ok(oracle) = Oracle::for_browser(profile) else {
            continue;
        };
        let Ok(examined) = oracle.examine(case) else {
            continue;
        };
        let (Some(result), Some(inside)) = (
            examined.result.steps.get(looked.number),
            examined.steps.get(looked.number),
        ) else {
            continue;
        };
        let mut differences = Vec::new();
        let verdict = verdict_of(result, &examined.result.unmodelled);
        let reason = result.why.as_ref().and_then(|why| why.text.as_deref());
        let here = verdict_of(looked.result, looked.unmodelled);
        let reason_here = looked
            .result
            .why
            .as_ref()
            .and_then(|why| why.text.as_deref());
        if (verdict, reason) != (here, reason_here) {
            let word = word_of(verdict);
            differences.push(match reason {
                Some(reason) => format!("{word}: {reason}"),
                None => word.to_owned(),
            });
        }
        let (one, other) = (sent(looked.inside), sent(inside));
        if one != other {
            differences.push(format!(
                "cookies sent: {} (here: {})",
                list(&other),
                list(&one)
            ));
        }
        let (one, other) = (stored(looked.inside), stored(inside));
        if one != other {
            differences.push(format!(
                "cookies stored: {} (here: {})",
                list(&other),
                list(&one)
            ));
        }
        if longest(inside) != longest(looked.inside) {
            differences.push(match longest(inside) {
                Some(seconds) => format!("remembers the permission for {seconds} s"),
                None => "remembers no permission".to_owned(),
            });
        }
        if !differences.is_empty() {
            others.push(OtherBrowser {
                profile: profile.to_owned(),
                differences,
            });
        }
    }
    others
}

pub(crate) const fn word_of(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Allowed => "allowed",
        Verdict::Blocked => "blocked",
        Verdict::Opaque => "opaque",
        Verdict::Undecided => "undecided",
        Verdict::Unmodelled => "not modelled",
    }
}

impl Report {
    /// Explains everything that was read, the same once, the blocked first. Of several fetches those that are allowed are
    /// only counted, unless `all` is wanted.
    ///
    /// # Errors
    ///
    /// There is no such browser. A case that makes no sense becomes a problem of the report.
    pub fn of(reading: Reading, browser: &str, all: bool) -> Result<Self, NotExplained> {
        let oracle =
            Oracle::for_browser(browser).map_err(|error| NotExplained(error.to_string()))?;
        let mut report = Self {
            kind: reading.kind,
            browser: browser.to_owned(),
            exchanges: reading.exchanges,
            others: reading.others,
            allowed: 0,
            explanations: Vec::new(),
            problems: reading.problems,
        };
        let in_full = all || reading.cases.len() < 2;
        let mut known: BTreeMap<(String, String, String, String), usize> = BTreeMap::new();
        for (number, recorded) in reading.cases.iter().enumerate() {
            let key = match glance(&oracle, recorded) {
                Ok(key) => key,
                Err(error) => {
                    let place = format!("case {}: {error}", number + 1);
                    report.problems.push(Problem::text(place));
                    continue;
                }
            };
            if !in_full && key.3 == "allowed" {
                report.allowed += 1;
                continue;
            }
            if let Some(place) = known
                .get(&key)
                .filter(|_| reading.kind != crate::Kind::Case)
            {
                report.explanations[*place].times += 1;
                continue;
            }
            let explanations = explain(recorded, browser)?;
            known.insert(key, report.explanations.len());
            report.explanations.extend(explanations);
        }
        report
            .explanations
            .sort_by_key(|explanation| explanation.verdict);
        Ok(report)
    }

    /// Whether anything is blocked.
    pub fn is_anything_blocked(&self) -> bool {
        let mut verdicts = self.explanations.iter().map(|it| it.verdict);
        verdicts.any(|verdict| verdict == Verdict::Blocked)
    }
}

/// What tells one explanation from another: origin, method, URL without its query, and what came of it.
fn glance(
    oracle: &Oracle,
    recorded: &Recorded,
) -> Result<(String, String, String, String), crossexam_oracle::Malformed> {
    let case: &Case = &recorded.case;
    let result = oracle.judge(case)?;
    let mut outcome = String::new();
    for step in &result.steps {
        outcome.push_str(word_of(verdict_of(step, &result.unmodelled)));
        if let Some(reason) = step.why.as_ref().and_then(|why| why.reason.as_deref()) {
            outcome.push(' ');
            outcome.push_str(reason);
        }
    }
    if recorded.absence.is_some() || recorded.answer_is_made_up {
        outcome.push_str(" without an answer");
    }
    let (method, url) = match case.steps.first() {
        Some(Step::Fetch(call)) => (
            call.method.clone().unwrap_or_default(),
            call.url
                .split(['?', '#'])
                .next()
                .unwrap_or_default()
                .to_owned(),
        ),
        _ => Default::default(),
    };
    Ok((origin_of(&case.page), method, url, outcome))
}
