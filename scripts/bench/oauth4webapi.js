/** oauth4webapi, after its OpenID Connect example, with the signature check it leaves to the caller. */
import * as oauth from "oauth4webapi";

/** The provider runs on loopback without TLS. */
const insecure = { [oauth.allowInsecureRequests]: true };
const KEY = "sign-in";

async function discover({ issuer, clientId }) {
  const url = new URL(issuer);
  const response = await oauth.discoveryRequest(url, { algorithm: "oidc", ...insecure });
  return { server: await oauth.processDiscoveryResponse(url, response), client: { client_id: clientId } };
}

export async function login(settings) {
  const { server, client } = await discover(settings);
  const code_verifier = oauth.generateRandomCodeVerifier();
  const state = oauth.generateRandomState();
  const nonce = oauth.generateRandomNonce();
  sessionStorage.setItem(KEY, JSON.stringify({ code_verifier, state, nonce }));
  const url = new URL(server.authorization_endpoint);
  url.search = new URLSearchParams({
    client_id: client.client_id,
    redirect_uri: settings.redirectUri,
    response_type: "code",
    scope: "openid",
    state,
    nonce,
    code_challenge: await oauth.calculatePKCECodeChallenge(code_verifier),
    code_challenge_method: "S256",
  });
  location.assign(url);
}

export async function finish(settings) {
  const { server, client } = await discover(settings);
  const { code_verifier, state, nonce } = JSON.parse(sessionStorage.getItem(KEY));
  const parameters = oauth.validateAuthResponse(server, client, new URL(location.href), state);
  const response = await oauth.authorizationCodeGrantRequest(
    server, client, oauth.None(), parameters, settings.redirectUri, code_verifier, insecure,
  );
  const tokens = await oauth.processAuthorizationCodeResponse(server, client, response, {
    expectedNonce: nonce,
    requireIdToken: true,
  });
  await oauth.validateApplicationLevelSignature(server, response, insecure);
  return oauth.getValidatedIdTokenClaims(tokens);
}
