// Mail and contacts for whoever shows Bob's session cookie; the logo for everybody. No word about other origins.
export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    if (pathname === "/logo.svg") {
      return answer('<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"/>', "image/svg+xml");
    }
    if (request.headers.get("Cookie") !== `session=${env.store.get("session")}`) {
      return new Response("Log in first", { status: 403 });
    }
    if (pathname === "/mail") {
      return answer(`<!doctype html><title>Mail</title><p>${env.store.get("mail")}</p>`, "text/html");
    }

    const contacts = JSON.stringify(env.store.get("contacts"));
    return env.config.contacts_as === "text/javascript"
      ? answer(`var contacts = ${contacts};`, "text/javascript")
      : answer(contacts, "application/json");
  },
};

function answer(body, type) {
  // nosniff: no browser shall take it for anything else.
  return new Response(body, { headers: { "Content-Type": type, "X-Content-Type-Options": "nosniff" } });
}
