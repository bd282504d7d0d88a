//! Exchanges become cases.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crossexam_oracle::{Answer, Case, CookieBefore, FetchCall, Page, PageKind, Purpose, Step};
use crossexam_web::Origin;
use crossexam_web::safelist::is_forbidden_request_header;
use url::Url;

use crate::exchange::{Absence, Answered, Exchange, value_of};
use crate::explanation::Problem;
use crate::secrets;

/// What somebody knows better than the recording.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The URL that is asked for.
    pub url: Option<String>,
    /// The page's origin or URL; `null` for a page without an origin of its own.
    pub origin: Option<String>,
    /// The method.
    pub method: Option<String>,
    /// Headers that the script sets.
    pub headers: Vec<(String, String)>,
    /// The credentials mode of the fetch: `omit`, `same-origin`, `include`.
    pub credentials: Option<String>,
    /// The mode of the fetch: `cors`, `no-cors`, `same-origin`.
    pub mode: Option<String>,
    /// Cookies that the URL has set before, each a `Set-Cookie` value.
    pub cookies: Vec<String>,
    /// The body of the request.
    pub body: Option<String>,
}

/// A fetch that was found in an input.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// What was asked and answered.
    pub case: Case,
    /// What had to be taken for granted.
    pub assumptions: Vec<String>,
    /// Why the last answer is missing, where the recording has none and the network is not to blame.
    pub absence: Option<Absence>,
    /// Whether the answer to the request itself is made up, since only its preflight was recorded.
    pub answer_is_made_up: bool,
    /// Whether the page was opened from a file.
    pub page_is_a_file: bool,
    /// What a live server's answers had to be told of, in words.
    pub notes: Vec<String>,
}

impl Recorded {
    /// A case as somebody wrote it.
    pub const fn of_case(case: Case) -> Self {
        Self {
            case,
            assumptions: Vec::new(),
            absence: None,
            answer_is_made_up: false,
            page_is_a_file: false,
            notes: Vec::new(),
        }
    }
}

/// What exchanges come to.
pub(crate) struct Taken {
    pub(crate) cases: Vec<Recorded>,
    pub(crate) others: usize,
    pub(crate) problems: Vec<Problem>,
}

/// The page of an origin that says nothing more of itself.
const NOWHERE: &str = "https://page.invalid/";

/// Puts exchanges together that belong to one fetch: a preflight and its request, redirects in a row.
pub(crate) fn cases_of(exchanges: Vec<Exchange>, options: &Options) -> Taken {
    let mut taken = Taken {
        cases: Vec::new(),
        others: 0,
        problems: Vec::new(),
    };
    let mut exchanges = exchanges;
    if let [only] = &mut exchanges[..] {
        complete(only, options);
    }
    let mut preflights: BTreeMap<(String, String), VecDeque<usize>> = BTreeMap::new();
    let mut by_url: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
    for (index, exchange) in exchanges.iter().enumerate() {
        if exchange.is_preflight() {
            let method = exchange.request_header("Access-Control-Request-Method");
            let key = (exchange.url.clone(), method.unwrap_or_default().to_owned());
            preflights.entry(key).or_default().push_back(index);
        } else {
            by_url
                .entry(exchange.url.clone())
                .or_default()
                .insert(index);
        }
    }
    let mut used = vec![false; exchanges.len()];
    for first in 0..exchanges.len() {
        if used[first] || exchanges[first].is_preflight() {
            continue;
        }
        let mut hops = vec![first];
        used[first] = true;
        let mut at = first;
        while let Some(next) = redirected_to(&exchanges[at])
            && let Some(place) = by_url
                .get(&next)
                .and_then(|places| places.range(at + 1..).next().copied())
            && !used[place]
            && hops.len() <= 20
        {
            used[place] = true;
            hops.push(place);
            at = place;
        }
        let hops: Vec<Hop<'_>> = hops
            .into_iter()
            .map(|place| {
                let key = (
                    exchanges[place].url.clone(),
                    exchanges[place].method.clone(),
                );
                let preflight = preflights.get_mut(&key).and_then(VecDeque::pop_front);
                if let Some(preflight) = preflight {
                    used[preflight] = true;
                }
                Hop {
                    preflight: preflight.map(|place| &exchanges[place]),
                    actual: Some(&exchanges[place]),
                }
            })
            .collect();
        taken.take(&hops, options);
    }
    for (place, exchange) in exchanges.iter().enumerate() {
        if !used[place] && exchange.is_preflight() {
            let hop = Hop {
                preflight: Some(exchange),
                actual: None,
            };
            taken.take(&[hop], options);
        }
    }
    taken
}

