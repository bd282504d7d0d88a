// URL.createObjectURL and URL.revokeObjectURL.

export default function (ops, lib, global) {
  const { defineProperty, getOwnPropertyDescriptor } = lib.primordials;
  const { convert } = lib;
  const statics = {
    createObjectURL(object) {
      lib.requireArguments(arguments.length, 1, 'URL.createObjectURL');
      const { data, type } = lib.state(object, 'Blob');
      return ops.createObjectUrl(data, type);
    },
    revokeObjectURL(url) {
      lib.requireArguments(arguments.length, 1, 'URL.revokeObjectURL');
      ops.revokeObjectUrl(convert.USVString(url));
    },
  };
  for (const key in statics) defineProperty(lib.URL, key, getOwnPropertyDescriptor(statics, key));
}
