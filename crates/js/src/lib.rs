//! The embedded JavaScript engine and its Web IDL bindings, without any policy of their own.
//!
//! An [`Agent`] is an engine for a group of realms: documents that can reach each other, or one server program. It asks
//! the world for everything through [`RealmHost`] (with its parts [`DocumentHost`] and [`ServerHost`]), and is told
//! outcomes through its `deliver_*` methods; no type of the engine crosses that border. The decisions are made in
//! `crossexam_fetch` (what a `Headers` object accepts, what a `Request` may be, what a `Response` shows) and by the host.
//!
//! The platform's classes are written in JavaScript, evaluated once per realm over native operations; how to write one
//! is said in `src/bootstrap/README.md`.

mod agent;
mod bootstrap;
mod dom;
mod errors;
mod limits;
mod modules;
mod native;
mod ops;
mod parse_only;
pub mod protocol;
mod server;
mod shared;

pub use agent::Agent;
pub use dom::{DocumentSource, UserActionError};
pub use limits::Limits;
pub use parse_only::parses_as_script;
pub use protocol::*;
pub use server::{ServerProgram, ServerRequest, ServerResponse, library};
