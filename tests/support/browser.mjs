/** A headless Chromium for tests: the installed one, which sends nothing of its own. */
import { chromium } from "playwright-core";

/** The browser's path: `PORTCULLIS_CHROMIUM`, or where Debian installs it. */
export const executablePath = process.env.PORTCULLIS_CHROMIUM ?? "/usr/bin/chromium";

/** Launches Chromium; `flags` are added, e.g. `--js-flags=--jitless`, which removes WebAssembly. */
export function launchBrowser({ flags = [], ...options } = {}) {
  return chromium.launch({
    executablePath,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      ...flags,
    ],
    ...options,
  });
}
