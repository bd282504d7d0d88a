import { allowList, cors, reflectAny } from "crossexam:cors";
import { forbidden, redirect, text } from "crossexam:html";
import { mediaType, readForm } from "crossexam:request";
import { sessions } from "crossexam:session";

const session = sessions({ attributes: { SameSite: "None" } });

export default {
  async fetch(request, env) {
    // Which sites the bank tells the browser to trust.
    const { trusts, list } = env.config;
    const policy = cors(trusts === "anybody" ? reflectAny() : allowList(list), { credentials: true });
    return policy(request, () => answer(request, env));
  },
};

// The bank: a statement to read, money to move.
async function answer(request, env) {
  const { pathname } = new URL(request.url);
  if (pathname === "/login") {
    const { user, password } = await readForm(request);
    return env.store.get("passwords")[user] === password
      ? session.login(env, user, redirect("/"))
      : forbidden("Wrong password");
  }
  const user = session.user(request, env);
  if (user === null) {
    return text("Log in first", { status: 401 });
  }
  if (pathname === "/statement") {
    return text(env.store.get("statement"));
  }

  // A transfer is JSON. Does it have to say so?
  const { takes } = env.config;
  if (takes !== "anything" && mediaType(request) !== takes) {
    return text(`Send ${takes}`, { status: 415 });
  }
  const { to, amount } = JSON.parse(await request.text());
  const accounts = env.store.get("accounts");
  accounts[user] -= amount;
  accounts[to] += amount;
  env.store.set("accounts", accounts);
  return text("Done");
}
