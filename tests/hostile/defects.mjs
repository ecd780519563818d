/**
 * What the hostile provider does wrong: one entry per defect, by the name it is opened with. What goes beyond plain
 * sign-ins has a file in `defects/`.
 *
 * `code` is what the call must reject with, and `stage` the request whose answer is bad, after which
 * no other may follow; where others do, `requests` lists them all. `pending` says that the answer
 * cannot be matched, so that the sign-in goes on waiting. A defect without a code is a habit to be
 * put up with. The other members bend one answer each:
 *
 * - `metadata(document, op)`, `jwks(set, op)`, `redirect(url, op)`, `tokens(body, op)`, `header(header)`,
 *   `claims(claims, op)`, `seal(idToken)`, `userinfo(claims, op)`, `logout(url)` change what they are
 *   given, or return what takes its place;
 * - `pushed(body, op)` does so at the PAR endpoint;
 * - `response` holds `header`, `claims`, `seal` and `alg` for a signed authorization response, and other `keys` to sign
 *   it with; it is signed then, asked or not, and never if `response` is false. `redirect` is given what is signed, too;
 * - `wire: { endpoint: (answer, op) => … }` changes the HTTP answer;
 * - `wants(judge, claims)` asks for another proof of possession: it returns the `DPoP-Nonce` beside that, null for
 *   none, or undefined if the proof is good. `judge` has the `last` nonce that it gave, and makes a `fresh()` one;
 *   with `gives` every good answer has one;
 * - `preflight` are headers of every answer to one;
 * - `refresh` holds the same for the token endpoint's answer to a refresh;
 * - `settings` are the portal's, which leaves `databases` behind; `alg` signs the ID token otherwise; `rotate` changes every key at the authorization endpoint.
 */
import { ago, at, cut, elsewhere, endless, marked, page, put, suffix, unshared, wire, without } from "./defects/bends.mjs";
import { dpop } from "./defects/dpop.mjs";
import { jarm } from "./defects/jarm.mjs";
import { par } from "./defects/par.mjs";
import { halfHash, sign, spoil } from "./keys.mjs";

const habits = {
  none: {},
  "rs256-only": { metadata: put({ id_token_signing_alg_values_supported: ["RS256"] }) },
  es256: { alg: "ES256" },
  "no-kid-one-key-fits": {
    jwks: (set) => void (set.keys = set.keys.filter(({ kid }) => !kid.startsWith("rsa-2")).map(({ kid, ...key }) => key)),
    header: without("kid"),
  },
  "no-kid-three-keys-fit": {
    jwks: (set) => void (set.keys = [...set.keys].reverse().map(({ kid, use, ...key }) => key)),
    header: without("kid"),
  },
  rotation: { rotate: true, requests: ["discovery", "jwks", "authorize", "token", "jwks", "userinfo"] },
  "aud-array": { claims: (claims) => void (claims.aud = [claims.aud]) },
  "token-type-in-odd-case": { tokens: put({ token_type: "bEaReR" }) },
  "userinfo-signed": {
    wire: { userinfo: ({ headers }) => ({ headers: { ...headers, "content-type": "application/jwt" } }) },
    userinfo: (claims, op) => signed({ ...claims, iss: op.issuer, aud: op.clientId }, op),
  },
  "aggregated-claims": {
    userinfo: put({ _claim_names: { address: "src1" }, _claim_sources: { src1: { JWT: "e30.e30." } } }),
  },
  "session": { session: true }, // no defect: it has a session that can be watched, and ended from elsewhere
  "logout-other-state": { logout: (url) => url.searchParams.set("state", `${url.searchParams.get("state")}_INVALID`) },
  "logout-no-state": { logout: (url) => url.searchParams.delete("state") },
};

