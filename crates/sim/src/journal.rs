//! The journal: everything that happened in a world, in order. Renderers and checkers read it; nobody else does.

use std::cell::{Cell, RefCell};
use std::task::{Poll, Waker};

use bytes::Bytes;
use crossexam_fetch::HttpRequestPurpose;
use crossexam_web::{HeaderList, Step, Timestamp, TraceEvent};

/// Everything that happened, in order.
#[derive(Debug, Default)]
pub struct Journal {
    entries: RefCell<Vec<Entry>>,
    last_fetch: Cell<u64>,
    last_exchange: Cell<u64>,
    waiting: RefCell<Vec<Waker>>,
}

/// One thing that happened.
#[derive(Debug, Clone)]
pub struct Entry {
    /// When, on the world's clock.
    pub at: Timestamp,
    /// What.
    pub event: Event,
}

/// A number that identifies a fetch within a journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FetchId(pub u64);

/// A number that identifies an exchange within a journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExchangeId(pub u64);

/// What can happen.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Event {
    /// A person did something the scenario told them to, for example `visits https://charlie.example/`.
    Action {
        /// The person.
        person: String,
        /// What they did.
        what: String,
    },
    /// A request went over the network and was answered, or not. Recorded when the answer arrives.
    Exchange(Box<Exchange>),
    /// A browser's fetch ended. Recorded after its exchanges.
    Fetch(Box<FetchRecord>),
    /// A document was created in a tab or a frame.
    Document(DocumentRecord),
    /// Bytes came into somebody's hands.
    Exposure(Exposure),
    /// A server's stored state changed.
    StateChange(StateChange),
    /// A script wrote to its console.
    Console {
        /// Who runs the script.
        holder: Holder,
        /// `log`, `info`, `warn`, `error` or `debug`.
        level: &'static str,
        /// The text.
        text: String,
    },
    /// A script threw and nobody caught it, or it was stopped.
    ScriptError {
        /// Who runs the script.
        holder: Holder,
        /// The error.
        message: String,
        /// Where: file, line and column, as far as known.
        location: Option<String>,
    },
    /// Something was reached that the model does not model.
    Unmodelled {
        /// What.
        what: String,
    },
}

/// In whose hands something is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holder {
    /// A script in a browser's page. It acts for the machine that served it.
    Page {
        /// The browser's name.
        browser: String,
        /// The serialized origin of the document, for example `https://charlie.example` or `null`.
        origin: String,
        /// The host whose code runs there: the origin's, or for an opaque origin the host the document came from.
        host: String,
        /// The document's URL.
        url: String,
    },
    /// A server.
    Server {
        /// The machine's name.
        machine: String,
    },
    /// A client that is no browser.
    Client {
        /// The client's name, for example `curl`.
        name: String,
        /// The person who runs it.
        person: String,
    },
    /// The person in front of a browser: what is shown to them.
    Person {
        /// The person.
        person: String,
    },
    /// An attacker on the network path.
    Network {
        /// The attacker's name.
        name: String,
    },
}

/// Bytes that came into somebody's hands.
#[derive(Debug, Clone)]
pub struct Exposure {
    /// In whose hands.
    pub holder: Holder,
    /// How, for example `Response.text()` or `request body`.
    pub how: String,
    /// The bytes.
    pub bytes: Bytes,
}

/// A server's stored state changed.
#[derive(Debug, Clone)]
pub struct StateChange {
    /// The machine.
    pub machine: String,
    /// The key.
    pub key: String,
    /// The value before, as JSON; `None` if there was none.
    pub before: Option<String>,
    /// The value after, as JSON; `None` if it was deleted.
    pub after: Option<String>,
    /// The exchange that was being answered.
    pub exchange: Option<ExchangeId>,
}

/// A request on the wire and its answer.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// Its number.
    pub id: ExchangeId,
    /// The fetch it belongs to; `None` for a client that is no browser.
    pub fetch: Option<FetchId>,
    /// Who sent it: a browser, a client or a server.
    pub from: Sender,
    /// The machine that it reached, if any.
    pub to: Option<String>,
    /// The address that the name resolved to, with the port.
    pub address: Option<String>,
    /// When it was sent.
    pub sent_at: Timestamp,
    /// Why it was sent.
    pub purpose: HttpRequestPurpose,
    /// The method.
    pub method: Bytes,
    /// The URL.
    pub url: String,
    /// The request's headers as the server saw them.
    pub request_headers: HeaderList,
    /// The request's body.
    pub request_body: Bytes,
    /// The client certificate that was shown, by its subject.
    pub client_certificate: Option<String>,
    /// The answer, or why there is none.
    pub answer: Result<Answer, String>,
    /// What an attacker on the path did to it, if anything.
    pub tampered: Option<String>,
}

