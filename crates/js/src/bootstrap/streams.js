// Streams: the interfaces. Few pages use them and they are long, so that what they do is set up on first use: the files
// streams-*.js. Nothing of that can be noticed by a page.

export default function (ops, lib, global) {
  const { apply, construct, defineProperty, getOwnPropertyDescriptor, getPrototypeOf } = lib.primordials;
  const implemented = { __proto__: null };
  let isLoaded = false;
  const load = () => {
    if (isLoaded) return;
    ops.evaluateOnDemand(ops, lib, global);
    isLoaded = true;
  };
  const real = (name) => {
    load();
    return implemented[name];
  };
  // Functions with the name and the number of arguments that Web IDL wants.
  const sized = (method, length) => {
    if (length > 0) defineProperty(method, 'length', { value: length, configurable: true });
    return method;
  };
  const methodOf = (name, key, length, where) =>
    sized({ [key]() { return apply(real(name)[where][key].value, this, arguments); } }[key], length);

  const interfaces = lib.streamInterfaces = { __proto__: null };
  // `length` is undefined for what scripts cannot construct.
  const define = (name, length, getters, methods, statics = {}) => {
    const prototype = {};
    for (let index = 0; index < getters.length; index++) {
      const key = getters[index];
      const accessor = { get [key]() { return apply(real(name).members[key].get, this, []); } };
      defineProperty(prototype, key, getOwnPropertyDescriptor(accessor, key));
    }
    for (const key in methods) prototype[key] = methodOf(name, key, methods[key], 'members');
    const made = {};
    for (const key in statics) made[key] = methodOf(name, key, statics[key], 'statics');
    if (length === undefined) {
      interfaces[name] = lib.defineAbstractInterface(name, { prototype });
      return;
    }
    const constructor = sized({
      [name]: function () {
        lib.requireNew(new.target, name);
        return construct(real(name).constructor, arguments, new.target);
      },
    }[name], length);
    interfaces[name] = lib.defineInterface(constructor, { prototype, statics: made });
  };
  define('ReadableStream', 0, ['locked'], { cancel: 0, getReader: 0, pipeThrough: 1, pipeTo: 1, tee: 0, values: 0 }, { from: 1 });
  define('ReadableStreamDefaultReader', 1, ['closed'], { cancel: 0, read: 0, releaseLock: 0 });
  define('ReadableStreamBYOBReader', 1, ['closed'], { cancel: 0, read: 1, releaseLock: 0 });
  define('ReadableStreamDefaultController', undefined, ['desiredSize'], { close: 0, enqueue: 0, error: 0 });
  define('ReadableByteStreamController', undefined, ['byobRequest', 'desiredSize'], { close: 0, enqueue: 1, error: 0 });
  define('ReadableStreamBYOBRequest', undefined, ['view'], { respond: 1, respondWithNewView: 1 });
  define('WritableStream', 0, ['locked'], { abort: 0, close: 0, getWriter: 0 });
  define('WritableStreamDefaultWriter', 1, ['closed', 'desiredSize', 'ready'], { abort: 0, close: 0, releaseLock: 0, write: 0 });
  define('WritableStreamDefaultController', undefined, ['signal'], { error: 0 });
  define('TransformStream', 0, ['readable', 'writable'], {});
  define('TransformStreamDefaultController', undefined, ['desiredSize'], { enqueue: 0, error: 0, terminate: 0 });
  define('ByteLengthQueuingStrategy', 1, ['highWaterMark', 'size'], {});
  define('CountQueuingStrategy', 1, ['highWaterMark', 'size'], {});
  define('TextDecoderStream', 0, ['encoding', 'fatal', 'ignoreBOM', 'readable', 'writable'], {});
  define('TextEncoderStream', 0, ['encoding', 'readable', 'writable'], {});
  const { values } = interfaces.ReadableStream.prototype;
  defineProperty(interfaces.ReadableStream.prototype, Symbol.asyncIterator, { value: values, writable: true, enumerable: false, configurable: true });

  // --- For the other files ------------------------------------------------------------------------------------------
  const descriptors = (object) => {
    const result = { __proto__: null };
    for (const key in object) result[key] = getOwnPropertyDescriptor(object, key);
    return result;
  };
  // What an interface does; its functions' objects have the prototype that pages see.
  lib.implement = (constructor, { prototype = {}, statics = {} }) => {
    constructor.prototype = interfaces[constructor.name].prototype;
    implemented[constructor.name] = { constructor, members: descriptors(prototype), statics: descriptors(statics) };
    return constructor;
  };
  lib.implementAbstract = (name, { prototype }) => {
    implemented[name] = { members: descriptors(prototype) };
    return interfaces[name];
  };
  lib.streamSymbols = {
    __proto__: null, asyncIterator: Symbol.asyncIterator, symbolIterator: Symbol.iterator, toStringTag: Symbol.toStringTag,
    asyncIteratorPrototype: getPrototypeOf(getPrototypeOf(async function* () {}.prototype)),
  };
  lib.extend = (object, more) => {
    for (const key in more) object[key] = more[key];
  };
  // What bodies do with streams; asking for it sets them up.
  defineProperty(lib, 'streams', { configurable: true, get() { load(); return lib.streams; } });
}
