// Brings a fresh clone to where it can be built, started and tested. Does nothing twice, and
// uses only Node's own modules, since node_modules may not be there yet.
import { ensureBrowsers } from "./lib/browser.mjs";
import { ensurePackages } from "./lib/npm.mjs";
import { ensureRedis } from "./lib/redis.mjs";
import { SetupError, main } from "./lib/run.mjs";
import { ensureToolchain, ensureWasmBindgen } from "./lib/rust.mjs";

/**
 * Makes sure that everything is there that building needs, and with `browser: true` what testing
 * in a browser needs. Resolves with the paths found:
 * `{ wasmBindgen, chromium, chromedriver, firefox, redis }`.
 */
export async function setUp({ browser = false } = {}) {
  const [major] = process.versions.node.split(".").map(Number);
  if (major < 20) {
    throw new SetupError(`Node ${process.versions.node} is too old: install Node 20 or newer.`);
  }
  await ensureToolchain();
  // Browsers and Redis come from another place than the packages and the tools, so it need not wait.
  const [wasmBindgen, browsers] = await Promise.all([
    ensurePackages().then(ensureWasmBindgen),
    // one after the other: apt-get takes no turns
    browser ? ensureBrowsers().then(async (browsers) => ({ ...browsers, redis: await ensureRedis() })) : {},
  ]);
  return { wasmBindgen, ...browsers };
}

await main(import.meta, () => setUp({ browser: true }));
