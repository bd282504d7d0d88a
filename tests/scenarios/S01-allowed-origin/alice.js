// Alice's wiki has one page. Anybody may read it, anybody may write it: no login, so that nothing but CORS is in view.
export default {
  async fetch(request, env) {
    const headers = { "Content-Type": "text/plain", ...permission(request, env.config) };
    if (request.method === "OPTIONS") {
      // The preflight: the browser asks before it sends a PUT. Only the headers of this answer count.
      return new Response(null, { status: 204, headers });
    }
    if (request.method === "PUT") {
      const edition = await request.json();
      env.store.set("page", edition.text);
    }
    return new Response(env.store.get("page"), { headers });
  },
};

// All of CORS that a server does: see who asks, and say whether they may read.
function permission(request, { allowed, says }) {
  const origin = request.headers.get("Origin");
  const headers = { Vary: "Origin" }; // caches must know that the answer depends on who asks
  if (!allowed.includes(origin)) {
    return headers;
  }
  headers["Access-Control-Allow-Origin"] = says === "the list" ? allowed.join(", ") : origin;
  if (request.method === "OPTIONS") {
    headers["Access-Control-Allow-Methods"] = "PUT";
    headers["Access-Control-Allow-Headers"] = "Content-Type";
  }
  return headers;
}
