/** Proofs of possession, as another implementation reads them. */
import { createHash } from "node:crypto";

import { EmbeddedJWK, calculateJwkThumbprint, jwtVerify } from "jose";

/** How many seconds old a proof may be. */
const LIFETIME = 30;

/** `jti` of every proof that any provider was shown. */
const seen = new Set();

/**
 * The proof in these `DPoP` headers: its claims, the thumbprint of its key, and what is wrong with it for
 * such a request (RFC 9449 §4.3).
 */
export async function examine(headers, { method, url, accessToken }) {
  const faults = [];
  const demand = (holds, what) => holds || faults.push(`proof: ${what}`);
  demand(headers.length === 1, "one header");
  try {
    const rules = { algorithms: ["ES256"], typ: "dpop+jwt", requiredClaims: ["jti", "htm", "htu"], maxTokenAge: LIFETIME, clockTolerance: 2 };
    const { payload, protectedHeader } = await jwtVerify(headers[0], EmbeddedJWK, rules);
    const { jti, htm, htu, ath } = payload;
    demand(members(protectedHeader) === "alg jwk typ", "header");
    demand(members(protectedHeader.jwk) === "crv kty x y", "jwk: the public members alone");
    demand(!seen.has(jti), "jti used before");
    demand(/^[\w-]{22,}$/.test(jti), "jti");
    seen.add(jti);
    demand(htm === method, "htm");
    demand(htu === url, "htu");
    demand(ath === (accessToken && createHash("sha256").update(accessToken).digest("base64url")), "ath");
    const known = ["ath", "htm", "htu", "iat", "jti", "nonce"];
    demand(Object.keys(payload).every((name) => known.includes(name)), "claims");
    return { claims: payload, thumbprint: await calculateJwkThumbprint(protectedHeader.jwk), faults };
  } catch (error) {
    return { claims: {}, faults: [...faults, `proof: ${error.message}`] };
  }
}

const members = (object) => Object.keys(object).sort().join(" ");
