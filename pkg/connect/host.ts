/** The platform, as far as a connection needs it. */

import type { ServiceHost } from "../connector.js";
import { Failure } from "../errors.js";
import { own } from "../host.js";
import type { ConnectionOptions } from "./types.js";

/** Whether everybody who opens this can read what is in it. */
export const isPage = (): boolean => typeof window !== "undefined" && typeof document !== "undefined";

/** How long a token's words may be that a store gives back. */
const longest = 1 << 20;

/**
 * The own members of `options.host` over the platform's; looks at no global before it is used. `ended`
 * says that nobody waits any longer, if that can be. Throws `config_invalid` for a store that is none.
 */
export function serviceHost(
  { host, secrets, store }: Partial<Pick<ConnectionOptions, "host" | "secrets" | "store">>,
  ended = new AbortController().signal,
): ServiceHost {
  const { fetch, now, wait, random } = own(host);
  const handed = own(secrets);
  for (const method of ["getItem", "setItem", "removeItem"] as const) {
    if (store && typeof store[method] !== "function") throw new Failure("config_invalid", "store");
  }
  return {
    fetch: async (input, init) => {
      ended.throwIfAborted();
      return (fetch ?? globalThis.fetch)(input, init);
    },
    now: now?.bind(host) ?? (() => Date.now() / 1000),
    offset: () => -new Date((now?.call(host) ?? Date.now() / 1000) * 1000).getTimezoneOffset() | 0,
    random: random?.bind(host) ?? ((length) => crypto.getRandomValues(new Uint8Array(length))),
    async wait(seconds) {
      await (wait ? wait.call(host, seconds, ended) : pause(seconds, ended));
      ended.throwIfAborted(); // or a loop that waits would go round at once
    },
    async secret(name) {
      const secret = handed[name];
      const text = typeof secret === "function" ? await secret() : secret;
      return text === undefined || text === null ? undefined : `${text}`;
    },
    isShared: () => !!store,
    async load(key) {
      const value = await store!.getItem(key);
      if (value === null || value === undefined) return undefined;
      // a store may have read what it holds as JSON
      const text = typeof value === "string" ? value : JSON.stringify(value);
      return text.length <= longest ? text : undefined;
    },
    async keep(key, text, seconds) {
      await store!.setItem(key, text, seconds ? { ttl: seconds } : {});
    },
    async forget(key) {
      await store!.removeItem(key);
    },
  };
}

/** Resolves after so many seconds, or when nobody waits any longer. */
function pause(seconds: number, ended: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const over = () => {
      clearTimeout(timer);
      ended.removeEventListener("abort", over);
      resolve();
    };
    const timer = setTimeout(over, seconds * 1000);
    ended.addEventListener("abort", over);
    if (ended.aborted) over();
  });
}
