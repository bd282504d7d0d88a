// WebSocket, in pages; and the sockets that a server program accepts.

export default function (ops, lib, global) {
  const { push, indexOf, charCodeAt, symbolIterator } = lib.primordials;
  const { convert } = lib;
  const CONNECTING = 0, OPEN = 1, CLOSING = 2, CLOSED = 3;
  const constants = { CONNECTING, OPEN, CLOSING, CLOSED };
  const stateOf = (socket) => lib.state(socket, 'WebSocket');

  const CloseEvent = lib.defineEvent('CloseEvent', {
    wasClean: [false, convert.boolean], code: [0, convert.unsignedShort], reason: ['', convert.USVString],
  });

  // How many bytes a well-formed string is in UTF-8.
  const utf8Length = (text) => {
    let length = 0;
    for (let index = 0; index < text.length; index++) {
      const unit = charCodeAt(text, index);
      if (unit < 0x80) length += 1;
      else if (unit < 0x800) length += 2;
      else if (unit >= 0xd800 && unit < 0xdc00) { length += 4; index++; } else length += 3;
    }
    return length;
  };
  const init = (object, url) => {
    lib.initEventTarget(object);
    lib.init(object, 'WebSocket', {
      url, origin: url === '' ? '' : ops.urlParts(url)[0], state: CONNECTING, protocol: '', extensions: '', binaryType: 'blob',
      buffered: 0, sent: 0, operation: null, closeSent: false,
    });
    return stateOf(object);
  };
  // What happens to a connection, as the host tells it: kind, and what goes with it.
  const receive = (socket, state) => (kind, first, second, third) => {
    switch (kind) {
      case 'open':
        if (state.state !== CONNECTING) return;
        state.state = OPEN;
        state.protocol = first;
        state.extensions = second;
        lib.fire(socket, 'open');
        return;
      case 'text':
      case 'binary': {
        if (state.state !== OPEN) return;
        let data = first;
        if (kind === 'binary') data = state.binaryType === 'blob' ? lib.createBlob(first, '') : lib.bufferOf(ops.dataBytes(first, 'MessageEvent.data'));
        lib.fire(socket, 'message', { data, origin: state.origin }, lib.MessageEvent);
        return;
      }
      case 'closing':
        if (state.state < CLOSING) state.state = CLOSING;
        return;
      default: {
        // 'closed': code, reason, clean; 'failed': the same, with an error before it.
        state.state = CLOSED;
        lib.forget(state.operation);
        if (kind === 'failed') lib.fire(socket, 'error');
        lib.fire(socket, 'close', { code: first, reason: second, wasClean: third }, CloseEvent);
      }
    }
  };

  function WebSocket(url) {
    lib.requireNew(new.target, 'WebSocket');
    lib.requireArguments(arguments.length, 1, 'WebSocket');
    url = convert.USVString(url);
    let protocols = arguments[1];
    if (protocols === undefined) protocols = [];
    else if (lib.isObject(protocols) && typeof protocols[symbolIterator] === 'function') protocols = convert.sequence(protocols, convert.DOMString);
    else protocols = [convert.DOMString(protocols)];
    if (ops.socketUrl === undefined) throw new DOMException('WebSocket: server programs accept connections and open none', 'NotSupportedError');
    const parsed = ops.socketUrl(url);
    for (let index = 0; index < protocols.length; index++) {
      if (!ops.socketIsProtocol(lib.primordials.toWellFormed(protocols[index])) || indexOf(protocols, protocols[index]) !== index) {
        throw new DOMException(`WebSocket: '${protocols[index]}' is no subprotocol, or is there twice`, 'SyntaxError');
      }
    }
    const state = init(this, parsed);
    state.operation = lib.begin(receive(this, state), { repeat: true });
    ops.socketOpen(state.operation, parsed, protocols);
  }
  const send = (state, bytes, deliver) => {
    if (state.state === CONNECTING) throw new DOMException('WebSocket.send: the connection is not open yet', 'InvalidStateError');
    // What is sent when the connection is closing goes nowhere and is counted for ever.
    if (state.state === OPEN) deliver();
    else state.buffered += bytes;
  };
  const prototype = {
    get url() { return stateOf(this).url; },
    get readyState() { return stateOf(this).state; },
    // MODEL: what is sent is on the wire at once.
    get bufferedAmount() { return stateOf(this).buffered; },
    get extensions() { return stateOf(this).extensions; },
    get protocol() { return stateOf(this).protocol; },
    get binaryType() { return stateOf(this).binaryType; },
    set binaryType(value) {
      const state = stateOf(this);
      value = convert.DOMString(value);
      // A value that is none is passed over.
      if (value === 'blob' || value === 'arraybuffer') state.binaryType = value;
    },
    close() {
      const state = stateOf(this);
      const code = arguments[0] === undefined ? null : convert.unsignedShort(arguments[0], 'WebSocket.close', { clamp: true });
      const reason = arguments[1] === undefined ? '' : convert.USVString(arguments[1]);
      if (code !== null && code !== 1000 && (code < 3000 || code > 4999)) {
        throw new DOMException('WebSocket.close: the code is neither 1000 nor between 3000 and 4999', 'InvalidAccessError');
      }
      if (utf8Length(reason) > 123) throw new DOMException('WebSocket.close: the reason is longer than 123 bytes', 'SyntaxError');
      if (state.state >= CLOSING) return;
      state.state = CLOSING;
      ops.socketClose(state.operation, code === null ? -1 : code, reason);
    },
    send(data) {
      const state = stateOf(this);
      lib.requireArguments(arguments.length, 1, 'WebSocket.send');
      if (lib.isBufferSource(data) || lib.peek(data, 'Blob') !== undefined) {
        const bytes = lib.peek(data, 'Blob') !== undefined ? lib.state(data, 'Blob').data : lib.dataOf(data);
        send(state, ops.dataSize(bytes), () => ops.socketSendBytes(state.operation, bytes));
      } else {
        const text = convert.USVString(data);
        send(state, utf8Length(text), () => ops.socketSendText(state.operation, text));
      }
    },
  };
  lib.defineEventHandlers(prototype, ['open', 'message', 'error', 'close']);
  lib.defineInterface(WebSocket, { prototype, parent: lib.EventTarget, constants });
  if (ops.socketAccept === undefined) return;

  // Server programs: the answer to a handshake, and the server's end of the connection.
  const upgradeWebSocket = (request, init) => {
    lib.requireArguments(init === undefined ? 1 : 2, 1, 'upgradeWebSocket');
    convert.interface(request, 'Request', 'upgradeWebSocket');
    const options = convert.dictionary(init, 'upgradeWebSocket');
    const protocol = options.protocol === undefined ? undefined : convert.USVString(options.protocol);
    const socket = lib.instantiate(WebSocket);
    const state = init(socket, '');
    state.operation = lib.begin(receive(socket, state), { repeat: true });
    state.state = OPEN;
    state.protocol = protocol ?? '';
    const native = ops.socketAccept(state.operation, lib.state(request, 'Request').native, protocol);
    const response = lib.createResponse(native);
    lib.init(response, 'UpgradeResponse', { operation: state.operation });
    return { socket, response };
  };
  lib.exposeFunctions({ upgradeWebSocket(request) { return upgradeWebSocket(request, arguments[1]); } });
}
