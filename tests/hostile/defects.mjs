/**
 * What the hostile provider does wrong: one entry per defect, by the name it is opened with.
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
import { createSecretKey } from "node:crypto";

import { halfHash, keySet, sign, spoil } from "./keys.mjs";

const at = (stage, table) => Object.fromEntries(Object.entries(table).map(([name, defect]) => [name, { stage, ...defect }]));

/** Bends the HTTP answer of one endpoint. */
const wire = (endpoint, bend) => ({ wire: { [endpoint]: typeof bend === "function" ? bend : () => bend } });
const page = (status = 200) => ({ headers }) =>
  ({ status, headers: { ...headers, "content-type": "text/html" }, body: "<!doctype html><title>Sign in</title>" });
const elsewhere = (status) => ({ headers }, op) => ({ status, headers: { ...headers, location: op.endpoints.trap }, body: "" });
const unshared = ({ headers: { "access-control-allow-origin": _, ...headers } }) => ({ headers });
const marked = ({ headers, body }) => ({ headers, body: `\ufeff${body}` });
const cut = { cut: true };
const endless = { endless: true };

const without = (...names) => (object) => names.forEach((name) => delete object[name]);
const suffix = (name) => (object) => void (object[name] += "1");
const put = (values) => (object) => void Object.assign(object, values);
const twice = (name) => (object) => JSON.stringify(object).replace("{", `{"${name}":"another",`);
const ago = (seconds) => Math.floor(Date.now() / 1000) - seconds;

const jarm = { settings: { jarm: true } };
const PUSHED = ["discovery", "jwks", "par", "authorize", "token", "userinfo"];
const bound = { settings: { dpop: true }, databases: 1 };
/** Wants the nonce that it gave last. */
const own = ({ last, fresh }, { nonce }) => (nonce && nonce === last ? undefined : last ?? fresh());
/** Wants another than whatever it gave. */
const another = ({ fresh }) => fresh();
/** The same at one endpoint alone. */
const only = (endpoint, wants) => (judge, claims) => (judge.endpoint === endpoint ? wants(judge, claims) : undefined);
/** What is no nonce, by the name of the defect that gives it. */
const NO_NONCES = {
  "missing": null,
  "empty": "",
  "oversized": "n".repeat(2049),
  "of-two": ["one", "two"],
  "of-two-alike": ["one", "one"],
};
const withNonce = (nonce) => ({ headers }) => ({ headers: { ...headers, "dpop-nonce": nonce } });
const giving = (make) => Object.fromEntries(Object.entries(NO_NONCES).map(([name, nonce]) => make(name, () => nonce)));

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
  bound,
  nonces: { ...bound, wants: own, requests: ["discovery", "jwks", "authorize", "token", "token", "userinfo", "userinfo"] },
  "nonces-on-good-answers": { ...bound, gives: true },
  "no-nonces-on-good-answers": { ...bound, wire: Object.fromEntries(["token", "userinfo"].map((name) => [name, withNonce(["one", "two"])])) },
  pushed: { settings: { par: true }, requests: PUSHED },
  "pushed-and-bound": { settings: { par: true, dpop: true }, requests: PUSHED },
  "pushed-where-that-is-demanded": { settings: { par: true }, requests: PUSHED, metadata: put({ require_pushed_authorization_requests: true }) },
  "request-uri-of-unknown-lifetime": { settings: { par: true }, requests: PUSHED, pushed: without("expires_in") },
  jarm,
  "jarm-pushed-and-bound": { settings: { jarm: true, par: true, dpop: true }, requests: PUSHED },
  "jarm-es256": { ...jarm, response: { alg: "ES256" } },
  "jarm-announced-nowhere": { ...jarm, metadata: without("response_modes_supported", "authorization_signing_alg_values_supported") },
  "jarm-in-another-algorithm-than-id-tokens": { ...jarm, response: { alg: "PS256" }, metadata: put({ id_token_signing_alg_values_supported: ["RS256"] }) },
  "jarm-after-a-rotation": { ...jarm, rotate: true, requests: ["discovery", "jwks", "authorize", "jwks", "token", "userinfo"] },
  "jarm-aud-array": { ...jarm, response: { claims: (claims) => void (claims.aud = [claims.aud]) } },
  "jarm-typ": { ...jarm, response: { header: put({ typ: "JWT" }) } },
  "jarm-with-iat-and-nbf": { ...jarm, response: { claims: (claims) => void (claims.iat = claims.nbf = ago(0)) } },
  "jarm-beside-the-same-in-plain": {
    ...jarm, redirect: (url, op, claims) => beside({}, "state", "code", "iss")(url, op, claims),
  },
  "logout-other-state": { logout: (url) => url.searchParams.set("state", `${url.searchParams.get("state")}_INVALID`) },
  "logout-no-state": { logout: (url) => url.searchParams.delete("state") },
};

