/** The platform, as far as the module needs the page for it. */

import { Failure } from "./errors.js";
import type { CoreHost } from "./load.js";
import type { AuthOptions } from "./types.js";

/**
 * The own members of `options.host` over the platform's. Looks at no global before it is used.
 * Throws `config_invalid` for a member that is no function.
 */
export function coreHost(options: AuthOptions, emit: CoreHost["emit"]): CoreHost {
  const { host, storage } = own(options);
  const { fetch, now, navigate } = own(host);
  try {
    return {
      // A plain call: the platform's own fetch accepts no other receiver. Always answers a promise.
      fetch: async (input, init) => (fetch ?? globalThis.fetch)(input, init),
      now: now?.bind(host) ?? (() => Date.now() / 1000),
      navigate: navigate?.bind(host) ?? ((url) => location.assign(url)),
      storage,
      emit,
      holds: async (...question) => (await import("./verifier.js")).holds(...question),
      digest: async (...question) => (await import("./verifier.js")).digest(...question),
      look() {}, // until there is a client
    };
  } catch (cause) {
    throw new Failure("config_invalid", "host", cause);
  }
}

/** The page's own URL; empty where there is no page. */
export const pageUrl = (): string => (typeof location === "undefined" ? "" : location.href);

/** Does `work` when the page has nothing better to do; never where there is no page. */
export function whenIdle(work: () => void): void {
  if (typeof document !== "undefined") (globalThis.requestIdleCallback ?? setTimeout)(work);
}

/** A copy that inherits nothing. */
export const own = <T extends object>(value: T | undefined): Partial<T> =>
  Object.assign(Object.create(null), value);
