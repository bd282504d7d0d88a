// Stands in for testharnessreport.js: tells the runner what testharness.js finds out, through the console.
"use strict";
(function (global) {
  const debug = global.console.debug.bind(global.console);
  const stringify = global.JSON.stringify;
  const isTop = global.top === global && !global.opener;
  if (!isTop) {
    return;
  }
  const told = (test) => ({
    name: test.name,
    status: test.status,
    message: test.message === null || test.message === undefined ? null : String(test.message),
  });
  const tell = (what) => debug("crossexam-wpt " + stringify(what));
  global.add_result_callback((test) => tell({ subtest: told(test) }));
  global.add_completion_callback((tests, status) => {
    tell({
      harness: {
        status: status.status,
        message: status.message === null || status.message === undefined ? null : String(status.message),
        subtests: Array.from(tests, told),
      },
    });
  });
  global.setup({ output: false });
})(window);
