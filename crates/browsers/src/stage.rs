//! Where a case is played: what is loaded, what is answered, and what was seen.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use crossexam_oracle::{
    Answer, Answering, Case, CaseResult, Failure, Got, Malformed, Octets, Purpose, SeenRequest,
    StepResult,
};
use serde::Deserialize;
use url::Url;

use crate::alias::{Alias, NotPlayable};
use crate::pages::{Load, loads};
use crate::wire::Request;

/// The boundary that the oracle gives every form; browsers make one up each time.
const BOUNDARY: &str = "----CrossexamFormBoundary";

/// A case that cannot be played.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unplayable {
    /// For its hosts.
    #[error(transparent)]
    Hosts(#[from] NotPlayable),
    /// It makes no sense.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// Nobody waits so long.
    #[error("it waits for {0} seconds, and {LONGEST_WAIT} are the most that is waited for real")]
    Waits(u32),
    /// A failure that only a real network has.
    #[error("a failure of the network cannot be staged")]
    Failure,
}

/// The longest wait, in seconds.
pub const LONGEST_WAIT: u32 = 5;

/// A stage: what is played on it is served by one proxy to one browser.
#[derive(Debug, Clone, Default)]
pub struct Stage(Arc<Mutex<Option<Play>>>);

/// A case that is being played.
#[derive(Debug)]
struct Play {
    alias: Alias,
    recorder: String,
    loads: VecDeque<Load>,
    answers: Vec<Answer>,
    answering: Answering,
    step: usize,
    seen: Vec<Vec<SeenRequest>>,
}

/// What a page reports.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Report {
    Results(Vec<Got>),
    Failure(String),
}

impl Stage {
    fn lock(&self) -> MutexGuard<'_, Option<Play>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets a case up, and says which URL the browser is to open.
    ///
    /// # Errors
    ///
    /// [`Unplayable`]
    pub fn set(&self, case: &Case, alias: &Alias) -> Result<String, Unplayable> {
        let play = Play::of(case, alias)?;
        let first = play.loads.front().map(|load| load.url.clone());
        *self.lock() = Some(play);
        Ok(first.unwrap_or_default())
    }

    /// Takes the case down, with what the page reported.
    ///
    /// # Errors
    ///
    /// It came to no end, in words.
    pub fn take(&self, report: &str) -> Result<CaseResult, String> {
        let play = self.lock().take().ok_or("nothing was played")?;
        play.result(report)
    }

    /// What a request gets; `None` if it is none of the case's.
    pub(crate) fn answer(&self, request: &Request, url: &Url) -> Option<Answer> {
        self.lock().as_mut()?.answer(request, url)
    }
}

impl Play {
    fn of(case: &Case, alias: &Alias) -> Result<Self, Unplayable> {
        for step in &case.steps {
            if let crossexam_oracle::Step::Wait(seconds) = step
                && *seconds > LONGEST_WAIT
            {
                return Err(Unplayable::Waits(*seconds));
            }
        }
        let staged =
            |answer: &Answer| matches!(answer.failure, None | Some(Failure::ConnectionReset));
        if !case.answers.iter().all(staged) {
            return Err(Unplayable::Failure);
        }
        let aliased = alias.case(case)?;
        let recorder = alias.recorder();
        Ok(Self {
            loads: loads(&aliased, &recorder),
            answering: Answering::of(&aliased.answers)?,
            answers: aliased.answers,
            alias: alias.clone(),
            recorder,
            step: 0,
            seen: vec![Vec::new(); case.steps.len()],
        })
    }

    fn answer(&mut self, request: &Request, url: &Url) -> Option<Answer> {
        let host = url.host_str()?;
        if !self.alias.owns(host) {
            return None;
        }
        if host == self.recorder {
            if let Some(step) = url.path().strip_prefix("/step/") {
                self.step = step.parse().ok()?;
                self.answering.begin(self.step);
            }
            return Some(Answer {
                status: 204,
                ..Answer::with_headers(["Cross-Origin-Resource-Policy: cross-origin"])
            });
        }
        if request.method == "GET"
            && let Some(load) = self.loads.front()
            && Url::parse(&load.url).is_ok_and(|it| it == *url)
        {
            return self.loads.pop_front().map(|load| load.answer);
        }
        let is_preflight = request.method == "OPTIONS"
            && request.header("access-control-request-method").is_some()
            && request.header("origin").is_some();
        let purpose = if is_preflight {
            Purpose::Preflight
        } else {
            Purpose::Actual
        };
        self.seen
            .get_mut(self.step)?
            .push(seen(request, url, purpose));
        let number = self
            .answering
            .answer(purpose, request.method.as_bytes(), url);
        let answer = number.and_then(|number| self.answers.get(number));
        Some(answer.cloned().unwrap_or_else(|| Answer {
            status: 404,
            reason: "Not Found".to_owned(),
            ..Answer::default()
        }))
    }

    fn result(self, report: &str) -> Result<CaseResult, String> {
        let report = serde_json::from_str(report).map_err(|error| error.to_string())?;
        let pages = match report {
            Report::Results(pages) => pages,
            Report::Failure(why) => return Err(why),
        };
        if pages.len() != self.seen.len() {
            return Err("the page reported too few steps".to_owned());
        }
        let steps = self.seen.into_iter().zip(pages);
        let steps = steps.map(|(requests, page)| StepResult {
            requests,
            page: readable(page),
            why: None,
        });
        Ok(self.alias.result(&CaseResult {
            name: None,
            steps: steps.collect(),
            unmodelled: Vec::new(),
        }))
    }
}

