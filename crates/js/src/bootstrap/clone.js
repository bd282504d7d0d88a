// structuredClone, and messages between realms and agents: values as text. The text is JSON in which what JSON does not
// know is written as a list: [tag, …]. Objects are numbered in the order they are met, so that cycles can be written.

export default function (ops, lib, global) {
  const { push, indexOf, keys, isArray, parse, stringify, toWellFormed, getPrototypeOf, uncurry, defineProperty, symbolIterator } = lib.primordials;
  const { Map, Set, Date, RegExp, Error, Boolean, Number, String, BigInt, ArrayBuffer, DataView, Object } = global;
  const mapGet = uncurry(Map.prototype.get), mapSet = uncurry(Map.prototype.set), mapEach = uncurry(Map.prototype.forEach);
  const setAdd = uncurry(Set.prototype.add), setEach = uncurry(Set.prototype.forEach);
  const mapSize = uncurry(lib.primordials.getOwnPropertyDescriptor(Map.prototype, 'size').get);
  const setSize = uncurry(lib.primordials.getOwnPropertyDescriptor(Set.prototype, 'size').get);
  const getTime = uncurry(Date.prototype.getTime);
  const regExpSource = uncurry(lib.primordials.getOwnPropertyDescriptor(RegExp.prototype, 'source').get);
  const regExpFlags = uncurry(lib.primordials.getOwnPropertyDescriptor(RegExp.prototype, 'flags').get);
  const booleanValue = uncurry(Boolean.prototype.valueOf), numberValue = uncurry(Number.prototype.valueOf);
  const stringValue = uncurry(String.prototype.valueOf);
  const isError = Error.isError ?? ((value) => value instanceof Error);
  const errors = { __proto__: null, Error, EvalError: global.EvalError, RangeError, ReferenceError: global.ReferenceError, SyntaxError, TypeError, URIError: global.URIError };
  const arrays = { __proto__: null };
  for (const name of ['Int8Array', 'Uint8Array', 'Uint8ClampedArray', 'Int16Array', 'Uint16Array', 'Int32Array', 'Uint32Array', 'Float32Array', 'Float64Array', 'BigInt64Array', 'BigUint64Array']) {
    arrays[name] = global[name];
  }
  const fromBase64 = Uint8Array.fromBase64.bind(Uint8Array);
  // Whether a built-in's method works on the value: its brand.
  const is = (method, value) => { try { method(value); return true; } catch { return false; } };
  const fail = (value) => { throw new DOMException(`${typeof value === 'symbol' ? 'a symbol' : typeof value === 'function' ? 'a function' : 'the object'} cannot be cloned`, 'DataCloneError'); };
  // Lone surrogates would be lost on the way; they are written as escapes.
  const text = (value) => (toWellFormed(value) === value ? value : ['s', stringify(value)]);

  // The ports that go with the message that is being written, or came with the one that is being read.
  let sent = [], received = [];
  const serialize = (value, memory) => {
    switch (typeof value) {
      case 'undefined': return ['u'];
      case 'boolean': return value;
      case 'string': return text(value);
      case 'bigint': return ['n', `${value}`];
      case 'number':
        if (value !== value) return ['d', 'NaN'];
        if (value === Infinity || value === -Infinity) return ['d', `${value}`];
        return value === 0 && 1 / value < 0 ? ['d', '-0'] : value;
      case 'object': break;
      default: return fail(value);
    }
    if (value === null) return null;
    const known = mapGet(memory, value);
    if (known !== undefined) return ['r', known];
    mapSet(memory, value, mapSize(memory));
    if (isArray(value)) {
      const items = [];
      const names = keys(value);
      for (let index = 0; index < names.length; index++) push(items, text(names[index]), serialize(value[names[index]], memory));
      return ['a', value.length, items];
    }
    if (lib.isView(value)) {
      return ['v', lib.typedName(value) ?? 'DataView', serialize(lib.typedBuffer(value), memory), lib.typedOffset(value), lib.typedLength(value)];
    }
    if (lib.isArrayBuffer(value)) return ['b', lib.bytesToRust(value)];
    const file = lib.peek(value, 'File');
    const blob = lib.peek(value, 'Blob');
    if (blob !== undefined) {
      const written = ['blob', ops.dataBase64(blob.data), blob.type];
      if (file !== undefined) push(written, text(file.name), file.lastModified);
      return written;
    }
    if (is(getTime, value)) return ['t', getTime(value) === getTime(value) ? getTime(value) : null];
    if (is(mapSize, value)) {
      const items = [];
      const pairs = [];
      mapEach(value, (item, key) => push(pairs, key, item));
      for (let index = 0; index < pairs.length; index++) push(items, serialize(pairs[index], memory));
      return ['m', items];
    }
    if (is(setSize, value)) {
      const items = [];
      const members = [];
      setEach(value, (item) => push(members, item));
      for (let index = 0; index < members.length; index++) push(items, serialize(members[index], memory));
      return ['set', items];
    }
    if (isError(value)) {
      const name = value.name;
      return ['e', name in errors ? name : 'Error', value.message === undefined ? null : text(`${value.message}`)];
    }
    if (lib.peek(value, 'MessagePort') !== undefined) {
      // It is there by its place among the ports that go with the message.
      const place = indexOf(sent, value);
      return place < 0 ? fail(value) : ['p', place];
    }
    if (lib.peek(value, 'Headers') !== undefined || lib.slotted(value)) return fail(value);
    if (is(booleanValue, value)) return ['B', booleanValue(value)];
    if (is(numberValue, value)) return ['N', serialize(numberValue(value), memory)];
    if (is(stringValue, value)) return ['S', text(stringValue(value))];
    if (value !== RegExp.prototype && value instanceof RegExp) return ['x', text(regExpSource(value)), regExpFlags(value)];
    if (lib.isPlatformLike(value)) return fail(value);
    const items = [];
    const names = keys(value);
    for (let index = 0; index < names.length; index++) push(items, text(names[index]), serialize(value[names[index]], memory));
    return ['o', items];
  };
  lib.serialize = (value) => stringify(serialize(value, new Map()));

  const deserialize = (value, objects) => {
    if (!isArray(value)) return value;
    const string = (item) => (isArray(item) ? parse(item[1]) : item);
    const keep = (object) => { push(objects, object); return object; };
    const put = (object, items) => {
      for (let index = 0; index < items.length; index += 2) {
        const descriptor = { value: deserialize(items[index + 1], objects), writable: true, enumerable: true, configurable: true };
        defineProperty(object, string(items[index]), descriptor);
      }
      return object;
    };
    switch (value[0]) {
      case 'u': return undefined;
      case 's': return parse(value[1]);
      case 'n': return BigInt(value[1]);
      case 'd': return value[1] === 'NaN' ? NaN : value[1] === '-0' ? -0 : value[1] === 'Infinity' ? Infinity : -Infinity;
      case 'r': return objects[value[1]];
      case 'a': { const array = keep([]); array.length = value[1]; return put(array, value[2]); }
      case 'o': return put(keep({}), value[1]);
      case 'b': return keep(lib.bufferOf(fromBase64(value[1])));
      case 'v': {
        const index = objects.length;
        push(objects, undefined);
        const buffer = deserialize(value[2], objects);
        const Type = value[1] === 'DataView' ? DataView : arrays[value[1]];
        const size = Type.BYTES_PER_ELEMENT ?? 1;
        return (objects[index] = new Type(buffer, value[3], value[4] / size));
      }
      case 'blob': {
        const data = ops.dataFromMessage(value[1]);
        return keep(value.length === 3 ? lib.createBlob(data, value[2]) : lib.createFile(data, value[2], string(value[3]), value[4]));
      }
      case 't': return keep(new Date(value[1] === null ? NaN : value[1]));
      case 'm': {
        const map = keep(new Map());
        for (let index = 0; index < value[1].length; index += 2) {
          const key = deserialize(value[1][index], objects);
          mapSet(map, key, deserialize(value[1][index + 1], objects));
        }
        return map;
      }
      case 'set': {
        const set = keep(new Set());
        for (let index = 0; index < value[1].length; index++) setAdd(set, deserialize(value[1][index], objects));
        return set;
      }
      case 'e': return keep(value[2] === null ? new errors[value[1]]() : new errors[value[1]](string(value[2])));
      case 'p': return keep(received[value[1]]);
      case 'B': return keep(Object(value[1]));
      case 'N': return keep(Object(deserialize(value[1], objects)));
      case 'S': return keep(Object(string(value[1])));
      case 'x': return keep(new RegExp(string(value[1]), value[2]));
      default: throw new DOMException('the message is malformed', 'DataCloneError');
    }
  };
  // A message with ports is ['P', their numbers, the value]. Gives { value, ports }.
  lib.deserializeWithTransfer = (data) => {
    let value = parse(data);
    const ports = [];
    if (isArray(value) && value[0] === 'P') {
      for (let index = 0; index < value[1].length; index++) push(ports, lib.receivePort(value[1][index]));
      value = value[2];
    }
    const before = received;
    received = ports;
    try {
      return { __proto__: null, value: deserialize(value, []), ports };
    } finally {
      received = before;
    }
  };
  lib.deserialize = (data) => lib.deserializeWithTransfer(data).value;
  // Objects of the language's that are no plain ones: promises, weak collections, generators.
  const tagOf = uncurry(Object.prototype.toString);
  lib.isPlatformLike = (value) => {
    const tag = tagOf(value);
    return tag === '[object Promise]' || tag === '[object WeakMap]' || tag === '[object WeakSet]' || tag === '[object WeakRef]' || tag === '[object Generator]';
  };
  // Serializes a value and takes the buffers and ports in the list away from this realm.
  lib.serializeWithTransfer = (value, list) => {
    const failed = (what) => new DOMException(what, 'DataCloneError');
    const ports = [];
    for (let index = 0; index < list.length; index++) {
      // Nothing else that could be transferred is here.
      const port = lib.peek(list[index], 'MessagePort');
      if (port === undefined && !lib.isArrayBuffer(list[index])) throw failed('only an ArrayBuffer or a MessagePort can be transferred');
      if (port === undefined ? lib.buffers.isDetached(list[index]) : port.id === null) throw failed('it is detached');
      for (let before = 0; before < index; before++) if (list[before] === list[index]) throw failed('it is listed twice');
      if (port !== undefined) push(ports, list[index]);
    }
    const before = sent;
    sent = ports;
    let serialized;
    try {
      serialized = serialize(value, new Map());
    } finally {
      sent = before;
    }
    const ids = [];
    for (let index = 0; index < list.length; index++) {
      if (indexOf(ports, list[index]) < 0) lib.buffers.transfer(list[index]);
      else push(ids, lib.detachPort(list[index]));
    }
    return stringify(ids.length === 0 ? serialized : ['P', ids, serialized]);
  };
  // What the second argument of postMessage() says is to be transferred: a list, or options with one.
  lib.transferOf = (argument, where) => {
    if (argument === undefined || argument === null) return [];
    if (!lib.isObject(argument)) throw new TypeError(`${where}: neither a sequence nor options`);
    const object = (item) => {
      if (!lib.isObject(item)) throw new TypeError(`${where}: what is not an object cannot be transferred`);
      return item;
    };
    const method = argument[symbolIterator];
    if (method !== undefined && method !== null) return lib.convert.sequence(argument, object, method, where);
    const { transfer } = argument;
    return transfer === undefined ? [] : lib.convert.sequence(transfer, object);
  };
  lib.exposeFunctions({
    structuredClone(value) {
      lib.requireArguments(arguments.length, 1, 'structuredClone');
      const { transfer } = lib.convert.dictionary(arguments[1], 'structuredClone');
      const list = transfer === undefined ? [] : lib.convert.sequence(transfer, (item) => item);
      return lib.deserializeWithTransfer(lib.serializeWithTransfer(value, list)).value;
    },
  });
}
