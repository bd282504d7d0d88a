//! Fetches on behalf of documents, and their records.

use std::future::poll_fn;
use std::net::IpAddr;
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use crossexam_fetch::body::BodyError;
use crossexam_fetch::connections::{Connection, ConnectionId, Established};
use crossexam_fetch::fetch_params::{Canceled, ControllerState};
use crossexam_fetch::host::{
    ConnectionFailure, ConnectionParams, Host, HttpRequest, HttpResponse, NetworkFailure,
    NetworkPartitionKey, Proxy,
};
use crossexam_fetch::{
    BlockReason, FetchController, Fetched, NetworkError, Request, Response, fetch,
    fetch_in_parallel,
};
use crossexam_js::SynchronousOutcome;
use crossexam_sim::BrowserHost;
use crossexam_sim::journal::{Event, FetchId, FetchOutcome, FetchRecord, Holder};
use crossexam_web::trace::printable;
use crossexam_web::{Algorithm, HeaderList, Standard, Step, Timestamp, Trace};
use url::Url;

use crate::browser::Tampering;
use crate::inner::Inner;

/// The network as this browser's fetches see it: with whatever its user has tampered with.
#[derive(Debug, Clone)]
pub(crate) struct Wire {
    host: BrowserHost,
    browser: Rc<Inner>,
    client: Option<Holder>,
}

impl Host for Wire {
    async fn prompt_for_permission(
        &self,
        traversable: u64,
        origin: &str,
        permission: &'static str,
    ) -> bool {
        self.host
            .prompt_for_permission(traversable, origin, permission)
            .await
    }

    fn parses_as_java_script(&self, text: &str) -> Option<bool> {
        Some(crossexam_js::parses_as_script(text))
    }

    fn now(&self) -> Timestamp {
        self.host.now()
    }

    fn is_offline(&self) -> bool {
        self.host.is_offline()
    }

    fn find_proxies(&self, url: &Url) -> Vec<Proxy> {
        self.host.find_proxies(url)
    }

    async fn resolve(
        &self,
        key: Option<&NetworkPartitionKey>,
        name: &str,
        request: &HttpRequest<'_>,
    ) -> Result<Vec<IpAddr>, NetworkFailure> {
        self.host.resolve(key, name, request).await
    }

    async fn create_connection(
        &self,
        params: ConnectionParams<'_>,
    ) -> Result<Established, ConnectionFailure> {
        self.host.create_connection(params).await
    }

    fn is_connected(&self, connection: ConnectionId) -> bool {
        self.host.is_connected(connection)
    }

    fn close_connection(&self, connection: ConnectionId) {
        self.host.close_connection(connection);
    }

    async fn http_request(
        &self,
        connection: &Connection,
        request: HttpRequest<'_>,
    ) -> Result<HttpResponse, NetworkFailure> {
        let tampering = &self.browser.options.tampering;
        if tampering.is_empty() {
            return self.host.http_request(connection, request).await;
        }
        self.browser.report_tampering();
        let header_list = tampered(request.header_list, &tampering.requests);
        let request = HttpRequest {
            header_list: &header_list,
            ..request
        };
        let mut response = self.host.http_request(connection, request).await?;
        response.header_list = tampered(&response.header_list, &tampering.answers);
        Ok(response)
    }

    fn fetch_in_parallel(&self, request: Request) {
        let (browser, client) = (Rc::clone(&self.browser), self.client.clone());
        let name = format!("{} revalidates {}", browser.name, request.url());
        self.host.network().executor().spawn(&name, async move {
            let cause = Cause {
                client,
                initiator: "stale-while-revalidate".to_owned(),
            };
            let (recording, wire) = browser.begin_recording(cause, &request);
            let Some(wire) = wire else { return };
            let (user_agent, controller) = (&browser.user_agent, FetchController::new());
            let trace = &recording.trace;
            let response = fetch_in_parallel(user_agent, &wire, request, &controller, trace).await;
            let outcome = browser.outcome_of(&response, None);
            browser.end_recording(recording, outcome);
        });
    }

