// FileReader: reads Blobs, with events. A blob's bytes are all there, so each reading ends in the task after its begin.

export default function (ops, lib, global) {
  const { concat, DOMException } = lib.primordials;
  const { fromCharCode } = global.String;
  const { convert } = lib;
  const { ProgressEvent } = global;
  const EMPTY = 0, LOADING = 1, DONE = 2;
  const constants = { EMPTY, LOADING, DONE };
  const stateOf = (reader) => lib.state(reader, 'FileReader');
  const fire = (reader, type, loaded, total) => lib.fire(reader, type, { lengthComputable: type !== 'error' && type !== 'abort', loaded, total }, ProgressEvent);

  function FileReader() {
    lib.requireNew(new.target, 'FileReader');
    lib.initEventTarget(this);
    lib.init(this, 'FileReader', { state: EMPTY, result: null, error: null, timer: null });
  }
  const base64 = (data, how) => lib.bytesToRust(ops.dataBytes(data, how));
  // "Package data": the charset of the type counts where none is asked for, and UTF-8 where none is known.
  const decode = (data, type, label) => {
    const encoding = (label === undefined ? undefined : ops.encodingForLabel(label)) ?? ops.encodingForLabel(ops.mimeCharset(type) ?? '') ?? 'utf-8';
    return ops.decoderDecode(ops.decoderNew(encoding, false), base64(data, 'FileReader.readAsText()'), true, false);
  };
  const binary = (bytes) => {
    let text = '';
    for (let index = 0; index < bytes.length; index++) text += fromCharCode(bytes[index]);
    return text;
  };
  const read = (reader, given, args, where, packageData) => {
    const state = stateOf(reader);
    lib.requireArguments(given, 1, where);
    const { data, type } = lib.state(args[0], 'Blob');
    const label = args[1] === undefined ? undefined : convert.DOMString(args[1]);
    if (state.state === LOADING) throw new DOMException('the reader is reading already', 'InvalidStateError');
    state.state = LOADING;
    state.result = null;
    state.error = null;
    const size = ops.dataSize(data);
    state.timer = lib.setTimer(0, () => {
      fire(reader, 'loadstart', 0, size);
      if (state.state !== LOADING) return;
      state.timer = lib.setTimer(0, () => {
        state.timer = null;
        if (size > 0) fire(reader, 'progress', size, size);
        if (state.state !== LOADING) return;
        state.state = DONE;
        state.result = packageData(data, type, label);
        fire(reader, 'load', size, size);
        if (state.state !== LOADING) fire(reader, 'loadend', size, size);
      });
    });
  };
  lib.defineInterface(FileReader, {
    parent: lib.EventTarget,
    constants,
    prototype: {
      readAsArrayBuffer(blob) { read(this, arguments.length, arguments, 'FileReader.readAsArrayBuffer', (data) => lib.bufferOf(ops.dataBytes(data, 'FileReader.readAsArrayBuffer()'))); },
      readAsBinaryString(blob) { read(this, arguments.length, arguments, 'FileReader.readAsBinaryString', (data) => binary(ops.dataBytes(data, 'FileReader.readAsBinaryString()'))); },
      readAsText(blob) { read(this, arguments.length, arguments, 'FileReader.readAsText', decode); },
      readAsDataURL(blob) {
        read(this, arguments.length, arguments, 'FileReader.readAsDataURL', (data, type) =>
          concat('data:', type === '' ? 'application/octet-stream' : type, ';base64,', base64(data, 'FileReader.readAsDataURL()')));
      },
      abort() {
        const state = stateOf(this);
        state.result = null;
        if (state.state !== LOADING) return;
        state.state = DONE;
        if (state.timer !== null) lib.clearTimer(state.timer);
        state.timer = null;
        state.error = new DOMException('the reading was aborted', 'AbortError');
        fire(this, 'abort', 0, 0);
        if (state.state !== LOADING) fire(this, 'loadend', 0, 0);
      },
      get readyState() { return stateOf(this).state; },
      get result() { return stateOf(this).result; },
      get error() { return stateOf(this).error; },
    },
  });
  lib.defineEventHandlers(FileReader.prototype, ['loadstart', 'progress', 'load', 'abort', 'error', 'loadend']);
}
