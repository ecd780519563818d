/**
 * A real OpenID Provider for tests: `oidc-provider` on a free loopback port, with one public
 * client (`spa`), an API beside it, and a login that needs no human.
 *
 * Who signs in is `login_hint` (default `alice`); the hint `deny` refuses the sign-in.
 */
import { once } from "node:events";
import { createServer } from "node:http";
import { setTimeout } from "node:timers/promises";

import { newKeyPair } from "../../scripts/demo/keys.mjs";
import { faultOf } from "./proof.mjs";

/**
 * @param {object} [options]
 * @param {string[]} [options.redirectUris] where sign-ins may come back to; `allow()` adds more
 * @param {string[]} [options.postLogoutRedirectUris] where logouts may come back to
 * @param {string} [options.clientId]
 * @param {"RS256" | "PS256" | "ES256" | "EdDSA"} [options.idTokenAlg]
 * @param {number} [options.accessTokenTtl] seconds; may be changed later on the returned object
 * @param {boolean | string} [options.backchannel] names its session in ID tokens, as for back-channel logout; where it
 *   posts logout tokens to, if it is to
 * @param {boolean} [options.interactive] shows the built-in login and consent pages instead
 * @param {boolean} [options.dated] says when an authorization response was made, which it does not by itself
 * @param {object} [options.client] more metadata of the client
 * @param {object} [options.features] more features of the provider
 * @param {Record<string, string>} [options.headers] of every answer, beside its own
 * @param {object} [options.configuration] merged over the provider's configuration, one level deep
 */
export async function startProvider({
  redirectUris = [],
  postLogoutRedirectUris = [],
  clientId = "spa",
  idTokenAlg = "RS256",
  accessTokenTtl = 300,
  backchannel = false,
  interactive = false,
  dated = false,
  client = {},
  features = {},
  headers = {},
  configuration = {},
} = {}) {
  const { Provider, errors } = await import("oidc-provider");
  const server = createServer();
  await once(server.listen(0, "127.0.0.1"), "listening");
  const issuer = `http://127.0.0.1:${server.address().port}`;

  const keys = spareKeys.pop() ?? signingKeys();

  const returns = { signIn: new Set(redirectUris), signOut: new Set(postLogoutRedirectUris) };
  const origins = () => new Set([...returns.signIn, ...returns.signOut].map((uri) => new URL(uri).origin));
  const tokens = { access: new Set(), refresh: new Set() };
  const requests = [];

  const op = {
    issuer,
    clientId,
    accessTokenTtl,
    /** Milliseconds added to every answer. */
    latency: 0,
    /** May return a promise that the answer to `path` waits for. */
    hold: (_path) => undefined,
    /**
     * The API: `GET /me` names the token's user, `POST /echo` answers its body, `GET /admin` demands acr `mfa`. A token
     * that is bound to a key it takes with a proof alone.
     */
    api: `${issuer}/api`,
    /** The nonce that the API wants in proofs. */
    apiNonce: undefined,
    /**
     * Every request so far: `{ method, path, status, authorization, proof, answeredAt }`: whether there was one, what
     * was in its `DPoP` headers, and milliseconds since the epoch.
     */
    requests,
    /** How many requests went to `path`, preflights aside. */
    count: (path) => requests.filter((r) => r.path === path && r.method !== "OPTIONS").length,
    /** Registers one more place to come back to, and its origin for CORS. */
    allow({ redirectUri, postLogoutRedirectUri }) {
      if (redirectUri) returns.signIn.add(redirectUri);
      if (postLogoutRedirectUri) returns.signOut.add(postLogoutRedirectUri);
    },
    /** Makes every access token issued so far unknown, as an expired one is. */
    dropAccessTokens: () => drop(tokens.access),
    /** Makes the next refresh of every session fail with `invalid_grant`. */
    dropRefreshTokens: () => drop(tokens.refresh),
    async close() {
      server.on("connection", (socket) => socket.destroy()); // whoever was about to come
      server.close();
      server.closeAllConnections();
      await once(server, "close");
      spareKeys.push(keys);
    },
  };

  const provider = new Provider(issuer, {
    clients: [{
      client_id: clientId,
      token_endpoint_auth_method: "none",
      grant_types: ["authorization_code", "refresh_token"],
      response_types: ["code"],
      redirect_uris: [`${issuer}/nowhere`], // the real ones: redirectUriAllowed below
      id_token_signed_response_alg: idTokenAlg,
      ...(backchannel && { backchannel_logout_session_required: true, backchannel_logout_uri: backchannel === true ? `${issuer}/nowhere` : backchannel }),
      ...client,
    }],
    jwks: { keys },
    cookies: { keys: ["test-only"] },
    pkce: { required: () => true },
    scopes: ["openid", "offline_access"],
    acrValues: ["pwd", "mfa"],
    claims: { openid: ["sub"], acr: null, auth_time: null, profile: ["name"], email: ["email", "email_verified"] },
    conformIdTokenClaims: false, // scope claims in the ID token too, as most providers do
    clientBasedCORS: (_ctx, origin) => origins().has(origin),
    rotateRefreshToken: true,
    issueRefreshToken: (_ctx, client) => client.grantTypeAllowed("refresh_token"),
    findAccount: (_ctx, id) => ({ accountId: id, claims: () => claimsOf(id) }),
    ...(interactive ? {} : { loadExistingGrant, interactions: { url: (_ctx, { uid }) => `/interaction/${uid}` } }),
    ttl: {
      AccessToken: () => op.accessTokenTtl,
      AuthorizationCode: 60, IdToken: 300, RefreshToken: 86_400, Session: 86_400, Grant: 86_400, Interaction: 600,
    },
    features: {
      devInteractions: { enabled: interactive },
      backchannelLogout: { enabled: !!backchannel },
      revocation: { enabled: true },
      rpInitiatedLogout: { enabled: true, ...(interactive ? {} : { logoutSource: confirmLogout }) },
      resourceIndicators: { enabled: true, getResourceServerInfo },
      ...features,
    },
    fetch: (url, options) => fetch(url, { ...options, dispatcher: undefined }), // its own refuses this machine
    ...configuration,
  });
  provider.Client.prototype.redirectUriAllowed = (uri) => returns.signIn.has(uri);
  provider.Client.prototype.postLogoutRedirectUriAllowed = (uri) => returns.signOut.has(uri);
  provider.on("access_token.saved", (token) => tokens.access.add(token));
  provider.on("refresh_token.saved", (token) => tokens.refresh.add(token));
  if (dated) provider.on("authorization.success", (_ctx, response) => (response.iat = Math.floor(Date.now() / 1000)));
  provider.on("server_error", (_ctx, error) => console.error(error));

  const answer = provider.callback();
  const seen = new Set(); // of proofs at the API
  server.on("request", async (request, response) => {
    if (op.latency) await setTimeout(op.latency);
    const { pathname: path } = new URL(request.url, issuer);
    await op.hold(path);
    response.on("finish", () => requests.push({
      method: request.method, path, status: response.statusCode, authorization: "authorization" in request.headers,
      proof: request.headers.dpop, answeredAt: Date.now(),
    }));
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    if (path.startsWith("/api/")) return serveApi(provider, op, seen, path, request, response);
    if (path.startsWith("/interaction/") && !interactive) return logIn(provider, request, response);
    return answer(request, response);
  });
  return op;

  /** Grants whatever is asked for, so that no consent page comes up. */
  async function loadExistingGrant({ oidc }) {
    const grant = new provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId });
    grant.addOIDCScope([...oidc.requestParamScopes].join(" "));
    for (const resource of [oidc.params.resource ?? []].flat()) grant.addResourceScope(resource, "read");
    await grant.save();
    return grant;
  }

  function getResourceServerInfo(_ctx, resource) {
    if (resource !== op.api) throw new errors.InvalidTarget();
    return { scope: "read", audience: resource, accessTokenFormat: "opaque", accessTokenTTL: op.accessTokenTtl };
  }
}

