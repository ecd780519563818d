/** A case manager's machine access: client credentials with HTTP Basic and an audience, form-encoded. */
import { randomBytes } from "node:crypto";
import { basicOf, fieldsOf, json } from "./trouble.mjs";

const CLIENT = "portal-machine";
const LIFETIME = 86_400;

export function createCaseManager({ secrets, now }) {
  const tokens = new Map();
  const state = {
    /** Makes every token one that the API no longer takes. */
    expireTokens: () => tokens.clear(),
  };
  return { answer, tokenPath: "/oauth/token", state };

  function answer(request, response) {
    if (request.method === "POST" && request.path === "/oauth/token") return token(request, response);
    if (request.method === "GET" && request.path === "/api/cases") return cases(request, response);
    return json(response, 404, { error: "not_found" });
  }

  function token(request, response) {
    const { user, password } = basicOf(request);
    // both are form-encoded inside HTTP Basic (RFC 6749 2.3.1)
    const decode = (text) => decodeURIComponent(text.replaceAll("+", " "));
    if (decode(user) !== CLIENT || decode(password) !== secrets.client_secret) {
      return json(response, 401, { error: "invalid_client" }, { "www-authenticate": 'Basic realm="token"' });
    }
    const fields = fieldsOf(request, "application/x-www-form-urlencoded");
    if (fields?.grant_type !== "client_credentials") return json(response, 400, { error: "unsupported_grant_type" });
    if (fields.audience !== "https://case-manager.example/api") {
      return json(response, 400, { error: "invalid_target", error_description: "audience is not known" });
    }
    const access_token = randomBytes(24).toString("base64url");
    tokens.set(access_token, now() + LIFETIME);
    return json(response, 200, { access_token, scope: fields.scope ?? "", expires_in: LIFETIME, token_type: "Bearer" });
  }

  function cases(request, response) {
    const [, token] = /^Bearer (\S+)$/.exec(request.headers.authorization ?? "") ?? [];
    if (tokens.get(token) > now()) return json(response, 200, { cases: [{ id: 1843, title: "Analytical engine" }] });
    const challenge = 'Bearer error="invalid_token", error_description="The access token expired"';
    return json(response, 401, { error: "invalid_token" }, { "www-authenticate": challenge });
  }
}
