/** Card synchronisation: a policy, tokens of its own kind that die idle or old, and a sign-out. */
import { randomUUID } from "node:crypto";
import { fieldsOf, json } from "./trouble.mjs";

const POLICY = "policy-7";

export function createCardSync({ secrets, now }) {
  const tokens = new Map();
  const state = { idleTimeout: 600, maxLifetime: 3600, liveTokens: () => [...tokens.keys()].filter(isAlive) };
  return { answer, tokenPath: "/security/tokens", state };

  function answer(request, response) {
    const [, id] = /^\/security\/tokens\/(.+)$/.exec(request.path) ?? [];
    if (id && request.method === "DELETE") return signOut(decodeURIComponent(id), request, response);
    switch (`${request.method} ${request.path}`) {
      case "GET /security/policy":
        return json(response, 200, { policy: { id: POLICY, credentialTypes: ["password", "saml"] } });
      case "POST /security/tokens": return exchange(request, response);
      case "GET /cards": return cards(request, response);
      default: return json(response, 404, { error: { code: "not_found" } });
    }
  }

  function exchange(request, response) {
    const fields = fieldsOf(request, "application/json");
    if (fields?.policyId !== POLICY) return json(response, 409, { error: { code: "policy_changed" } });
    const isKnown = fields.type === "password"
      ? fields.userName === secrets.user_name && fields.password === secrets.password
      : fields.type === "saml" && fields.samlToken === secrets.saml_assertion;
    if (!isKnown) return json(response, 403, { error: { code: "credentials_refused" }, message: "these credentials are not known" });
    const identifier = randomUUID();
    tokens.set(identifier, { since: now(), used: now() });
    return json(response, 201, {
      accessToken: { identifier, idleTimeoutSeconds: state.idleTimeout, maxLifetimeSeconds: state.maxLifetime },
    });
  }

  function cards(request, response) {
    const token = identified(request);
    if (!token) return json(response, 401, { error: { code: "token_dead" } }, { "www-authenticate": "HWS" });
    tokens.get(token).used = now();
    return json(response, 200, { cards: [{ number: 1, holder: "Ada" }] });
  }

  function signOut(id, request, response) {
    if (identified(request) !== id) return json(response, 401, { error: { code: "token_dead" } });
    tokens.delete(id);
    return response.writeHead(204).end();
  }

  function identified({ headers }) {
    const [, token] = /^HWS (\S+)$/.exec(headers.authorization ?? "") ?? [];
    return token && isAlive(token) ? token : undefined;
  }

  function isAlive(id) {
    const token = tokens.get(id);
    return token !== undefined && now() - token.used < state.idleTimeout && now() - token.since < state.maxLifetime;
  }
}
