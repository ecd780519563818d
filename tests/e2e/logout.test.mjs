/** A sign-out on its way to the provider, in portals as they are. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { test } from "node:test";

import { verifyLogoutToken } from "portcullis/verify";

import { inTime } from "../support/time.mjs";
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

test("the provider tells the portal's server of a sign-out, by a token that is good once", async (t) => {
  const server = createServer(async (request, response) => {
    const form = new URLSearchParams(Buffer.concat(await request.toArray()).toString());
    response.writeHead(200, { "cache-control": "no-store" }).end();
    server.emit("told", form.get("logout_token"));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  t.after(() => (server.close(), server.closeAllConnections()));
  const told = once(server, "told");
  const { op, open, profile } = await world(t, { provider: { backchannel: `http://127.0.0.1:${server.address().port}/` } });
  const page = await open(await profile());
  await signIn(page);
  const { sub, sid } = await page.evaluate(() => auth.user);
  await page.evaluate(() => void auth.logout());

  const [token] = await inTime(told, "the provider's word");
  const options = { keys: new URL(`${op.issuer}/jwks`), algorithms: ["RS256"], issuer: op.issuer, audience: op.clientId };
  await assert.rejects(verifyLogoutToken(token, { ...options, audience: "another" }), { code: "id_token_aud" });
  const { header, claims } = await verifyLogoutToken(token, options);
  assert.deepEqual([header.typ, claims.sub, claims.sid], ["logout+jwt", sub, sid]);
  await assert.rejects(verifyLogoutToken(token, options), { code: "logout_token" });
  await page.waitForURL((url) => url.pathname === "/");
});
