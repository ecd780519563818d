// Signs proofs of possession. The key is kept by IndexedDB, for every tab, and cannot be exported: whoever copies
// the tokens of this page can do nothing with them elsewhere. Loaded where tokens are bound to it.

import { keptKey } from "./database.js";
import { toBase64 } from "./seal.js";

const CURVE = { name: "ECDSA", namedCurve: "P-256" };
const SIGNATURE = { name: "ECDSA", hash: "SHA-256" };

const isPair = (kept) => kept?.privateKey && kept.publicKey;

/** Where there is no database at all, there are no pages either: what is made lasts as long as the realm. */
const realm = new Map();
const kept = async (name, made) => {
  if (globalThis.indexedDB) return keptKey(name, made, isPair);
  if (made && !realm.has(name)) realm.set(name, made);
  return realm.get(name);
};

/** The keys that this page has found, by their JWK. */
const found = new Map();

/** The public half of what is kept under `name`, as a JWK; `made` is kept if there is none. Rejects with an error code. */
async function known(name, made) {
  if (!globalThis.crypto?.subtle) throw "unsupported";
  try {
    const keys = await kept(`dpop ${name}`, made);
    if (!keys) return undefined;
    const jwk = JSON.stringify(await crypto.subtle.exportKey("jwk", keys.publicKey));
    found.set(jwk, keys.privateKey);
    return jwk;
  } catch {
    throw "storage_unavailable";
  }
}

/** The public key as a JWK; undefined if there is none. */
export const find = (name) => known(name);

/** The same, of a key that is made if there is none. */
export async function make(name) {
  // made before it is needed: a transaction waits for nothing but itself; another tab may be faster
  return (await known(name)) ?? known(name, await crypto.subtle.generateKey(CURVE, false, ["sign"]));
}

/** The signature of a text in base64url, by a key that was found; undefined if that is not so. */
export async function sign(jwk, input) {
  const key = found.get(jwk);
  if (!key) return undefined;
  const signature = await crypto.subtle.sign(SIGNATURE, key, new TextEncoder().encode(input));
  return toBase64(new Uint8Array(signature)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
