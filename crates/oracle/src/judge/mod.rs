//! Judging a case: a browser that remembers nothing yet, a page, servers that answer as the case says.

mod fetching;
mod inside;
mod page;
mod server;

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::LazyLock;
use std::time::Duration;

use crossexam_fetch::ready::{ReadyHost, SentRequest, poll_once};
use crossexam_fetch::{
    BlockReason, Choices, FetchController, Fetched, Host as _, HttpRequestPurpose, NetworkError,
    Request, UserAgent, fetch, fetch_in_parallel,
};
use crossexam_html::environment::Identities;
use crossexam_sim::profile::{Profile, UnknownProfile};
use crossexam_web::{Host, Trace};
use url::Url;

use crate::case::{Answer, Case, CookieBefore, Purpose, Step};
use crate::octets::{Octets, header_bytes, header_text};
use crate::result::{CaseResult, Got, SeenRequest, StepResult, Why};
pub use inside::{Examined, Given, Inside, Remembered};
use page::Place;
use server::{Live, Server, Servers};

/// What is wrong with a case.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(pub(crate) String);

/// A browser that cases are judged by.
#[derive(Debug, Clone, Default)]
pub struct Oracle {
    choices: Choices,
}

/// Judges a case by a browser as the standards have it: the profile "standard".
///
/// # Errors
///
/// The case makes no sense, for example because its page has no URL. What a script gets wrong is no such error but a
/// result.
pub fn judge(case: &Case) -> Result<CaseResult, Malformed> {
    static STANDARD: LazyLock<Oracle> =
        LazyLock::new(|| Oracle::for_browser("standard").unwrap_or_default());
    STANDARD.judge(case)
}

impl Oracle {
    /// The browser of this profile, for example "chromium".
    ///
    /// # Errors
    ///
    /// There is no such profile.
    pub fn for_browser(profile: &str) -> Result<Self, UnknownProfile> {
        let choices = Profile::by_name(profile)?.choices;
        Ok(Self { choices })
    }

    /// A browser that makes these choices.
    pub const fn with_choices(choices: Choices) -> Self {
        Self { choices }
    }

    /// Judges a case. Each begins with a browser that remembers nothing.
    ///
    /// # Errors
    ///
    /// As for [`judge`].
    pub fn judge(&self, case: &Case) -> Result<CaseResult, Malformed> {
        let mut world = World::of(self.choices.clone(), case, None)?;
        let mut steps = Vec::with_capacity(case.steps.len());
        for (number, step) in case.steps.iter().enumerate() {
            steps.push(world.take(number, step));
        }
        Ok(CaseResult {
            name: case.name.clone(),
            steps,
            unmodelled: world.unmodelled_so_far(),
        })
    }

    /// Judges a case as [`judge`](Self::judge) does, and tells what only the browser knows of it: the typed reason, every
    /// step, what became of each cookie, what the preflight cache remembers.
    ///
    /// # Errors
    ///
    /// As for [`judge`].
    pub fn examine(&self, case: &Case) -> Result<Examined, Malformed> {
        self.examining(case, None)
    }

    /// The same, where a request that none of the case's answers fits is answered by `server`, for example by a real
    /// one.
    ///
    /// # Errors
    ///
    /// As for [`judge`].
    pub fn examine_with(
        &self,
        case: &Case,
        server: impl FnMut(&SeenRequest) -> Answer + 'static,
    ) -> Result<Examined, Malformed> {
        self.examining(case, Some(Box::new(server)))
    }

    fn examining(&self, case: &Case, live: Option<Live>) -> Result<Examined, Malformed> {
        let mut world = World::of(self.choices.clone(), case, live)?;
        world.servers.borrow_mut().given = Some(Vec::new());
        let mut steps = Vec::with_capacity(case.steps.len());
        let mut insides = Vec::with_capacity(case.steps.len());
        for (number, step) in case.steps.iter().enumerate() {
            world.inside = Some(Inside::default());
            steps.push(world.take(number, step));
            let mut inside = world.inside.take().unwrap_or_default();
            inside.answers = world.servers.borrow_mut().take_given();
            inside.remembered = inside::remembered(&world.user_agent, world.host.now());
            insides.push(inside);
        }
        Ok(Examined {
            result: CaseResult {
                name: case.name.clone(),
                steps,
                unmodelled: world.unmodelled_so_far(),
            },
            steps: insides,
        })
    }
}

/// The world of one case.
struct World {
    user_agent: UserAgent,
    host: ReadyHost<Server>,
    servers: Rc<RefCell<Servers>>,
    place: Place,
    unmodelled: Vec<String>,
    /// What is told of the step besides its result, if anybody wants to know.
    inside: Option<Inside>,
}

impl World {
    fn of(choices: Choices, case: &Case, live: Option<Live>) -> Result<Self, Malformed> {
        let servers = Rc::new(RefCell::new(Servers::of(&case.answers, live)?));
        let user_agent = UserAgent::new(choices);
        let identities = Identities::default();
        let place = Place::of(&case.page, &user_agent, &identities)?;
        let world = Self {
            host: ReadyHost::new(server::answering(Rc::clone(&servers))),
            user_agent,
            servers,
            unmodelled: place.unmodelled(),
            place,
            inside: None,
        };
        for cookie in &case.cookies {
            world.set(cookie)?;
        }
        Ok(world)
    }

