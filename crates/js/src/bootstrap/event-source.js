// EventSource. The host keeps the connection, reads the stream and tells what came.

export default function (ops, lib, global) {
  const { convert } = lib;
  const CONNECTING = 0, OPEN = 1, CLOSED = 2;
  const stateOf = (source) => lib.state(source, 'EventSource');

  function EventSource(url) {
    lib.requireNew(new.target, 'EventSource');
    lib.requireArguments(arguments.length, 1, 'EventSource');
    url = convert.USVString(url);
    const options = convert.dictionary(arguments[1], 'EventSource');
    const withCredentials = !!options.withCredentials;
    const parsed = ops.urlResolve(url);
    if (parsed === undefined || parsed === null) throw new DOMException(`EventSource: '${url}' is not a URL`, 'SyntaxError');
    lib.initEventTarget(this);
    lib.init(this, 'EventSource', { url: parsed, withCredentials, state: CONNECTING, operation: null });
    const state = stateOf(this);
    state.operation = lib.begin((kind, type, data, origin, lastEventId) => {
      if (state.state === CLOSED) return;
      switch (kind) {
        case 'open':
          state.state = OPEN;
          lib.fire(this, 'open');
          return;
        case 'message':
          lib.fire(this, type, { data, origin, lastEventId }, lib.MessageEvent);
          return;
        case 'reconnecting':
          state.state = CONNECTING;
          lib.fire(this, 'error');
          return;
        default:
          state.state = CLOSED;
          lib.forget(state.operation);
          lib.fire(this, 'error');
      }
    }, { repeat: true });
    ops.eventSourceOpen(state.operation, parsed, withCredentials);
  }
  const prototype = {
    get url() { return stateOf(this).url; },
    get withCredentials() { return stateOf(this).withCredentials; },
    get readyState() { return stateOf(this).state; },
    close() {
      const state = stateOf(this);
      if (state.state === CLOSED) return;
      state.state = CLOSED;
      lib.forget(state.operation);
      ops.fetchAbort(state.operation);
    },
  };
  lib.defineEventHandlers(prototype, ['open', 'message', 'error']);
  lib.defineInterface(EventSource, { prototype, parent: lib.EventTarget, constants: { CONNECTING, OPEN, CLOSED } });
}
