//! Which bootstrap files a realm evaluates, and their bytecode.
//!
//! `bootstrap/README.md` says how a file is written and how native operations are added.

use std::sync::OnceLock;

use rquickjs::loader::Loader;
use rquickjs::loader::bundle::Bundle;
use rquickjs::module::WriteOptions;
use rquickjs::{Context, Ctx, Function, Module, Object, Runtime};

use crate::protocol::RealmKind;

struct File {
    name: &'static str,
    source: &'static str,
    kinds: &'static [RealmKind],
}

const EVERY: &[RealmKind] = &[
    RealmKind::Window,
    RealmKind::Worker,
    RealmKind::SharedWorker,
    RealmKind::Server,
];
const PAGES: &[RealmKind] = &[
    RealmKind::Window,
    RealmKind::Worker,
    RealmKind::SharedWorker,
];
const WINDOW: &[RealmKind] = &[RealmKind::Window];
const WORKER: &[RealmKind] = &[RealmKind::Worker, RealmKind::SharedWorker];
const SERVER: &[RealmKind] = &[RealmKind::Server];

macro_rules! files {
    ($($kinds:ident $name:literal),+ $(,)?) => {
        &[$(File { name: $name, source: include_str!(concat!("bootstrap/", $name)), kinds: $kinds }),+]
    };
}

/// The files in the order of their evaluation.
const FILES: &[File] = files![
    EVERY "lib.js",
    EVERY "language.js",
    EVERY "events.js",
    EVERY "console.js",
    EVERY "timers.js",
    EVERY "abort.js",
    EVERY "url.js",
    EVERY "encoding.js",
    EVERY "streams.js",
    EVERY "blob.js",
    PAGES "object-url.js",
    EVERY "clone.js",
    EVERY "body.js",
    EVERY "fetch.js",
    PAGES "xhr.js",
    PAGES "file-reader.js",
    EVERY "websocket.js",
    PAGES "event-source.js",
    PAGES "navigator.js",
    PAGES "message-channel.js",
    PAGES "worker.js",
    WINDOW "shared-worker.js",
    WORKER "worker-global.js",
    SERVER "server.js",
    WINDOW "dom-tree.js",
    WINDOW "dom-selectors.js",
    WINDOW "dom-lists.js",
    WINDOW "dom-nodes.js",
    WINDOW "dom-elements.js",
    WINDOW "dom-forms.js",
    WINDOW "dom-loading.js",
    WINDOW "dom-images.js",
    WINDOW "dom-document.js",
    WINDOW "dom-styles.js",
    WINDOW "dom-parsing.js",
    WINDOW "dom-window.js",
    WINDOW "dom-user.js",
];

/// The files that a realm evaluates when it needs them, in this order.
const ON_DEMAND: &[File] = files![
    EVERY "streams-core.js",
    EVERY "streams-bytes.js",
    EVERY "streams-writable.js",
    EVERY "streams-readable.js",
    EVERY "streams-transform.js",
];

type Bytecode = &'static [(&'static str, &'static [u8])];

/// The files' bytecode, compiled once for the process. It is the same for every agent.
fn bytecode() -> Result<Bytecode, rquickjs::Error> {
    static BYTECODE: OnceLock<Bytecode> = OnceLock::new();
    if let Some(bytecode) = BYTECODE.get() {
        return Ok(bytecode);
    }
    let runtime = Runtime::new()?;
    let context = Context::full(&runtime)?;
    let library = crate::server::library().iter().copied();
    let files = FILES.iter().chain(ON_DEMAND);
    let files = files.map(|file| (file.name, file.source));
    let compiled = context.with(|ctx| {
        // A module that is only declared is not linked, so what it imports need not be there.
        files
            .chain(library)
            .map(|(name, source)| {
                let module = Module::declare(ctx.clone(), name, source)?;
                let options = WriteOptions {
                    strip_source: true,
                    ..WriteOptions::default()
                };
                let bytes: &'static [u8] = module.write(options)?.leak();
                Ok((name, bytes))
            })
            .collect::<rquickjs::Result<Vec<_>>>()
    })?;
    Ok(BYTECODE.get_or_init(|| compiled.leak()))
}

/// Loads a module of the server programs' library.
pub(crate) fn load<'js>(ctx: &Ctx<'js>, name: &str) -> rquickjs::Result<Module<'js>> {
    Bundle(bytecode()?).load(ctx, name, None)
}

/// Whether this is the name of a bootstrap file, as stacks have it.
pub(crate) fn is_file(name: &str) -> bool {
    FILES.iter().chain(ON_DEMAND).any(|file| file.name == name)
}

/// Evaluates the files of `kind` in a new realm.
pub(crate) fn evaluate<'js>(
    ctx: &Ctx<'js>,
    kind: RealmKind,
    ops: &Object<'js>,
    lib: &Object<'js>,
) -> rquickjs::Result<()> {
    let files = FILES.iter().filter(|file| file.kinds.contains(&kind));
    evaluate_files(ctx, files, (ops, lib, &ctx.globals()))
}

/// Evaluates the files that a realm has not needed before, with what its other files were given.
pub(crate) fn evaluate_on_demand<'js>(
    ctx: &Ctx<'js>,
    given: (&Object<'js>, &Object<'js>, &Object<'js>),
) -> rquickjs::Result<()> {
    evaluate_files(ctx, ON_DEMAND.iter(), given)
}

fn evaluate_files<'a, 'js>(
    ctx: &Ctx<'js>,
    files: impl Iterator<Item = &'a File>,
    (ops, lib, global): (&Object<'js>, &Object<'js>, &Object<'js>),
) -> rquickjs::Result<()> {
    let mut bundle = Bundle(bytecode()?);
    for file in files {
        let (module, _) = bundle.load(ctx, file.name, None)?.eval()?;
        let function: Function<'js> = module.get("default")?;
        function.call::<_, ()>((ops.clone(), lib.clone(), global.clone()))?;
    }
    Ok(())
}
