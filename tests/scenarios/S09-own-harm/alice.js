// Mail for its owner, at /mail/<user>. Who somebody is, the session says; whose scripts may read the answer, the origin.
export default {
  async fetch(request, env) {
    const headers = { Vary: "Origin" };
    const origin = request.headers.get("Origin");
    if (env.config.trusts.includes(origin)) {
      headers["Access-Control-Allow-Origin"] = origin;
      headers["Access-Control-Allow-Credentials"] = "true";
    }

    const cookie = request.headers.get("Cookie");
    const sessions = Object.entries(env.store.get("sessions"));
    const [user] = sessions.find(([, id]) => cookie === `session=${id}`) ?? [null];

    const owner = new URL(request.url).pathname.replace("/mail/", "");
    if (user !== owner) {
      return new Response("This is not yours", { status: 403, headers });
    }
    return new Response(env.store.get("mail")[user], { headers });
  },
};