const discovery = at("discovery", {
  "issuer-suffix": { code: "discovery_issuer_mismatch", metadata: (metadata) => void (metadata.issuer += "INVALID") },
  "issuer-without-slash": { code: "discovery_issuer_mismatch", metadata: (metadata) => void (metadata.issuer = metadata.issuer.slice(0, -1)) },
  "issuer-missing": { code: "discovery_invalid", metadata: without("issuer") },
  "issuer-twice": { code: "discovery_invalid", metadata: (metadata) => JSON.stringify(metadata).replace("{", `{"issuer":"${metadata.issuer}",`) },
  "endpoint-is-a-script": { code: "discovery_invalid", metadata: put({ token_endpoint: "javascript:alert(1)" }) },
  "no-code-flow": { code: "discovery_invalid", metadata: put({ response_types_supported: ["id_token"] }) },
  "token-endpoint-in-the-clear": { code: "insecure_endpoint", keeps: ["metadata"], metadata: put({ token_endpoint: "http://op.example/token" }) },
  "pushed-requests-alone": { code: "par_required", keeps: ["metadata"], metadata: put({ require_pushed_authorization_requests: true }) },
  "only-plain-pkce": { code: "pkce_unsupported", metadata: put({ code_challenge_methods_supported: ["plain"] }) },
  "no-keys-anywhere": { code: "jwks_missing", keeps: ["metadata"], metadata: without("jwks_uri") },
  "metadata-redirected": { code: "discovery_http", ...wire("discovery", elsewhere(302)) },
  "metadata-not-found": { code: "discovery_http", ...wire("discovery", page(404)) },
  "metadata-is-a-page": { code: "discovery_invalid", ...wire("discovery", page()) },
  "metadata-with-a-byte-order-mark": { code: "discovery_invalid", ...wire("discovery", marked) },
  "metadata-cut-off": { code: "network", ...wire("discovery", cut) },
  "metadata-not-shared": { code: "network", ...wire("discovery", unshared) },
  "metadata-endless": { code: "discovery_too_large", ...wire("discovery", endless) },
});

const keys = at("jwks", {
  "keys-redirected": { code: "jwks_http", ...wire("jwks", elsewhere(301)) },
  "keys-not-shared": { code: "jwks_http", ...wire("jwks", unshared) },
  "keys-are-a-page": { code: "jwks_invalid", ...wire("jwks", page()) },
  "keys-endless": { code: "jwks_too_large", ...wire("jwks", endless) },
});

const callback = at("authorize", {
  "state-suffix": { code: "callback_state_unknown", pending: true, redirect: param("state", (state) => `${state}1`) },
  "state-missing": { code: "callback_state_missing", pending: true, redirect: param("state") },
  "state-twice": { code: "callback_duplicate_param", pending: true, redirect: (url) => url.searchParams.append("state", url.searchParams.get("state")) },
  "state-missing-with-an-error": {
    code: "callback_state_unknown", pending: true,
    redirect: (url) => void (url.search = "?error=access_denied&error_description=MARKED-by-the-attacker"),
  },
  "callback-is-not-utf-8": { code: "callback_malformed", pending: true, redirect: (url) => `${url}&x=%ff` },
  "callback-too-large": { code: "callback_too_large", pending: true, redirect: (url) => `${url}#x=${"x".repeat(17 << 10)}` },
  "callback-iss-suffix": { code: "callback_iss_mismatch", redirect: param("iss", (_, op) => `${op.issuer}1`) },
  "callback-iss-missing": {
    code: "callback_iss_missing",
    metadata: put({ authorization_response_iss_parameter_supported: true }),
    redirect: param("iss"),
  },
  "code-missing": { code: "callback_malformed", redirect: param("code") },
  "code-twice": { code: "callback_duplicate_param", redirect: (url) => url.searchParams.append("code", "another") },
  "code-and-error": { code: "callback_ambiguous", redirect: param("error", () => "access_denied") },
  denied: { code: "authorization_error", redirect: (url) => void (url.searchParams.delete("code"), url.searchParams.set("error", "access_denied")) },
  "token-in-the-callback": { code: "callback_unexpected_token", redirect: param("access_token", () => "MARKED-by-the-attacker") },
  "callback-in-the-fragment": { code: "callback_mode_mismatch", redirect: (url) => void ([url.hash, url.search] = [url.search.slice(1), ""]) },
  "another-code-in-the-fragment": { code: "callback_mode_mismatch", redirect: (url) => void (url.hash = "code=another") },
  "signed-response": { code: "callback_mode_mismatch", redirect: param("response", () => "e30.e30.e30") },
});


