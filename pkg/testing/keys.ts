/** The provider's key and what is made with it, by WebCrypto: ES256 (RFC 7518 §3.4). */

const curve = { name: "ECDSA", namedCurve: "P-256" };

/** Signs claims; `jwk` is the public key. */
export interface Signer {
  readonly jwk: object;
  sign(claims: object): Promise<string>;
}

export async function createSigner(): Promise<Signer> {
  const { publicKey, privateKey } = await crypto.subtle.generateKey(curve, false, ["sign", "verify"]);
  const { kty, crv, x, y } = await crypto.subtle.exportKey("jwk", publicKey);
  const kid = random(8);
  const header = encoded(JSON.stringify({ alg: "ES256", kid, typ: "JWT" }));
  return {
    jwk: { kty, crv, x, y, kid, alg: "ES256", use: "sig" },
    async sign(claims) {
      const input = `${header}.${encoded(JSON.stringify(claims))}`;
      const signature = await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, privateKey, utf8(input));
      return `${input}.${base64url(new Uint8Array(signature))}`;
    },
  };
}

/** Whether a JWS was signed with the private half of a key. */
export async function isSignedBy(jwk: JsonWebKey, jws: string): Promise<boolean> {
  const [, input = "", signature = ""] = /^(.*)\.([^.]*)$/s.exec(jws) ?? [];
  try {
    const key = await crypto.subtle.importKey("jwk", jwk, curve, false, ["verify"]);
    return await crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, key, decoded(signature), utf8(input));
  } catch {
    return false; // no key, or no signature
  }
}

/** The hash of a text: the code challenge of a verifier (RFC 7636 §4.2), and what proofs name an access token by. */
export const hashOf = async (text: string): Promise<string> => base64url(await sha256(text));

/** The left half of the hash, as `at_hash` has it (OpenID Connect Core 3.1.3.6). */
export const halfHashOf = async (token: string): Promise<string> => base64url((await sha256(token)).subarray(0, 16));

/** So many random bytes as text. */
export const random = (bytes = 32): string => base64url(crypto.getRandomValues(new Uint8Array(bytes)));

const sha256 = async (text: string) => new Uint8Array(await crypto.subtle.digest("SHA-256", utf8(text)));
const utf8 = (text: string) => new TextEncoder().encode(text);
const encoded = (text: string) => base64url(utf8(text));

/** The bytes of a text in base64url. */
export const decoded = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));

const base64url = (bytes: Uint8Array) =>
  btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
