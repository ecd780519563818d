/** A headless Firefox for tests, driven by WebDriver BiDi, which needs no driver beside the browser. */
import { existsSync } from "node:fs";
import puppeteer from "puppeteer-core";

/** The browser's path: `PORTCULLIS_FIREFOX`, or where Debian installs it; undefined where it is not. */
export const executablePath = [process.env.PORTCULLIS_FIREFOX ?? "/usr/bin/firefox-esr"].find(existsSync);

/** Launches Firefox; names in `hosts` lead to this machine, and are no secure contexts over http. `preferences` are added. */
export function launchFirefox({ hosts = [], preferences } = {}) {
  return puppeteer.launch({
    browser: "firefox",
    executablePath,
    extraPrefsFirefox: {
      "network.dns.localDomains": hosts.join(),
      // a page under such a name looks public to the browser, which would ask before it lets it call this machine
      "network.lna.enabled": false,
      "dom.security.https_first": false,
      ...preferences,
    },
  });
}
