// Better Auth as a provider for one portal: node better-auth.server.mjs FOLDER, with PORT and PORTAL, where FOLDER
// has its packages. Users of the library write the pages, the route of the metadata and the CORS headers themselves.
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const { PORT, PORTAL } = process.env;
const url = `http://127.0.0.1:${PORT}`;

const [, , home] = process.argv;
const { resolve } = createRequire(join(home, "package.json"));
const load = (name) => import(pathToFileURL(resolve(name)).href);
const [{ betterAuth }, { memoryAdapter }, { jwt }, { oauthProvider }, { toNodeHandler }] = await Promise.all([
  load("better-auth"), load("better-auth/adapters/memory"), load("better-auth/plugins"),
  load("@better-auth/oauth-provider"), load("better-auth/node"),
]);

const SCOPES = ["openid", "profile", "email", "offline_access"];
const TABLES = [
  ...["user", "session", "account", "verification", "jwks", "oauthClient", "oauthAccessToken", "oauthRefreshToken"],
  ...["oauthConsent", "oauthResource", "oauthClientResource", "oauthClientAssertion"],
];

const auth = betterAuth({
  baseURL: url,
  basePath: "/api/auth",
  secret: "test-only-secret-test-only-secret",
  database: memoryAdapter(Object.fromEntries(TABLES.map((name) => [name, []]))),
  emailAndPassword: { enabled: true },
  trustedOrigins: [PORTAL],
  rateLimit: { enabled: false },
  telemetry: { enabled: false },
  disabledPaths: ["/token"],
  plugins: [
    jwt({ jwks: { keyPairConfig: { alg: "EdDSA", crv: "Ed25519" } }, jwt: { issuer: `${url}/api/auth` } }),
    oauthProvider({
      loginPage: "/login",
      consentPage: "/consent",
      scopes: SCOPES,
      silenceWarnings: { oauthAuthServerConfig: true, openidConfig: true },
    }),
  ],
});
await auth.api.signUpEmail({ body: { email: "alice@example.test", password: "alicepass", name: "Alice Test" } });
const { adapter } = await auth.$context;
await adapter.create({
  model: "oauthClient",
  data: {
    clientId: "spa", name: "spa", public: true, type: "native", tokenEndpointAuthMethod: "none", requirePKCE: true,
    redirectUris: [`${PORTAL}/cb`], postLogoutRedirectUris: [`${PORTAL}/`], enableEndSession: true,
    grantTypes: ["authorization_code", "refresh_token"], responseTypes: ["code"], scopes: SCOPES,
    createdAt: new Date(), updatedAt: new Date(),
  },
});

/** A page that sends what its form says, and goes where the answer says. */
const page = (form, path, body) => `<!doctype html><title>Better Auth</title><form>${form}</form><script type="module">
  document.querySelector("form").addEventListener("submit", async (event) => {
    event.preventDefault();
    const decision = event.submitter?.value;
    const response = await fetch("/api/auth/${path}", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ ...(${body}), oauth_query: location.search.slice(1) }),
    });
    const { url, redirect_uri, uri } = await response.json();
    location = url ?? redirect_uri ?? uri;
  });
</script>`;
const PAGES = {
  "/login": page(
    `<input name="password" type="password"><button>Sign in</button>`,
    "sign-in/email",
    `{ email: "alice@example.test", password: document.forms[0].password.value }`,
  ),
  "/consent": page(
    `<button value="yes">Allow</button><button value="no">Refuse</button>`,
    "oauth2/consent",
    `{ accept: decision === "yes" }`,
  ),
};

const answer = toNodeHandler(auth);
createServer(async (request, response) => {
  const { origin } = request.headers;
  if (origin) {
    response.setHeader("access-control-allow-origin", origin);
    response.setHeader("vary", "origin");
  }
  if (request.method === "OPTIONS") {
    const headers = request.headers["access-control-request-headers"] ?? "*";
    return response.writeHead(204, { "access-control-allow-headers": headers, "access-control-allow-methods": "GET, POST" }).end();
  }
  const { pathname } = new URL(request.url, url);
  if (PAGES[pathname]) return response.writeHead(200, { "content-type": "text/html" }).end(PAGES[pathname]);
  if (pathname === "/api/auth/.well-known/openid-configuration") {
    const metadata = JSON.stringify(await auth.api.getOpenIdConfig());
    return response.writeHead(200, { "content-type": "application/json" }).end(metadata);
  }
  return answer(request, response);
}).listen(PORT, "127.0.0.1");
