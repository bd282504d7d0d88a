//! What answers at a machine: pages as they are, then its program.

use std::cell::RefCell;
use std::ops::Range;
use std::rc::Rc;

use bytes::Bytes;
use crossexam_browser::{JsServer, ServerOptions};
use crossexam_js::{Limits, ScriptError};
use crossexam_sim::journal::{Event, StateChange};
use crossexam_sim::{LocalBoxFuture, PeerInfo, Server, ServerError, World};
use indexmap::IndexMap;
use serde_json::json;

use super::RunFailure;
use crate::diagnostic::{Diagnostic, SourceFile};
use crate::plan::{Machine, Page, Program};

/// A machine's server.
pub(super) struct SiteServer {
    pages: IndexMap<String, Page>,
    program: Option<Rc<dyn Server>>,
}

impl SiteServer {
    pub(super) fn new(pages: IndexMap<String, Page>, program: Option<Rc<dyn Server>>) -> Self {
        Self { pages, program }
    }

    fn page(
        &self,
        request: &http::Request<Bytes>,
    ) -> Option<Result<http::Response<Bytes>, ServerError>> {
        if !matches!(*request.method(), http::Method::GET | http::Method::HEAD) {
            return None;
        }
        let page = self.pages.get(request.uri().path())?;
        let mut response = http::Response::builder().status(page.status);
        for (name, value) in &page.headers {
            response = response.header(name, value);
        }
        Some(response.body(page.body.clone()).map_err(ServerError::new))
    }
}

impl Server for SiteServer {
    fn handle<'a>(
        &'a self,
        request: http::Request<Bytes>,
        peer: PeerInfo,
    ) -> LocalBoxFuture<'a, Result<http::Response<Bytes>, ServerError>> {
        if let Some(answer) = self.page(&request) {
            return Box::pin(std::future::ready(answer));
        }
        match &self.program {
            Some(program) => program.handle(request, peer),
            None => Box::pin(std::future::ready(not_found())),
        }
    }
}

fn not_found() -> Result<http::Response<Bytes>, ServerError> {
    http::Response::builder()
        .status(404)
        .header("Content-Type", "text/plain; charset=utf-8")
        .body(Bytes::from_static(b"Not found"))
        .map_err(ServerError::new)
}

/// A machine's store, as its owner changes it between two steps of the story.
#[derive(Debug, Clone)]
pub(super) enum Store {
    /// Its program's.
    Program(JsServer),
    /// Nobody's: the machine has no program.
    Plain {
        /// Whose it is.
        machine: String,
        /// The values, as JSON.
        values: Rc<RefCell<IndexMap<String, String>>>,
    },
}

impl Store {
    /// Gives a key a value, as JSON.
    pub(super) fn set(&self, world: &World, key: &str, value: String) {
        match self {
            Self::Program(program) => program.set_store(key, value),
            Self::Plain { machine, values } => {
                let before = values.borrow_mut().insert(key.to_owned(), value.clone());
                world.journal().record(
                    world.now(),
                    Event::StateChange(StateChange {
                        machine: machine.clone(),
                        key: key.to_owned(),
                        before,
                        after: Some(value),
                        exchange: None,
                    }),
                );
            }
        }
    }
}

/// A machine's program, running, and its store.
///
/// # Errors
///
/// When the program does not start; the diagnosis shows the place in its file.
pub(super) fn program(
    world: &World,
    name: &str,
    machine: &Machine,
) -> Result<(Option<Rc<dyn Server>>, Store), RunFailure> {
    let values: IndexMap<String, String> = machine
        .store
        .iter()
        .map(|(key, value)| (key.clone(), value.to_string()))
        .collect();
    let Some(program) = &machine.program else {
        let store = Store::Plain {
            machine: name.to_owned(),
            values: Rc::new(values.into()),
        };
        return Ok((None, store));
    };
    let url = match machine.origins.first() {
        Some(url) => url.clone(),
        None => return Err(RunFailure::Setup(format!("{name} answers nowhere"))),
    };
    let server = JsServer::new(
        world,
        ServerOptions {
            machine: name.to_owned(),
            url,
            source: program.text.clone(),
            filename: program.file.clone(),
            modules: program.modules.clone(),
            store: values,
            variables: json!({ "config": machine.config }).to_string(),
            limits: Limits::default(),
        },
    )
    .map_err(|error| RunFailure::Mistakes(vec![diagnosis(name, program, &error)]))?;
    Ok((Some(Rc::new(server.clone())), Store::Program(server)))
}

/// Why a program does not start, at the place in its file where that is known.
fn diagnosis(machine: &str, program: &Program, error: &ScriptError) -> Diagnostic {
    let mut place = None;
    if let ScriptError::Exception {
        location: Some((file, line, column)),
        ..
    } = error
    {
        let text = if *file == program.file {
            Some(&program.text)
        } else {
            program.modules.get(file)
        };
        place = text.map(|text| (file.clone(), text, *line, *column));
    }
    let (file, text, span) = match place {
        Some((file, text, line, column)) => {
            let span = span_of(text, line, column);
            (file, text.clone(), span)
        }
        None => (program.file.clone(), program.text.clone(), None),
    };
    let path = format!("{}{file}", program.folder);
    let source = Rc::new(SourceFile { path, text });
    let known = span.is_some();
    let mistake = Diagnostic::error(
        &source,
        span,
        format!("the program of `{machine}` does not start"),
    );
    if known {
        mistake.label(error.to_string())
    } else {
        mistake.help(error.to_string())
    }
}

/// The place of a line and a column (from 1) in a text: one character, or the end of the line.
fn span_of(text: &str, line: u32, column: u32) -> Option<Range<usize>> {
    let index = usize::try_from(line.checked_sub(1)?).ok()?;
    let start: usize = text.split_inclusive('\n').take(index).map(str::len).sum();
    let line = text.get(start..)?.lines().next()?;
    let column = usize::try_from(column.saturating_sub(1)).ok()?;
    let (offset, length) = line
        .char_indices()
        .nth(column)
        .map_or((line.len(), 0), |(offset, character)| {
            (offset, character.len_utf8())
        });
    Some(start + offset..start + offset + length)
}

#[cfg(test)]
mod tests {
    use super::span_of;

    #[test]
    fn places_in_a_text() {
        let text = "ab\näöü\n";
        assert_eq!(span_of(text, 1, 1), Some(0..1));
        assert_eq!(span_of(text, 2, 2), Some(5..7));
        assert_eq!(span_of(text, 1, 9), Some(2..2));
        assert_eq!(span_of(text, 9, 1), None);
        assert_eq!(span_of(text, 0, 0), None);
    }
}
