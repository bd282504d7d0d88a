import { allowList, cors } from "crossexam:cors";
import { forbidden, html, page, redirect, text } from "crossexam:html";
import { readForm } from "crossexam:request";
import { sameOrigin, sessions } from "crossexam:session";

export default {
  async fetch(request, env) {
    const policy = cors(allowList([env.config.allows]), { credentials: true });
    return policy(request, () => answer(request, env));
  },
};

// Bob's account: his e-mail address can be changed with a form.
async function answer(request, env) {
  const { wants_token, checks_origin, same_site } = env.config;
  // The first defence: a cookie that other sites' requests do not carry.
  const session = sessions({ attributes: { SameSite: same_site } });
  const { pathname } = new URL(request.url);

  if (pathname === "/login") {
    const { user, password } = await readForm(request);
    return env.store.get("passwords")[user] === password
      ? session.login(env, user, redirect("/home"))
      : forbidden("Wrong password");
  }
  if (session.user(request, env) === null) {
    return text("Log in first", { status: 401 });
  }
  if (pathname === "/home") {
    return page("Your account", emailForm(session.csrfToken(request, env)));
  }

  const form = await readForm(request);
  // The second: the browser says whose page made it ask.
  if (checks_origin && !sameOrigin(request)) {
    return forbidden("Not from there");
  }
  // The third: something that only Alice's own page knows.
  if (wants_token && !session.checkCsrf(request, env, form.token)) {
    return forbidden("Not from my page");
  }
  env.store.set("email", form.email);
  return page("Changed", html`<p>Changed. ${env.store.get("receipt")}</p>`);
}

function emailForm(token) {
  return html`
    <form id="email" method="post" action="/email">
      <input name="email">
      <input name="token" type="hidden" value="${token}">
      <button>Change</button>
    </form>`;
}
