/** Limits of a session, by the timers and the events of a real browser. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { signIn, visit, world } from "./support.mjs";

/** A page whose clock the test moves. */
async function signedIn(t, options) {
  const { open, profile, portal } = await world(t);
  const page = await open(await profile(options));
  await signIn(page);
  await page.clock.install();
  await visit(page, `${portal.origin}/`);
  await page.evaluate(() => {
    globalThis.events = [];
    for (const name of ["idle-warning", "signed-out"]) auth.on(name, (detail) => events.push([name, detail]));
  });
  return page;
}

/** Resolves once `event` has been told of: what the clock sets off may have a file to load first. */
const told = (page, event) => page.evaluate((event) =>
  events.some(([name]) => name === event) || new Promise((resolve) => auth.on(event, () => resolve(true))), event);

test("nobody at the machine: a warning, then the end", async (t) => {
  const page = await signedIn(t, { idleTimeout: 300, idleWarning: 60 });
  await page.clock.fastForward(239_000);
  assert.deepEqual(await page.evaluate(() => events), []);
  await page.clock.runFor(2_000);
  await told(page, "idle-warning");
  const [[name, { secondsLeft }]] = await page.evaluate(() => events);
  assert.equal(name, "idle-warning");
  assert.ok(Math.abs(secondsLeft - 60) <= 2, `${secondsLeft}`);

  await page.mouse.move(10, 10);
  await page.keyboard.press("Shift");
  await page.clock.runFor(100_000);
  assert.equal(await page.evaluate(() => auth.state.status), "signed-in", "a key was pressed");

  await page.clock.fastForward(300_000);
  await page.clock.runFor(1_000);
  await told(page, "signed-out");
  assert.equal(await page.evaluate(() => auth.state.status), "signed-out");
  assert.deepEqual(await page.evaluate(() => events.at(-1)), ["signed-out", { reason: "idle" }]);
});

test("the end of a session's time comes whatever the user does", async (t) => {
  const page = await signedIn(t, { maxLifetime: 300 });
  await page.clock.runFor(200_000);
  await page.keyboard.press("Shift");
  await page.clock.fastForward(101_000);
  await page.clock.runFor(1_000);
  await told(page, "signed-out");
  assert.deepEqual(await page.evaluate(() => events), [["signed-out", { reason: "max-lifetime" }]]);
});

test("a page that is being left can still sign out", async (t) => {
  const { open, profile } = await world(t);
  const page = await open(await profile());
  await signIn(page);
  const error = await page.evaluate(() => {
    dispatchEvent(new PageTransitionEvent("pagehide", { persisted: true }));
    return outcome(auth.logout({ localOnly: true })).then(({ code }) => code ?? null);
  });
  assert.equal(error, null);
  assert.equal(await page.evaluate(() => auth.state.status), "signed-out");
});

test("a page that comes back from the cache is not signing in any more", async (t) => {
  const { open, profile } = await world(t);
  const page = await open(await profile());
  await page.evaluate(async () => {
    settings.host = { navigate: () => navigated() };
    const left = new Promise((resolve) => (globalThis.navigated = resolve));
    const { createAuth } = await import("/portcullis/index.js");
    globalThis.auth = await createAuth(settings);
    void auth.login();
    await left;
  });
  assert.equal(await page.evaluate(() => auth.state.status), "signing-in");
  await page.evaluate(() => {
    dispatchEvent(new PageTransitionEvent("pagehide", { persisted: true }));
    dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }));
  });
  await page.waitForFunction(() => auth.state.status === "signed-out");
});
