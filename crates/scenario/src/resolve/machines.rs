//! Machines and the files they serve.

use std::collections::BTreeMap;
use std::ops::Range;

use bytes::Bytes;
use indexmap::IndexMap;
use serde_json::Value as Json;
use url::Url;

use super::Resolver;
use crate::diagnostic::{listed, nearest};
use crate::folder::SCENARIO_FILE;
use crate::format::file::{self, FullPage, Placement};
use crate::plan::{Machine, Page, Program};

impl Resolver<'_> {
    pub(crate) fn resolve_machines(&mut self) -> IndexMap<String, Machine> {
        let mut machines = IndexMap::new();
        let mut taken: IndexMap<String, String> = IndexMap::new();
        let file = self.file;
        for (name, machine) in &file.machine {
            let owner = self.resolve_owner(name, machine);
            let mut origins = Vec::new();
            for origin in self.resolve_origins(name, machine) {
                let key = origin.origin().ascii_serialization();
                if let Some(other) = taken.insert(key.clone(), name.clone())
                    && other != *name
                {
                    let span = self
                        .at(&["machine", name, "hosts"])
                        .or_else(|| self.at_key(&["machine", name]));
                    let mistake =
                        self.error(span, format!("both `{other}` and `{name}` answer at {key}"));
                    self.report(mistake);
                }
                origins.push(origin);
            }
            let config = Json::Object(
                machine
                    .config
                    .iter()
                    .map(|(key, value)| (key.clone(), self.fill_json(value)))
                    .collect(),
            );
            let program = machine.server.as_deref().and_then(|file| {
                let span = self.at(&["machine", name, "server"]);
                let text = self.text_file(file, span, Some(&config))?;
                let modules = self.modules(file, &config);
                Some(Program {
                    file: file.to_owned(),
                    folder: self.folder.path_of(""),
                    text,
                    modules,
                })
            });
            let mut pages = IndexMap::new();
            for (path, page) in &machine.pages {
                let place = ["machine", name, "pages", path];
                if !path.starts_with('/') {
                    let mistake = self
                        .error(self.at_key(&place), format!("`{path}` is not a path"))
                        .label("a path begins with `/`");
                    self.report(mistake);
                }
                if let Some(page) = self.resolve_page(page, &place, Some(&config)) {
                    pages.insert(path.clone(), page);
                }
            }
            if machine.server.is_none() && machine.pages.is_empty() && machine.fault.is_none() {
                let mistake = self
                    .error(self.at_key(&["machine", name]), format!("the machine `{name}` answers nothing"))
                    .help("give it a program (`server = \"alice.js\"`) or pages (`pages = { \"/\" = \"index.html\" }`)");
                self.report(mistake);
            }
            let store = machine
                .store
                .iter()
                .map(|(key, value)| (key.clone(), self.fill_json(value)))
                .collect();
            let ip = machine.ip.as_deref().and_then(|text| match text.parse() {
                Ok(ip) => Some(ip),
                Err(_) => {
                    let mistake = self
                        .error(
                            self.at(&["machine", name, "ip"]),
                            format!("`{text}` is not an IP address"),
                        )
                        .help("for example `203.0.113.7` or `2001:db8::7`");
                    self.report(mistake);
                    None
                }
            });
            let latency = self.duration(machine.latency.as_deref(), &["machine", name, "latency"]);
            let tls = machine.tls.clone().unwrap_or_default();
            machines.insert(
                name.clone(),
                Machine {
                    owner,
                    origins,
                    ip,
                    placement: machine.network.unwrap_or(Placement::Public),
                    program,
                    pages,
                    config,
                    store,
                    certificate_names: (!tls.names.is_empty())
                        .then(|| tls.names.as_slice().to_vec()),
                    trusted: tls.trusted.unwrap_or(true),
                    client_certificate: tls.client_certificate,
                    latency,
                    fault: machine.fault,
                },
            );
        }
        machines
    }

    fn resolve_owner(&mut self, name: &str, machine: &file::Machine) -> String {
        match &machine.owner {
            Some(owner) => {
                self.known_person(owner, self.at(&["machine", name, "owner"]));
                owner.clone()
            }
            None if self.people.contains_key(name) => name.to_owned(),
            None => {
                let mistake = self
                    .error(
                        self.at_key(&["machine", name]),
                        format!("the machine `{name}` is nobody's"),
                    )
                    .help("say whose it is: `owner = \"alice\"`");
                self.report(mistake);
                String::new()
            }
        }
    }

    fn resolve_origins(&mut self, name: &str, machine: &file::Machine) -> Vec<Url> {
        if machine.hosts.is_empty() {
            let text = format!("https://{name}.example");
            return self
                .http_url(&text, self.at_key(&["machine", name]))
                .into_iter()
                .collect();
        }
        let mut origins = Vec::new();
        for (index, host) in machine.hosts.as_slice().iter().enumerate() {
            let place = ["machine", name, "hosts", &index.to_string()];
            let span = self
                .at(&place)
                .or_else(|| self.at(&["machine", name, "hosts"]));
            if !host.contains("://") {
                let mistake = self
                    .error(span, format!("`{host}` is not an origin"))
                    .label(format!("did you mean `https://{host}`?"));
                self.report(mistake);
                continue;
            }
            let Some(url) = self.http_url(host, span.clone()) else {
                continue;
            };
            if url.path() != "/" || url.query().is_some() || !url.username().is_empty() {
                let mistake = self
                    .error(span, format!("`{host}` is more than an origin"))
                    .label(format!(
                        "did you mean `{}`?",
                        url.origin().ascii_serialization()
                    ));
                self.report(mistake);
            } else {
                origins.push(url);
            }
        }
        origins
    }

    /// Reads a page: the file's name, or more than it.
    pub(crate) fn resolve_page(
        &mut self,
        page: &file::Page,
        place: &[&str],
        config: Option<&Json>,
    ) -> Option<Page> {
        let full = match page {
            file::Page::File(name) => FullPage {
                file: Some(name.clone()),
                ..FullPage::default()
            },
            file::Page::Full(full) => full.clone(),
        };
        let span = self.at(place);
        let (body, file_name) = match (&full.file, &full.body) {
            (Some(name), None) => {
                let inner: Vec<&str> = place.iter().copied().chain(["file"]).collect();
                let span = self.at(&inner).or(span);
                (self.served_file(name, span, config)?, name.as_str())
            }
            (None, Some(body)) => (Bytes::from(self.fill_with(body, config)), ""),
            (None, None) => (Bytes::new(), ""),
            (Some(_), Some(_)) => {
                let mistake = self.error(span, "a page has a `file` or a `body`, not both");
                self.report(mistake);
                return None;
            }
        };
        let mut headers: Vec<(String, String)> = Vec::new();
        for (name, values) in &full.headers {
            for value in values.as_slice() {
                headers.push((name.clone(), self.fill_with(value, config)));
            }
        }
        let typed = full
            .headers
            .keys()
            .any(|name| name.eq_ignore_ascii_case("content-type"));
        if !typed && let Some(content_type) = content_type(file_name) {
            headers.insert(0, ("Content-Type".to_owned(), content_type.to_owned()));
        }
        Some(Page {
            status: full.status.unwrap_or(200),
            headers,
            body,
        })
    }

    fn served_file(
        &mut self,
        name: &str,
        span: Option<Range<usize>>,
        config: Option<&Json>,
    ) -> Option<Bytes> {
        let bytes = self.file_bytes(name, span)?;
        let Ok(text) = std::str::from_utf8(&bytes) else {
            return Some(bytes);
        };
        self.check_file_placeholders(name, text);
        Some(self.fill_with(text, config).into())
    }

    /// The JavaScript files of the folder other than the program itself.
    fn modules(&self, program: &str, config: &Json) -> BTreeMap<String, String> {
        self.folder
            .files
            .iter()
            .filter(|(name, _)| {
                *name != program && (name.ends_with(".js") || name.ends_with(".mjs"))
            })
            .filter_map(|(name, bytes)| {
                let text = std::str::from_utf8(bytes).ok()?;
                Some((name.clone(), self.fill_with(text, Some(config))))
            })
            .collect()
    }

    fn text_file(
        &mut self,
        name: &str,
        span: Option<Range<usize>>,
        config: Option<&Json>,
    ) -> Option<String> {
        let bytes = self.file_bytes(name, span.clone())?;
        let Ok(text) = std::str::from_utf8(&bytes) else {
            let mistake = self.error(span, format!("the file `{name}` is not text (UTF-8)"));
            self.report(mistake);
            return None;
        };
        self.check_file_placeholders(name, text);
        Some(self.fill_with(text, config))
    }

    fn file_bytes(&mut self, name: &str, span: Option<Range<usize>>) -> Option<Bytes> {
        if let Some(bytes) = self.folder.files.get(name) {
            return Some(bytes.clone());
        }
        let others: Vec<&str> = self
            .folder
            .files
            .keys()
            .map(String::as_str)
            .filter(|file| *file != SCENARIO_FILE)
            .collect();
        let mut mistake = self.error(span, format!("there is no file `{name}`"));
        if let Some(word) = nearest(name, others.iter().copied()) {
            mistake = mistake.label(format!("did you mean `{word}`?"));
        }
        mistake = mistake.help(if others.is_empty() {
            format!(
                "the folder `{}` has no other file than {SCENARIO_FILE}",
                self.folder.path
            )
        } else {
            format!("the folder `{}` has {}", self.folder.path, listed(others))
        });
        self.report(mistake);
        None
    }
}

/// The content type that a file's ending stands for.
fn content_type(file: &str) -> Option<&'static str> {
    let (_, ending) = file.rsplit_once('.')?;
    Some(match ending {
        "html" | "htm" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "json" => "application/json",
        "css" => "text/css; charset=utf-8",
        "txt" => "text/plain; charset=utf-8",
        "xml" => "application/xml",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "gif" => "image/gif",
        "jpg" | "jpeg" => "image/jpeg",
        _ => return None,
    })
}
