import { login, sessionOf } from "crossexam:session";

// Bob's account: his e-mail address can be changed with a form.
export default {
  async fetch(request, env) {
    const { allows, wants_token, checks_origin, same_site } = env.config;
    const { pathname } = new URL(request.url);
    if (pathname === "/login") {
      return login(request, env, { sameSite: same_site, location: "/home" });
    }

    const origin = request.headers.get("Origin");
    const headers = { Vary: "Origin", "Content-Type": "text/html" };
    if (origin === allows) {
      headers["Access-Control-Allow-Origin"] = origin;
      headers["Access-Control-Allow-Credentials"] = "true";
    }

    const session = sessionOf(request, env); // defence: SameSite. Without the cookie there is no session.
    if (session === null) {
      return new Response("Log in first", { status: 401, headers });
    }
    if (request.method === "GET") {
      return new Response(homePage(session.token), { headers });
    }

    // Before anything is changed: did our own page ask for it?
    const form = await request.formData();
    if (checks_origin && origin !== "https://alice.example") {
      return new Response("Not from there", { status: 403, headers });
    }
    if (wants_token && form.get("token") !== session.token) {
      return new Response("Not from my page", { status: 403, headers });
    }
    env.store.set("email", form.get("email"));
    return new Response(`<p>Changed. ${env.store.get("receipt")}`, { headers });
  },
};

function homePage(token) {
  return `<!doctype html>
    <title>Your account</title>
    <form id="email" method="post" action="/email">
      <input name="email">
      <input name="token" type="hidden" value="${token}">
      <button>Change</button>
    </form>`;
}
