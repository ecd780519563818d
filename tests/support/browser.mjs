/** A headless Chromium for tests: the installed one, which sends nothing of its own. */
import { chromium } from "playwright-core";

import { inTime } from "./time.mjs";

/** The browser's path: `PORTCULLIS_CHROMIUM`, or where Debian installs it. */
export const executablePath = process.env.PORTCULLIS_CHROMIUM ?? "/usr/bin/chromium";

/** How often it is launched if it comes up without ever showing a page. */
const ATTEMPTS = 2;

/** Launches Chromium; `flags` are added, e.g. `--js-flags=--jitless`, which removes WebAssembly. */
export async function launchBrowser({ flags = [], ...options } = {}) {
  for (let attempt = 1; ; attempt++) {
    const browser = await chromium.launch({
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
    try {
      await inTime(showPage(browser), "a new browser's first page");
      return browser;
    } catch (error) {
      if (attempt === ATTEMPTS) throw error;
      console.error(`${error.message}; another browser is launched`);
      await inTime(browser.close(), "the end of a browser", 10_000).catch(() => {}); // it ends with this process
    }
  }
}

async function showPage(browser) {
  const context = await browser.newContext();
  await context.newPage();
  await context.close();
}
