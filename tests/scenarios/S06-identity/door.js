import { always, cors, nobody, wildcard } from "crossexam:cors";
import { askForPassword, basicAuth, bearerToken } from "crossexam:request";
import { text } from "crossexam:html";

// What the door says to browsers about other origins.
const policies = {
  none: cors(nobody()),
  any: cors(wildcard()),
  partner: cors(always("https://dora.example"), { credentials: true }),
};

// Bob's mail behind a door.
export default {
  async fetch(request, env) {
    return policies[env.config.cors](request, () => refuse(request, env) ?? text(env.store.get("mail")));
  },
};

// The refusal for somebody who has not shown who they are; null for somebody who has.
function refuse(request, env) {
  switch (env.config.lock) {
    case "password": {
      const shown = basicAuth(request);
      return shown?.user === "bob" && shown.password === env.store.get("key") ? null : askForPassword("Alice");
    }
    case "token":
      return bearerToken(request) === env.store.get("key") ? null : text("Who are you?", { status: 401 });
    default:
      return null; // a certificate is asked for before HTTP begins: without one nobody comes this far
  }
}
