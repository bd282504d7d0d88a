// XMLHttpRequest. Synchronous requests are absent: open() with async false throws.

export default function (ops, lib, global) {
  const { indexOf, parse } = lib.primordials;
  const { convert } = lib;
  const UNSENT = 0, OPENED = 1, HEADERS_RECEIVED = 2, LOADING = 3, DONE = 4;
  const constants = { UNSENT, OPENED, HEADERS_RECEIVED, LOADING, DONE };
  const invalidState = (text) => new DOMException(text, 'InvalidStateError');

  const targetPrototype = {};
  lib.defineEventHandlers(targetPrototype, ['loadstart', 'progress', 'abort', 'error', 'load', 'timeout', 'loadend']);
  const XMLHttpRequestEventTarget = lib.defineAbstractInterface('XMLHttpRequestEventTarget', { parent: lib.EventTarget, prototype: targetPrototype });
  const XMLHttpRequestUpload = lib.defineAbstractInterface('XMLHttpRequestUpload', { parent: XMLHttpRequestEventTarget });
  const { ProgressEvent } = global;
  const fireProgress = (target, type, loaded, total) =>
    lib.fire(target, type, { lengthComputable: total !== 0, loaded, total }, ProgressEvent);
  const fireChange = (xhr) => lib.fire(xhr, 'readystatechange');
  const stateOf = (xhr) => lib.state(xhr, 'XMLHttpRequest');

  function XMLHttpRequest() {
    lib.requireNew(new.target, 'XMLHttpRequest');
    lib.initEventTarget(this);
    const upload = lib.instantiate(XMLHttpRequestUpload);
    lib.initEventTarget(upload);
    lib.init(this, 'XMLHttpRequest', {
      upload, state: UNSENT, sent: false, timeout: 0, withCredentials: false, opened: null, uploadComplete: false,
      uploadListener: false, response: null, responseType: '', responseObject: undefined, overrideType: null,
      operation: null, timer: null, started: 0,
    });
  }
  const terminate = (state) => {
    if (state.timer !== null) lib.clearTimer(state.timer);
    state.timer = null;
    if (state.operation === null) return;
    lib.forget(state.operation);
    ops.fetchAbort(state.operation);
    state.operation = null;
  };
  // The request error steps.
  const requestError = (xhr, state, type) => {
    state.state = DONE;
    state.sent = false;
    state.response = null;
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
  const armTimer = (xhr, state) => {
    if (state.timer !== null) lib.clearTimer(state.timer);
    state.timer = null;
    if (state.timeout === 0 || state.operation === null) return;
    const left = state.timeout - (ops.now() - state.started);
    state.timer = lib.setTimer(left < 0 ? 0 : left, () => {
      state.timer = null;
      terminate(state);
      requestError(xhr, state, 'timeout');
    });
  };
  // The whole answer is there at once.
  const receive = (xhr, state, length, response, aborted) => {
    const { operation } = state;
    if (state.timer !== null) lib.clearTimer(state.timer);
    state.timer = null;
    state.operation = null;
    // Calls of open(), send() or abort() in listeners end what is left to do here.
    const { opened } = state;
    const goneOn = () => state.opened !== opened || !state.sent;
    if (response !== null && !state.uploadComplete) {
      state.uploadComplete = true;
      if (state.uploadListener) {
        fireProgress(state.upload, 'progress', length, length);
        fireProgress(state.upload, 'load', length, length);
        fireProgress(state.upload, 'loadend', length, length);
        if (goneOn()) return;
      }
    }
    if (response === null) {
      requestError(xhr, state, aborted ? 'abort' : 'error');
      return;
    }
    state.response = response;
    state.state = HEADERS_RECEIVED;
    fireChange(xhr);
    if (goneOn() || state.state !== HEADERS_RECEIVED) return;
    const total = ops.xhrLength(response);
    const received = ops.dataSize(ops.xhrBytes(response));
    if (ops.responseFlag(response, 'hasBody') && received > 0) {
      state.state = LOADING;
      fireChange(xhr);
      if (goneOn()) return;
    }
    fireProgress(xhr, 'progress', received, total);
    if (goneOn()) return;
    state.state = DONE;
    state.sent = false;
    fireChange(xhr);
    if (state.opened !== opened || state.state !== DONE) return;
    fireProgress(xhr, 'load', received, total);
    if (state.opened !== opened || state.state !== DONE) return;
    fireProgress(xhr, 'loadend', received, total);
  };
  const RESPONSE_TYPES = ['', 'arraybuffer', 'blob', 'document', 'json', 'text'];
  const textResponse = (state) =>
    state.response === null ? '' : ops.xhrText(state.response, state.overrideType, 'XMLHttpRequest.responseText');

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
      // MODEL: there are no synchronous requests.
      if (!asynchronous) throw new DOMException('synchronous requests are not available', 'InvalidAccessError');
      terminate(state);
      state.sent = false;
      state.opened = opened;
      state.uploadListener = false;
      state.response = null;
      state.responseObject = undefined;
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
      state.timeout = convert.unsignedLong(value);
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
      let body = arguments[0];
      const extracted = body === undefined || body === null ? null : lib.convertBody(body, { streams: false }).native;
      if (state.state !== OPENED || state.sent) throw invalidState('the request is not open, or is sent already');
      const ignored = ops.xhrIgnoresBody(state.opened);
      state.uploadListener = lib.state(state.upload, 'EventTarget').listeners.length > 0;
      const textual = !lib.isObject(body) || lib.peek(body, 'URLSearchParams') !== undefined;
      const request = ops.xhrPrepare(state.opened, ignored ? null : extracted, {
        __proto__: null, withCredentials: state.withCredentials, uploadListener: state.uploadListener, textual,
      });
      const length = ops.xhrBodyLength(request);
      state.uploadComplete = length < 0;
      state.sent = true;
      const { opened } = state;
      fireProgress(this, 'loadstart', 0, 0);
      if (!state.uploadComplete && state.uploadListener) fireProgress(state.upload, 'loadstart', 0, length);
      if (state.state !== OPENED || !state.sent || state.opened !== opened) return;
      state.operation = lib.begin((response, aborted) => receive(this, state, length, response, aborted));
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
        state.response = null;
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
      // A value that is none is passed over. MODEL: documents are not made of responses.
      if (indexOf(RESPONSE_TYPES, value) < 0 || value === 'document') return;
      if (state.state >= LOADING) throw invalidState('the response is there already');
      state.responseType = value;
    },
    get response() {
      const state = stateOf(this);
      const type = state.responseType;
      if (type === '' || type === 'text') return state.state >= LOADING ? textResponse(state) : '';
      if (state.state !== DONE || state.response === null) return null;
      if (state.responseObject !== undefined) return state.responseObject;
      const data = ops.xhrBytes(state.response);
      let object = null;
      if (type === 'arraybuffer') object = lib.bufferOf(ops.dataBytes(data, 'XMLHttpRequest.response'));
      else if (type === 'blob') object = lib.createBlob(data, ops.xhrFinalType(state.response, state.overrideType));
      else {
        if (!ops.responseFlag(state.response, 'hasBody')) return null;
        try { object = parse(ops.dataText(data, 'XMLHttpRequest.response')); } catch { return null; }
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
      if (state.responseType !== '') throw invalidState('the response type is not document');
      return null;
    },
  };
  lib.defineEventHandlers(prototype, ['readystatechange']);
  lib.defineInterface(XMLHttpRequest, { prototype, parent: XMLHttpRequestEventTarget, constants });
}
