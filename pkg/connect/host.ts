/** The platform, as far as a connection needs it. */

import type { ServiceHost } from "../connector.js";
import { isOnTheEdge } from "../edge.js";
import { Failure } from "../errors.js";
import { own } from "../host.js";
import type { ConnectionOptions } from "./types.js";

/** Whether everybody who opens this can read what is in it: a page, or a worker of one. */
export const isPage = (): boolean =>
  (typeof window !== "undefined" && typeof document !== "undefined") || typeof (globalThis as { importScripts?: unknown }).importScripts === "function";

/** How long a token's words may be that a store gives back. */
const longest = 1 << 20;

/** How many seconds a store has to answer. */
const patience = 10;

/** A timer of more milliseconds goes off at once. */
const longestTimer = 2 ** 31 - 1;

/**
 * Whether nobody waits any longer. No `AbortSignal`: on the edge that belongs to the request that made it, and
 * throws in every other.
 */
export class Ending {
  isOver = false;
  readonly #listeners = new Set<() => void>();

  end(): void {
    this.isOver = true;
    if (!isOnTheEdge()) for (const listener of this.#listeners) listener(); // there they see it when they look
  }

  /** Calls `listener` at the end; at once if that has come. What it returns forgets the listener. */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    if (this.isOver) listener();
    return () => this.#listeners.delete(listener);
  }

  throwIfOver(): void {
    if (this.isOver) throw new Failure("disposed");
  }
}

/**
 * A signal that aborts with `signal` or at the end, and what makes it follow `signal` alone from then on. `signal`
 * itself where nothing joins the two: an older engine, or tests whose page has signals of its own.
 */
export function endingWith(signal: AbortSignal, ending: Ending): [AbortSignal, () => void] {
  if (!(signal instanceof AbortSignal) || !AbortSignal.any) return [signal, () => {}];
  const end = new AbortController();
  return [AbortSignal.any([signal, end.signal]), ending.listen(() => end.abort(new Failure("disposed")))];
}

/**
 * The own members of `options.host` over the platform's; looks at no global before it is used. `ending`
 * comes if it can be that nobody waits any longer. Throws `config_invalid` for a store that is none.
 */
export function serviceHost(
  { host, secrets, store }: Partial<Pick<ConnectionOptions, "host" | "secrets" | "store">>,
  ending = new Ending(),
): ServiceHost {
  const { fetch, now, wait, random } = own(host);
  const handed = own(secrets);
  for (const method of ["getItem", "setItem", "removeItem"] as const) {
    if (store && typeof store[method] !== "function") throw new Failure("config_invalid", "store");
  }
  return {
    fetch: async (input, init) => {
      ending.throwIfOver();
      return (fetch ?? globalThis.fetch)(input, init);
    },
    now: now?.bind(host) ?? (() => Date.now() / 1000),
    offset: () => -new Date((now?.call(host) ?? Date.now() / 1000) * 1000).getTimezoneOffset() | 0,
    random: random?.bind(host) ?? ((length) => crypto.getRandomValues(new Uint8Array(length))),
    async wait(seconds, signal) {
      await pause(seconds, ending, signal, wait?.bind(host));
      ending.throwIfOver(); // or a loop that waits would go round at once
      signal?.throwIfAborted();
    },
    async secret(name) {
      const secret = handed[name];
      const text = typeof secret === "function" ? await secret() : secret;
      return text === undefined || text === null ? undefined : `${text}`;
    },
    isShared: () => !!store,
    async load(key) {
      const value = await inTime(store!.getItem(key));
      if (value === null || value === undefined) return undefined;
      // a store may have read what it holds as JSON
      const text = typeof value === "string" ? value : JSON.stringify(value);
      return text.length <= longest ? text : undefined;
    },
    async keep(key, text, seconds) {
      await inTime(store!.setItem(key, text, seconds ? { ttl: seconds } : {}));
    },
    async forget(key) {
      await inTime(store!.removeItem(key));
    },
    warn: (text) => console.warn(`portcullis: ${text}`),
  };
}

/** What a store answers; rejects if it does not. */
async function inTime<T>(answer: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => (timer = setTimeout(reject, patience * 1000)));
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Resolves after so many seconds, or when nobody waits any longer; `wait` is how to. */
async function pause(seconds: number, ending: Ending, signal: AbortSignal | undefined, wait = byTimer): Promise<void> {
  const abort = new AbortController();
  const end = () => abort.abort();
  const forget = ending.listen(end);
  signal?.addEventListener("abort", end);
  if (signal?.aborted) end();
  try {
    await wait(seconds, abort.signal);
  } finally {
    forget();
    signal?.removeEventListener("abort", end);
  }
}

function byTimer(seconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const over = () => {
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(over, Math.min(seconds * 1000, longestTimer));
    signal!.addEventListener("abort", over);
    if (signal!.aborted) over();
  });
}
