/** Runtimes that keep requests apart. */

/** Whether a request that is served here ends with all that it waits for, unheard by others who wait for the same. */
export const isOnTheEdge = (): boolean =>
  globalThis.navigator?.userAgent === "Cloudflare-Workers" || (globalThis as { EdgeRuntime?: string }).EdgeRuntime === "vercel";
