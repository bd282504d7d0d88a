// Events and event targets: the DOM standard's dispatch, without shadow trees.

export default function (ops, lib, global) {
  const { push, slice, splice, indexOf, apply, defineProperty, stringSlice, toWellFormed } = lib.primordials;
  const { convert } = lib;

  // --- Event --------------------------------------------------------------------------------------------------------
  const NONE = 0, CAPTURING_PHASE = 1, AT_TARGET = 2, BUBBLING_PHASE = 3;
  const eventState = (event) => lib.state(event, 'Event');
  const initEvent = (event, type, { bubbles = false, cancelable = false, composed = false, trusted = false } = {}) =>
    lib.init(event, 'Event', {
      type, bubbles, cancelable, composed, trusted, timeStamp: ops.now(), target: null, currentTarget: null, phase: NONE,
      path: [], stopped: false, stoppedImmediately: false, canceled: false, dispatching: false, passive: false,
      initialized: true,
    });
  lib.eventInit = (init, where) => {
    const dictionary = convert.dictionary(init, where);
    return {
      bubbles: !!dictionary.bubbles, cancelable: !!dictionary.cancelable, composed: !!dictionary.composed,
    };
  };
  function Event(type) {
    lib.requireNew(new.target, 'Event');
    lib.requireArguments(arguments.length, 1, 'Event');
    type = convert.DOMString(type);
    initEvent(this, type, lib.eventInit(arguments[1], 'Event'));
    defineIsTrusted(this);
  }
  // [LegacyUnforgeable]: an own property of every event.
  const isTrusted = { get isTrusted() { return eventState(this).trusted; } };
  const isTrustedDescriptor = { ...lib.primordials.getOwnPropertyDescriptor(isTrusted, 'isTrusted'), enumerable: true, configurable: false };
  const defineIsTrusted = (event) => defineProperty(event, 'isTrusted', isTrustedDescriptor);
  const cancel = (state) => { if (state.cancelable && !state.passive) state.canceled = true; };
  lib.defineInterface(Event, {
    constants: { NONE, CAPTURING_PHASE, AT_TARGET, BUBBLING_PHASE },
    prototype: {
      get type() { return eventState(this).type; },
      get target() { return eventState(this).target; },
      get srcElement() { return eventState(this).target; },
      get currentTarget() { return eventState(this).currentTarget; },
      composedPath() { return slice(eventState(this).path); },
      get eventPhase() { return eventState(this).phase; },
      stopPropagation() { eventState(this).stopped = true; },
      get cancelBubble() { return eventState(this).stopped; },
      set cancelBubble(value) { if (value) eventState(this).stopped = true; },
      stopImmediatePropagation() { const state = eventState(this); state.stopped = true; state.stoppedImmediately = true; },
      get bubbles() { return eventState(this).bubbles; },
      get cancelable() { return eventState(this).cancelable; },
      get returnValue() { return !eventState(this).canceled; },
      set returnValue(value) { if (!value) cancel(eventState(this)); },
      preventDefault() { cancel(eventState(this)); },
      get defaultPrevented() { return eventState(this).canceled; },
      get composed() { return eventState(this).composed; },
      get timeStamp() { return eventState(this).timeStamp; },
      initEvent(type) {
        const state = eventState(this);
        lib.requireArguments(arguments.length, 1, 'Event.initEvent');
        if (state.dispatching) return;
        state.type = convert.DOMString(type);
        state.bubbles = !!arguments[1];
        state.cancelable = !!arguments[2];
        state.initialized = true;
        state.canceled = state.stopped = state.stoppedImmediately = state.trusted = false;
        state.target = null;
      },
    },
  });
  // Defines an event interface whose attributes come from its dictionary: members are { name: [default, conversion] }.
  lib.defineEvent = (name, members = {}, parent = Event, prototype = {}) => {
    const constructor = {
      [name]: function (type) {
        lib.requireNew(new.target, name);
        lib.requireArguments(arguments.length, 1, name);
        type = convert.DOMString(type);
        const init = convert.dictionary(arguments[1], name);
        initEvent(this, type, lib.eventInit(init, name));
        defineIsTrusted(this);
        initMembers(this, init);
      },
    }[name];
    const parentMembers = parent.initMembers;
    const initMembers = (event, init) => {
      if (memberInits[parent.name] !== undefined) memberInits[parent.name](event, init);
      const state = { __proto__: null };
      for (const key in members) {
        const value = init[key];
        state[key] = value === undefined ? members[key][0] : members[key][1] ? members[key][1](value) : value;
      }
      lib.init(event, name, state);
    };
    memberInits[name] = initMembers;
    for (const key in members) {
      const accessor = { get [key]() { return lib.state(this, name)[key]; } };
      defineProperty(prototype, key, lib.primordials.getOwnPropertyDescriptor(accessor, key));
    }
    return lib.defineInterface(constructor, { prototype, parent });
  };
  const memberInits = { __proto__: null };
  // An event that the user agent fires: trusted. `init` has the flags and the interface's members.
  lib.createEvent = (constructor, type, init = {}) => {
    const event = lib.instantiate(constructor);
    initEvent(event, type, { ...init, trusted: true });
    defineIsTrusted(event);
    memberInits[constructor.name]?.(event, init);
    return event;
  };
  const CustomEvent = lib.defineEvent('CustomEvent', { detail: [null] }, Event, {
    initCustomEvent(type) {
      const state = lib.state(this, 'CustomEvent');
      apply(this.initEvent, this, arguments);
      state.detail = arguments[3] === undefined ? null : arguments[3];
    },
  });
  const MessageEvent = lib.defineEvent('MessageEvent', {
    data: [null], origin: ['', convert.USVString], lastEventId: ['', convert.DOMString], source: [null],
    ports: [lib.primordials.freeze([])],
  });
  const ErrorEvent = lib.defineEvent('ErrorEvent', {
    message: ['', convert.DOMString], filename: ['', convert.USVString], lineno: [0, convert.unsignedLong],
    colno: [0, convert.unsignedLong], error: [undefined],
  });
  lib.defineEvent('ProgressEvent', {
    lengthComputable: [false, convert.boolean], loaded: [0, convert.double], total: [0, convert.double],
  });
  const PromiseRejectionEvent = lib.defineEvent('PromiseRejectionEvent', { promise: [undefined], reason: [undefined] });
  lib.Event = Event;
  lib.MessageEvent = MessageEvent;

  // --- EventTarget --------------------------------------------------------------------------------------------------
  // A listener: { type, callback, capture, once, passive, signal, removed }.
  const newTarget = () => ({ listeners: [], handlers: null });
  const targetState = (object) => lib.state(object ?? global, 'EventTarget');
  lib.initEventTarget = (object) => lib.init(object, 'EventTarget', newTarget());
  const flatten = (options) => (lib.isObject(options) ? !!options.capture : !!options);
  const find = (listeners, type, callback, capture) => {
    for (let index = 0; index < listeners.length; index++) {
      const listener = listeners[index];
      if (listener.type === type && listener.callback === callback && listener.capture === capture) return index;
    }
    return -1;
  };
  const remove = (state, index) => {
    state.listeners[index].removed = true;
    splice(state.listeners, index, 1);
  };
  function EventTarget() {
    lib.requireNew(new.target, 'EventTarget');
    lib.initEventTarget(this);
  }
  lib.defineInterface(EventTarget, {
    prototype: {
      addEventListener(type, callback) {
        const target = this ?? global;
        const state = targetState(target);
        lib.requireArguments(arguments.length, 2, 'EventTarget.addEventListener');
        type = convert.DOMString(type);
        if (callback !== null && callback !== undefined && !lib.isObject(callback)) {
          throw new TypeError('EventTarget.addEventListener: the listener is no object');
        }
        const options = arguments[2];
        const capture = flatten(options);
        let once = false, passive = false, signal;
        if (lib.isObject(options)) {
          once = !!options.once;
          passive = !!options.passive;
          signal = options.signal;
          if (signal !== undefined) convert.interface(signal, 'AbortSignal', 'EventTarget.addEventListener');
        }
        if (signal !== undefined && lib.state(signal, 'AbortSignal').aborted) return;
        if (callback === null || callback === undefined) return;
        if (find(state.listeners, type, callback, capture) >= 0) return;
        const listener = { type, callback, capture, once, passive, removed: false };
        push(state.listeners, listener);
        state.onListener?.(type);
        if (signal !== undefined) {
          lib.addAbortSteps(signal, () => {
            const index = indexOf(state.listeners, listener);
            if (index >= 0) remove(state, index);
          });
        }
      },
      removeEventListener(type, callback) {
        const state = targetState(this);
        lib.requireArguments(arguments.length, 2, 'EventTarget.removeEventListener');
        const index = find(state.listeners, convert.DOMString(type), callback, flatten(arguments[2]));
        if (index >= 0) remove(state, index);
      },
      dispatchEvent(event) {
        const target = this ?? global;
        targetState(target);
        lib.requireArguments(arguments.length, 1, 'EventTarget.dispatchEvent');
        const state = lib.state(convert.interface(event, 'Event', 'EventTarget.dispatchEvent'), 'Event');
        if (state.dispatching || !state.initialized) {
          throw new DOMException('the event is being dispatched already', 'InvalidStateError');
        }
        state.trusted = false;
        return lib.dispatch(target, event);
      },
    },
  });
  lib.EventTarget = EventTarget;

  // Runs the listeners of one target on the path.
  const invoke = (target, event, state, phase, wanted) => {
    if (state.stopped) return;
    state.currentTarget = target;
    state.phase = phase;
    const listeners = slice(lib.state(target, 'EventTarget').listeners);
    for (let index = 0; index < listeners.length; index++) {
      const listener = listeners[index];
      if (listener.removed || listener.type !== state.type || listener.capture !== wanted) continue;
      if (listener.once) {
        const own = lib.state(target, 'EventTarget');
        const at = indexOf(own.listeners, listener);
        if (at >= 0) remove(own, at);
      }
      state.passive = listener.passive;
      try {
        const { callback } = listener;
        if (typeof callback === 'function') apply(callback, target, [event]);
        else {
          const method = callback.handleEvent;
          if (typeof method !== 'function') throw new TypeError('handleEvent is not a function');
          apply(method, callback, [event]);
        }
      } catch (error) {
        lib.report(error);
      }
      state.passive = false;
      if (state.stoppedImmediately) return;
    }
  };
  // Hooks for trees: parentOf(target, event) is the next target up. beforeDispatch(event, path) runs before the listeners,
  // and afterDispatch(event, canceled, what the former returned) after them: activation behaviour.
  // `shown` is what the event gives as its target: the document, where `load` is fired at its window.
  lib.dispatch = (target, event, shown = target) => {
    const state = lib.state(event, 'Event');
    state.dispatching = true;
    state.target = shown;
    const path = [];
    for (let at = target; at !== null && at !== undefined; at = lib.hooks.parentOf?.(at, event)) push(path, at);
    state.path = path;
    const activation = lib.hooks.beforeDispatch?.(event, path);
    for (let index = path.length - 1; index >= 0; index--) {
      invoke(path[index], event, state, index === 0 ? AT_TARGET : CAPTURING_PHASE, true);
    }
    for (let index = 0; index < path.length; index++) {
      if (index > 0 && !state.bubbles) break;
      invoke(path[index], event, state, index === 0 ? AT_TARGET : BUBBLING_PHASE, false);
    }
    state.phase = NONE;
    state.currentTarget = null;
    state.path = [];
    state.dispatching = state.stopped = state.stoppedImmediately = false;
    lib.hooks.afterDispatch?.(event, state.canceled, activation);
    return !state.canceled;
  };
  // Fires a trusted event; returns false if it was canceled.
  lib.fire = (target, type, init, constructor = Event) => lib.dispatch(target, lib.createEvent(constructor, type, init));

  // --- Event handler attributes (onload, …) -------------------------------------------------------------------------
  const handlerAttributes = { __proto__: null };
  lib.defineEventHandlers = (prototype, types) => {
    for (let index = 0; index < types.length; index++) {
      const type = types[index];
      const name = `on${type}`;
      // The attribute is the same wherever it is: one getter and setter serve all.
      handlerAttributes[name] ??= lib.primordials.getOwnPropertyDescriptor({
        get [name]() { return targetState(this).handlers?.[type]?.value ?? null; },
        set [name](value) { lib.setEventHandler(this ?? global, type, value); },
      }, name);
      defineProperty(prototype, name, handlerAttributes[name]);
    }
  };
  lib.setEventHandler = (target, type, value) => {
    const state = targetState(target);
    state.handlers ??= { __proto__: null };
    const known = state.handlers[type];
    if (!lib.isObject(value)) {
      if (known === undefined) return;
      const index = indexOf(state.listeners, known.listener);
      if (index >= 0) remove(state, index);
      delete state.handlers[type];
      return;
    }
    if (known !== undefined) {
      known.value = value;
      return;
    }
    const handler = { value, listener: null };
    const callback = (event) => {
      if (typeof handler.value !== 'function') return;
      let outcome;
      const errorEvent = lib.peek(event, 'ErrorEvent');
      if (type === 'error' && errorEvent !== undefined && target === global) {
        // The handler of the global object's `error` takes its parts, and returns true when it has handled it.
        outcome = apply(handler.value, target, [errorEvent.message, errorEvent.filename, errorEvent.lineno, errorEvent.colno, errorEvent.error]);
        if (outcome === true) cancel(lib.state(event, 'Event'));
        return;
      }
      outcome = apply(handler.value, target, [event]);
      if (outcome === false) cancel(lib.state(event, 'Event'));
    };
    handler.listener = { type, callback, capture: false, once: false, passive: false, removed: false };
    state.handlers[type] = handler;
    push(state.listeners, handler.listener);
    state.onListener?.(type);
  };

  // --- Exceptions that no script catches ----------------------------------------------------------------------------
  let reporting = false;
  const fireError = (init) => {
    if (reporting || lib.peek(global, 'EventTarget') === undefined) return false;
    reporting = true;
    try {
      return !lib.fire(global, 'error', { ...init, cancelable: true }, ErrorEvent);
    } finally {
      reporting = false;
    }
  };
  const messageOf = (error) => {
    try {
      return `Uncaught ${lib.isObject(error) && 'message' in error ? `${error.name}: ${error.message}` : `${error}`}`;
    } catch {
      return 'Uncaught exception';
    }
  };
  lib.fireError = fireError;
  // What an ErrorEvent says of an exception; of one in a muted script nothing.
  lib.errorInit = (error, isMuted) => {
    const { message, filename, lineno, colno } = ops.describeException(error);
    if (isMuted(filename)) return { message: 'Script error.', error: null };
    const uncaught = message === undefined ? 'Uncaught exception' : stringSlice(message, 0, 9) === 'Uncaught ' ? message : `Uncaught ${message}`;
    return { message: uncaught, filename, lineno, colno, error };
  };
  lib.hooks.error = (error) => fireError({ message: messageOf(error), error });
  lib.entries.scriptError = (message, filename, lineno, colno) =>
    fireError({ message, filename, lineno, colno, error: null });
  lib.entries.unhandledRejection = (promise, reason) => {
    if (lib.peek(global, 'EventTarget') === undefined) return false;
    return !lib.fire(global, 'unhandledrejection', { cancelable: true, promise, reason }, PromiseRejectionEvent);
  };
  // hooks.windowProxy(id) is the object that stands for another window; hooks.deserialize makes a value of a message.
  lib.fireMessage = (target, data, origin, source) => {
    let message;
    try {
      message = lib.deserializeWithTransfer(data);
    } catch {
      lib.fire(target, 'messageerror', { origin }, MessageEvent);
      return;
    }
    lib.fire(target, 'message', { data: message.value, origin, source, ports: lib.primordials.freeze(message.ports) }, MessageEvent);
  };
  lib.entries.message = (data, origin, source) => {
    const proxy = source === undefined || source === null ? null : lib.hooks.windowProxy?.(source) ?? null;
    lib.fireMessage(global, data, origin, proxy);
  };
}
