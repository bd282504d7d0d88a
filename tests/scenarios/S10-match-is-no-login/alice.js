// Bob's mail to read, and where to forward it.
export default {
  async fetch(request, env) {
    const { checks, trusts } = env.config;
    const origin = request.headers.get("Origin");

    // Who made them ask? A browser that names a stranger says: not one of yours.
    if (checks.includes("origin") && !trusts.includes(origin)) {
      return new Response("Not from there", { status: 403 });
    }
    // Who is asking? Only something that others do not have can tell.
    if (checks.includes("session") && request.headers.get("Cookie") !== `session=${env.store.get("session")}`) {
      return new Response("Log in first", { status: 401 });
    }

    const headers = { Vary: "Origin" };
    if (trusts.includes(origin)) {
      headers["Access-Control-Allow-Origin"] = origin;
      headers["Access-Control-Allow-Credentials"] = "true";
    }
    if (request.method === "POST") {
      env.store.set("forward_to", await request.text());
      return new Response("Done", { headers });
    }
    return new Response(env.store.get("mail"), { headers });
  },
};
