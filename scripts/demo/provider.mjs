/**
 * The demo's OpenID Provider: `oidc-provider` with one public client, PKCE required, rotating
 * refresh tokens, and pages for humans.
 */
import { randomBytes } from "node:crypto";

import { Provider } from "oidc-provider";

import { claimsOf } from "./account.mjs";
import { serveFiles } from "./files.mjs";
import { interactions } from "./interactions.mjs";
import { newKeyPair } from "./keys.mjs";
import { Markup, pageHeaders, renderPage } from "./pages.mjs";

const PORTAL = "portal";
const API = "ledger-api";
const WORKING_DAY = 8 * 3600;

/**
 * @param {object} options
 * @param {string} options.issuer this provider's origin
 * @param {string} options.portal the portal's origin, the only one that may call across origins
 * @param {number} options.accessTokenLifetime seconds
 */
export function createProvider({ issuer, portal, accessTokenLifetime }) {
  const apiSecret = randomBytes(32).toString("base64url");
  const provider = new Provider(issuer, {
    clients: clients(portal, apiSecret),
    clientDefaults: { id_token_signed_response_alg: "ES256" },
    jwks: { keys: [signingKey()] },
    cookies: { keys: [randomBytes(32).toString("base64url")] },
    pkce: { required: () => true },
    // The default refuses every origin, and a page then sees no more than "failed to fetch".
    clientBasedCORS: (_ctx, origin, { clientId }) => clientId === PORTAL && origin === portal,
    scopes: ["openid", "ledger:read"],
    claims: {
      openid: ["sub"],
      auth_time: null,
      profile: ["name", "given_name", "family_name", "preferred_username", "locale"],
      email: ["email", "email_verified"],
    },
    conformIdTokenClaims: false, // the claims of a scope in the ID token too, so that they come signed
    rotateRefreshToken: true,
    issueRefreshToken: (_ctx, client) => client.grantTypeAllowed("refresh_token"),
    findAccount: (_ctx, id) => claimsOf(id) && { accountId: id, claims: () => claimsOf(id) },
    // The ledger's vault asks how long ago the user gave a password.
    extraTokenClaims({ oidc: { entities } }) {
      return { auth_time: (entities.RefreshToken ?? entities.AuthorizationCode)?.authTime };
    },
    interactions: { url: (_ctx, { uid }) => `/interaction/${uid}` },
    renderError: (ctx, { error, error_description: description }) => show(ctx, "error", { error, description }),
    features: {
      devInteractions: { enabled: false },
      revocation: { enabled: true, allowedPolicy: (_ctx, client, token) => token.clientId === client.clientId },
      introspection: { enabled: true, allowedPolicy: (_ctx, { clientId }) => clientId === API },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: (ctx, form) => show(ctx, "logout", {
          client: ctx.oidc.client?.clientName ?? "The portal",
          form: new Markup([form]),
        }),
        postLogoutSuccessSource: (ctx) => show(ctx, "signed-out"),
      },
    },
    ttl: {
      AccessToken: accessTokenLifetime,
      AuthorizationCode: 60,
      IdToken: 300,
      Interaction: 600,
      RefreshToken: WORKING_DAY,
      Session: WORKING_DAY,
      Grant: WORKING_DAY,
    },
  });
  provider.on("server_error", (_ctx, error) => console.error(error));

  const protocol = provider.callback();
  const interact = interactions(provider, { portal });
  const assets = serveFiles("/assets/", ["www/provider/assets", "www/shared"]);

  return {
    answer(request, response) {
      if (request.url.startsWith("/assets/")) return assets(request, response);
      if (request.url.startsWith("/interaction/")) return interact(request, response);
      return protocol(request, response);
    },

    /** RFC 7662: what the provider says of an access token, asked as the API. */
    async introspect(token) {
      const answer = await fetch(`${issuer}/token/introspection`, {
        method: "POST",
        headers: { authorization: `Basic ${Buffer.from(`${API}:${apiSecret}`).toString("base64")}` },
        body: new URLSearchParams({ token, token_type_hint: "access_token" }),
      });
      if (!answer.ok) throw new Error(`introspection answered ${answer.status}`);
      return answer.json();
    },
  };

  async function show(ctx, page, values) {
    ctx.set(pageHeaders(portal));
    ctx.body = await renderPage(page, values);
  }
}

function clients(portal, apiSecret) {
  return [
    {
      client_id: PORTAL,
      client_name: "Northgate",
      token_endpoint_auth_method: "none",
      grant_types: ["authorization_code", "refresh_token"],
      response_types: ["code"],
      redirect_uris: [`${portal}/callback`],
      post_logout_redirect_uris: [`${portal}/`],
    },
    { client_id: API, client_secret: apiSecret, grant_types: [], response_types: [], redirect_uris: [] },
  ];
}

function signingKey() {
  const { privateKey } = newKeyPair("ec", { namedCurve: "P-256" });
  return { ...privateKey, kid: randomBytes(6).toString("hex"), use: "sig", alg: "ES256" };
}
