/** Portals that sign in whenever they see nobody, and what keeps them from going round for ever. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { calls, world } from "./support.mjs";

/** A page that starts a sign-in by itself if nobody is there, and goes home after each callback. */
const EAGER = () => addEventListener("DOMContentLoaded", async () => {
  if (location.pathname === "/cb") return finished.then(() => location.replace("/"));
  const auth = await opened;
  if (auth.state.status !== "signed-out") return undefined;
  const { code } = await outcome(auth.login());
  globalThis.stopped = { code };
});

test("a portal that loses every session it gets is stopped with redirect_loop", async (t) => {
  const { op, open, profile } = await world(t);
  const context = await profile({ persist: "memory" });
  await context.addInitScript(EAGER);
  const page = await open(context).catch(() => context.pages()[0]);
  await page.waitForFunction(() => globalThis.stopped);
  assert.equal(await page.evaluate(() => stopped.code), "redirect_loop");
  assert.ok(op.count("/auth") <= 4, `${op.count("/auth")} times round`);
});

test("a provider that cannot be found is no reason to leave the page", async (t) => {
  const { op, open, profile } = await world(t);
  const context = await profile({ issuer: `${op.issuer}/nowhere` });
  await context.addInitScript(EAGER);
  const page = await open(context);
  await page.waitForFunction(() => globalThis.stopped);
  assert.equal(await page.evaluate(() => stopped.code), "network", "a 404 that no page may read");
  assert.equal(op.count("/auth"), 0);
  assert.equal(calls(op).length, 1, "asked once");
});
