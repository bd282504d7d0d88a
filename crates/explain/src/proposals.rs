//! The smallest safe change, found by judging: the reason of a refusal names what is missing, that is set, and the case is
//! judged again until the script reads the answer. What turns out not to be needed is taken away again. Then the origins
//! that nearly look like the page's are judged with the change: none may get what it could not get before.

use crossexam_fetch::{BlockReason, CorsCheckFailure, NetworkError, PreflightFailure};
use crossexam_oracle::strategies::near_misses;
use crossexam_oracle::{Answer, Case, Examined, Got, Oracle, PageKind, Purpose, Step, StepResult};
use crossexam_web::Origin;
use crossexam_web::trace::printable;
use url::Url;

use crate::explanation::{Change, Checked, Proposal, Side, Verdict};
use crate::explanations::{Looked, verdict_of};
use crate::snippets::{self, Policy};

const ALLOW_ORIGIN: &str = "Access-Control-Allow-Origin";
const ALLOW_CREDENTIALS: &str = "Access-Control-Allow-Credentials";
const ALLOW_METHODS: &str = "Access-Control-Allow-Methods";
const ALLOW_HEADERS: &str = "Access-Control-Allow-Headers";

/// So often a case is judged again before it is given up: each time one thing more is permitted.
const ROUNDS: usize = 24;

/// The proposals for a fetch that is blocked.
pub(crate) fn propose(oracle: &Oracle, looked: &Looked<'_>) -> Vec<Proposal> {
    let mut proposals = Vec::new();
    proposals.extend(of_server(oracle, looked));
    proposals.extend(without_credentials(oracle, looked));
    proposals
}

/// Whether the script reads the answer of this step.
fn reads(result: &StepResult) -> bool {
    verdict_of(result, &[]) == Verdict::Allowed
}

fn examine(oracle: &Oracle, case: &Case, step: usize) -> Option<Examined> {
    let examined = oracle.examine(case).ok()?;
    (examined.result.unmodelled.is_empty() && examined.steps.len() > step).then_some(examined)
}

fn is_enough(oracle: &Oracle, case: &Case, changes: &[Change], step: usize) -> bool {
    examine(oracle, &judged_with(case, changes), step)
        .is_some_and(|examined| reads(&examined.result.steps[step]))
}

fn of_server(oracle: &Oracle, looked: &Looked<'_>) -> Option<Proposal> {
    if looked.origin == "null" {
        // Everybody can be that.
        return None;
    }
    let (case, step) = (&looked.recorded.case, looked.number);
    if case
        .answers
        .iter()
        .any(|it| it.times.is_some() || it.step.is_some())
    {
        // A server that answers now so and now otherwise has no one answer to change.
        return None;
    }
    let mut changes: Vec<Change> = Vec::new();
    let mut examined;
    let mut round = 0;
    loop {
        examined = examine(oracle, &judged_with(case, &changes), step)?;
        if reads(&examined.result.steps[step]) {
            break;
        }
        round += 1;
        let error = examined.steps[step].error.as_ref()?;
        if round > ROUNDS {
            return None;
        }
        for change in what_is_missing(error, &examined, step)? {
            set(&mut changes, change);
        }
    }
    // Where everybody was allowed, more for everybody is no small change: it becomes more for this origin.
    if !granted(oracle, case, &changes, step, &looked.origin).is_empty() {
        for purpose in [Purpose::Preflight, Purpose::Actual] {
            let url = changes
                .iter()
                .find(|it| it.to == Some(purpose))?
                .url
                .clone();
            let change = header(purpose, &url, ALLOW_ORIGIN, &looked.origin, None);
            set(&mut changes, change);
            if granted(oracle, case, &changes, step, &looked.origin).is_empty() {
                break;
            }
        }
    }
    let mut index = 0;
    while index < changes.len() {
        let without: Vec<Change> = changes
            .iter()
            .enumerate()
            .filter(|(at, _)| *at != index)
            .map(|(_, change)| change.clone())
            .collect();
        if !without.is_empty()
            && is_enough(oracle, case, &without, step)
            && granted(oracle, case, &without, step, &looked.origin).is_empty()
        {
            changes = without;
        } else {
            index += 1;
        }
    }
    if changes.is_empty() || !granted(oracle, case, &changes, step, &looked.origin).is_empty() {
        return None;
    }
    let checked = checked(oracle, case, &changes, step, &looked.origin);
    changes = with_vary(case, changes);
    let examined = examine(oracle, &judged_with(case, &changes), step)?;
    let policy = policy_of(looked, &examined);
    Some(Proposal {
        side: Side::Server,
        title: format!("let the server allow {} and nobody else", looked.origin),
        snippets: snippets::all(&policy),
        changes,
        checked,
    })
}

