/** The late half of the module in a browser: when it is loaded, and what its absence costs. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { calls, leave, signIn, visit, world } from "./support.mjs";

const LATE = "**/portcullis/late.js";

/** What happens in the pages of a context, in order: the token endpoint answers, the late half is asked for. */
function watch(context, portal) {
  const seen = [];
  context.on("response", (response) => {
    const isToken = new URL(response.url()).pathname === "/token" && response.request().method() === "POST";
    if (isToken) seen.push("token");
  });
  context.on("request", (request) => {
    const { origin, pathname } = new URL(request.url());
    if (pathname === "/portcullis/late.js") seen.push(origin === portal.origin ? "late" : "elsewhere");
  });
  return seen;
}

test("it comes after the sign-in is complete, by itself, and not before anybody signs in", async (t) => {
  const { open, portal, profile } = await world(t);
  const context = await profile();
  const seen = watch(context, portal);
  const page = await open(context);
  await page.evaluate(() => new Promise((resolve) => requestIdleCallback(resolve)));
  assert.deepEqual(seen, []);
  const arrived = context.waitForEvent("requestfinished", (request) => request.url().endsWith("/late.js"));
  await signIn(page);
  await arrived;
  assert.deepEqual(seen, ["token", "late"]);
});

test("a sign-in and a sign-out do without it; what needs it says network until it can be loaded", async (t) => {
  const { op, open, portal, profile } = await world(t);
  const context = await profile({ apiOrigins: [op.issuer] });
  await context.route(LATE, (route) => route.abort());
  const page = await open(context);
  assert.equal((await signIn(page)).value.user.sub, "alice");
  const me = (page) => page.evaluate((url) => outcome(auth.fetch(url).then((response) => response.status)), `${op.api}/me`);
  assert.equal((await page.evaluate(() => outcome(auth.getAccessToken()))).code, undefined);
  const { code, retryable } = await me(page);
  assert.deepEqual([code, retryable], ["network", true]);

  await context.unroute(LATE);
  assert.deepEqual(await me(page), { value: 200 }, "Chromium fetches anew what failed");

  await context.route(LATE, (route) => route.abort());
  await visit(page, `${portal.origin}/`);
  assert.equal(await page.evaluate(() => auth.state.status), "signed-in");
  const before = op.requests.length;
  assert.equal((await page.evaluate(() => outcome(auth.logout()))).code, undefined);
  assert.equal(await page.evaluate(() => auth.state.status), "signed-out");
  await visit(page, `${portal.origin}/`);
  assert.equal(await page.evaluate(() => auth.state.status), "signed-out");
  assert.deepEqual(calls(op, before), []);
});

test("once it is there, the network may die: a sign-out in the same page revokes and leaves", async (t) => {
  const { op, open, portal, profile } = await world(t);
  const context = await profile();
  const page = await open(context);
  const arrived = context.waitForEvent("requestfinished", (request) => request.url().endsWith("/late.js"));
  await signIn(page);
  await arrived;
  await context.route(LATE, (route) => route.abort());
  await leave(page, () => void auth.logout());
  await page.waitForURL((url) => url.origin === portal.origin && url.pathname === "/");
  assert.equal(op.count("/token/revocation"), 1);
});
