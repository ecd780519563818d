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

for (const persist of ["tab", "device"]) {
  test(`${persist}: clients of one page are as tabs, and one of another name has no part in it`, async (t) => {
    const { op, open, profile } = await world(t);
    const page = await open(await profile({ persist }));
    await signIn(page);
    const found = await page.evaluate(async () => {
      const { createAuth } = await import("/portcullis/index.js");
      const more = [{}, { name: "other" }].map((own) => createAuth({ ...settings, ...own }));
      globalThis.clients = [auth, ...(await Promise.all(more))];
      globalThis.told = [];
      clients.forEach((client, at) => client.on("signed-out", ({ reason }) => told.push([at, reason])));
      return clients.map(({ state }) => state.status);
    });
    assert.deepEqual(found, ["signed-in", "signed-in", "signed-out"]);
    const before = op.requests.length;
    const tokens = await page.evaluate(() => Promise.all(clients.slice(0, 2).flatMap((client) =>
      [1, 2, 3].map(() => client.getAccessToken({ forceRefresh: true })))));
    assert.equal(new Set(tokens).size, 1);
    assert.deepEqual(calls(op, before), ["POST /token"]);
    await page.evaluate(async () => {
      const heard = new Promise((resolve) => clients[1].on("signed-out", resolve));
      clients[2].dispose(); // which is no concern of the others
      await auth.logout({ localOnly: true });
      await heard;
    });
    assert.deepEqual(await page.evaluate(() => told), [[0, "logout"], [1, "other-tab"]]);
  });
}
