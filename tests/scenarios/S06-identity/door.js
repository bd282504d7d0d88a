// Bob's mail behind a door. What the door wants to see is configuration; so is what it says about origins.
export default {
  async fetch(request, env) {
    const headers = permission(env.config.cors);
    const refusal = refuse(request.headers.get("Authorization"), env);
    if (refusal !== null) {
      return new Response("Who are you?", { status: 401, headers: { ...headers, "WWW-Authenticate": refusal } });
    }
    return new Response(env.store.get("mail"), { headers });
  },
};

// The challenge for somebody who has not shown who they are; null for somebody who has.
function refuse(authorization, env) {
  const key = env.store.get("key");
  switch (env.config.lock) {
    case "password":
      return authorization === `Basic ${btoa(key)}` ? null : 'Basic realm="Alice"';
    case "token":
      return authorization === `Bearer ${key}` ? null : "Bearer";
    default:
      return null; // a certificate is asked for before HTTP begins: nobody comes here without one
  }
}

function permission(cors) {
  switch (cors) {
    case "any":
      return { "Access-Control-Allow-Origin": "*", "Access-Control-Allow-Headers": "Authorization" };
    case "partner":
      return { "Access-Control-Allow-Origin": "https://dora.example", "Access-Control-Allow-Credentials": "true" };
    default:
      return {};
  }
}
