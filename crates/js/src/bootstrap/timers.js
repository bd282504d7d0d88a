// setTimeout, setInterval, queueMicrotask, and reportError.

export default function (ops, lib, global) {
  const { slice, promiseResolve, then, TypeError } = lib.primordials;
  const { convert } = lib;
  const resolved = promiseResolve();
  let next = 1;
  // Handle -> operation that is under way for it.
  const timers = { __proto__: null };

  // A string is a script, in pages and workers.
  const stepsOf = (handler, args, where) => {
    if (typeof handler === 'function') return () => lib.invoke(handler, global, args);
    if (lib.isServer) throw new TypeError(`${where}: not a function`);
    const source = convert.USVString(handler);
    return () => {
      try {
        ops.evaluateScript(source, ops.urlResolve('') ?? '');
      } catch (error) {
        lib.report(error);
      }
    };
  };
  const start = (handler, delay, args, repeat, where) => {
    const steps = stepsOf(handler, args, where);
    let milliseconds = convert.long(delay);
    if (milliseconds < 0) milliseconds = 0;
    const handle = next++;
    let nesting = 0;
    const arm = () => {
      // From the fifth nested round on an interval of less than 4 ms is lengthened.
      const wait = repeat && nesting > 5 && milliseconds < 4 ? 4 : milliseconds;
      nesting++;
      const operation = lib.begin(() => {
        if (!repeat) delete timers[handle];
        steps();
        if (repeat && handle in timers) arm();
      });
      timers[handle] = operation;
      ops.startTimer(operation, wait);
    };
    arm();
    return handle;
  };
  const clear = (handle) => {
    const operation = timers[handle];
    if (operation === undefined) return;
    delete timers[handle];
    lib.forget(operation);
    ops.cancelTimer(operation);
  };
  // For other files: a timer that runs steps of theirs. Returns what lib.clearTimer takes.
  lib.setTimer = (milliseconds, steps) => {
    const operation = lib.begin(steps);
    ops.startTimer(operation, milliseconds);
    return operation;
  };
  lib.clearTimer = (operation) => {
    lib.forget(operation);
    ops.cancelTimer(operation);
  };

  lib.queueMicrotask = (steps) => { then(resolved, steps); };
  lib.exposeFunctions({
    setTimeout(handler) {
      lib.requireArguments(arguments.length, 1, 'setTimeout');
      return start(handler, arguments[1], slice(arguments, 2), false, 'setTimeout');
    },
    clearTimeout() { clear(convert.long(arguments[0])); },
    setInterval(handler) {
      lib.requireArguments(arguments.length, 1, 'setInterval');
      return start(handler, arguments[1], slice(arguments, 2), true, 'setInterval');
    },
    clearInterval() { clear(convert.long(arguments[0])); },
    queueMicrotask(callback) {
      lib.requireArguments(arguments.length, 1, 'queueMicrotask');
      convert.callback(callback, 'queueMicrotask');
      then(resolved, () => lib.invoke(callback, undefined, []));
    },
    reportError(error) {
      lib.requireArguments(arguments.length, 1, 'reportError');
      lib.report(error);
    },
  });
}
