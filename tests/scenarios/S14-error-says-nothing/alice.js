// Every answer of Alice's names the one origin whose scripts may read it.
export default {
  async fetch(request, env) {
    const headers = {
      "Access-Control-Allow-Origin": env.config.allows,
      "Access-Control-Allow-Credentials": "true",
      "X-Request-Id": "4711",
    };
    switch (new URL(request.url).pathname) {
      case "/mail":
        return request.headers.get("Cookie") === `session=${env.store.get("session")}`
          ? new Response(env.store.get("mail"), { headers })
          : new Response("Log in first", { status: 403, headers });
      case "/broken":
        return new Response("The database is away", { status: 500, headers });
      default:
        return new Response("Not found", { status: 404, headers });
    }
  },
};
