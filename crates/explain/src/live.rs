//! A real server is asked, by the modelled browser: it makes the preflight and the request, and decides as ever.

use std::cell::RefCell;
use std::rc::Rc;

use bytes::Bytes;
use crossexam_fetch::NetworkFailure;
use crossexam_net::{Client, ClientAnswer, ClientLimits, Outside, Trust};
use crossexam_oracle::{
    Answer, Case, CookieBefore, Failure, FetchCall, Octets, Oracle, ScriptBody, SeenRequest, Step,
};
use crossexam_sim::WireRequest;
use crossexam_web::HeaderList;
use crossexam_web::infra::{isomorphic_decode, isomorphic_encode};
use url::Url;

use crate::case::{Options, Recorded, asker_of};
use crate::explanations::NotExplained;
use crate::input::{Kind, Reading};
use crate::secrets;

/// How a real server is asked.
#[derive(Debug, Clone)]
pub struct LiveOptions {
    /// Which certificates are believed.
    pub trust: Trust,
    /// How long each exchange may take, and how much of a body is read.
    pub limits: ClientLimits,
}

/// Asks real servers.
#[derive(Debug, Clone)]
pub struct Live {
    client: Client,
}

/// What was answered so far.
#[derive(Debug, Default)]
struct Record {
    answers: Vec<Answer>,
    notes: Vec<String>,
}

impl Live {
    /// Somebody who asks like this.
    ///
    /// # Errors
    ///
    /// When the system has no thread to give.
    pub fn new(options: &LiveOptions) -> std::io::Result<Self> {
        let outside = Outside::start()?;
        Ok(Self {
            client: Client::new(&outside, &options.trust, options.limits),
        })
    }

    /// Lets a browser make the fetch that the options describe; the answers become those of the case.
    ///
    /// # Errors
    ///
    /// There is no URL, no origin, or no such browser.
    pub fn record(&self, options: &Options, browser: &str) -> Result<Reading, NotExplained> {
        let missing = |what: &str| NotExplained(what.to_owned());
        let url = options
            .url
            .as_ref()
            .ok_or_else(|| missing("there is no URL to ask for"))?;
        let origin = options.origin.as_ref().ok_or_else(|| {
            missing("nothing says which page asks: say it with `--origin`, for example `--origin https://app.example`")
        })?;
        Url::parse(url).map_err(|error| NotExplained(format!("{url:?} is no URL ({error})")))?;
        let mut assumptions = Vec::new();
        let asker = asker_of(origin, None, origin.starts_with("file:"), &mut assumptions);
        let call = FetchCall {
            url: url.clone(),
            method: options.method.clone(),
            headers: (!options.headers.is_empty()).then(|| options.headers.clone()),
            body: options
                .body
                .clone()
                .map(|body| ScriptBody::Octets(Octets::Text(body))),
            mode: options.mode.clone(),
            credentials: options.credentials.clone(),
            cache: Some("no-store".to_owned()),
            ..FetchCall::default()
        };
        let mut case = Case {
            page: asker.page,
            cookies: options
                .cookies
                .iter()
                .map(|set| CookieBefore {
                    at: url.clone(),
                    set: set.clone(),
                })
                .collect(),
            steps: vec![Step::from(call)],
            ..Case::default()
        };
        let oracle =
            Oracle::for_browser(browser).map_err(|error| NotExplained(error.to_string()))?;
        let record = Rc::new(RefCell::new(Record::default()));
        let (client, kept) = (self.client.clone(), Rc::clone(&record));
        let examined = oracle.examine_with(&case, move |request| {
            let answer = kept.borrow_mut().answer(&client, request);
            kept.borrow_mut().keep(request, &answer);
            answer
        });
        examined.map_err(|error| NotExplained(error.to_string()))?;
        let record = record.take();
        case.answers = record.answers;
        hide_secrets(&mut case);
        let exchanges = case.answers.len();
        let mut recorded = Recorded::of_case(case);
        recorded.assumptions = assumptions;
        recorded.page_is_a_file = asker.is_a_file;
        recorded.notes = record.notes;
        Ok(Reading {
            kind: Kind::Live,
            cases: vec![recorded],
            exchanges,
            others: 0,
            problems: Vec::new(),
        })
    }
}

