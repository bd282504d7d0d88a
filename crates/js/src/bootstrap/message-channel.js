// MessageChannel and MessagePort. The host keeps the queues; a port that is transferred moves there by its number.

export default function (ops, lib, global) {
  const { indexOf, defineProperty, getOwnPropertyDescriptor, DOMException } = lib.primordials;
  const stateOf = (port) => lib.state(port, 'MessagePort');
  // The ports of this realm, by their numbers.
  const ports = { __proto__: null };
  const start = (port) => {
    const { id } = stateOf(port);
    if (id !== null) ops.portStart(id);
  };
  const prototype = {
    postMessage(message) {
      const { id } = stateOf(this);
      lib.requireArguments(arguments.length, 1, 'MessagePort.postMessage');
      const list = lib.transferOf(arguments[1], 'MessagePort.postMessage');
      if (indexOf(list, this) >= 0) throw new DOMException('a port cannot be sent over itself', 'DataCloneError');
      const data = lib.serializeWithTransfer(message, list);
      if (id !== null) ops.portPost(id, data);
    },
    start() { start(this); },
    close() {
      const state = stateOf(this), { id } = state;
      if (id === null) return;
      state.id = null;
      delete ports[id];
      ops.portClose(id);
    },
  };
  lib.defineEventHandlers(prototype, ['close', 'message', 'messageerror']);
  const { get } = getOwnPropertyDescriptor(prototype, 'onmessage');
  const { set } = getOwnPropertyDescriptor({
    // To set it is to begin.
    set onmessage(value) { lib.setEventHandler(this, 'message', value); start(this); },
  }, 'onmessage');
  defineProperty(prototype, 'onmessage', { get, set, enumerable: true, configurable: true });
  const MessagePort = lib.defineAbstractInterface('MessagePort', { prototype, parent: lib.EventTarget });
  const make = (id) => {
    const port = lib.instantiate(MessagePort);
    lib.initEventTarget(port);
    lib.init(port, 'MessagePort', { id });
    ports[id] = port;
    return port;
  };
  // A port that came with a message.
  lib.receivePort = (id) => {
    ops.portAttach(id);
    return make(id);
  };
  // Gives a port away: its number.
  lib.detachPort = (port) => {
    const state = stateOf(port), { id } = state;
    state.id = null;
    delete ports[id];
    ops.portDetach(id);
    return id;
  };
  // Two entangled ports.
  lib.createChannel = () => {
    const ids = ops.channelCreate();
    return [make(ids[0]), make(ids[1])];
  };
  lib.entries.portMessage = (id, data) => {
    if (ports[id] !== undefined) lib.fireMessage(ports[id], data, '', null);
  };
  lib.entries.portClosed = (id) => {
    if (ports[id] !== undefined) lib.fire(ports[id], 'close');
  };

  function MessageChannel() {
    lib.requireNew(new.target, 'MessageChannel');
    const pair = lib.createChannel();
    lib.init(this, 'MessageChannel', { __proto__: null, port1: pair[0], port2: pair[1] });
  }
  lib.defineInterface(MessageChannel, {
    prototype: {
      get port1() { return lib.state(this, 'MessageChannel').port1; },
      get port2() { return lib.state(this, 'MessageChannel').port2; },
    },
  });
}
