// The global object of a worker.

export default function (ops, lib, global) {
  const { push, defineProperty, getOwnPropertyDescriptor, setPrototypeOf, DOMException } = lib.primordials;
  const { convert } = lib;

  const WorkerGlobalScope = lib.defineAbstractInterface('WorkerGlobalScope', { parent: lib.EventTarget });
  const isShared = lib.isSharedWorker;
  const Scope = lib.defineAbstractInterface(isShared ? 'SharedWorkerGlobalScope' : 'DedicatedWorkerGlobalScope', { parent: WorkerGlobalScope });
  setPrototypeOf(global, Scope.prototype);
  if (lib.peek(global, 'EventTarget') === undefined) lib.initEventTarget(global);
  lib.defineEventHandlers(global, [
    'error', 'languagechange', 'offline', 'online', 'rejectionhandled', 'unhandledrejection',
  ]);
  lib.defineEventHandlers(global, isShared ? ['connect'] : ['message', 'messageerror']);

  // --- WorkerLocation -----------------------------------------------------------------------------------------------
  let url = 'about:blank', workerName = '';
  const part = (index) => ops.urlParts(url)[index];
  const WorkerLocation = lib.defineAbstractInterface('WorkerLocation', {
    prototype: {
      get href() { lib.state(this, 'WorkerLocation'); return url; },
      get origin() { lib.state(this, 'WorkerLocation'); return part(0); },
      get protocol() { lib.state(this, 'WorkerLocation'); return part(1); },
      get host() { lib.state(this, 'WorkerLocation'); return part(4); },
      get hostname() { lib.state(this, 'WorkerLocation'); return part(5); },
      get port() { lib.state(this, 'WorkerLocation'); return part(6); },
      get pathname() { lib.state(this, 'WorkerLocation'); return part(7); },
      get search() { lib.state(this, 'WorkerLocation'); return part(8); },
      get hash() { lib.state(this, 'WorkerLocation'); return part(9); },
      toString() { lib.state(this, 'WorkerLocation'); return url; },
    },
  });
  const location = lib.instantiate(WorkerLocation);
  lib.init(location, 'WorkerLocation', {});

  // --- The scope itself. --------------------------------------------------------------------------------------------
  // Scripts whose exceptions the worker must not see.
  const mutedFiles = { __proto__: null };
  const muted = () => new DOMException('a script from elsewhere failed', 'NetworkError');
  const run = (script) => {
    if (!script.mutedErrors) {
      ops.evaluateScript(script.source, script.url);
      return;
    }
    mutedFiles[script.url] = true;
    let failed = true;
    try {
      ops.evaluateScript(script.source, script.url);
      failed = false;
    } catch { /* it is not shown */ }
    if (failed) throw muted();
  };
  lib.exposeFunctions({
    get location() { return location; },
    get name() { return workerName; },
    set name(value) { defineProperty(global, 'name', { value, writable: true, enumerable: true, configurable: true }); },
    importScripts() {
      const urls = [];
      for (let index = 0; index < arguments.length; index++) push(urls, convert.USVString(arguments[index]));
      for (let index = 0; index < urls.length; index++) {
        const parsed = ops.urlResolve(urls[index]);
        if (parsed === undefined || parsed === null) throw new DOMException(`importScripts: '${urls[index]}' is not a URL`, 'SyntaxError');
        urls[index] = parsed;
      }
      for (let index = 0; index < urls.length; index++) {
        const script = ops.importScript(urls[index]);
        if (script === undefined || script === null) throw new DOMException(`importScripts: ${urls[index]} did not load`, 'NetworkError');
        run(script);
      }
    },
    close() { ops.workerClose(); },
  });
  if (!isShared) {
    lib.exposeFunctions({
      postMessage(message) {
        lib.requireArguments(arguments.length, 1, 'postMessage');
        ops.ownerPost(lib.serializeWithTransfer(message, lib.transferOf(arguments[1], 'postMessage')));
      },
    });
  }
  lib.entries.connect = (id) => {
    const port = lib.receivePort(id);
    lib.fire(global, 'connect', { data: '', ports: lib.primordials.freeze([port]), source: port }, lib.MessageEvent);
  };
  lib.entries.runWorker = (source, scriptUrl, name) => {
    url = scriptUrl;
    workerName = name;
    try {
      ops.evaluateScript(source, scriptUrl);
    } catch (error) {
      lib.report(error);
    }
  };

  // --- Exceptions: what a dedicated worker does not handle, its owner may. ------------------------------------------
  const report = (init) => {
    if (lib.fireError(init)) return true;
    if (isShared) return false;
    ops.ownerException(convert.USVString(init.message), init.filename ?? '', init.lineno ?? 0, init.colno ?? 0);
    return true;
  };
  lib.hooks.error = (error) => report(lib.errorInit(error, (filename) => mutedFiles[filename] === true));
  lib.entries.scriptError = (message, filename, lineno, colno) => report({ message, filename, lineno, colno, error: null });
}
