/**
 * The demo's protected API, the way a resource server is meant to be: RFC 6750 challenges, tokens
 * checked by introspection, and RFC 9470 where the sign-in is too long ago.
 *
 * - `GET /api/ledger` lists the entries.
 * - `GET /api/vault` wants a password given a short time ago.
 * - `POST /api/distrust` makes the API refuse the token it came with from then on.
 */
import { createHash } from "node:crypto";

const SCOPE = "ledger:read";
const ENTRIES = [
  { date: "1843-07-10", text: "Variable cards, 24 of them", amount: -12.5 },
  { date: "1843-08-02", text: "Translation of the memoir", amount: 40 },
  { date: "1843-09-08", text: "Note G, seventh number of Bernoulli", amount: 75.25 },
];

/**
 * A handler for `/api/…`.
 *
 * @param {object} options
 * @param {(token: string) => Promise<object>} options.introspect what the provider says of a token
 * @param {number} options.vaultMaxAge seconds the password may be ago for the vault to open
 */
export function createApi({ introspect, vaultMaxAge }) {
  const distrusted = new Set();
  const routes = { "GET /api/ledger": ledger, "GET /api/vault": vault, "POST /api/distrust": distrust };

  return async function answer(request, response) {
    const { pathname } = new URL(request.url, "http://api.invalid");
    const route = routes[`${request.method} ${pathname}`];
    if (!route) return send(response, 404, { error: "not_found" });

    const [, token] = /^Bearer ([\w~+/.-]+=*)$/i.exec(request.headers.authorization ?? "") ?? [];
    if (!token) return challenge(response, 401);
    const grant = distrusted.has(fingerprint(token)) ? { active: false } : await introspect(token);
    if (!grant.active) return challenge(response, 401, { error: "invalid_token", error_description: "the token is expired, revoked or distrusted" });
    if (!grant.scope?.split(" ").includes(SCOPE)) return challenge(response, 403, { error: "insufficient_scope", scope: SCOPE });
    return route(response, grant, token);
  };

  function ledger(response, { sub }) {
    send(response, 200, { sub, entries: ENTRIES });
  }

  function vault(response, { sub, auth_time: since }) {
    if (Date.now() / 1000 - since <= vaultMaxAge) return send(response, 200, { sub, gold: 1843 });
    return challenge(response, 401, {
      error: "insufficient_user_authentication",
      error_description: "the sign-in is too long ago",
      max_age: vaultMaxAge,
    });
  }

  function distrust(response, _grant, token) {
    distrusted.add(fingerprint(token));
    send(response, 200, { distrusted: true });
  }
}

const fingerprint = (token) => createHash("sha256").update(token).digest("base64url");

function challenge(response, status, parameters = {}) {
  const members = Object.entries({ realm: "ledger", ...parameters }).map(([name, value]) => `${name}="${value}"`);
  response.setHeader("www-authenticate", `Bearer ${members.join(", ")}`);
  send(response, status, parameters);
}

function send(response, status, body) {
  response.writeHead(status, { "content-type": "application/json", "cache-control": "no-store" }).end(JSON.stringify(body));
}