    /// Sets a cookie as an answer to a navigation by its own site would.
    fn set(&self, cookie: &CookieBefore) -> Result<(), Malformed> {
        let url = url_of("at", &cookie.at)?;
        let host = Host::of(&url)
            .ok_or_else(|| Malformed(format!("`at`: {:?} has no host", cookie.at)))?;
        let value = header_bytes(&cookie.set).ok_or_else(|| not_bytes("set", &cookie.set))?;
        let secure = url.scheme() == "https";
        let policy = &self.user_agent.choices.cookie_policy;
        // What a browser does not take is not there.
        let _ = self.user_agent.cookies.borrow_mut().parse_and_store(
            self.host.now(),
            &value,
            secure,
            &host,
            url.path(),
            true,
            false,
            true,
            policy,
            &Trace::off(),
        );
        Ok(())
    }

    fn take(&mut self, number: usize, step: &Step) -> StepResult {
        self.servers.borrow_mut().begin(number);
        let (page, why) = match step {
            Step::Wait(seconds) => {
                self.host.advance(Duration::from_secs(u64::from(*seconds)));
                (Got::Waited(*seconds), None)
            }
            Step::Fetch(call) => self.fetch_step(call),
        };
        for request in self.host.take_in_parallel() {
            let controller = FetchController::new();
            let trace = Trace::off();
            let fetching =
                fetch_in_parallel(&self.user_agent, &self.host, request, &controller, &trace);
            if poll_once(fetching).is_none() {
                self.unmodelled("a fetch in parallel that waits");
            }
        }
        let requests = self.host.take_sent().iter().map(seen).collect();
        StepResult {
            requests,
            page,
            why,
        }
    }

    /// Fetches. `None` if the fetch waits for something that never comes.
    fn fetch(&mut self, request: Request, controller: &FetchController) -> Option<Fetched> {
        let trace = if self.inside.is_some() {
            Trace::on()
        } else {
            Trace::off()
        };
        let fetching = fetch(&self.user_agent, &self.host, request, controller, &trace);
        let fetched = poll_once(fetching);
        if let (Some(inside), Some(fetched)) = (&mut self.inside, &fetched) {
            inside.trace = trace.events();
            inside.passed = fetched.passed;
            inside.error = fetched.response.network_error().cloned();
        }
        match &fetched {
            None => self.unmodelled("a fetch that waits"),
            Some(fetched) => {
                if let Some(NetworkError {
                    reason: BlockReason::Unmodelled { what },
                    ..
                }) = fetched.response.network_error()
                {
                    self.unmodelled(*what);
                }
            }
        }
        fetched
    }

    fn unmodelled(&mut self, what: impl Into<String>) {
        self.unmodelled.push(what.into());
    }

    /// What was met that is not modelled.
    fn unmodelled_so_far(self) -> Vec<String> {
        let mut list = self.unmodelled;
        list.append(&mut self.servers.borrow_mut().unmodelled);
        list
    }
}

/// A request as a server sees it.
fn seen(sent: &SentRequest) -> SeenRequest {
    SeenRequest {
        purpose: match sent.purpose {
            HttpRequestPurpose::CorsPreflight => Purpose::Preflight,
            HttpRequestPurpose::Actual => Purpose::Actual,
        },
        method: header_text(&sent.method),
        url: sent.url.to_string(),
        headers: sent
            .header_list
            .iter()
            .map(|header| line_of(&header.name, &header.value))
            .collect(),
        body: sent.body.as_ref().map(|body| Octets::of(body)),
    }
}

/// A header as a line.
fn line_of(name: &[u8], value: &[u8]) -> String {
    match (std::str::from_utf8(name), std::str::from_utf8(value)) {
        (Ok(name), Ok(value)) if name.is_ascii() && value.is_ascii() => {
            let mut line = String::with_capacity(name.len() + 2 + value.len());
            line.push_str(name);
            line.push_str(": ");
            line.push_str(value);
            line
        }
        _ => format!("{}: {}", header_text(name), header_text(value)),
    }
}

/// Why a fetch failed.
fn why_of(error: &NetworkError) -> Why {
    Why {
        reason: Some(error.reason.code().to_owned()),
        text: Some(error.reason.to_string()),
        step: Some(step_of(error.step)),
    }
}

/// A step by its algorithm's anchor and its number.
fn step_of(step: &crossexam_web::Step) -> String {
    let mut text = String::with_capacity(step.algorithm.id.len() + 1 + step.number.len());
    text.push_str(step.algorithm.id);
    text.push(' ');
    text.push_str(step.number);
    text
}

pub(crate) fn url_of(field: &str, text: &str) -> Result<Url, Malformed> {
    Url::parse(text).map_err(|error| Malformed(format!("`{field}`: {text:?} is no URL ({error})")))
}

fn not_bytes(field: &str, text: &str) -> Malformed {
    Malformed(format!(
        "`{field}`: {text:?} has characters above U+00FF, which no header has"
    ))
}
