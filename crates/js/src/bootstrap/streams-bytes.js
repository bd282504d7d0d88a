// Streams, the readable side: the controllers of byte streams, and the requests that readers bring their own buffers with.

export default function (ops, lib, global) {
  const { push } = lib.primordials;
  const { View, Buffer, Bytes, bufferLength, isDetached, set, transfer: transferBuffer, slice: sliceBuffer } = lib.buffers;
  const { constructors, sizes: elementSizes } = lib.buffers.arrays;
  const {
    createQueue, sizeOf, first, shift, resetQueue, hasReader, numRequests, closeStream, errorStream, desiredSize, clearAlgorithms,
    callPullIfNeeded, createController, startController, unsignedLongLong,
  } = lib.streams;
  const min = (one, other) => (one < other ? one : other);

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

  lib.extend(lib.streams, { setUpByte, byteController, byobRequestOf: byobRequest, viewOn, sliceBuffer });
}
