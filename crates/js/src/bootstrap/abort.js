// AbortController and AbortSignal.

export default function (ops, lib, global) {
  const { push, slice, indexOf, splice } = lib.primordials;
  const { convert } = lib;
  const signalState = (signal) => lib.state(signal, 'AbortSignal');

  const createSignal = () => {
    const signal = lib.instantiate(AbortSignal);
    lib.initEventTarget(signal);
    lib.init(signal, 'AbortSignal', { aborted: false, reason: undefined, steps: [], dependents: [], sources: null });
    return signal;
  };
  const defaultReason = () => new DOMException('The operation was aborted', 'AbortError');
  const runSteps = (signal, state) => {
    const steps = state.steps;
    state.steps = [];
    for (let index = 0; index < steps.length; index++) steps[index]();
    lib.fire(signal, 'abort');
  };
  // Marks the signal and all that depend on it first, and runs the steps of each then.
  const signalAbort = (signal, reason) => {
    const state = signalState(signal);
    if (state.aborted) return;
    if (reason === undefined) reason = defaultReason();
    state.aborted = true;
    state.reason = reason;
    const marked = [];
    for (let index = 0; index < state.dependents.length; index++) {
      const dependent = signalState(state.dependents[index]);
      if (dependent.aborted) continue;
      dependent.aborted = true;
      dependent.reason = reason;
      push(marked, state.dependents[index]);
    }
    runSteps(signal, state);
    for (let index = 0; index < marked.length; index++) runSteps(marked[index], signalState(marked[index]));
  };
  // A signal that is aborted when one of the others is.
  const createDependent = (sources) => {
    const result = createSignal();
    const state = signalState(result);
    for (let index = 0; index < sources.length; index++) {
      const source = signalState(sources[index]);
      if (source.aborted) {
        state.aborted = true;
        state.reason = source.reason;
        return result;
      }
    }
    state.sources = [];
    const follow = (source) => {
      if (indexOf(state.sources, source) >= 0) return;
      push(state.sources, source);
      push(signalState(source).dependents, result);
    };
    for (let index = 0; index < sources.length; index++) {
      const origins = signalState(sources[index]).sources;
      if (origins === null) follow(sources[index]);
      else for (let at = 0; at < origins.length; at++) follow(origins[at]);
    }
    return result;
  };

  const prototype = {
    get aborted() { return signalState(this).aborted; },
    get reason() { return signalState(this).reason; },
    throwIfAborted() {
      const state = signalState(this);
      if (state.aborted) throw state.reason;
    },
  };
  lib.defineEventHandlers(prototype, ['abort']);
  const AbortSignal = lib.defineAbstractInterface('AbortSignal', {
    parent: lib.EventTarget,
    prototype,
    statics: {
      abort() {
        const signal = createSignal();
        const state = signalState(signal);
        state.aborted = true;
        state.reason = arguments[0] === undefined ? defaultReason() : arguments[0];
        return signal;
      },
      timeout(milliseconds) {
        lib.requireArguments(arguments.length, 1, 'AbortSignal.timeout');
        const number = convert.double(milliseconds, 'AbortSignal.timeout');
        if (number < 0 || number > Number.MAX_SAFE_INTEGER) throw new TypeError('AbortSignal.timeout: out of range');
        const signal = createSignal();
        lib.setTimer(number > 0xffffffff ? 0xffffffff : number >>> 0, () => {
          signalAbort(signal, new DOMException('The operation timed out', 'TimeoutError'));
        });
        return signal;
      },
      any(signals) {
        lib.requireArguments(arguments.length, 1, 'AbortSignal.any');
        if (!lib.isObject(signals)) throw new TypeError('AbortSignal.any: not iterable');
        return createDependent(convert.sequence(signals, (item) => convert.interface(item, 'AbortSignal', 'AbortSignal.any')));
      },
    },
  });
  function AbortController() {
    lib.requireNew(new.target, 'AbortController');
    lib.init(this, 'AbortController', { signal: createSignal() });
  }
  lib.defineInterface(AbortController, {
    prototype: {
      get signal() { return lib.state(this, 'AbortController').signal; },
      abort() { signalAbort(lib.state(this, 'AbortController').signal, arguments[0]); },
    },
  });
  // For other files: steps to run on abort (none if it is aborted already), and signals that follow others.
  lib.addAbortSteps = (signal, steps) => {
    const state = signalState(signal);
    if (!state.aborted) push(state.steps, steps);
  };
  lib.removeAbortSteps = (signal, steps) => {
    const state = signalState(signal);
    const index = indexOf(state.steps, steps);
    if (index >= 0) splice(state.steps, index, 1);
  };
  lib.AbortController = AbortController;
  lib.createDependentSignal = createDependent;
  lib.signalAbort = signalAbort;
}