const token = at("token", {
  "token-endpoint-redirects": { code: "token_http", ...wire("token", elsewhere(307)) },
  "token-endpoint-redirects-to-a-get": { code: "token_http", ...wire("token", elsewhere(303)) },
  "token-endpoint-breaks-down": { code: "token_http", ...wire("token", page(500)) },
  "token-endpoint-shows-a-page": { code: "token_invalid", ...wire("token", page()) },
  "token-answer-not-shared": { code: "network", ...wire("token", unshared) },
  "token-answer-cut-off": { code: "network", ...wire("token", cut) },
  "token-answer-silent": { code: "timeout", settings: { timeout: 1 }, ...wire("token", { silent: true }) },
  "token-answer-endless": { code: "token_too_large", ...wire("token", endless) },
  "token-answer-with-a-byte-order-mark": { code: "token_invalid", ...wire("token", marked) },
  "token-answer-not-utf-8": { code: "token_invalid", ...wire("token", ({ body }) => ({ body: Buffer.from(body.replace("Bearer", "B\u00e4rer"), "latin1") })) },
  "token-answer-in-single-quotes": { code: "token_invalid", tokens: (body) => JSON.stringify(body).replaceAll('"', "'") },
  "code-refused": { code: "token_error", ...wire("token", { status: 400, body: '{"error":"invalid_grant"}' }) },
  "code-refused-with-200": { code: "token_error", ...wire("token", { body: '{"error":"invalid_grant"}' }) },
  "tokens-and-an-error": { code: "token_invalid", tokens: put({ error: "server_error" }) },
  "access-token-missing": { code: "token_invalid", tokens: without("access_token") },
  "access-token-twice": { code: "token_invalid", tokens: (body) => JSON.stringify(body).replace("{", '{"access_token":"a",') },
  "access-token-breaks-the-line": { code: "token_invalid", tokens: (body) => void (body.access_token += "\r\nx: y") },
  "access-token-too-long": { code: "token_too_large", tokens: (body) => void (body.access_token += "x".repeat(256 << 10)) },
  "refresh-token-empty": { code: "token_invalid", tokens: put({ refresh_token: "" }) },
  "lifetime-in-words": { code: "token_invalid", tokens: put({ expires_in: "1e3" }) },
  "token-type-missing": { code: "token_invalid", tokens: without("token_type") },
  "token-type-unknown": { code: "token_type_unsupported", tokens: put({ token_type: "mac" }) },
  "id-token-missing": { code: "id_token_missing", tokens: without("id_token") },
  "id-token-encrypted": { code: "jwt_malformed", seal: (token) => `${token}.e30.e30` },
});

const idToken = at("token", {
  "iss-suffix": { code: "id_token_iss", claims: suffix("iss") },
  "iss-missing": { code: "id_token_iss", claims: without("iss") },
  "sub-missing": { code: "id_token_sub", claims: without("sub") },
  "aud-suffix": { code: "id_token_aud", claims: suffix("aud") },
  "aud-missing": { code: "id_token_aud", claims: without("aud") },
  "aud-of-two": { code: "id_token_aud", claims: (claims) => void (claims.aud = [claims.aud, `${claims.aud}1`]) },
  "azp-of-another": { code: "id_token_azp", claims: put({ azp: "another" }) },
  "iat-missing": { code: "id_token_iat", claims: without("iat") },
  "iat-of-last-week": { code: "id_token_iat", claims: (claims) => void (claims.iat = ago(7 * 86_400)) },
  "exp-missing": { code: "id_token_exp", claims: without("exp") },
  "exp-past": { code: "id_token_exp", claims: (claims) => void (claims.exp = ago(360)) },
  "exp-is-text": { code: "claim_type", claims: (claims) => void (claims.exp = `${claims.exp}`) },
  "nbf-tomorrow": { code: "id_token_nbf", claims: (claims) => void (claims.nbf = ago(-86_400)) },
  "auth-time-tomorrow": { code: "id_token_auth_time", claims: (claims) => void (claims.auth_time = ago(-86_400)) },
  "nonce-suffix": { code: "id_token_nonce", claims: suffix("nonce") },
  "nonce-missing": { code: "id_token_nonce", claims: without("nonce") },
  "at-hash-of-another-token": { code: "id_token_at_hash", claims: (claims) => void (claims.at_hash = halfHash("RS256", "another")) },
  "claim-twice": { code: "jwt_malformed", claims: (claims) => JSON.stringify(claims).replace("{", '{"sub":"root",') },
  "alg-none": { code: "jwt_alg", header: (header) => void (delete header.kid, (header.alg = "none")) },
  "alg-not-announced": { code: "jwt_alg", alg: "RS256", metadata: put({ id_token_signing_alg_values_supported: ["PS256"] }) },
  "crit-unknown": { code: "jwt_crit", header: put({ crit: ["exp"], exp: 1 }) },
  "typ-of-an-access-token": { code: "jwt_typ", header: put({ typ: "at+jwt" }) },
  "key-unknown": { code: "jwks_no_key", header: put({ kid: "unknown" }), requests: ["discovery", "jwks", "authorize", "token", "jwks"] },
  "signature-rs256-spoilt": { code: "jwt_signature", seal: spoil },
  "signature-es256-spoilt": { code: "jwt_signature", alg: "ES256", seal: spoil },
  "signature-empty": { code: "jwt_signature", seal: (token) => token.replace(/[^.]*$/, "") },
  "keys-gone-at-the-second-look": {
    code: "jwks_http", header: put({ kid: "unknown" }), requests: ["discovery", "jwks", "authorize", "token", "jwks"],
    wire: { jwks: (answer, op) => (op.sequence.includes("token") ? page(503)(answer) : {}) },
  },
});

