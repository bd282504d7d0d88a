// Headers, Request, Response and fetch: conversions and objects. What they accept is decided by the native operations.

export default function (ops, lib, global) {
  const { symbolIterator, stringify, toWellFormed } = lib.primordials;
  const { convert, bodies } = lib;
  const byteString = (value) => convert.ByteString(value, 'Headers');

  // --- Headers ------------------------------------------------------------------------------------------------------
  const headersState = (headers) => lib.state(headers, 'Headers');
  lib.createHeaders = (native) => {
    const headers = lib.instantiate(Headers);
    lib.init(headers, 'Headers', { native });
    return headers;
  };
  // HeadersInit, converted: { kind, items }.
  const convertHeadersInit = (init, where) => {
    if (!lib.isObject(init)) throw new TypeError(`${where}: neither a sequence nor a record`);
    const method = init[symbolIterator];
    if (method !== undefined && method !== null) {
      const items = convert.sequence(init, (item) => {
        if (!lib.isObject(item)) throw new TypeError(`${where}: a header is no sequence`);
        return convert.sequence(item, byteString);
      }, method, where);
      return { kind: 'sequence', items };
    }
    return { kind: 'record', items: convert.record(init, byteString, byteString) };
  };
  function Headers() {
    lib.requireNew(new.target, 'Headers');
    const native = ops.headersNew();
    lib.init(this, 'Headers', { native });
    if (arguments[0] !== undefined) {
      const { kind, items } = convertHeadersInit(arguments[0], 'Headers');
      ops.headersFill(native, kind, items);
    }
  }
  lib.defineInterface(Headers, {
    prototype: {
      append(name, value) {
        const { native } = headersState(this);
        lib.requireArguments(arguments.length, 2, 'Headers.append');
        ops.headersAppend(native, byteString(name), byteString(value));
      },
      delete(name) {
        const { native } = headersState(this);
        lib.requireArguments(arguments.length, 1, 'Headers.delete');
        ops.headersDelete(native, byteString(name));
      },
      get(name) {
        const { native } = headersState(this);
        lib.requireArguments(arguments.length, 1, 'Headers.get');
        return ops.headersGet(native, byteString(name)) ?? null;
      },
      getSetCookie() { return ops.headersGetSetCookie(headersState(this).native); },
      has(name) {
        const { native } = headersState(this);
        lib.requireArguments(arguments.length, 1, 'Headers.has');
        return ops.headersHas(native, byteString(name));
      },
      set(name, value) {
        const { native } = headersState(this);
        lib.requireArguments(arguments.length, 2, 'Headers.set');
        ops.headersSet(native, byteString(name), byteString(value));
      },
    },
  });
  lib.definePairIterable(Headers, (headers) => ops.headersPairs(headersState(headers).native));

  // --- Request ------------------------------------------------------------------------------------------------------
  const REFERRER_POLICIES = ['', 'no-referrer', 'no-referrer-when-downgrade', 'same-origin', 'origin', 'strict-origin', 'origin-when-cross-origin', 'strict-origin-when-cross-origin', 'unsafe-url'];
  const MODES = ['navigate', 'same-origin', 'no-cors', 'cors'];
  const CREDENTIALS = ['omit', 'same-origin', 'include'];
  const CACHES = ['default', 'no-store', 'reload', 'no-cache', 'force-cache', 'only-if-cached'];
  const REDIRECTS = ['follow', 'error', 'manual'];
  const requestState = (request) => lib.state(request, 'Request');
  const initRequest = (object, native, signal, body) =>
    lib.init(object, 'Request', { native, headers: lib.createHeaders(ops.requestHeaders(native)), signal, body });
  const requestBody = (native) => {
    const data = ops.requestBody(native);
    return data === undefined || data === null ? null : bodies.createBody('Request.body', data);
  };
  // A Request object of a native one.
  lib.createRequest = (native, signals = [], body = requestBody(native)) => {
    const request = lib.instantiate(Request);
    initRequest(request, native, lib.createDependentSignal(signals), body);
    return request;
  };
  // RequestInit, its members read in the order of their names.
  const convertRequestInit = (value) => {
    const init = convert.dictionary(value, 'Request');
    const result = { __proto__: null, stream: null };
    const member = (name) => init[name];
    const body = member('body');
    if (body === null) result.bodyIsNull = true;
    else if (body !== undefined) {
      const converted = lib.convertBody(body);
      result.body = converted.native;
      result.stream = converted.stream;
    }
    const enumerations = (name, values) => {
      const given = member(name);
      if (given !== undefined) result[name] = convert.enumeration(given, values, `Request: ${name}`);
    };
    enumerations('cache', CACHES);
    enumerations('credentials', CREDENTIALS);
    enumerations('duplex', ['half']);
    const headers = member('headers');
    if (headers !== undefined) {
      const converted = convertHeadersInit(headers, 'Request: headers');
      result.headersKind = converted.kind;
      result.headersItems = converted.items;
    }
    const integrity = member('integrity');
    if (integrity !== undefined) result.integrity = convert.USVString(integrity);
    const keepalive = member('keepalive');
    if (keepalive !== undefined) result.keepalive = !!keepalive;
    const method = member('method');
    if (method !== undefined) result.method = convert.ByteString(method, 'Request: method');
    enumerations('mode', MODES);
    enumerations('priority', ['high', 'low', 'auto']);
    enumerations('redirect', REDIRECTS);
    const referrer = member('referrer');
    if (referrer !== undefined) result.referrer = convert.USVString(referrer);
    enumerations('referrerPolicy', REFERRER_POLICIES);
    const signal = member('signal');
    if (signal !== undefined) {
      if (signal !== null) convert.interface(signal, 'AbortSignal', 'Request: signal');
      result.signal = signal;
      result.signalKind = signal === null ? 'null' : 'signal';
    }
    const window = member('window');
    if (window !== undefined) result.windowIsNull = window === null;
    return result;
  };
  const constructRequest = (object, input, init) => {
    const source = lib.peek(input, 'Request');
    const url = source === undefined ? convert.USVString(input) : null;
    const converted = convertRequestInit(init);
    const inputBody = source?.body ?? null;
    const native = ops.requestNew(url, source?.native, bodies.isUnusable(inputBody), converted);
    const follows = ops.requestGet(native, 'signal');
    const signals = follows === 'init' ? [converted.signal] : follows === 'input' ? [source.signal] : [];
    let body;
    if (converted.stream !== null) body = bodies.createBody('Request.body', null, { stream: converted.stream });
    else if (converted.body === undefined && inputBody !== null) body = bodies.transfer(inputBody);
    else body = requestBody(native);
    initRequest(object, native, lib.createDependentSignal(signals), body);
  };
  function Request(input) {
    lib.requireNew(new.target, 'Request');
    lib.requireArguments(arguments.length, 1, 'Request');
    constructRequest(this, input, arguments[1]);
  }
  const requestPrototype = {};
  const requestText = ['method', 'url', 'destination', 'referrer', 'referrerPolicy', 'mode', 'credentials', 'cache', 'redirect', 'integrity'];
  const requestFlags = ['keepalive', 'isReloadNavigation', 'isHistoryNavigation'];
  for (let index = 0; index < requestText.length; index++) {
    const name = requestText[index];
    const accessor = { get [name]() { return ops.requestGet(requestState(this).native, name); } };
    lib.primordials.defineProperty(requestPrototype, name, lib.primordials.getOwnPropertyDescriptor(accessor, name));
  }
  for (let index = 0; index < requestFlags.length; index++) {
    const name = requestFlags[index];
    const accessor = { get [name]() { return ops.requestFlag(requestState(this).native, name); } };
    lib.primordials.defineProperty(requestPrototype, name, lib.primordials.getOwnPropertyDescriptor(accessor, name));
  }
  const requestMembers = {
    get headers() { return requestState(this).headers; },
    get signal() { return requestState(this).signal; },
    get duplex() { requestState(this); return 'half'; },
    clone() {
      const state = requestState(this);
      const native = ops.requestClone(state.native, bodies.isUnusable(state.body));
      return lib.createRequest(native, [state.signal], bodies.clone(state.body));
    },
  };
  for (const key in requestMembers) lib.primordials.defineProperty(requestPrototype, key, lib.primordials.getOwnPropertyDescriptor(requestMembers, key));
  lib.bodyMixin('Request', requestPrototype);
  lib.defineInterface(Request, { prototype: requestPrototype });

  // --- Response -----------------------------------------------------------------------------------------------------
  const responseState = (response) => lib.state(response, 'Response');
  const responseBody = (native) => bodies.ofResponse('Response.body', native);
  const initResponse = (object, native, body = responseBody(native)) =>
    lib.init(object, 'Response', { native, headers: lib.createHeaders(ops.responseHeaders(native)), body });
  lib.createResponse = (native, body) => {
    const response = lib.instantiate(Response);
    initResponse(response, native, body);
    return response;
  };
  const convertResponseInit = (value) => {
    const init = convert.dictionary(value, 'Response');
    const result = { __proto__: null };
    const headers = init.headers;
    if (headers !== undefined) {
      const converted = convertHeadersInit(headers, 'Response: headers');
      result.headersKind = converted.kind;
      result.headersItems = converted.items;
    }
    const status = init.status;
    result.status = status === undefined ? 200 : convert.unsignedShort(status);
    const statusText = init.statusText;
    result.statusText = statusText === undefined ? '' : convert.ByteString(statusText, 'Response: statusText');
    return result;
  };
  function Response() {
    lib.requireNew(new.target, 'Response');
    const body = arguments[0];
    const converted = body === undefined || body === null ? null : lib.convertBody(body);
    const native = ops.responseNew(converted === null ? null : converted.native, convertResponseInit(arguments[1]));
    const stream = converted === null ? null : converted.stream;
    initResponse(this, native, stream === null ? undefined : bodies.createBody('Response.body', null, { stream }));
  }
  const responsePrototype = {
    get type() { return ops.responseGet(responseState(this).native, 'type'); },
    get url() { return ops.responseGet(responseState(this).native, 'url'); },
    get redirected() { return ops.responseFlag(responseState(this).native, 'redirected'); },
    get status() { return ops.responseStatus(responseState(this).native); },
    get ok() { return ops.responseFlag(responseState(this).native, 'ok'); },
    get statusText() { return ops.responseGet(responseState(this).native, 'statusText'); },
    get headers() { return responseState(this).headers; },
    clone() {
      const state = responseState(this);
      const native = ops.responseClone(state.native, bodies.isUnusable(state.body));
      return lib.createResponse(native, bodies.clone(state.body));
    },
  };
  lib.bodyMixin('Response', responsePrototype);
  lib.defineInterface(Response, {
    prototype: responsePrototype,
    statics: {
      error() { return lib.createResponse(ops.responseError()); },
      redirect(url) {
        lib.requireArguments(arguments.length, 1, 'Response.redirect');
        url = convert.USVString(url);
        const status = arguments[1] === undefined ? 302 : convert.unsignedShort(arguments[1]);
        return lib.createResponse(ops.responseRedirect(url, status));
      },
      json(data) {
        lib.requireArguments(arguments.length, 1, 'Response.json');
        const init = convertResponseInit(arguments[1]);
        const text = stringify(data);
        if (text === undefined) throw new TypeError('Response.json: the value has no JSON');
        return lib.createResponse(ops.responseJson(toWellFormed(text), init));
      },
    },
  });

  // --- fetch --------------------------------------------------------------------------------------------------------
  // The one message of every network error: a page learns nothing of its reason.
  const NETWORK_ERROR = 'Failed to fetch';
  // The steps are the native operation's; these are what it does with promises, objects and streams.
  const beginCall = (input, init, given) => {
    let promise, state, signalState, operation, native = null, responseObject = null, call = null;
    const hooks = {
      __proto__: null,
      newPromise() { promise = lib.deferred(); },
      newRequestObject() {
        lib.requireArguments(given, 1, 'fetch');
        const requestObject = lib.instantiate(Request);
        constructRequest(requestObject, input, init);
        state = requestState(requestObject);
        signalState = lib.state(state.signal, 'AbortSignal');
      },
      abortReason() { return signalState.aborted ? [signalState.reason] : []; },
      addAbortSteps() { lib.addAbortSteps(state.signal, abort); },
      start() {
        operation = lib.begin((response, aborted) => {
          native = response;
          ops.fetchCallRespond(call, hooks, response !== null, aborted);
          if (response === null) lib.removeAbortSteps(state.signal, abort);
        });
        const { body } = state;
        if (!lib.isServer || body === null || body.stream === null) {
          ops.fetchStart(operation, state.native, null);
          return;
        }
        // A server program sends its stream once it is all there.
        bodies.fullyRead(body, (data) => ops.fetchStart(operation, state.native, data), (error) => {
          lib.forget(operation);
          promise.reject(error);
        });
      },
      abortController() {
        if (responseObject === null) lib.forget(operation);
        ops.fetchAbort(operation);
      },
      abortError() { return new DOMException('The operation was aborted', 'AbortError'); },
      // The controller's serialized reason would be somebody else's; nobody else aborts with one.
      deserializeAbortReason() { return []; },
      typeError() { return new TypeError(NETWORK_ERROR); },
      reject(error) { promise.reject(error); },
      newResponseObject() { responseObject = lib.createResponse(native); },
      resolve() { promise.resolve(responseObject); },
      cancelRequestBody(error) { bodies.cancel(state.body, error); },
      errorResponseBody(error) { bodies.fail(lib.state(responseObject, 'Response').body, error); },
    };
    const abort = () => ops.fetchCallAbort(call, hooks, signalState.reason);
    try {
      call = ops.fetchCall(hooks);
    } catch (error) {
      promise.reject(error);
    }
    return promise.promise;
  };
  lib.exposeFunctions({
    fetch(input) {
      // Called on something else than a global object, it rejects.
      if (lib.isObject(this) && this !== global && lib.peek(this, 'Window') === undefined && lib.peek(this, 'WindowProxy') === undefined) {
        return lib.promised(() => { throw new TypeError('fetch: this is no global object'); });
      }
      return beginCall(input, arguments[1], arguments.length);
    },
  });
}
