/** A first-party authorization server: JSON, versions in the Accept header, lifetimes as text. */
import { randomBytes } from "node:crypto";
import { fieldsOf, json } from "./trouble.mjs";

const LIFETIME = "31536000";

export function createComplianceAuth({ secrets, now }) {
  const tokens = new Map();
  const refreshTokens = new Set();
  const state = {
    expireTokens: () => tokens.clear(),
    refuseRefresh: () => refreshTokens.clear(),
  };
  return { answer, tokenPath: "/oauth/token", state };

  function answer(request, response) {
    if (request.method === "POST" && request.path === "/oauth/token") return token(request, response);
    if (request.method === "GET" && request.path === "/autonomy") return autonomy(request, response);
    return json(response, 404, { error: "not_found" });
  }

  function token(request, response) {
    const [, version] = /\bversion=([12])\b/.exec(request.headers.accept ?? "") ?? [];
    if (!version) return json(response, 406, { error: "not_acceptable", error_description: "ask for version=1 or version=2" });
    const fields = fieldsOf(request, "application/json");
    if (!fields) return json(response, 415, { error: "invalid_request", error_description: "send JSON" });
    if (fields.client_id !== "portal" || fields.client_secret !== secrets.client_secret) {
      return json(response, 401, { error: "invalid_client" });
    }
    switch (fields.grant_type) {
      case "client_credentials":
        return issue(response, version, fields.scope);
      case "password":
        if (fields.username !== secrets.user_name || fields.password !== secrets.password) {
          return json(response, 400, { error: "invalid_grant", error_description: "the user or the password is wrong" });
        }
        return issue(response, version, fields.scope, true);
      case "refresh_token":
        if (!refreshTokens.delete(fields.refresh_token)) return json(response, 400, { error: "invalid_grant" });
        return issue(response, version, fields.scope, true);
      default:
        return json(response, 400, { error: "unsupported_grant_type" });
    }
  }

  /** Users get a refresh token, services do not. */
  function issue(response, version, scope, forUser = false) {
    const access = randomBytes(24).toString("base64url");
    tokens.set(access, now() + Number(LIFETIME));
    const refresh = forUser ? randomBytes(24).toString("base64url") : undefined;
    if (refresh) refreshTokens.add(refresh);
    if (version === "1") {
      return json(response, 200, { access_token: access, token_type: "bearer", expires_in: LIFETIME, scope, ...(refresh && { refresh_token: refresh }) });
    }
    return json(response, 200, {
      token: { value: access, type: "bearer", expires_in: LIFETIME, scope },
      ...(refresh && { refresh: { value: refresh } }),
    });
  }

  function autonomy(request, response) {
    const [, token] = /^Bearer (\S+)$/.exec(request.headers.authorization ?? "") ?? [];
    if (tokens.get(token) > now()) return json(response, 200, { autonomy: "granted" });
    return json(response, 401, { error: "invalid_token" }, { "www-authenticate": 'Bearer error="invalid_token"' });
  }
}
