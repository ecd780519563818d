/** Sessions for pages that are to open signed in: what the real client writes after a real sign-in. */

import type { Auth, AuthOptions } from "../types.js";
import { errorMaker } from "./error.js";
import { memoryStorage } from "./storage.js";

/** The provider that a seed is signed in at: a `FakeProvider`, or a way through a real one. */
export interface SeedProvider {
  /** Answers the client's requests. */
  readonly fetch: typeof fetch;
  /** Signs in at an authorization URL and resolves to the callback URL that the browser is sent to. */
  authorize(url: string, options: { user?: string }): Promise<string>;
  /** Unix time in seconds. Default: the platform's. */
  readonly now?: () => number;
}

/** Whose session is to be seeded, and for which client. */
export interface SeedOptions {
  /** `createAuth` of `portcullis`, which does the sign-in and writes what is kept of it. */
  createAuth: (options: AuthOptions) => Promise<Auth>;
  /** The page's own options: `issuer`, `clientId` and `name` say where the session is kept. `storage` and `host` are replaced. */
  options: AuthOptions;
  /** Where to sign in. */
  provider: SeedProvider;
  /** Who signs in, as the provider calls them. */
  user?: string;
}

/**
 * Signs in, without a page, and resolves to what the client kept of it, key by key. Next, put that into
 * the page's `sessionStorage` before the page loads, and it opens signed in; with a `storage` of its own,
 * put it there. One seed is for one page: where refresh tokens rotate, the second to use it is refused.
 *
 * A session is seeded as `persist: "tab"` (the default) keeps it. Rejects with `config_invalid` for
 * `"memory"`, which keeps none, and for `"device"` without a `storage`, since that is sealed under a key
 * which the browser made and lets nobody have; with `dpop` its tokens are plain until the page first
 * refreshes them; otherwise with whatever `createAuth()`, `login()`,
 * `handleCallback()` or `provider.authorize()` reject with.
 */
export async function seedSession({ createAuth, options, provider, user }: SeedOptions): Promise<Record<string, string>> {
  const { persist = "tab" } = options;
  if (persist === "memory" || (persist === "device" && !options.storage)) {
    throw errorMaker()("config_invalid", { place: "persist" });
  }
  const storage = memoryStorage();
  let navigate!: (url: string) => void;
  const left = new Promise<string>((resolve) => (navigate = resolve));
  const { fetch, now } = provider;
  // the key of a bound session would be that of this realm: the page binds its own when it first refreshes;
  // and no browser is between the provider and this, that a response had to be signed against
  const plain = { monitorSession: false, dpop: false, jarm: false };
  const open = () => createAuth({ ...options, storage, ...plain, host: { fetch, navigate, ...(now ? { now } : {}) } });

  const before = await open();
  const url = await Promise.race([left, before.login().then(() => left)]).finally(() => before.dispose());
  const callback = await provider.authorize(url, user === undefined ? {} : { user });
  const auth = await open();
  try {
    await auth.handleCallback(callback);
  } finally {
    auth.dispose();
  }
  // the rest is the provider's metadata and keys, which the page asks for itself
  return Object.fromEntries(Object.entries(storage.entries()).filter(([key]) => key.endsWith(".session")));
}
