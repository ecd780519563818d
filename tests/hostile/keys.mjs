/** The hostile provider's keys, and what it signs with them. */
import { createHash, createPrivateKey } from "node:crypto";

import { CompactSign } from "jose";

import { newKeyPair } from "../../scripts/demo/keys.mjs";

/**
 * A key set as the conformance suite publishes it: pairs of RSA and P-256 keys, secp256k1, Ed25519,
 * none of them with an `alg`, and keys for encryption among them. `generation` tells their names apart.
 */
export function keySet(generation = 1) {
  const make = (kid, type, options, use = "sig") => {
    const { privateKey: key, publicKey } = newKeyPair(type, options);
    return { kid, privateKey: createPrivateKey({ key, format: "jwk" }), jwk: { ...publicKey, kid, use } };
  };
  const rsa = { modulusLength: 2048 };
  const [rsa1, rsa2, ec1, ec2, koblitz, ed, rsaEnc, ecEnc] = [
    make(`rsa-1-${generation}`, "rsa", rsa),
    make(`rsa-2-${generation}`, "rsa", rsa),
    make(`ec-1-${generation}`, "ec", { namedCurve: "P-256" }),
    make(`ec-2-${generation}`, "ec", { namedCurve: "P-256" }),
    make(`koblitz-${generation}`, "ec", { namedCurve: "secp256k1" }),
    make(`ed-${generation}`, "ed25519", {}),
    make(`rsa-enc-${generation}`, "rsa", rsa, "enc"),
    make(`ec-enc-${generation}`, "ec", { namedCurve: "P-256" }, "enc"),
  ];
  return {
    published: { keys: [rsaEnc, koblitz, rsa1, rsa2, ecEnc, ec1, ec2, ed].map(({ jwk }) => jwk) },
    /** The key that signs with an algorithm. */
    for: (alg) => (/^(RS|PS)/.test(alg) ? rsa1 : alg.startsWith("ES") ? ec1 : ed),
  };
}

/** A compact JWS of `payload`, an object or text. `alg` "none" has an empty signature. */
export async function sign(header, payload, keys) {
  const text = typeof payload === "string" ? payload : JSON.stringify(payload);
  if (header.alg === "none") return `${base64url(JSON.stringify(header))}.${base64url(text)}.`;
  const options = { crit: { exp: false } }; // lets a header name an extension
  return new CompactSign(Buffer.from(text)).setProtectedHeader(header).sign(keys.for(header.alg).privateKey, options);
}

/** The token with every byte of its signature changed. */
export function spoil(token) {
  const [header, payload, signature] = token.split(".");
  const bytes = Buffer.from(signature, "base64url").map((byte) => byte ^ 0x5a);
  return [header, payload, base64url(bytes)].join(".");
}

/** The left half of the hash that belongs to `alg` (OpenID Connect Core 3.1.3.6). */
export function halfHash(alg, text) {
  const bits = /\d{3}$/.exec(alg)?.[0] ?? "512";
  const digest = createHash(`sha${bits}`).update(text).digest();
  return base64url(digest.subarray(0, digest.length / 2));
}

const base64url = (bytes) => Buffer.from(bytes).toString("base64url");
