// SharedWorker: a page's connection to a worker that pages of its origin share.

export default function (ops, lib, global) {
  const { convert } = lib;

  function SharedWorker(url) {
    lib.requireNew(new.target, 'SharedWorker');
    lib.requireArguments(arguments.length, 1, 'SharedWorker');
    url = convert.USVString(url);
    const given = arguments[1];
    const named = given !== undefined && given !== null && !lib.isObject(given);
    const { name, isModule } = lib.workerOptions(named ? { __proto__: null, name: given } : given, 'SharedWorker');
    const parsed = ops.urlResolve(url);
    if (parsed === undefined || parsed === null) throw new DOMException(`SharedWorker: '${url}' is not a URL`, 'SyntaxError');
    lib.initEventTarget(this);
    const pair = lib.createChannel();
    const inside = lib.detachPort(pair[1]);
    lib.init(this, 'SharedWorker', { __proto__: null, port: pair[0] });
    // The only thing to be told is that there is none.
    const operation = lib.begin(() => { lib.fire(this, 'error'); });
    ops.sharedWorkerConnect(operation, parsed, name, isModule, inside);
  }
  const prototype = { get port() { return lib.state(this, 'SharedWorker').port; } };
  lib.defineEventHandlers(prototype, ['error']);
  lib.defineInterface(SharedWorker, { prototype, parent: lib.EventTarget });
}
