/** Portals that sign in whenever they see nobody, and what keeps them from going round for ever. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { calls, visit, world } from "./support.mjs";

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

test("clicks are no automatic sign-ins, also where the browser does not tell who is active", async (t) => {
  const { open, portal, profile } = await world(t, { provider: { interactive: true } });
  const context = await profile();
  await context.addInitScript(() => {
    Object.defineProperty(Navigator.prototype, "userActivation", { value: undefined });
    addEventListener("DOMContentLoaded", () => {
      const button = document.body.appendChild(document.createElement("button"));
      button.onclick = () => outcome(auth.login()).then(({ code }) => (globalThis.stopped = { code }));
    });
  });
  const page = await open(context);
  for (let i = 0; i < 4; i++) {
    await page.click("button");
    await page.waitForFunction(() => globalThis.stopped || !globalThis.settings || document.querySelector("form"));
    assert.notEqual(new URL(page.url()).origin, portal.origin, await page.evaluate(() => globalThis.stopped?.code));
    await visit(page, `${portal.origin}/`);
  }
  // what a script makes up is no click, and what was done before the page was left counts no more
  const codes = await page.evaluate(async () => {
    const { createAuth } = await import("/portcullis/index.js");
    const codes = [];
    for (let i = 0; i < 3; i++) {
      dispatchEvent(new Event("pointerdown"));
      const navigated = new Promise((navigate) => createAuth({ ...settings, host: { navigate } })
        .then((auth) => (dispatchEvent(new Event("pointerdown")), outcome(auth.login())))
        .then(navigate));
      codes.push((await navigated).code);
    }
    return codes;
  });
  assert.deepEqual(codes, [undefined, undefined, "redirect_loop"]);
});
