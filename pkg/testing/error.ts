/** The errors of the mock: those of the real client, with their words from the start. */

import { words } from "../build/texts.js";
import { AuthError, type AuthErrorCode } from "../errors.js";
import { knowWords } from "../words.js";
import type { ErrorDetails } from "./mocks.js";

/** As `codes!` in `src/error.rs` says. */
const retryable: readonly AuthErrorCode[] = [
  "entropy", "aborted", "internal", "storage_full", "network", "timeout", "discovery_http", "par_http", "token_http",
  "dpop_nonce_loop", "jwks_http", "jwks_no_key", "popup_closed",
];

/** Codes of a provider that cannot be reached, or that says nothing for or against: `is_outage` in `src/client/tokens.rs`. */
const outages: readonly AuthErrorCode[] = [
  "network", "timeout", "jwks_http", "token_http", "token_invalid", "token_too_large", "dpop_nonce_invalid",
  "dpop_nonce_loop", "discovery_http", "discovery_invalid", "discovery_too_large",
];

/** `isOver` says that nothing that comes later can make the same call succeed. */
export type MakeError = (code: AuthErrorCode, details?: ErrorDetails, isOver?: boolean) => AuthError;

/** Makes errors that have their words. */
export function errorMaker(): MakeError {
  knowWords(words);
  return (code, { cause, ...details } = {}, isOver = false) => {
    const report = { code, retryable: retryable.includes(code) && !isRefused(details.status) && !isOver, ...details };
    return new AuthError(report, cause);
  };
}

/** Whether a refresh that failed so leaves the session stale. */
export const isOutage = ({ code, status = 0 }: AuthError): boolean =>
  status >= 500 || status === 429 || outages.includes(code);

const isRefused = (status = 0) => status >= 300 && status < 500 && status !== 408 && status !== 429;
