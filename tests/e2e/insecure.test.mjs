/** A portal on plain http that is no secure context: there is no WebCrypto, and signatures are checked in software. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { ALGORITHMS, key, provider } from "../support/algorithms.mjs";
import { PLAIN_HTTP, calls, keepTokenResponses, leave, signIn, visit, world } from "./support.mjs";

const allowed = { dangerouslyAllowInsecureContext: true };
const software = (urls) => urls.filter((path) => /verifier/.test(path));

/** Paths of the scripts that the page loads. */
function scriptsOf(page) {
  const paths = [];
  page.on("request", (request) => {
    if (request.resourceType() === "script") paths.push(new URL(request.url()).pathname);
  });
  return paths;
}

test("without the option nothing is sent", async (t) => {
  const { op, open, profile } = await world(t, PLAIN_HTTP);
  const page = await open(await profile());
  assert.equal(await page.evaluate(() => isSecureContext), false);
  const { code } = await page.evaluate(() => outcome(auth.login()));
  assert.equal(code, "insecure_context");
  assert.deepEqual(op.requests, []);
});

test("with it a whole life goes by, every signature checked in software", async (t) => {
  const { op, open, portal, profile } = await world(t, { ...PLAIN_HTTP, provider });
  for (const alg of ALGORITHMS) {
    await t.test(alg, async () => {
      const context = await profile({ ...allowed, clientId: alg, apiOrigins: [op.issuer] });
      await keepTokenResponses(context);
      const page = await open(context);
      assert.deepEqual(await page.evaluate(() => [isSecureContext, typeof crypto.subtle]), [false, "undefined"]);
      const scripts = scriptsOf(page);
      const warnings = [];
      page.on("console", (message) => message.type() === "warning" && warnings.push(message.text()));
      const { value, code } = await signIn(page);
      assert.equal(value?.user.sub, "alice", code);
      const { id_token } = await page.evaluate(() => tokenResponses[0]);
      assert.equal(JSON.parse(Buffer.from(id_token.split(".")[0], "base64url")).alg, alg);
      assert.ok(software(scripts).length > 0, "the verifier is loaded");
      assert.ok(warnings.length > 0, "and the page is warned");
      if (alg !== "ES384") return;
      const answer = await page.evaluate((url) => auth.fetch(url).then((response) => response.json()), `${op.api}/me`);
      assert.equal(answer.sub, "alice");
      await page.evaluate(() => auth.getAccessToken({ forceRefresh: true }));
      await visit(page, `${portal.origin}/`);
      assert.equal(await page.evaluate(() => auth.state.status), "signed-in");
      await leave(page, () => void auth.logout());
      await page.waitForURL((url) => url.origin === portal.origin);
      assert.equal(await page.evaluate(() => opened.then((auth) => auth.state.status)), "signed-out");
    });
  }
});

test("a signature that does not hold is refused there, too", async (t) => {
  const { op, open, profile } = await world(t, { ...PLAIN_HTTP, provider });
  const context = await profile({ ...allowed, clientId: "ES256" });
  // keys of the same names, but not those that sign
  const impostor = { ...key("ec", { namedCurve: "P-256" }, "P-256"), d: undefined };
  await context.route("**/jwks", (route) => route.fulfill({
    json: { keys: [impostor] }, headers: { "access-control-allow-origin": "*" },
  }));
  const { code } = await signIn(await open(context));
  assert.equal(code, "jwt_signature");
  assert.equal(calls(op).filter((call) => call === "POST /token").length, 1);
});

test("a policy that forbids WebAssembly: the verifier is translated, too", async (t) => {
  const { open, profile } = await world(t, { ...PLAIN_HTTP, provider, scripts: "script-src 'self'" });
  for (const alg of ["PS256", "ES512", "Ed25519"]) {
    const page = await open(await profile({ ...allowed, clientId: alg }));
    const scripts = scriptsOf(page);
    const { value, code } = await signIn(page);
    assert.equal(value?.user.sub, "alice", `${alg}: ${code}`);
    assert.ok(scripts.some((path) => path.endsWith("/verifier-js.js")));
  }
});

test("a browser whose WebCrypto lacks an algorithm: that one is checked in software", async (t) => {
  const { open, profile } = await world(t, { provider });
  for (const [alg, expected] of [["Ed25519", true], ["ES256", false]]) {
    const context = await profile({ clientId: alg });
    await context.addInitScript(() => {
      const { importKey } = SubtleCrypto.prototype;
      SubtleCrypto.prototype.importKey = function (format, data, algorithm, ...rest) {
        if (algorithm.name === "Ed25519") throw new DOMException("no such algorithm", "NotSupportedError");
        return importKey.call(this, format, data, algorithm, ...rest);
      };
    });
    const page = await open(context);
    const scripts = scriptsOf(page);
    const { value, code } = await signIn(page);
    assert.equal(value?.user.sub, "alice", code);
    assert.equal(software(scripts).length > 0, expected, alg);
  }
});

test("the verifier is not loaded where nobody needs it", async (t) => {
  const { open, profile } = await world(t);
  const page = await open(await profile());
  const scripts = scriptsOf(page);
  assert.equal((await signIn(page)).value?.user.sub, "alice");
  assert.deepEqual(software(scripts), []);
});
