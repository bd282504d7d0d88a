// The console: text for people, no state but counters.

export default function (ops, lib, global) {
  const { keys, isArray, join, push, toWellFormed, getPrototypeOf, toText } = lib.primordials;
  const errorToString = Error.prototype.toString;
  const { apply } = lib.primordials;

  // A value as a person reads it: strings bare at the top, quoted inside.
  const describe = (value, depth, seen) => {
    switch (typeof value) {
      case 'string': return depth === 0 ? value : `'${value}'`;
      case 'bigint': return `${value}n`;
      case 'symbol': return apply(symbolToString, value, []);
      case 'function': return `[function ${value.name || 'anonymous'}]`;
      case 'object': break;
      default: return toText(value);
    }
    if (value === null) return 'null';
    if (seen.indexOf(value) >= 0) return '[circular]';
    if (value instanceof Error || value instanceof DOMException) return apply(errorToString, value, []);
    if (depth > 3) return isArray(value) ? '[array]' : '[object]';
    const inner = [...seen, value];
    if (isArray(value)) {
      const items = [];
      for (let index = 0; index < value.length && index < 100; index++) push(items, describe(value[index], depth + 1, inner));
      if (value.length > 100) push(items, `… ${value.length - 100} more`);
      return `[${join(items, ', ')}]`;
    }
    const items = [];
    const names = keys(value);
    for (let index = 0; index < names.length && index < 100; index++) {
      push(items, `${names[index]}: ${describe(value[names[index]], depth + 1, inner)}`);
    }
    const prototype = getPrototypeOf(value);
    const name = prototype === null || prototype === Object.prototype ? '' : `${prototype.constructor?.name ?? ''} `;
    return items.length === 0 ? `${name}{}` : `${name}{ ${join(items, ', ')} }`;
  };
  const symbolToString = Symbol.prototype.toString;
  const format = (values) => {
    const parts = [];
    for (let index = 0; index < values.length; index++) {
      let part;
      try { part = describe(values[index], 0, []); } catch { part = '[value that cannot be shown]'; }
      push(parts, part);
    }
    return toWellFormed(join(parts, ' '));
  };

  const counters = { __proto__: null };
  const console = {
    debug(...values) { ops.console(0, format(values)); },
    log(...values) { ops.console(1, format(values)); },
    info(...values) { ops.console(2, format(values)); },
    warn(...values) { ops.console(3, format(values)); },
    error(...values) { ops.console(4, format(values)); },
    trace(...values) { ops.console(1, format(['Trace:', ...values])); },
    dir(value) { ops.console(1, format([value])); },
    assert(condition, ...values) { if (!condition) ops.console(4, format(['Assertion failed:', ...values])); },
    count(label = 'default') {
      counters[label] = (counters[label] ?? 0) + 1;
      ops.console(2, format([`${label}: ${counters[label]}`]));
    },
    countReset(label = 'default') { delete counters[label]; },
    group(...values) { if (values.length > 0) ops.console(1, format(values)); },
    groupEnd() {},
    table(value) { ops.console(1, format([value])); },
    time() {},
    timeEnd() {},
    timeLog() {},
  };
  lib.describe = (value) => format([value]);
  lib.expose('console', console);
}
