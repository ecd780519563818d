/**
 * Sign-in for single-page portals: OpenID Connect with every check on.
 *
 * @packageDocumentation
 */

import { inlineSource } from "./load.js"; // first, and so is the module: what is alike stays together
import { openAuth } from "./auth.js";
import type { Auth, AuthOptions } from "./types.js";

export { AuthError, type AuthErrorCode } from "./errors.js";
export type * from "./types.js";

/**
 * Loads the module, restores a persisted session, and returns the client.
 * Sends nothing over the network. Rejects only for a bad configuration
 * (`config_invalid`) or an unusable environment (`unsupported`); stale, foreign
 * or corrupt stored data never makes it reject.
 */
export function createAuth(options: AuthOptions): Promise<Auth> {
  return openAuth(options, inlineSource());
}
