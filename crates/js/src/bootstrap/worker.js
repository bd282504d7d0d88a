// Worker: a dedicated worker as its owner sees it. The host runs it, in an agent of its own.

export default function (ops, lib, global) {
  const { convert } = lib;
  const { ErrorEvent } = global;
  const stateOf = (worker) => lib.state(worker, 'Worker');
  const CREDENTIALS = ['omit', 'same-origin', 'include'], TYPES = ['classic', 'module'];

  lib.workerOptions = (options, where) => {
    const { credentials, name, type } = convert.dictionary(options, where);
    // Classic workers have no use for the first, but it must be one of these.
    if (credentials !== undefined) convert.enumeration(credentials, CREDENTIALS, where);
    return {
      __proto__: null,
      name: name === undefined ? '' : convert.USVString(name),
      isModule: type !== undefined && convert.enumeration(type, TYPES, where) === 'module',
    };
  };
  function Worker(url) {
    lib.requireNew(new.target, 'Worker');
    lib.requireArguments(arguments.length, 1, 'Worker');
    url = convert.USVString(url);
    const { name, isModule } = lib.workerOptions(arguments[1], 'Worker');
    const parsed = ops.urlResolve(url);
    if (parsed === undefined || parsed === null) throw new DOMException(`Worker: '${url}' is not a URL`, 'SyntaxError');
    lib.initEventTarget(this);
    const state = lib.init(this, 'Worker', { operation: null });
    state.operation = lib.begin((kind, data, filename, lineno, colno) => {
      switch (kind) {
        case 'message':
          lib.fireMessage(this, data, '', null);
          return;
        case 'exception':
          if (!lib.fire(this, 'error', { message: data, filename, lineno, colno, error: null, cancelable: true }, ErrorEvent)) return;
          if (!lib.entries.scriptError(data, filename, lineno, colno)) ops.reportUncaught(data, filename, lineno, colno);
          return;
        default:
          end(state);
          lib.fire(this, 'error');
      }
    }, { repeat: true });
    ops.workerStart(state.operation, parsed, name, isModule);
  }
  const end = (state) => {
    lib.forget(state.operation);
    state.operation = null;
  };
  const prototype = {
    terminate() {
      const state = stateOf(this), { operation } = state;
      if (operation === null) return;
      end(state);
      ops.fetchAbort(operation);
    },
    postMessage(message) {
      const { operation } = stateOf(this);
      lib.requireArguments(arguments.length, 1, 'Worker.postMessage');
      const data = lib.serializeWithTransfer(message, lib.transferOf(arguments[1], 'Worker.postMessage'));
      if (operation !== null) ops.workerPost(operation, data);
    },
  };
  lib.defineEventHandlers(prototype, ['error', 'message', 'messageerror']);
  lib.defineInterface(Worker, { prototype, parent: lib.EventTarget });
}
