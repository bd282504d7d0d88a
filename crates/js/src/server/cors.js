// Common CORS policies, good and bad. A policy answers one question: which `Access-Control-Allow-Origin` does a request
// with this `Origin` get? It is a function from the request's origin (a string) to a value, or to null for none.
//
//     import { cors, allowList } from 'crossexam:cors';
//     const partners = cors(allowList(['https://partner.example']), { credentials: true });
//     export default {
//       fetch(request, env) { return partners(request, () => answer(request, env)); },
//     };

// --- Policies ---------------------------------------------------------------------------------------------------------

// Exactly these origins. This is the policy to use.
export const allowList = (origins) => (origin) => (origins.includes(origin) ? origin : null);

// Everybody, without credentials: for data that is public anyway.
export const wildcard = () => () => '*';

// Nobody: no header at all.
export const nobody = () => () => null;

// The origins of a domain and all domains below it, compared label by label, over https unless said otherwise.
export const subdomainsOf = (domain, { scheme = 'https:' } = {}) => (origin) => {
  let url;
  try { url = new URL(origin); } catch { return null; }
  const inside = url.hostname === domain || url.hostname.endsWith(`.${domain}`);
  return inside && url.protocol === scheme && url.origin === origin ? origin : null;
};

// DANGEROUS: whoever asks is allowed. With credentials, every site reads what the visitor may read.
export const reflectAny = () => (origin) => origin;

// DANGEROUS: the origin `null` as well. Any site can have it: a sandboxed frame is enough.
export const trustNull = (policy = nobody()) => (origin) => (origin === 'null' ? 'null' : policy(origin));

// DANGEROUS: `alice.example` at the end also matches https://evilalice.example.
export const suffixMatch = (suffix) => (origin) => (origin.endsWith(suffix) ? origin : null);

// DANGEROUS: `https://alice.example` at the beginning also matches https://alice.example.evil.example.
export const prefixMatch = (prefix) => (origin) => (origin.startsWith(prefix) ? origin : null);

// DANGEROUS: both of the above at once.
export const substringMatch = (part) => (origin) => (origin.includes(part) ? origin : null);

// As good as the pattern: dots that are not escaped and ends that are not anchored let others in.
export const pattern = (expression) => (origin) => (new RegExp(expression).test(origin) ? origin : null);

// BROKEN: always this value, whoever asks. A list of several origins matches none.
export const always = (value) => () => value;

// The first of several policies that allows the origin.
export const anyOf = (...policies) => (origin) => {
  for (const policy of policies) {
    const value = policy(origin);
    if (value !== null) return value;
  }
  return null;
};

// --- Answering with a policy ------------------------------------------------------------------------------------------

export const isPreflight = (request) =>
  request.method === 'OPTIONS' && request.headers.has('Origin') && request.headers.has('Access-Control-Request-Method');

// cors(policy, options) is a function of a request and of what answers it: a response, or a function that makes one.
// Preflights are answered here, and never reach that function.
//   credentials    send `Access-Control-Allow-Credentials: true` (or another text, to see that it does not work)
//   methods        for preflights; by default the method that was asked for
//   headers        for preflights; by default the headers that were asked for
//   exposeHeaders  which response headers scripts may read
//   maxAge         for how many seconds a browser may remember the preflight's answer
//   vary           send `Vary: Origin` (on by default, unless the answer is `*`)
export const cors = (policy, options = {}) => async (request, answer) => {
  const origin = request.headers.get('Origin');
  const allowed = origin === null ? null : policy(origin);
  const write = (headers) => {
    if (options.vary ?? allowed !== '*') addVary(headers, 'Origin');
    if (allowed === null) return;
    headers.set('Access-Control-Allow-Origin', allowed);
    if (options.credentials) {
      headers.set('Access-Control-Allow-Credentials', options.credentials === true ? 'true' : options.credentials);
    }
  };
  if (isPreflight(request)) {
    const headers = new Headers();
    write(headers);
    if (allowed !== null) {
      const methods = options.methods ?? [request.headers.get('Access-Control-Request-Method')];
      headers.set('Access-Control-Allow-Methods', list(methods));
      const names = options.headers ?? request.headers.get('Access-Control-Request-Headers');
      if (names !== null) headers.set('Access-Control-Allow-Headers', list(names));
      if (options.maxAge !== undefined) headers.set('Access-Control-Max-Age', String(options.maxAge));
    }
    return new Response(null, { status: 204, headers });
  }
  const response = await editable(await (typeof answer === 'function' ? answer(request) : answer));
  write(response.headers);
  if (allowed !== null && options.exposeHeaders) {
    response.headers.set('Access-Control-Expose-Headers', list(options.exposeHeaders));
  }
  return response;
};

const list = (items) => (Array.isArray(items) ? items.join(', ') : items);

const addVary = (headers, name) => {
  const present = headers.get('Vary');
  if (present === null) headers.set('Vary', name);
  else if (!present.toLowerCase().split(',').some((item) => item.trim() === name.toLowerCase())) headers.append('Vary', name);
};

// The response itself if its headers can be changed, otherwise a copy.
const editable = async (response) => {
  try {
    response.headers.delete('X-Not-There');
    return response;
  } catch {
    const body = [101, 204, 205, 304].includes(response.status) ? null : await response.arrayBuffer();
    return new Response(body, { status: response.status, statusText: response.statusText, headers: response.headers });
  }
};
