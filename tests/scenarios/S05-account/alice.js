import { login, sessionOf } from "crossexam:session";

// Alice's site: comments, photos, mail. The session cookie says who is asking; it does not say who wanted to ask.
export default {
  async fetch(request, env) {
    const { readers, deletes_with, wants_token } = env.config;
    const { pathname } = new URL(request.url);
    const headers = { Vary: "Origin", ...permission(request, readers) };

    if (pathname === "/login") {
      return login(request, env, { sameSite: "None", location: "/home" });
    }
    if (request.method === "OPTIONS") {
      return new Response(null, { status: 204, headers });
    }
    const session = sessionOf(request, env);
    if (session === null) {
      return new Response("Log in first", { status: 401, headers });
    }

    switch (pathname) {
      case "/home":
        return new Response(homePage(session.token), { headers: { "Content-Type": "text/html" } });

      case "/comments": {
        const form = await request.formData();
        if (wants_token && form.get("token") !== session.token) {
          return new Response("This did not come from my page", { status: 403, headers });
        }
        env.store.set("comments", [...env.store.get("comments"), form.get("text")]);
        return Response.redirect("https://alice.example/home", 303);
      }

      case "/photos":
      case "/photos/delete":
        if (request.method !== deletes_with) {
          return new Response("Not with this method", { status: 405, headers });
        }
        env.store.set("photos", []);
        return new Response("Gone", { headers });

      case "/mail":
        return new Response(env.store.get("mail"), { headers });

      default:
        return new Response("Not found", { status: 404, headers });
    }
  },
};

// Who may read the answers. Methods other than the simple ones are not for other sites at all.
function permission(request, readers) {
  const origin = request.headers.get("Origin");
  if (origin === null || readers === "nobody") {
    return {};
  }
  return { "Access-Control-Allow-Origin": origin, "Access-Control-Allow-Credentials": "true" };
}

// The token is in the page, and other sites cannot read the page.
function homePage(token) {
  return `<!doctype html>
    <title>Alice's site</title>
    <form id="comment" method="post" action="/comments">
      <input name="text">
      <input name="token" type="hidden" value="${token}">
      <button>Post</button>
    </form>`;
}
