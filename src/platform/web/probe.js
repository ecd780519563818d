// What only a diagnosis asks of the browser. Each answer is a text: "yes", "no", "offline", or the
// directive of the page's Content-Security-Policy that forbids it. Loaded when one begins.

/** How long the policy's complaint may take to arrive after what it forbids has failed. */
const PATIENCE = 250;

/** An empty module. */
const EMPTY = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0);

/**
 * Whether anything answers at `url`. The answer cannot be read and need not allow this page, so it
 * tells a provider that refuses this origin from one that is not there.
 */
export const reach = (host, url) =>
  underPolicy(
    async () => {
      const abort = new AbortController();
      const timer = setTimeout(() => abort.abort(), 10_000);
      const options = { mode: "no-cors", credentials: "omit", cache: "no-store", referrerPolicy: "no-referrer" };
      await host.fetch(url, { ...options, signal: abort.signal }).finally(() => clearTimeout(timer));
    },
    ({ effectiveDirective, blockedURI }) => effectiveDirective === "connect-src" && url.startsWith(blockedURI),
  );

/** Whether the page may compile WebAssembly: only trying tells. */
export const compile = async () =>
  typeof WebAssembly === "undefined"
    ? "no"
    : underPolicy(async () => new WebAssembly.Module(EMPTY), ({ blockedURI }) => blockedURI === "wasm-eval");

export const inflate = async () => (typeof DecompressionStream === "undefined" ? "no" : "yes");

export const locks = async () => (globalThis.navigator?.locks ? "yes" : "no");

/** Tries; if that fails, says which directive forbade it, where the policy complained of it. */
async function underPolicy(attempt, isAbout) {
  const control = new AbortController();
  const complaint = new Promise((resolve) => {
    const listener = (event) => isAbout(event) && event.disposition === "enforce" && resolve(event.effectiveDirective);
    globalThis.document?.addEventListener("securitypolicyviolation", listener, { signal: control.signal });
  });
  try {
    await attempt();
    return "yes";
  } catch {
    const otherwise = globalThis.navigator?.onLine === false ? "offline" : "no";
    return await Promise.race([complaint, new Promise((resolve) => setTimeout(resolve, PATIENCE, otherwise))]);
  } finally {
    control.abort();
  }
}
