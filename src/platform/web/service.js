// The Web APIs that a connection needs, wherever it runs.
import { answered, read } from "./shim.js";

/**
 * One request: no cookies, no cache, no referrer, no redirect followed, at most `limit` bytes read.
 * Resolves to the status (0 for a redirect, -1 without an answer, -2 without one in time), the
 * content type, and the body unless it was too long. `seconds` of 0 are no limit.
 */
export async function exchange(host, { url, ...request }, seconds, limit) {
  return answered(seconds || undefined, async (signal) => {
    const response = await host.fetch(url, { ...request, redirect: "manual", signal, ...QUIET });
    const status = response.type === "opaqueredirect" || isRedirect(response.status) ? 0 : response.status;
    const contentType = response.headers.get("content-type") ?? "";
    return { status, contentType, body: await read(response, limit) };
  });
}

/** Edge runtimes throw at settings that only mean something in a page. */
const QUIET = globalThis.document ? { cache: "no-store", credentials: "omit", referrerPolicy: "no-referrer" } : {};

const isRedirect = (status) => status > 300 && status < 400 && status !== 304;

const PARAMETERS = {
  HS256: { name: "HMAC", hash: "SHA-256" },
  RS256: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" },
  PS256: { name: "RSA-PSS", hash: "SHA-256", saltLength: 32 },
  ES256: { name: "ECDSA", hash: "SHA-256", namedCurve: "P-256" },
  EdDSA: { name: "Ed25519" },
};

/** The signature over `input`. `text` is a JWK, PKCS #8 as PEM, or the secret itself for HMAC. */
export async function sign(alg, text, input) {
  const { subtle } = globalThis.crypto;
  const parameters = PARAMETERS[alg];
  const importKey = (format, material) => subtle.importKey(format, material, parameters, false, ["sign"]);
  const bytes = new TextEncoder();
  const key = await (alg === "HS256" ? importKey("raw", bytes.encode(text))
    : text.trimStart().startsWith("{") ? importKey("jwk", JSON.parse(text))
    : importKey("pkcs8", derOf(text)));
  // RFC 7518 §3.3 and §3.5
  if (key.algorithm.modulusLength < 2048) throw new RangeError("an RSA key of less than 2048 bits");
  return new Uint8Array(await subtle.sign(parameters, key, bytes.encode(input)));
}

function derOf(pem) {
  const base64 = pem.replace(/-----[^-]*-----|\s/g, "");
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
}

/** Milliseconds since some moment, by a clock that nobody sets. */
export const steady = () => performance.now();