const userinfo = at("userinfo", {
  "userinfo-sub-suffix": { code: "userinfo_sub_mismatch", userinfo: (claims) => void (claims.sub += "invalid") },
  "userinfo-sub-missing": { code: "userinfo_sub_mismatch", userinfo: without("sub") },
  "userinfo-unauthorized": { code: "userinfo_unauthorized", ...wire("userinfo", ({ headers }) => ({ status: 401, headers: { ...headers, "www-authenticate": 'Bearer error="invalid_token"' } })) },
  "userinfo-redirects": { code: "userinfo_invalid", ...wire("userinfo", elsewhere(307)) },
  "userinfo-is-a-page": { code: "userinfo_invalid", ...wire("userinfo", page()) },
  "userinfo-not-shared": { code: "network", ...wire("userinfo", unshared) },
  "userinfo-signed-by-nobody": { code: "jwt_alg", ...signedUserinfo((claims, op) => sign({ alg: "none" }, claims, op.keys)) },
  "userinfo-signed-for-another": { code: "id_token_aud", ...signedUserinfo((claims, op) => signed({ ...claims, aud: "another" }, op)) },
  "userinfo-signed-elsewhere": { code: "id_token_iss", ...signedUserinfo((claims, op) => signed({ ...claims, iss: `${op.issuer}1` }, op)) },
  "userinfo-signature-spoilt": { code: "jwt_signature", ...signedUserinfo(async (claims, op) => spoil(await signed(claims, op))) },
});

const refresh = at("refresh", {
  "refresh-iss-suffix": { code: "refresh_id_token", refresh: { claims: suffix("iss") } },
  "refresh-sub-suffix": { code: "refresh_id_token", refresh: { claims: suffix("sub") } },
  "refresh-nonce-suffix": { code: "refresh_id_token", refresh: { claims: suffix("nonce") } },
  "refresh-signature-spoilt": { code: "jwt_signature", refresh: { seal: spoil } },
  "refresh-token-type-unknown": { code: "token_type_unsupported", refresh: { tokens: put({ token_type: "mac" }) } },
  "refresh-redirects": { code: "token_http", refresh: wire("token", elsewhere(307)) },
  "refresh-breaks-down": { code: "token_http", refresh: wire("token", page(503)) },
  "refresh-cut-off": { code: "network", refresh: wire("token", cut) },
  "refresh-refused": { code: "session_expired", ends: true, refresh: wire("token", { status: 400, body: '{"error":"invalid_grant"}' }) },
});

const groups = [habits, discovery, keys, par, callback, jarm, token, dpop, idToken, userinfo, refresh];
export const defects = Object.assign({}, ...groups);

/** Names of more than one defect, of which only the last would be met. */
const names = groups.flatMap(Object.keys);
export const ambiguous = names.filter((name, at) => names.indexOf(name) !== at);

/** Changes one parameter of the callback, or leaves it out. */
function param(name, change) {
  return (url, op) => {
    if (change) url.searchParams.set(name, change(url.searchParams.get(name), op));
    else url.searchParams.delete(name);
  };
}

const signed = (claims, op) => sign({ alg: "RS256", kid: op.keys.for("RS256").kid }, claims, op.keys);

/** A signed userinfo answer, good but for what `make` does. */
function signedUserinfo(make) {
  return {
    ...habits["userinfo-signed"],
    userinfo: (claims, op) => make({ ...claims, iss: op.issuer, aud: op.clientId }, op),
  };
}
