// Server programs: the handler of a module's default export, and what it is given besides the request.

export default function (ops, lib, global) {
  const { parse, stringify, toWellFormed, apply, then, promiseResolve, freeze } = lib.primordials;
  const { convert } = lib;

  // The program's store: JSON values under string keys.
  const store = freeze({
    get(key) {
      const text = ops.storeGet(convert.USVString(key));
      return text === undefined || text === null ? undefined : parse(text);
    },
    set(key, value) {
      const text = stringify(value);
      if (text === undefined) throw new TypeError('store.set: the value has no JSON');
      ops.storeSet(convert.USVString(key), toWellFormed(text));
    },
    has(key) {
      const text = ops.storeGet(convert.USVString(key));
      return text !== undefined && text !== null;
    },
    delete(key) { return ops.storeDelete(convert.USVString(key)); },
    keys() { return ops.storeKeys(); },
  });

  let program = null;
  let kept = null;
  lib.entries.keep = (namespace, promise) => { kept = [namespace, promise]; then(promise, undefined, () => {}); };
  lib.entries.loaded = () => kept;
  // Takes the module's default export; says what is wrong with it, or nothing.
  lib.entries.program = (exported) => {
    if (typeof exported === 'function') program = { handler: exported, self: undefined };
    else if (lib.isObject(exported) && typeof exported.fetch === 'function') program = { handler: exported.fetch, self: exported };
    else throw new TypeError('the module has no `export default { fetch(request, env) { … } }`');
  };
  // Sends what a program makes while it makes it.
  const sendInPieces = (stream, writer) => {
    const { streams } = lib;
    const reader = streams.createReader(stream, 'default');
    const giveUp = (reason) => {
      ops.pieceEnd(writer, false);
      streams.handled(streams.cancelStream(stream, reason));
    };
    const step = () => streams.readFrom(reader, {
      __proto__: null,
      chunk(chunk) {
        if (!lib.isView(chunk) || lib.typedName(chunk) !== 'Uint8Array') {
          const error = new TypeError('a chunk of the body is no Uint8Array');
          lib.report(error);
          giveUp(error);
        } else if (!ops.pieceWrite(writer, lib.bytesToRust(chunk))) giveUp(new DOMException('nobody reads it', 'AbortError'));
        // Others have their turn before the next piece.
        else lib.setTimer(0, step);
      },
      close() { ops.pieceEnd(writer, true); },
      error(reason) {
        lib.report(reason);
        ops.pieceEnd(writer, false);
      },
    });
    step();
  };
  lib.entries.serve = (operation, native) => {
    const request = lib.createRequest(native);
    const env = { ...parse(ops.serverVariables()), store };
    const context = { waitUntil() {}, passThroughOnException() {} };
    let result;
    try {
      result = promiseResolve(apply(program.handler, program.self, [request, env, context]));
    } catch (error) {
      ops.serverFailed(operation, error);
      return;
    }
    const answered = then(result, (response) => {
      const state = lib.peek(response, 'Response');
      if (state === undefined) throw new TypeError(`the handler returned ${lib.describe(response)} instead of a Response`);
      const { body } = state;
      if (lib.bodies.isUnusable(body)) {
        throw new TypeError('the handler returned a Response whose body is used already');
      }
      const socket = lib.peek(response, 'UpgradeResponse')?.operation;
      const whole = (data) => { ops.serverAnswer(operation, state.native, data, socket, false); };
      if (body === null) whole(null);
      else if (body.stream === null || body.stream.isWhole) lib.bodies.fullyRead(body, whole, (error) => ops.serverFailed(operation, error));
      else sendInPieces(body.stream, ops.serverAnswer(operation, state.native, null, socket, true));
    });
    then(answered, undefined, (error) => ops.serverFailed(operation, error));
  };
  lib.exposeFunctions({ get self() { return global; } });
}
