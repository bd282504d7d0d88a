// Alice's site: whoever shows Bob's session cookie gets Bob's mail.
export default {
  async fetch(request, env) {
    const headers = { "Content-Type": "text/plain", Vary: "Origin", ...permission(request, env.config.policy) };
    if (new URL(request.url).pathname !== "/mail") {
      return new Response("Not found", { status: 404, headers });
    }
    if (request.headers.get("Cookie") !== `session=${env.store.get("session")}`) {
      return new Response("Log in first", { status: 403, headers });
    }
    return new Response(env.store.get("mail"), { headers });
  },
};

function permission(request, policy) {
  const origin = request.headers.get("Origin");
  const allowed =
    origin !== null && (policy === "reflect" || (policy === "substring" && origin.includes("alice.example")));
  return allowed ? { "Access-Control-Allow-Origin": origin, "Access-Control-Allow-Credentials": "true" } : {};
}
