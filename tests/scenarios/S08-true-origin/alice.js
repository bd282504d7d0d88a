// Bob's mail, for whoever shows his session cookie; scripts of listed origins may read it.
export default {
  async fetch(request, env) {
    if (request.headers.get("Cookie") !== `session=${env.store.get("session")}`) {
      return new Response("Log in first", { status: 403 });
    }
    return new Response(env.store.get("mail"), { headers: permission(request, env.config) });
  },
};

function permission(request, { answers, list }) {
  if (answers === "always Dora") {
    return allow("https://dora.example");
  }
  const origin = request.headers.get("Origin");
  return list.includes(origin) ? allow(origin) : { Vary: "Origin" };
}

function allow(origin) {
  return { Vary: "Origin", "Access-Control-Allow-Origin": origin, "Access-Control-Allow-Credentials": "true" };
}
