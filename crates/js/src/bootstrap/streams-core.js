// Streams, the readable side: readers and controllers. As the Streams Standard has it, with its names; what is a field
// there is a field of the state here, and public objects hang on the state as `object`.

export default function (ops, lib, global) {
  const { apply, push, slice, then, promiseResolve, promiseReject, getOwnPropertyDescriptor, defineProperty } = lib.primordials;
  const { convert } = lib;
  const { bufferLength, isDetached } = lib.buffers;
  const { sizes: elementSizes } = lib.buffers.arrays;
  const noop = () => {};

  // --- Promises and queues ------------------------------------------------------------------------------------------
  const { deferred } = lib;
  const resolved = (value) => {
    const result = deferred();
    result.resolve(value);
    return result;
  };
  // Nobody is told when it is rejected.
  const handled = (promise) => { then(promise, undefined, noop); return promise; };
  const rejected = (reason) => {
    const result = deferred();
    result.reject(reason);
    handled(result.promise);
    return result;
  };
  const mapped = (promise, onFulfilled, onRejected) => then(promise, onFulfilled, onRejected);
  const toUndefined = (promise) => then(promise, noop);
  const all = (promises) => {
    if (promises.length === 0) return promiseResolve(undefined);
    const result = deferred();
    let left = promises.length;
    for (let index = 0; index < promises.length; index++) {
      then(promises[index], () => { if (--left === 0) result.resolve(undefined); }, result.reject);
    }
    return result.promise;
  };
  const createQueue = () => ({ __proto__: null, items: [], head: 0 });
  const sizeOf = (queue) => queue.items.length - queue.head;
  const first = (queue) => queue.items[queue.head];
  const shift = (queue) => {
    const item = queue.items[queue.head];
    queue.items[queue.head++] = undefined;
    if (queue.head > 32 && queue.head * 2 > queue.items.length) {
      queue.items = slice(queue.items, queue.head);
      queue.head = 0;
    }
    return item;
  };
  const callbackOf = (object, name, where) => {
    const value = object[name];
    if (value === undefined) return undefined;
    return convert.callback(value, `${where}: ${name}`);
  };
  // An algorithm of a script's that returns a promise. What it returns is put into a new one, as Web IDL does.
  const algorithm = (callback, thisArgument) => {
    if (callback === undefined) return () => promiseResolve(undefined);
    return (...args) => {
      const result = deferred();
      try {
        result.resolve(apply(callback, thisArgument, args));
      } catch (error) {
        result.reject(error);
      }
      return result.promise;
    };
  };
  const strategyOf = (value, where) => {
    const strategy = convert.dictionary(value, where);
    const highWaterMark = strategy.highWaterMark;
    const mark = highWaterMark === undefined ? undefined : +highWaterMark;
    return { highWaterMark: mark, size: callbackOf(strategy, 'size', where) };
  };
  const extractHighWaterMark = (strategy, otherwise) => {
    const mark = strategy.highWaterMark;
    if (mark === undefined) return otherwise;
    if (mark !== mark || mark < 0) throw new RangeError('a high water mark is a number, and not negative');
    return mark;
  };
  const extractSize = ({ size }) => (size === undefined ? () => 1 : (chunk) => apply(size, undefined, [chunk]));
  const enqueueValueWithSize = (container, value, size) => {
    size = +size;
    if (size !== size || size < 0 || size === Infinity) throw new RangeError('the size of a chunk is a finite number, and not negative');
    push(container.queue.items, { value, size });
    container.queueTotalSize += size;
  };
  const dequeueValue = (container) => {
    const { value, size } = shift(container.queue);
    container.queueTotalSize -= size;
    if (container.queueTotalSize < 0) container.queueTotalSize = 0;
    return value;
  };
  const resetQueue = (container) => {
    container.queue = createQueue();
    container.queueTotalSize = 0;
  };
  const shared = {
    __proto__: null, deferred, resolved, handled, rejected, mapped, toUndefined, all, createQueue, sizeOf, first, shift,
    callbackOf, algorithm, strategyOf, extractHighWaterMark, extractSize, enqueueValueWithSize, dequeueValue, resetQueue,
  };
  defineProperty(lib, 'streams', { value: shared, writable: true, configurable: true });

  // --- Streams ------------------------------------------------------------------------------------------------------
  const streamOf = (value) => lib.state(value, 'ReadableStream');
  const initStream = (object) =>
    lib.init(object, 'ReadableStream', { object, state: 'readable', reader: null, storedError: undefined, disturbed: false, controller: null, isWhole: false });
  const numRequests = (stream) => sizeOf(stream.reader.requests);
  const hasReader = (stream, kind) => stream.reader !== null && stream.reader.kind === kind;
  const closeStream = (stream) => {
    stream.state = 'closed';
    const { reader } = stream;
    if (reader === null) return;
    reader.closed.resolve(undefined);
    if (reader.kind !== 'default') return;
    const { requests } = reader;
    reader.requests = createQueue();
    while (sizeOf(requests) > 0) shift(requests).close();
  };
  const errorRequests = (reader, error) => {
    const { requests } = reader;
    reader.requests = createQueue();
    while (sizeOf(requests) > 0) shift(requests).error(error);
  };
  const errorStream = (stream, error) => {
    stream.state = 'errored';
    stream.storedError = error;
    const { reader } = stream;
    if (reader === null) return;
    reader.closed.reject(error);
    handled(reader.closed.promise);
    errorRequests(reader, error);
  };
  const cancelStream = (stream, reason) => {
    stream.disturbed = true;
    if (stream.state === 'closed') return promiseResolve(undefined);
    if (stream.state === 'errored') return promiseReject(stream.storedError);
    closeStream(stream);
    const { reader } = stream;
    if (reader !== null && reader.kind === 'byob') {
      const { requests } = reader;
      reader.requests = createQueue();
      while (sizeOf(requests) > 0) shift(requests).close(undefined);
    }
    return toUndefined(stream.controller.cancelSteps(reason));
  };

  // --- Readers ------------------------------------------------------------------------------------------------------
  const attachReader = (reader, stream) => {
    reader.stream = stream;
    stream.reader = reader;
    if (stream.state === 'readable') reader.closed = deferred();
    else if (stream.state === 'closed') reader.closed = resolved(undefined);
    else reader.closed = rejected(stream.storedError);
  };
  const createReader = (stream, kind, object = null) => {
    if (stream.reader !== null) throw new TypeError('the stream is locked to a reader');
    if (kind === 'byob' && stream.controller.kind !== 'byte') throw new TypeError('the stream is no byte stream');
    const reader = { __proto__: null, kind, object, stream: undefined, closed: undefined, requests: createQueue() };
    attachReader(reader, stream);
    return reader;
  };
  const releaseReader = (reader) => {
    const { stream } = reader;
    const released = new TypeError('the reader was released');
    if (stream.state === 'readable') {
      reader.closed.reject(released);
      handled(reader.closed.promise);
    } else reader.closed = rejected(released);
    stream.controller.releaseSteps();
    stream.reader = null;
    reader.stream = undefined;
    errorRequests(reader, new TypeError('the reader was released'));
  };
  const readFrom = (reader, request) => {
    const { stream } = reader;
    stream.disturbed = true;
    if (stream.state === 'closed') request.close();
    else if (stream.state === 'errored') request.error(stream.storedError);
    else stream.controller.pullSteps(request);
  };
  const readInto = (reader, view, least, request) => {
    const { stream } = reader;
    stream.disturbed = true;
    if (stream.state === 'errored') request.error(stream.storedError);
    else shared.byteController.pullInto(stream.controller, view, least, request);
  };
  const readerMembers = (brand) => ({
    get closed() {
      try { return lib.state(this, brand).closed.promise; } catch (error) { return promiseReject(error); }
    },
    cancel() {
      const reason = arguments[0];
      return lib.promised(() => {
        const { stream } = lib.state(this, brand);
        if (stream === undefined) throw new TypeError('the reader was released');
        return cancelStream(stream, reason);
      });
    },
    releaseLock() {
      const reader = lib.state(this, brand);
      if (reader.stream !== undefined) releaseReader(reader);
    },
  });
  const promiseRequest = (result) => ({
    __proto__: null,
    chunk(value) { result.resolve({ value, done: false }); },
    close(value) { result.resolve({ value, done: true }); },
    error(reason) { result.reject(reason); },
  });
  function ReadableStreamDefaultReader(stream) {
    lib.requireNew(new.target, 'ReadableStreamDefaultReader');
    lib.requireArguments(arguments.length, 1, 'ReadableStreamDefaultReader');
    convert.interface(stream, 'ReadableStream', 'ReadableStreamDefaultReader');
    lib.init(this, 'ReadableStreamDefaultReader', createReader(streamOf(stream), 'default', this));
  }
  const withMembers = (members, more) => {
    for (const key in more) defineProperty(members, key, getOwnPropertyDescriptor(more, key));
    return members;
  };
  lib.implement(ReadableStreamDefaultReader, {
    prototype: withMembers(readerMembers('ReadableStreamDefaultReader'), {
      read() {
        return lib.promised(() => {
          const reader = lib.state(this, 'ReadableStreamDefaultReader');
          if (reader.stream === undefined) throw new TypeError('the reader was released');
          const result = deferred();
          readFrom(reader, promiseRequest(result));
          return result.promise;
        });
      },
    }),
  });
  function ReadableStreamBYOBReader(stream) {
    lib.requireNew(new.target, 'ReadableStreamBYOBReader');
    lib.requireArguments(arguments.length, 1, 'ReadableStreamBYOBReader');
    convert.interface(stream, 'ReadableStream', 'ReadableStreamBYOBReader');
    lib.init(this, 'ReadableStreamBYOBReader', createReader(streamOf(stream), 'byob', this));
  }
  lib.implement(ReadableStreamBYOBReader, {
    prototype: withMembers(readerMembers('ReadableStreamBYOBReader'), {
      read(view) {
        const given = arguments.length;
        const options = arguments[1];
        return lib.promised(() => {
          const reader = lib.state(this, 'ReadableStreamBYOBReader');
          lib.requireArguments(given, 1, 'ReadableStreamBYOBReader.read');
          if (!lib.isView(view)) throw new TypeError('ReadableStreamBYOBReader.read: not a view of a buffer');
          const chosen = convert.dictionary(options, 'ReadableStreamBYOBReader.read').min;
          const least = chosen === undefined ? 1 : unsignedLongLong(chosen, 'ReadableStreamBYOBReader.read: min');
          const name = lib.typedName(view);
          const size = name === undefined ? 1 : elementSizes[name];
          const buffer = lib.typedBuffer(view);
          if (lib.isArrayBuffer(buffer) && isDetached(buffer)) throw new TypeError('the buffer is detached');
          const length = lib.typedLength(view);
          if (length === 0) throw new TypeError('the view is empty');
          if (bufferLength(buffer) === 0) throw new TypeError('the buffer is empty');
          if (least === 0) throw new TypeError('at least one element is to be read');
          if (least > length / size) throw new RangeError('the view has no room for so much');
          if (reader.stream === undefined) throw new TypeError('the reader was released');
          const result = deferred();
          readInto(reader, view, least, promiseRequest(result));
          return result.promise;
        });
      },
    }),
  });
  const unsignedLongLong = (value, where) => {
    const number = +value;
    if (number !== number || number === Infinity || number === -Infinity) throw new TypeError(`${where}: not a finite number`);
    const whole = number - number % 1;
    if (whole < 0 || whole > 2 ** 53 - 1) throw new TypeError(`${where}: out of range`);
    return whole;
  };
  shared.unsignedLongLong = unsignedLongLong;

  // --- Controllers that both kinds of streams share -----------------------------------------------------------------
  const desiredSize = (controller) => {
    const { state } = controller.stream;
    return state === 'errored' ? null : state === 'closed' ? 0 : controller.highWaterMark - controller.queueTotalSize;
  };
  const clearAlgorithms = (controller) => {
    controller.pull = undefined;
    controller.cancel = undefined;
    controller.size = undefined;
  };
  const callPullIfNeeded = (controller) => {
    if (!controller.shouldPull()) return;
    if (controller.pulling) {
      controller.pullAgain = true;
      return;
    }
    controller.pulling = true;
    then(controller.pull(controller.object), () => {
      controller.pulling = false;
      if (!controller.pullAgain) return;
      controller.pullAgain = false;
      callPullIfNeeded(controller);
    }, (error) => controller.error(error));
  };
  const createController = (stream, kind, highWaterMark) => ({
    __proto__: null, kind, stream, object: undefined, queue: createQueue(), queueTotalSize: 0, highWaterMark, started: false,
    closeRequested: false, pulling: false, pullAgain: false, pull: undefined, cancel: undefined, size: undefined,
    desiredSize() { return desiredSize(this); },
  });
  const startController = (controller, start) => {
    controller.stream.controller = controller;
    const startResult = start(controller.object);
    then(resolved(startResult).promise, () => {
      controller.started = true;
      callPullIfNeeded(controller);
    }, (error) => controller.error(error));
  };

  // --- Default controllers ------------------------------------------------------------------------------------------
  const setUpDefault = (stream, { start, pull, cancel, highWaterMark, size }) => {
    const controller = createController(stream, 'default', highWaterMark);
    const open = () => !controller.closeRequested && stream.state === 'readable';
    controller.pull = pull;
    controller.cancel = cancel;
    controller.size = size;
    controller.shouldPull = () => open() && controller.started
      && ((stream.reader !== null && numRequests(stream) > 0) || desiredSize(controller) > 0);
    controller.canCloseOrEnqueue = open;
    controller.enqueue = (chunk) => {
      if (!open()) return;
      if (stream.reader !== null && numRequests(stream) > 0) shift(stream.reader.requests).chunk(chunk);
      else {
        try {
          enqueueValueWithSize(controller, chunk, controller.size(chunk));
        } catch (error) {
          controller.error(error);
          throw error;
        }
      }
      callPullIfNeeded(controller);
    };
    controller.close = () => {
      if (!open()) return;
      controller.closeRequested = true;
      if (sizeOf(controller.queue) > 0) return;
      clearAlgorithms(controller);
      closeStream(stream);
    };
    controller.error = (error) => {
      if (stream.state !== 'readable') return;
      resetQueue(controller);
      clearAlgorithms(controller);
      errorStream(stream, error);
    };
    controller.cancelSteps = (reason) => {
      resetQueue(controller);
      const result = controller.cancel(reason);
      clearAlgorithms(controller);
      return result;
    };
    controller.pullSteps = (request) => {
      if (sizeOf(controller.queue) > 0) {
        const chunk = dequeueValue(controller);
        if (controller.closeRequested && sizeOf(controller.queue) === 0) {
          clearAlgorithms(controller);
          closeStream(stream);
        } else callPullIfNeeded(controller);
        request.chunk(chunk);
        return;
      }
      push(stream.reader.requests.items, request);
      callPullIfNeeded(controller);
    };
    controller.releaseSteps = noop;
    controller.object = lib.instantiate(ReadableStreamDefaultController);
    lib.init(controller.object, 'ReadableStreamDefaultController', controller);
    startController(controller, start);
    return controller;
  };
  const defaultController = (object) => lib.state(object, 'ReadableStreamDefaultController');
  const ReadableStreamDefaultController = lib.implementAbstract('ReadableStreamDefaultController', {
    prototype: {
      get desiredSize() { return desiredSize(defaultController(this)); },
      close() {
        const controller = defaultController(this);
        if (!controller.canCloseOrEnqueue()) throw new TypeError('the stream is closed or closing');
        controller.close();
      },
      enqueue() {
        const controller = defaultController(this);
        if (!controller.canCloseOrEnqueue()) throw new TypeError('the stream is closed or closing');
        controller.enqueue(arguments[0]);
      },
      error() { defaultController(this).error(arguments[0]); },
    },
  });

  lib.extend(shared, {
    streamOf, initStream, createReader, releaseReader, readFrom, readInto, cancelStream, setUpDefault, hasReader,
    withMembers, closeStream, errorStream, numRequests, desiredSize, clearAlgorithms, callPullIfNeeded, createController, startController,
  });
}
