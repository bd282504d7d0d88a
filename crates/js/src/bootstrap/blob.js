// Blob, File and FormData.

export default function (ops, lib, global) {
  const { push, symbolIterator, charCodeAt, toLowerCase, apply } = lib.primordials;
  const { convert } = lib;
  const blobState = (blob) => lib.state(blob, 'Blob');

  // A type is kept in lowercase if it is printable ASCII, and is dropped otherwise.
  const normalizeType = (type) => {
    for (let index = 0; index < type.length; index++) {
      const unit = charCodeAt(type, index);
      if (unit < 0x20 || unit > 0x7e) return '';
    }
    return toLowerCase(type);
  };
  const nativeLines = (text) => {
    let result = '';
    for (let index = 0; index < text.length; index++) {
      if (text[index] === '\r') {
        result += '\n';
        if (text[index + 1] === '\n') index++;
      } else result += text[index];
    }
    return result;
  };
  const concatenate = (parts, endings) => {
    const data = [];
    for (let index = 0; index < parts.length; index++) {
      const item = parts[index];
      if (typeof item === 'string') push(data, ops.dataFromText(endings === 'native' ? nativeLines(item) : item));
      else if (lib.peek(item, 'Blob') !== undefined) push(data, blobState(item).data);
      else push(data, lib.dataOf(item));
    }
    return data.length === 1 ? data[0] : ops.dataConcat(data);
  };
  const blobPart = (item) => (lib.isBufferSource(item) || lib.peek(item, 'Blob') !== undefined ? item : convert.USVString(item));
  const initBlob = (object, parts, bag, where) => {
    let list = [];
    if (parts !== undefined) {
      if (!lib.isObject(parts)) throw new TypeError(`${where}: the parts are no sequence`);
      list = convert.sequence(parts, blobPart, parts[symbolIterator], where);
    }
    const options = convert.dictionary(bag, where);
    const endings = options.endings === undefined ? 'transparent' : convert.enumeration(options.endings, ['transparent', 'native'], where);
    const type = options.type === undefined ? '' : normalizeType(convert.DOMString(options.type));
    lib.init(object, 'Blob', { data: concatenate(list, endings), type });
    return options;
  };
  // A Blob of native data.
  lib.createBlob = (data, type) => {
    const blob = lib.instantiate(Blob);
    lib.init(blob, 'Blob', { data, type });
    return blob;
  };
  lib.createFile = (data, type, name, lastModified = ops.now()) => {
    const file = lib.instantiate(File);
    lib.init(file, 'Blob', { data, type });
    lib.init(file, 'File', { name, lastModified });
    return file;
  };
  function Blob() {
    lib.requireNew(new.target, 'Blob');
    initBlob(this, arguments[0], arguments[1], 'Blob');
  }
  lib.defineInterface(Blob, {
    prototype: {
      get size() { return ops.dataSize(blobState(this).data); },
      get type() { return blobState(this).type; },
      slice() {
        const { data } = blobState(this);
        const size = ops.dataSize(data);
        const bound = (value, otherwise) => {
          if (value === undefined) return otherwise;
          let number = convert.longLong(value);
          number = number < 0 ? size + number : number;
          return number < 0 ? 0 : number > size ? size : number;
        };
        const start = bound(arguments[0], 0);
        const end = bound(arguments[1], size);
        const type = arguments[2] === undefined ? '' : normalizeType(convert.DOMString(arguments[2]));
        return lib.createBlob(ops.dataSlice(data, start, end < start ? start : end), type);
      },
      stream() { return lib.bodies.streamOf(lib.bodies.createBody('Blob.stream()', blobState(this).data)).object; },
      text() { return lib.promised(() => ops.dataText(blobState(this).data, 'Blob.text()')); },
      arrayBuffer() { return lib.promised(() => lib.bufferOf(ops.dataBytes(blobState(this).data, 'Blob.arrayBuffer()'))); },
      bytes() { return lib.promised(() => ops.dataBytes(blobState(this).data, 'Blob.bytes()')); },
    },
  });
  function File(parts, name) {
    lib.requireNew(new.target, 'File');
    lib.requireArguments(arguments.length, 2, 'File');
    name = convert.USVString(name);
    const options = initBlob(this, parts, arguments[2], 'File');
    lib.init(this, 'File', { name, lastModified: options.lastModified === undefined ? ops.now() : convert.longLong(options.lastModified) });
  }
  lib.defineInterface(File, {
    parent: Blob,
    prototype: {
      get name() { return lib.state(this, 'File').name; },
      get lastModified() { return lib.state(this, 'File').lastModified; },
      get webkitRelativePath() { lib.state(this, 'File'); return ''; },
    },
  });

  // --- FormData: a list of [name, string or File]. ------------------------------------------------------------------
  const formState = (form) => lib.state(form, 'FormData');
  const entry = (args, where) => {
    lib.requireArguments(args.length, 2, where);
    const name = convert.USVString(args[0]);
    const value = args[1];
    const blob = lib.peek(value, 'Blob');
    if (blob === undefined) {
      if (args.length > 2) throw new TypeError(`${where}: a file name goes with a Blob`);
      return [name, convert.USVString(value)];
    }
    const file = lib.peek(value, 'File');
    if (file !== undefined && args[2] === undefined) return [name, value];
    const filename = args[2] === undefined ? 'blob' : convert.USVString(args[2]);
    return [name, lib.createFile(blob.data, blob.type, filename, file === undefined ? ops.now() : file.lastModified)];
  };
  function FormData() {
    lib.requireNew(new.target, 'FormData');
    const list = [];
    lib.init(this, 'FormData', { list });
    // hooks.formEntries(form, submitter) is the entry list of a form element, as [name, value].
    if (arguments[0] !== undefined) {
      if (lib.hooks.formEntries === undefined) throw new TypeError('FormData: there are no forms here');
      lib.state(this, 'FormData').list = lib.hooks.formEntries(arguments[0], arguments[1] ?? null);
    }
  }
  const without = (list, name) => {
    const kept = [];
    for (let index = 0; index < list.length; index++) if (list[index][0] !== name) push(kept, list[index]);
    return kept;
  };
  lib.defineInterface(FormData, {
    prototype: {
      append(name, value) { push(formState(this).list, entry(arguments, 'FormData.append')); },
      delete(name) {
        const state = formState(this);
        lib.requireArguments(arguments.length, 1, 'FormData.delete');
        state.list = without(state.list, convert.USVString(name));
      },
      get(name) {
        const { list } = formState(this);
        lib.requireArguments(arguments.length, 1, 'FormData.get');
        name = convert.USVString(name);
        for (let index = 0; index < list.length; index++) if (list[index][0] === name) return list[index][1];
        return null;
      },
      getAll(name) {
        const { list } = formState(this);
        lib.requireArguments(arguments.length, 1, 'FormData.getAll');
        name = convert.USVString(name);
        const values = [];
        for (let index = 0; index < list.length; index++) if (list[index][0] === name) push(values, list[index][1]);
        return values;
      },
      has(name) {
        const { list } = formState(this);
        lib.requireArguments(arguments.length, 1, 'FormData.has');
        name = convert.USVString(name);
        for (let index = 0; index < list.length; index++) if (list[index][0] === name) return true;
        return false;
      },
      set(name, value) {
        const state = formState(this);
        const pair = entry(arguments, 'FormData.set');
        const kept = [];
        let found = false;
        for (let index = 0; index < state.list.length; index++) {
          if (state.list[index][0] !== pair[0]) push(kept, state.list[index]);
          else if (!found) {
            found = true;
            push(kept, pair);
          }
        }
        if (!found) push(kept, pair);
        state.list = kept;
      },
    },
  });
  lib.definePairIterable(FormData, (form) => formState(form).list);
  // An entry list as native operations take it, and the other way round.
  lib.entriesToRust = (list) => {
    const entries = [];
    for (let index = 0; index < list.length; index++) {
      const [name, value] = [list[index][0], list[index][1]];
      if (typeof value === 'string') push(entries, [name, value]);
      else push(entries, [name, blobState(value).data, lib.state(value, 'File').name, blobState(value).type]);
    }
    return entries;
  };
  lib.createFormData = (entries) => {
    const list = [];
    for (let index = 0; index < entries.length; index++) {
      const item = entries[index];
      push(list, [item[0], item.length === 2 ? item[1] : lib.createFile(item[1], item[3], item[2])]);
    }
    const form = lib.instantiate(FormData);
    lib.init(form, 'FormData', { list });
    return form;
  };
}
