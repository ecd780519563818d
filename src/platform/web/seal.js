// Records sealed as text: AES-GCM, each with a nonce of its own, bound to the name it is kept under.

const NONCE_LENGTH = 12;

const parameters = (name, iv) => ({ name: "AES-GCM", iv, additionalData: new TextEncoder().encode(name) });

export const toBase64 = (bytes) => btoa([...bytes].map((byte) => String.fromCharCode(byte)).join(""));
export const fromBase64 = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt());

/** The text as it may be kept under `name`, and nowhere else. */
export async function seal(key, name, text) {
  const nonce = crypto.getRandomValues(new Uint8Array(NONCE_LENGTH));
  const plain = new TextEncoder().encode(text);
  const sealed = new Uint8Array(await crypto.subtle.encrypt(parameters(name, nonce), key, plain));
  return toBase64([...nonce, ...sealed]);
}

/** The text that was sealed under `name`; rejects whatever was not sealed so, or not with this key. */
export async function unseal(key, name, sealed) {
  const bytes = fromBase64(sealed);
  const nonce = bytes.subarray(0, NONCE_LENGTH);
  const plain = await crypto.subtle.decrypt(parameters(name, nonce), key, bytes.subarray(NONCE_LENGTH));
  return new TextDecoder().decode(plain);
}
