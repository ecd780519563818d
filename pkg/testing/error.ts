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

/** Codes of a call that asked the provider nothing: `is_of_this_browser` in `src/client/tokens.rs`, and one of before. */
const unasked: readonly AuthErrorCode[] = ["unsupported", "entropy", "storage_unavailable", "dpop_key_lost", "disposed"];
/** And with which it says that the session is over, or goes no further without its user. */
const refusals: readonly AuthErrorCode[] = ["session_expired", "login_required"];

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
export const leavesStale = ({ code }: AuthError): boolean => ![...unasked, ...refusals].includes(code);

const isRefused = (status = 0) => status >= 300 && status < 500 && status !== 408 && status !== 429;
