// A small harness with the names of testharness.js, as far as the tests beside it and the runner's report need them.
'use strict';
(() => {
  const tests = [], onResult = [], onCompletion = [];
  let running = Promise.resolve(), waiting = 0, isLoaded = false, isDone = false;
  const status = { status: 0, message: null };
  const finish = () => {
    if (isDone || !isLoaded || waiting > 0) return;
    isDone = true;
    for (const tell of onCompletion) tell(tests, status);
  };
  const record = (name, outcome, message = null) => {
    const test = { name, status: outcome, message };
    tests.push(test);
    for (const tell of onResult) tell(test);
  };
  self.setup = () => {};
  self.add_result_callback = (tell) => onResult.push(tell);
  self.add_completion_callback = (tell) => onCompletion.push(tell);
  self.test = (steps, name) => {
    try {
      steps();
      record(name, 0);
    } catch (error) {
      record(name, 1, String(error));
    }
  };
  self.promise_test = (steps, name) => {
    waiting++;
    running = running.then(steps).then(() => record(name, 0), (error) => record(name, 1, String(error))).then(() => {
      waiting--;
      finish();
    });
  };
  self.assert_equals = (actual, expected, what = 'value') => {
    if (actual !== expected) throw new Error(`${what}: expected ${expected} but got ${actual}`);
  };
  self.assert_true = (actual, what) => assert_equals(actual, true, what);
  self.promise_rejects_js = (constructor, promise) =>
    promise.then(() => { throw new Error('it was fulfilled'); }, (error) => assert_equals(error.constructor, constructor, 'error'));
  addEventListener('error', (event) => {
    status.status = 1;
    status.message = event.message;
  });
  addEventListener('load', () => {
    isLoaded = true;
    finish();
  });
})();
