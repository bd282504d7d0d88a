// URL and URLSearchParams.

export default function (ops, lib, global) {
  const { push, slice, splice, charCodeAt, stringSlice, apply, defineProperty, getOwnPropertyDescriptor, symbolIterator } = lib.primordials;
  const { convert } = lib;

  // --- URLSearchParams: a list of [name, value], and the URL object it belongs to. ----------------------------------
  const paramsState = (params) => lib.state(params, 'URLSearchParams');
  const parseQuery = (query) => {
    const flat = ops.queryParse(query);
    const list = [];
    for (let index = 0; index < flat.length; index += 2) push(list, [flat[index], flat[index + 1]]);
    return list;
  };
  const serialize = (list) => {
    const flat = [];
    for (let index = 0; index < list.length; index++) push(flat, list[index][0], list[index][1]);
    return ops.querySerialize(flat);
  };
  lib.serializeParams = (params) => serialize(paramsState(params).list);
  const update = (state) => {
    if (state.url === null) return;
    const url = lib.state(state.url, 'URL');
    setHref(url, ops.urlSet(url.href, 'search', serialize(state.list)));
  };
  function URLSearchParams() {
    lib.requireNew(new.target, 'URLSearchParams');
    const init = arguments[0];
    let list;
    if (init === undefined) list = [];
    else if (lib.isObject(init)) {
      const method = init[symbolIterator];
      if (method !== undefined && method !== null) {
        list = convert.sequence(init, (item) => {
          if (!lib.isObject(item)) throw new TypeError('URLSearchParams: an item is no pair');
          const pair = convert.sequence(item, convert.USVString);
          if (pair.length !== 2) throw new TypeError('URLSearchParams: an item is no pair');
          return pair;
        }, method);
      } else list = convert.record(init, convert.USVString, convert.USVString);
    } else {
      const text = convert.USVString(init);
      list = parseQuery(charCodeAt(text, 0) === 0x3f ? stringSlice(text, 1) : text);
    }
    lib.init(this, 'URLSearchParams', { list, url: null });
  }
  const matches = (pair, name, value) => pair[0] === name && (value === undefined || pair[1] === value);
  lib.defineInterface(URLSearchParams, {
    prototype: {
      get size() { return paramsState(this).list.length; },
      append(name, value) {
        const state = paramsState(this);
        lib.requireArguments(arguments.length, 2, 'URLSearchParams.append');
        push(state.list, [convert.USVString(name), convert.USVString(value)]);
        update(state);
      },
      delete(name) {
        const state = paramsState(this);
        lib.requireArguments(arguments.length, 1, 'URLSearchParams.delete');
        name = convert.USVString(name);
        const value = arguments[1] === undefined ? undefined : convert.USVString(arguments[1]);
        const kept = [];
        for (let index = 0; index < state.list.length; index++) {
          if (!matches(state.list[index], name, value)) push(kept, state.list[index]);
        }
        state.list = kept;
        update(state);
      },
      get(name) {
        const { list } = paramsState(this);
        lib.requireArguments(arguments.length, 1, 'URLSearchParams.get');
        name = convert.USVString(name);
        for (let index = 0; index < list.length; index++) if (list[index][0] === name) return list[index][1];
        return null;
      },
      getAll(name) {
        const { list } = paramsState(this);
        lib.requireArguments(arguments.length, 1, 'URLSearchParams.getAll');
        name = convert.USVString(name);
        const values = [];
        for (let index = 0; index < list.length; index++) if (list[index][0] === name) push(values, list[index][1]);
        return values;
      },
      has(name) {
        const { list } = paramsState(this);
        lib.requireArguments(arguments.length, 1, 'URLSearchParams.has');
        name = convert.USVString(name);
        const value = arguments[1] === undefined ? undefined : convert.USVString(arguments[1]);
        for (let index = 0; index < list.length; index++) if (matches(list[index], name, value)) return true;
        return false;
      },
      set(name, value) {
        const state = paramsState(this);
        lib.requireArguments(arguments.length, 2, 'URLSearchParams.set');
        name = convert.USVString(name);
        value = convert.USVString(value);
        const kept = [];
        let found = false;
        for (let index = 0; index < state.list.length; index++) {
          if (state.list[index][0] !== name) push(kept, state.list[index]);
          else if (!found) {
            found = true;
            push(kept, [name, value]);
          }
        }
        if (!found) push(kept, [name, value]);
        state.list = kept;
        update(state);
      },
      sort() {
        const state = paramsState(this);
        // By code units, and stable.
        const { list } = state;
        for (let index = 1; index < list.length; index++) {
          const pair = list[index];
          let at = index;
          while (at > 0 && list[at - 1][0] > pair[0]) {
            list[at] = list[at - 1];
            at--;
          }
          list[at] = pair;
        }
        update(state);
      },
      toString() { return serialize(paramsState(this).list); },
    },
  });
  lib.definePairIterable(URLSearchParams, (params) => paramsState(params).list);
  lib.URLSearchParams = URLSearchParams;

  // --- URL: its serialization, and the parts as they are asked for. -------------------------------------------------
  const ORIGIN = 0, PROTOCOL = 1, USERNAME = 2, PASSWORD = 3, HOST = 4, HOSTNAME = 5, PORT = 6, PATHNAME = 7, SEARCH = 8, HASH = 9;
  const urlState = (url) => lib.state(url, 'URL');
  const part = (url, index) => {
    const state = urlState(url);
    state.parts ??= ops.urlParts(state.href);
    return state.parts[index];
  };
  const setHref = (state, href) => {
    state.href = href;
    state.parts = null;
  };
  const set = (url, name, value) => {
    const state = urlState(url);
    setHref(state, ops.urlSet(state.href, name, convert.USVString(value)));
    if (name === 'search') refill(url, state);
  };
  const refill = (url, state) => {
    if (state.params !== null) paramsState(state.params).list = parseQuery(stringSlice(part(url, SEARCH), 1));
  };
  const parse = (input, base) => ops.urlParse(convert.USVString(input), base === undefined ? null : convert.USVString(base));
  const initUrl = (url, href) => lib.init(url, 'URL', { href, parts: null, params: null });
  function URL(url) {
    lib.requireNew(new.target, 'URL');
    lib.requireArguments(arguments.length, 1, 'URL');
    const href = parse(url, arguments[1]);
    if (href === undefined || href === null) throw new TypeError('Invalid URL');
    initUrl(this, href);
  }
  lib.defineInterface(URL, {
    statics: {
      parse(url) {
        lib.requireArguments(arguments.length, 1, 'URL.parse');
        const href = parse(url, arguments[1]);
        if (href === undefined || href === null) return null;
        const object = lib.instantiate(URL);
        initUrl(object, href);
        return object;
      },
      canParse(url) {
        lib.requireArguments(arguments.length, 1, 'URL.canParse');
        const href = parse(url, arguments[1]);
        return href !== undefined && href !== null;
      },
    },
    prototype: {
      get href() { return urlState(this).href; },
      set href(value) {
        const state = urlState(this);
        const href = parse(value);
        if (href === undefined || href === null) throw new TypeError('Invalid URL');
        setHref(state, href);
        refill(this, state);
      },
      toString() { return urlState(this).href; },
      get origin() { return part(this, ORIGIN); },
      get protocol() { return part(this, PROTOCOL); },
      set protocol(value) { set(this, 'protocol', value); },
      get username() { return part(this, USERNAME); },
      set username(value) { set(this, 'username', value); },
      get password() { return part(this, PASSWORD); },
      set password(value) { set(this, 'password', value); },
      get host() { return part(this, HOST); },
      set host(value) { set(this, 'host', value); },
      get hostname() { return part(this, HOSTNAME); },
      set hostname(value) { set(this, 'hostname', value); },
      get port() { return part(this, PORT); },
      set port(value) { set(this, 'port', value); },
      get pathname() { return part(this, PATHNAME); },
      set pathname(value) { set(this, 'pathname', value); },
      get search() { return part(this, SEARCH); },
      set search(value) { set(this, 'search', value); },
      get searchParams() {
        const state = urlState(this);
        if (state.params === null) {
          state.params = lib.instantiate(URLSearchParams);
          lib.init(state.params, 'URLSearchParams', { list: parseQuery(stringSlice(part(this, SEARCH), 1)), url: this });
        }
        return state.params;
      },
      get hash() { return part(this, HASH); },
      set hash(value) { set(this, 'hash', value); },
      toJSON() { return urlState(this).href; },
    },
  });
  lib.URL = URL;
}
