/**
 * A portal signs in for real, whatever built it, without any configuration for this package: with
 * WebAssembly, and where there is none.
 */
import assert from "node:assert/strict";
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";

import { launchBrowser } from "../support/browser.mjs";
import { startProvider } from "../support/provider.mjs";
import { createPortal, pack } from "./project.mjs";
import { serve } from "./static.mjs";

const quiet = { logLevel: "silent" };

/** Each builds the portal in `path` and serves it: `{ origin, close }`. */
const builders = {
  async "Vite, developing"(path) {
    const { createServer } = await import("vite");
    const server = await createServer({ root: path, ...quiet, server: { host: "127.0.0.1", port: 0 } });
    await server.listen();
    return { origin: originOf(server), close: () => server.close() };
  },

  async "Vite, built"(path) {
    const { build, preview } = await import("vite");
    await build({ root: path, ...quiet });
    const server = await preview({ root: path, ...quiet, preview: { host: "127.0.0.1", port: 0 } });
    return { origin: originOf(server), close: () => server.close() };
  },

  async webpack(path) {
    const { default: webpack } = await import("webpack");
    const compiler = webpack({ context: path, mode: "production", entry: "./main.js", output: { path: join(path, "out"), filename: "main.js" } });
    const stats = await new Promise((resolve, reject) =>
      compiler.run((error, stats) => (error ? reject(error) : resolve(stats))));
    await new Promise((resolve) => compiler.close(resolve));
    const { errors, warnings } = stats.toJson({ all: false, errors: true, warnings: true });
    assert.deepEqual(errors, []);
    assert.deepEqual(warnings.filter(({ message }) => !/size limit|performance/.test(message)), []);
    return serveOutput(path);
  },

  async esbuild(path) {
    await bundle(path, { entryPoints: ["main.js"], splitting: true });
    return serveOutput(path);
  },

  "no bundler at all, with an import map": serve,

  async "esbuild, portcullis/slim with bytes"(path) {
    await bundle(path, { entryPoints: ["slim.js"], loader: { ".wasm": "binary" } });
    return serveOutput(path);
  },
};

const pages = {
  "no bundler at all, with an import map": {
    head: '<script type="importmap">{"imports":{"portcullis":"/node_modules/portcullis/pkg/dist/index.js"}}</script>\n',
  },
  "esbuild, portcullis/slim with bytes": { entry: "slim.js" },
};

const originOf = (server) => new URL(server.resolvedUrls.local[0]).origin;

async function bundle(path, options) {
  const { build } = await import("esbuild");
  const { warnings } = await build({
    absWorkingDir: path, outdir: "out", bundle: true, minify: true, format: "esm", ...quiet, ...options,
  });
  assert.deepEqual(warnings, []);
}

async function serveOutput(path) {
  await copyFile(join(path, "index.html"), join(path, "out/index.html"));
  return serve(join(path, "out"));
}

describe("a portal signs in", { timeout: 600_000 }, () => {
  let packed, provider, browser, withoutWasm;
  before(async () => {
    [packed, provider, browser, withoutWasm] = await Promise.all([
      pack(), startProvider(), launchBrowser(), launchBrowser({ flags: ["--js-flags=--jitless"] }),
    ]);
  });
  after(() => Promise.all([packed?.remove(), provider?.close(), browser?.close(), withoutWasm?.close()]));

  for (const [name, start] of Object.entries(builders)) {
    it(`built with: ${name}`, async (t) => {
      const { path, remove } = await createPortal(packed.tarball, { issuer: provider.issuer, ...pages[name] });
      t.after(remove);
      const { origin, close } = await start(path);
      t.after(close);
      provider.allow({ redirectUri: `${origin}/` });
      await signIn(browser, origin);
      await signIn(withoutWasm, origin); // the fallback is found, too
    });
  }
});

/** Signs in at the portal, reloads it, and calls the API; fails on anything in the console. */
async function signIn(browser, origin) {
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    const said = [];
    page.on("pageerror", (error) => said.push(String(error)));
    page.on("console", (message) => ["error", "warning"].includes(message.type()) && said.push(message.text()));
    const state = async (text) => {
      await page.locator("#state", { hasNotText: /^(loading|signing-in|signed-out)$/ }).waitFor({ timeout: 20_000 }).catch(() => {});
      assert.equal(await page.locator("#state").textContent(), text, said.join("\n"));
    };

    await page.goto(`${origin}/?from=here`);
    await page.getByText("signed-out").waitFor({ timeout: 20_000 });
    await page.getByRole("button", { name: "Sign in" }).click();
    await state("signed-in as alice");
    assert.equal(page.url(), `${origin}/?from=here`);

    await page.reload();
    await state("signed-in as alice");
    await page.getByRole("button", { name: "Call the API" }).click();
    await page.getByText("200 for alice").waitFor({ timeout: 20_000 });
    assert.deepEqual(said, []);
  } finally {
    await context.close();
  }
}
