// XMLHttpRequest.

export default function (ops, lib, global) {
  const { indexOf, parse, push } = lib.primordials;
  const { convert } = lib;
  const UNSENT = 0, OPENED = 1, HEADERS_RECEIVED = 2, LOADING = 3, DONE = 4;
  const constants = { UNSENT, OPENED, HEADERS_RECEIVED, LOADING, DONE };
  const invalidState = (text) => new DOMException(text, 'InvalidStateError');
  const { isWindow } = lib;
  const invalidAccess = () => new DOMException('this does not go with a synchronous request', 'InvalidAccessError');

  const targetPrototype = {};
  lib.defineEventHandlers(targetPrototype, ['loadstart', 'progress', 'abort', 'error', 'load', 'timeout', 'loadend']);
  const XMLHttpRequestEventTarget = lib.defineAbstractInterface('XMLHttpRequestEventTarget', { parent: lib.EventTarget, prototype: targetPrototype });
  const XMLHttpRequestUpload = lib.defineAbstractInterface('XMLHttpRequestUpload', { parent: XMLHttpRequestEventTarget });
  const { ProgressEvent } = global;
  const fireProgress = (target, type, loaded, total) =>
    lib.fire(target, type, { lengthComputable: total !== 0, loaded, total }, ProgressEvent);
  const fireChange = (xhr) => lib.fire(xhr, 'readystatechange');
  const stateOf = (xhr) => lib.state(xhr, 'XMLHttpRequest');

  // `response` is null for a network error; `received` are the pieces of the body.
  const NOTHING = { __proto__: null, response: null, received: null, receivedLength: 0, responseObject: undefined };
  function XMLHttpRequest() {
    lib.requireNew(new.target, 'XMLHttpRequest');
    lib.initEventTarget(this);
    const upload = lib.instantiate(XMLHttpRequestUpload);
    lib.initEventTarget(upload);
    lib.init(this, 'XMLHttpRequest', {
      upload, state: UNSENT, sent: false, timeout: 0, withCredentials: false, opened: null, synchronous: false, uploadComplete: false,
      uploadListener: false, timedOut: false, responseType: '', overrideType: null, operation: null, timer: null, started: 0,
      progressAt: 0, body: null, ...NOTHING,
    });
  }
  const forgetResponse = (state) => {
    state.response = null;
    state.received = null;
    state.receivedLength = 0;
    state.responseObject = undefined;
  };
  const stopTimer = (state) => {
    if (state.timer !== null) lib.clearTimer(state.timer);
    state.timer = null;
  };
  const terminate = (state) => {
    stopTimer(state);
    if (state.body !== null) lib.bodies.drop(state.body);
    state.body = null;
    if (state.operation === null) return;
    lib.forget(state.operation);
    ops.fetchAbort(state.operation);
    state.operation = null;
  };
  // The request error steps.
  const requestError = (xhr, state, type, exception) => {
    state.state = DONE;
    state.sent = false;
    forgetResponse(state);
    if (state.synchronous) throw exception;
    fireChange(xhr);
    if (!state.uploadComplete) {
      state.uploadComplete = true;
      if (state.uploadListener) {
        fireProgress(state.upload, type, 0, 0);
        fireProgress(state.upload, 'loadend', 0, 0);
      }
    }
    fireProgress(xhr, type, 0, 0);
    fireProgress(xhr, 'loadend', 0, 0);
  };
  // Handle errors: of a response that is none.
  const handleErrors = (xhr, state, aborted) => {
    if (!state.sent) return;
    if (state.timedOut) requestError(xhr, state, 'timeout', new DOMException('no answer came in time', 'TimeoutError'));
    else if (aborted) requestError(xhr, state, 'abort', new DOMException('the request was aborted', 'AbortError'));
    else if (state.response === null) requestError(xhr, state, 'error', new DOMException('the request failed', 'NetworkError'));
  };
  const armTimer = (xhr, state) => {
    stopTimer(state);
    if (state.timeout === 0 || state.operation === null) return;
    const left = state.timeout - (ops.now() - state.started);
    state.timer = lib.setTimer(left < 0 ? 0 : left, () => {
      state.timer = null;
      state.timedOut = true;
      terminate(state);
      handleErrors(xhr, state, false);
    });
  };
  // Handle response end-of-body. `goesOn` says whether a listener has not made another request of it.
  const endOfBody = (xhr, state, goesOn) => {
    handleErrors(xhr, state, false);
    if (state.response === null) return;
    const transmitted = state.receivedLength;
    const length = ops.xhrLength(state.response);
    if (!state.synchronous) {
      fireProgress(xhr, 'progress', transmitted, length);
      if (!goesOn()) return;
    }
    state.operation = null;
    state.body = null;
    stopTimer(state);
    state.state = DONE;
    state.sent = false;
    const isDone = () => state.opened === opened && state.state === DONE;
    const { opened } = state;
    fireChange(xhr);
    if (!isDone()) return;
    fireProgress(xhr, 'load', transmitted, length);
    if (!isDone()) return;
    fireProgress(xhr, 'loadend', transmitted, length);
  };
  // How long no further progress is told of, in milliseconds: the standard says roughly.
  const PROGRESS = 50;
  const processResponse = (xhr, state, length, response, aborted) => {
    const { opened } = state;
    // Calls of open(), send() or abort() in listeners end what is left to do here.
    const goesOn = () => state.opened === opened && state.sent;
    // The request's body has gone out before.
    if (response !== null && !state.uploadComplete) {
      state.uploadComplete = true;
      if (state.uploadListener) {
        fireProgress(state.upload, 'progress', length, length);
        fireProgress(state.upload, 'load', length, length);
        fireProgress(state.upload, 'loadend', length, length);
        if (!goesOn()) return;
      }
    }
    state.response = response;
    if (response === null) {
      state.operation = null;
      stopTimer(state);
      handleErrors(xhr, state, aborted);
      return;
    }
    state.state = HEADERS_RECEIVED;
    fireChange(xhr);
    if (!goesOn() || state.state !== HEADERS_RECEIVED) return;
    const body = lib.bodies.ofResponse('XMLHttpRequest.response', response);
    if (body === null) {
      endOfBody(xhr, state, goesOn);
      return;
    }
    const total = ops.xhrLength(response);
    state.received = [];
    state.progressAt = ops.now();
    const processChunk = (bytes) => {
      if (!goesOn()) return;
      push(state.received, bytes);
      state.receivedLength += ops.dataSize(bytes);
      // SPEC: as browsers do it, the first piece changes the state at once, and progress is told of when that time has
      // passed since the headers came or it was last told of. Counted from the last piece, many small ones never would be.
      const isFirst = state.state === HEADERS_RECEIVED;
      const isTime = ops.now() - state.progressAt >= PROGRESS;
      if (!isFirst && !isTime) return;
      state.state = LOADING;
      fireChange(xhr);
      if (!isTime || !goesOn()) return;
      state.progressAt = ops.now();
      fireProgress(xhr, 'progress', state.receivedLength, total);
    };
    state.body = body;
    lib.bodies.incrementallyRead(body, processChunk, () => {
      if (goesOn()) endOfBody(xhr, state, goesOn);
    }, () => {
      if (!goesOn()) return;
      state.response = null;
      state.operation = null;
      stopTimer(state);
      handleErrors(xhr, state, false);
    });
  };
  const sendSynchronously = (xhr, state, request) => {
    const outcome = ops.xhrSendSynchronously(request, state.timeout);
    if (outcome === undefined || outcome === null) {
      state.sent = false;
      throw new DOMException('synchronous requests are not available here', 'InvalidAccessError');
    }
    state.timedOut = outcome.timedOut;
    const { response } = outcome;
    if (response !== null) {
      state.response = response;
      const data = ops.responseBody(response);
      if (data !== undefined && data !== null) {
        state.received = [data];
        state.receivedLength = ops.dataSize(data);
      }
    }
    const { opened } = state;
    handleErrors(xhr, state, outcome.aborted);
    endOfBody(xhr, state, () => state.opened === opened);
  };
  const RESPONSE_TYPES = ['', 'arraybuffer', 'blob', 'document', 'json', 'text'];
  const hasBody = (state) => state.response !== null && ops.responseFlag(state.response, 'hasBody');
  const receivedData = (state) => {
    const { received } = state;
    if (received !== null && received.length === 1) return received[0];
    const data = ops.dataConcat(received ?? []);
    if (received !== null) state.received = [data];
    return data;
  };
  const textResponse = (state, how = 'XMLHttpRequest.responseText') =>
    (hasBody(state) ? ops.xhrText(state.response, receivedData(state), state.overrideType, how) : '');
  // Set a document response.
  const documentResponse = (state) => {
    if (!hasBody(state)) return null;
    const kind = ops.xhrDocumentKind(state.response, state.overrideType);
    if (kind === 'xml') {
      // MODEL: there is no XML parser.
      ops.unmodelled('an XML response as a document');
      return null;
    }
    if (kind !== 'html' || state.responseType === '') return null;
    const document = lib.dom.parseDocument(textResponse(state, 'XMLHttpRequest.response'));
    document.contentType = 'text/html';
    document.url = ops.responseGet(state.response, 'url');
    return lib.dom.wrap(document);
  };

  const prototype = {
    get readyState() { return stateOf(this).state; },
    open(method, url) {
      const state = stateOf(this);
      lib.requireArguments(arguments.length, 2, 'XMLHttpRequest.open');
      method = convert.ByteString(method, 'XMLHttpRequest.open');
      url = convert.USVString(url);
      const asynchronous = arguments.length < 3 || !!arguments[2];
      const optional = (value) => (value === undefined || value === null ? null : convert.USVString(value));
      const opened = ops.xhrOpen(method, url, optional(arguments[3]), optional(arguments[4]));
      if (!asynchronous && isWindow && (state.timeout !== 0 || state.responseType !== '')) throw invalidAccess();
      terminate(state);
      state.sent = false;
      state.opened = opened;
      state.synchronous = !asynchronous;
      state.uploadListener = false;
      forgetResponse(state);
      if (state.state !== OPENED) {
        state.state = OPENED;
        fireChange(this);
      }
    },
    setRequestHeader(name, value) {
      const state = stateOf(this);
      lib.requireArguments(arguments.length, 2, 'XMLHttpRequest.setRequestHeader');
      name = convert.ByteString(name, 'XMLHttpRequest.setRequestHeader');
      value = convert.ByteString(value, 'XMLHttpRequest.setRequestHeader');
      if (state.state !== OPENED || state.sent) throw invalidState('the request is not open, or is sent already');
      ops.xhrSetRequestHeader(state.opened, name, value);
    },
    get timeout() { return stateOf(this).timeout; },
    set timeout(value) {
      const state = stateOf(this);
      value = convert.unsignedLong(value);
      if (isWindow && state.synchronous) throw invalidAccess();
      state.timeout = value;
      if (state.operation !== null) armTimer(this, state);
    },
    get withCredentials() { return stateOf(this).withCredentials; },
    set withCredentials(value) {
      const state = stateOf(this);
      if (state.state > OPENED || state.sent) throw invalidState('the request is sent already');
      state.withCredentials = !!value;
    },
    get upload() { return stateOf(this).upload; },
    send() {
      const state = stateOf(this);
      const body = arguments[0] === undefined ? null : arguments[0];
      const node = lib.peek(body, 'Node');
      const document = node !== undefined && node.type === lib.dom.DOCUMENT ? node : undefined;
      const converted = body === null ? null
        : document !== undefined ? ops.bodyInit('text', convert.USVString(lib.dom.serialize(document, false)), null, null)
          : lib.convertBody(body, { streams: false }).native;
      if (state.state !== OPENED || state.sent) throw invalidState('the request is not open, or is sent already');
      const ignored = ops.xhrIgnoresBody(state.opened);
      state.uploadListener = lib.state(state.upload, 'EventTarget').listeners.length > 0;
      const textual = !lib.isObject(body) || document !== undefined || lib.peek(body, 'URLSearchParams') !== undefined;
      const request = ops.xhrPrepare(state.opened, ignored ? null : converted, {
        __proto__: null, withCredentials: state.withCredentials, uploadListener: state.uploadListener, textual, html: document !== undefined,
      });
      const length = ops.xhrBodyLength(request);
      state.uploadComplete = length < 0;
      state.timedOut = false;
      state.sent = true;
      if (state.synchronous) {
        sendSynchronously(this, state, request);
        return;
      }
      const { opened } = state;
      fireProgress(this, 'loadstart', 0, 0);
      if (!state.uploadComplete && state.uploadListener) fireProgress(state.upload, 'loadstart', 0, length);
      if (state.state !== OPENED || !state.sent || state.opened !== opened) return;
      state.operation = lib.begin((response, aborted) => processResponse(this, state, length, response, aborted));
      state.started = ops.now();
      ops.xhrSend(state.operation, request);
      armTimer(this, state);
    },
    abort() {
      const state = stateOf(this);
      terminate(state);
      if ((state.state === OPENED && state.sent) || state.state === HEADERS_RECEIVED || state.state === LOADING) {
        requestError(this, state, 'abort');
      }
      if (state.state === DONE) {
        state.state = UNSENT;
        forgetResponse(state);
      }
    },
    get responseURL() {
      const { response } = stateOf(this);
      return response === null ? '' : ops.responseGet(response, 'url');
    },
    get status() {
      const { response } = stateOf(this);
      return response === null ? 0 : ops.responseStatus(response);
    },
    get statusText() {
      const { response } = stateOf(this);
      return response === null ? '' : ops.responseGet(response, 'statusText');
    },
    getResponseHeader(name) {
      const { response } = stateOf(this);
      lib.requireArguments(arguments.length, 1, 'XMLHttpRequest.getResponseHeader');
      name = convert.ByteString(name, 'XMLHttpRequest.getResponseHeader');
      return response === null ? null : ops.xhrGetHeader(response, name) ?? null;
    },
    getAllResponseHeaders() {
      const { response } = stateOf(this);
      return response === null ? '' : ops.xhrAllHeaders(response);
    },
    overrideMimeType(mime) {
      const state = stateOf(this);
      lib.requireArguments(arguments.length, 1, 'XMLHttpRequest.overrideMimeType');
      mime = convert.USVString(mime);
      if (state.state >= LOADING) throw invalidState('the response is there already');
      state.overrideType = ops.mimeType(mime) ?? 'application/octet-stream';
    },
    get responseType() { return stateOf(this).responseType; },
    set responseType(value) {
      const state = stateOf(this);
      value = convert.DOMString(value);
      // A value that is none is passed over.
      if (indexOf(RESPONSE_TYPES, value) < 0 || (value === 'document' && !isWindow)) return;
      if (state.state >= LOADING) throw invalidState('the response is there already');
      if (isWindow && state.synchronous) throw invalidAccess();
      state.responseType = value;
    },
    get response() {
      const state = stateOf(this);
      const type = state.responseType;
      if (type === '' || type === 'text') return state.state >= LOADING ? textResponse(state) : '';
      if (state.state !== DONE || state.response === null) return null;
      if (state.responseObject !== undefined) return state.responseObject;
      let object = null;
      switch (type) {
        case 'arraybuffer': object = lib.bufferOf(ops.dataBytes(receivedData(state), 'XMLHttpRequest.response')); break;
        case 'blob': object = lib.createBlob(receivedData(state), ops.xhrFinalType(state.response, state.overrideType)); break;
        case 'document': object = documentResponse(state); break;
        default:
          if (!hasBody(state)) return null;
          try { object = parse(ops.dataText(receivedData(state), 'XMLHttpRequest.response')); } catch { return null; }
      }
      state.responseObject = object;
      return object;
    },
    get responseText() {
      const state = stateOf(this);
      if (state.responseType !== '' && state.responseType !== 'text') throw invalidState('the response type is not text');
      return state.state >= LOADING ? textResponse(state) : '';
    },
    get responseXML() {
      const state = stateOf(this);
      if (state.responseType !== '' && state.responseType !== 'document') throw invalidState('the response type is not document');
      if (state.state !== DONE || state.response === null) return null;
      if (state.responseObject === undefined) state.responseObject = documentResponse(state);
      return state.responseObject;
    },
  };
  if (!isWindow) delete prototype.responseXML;
  lib.defineEventHandlers(prototype, ['readystatechange']);
  lib.defineInterface(XMLHttpRequest, { prototype, parent: XMLHttpRequestEventTarget, constants });
}
