'use strict';
// Plays a case's steps in a page, in a browser that knows nothing of it.

const octets = it =>
  typeof it === 'string' ? it : Uint8Array.from(atob(it.base64), c => c.charCodeAt(0));

const bodyOf = body => {
  if (typeof body === 'string' || body.base64 !== undefined) return octets(body);
  if (body.query !== undefined) return new URLSearchParams(body.query);
  if (body.blob !== undefined) return new Blob([octets(body.blob)], { type: body.type });
  const form = new FormData();
  for (const [name, value] of body.form) form.append(name, value);
  return form;
};

const base64 = buffer => {
  let text = '';
  for (const byte of new Uint8Array(buffer)) text += String.fromCharCode(byte);
  return btoa(text);
};

const fetchStep = async call => {
  const { url, ...init } = call;
  let phase = 'call';
  try {
    if (init.body !== undefined) init.body = bodyOf(init.body);
    if (init.window === 'null') init.window = null;
    if (init.signal !== undefined) {
      const controller = new AbortController();
      if (init.signal === 'aborted') controller.abort();
      init.signal = controller.signal;
    }
    // What is refused at once, a request of one's own is refused as well.
    new Request(url, init);
    if (!init.signal?.aborted) phase = 'fetch';
    const response = await fetch(url, init);
    phase = 'body';
    const seen = {
      type: response.type,
      status: response.status,
      status_text: response.statusText,
      url: response.url,
      redirected: response.redirected,
      headers: [...response.headers].map(([name, value]) => `${name}: ${value}`),
    };
    if (response.body !== null) seen.body = { base64: base64(await response.arrayBuffer()) };
    return { response: seen };
  } catch (error) {
    return { error: { name: error.name, phase } };
  }
};

const later = milliseconds => new Promise(resolve => setTimeout(resolve, milliseconds));

const run = async ({ steps, recorder, patience }) => {
  const results = [];
  for (const [number, step] of steps.entries()) {
    if (steps.length > 1) {
      await fetch(`${recorder}/step/${number}`, { mode: 'no-cors', credentials: 'omit', cache: 'no-store' });
    }
    if (step.wait !== undefined) {
      await later(step.wait * 1000);
      results.push({ waited: step.wait });
      continue;
    }
    const got = await Promise.race([fetchStep(step.fetch), later(patience).then(() => null)]);
    if (got === null) return JSON.stringify({ failure: `step ${number} came to no end` });
    results.push(got);
  }
  return JSON.stringify({ results });
};
