/**
 * The public contract of `portcullis/verify`: token verification alone, for pages, workers and
 * servers (Node, Deno, Bun, edge). The same Rust code and the same verdicts as the main entry.
 */
import type { JwsAlgorithm, Claims } from "./portcullis.js";

export interface JwkSet { readonly keys: readonly object[] }

export interface VerifyJwsOptions {
  /** Public keys. Private members, `oct` keys, weak and malformed keys are refused, never used. */
  keys: JwkSet;
  /** Required: the only algorithms accepted. `none` and `HS*` cannot be named. */
  algorithms: readonly JwsAlgorithm[];
  /** `auto` (default): WebCrypto where it can do the job, else the software verifier. */
  crypto?: "auto" | "web" | "software";
}
/** Verifies a compact JWS. Rejects with `AuthError` (`jwt_*`, `jwks_*`). */
export declare function verifyJws(token: string, options: VerifyJwsOptions):
  Promise<{ header: Claims; payload: Uint8Array }>;

export interface VerifyJwtOptions extends Omit<VerifyJwsOptions, "keys"> {
  /** Either fixed keys, or a JWKS URL that is cached and refetched once on an unknown `kid`. */
  keys: JwkSet | URL;
  issuer: string;
  audience: string | readonly string[];
  /** Required header `typ`, e.g. `at+jwt` for RFC 9068 access tokens. Default: `JWT` or absent. */
  typ?: string;
  clockTolerance?: number;
  /** Unix seconds; default the platform's clock. */
  now?: number;
}
export declare function verifyJwt(token: string, options: VerifyJwtOptions):
  Promise<{ header: Claims; claims: Claims }>;
