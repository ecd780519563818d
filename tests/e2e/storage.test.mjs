/** A storage that is full. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { leave, signIn, world } from "./support.mjs";

/** Storage that takes nothing new of what tabs share while something is kept as `full` there. */
const fillable = () => {
  const { setItem } = Storage.prototype;
  Storage.prototype.setItem = function (key, value) {
    if (this === localStorage && key !== "full" && localStorage.getItem("full")) throw new DOMException("no room", "QuotaExceededError");
    setItem.call(this, key, value);
  };
};

test("a sign-out that a full storage takes no note of stands, and reaches the other tabs when there is room", async (t) => {
  const { open, profile, portal } = await world(t);
  const context = await profile({ persist: "tab" });
  await context.addInitScript(fillable);
  const first = await open(context);
  await signIn(first);
  const second = await open(context);
  await second.evaluate(() => {
    globalThis.ended = new Promise((resolve) => auth.on("signed-out", resolve));
  });
  // what one tab writes takes a moment to be seen by another
  for (const page of [first, second]) await page.evaluate(() => localStorage.setItem("full", "yes"));
  await leave(first, () => void auth.logout());
  await first.waitForURL((url) => url.origin === portal.origin);
  // the other tab has offered what it has
  assert.equal(await first.evaluate(() => opened.then((auth) => auth.state.status)), "signed-out");
  assert.equal(await second.evaluate(() => auth.state.status), "signed-in", "nothing tells it otherwise");
  await first.evaluate(() => {
    localStorage.removeItem("full");
    window.dispatchEvent(new Event("online"));
  });
  assert.deepEqual(await second.evaluate(() => ended), { reason: "other-tab" });
  assert.equal(await first.evaluate(() => auth.state.status), "signed-out");
  const left = () => [localStorage, sessionStorage].flatMap(Object.keys).filter((key) => /\.(session|unmarked)$/.test(key));
  for (const page of [first, second]) assert.deepEqual(await page.evaluate(left), []);
});
