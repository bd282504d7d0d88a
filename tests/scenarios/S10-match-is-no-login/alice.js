import { allowList, cors } from "crossexam:cors";
import { forbidden, text } from "crossexam:html";

export default {
  async fetch(request, env) {
    const policy = cors(allowList(env.config.trusts), { credentials: true });
    return policy(request, () => answer(request, env));
  },
};

// Bob's mail to read, and where to forward it.
async function answer(request, env) {
  const { checks, trusts } = env.config;

  // Who made them ask? A browser that names a stranger says: not one of yours.
  if (checks.includes("origin") && !trusts.includes(request.headers.get("Origin"))) {
    return forbidden("Not from there");
  }
  // Who is asking? Only something that others do not have can tell.
  if (checks.includes("session") && request.headers.get("Cookie") !== `session=${env.store.get("session")}`) {
    return text("Log in first", { status: 401 });
  }

  if (request.method === "POST") {
    env.store.set("forward_to", await request.text());
    return text("Done");
  }
  return text(env.store.get("mail"));
}
