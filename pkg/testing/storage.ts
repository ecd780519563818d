/** A store in memory, for the real client where there is no page. */

import type { KeyValueStore } from "../types.js";

/** A store that can be looked into. */
export interface MemoryStorage extends KeyValueStore {
  /** All that it holds, key by key; secrets are among it. */
  entries(): Record<string, string>;
}

/**
 * Makes a store for `createAuth({ storage })`, holding `entries`, e.g. what `seedSession()` resolved to.
 * Clients that are given the same one, one after the other, are as the pages of one tab.
 */
export function memoryStorage(entries: Readonly<Record<string, string>> = {}): MemoryStorage {
  const kept = new Map(Object.entries(entries));
  return {
    get: (key) => kept.get(key) ?? null,
    set: (key, value) => void kept.set(key, value),
    remove: (key) => void kept.delete(key),
    entries: () => Object.fromEntries(kept),
  };
}
