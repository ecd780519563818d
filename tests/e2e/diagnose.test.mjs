/** `diagnose()` in a real page: what only a browser can show, and that it is told by its name. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { PLAIN_HTTP, calls, signIn, world } from "./support.mjs";

const SCRIPTS = "script-src 'self' 'wasm-unsafe-eval'";
/** Policies with a `connect-src` of their own: the first one counts. */
const connecting = (sources) => ({ scripts: `${SCRIPTS}; connect-src ${sources}` });

/** The diagnosis of a page, its checks by their ids. */
async function diagnose(page) {
  const { ok, checks, report } = await page.evaluate(() => auth.diagnose());
  const by = Object.fromEntries(checks.map((check) => [check.id, check]));
  return { ok, by, report, wrong: checks.filter((check) => !check.ok).map(({ id }) => id) };
}

async function diagnosed(t, options, settings) {
  const { op, open, profile, portal } = await world(t, options);
  const page = await open(await profile(settings));
  return { op, portal, page, ...(await diagnose(page)) };
}

test("a good set-up passes every check, before a sign-in and after it", async (t) => {
  const { op, open, profile, portal } = await world(t);
  const page = await open(await profile());
  const errors = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  const before = await diagnose(page);
  assert.deepEqual(before.wrong, [], before.report);
  assert.match(before.by.clock.detail, /not known/);
  assert.match(before.by["redirect-uri"].detail, new RegExp(`shows only when a sign-in goes there: ${portal.origin}/cb$`));
  assert.equal(before.by.keys.detail, "as it should be: 3");

  const { value } = await signIn(page);
  assert.equal(value.user.sub, "alice");
  const token = await page.evaluate(() => auth.getAccessToken());
  const since = op.requests.length;
  const after = await diagnose(page);
  assert.deepEqual(after.wrong, [], after.report);
  assert.equal(after.by.clock.detail, "as it should be");
  assert.ok(calls(op, since).includes("OPTIONS /me"), "userinfo is asked as userinfo() asks: with a preflight");
  assert.equal(await page.evaluate(() => auth.getAccessToken()), token);
  assert.equal(await page.evaluate(() => auth.getAccessToken({ forceRefresh: true }).then(() => auth.state.status)), "signed-in");
  const kept = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]));
  assert.doesNotMatch(kept, /-trial/);
  for (const secret of [token, "alice"]) assert.ok(!after.report.includes(secret), secret);
  assert.match(after.report, /portcullis > provider token/);
  assert.deepEqual(await page.evaluate(() => violations), []);
  assert.deepEqual(errors, []);
});

test("a policy that forbids the provider: the directive and the source it lacks", async (t) => {
  const { op, by, wrong } = await diagnosed(t, connecting("'self'"));
  assert.deepEqual(wrong, ["discovery", "csp"]);
  assert.ok(by.discovery.detail.endsWith(`: connect-src ${op.issuer}`), by.discovery.detail);
  assert.ok(by.csp.detail.endsWith(`: connect-src ${op.issuer}`));
});

test("a policy that forbids WebAssembly: a note, and what to add", async (t) => {
  const { ok, by } = await diagnosed(t, { scripts: "script-src 'self'" });
  assert.equal(ok, true);
  assert.match(by.webassembly.detail, /translated to JavaScript$/);
  assert.match(by.webassembly.remedy, /'wasm-unsafe-eval' to script-src/);
  assert.match(by.csp.detail, /: script-src 'wasm-unsafe-eval'$/);
});

test("a browser without WebAssembly: a note", async (t) => {
  const { ok, by, report } = await diagnosed(t, { flags: ["--js-flags=--jitless"] });
  assert.equal(ok, true, report);
  assert.match(by.webassembly.detail, /has no WebAssembly/);
  assert.equal(by.csp.detail, "as it should be");
});

test("an endpoint that refuses this origin is told from one that is not there", async (t) => {
  const refusing = { provider: { configuration: { clientBasedCORS: () => false } } };
  const refused = await diagnosed(t, refusing);
  assert.deepEqual(refused.wrong, ["token-endpoint"], refused.report);
  assert.match(refused.by["token-endpoint"].detail, /^it answers, but not to pages of this origin \(CORS\)/);
  assert.match(refused.by["revocation-endpoint"].remedy, /allow this origin/, "a note: a sign-out stands without it");

  const { open, profile } = await world(t, refusing);
  const context = await profile();
  await context.addInitScript(() => delete AbortSignal.timeout);
  const { by } = await diagnose(await open(context));
  assert.equal(by["token-endpoint"].detail.split(":")[0], refused.by["token-endpoint"].detail.split(":")[0], "also by a browser of 2022");

  const nowhere = "http://127.0.0.1:1/token"; // no browser asks that port
  const away = await diagnosed(t, connecting("'self' http:"), { metadata: { token_endpoint: nowhere } });
  assert.deepEqual(away.wrong, ["token-endpoint"], away.report);
  assert.equal(away.by["token-endpoint"].detail, `nothing answers there: ${nowhere}`);
});

test("a redirect URI that the portal's server does not serve", async (t) => {
  const { op, open, profile, portal } = await world(t);
  const page = await open(await profile({ redirectUri: `${portal.origin}/missing.html` }));
  const { wrong, by } = await diagnose(page);
  assert.deepEqual(wrong, ["redirect-uri"]);
  assert.match(by["redirect-uri"].detail, /^this origin does not serve it/);
  assert.ok(op.requests.length > 0);
});

test("a client that the provider does not know", async (t) => {
  const { wrong, by, report } = await diagnosed(t, {}, { clientId: "somebody-else" });
  assert.deepEqual(wrong, ["client"], report);
  assert.match(by.client.detail, /^token_error: .*: invalid_client$/);
  assert.match(by.client.remedy, /^check clientId/);
});

test("plain http: refused, or noted where it is put up with", async (t) => {
  const refused = await diagnosed(t, PLAIN_HTTP);
  assert.deepEqual(refused.wrong, ["secure-context"]);
  assert.deepEqual(refused.op.requests, []);
  const allowed = await diagnosed(t, PLAIN_HTTP, { dangerouslyAllowInsecureContext: true });
  assert.deepEqual(allowed.wrong, [], allowed.report);
  assert.match(allowed.by["secure-context"].detail, /^plain http/);
  assert.match(allowed.by.tabs.detail, /^no Web Locks/);
});

test("offline", async (t) => {
  const { open, profile } = await world(t);
  const context = await profile();
  const page = await open(context);
  await page.evaluate(() => auth.diagnose()); // what it takes is there
  await context.setOffline(true);
  const { wrong, by } = await diagnose(page);
  assert.deepEqual(wrong, ["discovery"]);
  assert.equal(by.discovery.detail, "the browser is offline");
});

test("storage that the browser blocks", async (t) => {
  const { open, profile } = await world(t);
  const context = await profile();
  await context.addInitScript(() => {
    Object.defineProperty(globalThis, "localStorage", { get() { throw new DOMException("blocked", "SecurityError"); } });
  });
  const { wrong, by } = await diagnose(await open(context));
  assert.deepEqual(wrong, ["storage"]);
  assert.match(by.storage.detail, /^storage_unavailable/);
});
