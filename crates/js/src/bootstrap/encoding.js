// Bytes and text: buffer sources, TextEncoder, TextDecoder, btoa, atob, and the realm's randomness in crypto.

export default function (ops, lib, global) {
  const { uncurry, apply, construct, getPrototypeOf, getOwnPropertyDescriptor, charCodeAt, toWellFormed, stringSlice, stringIndexOf } = lib.primordials;
  const { convert } = lib;

  // --- Buffer sources -----------------------------------------------------------------------------------------------
  const TypedArray = getPrototypeOf(Uint8Array);
  const getter = (object, name) => uncurry(getOwnPropertyDescriptor(object, name).get);
  const typedBuffer = getter(TypedArray.prototype, 'buffer');
  const typedOffset = getter(TypedArray.prototype, 'byteOffset');
  const typedLength = getter(TypedArray.prototype, 'byteLength');
  const typedName = getter(TypedArray.prototype, Symbol.toStringTag);
  const typedSet = uncurry(TypedArray.prototype.set);
  const typedSubarray = uncurry(TypedArray.prototype.subarray);
  const viewBuffer = getter(DataView.prototype, 'buffer');
  const viewOffset = getter(DataView.prototype, 'byteOffset');
  const viewLength = getter(DataView.prototype, 'byteLength');
  const bufferLength = getter(ArrayBuffer.prototype, 'byteLength');
  const toBase64 = uncurry(Uint8Array.prototype.toBase64);
  const { isView } = ArrayBuffer;
  const Bytes = Uint8Array;
  const String = global.String;
  const fromCharCode = String.fromCharCode;

  const isArrayBuffer = (value) => {
    if (typeof value !== 'object' || value === null) return false;
    try { bufferLength(value); return true; } catch { return false; }
  };
  lib.isBufferSource = (value) => isView(value) || isArrayBuffer(value);
  lib.isArrayBuffer = isArrayBuffer;
  lib.isView = isView;
  lib.typedName = typedName;
  lib.typedBuffer = (value) => (typedName(value) === undefined ? viewBuffer(value) : typedBuffer(value));
  lib.typedOffset = (value) => (typedName(value) === undefined ? viewOffset(value) : typedOffset(value));
  lib.typedLength = (value) => (typedName(value) === undefined ? viewLength(value) : typedLength(value));
  // For streams, which are set up later, when a page may have overwritten all of it.
  const arrays = { __proto__: null, constructors: { __proto__: null }, sizes: { __proto__: null } };
  for (const name of ['Int8Array', 'Uint8Array', 'Uint8ClampedArray', 'Int16Array', 'Uint16Array', 'Float16Array', 'Int32Array', 'Uint32Array', 'Float32Array', 'Float64Array', 'BigInt64Array', 'BigUint64Array']) {
    if (global[name] === undefined) continue;
    arrays.constructors[name] = global[name];
    arrays.sizes[name] = global[name].BYTES_PER_ELEMENT;
  }
  lib.buffers = {
    __proto__: null, View: DataView, Buffer: ArrayBuffer, Bytes, bufferLength, arrays, set: typedSet,
    transfer: uncurry(ArrayBuffer.prototype.transfer), slice: uncurry(ArrayBuffer.prototype.slice), isDetached: getter(ArrayBuffer.prototype, 'detached'),
  };
  // A Uint8Array over the bytes of a buffer source.
  const bytesOf = (value) =>
    isView(value) ? new Bytes(lib.typedBuffer(value), lib.typedOffset(value), lib.typedLength(value)) : new Bytes(value);
  lib.bytesOf = bytesOf;
  // The bytes of a buffer source on their way to Rust: as base64, or as native data.
  lib.bytesToRust = (value) => toBase64(bytesOf(value));
  lib.dataOf = (value) => ops.dataFromBase64(toBase64(bytesOf(value)));
  lib.bufferOf = (bytes) => typedBuffer(bytes);

  // --- TextEncoder and TextDecoder ----------------------------------------------------------------------------------
  function TextEncoder() {
    lib.requireNew(new.target, 'TextEncoder');
    lib.init(this, 'TextEncoder', {});
  }
  lib.defineInterface(TextEncoder, {
    prototype: {
      get encoding() { lib.state(this, 'TextEncoder'); return 'utf-8'; },
      encode() {
        lib.state(this, 'TextEncoder');
        return ops.dataBytes(ops.dataFromText(arguments[0] === undefined ? '' : convert.USVString(arguments[0])), '');
      },
      encodeInto(source, destination) {
        lib.state(this, 'TextEncoder');
        lib.requireArguments(arguments.length, 2, 'TextEncoder.encodeInto');
        source = convert.USVString(source);
        if (!isView(destination) || typedName(destination) !== 'Uint8Array') throw new TypeError('TextEncoder.encodeInto: not a Uint8Array');
        const room = typedLength(destination);
        let read = 0, written = 0;
        // As many whole characters as there is room for.
        for (; read < source.length;) {
          const unit = charCodeAt(source, read);
          const size = unit < 0x80 ? 1 : unit < 0x800 ? 2 : unit >= 0xd800 && unit < 0xdc00 ? 4 : 3;
          if (written + size > room) break;
          written += size;
          read += size === 4 ? 2 : 1;
        }
        typedSet(destination, ops.dataBytes(ops.dataFromText(stringSlice(source, 0, read)), ''));
        return { read, written };
      },
    },
  });
  function TextDecoder() {
    lib.requireNew(new.target, 'TextDecoder');
    const label = arguments[0] === undefined ? 'utf-8' : convert.USVString(arguments[0]);
    const options = convert.dictionary(arguments[1], 'TextDecoder');
    const fatal = !!options.fatal;
    const ignoreBOM = !!options.ignoreBOM;
    const encoding = ops.encodingForLabel(label);
    if (encoding === undefined || encoding === null) throw new RangeError(`TextDecoder: '${label}' is no encoding`);
    lib.init(this, 'TextDecoder', { encoding, fatal, ignoreBOM, decoder: null });
  }
  lib.defineInterface(TextDecoder, {
    prototype: {
      get encoding() { return lib.state(this, 'TextDecoder').encoding; },
      get fatal() { return lib.state(this, 'TextDecoder').fatal; },
      get ignoreBOM() { return lib.state(this, 'TextDecoder').ignoreBOM; },
      decode() {
        const state = lib.state(this, 'TextDecoder');
        const input = arguments[0];
        const stream = !!convert.dictionary(arguments[1], 'TextDecoder.decode').stream;
        if (input !== undefined && !lib.isBufferSource(input)) throw new TypeError('TextDecoder.decode: not a buffer source');
        state.decoder ??= ops.decoderNew(state.encoding, state.ignoreBOM);
        const { decoder } = state;
        // The next call begins anew, unless more is to come.
        if (!stream) state.decoder = null;
        try {
          return ops.decoderDecode(decoder, input === undefined ? '' : lib.bytesToRust(input), !stream, state.fatal);
        } catch (error) {
          state.decoder = null;
          throw error;
        }
      },
    },
  });

  // --- btoa and atob ------------------------------------------------------------------------------------------------
  const fromBase64 = Bytes.fromBase64;
  const replace = uncurry(String.prototype.replace);
  const whitespace = /[\t\n\f\r ]+/g;
  const regExpReplace = uncurry(RegExp.prototype[Symbol.replace]);
  const invalid = () => new DOMException('The string is not base64', 'InvalidCharacterError');
  lib.exposeFunctions({
    atob(data) {
      lib.requireArguments(arguments.length, 1, 'atob');
      let text = '';
      const given = convert.DOMString(data);
      for (let index = 0; index < given.length; index++) {
        const unit = charCodeAt(given, index);
        if (unit !== 9 && unit !== 10 && unit !== 12 && unit !== 13 && unit !== 32) text += given[index];
      }
      if (text.length % 4 === 0 && text[text.length - 1] === '=') text = stringSlice(text, 0, text[text.length - 2] === '=' ? -2 : -1);
      if (text.length % 4 === 1 || stringIndexOf(text, '=') >= 0) throw invalid();
      let bytes;
      try { bytes = apply(fromBase64, Bytes, [text]); } catch { throw invalid(); }
      let result = '';
      for (let index = 0; index < bytes.length; index++) result += fromCharCode(bytes[index]);
      return result;
    },
    btoa(data) {
      lib.requireArguments(arguments.length, 1, 'btoa');
      const text = convert.DOMString(data);
      const bytes = new Bytes(text.length);
      for (let index = 0; index < text.length; index++) {
        const unit = charCodeAt(text, index);
        if (unit > 255) throw new DOMException('The string has a character above U+00FF', 'InvalidCharacterError');
        bytes[index] = unit;
      }
      return toBase64(bytes);
    },
  });

  // --- crypto: randomness only --------------------------------------------------------------------------------------
  const integerArrays = ['Int8Array', 'Uint8Array', 'Uint8ClampedArray', 'Int16Array', 'Uint16Array', 'Int32Array', 'Uint32Array', 'BigInt64Array', 'BigUint64Array'];
  const hex = '0123456789abcdef';
  const Crypto = lib.defineAbstractInterface('Crypto', {
    prototype: {
      getRandomValues(array) {
        lib.state(this, 'Crypto');
        lib.requireArguments(arguments.length, 1, 'Crypto.getRandomValues');
        if (!isView(array)) throw new TypeError('Crypto.getRandomValues: not a typed array');
        if (lib.primordials.indexOf(integerArrays, typedName(array)) < 0) throw new DOMException('not an array of integers', 'TypeMismatchError');
        const bytes = bytesOf(array);
        if (bytes.length > 65536) throw new DOMException('more than 65536 bytes', 'QuotaExceededError');
        typedSet(bytes, ops.randomBytes(bytes.length));
        return array;
      },
      randomUUID() {
        lib.state(this, 'Crypto');
        const bytes = ops.randomBytes(16);
        bytes[6] = (bytes[6] & 0x0f) | 0x40;
        bytes[8] = (bytes[8] & 0x3f) | 0x80;
        let text = '';
        for (let index = 0; index < 16; index++) {
          if (index === 4 || index === 6 || index === 8 || index === 10) text += '-';
          text += hex[bytes[index] >> 4] + hex[bytes[index] & 15];
        }
        return text;
      },
    },
  });
  const crypto = lib.instantiate(Crypto);
  lib.init(crypto, 'Crypto', {});
  lib.exposeFunctions({ get crypto() { return crypto; } });
}
