/** Somebody lets us in, in a window of its own. */

import { Failure, told } from "../errors.js";

/** How long somebody may take, in seconds. */
const patience = 600;

/**
 * Opens a window at once, while the click still counts, and has `work` send it to the system. The
 * window ends with the call.
 */
export async function authorizeInPopup(
  signal: AbortSignal | undefined,
  work: (visit: (url: string, state: string) => Promise<string>) => Promise<void>,
): Promise<void> {
  const popup = globalThis.open?.("", "_blank", "popup,width=480,height=640");
  if (!popup || popup.closed) throw await told(new Failure("popup_blocked"));
  const close = () => popup.close();
  signal?.addEventListener("abort", close);
  try {
    await work(async (url, state) => {
      const { visit } = await import("../build/popup.js");
      return visit(popup, url, state, patience).catch((code) => {
        throw new Failure(code === "popup_closed" || code === "timeout" ? code : "network");
      });
    });
  } finally {
    signal?.removeEventListener("abort", close);
    close();
  }
}

/**
 * For the page at `redirectUri`: hands its URL to the page that waits for it in `authorize()`, and closes
 * the window. Resolves to whether somebody took it.
 */
export async function handOverAuthorization(url: string | URL = location.href): Promise<boolean> {
  const { hash, searchParams, href } = new URL(url);
  const state = searchParams.get("state") ?? new URLSearchParams(hash.slice(1)).get("state");
  if (!state) return false;
  return (await import("../build/popup.js")).handOver(href, state);
}
