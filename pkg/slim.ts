/**
 * The main entry without the module's bytes inside: the application says where they are.
 *
 * @packageDocumentation
 */

import { openAuth } from "./auth.js";
import { moduleSource, type ModuleSource } from "./load.js";
import type { Auth, AuthOptions } from "./types.js";

export { AuthError, type AuthErrorCode } from "./errors.js";
export type { ModuleSource } from "./load.js";
export type * from "./types.js";

/** As `createAuth` of the main entry, on the module in `module`: its bytes, or where they are. */
export function createAuth(options: AuthOptions, module: ModuleSource | Promise<ModuleSource>): Promise<Auth> {
  return openAuth(options, moduleSource(module));
}
