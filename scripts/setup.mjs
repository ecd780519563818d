// Brings a fresh clone to where it can be built, started and tested. Does nothing twice, and
// uses only Node's own modules, since node_modules may not be there yet.
import { ensureBrowsers } from "./lib/browser.mjs";
import { ensurePackages } from "./lib/npm.mjs";
import { ensureRedis } from "./lib/redis.mjs";
import { SetupError, main } from "./lib/run.mjs";
import { ensureToolchain, ensureWasmBindgen } from "./lib/rust.mjs";

/** Makes sure that everything is there that building needs. Resolves with the path of wasm-bindgen. */
export async function setUp() {
  const [major] = process.versions.node.split(".").map(Number);
  if (major < 20) {
    throw new SetupError(`Node ${process.versions.node} is too old: install Node 20 or newer.`);
  }
  await ensureToolchain();
  await ensurePackages();
  return ensureWasmBindgen();
}

/**
 * Makes sure that what tests drive is there, which comes from another place and may come meanwhile. Resolves
 * with the paths found: `{ chromium, chromedriver, firefox, webkit, xvfb, redis }`.
 */
export async function setUpBrowsers() {
  const browsers = await ensureBrowsers();
  // one after the other: apt-get takes no turns
  return { ...browsers, redis: await ensureRedis() };
}

await main(import.meta, () => Promise.all([setUp(), setUpBrowsers()]));
