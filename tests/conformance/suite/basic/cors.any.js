// META: title=What another origin's answer says decides who reads it
// META: global=window
const other = (query) => `http://www1.web-platform.test:${location.port}/echo?${query}`;

promise_test(async () => {
  await promise_rejects_js(TypeError, fetch(other('')));
}, 'an answer without Access-Control-Allow-Origin is not read');

promise_test(async () => {
  const response = await fetch(other('access-control-allow-origin=*'));
  const seen = await response.json();
  assert_equals(seen.origin, location.origin, 'Origin');
  assert_equals(response.type, 'cors', 'type');
  assert_equals(response.headers.get('x-secret'), null, 'a header that is not exposed');
}, 'a wildcard lets everybody read');

promise_test(async () => {
  await promise_rejects_js(TypeError, fetch(other('access-control-allow-origin=*'), { method: 'PUT' }));
  const query = 'access-control-allow-origin=*&access-control-allow-methods=PUT&access-control-allow-headers=x-loud';
  const response = await fetch(other(query), { method: 'PUT', headers: { 'X-Loud': '1' }, body: 'text' });
  const seen = await response.json();
  assert_equals(seen.method, 'PUT', 'method');
  assert_equals(seen.body, 'text', 'body');
}, 'a preflight asks first');

promise_test(async () => {
  const response = await fetch(other(''), { mode: 'no-cors' });
  assert_equals(response.type, 'opaque', 'type');
  assert_equals(await response.text(), '', 'text');
}, 'without CORS it is opaque');