/** Keys of providers that are closed: making them takes a while, and only those that run at once need their own. */
const spareKeys = [];

function signingKeys() {
  const key = (type, parameters, kid) =>
    ({ ...newKeyPair(type, parameters).privateKey, use: "sig", kid });
  return [
    key("rsa", { modulusLength: 2048 }, "rsa"),
    key("ec", { namedCurve: "P-256" }, "ec"),
    key("ed25519", {}, "ed"),
  ];
}

const claimsOf = (sub) => ({ sub, name: `Test ${sub}`, email: `${sub}@example.test`, email_verified: true });

async function drop(tokens) {
  await Promise.all([...tokens].map((token) => token.destroy()));
  tokens.clear();
}

/** Answers the login interaction without a human. */
async function logIn(provider, request, response) {
  const { params } = await provider.interactionDetails(request, response);
  const result = params.login_hint === "deny"
    ? { error: "access_denied", error_description: "the user said no" }
    : { login: { accountId: params.login_hint ?? "alice", acr: params.acr_values?.split(" ")[0] ?? "pwd", amr: ["pwd"] } };
  await provider.interactionFinished(request, response, result);
}

/** The logout page, which confirms itself. */
function confirmLogout(ctx, form) {
  ctx.set("content-security-policy", "");
  ctx.body = `<!doctype html><title>Signing out</title>${form}<script>
    const yes = Object.assign(document.createElement("input"), { name: "logout", value: "yes" });
    document.forms[0].append(yes);
    document.forms[0].submit();
  </script>`;
}

async function serveApi(provider, op, seen, path, request, response) {
  response.setHeader("access-control-allow-origin", "*");
  response.setHeader("access-control-allow-headers", "authorization, content-type, dpop");
  response.setHeader("access-control-allow-methods", "GET, POST, PUT, DELETE");
  response.setHeader("access-control-expose-headers", "www-authenticate, dpop-nonce");
  const refuse = (status, challenge) => response.writeHead(status, { "www-authenticate": challenge }).end();
  if (request.method === "OPTIONS") return response.writeHead(204).end();

  const chunks = await request.toArray();
  const [, scheme, value] = /^(Bearer|DPoP) (\S+)$/.exec(request.headers.authorization ?? "") ?? [];
  if (!value) return refuse(401, "Bearer");
  const token = await provider.AccessToken.find(value);
  if (!token || (scheme === "DPoP") !== Boolean(token.jkt)) return refuse(401, `${scheme} error="invalid_token"`);
  if (token.jkt) {
    const nonce = op.apiNonce;
    const fault = await faultOf(request, `${op.issuer}${path}`, { token: value, jkt: token.jkt, nonce, seen });
    if (fault === "use_dpop_nonce") response.setHeader("dpop-nonce", nonce);
    if (fault) return refuse(401, `DPoP error="${fault}", algs="ES256"`);
  }

  const json = (body) => response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));
  if (path === "/api/me") return json({ sub: token.accountId, aud: token.aud, scope: token.scope });
  if (path === "/api/echo") return json({ sub: token.accountId, method: request.method, body: Buffer.concat(chunks).toString() });
  if (path === "/api/admin") {
    const { acr } = await provider.Session.findByUid(token.sessionUid) ?? {};
    return acr === "mfa" ? json({ sub: token.accountId, acr })
      : refuse(401, 'Bearer error="insufficient_user_authentication", acr_values="mfa", max_age="60"');
  }
  return response.writeHead(404).end();
}
