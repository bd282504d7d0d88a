// Login with a session cookie, and CSRF tokens.
//
//     import { sessions } from 'crossexam:session';
//     const session = sessions({ attributes: { SameSite: 'None' } });
//     …
//     return session.login(env, 'bob', new Response('Welcome'));    // sets the cookie
//     const user = session.user(request, env);                      // 'bob', or null

import { formatCookie, parseCookies } from 'crossexam:request';

// Options:
//   cookie      the cookie's name
//   attributes  the cookie's attributes, over { Path: '/', Secure: true, HttpOnly: true, SameSite: 'Lax' };
//               false or null leaves one out
export const sessions = ({ cookie = 'session', attributes = {} } = {}) => {
  const all = { Path: '/', Secure: true, HttpOnly: true, SameSite: 'Lax', ...attributes };
  const key = (id) => `session:${id}`;
  const identify = (request) => parseCookies(request)[cookie] ?? null;
  const read = (request, env) => {
    const id = identify(request);
    return id === null ? null : env.store.get(key(id)) ?? null;
  };

  return {
    // The response with a new session's cookie.
    login(env, user, response) {
      const id = crypto.randomUUID();
      env.store.set(key(id), { user, csrf: crypto.randomUUID() });
      response.headers.append('Set-Cookie', formatCookie(cookie, id, all));
      return response;
    },

    // Who is logged in with the request's cookie, or null.
    user(request, env) {
      return read(request, env)?.user ?? null;
    },

    // Ends the session and takes the cookie back.
    logout(request, env, response) {
      const id = identify(request);
      if (id !== null) env.store.delete(key(id));
      response.headers.append('Set-Cookie', formatCookie(cookie, '', { ...all, 'Max-Age': 0 }));
      return response;
    },

    // The session's CSRF token: to be put into each form. Another site's page cannot read it, so it cannot post it.
    csrfToken(request, env) {
      return read(request, env)?.csrf ?? null;
    },

    // Whether a posted token is the session's.
    checkCsrf(request, env, token) {
      const expected = read(request, env)?.csrf;
      return typeof expected === 'string' && token === expected;
    },
  };
};

// Whether a request that changes something comes from this server's own pages, by its `Origin` header. Browsers write
// it on every POST; a request without it is refused unless `allowMissing` says otherwise.
export const sameOrigin = (request, { also = [], allowMissing = false } = {}) => {
  const origin = request.headers.get('Origin');
  if (origin === null) return allowMissing;
  return origin === new URL(request.url).origin || also.includes(origin);
};
