// Answers for people: pages, and short forms of the responses that servers make most.

// html`<p>${text}</p>` escapes what is put in; what html made itself, and lists of it, go in as they are.
export const html = (strings, ...values) => {
  let text = strings[0];
  for (let index = 0; index < values.length; index++) text += write(values[index]) + strings[index + 1];
  return new Markup(text);
};

// Text that is HTML already.
export const raw = (text) => new Markup(String(text));

class Markup {
  constructor(text) { this.text = text; }
  toString() { return this.text; }
}

const write = (value) => {
  if (value === null || value === undefined || value === false) return '';
  if (value instanceof Markup) return value.text;
  if (Array.isArray(value)) return value.map(write).join('');
  return escape(value);
};

export const escape = (value) =>
  String(value).replace(/[&<>"']/g, (character) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' })[character]);

// A whole page.
export const page = (title, body, init = {}) => {
  const text = html`<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${title}</title></head><body>${body}</body></html>`;
  return respond(String(text), 'text/html;charset=utf-8', init);
};

export const text = (body, init = {}) => respond(body, 'text/plain;charset=utf-8', init);
export const json = (value, init = {}) => respond(JSON.stringify(value), 'application/json', init);
export const script = (body, init = {}) => respond(body, 'text/javascript;charset=utf-8', init);
export const redirect = (location, status = 303) => new Response(null, { status, headers: { Location: location } });
export const notFound = () => text('Not found', { status: 404 });
export const forbidden = (why = 'Forbidden') => text(why, { status: 403 });

const respond = (body, type, init) => {
  const response = new Response(body, init);
  if (!new Headers(init.headers ?? {}).has('Content-Type')) response.headers.set('Content-Type', type);
  return response;
};
