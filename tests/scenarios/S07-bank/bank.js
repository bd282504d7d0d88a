import { login, sessionOf } from "crossexam:session";

// The bank: a statement to read, money to move.
export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    const headers = { Vary: "Origin", ...permission(request, env.config) };
    if (pathname === "/login") {
      return login(request, env, { sameSite: "None", location: "/" });
    }
    if (request.method === "OPTIONS") {
      return new Response(null, { status: 204, headers });
    }
    const session = sessionOf(request, env);
    if (session === null) {
      return new Response("Log in first", { status: 401, headers });
    }
    if (pathname === "/statement") {
      return new Response(env.store.get("statement"), { headers });
    }

    const { takes } = env.config;
    if (takes !== "anything" && request.headers.get("Content-Type") !== takes) {
      return new Response(`Send ${takes}`, { status: 415, headers });
    }
    const { to, amount } = JSON.parse(await request.text());
    const accounts = env.store.get("accounts");
    accounts[session.user] -= amount;
    accounts[to] += amount;
    env.store.set("accounts", accounts);
    return new Response("Done", { headers });
  },
};

// Which sites the bank tells the browser to trust.
function permission(request, { trusts, list }) {
  const origin = request.headers.get("Origin");
  if (origin === null || (trusts !== "anybody" && !list.includes(origin))) {
    return {};
  }
  return {
    "Access-Control-Allow-Origin": origin,
    "Access-Control-Allow-Credentials": "true",
    "Access-Control-Allow-Headers": "Content-Type",
  };
}
