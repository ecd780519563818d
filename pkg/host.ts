/** The platform, as far as the module needs the page for it. */

import { Failure } from "./errors.js";
import type { CoreHost } from "./load.js";
import type { AuthOptions, Host } from "./types.js";

/**
 * The members of `options.host` over the platform's. Looks at no global before it is used.
 * Throws `config_invalid` for one of these, or of `options.storage`, that is no function.
 */
export function coreHost(options: AuthOptions, emit: CoreHost["emit"]): CoreHost {
  const { host, storage } = own(options);
  // its class may have them, but nothing that a page put on every object counts
  const given = <K extends keyof Host>(name: K) => {
    const member = host?.[name];
    return member === (Object.prototype as Partial<Host>)[name] ? undefined : member;
  };
  try {
    // A plain call: the platform's own fetch accepts no other receiver.
    const fetch = given("fetch")?.bind(undefined);
    for (const name of ["get", "set", "remove"] as const) storage?.[name].bind(storage);
    return {
      fetch: async (input, init) => (fetch ?? globalThis.fetch)(input, init), // always a promise
      now: given("now")?.bind(host) ?? (() => Date.now() / 1000),
      navigate: given("navigate")?.bind(host) ?? ((url) => location.assign(url)),
      storage,
      emit,
      holds: async (...question) => (await import("./verifier.js")).holds(...question),
      digest: async (...question) => (await import("./verifier.js")).digest(...question),
      complete: () => undefined,
      look() {}, // until there is a client
    };
  } catch (cause) {
    throw new Failure("config_invalid", "host, storage", cause);
  }
}

/** The page's own URL; empty where there is no page. */
export const pageUrl = (): string => (typeof location === "undefined" ? "" : location.href);

/** Does `work` when the page has nothing better to do; never where there is no page. */
export function whenIdle(work: () => void): void {
  if (typeof document !== "undefined") (globalThis.requestIdleCallback ?? setTimeout)(work);
}

/** A copy that inherits nothing. Throws `config_invalid` if there can be none. */
export function own<T extends object>(value: T | undefined): Partial<T> {
  try {
    return Object.assign(Object.create(null), value);
  } catch (cause) {
    throw new Failure("config_invalid", "options", cause);
  }
}
