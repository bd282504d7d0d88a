import { allowList, always, cors } from "crossexam:cors";
import { text } from "crossexam:html";

// Bob's mail, for whoever shows his session cookie; scripts of Alice's choice may read it.
export default {
  async fetch(request, env) {
    const { answers, list } = env.config;
    const policy = answers === "always Dora" ? always("https://dora.example") : allowList(list);
    return cors(policy, { credentials: true })(request, () =>
      request.headers.get("Cookie") === `session=${env.store.get("session")}`
        ? text(env.store.get("mail"))
        : text("Log in first", { status: 401 }),
    );
  },
};
