//! A modelled browser: tabs, frames, documents, workers and their event loops, over `fetch`, `html` and `js`, in a simulated world.
//!
//! The decisions are made in `crossexam_fetch` and `crossexam_html`; here they are joined to engines, a network and a
//! person. Every task runs on the world's executor, one after another, so that a run is the same each time. What happens is
//! written into the world's journal.
//!
//! MODEL: a page's tasks run in the order in which they become ready; task sources are not told apart. There is no
//! rendering, no session history beyond the current document, and no service worker.

mod activity;
mod browser;
mod cluster;
mod document;
mod elements;
mod event_source;
mod fetching;
mod frames;
mod global;
mod host;
mod inner;
mod loading;
mod navigable;
mod navigate;
mod object_urls;
mod ports;
mod scripted;
mod server_program;
mod sockets;
mod workers;

pub use browser::{ActionError, Browser, BrowserOptions, TabInfo, Tampering};
pub use server_program::{JsServer, ServerOptions};
