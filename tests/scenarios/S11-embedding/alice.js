import { forbidden, html, json, page, script } from "crossexam:html";

// Mail and contacts for whoever shows Bob's session cookie, the logo for everybody. No word about other origins.
export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    if (pathname === "/logo.svg") {
      const logo = `<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"/>`;
      return new Response(logo, { headers: { "Content-Type": "image/svg+xml" } });
    }
    if (request.headers.get("Cookie") !== `session=${env.store.get("session")}`) {
      return forbidden("Log in first");
    }
    if (pathname === "/mail") {
      return page("Mail", html`<p>${env.store.get("mail")}</p>`);
    }

    const contacts = env.store.get("contacts");
    return env.config.contacts_as === "script"
      ? script(`var contacts = ${JSON.stringify(contacts)};`)
      : json(contacts, { headers: { "X-Content-Type-Options": "nosniff" } }); // and nobody shall take it for a script
  },
};