/// The same fetch without credentials, where only they are in the way.
fn without_credentials(oracle: &Oracle, looked: &Looked<'_>) -> Option<Proposal> {
    if !looked.with_credentials() {
        return None;
    }
    let (case, step) = (&looked.recorded.case, looked.number);
    let changes = vec![Change {
        to: None,
        url: String::new(),
        set: "credentials: \"omit\"".to_owned(),
        was: Some("credentials: \"include\"".to_owned()),
    }];
    if !is_enough(oracle, case, &changes, step) {
        return None;
    }
    Some(Proposal {
        side: Side::Script,
        title: "if the answer does not depend on who asks: let the script ask without credentials"
            .to_owned(),
        changes,
        // Nothing changes for anybody else.
        checked: Checked::default(),
        snippets: Vec::new(),
    })
}

fn header(to: Purpose, url: &str, name: &str, value: &str, was: Option<String>) -> Change {
    Change {
        to: Some(to),
        url: url.to_owned(),
        set: format!("{name}: {value}"),
        was,
    }
}

/// Adds a change, in place of one of the same thing.
fn set(changes: &mut Vec<Change>, change: Change) {
    let name = |change: &Change| change.set.split(':').next().map(str::to_owned);
    let same =
        |it: &&mut Change| it.to == change.to && it.url == change.url && name(it) == name(&change);
    match changes.iter_mut().find(same) {
        Some(before) => {
            let was = before.was.take();
            *before = Change { was, ..change };
        }
        None => changes.push(change),
    }
}

/// The change that a reason asks for.
fn what_is_missing(error: &NetworkError, examined: &Examined, step: usize) -> Option<Vec<Change>> {
    let requests = &examined.result.steps[step].requests;
    let request = requests.last()?;
    let given = examined.steps[step].answers.last()?;
    let (to, url) = (request.purpose, &request.url);
    let was = |name: &str| {
        let mut lines = given.headers.iter();
        lines
            .find(|line| {
                line.split(':')
                    .next()
                    .is_some_and(|it| it.eq_ignore_ascii_case(name))
            })
            .cloned()
    };
    let to_set = |name: &str, value: &str| vec![header(to, url, name, value, was(name))];
    let origin = request.header("Origin").filter(|origin| *origin != "null");
    let check = match &error.reason {
        BlockReason::CorsCheck(check) => check,
        BlockReason::Preflight(failure) => match failure {
            PreflightFailure::CorsCheck(check) => check,
            PreflightFailure::StatusNotOk { status } | PreflightFailure::Redirect { status } => {
                return Some(vec![Change {
                    to: Some(to),
                    url: url.clone(),
                    set: "status: 204".to_owned(),
                    was: Some(format!("status: {status}")),
                }]);
            }
            PreflightFailure::AllowMethodsInvalid { .. } => {
                return Some(to_set(
                    ALLOW_METHODS,
                    request.header("Access-Control-Request-Method")?,
                ));
            }
            PreflightFailure::AllowHeadersInvalid { .. } => {
                let names = request.header("Access-Control-Request-Headers");
                return Some(to_set(ALLOW_HEADERS, names.unwrap_or_default()));
            }
            PreflightFailure::MethodNotAllowed { method, allowed } => {
                return Some(to_set(ALLOW_METHODS, &with(allowed.as_deref(), method)));
            }
            PreflightFailure::MethodWildcardWithCredentials { method } => {
                return Some(to_set(ALLOW_METHODS, &printable(method)));
            }
            PreflightFailure::HeaderNotAllowed { name, allowed } => {
                return Some(to_set(ALLOW_HEADERS, &with(allowed.as_deref(), name)));
            }
            PreflightFailure::HeaderNotCoveredByWildcard { name } => {
                return Some(to_set(ALLOW_HEADERS, &format!("*, {}", printable(name))));
            }
            PreflightFailure::HeaderWildcardWithCredentials { name } => {
                return Some(to_set(ALLOW_HEADERS, &printable(name)));
            }
            PreflightFailure::Network(_) => return None,
        },
        _ => return None,
    };
    Some(match check {
        CorsCheckFailure::AllowOriginMissing
        | CorsCheckFailure::AllowOriginMultiple { .. }
        | CorsCheckFailure::AllowOriginMismatch { .. }
        | CorsCheckFailure::WildcardWithCredentials { .. } => to_set(ALLOW_ORIGIN, origin?),
        CorsCheckFailure::AllowCredentialsMissing
        | CorsCheckFailure::AllowCredentialsNotTrue { .. } => to_set(ALLOW_CREDENTIALS, "true"),
    })
}

