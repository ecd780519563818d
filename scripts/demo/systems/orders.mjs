/** A web API that somebody lets an importer into: codes with PKCE, answers in an envelope, short-lived tokens. */
import { createHash, randomBytes } from "node:crypto";
import { fieldsOf, json } from "./trouble.mjs";

const CLIENTS = { importer: (secrets) => secrets.client_secret, page: () => undefined };
const LIFETIME = 3600;

export function createOrders({ origin, secrets, now }) {
  const codes = new Map();
  const tokens = new Map();
  const refreshTokens = new Map();
  const state = {
    /** What the user does at the page that asks: `ask` shows it, the others answer at once. */
    consent: "ask",
    expireTokens: () => tokens.clear(),
    refuseRefresh: () => refreshTokens.clear(),
  };
  return { answer, tokenPath: "/token", state };

  function answer(request, response) {
    switch (`${request.method} ${request.path}`) {
      case "GET /authorize": return authorize(request, response);
      case "POST /token": return token(request, response);
      case "GET /orders": return orders(request, response);
      default: return json(response, 404, { fault: { code: "not_found" } });
    }
  }

  function authorize({ query, url }, response) {
    const decided = query.get("decision") ?? (state.consent === "ask" ? undefined : state.consent);
    if (!(query.get("client_id") in CLIENTS) || !query.get("redirect_uri")) return json(response, 400, { fault: { code: "invalid_client" } });
    if (!decided) return page(response, url);
    const back = new URL(query.get("redirect_uri"));
    const answers = query.get("response_type") === "token" ? implicit(decided) : code(decided, query);
    const parameters = new URLSearchParams({ ...answers, state: query.get("state") ?? "" });
    if (query.get("response_type") === "token") back.hash = parameters;
    else for (const [name, value] of parameters) back.searchParams.set(name, value);
    response.writeHead(303, { location: back.href, "cache-control": "no-store" }).end();
  }

  function code(decided, query) {
    if (decided !== "allow") return { error: "access_denied", error_description: "the user said no" };
    const code = randomBytes(24).toString("base64url");
    codes.set(code, {
      client: query.get("client_id"),
      redirectUri: query.get("redirect_uri"),
      challenge: query.get("code_challenge"),
    });
    return { code, iss: origin };
  }

  function implicit(decided) {
    if (decided !== "allow") return { error: "access_denied" };
    return { access_token: issue().access_token, token_type: "Bearer", expires_in: LIFETIME };
  }

  function token(request, response) {
    const fields = fieldsOf(request, "application/json") ?? fieldsOf(request, "application/x-www-form-urlencoded");
    const refuse = (code, message) => json(response, 400, { fault: { code, message } });
    if (!fields) return refuse("invalid_request", "send JSON or a form");
    if (!(fields.client_id in CLIENTS) || fields.client_secret !== CLIENTS[fields.client_id](secrets)) return refuse("invalid_client", "who are you?");
    if (fields.grant_type === "refresh_token") {
      if (!refreshTokens.has(fields.refresh_token)) return refuse("invalid_grant", "the refresh token is not known");
      return json(response, 200, { result: issue() });
    }
    const granted = codes.get(fields.code);
    codes.delete(fields.code);
    if (!granted || granted.client !== fields.client_id || granted.redirectUri !== fields.redirect_uri) return refuse("invalid_grant", "the code is not known");
    const challenge = createHash("sha256").update(fields.code_verifier ?? "").digest("base64url");
    if (granted.challenge && granted.challenge !== challenge) return refuse("invalid_grant", "the code verifier is wrong");
    const refresh = randomBytes(24).toString("base64url");
    refreshTokens.set(refresh, true);
    return json(response, 200, { result: { ...issue(), refresh_token: refresh } });
  }

  function issue() {
    const access_token = randomBytes(24).toString("base64url");
    tokens.set(access_token, now() + LIFETIME);
    return { access_token, expires_in: LIFETIME };
  }

  function orders(request, response) {
    const [, token] = /^Bearer (\S+)$/.exec(request.headers.authorization ?? "") ?? [];
    if (tokens.get(token) > now()) return json(response, 200, { orders: [{ number: 24, item: "variable cards" }] });
    return json(response, 401, { fault: { code: "invalid_token" } }, { "www-authenticate": 'Bearer error="invalid_token"' });
  }

  function page(response, url) {
    const link = (decision) => `${url}&decision=${decision}`.replaceAll("&", "&amp;").replaceAll('"', "&quot;");
    response.writeHead(200, { "content-type": "text/html; charset=utf-8", "content-security-policy": "default-src 'none'" }).end(
      `<!doctype html><html lang="en"><meta name="viewport" content="width=device-width"><title>Let the importer in?</title>` +
      `<h1>Let the importer in?</h1><p><a id="allow" href="${link("allow")}">Allow</a> <a id="deny" href="${link("deny")}">Deny</a></p></html>`);
  }
}