const HAPPY = ["discovery", "jwks", "authorize", "token", "userinfo"];

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

const offers = at("jwks", {
  "nowhere-to-push-to": { settings: { par: true }, code: "discovery_invalid", keeps: ["jwks"], metadata: without("pushed_authorization_request_endpoint") },
  "pushed-in-the-clear": {
    settings: { par: true }, code: "insecure_endpoint", keeps: ["jwks"],
    metadata: put({ pushed_authorization_request_endpoint: "http://op.example/par" }),
  },
  "signs-no-responses": { ...jarm, code: "unsupported", keeps: ["jwks"], metadata: put({ response_modes_supported: ["query", "fragment.jwt"] }) },
  "proofs-in-other-algorithms": {
    settings: { dpop: true }, code: "unsupported", keeps: ["jwks"], metadata: put({ dpop_signing_alg_values_supported: ["RS256"] }),
  },
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

/** Puts parameters beside a signed response: these, or of these names what is signed. */
const beside = (values, ...names) => (url, op, claims) => {
  for (const pair of Object.entries(values)) url.searchParams.append(...pair);
  for (const name of names) url.searchParams.append(name, claims[name]);
};
const ourState = beside({}, "state");
/** Leaves claims out of what is signed, and of nothing else. */
const unsigned = (...names) => (claims) => Object.fromEntries(Object.entries(claims).filter(([name]) => !names.includes(name)));
/** A token whose payload is a token. */
const nest = (token, op) => sign({ alg: "RS256", kid: op.keys.for("RS256").kid, cty: "JWT" }, token, op.keys);
/** As many segments as an encrypted token has. */
const encrypt = (token) => `${token}.e30.e30`;
/** Keys of the provider's names that it has never published. */
const strangers = keySet();

const response = at("authorize", Object.fromEntries(Object.entries({
  "unsigned": { code: "callback_mode_mismatch", response: false },
  "unsigned-denied": {
    code: "callback_mode_mismatch", response: false,
    redirect: (url) => void (url.searchParams.delete("code"), url.searchParams.set("error", "access_denied")),
  },
  "empty": { code: "callback_mode_mismatch", redirect: (url, op, { state }) => void (url.search = `?response=&state=${state}`) },
  "twice": { code: "callback_duplicate_param", redirect: (url) => url.searchParams.append("response", url.searchParams.get("response")) },
  "of-two": { code: "callback_duplicate_param", redirect: (url) => url.searchParams.append("response", "e30.e30.e30") },
  "in-the-fragment": { code: "callback_mode_mismatch", redirect: (url) => void ([url.hash, url.search] = [url.search.slice(1), ""]) },
  "in-both": { code: "callback_mode_mismatch", redirect: (url) => void (url.hash = url.search.slice(1)) },
  "code-in-the-fragment": { code: "callback_mode_mismatch", redirect: (url) => void (url.hash = "code=another") },
  "unasked": { code: "callback_mode_mismatch", settings: {}, response: {} },
  "beside-another-code": { code: "callback_ambiguous", redirect: beside({ code: "another" }) },
  "beside-another-state": { code: "callback_ambiguous", redirect: beside({ state: "another" }) },
  "beside-another-iss": { code: "callback_ambiguous", redirect: beside({ iss: "https://op.example/" }) },
  "beside-two-codes": { code: "callback_ambiguous", redirect: beside({ code: "another" }, "code") },
  "state-missing": { code: "callback_state_missing", pending: true, response: { claims: without("state") } },
  "state-suffix": { code: "callback_state_unknown", pending: true, response: { claims: suffix("state") } },
  "state-suffix-beside-ours": {
    code: "callback_state_unknown", pending: true, response: { claims: (claims) => ({ ...claims, state: `${claims.state}1` }) }, redirect: ourState,
  },
  "state-is-a-number": { code: "callback_state_missing", pending: true, response: { claims: put({ state: 1 }) } },
  "state-in-plain-alone": {
    code: "callback_state_missing", response: { claims: unsigned("state") }, redirect: ourState,
  },
  "code-missing": { code: "callback_malformed", response: { claims: without("code") } },
  "code-in-plain-alone": {
    code: "callback_malformed", response: { claims: unsigned("code") }, redirect: beside({}, "code"),
  },
  "code-is-a-list": { code: "claim_type", response: { claims: (claims) => void (claims.code = [claims.code]) } },
  "code-and-error": { code: "callback_ambiguous", response: { claims: put({ error: "access_denied" }) } },
  "access-token": { code: "callback_unexpected_token", response: { claims: put({ access_token: "MARKED-by-the-attacker" }) } },
  "response-within": { code: "callback_ambiguous", response: { claims: put({ response: "e30.e30.e30" }) } },
  "denied": {
    code: "authorization_error",
    response: { claims: ({ code: _, ...claims }) => ({ ...claims, error: "access_denied", error_description: "the user said no" }) },
  },
  "iss-suffix": { code: "jarm_iss", response: { claims: suffix("iss") } },
  "iss-missing": { code: "jarm_iss", response: { claims: without("iss") } },
  "iss-is-a-list": { code: "jarm_iss", response: { claims: (claims) => void (claims.iss = [claims.iss]) } },
  "iss-in-plain-alone": {
    code: "jarm_iss", response: { claims: unsigned("iss") }, redirect: beside({}, "iss"),
  },
  "aud-suffix": { code: "jarm_aud", response: { claims: suffix("aud") } },
  "aud-missing": { code: "jarm_aud", response: { claims: without("aud") } },
  "aud-is-a-number": { code: "jarm_aud", response: { claims: put({ aud: 1 }) } },
  "aud-empty": { code: "jarm_aud", response: { claims: put({ aud: [] }) } },
  "aud-of-two": { code: "jarm_aud", response: { claims: (claims) => void (claims.aud = [claims.aud, "another"]) } },
  "exp-past": { code: "jarm_exp", response: { claims: (claims) => void (claims.exp = ago(360)) } },
  "exp-past-by-its-own-iat": { code: "jarm_exp", response: { claims: (claims) => Object.assign(claims, { iat: ago(0), exp: ago(360) }) } },
  "exp-missing": { code: "jarm_exp", response: { claims: without("exp") } },
  "exp-is-text": { code: "claim_type", response: { claims: (claims) => void (claims.exp = `${claims.exp}`) } },
  "iat-is-text": { code: "claim_type", response: { claims: put({ iat: "now" }) } },
  "iat-of-last-week": { code: "jarm_exp", response: { claims: (claims) => void (claims.iat = ago(7 * 86_400)) } },
  "nbf-tomorrow": { code: "jarm_exp", response: { claims: (claims) => void (claims.nbf = ago(-86_400)) } },
  "claim-twice": { code: "jwt_malformed", pending: true, response: { claims: twice("code") } },
  "claim-twice-beside-our-state": { code: "jwt_malformed", response: { claims: twice("code") }, redirect: ourState },
  "garbage": { code: "jwt_malformed", pending: true, response: { seal: () => "garbage" } },
  "garbage-beside-our-state": { code: "jwt_malformed", response: { seal: () => "garbage" }, redirect: ourState },
  "nested": { code: "jwt_malformed", pending: true, response: { seal: nest } },
  "nested-beside-our-state": { code: "jwt_malformed", response: { seal: nest }, redirect: ourState },
  "encrypted": { code: "jwt_malformed", pending: true, response: { seal: encrypt } },
  "encrypted-beside-our-state": { code: "jwt_malformed", response: { seal: encrypt }, redirect: ourState },
  "an-id-token": { code: "callback_state_missing", pending: true, response: { claims: asIdToken } },
  "an-id-token-beside-our-state": { code: "callback_state_missing", response: { claims: asIdToken }, redirect: ourState },
  "an-id-token-with-our-state": { code: "callback_malformed", response: { claims: (claims, op) => ({ ...asIdToken(claims, op), state: claims.state }) } },
  "alg-none": { code: "jwt_alg", response: { header: (header) => void (delete header.kid, (header.alg = "none")) } },
  "alg-not-announced": { code: "jwt_alg", response: { alg: "RS256" }, metadata: put({ authorization_signing_alg_values_supported: ["PS256"] }) },
  "alg-of-a-shared-secret": {
    code: "jwt_alg", response: { alg: "HS256", keys: { for: () => ({ privateKey: createSecretKey(Buffer.from("portal")) }) } },
  },
  "crit-unknown": { code: "jwt_crit", response: { header: put({ crit: ["exp"], exp: 1 }) } },
  "typ-of-an-access-token": { code: "jwt_typ", response: { header: put({ typ: "at+jwt" }) } },
  "typ-of-a-logout-token": { code: "jwt_typ", response: { header: put({ typ: "logout+jwt" }) } },
  "key-unknown": { code: "jwks_no_key", response: { header: put({ kid: "unknown" }) }, requests: ["discovery", "jwks", "authorize", "jwks"] },
  "key-of-a-stranger": { code: "jwt_signature", response: { keys: strangers } },
  "key-beside-the-signature": {
    code: "jwt_signature", response: { keys: strangers, header: (header) => void (header.jwk = strangers.published.keys.find(({ kid }) => kid === header.kid)) },
  },
  "signature-spoilt": { code: "jwt_signature", response: { seal: spoil } },
  "signature-empty": { code: "jwt_signature", response: { seal: (token) => token.replace(/[^.]*$/, "") } },
  "claims-exchanged": { code: "jwt_signature", response: { seal: (token) => exchange(token, { code: "another" }) } },
  "keys-gone-at-the-second-look": {
    code: "jwks_http", response: { header: put({ kid: "unknown" }) }, requests: ["discovery", "jwks", "authorize", "jwks"],
    wire: { jwks: (answer, op) => (op.sequence.includes("authorize") ? page(503)(answer) : {}) },
  },
}).map(([name, defect]) => [`jarm-${name}`, { ...jarm, ...defect }])));

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

const par = at("par", Object.fromEntries(Object.entries({
  "par-redirects": { code: "par_http", ...wire("par", elsewhere(307)) },
  "par-redirects-to-a-get": { code: "par_http", ...wire("par", elsewhere(303)) },
  "par-refused": { code: "par_http", ...wire("par", { status: 400, body: '{"error":"invalid_request"}' }) },
  "par-breaks-down": { code: "par_http", ...wire("par", page(500)) },
  "par-answers-200": { code: "par_http", ...wire("par", { status: 200 }) },
  "par-shows-a-page": { code: "par_invalid", ...wire("par", page(201)) },
  "par-answer-not-shared": { code: "network", ...wire("par", unshared) },
  "par-answer-cut-off": { code: "network", ...wire("par", cut) },
  "par-answer-silent": { code: "timeout", settings: { par: true, timeout: 1 }, ...wire("par", { silent: true }) },
  "par-answer-endless": { code: "par_invalid", ...wire("par", endless) },
  "par-answer-endless-and-refused": { code: "par_http", ...wire("par", { status: 413, endless: true }) },
  "par-answer-with-a-byte-order-mark": { code: "par_invalid", ...wire("par", marked) },
  "request-uri-missing": { code: "par_invalid", pushed: without("request_uri") },
  "request-uri-is-a-number": { code: "par_invalid", pushed: put({ request_uri: 1 }) },
  "request-uri-empty": { code: "par_invalid", pushed: put({ request_uri: "" }) },
  "request-uri-relative": { code: "par_invalid", pushed: put({ request_uri: "requests/1" }) },
  "request-uri-in-the-clear": { code: "par_invalid", pushed: put({ request_uri: "http://op.example/MARKED-request" }) },
  "request-uri-in-the-clear-in-capitals": { code: "par_invalid", pushed: put({ request_uri: "HTTP://op.example/MARKED-request" }) },
  "request-uri-breaks-the-line": { code: "par_invalid", pushed: (body) => void (body.request_uri += "\r\nx: y") },
  "request-uri-twice": { code: "par_invalid", pushed: (body) => JSON.stringify(body).replace("{", '{"request_uri":"urn:a",') },
  "request-uri-expired": { code: "par_invalid", pushed: put({ expires_in: 0 }) },
  "request-uri-long-expired": { code: "par_invalid", pushed: put({ expires_in: -60 }) },
  "request-uri-expires-in-words": { code: "par_invalid", pushed: put({ expires_in: "60" }) },
}).map(([name, defect]) => [name, { settings: { par: true }, requests: PUSHED.slice(0, 3), keeps: ["metadata", "jwks"], ...defect }])));

const unbound = at("token", {
  "bound-token-unasked": { code: "token_type_unsupported", tokens: put({ token_type: "DPoP" }) },
  "bearer-token-in-place-of-a-bound-one": { ...bound, code: "dpop_downgrade", tokens: put({ token_type: "Bearer" }) },
  "bearer-token-in-capitals": { ...bound, code: "dpop_downgrade", tokens: put({ token_type: "BEARER" }) },
  "proof-refused": { ...bound, code: "token_error", ...wire("token", { status: 400, body: '{"error":"invalid_dpop_proof"}' }) },
  "proof-not-let-through": {
    ...bound, code: "network", requests: ["discovery", "jwks", "authorize"], preflight: { "access-control-allow-headers": "authorization" },
  },
  "token-type-neither": { ...bound, code: "token_type_unsupported", tokens: put({ token_type: "N_A" }) },
});

const nonces = {
  ...at("token", {
    "nonce-demanded-again": {
      ...bound, code: "dpop_nonce_loop", wants: another, requests: ["discovery", "jwks", "authorize", "token", "token"],
    },
    "nonce-not-exposed": {
      ...bound, code: "dpop_nonce_invalid", wants: ({ last }) => last ?? "of-the-provider",
      ...wire("token", ({ headers: { "access-control-expose-headers": _, ...headers } }) => ({ headers })),
    },
    ...giving((name, wants) => [`nonce-${name}`, { ...bound, code: "dpop_nonce_invalid", wants }]),
  }),
  ...at("userinfo", {
    // why it refuses is in a header that nobody looks at there
    "userinfo-nonce-demanded-again": {
      ...bound, code: "userinfo_unauthorized", wants: only("userinfo", another), requests: [...HAPPY, "userinfo"],
    },
    ...giving((name, wants) => [`userinfo-nonce-${name}`, { ...bound, code: "userinfo_unauthorized", wants: only("userinfo", wants) }]),
  }),
  ...at("api", Object.fromEntries(Object.entries({
    "api-nonce-demanded-again": { code: "dpop_nonce_loop", wants: only("api", another), requests: [...HAPPY.slice(0, -1), "api", "api"] },
    "api-wants-a-newer-sign-in": {
      code: "step_up_required",
      ...wire("api", ({ headers }) => ({ status: 401, headers: { ...headers, "www-authenticate": 'DPoP error="insufficient_user_authentication", max_age="5"' } })),
    },
    ...giving((name, wants) => [`api-nonce-${name}`, { code: "dpop_nonce_invalid", wants: only("api", wants) }]),
  }).map(([name, defect]) => [name, { ...bound, requests: [...HAPPY.slice(0, -1), "api"], ...defect }]))),
  ...at("refresh", {
    "refresh-nonce-demanded-again": {
      ...bound, code: "dpop_nonce_loop", stale: true, refresh: { wants: another }, requests: [...HAPPY.slice(0, -1), "token", "token"],
    },
    "refresh-bearer-token": { ...bound, code: "dpop_downgrade", refresh: { tokens: put({ token_type: "Bearer" }) } },
    ...giving((name, wants) => [`refresh-nonce-${name}`, { ...bound, code: "dpop_nonce_invalid", stale: true, refresh: { wants } }]),
  }),
};

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
  "refresh-redirects": { code: "token_http", stale: true, refresh: wire("token", elsewhere(307)) },
  "refresh-breaks-down": { code: "token_http", stale: true, refresh: wire("token", page(503)) },
  "refresh-cut-off": { code: "network", stale: true, refresh: wire("token", cut) },
  "refresh-refused": { code: "session_expired", ends: true, refresh: wire("token", { status: 400, body: '{"error":"invalid_grant"}' }) },
});

