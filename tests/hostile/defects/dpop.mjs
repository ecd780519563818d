/** What a provider does wrong with tokens bound to a key, and with the nonces of their proofs (RFC 9449). */
import { HAPPY } from "../sequences.mjs";
import { at, put, wire } from "./bends.mjs";

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
  bound,
  nonces: { ...bound, wants: own, requests: ["discovery", "jwks", "authorize", "token", "token", "userinfo", "userinfo"] },
  "nonces-on-good-answers": { ...bound, gives: true },
  "no-nonces-on-good-answers": { ...bound, wire: Object.fromEntries(["token", "userinfo"].map((name) => [name, withNonce(["one", "two"])])) },
};

const unsuited = at("jwks", {
  "proofs-in-other-algorithms": {
    settings: { dpop: true }, code: "unsupported", keeps: ["jwks"], metadata: put({ dpop_signing_alg_values_supported: ["RS256"] }),
  },
});

const tokens = at("token", {
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
    "token-nonce-demanded-again": {
      ...bound, code: "dpop_nonce_loop", wants: another, requests: ["discovery", "jwks", "authorize", "token", "token"],
    },
    "token-nonce-not-exposed": {
      ...bound, code: "dpop_nonce_invalid", wants: ({ last }) => last ?? "of-the-provider",
      ...wire("token", ({ headers: { "access-control-expose-headers": _, ...headers } }) => ({ headers })),
    },
    ...giving((name, wants) => [`token-nonce-${name}`, { ...bound, code: "dpop_nonce_invalid", wants }]),
  }),
  ...at("userinfo", {
    // why it refuses is in a header that nobody looks at there
    "userinfo-nonce-demanded-again": {
      ...bound, code: "userinfo_unauthorized", wants: only("userinfo", another), requests: [...HAPPY, "userinfo"],
    },
    ...giving((name, wants) => [`userinfo-nonce-${name}`, { ...bound, code: "userinfo_unauthorized", wants: only("userinfo", wants) }]),
  }),
  ...at("api", {
    "api-nonce-demanded-again": { code: "dpop_nonce_loop", wants: only("api", another), requests: [...HAPPY.slice(0, -1), "api", "api"] },
    "api-wants-a-newer-sign-in": {
      code: "step_up_required",
      ...wire("api", ({ headers }) => ({ status: 401, headers: { ...headers, "www-authenticate": 'DPoP error="insufficient_user_authentication", max_age="5"' } })),
    },
    ...giving((name, wants) => [`api-nonce-${name}`, { code: "dpop_nonce_invalid", wants: only("api", wants) }]),
  }, { ...bound, requests: [...HAPPY.slice(0, -1), "api"] }),
  ...at("refresh", {
    "refresh-nonce-demanded-again": {
      ...bound, code: "dpop_nonce_loop", refresh: { wants: another }, requests: [...HAPPY.slice(0, -1), "token", "token"],
    },
    "refresh-bearer-token": { ...bound, code: "dpop_downgrade", refresh: { tokens: put({ token_type: "Bearer" }) } },
    ...giving((name, wants) => [`refresh-nonce-${name}`, { ...bound, code: "dpop_nonce_invalid", refresh: { wants } }]),
  }),
};

export const dpop = { ...habits, ...unsuited, ...tokens, ...nonces };
