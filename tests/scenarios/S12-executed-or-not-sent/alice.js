import { forbidden, text } from "crossexam:html";

// A guestbook for those who are logged in. Not a word about CORS: what other origins may read is "nothing".
export default {
  async fetch(request, env) {
    if (request.method === "OPTIONS") {
      return new Response(null, { status: 204 });
    }
    if (request.headers.get("Cookie") !== `session=${env.store.get("session")}`) {
      return text("Log in first", { status: 401 });
    }
    if (env.config.checks_origin && request.headers.get("Origin") !== "https://alice.example") {
      return forbidden("Not from there");
    }
    env.store.set("guestbook", [...env.store.get("guestbook"), await request.text()]);
    return text("Thank you");
  },
};
