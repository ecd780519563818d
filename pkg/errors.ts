/** What a call rejects with. The codes and what they mean are the module's (`src/error.rs`). */

import { inWords, learnWords } from "./words.js";

/** What went wrong: a closed set. */
export type AuthErrorCode =
  // ours to fix: configuration and environment
  | "config_invalid" | "unsupported" | "insecure_context" | "entropy" | "aborted" | "disposed" | "internal"
  // storage
  | "storage_unavailable" | "storage_full" | "storage_corrupt"
  // transport
  | "network" | "timeout"
  // discovery and endpoints
  | "discovery_http" | "discovery_invalid" | "discovery_issuer_mismatch" | "discovery_too_large"
  | "insecure_endpoint" | "pkce_unsupported" | "endpoint_origin"
  | "par_required" | "par_http" | "par_invalid"
  // the callback
  | "callback_malformed" | "callback_too_large" | "callback_duplicate_param" | "callback_ambiguous"
  | "callback_mode_mismatch" | "callback_redirect_mismatch" | "callback_unexpected_token" | "callback_context"
  | "callback_state_missing" | "callback_state_unknown" | "callback_expired"
  | "callback_iss_missing" | "callback_iss_mismatch" | "jarm_iss" | "jarm_aud" | "jarm_exp" | "authorization_error"
  // the token endpoint
  | "token_http" | "token_error" | "token_invalid" | "token_too_large" | "token_type_unsupported"
  | "dpop_downgrade" | "dpop_key_lost" | "dpop_nonce_invalid" | "dpop_nonce_loop"
  | "id_token_missing" | "refresh_id_token" | "session_expired" | "login_required"
  // JWT, keys
  | "jwt_malformed" | "jwt_too_large" | "jwt_alg" | "jwt_crit" | "jwt_typ" | "jwt_signature"
  | "jwks_http" | "jwks_invalid" | "jwks_too_large" | "jwks_missing" | "jwks_no_key"
  // ID-token claims
  | "claim_type" | "id_token_iss" | "id_token_aud" | "id_token_azp" | "id_token_exp" | "id_token_iat"
  | "id_token_nbf" | "id_token_nonce" | "id_token_sub" | "id_token_at_hash" | "id_token_auth_time" | "id_token_acr"
  // userinfo and APIs
  | "userinfo_sub_mismatch" | "userinfo_unauthorized" | "userinfo_invalid"
  | "origin_not_allowed" | "step_up_required"
  // windows, navigation, logout
  | "popup_blocked" | "popup_closed" | "return_to_rejected" | "redirect_loop" | "logout_state"
  | "logout_token"
  // third-party-initiated login
  | "initiate_iss";

/** The one error every call rejects with. Holds no token, code, verifier or secret. */
export class AuthError extends Error {
  /** Always `"AuthError"`, also where class names are minified. */
  override readonly name = "AuthError";
  /** What went wrong. */
  readonly code: AuthErrorCode;
  /** True when trying the same call later can succeed. */
  readonly retryable: boolean;
  /** HTTP status, where a response caused it. */
  readonly status?: number;
  /** The provider's own error, inert text cut at 1 kB. */
  readonly oauth?: { error: string; description?: string; uri?: string };
  /** One sentence: what to do about it. */
  readonly remedy: string;
  /** What the platform threw, where that caused it. */
  declare readonly cause?: unknown;
  /** With `step_up_required`: the acceptable authentication contexts, best first. */
  readonly acrValues?: readonly string[];
  /** With `step_up_required`: the greatest allowed age of the sign-in, in seconds. */
  readonly maxAge?: number;
  /** With `redirect_loop`: the codes of the sign-ins that failed before, oldest first. */
  readonly causes?: readonly string[];

  /**
   * The client makes these of what the module reports; applications receive them. `place` is the
   * option, member, claim or step where it arose.
   *
   * @internal
   */
  constructor(
    report: Omit<AuthError, "name" | "message" | "remedy" | "stack" | "cause" | "toJSON"> & { place?: string },
    cause?: unknown,
  ) {
    const { message, remedy } = inWords(report);
    super(message, { cause });
    this.code = report.code;
    this.retryable = report.retryable;
    this.remedy = remedy;
    this.status = report.status;
    this.oauth = report.oauth;
    this.acrValues = report.acrValues;
    this.maxAge = report.maxAge;
    this.causes = report.causes;
  }

  /** Whether it is an `AuthError` of any entry: each is a file of its own, with a class of its own. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    if (this !== AuthError) return super[Symbol.hasInstance](value);
    return value instanceof Error && value.name === "AuthError" && "remedy" in value;
  }

  /** Everything but `cause` and the stack, for a log. */
  toJSON(): object {
    return { ...this, message: this.message };
  }
}

/** What goes wrong in the wrapper, until it is told as an `AuthError`. */
export class Failure {
  constructor(
    readonly code: "aborted" | "callback_too_large" | "config_invalid" | "disposed" | "internal" | "network" | "popup_blocked" | "popup_closed"
      | "timeout" | "unsupported",
    readonly place = "",
    readonly cause?: unknown,
  ) {}
}

/** What was thrown, as an `AuthError` in words: those are waited for, though not for long. */
export async function told(thrown: unknown): Promise<AuthError> {
  if (typeof thrown === "string" || thrown instanceof Failure) await learnWords();
  return toAuthError(thrown);
}

/**
 * The same at once, in words if they are there already. The module's own reports are JSON text;
 * what is neither that nor a `Failure` is a defect.
 */
export function toAuthError(thrown: unknown): AuthError {
  if (thrown instanceof AuthError) return thrown;
  try {
    const report = JSON.parse(thrown as string);
    if (report.code) return new AuthError(report);
  } catch { /* not a report */ }
  const { code, place, cause } = thrown instanceof Failure ? thrown : new Failure("internal", "", thrown);
  const retryable = /^(aborted|internal|network|popup_closed|timeout)$/.test(code);
  return new AuthError({ code, place, retryable }, cause);
}
