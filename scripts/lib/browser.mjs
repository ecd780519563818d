// Finds the browsers and the driver for the tests, and installs Debian's where that is possible.
import { installPackages } from "./debian.mjs";
import { SetupError, exists, which } from "./run.mjs";

// What each is called on PATH, Debian's name first, and the variable that overrides it.
const PROGRAMS = {
  chromium: ["PORTCULLIS_CHROMIUM", "chromium", "chromium-browser", "google-chrome"],
  chromedriver: ["CHROMEDRIVER", "chromedriver"],
  firefox: ["PORTCULLIS_FIREFOX", "firefox-esr", "firefox"],
  webkit: ["PORTCULLIS_WEBKIT", "WebKitWebDriver"],
  xvfb: ["PORTCULLIS_XVFB", "Xvfb"],
};
const DEBIAN_PACKAGES = ["chromium", "chromium-driver", "firefox-esr", "webkit2gtk-driver", "xvfb"];

/** Paths of what is there: `{ chromium, chromedriver, firefox, webkit, xvfb }`, undefined where missing. */
export async function findBrowsers() {
  const entries = Object.entries(PROGRAMS).map(async ([name, [variable, ...programs]]) => {
    const path = process.env[variable];
    if (path) return [name, (await exists(path)) ? path : undefined];
    const found = await Promise.all(programs.map(which));
    return [name, found.find(Boolean)];
  });
  return Object.fromEntries(await Promise.all(entries));
}

/** As `findBrowsers`, but with Chromium and its driver there for certain. */
export async function ensureBrowsers() {
  let found = await findBrowsers();
  const missing = () => Object.values(found).includes(undefined);
  if (missing()) {
    await installPackages(...DEBIAN_PACKAGES);
    found = await findBrowsers();
  }
  if (!found.chromium || !found.chromedriver) {
    throw new SetupError(
      "Chromium or its driver is missing: install chromium and chromium-driver, or set " +
        "PORTCULLIS_CHROMIUM and CHROMEDRIVER to their paths.",
    );
  }
  return found;
}
