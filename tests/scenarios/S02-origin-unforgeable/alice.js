// Bob's mail, for whoever shows his session cookie. Scripts of one other site may read it: the partner's.
export default {
  async fetch(request, env) {
    if (request.headers.get("Cookie") !== `session=${env.store.get("session")}`) {
      return new Response("Log in first", { status: 403 });
    }
    const headers = { Vary: "Origin" };
    if (whoAsks(request, env.config.believes) === env.config.partner) {
      headers["Access-Control-Allow-Origin"] = request.headers.get("Origin");
      headers["Access-Control-Allow-Credentials"] = "true";
    }
    return new Response(env.store.get("mail"), { headers });
  },
};

function whoAsks(request, believes) {
  return believes === "the header"
    ? request.headers.get("Origin") // written by the browser
    : new URL(request.url).searchParams.get("origin"); // written by whoever made the link
}
