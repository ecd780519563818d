/** ID tokens in every algorithm the provider signs with, and keys that change in mid sign-in. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { ALGORITHMS, key, provider } from "../support/algorithms.mjs";
import { calls, keepTokenResponses, signIn, world } from "./support.mjs";

test("every algorithm", async (t) => {
  const { open, profile } = await world(t, { provider });
  for (const alg of ALGORITHMS) {
    await t.test(alg, async () => {
      const context = await profile({ clientId: alg });
      await keepTokenResponses(context);
      const page = await open(context);
      const { value, code } = await signIn(page);
      const { id_token } = await page.evaluate(() => tokenResponses[0]);
      assert.equal(JSON.parse(Buffer.from(id_token.split(".")[0], "base64url")).alg, alg);
      assert.equal(value?.user.sub, "alice", code);
    });
  }
});

test("an algorithm that was not chosen is refused", async (t) => {
  const { open, profile } = await world(t, { provider });
  const page = await open(await profile({ clientId: "RS256", algorithms: ["ES256"] }));
  assert.equal((await signIn(page)).code, "jwt_alg");
});

/** A key set of which the provider has since changed every key. */
const stale = { keys: [{ ...key("rsa", { modulusLength: 2048 }, "old"), d: undefined, p: undefined, q: undefined, dp: undefined, dq: undefined, qi: undefined }] };

/** Answers the first `times` requests for the keys with the stale set. */
async function serveStaleKeys(context, times) {
  let asked = 0;
  await context.route("**/jwks", (route) => (asked++ < times
    ? route.fulfill({ json: stale, headers: { "access-control-allow-origin": "*" } })
    : route.continue()));
  return () => asked;
}

test("keys that changed after the sign-in began are fetched once more", async (t) => {
  const { op, open, profile } = await world(t);
  const context = await profile();
  const asked = await serveStaleKeys(context, 1);
  const { value, code } = await signIn(await open(context));
  assert.equal(value?.user.sub, "alice", code);
  assert.equal(asked(), 2);
  assert.equal(calls(op).filter((call) => call === "POST /token").length, 1);
});

test("keys that stay wrong are not fetched again and again", async (t) => {
  const { open, profile } = await world(t);
  const context = await profile();
  const asked = await serveStaleKeys(context, Infinity);
  const { code } = await signIn(await open(context));
  assert.equal(code, "jwks_no_key");
  assert.equal(asked(), 2);
});
