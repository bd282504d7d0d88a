// The library that every other bootstrap file stands on: primordials, internal slots, Web IDL conversions,
// interfaces, and the way outcomes come back from the host. See README.md in this folder.

export default function (ops, lib, global) {
  // --- Primordials: what a page's script may overwrite is captured before any page's script runs. -------------------
  const { apply, construct, ownKeys, defineProperty, getOwnPropertyDescriptor, getPrototypeOf, setPrototypeOf } = Reflect;
  // uncurry(f)(thisValue, ...arguments) is f called on thisValue.
  const uncurry = Function.prototype.bind.bind(Function.prototype.call);
  const push = uncurry(Array.prototype.push);
  const slice = uncurry(Array.prototype.slice);
  const splice = uncurry(Array.prototype.splice);
  const indexOf = uncurry(Array.prototype.indexOf);
  const join = uncurry(Array.prototype.join);
  const toWellFormed = uncurry(String.prototype.toWellFormed);
  const charCodeAt = uncurry(String.prototype.charCodeAt);
  const toLowerCase = uncurry(String.prototype.toLowerCase);
  const toUpperCase = uncurry(String.prototype.toUpperCase);
  const stringSlice = uncurry(String.prototype.slice);
  const stringSplit = uncurry(String.prototype.split);
  const stringIndexOf = uncurry(String.prototype.indexOf);
  // ToString, with a TypeError for symbols: what a template literal would do, if it did not look up `concat`.
  const concat = uncurry(String.prototype.concat);
  const toText = (value) => concat('', value);
  const trim = uncurry(String.prototype.trim);
  const weakGet = uncurry(WeakMap.prototype.get);
  const weakSet = uncurry(WeakMap.prototype.set);
  const then = uncurry(Promise.prototype.then);
  const NativePromise = Promise;
  const promiseResolve = Promise.resolve.bind(Promise);
  const promiseReject = Promise.reject.bind(Promise);
  const isArray = Array.isArray;
  const symbolIterator = Symbol.iterator;
  const floor = Math.floor;
  const trunc = Math.trunc;
  lib.primordials = {
    __proto__: null,
    apply, construct, ownKeys, defineProperty, getOwnPropertyDescriptor, getPrototypeOf, setPrototypeOf, uncurry,
    push, slice, splice, indexOf, join, toWellFormed, charCodeAt, toLowerCase, toUpperCase, stringSlice, stringSplit,
    stringIndexOf, trim, concat, toText, weakGet, weakSet, then, promiseResolve, promiseReject, isArray, symbolIterator,
    freeze: Object.freeze, create: Object.create, keys: Object.keys, parse: JSON.parse, stringify: JSON.stringify,
    Promise, Map, Set, WeakMap, TypeError, RangeError, SyntaxError, Error, DOMException, Uint8Array, ArrayBuffer, Symbol,
  };

  const isObject = (value) => (typeof value === 'object' && value !== null) || typeof value === 'function';
  lib.isObject = isObject;

  // --- Internal slots: a private field that all realms of an agent share, so that brands are known across them. -----
  const { get: slotsOf, set: giveSlots } = lib.slots;
  const recordOf = (value) => (isObject(value) ? slotsOf(value) : undefined);

  // Gives `object` the internal slots of interface `brand`; `state` is an object that holds them.
  lib.init = (object, brand, state) => {
    const record = slotsOf(object);
    if (record === undefined) giveSlots(object, { __proto__: null, [brand]: state });
    else record[brand] = state;
    return state;
  };
  // The internal slots of interface `brand`, or undefined if `object` does not implement it.
  lib.peek = (object, brand) => recordOf(object)?.[brand];
  // Whether the object has any.
  lib.slotted = (object) => recordOf(object) !== undefined;
  // The same, with a TypeError instead of undefined: the brand check of every operation and attribute.
  lib.state = (object, brand) => {
    const record = recordOf(object);
    const state = record?.[brand];
    if (state !== undefined) return state;
    // Through the proxy of a window that may be reached, its global object is meant.
    const window = record?.WindowProxy?.current();
    if (window !== undefined) return lib.state(window, brand);
    throw new TypeError(`Illegal invocation: this object is no ${brand}`);
  };

  // --- Interfaces. --------------------------------------------------------------------------------------------------
  // `constructor` is a plain function that begins with lib.requireNew(new.target). `prototype` is an object literal:
  // its methods and accessors are enumerable, as Web IDL has them. `statics` likewise. `parent` is the inherited
  // interface's constructor. `constants` go on both objects. `expose: false` keeps the interface off the global object.
  lib.defineInterface = (constructor, { prototype = {}, statics, parent, constants, expose = true, tag = constructor.name }) => {
    ops.finishInterface(constructor, parent, prototype, tag, expose ? constructor.name : undefined);
    if (statics !== undefined) {
      for (const key in statics) defineProperty(constructor, key, getOwnPropertyDescriptor(statics, key));
    }
    for (const key in constants) {
      const descriptor = { value: constants[key], enumerable: true };
      defineProperty(constructor, key, descriptor);
      defineProperty(prototype, key, descriptor);
    }
    return constructor;
  };
  // An interface that scripts cannot construct. lib.instantiate makes an object of it.
  lib.defineAbstractInterface = (name, options) => {
    const constructor = { [name]: function () { throw new TypeError('Illegal constructor'); } }[name];
    return lib.defineInterface(constructor, options);
  };
  // A new object of an interface, without running its constructor; the caller gives it its slots.
  lib.instantiate = (constructor) => ({ __proto__: constructor.prototype });
  lib.requireNew = (newTarget, name) => {
    if (newTarget === undefined) throw new TypeError(`Constructor ${name} requires 'new'`);
  };
  // Throws unless at least `required` arguments were given.
  lib.requireArguments = (given, required, where) => {
    if (given < required) {
      throw new TypeError(`${where}: ${required} argument${required === 1 ? '' : 's'} required, but only ${given} present`);
    }
  };
  // A property of the global object, not enumerable: interfaces.
  lib.expose = (name, value) => {
    defineProperty(global, name, { value, writable: true, enumerable: false, configurable: true });
  };
  // Operations of the global object, enumerable: { fetch(input) {…}, … }.
  lib.exposeFunctions = (functions) => {
    for (const name in functions) defineProperty(global, name, getOwnPropertyDescriptor(functions, name));
  };
  // Marks an iterable declaration's members: entries, keys, values, forEach and the default iterator. `pairs(object)`
  // gives the current list of [key, value] and does the brand check.
  lib.definePairIterable = (constructor, pairs) => {
    const name = constructor.name;
    const iteratorPrototype = {
      __proto__: getPrototypeOf(getPrototypeOf([][symbolIterator]())),
      next() {
        const state = lib.state(this, `${name} Iterator`);
        const list = pairs(state.target);
        if (state.index >= list.length) return { value: undefined, done: true };
        const pair = list[state.index++];
        return { value: state.kind === 'entries' ? [pair[0], pair[1]] : state.kind === 'keys' ? pair[0] : pair[1], done: false };
      },
    };
    defineProperty(iteratorPrototype, Symbol.toStringTag, { value: `${name} Iterator`, configurable: true });
    const iterate = (target, kind) => {
      pairs(target);
      const iterator = { __proto__: iteratorPrototype };
      lib.init(iterator, `${name} Iterator`, { target, kind, index: 0 });
      return iterator;
    };
    const members = {
      entries() { return iterate(this, 'entries'); },
      forEach(callback) {
        let list = pairs(this);
        lib.requireArguments(arguments.length, 1, `${name}.forEach`);
        lib.convert.callback(callback, `${name}.forEach`);
        const thisArgument = arguments[1];
        for (let index = 0; index < list.length; index++) {
          apply(callback, thisArgument, [list[index][1], list[index][0], this]);
          list = pairs(this);
        }
      },
      keys() { return iterate(this, 'keys'); },
      values() { return iterate(this, 'values'); },
    };
    for (const key in members) defineProperty(constructor.prototype, key, getOwnPropertyDescriptor(members, key));
    defineProperty(constructor.prototype, symbolIterator, { value: members.entries, writable: true, enumerable: false, configurable: true });
  };

  // --- Web IDL conversions. -----------------------------------------------------------------------------------------
  const integer = (value, where, bits, signed, { enforceRange = false, clamp = false } = {}) => {
    let number = +value;
    const upper = signed ? 2 ** (bits - 1) - 1 : 2 ** bits - 1;
    const lower = signed ? -(2 ** (bits - 1)) : 0;
    if (enforceRange) {
      if (number !== number || number === Infinity || number === -Infinity) throw new TypeError(`${where}: not a finite number`);
      number = trunc(number);
      if (number < lower || number > upper) throw new TypeError(`${where}: ${number} is out of range`);
      return number + 0;
    }
    if (number !== number) return 0;
    if (clamp) return number < lower ? lower : number > upper ? upper : floor(number + 0.5);
    if (number === Infinity || number === -Infinity) return 0;
    number = trunc(number) % 2 ** bits;
    if (number < 0) number += 2 ** bits;
    return (signed && number > upper ? number - 2 ** bits : number) + 0;
  };
  const convert = {
    __proto__: null,
    DOMString: toText,
    // For an operation of Rust's every string must be well formed; DOMString values too go through this at the border.
    USVString: (value) => toWellFormed(toText(value)),
    ByteString(value, where = 'ByteString') {
      const string = toText(value);
      for (let index = 0; index < string.length; index++) {
        if (charCodeAt(string, index) > 255) throw new TypeError(`${where}: the string has a character above U+00FF`);
      }
      return string;
    },
    boolean: (value) => !!value,
    octet: (value, where, options) => integer(value, where, 8, false, options),
    unsignedShort: (value, where, options) => integer(value, where, 16, false, options),
    long: (value, where, options) => integer(value, where, 32, true, options),
    unsignedLong: (value, where, options) => integer(value, where, 32, false, options),
    longLong(value) {
      const number = +value;
      return number !== number || number === Infinity || number === -Infinity ? 0 : trunc(number) + 0;
    },
    double(value, where) {
      const number = +value;
      if (number !== number || number === Infinity || number === -Infinity) throw new TypeError(`${where}: not a finite number`);
      return number;
    },
    callback(value, where) {
      if (typeof value !== 'function') throw new TypeError(`${where}: not a function`);
      return value;
    },
    // An object that implements the interface, in any realm of the agent.
    interface(value, brand, where) {
      if (lib.peek(value, brand) === undefined) throw new TypeError(`${where}: not of type ${brand}`);
      return value;
    },
    enumeration(value, values, where) {
      const string = toText(value);
      if (indexOf(values, string) < 0) throw new TypeError(`${where}: '${string}' is not a valid value`);
      return string;
    },
    // A dictionary argument: undefined and null stand for the empty one. The caller reads the members it knows, in
    // lexicographical order.
    dictionary(value, where) {
      if (value === undefined || value === null) return { __proto__: null };
      if (!isObject(value)) throw new TypeError(`${where}: not an object`);
      return value;
    },
    // sequence<T>; `method` is the iterator method, already looked up.
    sequence(value, item, method = value[symbolIterator], where = 'sequence') {
      if (!isObject(value) || typeof method !== 'function') throw new TypeError(`${where}: not iterable`);
      const iterator = apply(method, value, []);
      if (!isObject(iterator)) throw new TypeError(`${where}: not an iterator`);
      const next = iterator.next;
      const list = [];
      for (;;) {
        const result = apply(next, iterator, []);
        if (!isObject(result)) throw new TypeError(`${where}: an iterator's result is no object`);
        if (result.done) return list;
        push(list, item(result.value));
      }
    },
    // record<K, V> as a list of pairs.
    record(value, key, item) {
      const list = [];
      const names = ownKeys(value);
      for (let index = 0; index < names.length; index++) {
        const descriptor = getOwnPropertyDescriptor(value, names[index]);
        if (descriptor === undefined || !descriptor.enumerable) continue;
        // A symbol as a key fails here, as it must.
        const name = key(names[index]);
        const member = item(value[names[index]]);
        let at = 0;
        while (at < list.length && list[at][0] !== name) at++;
        if (at < list.length) list[at][1] = member;
        else push(list, [name, member]);
      }
      return list;
    },
  };
  lib.convert = convert;

  // --- Promises. ----------------------------------------------------------------------------------------------------
  // A promise with what settles it.
  lib.deferred = () => {
    const result = { __proto__: null, promise: undefined, resolve: undefined, reject: undefined };
    result.promise = new NativePromise((resolve, reject) => {
      result.resolve = resolve;
      result.reject = reject;
    });
    return result;
  };
  // An operation that returns a promise turns what it throws into a rejection.
  lib.promised = (steps) => {
    try {
      return promiseResolve(steps());
    } catch (error) {
      return promiseReject(error);
    }
  };

  // --- Exceptions that no script catches. ---------------------------------------------------------------------------
  // Hooks that later files fill in: error(error) fires `error` at the global object and says whether that handled it.
  lib.hooks = { __proto__: null };
  lib.report = (error) => {
    if (lib.hooks.error?.(error)) return;
    ops.reportException(error);
  };
  // Calls a callback of a script's; what it throws is reported.
  lib.invoke = (callback, thisArgument, args) => {
    try {
      return apply(callback, thisArgument, args);
    } catch (error) {
      lib.report(error);
      return undefined;
    }
  };

  // --- Outcomes from the host. --------------------------------------------------------------------------------------
  // lib.begin(callback) numbers a new operation; the number goes to the host with whatever starts it. When the outcome
  // comes, callback is called with it. `repeat` keeps the operation for further outcomes, until lib.forget.
  const pending = { __proto__: null };
  lib.begin = (callback, { repeat = false } = {}) => {
    const operation = ops.beginOperation();
    pending[operation] = { callback, repeat };
    return operation;
  };
  lib.forget = (operation) => {
    delete pending[operation];
    ops.endOperation(operation);
  };
  // What the host side calls by name (Agent::call_entry); other files add theirs.
  lib.entries = {
    __proto__: null,
    finish(operation, ...outcome) {
      const entry = pending[operation];
      if (entry === undefined) return;
      if (!entry.repeat) lib.forget(operation);
      apply(entry.callback, undefined, outcome);
    },
  };
}
