/** `portcullis/verify` in Chromium: the same verdicts by WebCrypto, in software, in a worker, and where WebAssembly is forbidden. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { corpus, judge } from "../support/corpus.mjs";
import { world } from "./support.mjs";

const MODULE = "/portcullis/verify.js";

/** What of the corpus gets another verdict in the page. */
const misjudged = (page, cases, crypto) =>
  page.evaluate(`import("${MODULE}").then((module) => (${judge})(module, ${JSON.stringify(cases)}, "${crypto}"))`);

for (const crypto of ["web", "software"]) {
  test(`every token of the corpus gets its verdict: ${crypto}`, async (t) => {
    const { open, profile } = await world(t);
    assert.deepEqual(await misjudged(await open(await profile()), await corpus(), crypto), []);
  });
}

test("and so it does where WebAssembly is forbidden", async (t) => {
  const { open, profile } = await world(t, { scripts: "script-src 'self'" });
  const page = await open(await profile());
  const scripts = [];
  page.on("request", (request) => scripts.push(new URL(request.url()).pathname));
  assert.deepEqual(await misjudged(page, await corpus(), "software"), []);
  assert.ok(scripts.includes("/portcullis/verifier-js.js"));
});

test("a worker verifies as a page does", async (t) => {
  const { open, profile } = await world(t, { scripts: "script-src 'self' 'wasm-unsafe-eval' blob:; worker-src blob:" });
  const page = await open(await profile());
  const cases = (await corpus()).filter(({ name }) => /^(ES|EdDSA)/.test(name));
  assert.ok(cases.length > 50);
  const wrong = await page.evaluate(({ source, cases, url }) => new Promise((resolve, reject) => {
    const text = `import(${JSON.stringify(url)}).then((module) => (${source})(module, ${JSON.stringify(cases)}, "software")).then(postMessage, (error) => postMessage(String(error)))`;
    const worker = new Worker(URL.createObjectURL(new Blob([text], { type: "text/javascript" })), { type: "module" });
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = ({ message }) => reject(new Error(message));
  }), { source: String(judge), cases, url: new URL(MODULE, page.url()).href });
  assert.deepEqual(wrong, []);
});
