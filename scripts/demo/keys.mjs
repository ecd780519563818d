/** Key pairs as JWKs, as providers have them. */
import { generateKeyPairSync } from "node:crypto";

const JWK = { publicKeyEncoding: { format: "jwk" }, privateKeyEncoding: { format: "jwk" } };

/**
 * `{ publicKey, privateKey }`, both JWKs. They are never exported: Node 20 stops for good where the garbage collector
 * clears away what made a key while that key's members are written down.
 */
export const newKeyPair = (type, parameters = {}) => generateKeyPairSync(type, { ...parameters, ...JWK });
