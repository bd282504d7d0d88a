import { allowList, cors } from "crossexam:cors";
import { forbidden, text } from "crossexam:html";
import { parseCookies } from "crossexam:request";

export default {
  async fetch(request, env) {
    // Whose scripts may read the answer, the origin decides,
    const policy = cors(allowList(env.config.trusts), { credentials: true });
    return policy(request, () => answer(request, env));
  },
};

// and who may have it, the session: mail for its owner, at /mail/<owner>.
function answer(request, env) {
  const owner = new URL(request.url).pathname.replace("/mail/", "");
  const session = env.store.get("sessions")[owner];
  return session !== undefined && parseCookies(request).session === session
    ? text(env.store.get("mail")[owner])
    : forbidden("This is not yours");
}
