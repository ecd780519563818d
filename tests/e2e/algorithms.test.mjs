/** ID tokens in every algorithm the provider signs with, and keys that change in mid sign-in. */
import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { test } from "node:test";

import { calls, keepTokenResponses, signIn, world } from "./support.mjs";

const ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"];

const key = (type, parameters, kid) =>
  ({ ...generateKeyPairSync(type, parameters).privateKey.export({ format: "jwk" }), use: "sig", kid });

/** A client per algorithm. */
const provider = {
  configuration: {
    clients: ALGORITHMS.map((alg) => ({
      client_id: alg,
      token_endpoint_auth_method: "none",
      grant_types: ["authorization_code", "refresh_token"],
      response_types: ["code"],
      redirect_uris: ["http://127.0.0.1/nowhere"], // the real one is allowed by the support
      id_token_signed_response_alg: alg,
    })),
    enabledJWA: { idTokenSigningAlgValues: ALGORITHMS },
    jwks: {
      keys: [
        key("rsa", { modulusLength: 2048 }, "rsa"),
        ...["P-256", "P-384", "P-521"].map((namedCurve) => key("ec", { namedCurve }, namedCurve)),
        key("ed25519", {}, "ed"),
      ],
    },
  },
};

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
