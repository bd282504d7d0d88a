import { login, sessionOf } from "crossexam:session";

// News for everybody, mail for its owner.
export default {
  async fetch(request, env) {
    const headers = permission(env.config.policy);
    const { pathname } = new URL(request.url);
    if (pathname === "/login") {
      return login(request, env, { sameSite: "None", location: "/mail" });
    }
    if (pathname === "/news") {
      return new Response(env.store.get("news"), { headers });
    }
    // Who may have Bob's mail is decided by the session. Origin has no part in it.
    const session = sessionOf(request, env);
    if (session === null) {
      return new Response("Log in first", { status: 401, headers });
    }
    return new Response(env.store.get("mail")[session.user], { headers });
  },
};

function permission(policy) {
  switch (policy) {
    case "partner":
      return { "Access-Control-Allow-Origin": "https://dora.example", "Access-Control-Allow-Credentials": "true" };
    case "open":
      return { "Access-Control-Allow-Origin": "*" };
    default:
      return {};
  }
}
