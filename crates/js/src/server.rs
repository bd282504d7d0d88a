//! Server programs: modules in the style of edge runtimes, `export default { async fetch(request, env) { … } }`.
//!
//! A program is a realm of its own, and a machine's process: its module is evaluated once, its variables stay from one
//! request to the next. Besides the Fetch API it has `env.store` (see [`ServerHost`](crate::ServerHost)), and it may
//! import the library: `crossexam:cors`, `crossexam:request`, `crossexam:session`, `crossexam:html`.
//!
//! It is no browser: its requests and responses carry any header, `Cookie`, `Origin` and `Set-Cookie` included.

use std::rc::Rc;

use bytes::Bytes;
use crossexam_fetch::Response;
use crossexam_fetch::api::{Guard, RequestObject};
use crossexam_fetch::body::{Body, BodyError, BodyStream};
use crossexam_web::HeaderList;
use rquickjs::loader::{ImportAttributes, Loader, Resolver};
use rquickjs::promise::PromiseState;
use rquickjs::{Ctx, Error, Module, Value};
use url::Url;

use crate::agent::Agent;
use crate::bootstrap;
use crate::limits::Limits;
use crate::native;
use crate::protocol::{OperationId, RealmHost, RealmId, RealmKind, ScriptError, SocketEvent};

/// A request as a server program gets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerRequest {
    /// The method.
    pub method: Bytes,
    /// The absolute URL, as the server sees it: from `Host` and the request's target.
    pub url: Url,
    /// The headers, in order.
    pub header_list: HeaderList,
    /// The body; empty if there is none.
    pub body: Bytes,
}

/// A server program's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerResponse {
    /// The status.
    pub status: u16,
    /// The reason phrase; empty if the program gave none.
    pub status_message: Bytes,
    /// The headers, in order, each `Set-Cookie` by itself.
    pub header_list: HeaderList,
    /// The body; empty if it comes from a stream.
    pub body: Bytes,
    /// The stream that the body comes from, where the program makes it while it is sent.
    pub stream: Option<BodyStream>,
    /// The socket that the program goes on with, where the answer switches to the WebSocket protocol.
    pub socket: Option<OperationId>,
}

/// A server program that is running.
///
/// The answers to its own fetches and its timers are delivered to it as to any realm; after each delivery an answer may
/// be there to be taken. A handler that never settles has none: how long to wait is up to the caller.
#[derive(Debug)]
pub struct ServerProgram {
    agent: Agent,
    realm: RealmId,
}

impl ServerProgram {
    /// Starts a program. `modules` gives the source text of a module by its name: relative imports are resolved against
    /// the name of the importing module, which for the program itself is `filename`.
    ///
    /// # Errors
    ///
    /// If the module does not parse, an import is not there, the module throws, does not come to its end, or has no
    /// handler.
    pub fn new(
        source: &str,
        filename: &str,
        modules: impl Fn(&str) -> Option<String> + 'static,
        host: Rc<dyn RealmHost>,
        limits: Limits,
    ) -> Result<Self, ScriptError> {
        let agent = Agent::new(host, limits)?;
        agent.set_modules(Rc::new(modules));
        let realm = agent.create_realm(RealmKind::Server)?;
        let program = Self { agent, realm };
        let filename = filename.replace('\0', "");
        // The module stays with the engine; its promise says how its evaluation went.
        let state = program.agent.call_entry(realm, "keep", |ctx, keep, _| {
            let (module, promise) =
                Module::declare(ctx.clone(), filename.as_str(), source)?.eval()?;
            keep.call::<_, ()>((module.namespace()?, promise.clone()))?;
            Ok(())
        });
        state?;
        program.agent.run_microtasks()?;
        let loaded = program
            .agent
            .call_entry(realm, "loaded", |ctx, loaded, _| {
                let (namespace, promise): (rquickjs::Object<'_>, rquickjs::Promise<'_>) = {
                    let kept: rquickjs::Array<'_> = loaded.call(())?;
                    (kept.get(0)?, kept.get(1)?)
                };
                if promise.state() == PromiseState::Pending {
                    return Err(crate::ops::throw(
                        ctx,
                        "TypeError",
                        "the module waits for something before it is loaded",
                    ));
                }
                promise.result::<Value<'_>>().transpose()?;
                namespace
                    .get::<_, Value<'_>>("default")
                    .map(|exported| crate::agent::save(ctx, exported))
            })?;
        let Some(exported) = loaded else {
            return Err(ScriptError::Reentered);
        };
        program
            .agent
            .call_entry(realm, "program", |ctx, entry, _| {
                entry.call::<_, ()>((exported.restore(ctx)?,))
            })?;
        Ok(program)
    }

