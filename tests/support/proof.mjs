/** What an API checks of a proof of possession (RFC 9449 §4.3), by other means than the client makes it with. */
import { createHash } from "node:crypto";

import { calculateJwkThumbprint, EmbeddedJWK, jwtVerify } from "jose";

/** How many seconds a clock may be off. */
const LEEWAY = 30;

/**
 * Why a request's proof is not good for `token`, which is bound to the key `jkt`: a word of RFC 9449 §7.1, or
 * undefined if it is good. `seen` has the `jti` of every proof so far.
 */
export async function faultOf(request, url, { token, jkt, nonce, seen }) {
  const proofs = request.headersDistinct.dpop ?? [];
  if (proofs.length !== 1) return "invalid_dpop_proof";
  try {
    const { payload, protectedHeader } = await jwtVerify(proofs[0], EmbeddedJWK, { typ: "dpop+jwt", algorithms: ["ES256"] });
    const isGood = payload.htm === request.method
      && payload.htu === url
      && payload.ath === createHash("sha256").update(token).digest("base64url")
      && Math.abs(payload.iat - Date.now() / 1000) < LEEWAY
      && payload.jti?.length > 20 && !seen.has(payload.jti)
      && Object.keys(protectedHeader.jwk).sort().join() === "crv,kty,x,y"
      && await calculateJwkThumbprint(protectedHeader.jwk) === jkt;
    if (!isGood) return "invalid_dpop_proof";
    seen.add(payload.jti);
    return payload.nonce === nonce ? undefined : "use_dpop_nonce";
  } catch {
    return "invalid_dpop_proof";
  }
}
