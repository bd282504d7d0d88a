// Streams: ReadableStream itself: teeing, piping, iterating, and what bodies do with streams.

export default function (ops, lib, global) {
  const { apply, push, then, promiseResolve, promiseReject, defineProperty } = lib.primordials;
  const { convert } = lib;
  const {
    deferred, resolved, handled, mapped, toUndefined, all, callbackOf, algorithm, strategyOf, extractHighWaterMark, extractSize,
    streamOf, initStream, createReader, releaseReader, readFrom, readInto, cancelStream, setUpDefault, setUpByte, viewOn, sliceBuffer,
    sizeOf, byteController, hasReader,
  } = lib.streams;
  const { writable } = lib;
  const noop = () => {};
  const nothing = () => undefined;
  const createStream = (setUp, options) => {
    const stream = initStream(lib.instantiate(ReadableStream));
    setUp(stream, { start: nothing, ...options });
    return stream;
  };

  // --- tee() --------------------------------------------------------------------------------------------------------
  // `copy` makes the second branch's chunk of the first's.
  const teeDefault = (stream, copy) => {
    const reader = createReader(stream, 'default');
    let reading = false, readAgain = false, canceled1 = false, canceled2 = false, reason1, reason2, branch1, branch2;
    const cancelResult = deferred();
    const pull = () => {
      if (reading) {
        readAgain = true;
        return promiseResolve(undefined);
      }
      reading = true;
      readFrom(reader, {
        __proto__: null,
        chunk(chunk) {
          then(promiseResolve(undefined), () => {
            readAgain = false;
            let chunk2 = chunk;
            if (!canceled2 && copy !== undefined) {
              try {
                chunk2 = copy(chunk);
              } catch (error) {
                branch1.controller.error(error);
                branch2.controller.error(error);
                cancelResult.resolve(cancelStream(stream, error));
                return;
              }
            }
            if (!canceled1) branch1.controller.enqueue(chunk);
            if (!canceled2) branch2.controller.enqueue(chunk2);
            reading = false;
            if (readAgain) pull();
          });
        },
        close() {
          reading = false;
          if (!canceled1) branch1.controller.close();
          if (!canceled2) branch2.controller.close();
          if (!canceled1 || !canceled2) cancelResult.resolve(undefined);
        },
        error() { reading = false; },
      });
      return promiseResolve(undefined);
    };
    const cancel1 = (reason) => {
      canceled1 = true;
      reason1 = reason;
      if (canceled2) cancelResult.resolve(cancelStream(stream, [reason1, reason2]));
      return cancelResult.promise;
    };
    const cancel2 = (reason) => {
      canceled2 = true;
      reason2 = reason;
      if (canceled1) cancelResult.resolve(cancelStream(stream, [reason1, reason2]));
      return cancelResult.promise;
    };
    branch1 = createStream(setUpDefault, { pull, cancel: cancel1, highWaterMark: 1, size: () => 1 });
    branch2 = createStream(setUpDefault, { pull, cancel: cancel2, highWaterMark: 1, size: () => 1 });
    then(reader.closed.promise, undefined, (error) => {
      branch1.controller.error(error);
      branch2.controller.error(error);
      if (!canceled1 || !canceled2) cancelResult.resolve(undefined);
    });
    return [branch1, branch2];
  };
  const cloneView = (view) => {
    const offset = lib.typedOffset(view);
    const length = lib.typedLength(view);
    return viewOn(sliceBuffer(lib.typedBuffer(view), offset, offset + length), 0, length);
  };
  const teeByte = (stream) => {
    let reader = createReader(stream, 'default');
    let reading = false, readAgain1 = false, readAgain2 = false, canceled1 = false, canceled2 = false, reason1, reason2, branch1, branch2;
    const cancelResult = deferred();
    const forwardError = (thisReader) => {
      then(thisReader.closed.promise, undefined, (error) => {
        if (thisReader !== reader) return;
        branch1.controller.error(error);
        branch2.controller.error(error);
        if (!canceled1 || !canceled2) cancelResult.resolve(undefined);
      });
    };
    const failed = (error) => {
      branch1.controller.error(error);
      branch2.controller.error(error);
      cancelResult.resolve(cancelStream(stream, error));
    };
    const again = () => {
      reading = false;
      if (readAgain1) pull1();
      else if (readAgain2) pull2();
    };
    const pullWithDefaultReader = () => {
      if (reader.kind === 'byob') {
        releaseReader(reader);
        reader = createReader(stream, 'default');
        forwardError(reader);
      }
      readFrom(reader, {
        __proto__: null,
        chunk(chunk) {
          then(promiseResolve(undefined), () => {
            readAgain1 = readAgain2 = false;
            let chunk2 = chunk;
            if (!canceled1 && !canceled2) {
              try { chunk2 = cloneView(chunk); } catch (error) { failed(error); return; }
            }
            if (!canceled1) branch1.controller.enqueue(chunk);
            if (!canceled2) branch2.controller.enqueue(chunk2);
            again();
          });
        },
        close() {
          reading = false;
          if (!canceled1) branch1.controller.close();
          if (!canceled2) branch2.controller.close();
          if (sizeOf(branch1.controller.pending) > 0) byteController.respond(branch1.controller, 0);
          if (sizeOf(branch2.controller.pending) > 0) byteController.respond(branch2.controller, 0);
          if (!canceled1 || !canceled2) cancelResult.resolve(undefined);
        },
        error() { reading = false; },
      });
    };
    const pullWithByobReader = (view, forBranch2) => {
      if (reader.kind === 'default') {
        releaseReader(reader);
        reader = createReader(stream, 'byob');
        forwardError(reader);
      }
      const own = forBranch2 ? branch2 : branch1;
      const other = forBranch2 ? branch1 : branch2;
      readInto(reader, view, 1, {
        __proto__: null,
        chunk(chunk) {
          then(promiseResolve(undefined), () => {
            readAgain1 = readAgain2 = false;
            const ownCanceled = forBranch2 ? canceled2 : canceled1;
            const otherCanceled = forBranch2 ? canceled1 : canceled2;
            if (!otherCanceled) {
              let copy;
              try { copy = cloneView(chunk); } catch (error) { failed(error); return; }
              if (!ownCanceled) byteController.respondWithNewView(own.controller, chunk);
              other.controller.enqueue(copy);
            } else if (!ownCanceled) byteController.respondWithNewView(own.controller, chunk);
            again();
          });
        },
        close(chunk) {
          reading = false;
          const ownCanceled = forBranch2 ? canceled2 : canceled1;
          const otherCanceled = forBranch2 ? canceled1 : canceled2;
          if (!ownCanceled) own.controller.close();
          if (!otherCanceled) other.controller.close();
          if (chunk !== undefined) {
            if (!ownCanceled) byteController.respondWithNewView(own.controller, chunk);
            if (!otherCanceled && sizeOf(other.controller.pending) > 0) byteController.respond(other.controller, 0);
          }
          if (!ownCanceled || !otherCanceled) cancelResult.resolve(undefined);
        },
        error() { reading = false; },
      });
    };
    const pullFor = (branch, forBranch2) => {
      reading = true;
      const request = byobRequestOf(branch.controller);
      if (request === null) pullWithDefaultReader();
      else pullWithByobReader(request.view, forBranch2);
      return promiseResolve(undefined);
    };
    const pull1 = () => {
      if (!reading) return pullFor(branch1, false);
      readAgain1 = true;
      return promiseResolve(undefined);
    };
    const pull2 = () => {
      if (!reading) return pullFor(branch2, true);
      readAgain2 = true;
      return promiseResolve(undefined);
    };
    const cancel1 = (reason) => {
      canceled1 = true;
      reason1 = reason;
      if (canceled2) cancelResult.resolve(cancelStream(stream, [reason1, reason2]));
      return cancelResult.promise;
    };
    const cancel2 = (reason) => {
      canceled2 = true;
      reason2 = reason;
      if (canceled1) cancelResult.resolve(cancelStream(stream, [reason1, reason2]));
      return cancelResult.promise;
    };
    branch1 = createStream(setUpByte, { pull: pull1, cancel: cancel1, highWaterMark: 0 });
    branch2 = createStream(setUpByte, { pull: pull2, cancel: cancel2, highWaterMark: 0 });
    forwardError(reader);
    return [branch1, branch2];
  };
  const { byobRequestOf } = lib.streams;
  const tee = (stream, copy) => (stream.controller.kind === 'byte' ? teeByte(stream) : teeDefault(stream, copy));

  // --- pipeTo() -----------------------------------------------------------------------------------------------------
  const pipeTo = (source, dest, { preventClose = false, preventAbort = false, preventCancel = false, signal } = {}) => {
    const reader = createReader(source, 'default');
    const writer = writable.createWriter(dest);
    source.disturbed = true;
    let shuttingDown = false;
    let currentWrite = promiseResolve(undefined);
    const result = deferred();
    let abortSteps;
    const finalize = (failed, error) => {
      writable.releaseWriter(writer);
      releaseReader(reader);
      if (signal !== undefined) lib.removeAbortSteps(signal, abortSteps);
      if (failed) result.reject(error);
      else result.resolve(undefined);
    };
    const waitForWrites = () => {
      const old = currentWrite;
      return then(currentWrite, () => (old !== currentWrite ? waitForWrites() : undefined));
    };
    const whenWritten = (steps) => {
      if (dest.state === 'writable' && !writable.closeQueuedOrInFlight(dest)) then(waitForWrites(), steps);
      else steps();
    };
    const shutdownWith = (action, failed = false, error = undefined) => {
      if (shuttingDown) return;
      shuttingDown = true;
      whenWritten(() => {
        then(action(), () => finalize(failed, error), (newError) => finalize(true, newError));
      });
    };
    const shutdown = (failed, error) => {
      if (shuttingDown) return;
      shuttingDown = true;
      whenWritten(() => finalize(failed, error));
    };
    if (signal !== undefined) {
      const signalState = lib.state(signal, 'AbortSignal');
      abortSteps = () => {
        const error = signalState.reason;
        const actions = [];
        if (!preventAbort) push(actions, () => (dest.state === 'writable' ? writable.abortStream(dest, error) : promiseResolve(undefined)));
        if (!preventCancel) push(actions, () => (source.state === 'readable' ? cancelStream(source, error) : promiseResolve(undefined)));
        shutdownWith(() => {
          const started = [];
          for (let index = 0; index < actions.length; index++) push(started, actions[index]());
          return all(started);
        }, true, error);
      };
      if (signalState.aborted) {
        abortSteps();
        return result.promise;
      }
      lib.addAbortSteps(signal, abortSteps);
    }
    // Errors and closing, of what has happened already and of what will.
    const whenErrored = (stream, promise, steps) => {
      if (stream.state === 'errored') steps(stream.storedError);
      else then(promise, undefined, steps);
    };
    const whenClosed = (stream, promise, steps) => {
      if (stream.state === 'closed') steps();
      else then(promise, steps, noop);
    };
    whenErrored(source, reader.closed.promise, (error) => {
      if (!preventAbort) shutdownWith(() => writable.abortStream(dest, error), true, error);
      else shutdown(true, error);
    });
    whenErrored(dest, writer.closed.promise, (error) => {
      if (!preventCancel) shutdownWith(() => cancelStream(source, error), true, error);
      else shutdown(true, error);
    });
    whenClosed(source, reader.closed.promise, () => {
      if (!preventClose) shutdownWith(() => writable.closeWithErrorPropagation(writer));
      else shutdown(false);
    });
    if (writable.closeQueuedOrInFlight(dest) || dest.state === 'closed') {
      const closed = new TypeError('the destination is closed');
      if (!preventCancel) shutdownWith(() => cancelStream(source, closed), true, closed);
      else shutdown(true, closed);
    }
    const step = () => {
      if (shuttingDown) return promiseResolve(true);
      return then(writer.ready.promise, () => {
        const done = deferred();
        if (shuttingDown) return true;
        readFrom(reader, {
          __proto__: null,
          chunk(chunk) {
            // A chunk that was read is written whatever comes, but not while its source runs.
            currentWrite = then(promiseResolve(undefined), () => then(writable.writeTo(writer, chunk), undefined, noop));
            done.resolve(false);
          },
          close() { done.resolve(true); },
          error: done.reject,
        });
        return done.promise;
      });
    };
    const loop = () => { then(step(), (over) => { if (!over) loop(); }, noop); };
    loop();
    return result.promise;
  };
  const pipeOptions = (value, where) => {
    const options = convert.dictionary(value, where);
    const preventAbort = !!options.preventAbort;
    const preventCancel = !!options.preventCancel;
    const preventClose = !!options.preventClose;
    const signal = options.signal;
    if (signal !== undefined) convert.interface(signal, 'AbortSignal', where);
    return { preventAbort, preventCancel, preventClose, signal };
  };

  // --- from() -------------------------------------------------------------------------------------------------------
  const { asyncIterator, symbolIterator } = lib.streamSymbols;
  const methodOf = (value, key) => {
    const method = value[key];
    if (method === undefined || method === null) return undefined;
    if (typeof method !== 'function') throw new TypeError('ReadableStream.from: the iterator method is no function');
    return method;
  };
  const fromIterable = (iterable) => {
    if (iterable === undefined || iterable === null) throw new TypeError('ReadableStream.from: not iterable');
    let method = methodOf(iterable, asyncIterator);
    const isAsync = method !== undefined;
    if (!isAsync) method = methodOf(iterable, symbolIterator);
    if (method === undefined) throw new TypeError('ReadableStream.from: not iterable');
    const iterator = apply(method, iterable, []);
    if (!lib.isObject(iterator)) throw new TypeError('ReadableStream.from: the iterator is no object');
    const { next } = iterator;
    // What a synchronous iterator gives may be a promise.
    const settledValue = (outcome, steps) => {
      if (isAsync) return steps(outcome);
      if (!lib.isObject(outcome)) throw new TypeError('ReadableStream.from: an iterator result is no object');
      const { done } = outcome;
      return then(promiseResolve(outcome.value), (value) => steps({ done, value }));
    };
    const stream = createStream(setUpDefault, {
      pull: () => lib.promised(() => then(promiseResolve(apply(next, iterator, [])), (outcome) => settledValue(outcome, (result) => {
        if (!lib.isObject(result)) throw new TypeError('ReadableStream.from: an iterator result is no object');
        if (result.done) stream.controller.close();
        else stream.controller.enqueue(result.value);
      }))),
      cancel: (reason) => lib.promised(() => {
        const close = methodOf(iterator, 'return');
        if (close === undefined) return undefined;
        return then(promiseResolve(apply(close, iterator, [reason])), (result) => {
          if (!lib.isObject(result)) throw new TypeError('ReadableStream.from: what return() gives is no object');
        });
      }),
      highWaterMark: 0,
      size: () => 1,
    });
    return stream.object;
  };

  // --- The interface ------------------------------------------------------------------------------------------------
  function ReadableStream() {
    lib.requireNew(new.target, 'ReadableStream');
    const source = arguments[0];
    if (source !== undefined && !lib.isObject(source)) throw new TypeError('ReadableStream: the source is no object');
    const strategy = strategyOf(arguments[1], 'ReadableStream');
    const members = { __proto__: null };
    if (source !== undefined) {
      const chunkSize = source.autoAllocateChunkSize;
      if (chunkSize !== undefined) members.autoAllocateChunkSize = lib.streams.unsignedLongLong(chunkSize, 'ReadableStream: autoAllocateChunkSize');
      members.cancel = callbackOf(source, 'cancel', 'ReadableStream');
      members.pull = callbackOf(source, 'pull', 'ReadableStream');
      members.start = callbackOf(source, 'start', 'ReadableStream');
      const type = source.type;
      if (type !== undefined) members.type = convert.enumeration(type, ['bytes'], 'ReadableStream: type');
    }
    const stream = initStream(this);
    const start = (controller) => (members.start === undefined ? undefined : apply(members.start, source, [controller]));
    const pull = algorithm(members.pull, source);
    const cancel = algorithm(members.cancel, source);
    if (members.type === 'bytes') {
      if (strategy.size !== undefined) throw new RangeError('ReadableStream: a byte stream measures its chunks itself');
      const highWaterMark = extractHighWaterMark(strategy, 0);
      const { autoAllocateChunkSize } = members;
      if (autoAllocateChunkSize === 0) throw new TypeError('ReadableStream: a chunk of no bytes');
      setUpByte(stream, { start, pull, cancel, highWaterMark, autoAllocateChunkSize });
    } else {
      const size = extractSize(strategy);
      setUpDefault(stream, { start, pull, cancel, highWaterMark: extractHighWaterMark(strategy, 1), size });
    }
  }
  const readerObject = (stream, kind) => {
    const name = kind === 'byob' ? 'ReadableStreamBYOBReader' : 'ReadableStreamDefaultReader';
    const object = lib.instantiate(lib.streamInterfaces[name]);
    lib.init(object, name, createReader(stream, kind, object));
    return object;
  };
  lib.implement(ReadableStream, {
    statics: {
      from(asyncIterable) {
        lib.requireArguments(arguments.length, 1, 'ReadableStream.from');
        return fromIterable(asyncIterable);
      },
    },
    prototype: {
      get locked() { return streamOf(this).reader !== null; },
      cancel() {
        const reason = arguments[0];
        return lib.promised(() => {
          const stream = streamOf(this);
          if (stream.reader !== null) throw new TypeError('the stream is locked to a reader');
          return cancelStream(stream, reason);
        });
      },
      getReader() {
        const stream = streamOf(this);
        const { mode } = convert.dictionary(arguments[0], 'ReadableStream.getReader');
        if (mode === undefined) return readerObject(stream, 'default');
        convert.enumeration(mode, ['byob'], 'ReadableStream.getReader: mode');
        return readerObject(stream, 'byob');
      },
      pipeThrough(transform) {
        const stream = streamOf(this);
        lib.requireArguments(arguments.length, 1, 'ReadableStream.pipeThrough');
        const pair = convert.dictionary(transform, 'ReadableStream.pipeThrough');
        const readable = convert.interface(pair.readable, 'ReadableStream', 'ReadableStream.pipeThrough: readable');
        const dest = convert.interface(pair.writable, 'WritableStream', 'ReadableStream.pipeThrough: writable');
        const options = pipeOptions(arguments[1], 'ReadableStream.pipeThrough');
        if (stream.reader !== null) throw new TypeError('the stream is locked to a reader');
        const destination = writable.streamOf(dest);
        if (destination.writer !== null) throw new TypeError('the destination is locked to a writer');
        handled(pipeTo(stream, destination, options));
        return readable;
      },
      pipeTo(destination) {
        const given = arguments.length;
        const options = arguments[1];
        return lib.promised(() => {
          const stream = streamOf(this);
          lib.requireArguments(given, 1, 'ReadableStream.pipeTo');
          convert.interface(destination, 'WritableStream', 'ReadableStream.pipeTo');
          const converted = pipeOptions(options, 'ReadableStream.pipeTo');
          if (stream.reader !== null) throw new TypeError('the stream is locked to a reader');
          const dest = writable.streamOf(destination);
          if (dest.writer !== null) throw new TypeError('the destination is locked to a writer');
          return pipeTo(stream, dest, converted);
        });
      },
      tee() {
        const branches = tee(streamOf(this));
        return [branches[0].object, branches[1].object];
      },
      values() {
        const stream = streamOf(this);
        const preventCancel = !!convert.dictionary(arguments[0], 'ReadableStream.values').preventCancel;
        const iterator = { __proto__: iteratorPrototype };
        lib.init(iterator, 'ReadableStream AsyncIterator', {
          reader: createReader(stream, 'default'), preventCancel, ongoing: undefined, finished: false,
        });
        return iterator;
      },
    },
  });

  // --- Asynchronous iterators: one step after the other. ------------------------------------------------------------
  const iteratorOf = (value) => lib.state(value, 'ReadableStream AsyncIterator');
  const nextValue = (iterator) => {
    if (iterator.finished) return promiseResolve({ value: undefined, done: true });
    const result = deferred();
    const { reader } = iterator;
    if (reader.stream === undefined) return promiseReject(new TypeError('the reader was released'));
    readFrom(reader, {
      __proto__: null,
      chunk: (chunk) => result.resolve({ value: chunk, done: false }),
      close() {
        releaseReader(reader);
        iterator.finished = true;
        result.resolve({ value: undefined, done: true });
      },
      error(error) {
        releaseReader(reader);
        iterator.finished = true;
        result.reject(error);
      },
    });
    return result.promise;
  };
  const returnValue = (iterator, value) => {
    if (iterator.finished) return promiseResolve({ value, done: true });
    iterator.finished = true;
    const { reader } = iterator;
    if (reader.stream === undefined) return promiseReject(new TypeError('the reader was released'));
    const done = () => ({ value, done: true });
    if (iterator.preventCancel) {
      releaseReader(reader);
      return promiseResolve(done());
    }
    const canceled = cancelStream(reader.stream, value);
    releaseReader(reader);
    return then(canceled, done);
  };
  const chained = (object, steps) => lib.promised(() => {
    const iterator = iteratorOf(object);
    const run = () => steps(iterator);
    iterator.ongoing = iterator.ongoing === undefined ? run() : then(iterator.ongoing, run, run);
    return iterator.ongoing;
  });
  const { asyncIteratorPrototype, toStringTag } = lib.streamSymbols;
  const iteratorPrototype = {
    __proto__: asyncIteratorPrototype,
    next() { return chained(this, (iterator) => then(nextValue(iterator), (result) => result)); },
    return(value) {
      return chained(this, (iterator) => returnValue(iterator, value));
    },
  };
  defineProperty(iteratorPrototype, toStringTag, { value: 'ReadableStream AsyncIterator', configurable: true });

  // --- For bodies ---------------------------------------------------------------------------------------------------
  lib.extend(lib.streams, {
    createStream, tee, pipeTo, pipeOptions, fromIterable,
    // Reads to the end, chunk by chunk.
    readAll(reader, onChunk, onClose, onError) {
      const step = () => {
        let inline = true, more = false;
        const loop = () => {
          do {
            more = false;
            inline = true;
            readFrom(reader, {
              __proto__: null,
              chunk(chunk) {
                if (!onChunk(chunk)) return;
                if (inline) more = true;
                else loop();
              },
              close: onClose,
              error: onError,
            });
            inline = false;
          } while (more);
        };
        loop();
      };
      step();
    },
  });
}