/// What the person says of the only exchange there is.
fn complete(exchange: &mut Exchange, options: &Options) {
    if let Some(url) = &options.url {
        exchange.url.clone_from(url);
    }
    if let Some(method) = &options.method
        && !exchange.is_preflight()
    {
        exchange.method.clone_from(method);
    }
    if exchange.method.is_empty() {
        "GET".clone_into(&mut exchange.method);
    }
    exchange
        .request_headers
        .extend(options.headers.iter().cloned());
}

/// Where an answer sends the browser.
fn redirected_to(exchange: &Exchange) -> Option<String> {
    let answer = exchange.answer.as_ref()?;
    if !matches!(answer.status, 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let location = value_of(&answer.headers, "Location")?;
    let url = Url::parse(&exchange.url).ok()?.join(location).ok()?;
    Some(url.into())
}

/// One stage of a fetch: between two redirects.
struct Hop<'a> {
    preflight: Option<&'a Exchange>,
    actual: Option<&'a Exchange>,
}

/// A page, and how sure that is.
pub(crate) struct Asker {
    pub(crate) page: Page,
    pub(crate) is_a_file: bool,
}

impl Taken {
    fn take(&mut self, hops: &[Hop<'_>], options: &Options) {
        let Some(first) = hops.first() else { return };
        let Some(asked) = first.actual.or(first.preflight) else {
            return;
        };
        let Ok(url) = Url::parse(&asked.url) else {
            let said = if asked.url.is_empty() {
                "an exchange does not say which URL was asked for; say it with `--url`".to_owned()
            } else {
                format!("{:?} is no URL", asked.url)
            };
            self.problems.push(Problem::text(said));
            return;
        };
        if !matches!(url.scheme(), "http" | "https") {
            self.others += 1;
            return;
        }
        let mut assumptions = Vec::new();
        let Some(mode) = mode_of(asked, options, &mut assumptions) else {
            self.others += 1;
            return;
        };
        let Some(asker) = asker(asked, options, &mut assumptions) else {
            self.problems.push(Problem::text(format!(
                "nothing says which page asked for {url}: there is no `Origin` and no `Referer`; say it with `--origin`"
            )));
            return;
        };
        let page_origin = Url::parse(&asker.page.url)
            .ok()
            .and_then(|page| Origin::of_url(&page));
        let is_same_origin = asker.page.kind == PageKind::Window
            && page_origin
                .as_ref()
                .is_some_and(|page| page.is_same_origin_with_url(&url));
        let is_followed_abroad = hops.len() > 1;
        if is_same_origin && !is_followed_abroad && hops.len() == 1 && options.origin.is_none() {
            self.others += 1;
            return;
        }
        let mut recorded = Recorded::of_case(Case {
            page: asker.page,
            ..Case::default()
        });
        recorded.page_is_a_file = asker.is_a_file;
        let call = call_of(first, &url, mode, options, &mut recorded, &mut assumptions);
        let with_credentials = call.credentials.as_deref() == Some("include");
        for hop in hops {
            answers_of(hop, with_credentials, &mut recorded, &mut assumptions);
        }
        recorded.case.steps = vec![Step::from(call)];
        recorded.assumptions = assumptions;
        self.cases.push(recorded);
    }
}

/// The mode of the fetch; `None` if it is none that a script makes.
fn mode_of(
    asked: &Exchange,
    options: &Options,
    assumptions: &mut Vec<String>,
) -> Option<Option<String>> {
    if let Some(mode) = &options.mode {
        return Some(Some(mode.clone()));
    }
    let destination = asked.request_header("Sec-Fetch-Dest");
    match asked.request_header("Sec-Fetch-Mode") {
        Some("cors") => {
            if let Some(destination) = destination.filter(|it| *it != "empty") {
                assumptions.push(format!(
                    "the request was made for an element (`Sec-Fetch-Dest: {destination}`); it is judged as a script's"
                ));
            }
            Some(None)
        }
        Some("no-cors") => (destination == Some("empty")).then(|| Some("no-cors".to_owned())),
        Some("same-origin") => Some(Some("same-origin".to_owned())),
        Some(_) => None,
        None => {
            let is_a_scripts = match asked.resource_type.as_deref() {
                Some("fetch" | "xhr" | "preflight" | "eventsource" | "font") => true,
                Some(_) => asked.request_header("Origin").is_some() && asked.method != "POST",
                None => true,
            };
            is_a_scripts.then_some(None)
        }
    }
}

/// Which page asked.
fn asker(asked: &Exchange, options: &Options, assumptions: &mut Vec<String>) -> Option<Asker> {
    let referer = asked.request_header("Referer");
    let is_a_file = |text: Option<&str>| text.is_some_and(|it| it.starts_with("file:"));
    if let Some(origin) = &options.origin {
        return Some(asker_of(
            origin,
            None,
            is_a_file(Some(origin)) || is_a_file(asked.page.as_deref()),
            assumptions,
        ));
    }
    let page = asked.page.as_deref();
    if let Some(origin) = asked.request_header("Origin") {
        return Some(asker_of(
            origin,
            referer.or(page),
            is_a_file(page),
            assumptions,
        ));
    }
    let from = referer.or(page)?;
    Some(asker_of(from, None, is_a_file(Some(from)), assumptions))
}

pub(crate) fn asker_of(
    origin: &str,
    page: Option<&str>,
    is_a_file: bool,
    assumptions: &mut Vec<String>,
) -> Asker {
    let of = |text: &str| {
        let url = Url::parse(text).ok()?;
        Origin::of_url(&url).map(|origin| (url, origin))
    };
    if let Some((url, origin)) = of(origin) {
        // The page's own URL says more, if it is one of this origin.
        let url = match page.and_then(of) {
            Some((page, of_page)) if of_page.is_same_origin(&origin) => page,
            _ => url,
        };
        return Asker {
            page: Page {
                url: url.into(),
                ..Page::default()
            },
            is_a_file: false,
        };
    }
    let url = match page.and_then(of) {
        Some((url, _)) => url.into(),
        None => NOWHERE.to_owned(),
    };
    if is_a_file {
        assumptions.push(
            "the page was opened from a file: its origin is opaque, `null` for servers, as that of a sandboxed frame, which is judged in its place"
                .to_owned(),
        );
    } else {
        assumptions.push(
            "the page has no origin of its own (`Origin: null`); it is judged as a sandboxed frame"
                .to_owned(),
        );
    }
    Asker {
        page: Page {
            url,
            kind: PageKind::Sandboxed,
            ..Page::default()
        },
        is_a_file,
    }
}

/// Headers that browsers write by themselves although scripts could, in lower case.
const OF_THE_BROWSER: [&str; 12] = [
    "accept-language",
    "alt-used",
    "cache-control",
    "if-modified-since",
    "if-none-match",
    "pragma",
    "priority",
    "purpose",
    "save-data",
    "upgrade-insecure-requests",
    "user-agent",
    "x-client-data",
];

fn call_of(
    hop: &Hop<'_>,
    url: &Url,
    mode: Option<String>,
    options: &Options,
    recorded: &mut Recorded,
    assumptions: &mut Vec<String>,
) -> FetchCall {
    let asked_for = hop
        .preflight
        .and_then(|it| it.request_header("Access-Control-Request-Headers"));
    let named: Option<Vec<String>> = hop.preflight.map(|_| {
        asked_for
            .unwrap_or_default()
            .split(',')
            .map(|name| name.trim().to_ascii_lowercase())
            .filter(|name| !name.is_empty())
            .collect()
    });
    let mut headers: Vec<(String, String)> = Vec::new();
    if let Some(actual) = hop.actual {
        for (name, value) in &actual.request_headers {
            let lower = name.to_ascii_lowercase();
            let is_named = named.as_ref().is_some_and(|named| named.contains(&lower));
            let is_content_type =
                lower == "content-type" && !matches!(&actual.method[..], "GET" | "HEAD");
            let is_the_browsers = is_forbidden_request_header(name.as_bytes(), value.as_bytes())
                || OF_THE_BROWSER.contains(&&lower[..])
                || lower.starts_with("sec-")
                || (lower == "accept" && value == "*/*");
            // A preflight says which of them the script has set.
            let is_the_scripts = named.is_none() && !is_the_browsers;
            if is_named || is_content_type || is_the_scripts {
                headers.push((name.clone(), secrets::header_value(name, value)));
            }
        }
    }
    for name in named.iter().flatten() {
        if !headers.iter().any(|(it, _)| it.eq_ignore_ascii_case(name)) {
            let value = if name == "content-type" {
                "application/json"
            } else {
                "x"
            };
            headers.push((name.clone(), value.to_owned()));
        }
    }
    let method = match (hop.actual, hop.preflight) {
        (Some(actual), _) => actual.method.clone(),
        (None, Some(preflight)) => preflight
            .request_header("Access-Control-Request-Method")
            .unwrap_or("GET")
            .to_owned(),
        (None, None) => "GET".to_owned(),
    };
    let credentials = credentials_of(hop, url, options, recorded, assumptions);
    FetchCall {
        url: url.to_string(),
        method: (method != "GET").then_some(method),
        headers: (!headers.is_empty()).then_some(headers),
        mode,
        credentials,
        // What was recorded came from the network.
        cache: Some("no-store".to_owned()),
        ..FetchCall::default()
    }
}

fn credentials_of(
    hop: &Hop<'_>,
    url: &Url,
    options: &Options,
    recorded: &mut Recorded,
    assumptions: &mut Vec<String>,
) -> Option<String> {
    for set in &options.cookies {
        recorded.case.cookies.push(CookieBefore {
            at: url.to_string(),
            set: secrets::set_cookie(set),
        });
    }
    let sent = hop.actual.and_then(|it| it.request_header("Cookie"));
    if let Some(sent) = sent {
        for cookie in sent.split(';') {
            let name = cookie.split('=').next().unwrap_or_default().trim();
            recorded.case.cookies.push(CookieBefore {
                at: url.to_string(),
                set: format!("{name}=x; Path=/; Secure; SameSite=None"),
            });
        }
        if options.cookies.is_empty() {
            assumptions.push(
                "cookies were sent, so the script asked for credentials; which attributes they have is not recorded, taken as `Secure; SameSite=None`"
                    .to_owned(),
            );
        }
    }
    if let Some(credentials) = &options.credentials {
        return Some(credentials.clone());
    }
    if sent.is_some() || !options.cookies.is_empty() {
        return Some("include".to_owned());
    }
    assumptions.push(
        "whether the script asks for credentials is not recorded, taken as no; `--credentials include` says yes"
            .to_owned(),
    );
    None
}

/// Headers that only frame or code a body, which is left out.
const OF_THE_BODY: [&str; 5] = [
    "content-encoding",
    "content-length",
    "transfer-encoding",
    "connection",
    "keep-alive",
];

fn lines_of(answer: &Answered) -> Vec<String> {
    answer
        .headers
        .iter()
        .filter(|(name, _)| !OF_THE_BODY.contains(&&name.to_ascii_lowercase()[..]))
        // A recording has its values as text; a case has a byte a character.
        .flat_map(|(name, value)| {
            let values: Vec<String> = if name.eq_ignore_ascii_case("set-cookie") {
                value.split('\n').map(secrets::set_cookie).collect()
            } else {
                vec![value.clone()]
            };
            let name = name.clone();
            values
                .into_iter()
                .map(move |value| format!("{name}: {}", one_byte_each(&value)))
        })
        .collect()
}

/// A text whose characters are all bytes: those that are none become the bytes of their UTF-8.
fn one_byte_each(text: &str) -> String {
    if text.chars().all(|it| u32::from(it) < 0x100) {
        return text.to_owned();
    }
    text.bytes().map(char::from).collect()
}

fn answers_of(
    hop: &Hop<'_>,
    with_credentials: bool,
    recorded: &mut Recorded,
    assumptions: &mut Vec<String>,
) {
    let url = match hop.actual.or(hop.preflight) {
        Some(exchange) => exchange.url.clone(),
        None => return,
    };
    let answers = &mut recorded.case.answers;
    match hop.preflight {
        Some(preflight) => {
            let mut answer = Answer {
                to: Some(Purpose::Preflight),
                url: Some(url.clone()),
                ..Answer::default()
            };
            match (&preflight.answer, &preflight.absence) {
                (Some(given), _) => {
                    answer.status = given.status;
                    answer.headers = lines_of(given);
                    given.reason.clone_into(&mut answer.reason);
                }
                (None, Some(Absence::Failed(failure))) => answer.failure = Some(*failure),
                (None, absence) => {
                    recorded.absence = Some(
                        absence
                            .clone()
                            .unwrap_or_else(|| Absence::Unknown(String::new())),
                    );
                }
            }
            answers.push(answer);
        }
        None => answers.push(permitting(
            hop.actual,
            &url,
            &recorded.case.page,
            with_credentials,
        )),
    }
    let mut answer = Answer {
        to: Some(Purpose::Actual),
        url: Some(url.clone()),
        ..Answer::default()
    };
    match hop.actual {
        Some(exchange) => match (&exchange.answer, &exchange.absence) {
            (Some(given), _) => {
                answer.status = given.status;
                answer.headers = lines_of(given);
                given.reason.clone_into(&mut answer.reason);
                if given.status == 304 {
                    answer.status = 200;
                    assumptions.push(
                        "the answer is a 304: the script gets the stored one, whose headers are taken to be these".to_owned(),
                    );
                }
                if exchange.from_cache {
                    assumptions.push("the answer came from the browser's cache".to_owned());
                }
                if !exchange.has_request {
                    assumptions.push(
                        "only the answer was recorded; the request is taken to be a plain GET unless something else was said"
                            .to_owned(),
                    );
                }
            }
            (None, Some(Absence::Failed(failure))) => answer.failure = Some(*failure),
            (None, absence) => {
                if recorded.absence.is_none() && !preflight_was_answered_badly(hop) {
                    recorded.absence = Some(
                        absence
                            .clone()
                            .unwrap_or_else(|| Absence::Unknown(String::new())),
                    );
                }
                return;
            }
        },
        None => {
            recorded.answer_is_made_up = true;
            answer.headers = permitting(None, &url, &recorded.case.page, with_credentials).headers;
        }
    }
    recorded.case.answers.push(answer);
}

/// Whether there is an answer to a preflight, so that the model can say whether the request itself ever went out.
fn preflight_was_answered_badly(hop: &Hop<'_>) -> bool {
    hop.preflight.is_some_and(|it| it.answer.is_some())
}

/// A preflight's answer that permits what was asked, for a recording without one.
fn permitting(actual: Option<&Exchange>, url: &str, page: &Page, with_credentials: bool) -> Answer {
    let origin = origin_of(page);
    let mut headers = vec![format!("Access-Control-Allow-Origin: {origin}")];
    if with_credentials {
        headers.push("Access-Control-Allow-Credentials: true".to_owned());
    }
    if let Some(actual) = actual {
        headers.push(format!("Access-Control-Allow-Methods: {}", actual.method));
        let names: Vec<&str> = actual
            .request_headers
            .iter()
            .map(|(name, _)| name.as_str())
            .collect();
        if !names.is_empty() {
            headers.push(format!(
                "Access-Control-Allow-Headers: {}",
                names.join(", ")
            ));
        }
    }
    Answer {
        to: Some(Purpose::Preflight),
        url: Some(url.to_owned()),
        status: 204,
        reason: TAKEN_FOR_GRANTED.to_owned(),
        headers,
        ..Answer::default()
    }
}

/// The reason phrase of a preflight's answer that nobody recorded.
pub(crate) const TAKEN_FOR_GRANTED: &str = "not recorded, taken for granted";

/// The origin of a page as servers see it.
pub(crate) fn origin_of(page: &Page) -> String {
    let is_opaque = matches!(
        page.kind,
        PageKind::Sandboxed | PageKind::SandboxedSrcdoc | PageKind::Data
    );
    let url = Url::parse(&page.url).ok();
    match url.and_then(|url| Origin::of_url(&url)) {
        Some(origin) if !is_opaque => origin.to_string(),
        _ => "null".to_owned(),
    }
}
