import { allowList, cors, reflectAny, suffixMatch } from "crossexam:cors";
import { text } from "crossexam:html";

// Three ways to look at an origin.
const policies = {
  "the whole origin": cors(allowList(["https://dora.example"]), { credentials: true }),
  "the end of it": cors(suffixMatch("dora.example"), { credentials: true }),
  "nothing of it": cors(reflectAny(), { credentials: true }),
};

// Bob's mail, for whoever shows his session cookie.
export default {
  async fetch(request, env) {
    return policies[env.config.compares](request, () =>
      request.headers.get("Cookie") === `session=${env.store.get("session")}`
        ? text(env.store.get("mail"))
        : text("Log in first", { status: 401 }),
    );
  },
};
