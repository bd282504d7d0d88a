import { always, cors, nobody, wildcard } from "crossexam:cors";
import { forbidden, redirect, text } from "crossexam:html";
import { readForm } from "crossexam:request";
import { sessions } from "crossexam:session";

const session = sessions({ attributes: { SameSite: "None" } });

// What Alice tells browsers about other origins. Other clients may ignore it.
const policies = {
  silent: cors(nobody()),
  partner: cors(always("https://dora.example"), { credentials: true }),
  open: cors(wildcard()),
};

export default {
  async fetch(request, env) {
    return policies[env.config.policy](request, () => answer(request, env));
  },
};

// News for everybody, mail for its owner.
async function answer(request, env) {
  switch (new URL(request.url).pathname) {
    case "/login": {
      const { user, password } = await readForm(request);
      return env.store.get("passwords")[user] === password
        ? session.login(env, user, redirect("/mail"))
        : forbidden("Wrong password");
    }

    case "/news":
      return text(env.store.get("news"));

    default: {
      // Who may have Bob's mail is decided by the session. Origin has no part in it.
      const user = session.user(request, env);
      return user === null ? text("Log in first", { status: 401 }) : text(env.store.get("mail")[user]);
    }
  }
}
