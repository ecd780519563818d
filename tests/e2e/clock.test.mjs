/** A machine whose clock is two hours wrong. The provider's is right. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { WRONG_CLOCK, calls, signIn, visit, world } from "./support.mjs";

const HOUR = 3600;

const ask = (page, minValidity) => page.evaluate((minValidity) => outcome(auth.getAccessToken({ minValidity })), minValidity);

for (const hours of [2, -2]) {
  test(`a clock ${Math.abs(hours)} hours ${hours > 0 ? "ahead" : "behind"}: signed in, told, kept and refreshed when it is due`, async (t) => {
    const { op, open, portal, profile } = await world(t, { provider: { accessTokenTtl: 120 } });
    const context = await profile({ persist: "tab" });
    await context.addInitScript(WRONG_CLOCK, hours * HOUR);
    await context.addInitScript(() => {
      globalThis.events = [];
      addEventListener("DOMContentLoaded", () => opened.then((auth) => auth.on("clock-skew", ({ seconds }) => events.push(seconds))));
    });
    const page = await open(context);
    const { value, code } = await signIn(page);
    assert.equal(value?.user.sub, "alice", code);
    const [seconds] = await page.evaluate(() => events);
    assert.ok(Math.abs(seconds + hours * HOUR) <= 5, `${seconds} s were told`);

    await visit(page, `${portal.origin}/`);
    assert.equal(await page.evaluate(() => auth.state.status), "signed-in", "a reload keeps it");
    const before = op.requests.length;
    const { value: token } = await ask(page, 60);
    assert.ok(token);
    assert.deepEqual(calls(op, before), [], "there is more than a minute left, by every clock");
    const { value: next, code: why } = await ask(page, 121);
    assert.ok(next && next !== token, why);
    assert.deepEqual(calls(op, before).filter((call) => call.startsWith("POST")), ["POST /token"]);
    assert.equal(await page.evaluate(() => auth.state.status), "signed-in");
  });
}

test("a clock that is set right by two hours while somebody is signed in ends nothing", async (t) => {
  const { op, open, profile } = await world(t, { provider: { accessTokenTtl: 120 } });
  const context = await profile({ persist: "tab" });
  await context.addInitScript(WRONG_CLOCK, 2 * HOUR);
  const page = await open(context);
  await signIn(page);
  await page.evaluate(() => setClock(0));
  const before = op.requests.length;
  const { value: token } = await ask(page, 60);
  assert.ok(token);
  assert.deepEqual(calls(op, before), []);
  const { value: next, code } = await ask(page, 121);
  assert.ok(next && next !== token, code);
});
