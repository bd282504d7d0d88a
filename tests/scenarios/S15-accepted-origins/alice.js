// Bob's mail, for whoever shows his session cookie; scripts of the accepted origin may read it.
export default {
  async fetch(request, env) {
    const headers = { Vary: "Origin" };
    const origin = request.headers.get("Origin");
    if (origin !== null && accepts(origin, env.config)) {
      headers["Access-Control-Allow-Origin"] = origin;
      headers["Access-Control-Allow-Credentials"] = "true";
    }
    return request.headers.get("Cookie") === `session=${env.store.get("session")}`
      ? new Response(env.store.get("mail"), { headers })
      : new Response("Log in first", { status: 403, headers });
  },
};

function accepts(origin, { match, accepted }) {
  switch (match) {
    case "whole":
      return origin === accepted;
    case "suffix":
      return origin.endsWith(new URL(accepted).hostname);
    default:
      return true;
  }
}
