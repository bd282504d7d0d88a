// Streams: TransformStream, and the streams that encode and decode text.

export default function (ops, lib, global) {
  const { apply, then, promiseResolve, charCodeAt, stringSlice, toWellFormed } = lib.primordials;
  const { convert } = lib;
  const { deferred, callbackOf, algorithm, strategyOf, extractHighWaterMark, extractSize, initStream, setUpDefault, withMembers } = lib.streams;
  const { ReadableStream } = lib.streamInterfaces;
  const { writable } = lib;

  // --- TransformStream ----------------------------------------------------------------------------------------------
  const streamOf = (value) => lib.state(value, 'TransformStream');
  const setBackpressure = (stream, backpressure) => {
    stream.backpressureChange?.resolve(undefined);
    stream.backpressureChange = deferred();
    stream.backpressure = backpressure;
  };
  const unblockWrite = (stream) => { if (stream.backpressure) setBackpressure(stream, false); };
  const clearAlgorithms = (controller) => {
    controller.transform = controller.flush = controller.cancel = undefined;
  };
  const errorWritableAndUnblock = (stream, error) => {
    clearAlgorithms(stream.controller);
    writable.errorIfNeeded(stream.writable.controller, error);
    unblockWrite(stream);
  };
  const errorStream = (stream, error) => {
    stream.readable.controller.error(error);
    errorWritableAndUnblock(stream, error);
  };
  const hasBackpressure = (readable) => !readable.controller.shouldPull();
  const enqueue = (controller, chunk) => {
    const { stream } = controller;
    const { readable } = stream;
    if (!readable.controller.canCloseOrEnqueue()) throw new TypeError('the readable side is closed or closing');
    try {
      readable.controller.enqueue(chunk);
    } catch (error) {
      errorWritableAndUnblock(stream, error);
      throw readable.storedError;
    }
    const backpressure = hasBackpressure(readable);
    if (backpressure !== stream.backpressure) setBackpressure(stream, true);
  };
  const terminate = (controller) => {
    const { stream } = controller;
    stream.readable.controller.close();
    errorWritableAndUnblock(stream, new TypeError('the transformation ended the stream'));
  };
  const performTransform = (controller, chunk) =>
    then(controller.transform(chunk, controller.object), undefined, (reason) => {
      errorStream(controller.stream, reason);
      throw reason;
    });
  const sinkWrite = (stream, chunk) => {
    if (!stream.backpressure) return performTransform(stream.controller, chunk);
    return then(stream.backpressureChange.promise, () => {
      const { state, storedError } = stream.writable;
      if (state === 'erroring') throw storedError;
      return performTransform(stream.controller, chunk);
    });
  };
  const sinkAbort = (stream, reason) => {
    const { controller, readable } = stream;
    if (controller.finish !== undefined) return controller.finish.promise;
    controller.finish = deferred();
    const canceled = controller.cancel(reason);
    clearAlgorithms(controller);
    then(canceled, () => {
      if (readable.state === 'errored') controller.finish.reject(readable.storedError);
      else {
        readable.controller.error(reason);
        controller.finish.resolve(undefined);
      }
    }, (error) => {
      readable.controller.error(error);
      controller.finish.reject(error);
    });
    return controller.finish.promise;
  };
  const sinkClose = (stream) => {
    const { controller, readable } = stream;
    if (controller.finish !== undefined) return controller.finish.promise;
    controller.finish = deferred();
    const flushed = controller.flush(controller.object);
    clearAlgorithms(controller);
    then(flushed, () => {
      if (readable.state === 'errored') controller.finish.reject(readable.storedError);
      else {
        readable.controller.close();
        controller.finish.resolve(undefined);
      }
    }, (error) => {
      readable.controller.error(error);
      controller.finish.reject(error);
    });
    return controller.finish.promise;
  };
  const sourceCancel = (stream, reason) => {
    const { controller } = stream;
    if (controller.finish !== undefined) return controller.finish.promise;
    controller.finish = deferred();
    const canceled = controller.cancel(reason);
    clearAlgorithms(controller);
    then(canceled, () => {
      if (stream.writable.state === 'errored') controller.finish.reject(stream.writable.storedError);
      else {
        writable.errorIfNeeded(stream.writable.controller, reason);
        unblockWrite(stream);
        controller.finish.resolve(undefined);
      }
    }, (error) => {
      writable.errorIfNeeded(stream.writable.controller, error);
      unblockWrite(stream);
      controller.finish.reject(error);
    });
    return controller.finish.promise;
  };
  const sourcePull = (stream) => {
    setBackpressure(stream, false);
    return stream.backpressureChange.promise;
  };
  const initialize = (object, started, writableMark, writableSize, readableMark, readableSize) => {
    const stream = {
      __proto__: null, object, writable: null, readable: null, backpressure: undefined, backpressureChange: undefined, controller: null,
    };
    const start = () => started;
    stream.writable = writable.initStream(lib.instantiate(writable.WritableStream));
    writable.setUp(stream.writable, {
      start, write: (chunk) => sinkWrite(stream, chunk), close: () => sinkClose(stream), abort: (reason) => sinkAbort(stream, reason),
      highWaterMark: writableMark, size: writableSize,
    });
    stream.readable = initStream(lib.instantiate(ReadableStream));
    setUpDefault(stream.readable, {
      start, pull: () => sourcePull(stream), cancel: (reason) => sourceCancel(stream, reason), highWaterMark: readableMark, size: readableSize,
    });
    setBackpressure(stream, true);
    return stream;
  };
  const setUpController = (stream, { transform, flush, cancel }) => {
    const object = lib.instantiate(TransformStreamDefaultController);
    stream.controller = lib.init(object, 'TransformStreamDefaultController', { __proto__: null, stream, object, transform, flush, cancel, finish: undefined });
    return stream.controller;
  };
  // A transform stream of the platform's own; transform(chunk, controller) and flush(controller) may throw.
  const createTransform = (object, { transform, flush = () => undefined }) => {
    const stream = initialize(object, promiseResolve(undefined), 1, () => 1, 0, () => 1);
    setUpController(stream, {
      transform: (chunk) => lib.promised(() => transform(chunk, stream.controller)),
      flush: () => lib.promised(() => flush(stream.controller)),
      cancel: () => promiseResolve(undefined),
    });
    return stream;
  };
  function TransformStream() {
    lib.requireNew(new.target, 'TransformStream');
    const transformer = arguments[0];
    if (transformer !== undefined && !lib.isObject(transformer)) throw new TypeError('TransformStream: the transformer is no object');
    const writableStrategy = strategyOf(arguments[1], 'TransformStream');
    const readableStrategy = strategyOf(arguments[2], 'TransformStream');
    const members = { __proto__: null };
    if (transformer !== undefined) {
      members.cancel = callbackOf(transformer, 'cancel', 'TransformStream');
      members.flush = callbackOf(transformer, 'flush', 'TransformStream');
      const { readableType } = transformer;
      members.start = callbackOf(transformer, 'start', 'TransformStream');
      members.transform = callbackOf(transformer, 'transform', 'TransformStream');
      const { writableType } = transformer;
      if (readableType !== undefined || writableType !== undefined) throw new RangeError('TransformStream: the sides have no type');
    }
    const readableMark = extractHighWaterMark(readableStrategy, 0);
    const readableSize = extractSize(readableStrategy);
    const writableMark = extractHighWaterMark(writableStrategy, 1);
    const writableSize = extractSize(writableStrategy);
    const started = deferred();
    const stream = initialize(this, started.promise, writableMark, writableSize, readableMark, readableSize);
    lib.init(this, 'TransformStream', stream);
    const controller = setUpController(stream, {
      transform: members.transform === undefined
        ? (chunk) => lib.promised(() => enqueue(controller, chunk))
        : algorithm(members.transform, transformer),
      flush: algorithm(members.flush, transformer),
      cancel: algorithm(members.cancel, transformer),
    });
    started.resolve(members.start === undefined ? undefined : apply(members.start, transformer, [controller.object]));
  }
  lib.implement(TransformStream, {
    prototype: {
      get readable() { return streamOf(this).readable.object; },
      get writable() { return streamOf(this).writable.object; },
    },
  });
  const controllerOf = (object) => lib.state(object, 'TransformStreamDefaultController');
  const TransformStreamDefaultController = lib.implementAbstract('TransformStreamDefaultController', {
    prototype: {
      get desiredSize() {
        const { readable } = controllerOf(this).stream;
        return readable.controller.desiredSize();
      },
      enqueue() { enqueue(controllerOf(this), arguments[0]); },
      error() { errorStream(controllerOf(this).stream, arguments[0]); },
      terminate() { terminate(controllerOf(this)); },
    },
  });

  // --- The two streams of the Encoding Standard ---------------------------------------------------------------------
  const sides = (brand) => ({
    get readable() { return lib.state(this, brand).stream.readable.object; },
    get writable() { return lib.state(this, brand).stream.writable.object; },
  });
  const decodeChunk = (state, chunk, controller) => {
    if (chunk !== undefined && !lib.isBufferSource(chunk)) throw new TypeError('TextDecoderStream: a chunk is no buffer source');
    const text = ops.decoderDecode(state.decoder, chunk === undefined ? '' : lib.bytesToRust(chunk), chunk === undefined, state.fatal);
    if (text !== '') enqueue(controller, text);
  };
  const initDecoder = (object, encoding, fatal, ignoreBOM) => {
    const state = lib.init(object, 'TextDecoderStream', { encoding, fatal, ignoreBOM, decoder: ops.decoderNew(encoding, ignoreBOM), stream: null });
    state.stream = createTransform(object, {
      transform(chunk, controller) {
        if (chunk === undefined) throw new TypeError('TextDecoderStream: a chunk is no buffer source');
        decodeChunk(state, chunk, controller);
      },
      flush: (controller) => decodeChunk(state, undefined, controller),
    });
    return state;
  };
  function TextDecoderStream() {
    lib.requireNew(new.target, 'TextDecoderStream');
    const label = arguments[0] === undefined ? 'utf-8' : convert.USVString(arguments[0]);
    const options = convert.dictionary(arguments[1], 'TextDecoderStream');
    const fatal = !!options.fatal;
    const ignoreBOM = !!options.ignoreBOM;
    const encoding = ops.encodingForLabel(label);
    if (encoding === undefined || encoding === null) throw new RangeError(`TextDecoderStream: '${label}' is no encoding`);
    initDecoder(this, encoding, fatal, ignoreBOM);
  }
  lib.implement(TextDecoderStream, {
    prototype: withMembers(sides('TextDecoderStream'), {
      get encoding() { return lib.state(this, 'TextDecoderStream').encoding; },
      get fatal() { return lib.state(this, 'TextDecoderStream').fatal; },
      get ignoreBOM() { return lib.state(this, 'TextDecoderStream').ignoreBOM; },
    }),
  });
  function TextEncoderStream() {
    lib.requireNew(new.target, 'TextEncoderStream');
    let high = '';
    const encode = (text, controller) => {
      if (text.length > 0) enqueue(controller, ops.dataBytes(ops.dataFromText(toWellFormed(text)), ''));
    };
    const stream = createTransform(this, {
      transform(chunk, controller) {
        let text = high + convert.DOMString(chunk);
        high = '';
        const last = text.length === 0 ? 0 : charCodeAt(text, text.length - 1);
        // Half of a pair waits for the other.
        if (last >= 0xd800 && last <= 0xdbff) {
          high = text[text.length - 1];
          text = stringSlice(text, 0, -1);
        }
        encode(text, controller);
      },
      flush: (controller) => encode(high, controller),
    });
    lib.init(this, 'TextEncoderStream', { stream });
  }
  lib.implement(TextEncoderStream, {
    prototype: withMembers(sides('TextEncoderStream'), {
      get encoding() { lib.state(this, 'TextEncoderStream'); return 'utf-8'; },
    }),
  });

  // --- For bodies ---------------------------------------------------------------------------------------------------
  const { pipeTo, handled } = lib.streams;
  const throughTransform = (stream, transform) => {
    handled(pipeTo(stream, transform.writable));
    return transform.readable;
  };
  // A stream that gives what another would: that one is locked and disturbed.
  lib.streams.proxy = (stream) => throughTransform(stream, createTransform({}, { transform: (chunk, controller) => enqueue(controller, chunk) }));
  // The text of a stream of bytes.
  lib.streams.decoded = (stream) =>
    throughTransform(stream, initDecoder(lib.instantiate(TextDecoderStream), 'utf-8', false, false).stream);
}
