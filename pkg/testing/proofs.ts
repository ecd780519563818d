/** Proofs of possession, as servers check them (RFC 9449 §4.3). */

import { Refusal } from "./grants.js";
import { decoded, hashOf, isSignedBy } from "./keys.js";

/** How old a proof may be, or from how far ahead, in seconds. */
const tolerance = 60;

/** The request that a proof came with. */
export interface Proven {
  readonly method: string;
  readonly url: string;
  /** The access token beside it. */
  readonly accessToken?: string;
}

/**
 * Resolves to the thumbprint of the key that a proof was made with; rejects with a `Refusal` where it is none of this
 * request, or has been shown before.
 */
export type CheckProof = (proof: string, request: Proven) => Promise<string>;

export function proofChecker(now: () => number): CheckProof {
  const seen = new Set<string>();
  return async (proof, { method, url, accessToken }) => {
    const demand = (holds: unknown, what: string) => {
      if (!holds) throw new Refusal("invalid_dpop_proof", what);
    };
    const [header, claims] = proof.split(".").slice(0, 2).map((part) => {
      try {
        return JSON.parse(new TextDecoder().decode(decoded(part)));
      } catch {
        throw new Refusal("invalid_dpop_proof", "the proof is no JWT");
      }
    });
    demand(header?.typ === "dpop+jwt" && header.alg === "ES256", "the header needs typ dpop+jwt and alg ES256");
    const { kty, crv, x, y, d } = header.jwk ?? {};
    demand(kty === "EC" && crv === "P-256" && d === undefined, "the header needs a public key of P-256 as jwk");
    demand(await isSignedBy({ kty, crv, x, y }, proof), "the signature is wrong");
    const { origin, pathname } = new URL(url);
    demand(claims?.htm === method, `htm has to be ${method}`);
    demand(claims.htu === origin + pathname, `htu has to be ${origin}${pathname}`);
    demand(Math.abs(claims.iat - now()) <= tolerance, "iat has to be now");
    demand(typeof claims.jti === "string" && !seen.has(claims.jti), "jti has to be new");
    demand(claims.ath === (accessToken && await hashOf(accessToken)), "ath has to be the hash of the access token, if there is one");
    seen.add(claims.jti);
    return hashOf(JSON.stringify({ crv, kty, x, y })); // RFC 7638
  };
}
