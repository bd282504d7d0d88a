// Streams, the readable side: readers and controllers. As the Streams Standard has it, with its names; what is a field there is a field of the state here, and public objects hang on the state as `object`.

export default function (ops, lib, global) {
  const { apply, push, slice, then, promiseResolve, promiseReject, getOwnPropertyDescriptor, defineProperty } = lib.primordials;
  const { convert } = lib;
  const { View, Buffer, Bytes, bufferLength, isDetached, set, transfer: transferBuffer, slice: sliceBuffer } = lib.buffers;
  const { constructors, sizes: elementSizes } = lib.buffers.arrays;
  const noop = () => {};
  const min = (one, other) => (one < other ? one : other);

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
    else byteController.pullInto(stream.controller, view, least, request);
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

  // --- Byte controllers ---------------------------------------------------------------------------------------------
  const setUpByte = (stream, { start, pull, cancel, highWaterMark, autoAllocateChunkSize }) => {
    const controller = createController(stream, 'byte', highWaterMark);
    controller.pull = pull;
    controller.cancel = cancel;
    controller.autoAllocateChunkSize = autoAllocateChunkSize;
    controller.pending = createQueue();
    controller.byobRequest = null;
    controller.shouldPull = () => stream.state === 'readable' && !controller.closeRequested && controller.started
      && ((stream.reader !== null && numRequests(stream) > 0) || desiredSize(controller) > 0);
    controller.enqueue = (chunk) => byteController.enqueue(controller, chunk);
    controller.close = () => byteController.close(controller);
    controller.error = (error) => byteController.error(controller, error);
    controller.cancelSteps = (reason) => {
      byteController.clearPending(controller);
      resetQueue(controller);
      const result = controller.cancel(reason);
      clearAlgorithms(controller);
      return result;
    };
    controller.pullSteps = (request) => byteController.pull(controller, request);
    controller.releaseSteps = () => {
      if (sizeOf(controller.pending) === 0) return;
      const descriptor = first(controller.pending);
      descriptor.readerType = 'none';
      controller.pending = createQueue();
      push(controller.pending.items, descriptor);
    };
    controller.object = lib.instantiate(ReadableByteStreamController);
    lib.init(controller.object, 'ReadableByteStreamController', controller);
    startController(controller, start);
    return controller;
  };
  const closingOrClosed = (controller) => controller.closeRequested || controller.stream.state !== 'readable';
  const viewOn = (buffer, offset, length) => new Bytes(buffer, offset, length);
  const byteController = {
    __proto__: null,
    clearPending(controller) {
      this.invalidateRequest(controller);
      controller.pending = createQueue();
    },
    invalidateRequest(controller) {
      const request = controller.byobRequest;
      if (request === null) return;
      request.controller = undefined;
      request.view = null;
      controller.byobRequest = null;
    },
    close(controller) {
      const { stream } = controller;
      if (closingOrClosed(controller)) return;
      if (controller.queueTotalSize > 0) {
        controller.closeRequested = true;
        return;
      }
      if (sizeOf(controller.pending) > 0) {
        const descriptor = first(controller.pending);
        if (descriptor.bytesFilled % descriptor.elementSize !== 0) {
          const error = new TypeError('the stream ends within an element');
          this.error(controller, error);
          throw error;
        }
      }
      clearAlgorithms(controller);
      closeStream(stream);
    },
    error(controller, error) {
      if (controller.stream.state !== 'readable') return;
      this.clearPending(controller);
      resetQueue(controller);
      clearAlgorithms(controller);
      errorStream(controller.stream, error);
    },
    convert(descriptor) {
      const { bytesFilled, elementSize } = descriptor;
      const buffer = transferBuffer(descriptor.buffer);
      return new descriptor.viewConstructor(buffer, descriptor.byteOffset, bytesFilled / elementSize);
    },
    commit(stream, descriptor) {
      const view = this.convert(descriptor);
      const request = shift(stream.reader.requests);
      if (stream.state === 'closed') request.close(view);
      else request.chunk(view);
    },
    commitAll(controller, filled) {
      for (let index = 0; index < filled.length; index++) this.commit(controller.stream, filled[index]);
    },
    enqueueChunk(controller, buffer, byteOffset, byteLength) {
      push(controller.queue.items, { buffer, byteOffset, byteLength });
      controller.queueTotalSize += byteLength;
    },
    enqueueClone(controller, buffer, byteOffset, byteLength) {
      let clone;
      try {
        clone = sliceBuffer(buffer, byteOffset, byteOffset + byteLength);
      } catch (error) {
        this.error(controller, error);
        throw error;
      }
      this.enqueueChunk(controller, clone, 0, byteLength);
    },
    enqueueDetached(controller, descriptor) {
      if (descriptor.bytesFilled > 0) this.enqueueClone(controller, descriptor.buffer, descriptor.byteOffset, descriptor.bytesFilled);
      shift(controller.pending);
    },
    enqueue(controller, chunk) {
      const { stream } = controller;
      if (closingOrClosed(controller)) return;
      const buffer = lib.typedBuffer(chunk);
      if (isDetached(buffer)) throw new TypeError('the buffer is detached');
      const byteOffset = lib.typedOffset(chunk);
      const byteLength = lib.typedLength(chunk);
      const transferred = transferBuffer(buffer);
      if (sizeOf(controller.pending) > 0) {
        const descriptor = first(controller.pending);
        if (isDetached(descriptor.buffer)) throw new TypeError('the buffer of the request is detached');
        this.invalidateRequest(controller);
        descriptor.buffer = transferBuffer(descriptor.buffer);
        if (descriptor.readerType === 'none') this.enqueueDetached(controller, descriptor);
      }
      if (hasReader(stream, 'default')) {
        while (numRequests(stream) > 0 && controller.queueTotalSize > 0) this.fillRequest(controller, shift(stream.reader.requests));
        if (numRequests(stream) === 0) this.enqueueChunk(controller, transferred, byteOffset, byteLength);
        else {
          if (sizeOf(controller.pending) > 0) shift(controller.pending);
          shift(stream.reader.requests).chunk(viewOn(transferred, byteOffset, byteLength));
        }
      } else {
        this.enqueueChunk(controller, transferred, byteOffset, byteLength);
        if (hasReader(stream, 'byob')) this.commitAll(controller, this.processPending(controller));
      }
      callPullIfNeeded(controller);
    },
    fillHead(controller, size, descriptor) {
      this.invalidateRequest(controller);
      descriptor.bytesFilled += size;
    },
    fillFromQueue(controller, descriptor) {
      const most = min(controller.queueTotalSize, descriptor.byteLength - descriptor.bytesFilled);
      const filled = descriptor.bytesFilled + most;
      const aligned = filled - (filled % descriptor.elementSize);
      let left = most;
      let ready = false;
      if (aligned >= descriptor.minimumFill) {
        left = aligned - descriptor.bytesFilled;
        ready = true;
      }
      while (left > 0) {
        const head = first(controller.queue);
        const count = min(left, head.byteLength);
        set(viewOn(descriptor.buffer, descriptor.byteOffset + descriptor.bytesFilled, count), viewOn(head.buffer, head.byteOffset, count));
        if (head.byteLength === count) shift(controller.queue);
        else {
          head.byteOffset += count;
          head.byteLength -= count;
        }
        controller.queueTotalSize -= count;
        this.fillHead(controller, count, descriptor);
        left -= count;
      }
      return ready;
    },
    drained(controller) {
      if (controller.queueTotalSize === 0 && controller.closeRequested) {
        clearAlgorithms(controller);
        closeStream(controller.stream);
      } else callPullIfNeeded(controller);
    },
    fillRequest(controller, request) {
      const entry = shift(controller.queue);
      controller.queueTotalSize -= entry.byteLength;
      this.drained(controller);
      request.chunk(viewOn(entry.buffer, entry.byteOffset, entry.byteLength));
    },
    processPending(controller) {
      const filled = [];
      while (sizeOf(controller.pending) > 0 && controller.queueTotalSize > 0) {
        const descriptor = first(controller.pending);
        if (this.fillFromQueue(controller, descriptor)) {
          shift(controller.pending);
          push(filled, descriptor);
        }
      }
      return filled;
    },
    pull(controller, request) {
      const { stream } = controller;
      if (controller.queueTotalSize > 0) {
        this.fillRequest(controller, request);
        return;
      }
      const size = controller.autoAllocateChunkSize;
      if (size !== undefined) {
        let buffer;
        try {
          buffer = new Buffer(size);
        } catch (error) {
          request.error(error);
          return;
        }
        push(controller.pending.items, {
          buffer, bufferByteLength: size, byteOffset: 0, byteLength: size, bytesFilled: 0, minimumFill: 1, elementSize: 1,
          viewConstructor: Bytes, readerType: 'default',
        });
      }
      push(stream.reader.requests.items, request);
      callPullIfNeeded(controller);
    },
    pullInto(controller, view, least, request) {
      const { stream } = controller;
      const name = lib.typedName(view);
      const elementSize = name === undefined ? 1 : elementSizes[name];
      const viewConstructor = name === undefined ? View : constructors[name];
      const byteOffset = lib.typedOffset(view);
      const byteLength = lib.typedLength(view);
      const given = lib.typedBuffer(view);
      let buffer;
      try {
        buffer = transferBuffer(given);
      } catch (error) {
        request.error(error);
        return;
      }
      const descriptor = {
        buffer, bufferByteLength: bufferLength(buffer), byteOffset, byteLength, bytesFilled: 0, minimumFill: least * elementSize,
        elementSize, viewConstructor, readerType: 'byob',
      };
      if (sizeOf(controller.pending) > 0) {
        push(controller.pending.items, descriptor);
        push(stream.reader.requests.items, request);
        return;
      }
      if (stream.state === 'closed') {
        request.close(new viewConstructor(descriptor.buffer, descriptor.byteOffset, 0));
        return;
      }
      if (controller.queueTotalSize > 0) {
        if (this.fillFromQueue(controller, descriptor)) {
          const filled = this.convert(descriptor);
          this.drained(controller);
          request.chunk(filled);
          return;
        }
        if (controller.closeRequested) {
          const error = new TypeError('the stream ends within an element');
          this.error(controller, error);
          request.error(error);
          return;
        }
      }
      push(controller.pending.items, descriptor);
      push(stream.reader.requests.items, request);
      callPullIfNeeded(controller);
    },
    respond(controller, bytesWritten) {
      const descriptor = first(controller.pending);
      if (controller.stream.state === 'closed') {
        if (bytesWritten !== 0) throw new TypeError('the stream is closed: there is nothing to write');
      } else {
        if (bytesWritten === 0) throw new TypeError('nothing was written');
        if (descriptor.bytesFilled + bytesWritten > descriptor.byteLength) throw new RangeError('more was written than there is room');
      }
      descriptor.buffer = transferBuffer(descriptor.buffer);
      this.respondInternal(controller, bytesWritten);
    },
    respondInternal(controller, bytesWritten) {
      const { stream } = controller;
      const descriptor = first(controller.pending);
      this.invalidateRequest(controller);
      if (stream.state === 'closed') {
        if (descriptor.readerType === 'none') shift(controller.pending);
        if (hasReader(stream, 'byob')) {
          const filled = [];
          const count = numRequests(stream);
          while (filled.length < count) push(filled, shift(controller.pending));
          this.commitAll(controller, filled);
        }
      } else this.respondReadable(controller, bytesWritten, descriptor);
      callPullIfNeeded(controller);
    },
    respondReadable(controller, bytesWritten, descriptor) {
      this.fillHead(controller, bytesWritten, descriptor);
      if (descriptor.readerType === 'none') {
        this.enqueueDetached(controller, descriptor);
        this.commitAll(controller, this.processPending(controller));
        return;
      }
      if (descriptor.bytesFilled < descriptor.minimumFill) return;
      shift(controller.pending);
      const rest = descriptor.bytesFilled % descriptor.elementSize;
      if (rest > 0) {
        const end = descriptor.byteOffset + descriptor.bytesFilled;
        this.enqueueClone(controller, descriptor.buffer, end - rest, rest);
      }
      descriptor.bytesFilled -= rest;
      const filled = this.processPending(controller);
      this.commit(controller.stream, descriptor);
      this.commitAll(controller, filled);
    },
    respondWithNewView(controller, view) {
      const descriptor = first(controller.pending);
      const length = lib.typedLength(view);
      if (controller.stream.state === 'closed') {
        if (length !== 0) throw new TypeError('the stream is closed: there is nothing to write');
      } else if (length === 0) throw new TypeError('nothing was written');
      const buffer = lib.typedBuffer(view);
      if (descriptor.byteOffset + descriptor.bytesFilled !== lib.typedOffset(view)) throw new RangeError('the view begins elsewhere');
      if (descriptor.bufferByteLength !== bufferLength(buffer)) throw new RangeError('the buffer has another size');
      if (descriptor.bytesFilled + length > descriptor.byteLength) throw new RangeError('more was written than there is room');
      descriptor.buffer = transferBuffer(buffer);
      this.respondInternal(controller, length);
    },
  };
  // The request to fill what a reader waits for, if one does.
  const byobRequest = (controller) => {
    if (controller.byobRequest === null && sizeOf(controller.pending) > 0) {
      const descriptor = first(controller.pending);
      const { bytesFilled } = descriptor;
      const view = viewOn(descriptor.buffer, descriptor.byteOffset + bytesFilled, descriptor.byteLength - bytesFilled);
      const object = lib.instantiate(ReadableStreamBYOBRequest);
      controller.byobRequest = lib.init(object, 'ReadableStreamBYOBRequest', { object, controller, view });
    }
    return controller.byobRequest;
  };
  const byteOf = (object) => lib.state(object, 'ReadableByteStreamController');
  const requireView = (view, where) => {
    if (!lib.isView(view)) throw new TypeError(`${where}: not a view of a buffer`);
    if (!lib.isArrayBuffer(lib.typedBuffer(view))) throw new TypeError(`${where}: the buffer is shared`);
  };
  const ReadableByteStreamController = lib.implementAbstract('ReadableByteStreamController', {
    prototype: {
      get byobRequest() { return byobRequest(byteOf(this))?.object ?? null; },
      get desiredSize() { return desiredSize(byteOf(this)); },
      close() {
        const controller = byteOf(this);
        if (closingOrClosed(controller)) throw new TypeError('the stream is closed or closing');
        controller.close();
      },
      enqueue(chunk) {
        const controller = byteOf(this);
        lib.requireArguments(arguments.length, 1, 'ReadableByteStreamController.enqueue');
        requireView(chunk, 'ReadableByteStreamController.enqueue');
        if (lib.typedLength(chunk) === 0) throw new TypeError('the chunk is empty');
        if (bufferLength(lib.typedBuffer(chunk)) === 0) throw new TypeError('the buffer is empty');
        if (closingOrClosed(controller)) throw new TypeError('the stream is closed or closing');
        controller.enqueue(chunk);
      },
      error() { byteOf(this).error(arguments[0]); },
    },
  });
  const requestOf = (object) => lib.state(object, 'ReadableStreamBYOBRequest');
  const ReadableStreamBYOBRequest = lib.implementAbstract('ReadableStreamBYOBRequest', {
    prototype: {
      get view() { return requestOf(this).view; },
      respond(bytesWritten) {
        const request = requestOf(this);
        lib.requireArguments(arguments.length, 1, 'ReadableStreamBYOBRequest.respond');
        bytesWritten = unsignedLongLong(bytesWritten, 'ReadableStreamBYOBRequest.respond');
        if (request.controller === undefined) throw new TypeError('the request is over');
        if (isDetached(lib.typedBuffer(request.view))) throw new TypeError('the buffer is detached');
        byteController.respond(request.controller, bytesWritten);
      },
      respondWithNewView(view) {
        const request = requestOf(this);
        lib.requireArguments(arguments.length, 1, 'ReadableStreamBYOBRequest.respondWithNewView');
        requireView(view, 'ReadableStreamBYOBRequest.respondWithNewView');
        if (request.controller === undefined) throw new TypeError('the request is over');
        if (isDetached(lib.typedBuffer(view))) throw new TypeError('the buffer is detached');
        byteController.respondWithNewView(request.controller, view);
      },
    },
  });

  lib.extend(shared, {
    streamOf, initStream, createReader, releaseReader, readFrom, readInto, cancelStream, setUpDefault, setUpByte, viewOn, sliceBuffer,
    hasReader, withMembers, byteController, byobRequestOf: byobRequest,
  });
}
