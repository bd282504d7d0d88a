// Alice's site: whoever shows Bob's session cookie gets Bob's mail.
export default {
  async fetch(request, env) {
    const headers = { "Content-Type": "text/plain", Vary: "Origin" };
    const origin = request.headers.get("Origin");
    if (env.config.trusts.includes(origin)) {
      headers["Access-Control-Allow-Origin"] = origin;
      headers["Access-Control-Allow-Credentials"] = "true";
    }
    if (request.headers.get("Cookie") !== `session=${env.store.get("session")}`) {
      return new Response("Log in first", { status: 403, headers });
    }
    return new Response(env.store.get("mail"), { headers });
  },
};