/// A list and one more. With a `*` that does not count, the `*` goes.
fn with(list: Option<&[bytes::Bytes]>, more: &[u8]) -> String {
    let listed = list.unwrap_or_default().iter();
    let mut names: Vec<String> = listed
        .map(|name| printable(name))
        .filter(|name| name != "*")
        .collect();
    names.push(printable(more));
    names.join(", ")
}

/// Whoever answers one origin by name must tell caches that it does.
fn with_vary(case: &Case, mut changes: Vec<Change>) -> Vec<Change> {
    let named: Vec<(Purpose, String)> = changes
        .iter()
        .filter(|change| change.set.starts_with(ALLOW_ORIGIN))
        .filter_map(|change| Some((change.to?, change.url.clone())))
        .collect();
    for (to, url) in named {
        let answer = place_of(case, to, &url).map(|place| &case.answers[place]);
        let lines = answer.map(|answer| &answer.headers[..]).unwrap_or_default();
        let varies = lines.iter().filter_map(|line| line.split_once(':'));
        let mut varies = varies
            .filter(|(name, _)| name.eq_ignore_ascii_case("vary"))
            .flat_map(|(_, value)| value.split(','));
        if !varies
            .any(|name| matches!(name.trim(), "*") || name.trim().eq_ignore_ascii_case("origin"))
        {
            changes.push(header(to, &url, "Vary", "Origin", None));
        }
    }
    changes
}

/// The answer that a request gets, by its place.
fn place_of(case: &Case, to: Purpose, url: &str) -> Option<usize> {
    let same_url = |text: &str| match (Url::parse(text), Url::parse(url)) {
        (Ok(mut one), Ok(other)) => {
            one.set_fragment(None);
            one == other
        }
        _ => text == url,
    };
    case.answers.iter().position(|answer| {
        answer.to.is_none_or(|it| it == to)
            && answer.url.as_deref().is_none_or(same_url)
            && (to == Purpose::Actual || answer.method.as_deref().is_none_or(|it| it == "OPTIONS"))
    })
}

/// The case with changes.
pub fn judged_with(case: &Case, changes: &[Change]) -> Case {
    let mut case = case.clone();
    for change in changes {
        let Some(to) = change.to else {
            of_the_call(&mut case, &change.set);
            continue;
        };
        let place = place_of(&case, to, &change.url);
        let is_its_own = place.is_some_and(|place| {
            let answer = &case.answers[place];
            answer.to == Some(to) && answer.url.is_some()
        });
        let place = match place {
            Some(place) if is_its_own => place,
            // An answer of its own, like the one that it shares with other requests.
            place => {
                let like = place.map(|place| case.answers[place].clone());
                let place = place.unwrap_or(case.answers.len());
                let answer = Answer {
                    to: Some(to),
                    url: Some(change.url.clone()),
                    ..like.unwrap_or(Answer {
                        status: 404,
                        ..Answer::default()
                    })
                };
                case.answers.insert(place, answer);
                place
            }
        };
        of_the_answer(&mut case.answers[place], &change.set);
    }
    case
}

fn of_the_call(case: &mut Case, set: &str) {
    let Some((member, value)) = set.split_once(": ") else {
        return;
    };
    for step in &mut case.steps {
        if let (Step::Fetch(call), "credentials") = (&mut *step, member) {
            call.credentials = Some(value.trim_matches('"').to_owned());
        }
    }
}

fn of_the_answer(answer: &mut Answer, set: &str) {
    let name = set.split(':').next().unwrap_or_default();
    let is_called = |line: &String, name: &str| {
        line.split(':')
            .next()
            .is_some_and(|it| it.eq_ignore_ascii_case(name))
    };
    if name == "status" {
        let status = set.rsplit(' ').next().and_then(|it| it.parse().ok());
        answer.status = status.unwrap_or(answer.status);
        answer.reason.clear();
        answer.failure = None;
        answer.headers.retain(|line| !is_called(line, "Location"));
        return;
    }
    if name != "Vary" {
        answer.headers.retain(|line| !is_called(line, name));
    }
    answer.headers.push(set.to_owned());
}

