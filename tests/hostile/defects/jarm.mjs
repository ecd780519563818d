/** What a provider does wrong with signed authorization responses (JARM). */
import { createSecretKey } from "node:crypto";

import { keySet, sign, spoil } from "../keys.mjs";
import { PUSHED } from "../sequences.mjs";
import { ago, at, page, put, suffix, without } from "./bends.mjs";

const asked = { settings: { jarm: true } };

/** Puts parameters beside a signed response: these, or of these names what is signed. */
const beside = (values, ...names) => (url, op, claims) => {
  for (const pair of Object.entries(values)) url.searchParams.append(...pair);
  for (const name of names) url.searchParams.append(name, claims[name]);
};
const ourState = beside({}, "state");
/** Leaves claims out of what is signed, and of nothing else. */
const unsigned = (...names) => (claims) => Object.fromEntries(Object.entries(claims).filter(([name]) => !names.includes(name)));
/** Says a claim twice, another value first. */
const twice = (name) => (claims) => JSON.stringify(claims).replace("{", `{"${name}":"another",`);
/** A token whose payload is a token. */
const nest = (token, op) => sign({ alg: "RS256", kid: op.keys.for("RS256").kid, cty: "JWT" }, token, op.keys);
/** As many segments as an encrypted token has. */
const encrypt = (token) => `${token}.e30.e30`;
/** Keys of the provider's names that it has never published. */
const strangers = keySet();

const habits = {
  jarm: asked,
  "jarm-pushed-and-bound": { settings: { jarm: true, par: true, dpop: true }, requests: PUSHED },
  "jarm-es256": { ...asked, response: { alg: "ES256" } },
  "jarm-announced-nowhere": { ...asked, metadata: without("response_modes_supported", "authorization_signing_alg_values_supported") },
  "jarm-in-another-algorithm-than-id-tokens": { ...asked, response: { alg: "PS256" }, metadata: put({ id_token_signing_alg_values_supported: ["RS256"] }) },
  "jarm-after-a-rotation": { ...asked, rotate: true, requests: ["discovery", "jwks", "authorize", "jwks", "token", "userinfo"] },
  "jarm-aud-array": { ...asked, response: { claims: (claims) => void (claims.aud = [claims.aud]) } },
  "jarm-typ": { ...asked, response: { header: put({ typ: "JWT" }) } },
  "jarm-with-iat-and-nbf": { ...asked, response: { claims: (claims) => void (claims.iat = claims.nbf = ago(0)) } },
  "jarm-beside-the-same-in-plain": { ...asked, redirect: beside({}, "state", "code", "iss") },
};

const unsuited = at("jwks", {
  "signs-no-responses": { ...asked, code: "unsupported", keeps: ["jwks"], metadata: put({ response_modes_supported: ["query", "fragment.jwt"] }) },
});

const responses = at("authorize", {
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
}, asked);

export const jarm = {
  ...habits,
  ...unsuited,
  ...Object.fromEntries(Object.entries(responses).map(([name, defect]) => [`jarm-${name}`, defect])),
};

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
