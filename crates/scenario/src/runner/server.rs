//! What answers at a machine: pages as they are, then its program.

use std::rc::Rc;

use bytes::Bytes;
use crossexam_sim::{LocalBoxFuture, PeerInfo, Server, ServerError, World};
use indexmap::IndexMap;

use crate::plan::{Machine, Page};

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
pub(super) struct Store {}

impl Store {
    pub(super) fn set(&self, _key: &str, _value: String) {}
}

/// A machine's program and its store.
pub(super) fn program(
    _world: &World,
    _name: &str,
    _machine: &Machine,
) -> (Option<Rc<dyn Server>>, Store) {
    (None, Store {})
}
