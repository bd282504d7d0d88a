// Window: the global object, the windows around it, location, and what may be touched across origins.

export default function (ops, lib, global) {
  const { push, indexOf, apply, defineProperty, getOwnPropertyDescriptor, getPrototypeOf, setPrototypeOf, ownKeys, stringSlice, DOMException, TypeError } = lib.primordials;
  const { get: reflectGet, set: reflectSet, has: reflectHas, deleteProperty } = Reflect;
  const { convert, dom } = lib;
  const NativeProxy = Proxy;
  const { HashChangeEvent, PageTransitionEvent } = global;

  // --- The realms of the agent that have a window: { realm: { global, document } }. ---------------------------------
  const agent = lib.peek(lib.slots, 'Agent') ?? lib.init(lib.slots, 'Agent', { __proto__: null, realms: { __proto__: null } });
  for (const realm in agent.realms) if (!ops.realmAlive(+realm)) delete agent.realms[realm];
  agent.realms[ops.ownRealm()] = { __proto__: null, global, document: () => dom.wrap(dom.document) };

  // --- User activation: for some seconds after a person has acted, what scripts do counts as theirs. ----------------
  const ACTIVATION_MILLISECONDS = 5000;
  let activeUntil = -Infinity;
  dom.activateUser = () => { activeUntil = ops.now() + ACTIVATION_MILLISECONDS; };
  dom.isUserActive = () => ops.now() < activeUntil;

  // --- Navigation. --------------------------------------------------------------------------------------------------
  // `target` is { window } or { name } or neither, for the own window. Gives the window's id or null.
  dom.navigate = (target, url, options) => {
    const own = target.window === undefined && target.name === undefined;
    if (own && dom.lower(stringSlice(url, 0, 11)) === 'javascript:') {
      // MODEL: what the script's value is, if it is a string, makes no new document.
      if (dom.scripting) dom.queueTask(() => runUrl(url));
      return null;
    }
    options.userActivation = dom.isUserActive();
    return ops.navigate(target, convert.USVString(url), options) ?? null;
  };
  const decode = decodeURIComponent;
  const runUrl = (url) => {
    let source = stringSlice(url, 11);
    try { source = decode(source); } catch { /* it stays as it is */ }
    if (!ops.allowsInline('url', convert.USVString(source), '', false)) return;
    try {
      ops.evaluateScript(source, dom.documentUrl());
    } catch (error) {
      lib.report(error);
    }
  };
  dom.followLink = (url, target, options) => {
    const name = dom.lower(target) === '_self' || target === '' ? undefined : convert.USVString(target);
    dom.navigate({ __proto__: null, name }, url, { __proto__: null, ...options });
  };
  const parseUrl = (value) => {
    const url = ops.urlResolve(convert.USVString(value));
    if (url === null || url === undefined) throw new DOMException(`'${value}' is not a valid URL`, 'SyntaxError');
    return url;
  };

  // --- Location -----------------------------------------------------------------------------------------------------
  const Location = lib.defineAbstractInterface('Location', {});
  const location = dom.location = lib.instantiate(Location);
  lib.init(location, 'Location', {});
  const go = (url, replace) => { dom.navigate({ __proto__: null }, url, { __proto__: null, replace }); };
  // Before the document has loaded a script's navigation takes the place of its entry, unless a person began it.
  const goOrReplace = (url) => go(url, dom.document.readyState !== 'complete' && !dom.isUserActive());
  const members = {
    get href() { return dom.exposedUrl(); },
    set href(value) { goOrReplace(parseUrl(value)); },
    assign(url) {
      lib.requireArguments(arguments.length, 1, 'Location.assign');
      goOrReplace(parseUrl(url));
    },
    replace(url) {
      lib.requireArguments(arguments.length, 1, 'Location.replace');
      go(parseUrl(url), true);
    },
    reload() { dom.navigate({ __proto__: null }, dom.documentUrl(), { __proto__: null, reload: true }); },
    get origin() { return ops.urlParts(dom.documentUrl())[0]; },
    toString() { return dom.exposedUrl(); },
  };
  const parts = ['protocol', 'host', 'hostname', 'port', 'pathname', 'search', 'hash'];
  const partIndex = { __proto__: null, protocol: 1, host: 4, hostname: 5, port: 6, pathname: 7, search: 8, hash: 9 };
  for (let index = 0; index < parts.length; index++) {
    const part = parts[index];
    const accessor = {
      get [part]() { return ops.urlParts(dom.exposedUrl())[partIndex[part]]; },
      set [part](value) {
        const now = dom.documentUrl(), url = ops.urlSet(now, part, convert.USVString(value));
        if (part !== 'hash' || url !== now) goOrReplace(url);
      },
    };
    defineProperty(members, part, getOwnPropertyDescriptor(accessor, part));
  }
  const define = (target, source, configurable) => {
    for (const key in source) defineProperty(target, key, { ...getOwnPropertyDescriptor(source, key), configurable });
  };
  define(location, members, false);

  // --- Other windows. -----------------------------------------------------------------------------------------------
  let own;
  const ownId = () => own ??= ops.windows().own;
  lib.init(global, 'Window', { __proto__: null, id: ownId });
  const accessTo = (id) => ops.windowAccess(id);
  const realmOf = (access) => (access.realm === undefined ? undefined : agent.realms[access.realm]);
  // The document of a window that this realm may reach, or null.
  dom.documentOfWindow = (id) => realmOf(accessTo(id))?.document() ?? null;
  const proxies = { __proto__: null };
  // The object by which this realm knows a window: its own global object, or a proxy that asks, at each access, whose
  // document the window shows by then.
  dom.windowObject = (id) => {
    if (id === null || id === undefined) return null;
    return id === ownId() ? global : proxies[id] ??= makeProxy(id);
  };
  lib.hooks.windowProxy = dom.windowObject;
  // A window that another realm handed out, as this realm knows it.
  const localize = (value) => {
    if (!lib.isObject(value)) return value;
    const window = lib.peek(value, 'Window') ?? lib.peek(value, 'WindowProxy');
    return window === undefined ? value : dom.windowObject(window.id());
  };
  const denied = () => new DOMException('Blocked a frame from reaching into a window of another origin.', 'SecurityError');
  const post = (id, args, where) => {
    lib.requireArguments(args.length, 1, where);
    let origin = '/', transfer = args[2];
    if (lib.isObject(args[1])) {
      if (args[1].targetOrigin !== undefined) origin = convert.USVString(args[1].targetOrigin);
      transfer = args[1].transfer;
    } else if (args[1] !== undefined) origin = convert.USVString(args[1]);
    const list = transfer === undefined || transfer === null ? [] : convert.sequence(transfer, (item) => item);
    ops.postMessage(id, lib.serializeWithTransfer(args[0], list), origin);
  };
  const makeProxy = (id) => {
    const navigate = (url, replace) => { dom.navigate({ __proto__: null, window: id }, parseUrl(url), { __proto__: null, replace }); };
    const current = () => realmOf(accessTo(id))?.global;
    // What is there for every origin. Their functions belong to the realm that uses the window.
    const foreignLocation = { __proto__: null, replace(url) { lib.requireArguments(arguments.length, 1, 'Location.replace'); navigate(url, true); } };
    const crossOriginLocation = new NativeProxy({}, crossOrigin({
      __proto__: null,
      replace: () => ({ value: foreignLocation.replace }),
      href: () => ({ set: (value) => navigate(value, false) }),
    }));
    const functions = {
      __proto__: null,
      postMessage(message) { post(id, arguments, 'Window.postMessage'); },
      close() { ops.closeWindow(id); },
      // MODEL: there is no focus.
      focus() {},
      blur() {},
    };
    const proxy = () => proxies[id];
    const shared = {
      __proto__: null,
      window: () => ({ value: proxy() }), self: () => ({ value: proxy() }), frames: () => ({ value: proxy() }),
      location: () => ({ value: crossOriginLocation, set: (value) => navigate(value, false) }),
      closed: (access) => ({ value: access.closed }),
      length: (access) => ({ value: access.frames.length }),
      top: (access) => ({ value: dom.windowObject(access.top) }),
      parent: (access) => ({ value: dom.windowObject(access.parent) }),
      opener: (access) => ({ value: dom.windowObject(access.opener) }),
      postMessage: () => ({ value: functions.postMessage }), close: () => ({ value: functions.close }),
      focus: () => ({ value: functions.focus }), blur: () => ({ value: functions.blur }),
    };
    const outside = crossOrigin(shared, id);
    // Inside the origin it is the real thing, but for what must know who calls.
    const inside = (real) => ({
      __proto__: null,
      get(target, key) {
        if (key === 'postMessage' || key === 'close') return functions[key];
        return localize(reflectGet(real, key, real));
      },
      set(target, key, value) {
        if (key === 'location') {
          navigate(value, false);
          return true;
        }
        return reflectSet(real, key, value, real);
      },
      has: (target, key) => reflectHas(real, key),
      deleteProperty: (target, key) => deleteProperty(real, key),
      ownKeys: () => ownKeys(real),
      getOwnPropertyDescriptor(target, key) {
        const descriptor = getOwnPropertyDescriptor(real, key);
        if (descriptor !== undefined) descriptor.configurable = true;
        return descriptor;
      },
      defineProperty: (target, key, descriptor) => {
        if (descriptor.configurable === false) throw new TypeError('a property of another window cannot be made unconfigurable');
        return defineProperty(real, key, descriptor);
      },
      getPrototypeOf: () => getPrototypeOf(real),
      setPrototypeOf: (target, prototype) => prototype === getPrototypeOf(real),
      preventExtensions: () => false,
    });
    const handler = { __proto__: null };
    const traps = ['get', 'set', 'has', 'deleteProperty', 'ownKeys', 'getOwnPropertyDescriptor', 'defineProperty', 'getPrototypeOf', 'setPrototypeOf', 'preventExtensions'];
    for (let index = 0; index < traps.length; index++) {
      const trap = traps[index];
      handler[trap] = (...args) => {
        const real = current();
        return apply((real === undefined ? outside : inside(real))[trap], undefined, args);
      };
    }
    const made = new NativeProxy({}, handler);
    lib.init(made, 'WindowProxy', { __proto__: null, id: () => id, current });
    return made;
  };
  // The traps of an object of which only some properties show across origins. `shared` gives { value } or { set }, or
  // both, for the state that the window is in; `id` is the window whose frames show as indices.
  const quiet = ['then', Symbol.toStringTag, Symbol.hasInstance, Symbol.isConcatSpreadable];
  const crossOrigin = (shared, id) => {
    const find = (key) => {
      if (typeof key === 'string') {
        if (shared[key] !== undefined) return shared[key](id === undefined ? undefined : outsideState(id));
        if (id !== undefined && `${+key}` === key) {
          const { frames } = outsideState(id);
          const window = frames[+key];
          if (window !== undefined) return { value: dom.windowObject(window) };
        }
      }
      if (indexOf(quiet, key) >= 0) return { value: undefined };
      throw denied();
    };
    return {
      __proto__: null,
      get(target, key) {
        const found = find(key);
        if (!('value' in found)) throw denied();
        return found.value;
      },
      set(target, key, value) {
        const found = find(key);
        if (found.set === undefined) throw denied();
        found.set(value);
        return true;
      },
      has(target, key) { find(key); return true; },
      deleteProperty() { throw denied(); },
      ownKeys() {
        const keys = [];
        for (const key in shared) push(keys, key);
        if (id !== undefined) {
          const { length } = outsideState(id).frames;
          for (let index = 0; index < length; index++) push(keys, `${index}`);
        }
        for (let index = 0; index < quiet.length; index++) push(keys, quiet[index]);
        return keys;
      },
      getOwnPropertyDescriptor(target, key) {
        const found = find(key);
        return 'value' in found
          ? { value: found.value, writable: found.set !== undefined, enumerable: false, configurable: true }
          : { get: undefined, set: found.set, enumerable: false, configurable: true };
      },
      defineProperty() { throw denied(); },
      getPrototypeOf: () => null,
      setPrototypeOf: (target, prototype) => prototype === null,
      preventExtensions: () => false,
    };
  };
  // The state of a window that is known from outside alone.
  const outsideState = (id) => {
    const access = accessTo(id);
    // Its document is of this origin, but not to be reached: of another agent, or not made yet.
    return access.frames === undefined ? { __proto__: null, frames: [], closed: false, parent: id, top: id, opener: null } : access;
  };

  // --- Window: the global object. -----------------------------------------------------------------------------------
  const Window = lib.defineAbstractInterface('Window', { parent: lib.EventTarget });
  setPrototypeOf(global, Window.prototype);
  if (lib.peek(global, 'EventTarget') === undefined) lib.initEventTarget(global);
  lib.defineEventHandlers(global, dom.globalHandlers);
  lib.defineEventHandlers(global, dom.windowHandlers);
  const unforgeable = {
    get window() { return global; },
    get document() { return dom.wrap(dom.document); },
    get location() { return location; },
    set location(url) { location.href = url; },
    get top() { return dom.windowObject(ops.windows().top); },
  };
  define(global, unforgeable, false);
  // What a script may put something else in the place of.
  const replaceable = {
    get self() { return global; },
    get frames() { return global; },
    get parent() { return dom.windowObject(ops.windows().parent); },
    get opener() { return dom.windowObject(ops.windows().opener); },
    get length() { return ops.windows().frames.length; },
    get origin() { return ops.documentOrigin(); },
  };
  for (const key in replaceable) {
    const { get } = getOwnPropertyDescriptor(replaceable, key);
    const setter = { set [key](value) { defineProperty(global, key, { value, writable: true, enumerable: true, configurable: true }); } };
    defineProperty(global, key, { get, set: getOwnPropertyDescriptor(setter, key).set, enumerable: true, configurable: true });
  }
  lib.exposeFunctions({
    get name() {
      const { name } = ops.windows();
      ops.exposeText('name', name);
      return name;
    },
    set name(value) { ops.setWindowName(convert.USVString(value)); },
    get closed() { try { ops.windows(); return false; } catch { return true; } },
    close() { ops.closeWindow(ownId()); },
    focus() {},
    blur() {},
    postMessage(message) { post(ownId(), arguments, 'Window.postMessage'); },
    open() {
      const given = arguments[0] === undefined ? '' : convert.USVString(arguments[0]);
      const name = arguments[1] === undefined ? '_blank' : convert.USVString(arguments[1]);
      const features = openFeatures(arguments[2] === undefined ? '' : convert.DOMString(arguments[2]));
      const url = given === '' ? '' : parseUrl(given);
      const noReferrer = features.noreferrer === true, noOpener = noReferrer || features.noopener === true;
      const window = dom.navigate({ __proto__: null, name: name === '' ? '_blank' : name }, url, { __proto__: null, noOpener, noReferrer });
      return noOpener ? null : dom.windowObject(window);
    },
  });
  // "noopener, noreferrer=1" and so on.
  const openFeatures = (text) => {
    const found = { __proto__: null };
    const list = lib.primordials.stringSplit(text, ',');
    for (let index = 0; index < list.length; index++) {
      const parts = lib.primordials.stringSplit(list[index], '=');
      const value = dom.lower(dom.strip(parts[1] ?? ''));
      found[dom.lower(dom.strip(parts[0]))] = value === '' || value === 'yes' || value === 'true' || convert.long(value) !== 0;
    }
    return found;
  };

  // --- Frames by index and elements by name, as properties of the global object. ------------------------------------
  let indices = 0;
  dom.framesChanged = () => {
    for (; indices < dom.frameElements.length; indices++) {
      const index = indices;
      const accessor = { get frame() { return dom.windowObject(ops.windows().frames[index]) ?? undefined; } };
      defineProperty(global, `${index}`, { get: getOwnPropertyDescriptor(accessor, 'frame').get, enumerable: false, configurable: true });
    }
    while (indices > dom.frameElements.length) delete global[`${--indices}`];
  };
  const hasName = dom.setOf('embed form frame iframe img object');
  const called = (name) => dom.find(dom.document, (record) => record.html && (dom.attribute(record, 'id') === name ||
    (hasName[record.local] === true && dom.attribute(record, 'name') === name)));
  const lookUp = (name) => {
    const { frameElements } = dom;
    for (let index = 0; index < frameElements.length; index++) {
      if (dom.attribute(frameElements[index], 'name') === name) return dom.windowObject(frameElements[index].window);
    }
    return dom.wrap(called(name)) ?? undefined;
  };
  // MODEL: where several elements have the name, it stands for the first of them.
  // `known` are the names that `target` has so; `test(name)` finds the element, `look(name)` gives the value.
  const names = (target, test, look) => {
    const known = { __proto__: null };
    return {
      __proto__: null,
      add(name) {
        if (name === null || name === '' || name in target) return;
        const accessor = {
          get [name]() { return look(name); },
          set [name](value) {
            delete known[name];
            defineProperty(target, name, { value, writable: true, enumerable: true, configurable: true });
          },
        };
        const descriptor = { ...getOwnPropertyDescriptor(accessor, name), enumerable: false, configurable: true };
        known[name] = descriptor.get;
        defineProperty(target, name, descriptor);
      },
      forget(name) {
        if (name === null || known[name] === undefined || test(name) !== null) return;
        if (getOwnPropertyDescriptor(target, name)?.get === known[name]) delete target[name];
        delete known[name];
      },
    };
  };
  const onWindow = names(global, called, lookUp);
  // A document has its forms, images and frames by their names.
  const calledInDocument = (name) => dom.find(dom.document, (record) => record.html && hasName[record.local] === true && dom.attribute(record, 'name') === name);
  const onDocument = names(dom.wrap(dom.document), calledInDocument, (name) => {
    const record = calledInDocument(name);
    return record !== null && record.window !== undefined ? dom.windowObject(record.window) : dom.wrap(record) ?? undefined;
  });
  const tell = (record, steps) => {
    if (record.document !== dom.document || !record.html) return;
    onWindow[steps](dom.attribute(record, 'id'));
    if (hasName[record.local] !== true) return;
    const name = dom.attribute(record, 'name');
    onWindow[steps](name);
    onDocument[steps](name);
  };
  push(dom.watchers.connected, (record) => tell(record, 'add'));
  push(dom.watchers.disconnected, (record) => tell(record, 'forget'));
  push(dom.watchers.attribute, (record, name, old) => {
    if ((name !== 'id' && name !== 'name') || !record.connected || record.document !== dom.document) return;
    tell(record, 'add');
    onWindow.forget(old);
    onDocument.forget(old);
  });

  // --- Exceptions and fragment navigations. -------------------------------------------------------------------------
  lib.hooks.error = (error) => lib.fireError(lib.errorInit(error, dom.isMuted));

  // --- The page is shown, and goes. ---------------------------------------------------------------------------------
  // As the load event, these are the window's, with the document as their target.
  const firePageTransition = (type) => {
    lib.dispatch(global, lib.createEvent(PageTransitionEvent, type, { bubbles: true, cancelable: true, persisted: false }), dom.wrap(dom.document));
  };
  let isShowing = false;
  dom.show = () => {
    isShowing = true;
    firePageTransition('pageshow');
  };
  lib.entries.unload = () => {
    if (isShowing) {
      isShowing = false;
      firePageTransition('pagehide');
      dom.isHidden = true;
      lib.fire(dom.wrap(dom.document), 'visibilitychange', { bubbles: true });
    }
    lib.dispatch(global, lib.createEvent(lib.Event, 'unload'), dom.wrap(dom.document));
  };
  lib.entries.fragmentNavigation = (oldURL, newURL) => {
    lib.fire(global, 'hashchange', { oldURL, newURL }, HashChangeEvent);
  };
}
