/** Where a session lives, and what it leaves behind. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { calls, keepTokenResponses, leave, signIn, visit, world } from "./support.mjs";

const status = (page) => page.evaluate(() => auth.state.status);
const reload = (page) => visit(page, `${new URL(page.url()).origin}/`);

test("memory: gone on reload", async (t) => {
  const { open, profile } = await world(t);
  const page = await open(await profile({ persist: "memory" }));
  await signIn(page);
  assert.equal(await status(page), "signed-in");
  await reload(page);
  assert.equal(await status(page), "signed-out");
});

test("tab: survives a reload, ends with the tab", async (t) => {
  const { op, open, profile } = await world(t);
  const context = await profile({ persist: "tab" });
  const page = await open(context);
  await signIn(page);
  const before = op.requests.length;
  await reload(page);
  assert.equal(await status(page), "signed-in");
  await page.close();
  assert.equal(await status(await open(context)), "signed-out");
  assert.deepEqual(calls(op, before), []);
});

test("device: survives until it is signed out", async (t) => {
  const { op, open, profile } = await world(t);
  const context = await profile({ persist: "device" });
  const first = await open(context);
  await signIn(first);
  await first.close();

  const second = await open(context);
  assert.equal(await second.evaluate(() => auth.user?.sub), "alice");
  await leave(second, () => void auth.logout());
  await second.waitForURL((url) => url.pathname === "/");
  await second.close();
  assert.ok(op.count("/session/end") > 0, "the provider's session was ended too");

  assert.equal(await status(await open(context)), "signed-out");
});

test("another profile has no part in it", async (t) => {
  const { open, profile } = await world(t);
  await signIn(await open(await profile({ persist: "device" })));
  assert.equal(await status(await open(await profile({ persist: "device" }))), "signed-out");
});

test("memory: no token in URLs, history or storage", async (t) => {
  const { op, open, profile } = await world(t);
  const context = await profile({ persist: "memory" });
  await keepTokenResponses(context);
  const page = await open(context);
  await signIn(page);
  const { access_token, refresh_token, id_token } = await page.evaluate(() => tokenResponses[0]);

  const seen = await page.evaluate(() => JSON.stringify([
    location.href,
    document.referrer,
    navigation.entries().map(({ url }) => url),
    Object.entries(localStorage),
    Object.entries(sessionStorage),
    document.cookie,
    auth.trace(),
    auth.state.accessTokenExpiresAt,
    performance.getEntriesByType("resource").map(({ name }) => name),
  ]));
  for (const secret of [access_token, refresh_token, id_token]) {
    assert.ok(secret.length > 20);
    assert.ok(!seen.includes(secret), "a token has left memory");
  }
  assert.doesNotMatch(seen, /[?&]code=/, "the code is gone from the history");
  assert.equal(op.requests.some(({ path }) => path.includes(access_token)), false);
});

test("a deep link comes back whole", async (t) => {
  const { open, profile } = await world(t);
  const page = await open(await profile(), "/reports/7?year=1843&tab=notes#note-g");
  const { value } = await signIn(page);
  assert.equal(value.returnTo, "/reports/7?year=1843&tab=notes#note-g");
});