/// The same case, asked by a page of another origin. `None` if no page has such an origin.
fn asked_by(case: &Case, step: usize, origin: &str) -> Option<Case> {
    let mut case = case.clone();
    if origin == "null" {
        case.page.kind = PageKind::Sandboxed;
        case.page.url = "https://evil.example/".to_owned();
        return Some(case);
    }
    let page = Url::parse(origin).ok()?;
    let its_origin = Origin::of_url(&page)?;
    if its_origin.to_string() != origin || !matches!(page.scheme(), "http" | "https") {
        return None;
    }
    let Some(Step::Fetch(call)) = case.steps.get_mut(step) else {
        return None;
    };
    // What is relative stays where it was.
    let target = Url::parse(&case.page.url).ok()?.join(&call.url).ok()?;
    if its_origin.is_same_origin_with_url(&target) {
        return None;
    }
    call.url = target.into();
    case.page.url = page.into();
    if matches!(
        case.page.kind,
        PageKind::Sandboxed | PageKind::SandboxedSrcdoc | PageKind::Data
    ) {
        case.page.kind = PageKind::Window;
    }
    Some(case)
}

/// Whether a page of this origin reads the answer, or has the request executed that needs permission.
fn gets_something(oracle: &Oracle, case: &Case, step: usize, origin: &str) -> Option<bool> {
    let case = asked_by(case, step, origin)?;
    let result = oracle.judge(&case).ok()?;
    let result = result.steps.get(step)?;
    let purposes = |purpose| result.requests.iter().any(|it| it.purpose == purpose);
    let is_executed = purposes(Purpose::Preflight) && purposes(Purpose::Actual);
    let reads = match &result.page {
        Got::Response(response) => !response.kind.starts_with("opaque"),
        _ => false,
    };
    Some(reads || is_executed)
}

/// The near misses of an origin from which the step of the case can be read, or has a request executed that needs
/// permission.
pub fn near_misses_that_read(
    oracle: &Oracle,
    case: &Case,
    step: usize,
    origin: &str,
) -> Vec<String> {
    near_misses(origin)
        .into_iter()
        .filter(|near| gets_something(oracle, case, step, near) == Some(true))
        .collect()
}

/// The near misses that get with the changes what they did not get before.
fn granted(
    oracle: &Oracle,
    case: &Case,
    changes: &[Change],
    step: usize,
    origin: &str,
) -> Vec<String> {
    let mut after = near_misses_that_read(oracle, &judged_with(case, changes), step, origin);
    if !after.is_empty() {
        let before = near_misses_that_read(oracle, case, step, origin);
        after.retain(|near| !before.contains(near));
    }
    after
}

fn checked(oracle: &Oracle, case: &Case, changes: &[Change], step: usize, origin: &str) -> Checked {
    let changed = judged_with(case, changes);
    let near_misses = near_misses(origin)
        .into_iter()
        .filter(|near| gets_something(oracle, &changed, step, near).is_some())
        .collect();
    Checked {
        near_misses,
        could_before: near_misses_that_read(oracle, case, step, origin),
    }
}

/// What the answers permit after the change, for the snippets.
fn policy_of(looked: &Looked<'_>, examined: &Examined) -> Policy {
    let step = looked.number;
    let requests = examined.result.steps[step].requests.iter();
    let mut pairs = requests.zip(&examined.steps[step].answers);
    let preflight = pairs.rfind(|(request, _)| request.purpose == Purpose::Preflight);
    let list = |name: &str| -> Vec<String> {
        let lines = preflight.iter().flat_map(|(_, given)| &given.headers);
        lines
            .filter_map(|line| line.split_once(": "))
            .filter(|(it, _)| it.eq_ignore_ascii_case(name))
            .flat_map(|(_, value)| value.split(','))
            .map(|item| item.trim().to_owned())
            .filter(|item| !item.is_empty() && item != "*")
            .collect()
    };
    let mut methods = list(ALLOW_METHODS);
    if !methods.iter().any(|it| it == looked.method()) {
        methods.push(looked.method().to_owned());
    }
    let mut headers = list(ALLOW_HEADERS);
    if let Some((request, _)) = preflight {
        let asked = request
            .header("Access-Control-Request-Headers")
            .unwrap_or_default();
        for name in asked.split(',').map(str::trim).filter(|it| !it.is_empty()) {
            if !headers.iter().any(|it| it.eq_ignore_ascii_case(name)) {
                headers.push(name.to_owned());
            }
        }
    }
    Policy {
        origin: looked.origin.clone(),
        path: Url::parse(&looked.url).map_or_else(|_| "/".to_owned(), |url| url.path().to_owned()),
        methods,
        headers,
        credentials: looked.with_credentials(),
        preflight: preflight.is_some(),
    }
}
