// Headers, Request, Response and fetch: conversions and objects. What they accept is decided by the native operations.

export default function (ops, lib, global) {
  const { push, symbolIterator, parse, stringify, toWellFormed, promiseResolve, promiseReject, then } = lib.primordials;
  const { convert } = lib;
  const NativePromise = lib.primordials.Promise;
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

  // --- Bodies -------------------------------------------------------------------------------------------------------
  // BodyInit to a native body with its type.
  lib.extractBody = (value) => {
    if (lib.isObject(value)) {
      const blob = lib.peek(value, 'Blob');
      if (blob !== undefined) return ops.bodyExtract('blob', blob.type, blob.data, null);
      if (lib.isBufferSource(value)) return ops.bodyExtract('bytes', null, lib.dataOf(value), null);
      const form = lib.peek(value, 'FormData');
      if (form !== undefined) return ops.bodyExtract('form', null, null, lib.entriesToRust(form.list));
      if (lib.peek(value, 'URLSearchParams') !== undefined) return ops.bodyExtract('query', lib.serializeParams(value), null, null);
    }
    return ops.bodyExtract('text', convert.USVString(value), null, null);
  };
  // The members of the Body mixin; `take` takes the native bytes once and throws if they are gone.
  const bodyMixin = (brand, prototype, take) => {
    const consume = (object, how, steps) => lib.promised(() => {
      const state = lib.state(object, brand);
      if (state.aborted !== undefined && !state.consumed) throw state.aborted.reason;
      return steps(take(state), how, state);
    });
    const members = {
      get bodyUsed() { return brand === 'Request' ? ops.requestFlag(lib.state(this, brand).native, 'bodyUsed') : ops.responseFlag(lib.state(this, brand).native, 'bodyUsed'); },
      arrayBuffer() { return consume(this, `${brand}.arrayBuffer()`, (data, how) => lib.bufferOf(ops.dataBytes(data, how))); },
      blob() {
        return consume(this, `${brand}.blob()`, (data, how, state) => {
          const type = ops.headersMimeType(headersState(state.headers).native) ?? '';
          return lib.createBlob(data, type);
        });
      },
      bytes() { return consume(this, `${brand}.bytes()`, (data, how) => ops.dataBytes(data, how)); },
      formData() {
        return consume(this, `${brand}.formData()`, (data, how, state) =>
          lib.createFormData(ops.dataForm(data, headersState(state.headers).native, how)));
      },
      json() { return consume(this, `${brand}.json()`, (data, how) => parse(ops.dataText(data, how))); },
      text() { return consume(this, `${brand}.text()`, (data, how) => ops.dataText(data, how)); },
    };
    for (const key in members) lib.primordials.defineProperty(prototype, key, lib.primordials.getOwnPropertyDescriptor(members, key));
    return prototype;
  };

  // --- Request ------------------------------------------------------------------------------------------------------
  const REFERRER_POLICIES = ['', 'no-referrer', 'no-referrer-when-downgrade', 'same-origin', 'origin', 'strict-origin', 'origin-when-cross-origin', 'strict-origin-when-cross-origin', 'unsafe-url'];
  const MODES = ['navigate', 'same-origin', 'no-cors', 'cors'];
  const CREDENTIALS = ['omit', 'same-origin', 'include'];
  const CACHES = ['default', 'no-store', 'reload', 'no-cache', 'force-cache', 'only-if-cached'];
  const REDIRECTS = ['follow', 'error', 'manual'];
  const requestState = (request) => lib.state(request, 'Request');
  const initRequest = (object, native, signal) =>
    lib.init(object, 'Request', { native, headers: lib.createHeaders(ops.requestHeaders(native)), signal });
  // A Request object of a native one.
  lib.createRequest = (native, signals = []) => {
    const request = lib.instantiate(Request);
    initRequest(request, native, lib.createDependentSignal(signals));
    return request;
  };
  // RequestInit, its members read in the order of their names.
  const convertRequestInit = (value) => {
    const init = convert.dictionary(value, 'Request');
    const result = { __proto__: null, others: false };
    const member = (name) => init[name];
    const body = member('body');
    if (body !== undefined) {
      result.others = true;
      if (body !== null) result.body = lib.extractBody(body);
    }
    const enumerations = (name, values) => {
      const given = member(name);
      if (given !== undefined) result[name] = convert.enumeration(given, values, `Request: ${name}`);
    };
    enumerations('cache', CACHES);
    enumerations('credentials', CREDENTIALS);
    const duplex = member('duplex');
    if (duplex !== undefined) {
      convert.enumeration(duplex, ['half'], 'Request: duplex');
      result.others = true;
    }
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
    const priority = member('priority');
    if (priority !== undefined) {
      convert.enumeration(priority, ['high', 'low', 'auto'], 'Request: priority');
      result.others = true;
    }
    enumerations('redirect', REDIRECTS);
    const referrer = member('referrer');
    if (referrer !== undefined) result.referrer = convert.USVString(referrer);
    enumerations('referrerPolicy', REFERRER_POLICIES);
    const signal = member('signal');
    if (signal !== undefined) {
      if (signal !== null) convert.interface(signal, 'AbortSignal', 'Request: signal');
      result.signal = signal;
      result.others = true;
    }
    const window = member('window');
    if (window !== undefined) result.windowIsNull = window === null;
    return result;
  };
  const constructRequest = (object, input, init) => {
    const source = lib.peek(input, 'Request');
    const url = source === undefined ? convert.USVString(input) : null;
    const converted = convertRequestInit(init);
    const native = ops.requestNew(url, source?.native, converted);
    const signal = converted.signal !== undefined ? converted.signal : source?.signal ?? null;
    initRequest(object, native, lib.createDependentSignal(signal === null ? [] : [signal]));
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
      return lib.createRequest(ops.requestClone(state.native), [state.signal]);
    },
  };
  for (const key in requestMembers) lib.primordials.defineProperty(requestPrototype, key, lib.primordials.getOwnPropertyDescriptor(requestMembers, key));
  bodyMixin('Request', requestPrototype, (state) => ops.requestConsume(state.native));
  lib.defineInterface(Request, { prototype: requestPrototype });

  // --- Response -----------------------------------------------------------------------------------------------------
  const responseState = (response) => lib.state(response, 'Response');
  const initResponse = (object, native) =>
    lib.init(object, 'Response', { native, headers: lib.createHeaders(ops.responseHeaders(native)) });
  lib.createResponse = (native) => {
    const response = lib.instantiate(Response);
    initResponse(response, native);
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
    const extracted = body === undefined || body === null ? null : lib.extractBody(body);
    initResponse(this, ops.responseNew(extracted, convertResponseInit(arguments[1])));
  }
  const responsePrototype = {
    get type() { return ops.responseGet(responseState(this).native, 'type'); },
    get url() { return ops.responseGet(responseState(this).native, 'url'); },
    get redirected() { return ops.responseFlag(responseState(this).native, 'redirected'); },
    get status() { return ops.responseStatus(responseState(this).native); },
    get ok() { return ops.responseFlag(responseState(this).native, 'ok'); },
    get statusText() { return ops.responseGet(responseState(this).native, 'statusText'); },
    get headers() { return responseState(this).headers; },
    clone() { return lib.createResponse(ops.responseClone(responseState(this).native)); },
  };
  bodyMixin('Response', responsePrototype, (state) => {
    state.consumed = true;
    return ops.responseConsume(state.native);
  });
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
  lib.exposeFunctions({
    fetch(input) {
      const init = arguments[1];
      const given = arguments.length;
      return lib.promised(() => {
        lib.requireArguments(given, 1, 'fetch');
        const requestObject = lib.instantiate(Request);
        constructRequest(requestObject, input, init);
        const { native, signal } = requestState(requestObject);
        const signalState = lib.state(signal, 'AbortSignal');
        if (signalState.aborted) throw signalState.reason;
        let resolve, reject;
        const promise = new NativePromise((onFulfilled, onRejected) => {
          resolve = onFulfilled;
          reject = onRejected;
        });
        let responseState;
        const operation = lib.begin((response, aborted) => {
          if (response === null) {
            lib.removeAbortSteps(signal, abort);
            reject(aborted ? new DOMException('The operation was aborted', 'AbortError') : new TypeError(NETWORK_ERROR));
            return;
          }
          const responseObject = lib.createResponse(response);
          responseState = lib.state(responseObject, 'Response');
          resolve(responseObject);
        });
        const abort = () => {
          const { reason } = signalState;
          if (responseState !== undefined) {
            responseState.aborted = { reason };
            return;
          }
          lib.forget(operation);
          ops.fetchAbort(operation);
          reject(reason);
        };
        ops.fetchStart(operation, native);
        lib.addAbortSteps(signal, abort);
        return promise;
      });
    },
  });
}
