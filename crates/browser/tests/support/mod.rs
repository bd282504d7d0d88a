//! A world with Alice, Bob and Charlie.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "every test file uses a part; a test that fails tells what happened"
)]

use std::cell::RefCell;
use std::rc::Rc;

use bytes::Bytes;
use crossexam_browser::{Browser, BrowserOptions};
use crossexam_sim::journal::{Event, Exchange, FetchOutcome, FetchRecord, Holder};
use crossexam_sim::{Machine, World, WorldConfig, from_fn};
use url::Url;

/// An answer in the making.
pub struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: Bytes,
}

pub fn answer(content_type: &str, body: impl Into<Bytes>) -> Answer {
    Answer {
        status: 200,
        headers: vec![("content-type".to_owned(), content_type.to_owned())],
        body: body.into(),
    }
}

pub fn html(body: impl Into<Bytes>) -> Answer {
    answer("text/html", body)
}

pub fn text(body: impl Into<Bytes>) -> Answer {
    answer("text/plain", body)
}

impl Answer {
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }
}

/// A request as a server of these tests sees it.
pub struct Asked {
    pub method: String,
    pub path: String,
    pub headers: http::HeaderMap,
    pub body: String,
}

impl Asked {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

/// A world and Bob's browser in it.
pub struct Scene {
    pub world: World,
    pub bob: Browser,
}

impl Scene {
    pub fn new() -> Self {
        Self::with(BrowserOptions::default())
    }

    pub fn with(options: BrowserOptions) -> Self {
        let world = World::new(WorldConfig::default());
        let bob = Browser::new(&world, "bob's browser", "bob", options);
        Self { world, bob }
    }

    /// Puts a server at `https://NAME.example` (and `http://`, and all of `*.NAME.example`'s names given).
    pub fn serve(&self, name: &str, server: impl Fn(&Asked) -> Answer + 'static) {
        self.serve_at(name, &[&format!("{name}.example")], server);
    }

    pub fn serve_at(
        &self,
        name: &str,
        hosts: &[&str],
        server: impl Fn(&Asked) -> Answer + 'static,
    ) {
        let server = from_fn(move |request: http::Request<Bytes>, _| {
            let (parts, body) = request.into_parts();
            let asked = Asked {
                method: parts.method.to_string(),
                path: parts.uri.to_string(),
                headers: parts.headers,
                body: String::from_utf8_lossy(&body).into_owned(),
            };
            let answer = server(&asked);
            let mut response = http::Response::builder().status(answer.status);
            for (name, value) in &answer.headers {
                response = response.header(name, value);
            }
            response.body(answer.body).unwrap()
        });
        let machine = hosts
            .iter()
            .fold(Machine::new(name), |machine, host| machine.host_name(host));
        self.world
            .network()
            .add_machine(machine.serve(server))
            .unwrap();
    }

    /// A page that is the same whatever is asked for.
    pub fn page(&self, name: &str, page: &'static str) {
        self.serve(name, move |_| html(page));
    }

    pub fn visit(&self, url: &str) {
        let url = Url::parse(url).unwrap();
        self.world
            .block_on(self.bob.visit(None, &url))
            .unwrap()
            .unwrap();
    }

    pub fn click(&self, selector: &str) {
        self.world
            .block_on(self.bob.click(None, selector))
            .unwrap()
            .unwrap();
    }

    fn events<T>(&self, pick: impl Fn(Event) -> Option<T>) -> Vec<T> {
        self.world
            .journal()
            .entries()
            .into_iter()
            .filter_map(|entry| pick(entry.event))
            .collect()
    }

    /// What scripts wrote to their consoles, with the origin in front.
    pub fn console(&self) -> Vec<String> {
        self.events(|event| match event {
            Event::Console {
                holder: Holder::Page { origin, .. },
                level: "log",
                text,
            } => Some(format!("{origin}: {text}")),
            _ => None,
        })
    }