export const defects = { ...habits, ...discovery, ...keys, ...offers, ...par, ...callback, ...response, ...token, ...unbound, ...nonces, ...idToken, ...userinfo, ...refresh };

/** Changes one parameter of the callback, or leaves it out. */
function param(name, change) {
  return (url, op) => {
    if (change) url.searchParams.set(name, change(url.searchParams.get(name), op));
    else url.searchParams.delete(name);
  };
}

/** What an ID token says, in place of a response's claims. */
function asIdToken({ iss, aud, exp }, op) {
  const [, nonce] = op.secrets.findLast(([name]) => name === "nonce");
  return { iss, aud, exp, sub: "alice", iat: ago(0), nonce };
}

/** The token with other claims, and the signature of before. */
function exchange(token, values) {
  const [header, payload, signature] = token.split(".");
  const claims = { ...JSON.parse(Buffer.from(payload, "base64url")), ...values };
  return [header, Buffer.from(JSON.stringify(claims)).toString("base64url"), signature].join(".");
}

const signed = (claims, op) => sign({ alg: "RS256", kid: op.keys.for("RS256").kid }, claims, op.keys);

/** A signed userinfo answer, good but for what `make` does. */
function signedUserinfo(make) {
  return {
    ...habits["userinfo-signed"],
    userinfo: (claims, op) => make({ ...claims, iss: op.issuer, aud: op.clientId }, op),
  };
}