/// The body as a text where it is one.
fn readable(mut page: Got) -> Got {
    if let Got::Response(response) = &mut page
        && let Some(body) = &response.body
        && let Some(bytes) = body.bytes()
    {
        response.body = Some(Octets::of(&bytes));
    }
    page
}

/// A request as it is written down: without what only frames the message or belongs to the hop to a proxy.
fn seen(request: &Request, url: &Url, purpose: Purpose) -> SeenRequest {
    const FRAMING: [&str; 5] = [
        "host",
        "connection",
        "proxy-connection",
        "transfer-encoding",
        "te",
    ];
    let mut headers: Vec<_> = request
        .headers
        .iter()
        .filter(|(name, _)| !FRAMING.contains(&&name.to_ascii_lowercase()[..]))
        .map(|(name, value)| format!("{name}: {value}"))
        .collect();
    let mut body = request.body.clone();
    let boundary = request
        .header("content-type")
        .and_then(|value| value.strip_prefix("multipart/form-data; boundary="));
    if let Some(boundary) = boundary
        && let Ok(text) = String::from_utf8(body.clone())
        && !boundary.is_empty()
        && text.contains(boundary)
    {
        body = text.replace(boundary, BOUNDARY).into_bytes();
        for line in &mut headers {
            *line = line.replace(boundary, BOUNDARY);
            if line.to_ascii_lowercase().starts_with("content-length:") {
                *line = format!("Content-Length: {}", body.len());
            }
        }
    }
    SeenRequest {
        purpose,
        method: request.method.clone(),
        url: url.to_string(),
        headers,
        body: (!body.is_empty()).then(|| Octets::of(&body)),
    }
}

/// The hash of a public key, as Chromium wants to be told whom to believe.
pub(crate) fn base64_of(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crossexam_oracle::{FetchCall, Page, Step};

    fn case() -> Case {
        Case {
            page: Page {
                url: "https://alice.example/page".to_owned(),
                ..Page::default()
            },
            steps: vec![Step::fetch("https://bob.example/"), Step::Wait(1)],
            answers: vec![Answer::with_headers(["X-One: alice.example"])],
            ..Case::default()
        }
    }

    fn request(method: &str, target: &str) -> Request {
        Request {
            method: method.to_owned(),
            target: target.to_owned(),
            headers: vec![
                ("Host".to_owned(), "x".to_owned()),
                ("Origin".to_owned(), "https://alice.q000007".to_owned()),
            ],
            body: Vec::new(),
        }
    }

    #[test]
    fn the_page_is_loaded_once_and_the_rest_is_written_down() {
        let stage = Stage::default();
        let first = stage.set(&case(), &Alias::new(7)).unwrap();
        assert_eq!(first, "https://alice.q000007/page");
        let ask = |url: &str| stage.answer(&request("GET", "/"), &Url::parse(url).unwrap());
        let page = ask(&first).unwrap();
        assert_eq!(page.headers[0], "Content-Type: text/html;charset=utf-8");
        assert_eq!(ask("https://recorder.q000007/step/0").unwrap().status, 204);
        let answer = ask("https://bob.q000007/").unwrap();
        assert_eq!(answer.headers, ["X-One: alice.q000007"]);
        assert_eq!(ask("https://bob.q000008/"), None, "of another playing");
        assert_eq!(ask("https://update.example/"), None, "the browser's own");
        let report = r#"{"results":[{"error":{"name":"TypeError","phase":"fetch"}},{"waited":1}]}"#;
        let result = stage.take(report).unwrap();
        let seen = &result.steps[0].requests;
        assert_eq!(seen.len(), 1);
        assert_eq!(seen[0].url, "https://bob.example/");
        assert_eq!(seen[0].headers, ["Origin: https://alice.example"]);
        assert_eq!(result.steps[1].page, Got::Waited(1));
    }

    #[test]
    fn what_cannot_be_played_is_refused() {
        let stage = Stage::default();
        let mut long = case();
        long.steps[1] = Step::Wait(600);
        assert_eq!(
            stage.set(&long, &Alias::new(1)),
            Err(Unplayable::Waits(600))
        );
        let mut failing = case();
        failing.answers[0].failure = Some(Failure::TimedOut);
        assert_eq!(
            stage.set(&failing, &Alias::new(1)),
            Err(Unplayable::Failure)
        );
        let mut elsewhere = case();
        elsewhere.steps[0] = Step::from(FetchCall::new("https://alice.test/"));
        assert!(matches!(
            stage.set(&elsewhere, &Alias::new(1)),
            Err(Unplayable::Hosts(_))
        ));
    }

    #[test]
    fn a_page_that_comes_to_no_end_is_no_result() {
        let stage = Stage::default();
        stage.set(&case(), &Alias::new(1)).unwrap();
        let error = stage.take(r#"{"failure":"step 0 came to no end"}"#);
        assert_eq!(error, Err("step 0 came to no end".to_owned()));
    }
}
