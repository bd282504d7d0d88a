// navigator, and what a global object says of its environment.

export default function (ops, lib, global) {
  const { defineProperty, getOwnPropertyDescriptor } = lib.primordials;
  const { convert } = lib;
  // A worker's has less.
  const name = lib.isWindow ? 'Navigator' : 'WorkerNavigator';
  const Navigator = lib.defineAbstractInterface(name, {
    prototype: {
      get userAgent() { lib.state(this, name); return ops.environment().userAgent; },
      get appName() { return 'Netscape'; },
      get appCodeName() { return 'Mozilla'; },
      get product() { return 'Gecko'; },
      get platform() { return ''; },
      get language() { lib.state(this, name); return 'en'; },
      get languages() { lib.state(this, name); return languages; },
      get onLine() { lib.state(this, name); return true; },
    },
  });
  const ofWindows = {
    get cookieEnabled() { lib.state(this, 'Navigator'); return true; },
    sendBeacon(url) {
      lib.state(this, 'Navigator');
      lib.requireArguments(arguments.length, 1, 'Navigator.sendBeacon');
      url = convert.USVString(url);
      const data = arguments[1];
      const body = data === undefined || data === null ? null : lib.convertBody(data).native;
      const operation = lib.begin(() => {});
      try {
        ops.beacon(operation, url, body);
      } catch (error) {
        lib.forget(operation);
        throw error;
      }
      return true;
    },
  };
  if (lib.isWindow) {
    for (const key in ofWindows) defineProperty(Navigator.prototype, key, getOwnPropertyDescriptor(ofWindows, key));
  }
  const languages = lib.primordials.freeze(['en']);
  const navigator = lib.instantiate(Navigator);
  lib.init(navigator, name, {});
  lib.exposeFunctions({
    get navigator() { return navigator; },
    get isSecureContext() { return ops.environment().secureContext; },
    get crossOriginIsolated() { return ops.environment().crossOriginIsolated; },
    get origin() { return ops.environment().origin; },
    get self() { return global; },
  });
}
