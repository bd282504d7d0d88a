import { cors, nobody, reflectAny } from "crossexam:cors";
import { forbidden, html, page, redirect, text } from "crossexam:html";
import { readForm } from "crossexam:request";
import { sessions } from "crossexam:session";

// The cookie says who is asking. It does not say who wanted to ask.
const session = sessions({ attributes: { SameSite: "None" } });

// Who may read the answers. No method is open to other sites that a form could not send as well.
const readers = {
  anybody: cors(reflectAny(), { credentials: true, methods: ["GET", "POST"] }),
  nobody: cors(nobody()),
};

export default {
  async fetch(request, env) {
    return readers[env.config.readers](request, () => answer(request, env));
  },
};

async function answer(request, env) {
  const { deletes_with, wants_token } = env.config;
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

  switch (pathname) {
    case "/home":
      return page("Alice's site", commentForm(session.csrfToken(request, env)));

    case "/comments": {
      const form = await readForm(request);
      if (wants_token && !session.checkCsrf(request, env, form.token)) {
        return forbidden("This did not come from my page");
      }
      env.store.set("comments", [...env.store.get("comments"), form.text]);
      return redirect("/home");
    }

    case "/photos":
    case "/photos/delete":
      if (request.method !== deletes_with) {
        return text("Not with this method", { status: 405 });
      }
      env.store.set("photos", []);
      return text("Gone");

    default:
      return text(env.store.get("mail"));
  }
}

// The token is in the page, and other sites cannot read the page.
function commentForm(token) {
  return html`
    <form id="comment" method="post" action="/comments">
      <input name="text">
      <input name="token" type="hidden" value="${token}">
      <button>Post</button>
    </form>`;
}
