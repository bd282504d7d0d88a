// Streams, the writable side: WritableStream with its writer and controller, and the two queuing strategies.

export default function (ops, lib, global) {
  const { push, then, promiseResolve, promiseReject } = lib.primordials;
  const { convert } = lib;
  const {
    deferred, resolved, rejected, handled, toUndefined, createQueue, sizeOf, first, shift, callbackOf, algorithm, strategyOf,
    extractHighWaterMark, extractSize, enqueueValueWithSize, dequeueValue, resetQueue,
  } = lib.streams;
  const CLOSE = {};

  // --- Strategies ---------------------------------------------------------------------------------------------------
  const defineStrategy = (constructor, size) => {
    const { name } = constructor;
    lib.implement(constructor, {
      prototype: {
        get highWaterMark() { return lib.state(this, name).highWaterMark; },
        get size() { lib.state(this, name); return size; },
      },
    });
  };
  const initStrategy = (object, name, init) => {
    if (!lib.isObject(init)) throw new TypeError(`${name}: not an object`);
    const mark = init.highWaterMark;
    if (mark === undefined) throw new TypeError(`${name}: no highWaterMark`);
    lib.init(object, name, { highWaterMark: +mark });
  };
  function ByteLengthQueuingStrategy(init) {
    lib.requireNew(new.target, 'ByteLengthQueuingStrategy');
    initStrategy(this, 'ByteLengthQueuingStrategy', init);
  }
  defineStrategy(ByteLengthQueuingStrategy, { size(chunk) { return chunk.byteLength; } }.size);
  function CountQueuingStrategy(init) {
    lib.requireNew(new.target, 'CountQueuingStrategy');
    initStrategy(this, 'CountQueuingStrategy', init);
  }
  defineStrategy(CountQueuingStrategy, { size() { return 1; } }.size);

  // --- Streams ------------------------------------------------------------------------------------------------------
  const streamOf = (value) => lib.state(value, 'WritableStream');
  const initStream = (object) =>
    lib.init(object, 'WritableStream', {
      object, state: 'writable', writer: null, controller: null, storedError: undefined, writeRequests: createQueue(),
      inFlightWriteRequest: undefined, closeRequest: undefined, inFlightCloseRequest: undefined, pendingAbortRequest: undefined,
      backpressure: false,
    });
  const closeQueuedOrInFlight = (stream) => stream.closeRequest !== undefined || stream.inFlightCloseRequest !== undefined;
  const operationInFlight = (stream) => stream.inFlightWriteRequest !== undefined || stream.inFlightCloseRequest !== undefined;
  // A writer's promise that must be rejected now, whether it was settled or not.
  const ensureRejected = (writer, name, error) => {
    if (writer[`${name}Pending`]) {
      writer[name].reject(error);
      handled(writer[name].promise);
    } else writer[name] = rejected(error);
    writer[`${name}Pending`] = false;
  };
  const settle = (writer, name) => {
    writer[name].resolve(undefined);
    writer[`${name}Pending`] = false;
  };
  const rejectCloseAndClosedPromise = (stream) => {
    if (stream.closeRequest !== undefined) {
      stream.closeRequest.reject(stream.storedError);
      stream.closeRequest = undefined;
    }
    const { writer } = stream;
    if (writer === null) return;
    writer.closed.reject(stream.storedError);
    handled(writer.closed.promise);
    writer.closedPending = false;
  };
  const updateBackpressure = (stream, backpressure) => {
    const { writer } = stream;
    if (writer !== null && backpressure !== stream.backpressure) {
      if (backpressure) {
        writer.ready = deferred();
        writer.readyPending = true;
      } else settle(writer, 'ready');
    }
    stream.backpressure = backpressure;
  };
  const startErroring = (stream, reason) => {
    const { controller, writer } = stream;
    stream.state = 'erroring';
    stream.storedError = reason;
    if (writer !== null) ensureRejected(writer, 'ready', reason);
    if (!operationInFlight(stream) && controller.started) finishErroring(stream);
  };
  const finishErroring = (stream) => {
    stream.state = 'errored';
    resetQueue(stream.controller);
    const { storedError, writeRequests } = stream;
    while (sizeOf(writeRequests) > 0) shift(writeRequests).reject(storedError);
    const abort = stream.pendingAbortRequest;
    if (abort === undefined) {
      rejectCloseAndClosedPromise(stream);
      return;
    }
    stream.pendingAbortRequest = undefined;
    if (abort.wasAlreadyErroring) {
      abort.result.reject(storedError);
      rejectCloseAndClosedPromise(stream);
      return;
    }
    const aborted = stream.controller.abort(abort.reason);
    clearAlgorithms(stream.controller);
    then(aborted, () => {
      abort.result.resolve(undefined);
      rejectCloseAndClosedPromise(stream);
    }, (reason) => {
      abort.result.reject(reason);
      rejectCloseAndClosedPromise(stream);
    });
  };
  const dealWithRejection = (stream, error) => {
    if (stream.state === 'writable') startErroring(stream, error);
    else finishErroring(stream);
  };
  const finishInFlightClose = (stream) => {
    stream.inFlightCloseRequest.resolve(undefined);
    stream.inFlightCloseRequest = undefined;
    if (stream.state === 'erroring') {
      stream.storedError = undefined;
      if (stream.pendingAbortRequest !== undefined) {
        stream.pendingAbortRequest.result.resolve(undefined);
        stream.pendingAbortRequest = undefined;
      }
    }
    stream.state = 'closed';
    if (stream.writer !== null) settle(stream.writer, 'closed');
  };
  const finishInFlightCloseWithError = (stream, error) => {
    stream.inFlightCloseRequest.reject(error);
    stream.inFlightCloseRequest = undefined;
    if (stream.pendingAbortRequest !== undefined) {
      stream.pendingAbortRequest.result.reject(error);
      stream.pendingAbortRequest = undefined;
    }
    dealWithRejection(stream, error);
  };
  const abortStream = (stream, reason) => {
    if (stream.state === 'closed' || stream.state === 'errored') return promiseResolve(undefined);
    lib.signalAbort(stream.controller.abortController.signal, reason);
    const { state } = stream;
    if (state === 'closed' || state === 'errored') return promiseResolve(undefined);
    if (stream.pendingAbortRequest !== undefined) return stream.pendingAbortRequest.result.promise;
    const wasAlreadyErroring = state === 'erroring';
    const result = deferred();
    stream.pendingAbortRequest = { result, reason: wasAlreadyErroring ? undefined : reason, wasAlreadyErroring };
    if (!wasAlreadyErroring) startErroring(stream, reason);
    return result.promise;
  };
  const closeStream = (stream) => {
    const { state, writer } = stream;
    if (state === 'closed' || state === 'errored') return promiseReject(new TypeError(`the stream is ${state}`));
    const request = deferred();
    stream.closeRequest = request;
    if (writer !== null && stream.backpressure && state === 'writable') settle(writer, 'ready');
    enqueueValueWithSize(stream.controller, CLOSE, 0);
    advanceQueue(stream.controller);
    return request.promise;
  };

  // --- Controllers --------------------------------------------------------------------------------------------------
  const clearAlgorithms = (controller) => {
    controller.write = controller.close = controller.abort = controller.size = undefined;
  };
  const desiredSizeOf = (controller) => controller.highWaterMark - controller.queueTotalSize;
  const backpressureOf = (controller) => desiredSizeOf(controller) <= 0;
  const errorController = (controller, error) => {
    clearAlgorithms(controller);
    startErroring(controller.stream, error);
  };
  const errorIfNeeded = (controller, error) => {
    if (controller.stream.state === 'writable') errorController(controller, error);
  };
  const advanceQueue = (controller) => {
    const { stream } = controller;
    if (!controller.started || stream.inFlightWriteRequest !== undefined) return;
    if (stream.state === 'erroring') {
      finishErroring(stream);
      return;
    }
    if (sizeOf(controller.queue) === 0) return;
    const { value } = first(controller.queue);
    if (value === CLOSE) processClose(controller);
    else processWrite(controller, value);
  };
  const processClose = (controller) => {
    const { stream } = controller;
    stream.inFlightCloseRequest = stream.closeRequest;
    stream.closeRequest = undefined;
    dequeueValue(controller);
    const closed = controller.close();
    clearAlgorithms(controller);
    then(closed, () => finishInFlightClose(stream), (reason) => finishInFlightCloseWithError(stream, reason));
  };
  const processWrite = (controller, chunk) => {
    const { stream } = controller;
    stream.inFlightWriteRequest = shift(stream.writeRequests);
    then(controller.write(chunk, controller.object), () => {
      stream.inFlightWriteRequest.resolve(undefined);
      stream.inFlightWriteRequest = undefined;
      const { state } = stream;
      dequeueValue(controller);
      if (!closeQueuedOrInFlight(stream) && state === 'writable') updateBackpressure(stream, backpressureOf(controller));
      advanceQueue(controller);
    }, (reason) => {
      if (stream.state === 'writable') clearAlgorithms(controller);
      stream.inFlightWriteRequest.reject(reason);
      stream.inFlightWriteRequest = undefined;
      dealWithRejection(stream, reason);
    });
  };
  const setUp = (stream, { start, write, close, abort, highWaterMark, size }) => {
    const controller = {
      __proto__: null, stream, object: lib.instantiate(WritableStreamDefaultController), queue: createQueue(), queueTotalSize: 0,
      abortController: new AbortController(), started: false, highWaterMark, size, write, close, abort,
    };
    lib.init(controller.object, 'WritableStreamDefaultController', controller);
    stream.controller = controller;
    updateBackpressure(stream, backpressureOf(controller));
    const startResult = start(controller.object);
    then(resolved(startResult).promise, () => {
      controller.started = true;
      advanceQueue(controller);
    }, (error) => {
      controller.started = true;
      dealWithRejection(stream, error);
    });
    return controller;
  };
  const { AbortController } = lib;
  const controllerOf = (object) => lib.state(object, 'WritableStreamDefaultController');
  const WritableStreamDefaultController = lib.implementAbstract('WritableStreamDefaultController', {
    prototype: {
      get signal() { return controllerOf(this).abortController.signal; },
      error() { errorIfNeeded(controllerOf(this), arguments[0]); },
    },
  });

  // --- Writers ------------------------------------------------------------------------------------------------------
  const createWriter = (stream, object = null) => {
    if (stream.writer !== null) throw new TypeError('the stream is locked to a writer');
    const writer = { __proto__: null, object, stream, ready: undefined, readyPending: false, closed: undefined, closedPending: false };
    stream.writer = writer;
    const { state, storedError } = stream;
    if (state === 'writable') {
      writer.readyPending = !closeQueuedOrInFlight(stream) && stream.backpressure;
      writer.ready = writer.readyPending ? deferred() : resolved(undefined);
      writer.closed = deferred();
      writer.closedPending = true;
    } else if (state === 'erroring') {
      writer.ready = rejected(storedError);
      writer.closed = deferred();
      writer.closedPending = true;
    } else if (state === 'closed') {
      writer.ready = resolved(undefined);
      writer.closed = resolved(undefined);
    } else {
      writer.ready = rejected(storedError);
      writer.closed = rejected(storedError);
    }
    return writer;
  };
  const releaseWriter = (writer) => {
    const error = new TypeError('the writer was released');
    ensureRejected(writer, 'ready', error);
    ensureRejected(writer, 'closed', error);
    writer.stream.writer = null;
    writer.stream = undefined;
  };
  const writeTo = (writer, chunk) => {
    const { stream } = writer;
    const { controller } = stream;
    let size = 1;
    if (controller.size !== undefined) {
      try {
        size = controller.size(chunk);
      } catch (error) {
        errorIfNeeded(controller, error);
      }
    }
    if (stream !== writer.stream) return promiseReject(new TypeError('the writer was released'));
    const { state } = stream;
    if (state === 'errored') return promiseReject(stream.storedError);
    if (closeQueuedOrInFlight(stream) || state === 'closed') return promiseReject(new TypeError('the stream is closing or closed'));
    if (state === 'erroring') return promiseReject(stream.storedError);
    const request = deferred();
    push(stream.writeRequests.items, request);
    try {
      enqueueValueWithSize(controller, chunk, size);
    } catch (error) {
      errorIfNeeded(controller, error);
      return request.promise;
    }
    if (!closeQueuedOrInFlight(stream) && stream.state === 'writable') updateBackpressure(stream, backpressureOf(controller));
    advanceQueue(controller);
    return request.promise;
  };
  const closeWithErrorPropagation = (writer) => {
    const { stream } = writer;
    const { state } = stream;
    if (closeQueuedOrInFlight(stream) || state === 'closed') return promiseResolve(undefined);
    if (state === 'errored') return promiseReject(stream.storedError);
    return closeStream(stream);
  };
  const writerOf = (object) => lib.state(object, 'WritableStreamDefaultWriter');
  const attached = (object) => {
    const writer = writerOf(object);
    if (writer.stream === undefined) throw new TypeError('the writer was released');
    return writer;
  };
  function WritableStreamDefaultWriter(stream) {
    lib.requireNew(new.target, 'WritableStreamDefaultWriter');
    lib.requireArguments(arguments.length, 1, 'WritableStreamDefaultWriter');
    convert.interface(stream, 'WritableStream', 'WritableStreamDefaultWriter');
    lib.init(this, 'WritableStreamDefaultWriter', createWriter(streamOf(stream), this));
  }
  lib.implement(WritableStreamDefaultWriter, {
    prototype: {
      get closed() { try { return writerOf(this).closed.promise; } catch (error) { return promiseReject(error); } },
      get desiredSize() {
        const { stream } = attached(this);
        if (stream.state === 'errored' || stream.state === 'erroring') return null;
        return stream.state === 'closed' ? 0 : desiredSizeOf(stream.controller);
      },
      get ready() { try { return writerOf(this).ready.promise; } catch (error) { return promiseReject(error); } },
      abort() {
        const reason = arguments[0];
        return lib.promised(() => abortStream(attached(this).stream, reason));
      },
      close() {
        return lib.promised(() => {
          const { stream } = attached(this);
          if (closeQueuedOrInFlight(stream)) throw new TypeError('the stream is closing already');
          return closeStream(stream);
        });
      },
      releaseLock() {
        const writer = writerOf(this);
        if (writer.stream !== undefined) releaseWriter(writer);
      },
      write() {
        const chunk = arguments[0];
        return lib.promised(() => writeTo(attached(this), chunk));
      },
    },
  });

  // --- The interface ------------------------------------------------------------------------------------------------
  function WritableStream() {
    lib.requireNew(new.target, 'WritableStream');
    const sink = arguments[0];
    if (sink !== undefined && !lib.isObject(sink)) throw new TypeError('WritableStream: the sink is no object');
    const strategy = strategyOf(arguments[1], 'WritableStream');
    const members = { __proto__: null };
    if (sink !== undefined) {
      members.abort = callbackOf(sink, 'abort', 'WritableStream');
      members.close = callbackOf(sink, 'close', 'WritableStream');
      members.start = callbackOf(sink, 'start', 'WritableStream');
      if (sink.type !== undefined) throw new RangeError('WritableStream: sinks have no type');
      members.write = callbackOf(sink, 'write', 'WritableStream');
    }
    const stream = initStream(this);
    const size = extractSize(strategy);
    setUp(stream, {
      start: (controller) => (members.start === undefined ? undefined : lib.primordials.apply(members.start, sink, [controller])),
      write: algorithm(members.write, sink), close: algorithm(members.close, sink), abort: algorithm(members.abort, sink),
      highWaterMark: extractHighWaterMark(strategy, 1), size,
    });
  }
  lib.implement(WritableStream, {
    prototype: {
      get locked() { return streamOf(this).writer !== null; },
      abort() {
        const reason = arguments[0];
        return lib.promised(() => {
          const stream = streamOf(this);
          if (stream.writer !== null) throw new TypeError('the stream is locked to a writer');
          return abortStream(stream, reason);
        });
      },
      close() {
        return lib.promised(() => {
          const stream = streamOf(this);
          if (stream.writer !== null) throw new TypeError('the stream is locked to a writer');
          if (closeQueuedOrInFlight(stream)) throw new TypeError('the stream is closing already');
          return closeStream(stream);
        });
      },
      getWriter() {
        const stream = streamOf(this);
        const object = lib.instantiate(WritableStreamDefaultWriter);
        lib.init(object, 'WritableStreamDefaultWriter', createWriter(stream, object));
        return object;
      },
    },
  });
  lib.writable = {
    __proto__: null, WritableStream, streamOf, initStream, setUp, createWriter, releaseWriter, writeTo, abortStream, closeQueuedOrInFlight,
    closeWithErrorPropagation, errorIfNeeded, desiredSizeOf,
  };
}