fn hide_secrets(case: &mut Case) {
    for cookie in &mut case.cookies {
        cookie.set = secrets::set_cookie(&cookie.set);
    }
    for step in &mut case.steps {
        if let Step::Fetch(call) = step {
            for (name, value) in call.headers.iter_mut().flatten() {
                *value = secrets::header_value(name, value);
            }
        }
    }
    for answer in &mut case.answers {
        for line in &mut answer.headers {
            *line = secrets::line(line);
        }
        answer.body = None;
        answer
            .headers
            .retain(|line| !line.to_ascii_lowercase().starts_with("content-encoding:"));
    }
}

impl Record {
    fn answer(&mut self, client: &Client, request: &SeenRequest) -> Answer {
        match wire(request).and_then(|wire| client.ask(&wire)) {
            Ok(answer) => self.came(answer),
            Err(failure) => {
                let (failure, note) = failure_of(failure);
                self.notes.extend(note);
                Answer {
                    failure: Some(failure),
                    ..Answer::default()
                }
            }
        }
    }

    fn came(&mut self, came: ClientAnswer) -> Answer {
        let mut headers: Vec<String> = came
            .headers
            .iter()
            .map(|header| {
                let (name, value) = (&header.name, &header.value);
                format!("{}: {}", isomorphic_decode(name), isomorphic_decode(value))
            })
            .collect();
        if came.is_cut {
            self.notes.push(format!(
                "the body was not read beyond {} bytes, or broke off there",
                came.body.len()
            ));
            // What is cut cannot be decoded.
            headers.retain(|line| !line.to_ascii_lowercase().starts_with("content-encoding:"));
        }
        headers.retain(|line| {
            let line = line.to_ascii_lowercase();
            !line.starts_with("transfer-encoding:") && !line.starts_with("content-length:")
        });
        Answer {
            status: came.status,
            reason: isomorphic_decode(&came.status_message),
            headers,
            body: (!came.body.is_empty()).then(|| Octets::of(&came.body)),
            ..Answer::default()
        }
    }

    /// Keeps an answer for the case: it is given to the same request again.
    fn keep(&mut self, request: &SeenRequest, answer: &Answer) {
        for before in &mut self.answers {
            if before.to == Some(request.purpose)
                && before.url.as_deref() == Some(&request.url[..])
                && before.method.as_deref() == Some(&request.method[..])
            {
                before.times = Some(1);
            }
        }
        self.answers.push(Answer {
            to: Some(request.purpose),
            url: Some(request.url.clone()),
            method: Some(request.method.clone()),
            ..answer.clone()
        });
    }
}

/// A request as it goes over the wire.
fn wire(request: &SeenRequest) -> Result<WireRequest, NetworkFailure> {
    let broken = || NetworkFailure::NotHttp {
        why: "the request cannot be written".to_owned(),
    };
    let bytes = |text: &str| isomorphic_encode(text).map(Bytes::from).ok_or_else(broken);
    let mut url = Url::parse(&request.url).map_err(|_| broken())?;
    // Both only fail for URLs without a host.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    let mut headers = HeaderList::new();
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => headers.append("Host", format!("{host}:{port}")),
        None => headers.append("Host", host.to_owned()),
    }
    for line in &request.headers {
        if let Some((name, value)) = line.split_once(": ") {
            headers.append(bytes(name)?, bytes(value)?);
        }
    }
    let body = request
        .body
        .as_ref()
        .and_then(Octets::bytes)
        .unwrap_or_default();
    if !body.is_empty() && !headers.contains(b"Content-Length") {
        headers.append("Content-Length", body.len().to_string());
    }
    Ok(WireRequest {
        method: bytes(&request.method)?,
        url,
        headers,
        body,
    })
}

/// A failure as a case has it, and what is to be said besides.
fn failure_of(failure: NetworkFailure) -> (Failure, Option<String>) {
    let text = failure.to_string();
    match failure {
        NetworkFailure::NameNotResolved { .. } => (Failure::NameNotResolved, Some(text)),
        NetworkFailure::ConnectionRefused { .. } | NetworkFailure::AddressUnreachable { .. } => {
            (Failure::ConnectionRefused, Some(text))
        }
        NetworkFailure::TimedOut => (Failure::TimedOut, None),
        NetworkFailure::CertificateInvalid { .. } => (Failure::CertificateInvalid, Some(text)),
        NetworkFailure::ConnectionReset => (Failure::ConnectionReset, None),
        _ => (Failure::ConnectionReset, Some(text)),
    }
}
