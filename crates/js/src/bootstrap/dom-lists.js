// Lists of nodes, live or fixed, with indices and names as properties; and lists of tokens in attributes.

export default function (ops, lib, global) {
  const { push, splice, indexOf, join, apply, defineProperty, symbolIterator, DOMException, TypeError } = lib.primordials;
  const { convert, dom } = lib;
  const { ELEMENT } = dom;
  const NativeProxy = Proxy, reflectGet = Reflect.get;

  const indexOfKey = dom.indexOfKey = (key) => {
    if (typeof key !== 'string') return -1;
    const index = +key;
    return index >= 0 && index < 4294967295 && `${index}` === key ? index : -1;
  };
  const define = (name, named, members) => {
    const listOf = (object) => lib.state(object, name).items();
    const constructor = lib.defineAbstractInterface(name, {
      prototype: {
        get length() { return listOf(this).length; },
        item(index) {
          lib.requireArguments(arguments.length, 1, `${name}.item`);
          const list = listOf(this), at = convert.unsignedLong(index);
          return at < list.length ? dom.wrap(list[at]) : null;
        },
        ...members(listOf),
      },
    });
    defineProperty(constructor.prototype, symbolIterator, { value: Array.prototype[symbolIterator], writable: true, configurable: true });
    const find = (items, key) => {
      const index = indexOfKey(key);
      if (index >= 0) return index < items.length ? items[index] : undefined;
      return typeof key === 'string' && named !== undefined ? named(items, key) : undefined;
    };
    const handler = {
      __proto__: null,
      get(target, key, receiver) {
        if (typeof key === 'string' && !(key in constructor.prototype)) {
          const found = find(listOf(target), key);
          if (found !== undefined) return dom.wrap(found);
        }
        return reflectGet(target, key, receiver);
      },
      has: (target, key) => (typeof key === 'string' && find(listOf(target), key) !== undefined) || key in constructor.prototype,
      ownKeys: (target) => {
        const keys = [], { length } = listOf(target);
        for (let index = 0; index < length; index++) push(keys, `${index}`);
        return keys;
      },
      getOwnPropertyDescriptor(target, key) {
        const found = typeof key === 'string' ? find(listOf(target), key) : undefined;
        return found === undefined ? undefined : { value: dom.wrap(found), writable: false, enumerable: true, configurable: true };
      },
      set: () => false,
      defineProperty: () => false,
      deleteProperty: () => false,
    };
    // `items` gives the records.
    return (items) => {
      const target = lib.instantiate(constructor);
      const list = new NativeProxy(target, handler);
      // The target's are for the handler, the list's for the interface's members.
      lib.init(list, name, lib.init(target, name, { __proto__: null, items }));
      return list;
    };
  };
  dom.nodeList = define('NodeList', undefined, (listOf) => ({
    entries() { return apply(arrayMethods.entries, wrapAll(listOf(this)), []); },
    forEach(callback) {
      convert.callback(callback, 'NodeList.forEach');
      const list = listOf(this);
      for (let index = 0; index < list.length; index++) apply(callback, arguments[1], [dom.wrap(list[index]), index, this]);
    },
    keys() { return apply(arrayMethods.keys, wrapAll(listOf(this)), []); },
    values() { return apply(arrayMethods.values, wrapAll(listOf(this)), []); },
  }));
  const arrayMethods = { __proto__: null, entries: Array.prototype.entries, keys: Array.prototype.keys, values: Array.prototype.values };
  const wrapAll = (list) => {
    const wrapped = [];
    for (let index = 0; index < list.length; index++) push(wrapped, dom.wrap(list[index]));
    return wrapped;
  };
  const byName = (items, name) => {
    if (name === '') return undefined;
    for (let index = 0; index < items.length; index++) {
      if (dom.attribute(items[index], 'id') === name || dom.attribute(items[index], 'name') === name) return items[index];
    }
    return undefined;
  };
  dom.collection = define('HTMLCollection', byName, (listOf) => ({
    namedItem(name) { return dom.wrap(byName(listOf(this), convert.DOMString(name)) ?? null); },
  }));
  dom.childRecords = (record) => {
    const list = [];
    for (let child = record.first; child !== null; child = child.next) push(list, child);
    return list;
  };
  dom.childElements = (record) => {
    const list = [];
    for (let child = record.first; child !== null; child = child.next) if (child.type === ELEMENT) push(list, child);
    return list;
  };
  // One live list for each node and purpose, so that `x.children === x.children`.
  const cached = dom.cached = (record, key, make) => {
    record.lists ??= { __proto__: null };
    return record.lists[key] ??= make();
  };
  dom.liveCollection = (record, key, items) => cached(record, key, () => dom.collection(items));

  // --- DOMTokenList -------------------------------------------------------------------------------------------------
  const tokenState = (object) => lib.state(object, 'DOMTokenList');
  const read = ({ element, name }) => dom.tokens(dom.attribute(element, name) ?? '');
  const write = ({ element, name }, tokens) => {
    if (tokens.length > 0 || dom.hasAttribute(element, name)) dom.setAttribute(element, name, join(tokens, ' '));
  };
  const checkToken = (token) => {
    token = convert.DOMString(token);
    if (token === '') throw new DOMException('a token is empty', 'SyntaxError');
    if (dom.tokens(token)[0] !== token) throw new DOMException('a token has a space', 'InvalidCharacterError');
    return token;
  };
  const DOMTokenList = lib.defineAbstractInterface('DOMTokenList', {
    prototype: {
      get length() { return read(tokenState(this)).length; },
      item(index) { return read(tokenState(this))[convert.unsignedLong(index)] ?? null; },
      contains(token) { return indexOf(read(tokenState(this)), convert.DOMString(token)) >= 0; },
      add(...tokens) {
        const state = tokenState(this), list = read(state);
        for (let index = 0; index < tokens.length; index++) {
          const token = checkToken(tokens[index]);
          if (indexOf(list, token) < 0) push(list, token);
        }
        write(state, list);
      },
      remove(...tokens) {
        const state = tokenState(this), list = read(state);
        for (let index = 0; index < tokens.length; index++) {
          const at = indexOf(list, checkToken(tokens[index]));
          if (at >= 0) splice(list, at, 1);
        }
        write(state, list);
      },
      toggle(token) {
        const state = tokenState(this), list = read(state), force = arguments[1];
        token = checkToken(token);
        const at = indexOf(list, token);
        if (at >= 0) {
          if (force === undefined || !force) { splice(list, at, 1); write(state, list); return false; }
          return true;
        }
        if (force === undefined || force) { push(list, token); write(state, list); return true; }
        return false;
      },
      replace(token, by) {
        const state = tokenState(this), list = read(state), at = indexOf(list, checkToken(token));
        by = checkToken(by);
        if (at < 0) return false;
        if (indexOf(list, by) >= 0) splice(list, at, 1);
        else list[at] = by;
        write(state, list);
        return true;
      },
      get value() { const state = tokenState(this); return dom.attribute(state.element, state.name) ?? ''; },
      set value(value) { const state = tokenState(this); dom.setAttribute(state.element, state.name, convert.DOMString(value)); },
      toString() { const state = tokenState(this); return dom.attribute(state.element, state.name) ?? ''; },
      // The tokens that mean something there, if the attribute says so.
      supports(token) {
        const { supported } = tokenState(this);
        lib.requireArguments(arguments.length, 1, 'DOMTokenList.supports');
        token = dom.lower(convert.DOMString(token));
        if (supported === undefined) throw new TypeError('DOMTokenList.supports: this attribute has no list of tokens');
        return supported[token] === true;
      },
      forEach(callback) {
        const tokens = read(tokenState(this));
        for (let index = 0; index < tokens.length; index++) apply(callback, arguments[1], [tokens[index], index, this]);
      },
    },
  });
  defineProperty(DOMTokenList.prototype, symbolIterator, {
    value: { values() { return apply(arrayMethods.values, read(tokenState(this)), []); } }.values, writable: true, configurable: true,
  });
  const tokenList = (element, name, supported) => cached(element, `tokens ${name}`, () => {
    const list = lib.instantiate(DOMTokenList);
    lib.init(list, 'DOMTokenList', { __proto__: null, element, name, supported });
    return list;
  });
  dom.tokenList = tokenList;
}
