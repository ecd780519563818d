/** A sign-out on its way to the provider, in portals as they are. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { signIn, world } from "./support.mjs";

test("a portal that signs in whenever it sees nobody is signed out at the provider first", async (t) => {
  const { op, open, profile } = await world(t);
  const page = await open(await profile());
  await signIn(page);
  let goOn;
  const revoked = new Promise((resolve) => (goOn = resolve));
  op.hold = (path) => (path === "/token/revocation" ? revoked : undefined);
  const asked = page.waitForRequest((request) => request.url().endsWith("/token/revocation"));
  const left = page.waitForRequest((request) => request.isNavigationRequest());
  const before = op.count("/auth");
  await page.evaluate(() => {
    auth.on("signed-out", () => void auth.login());
    void auth.logout();
  });
  await asked;
  goOn();
  assert.equal(new URL((await left).url()).pathname, "/session/end");
  await page.waitForURL((url) => url.pathname === "/");
  await page.evaluate(() => opened.then(() => {}));
  assert.equal(await page.evaluate(() => auth.state.status), "signed-out");
  assert.equal(op.count("/auth"), before);
});