    /// Starts to answer a request, and runs what can run at once. The answer is taken with
    /// [`take_answer`](Self::take_answer).
    pub fn start_request(&self, request: ServerRequest) -> OperationId {
        let operation = self.agent.begin_operation(self.realm);
        let mut object =
            RequestObject::create(crossexam_fetch::Request::new(request.url), Guard::None);
        object.request.method = request.method;
        object.headers.header_list = request.header_list;
        if !request.body.is_empty() {
            object.request.body = Some(Body::from_bytes(request.body));
        }
        self.agent.expect_answer(operation);
        let served = self
            .agent
            .call_entry(self.realm, "serve", |ctx, serve, scope| {
                let request = native::request::from_outside(ctx, scope, object)?;
                serve.call::<_, ()>((operation.0, request))
            });
        self.go_on(served.map(drop));
        operation
    }

    /// The answer to a fetch of the program's own.
    pub fn deliver_response(&self, operation: OperationId, response: &Response) {
        self.go_on(self.agent.deliver_response(operation, response));
    }

    /// What came of reading the answer to a fetch of the program's own.
    pub fn deliver_chunk(&self, operation: OperationId, chunk: Result<Option<Bytes>, BodyError>) {
        self.go_on(self.agent.deliver_chunk(operation, chunk));
    }

    /// A timer of the program's is due.
    pub fn deliver_timer(&self, operation: OperationId) {
        self.go_on(self.agent.deliver_timer(operation));
    }

    /// Something happens to a socket that the program has accepted.
    pub fn deliver_socket(&self, operation: OperationId, event: &SocketEvent) {
        self.go_on(self.agent.deliver_socket(operation, event));
    }

    /// Takes the answer to a request, once it is there: a response, or why there is none.
    pub fn take_answer(
        &self,
        operation: OperationId,
    ) -> Option<Result<ServerResponse, ScriptError>> {
        self.agent.take_answer(operation)
    }

    /// Gives up waiting for an answer.
    pub fn cancel_request(&self, operation: OperationId) {
        self.agent.forget_answer(operation);
    }

    /// Runs the microtasks. A limit that is met fails every request under way: nobody knows whose script it was.
    fn go_on(&self, done: Result<(), ScriptError>) {
        if let Err(error) = done.and_then(|()| self.agent.run_microtasks()) {
            self.agent.fail_answers(&error);
        }
    }
}

/// The library's modules.
const LIBRARY: &[(&str, &str)] = &[
    ("crossexam:cors", include_str!("server/cors.js")),
    ("crossexam:html", include_str!("server/html.js")),
    ("crossexam:request", include_str!("server/request.js")),
    ("crossexam:session", include_str!("server/session.js")),
];

/// The names of the modules that every server program can import, with their source text.
pub const fn library() -> &'static [(&'static str, &'static str)] {
    LIBRARY
}

/// Gives source texts by module name.
pub(crate) type Sources = Rc<dyn Fn(&str) -> Option<String>>;

/// Resolves the imports of server programs.
pub(crate) struct Imports(pub(crate) Sources);

impl Resolver for Imports {
    fn resolve<'js>(
        &mut self,
        _: &Ctx<'js>,
        base: &str,
        name: &str,
        _: Option<ImportAttributes<'js>>,
    ) -> rquickjs::Result<String> {
        if name.starts_with("crossexam:") {
            return Ok(name.to_owned());
        }
        if name.starts_with("./") || name.starts_with("../") {
            return Ok(relative(base, name));
        }
        Err(Error::new_resolving_message(
            base,
            name,
            "an import begins with ./ or ../, or names a module crossexam:…",
        ))
    }
}

impl Loader for Imports {
    fn load<'js>(
        &mut self,
        ctx: &Ctx<'js>,
        name: &str,
        _: Option<ImportAttributes<'js>>,
    ) -> rquickjs::Result<Module<'js>> {
        if LIBRARY.iter().any(|(library, _)| *library == name) {
            return bootstrap::load(ctx, name);
        }
        match (self.0)(name) {
            Some(source) => Module::declare(ctx.clone(), name, source),
            None => Err(Error::new_loading_message(name, "there is no such file")),
        }
    }
}

/// Resolves a relative import against the name of the importing module.
fn relative(base: &str, name: &str) -> String {
    let mut parts: Vec<&str> = base.split('/').collect();
    parts.pop();
    for part in name.split('/') {
        match part {
            "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::relative;

    #[test]
    fn imports_are_relative_to_the_importer() {
        assert_eq!(relative("alice/server.js", "./users.js"), "alice/users.js");
        assert_eq!(relative("alice/server.js", "../shared/a.js"), "shared/a.js");
        assert_eq!(relative("server.js", "./lib/x.js"), "lib/x.js");
        assert_eq!(relative("server.js", "../../x.js"), "x.js");
    }
}
