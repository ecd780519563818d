/**
 * Verification of tokens alone, for pages, workers and servers: the same Rust code and the same
 * verdicts as in a sign-in.
 *
 * @packageDocumentation
 */

import { encode, encodeKeys } from "./encode.js";
import { Failure, told } from "./errors.js";
import { own } from "./host.js";
import type { Claims, JwsAlgorithm } from "./types.js";
import { start, type Verifier, verify } from "./verifier.js";

export { AuthError, type AuthErrorCode } from "./errors.js";
export type { Claims, JwsAlgorithm } from "./types.js";

/** Public keys (RFC 7517). */
export interface JwkSet {
  /** The keys, each a JWK. */
  readonly keys: readonly object[];
}

/** How to verify a signature. */
export interface VerifyJwsOptions {
  /** Public keys. Private members, `oct` keys, weak and malformed keys are refused, never used. */
  keys: JwkSet;
  /** Required: the only algorithms accepted. `none` and `HS*` cannot be named. */
  algorithms: readonly JwsAlgorithm[];
  /** `auto` (default): WebCrypto where it can do the job, else the software verifier. */
  crypto?: "auto" | "web" | "software";
}

/** How to verify a signature and judge the claims. */
export interface VerifyJwtOptions extends Omit<VerifyJwsOptions, "keys"> {
  /** Either fixed keys, or a JWKS URL that is cached and refetched once on an unknown `kid`. */
  keys: JwkSet | URL;
  /** Who must have issued the token, byte for byte. */
  issuer: string;
  /** Whom the token must be for: one of these is enough. */
  audience: string | readonly string[];
  /** Required header `typ`, e.g. `at+jwt` for RFC 9068 access tokens. Default: `JWT` or absent. */
  typ?: string;
  /** How far clocks may differ, in seconds. Default 30, at most 300. */
  clockTolerance?: number;
  /** Unix seconds; default the platform's clock. */
  now?: number;
}

/** How to verify a logout token; `audience` is the client's id. */
export type VerifyLogoutTokenOptions = Omit<VerifyJwtOptions, "typ">;

/** The module reads no longer tokens, and its memory never shrinks. */
const longestToken = 1 << 18;

/** Verifies a compact JWS. Rejects with `AuthError` (`jwt_*`, `jwks_*`). */
export async function verifyJws(
  token: string,
  options: VerifyJwsOptions,
): Promise<{ header: Claims; payload: Uint8Array }> {
  const [header, payload] = await call(() => {
    const said = [cut(token), encodeKeys(own(options).keys), encode(options, "keys")] as const;
    return (verifier) => verifier.jws(...said);
  });
  return { header: JSON.parse(header), payload };
}

/** Verifies a JWT: signature, kind, issuer, audience and times. Rejects with `AuthError`. */
export async function verifyJwt(
  token: string,
  options: VerifyJwtOptions,
): Promise<{ header: Claims; claims: Claims }> {
  return judged(token, options, (verifier, ...said) => verifier.jwt(...said));
}

/**
 * Verifies a logout token, as a provider posts it to the back-channel logout URI of a server (OpenID Connect
 * Back-Channel Logout 1.0 §2.6): end the sessions of `claims.sub`, or the one session `claims.sid`, and answer 200
 * with `Cache-Control: no-store`; answer 400 where it rejects. A token is good once for each process. Rejects with `AuthError`.
 */
export async function verifyLogoutToken(
  token: string,
  options: VerifyLogoutTokenOptions,
): Promise<{ header: Claims; claims: Claims }> {
  return judged(token, options, (verifier, ...said) => verifier.logoutToken(...said));
}

/** What is no text is no token: not every object becomes one. */
const cut = (token: string) => (typeof token === "string" ? token.slice(0, longestToken + 1) : "");

/** What `judge` makes of a token and its claims. */
async function judged(
  token: string,
  options: VerifyLogoutTokenOptions,
  judge: (verifier: Verifier, ...said: [token: string, keys: string, isUrl: boolean, options: string]) => Promise<string>,
): Promise<{ header: Claims; claims: Claims }> {
  return JSON.parse(await call(() => {
    const { keys } = own(options);
    const isUrl = keys instanceof URL;
    const said = [cut(token), isUrl ? keys.href : encodeKeys(keys), isUrl, encode(options, "keys")] as const;
    return (verifier) => judge(verifier, ...said);
  }));
}

/** `read` makes of a call's arguments what is to be done, before anything is waited for: they are the caller's. */
async function call<T>(read: () => (verifier: Verifier) => Promise<T>): Promise<T> {
  try {
    const work = read();
    await start().catch((cause) => {
      throw new Failure("unsupported", "module", cause);
    });
    return await verify(work);
  } catch (thrown) {
    throw await told(thrown);
  }
}