    /// What scripts wrote, without their origin where it is this one.
    pub fn console_of(&self, origin: &str) -> Vec<String> {
        let own = format!("{origin}: ");
        let log = self.console().into_iter();
        log.map(|line| line.strip_prefix(&own).map(str::to_owned).unwrap_or(line))
            .collect()
    }

    pub fn warnings(&self) -> Vec<String> {
        self.events(|event| match event {
            Event::Console {
                level: "warn",
                text,
                ..
            } => Some(text),
            _ => None,
        })
    }

    pub fn script_errors(&self) -> Vec<String> {
        self.events(|event| match event {
            Event::ScriptError { message, .. } => Some(message),
            _ => None,
        })
    }

    pub fn unmodelled(&self) -> Vec<String> {
        self.events(|event| match event {
            Event::Unmodelled { what } => Some(what),
            _ => None,
        })
    }

    pub fn exchanges(&self) -> Vec<Exchange> {
        self.events(|event| match event {
            Event::Exchange(exchange) => Some(*exchange),
            _ => None,
        })
    }

    pub fn fetches(&self) -> Vec<FetchRecord> {
        self.events(|event| match event {
            Event::Fetch(record) => Some(*record),
            _ => None,
        })
    }

    /// The one exchange with this path.
    pub fn exchange(&self, path: &str) -> Exchange {
        let found: Vec<_> = self
            .exchanges()
            .into_iter()
            .filter(|exchange| Url::parse(&exchange.url).unwrap().path() == path)
            .collect();
        assert_eq!(found.len(), 1, "exchanges with {path}");
        found.into_iter().next().unwrap()
    }

    /// The one fetch of this URL.
    pub fn fetch(&self, url: &str) -> FetchRecord {
        let found: Vec<_> = self
            .fetches()
            .into_iter()
            .filter(|record| record.url == url)
            .collect();
        assert_eq!(found.len(), 1, "fetches of {url}");
        found.into_iter().next().unwrap()
    }

    /// Who got hold of bytes that contain `secret`: hosts of pages, people.
    pub fn who_got(&self, secret: &str) -> Vec<String> {
        let mut names = self.events(|event| match event {
            Event::Exposure(exposure) => {
                let text = String::from_utf8_lossy(&exposure.bytes).into_owned();
                text.contains(secret).then_some(match exposure.holder {
                    Holder::Page { host, .. } => host,
                    Holder::Person { person } => person,
                    Holder::Server { machine } => machine,
                    Holder::Client { name, .. } | Holder::Network { name } => name,
                })
            }
            _ => None,
        });
        names.sort();
        names.dedup();
        names
    }

    pub fn documents(&self) -> Vec<(String, String)> {
        self.events(|event| match event {
            Event::Document(document) => Some((document.url, document.origin)),
            _ => None,
        })
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            return;
        }
        for entry in self.world.journal().entries() {
            match entry.event {
                Event::Exchange(it) => {
                    let answer = it.answer.map(|answer| (answer.status, answer.body));
                    eprintln!("exchange {:?} {} {answer:?}", it.method, it.url);
                }
                Event::Fetch(it) => {
                    eprintln!("fetch {} {} {:?}", it.initiator, it.url, it.outcome);
                }
                other => eprintln!("{other:?}"),
            }
        }
    }
}

/// A request header of an exchange.
pub fn sent(exchange: &Exchange, name: &str) -> Option<String> {
    exchange
        .request_headers
        .get(name.as_bytes())
        .map(|value| String::from_utf8_lossy(&value).into_owned())
}

/// The code of a fetch that failed, and the step that decided.
pub fn failure(record: &FetchRecord) -> (&'static str, String) {
    match &record.outcome {
        FetchOutcome::Error { code, step, .. } => (code, step.to_string()),
        FetchOutcome::Response { .. } => panic!("{} did not fail", record.url),
    }
}

/// Something a server counts or keeps.
pub type Shared<T> = Rc<RefCell<T>>;

pub fn shared<T: Default>() -> Shared<T> {
    Rc::default()
}