    async fn prompt_for_credentials(
        &self,
        traversable: u64,
        url: &Url,
        realm: &str,
    ) -> Option<(String, String)> {
        self.host
            .prompt_for_credentials(traversable, url, realm)
            .await
    }
}

/// A header list as a tampered browser sends it: no rule holds, whatever the standard forbids.
fn tampered(header_list: &HeaderList, overrides: &[(Bytes, Option<Bytes>)]) -> HeaderList {
    let mut list = header_list.clone();
    for (name, value) in overrides {
        match value {
            Some(value) => list.set(name.clone(), value.clone()),
            None => drop(list.delete(name)),
        }
    }
    list
}

/// Who caused a fetch.
#[derive(Debug, Clone)]
pub(crate) struct Cause {
    /// On whose behalf; `None` for the browser's own user interface.
    pub(crate) client: Option<Holder>,
    /// By what, for example `fetch()`.
    pub(crate) initiator: String,
}

/// A fetch that is to be recorded when it has ended.
#[derive(Debug)]
pub(crate) struct Recording {
    id: FetchId,
    cause: Cause,
    method: String,
    url: String,
    mode: &'static str,
    credentials_mode: &'static str,
    destination: &'static str,
    /// Where the steps are recorded.
    pub(crate) trace: Trace,
}

impl Inner {
    /// Says once that the browser is not as it was made.
    fn report_tampering(&self) {
        if self.tampering_reported.replace(true) {
            return;
        }
        let list = |headers: &[(Bytes, Option<Bytes>)]| -> String {
            let written: Vec<String> = headers
                .iter()
                .map(|(name, value)| match (printable(name), value) {
                    (name, Some(value)) => format!("{name}: {}", printable(value)),
                    (name, None) => format!("no {name}"),
                })
                .collect();
            written.join(", ")
        };
        let Tampering { requests, answers } = &self.options.tampering;
        let what = match (requests.is_empty(), answers.is_empty()) {
            (false, true) => format!("writes over headers of requests: {}", list(requests)),
            (true, _) => format!("writes over headers of answers: {}", list(answers)),
            (false, false) => format!(
                "writes over headers of requests: {}; and of answers: {}",
                list(requests),
                list(answers)
            ),
        };
        self.record(Event::Action {
            person: self.person.clone(),
            what: format!("uses a browser of their own making that {what}"),
        });
    }

    /// Begins the record of a fetch, and gives the network for it.
    pub(crate) fn begin_recording(
        &self,
        cause: Cause,
        request: &Request,
    ) -> (Recording, Option<Wire>) {
        let id = self.journal.next_fetch_id();
        let recording = Recording {
            id,
            cause,
            method: printable(&request.method),
            url: request.url().to_string(),
            mode: request.mode.as_str(),
            credentials_mode: request.credentials_mode.as_str(),
            destination: request.destination.as_str(),
            trace: if self.trace {
                Trace::on()
            } else {
                Trace::off()
            },
        };
        let wire = self.this.upgrade().map(|browser| Wire {
            host: self.host.for_fetch(id),
            browser,
            client: recording.cause.client.clone(),
        });
        (recording, wire)
    }

    /// Writes the record of a fetch.
    pub(crate) fn end_recording(&self, recording: Recording, outcome: FetchOutcome) {
        let Recording {
            id,
            cause,
            method,
            url,
            mode,
            credentials_mode,
            destination,
            trace,
        } = recording;
        if let Some(holder) = &cause.client {
            for violation in self.user_agent.take_violations() {
                self.warn(holder.clone(), violation.to_string());
            }
        }
        self.record(Event::Fetch(Box::new(FetchRecord {
            id,
            browser: self.name.clone(),
            client: cause.client,
            initiator: cause.initiator,
            method,
            url,
            mode,
            credentials_mode,
            destination,
            outcome,
            trace: trace.events(),
        })));
    }

