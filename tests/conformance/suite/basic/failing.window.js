promise_test(async () => { assert_equals(1, 2, 'one'); }, 'one is two');
test(() => assert_true(true), 'true is true');
