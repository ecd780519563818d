/** Strict policies, and browsers without WebAssembly. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { calls, leave, signIn, visit, world } from "./support.mjs";

/** A whole life in one page: sign-in, API call, refresh, reload, logout. Returns the scripts loaded and the policy's complaints. */
async function wholeLife(t, options) {
  const { op, open, profile, portal } = await world(t, options);
  const page = await open(await profile({ apiOrigins: [op.issuer] }));
  const scripts = [];
  const errors = [];
  page.on("request", (request) => {
    if (request.resourceType() === "script") scripts.push(new URL(request.url()).pathname);
  });
  page.on("console", (message) => {
    if (message.type() === "error") errors.push(message.text());
  });
  page.on("pageerror", (error) => errors.push(String(error)));

  const { value, code } = await signIn(page);
  assert.equal(value?.user.sub, "alice", code);
  const answer = await page.evaluate((url) => auth.fetch(url).then((response) => response.json()), `${op.api}/me`);
  assert.equal(answer.sub, "alice");
  await page.evaluate(() => auth.getAccessToken({ forceRefresh: true }));
  const violations = await page.evaluate(() => violations);
  await visit(page, `${portal.origin}/`);
  assert.equal(await page.evaluate(() => auth.state.status), "signed-in");
  await leave(page, () => void auth.logout());
  await page.waitForURL((url) => url.origin === portal.origin);
  assert.equal(await page.evaluate(() => opened.then((auth) => auth.state.status)), "signed-out");
  assert.ok(calls(op).includes("POST /token"));
  return { scripts, errors, violations };
}

const fallback = (scripts) => scripts.filter((path) => /core-js/.test(path));

test("a strict policy is not violated once", async (t) => {
  const { scripts, errors, violations } = await wholeLife(t);
  assert.deepEqual(violations, []);
  assert.deepEqual(errors, []);
  assert.deepEqual(fallback(scripts), [], "the JavaScript core is not loaded where WebAssembly works");
  assert.deepEqual(scripts.filter((path) => /texts/.test(path)), [], "nor are words where nothing goes wrong");
});

test("a policy that forbids WebAssembly: the JavaScript core signs in", async (t) => {
  const { scripts, violations } = await wholeLife(t, { scripts: "script-src 'self'" });
  assert.ok(fallback(scripts).length > 0);
  // One per page: finding out costs a violation.
  assert.deepEqual(violations, ["script-src wasm-eval"]);
});

test("a browser without WebAssembly: the JavaScript core signs in", async (t) => {
  const { scripts, errors, violations } = await wholeLife(t, { flags: ["--js-flags=--jitless"] });
  assert.ok(fallback(scripts).length > 0);
  assert.deepEqual(violations, []);
  assert.deepEqual(errors, []);
});
