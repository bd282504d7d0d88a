// Bodies of requests and responses: what a script gave or a fetch brought, as bytes that are there or as a stream. The
// stream of bytes that are there is made when a script asks for it.

export default function (ops, lib, global) {
  const { push } = lib.primordials;
  const { streams } = lib;
  const { convert } = lib;
  const UsedError = () => new TypeError('the body is used already');

  // `data` are the bytes, null for a script's own stream; `taken` says that they were read before there was a stream;
  // `how` says by what scripts get them from the stream; `outside` whether what a stream gives came from outside.
  const createBody = (how, data, { stream = null, outside = false } = {}) =>
    ({ __proto__: null, how, data, stream, outside, taken: false, failure: null, failReading: null });
  const closeByte = (controller) => {
    controller.close();
    if (streams.sizeOf(controller.pending) > 0) streams.byteController.respond(controller, 0);
  };
  const streamOf = (body) => {
    if (body.stream !== null) return body.stream;
    const { data } = body;
    const stream = streams.createStream(streams.setUpByte, {
      highWaterMark: 0,
      pull() {
        const bytes = ops.dataBytes(data, body.how);
        if (bytes.length > 0) stream.controller.enqueue(bytes);
        closeByte(stream.controller);
        return lib.primordials.promiseResolve(undefined);
      },
      cancel: () => lib.primordials.promiseResolve(undefined),
    });
    body.stream = stream;
    if (body.failure !== null) stream.controller.error(body.failure.reason);
    if (body.taken) {
      stream.controller.close();
      streams.createReader(stream, 'default');
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
      body.taken = true;
      if (body.failure !== null) fail(body.failure.reason);
      else success(body.data);
      return;
    }
    let reader;
    try {
      reader = streams.createReader(body.stream, 'default');
    } catch (error) {
      fail(error);
      return;
    }
    const parts = [];
    streams.readAll(reader, (chunk) => {
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
    if (body.failure !== null) {
      onError(body.failure.reason);
      return;
    }
    body.taken = true;
    if (ops.dataSize(body.data) > 0) onChunk(body.data);
    onEnd();
  };
  const copyChunk = (chunk) => lib.deserialize(lib.serialize(chunk));
  const clone = (body) => {
    if (body === null) return null;
    const copy = createBody(body.how, body.data, { outside: body.outside });
    copy.failure = body.failure;
    if (body.stream !== null) {
      const branches = streams.tee(body.stream, copyChunk);
      body.stream = branches[0];
      copy.stream = branches[1];
    }
    return copy;
  };
  // A body for another object; this one's is gone then.
  const transfer = (body) => {
    const proxy = createBody(body.how, body.data, { outside: body.outside });
    if (body.stream === null) body.taken = true;
    else proxy.stream = streams.proxy(body.stream);
    return proxy;
  };
  // Whoever reads it, or will, gets this error.
  const fail = (body, reason) => {
    if (body === null) return;
    if (body.stream !== null) {
      if (body.stream.state === 'readable') body.stream.controller.error(reason);
    } else if (!body.taken && ops.dataSize(body.data) > 0) body.failure = { reason };
  };
  const cancel = (body, reason) => {
    if (body === null || body.stream === null || body.stream.state !== 'readable') return;
    streams.handled(streams.cancelStream(body.stream, reason));
  };
  lib.bodies = {
    __proto__: null, createBody, streamOf, isUsed, isUnusable, fullyRead, incrementallyRead, clone, transfer, fail, cancel,
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
      const promise = streams.deferred();
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
      blob() { return consume(this, `${brand}.blob()`, (data, how, state) => lib.createBlob(data, mimeTypeOf(state) ?? '')); },
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
            result = streams.createStream(streams.setUpDefault, { pull: () => promiseResolve(undefined), cancel: () => promiseResolve(undefined), highWaterMark: 1, size: () => 1 });
          },
          close() { result.controller.close(); },
          pipeThroughDecoder() { result = streams.decoded(streamOf(body)); },
        });
        return result.object;
      },
    };
    for (const key in members) defineProperty(prototype, key, getOwnPropertyDescriptor(members, key));
    return prototype;
  };
}
