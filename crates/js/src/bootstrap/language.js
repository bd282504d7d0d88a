// What of the language itself would read the machine's clock, time zone or randomness.

export default function (ops, lib, global) {
  const { apply, construct, defineProperty, uncurry } = lib.primordials;

  // --- Date: the host's time, and UTC as the time zone. -------------------------------------------------------------
  const NativeDate = global.Date;
  const prototype = NativeDate.prototype;
  const nativeParse = NativeDate.parse;
  const utc = NativeDate.UTC;
  const offsetOf = uncurry(prototype.getTimezoneOffset);
  const utcString = uncurry(prototype.toUTCString);
  const getTime = uncurry(prototype.getTime);
  const test = uncurry(RegExp.prototype.exec);
  const zoned = /(?:Z|GMT|UTC|[+-]\d\d:?\d\d)\s*(?:\(.*\))?$/i;
  const dateOnly = /^[+-]?\d{4,6}(?:-\d\d(?:-\d\d)?)?$/;
  const parse = (text) => {
    const time = nativeParse(text);
    if (time !== time || test(zoned, text) !== null || test(dateOnly, text) !== null) return time;
    // The engine took it for local time; here local time is UTC.
    return time - offsetOf(new NativeDate(time)) * 60000;
  };
  function Date(year, month, date, hours, minutes, seconds, ms) {
    if (new.target === undefined) return `${new Date()}`;
    let time;
    if (arguments.length === 0) time = ops.now();
    else if (arguments.length === 1) {
      const value = lib.isObject(year) && year instanceof NativeDate ? getTime(year) : year;
      const primitive = lib.isObject(value) ? toPrimitive(value) : value;
      time = typeof primitive === 'string' ? parse(primitive) : primitive;
    } else time = apply(utc, undefined, arguments);
    return construct(NativeDate, [time], new.target);
  }
  const toPrimitive = (object) => {
    const method = object[Symbol.toPrimitive];
    if (method !== undefined && method !== null) return apply(method, object, ['default']);
    const value = object.valueOf();
    return lib.isObject(value) ? `${object}` : value;
  };
  defineProperty(Date, 'prototype', { value: prototype, writable: false });
  defineProperty(prototype, 'constructor', { value: Date, writable: true, configurable: true });
  const hidden = (object, name, value) => defineProperty(object, name, { value, writable: true, configurable: true });
  hidden(Date, 'now', { now() { return ops.now(); } }.now);
  hidden(Date, 'parse', { parse(string) { return parse(lib.primordials.toText(string)); } }.parse);
  hidden(Date, 'UTC', utc);
  const parts = ['FullYear', 'Month', 'Date', 'Hours', 'Minutes', 'Seconds', 'Milliseconds'];
  for (let index = 0; index < parts.length; index++) {
    hidden(prototype, `get${parts[index]}`, prototype[`getUTC${parts[index]}`]);
    hidden(prototype, `set${parts[index]}`, prototype[`setUTC${parts[index]}`]);
  }
  hidden(prototype, 'getDay', prototype.getUTCDay);
  const slice = lib.primordials.stringSlice;
  // "Sat, 01 Jan 2000 00:00:00 GMT" in the parts that the other formats are made of.
  const written = (date) => {
    const text = utcString(date);
    if (text === 'Invalid Date') return undefined;
    const year = slice(text, 12, -13);
    return { date: `${slice(text, 0, 3)} ${slice(text, 8, 11)} ${slice(text, 5, 7)} ${year}`, time: slice(text, -12, -4) };
  };
  const zone = 'GMT+0000 (Coordinated Universal Time)';
  const formats = {
    getTimezoneOffset() { return getTime(this) === getTime(this) ? 0 : NaN; },
    toString() { const text = written(this); return text ? `${text.date} ${text.time} ${zone}` : 'Invalid Date'; },
    toDateString() { return written(this)?.date ?? 'Invalid Date'; },
    toTimeString() { const text = written(this); return text ? `${text.time} ${zone}` : 'Invalid Date'; },
    toLocaleString() { const text = written(this); return text ? `${text.date} ${text.time}` : 'Invalid Date'; },
    toLocaleDateString() { return written(this)?.date ?? 'Invalid Date'; },
    toLocaleTimeString() { return written(this)?.time ?? 'Invalid Date'; },
  };
  for (const name in formats) hidden(prototype, name, formats[name]);
  lib.expose('Date', Date);

  // --- Math.random: the world's seeded randomness. ------------------------------------------------------------------
  hidden(Math, 'random', { random() { return ops.random(); } }.random);

  // --- Shared memory needs cross-origin isolation, which no page here has. ------------------------------------------
  delete global.SharedArrayBuffer;
  delete global.performance;
}