    /// What came of a fetch, for its record. What is not modelled is said aloud.
    pub(crate) fn outcome_of(
        &self,
        response: &Response,
        passed: Option<&'static Step>,
    ) -> FetchOutcome {
        match response {
            Response::Error(error) => self.outcome_of_error(error),
            Response::Actual(_) => FetchOutcome::Response {
                kind: response.response_type().as_str(),
                status: response.status(),
                url: response.url().map(ToString::to_string),
                step: passed,
            },
        }
    }

    /// What came of a fetch that failed, for its record.
    pub(crate) fn outcome_of_error(&self, error: &NetworkError) -> FetchOutcome {
        if let BlockReason::Unmodelled { what } = error.reason {
            self.unmodelled(what);
        }
        FetchOutcome::Error {
            reason: error.reason.to_string(),
            code: error.reason.code(),
            step: error.step,
        }
    }

    /// Fetches, records it, and waits until the body is there. A body that breaks off makes a network error of it.
    pub(crate) async fn fetch_whole(
        &self,
        cause: Cause,
        request: Request,
        controller: &FetchController,
    ) -> Option<Fetched> {
        let mut fetched = self.fetch(cause, request, controller).await?;
        let body = fetched
            .response
            .internal_mut()
            .and_then(|internal| internal.body.as_mut());
        if let Some(body) = body {
            let reason = match controller.unless_canceled(body.buffer()).await {
                Ok(Ok(())) => return Some(fetched),
                Ok(Err(BodyError(reason))) => reason,
                Err(Canceled) => match controller.state() {
                    ControllerState::Aborted => BlockReason::Aborted,
                    ControllerState::Ongoing | ControllerState::Terminated => {
                        BlockReason::Terminated
                    }
                },
            };
            fetched.response = NetworkError::new(reason, broken_off()).into();
        }
        Some(fetched)
    }

    /// Fetches and records it. `None` when the browser is no more.
    pub(crate) async fn fetch(
        &self,
        cause: Cause,
        request: Request,
        controller: &FetchController,
    ) -> Option<Fetched> {
        let (recording, wire) = self.begin_recording(cause, &request);
        let fetched = fetch(
            &self.user_agent,
            &wire?,
            request,
            controller,
            &recording.trace,
        )
        .await;
        let outcome = self.outcome_of(&fetched.response, fetched.passed);
        self.end_recording(recording, outcome);
        Some(fetched)
    }

    /// Fetches while the script that asks waits, and the whole browser with it. The rest of the world goes on.
    ///
    /// MODEL: what else the browser has under way stands still until the answer is there.
    pub(crate) fn fetch_synchronously(
        &self,
        cause: Cause,
        request: Request,
        timeout: Option<Duration>,
    ) -> SynchronousOutcome {
        let controller = FetchController::new();
        let mut timer = timeout.map(|timeout| Box::pin(self.executor.sleep(timeout)));
        let mut fetching = Box::pin(self.fetch_whole(cause, request, &controller));
        let waiting = poll_fn(|context| {
            if let Some(sleep) = &mut timer
                && sleep.as_mut().poll(context).is_ready()
            {
                controller.terminate();
                timer = None;
            }
            fetching.as_mut().poll(context)
        });
        match self.executor.block_within(self.group, waiting) {
            Ok(_) if controller.is_canceled() => SynchronousOutcome::TimedOut,
            Ok(Some(fetched)) => SynchronousOutcome::Response(Box::new(fetched.response)),
            Ok(None) => SynchronousOutcome::Failed,
            Err(error) => {
                self.unmodelled(format!("a synchronous request came to no end: {error}"));
                SynchronousOutcome::Failed
            }
        }
    }
}

/// The step at which a body that breaks off fails its reader.
fn broken_off() -> &'static Step {
    static ALGORITHM: Algorithm = Algorithm {
        standard: Standard::Fetch,
        id: "body-fully-read",
        name: "fully read",
    };
    static STEP: Step = Step {
        algorithm: &ALGORITHM,
        number: "5",
        text: "Reading the body failed.",
    };
    &STEP
}