/// Who sent a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sender {
    /// A browser.
    Browser {
        /// Its name.
        name: String,
        /// The person in front of it.
        person: String,
    },
    /// A client that is no browser.
    Client {
        /// Its name.
        name: String,
        /// The person who runs it.
        person: String,
    },
    /// A server that itself makes a request.
    Server {
        /// The machine.
        machine: String,
    },
}

/// An answer on the wire.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The reason phrase.
    pub status_message: Bytes,
    /// The headers.
    pub headers: HeaderList,
    /// The body.
    pub body: Bytes,
}

/// A browser's fetch, from the call to what the page got.
#[derive(Debug, Clone)]
pub struct FetchRecord {
    /// Its number.
    pub id: FetchId,
    /// The browser's name.
    pub browser: String,
    /// On whose behalf; `None` for a navigation from the address bar.
    pub client: Option<Holder>,
    /// What caused it, for example `fetch()`, `XMLHttpRequest`, `<img>`, `<form>` or `navigation`.
    pub initiator: String,
    /// The request's method.
    pub method: String,
    /// The request's URL, before redirects.
    pub url: String,
    /// The request's mode.
    pub mode: &'static str,
    /// The request's credentials mode.
    pub credentials_mode: &'static str,
    /// The request's destination.
    pub destination: &'static str,
    /// What came of it.
    pub outcome: FetchOutcome,
    /// The steps of the standards, if tracing is on.
    pub trace: Vec<TraceEvent>,
}

/// What came of a fetch.
#[derive(Debug, Clone)]
pub enum FetchOutcome {
    /// A response, as far as the filter lets one see.
    Response {
        /// The response's type, for example `cors`.
        kind: &'static str,
        /// The status that is visible.
        status: u16,
        /// The final URL that is visible.
        url: Option<String>,
        /// The step that let the response through, where one did (the CORS check's).
        step: Option<&'static Step>,
    },
    /// A network error.
    Error {
        /// The reason, for people.
        reason: String,
        /// The reason's name, stable for machines, for example `cors-check/allow-origin-missing`.
        code: &'static str,
        /// The step that decided.
        step: &'static Step,
    },
}

/// A document that was created.
#[derive(Debug, Clone)]
pub struct DocumentRecord {
    /// The browser's name.
    pub browser: String,
    /// The tab's number, from 1.
    pub tab: u64,
    /// Whether it is nested in another document.
    pub nested: bool,
    /// Its URL.
    pub url: String,
    /// Its serialized origin.
    pub origin: String,
}

impl Journal {
    /// An empty journal.
    pub fn new() -> Self {
        Self::default()
    }

    /// The number for the next fetch, from 1.
    pub fn next_fetch_id(&self) -> FetchId {
        self.last_fetch.set(self.last_fetch.get() + 1);
        FetchId(self.last_fetch.get())
    }

    /// The number for the next exchange, from 1.
    pub fn next_exchange_id(&self) -> ExchangeId {
        self.last_exchange.set(self.last_exchange.get() + 1);
        ExchangeId(self.last_exchange.get())
    }

    /// Adds an entry.
    pub fn record(&self, at: Timestamp, event: Event) {
        self.entries.borrow_mut().push(Entry { at, event });
        for waker in self.waiting.take() {
            waker.wake();
        }
    }

    /// Waits until there is an entry, for those who [take](Self::take) them while things happen.
    pub async fn until_not_empty(&self) {
        std::future::poll_fn(|context| {
            if self.is_empty() {
                self.waiting.borrow_mut().push(context.waker().clone());
                return Poll::Pending;
            }
            Poll::Ready(())
        })
        .await;
    }

    /// Everything so far.
    pub fn entries(&self) -> Vec<Entry> {
        self.entries.borrow().clone()
    }

    /// Hands out what was recorded and leaves the journal empty. Numbers go on where they were.
    pub fn take(&self) -> Vec<Entry> {
        std::mem::take(&mut self.entries.borrow_mut())
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.entries.borrow().len()
    }

    /// Whether nothing has happened.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
