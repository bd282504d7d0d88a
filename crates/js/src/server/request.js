// What a request says: cookies, forms, JSON, and who claims to be asking.

// The cookies as an object. Of two with one name the first counts, as browsers send the more specific one first.
export const parseCookies = (request) => {
  const cookies = Object.create(null);
  for (const pair of (request.headers.get('Cookie') ?? '').split(';')) {
    const equals = pair.indexOf('=');
    const name = equals < 0 ? '' : pair.slice(0, equals).trim();
    const value = pair.slice(equals + 1).trim();
    if (name !== '' && !(name in cookies)) cookies[name] = value;
  }
  return cookies;
};

// A `Set-Cookie` value. Attributes: { SameSite: 'Lax', Secure: true, HttpOnly: true, Path: '/', 'Max-Age': 3600 }; false,
// null and undefined leave one out.
export const formatCookie = (name, value, attributes = {}) => {
  let text = `${name}=${value}`;
  for (const [attribute, setting] of Object.entries(attributes)) {
    if (setting === true) text += `; ${attribute}`;
    else if (setting !== false && setting !== null && setting !== undefined) text += `; ${attribute}=${setting}`;
  }
  return text;
};

// The fields of a posted form, whichever way it is encoded, as an object of strings (and files).
export const readForm = async (request) => {
  const type = mediaType(request);
  if (type === 'text/plain') {
    const lines = (await request.text()).split('\r\n').filter((line) => line.includes('='));
    return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
  }
  return Object.fromEntries(await request.formData());
};

// The body as JSON. A careful server insists on the type, for a form cannot send it without a preflight; a careless
// one (anyType) reads JSON from whatever it gets.
export const readJson = async (request, { anyType = false } = {}) => {
  if (!anyType && mediaType(request) !== 'application/json') throw new TypeError('the body is not application/json');
  return JSON.parse(await request.text());
};

export const mediaType = (request) => (request.headers.get('Content-Type') ?? '').split(';')[0].trim().toLowerCase();

// { user, password } of `Authorization: Basic …`, or null.
export const basicAuth = (request) => {
  const [scheme, value] = splitAuthorization(request);
  if (scheme !== 'basic') return null;
  let decoded;
  try { decoded = new TextDecoder().decode(Uint8Array.from(atob(value), (byte) => byte.charCodeAt(0))); } catch { return null; }
  const colon = decoded.indexOf(':');
  return colon < 0 ? null : { user: decoded.slice(0, colon), password: decoded.slice(colon + 1) };
};

// The token of `Authorization: Bearer …`, or null.
export const bearerToken = (request) => {
  const [scheme, value] = splitAuthorization(request);
  return scheme === 'bearer' ? value : null;
};

const splitAuthorization = (request) => {
  const header = request.headers.get('Authorization') ?? '';
  const space = header.indexOf(' ');
  return space < 0 ? [header.toLowerCase(), ''] : [header.slice(0, space).toLowerCase(), header.slice(space + 1).trim()];
};

// The subject of the client's TLS certificate, or null. The machine writes it down in a header, as a proxy does that ends
// TLS in front of a program; what a client itself sends under that name is thrown away.
export const clientCertificate = (request) => request.headers.get('X-Client-Certificate');

// 401, asking for Basic authentication.
export const askForPassword = (realm = 'members') =>
  new Response('Who are you?', { status: 401, headers: { 'WWW-Authenticate': `Basic realm="${realm}"` } });
