// Bodies of requests and responses: what a script gave or a fetch brought, as bytes that are there or as a stream. The
// stream of bytes that are there is made when a script asks for it.

export default function (ops, lib, global) {
  const { push } = lib.primordials;
  const { convert } = lib;
  const UsedError = () => new TypeError('the body is used already');

  // `data` are the bytes, null for a script's own stream; `taken` says that they were read before there was a stream;
  // `how` says by what scripts get them from the stream; `outside` whether what a stream gives came from outside.
  // `remote` is a native response whose body is still arriving.
  const createBody = (how, data, { stream = null, outside = false, remote = null } = {}) =>
    ({ __proto__: null, how, data, stream, remote, outside, taken: false, failure: null, reading: null, ahead: null, arriving: null });
  // Of a native response: null, what is there, or what arrives.
  const ofResponse = (how, native) => {
    const data = ops.responseBody(native);
    if (data !== undefined && data !== null) return createBody(how, data);
    return ops.responseFlag(native, 'hasBody') ? createBody(how, null, { remote: native, outside: true }) : null;
  };
  // Waits for the next chunk of a body that arrives. `reading` is the one who waits.
  const readRemote = (body, onChunk, onEnd, onError) => {
    const operation = lib.begin(() => {
      body.reading = null;
      const chunk = ops.responseChunk(body.remote);
      if (chunk === null) onEnd();
      else if (chunk === 'aborted') onError(new DOMException('The operation was aborted', 'AbortError'));
      else if (chunk === 'failed') onError(new TypeError('network error'));
      else onChunk(chunk);
    });
    body.reading = { operation, onError };
    try {
      ops.responseRead(body.remote, operation);
    } catch (error) {
      stopReading(body);
      onError(error);
    }
  };
  const stopReading = (body) => {
    const { reading } = body;
    body.reading = null;
    if (reading === null) return undefined;
    lib.forget(reading.operation);
    ops.fetchAbort(reading.operation);
    return reading.onError;
  };
  // Nobody wants the rest of it.
  const drop = (body) => {
    stopReading(body);
    if (body.remote !== null) ops.responseCancel(body.remote);
  };
  const closeByte = (controller) => {
    controller.close();
    if (lib.streams.sizeOf(controller.pending) > 0) lib.streams.byteController.respond(controller, 0);
  };
  // Waits for the next chunk before somebody wants it: so the stream learns that the body has ended, or broken off, even
  // if nobody reads. What comes is kept until it is wanted.
  const lookAhead = (body, stream) => {
    const ahead = body.ahead = { __proto__: null, chunk: null, wanted: null };
    const settle = (steps) => {
      body.ahead = null;
      if (stream.state === 'readable') steps();
      ahead.wanted?.resolve(undefined);
    };
    readRemote(body, (chunk) => {
      ahead.chunk = chunk;
      if (ahead.wanted !== null) deliver(body, stream, ahead.wanted);
    }, () => settle(() => closeByte(stream.controller)), (error) => settle(() => stream.controller.error(error)));
  };
  const deliver = (body, stream, pulled) => {
    const { chunk } = body.ahead;
    body.ahead = null;
    stream.controller.enqueue(ops.chunkBytes(chunk, body.how));
    pulled.resolve(undefined);
    lookAhead(body, stream);
  };
  const pullRemote = (body, stream) => {
    const pulled = lib.deferred();
    if (body.ahead === null) lookAhead(body, stream);
    // It may have ended or broken off at once.
    if (body.ahead === null) pulled.resolve(undefined);
    else if (body.ahead.chunk !== null) deliver(body, stream, pulled);
    else body.ahead.wanted = pulled;
    return pulled.promise;
  };
  const streamOf = (body) => {
    if (body.stream !== null) return body.stream;
    const { data } = body;
    const stream = lib.streams.createStream(lib.streams.setUpByte, {
      highWaterMark: 0,
      pull() {
        if (body.remote !== null) return pullRemote(body, stream);
        const bytes = ops.dataBytes(data, body.how);
        if (bytes.length > 0) stream.controller.enqueue(bytes);
        closeByte(stream.controller);
        return lib.primordials.promiseResolve(undefined);
      },
      cancel() {
        drop(body);
        return lib.primordials.promiseResolve(undefined);
      },
    });
    body.stream = stream;
    if (body.remote !== null) body.arriving = stream;
    else stream.isWhole = true;
    if (body.failure !== null) stream.controller.error(body.failure.reason);
    if (body.taken) {
      // Somebody reads it, or has.
      stream.controller.close();
      lib.streams.createReader(stream, 'default');
      stream.disturbed = true;
    }
    return stream;
  };
  const isUsed = (body) => body !== null && (body.stream === null ? body.taken : body.stream.disturbed);
  const isUnusable = (body) =>
    body !== null && (body.stream === null ? body.taken : body.stream.disturbed || body.stream.reader !== null);
  // Reads all of it. One of the two is called, at once if the bytes are there.
  const fullyRead = (body, success, fail) => {
    if (body.stream === null) {
      const parts = [];
      incrementallyRead(body, (data) => push(parts, data), () => success(parts.length === 1 ? parts[0] : ops.dataConcat(parts)), fail);
      return;
    }
    let reader;
    try {
      reader = lib.streams.createReader(body.stream, 'default');
    } catch (error) {
      fail(error);
      return;
    }
    const parts = [];
    lib.streams.readAll(reader, (chunk) => {
      if (!lib.isView(chunk) || lib.typedName(chunk) !== 'Uint8Array') {
        fail(new TypeError('a chunk of the body is no Uint8Array'));
        return false;
      }
      push(parts, lib.dataOf(chunk));
      return true;
    }, () => {
      const data = parts.length === 1 ? parts[0] : ops.dataConcat(parts);
      success(body.outside ? ops.dataFromOutside(data) : data);
    }, fail);
  };
  // Reads it as it comes: onChunk is called with native data, and then one of the others.
  const incrementallyRead = (body, onChunk, onEnd, onError) => {
    body.taken = true;
    if (body.failure !== null) {
      onError(body.failure.reason);
      return;
    }
    if (body.remote === null) {
      if (ops.dataSize(body.data) > 0) onChunk(body.data);
      onEnd();
      return;
    }
    const step = () => readRemote(body, (chunk) => {
      onChunk(ops.chunkData(chunk));
      // Whoever got it may want no more.
      if (body.failure === null) step();
    }, onEnd, onError);
    step();
  };
  const copyChunk = (chunk) => lib.deserialize(lib.serialize(chunk));
  const clone = (body) => {
    if (body === null) return null;
    if (body.remote !== null) streamOf(body);
    const copy = createBody(body.how, body.data, { outside: body.outside });
    copy.failure = body.failure;
    if (body.stream !== null) {
      const branches = lib.streams.tee(body.stream, copyChunk);
      body.stream = branches[0];
      copy.stream = branches[1];
    }
    return copy;
  };
  // A body for another object; this one's is gone then.
  const transfer = (body) => {
    if (body.remote !== null) streamOf(body);
    const proxy = createBody(body.how, body.data, { outside: body.outside });
    if (body.stream === null) body.taken = true;
    else proxy.stream = lib.streams.proxy(body.stream);
    return proxy;
  };
  // Whoever reads it, or will, gets this error.
  const fail = (body, reason) => {
    if (body === null) return;
    if (body.stream !== null) {
      // The fetch is aborted, and so is what arrives, for all branches.
      if (body.arriving?.state === 'readable') body.arriving.controller.error(reason);
      if (body.stream.state === 'readable') body.stream.controller.error(reason);
      drop(body);
    } else if (body.remote !== null) {
      const isReading = body.reading !== null;
      if (body.taken && !isReading) return;
      body.failure = { reason };
      const onError = stopReading(body);
      ops.responseCancel(body.remote);
      if (isReading) onError(reason);
    } else if (!body.taken && ops.dataSize(body.data) > 0) body.failure = { reason };
  };
  const cancel = (body, reason) => {
    if (body === null || body.stream === null || body.stream.state !== 'readable') return;
    lib.streams.handled(lib.streams.cancelStream(body.stream, reason));
  };
  lib.bodies = {
    __proto__: null, createBody, ofResponse, drop, streamOf, isUsed, isUnusable, fullyRead, incrementallyRead, clone, transfer, fail, cancel,
  };

  // --- BodyInit -----------------------------------------------------------------------------------------------------
  // A converted BodyInit: its native part, and the stream if it is one.
  lib.convertBody = (value, { streams: takesStreams = true } = {}) => {
    if (lib.isObject(value)) {
      const stream = takesStreams ? lib.peek(value, 'ReadableStream') : undefined;
      if (stream !== undefined) {
        const unusable = stream.disturbed || stream.reader !== null;
        return { native: ops.bodyInit(unusable ? 'unusable stream' : 'stream', null, null, null), stream };
      }
      const blob = lib.peek(value, 'Blob');
      if (blob !== undefined) return { native: ops.bodyInit('blob', blob.type, blob.data, null), stream: null };
      if (lib.isBufferSource(value)) return { native: ops.bodyInit('bytes', null, lib.dataOf(value), null), stream: null };
      const form = lib.peek(value, 'FormData');
      if (form !== undefined) return { native: ops.bodyInit('form', null, null, lib.entriesToRust(form.list)), stream: null };
      if (lib.peek(value, 'URLSearchParams') !== undefined) return { native: ops.bodyInit('query', lib.serializeParams(value), null, null), stream: null };
    }
    return { native: ops.bodyInit('text', convert.USVString(value), null, null), stream: null };
  };

  // --- The members of the Body mixin --------------------------------------------------------------------------------
  const { defineProperty, getOwnPropertyDescriptor, parse } = lib.primordials;
  const mimeTypeOf = (state) => ops.headersMimeType(lib.state(state.headers, 'Headers').native);
  lib.bodyMixin = (brand, prototype) => {
    // consume body: the order of its steps is the native operation's.
    const consume = (object, how, convertBytes) => lib.promised(() => {
      const state = lib.state(object, brand);
      const { body } = state;
      const promise = lib.deferred();
      const failed = (error) => promise.reject(error);
      const succeeded = (data) => {
        let value;
        try {
          value = convertBytes(data, how, state);
        } catch (error) {
          failed(error);
          return;
        }
        promise.resolve(value);
      };
      ops.consumeBody({
        __proto__: null,
        unusable: isUnusable(body),
        empty: body === null,
        rejectWithTypeError() { promise.reject(UsedError()); },
        succeedWithNothing() { succeeded(ops.dataFromText('')); },
        fullyRead() { fullyRead(body, succeeded, failed); },
      });
      return promise.promise;
    });
    const members = {
      get body() {
        const { body } = lib.state(this, brand);
        return body === null ? null : streamOf(body).object;
      },
      get bodyUsed() { return isUsed(lib.state(this, brand).body); },
      arrayBuffer() { return consume(this, `${brand}.arrayBuffer()`, (data, how) => lib.bufferOf(ops.dataBytes(data, how))); },
      blob() { return consume(this, `${brand}.blob()`, (data, how, state) => lib.createBlob(data, lib.primordials.toLowerCase(mimeTypeOf(state) ?? ''))); },
      bytes() { return consume(this, `${brand}.bytes()`, (data, how) => ops.dataBytes(data, how)); },
      formData() {
        return consume(this, `${brand}.formData()`, (data, how, state) =>
          lib.createFormData(ops.dataForm(data, lib.state(state.headers, 'Headers').native, how)));
      },
      json() { return consume(this, `${brand}.json()`, (data, how) => parse(ops.dataText(data, how))); },
      text() { return consume(this, `${brand}.text()`, (data, how) => ops.dataText(data, how)); },
      textStream() {
        const { body } = lib.state(this, brand);
        let result;
        ops.textStream({
          __proto__: null,
          unusable: isUnusable(body),
          empty: body === null,
          throwTypeError() { throw UsedError(); },
          newStream() {
            const { promiseResolve } = lib.primordials;
            result = lib.streams.createStream(lib.streams.setUpDefault, { pull: () => promiseResolve(undefined), cancel: () => promiseResolve(undefined), highWaterMark: 1, size: () => 1 });
          },
          close() { result.controller.close(); },
          pipeThroughDecoder() { result = lib.streams.decoded(streamOf(body)); },
        });
        return result.object;
      },
    };
    for (const key in members) defineProperty(prototype, key, getOwnPropertyDescriptor(members, key));
    return prototype;
  };
}
